//! What happened in a simulation, in order, and a number that stands for all of it.

use std::fmt;
use std::net::IpAddr;

use serde::Serialize;

use super::fault::Fault;
use crate::engine::vrrp::{AnnounceReason, Event, RouterId};
use crate::time::Instant;

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Simulation time, nanoseconds.
    #[serde(rename = "at_ns")]
    pub at: Instant,
    /// Which host; none for what concerns the network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<usize>,
    /// Which of its routers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub router: Option<RouterId>,
    /// What.
    #[serde(flatten)]
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// The scenario did this.
    Fault(Fault),
    /// The machine told this.
    Event(Event),
    /// An advert left.
    Sent {
        /// Its priority.
        priority: u8,
        /// How many packets.
        packets: usize,
    },
    /// Addresses were put on the interface.
    Installed(Vec<IpAddr>),
    /// Addresses were taken off.
    Withdrawn(Vec<IpAddr>),
    /// Addresses were announced.
    Announced {
        /// Which.
        addresses: Vec<IpAddr>,
        /// Why.
        reason: AnnounceReason,
    },
    /// The process ended because it was done.
    Ended,
    /// A rule was broken.
    Violation(String),
}

/// All entries, and a hash over them that also covers every byte sent.
#[derive(Debug)]
pub struct History {
    entries: Vec<Entry>,
    hash: u64,
}

impl Default for History {
    fn default() -> Self {
        Self { entries: Vec::new(), hash: 0xcbf2_9ce4_8422_2325 }
    }
}

impl History {
    /// Add an entry.
    pub fn push(&mut self, entry: Entry) {
        self.mix(&entry.at.as_nanos().to_be_bytes());
        self.mix(&[entry.host.map_or(u8::MAX, |h| u8::try_from(h).unwrap_or(u8::MAX))]);
        match &entry.what {
            // Most entries by far; their bytes are mixed in as they are sent.
            What::Sent { priority, .. } => self.mix(&[*priority]),
            other => self.mix(format!("{:?}{other:?}", entry.router).as_bytes()),
        }
        self.entries.push(entry);
    }

    /// Let `bytes` count for the hash (FNV-1a).
    pub fn mix(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.hash = (self.hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    /// Everything so far.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Equal for equal histories.
    #[must_use]
    pub const fn hash(&self) -> u64 {
        self.hash
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.at.as_nanos() / 1_000;
        write!(f, "{:>4}.{:06}", micros / 1_000_000, micros % 1_000_000)?;
        match (self.host, self.router) {
            (Some(host), Some(router)) => write!(f, "  host {host} router {:<3}", router.0)?,
            (Some(host), None) => write!(f, "  host {host}           ")?,
            _ => write!(f, "  ----             ")?,
        }
        write!(f, " {}", self.what)
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fault(fault) => write!(f, "! {fault}"),
            Self::Event(Event::Transition { from, to, reason, priority }) => {
                write!(f, "{from:?} -> {to:?}, priority {priority}: {reason:?}")
            }
            Self::Event(event) => write!(f, "{event:?}"),
            Self::Sent { priority: 0, .. } => write!(f, "sends that it stops (priority 0)"),
            Self::Sent { priority, packets } => {
                write!(f, "sends an advert, priority {priority}, packets {packets}")
            }
            Self::Installed(addresses) => write!(f, "+ {addresses:?}"),
            Self::Withdrawn(addresses) => write!(f, "- {addresses:?}"),
            Self::Announced { addresses, reason } => {
                write!(f, "announces {addresses:?} ({reason:?})")
            }
            Self::Ended => write!(f, "process ended"),
            Self::Violation(text) => write!(f, "BROKEN: {text}"),
        }
    }
}
