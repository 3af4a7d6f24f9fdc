//! One kernel timer for the earliest deadline of a loop.
//!
//! A timerfd with absolute `CLOCK_MONOTONIC` deadlines: it neither drifts nor rounds. tokio's
//! own timer rounds up to whole milliseconds, which at an advertisement interval of 10 ms is
//! more than the skew between any two priorities.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};

use crate::time::Instant;

/// A timer that becomes readable at its deadline.
pub struct Timer {
    fd: TimerFd,
    armed: Option<Instant>,
    fired: bool,
}

impl Timer {
    /// A timer without a deadline.
    pub fn new() -> io::Result<Self> {
        let flags = TimerFlags::TFD_CLOEXEC | TimerFlags::TFD_NONBLOCK;
        Ok(Self { fd: TimerFd::new(ClockId::CLOCK_MONOTONIC, flags)?, armed: None, fired: false })
    }

    /// Become readable at `deadline` (at once when it has passed); never when `None`. Setting
    /// the deadline that is set already costs nothing.
    pub fn set(&mut self, deadline: Option<Instant>) -> io::Result<()> {
        if deadline == self.armed && !self.fired {
            return Ok(());
        }
        match deadline {
            None => self.fd.unset()?,
            Some(at) => {
                // Zero would disarm the timer instead of firing at once.
                let at = Duration::from_nanos(at.as_nanos().max(1));
                self.fd
                    .set(Expiration::OneShot(at.into()), TimerSetTimeFlags::TFD_TIMER_ABSTIME)?;
            }
        }
        self.armed = deadline;
        self.fired = false;
        Ok(())
    }

    /// Take note that the deadline was seen. The timer stays readable until it is set again, also
    /// to none: what is due need not wait for a system call first.
    pub fn seen(&mut self) {
        self.fired = true;
    }
}

impl AsFd for Timer {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::clock;
    use crate::io::poller::Poller;

    #[test]
    fn a_timer_fires_at_its_deadline_and_not_before() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let poller = Poller::new().unwrap();
            let mut timer = Timer::new().unwrap();
            poller.add(&timer, 1).unwrap();
            let deadline = clock::now() + Duration::from_micros(1500);
            timer.set(Some(deadline)).unwrap();
            let mut tokens = Vec::new();
            poller.ready(&mut tokens).await.unwrap();
            assert!(clock::now() >= deadline);
            timer.seen();
            timer.set(None).unwrap();
            poller.ready_now(&mut tokens).unwrap();
            assert!(tokens.is_empty(), "a timer without a deadline is not readable");
            timer.set(Some(Instant::ZERO)).unwrap();
            poller.ready(&mut tokens).await.unwrap();
            assert_eq!(tokens, [1], "a deadline in the past fires at once");
        });
    }
}
