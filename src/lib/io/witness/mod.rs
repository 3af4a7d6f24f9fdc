//! What a laboratory sees of its hosts, each by its own means and with its own time stamp: the
//! answers a client gets, the addresses the kernel holds, the adverts on the wire.

mod addresses;
mod echo;
mod tap;

pub use addresses::{AddressChange, AddressWatch};
pub use echo::{Client, Echo, Reply};
pub use tap::{Heard, Tap};

use std::os::fd::BorrowedFd;
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::time::TimeSpec;

/// Wait until one of `sockets` can be read, or for `most`; `None` waits for ever. An interrupted
/// wait returns early: the caller looks again anyway.
pub fn wait_readable(sockets: &[BorrowedFd<'_>], most: Option<Duration>) {
    let mut wanted: Vec<PollFd<'_>> =
        sockets.iter().map(|socket| PollFd::new(*socket, PollFlags::POLLIN)).collect();
    let _ = ppoll(&mut wanted, most.map(TimeSpec::from), None);
}
