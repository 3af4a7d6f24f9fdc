//! Numbers that nobody can foresee.

use std::fs::File;
use std::io::Read;
use std::time::Duration;

/// A random number; that of the clock where the system has none to give.
#[must_use]
pub fn number() -> u64 {
    let mut bytes = [0; 8];
    match File::open("/dev/urandom").and_then(|mut source| source.read_exact(&mut bytes)) {
        Ok(()) => u64::from_ne_bytes(bytes),
        Err(_) => super::clock::wall_nanos(),
    }
}

/// A random part of `whole`.
#[must_use]
pub fn part_of(whole: Duration) -> Duration {
    let nanos = u64::try_from(whole.as_nanos()).unwrap_or(u64::MAX);
    Duration::from_nanos(number().checked_rem(nanos).unwrap_or(0))
}

/// Numbers that spread well, from one that nobody can foresee (SplitMix64): for many at once.
#[derive(Debug)]
pub struct Numbers(u64);

impl Numbers {
    /// Begin anywhere.
    #[must_use]
    pub fn new() -> Self {
        Self(number())
    }

    /// The next one.
    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

impl Default for Numbers {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_less_than_the_whole_and_of_nothing_nothing() {
        let whole = Duration::from_micros(7);
        assert!((0..100).all(|_| part_of(whole) < whole));
        assert_eq!(part_of(Duration::ZERO), Duration::ZERO);
        assert_ne!(number(), number());
    }
}
