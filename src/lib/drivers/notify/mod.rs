//! Telling hooks: the processes of the [`Notifier`] machine.

mod pipes;
mod readers;

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::mpsc::Receiver;

use pipes::{Pipes, Turnover};
use readers::Readers;

use super::control::{Control, plan_of, pong, refuse};
use super::{Emit, stamped};
use crate::engine::check::Ending;
use crate::engine::notify::{
    Action, Event, Fifos, Notifier, NotifyPlan, Object, Occurrence, RunId,
};
use crate::engine::vrrp::State;
use crate::error::{Error, Result};
use crate::io::lines::{self, standard_input};
use crate::io::process::{Output, Processes};
use crate::io::stop::{Stop, StopSignals};
use crate::io::{clock, runtime};
use crate::output::event::Line;
use crate::time::Instant;

/// How long hooks may go on after the last event, as keepalived lets `notify_stop`.
const STOP_GRACE: Duration = Duration::from_secs(1);

/// The plan in the first line of stdin.
///
/// # Errors
/// When there is none.
pub fn plan() -> Result<NotifyPlan> {
    plan_of(lines::first())
}

/// Tell hooks about the events on stdin until it ends: control lines or event lines as they are.
/// Then hooks still running get one second.
///
/// Ctrl-C is left to whoever writes the events: its last ones are still told.
///
/// # Errors
/// When events cannot be written.
pub fn follow(plan: NotifyPlan, emit: &mut Emit<'_>) -> Result<()> {
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

async fn following(plan: NotifyPlan, emit: &mut Emit<'_>) -> Result<()> {
    let mut stop = StopSignals::new().map_err(|e| Error::new("watch for", "signals", e))?;
    let mut lines: Receiver<String> =
        standard_input().map_err(|e| Error::new("read", "stdin", e))?;
    let fifos = plan.fifos.clone();
    let mut teller = Teller::new(plan)?;
    teller.open(&fifos, emit)?;
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
    pipes: Pipes,
    readers: Readers,
    endings: Vec<Ending>,
}

impl Teller {
    fn new(plan: NotifyPlan) -> Result<Self> {
        let failed = |e| Error::new("watch for", "SIGCHLD", e);
        Ok(Self {
            machine: Notifier::new(plan),
            processes: Processes::new().map_err(failed)?,
            pipes: Pipes::default(),
            readers: Readers::new().map_err(failed)?,
            endings: Vec::new(),
        })
    }

    /// Have these pipes and no other. One that cannot be opened is told, and no reason to stop.
    fn open(&mut self, fifos: &Fifos, emit: &mut Emit<'_>) -> Result<()> {
        let Turnover { readers, gone, errors } = self.pipes.take(fifos);
        for place in gone {
            self.readers.end(clock::now(), place);
        }
        for (place, command) in readers {
            self.readers.start(place, &command);
        }
        errors.iter().try_for_each(|error| refuse(emit, error))
    }

    /// Wait until a hook may have ended or a deadline has come.
    async fn event(&mut self) {
        let next = [self.machine.poll_timeout(), self.readers.poll_timeout()];
        let wait = next.into_iter().flatten().min().map(|at| at.saturating_since(clock::now()));
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
        self.readers.turn(now);
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
            Action::Write(side, line) => self.pipes.write(side, &line),
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
                self.open(&plan.fifos, emit)?;
                self.machine.handle_plan(now, plan);
            }
            Ok(Control::Ping { id }) => pong(emit, id)?,
            Ok(Control::Status { id }) => {
                let dropped = self.pipes.dropped();
                let hooks = self.machine.status();
                let data = json!({ "id": id, "hooks": hooks, "dropped_lines": dropped });
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
        self.readers.end_all();
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
    #[derive(Deserialize)]
    struct Weighed {
        instance: String,
        to: u8,
    }
    #[derive(Deserialize)]
    struct Turned {
        service: String,
        #[serde(default)]
        server: String,
        up: bool,
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
        "vrrp.priority" => {
            let Weighed { instance, to } = Deserialize::deserialize(data)?;
            Some(Occurrence::Priority { name: instance, priority: to })
        }
        "ipvs.quorum" => {
            let Turned { service, up, .. } = Deserialize::deserialize(data)?;
            Some(Occurrence::Pool { name: service, up })
        }
        "ipvs.server" => {
            let Turned { service, server, up } = Deserialize::deserialize(data)?;
            Some(Occurrence::Server { pool: service, name: server, up })
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
    let names = match object {
        Object::Instance(name) => vec![("instance", name)],
        Object::Group(name) => vec![("group", name)],
        Object::Pool(name) => vec![("service", name)],
        Object::Server { pool, server } => vec![("service", pool), ("server", server)],
    };
    let field = |(key, name): (&str, &String)| (key.to_owned(), Value::from(name.as_str()));
    names.into_iter().map(field).collect()
}
