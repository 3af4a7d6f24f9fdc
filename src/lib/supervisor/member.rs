//! The life of one part: starting, ready, waiting for its restart, stopping, given up. Joins the
//! restart policy and the watchdog; refuses to know what is said on the lines.

use std::collections::VecDeque;
use std::time::Duration;

use super::plan::Child;
use super::restart::{self, Ended, Restart};
use super::watchdog::{self, Watchdog};
use crate::time::Instant;

/// A process that is not gone this long after SIGKILL is waited for no longer.
const KILL_LIMIT: Duration = Duration::from_secs(2);

/// Where a part is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// No process; one will be started.
    Waiting,
    /// A process runs and is not ready yet.
    Starting,
    /// A process runs and works.
    Ready,
    /// The process was asked to stop.
    Stopping,
    /// It ended for good, with an exit code that a restart cannot cure.
    GivenUp(i32),
    /// It ended and is not wanted any more.
    Over,
}

impl Phase {
    /// As in status.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Starting => "starting",
            Self::Ready => "ready",
            Self::Stopping => "stopping",
            Self::GivenUp(_) => "given_up",
            Self::Over => "stopped",
        }
    }
}

/// What a part wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Start its process and hand it its plan.
    Start,
    /// Ask for a sign of life.
    Ping(u64),
    /// Close its stdin once all waiting lines are written.
    CloseInput,
    /// SIGKILL.
    Kill,
    /// Tell the world.
    Report {
        /// `started`, `ready`, `exited`, `killed`, `stopped`, `given_up`.
        state: &'static str,
        /// Process id, if one is meant.
        pid: Option<u32>,
        /// Why; may be empty.
        reason: String,
    },
    /// The part ended for good with this exit code.
    GivenUp(i32),
}

/// One part and its process.
#[derive(Debug)]
pub struct Member {
    child: Child,
    phase: Phase,
    /// When it entered that phase.
    since: Instant,
    /// Why, if there is more to say than the phase does.
    reason: Option<String>,
    pid: Option<u32>,
    /// Times a process was started.
    starts: u64,
    restart: Restart,
    watchdog: Watchdog,
    /// When a stop turns into a kill, and a kill into giving the process up.
    deadline: Option<Instant>,
    killed: bool,
    /// Start again after the stop under way: a reload took the stop back.
    again: bool,
    /// What the process said last of why it cannot start.
    complaint: Option<String>,
    actions: VecDeque<Action>,
}

impl Member {
    /// A part that wants its process started.
    #[must_use]
    pub fn new(now: Instant, child: Child) -> Self {
        let mut member = Self {
            child,
            phase: Phase::Waiting,
            since: now,
            reason: None,
            pid: None,
            starts: 0,
            restart: Restart::default(),
            watchdog: Watchdog::default(),
            deadline: None,
            killed: false,
            again: false,
            complaint: None,
            actions: VecDeque::new(),
        };
        member.want();
        member
    }

    /// What is run.
    #[must_use]
    pub const fn child(&self) -> &Child {
        &self.child
    }

    /// Where it is in its life.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// When it got there.
    #[must_use]
    pub const fn since(&self) -> Instant {
        self.since
    }

    /// Why it is there, if there is more to say.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    /// Process id while a process runs.
    #[must_use]
    pub const fn pid(&self) -> Option<u32> {
        self.pid
    }

    /// How often it was started again.
    #[must_use]
    pub const fn restarts(&self) -> u64 {
        self.starts.saturating_sub(1)
    }

    /// Whether a process runs that reads lines.
    #[must_use]
    pub const fn listens(&self) -> bool {
        matches!(self.phase, Phase::Starting | Phase::Ready)
    }

    /// Whether there is nothing more to wait for.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Over | Phase::GivenUp(_))
    }

    /// A process was started.
    pub fn handle_started(&mut self, now: Instant, pid: u32) {
        self.pid = Some(pid);
        self.complaint = None;
        self.starts += 1;
        self.enter(now, Phase::Starting, None);
        self.restart.handle_started(now);
        self.watchdog.handle_started(now);
        self.report("started", String::new());
    }

    /// The process says that it is ready.
    pub fn handle_ready(&mut self, now: Instant) {
        if self.phase == Phase::Starting {
            self.enter(now, Phase::Ready, None);
            self.watchdog.handle_ready(now);
            self.restart.handle_ready();
            self.report("ready", String::new());
        }
    }

    /// The process says what is wrong.
    pub fn handle_complaint(&mut self, message: &str) {
        if self.phase == Phase::Starting {
            self.complaint = Some(message.to_owned());
        }
    }

    /// The process answered a ping.
    pub fn handle_pong(&mut self, now: Instant, id: u64) {
        self.watchdog.handle_pong(now, id);
    }

    /// The process ended, or could not be started for `detail`.
    pub fn handle_ended(&mut self, now: Instant, ended: Ended, detail: Option<String>) {
        self.watchdog.handle_ended();
        self.deadline = None;
        let why = detail.unwrap_or_else(|| ended.to_string());
        if self.phase == Phase::Stopping {
            self.enter(now, Phase::Over, None);
            self.report("stopped", why);
            self.pid = None;
            if std::mem::take(&mut self.again) {
                self.enter(now, Phase::Waiting, None);
                self.want();
            }
            return;
        }
        self.enter(now, Phase::Waiting, Some(why.clone()));
        self.restart.handle_ended(now, ended);
        let next = match self.restart.poll_timeout() {
            Some(due) => format!("; starts again in {} s", due.saturating_since(now).as_secs()),
            None => String::new(),
        };
        self.report("exited", format!("{why}{next}"));
        self.pid = None;
        self.follow_restart(now);
    }

    /// A reload: run with `child` from now on. True when a running process must be told.
    pub fn handle_plan(&mut self, now: Instant, child: Child) -> bool {
        let changed = self.child.plan != child.plan;
        let had = std::mem::replace(&mut self.child, child).capabilities;
        // What a process gave up it cannot get back.
        if self.listens() && self.child.capabilities.iter().any(|one| !had.contains(one)) {
            self.handle_stop(now);
            self.again = true;
            return false;
        }
        match self.phase {
            Phase::Starting | Phase::Ready => changed,
            Phase::Stopping => {
                self.again = true;
                false
            }
            Phase::Waiting | Phase::GivenUp(_) | Phase::Over => {
                self.enter(now, Phase::Waiting, None);
                self.want();
                false
            }
        }
    }

    /// Stop gracefully.
    pub fn handle_stop(&mut self, now: Instant) {
        self.again = false;
        self.restart.handle_unwanted();
        self.watchdog.handle_ended();
        match self.phase {
            Phase::Starting | Phase::Ready => {
                self.enter(now, Phase::Stopping, None);
                self.deadline = Some(now + self.child.stop_limit);
                self.actions.push_back(Action::CloseInput);
            }
            Phase::Waiting => self.enter(now, Phase::Over, None),
            Phase::Stopping | Phase::GivenUp(_) | Phase::Over => {}
        }
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.restart.handle_timeout(now);
        self.follow_restart(now);
        self.watchdog.handle_timeout(now);
        match self.watchdog.poll_action() {
            None => {}
            Some(watchdog::Action::Ping(id)) => self.actions.push_back(Action::Ping(id)),
            Some(watchdog::Action::KillNotReady(time)) => {
                self.kill(now, format!("not ready after {} s", time.as_secs()));
            }
            Some(watchdog::Action::KillSilent(time)) => {
                self.kill(now, format!("no answer for {} s", time.as_secs()));
            }
        }
        if self.deadline.is_some_and(|due| due <= now) {
            self.overdue(now);
        }
    }

    /// When to call [`Member::handle_timeout`] next.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let times = [self.restart.poll_timeout(), self.watchdog.poll_timeout(), self.deadline];
        times.into_iter().flatten().min()
    }

    /// The next thing to do, in order, until none.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    fn want(&mut self) {
        self.restart.handle_wanted();
        self.restart.poll_action();
        self.actions.push_back(Action::Start);
    }

    fn follow_restart(&mut self, now: Instant) {
        match self.restart.poll_action() {
            None => {}
            Some(restart::Action::Start) => self.actions.push_back(Action::Start),
            Some(restart::Action::GiveUp(code)) => {
                let why = match self.complaint.take() {
                    Some(complaint) => complaint,
                    None => format!("exit code {code}: starting it again cannot help"),
                };
                self.enter(now, Phase::GivenUp(code), Some(why.clone()));
                self.report("given_up", why);
                self.actions.push_back(Action::GivenUp(code));
            }
        }
    }

    /// The stop took too long, or the kill did.
    fn overdue(&mut self, now: Instant) {
        if self.killed {
            self.handle_ended(now, Ended::Signal(9), Some("not gone after SIGKILL".into()));
        } else {
            let limit = self.child.stop_limit.as_secs();
            self.kill(now, format!("not stopped after {limit} s"));
        }
    }

    fn kill(&mut self, now: Instant, reason: String) {
        self.reason = Some(reason.clone());
        self.report("killed", reason);
        self.actions.push_back(Action::Kill);
        self.killed = true;
        self.deadline = Some(now + KILL_LIMIT);
    }

    fn enter(&mut self, now: Instant, phase: Phase, reason: Option<String>) {
        self.phase = phase;
        self.since = now;
        self.reason = reason;
        self.killed = false;
    }

    fn report(&mut self, state: &'static str, reason: String) {
        self.actions.push_back(Action::Report { state, pid: self.pid, reason });
    }
}

#[cfg(test)]
mod tests {
    use super::super::plan::{Part, tests::composition};
    use super::*;

    fn at(seconds: u64) -> Instant {
        Instant::ZERO + Duration::from_secs(seconds)
    }

    fn member() -> Member {
        let mut member =
            Member::new(at(0), composition().child(Part::Vrrp).expect("planned").clone());
        assert_eq!(done(&mut member), ["start"]);
        member
    }

    fn ready() -> Member {
        let mut member = member();
        member.handle_started(at(0), 7);
        member.handle_ready(at(0));
        assert_eq!(done(&mut member), ["started", "ready"]);
        member
    }

    /// What the member wanted done, in short.
    fn done(member: &mut Member) -> Vec<&'static str> {
        std::iter::from_fn(|| member.poll_action())
            .map(|action| match action {
                Action::Start => "start",
                Action::Ping(_) => "ping",
                Action::CloseInput => "close",
                Action::Kill => "kill",
                Action::Report { state, .. } => state,
                Action::GivenUp(_) => "GIVEN UP",
            })
            .collect()
    }

    fn follow(member: &mut Member, end: Instant) -> Vec<&'static str> {
        while let Some(due) = member.poll_timeout().filter(|due| *due <= end) {
            member.handle_timeout(due);
        }
        done(member)
    }

    #[test]
    fn a_crash_is_answered_by_a_start_at_once() {
        let mut member = ready();
        member.handle_ended(at(1), Ended::Signal(11), None);
        assert_eq!(done(&mut member), ["exited", "start"]);
        assert_eq!((member.phase(), member.restarts()), (Phase::Waiting, 0));
        member.handle_started(at(1), 8);
        assert_eq!(member.restarts(), 1);
    }

    #[test]
    fn a_permanent_exit_gives_the_part_up() {
        let mut member = ready();
        member.handle_ended(at(1), Ended::Code(4), None);
        assert_eq!(done(&mut member), ["exited", "given_up", "GIVEN UP"]);
        assert!(member.is_over());
    }

    #[test]
    fn a_process_that_says_why_it_cannot_start_is_given_up_with_its_words() {
        let mut member = member();
        member.handle_started(at(0), 7);
        member.handle_complaint("this kernel does not have it");
        member.handle_ended(at(0), Ended::Code(4), None);
        assert_eq!(member.reason(), Some("this kernel does not have it"));
    }

    #[test]
    fn a_silent_process_is_killed_and_started_again() {
        let mut member = ready();
        assert_eq!(follow(&mut member, at(7)), ["ping", "killed", "kill"]);
        member.handle_ended(at(7), Ended::Signal(9), None);
        assert_eq!(done(&mut member), ["exited", "start"]);
    }

    #[test]
    fn a_graceful_stop_closes_the_input_and_waits() {
        let mut member = ready();
        member.handle_stop(at(1));
        assert_eq!(done(&mut member), ["close"]);
        member.handle_ended(at(2), Ended::Code(0), None);
        assert_eq!(done(&mut member), ["stopped"]);
        assert_eq!(member.phase(), Phase::Over);
    }

    #[test]
    fn a_stop_that_takes_too_long_ends_in_a_kill_and_a_kill_is_not_waited_for_forever() {
        let mut member = ready();
        member.handle_stop(at(1));
        assert_eq!(follow(&mut member, at(7)), ["close", "killed", "kill"]);
        assert_eq!(follow(&mut member, at(60)), ["stopped"]);
        assert!(member.is_over());
    }

    #[test]
    fn a_part_that_waits_for_its_restart_stops_at_once() {
        let mut member = ready();
        for pid in [8, 9, 10] {
            member.handle_ended(at(1), Ended::Code(5), None);
            member.handle_started(at(1), pid);
        }
        member.handle_ended(at(1), Ended::Code(5), None);
        done(&mut member);
        member.handle_stop(at(1));
        assert!(member.is_over());
        assert_eq!(follow(&mut member, at(100)), [] as [&str; 0]);
    }

    #[test]
    fn a_reload_starts_a_part_that_was_given_up_and_takes_a_stop_back() {
        let mut member = ready();
        let child = member.child().clone();
        member.handle_ended(at(1), Ended::Code(3), None);
        done(&mut member);
        assert!(!member.handle_plan(at(2), child.clone()));
        assert_eq!(done(&mut member), ["start"]);

        let mut member = ready();
        member.handle_stop(at(1));
        member.handle_plan(at(1), child);
        member.handle_ended(at(2), Ended::Code(0), None);
        assert_eq!(done(&mut member), ["close", "stopped", "start"]);
    }

    #[test]
    fn a_plan_that_takes_more_privileges_takes_another_process() {
        let mut member = ready();
        let mut child = member.child().clone();
        child.capabilities.push("CHOWN");
        assert!(!member.handle_plan(at(1), child));
        member.handle_ended(at(1), Ended::Code(0), None);
        assert_eq!(done(&mut member), ["close", "stopped", "start"]);
    }

    #[test]
    fn an_unchanged_plan_is_not_told_again() {
        let mut member = ready();
        let mut child = member.child().clone();
        assert!(!member.handle_plan(at(1), child.clone()));
        child.plan = serde_json::Value::Null;
        assert!(member.handle_plan(at(1), child));
    }
}
