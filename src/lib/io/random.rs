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
