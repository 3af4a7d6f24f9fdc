//! What one sender of adverts said over time.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use super::seen::Verdict;
use crate::wire::vrrp::{ChecksumSeen, Message, Version};

/// Tells one sender from another: who speaks for a VRID on an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SpeakerId {
    /// Number of the interface; see [`super::Observer::interface`].
    pub interface: u16,
    /// Virtual router.
    pub vrid: u8,
    /// Sender.
    pub source: IpAddr,
}

/// The last advert of a sender that could be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Protocol version.
    pub version: Version,
    /// Priority.
    pub priority: u8,
    /// Advertisement interval.
    pub advertisement_interval: Duration,
    /// Kind of authentication.
    pub auth: u8,
    /// Which formula its checksum fits.
    pub checksum: ChecksumSeen,
    /// Virtual addresses in the order of the packet.
    pub addresses: Vec<IpAddr>,
}

impl Said {
    /// What `message` says.
    #[must_use]
    pub fn new(message: &Message<'_>) -> Self {
        Self {
            version: message.version,
            priority: message.priority,
            advertisement_interval: message.advertisement_interval,
            auth: message.auth.kind(),
            checksum: message.checksum,
            addresses: message.addresses.iter().collect(),
        }
    }

    /// Take over what `message` says; the list is copied only when it is another one, which is
    /// what this returns.
    pub(super) fn update(&mut self, message: &Message<'_>) -> bool {
        self.version = message.version;
        self.priority = message.priority;
        self.advertisement_interval = message.advertisement_interval;
        self.auth = message.auth.kind();
        self.checksum = message.checksum;
        let changed = !message.addresses.iter().eq(self.addresses.iter().copied());
        if changed {
            self.addresses = message.addresses.iter().collect();
        }
        changed
    }
}

/// One sender, over all its adverts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Speaker {
    /// Adverts, invalid ones included.
    pub adverts: u64,
    /// Adverts that fail a check, by the verdict.
    pub invalid: BTreeMap<Verdict, u64>,
    /// What it said last.
    pub last: Option<Said>,
    /// When the first advert was seen, in nanoseconds since 1970.
    pub first_unix_nanos: u64,
    /// When the last advert was seen.
    pub last_unix_nanos: u64,
    /// The addresses of the last advert were noted as virtual ones.
    pub(super) noted: bool,
}

impl Speaker {
    /// One that has not been heard, and will be at `unix_nanos`.
    #[must_use]
    pub(super) const fn new(unix_nanos: u64) -> Self {
        Self {
            adverts: 0,
            invalid: BTreeMap::new(),
            last: None,
            first_unix_nanos: unix_nanos,
            last_unix_nanos: unix_nanos,
            noted: false,
        }
    }

    /// Mean time between its adverts; `None` with fewer than two.
    #[must_use]
    pub fn mean_interval(&self) -> Option<Duration> {
        let gaps = self.adverts.checked_sub(1).filter(|gaps| *gaps > 0)?;
        let span = self.last_unix_nanos.saturating_sub(self.first_unix_nanos);
        Some(Duration::from_nanos(span / gaps))
    }
}
