//! What a laboratory sees of its hosts, each by its own means and with its own time stamp: the
//! answers a client gets, the addresses the kernel holds, the adverts on the wire.

mod addresses;
mod echo;
mod tap;

pub use addresses::{AddressChange, AddressWatch};
pub use echo::{Client, Echo, Reply};
pub use tap::{Heard, Tap};

use nix::time::{ClockId, clock_gettime};

use crate::time::Instant;

/// Now on `CLOCK_MONOTONIC`.
#[must_use]
pub fn now() -> Instant {
    clock_gettime(ClockId::CLOCK_MONOTONIC).map_or(Instant::ZERO, |t| Instant::from_nanos(nanos(t)))
}

/// A kernel time as nanoseconds.
fn nanos(time: nix::sys::time::TimeSpec) -> u64 {
    let seconds = u64::try_from(time.tv_sec()).unwrap_or(0);
    let rest = u64::try_from(time.tv_nsec()).unwrap_or(0);
    seconds.saturating_mul(1_000_000_000).saturating_add(rest)
}
