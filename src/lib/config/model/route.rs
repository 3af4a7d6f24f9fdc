//! Routes, in the words of `ip route`: what `static_routes` and `virtual_routes` ask for.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::Network;

/// What the kernel does with a packet that the route is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RouteKind {
    /// Forwards it to the gateway or the link.
    #[default]
    Unicast,
    /// Takes it itself.
    Local,
    /// Sends it as a link broadcast.
    Broadcast,
    /// Takes it as an anycast address.
    Anycast,
    /// Multicast destination.
    Multicast,
    /// Goes on with the next rule.
    Throw,
    /// Drops it and answers that the destination is unreachable.
    Unreachable,
    /// Drops it and answers that it is prohibited.
    Prohibit,
    /// Drops it in silence.
    Blackhole,
    /// Known to old kernels only.
    Nat,
}

/// What happens when the route is there already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Placement {
    /// It goes in front of equal ones.
    #[default]
    Prepend,
    /// It goes behind equal ones.
    Append,
    /// Adding fails. What has no gateway and no link of its own is always added so.
    Add,
}

/// A route metric that the kernel may be told not to adapt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metric<T> {
    /// Its value.
    pub value: T,
    /// The kernel keeps it as it is (`lock`).
    #[serde(default)]
    pub locked: bool,
}

/// What TCP and IP are told about the path.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Metrics {
    /// Largest packet, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mtu: Option<Metric<u32>>,
    /// Advertised maximum segment size, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advmss: Option<Metric<u32>>,
    /// First estimate of the round trip time, in microseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rtt_us: Option<Metric<u64>>,
    /// First estimate of its variance, in microseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rttvar_us: Option<Metric<u64>>,
    /// Least time before a retransmission, in microseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rto_min_us: Option<Metric<u64>>,
    /// Greatest reordering, in packets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reordering: Option<Metric<u32>>,
    /// Congestion window clamp, in packets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cwnd: Option<Metric<u32>>,
    /// Slow start threshold, in packets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ssthresh: Option<Metric<u32>>,
    /// Congestion control algorithm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub congctl: Option<Metric<String>>,
    /// Largest window that peers are offered, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<u32>,
    /// Initial congestion window, in packets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initcwnd: Option<u32>,
    /// Initial receive window, in packets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initrwnd: Option<u32>,
    /// Hop limit of packets, 1..=255.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hoplimit: Option<u8>,
    /// Explicit congestion notification (`features ecn`).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub ecn: bool,
    /// Acknowledge at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quickack: Option<bool>,
    /// TCP fast open without a cookie.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fastopen_no_cookie: Option<bool>,
}

/// IPv4 realms, for accounting and classifying.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Realms {
    /// Of the source; 0 when only one is given.
    pub from: u16,
    /// Of the destination.
    pub to: u16,
}

/// How a host ranks this router among others (RFC 4191).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RouterPreference {
    /// Below the default.
    Low,
    /// The default.
    Medium,
    /// Above the default.
    High,
}

/// A header that the kernel puts round each packet of the route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encapsulation {
    /// A tunnel through IPv4 or IPv6.
    Ip(TunnelHeader),
    /// A stack of MPLS labels, outermost first.
    Mpls(Vec<u32>),
    /// Identifier locator addressing: the upper half of the address, as written.
    Ila(String),
}

/// The fields of a tunnel header that are not left to the kernel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TunnelHeader {
    /// IPv6 instead of IPv4.
    pub ipv6: bool,
    /// Tunnel key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
    /// Outer destination.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination: Option<IpAddr>,
    /// Outer source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<IpAddr>,
    /// Type of service or traffic class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tos: Option<u8>,
    /// Time to live or hop limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl: Option<u8>,
    /// Flags of the tunnel driver.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flags: Option<u16>,
}

/// One leg of a multipath route.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NextHop {
    /// Gateway.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub via: Option<IpAddr>,
    /// Output interface.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interface: Option<String>,
    /// Share of the traffic, 1..=256.
    pub weight: u16,
    /// The gateway is on the link whatever the addresses say.
    pub on_link: bool,
    /// Header round each packet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encapsulation: Option<Encapsulation>,
    /// IPv4 realms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub realms: Option<Realms>,
}

/// One route. All its addresses are of the family of `destination`, except that IPv4 may go over
/// an IPv6 gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// What it does with packets.
    pub kind: RouteKind,
    /// Which packets it is for; a length of 0 is the default route.
    pub destination: Network,
    /// IPv6: only packets from here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Network>,
    /// Only packets of this type of service; 0 means every one.
    #[serde(default)]
    pub tos: u8,
    /// Routing table; 254 is the main one.
    pub table: u32,
    /// Who put it there; 18 is keepalived.
    pub protocol: u8,
    /// 0 global, 200 site, 253 link, 254 host; absent when the kernel decides by kind and gateway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<u8>,
    /// Smaller ones win; absent means the kernel's default (0, IPv6 1024).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric: Option<u32>,
    /// Source that the host prefers for its own packets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<IpAddr>,
    /// Gateway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<IpAddr>,
    /// Output interface.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interface: Option<String>,
    /// The gateway is on the link whatever the addresses say.
    #[serde(default)]
    pub on_link: bool,
    /// Header round each packet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encapsulation: Option<Encapsulation>,
    /// IPv6: the kernel removes it after so many seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_s: Option<u32>,
    /// About the path.
    #[serde(default)]
    pub metrics: Metrics,
    /// IPv4 realms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub realms: Option<Realms>,
    /// IPv6 router preference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preference: Option<RouterPreference>,
    /// MPLS: carry the TTL over into the label stack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl_propagate: Option<bool>,
    /// VRF whose table it goes to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vrf: Option<String>,
    /// When there is one already.
    #[serde(default)]
    pub placement: Placement,
    /// Legs of a multipath route; empty means one way.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub next_hops: Vec<NextHop>,
    /// Its loss is noticed: a static route is put back, a virtual one is a reason to elect again.
    pub tracked: bool,
    /// Static routes: put back when an instance of this group changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub track_group: Option<String>,
}

impl Route {
    /// The interfaces that it names.
    pub fn interfaces(&self) -> impl Iterator<Item = &str> {
        let hops = self.next_hops.iter().filter_map(|hop| hop.interface.as_deref());
        self.interface.as_deref().into_iter().chain(hops)
    }
}
