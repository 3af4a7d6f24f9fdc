//! Whether a process that runs also works: it must become ready, then answer each ping.
//!
//! Patience is counted in steps of a second. A step that ends much too late means that the
//! supervisor itself slept (a frozen host, a stopped process), and then silence proves nothing:
//! the part gets its full patience again.

use std::time::Duration;

use crate::time::Instant;

/// From one answered ping to the next.
pub const PING_EVERY: Duration = Duration::from_secs(2);
/// One step of patience.
const STEP: Duration = Duration::from_secs(1);
/// A step that ends this late was slept through.
const SLEPT: Duration = Duration::from_millis(500);
/// Steps of patience with an unanswered ping.
const PATIENCE: u32 = 5;
/// Steps of patience with a part that is not ready yet.
const START_PATIENCE: u32 = 15;

/// What the watchdog wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Send a ping with this id.
    Ping(u64),
    /// End the process: it is not ready after this long.
    KillNotReady(Duration),
    /// End the process: it has not answered for this long.
    KillSilent(Duration),
}

#[derive(Debug, Default, Clone, Copy)]
enum Watch {
    /// Nothing runs.
    #[default]
    Off,
    /// Runs, not ready.
    Starting { step: Instant, left: u32 },
    /// Answered its last ping.
    Answered { next: Instant },
    /// Has an unanswered ping.
    Asked { step: Instant, left: u32 },
}

/// The watch over one part.
#[derive(Debug, Default)]
pub struct Watchdog {
    watch: Watch,
    /// Id of the latest ping.
    id: u64,
    action: Option<Action>,
}

impl Watchdog {
    /// The process runs.
    pub fn handle_started(&mut self, now: Instant) {
        self.watch = Watch::Starting { step: now + STEP, left: START_PATIENCE };
    }

    /// The process says that it is ready.
    pub fn handle_ready(&mut self, now: Instant) {
        self.watch = Watch::Answered { next: now + PING_EVERY };
    }

    /// The process answered the ping `id`.
    pub fn handle_pong(&mut self, now: Instant, id: u64) {
        if matches!(self.watch, Watch::Asked { .. }) && id == self.id {
            self.watch = Watch::Answered { next: now + PING_EVERY };
        }
    }

    /// The process ended, or was asked to: nobody is watched.
    pub fn handle_ended(&mut self) {
        self.watch = Watch::Off;
        self.action = None;
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.poll_timeout().is_none_or(|due| now < due) {
            return;
        }
        match self.watch {
            Watch::Off => {}
            Watch::Answered { .. } => {
                self.id += 1;
                self.action = Some(Action::Ping(self.id));
                self.watch = Watch::Asked { step: now + STEP, left: PATIENCE };
            }
            Watch::Starting { step, left } => match patience(now, step, left, START_PATIENCE) {
                0 => self.kill(Action::KillNotReady(STEP * START_PATIENCE)),
                left => self.watch = Watch::Starting { step: now + STEP, left },
            },
            Watch::Asked { step, left } => match patience(now, step, left, PATIENCE) {
                0 => self.kill(Action::KillSilent(STEP * PATIENCE)),
                left => self.watch = Watch::Asked { step: now + STEP, left },
            },
        }
    }

    /// When to call [`Watchdog::handle_timeout`] next.
    #[must_use]
    pub const fn poll_timeout(&self) -> Option<Instant> {
        match self.watch {
            Watch::Off => None,
            Watch::Answered { next: due }
            | Watch::Starting { step: due, .. }
            | Watch::Asked { step: due, .. } => Some(due),
        }
    }

    /// What to do now.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.action.take()
    }

    fn kill(&mut self, action: Action) {
        self.watch = Watch::Off;
        self.action = Some(action);
    }
}

/// Steps left after the one that was due at `step`: all of them when it was slept through.
fn patience(now: Instant, step: Instant, left: u32, full: u32) -> u32 {
    if now.saturating_since(step) > SLEPT { full } else { left.saturating_sub(1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::ZERO + Duration::from_millis(millis)
    }

    /// Follows the deadlines on time until something is to be done or `end` is reached.
    fn follow(watchdog: &mut Watchdog, end: Instant) -> Option<(Instant, Action)> {
        while let Some(due) = watchdog.poll_timeout().filter(|due| *due <= end) {
            watchdog.handle_timeout(due);
            if let Some(action) = watchdog.poll_action() {
                return Some((due, action));
            }
        }
        None
    }

    fn ready() -> Watchdog {
        let mut watchdog = Watchdog::default();
        watchdog.handle_started(at(0));
        watchdog.handle_ready(at(0));
        watchdog
    }

    #[test]
    fn a_part_that_answers_is_pinged_every_two_seconds_and_left_alone() {
        let mut watchdog = ready();
        for id in 1..=10 {
            let due = at(2000 * id);
            assert_eq!(follow(&mut watchdog, due), Some((due, Action::Ping(id))));
            watchdog.handle_pong(due, id);
        }
    }

    #[test]
    fn a_silent_part_is_killed_five_seconds_after_its_ping() {
        let mut watchdog = ready();
        assert_eq!(follow(&mut watchdog, at(60_000)), Some((at(2000), Action::Ping(1))));
        let killed = (at(7000), Action::KillSilent(Duration::from_secs(5)));
        assert_eq!(follow(&mut watchdog, at(60_000)), Some(killed));
        assert_eq!(follow(&mut watchdog, at(60_000)), None);
    }

    #[test]
    fn an_answer_to_an_old_ping_is_no_sign_of_life() {
        let mut watchdog = ready();
        follow(&mut watchdog, at(2000));
        watchdog.handle_pong(at(2100), 0);
        assert!(follow(&mut watchdog, at(60_000)).is_some());
    }

    #[test]
    fn a_part_that_is_never_ready_is_killed_after_fifteen_seconds() {
        let mut watchdog = Watchdog::default();
        watchdog.handle_started(at(0));
        let killed = (at(15_000), Action::KillNotReady(Duration::from_secs(15)));
        assert_eq!(follow(&mut watchdog, at(60_000)), Some(killed));
    }

    #[test]
    fn a_supervisor_that_slept_itself_gives_the_part_its_full_patience_again() {
        for asleep_until in [4000, 5500, 7001, 60_000] {
            let mut watchdog = ready();
            follow(&mut watchdog, at(2000));
            watchdog.handle_timeout(at(asleep_until));
            assert_eq!(watchdog.poll_action(), None, "woke at {asleep_until}");
            let killed = follow(&mut watchdog, at(120_000)).map(|(at, _)| at);
            assert_eq!(killed, Some(at(asleep_until + 5000)));
        }
    }

    #[test]
    fn a_part_that_ended_is_not_watched() {
        let mut watchdog = ready();
        watchdog.handle_ended();
        assert_eq!(watchdog.poll_timeout(), None);
    }
}
