//! What a laboratory run says while it runs, and its results.
//!
//! Times are microseconds since the start of the run (`at_us`), durations carry `_us`.

use std::net::Ipv4Addr;
use std::time::Duration;

use clap::ValueEnum;
use serde::Serialize;

use super::Line;
use crate::time::micros;

/// Something bad that can happen to the host that holds the virtual address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Fault {
    /// The host dies: its link is cut and every process killed; later it boots again.
    Kill,
    /// The daemon is asked to stop (SIGTERM); later it is started again.
    Term,
    /// The host's port on the switch goes down; later it comes up.
    Link,
    /// The hosts do not hear each other, the client hears all of them; later that heals.
    Partition,
    /// The tracked scripts fail on the host; later they succeed again.
    Script,
    /// Every process of the host stands still (SIGSTOP); later they go on (SIGCONT).
    Freeze,
}

impl Fault {
    /// All of them, in the order of the tour.
    pub const TOUR: [Self; 6] =
        [Self::Kill, Self::Term, Self::Link, Self::Partition, Self::Script, Self::Freeze];

    /// The word for it on the command line and in results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Kill => "kill",
            Self::Term => "term",
            Self::Link => "link",
            Self::Partition => "partition",
            Self::Script => "script",
            Self::Freeze => "freeze",
        }
    }
}

/// Which program runs on a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Daemon {
    /// `ha run` of this very program.
    Ha,
    /// The keepalived that is installed.
    Keepalived,
}

impl Daemon {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ha => "ha",
            Self::Keepalived => "keepalived",
        }
    }
}

/// One host as it was built.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HostSummary {
    /// Its name: `node1` …
    pub host: String,
    /// What runs on it.
    pub daemon: Daemon,
    /// Its own address beside the virtual one.
    pub address: Ipv4Addr,
    /// Base priority of the measured virtual router.
    pub priority: u8,
}

/// How the client's way back looked, after the fault was undone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Back {
    /// Who holds the address in the end.
    pub host: String,
    /// From undoing the fault to the last move of the address; zero when it did not move.
    #[serde(rename = "after_us", with = "micros")]
    pub after: Duration,
    /// Longest time the client had no answer meanwhile.
    #[serde(rename = "outage_us", with = "micros")]
    pub outage: Duration,
}

/// The result of one fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// What was done.
    pub fault: Fault,
    /// Which time, from 1.
    pub round: u32,
    /// To whom.
    pub host: String,
    /// Who was expected to take over; nobody when the fault is not enough for that.
    pub expected: Option<String>,
    /// Who did.
    pub successor: Option<String>,
    /// From the fault to the address being on the successor's interface.
    #[serde(rename = "takeover_us", serialize_with = "optional_micros")]
    pub takeover: Option<Duration>,
    /// What the protocol allows for that.
    #[serde(rename = "takeover_allowed_us", serialize_with = "optional_micros")]
    pub takeover_allowed: Option<Duration>,
    /// Longest time the client had no answer; a healthy run shows one probe interval.
    #[serde(rename = "outage_us", with = "micros")]
    pub outage: Duration,
    /// What the protocol allows for that.
    #[serde(rename = "outage_allowed_us", with = "micros")]
    pub outage_allowed: Duration,
    /// Probes that were never answered, up to the undoing of the fault.
    pub lost: u64,
    /// Age of the host's last advert when the fault struck.
    #[serde(rename = "advert_age_us", serialize_with = "optional_micros")]
    pub advert_age: Option<Duration>,
    /// The way back.
    pub back: Back,
}

#[expect(clippy::ref_option, reason = "serde passes a reference to the field")]
fn optional_micros<S: serde::Serializer>(
    duration: &Option<Duration>,
    out: S,
) -> Result<S::Ok, S::Error> {
    match duration {
        Some(duration) => micros::serialize(duration, out),
        None => out.serialize_none(),
    }
}

/// All rounds of one fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Which fault.
    pub fault: Fault,
    /// How often.
    pub rounds: usize,
    /// In how many rounds the address went where it was expected (or stayed, if expected so).
    pub as_expected: usize,
    /// Median outage of the client.
    #[serde(rename = "outage_median_us", with = "micros")]
    pub outage_median: Duration,
    /// Longest outage of the client.
    #[serde(rename = "outage_longest_us", with = "micros")]
    pub outage_longest: Duration,
    /// Median of what the protocol allows.
    #[serde(rename = "outage_allowed_median_us", with = "micros")]
    pub outage_allowed_median: Duration,
    /// Median of outage minus what is allowed, in microseconds; negative is better.
    pub over_median_us: i64,
    /// Median time until the successor had the address; absent when nobody took over.
    #[serde(rename = "takeover_median_us", serialize_with = "optional_micros")]
    pub takeover_median: Option<Duration>,
    /// Median outage of the way back.
    #[serde(rename = "back_outage_median_us", with = "micros")]
    pub back_outage_median: Duration,
}

/// What happened in the laboratory.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Event {
    /// The network stands and the daemons were started.
    Topology {
        /// The hosts.
        hosts: Vec<HostSummary>,
        /// The client's own address.
        client: Ipv4Addr,
        /// The virtual address that is probed.
        address: Ipv4Addr,
        /// Faults that will not be tried, with the reason.
        skipped: Vec<(Fault, String)>,
    },
    /// A host's kernel got or lost the virtual address.
    Address {
        /// Which host.
        host: String,
        /// Whether it has it now.
        present: bool,
    },
    /// The client is answered by another host than before.
    Answering {
        /// Which host.
        host: String,
        /// How long nobody had answered.
        #[serde(rename = "gap_us", with = "micros")]
        gap: Duration,
    },
    /// A daemon's own event line.
    Daemon {
        /// On which host.
        host: String,
        /// The line.
        event: Line,
    },
    /// The cluster is settled: one host has the address and answers.
    Settled {
        /// Which host.
        host: String,
    },
    /// A fault was injected.
    Fault {
        /// Which.
        fault: Fault,
        /// Which time, from 1.
        round: u32,
        /// Where.
        host: String,
    },
    /// It was undone.
    Undone {
        /// Which.
        fault: Fault,
        /// Where.
        host: String,
    },
    /// What became of it.
    Outcome(Outcome),
    /// What the run waits for now; not part of the record.
    Waiting {
        /// In words.
        what: &'static str,
        /// Faults done.
        done: u32,
        /// Faults in all.
        of: u32,
    },
    /// All of it.
    Summary {
        /// One row for each fault.
        rows: Vec<Row>,
    },
}

impl Event {
    /// The `type` of the event's line.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Topology { .. } => "lab.topology",
            Self::Address { .. } => "lab.address",
            Self::Answering { .. } => "lab.answering",
            Self::Daemon { .. } => "lab.daemon",
            Self::Settled { .. } => "lab.settled",
            Self::Fault { .. } => "lab.fault",
            Self::Undone { .. } => "lab.undone",
            Self::Outcome(_) => "lab.outcome",
            Self::Waiting { .. } => "lab.waiting",
            Self::Summary { .. } => "lab.summary",
        }
    }
}
