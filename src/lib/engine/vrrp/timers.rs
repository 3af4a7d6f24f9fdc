//! The arithmetic of VRRP's timers: integer nanoseconds, division last, so that nothing is lost
//! even at an interval of one centisecond (where a step of priority is 39,062.5 ns).
//!
//! Decides how long to wait; refuses to know since when, and what happens then.

use std::time::Duration;

use crate::wire::vrrp::Version;

/// `Skew_Time` (RFC 9568 section 6.1; RFC 3768 section 6.1): the lower the priority, the longer.
///
/// Version 2: `(256 - priority) / 256` seconds. Version 3: the same part of the master's
/// advertisement interval. `priority` is the effective one, 1..=255.
#[must_use]
pub fn skew_time(version: Version, priority: u8, master_interval: Duration) -> Duration {
    let unit = match version {
        Version::V2 => Duration::from_secs(1),
        Version::V3 => master_interval,
    };
    unit.saturating_mul(256 - u32::from(priority)) / 256
}

/// `Active_Down_Interval` (RFC 9568 section 6.1; `Master_Down_Interval` in RFC 3768): how long a
/// backup waits without an advert. The factor is 3 in the RFC, `down_timer_adverts` here.
#[must_use]
pub fn master_down_interval(
    version: Version,
    priority: u8,
    master_interval: Duration,
    down_timer_adverts: u8,
) -> Duration {
    master_interval.saturating_mul(u32::from(down_timer_adverts))
        + skew_time(version, priority, master_interval)
}

/// How long after a master's last advert no peer can have taken over: the master-down interval
/// of the peer with the highest priority there can be beside a router of priority `own` (254
/// beside an address owner, 255 otherwise).
#[must_use]
pub fn takeover_bound(
    version: Version,
    own: u8,
    interval: Duration,
    down_timer_adverts: u8,
) -> Duration {
    let peer = if own == u8::MAX { u8::MAX - 1 } else { u8::MAX };
    master_down_interval(version, peer, interval, down_timer_adverts)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const CENTISECOND: Duration = Duration::from_millis(10);

    #[test]
    fn skew_follows_the_rfc_in_both_versions() {
        // (version, priority, master's interval) -> nanoseconds
        let rows = [
            (Version::V2, 100, SECOND, 609_375_000),
            (Version::V2, 100, 5 * SECOND, 609_375_000), // RFC 3768: independent of the interval
            (Version::V2, 255, SECOND, 3_906_250),
            (Version::V2, 1, SECOND, 996_093_750),
            (Version::V3, 100, SECOND, 609_375_000),
            (Version::V3, 100, 5 * SECOND, 3_046_875_000), // RFC 9568: part of the interval
            (Version::V3, 254, CENTISECOND, 78_125),
            (Version::V3, 255, CENTISECOND, 39_062),
        ];
        for (version, priority, interval, nanos) in rows {
            assert_eq!(
                skew_time(version, priority, interval),
                Duration::from_nanos(nanos),
                "{version:?} priority {priority} interval {interval:?}"
            );
        }
    }

    #[test]
    fn down_interval_is_the_factor_times_the_interval_plus_skew() {
        let down = |adverts| master_down_interval(Version::V3, 200, SECOND, adverts);
        assert_eq!(down(3), Duration::from_micros(3_218_750));
        assert_eq!(down(1), Duration::from_micros(1_218_750));
        let v2 = master_down_interval(Version::V2, 100, 2 * SECOND, 3);
        assert_eq!(v2, Duration::from_micros(6_609_375));
    }

    #[test]
    fn nobody_takes_over_before_the_quickest_possible_peer() {
        let bound = |own| takeover_bound(Version::V3, own, SECOND, 3);
        assert_eq!(bound(100), Duration::from_nanos(3_003_906_250));
        assert_eq!(bound(255), Duration::from_nanos(3_007_812_500));
    }
}
