//! A script run again and again: when it starts, when it has had long enough, what it proves.
//!
//! Knows nothing of processes: it asks for a start, a termination or a kill, and is told how the
//! run ended. One run at a time; a turn that finds the previous run still there is left out.

use std::collections::VecDeque;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::config::ScriptConfig;
use super::outcome::{Ending, Grade};
use super::schedule::Schedule;
use super::threshold::{Change, Health, Threshold};
use crate::time::Instant;

/// From SIGTERM to SIGKILL, and from the first SIGKILL to the second.
pub const KILL_DELAY: Duration = Duration::from_secs(2);

/// From the second SIGKILL to each further one.
const KILL_AGAIN: Duration = Duration::from_secs(10);

/// Something the driver must do, in the order given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Start the command in a process group of its own, then tell
    /// [`Script::handle_ending`] how it ended (or that it would not start).
    Start,
    /// SIGTERM to the process group of the run.
    Terminate,
    /// SIGKILL to the process group of the run.
    Kill,
    /// Tell whoever listens.
    Event(Event),
}

/// What happened to a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The verdict changed.
    Transition {
        /// Before and after.
        change: Change,
        /// The result that tipped it.
        reason: String,
    },
    /// One run has ended, or has run out of time.
    Result {
        /// What it says.
        grade: Grade,
        /// How it ended.
        reason: String,
        /// From its start.
        duration: Duration,
    },
    /// A turn was left out: the previous run is still there.
    Skipped {
        /// For how long that run has been there.
        running: Duration,
    },
}

/// How far the run in progress is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Within its time.
    Running,
    /// Told to stop. What becomes of it no longer counts.
    Terminated,
    /// SIGKILL was sent this often and it is still there (it hangs in the kernel).
    Killed(u32),
}

#[derive(Clone, Debug)]
struct Run {
    started: Instant,
    phase: Phase,
    /// When the next step against it is due.
    deadline: Instant,
    /// It had its time and was judged; otherwise it was told to stop because it is not wanted.
    overdue: bool,
}

impl Run {
    /// It belongs to the previous configuration and is about to end: the next turn waits for
    /// that. (Once it needs SIGKILL, the turn is left out instead.)
    fn is_leftover(&self) -> bool {
        self.phase == Phase::Terminated && !self.overdue
    }
}

/// A snapshot for status answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScriptStatus {
    /// Name of the `vrrp_script`.
    pub name: String,
    /// The verdict.
    pub health: Health,
    /// For how long it has held.
    #[serde(rename = "age_us", with = "crate::time::micros")]
    pub age: Duration,
    /// Why, in the words of the result that tipped it; empty before the first result.
    pub reason: String,
    /// Runs started.
    pub runs: u64,
    /// Of these, failed ones.
    pub failures: u64,
    /// Turns left out because the previous run was still there.
    pub skipped: u64,
    /// A run is in progress.
    pub running: bool,
}

/// The machine of one script.
#[derive(Debug)]
pub struct Script {
    config: ScriptConfig,
    threshold: Threshold,
    schedule: Schedule,
    run: Option<Run>,
    stopping: bool,
    since: Instant,
    reason: String,
    runs: u64,
    failures: u64,
    skipped: u64,
    actions: VecDeque<Action>,
}

impl Script {
    /// A script whose first run is due at `now`.
    #[must_use]
    pub fn new(now: Instant, config: ScriptConfig) -> Self {
        let threshold = if config.init_fail {
            Threshold::presumed(Health::Down, config.rise, config.fall)
        } else {
            Threshold::new(config.rise, config.fall)
        };
        Self {
            threshold,
            schedule: Schedule::new(now, config.interval),
            config,
            run: None,
            stopping: false,
            since: now,
            reason: String::new(),
            runs: 0,
            failures: 0,
            skipped: 0,
            actions: VecDeque::new(),
        }
    }

    /// A predecessor has told this verdict: it goes on from there.
    pub fn resume(&mut self, health: Health, reason: &str) {
        self.threshold = Threshold::resumed(health, self.config.rise, self.config.fall);
        reason.clone_into(&mut self.reason);
    }

    /// What it runs with.
    #[must_use]
    pub const fn config(&self) -> &ScriptConfig {
        &self.config
    }

    /// The verdict now.
    #[must_use]
    pub const fn health(&self) -> Health {
        self.threshold.health()
    }

    /// Take a new configuration. An equal one changes nothing, neither state nor phase.
    /// Otherwise a run in progress is told to stop and no longer counts, the next one is due
    /// now, and the verdict holds until that one decides.
    pub fn reconfigure(&mut self, now: Instant, config: &ScriptConfig) {
        if *config == self.config {
            return;
        }
        self.config = config.clone();
        self.threshold = Threshold::presumed(self.health(), config.rise, config.fall);
        self.schedule = Schedule::new(now, config.interval);
        self.terminate(now);
        if let Some(run) = &mut self.run {
            run.overdue = false;
        }
    }

    /// Stop for good: no further run; one in progress is told to end and no longer counts.
    pub fn stop(&mut self, now: Instant) {
        self.stopping = true;
        self.terminate(now);
    }

    /// It was told to stop.
    #[must_use]
    pub const fn is_stopping(&self) -> bool {
        self.stopping
    }

    /// Stopped, and no run is left.
    #[must_use]
    pub const fn is_stopped(&self) -> bool {
        self.stopping && self.run.is_none()
    }

    /// The run has ended, or never began.
    pub fn handle_ending(&mut self, now: Instant, ending: &Ending) {
        let Some(run) = self.run.take() else { return };
        if run.phase == Phase::Running {
            self.judge(now, ending, now.saturating_since(run.started));
        } else if !run.overdue {
            // It was in the way of a new configuration, whose first turn may be due already.
            self.handle_timeout(now);
        }
    }

    /// Time has passed: start, time out, kill, whatever is due.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.press(now);
        if self.stopping || now < self.schedule.next() {
            return;
        }
        match &self.run {
            None => self.begin(now),
            Some(run) if run.is_leftover() => {}
            Some(run) => {
                let (started, failed) = (run.started, run.phase != Phase::Running);
                self.schedule.take(now);
                self.skip(now, started, failed);
            }
        }
    }

    /// When to call [`Script::handle_timeout`] next.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let run = self.run.as_ref();
        let pressing = run.map(|run| run.deadline);
        let waits = run.is_some_and(Run::is_leftover);
        let turn = (!self.stopping && !waits).then(|| self.schedule.next());
        pressing.into_iter().chain(turn).min()
    }

    /// The next thing to do, in order, until `None`.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// A snapshot.
    #[must_use]
    pub fn status(&self, now: Instant) -> ScriptStatus {
        ScriptStatus {
            name: self.config.name.clone(),
            health: self.health(),
            age: now.saturating_since(self.since),
            reason: self.reason.clone(),
            runs: self.runs,
            failures: self.failures,
            skipped: self.skipped,
            running: self.run.is_some(),
        }
    }

    fn begin(&mut self, now: Instant) {
        self.schedule.take(now);
        self.runs += 1;
        self.run = Some(Run {
            started: now,
            phase: Phase::Running,
            deadline: now + self.config.timeout,
            overdue: false,
        });
        self.actions.push_back(Action::Start);
    }

    /// Leave a turn out. A run that outlived its time and its SIGTERM is a failure again at
    /// each turn: a script stuck in the kernel must not keep its last verdict for ever.
    fn skip(&mut self, now: Instant, started: Instant, failed: bool) {
        self.skipped += 1;
        let running = now.saturating_since(started);
        self.actions.push_back(Action::Event(Event::Skipped { running }));
        if failed {
            self.judge(now, &Ending::TimedOut(running), running);
        }
    }

    /// Take the next step against a run that has had its time.
    fn press(&mut self, now: Instant) {
        let Some(run) = &mut self.run else { return };
        if now < run.deadline {
            return;
        }
        match run.phase {
            Phase::Running => {
                let duration = now.saturating_since(run.started);
                run.overdue = true;
                self.terminate(now);
                self.judge(now, &Ending::TimedOut(self.config.timeout), duration);
            }
            Phase::Terminated => {
                run.phase = Phase::Killed(1);
                run.deadline = now + KILL_DELAY;
                self.actions.push_back(Action::Kill);
            }
            Phase::Killed(times) => {
                run.phase = Phase::Killed(times.saturating_add(1));
                run.deadline = now + KILL_AGAIN;
                self.actions.push_back(Action::Kill);
            }
        }
    }

    fn terminate(&mut self, now: Instant) {
        if let Some(run) = &mut self.run
            && run.phase == Phase::Running
        {
            run.phase = Phase::Terminated;
            run.deadline = now + KILL_DELAY;
            self.actions.push_back(Action::Terminate);
        }
    }

    fn judge(&mut self, now: Instant, ending: &Ending, duration: Duration) {
        let (grade, reason) = (ending.grade(), ending.to_string());
        self.failures += u64::from(grade == Grade::Bad);
        // Unable to start a process, this host knows nothing new: the verdict stands.
        let change = if grade == Grade::Untested { None } else { self.threshold.count(grade) };
        let result = Event::Result { grade, reason: reason.clone(), duration };
        self.actions.push_back(Action::Event(result));
        if let Some(change) = change {
            self.since = now;
            self.reason.clone_from(&reason);
            self.actions.push_back(Action::Event(Event::Transition { change, reason }));
        } else if self.reason.is_empty() {
            self.reason = reason;
        }
    }
}

#[cfg(test)]
mod tests;
