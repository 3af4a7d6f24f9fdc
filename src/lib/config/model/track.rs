//! What is watched beside scripts and interfaces: files, processes and BFD sessions.

use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Trackers that something names, or that stand ready to be named.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Trackers {
    /// `track_file`.
    pub files: Vec<FileTracker>,
    /// `vrrp_track_process`.
    pub processes: Vec<ProcessTracker>,
    /// `bfd_instance`.
    pub sessions: Vec<BfdSession>,
}

/// A file that holds one number, which times a weight is added to the priority.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileTracker {
    /// Unique name.
    pub name: String,
    /// Which file.
    pub file: String,
    /// Factor, -254..=254, where the tracking item has none of its own; 0: any other value than
    /// zero in the file is a fault.
    pub weight: i16,
    /// The factor counts the other way.
    #[serde(default)]
    pub reverse: bool,
    /// Written when the process starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initial: Option<InitialContent>,
}

/// What a tracked file is made to hold at start (`init_file`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InitialContent {
    /// The number.
    pub value: i32,
    /// Also when the file is there already.
    pub overwrite: bool,
}

/// How the parameters of a running process are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ParameterMatch {
    /// They are the same.
    Exact,
    /// The configured ones come first.
    Initial,
    /// As `Initial`, and the last one may be a beginning.
    Partial,
}

/// A program that must run in a number of processes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessTracker {
    /// Unique name.
    pub name: String,
    /// Name of the program; at most 15 bytes of it are compared unless `full_command`.
    pub process: String,
    /// Its parameters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<String>,
    /// How they are compared; absent: not at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameter_match: Option<ParameterMatch>,
    /// Compare the first word of the command line instead of the process's short name.
    #[serde(default)]
    pub full_command: bool,
    /// -254..=254; 0: too few or too many are a fault.
    pub weight: i16,
    /// Exchange good and bad for the weight.
    #[serde(default)]
    pub reverse: bool,
    /// Least number that is good, 0..=65535.
    pub quorum: u32,
    /// Greatest number that is good, not below `quorum`; absent: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quorum_max: Option<u32>,
    /// Too few or too many count after this long.
    #[serde(rename = "terminate_delay_us", with = "crate::time::micros")]
    pub terminate_delay: Duration,
    /// Enough count after this long.
    #[serde(rename = "fork_delay_us", with = "crate::time::micros")]
    pub fork_delay: Duration,
}

/// One BFD session (RFC 5880).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BfdSession {
    /// Unique name, at most 31 bytes.
    pub name: String,
    /// The other end.
    pub neighbor: IpAddr,
    /// Our end, of the same family; the kernel's choice when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<IpAddr>,
    /// Required minimum receive interval.
    #[serde(rename = "min_rx_us", with = "crate::time::micros")]
    pub min_rx: Duration,
    /// Desired minimum transmit interval.
    #[serde(rename = "min_tx_us", with = "crate::time::micros")]
    pub min_tx: Duration,
    /// Transmit interval while the session is not up; at least one second.
    #[serde(rename = "idle_tx_us", with = "crate::time::micros")]
    pub idle_tx: Duration,
    /// Detection multiplier, 1..=255.
    pub multiplier: u8,
    /// Send nothing until the neighbour does.
    #[serde(default)]
    pub passive: bool,
    /// TTL or hop limit of packets sent, 1..=255.
    pub ttl: u8,
    /// Hops that received packets may have made, at most `ttl`; absent: not checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_hops: Option<u8>,
    /// Over several hops (RFC 5883).
    #[serde(default)]
    pub multihop: bool,
    /// -253..=253; 0: down is a fault.
    pub weight: i16,
    /// Exchange good and bad for the weight.
    #[serde(default)]
    pub reverse: bool,
    /// Virtual routers are told.
    pub vrrp: bool,
    /// Health checkers are told.
    pub checker: bool,
}

/// A tracker that acts on an instance or a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackedItem {
    /// Its name.
    pub name: String,
    /// -254..=254; 0: a bad one is a fault.
    pub weight: i16,
    /// Exchange good and bad for the weight.
    #[serde(default)]
    pub reverse: bool,
}

/// What an instance or a group tracks beside scripts and interfaces.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TrackedItems {
    /// By `track_file`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<TrackedItem>,
    /// By `track_process`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub processes: Vec<TrackedItem>,
    /// By `track_bfd`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sessions: Vec<TrackedItem>,
}
