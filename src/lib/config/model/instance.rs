//! What an instance or a sync group is told beyond what its machine acts on.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Ipvlan, Macvlan, Route, Rule, TrackedItems};

/// Settings of one `vrrp_instance` that are not in its `RouterConfig`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct InstanceSettings {
    /// Files, processes and sessions that act on its priority.
    pub tracked: TrackedItems,
    /// Routes that the master has.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub routes: Vec<Route>,
    /// Policy rules that the master has.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
    /// Runs on a macvlan with the virtual router's own Ethernet address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub macvlan: Option<Macvlan>,
    /// Addresses on other interfaces get macvlans there (`use_vmac_addr`).
    pub macvlan_for_addresses: bool,
    /// Runs on an ipvlan; never together with a macvlan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ipvlan: Option<Ipvlan>,
    /// VRF whose sockets are used, for unicast without an interface; that of the interface
    /// otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vrf: Option<String>,
    /// Who does not own an address still answers packets to it.
    pub accept: bool,
    /// Without a unicast peer it is in fault.
    pub fault_without_peer: bool,
    /// The unicast checksum of keepalived before 1.3.7: always or never; absent: as the peer does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old_unicast_checksum: Option<bool>,
    /// Without its source address on the interface it is in fault.
    pub track_source: bool,
    /// Mail about its changes.
    pub smtp_alert: bool,
    /// Changes of its priority are written to the pipes.
    pub priority_changes: bool,
    /// Announcements on interfaces that are not the address's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extra_announcements: Option<ExtraAnnouncements>,
}

impl Default for InstanceSettings {
    fn default() -> Self {
        Self {
            tracked: TrackedItems::default(),
            routes: Vec::new(),
            rules: Vec::new(),
            macvlan: None,
            macvlan_for_addresses: false,
            ipvlan: None,
            vrf: None,
            accept: true,
            fault_without_peer: false,
            old_unicast_checksum: None,
            track_source: false,
            smtp_alert: false,
            priority_changes: false,
            extra_announcements: None,
        }
    }
}

/// Periodic gratuitous ARP on further interfaces (`garp_extra_if`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExtraAnnouncements {
    /// How often; at least one second.
    #[serde(rename = "every_us", with = "crate::time::micros")]
    pub every: Duration,
    /// Also on the macvlans of other instances.
    pub all: bool,
}

/// Settings of one `vrrp_sync_group` that are not in its `SyncGroupConfig`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GroupSettings {
    /// Files, processes and sessions that act on every member.
    pub tracked: TrackedItems,
    /// Mail about its changes.
    pub smtp_alert: bool,
    /// Changes of its members' priorities are written to the pipes.
    pub priority_changes: bool,
}
