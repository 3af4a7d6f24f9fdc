//! How punctual adverts are, in constant memory: how often a gap was how far from the interval.
//!
//! Distances are counted in classes of a quarter octave, so a percentile is off by a tenth of the
//! jitter, not of the interval: at one second, a p99 of 1.0005 s is known to 50 µs.

use std::time::Duration;

/// Distances below 2^10 ns are one class.
const LEAST_BITS: u32 = 10;
/// Classes: 26 octaves up to 2^36 ns (68 s), and what is below and above.
const CLASSES: usize = 26 * 4 + 1;

/// Counts gaps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jitter {
    early: [u32; CLASSES],
    late: [u32; CLASSES],
    count: u64,
    greatest: Duration,
}

/// What the gaps were like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gaps {
    /// Half of them were at most this.
    pub p50: Duration,
    /// 99 of 100 were at most this.
    pub p99: Duration,
    /// The greatest.
    pub greatest: Duration,
}

impl Default for Jitter {
    fn default() -> Self {
        Self { early: [0; CLASSES], late: [0; CLASSES], count: 0, greatest: Duration::ZERO }
    }
}

impl Jitter {
    /// Count one `gap` where `interval` was announced.
    pub(super) fn add(&mut self, gap: Duration, interval: Duration) {
        let (side, distance) = if gap < interval {
            (&mut self.early, interval.abs_diff(gap))
        } else {
            (&mut self.late, gap.abs_diff(interval))
        };
        if let Some(count) = side.get_mut(class(distance)) {
            *count = count.saturating_add(1);
        }
        self.count += 1;
        self.greatest = self.greatest.max(gap);
    }

    /// What the gaps were like, where `interval` was announced; `None` without any.
    #[must_use]
    pub fn gaps(&self, interval: Duration) -> Option<Gaps> {
        let percentile = |percent: u64| {
            let rank = (self.count * percent).div_ceil(100).max(1);
            self.at(rank, interval).min(self.greatest)
        };
        (self.count > 0).then(|| Gaps {
            p50: percentile(50),
            p99: percentile(99),
            greatest: self.greatest,
        })
    }

    /// The gap that has this rank, from the smallest on.
    fn at(&self, rank: u64, interval: Duration) -> Duration {
        let early = self.early.iter().enumerate().rev();
        let early = early.map(|(class, count)| (interval.saturating_sub(middle(class)), *count));
        let late = self.late.iter().enumerate();
        let late = late.map(|(class, count)| (interval.saturating_add(middle(class)), *count));
        let mut below = 0;
        early
            .chain(late)
            .find(|(_, count)| {
                below += u64::from(*count);
                below >= rank
            })
            .map_or(self.greatest, |(gap, _)| gap)
    }
}

/// The class of a distance: octave, and which quarter of it.
fn class(distance: Duration) -> usize {
    let nanos = u64::try_from(distance.as_nanos()).unwrap_or(u64::MAX);
    let Some(bits) = nanos.checked_ilog2().filter(|bits| *bits >= LEAST_BITS) else { return 0 };
    let quarter = usize::try_from(nanos >> (bits - 2) & 3).unwrap_or(0);
    let octave = usize::try_from(bits - LEAST_BITS).unwrap_or(0);
    (octave * 4 + quarter + 1).min(CLASSES - 1)
}

/// The middle of a class.
fn middle(class: usize) -> Duration {
    let Some(above) = class.checked_sub(1) else { return Duration::ZERO };
    let quarter = 1_u64 << (above / 4 + LEAST_BITS as usize - 2);
    Duration::from_nanos(quarter * (4 + above as u64 % 4) + quarter / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_known_to_a_tenth_of_the_jitter() {
        let second = Duration::from_secs(1);
        let mut jitter = Jitter::default();
        assert_eq!(jitter.gaps(second), None);
        for _ in 0..98 {
            jitter.add(second + Duration::from_nanos(300), second);
        }
        jitter.add(second + Duration::from_millis(5), second);
        jitter.add(second + Duration::from_millis(40), second);
        let gaps = jitter.gaps(second).unwrap();
        assert_eq!((gaps.p50, gaps.greatest), (second, second + Duration::from_millis(40)));
        let late = gaps.p99.abs_diff(second);
        assert!((4_500..5_500).contains(&late.as_micros()), "{late:?}");
    }

    #[test]
    fn early_ones_come_before_late_ones() {
        let second = Duration::from_secs(1);
        let mut jitter = Jitter::default();
        for millis in [500, 900, 1_000, 1_100, 70_000] {
            jitter.add(Duration::from_millis(millis), second);
        }
        let gaps = jitter.gaps(second).unwrap();
        assert_eq!(gaps.p50, second);
        assert_eq!(gaps.greatest, Duration::from_secs(70));
    }

    #[test]
    fn every_distance_is_in_its_class() {
        for nanos in (0..63).map(|bits| 1_u64 << bits).flat_map(|n| [n, n + n / 3]) {
            let distance = Duration::from_nanos(nanos);
            let found = middle(class(distance));
            let off = found.abs_diff(distance);
            let covered = nanos < 1 << 36;
            assert!(!covered || nanos < 1 << 10 || off <= distance / 7, "{nanos}: {found:?}");
        }
    }
}
