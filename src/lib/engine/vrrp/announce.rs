//! When a master announces its addresses by gratuitous ARP and unsolicited NA.
//!
//! Decides the moments and the counts of batches; pacing inside a batch and the frames
//! themselves are the driver's.

use std::time::Duration;

use super::action::AnnounceReason;
use super::config::AnnounceConfig;
use crate::time::Instant;

/// A batch that is due now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Batch {
    /// Messages for each address.
    pub repeat: u32,
    /// Why.
    pub reason: AnnounceReason,
}

/// The batches still to come of one master.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Schedule {
    delayed: Option<Instant>,
    refresh: Option<Instant>,
    lower_priority: Option<Instant>,
}

impl Schedule {
    /// A router became master at `now` and announced its first batch: the second comes after
    /// `delay`, refreshes `refresh` after that and from then on periodically.
    pub fn after_election(config: &AnnounceConfig, now: Instant) -> Self {
        Self {
            delayed: after(now, config.delay),
            refresh: after(now + config.delay, config.refresh),
            lower_priority: None,
        }
    }

    /// A successor carries on at `now` where its predecessor had announced all: refreshes only.
    pub fn after_resume(config: &AnnounceConfig, now: Instant) -> Self {
        Self { refresh: after(now, config.refresh), ..Self::default() }
    }

    /// A losing advert was heard at `now` and answered by a batch: one more after its delay.
    pub fn lower_priority_heard(&mut self, config: &AnnounceConfig, now: Instant) {
        self.lower_priority = after(now, config.lower_priority_delay);
    }

    /// A new configuration: keeps what is on its way, starts or ends refreshing.
    pub fn reconfigure(&mut self, config: &AnnounceConfig, now: Instant) {
        let soonest = after(now, config.refresh);
        self.refresh = match (self.refresh, soonest) {
            (Some(due), Some(soonest)) => Some(due.min(soonest)),
            (_, soonest) => soonest,
        };
    }

    /// When the next batch is due.
    pub fn due(&self) -> Option<Instant> {
        [self.delayed, self.refresh, self.lower_priority].into_iter().flatten().min()
    }

    /// Take one batch that is due at `now`; call again until `None`.
    pub fn pop(&mut self, config: &AnnounceConfig, now: Instant) -> Option<Batch> {
        if take_due(&mut self.delayed, now) {
            return Some(Batch { repeat: config.repeat, reason: AnnounceReason::Delayed });
        }
        if take_due(&mut self.lower_priority, now) {
            let repeat = config.lower_priority_repeat;
            return Some(Batch { repeat, reason: AnnounceReason::LowerPriorityDelayed });
        }
        let due = self.refresh.filter(|due| *due <= now)?;
        // Periodic without drift, and without a burst after a stall.
        self.refresh = after(due, config.refresh)
            .filter(|next| *next > now)
            .or_else(|| after(now, config.refresh));
        Some(Batch { repeat: config.refresh_repeat, reason: AnnounceReason::Refresh })
    }
}

/// `delay` after `from`; zero means never.
fn after(from: Instant, delay: Duration) -> Option<Instant> {
    (!delay.is_zero()).then(|| from + delay)
}

fn take_due(slot: &mut Option<Instant>, now: Instant) -> bool {
    slot.take_if(|due| *due <= now).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn at(seconds: u64) -> Instant {
        Instant::ZERO + SECOND * u32::try_from(seconds).unwrap()
    }

    fn batches(
        schedule: &mut Schedule,
        config: &AnnounceConfig,
        until: u64,
    ) -> Vec<(u64, AnnounceReason, u32)> {
        let mut seen = Vec::new();
        while let Some(due) = schedule.due().filter(|due| *due <= at(until)) {
            while let Some(batch) = schedule.pop(config, due) {
                seen.push((due.as_nanos() / 1_000_000_000, batch.reason, batch.repeat));
            }
        }
        seen
    }

    #[test]
    fn a_new_master_announces_again_after_the_delay_and_then_refreshes() {
        let config = AnnounceConfig {
            delay: 5 * SECOND,
            refresh: 10 * SECOND,
            refresh_repeat: 2,
            ..AnnounceConfig::default()
        };
        let mut schedule = Schedule::after_election(&config, at(100));
        assert_eq!(
            batches(&mut schedule, &config, 130),
            [
                (105, AnnounceReason::Delayed, 5),
                (115, AnnounceReason::Refresh, 2),
                (125, AnnounceReason::Refresh, 2)
            ]
        );
    }

    #[test]
    fn zero_delays_mean_no_batch() {
        let config = AnnounceConfig { delay: Duration::ZERO, ..AnnounceConfig::default() };
        assert_eq!(Schedule::after_election(&config, at(1)).due(), None);
    }

    #[test]
    fn a_stall_does_not_make_a_burst_of_refreshes() {
        let config =
            AnnounceConfig { delay: Duration::ZERO, refresh: SECOND, ..AnnounceConfig::default() };
        let mut schedule = Schedule::after_election(&config, at(0));
        assert!(schedule.pop(&config, at(50)).is_some());
        assert_eq!(schedule.pop(&config, at(50)), None);
        assert_eq!(schedule.due(), Some(at(51)));
    }

    #[test]
    fn a_losing_advert_is_answered_twice() {
        let config = AnnounceConfig::default();
        let mut schedule = Schedule::default();
        schedule.lower_priority_heard(&config, at(7));
        assert_eq!(
            batches(&mut schedule, &config, 60),
            [(12, AnnounceReason::LowerPriorityDelayed, 5)]
        );
    }

    #[test]
    fn a_reload_may_start_and_end_refreshing() {
        let on = AnnounceConfig { refresh: SECOND, ..AnnounceConfig::default() };
        let mut schedule = Schedule::default();
        schedule.reconfigure(&on, at(1));
        assert_eq!(schedule.due(), Some(at(2)));
        schedule.reconfigure(&AnnounceConfig::default(), at(1));
        assert_eq!(schedule.due(), None);
    }
}
