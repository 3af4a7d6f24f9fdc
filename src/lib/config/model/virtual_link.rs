//! Interfaces that an instance makes for itself, and packet filters that go with them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::Network;

/// An Ethernet address, as text in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MacAddress(pub [u8; 6]);

impl fmt::Display for MacAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let octets = self.0.map(|octet| format!("{octet:02x}"));
        f.write_str(&octets.join(":"))
    }
}

impl FromStr for MacAddress {
    type Err = String;

    /// Six groups of two hexadecimal digits.
    fn from_str(text: &str) -> Result<Self, String> {
        let group = |group: &str| {
            let two = group.len() == 2 && group.bytes().all(|b| b.is_ascii_hexdigit());
            two.then(|| u8::from_str_radix(group, 16).ok()).flatten()
        };
        let groups: Option<Vec<u8>> = text.split(':').map(group).collect();
        let groups = groups.and_then(|groups| <[u8; 6]>::try_from(groups).ok());
        groups.map(Self).ok_or_else(|| format!("`{text}` is not an Ethernet address"))
    }
}

impl TryFrom<String> for MacAddress {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<MacAddress> for String {
    fn from(address: MacAddress) -> Self {
        address.to_string()
    }
}

/// A macvlan that carries the addresses of an instance (`use_vmac`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Macvlan {
    /// Its name.
    pub name: String,
    /// Interface that it is made on, when not the instance's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// Its address; the RFC's for VRID and family when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mac: Option<MacAddress>,
    /// Ask the kernel to notify about it.
    pub netlink_notify: bool,
    /// Group of interfaces; its parent's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<u32>,
    /// Adverts leave from the parent (`vmac_xmit_base`).
    pub transmit_base: bool,
}

/// How an ipvlan treats its siblings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IpvlanMode {
    /// They reach each other.
    #[default]
    Bridge,
    /// They do not.
    Private,
    /// They reach each other through the switch.
    Vepa,
}

/// An ipvlan that an instance runs on (`use_ipvlan`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ipvlan {
    /// Its name.
    pub name: String,
    /// Interface that it is made on, when not the instance's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// Its address, the source of adverts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Network>,
    /// How it treats its siblings.
    pub mode: IpvlanMode,
    /// Group of interfaces; its parent's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<u32>,
}

/// Packet filters that keep an address from being used by who does not accept it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Firewall {
    /// Chains of iptables: for input, and for output if wanted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub iptables_chains: Vec<String>,
    /// Names of ipsets, in keepalived's order; empty: its defaults.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ipsets: Vec<String>,
    /// Table of nftables.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nftables: Option<String>,
    /// Priority of its base chains.
    pub nftables_priority: i32,
    /// Interfaces by index instead of name.
    pub nftables_ifindex: bool,
    /// Counters in its rules.
    pub nftables_counters: bool,
}

impl Default for Firewall {
    /// None is asked for; chains would go before those of priority 0.
    fn default() -> Self {
        Self {
            iptables_chains: Vec::new(),
            ipsets: Vec::new(),
            nftables: None,
            nftables_priority: -1,
            nftables_ifindex: false,
            nftables_counters: false,
        }
    }
}
