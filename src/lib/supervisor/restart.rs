//! When a part that ended is started again, and when it is given up.
//!
//! A part that had worked is started again at once, ten times; otherwise the first restart comes at
//! once, further ones after 1, 2, 4 … 60 seconds. A life of a minute makes the next end a first one
//! again. An exit code that says a restart cannot help (see
//! [`Exit::is_permanent`]) gives the part up. This file refuses to know what the part is.

use std::fmt;
use std::time::Duration;

use crate::exit::Exit;
use crate::time::Instant;

/// A life this long makes the next end count as the first.
pub const STEADY: Duration = Duration::from_secs(60);
/// So many times a part that was ready before it ended is started again at once: what it holds
/// must not be left alone for seconds because it crashed twice.
pub const AT_ONCE: u32 = 10;
/// The longest wait before a restart.
pub const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// With this exit code.
    Code(i32),
    /// By this signal.
    Signal(i32),
    /// It could not be started at all.
    NotStarted,
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "exit code {code}"),
            Self::Signal(number) => write!(f, "signal {number}"),
            Self::NotStarted => write!(f, "could not be started"),
        }
    }
}

/// What follows from an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Start the part now.
    Start,
    /// Never start it again: it ended with this permanent exit code.
    GiveUp(i32),
}

/// The restart policy of one part.
#[derive(Debug, Default)]
pub struct Restart {
    started: Option<Instant>,
    /// Ends in a row without a steady life between them.
    ends: u32,
    /// It worked in its present life.
    ready: bool,
    /// Restarts at once of a part that had worked, without a steady life between them.
    at_once: u32,
    due: Option<Instant>,
    action: Option<Action>,
}

impl Restart {
    /// Start the part now and forget what was: the first start, or a new configuration.
    pub fn handle_wanted(&mut self) {
        *self = Self { action: Some(Action::Start), ..Self::default() };
    }

    /// The part must not be started any more.
    pub fn handle_unwanted(&mut self) {
        *self = Self::default();
    }

    /// The process runs.
    pub fn handle_started(&mut self, now: Instant) {
        self.started = Some(now);
        self.ready = false;
        self.due = None;
    }

    /// The process works.
    pub fn handle_ready(&mut self) {
        self.ready = true;
    }

    /// The process ended without being asked to.
    pub fn handle_ended(&mut self, now: Instant, ended: Ended) {
        if let Ended::Code(code) = ended
            && Exit::is_permanent(code)
        {
            self.action = Some(Action::GiveUp(code));
            return;
        }
        let steady = self.started.is_some_and(|at| now.saturating_since(at) >= STEADY);
        if steady {
            (self.ends, self.at_once) = (0, 0);
        }
        self.started = None;
        if std::mem::take(&mut self.ready) && self.at_once < AT_ONCE {
            self.at_once += 1;
            self.due = Some(now);
        } else {
            self.due = Some(now + wait(self.ends));
            self.ends = self.ends.saturating_add(1);
        }
        self.handle_timeout(now);
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.due.is_some_and(|due| due <= now) {
            self.due = None;
            self.action = Some(Action::Start);
        }
    }

    /// When the part is started again, if it waits for that.
    #[must_use]
    pub const fn poll_timeout(&self) -> Option<Instant> {
        self.due
    }

    /// What to do now.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.action.take()
    }
}

/// How long to wait after `ends` earlier ends in a row.
fn wait(ends: u32) -> Duration {
    match ends {
        0 => Duration::ZERO,
        n => Duration::from_secs(1_u64.checked_shl(n - 1).unwrap_or(u64::MAX)).min(LONGEST_WAIT),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn ended_at_once(restart: &mut Restart, now: Instant) -> Option<Duration> {
        restart.handle_started(now);
        restart.handle_ended(now, Ended::Code(5));
        match restart.poll_action() {
            Some(Action::Start) => Some(Duration::ZERO),
            Some(Action::GiveUp(_)) => None,
            None => restart.poll_timeout().map(|due| due.saturating_since(now)),
        }
    }

    #[test]
    fn the_first_restart_comes_at_once_and_later_ones_wait_twice_as_long_up_to_a_minute() {
        let mut restart = Restart::default();
        let waits: Vec<u64> = (0..10)
            .filter_map(|_| ended_at_once(&mut restart, Instant::ZERO))
            .map(|wait| wait.as_secs())
            .collect();
        assert_eq!(waits, [0, 1, 2, 4, 8, 16, 32, 60, 60, 60]);
    }

    #[test]
    fn a_steady_life_makes_the_next_end_a_first_one() {
        let mut restart = Restart::default();
        for _ in 0..5 {
            ended_at_once(&mut restart, Instant::ZERO);
        }
        restart.handle_started(Instant::ZERO);
        restart.handle_ended(Instant::ZERO + STEADY, Ended::Signal(9));
        assert_eq!(restart.poll_action(), Some(Action::Start));
    }

    #[test]
    fn a_part_that_worked_is_started_again_at_once_but_not_for_ever() {
        let mut restart = Restart::default();
        for at_once in (0..20).map(|end| end <= AT_ONCE) {
            restart.handle_started(Instant::ZERO);
            restart.handle_ready();
            restart.handle_ended(Instant::ZERO, Ended::Signal(9));
            assert_eq!(restart.poll_action() == Some(Action::Start), at_once);
        }
    }

    #[test]
    fn a_wait_ends_when_it_is_due_and_not_before() {
        let mut restart = Restart::default();
        ended_at_once(&mut restart, Instant::ZERO);
        ended_at_once(&mut restart, Instant::ZERO);
        restart.handle_timeout(Instant::ZERO + SECOND / 2);
        assert_eq!(restart.poll_action(), None);
        restart.handle_timeout(Instant::ZERO + SECOND);
        assert_eq!(restart.poll_action(), Some(Action::Start));
        assert_eq!(restart.poll_timeout(), None);
    }

    #[test]
    fn exit_codes_that_a_restart_cannot_cure_give_the_part_up() {
        for (code, given_up) in
            [(0, false), (1, false), (2, true), (3, true), (4, true), (5, false)]
        {
            let mut restart = Restart::default();
            restart.handle_started(Instant::ZERO);
            restart.handle_ended(Instant::ZERO, Ended::Code(code));
            assert_eq!(restart.poll_action() == Some(Action::GiveUp(code)), given_up, "{code}");
        }
    }

    #[test]
    fn an_unwanted_part_is_not_started_again() {
        let mut restart = Restart::default();
        ended_at_once(&mut restart, Instant::ZERO);
        ended_at_once(&mut restart, Instant::ZERO);
        restart.handle_unwanted();
        restart.handle_timeout(Instant::ZERO + STEADY);
        assert_eq!((restart.poll_action(), restart.poll_timeout()), (None, None));
    }
}
