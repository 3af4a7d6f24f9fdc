//! What one sender of adverts said over time.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use super::finding::{Detail, Kind};
use super::jitter::{Gaps, Jitter};
use super::seen::{AdvertSeen, Verdict};
use crate::wire::ethernet::Mac;
use crate::wire::vrrp::{ChecksumSeen, Message, Version};

/// A gap of so many intervals is a pause, not missing adverts.
const PAUSE: u32 = 10;

/// Tells one sender from another: who speaks for a VRID on an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SpeakerId {
    /// Number of the interface; see [`super::Observer::interface`].
    pub interface: u16,
    /// Innermost VLAN; zero without tags.
    pub vlan: u16,
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
    /// Adverts that came later than they should.
    pub late: u64,
    /// Adverts that did not come, by the time that passed without.
    pub missed: u64,
    /// How punctual the others are.
    jitter: Jitter,
    /// The addresses of the last advert were noted as virtual ones.
    pub(super) noted: bool,
    /// Where it sends what is timed: a unicast router sends several.
    timed: Option<(IpAddr, u64)>,
    /// Its hardware address, the one before, and since when.
    macs: Option<(Mac, Option<Mac>, u64)>,
    sequence: Option<u32>,
}

/// What is odd about an advert beside those of the same sender before it.
pub(super) type Oddities = [Option<(Kind, Detail)>; 3];

impl Speaker {
    /// One that has not been heard, and will be at `unix_nanos`.
    #[must_use]
    pub(super) fn new(unix_nanos: u64) -> Self {
        Self {
            adverts: 0,
            invalid: BTreeMap::new(),
            last: None,
            first_unix_nanos: unix_nanos,
            last_unix_nanos: unix_nanos,
            late: 0,
            missed: 0,
            jitter: Jitter::default(),
            noted: false,
            timed: None,
            macs: None,
            sequence: None,
        }
    }

    /// Count an advert, whatever the verdict. Returns the priorities before and after, when they
    /// differ.
    pub(super) fn remember(&mut self, unix_nanos: u64, seen: &AdvertSeen<'_>) -> Option<(u8, u8)> {
        self.adverts += 1;
        self.last_unix_nanos = unix_nanos;
        if seen.verdict != Verdict::Accepted {
            *self.invalid.entry(seen.verdict).or_default() += 1;
        }
        let message = seen.message.as_ref().ok()?;
        let Some(last) = &mut self.last else {
            self.last = Some(Said::new(message));
            return None;
        };
        let before = last.priority;
        if last.update(message) {
            self.noted = false;
        }
        (before != message.priority).then_some((before, message.priority))
    }

    /// What the gaps between its adverts were like; `None` without any.
    #[must_use]
    pub fn gaps(&self) -> Option<Gaps> {
        self.jitter.gaps(self.last.as_ref()?.advertisement_interval)
    }

    /// Hold an accepted advert to those before it. Only who is master already is expected to
    /// be punctual.
    pub(super) fn hear(
        &mut self,
        unix_nanos: u64,
        (destination, reigning): (IpAddr, bool),
        (mac, sequence): (Option<Mac>, Option<u32>),
        message: &Message<'_>,
    ) -> Oddities {
        [
            self.time(unix_nanos, destination, reigning, message),
            mac.and_then(|mac| self.place(unix_nanos, mac, message.advertisement_interval)),
            sequence.and_then(|sequence| self.count(sequence)),
        ]
    }

    /// Whether it is punctual.
    fn time(
        &mut self,
        unix_nanos: u64,
        destination: IpAddr,
        reigning: bool,
        message: &Message<'_>,
    ) -> Option<(Kind, Detail)> {
        let interval = message.advertisement_interval;
        let pause = interval.saturating_mul(PAUSE);
        let (to, last) = match self.timed {
            Some((to, last))
                if reigning && (to == destination || since(last, unix_nanos) < pause) =>
            {
                (to, last)
            }
            _ => (destination, unix_nanos),
        };
        if to != destination {
            return None;
        }
        // After the last one of a reign there is nothing to wait for.
        self.timed = (message.priority > 0).then_some((destination, unix_nanos));
        let gap = since(last, unix_nanos);
        if last == unix_nanos || gap >= pause {
            return None;
        }
        self.jitter.add(gap, interval);
        let kind = if gap * 2 < interval * 3 {
            return None;
        } else if gap * 4 < interval * 7 {
            Kind::LateAdvert
        } else {
            Kind::MissingAdvert
        };
        let intervals = (gap + interval / 2).as_nanos() / interval.as_nanos().max(1);
        let missed = u64::try_from(intervals).unwrap_or(u64::MAX).saturating_sub(1);
        if kind == Kind::LateAdvert {
            self.late += 1;
        } else {
            self.missed += missed;
        }
        Some((kind, Detail::Gap { gap, interval, missed }))
    }

    /// Whether it is where it was.
    fn place(&mut self, unix_nanos: u64, mac: Mac, interval: Duration) -> Option<(Kind, Detail)> {
        let Some((now, before, moved)) = self.macs else {
            self.macs = Some((mac, None, unix_nanos));
            return None;
        };
        if now == mac {
            return None;
        }
        self.macs = Some((mac, Some(now), unix_nanos));
        let soon = since(moved, unix_nanos) < interval.saturating_mul(PAUSE);
        let kind = if before == Some(mac) && soon { Kind::Forged } else { Kind::MacMoved };
        Some((kind, Detail::Macs([now, mac])))
    }

    /// Whether its sequence number is above the last one, as receivers demand.
    fn count(&mut self, sequence: u32) -> Option<(Kind, Detail)> {
        let last = self.sequence.replace(sequence)?;
        (sequence <= last).then_some((Kind::Replayed, Detail::Sequences([last, sequence])))
    }

    /// Mean time between its adverts; `None` with fewer than two.
    #[must_use]
    pub fn mean_interval(&self) -> Option<Duration> {
        let gaps = self.adverts.checked_sub(1).filter(|gaps| *gaps > 0)?;
        let span = self.last_unix_nanos.saturating_sub(self.first_unix_nanos);
        Some(Duration::from_nanos(span / gaps))
    }
}

const fn since(earlier: u64, later: u64) -> Duration {
    Duration::from_nanos(later.saturating_sub(earlier))
}
