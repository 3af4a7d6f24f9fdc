//! The hooks of one instance, group or server, one after the other.
//!
//! Nothing overtakes: `notify_backup` never runs beside or before the `notify_master` of the
//! transition before it. What waits is bounded; when it grows beyond the bound, hooks of states
//! that were left since are dropped, those of the latest state never.

use std::collections::VecDeque;
use std::time::Duration;

use super::config::{Hooks, PoolTitle, UpDown};
use super::notifier::RunId;
use crate::engine::check::script::KILL_DELAY;
use crate::engine::check::{CommandLine, Ending};
use crate::time::Instant;

/// Hooks that may wait; more are only kept when they belong to the latest transition.
const MOST_WAITING: usize = 16;
/// From SIGTERM to SIGKILL when the whole process stops: the next hook has to run, too.
const STOPPING_KILL_DELAY: Duration = Duration::from_millis(300);
/// A run that is still there this long after SIGKILL hangs in the kernel and is given up.
const GIVE_UP: Duration = Duration::from_secs(10);

/// A hook to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Job {
    /// The configuration's keyword: `notify_master` …
    pub hook: &'static str,
    /// All words.
    pub command: CommandLine,
    /// Which transition it tells about.
    pub transition: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Running,
    Terminated,
    Killed,
}

#[derive(Clone, Debug)]
pub(super) struct Running {
    pub run: RunId,
    pub hook: &'static str,
    pub started: Instant,
    phase: Phase,
    deadline: Instant,
    /// It had its time.
    overdue: bool,
}

/// What a lane wants done about its running hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Press {
    Terminate(RunId),
    Kill(RunId),
    GiveUp(RunId),
}

/// What there is to run.
#[derive(Clone, Debug)]
pub(super) enum LaneHooks {
    /// For states.
    State(Hooks),
    /// For up and down, and how pipes name it.
    Turn(UpDown, PoolTitle),
}

impl Default for LaneHooks {
    fn default() -> Self {
        Self::State(Hooks::default())
    }
}

impl UpDown {
    /// The hook for this turn.
    pub(super) fn of(&self, up: bool) -> Option<CommandLine> {
        if up { self.up.clone() } else { self.down.clone() }
    }
}

/// One object's hooks.
#[derive(Clone, Debug, Default)]
pub(super) struct Lane {
    pub hooks: LaneHooks,
    /// Its name is no longer in the plan: it may report its end until then.
    pub departing: Option<Instant>,
    /// It has had its first notification.
    pub notified: bool,
    pub transition: u64,
    pub running: Option<Running>,
    pub waiting: VecDeque<Job>,
}

impl Lane {
    /// Put a job at the end of the line. Returns the hooks that were dropped for it.
    pub fn push(&mut self, job: Job) -> Vec<&'static str> {
        self.waiting.push_back(job);
        if self.waiting.len() > MOST_WAITING { self.drop_superseded() } else { Vec::new() }
    }

    /// Drop what waits for states that were left since.
    pub fn drop_superseded(&mut self) -> Vec<&'static str> {
        let latest = self.transition;
        let (kept, dropped) =
            std::mem::take(&mut self.waiting).into_iter().partition(|job| job.transition == latest);
        self.waiting = kept;
        let dropped: VecDeque<Job> = dropped;
        dropped.into_iter().map(|job| job.hook).collect()
    }

    /// The job to start now, if the line is free.
    pub fn next(&mut self) -> Option<Job> {
        if self.running.is_some() { None } else { self.waiting.pop_front() }
    }

    /// `job` is being started as `run`.
    pub fn begin(&mut self, now: Instant, run: RunId, job: &Job, deadline: Duration) {
        self.running = Some(Running {
            run,
            hook: job.hook,
            started: now,
            phase: Phase::Running,
            deadline: now + deadline,
            overdue: false,
        });
    }

    /// The running hook is over: which, how it ended, and how long it took.
    pub fn end(
        &mut self,
        now: Instant,
        ending: Ending,
    ) -> Option<(&'static str, Ending, Duration)> {
        let running = self.running.take()?;
        let took = now.saturating_since(running.started);
        let ending = match ending {
            Ending::Untried(why) => Ending::Untried(why),
            _ if running.overdue => Ending::TimedOut(took),
            ending => ending,
        };
        Some((running.hook, ending, took))
    }

    /// The next step against a running hook that has had its time.
    pub fn press(&mut self, now: Instant, stopping: bool) -> Option<Press> {
        let running = self.running.as_mut().filter(|running| running.deadline <= now)?;
        Some(match running.phase {
            Phase::Running => {
                running.overdue = true;
                running.terminate(now, stopping)
            }
            Phase::Terminated => {
                running.phase = Phase::Killed;
                running.deadline = now + GIVE_UP;
                Press::Kill(running.run)
            }
            Phase::Killed => Press::GiveUp(running.run),
        })
    }

    /// Make way for what waits, because the process stops.
    pub fn hurry(&mut self, now: Instant) -> Option<Press> {
        if self.waiting.is_empty() {
            return None;
        }
        let running = self.running.as_mut().filter(|running| running.phase == Phase::Running)?;
        Some(running.terminate(now, true))
    }

    /// When [`Lane::press`] has something to do.
    pub fn deadline(&self) -> Option<Instant> {
        self.running.as_ref().map(|running| running.deadline)
    }

    /// Nothing runs and nothing waits.
    pub fn is_idle(&self) -> bool {
        self.running.is_none() && self.waiting.is_empty()
    }
}

impl Running {
    fn terminate(&mut self, now: Instant, stopping: bool) -> Press {
        self.phase = Phase::Terminated;
        self.deadline = now + if stopping { STOPPING_KILL_DELAY } else { KILL_DELAY };
        Press::Terminate(self.run)
    }
}
