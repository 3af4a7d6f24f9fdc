//! Which processor a thread runs on.
//!
//! A thread that is woken on a processor that sleeps has to wait for that to wake up first, 50 to
//! 150 µs on many machines. Beside whoever wakes it, it runs as soon as that one pauses. Decides
//! nothing: who is to sit where, and for how long, is the caller's matter.

use std::io;

use nix::sched::{CpuSet, sched_getaffinity, sched_getcpu, sched_setaffinity};
use nix::unistd::Pid;

/// The calling thread.
const SELF: Pid = Pid::from_raw(0);

/// The processor that the calling thread runs on, if the kernel tells.
#[must_use]
pub fn current() -> Option<usize> {
    sched_getcpu().ok()
}

/// The calling thread is held on one processor until this is dropped, which must happen on the
/// same thread.
#[derive(Debug)]
pub struct Seat {
    /// Where it was allowed to run before.
    before: CpuSet,
}

impl Seat {
    /// Hold the calling thread on `processor`.
    ///
    /// # Errors
    /// The kernel does not let it run there.
    pub fn take(processor: usize) -> io::Result<Self> {
        let before = sched_getaffinity(SELF)?;
        let mut there = CpuSet::new();
        there.set(processor)?;
        sched_setaffinity(SELF, &there)?;
        Ok(Self { before })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        // Refused only where none of the processors is left to the thread, and then the kernel
        // has chosen others already.
        let _ = sched_setaffinity(SELF, &self.before);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seat_is_taken_and_given_back() -> io::Result<()> {
        let allowed = sched_getaffinity(SELF)?;
        let here = current().ok_or(io::ErrorKind::Unsupported)?;
        let seat = Seat::take(here)?;
        assert_eq!(current(), Some(here));
        let only = sched_getaffinity(SELF)?;
        assert_eq!((0..CpuSet::count()).filter(|at| only.is_set(*at) == Ok(true)).count(), 1);
        drop(seat);
        assert!(sched_getaffinity(SELF)? == allowed);
        Ok(())
    }
}
