//! What an instance or a sync group is told beyond what its machine acts on.

use serde::{Deserialize, Serialize};

use super::{Route, Rule, TrackedItems};

/// Settings of one `vrrp_instance` that are not in its `RouterConfig`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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
}

/// Settings of one `vrrp_sync_group` that are not in its `SyncGroupConfig`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GroupSettings {
    /// Files, processes and sessions that act on every member.
    pub tracked: TrackedItems,
}
