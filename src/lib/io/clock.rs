//! The clocks. Whoever decides gets the time from here through a driver, never by itself.

use nix::time::{ClockId, clock_gettime};

use crate::time::Instant;

fn read(clock: ClockId) -> u64 {
    // The clocks below exist on every Linux that can run this; zero would mean "just
    // booted", which makes every deadline wait instead of firing at random.
    clock_gettime(clock).map_or(0, |time| {
        let seconds = u64::try_from(time.tv_sec()).unwrap_or(0);
        let nanos = u64::try_from(time.tv_nsec()).unwrap_or(0);
        seconds.saturating_mul(1_000_000_000).saturating_add(nanos)
    })
}

/// Now on `CLOCK_MONOTONIC`: never jumps, stands still while the machine is suspended. All
/// deadlines of this process are points on it.
#[must_use]
pub fn now() -> Instant {
    Instant::from_nanos(read(ClockId::CLOCK_MONOTONIC))
}

/// Stay awake until `until`: for waits shorter than it takes to fall asleep and wake up again.
pub fn wait_awake(until: Instant) {
    // No hint to the processor that this is a spin loop: a hypervisor answers enough of them by
    // giving the processor to somebody else.
    while now() < until {}
}

/// Nanoseconds since boot, suspended time included (`CLOCK_BOOTTIME`): comparable between
/// processes of one boot, so the lease is written in it.
#[must_use]
pub fn boot_nanos() -> u64 {
    read(ClockId::CLOCK_BOOTTIME)
}

/// Wall clock in nanoseconds since 1970: for people and kernel receive stamps, never for
/// deciding.
#[must_use]
pub fn wall_nanos() -> u64 {
    read(ClockId::CLOCK_REALTIME)
}

/// Nanoseconds that this thread has been on a processor.
#[must_use]
pub fn thread_nanos() -> u64 {
    read(ClockId::CLOCK_THREAD_CPUTIME_ID)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_boot_clock_is_never_behind_the_monotonic_one() {
        let monotonic = now();
        assert!(boot_nanos() >= monotonic.as_nanos());
        assert!(now() >= monotonic);
    }
}
