//! Time as a plain value.
//!
//! The pure layers never read a clock: whoever calls them passes `now` in. [`Instant`] is a
//! point on a monotonic clock in nanoseconds; where that clock starts is the caller's business
//! (`CLOCK_MONOTONIC` in the daemon, zero in a simulation). Durations are [`std::time::Duration`].

use std::fmt;
use std::ops::{Add, AddAssign, Sub};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A point on a monotonic clock, in nanoseconds since that clock's own zero.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Instant(u64);

impl Instant {
    /// The clock's own zero.
    pub const ZERO: Self = Self(0);

    /// The instant `nanos` nanoseconds after the clock's zero.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since the clock's zero.
    #[must_use]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// How long after `earlier` this is; zero when it is not after it.
    #[must_use]
    pub fn saturating_since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

/// A duration in nanoseconds, cut at what an [`Instant`] can hold (584 years).
fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

impl Add<Duration> for Instant {
    type Output = Self;

    fn add(self, rhs: Duration) -> Self {
        Self(self.0.saturating_add(nanos(rhs)))
    }
}

impl AddAssign<Duration> for Instant {
    fn add_assign(&mut self, rhs: Duration) {
        *self = *self + rhs;
    }
}

impl Sub<Duration> for Instant {
    type Output = Self;

    fn sub(self, rhs: Duration) -> Self {
        Self(self.0.saturating_sub(nanos(rhs)))
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:09}s", self.0 / 1_000_000_000, self.0 % 1_000_000_000)
    }
}

/// A duration as people write it: a decimal number with `us`, `ms`, `s`, `m` or `h`; a bare
/// number is in seconds.
///
/// # Errors
/// What is wrong with `text`, for the operator.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let unit_at = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_at);
    let seconds: f64 = match unit.trim() {
        "us" => 1e-6,
        "ms" => 1e-3,
        "" | "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        other => return Err(format!("unknown unit `{other}`: use us, ms, s, m or h")),
    };
    let number: f64 =
        number.parse().map_err(|_| format!("`{text}` is no duration: write 500ms, 2s or 1.5s"))?;
    // Whole nanoseconds, so that 0.1 s is 100 ms and not a float beside it.
    let nanos = (number * seconds * 1e9).round();
    if nanos > 1e18 {
        return Err(format!("`{text}` is longer than 31 years"));
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0..=1e18")]
    let nanos = nanos as u64;
    Ok(Duration::from_nanos(nanos))
}

/// Serialises a duration as whole microseconds; the key it stands under ends in `_us`.
pub mod micros {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    /// Write `duration` as microseconds.
    ///
    /// # Errors
    /// Whatever the serializer reports.
    pub fn serialize<S: Serializer>(duration: &Duration, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_u64(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX))
    }

    /// Read microseconds.
    ///
    /// # Errors
    /// When the value is not an unsigned integer.
    pub fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<Duration, D::Error> {
        u64::deserialize(input).map(Duration::from_micros)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_people_write_them() {
        for (text, micros) in [
            ("1s", 1_000_000),
            ("100ms", 100_000),
            ("0.1", 100_000),
            ("250us", 250),
            ("2m", 120_000_000),
        ] {
            assert_eq!(parse_duration(text), Ok(Duration::from_micros(micros)), "{text}");
        }
        for text in ["", "ms", "1.2.3s", "-1s", "5 parsecs", "99999999999s", "1e9"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sums_saturate_instead_of_wrapping() {
        let end = Instant::from_nanos(u64::MAX);
        assert_eq!(end + Duration::from_secs(1), end);
        assert_eq!(Instant::ZERO - Duration::from_secs(1), Instant::ZERO);
        assert_eq!(Instant::ZERO.saturating_since(end), Duration::ZERO);
    }
}
