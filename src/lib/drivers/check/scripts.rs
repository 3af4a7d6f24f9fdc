//! Scripts run on their schedules: the processes of [`Script`] machines.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;

use crate::drivers::{Emit, stamped};
use crate::engine::check::script::{Action, Event};
use crate::engine::check::{CheckPlan, Health, Known, Script, ScriptStatus};
use crate::error::{Error, Result};
use crate::io::clock;
use crate::io::process::{Output, Processes};
use crate::output::event::Line;
use crate::time::Instant;

/// How checks are run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Emit `check.result` for every run, and `check.skipped`.
    pub results: bool,
    /// Emit `check.transition`.
    pub transitions: bool,
    /// Emit `check.statistics` of each script at the end.
    pub statistics: bool,
    /// Where the scripts' own output goes.
    pub output: Output,
    /// Stop after this many results; endless when absent.
    pub count: Option<u64>,
    /// The scripts are those that routers track: their events say so, for they are no checks of
    /// servers.
    pub tracked: bool,
}

/// A number for each script that ever was, so that a script removed and added again under its
/// name is not mistaken for the old one.
type Key = u64;

/// Every script of a plan.
pub(super) struct Fleet {
    options: Options,
    scripts: BTreeMap<Key, Script>,
    pub(super) processes: Processes<Key>,
    next_key: Key,
    results: u64,
}

impl Fleet {
    pub(super) fn new(options: Options) -> Result<Self> {
        let processes = Processes::new().map_err(|e| Error::new("watch for", "SIGCHLD", e))?;
        Ok(Self { options, scripts: BTreeMap::new(), processes, next_key: 0, results: 0 })
    }

    /// Unchanged scripts notice nothing; changed ones start anew; missing ones stop.
    pub(super) fn take_plan(&mut self, now: Instant, plan: &CheckPlan) {
        for script in self.scripts.values_mut() {
            if !plan.scripts.iter().any(|wanted| wanted.name == script.config().name) {
                script.stop(now);
            }
        }
        for wanted in &plan.scripts {
            let known = self
                .scripts
                .values_mut()
                .find(|script| !script.is_stopping() && script.config().name == wanted.name);
            if let Some(script) = known {
                script.reconfigure(now, wanted);
            } else {
                let mut script = Script::new(now, wanted.clone());
                let is_it = |known: &&Known| {
                    known.id.is_none()
                        && &*known.name.kind == "script"
                        && *known.name.check == *wanted.name
                };
                if let Some(known) = plan.resume.iter().rev().find(is_it) {
                    script.resume(known.to, &known.reason);
                }
                self.scripts.insert(self.next_key, script);
                self.next_key += 1;
            }
        }
    }

    /// One turn of the loop: what has ended, what is due, what follows from both.
    pub(super) fn turn(&mut self, emit: &mut Emit<'_>) -> Result<()> {
        let now = clock::now();
        for (key, ending) in self.processes.reap() {
            if let Some(script) = self.scripts.get_mut(&key) {
                script.handle_ending(now, &ending);
            }
        }
        for script in self.scripts.values_mut() {
            script.handle_timeout(now);
        }
        self.act(now, emit)?;
        self.scripts.retain(|_, script| !script.is_stopped());
        Ok(())
    }

    fn act(&mut self, now: Instant, emit: &mut Emit<'_>) -> Result<()> {
        for (key, script) in &mut self.scripts {
            while let Some(action) = script.poll_action() {
                match action {
                    Action::Start => {
                        let command = &script.config().command;
                        let started = self.processes.start(*key, command, self.options.output);
                        if let Err(ending) = started {
                            script.handle_ending(now, &ending);
                        }
                    }
                    Action::Terminate => self.processes.terminate(*key),
                    Action::Kill => self.processes.kill(*key),
                    Action::Event(event) => {
                        self.results += u64::from(matches!(event, Event::Result { .. }));
                        let wanted = match event {
                            Event::Transition { .. } => self.options.transitions,
                            Event::Result { .. } | Event::Skipped { .. } => self.options.results,
                        };
                        if wanted {
                            emit(&line(&script.config().name, event, self.options.tracked))?;
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// End every run: SIGTERM; what is still there later is for [`Fleet::turn`] to see.
    pub(super) fn stop(&mut self, now: Instant, emit: &mut Emit<'_>) -> Result<()> {
        for script in self.scripts.values_mut() {
            script.stop(now);
        }
        self.act(now, emit)
    }

    /// Whether no script is left.
    pub(super) fn is_over(&self) -> bool {
        self.scripts.is_empty()
    }

    pub(super) fn is_done(&self) -> bool {
        self.options.count.is_some_and(|count| self.results >= count)
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.scripts.values().filter_map(Script::poll_timeout).min()
    }

    pub(super) fn statuses(&self, now: Instant) -> Vec<ScriptStatus> {
        self.scripts.values().map(|script| script.status(now)).collect()
    }
}

fn line(name: &str, event: Event, tracked: bool) -> Line {
    let mut line = line_of(name, event);
    if let Some(data) = line.data.as_object_mut().filter(|_| tracked) {
        data.insert("tracked".to_owned(), true.into());
    }
    line
}

fn line_of(name: &str, event: Event) -> Line {
    match event {
        Event::Transition { change, reason } => stamped(
            "check.transition",
            json!({ "check": name, "kind": "script", "from": change.from, "to": change.to,
                "reason": reason }),
        ),
        Event::Result { grade, reason, duration } => stamped(
            "check.result",
            json!({ "check": name, "kind": "script", "status": Health::of(grade), "reason": reason,
                "duration_us": micros(duration) }),
        ),
        Event::Skipped { running } => stamped(
            "check.skipped",
            json!({ "check": name, "kind": "script", "running_us": micros(running) }),
        ),
    }
}

pub(super) fn statistics(status: &ScriptStatus) -> Line {
    let judged = status.runs - u64::from(status.running);
    stamped(
        "check.statistics",
        json!({ "check": status.name, "kind": "script", "probes": judged,
            "good": judged.saturating_sub(status.failures), "skipped": status.skipped }),
    )
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
