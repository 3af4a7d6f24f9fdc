//! How the processes of a node are scheduled, and what runs when they start, stop and reload.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::engine::check::CommandLine;

/// The parts of a node, each with its scheduling.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Processes {
    /// Virtual routers.
    pub vrrp: Scheduling,
    /// Health checkers.
    pub checker: Scheduling,
    /// BFD sessions.
    pub bfd: Scheduling,
    /// Highest realtime priority that a late process gives itself, 1..=99; absent: it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_automatic_priority: Option<u8>,
    /// How late it must be for that.
    #[serde(rename = "min_automatic_priority_delay_us", with = "crate::time::micros")]
    pub min_automatic_priority_delay: Duration,
    /// How long the parts may take to stop (`child_wait_time`).
    #[serde(rename = "stop_limit_us", with = "crate::time::micros")]
    pub stop_limit: Duration,
    /// Permission bits that files are made without; absent: as whoever starts it says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub umask: Option<u16>,
}

impl Default for Processes {
    /// keepalived's: nothing special, 1 s, 5 s.
    fn default() -> Self {
        Self {
            vrrp: Scheduling::default(),
            checker: Scheduling::default(),
            bfd: Scheduling::default(),
            max_automatic_priority: None,
            min_automatic_priority_delay: Duration::from_secs(1),
            stop_limit: Duration::from_secs(5),
            umask: None,
        }
    }
}

/// How the kernel runs one process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scheduling {
    /// -20 (first) to 19 (last).
    pub nice: i8,
    /// Round-robin realtime priority, 1..=99.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub realtime_priority: Option<u8>,
    /// Processors it may run on; empty: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub processors: Vec<u16>,
    /// Longest run at realtime priority without sleeping.
    #[serde(rename = "realtime_limit_us", with = "crate::time::micros")]
    pub realtime_limit: Duration,
    /// Its memory is never swapped out.
    pub no_swap: bool,
}

impl Default for Scheduling {
    fn default() -> Self {
        Self {
            nice: 0,
            realtime_priority: None,
            processors: Vec::new(),
            realtime_limit: Duration::from_millis(10),
            no_swap: false,
        }
    }
}

/// A script that the parent runs before its children start or after they ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LifecycleScript {
    /// What to run.
    pub command: CommandLine,
    /// Longest run, 1 s to 1000 s.
    #[serde(rename = "timeout_us", with = "crate::time::micros")]
    pub timeout: Duration,
}

/// What tells a daemon apart from others on its host, and what its files are called.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Naming {
    /// `instance`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// `use_pid_dir`: pid files have a directory of their own.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub pid_directory: bool,
    /// `state_dump_file`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_dump: Option<String>,
    /// `data_use_instance`: the name of that file has namespace and instance in it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub dump_has_instance: bool,
}

/// When a reload happens by itself, and when it is refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Reload {
    /// File that holds the time of the next reload.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_file: Option<String>,
    /// A time without a date holds every day.
    pub repeat: bool,
    /// A reload is refused as long as there is this file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
}
