//! What a periodic check is told to do.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Who a script runs as; names are resolved to ids when the plan is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// User id.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
}

/// A command to execute, without a shell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandLine {
    /// Program and its arguments; never empty.
    pub argv: Vec<String>,
    /// Who runs it; the process's own identity when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
}

/// A `vrrp_script`: run each interval, judged by exit status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScriptConfig {
    /// Name of the block.
    pub name: String,
    /// What to run.
    pub command: CommandLine,
    /// From one start to the next.
    #[serde(rename = "interval_us", with = "crate::time::micros")]
    pub interval: Duration,
    /// Longest run; then the process group gets SIGTERM, SIGKILL two seconds later.
    #[serde(rename = "timeout_us", with = "crate::time::micros")]
    pub timeout: Duration,
    /// Successes needed to count as up; at least 1.
    pub rise: u32,
    /// Failures needed to count as down; at least 1.
    pub fall: u32,
    /// Counts as failed until the first result.
    #[serde(default)]
    pub init_fail: bool,
}
