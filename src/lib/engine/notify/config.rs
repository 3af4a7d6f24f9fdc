//! Which command is told about which transition.

use std::collections::BTreeMap;
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
            deadline: DEFAULT_DEADLINE,
        }
    }
}
