//! A host's own clock: its zero differs from everybody's, and it runs fast or slow.

use std::time::Duration;

use crate::time::Instant;

const MILLION: u128 = 1_000_000;

/// Relation of a host's monotonic clock to the simulation's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clock {
    /// What the host's clock shows at the simulation's zero.
    pub offset: Duration,
    /// How much faster it runs, in parts per million; negative is slower. Above -1,000,000.
    pub drift_ppm: i32,
}

impl Clock {
    /// What the host's clock shows at `global`.
    #[must_use]
    pub fn local(self, global: Instant) -> Instant {
        let elapsed = u128::from(global.as_nanos()) * self.rate() / MILLION;
        Instant::from_nanos(u64::try_from(elapsed).unwrap_or(u64::MAX)) + self.offset
    }

    /// The first moment at which the host's clock shows at least `local`.
    #[must_use]
    pub fn global(self, local: Instant) -> Instant {
        let elapsed = u128::from((local - self.offset).as_nanos()) * MILLION;
        Instant::from_nanos(u64::try_from(elapsed.div_ceil(self.rate())).unwrap_or(u64::MAX))
    }

    fn rate(self) -> u128 {
        MILLION.saturating_add_signed(i128::from(self.drift_ppm)).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_is_met_at_its_moment_and_not_before() {
        for drift_ppm in [-5000, -1, 0, 1, 333, 5000] {
            let clock = Clock { offset: Duration::from_millis(1234), drift_ppm };
            for nanos in [2_000_000_000, 2_000_000_001, 9_999_999_999, 86_400_000_000_007] {
                let deadline = Instant::from_nanos(nanos);
                let at = clock.global(deadline);
                assert!(clock.local(at) >= deadline);
                assert!(clock.local(at - Duration::from_nanos(1)) < deadline);
            }
        }
    }
}
