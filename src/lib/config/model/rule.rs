//! Policy rules, in the words of `ip rule`: what `static_rules` and `virtual_rules` ask for.

use serde::{Deserialize, Serialize};

use super::{Network, Realms};
use crate::engine::vrrp::Family;

/// What happens to a packet that the rule selects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RuleAction {
    /// This table is looked up.
    Table(u32),
    /// The table of the packet's VRF is looked up.
    L3mdev,
    /// Goes on at the rule of this priority, which is greater than the own one.
    Goto(u32),
    /// Goes on with the next rule.
    Nop,
    /// Drops it in silence.
    Blackhole,
    /// Drops it and answers that the destination is unreachable.
    Unreachable,
    /// Drops it and answers that it is prohibited.
    Prohibit,
}

/// A firewall mark: the bits of `mask` are those of `value`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Bits wanted.
    pub value: u32,
    /// Bits compared.
    pub mask: u32,
}

/// Numbers from one to another, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span<T> {
    /// The first.
    pub first: T,
    /// The last, not below `first`.
    pub last: T,
}

/// One rule. Without a selector it is for every packet of its family.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// IPv4 or IPv6 packets; both selectors are of it.
    pub family: Family,
    /// For packets that the selectors do not select.
    #[serde(default)]
    pub inverted: bool,
    /// Source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Network>,
    /// Destination.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Network>,
    /// Smaller ones come first.
    pub priority: u32,
    /// Type of service; 0 means every one.
    #[serde(default)]
    pub tos: u8,
    /// Firewall mark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<Mark>,
    /// Interface that it comes in on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_interface: Option<String>,
    /// Interface that the sending socket is bound to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_interface: Option<String>,
    /// IPv4 realms that it gets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub realms: Option<Realms>,
    /// Results with a prefix of at most this length do not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suppress_prefix_length: Option<u32>,
    /// Results over interfaces of this group do not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suppress_group: Option<u32>,
    /// Key of the tunnel it came through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tunnel_id: Option<u64>,
    /// Users whose packets it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub users: Option<Span<u32>>,
    /// IP protocol number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip_protocol: Option<u8>,
    /// Source ports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_ports: Option<Span<u16>>,
    /// Destination ports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination_ports: Option<Span<u16>>,
    /// Who put it there; 18 is keepalived.
    pub protocol: u8,
    /// What happens to the packet.
    pub action: RuleAction,
    /// Its loss is noticed: a static rule is put back, a virtual one is a reason to elect again.
    pub tracked: bool,
    /// Static rules: put back when an instance of this group changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub track_group: Option<String>,
}

impl Rule {
    /// The interfaces that it names.
    pub fn interfaces(&self) -> impl Iterator<Item = &str> {
        [&self.input_interface, &self.output_interface].into_iter().filter_map(|i| i.as_deref())
    }
}
