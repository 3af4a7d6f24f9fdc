//! What is there as long as the process runs, whoever is master.

use serde::{Deserialize, Serialize};

use super::{Route, Rule};
use crate::engine::vrrp::VirtualAddress;

/// `static_ipaddress`, `static_routes`, `static_rules` and the groups that they follow.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Statics {
    /// Addresses; each has an interface.
    pub addresses: Vec<StaticAddress>,
    /// Routes.
    pub routes: Vec<Route>,
    /// Policy rules.
    pub rules: Vec<Rule>,
    /// `track_group`.
    pub groups: Vec<TrackGroup>,
}

/// One address of `static_ipaddress`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaticAddress {
    /// The address; its interface is always set.
    #[serde(flatten)]
    pub address: VirtualAddress,
    /// Put back when an instance of this group changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub track_group: Option<String>,
}

/// Instances whose changes make static items be put back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackGroup {
    /// Unique name.
    pub name: String,
    /// Names of its instances; at least one, each exists.
    pub instances: Vec<String>,
}
