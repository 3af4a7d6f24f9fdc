//! Commands that check real servers (`MISC_CHECK`): started, given so much time, and ended with
//! their children.

use std::collections::BTreeMap;
use std::time::Duration;

use super::servers::Key;
use crate::engine::check::probe::Answer;
use crate::engine::check::script::KILL_DELAY;
use crate::engine::check::{Ending, Grade, ScriptCheck};
use crate::error::{Error, Result};
use crate::io::process::{Output, Processes};
use crate::time::Instant;

/// Commands in progress.
pub(super) struct Executions {
    processes: Processes<Key>,
    runs: BTreeMap<Key, Run>,
}

struct Run {
    check: ScriptCheck,
    started: Instant,
    /// When the next step against it is due.
    deadline: Instant,
    phase: Phase,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Within its time.
    Running,
    /// Told to stop: what becomes of it counts for nothing.
    Terminated,
    Killed,
}

/// What a run said: the answer, and the weight that it sets.
pub(super) type Said = (Key, Answer, Option<u32>);

impl Executions {
    pub(super) fn new() -> Result<Self> {
        let processes = Processes::new().map_err(|e| Error::new("watch for", "SIGCHLD", e))?;
        Ok(Self { processes, runs: BTreeMap::new() })
    }

    /// Start a command; says so at once when it cannot be.
    pub(super) fn start(
        &mut self,
        now: Instant,
        key: Key,
        check: &ScriptCheck,
        output: Output,
    ) -> Option<Said> {
        if self.runs.contains_key(&key) {
            let why = "its last run was told to stop and is still there";
            return Some((key, Answer::new(Grade::Bad, why), None));
        }
        if let Err(ending) = self.processes.start(key, &check.command, output) {
            return Some(said(key, check, &ending, Duration::ZERO));
        }
        let (deadline, phase) = (now + check.timeout, Phase::Running);
        self.runs.insert(key, Run { check: check.clone(), started: now, deadline, phase });
        None
    }

    /// What has ended, or has run out of time.
    pub(super) fn turn(&mut self, now: Instant) -> Vec<Said> {
        let mut all = Vec::new();
        if self.runs.is_empty() {
            return all;
        }
        for (key, ending) in self.processes.reap() {
            let Some(run) = self.runs.remove(&key) else { continue };
            if run.phase == Phase::Running {
                all.push(said(key, &run.check, &ending, now.saturating_since(run.started)));
            }
        }
        for (key, run) in self.runs.iter_mut().filter(|(_, run)| run.deadline <= now) {
            if run.phase == Phase::Running {
                let ending = Ending::TimedOut(run.check.timeout);
                all.push(said(*key, &run.check, &ending, run.check.timeout));
                self.processes.terminate(*key);
                run.phase = Phase::Terminated;
            } else {
                self.processes.kill(*key);
                run.phase = Phase::Killed;
            }
            run.deadline = now + KILL_DELAY;
        }
        all
    }

    /// Nobody wants to know any more what this one says.
    pub(super) fn drop_run(&mut self, now: Instant, key: Key) {
        if let Some(run) = self.runs.get_mut(&key).filter(|run| run.phase == Phase::Running) {
            self.processes.terminate(key);
            (run.phase, run.deadline) = (Phase::Terminated, now + KILL_DELAY);
        }
    }

    /// When to look again, whatever ends meanwhile.
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.runs.values().map(|run| run.deadline).min()
    }

    pub(super) fn terminate_all(&mut self) {
        self.processes.terminate_all();
    }

    pub(super) fn kill_all(&mut self) {
        self.processes.kill_all();
    }

    /// Whether nothing runs any more.
    pub(super) fn is_over(&self) -> bool {
        self.runs.is_empty()
    }
}

fn said(key: Key, check: &ScriptCheck, ending: &Ending, took: Duration) -> Said {
    let (grade, weight) = check.judge(ending);
    let latency = (grade == Grade::Good).then_some(took);
    (key, Answer { latency, ..Answer::new(grade, ending.to_string()) }, weight)
}
