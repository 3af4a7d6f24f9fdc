//! Which command is told about which transition.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::engine::check::{CommandLine, Identity};

/// Hooks of one instance or sync group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hooks {
    /// `notify_master`: the configured words only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub master: Option<CommandLine>,
    /// `notify_backup`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup: Option<CommandLine>,
    /// `notify_fault`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<CommandLine>,
    /// `notify_stop`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop: Option<CommandLine>,
    /// `notify_deleted`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted: Option<CommandLine>,
    /// `notify`: gets four more words: INSTANCE or GROUP, name, state, priority.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub any: Option<CommandLine>,
    /// `notify_master_rx_lower_pri`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lower_priority_heard: Option<CommandLine>,
}

impl Hooks {
    /// Whether no hook is set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Hooks of something that goes up and down.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpDown {
    /// `notify_up`, `quorum_up`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub up: Option<CommandLine>,
    /// `notify_down`, `quorum_down`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub down: Option<CommandLine>,
}

impl UpDown {
    /// Whether no hook is set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What a virtual server has told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolHooks {
    /// When its quorum is gained or lost.
    #[serde(default, skip_serializing_if = "UpDown::is_empty")]
    pub quorum: UpDown,
    /// By the name of the real server; only those with a hook.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub servers: BTreeMap<String, UpDown>,
    /// What it is called in lines of pipes.
    pub title: PoolTitle,
}

/// How lines of pipes name a virtual server and its real servers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolTitle {
    /// `[192.0.2.1]:tcp:80`, `FWM 1`, `[GROUP]:0`.
    pub name: String,
    /// Protocol of its real servers.
    pub protocol: String,
}

/// Every pipe.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Fifos {
    /// About instances, groups and servers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub all: Option<FifoConfig>,
    /// About instances and groups.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vrrp: Option<FifoConfig>,
    /// About servers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lvs: Option<FifoConfig>,
    /// Instances and groups are written again after a reload.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub states_on_reload: bool,
    /// Instances whose changes of priority are written.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub priorities: BTreeSet<String>,
}

impl Fifos {
    /// Whether some of them are somebody else's.
    #[must_use]
    pub fn have_owners(&self) -> bool {
        [&self.all, &self.vrrp, &self.lvs].into_iter().flatten().any(|fifo| fifo.owner.is_some())
    }

    /// Whether there is no pipe.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.all.is_none() && self.vrrp.is_none() && self.lvs.is_none()
    }
}

/// A named pipe that events are written to, line by line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FifoConfig {
    /// Where it is; it is made when it is not there.
    pub path: Box<str>,
    /// Whose it is; the process's own when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Identity>,
    /// A program that reads it; it gets the path as its last argument.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reader: Option<CommandLine>,
}

/// The plan of `ha notify --follow`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotifyPlan {
    /// By instance name; only those with a hook.
    pub instances: BTreeMap<String, Hooks>,
    /// By group name; only those with a hook.
    pub groups: BTreeMap<String, Hooks>,
    /// Hooks of every instance and group that is not listed.
    #[serde(default, skip_serializing_if = "Hooks::is_empty")]
    pub others: Hooks,
    /// Sync group of each instance that has one: an instance that enters the state its group
    /// has already is not notified.
    #[serde(default)]
    pub member_of: BTreeMap<String, String>,
    /// By the name of the virtual server; only those with a hook, and all when there is a pipe.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub pools: BTreeMap<String, PoolHooks>,
    /// Pipes that get a line for each change.
    #[serde(default, skip_serializing_if = "Fifos::is_empty")]
    pub fifos: Fifos,
    /// Longest run of a hook; then its process group gets SIGTERM, SIGKILL two seconds later.
    #[serde(default = "default_deadline", rename = "deadline_us", with = "crate::time::micros")]
    pub deadline: Duration,
}

/// Five minutes. keepalived lets a hook run for ever, and hooks that promote a database do take
/// minutes; but here the next hook of the instance waits for it.
pub const DEFAULT_DEADLINE: Duration = Duration::from_secs(300);

const fn default_deadline() -> Duration {
    DEFAULT_DEADLINE
}

impl Default for NotifyPlan {
    fn default() -> Self {
        Self {
            instances: BTreeMap::new(),
            groups: BTreeMap::new(),
            others: Hooks::default(),
            member_of: BTreeMap::new(),
            pools: BTreeMap::new(),
            fifos: Fifos::default(),
            deadline: DEFAULT_DEADLINE,
        }
    }
}
