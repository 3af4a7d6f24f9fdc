//! Turns at fixed distances: each is the previous one plus the interval, whatever the work took.

use std::time::Duration;

use crate::time::Instant;

/// Shortest distance between turns: keeps a nonsensical zero from becoming a busy loop.
const LEAST: Duration = Duration::from_millis(1);

/// When the next turn is.
#[derive(Clone, Debug)]
pub struct Schedule {
    interval: Duration,
    next: Instant,
}

impl Schedule {
    /// Turns every `interval`, the first at `first`.
    #[must_use]
    pub fn new(first: Instant, interval: Duration) -> Self {
        Self { interval: interval.max(LEAST), next: first }
    }

    /// When the next turn is due.
    #[must_use]
    pub const fn next(&self) -> Instant {
        self.next
    }

    /// Take the turn that is due, if one is. Turns that were slept through are left out rather
    /// than caught up in a burst.
    pub fn take(&mut self, now: Instant) -> bool {
        if now < self.next {
            return false;
        }
        let interval = u64::try_from(self.interval.as_nanos()).unwrap_or(u64::MAX);
        let late = now.as_nanos() - self.next.as_nanos();
        let turns = late / interval + 1;
        let step = interval.saturating_mul(turns);
        self.next = Instant::from_nanos(self.next.as_nanos().saturating_add(step));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::from_nanos(millis * 1_000_000)
    }

    #[test]
    fn a_late_turn_does_not_move_the_following_ones() {
        let mut schedule = Schedule::new(at(0), Duration::from_millis(100));
        assert!(schedule.take(at(30)));
        assert!(!schedule.take(at(99)));
        assert_eq!(schedule.next(), at(100));
    }

    #[test]
    fn turns_slept_through_are_not_caught_up() {
        let mut schedule = Schedule::new(at(0), Duration::from_millis(100));
        assert!(schedule.take(at(1_050)));
        assert_eq!(schedule.next(), at(1_100));
    }

    #[test]
    fn an_interval_of_zero_is_no_busy_loop() {
        let mut schedule = Schedule::new(at(0), Duration::ZERO);
        assert!(schedule.take(at(0)));
        assert!(!schedule.take(at(0)));
    }
}
