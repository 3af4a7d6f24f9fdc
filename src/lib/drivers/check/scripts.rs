//! Scripts run on their schedules: the processes of [`Script`] machines.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;

use crate::drivers::control::{Control, first_plan, next_line, pong, refuse};
use crate::drivers::{Emit, stamped};
use crate::engine::check::script::{Action, Event};
use crate::engine::check::{CheckPlan, Health, Script, ScriptStatus};
use crate::error::{Error, Result};
use crate::io::lines::standard_input;
use crate::io::process::{Output, Processes};
use crate::io::stop::StopSignals;
use crate::io::{clock, runtime};
use crate::output::event::Line;
use crate::time::Instant;

/// How long scripts get to end when the whole process stops; then SIGKILL.
const STOP_GRACE: Duration = Duration::from_secs(1);

/// How the scripts are run.
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
}

/// Run scripts: those of `plan`, or without one those of the plan on stdin, whose further lines
/// are then obeyed until it ends. SIGTERM and SIGINT stop gracefully. Returns each script as it
/// was at the end.
///
/// # Errors
/// When the plan cannot be read, or events cannot be written.
pub fn run(
    plan: Option<CheckPlan>,
    options: Options,
    emit: &mut Emit<'_>,
) -> Result<Vec<ScriptStatus>> {
    runtime::block_on(running(plan, options, emit))?
}

async fn running(
    plan: Option<CheckPlan>,
    options: Options,
    emit: &mut Emit<'_>,
) -> Result<Vec<ScriptStatus>> {
    let mut stop = StopSignals::new().map_err(|e| Error::new("watch for", "signals", e))?;
    let (plan, mut control) = if let Some(plan) = plan {
        (plan, None)
    } else {
        let mut lines = standard_input().map_err(|e| Error::new("read", "stdin", e))?;
        (first_plan(&mut lines).await?, Some(lines))
    };
    let mut fleet = Fleet::new(options)?;
    fleet.take_plan(clock::now(), &plan);
    fleet.turn(emit)?;
    if control.is_some() {
        emit(&stamped("ready", json!({})))?;
    }
    while !fleet.is_done() {
        let wait = fleet.poll_timeout().map(|at| at.saturating_since(clock::now()));
        let wait = wait.unwrap_or(Duration::MAX);
        tokio::select! {
            line = next_line(&mut control) => match line {
                Some(line) => fleet.obey(&line, emit)?,
                None => break,
            },
            () = fleet.processes.changed() => {}
            () = tokio::time::sleep(wait) => {}
            _ = stop.received() => break,
        }
        fleet.turn(emit)?;
    }
    fleet.stop(emit).await?;
    let statuses = fleet.statuses(clock::now());
    if options.statistics {
        for status in &statuses {
            emit(&statistics(status))?;
        }
    }
    Ok(statuses)
}

/// A number for each script that ever was, so that a script removed and added again under its
/// name is not mistaken for the old one.
type Key = u64;

struct Fleet {
    options: Options,
    scripts: BTreeMap<Key, Script>,
    processes: Processes<Key>,
    next_key: Key,
    results: u64,
}

impl Fleet {
    fn new(options: Options) -> Result<Self> {
        let processes = Processes::new().map_err(|e| Error::new("watch for", "SIGCHLD", e))?;
        Ok(Self { options, scripts: BTreeMap::new(), processes, next_key: 0, results: 0 })
    }

    /// Unchanged scripts notice nothing; changed ones start anew; missing ones stop.
    fn take_plan(&mut self, now: Instant, plan: &CheckPlan) {
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
                self.scripts.insert(self.next_key, Script::new(now, wanted.clone()));
                self.next_key += 1;
            }
        }
    }

    /// One turn of the loop: what has ended, what is due, what follows from both.
    fn turn(&mut self, emit: &mut Emit<'_>) -> Result<()> {
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
                            emit(&line(&script.config().name, event))?;
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn obey(&mut self, line: &str, emit: &mut Emit<'_>) -> Result<()> {
        let now = clock::now();
        match serde_json::from_str::<Control<CheckPlan>>(line) {
            Ok(Control::Plan { plan } | Control::Reload { plan }) => self.take_plan(now, &plan),
            Ok(Control::Ping { id }) => pong(emit, id)?,
            Ok(Control::Status { id }) => {
                let data = json!({ "id": id, "scripts": self.statuses(now) });
                emit(&stamped("check.status", data))?;
            }
            Ok(Control::Event { .. } | Control::Command { .. } | Control::Track { .. }) => {
                refuse(emit, "checks take plans, status and ping only")?;
            }
            Err(error) => refuse(emit, error)?,
        }
        Ok(())
    }

    /// End every run: SIGTERM, and SIGKILL for what is still there after the grace.
    async fn stop(&mut self, emit: &mut Emit<'_>) -> Result<()> {
        let now = clock::now();
        for script in self.scripts.values_mut() {
            script.stop(now);
        }
        let limit = now + STOP_GRACE;
        self.act(now, emit)?;
        while self.scripts.values().any(|script| !script.is_stopped()) {
            let wait = limit.saturating_since(clock::now());
            if wait.is_zero() {
                self.processes.kill_all();
                break;
            }
            tokio::select! {
                () = self.processes.changed() => {}
                () = tokio::time::sleep(wait) => {}
            }
            let now = clock::now();
            for (key, ending) in self.processes.reap() {
                if let Some(script) = self.scripts.get_mut(&key) {
                    script.handle_ending(now, &ending);
                }
            }
        }
        Ok(())
    }

    fn is_done(&self) -> bool {
        self.options.count.is_some_and(|count| self.results >= count)
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.scripts.values().filter_map(Script::poll_timeout).min()
    }

    fn statuses(&self, now: Instant) -> Vec<ScriptStatus> {
        self.scripts.values().map(|script| script.status(now)).collect()
    }
}

fn line(name: &str, event: Event) -> Line {
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

fn statistics(status: &ScriptStatus) -> Line {
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
