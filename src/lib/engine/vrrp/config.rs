//! What a virtual router is told to be. The machine trusts what [`NodeConfig::validate`] let
//! pass and does not check again.

use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::wire::ah;
use crate::wire::vrrp::{self, Auth, Version};

/// Address family of a virtual router. VRIDs of the two families are independent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// IPv4.
    Ipv4,
    /// IPv6.
    Ipv6,
}

impl Family {
    /// The family of `address`.
    #[must_use]
    pub const fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(_) => Self::Ipv4,
            IpAddr::V6(_) => Self::Ipv6,
        }
    }
}

/// An address that moves with the virtual router.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct VirtualAddress {
    /// The address itself.
    pub address: IpAddr,
    /// Prefix length, 0..=32 or 0..=128; that of the peer where there is one.
    pub prefix: u8,
    /// Other end of a point-to-point link, of the same family.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer: Option<IpAddr>,
    /// Interface that carries it (`dev`); the router's own when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interface: Option<String>,
    /// IPv4 interface label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Kernel address scope (0 global, 200 site, 253 link, 254 host).
    #[serde(default)]
    pub scope: u8,
    /// IPv4 broadcast address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broadcast: Option<std::net::Ipv4Addr>,
    /// IPv6: run duplicate address detection (`-nodad`); off unless asked for.
    #[serde(default)]
    pub duplicate_address_detection: bool,
    /// Do not create the prefix route.
    #[serde(default)]
    pub no_prefix_route: bool,
    /// IPv6: a mobile node's home address (RFC 6275).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub home: bool,
    /// IPv6: the kernel makes temporary addresses of it (RFC 8981).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub managed_temporary: bool,
    /// Multicast: joined where the address is, for switches that watch IGMP and MLD.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub autojoin: bool,
    /// How long the host uses it as a source; without it an IPv6 /128 is never one, and every
    /// other address always may be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferred_lifetime: Option<PreferredLifetime>,
    /// Put it back and announce it when somebody else removes it (off with `no_track`).
    #[serde(default = "yes")]
    pub tracked: bool,
}

/// How long an address is chosen as a source (RFC 4862).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PreferredLifetime {
    /// For ever.
    Forever,
    /// For so long; zero means never.
    Seconds(u32),
}

const fn yes() -> bool {
    true
}

/// When a better-placed backup may take over from a living master.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Preempt {
    /// At once (RFC 9568 `Preempt_Mode` true).
    Always,
    /// Never (`nopreempt`).
    Never,
    /// After the master has been lower for this long (`preempt_delay`).
    #[serde(rename = "after_us", with = "crate::time::micros")]
    After(Duration),
}

/// Which IPv4 checksum a version 3 router sends. Both are accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Checksum {
    /// With the pseudo header, as keepalived and FRR do by default.
    PseudoHeader,
    /// Over the message only, as RFC 9568 section 5.2.8 says (`v3_checksum_as_v2`).
    MessageOnly,
}

/// Gratuitous ARP and unsolicited neighbour advertisement: how many and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnnounceConfig {
    /// Messages for each address at once on becoming master; at least 1.
    pub repeat: u32,
    /// Second batch this long after the first; zero means none.
    #[serde(rename = "delay_us", with = "crate::time::micros")]
    pub delay: Duration,
    /// Period of further batches while master; zero means none.
    #[serde(rename = "refresh_us", with = "crate::time::micros")]
    pub refresh: Duration,
    /// Messages for each address in a refresh.
    pub refresh_repeat: u32,
    /// Messages for each address after a lower-priority advert was heard; zero means none.
    pub lower_priority_repeat: u32,
    /// Second batch after a lower-priority advert; zero means none.
    #[serde(rename = "lower_priority_delay_us", with = "crate::time::micros")]
    pub lower_priority_delay: Duration,
    /// Least gap between two messages on one interface; zero means unpaced.
    #[serde(rename = "interval_us", with = "crate::time::micros")]
    pub interval: Duration,
}

impl Default for AnnounceConfig {
    fn default() -> Self {
        Self {
            repeat: 5,
            delay: Duration::from_secs(5),
            refresh: Duration::ZERO,
            refresh_repeat: 1,
            lower_priority_repeat: 5,
            lower_priority_delay: Duration::from_secs(5),
            interval: Duration::ZERO,
        }
    }
}

/// A peer of a unicast router.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnicastPeer {
    /// Where adverts go to and come from.
    pub address: IpAddr,
    /// Least TTL accepted from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_ttl: Option<u8>,
    /// Greatest TTL accepted from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_ttl: Option<u8>,
}

/// How a tracker acts on a router.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tracked {
    /// Which tracker.
    pub tracker: TrackerId,
    /// Zero: a bad tracker is a fault. Positive: added while good. Negative: subtracted
    /// while bad. -254..=254.
    pub weight: i16,
    /// Exchange good and bad for the weight.
    #[serde(default)]
    pub reverse: bool,
}

/// Names a tracker inside one node.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrackerId {
    /// A `vrrp_script`, by its name.
    Script(String),
    /// An interface, by its name.
    Interface(String),
}

/// One virtual router.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouterConfig {
    /// Name of the `vrrp_instance`, unique in the node.
    pub name: String,
    /// Interface that adverts use.
    pub interface: String,
    /// 1..=255.
    pub vrid: u8,
    /// Family of the adverts and of `addresses`.
    pub family: Family,
    /// Protocol version sent and accepted.
    pub version: Version,
    /// Base priority 1..=255; 255 means address owner.
    pub priority: u8,
    /// Version 2: 1..=255 whole seconds. Version 3: 10 ms..=40.95 s in steps of 10 ms.
    #[serde(rename = "advertisement_interval_us", with = "crate::time::micros")]
    pub advertisement_interval: Duration,
    /// Addresses named in the adverts, in order; all of `family`.
    pub addresses: Vec<VirtualAddress>,
    /// Addresses that move along without being advertised; either family.
    #[serde(default)]
    pub excluded: Vec<VirtualAddress>,
    /// `state MASTER` in the configuration. An owner (priority 255) with it becomes master at
    /// once; any other router starts as backup either way, as in keepalived.
    #[serde(default)]
    pub starts_as_master: bool,
    /// Preemption.
    pub preempt: Preempt,
    /// Authentication sent and demanded; version 2 only.
    pub auth: Auth,
    /// Version 3 over IPv4: which checksum is sent.
    pub checksum: Checksum,
    /// Intervals missed before a backup takes over (3 in the RFC), 1..=100.
    pub down_timer_adverts: u8,
    /// Source address of adverts when configured; the interface's own otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<IpAddr>,
    /// Multicast group other than the RFC's (`mcast_dst_ip`, `vrrp_mcast_group4`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<IpAddr>,
    /// Unicast peers; empty means multicast.
    #[serde(default)]
    pub peers: Vec<UnicastPeer>,
    /// TTL of unicast adverts; 255 unless set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unicast_ttl: Option<u8>,
    /// Unicast: accept only configured peers.
    #[serde(default)]
    pub check_unicast_source: bool,
    /// Skip comparing the address list when the same master sent the previous advert.
    #[serde(default)]
    pub skip_check_addresses: bool,
    /// Do not answer a lower-priority advert with one of ours.
    #[serde(default)]
    pub lower_priority_no_advert: bool,
    /// Send one advert before yielding to a higher priority. On unless switched off: the
    /// winner learns that it was not alone and announces its addresses again.
    #[serde(default = "yes")]
    pub higher_priority_send_advert: bool,
    /// Address owner: ignore adverts of others.
    #[serde(default)]
    pub owner_ignores_adverts: bool,
    /// Whether the interface going down is a fault (off with `dont_track_primary`).
    #[serde(default = "yes")]
    pub track_primary: bool,
    /// Gratuitous ARP and unsolicited NA.
    #[serde(default)]
    pub announce: AnnounceConfig,
    /// Trackers that act on this router.
    #[serde(default)]
    pub tracked: Vec<Tracked>,
}

/// Routers that change state together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncGroupConfig {
    /// Name of the `vrrp_sync_group`.
    pub name: String,
    /// Names of its routers; at least one.
    pub members: Vec<String>,
    /// Trackers of the group, applied to every member.
    #[serde(default)]
    pub tracked: Vec<Tracked>,
}

/// A tracker that a node has to know before its first result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackerConfig {
    /// Its name and kind.
    pub id: TrackerId,
    /// Counts as failed until the first result (`init_fail`).
    #[serde(default)]
    pub init_fail: bool,
}

/// Everything one node's VRRP side is told: the plan of `ha vrrp run`. One that is read from
/// JSON has passed [`NodeConfig::validate`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "super::validate::Unchecked")]
pub struct NodeConfig {
    /// Virtual routers.
    pub routers: Vec<RouterConfig>,
    /// Sync groups over them.
    pub groups: Vec<SyncGroupConfig>,
    /// Script trackers; interface trackers follow from the routers.
    pub trackers: Vec<TrackerConfig>,
    /// Hold all routers for this long after start (`vrrp_startup_delay`).
    #[serde(rename = "startup_delay_us", with = "crate::time::micros")]
    pub startup_delay: Duration,
}

impl VirtualAddress {
    /// An address with nothing but its prefix.
    #[must_use]
    pub const fn plain(address: IpAddr, prefix: u8) -> Self {
        Self {
            address,
            prefix,
            peer: None,
            interface: None,
            label: None,
            scope: 0,
            broadcast: None,
            duplicate_address_detection: false,
            no_prefix_route: false,
            home: false,
            managed_temporary: false,
            autojoin: false,
            preferred_lifetime: None,
            tracked: true,
        }
    }
}

impl RouterConfig {
    /// Every address that moves with the router, advertised ones first.
    #[must_use]
    pub fn all_addresses(&self) -> Vec<VirtualAddress> {
        self.addresses.iter().chain(&self.excluded).cloned().collect()
    }

    /// What makes it this virtual router and no other, in one word: interface, family, VRID and
    /// way of sending. The name is not part of it.
    #[must_use]
    pub fn identity(&self) -> String {
        let family = match self.family {
            Family::Ipv4 => "ipv4",
            Family::Ipv6 => "ipv6",
        };
        let way = if self.peers.is_empty() { "multicast" } else { "unicast" };
        format!("{}/{family}/{}/{way}", self.interface, self.vrid)
    }

    /// Bytes of an advert on the wire, from the IP header on.
    #[must_use]
    pub fn advert_bytes(&self) -> usize {
        let (header, address) = match self.family {
            Family::Ipv4 => (20, 4),
            Family::Ipv6 => (40, 16),
        };
        let authentication = match (self.version, self.auth) {
            (Version::V2, Auth::Ah(_)) => vrrp::AUTH_LEN + ah::HEADER_LEN,
            (Version::V2, _) => vrrp::AUTH_LEN,
            (Version::V3, _) => 0,
        };
        header + vrrp::HEADER_LEN + authentication + address * self.addresses.len()
    }

    /// The interface that carries `address`.
    #[must_use]
    pub fn carrier<'a>(&'a self, address: &'a VirtualAddress) -> &'a str {
        address.interface.as_deref().unwrap_or(&self.interface)
    }
}
