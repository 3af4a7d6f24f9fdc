//! Telling hooks: the processes of the [`Notifier`] machine.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::mpsc::Receiver;

use super::control::{Control, first_plan, pong, refuse};
use super::{Emit, stamped};
use crate::engine::check::Ending;
use crate::engine::notify::{Action, Event, Notifier, NotifyPlan, Object, Occurrence, RunId};
use crate::engine::vrrp::State;
use crate::error::{Error, Result};
use crate::io::lines::standard_input;
use crate::io::process::{Output, Processes};
use crate::io::stop::{Stop, StopSignals};
use crate::io::{clock, runtime};
use crate::output::event::Line;
use crate::time::Instant;

/// How long hooks may go on after the last event, as keepalived lets `notify_stop`.
const STOP_GRACE: Duration = Duration::from_secs(1);

/// Tell hooks about the events on stdin until it ends: control lines or event lines as they are.
/// Without `plan` the first line must be one. Then hooks still running get one second.
///
/// Ctrl-C is left to whoever writes the events: its last ones are still told.
///
/// # Errors
/// When the plan cannot be read, or events cannot be written.
pub fn follow(plan: Option<NotifyPlan>, emit: &mut Emit<'_>) -> Result<()> {
    runtime::block_on(following(plan, emit))?
}

/// Tell hooks about one occurrence and wait for them. Returns how each ended.
///
/// # Errors
/// When events cannot be written.
pub fn tell(plan: NotifyPlan, occurrence: Occurrence, emit: &mut Emit<'_>) -> Result<Vec<Ending>> {
    runtime::block_on(async {
        let mut stop = StopSignals::new().map_err(|e| Error::new("watch for", "signals", e))?;
        let mut teller = Teller::new(plan)?;
        teller.machine.handle_occurrence(clock::now(), occurrence);
        teller.turn(emit)?;
        while !teller.machine.is_idle() {
            tokio::select! {
                () = teller.event() => {}
                _ = stop.received() => {
                    teller.finish(emit).await?;
                    break;
                }
            }
            teller.turn(emit)?;
        }
        Ok(teller.endings)
    })?
}

async fn following(plan: Option<NotifyPlan>, emit: &mut Emit<'_>) -> Result<()> {
    let mut stop = StopSignals::new().map_err(|e| Error::new("watch for", "signals", e))?;
    let mut lines: Receiver<String> =
        standard_input().map_err(|e| Error::new("read", "stdin", e))?;
    let plan = match plan {
        Some(plan) => plan,
        None => first_plan(&mut lines).await?,
    };
    let mut teller = Teller::new(plan)?;
    emit(&stamped("ready", json!({})))?;
    loop {
        tokio::select! {
            line = lines.recv() => match line {
                Some(line) => teller.obey(&line, emit)?,
                None => break,
            },
            () = teller.event() => {}
            signal = stop.received() => if signal == Stop::Terminate { break },
        }
        teller.turn(emit)?;
    }
    teller.finish(emit).await
}

struct Teller {
    machine: Notifier,
    processes: Processes<RunId>,
    endings: Vec<Ending>,
}

impl Teller {
    fn new(plan: NotifyPlan) -> Result<Self> {
        let processes = Processes::new().map_err(|e| Error::new("watch for", "SIGCHLD", e))?;
        Ok(Self { machine: Notifier::new(plan), processes, endings: Vec::new() })
    }

    /// Wait until a hook may have ended or a deadline has come.
    async fn event(&mut self) {
        let wait = self.machine.poll_timeout().map(|at| at.saturating_since(clock::now()));
        tokio::select! {
            () = self.processes.changed() => {}
            () = tokio::time::sleep(wait.unwrap_or(Duration::MAX)) => {}
        }
    }

    fn turn(&mut self, emit: &mut Emit<'_>) -> Result<()> {
        let now = clock::now();
        for (run, ending) in self.processes.reap() {
            self.machine.handle_ending(now, run, ending);
        }
        self.machine.handle_timeout(now);
        while let Some(action) = self.machine.poll_action() {
            self.act(now, action, emit)?;
        }
        Ok(())
    }

    fn act(&mut self, now: Instant, action: Action, emit: &mut Emit<'_>) -> Result<()> {
        match action {
            Action::Start(run, command) => {
                if let Err(ending) = self.processes.start(run, &command, Output::Discard) {
                    self.machine.handle_ending(now, run, ending);
                }
            }
            Action::Terminate(run) => self.processes.terminate(run),
            Action::Kill(run) => self.processes.kill(run),
            Action::Event(event) => {
                emit(&line(&event))?;
                if let Event::Ended { ending, .. } = event {
                    self.endings.push(ending);
                }
            }
        }
        Ok(())
    }

    fn obey(&mut self, line: &str, emit: &mut Emit<'_>) -> Result<()> {
        let now = clock::now();
        match serde_json::from_str::<Control<NotifyPlan>>(line) {
            Ok(Control::Plan { plan } | Control::Reload { plan }) => {
                self.machine.handle_plan(now, plan);
            }
            Ok(Control::Ping { id }) => pong(emit, id)?,
            Ok(Control::Status { id }) => {
                let data = json!({ "id": id, "hooks": self.machine.status() });
                emit(&stamped("notify.status", data))?;
            }
            Ok(Control::Event { event }) => self.hear(now, &event, emit)?,
            Ok(Control::Command { .. } | Control::Track { .. }) => {
                refuse(emit, "notify takes plans, events, status and ping only")?;
            }
            Err(error) => match serde_json::from_str::<Line>(line) {
                Ok(event) => self.hear(now, &event, emit)?,
                Err(_) => refuse(emit, error)?,
            },
        }
        Ok(())
    }

    fn hear(&mut self, now: Instant, event: &Line, emit: &mut Emit<'_>) -> Result<()> {
        match occurrence(event) {
            Ok(Some(occurrence)) => self.machine.handle_occurrence(now, occurrence),
            Ok(None) => {}
            Err(error) => refuse(emit, format!("{}: {error}", event.kind))?,
        }
        Ok(())
    }

    /// Nothing more will come: give what runs and waits its grace, then end it.
    async fn finish(&mut self, emit: &mut Emit<'_>) -> Result<()> {
        let limit = clock::now() + STOP_GRACE;
        self.machine.handle_stop(clock::now());
        self.turn(emit)?;
        while !self.machine.is_idle() {
            let wait = limit.saturating_since(clock::now());
            if wait.is_zero() {
                self.processes.terminate_all();
                break;
            }
            tokio::select! {
                () = self.event() => {}
                () = tokio::time::sleep(wait) => {}
            }
            self.turn(emit)?;
        }
        Ok(())
    }
}

/// What an event line means for hooks; nothing for most types.
///
/// # Errors
/// When its data is not what its type says.
pub fn occurrence(event: &Line) -> serde_json::Result<Option<Occurrence>> {
    #[derive(Deserialize)]
    struct Router {
        instance: String,
        to: State,
        priority: u8,
    }
    #[derive(Deserialize)]
    struct Group {
        group: String,
        to: State,
    }
    #[derive(Deserialize)]
    struct Heard {
        instance: String,
    }
    let data = &event.data;
    Ok(match event.kind.as_str() {
        "vrrp.transition" => {
            let Router { instance, to, priority } = Deserialize::deserialize(data)?;
            Some(Occurrence::Instance { name: instance, state: to, priority })
        }
        "vrrp.group" => {
            let Group { group, to } = Deserialize::deserialize(data)?;
            Some(Occurrence::Group { name: group, state: to })
        }
        "vrrp.lower_priority_heard" => {
            let Heard { instance } = Deserialize::deserialize(data)?;
            Some(Occurrence::LowerPriorityHeard { name: instance })
        }
        _ => None,
    })
}

fn line(event: &Event) -> Line {
    match event {
        Event::Ended { object, hook, ending, duration } => {
            let mut data = about(object);
            let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
            let status = match ending {
                Ending::Exited(status) => Some(*status),
                _ => None,
            };
            data.insert("hook".into(), (*hook).into());
            data.insert("status".into(), status.into());
            data.insert("duration_us".into(), micros.into());
            data.insert("reason".into(), ending.to_string().into());
            let done = matches!(ending, Ending::Exited(0));
            stamped(if done { "notify.done" } else { "notify.failed" }, data.into())
        }
        Event::Dropped { object, hooks } => {
            let mut data = about(object);
            data.insert("hooks".into(), hooks.as_slice().into());
            let reason = "hooks before them took too long and the states they tell of are past";
            data.insert("reason".into(), reason.into());
            stamped("notify.dropped", data.into())
        }
    }
}

fn about(object: &Object) -> serde_json::Map<String, Value> {
    let (key, name) = match object {
        Object::Instance(name) => ("instance", name),
        Object::Group(name) => ("group", name),
    };
    [(key.to_owned(), Value::from(name.as_str()))].into_iter().collect()
}
