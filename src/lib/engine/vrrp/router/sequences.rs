//! Sequence numbers of adverts behind an Authentication Header.
//!
//! As in keepalived the routers of one VRID count together: whoever hears a number goes on from
//! there, so that the next master's adverts are new to everybody. A number is never below the time
//! that the host has been up, so that a process that takes over from a crashed one goes on as well.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::time::Instant;

/// How many numbers a second of uptime is worth: more than adverts are sent in one, and few enough
/// to last for years.
const A_SECOND: u64 = 8;
/// Senders whose last number is remembered.
const MOST_SENDERS: usize = 16;

/// The counter, and what was heard.
#[derive(Debug, Default)]
pub(super) struct Sequences {
    last: u32,
    heard: BTreeMap<IpAddr, u32>,
}

impl Sequences {
    /// The number of the next message.
    pub fn next(&mut self, now: Instant) -> u32 {
        let uptime = now.as_nanos() / 1_000_000_000 * A_SECOND;
        let least = u32::try_from(uptime).unwrap_or(u32::MAX);
        self.last = self.last.saturating_add(1).max(least);
        self.last
    }

    /// Whether a number of `source` is above its last one, remembering it.
    pub fn is_new(&mut self, source: IpAddr, sequence: u32) -> bool {
        if self.heard.get(&source).is_some_and(|last| sequence <= *last) {
            return false;
        }
        if self.heard.len() >= MOST_SENDERS && !self.heard.contains_key(&source) {
            self.heard.clear();
        }
        self.heard.insert(source, sequence);
        self.last = self.last.max(sequence);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: u64) -> Instant {
        Instant::from_nanos(seconds * 1_000_000_000)
    }

    #[test]
    fn every_number_is_above_all_that_were_sent_and_heard() {
        let mut ours = Sequences::default();
        assert_eq!([ours.next(at(10)), ours.next(at(10)), ours.next(at(11))], [80, 81, 88]);
        let peer: IpAddr = "192.0.2.1".parse().unwrap();
        assert!(ours.is_new(peer, 500));
        assert_eq!(ours.next(at(12)), 501);
        assert!(!ours.is_new(peer, 500) && !ours.is_new(peer, 3) && ours.is_new(peer, 501));
        let other: IpAddr = "192.0.2.2".parse().unwrap();
        assert!(ours.is_new(other, 7), "each sender counts for itself");
        assert_eq!(ours.next(at(12)), 502);
    }

    #[test]
    fn the_counter_ends_at_its_end() {
        let mut ours = Sequences::default();
        let peer: IpAddr = "192.0.2.1".parse().unwrap();
        assert!(ours.is_new(peer, u32::MAX));
        assert_eq!(ours.next(at(1)), u32::MAX);
        assert_eq!(Sequences::default().next(Instant::from_nanos(u64::MAX)), u32::MAX);
    }

    #[test]
    fn many_senders_take_no_memory() {
        let mut ours = Sequences::default();
        for number in 0..1000_u32 {
            assert!(ours.is_new(IpAddr::V4(number.into()), 1));
        }
        assert!(ours.heard.len() <= MOST_SENDERS);
    }
}
