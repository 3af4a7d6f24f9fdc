//! All checks of a plan in one process: scripts that routers track, checks of real servers, files.

use std::time::Duration;

use serde_json::json;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::files::Files;
use super::scripts::{Fleet, Options, statistics};
use super::servers::Servers;
use crate::drivers::control::{Control, next_line, plan_of, pong, refuse};
use crate::drivers::{Emit, stamped};
use crate::engine::check::{CheckPlan, ScriptStatus};
use crate::error::{Error, Result};
use crate::io::lines::{self, standard_input};
use crate::io::netlink::{Change, Events, Netlink};
use crate::io::stop::StopSignals;
use crate::io::{clock, runtime};
use crate::time::Instant;

/// How long commands get to end when the whole process stops; then SIGKILL.
const STOP_GRACE: Duration = Duration::from_secs(1);

/// Reads the configuration again.
pub type Reload<'a> = dyn FnMut() -> Result<CheckPlan> + 'a;

/// Who says what comes after the first plan.
pub enum Source<'a> {
    /// Nobody.
    Nobody,
    /// Lines on standard input, until it ends.
    Lines,
    /// A file, at SIGHUP.
    File(&'a mut Reload<'a>),
}

/// The plan in the first line of standard input.
///
/// # Errors
/// When there is none, or it cannot be understood.
pub fn first_plan() -> Result<CheckPlan> {
    plan_of(lines::first())
}

/// Run the checks of `plan`, and what `source` says later. SIGTERM and SIGINT stop gracefully.
/// Returns each tracked script as it was at the end.
///
/// # Errors
/// When events cannot be written, or something that a process has is missing.
pub fn run(
    plan: CheckPlan,
    source: Source<'_>,
    options: Options,
    emit: &mut Emit<'_>,
) -> Result<Vec<ScriptStatus>> {
    runtime::block_on(running(plan, source, options, emit))?
}

async fn running(
    plan: CheckPlan,
    mut source: Source<'_>,
    options: Options,
    emit: &mut Emit<'_>,
) -> Result<Vec<ScriptStatus>> {
    let no_signals = |e| Error::new("watch for", "signals", e);
    let mut stop = StopSignals::new().map_err(no_signals)?;
    let (mut control, mut hangup) = (None, None);
    match source {
        Source::Nobody => {}
        Source::Lines => {
            control = Some(standard_input().map_err(|e| Error::new("read", "stdin", e))?);
        }
        Source::File(_) => hangup = Some(signal(SignalKind::hangup()).map_err(no_signals)?),
    }
    let mut all = Checks::new(&plan, options)?;
    all.take_plan(&plan, emit)?;
    drop(plan);
    all.turn(emit)?;
    if control.is_some() {
        emit(&stamped("ready", json!({})))?;
    }
    while !all.fleet.is_done() {
        let wait = all.poll_timeout().map(|at| at.saturating_since(clock::now()));
        let wait = wait.unwrap_or(Duration::MAX);
        tokio::select! {
            line = next_line(&mut control) => match line {
                Some(line) => all.obey(&line, emit)?,
                None => break,
            },
            answer = all.servers.answered() => all.servers.hear_all(answer, emit)?,
            () = all.fleet.processes.changed() => {}
            found = all.files.changed() => all.files.hear(found, emit)?,
            change = next_change(&mut all.news) => all.house(change.as_ref(), emit)?,
            () = heard(&mut hangup) => all.reload(&mut source, emit)?,
            () = tokio::time::sleep(wait) => {}
            _ = stop.received() => break,
        }
        all.turn(emit)?;
    }
    all.end(emit).await
}

async fn heard(hangup: &mut Option<Signal>) {
    match hangup {
        Some(hangup) => {
            hangup.recv().await;
        }
        None => std::future::pending().await,
    }
}

async fn next_change(news: &mut Option<Events>) -> Option<Change> {
    match news {
        Some(news) => news.next().await,
        None => std::future::pending().await,
    }
}

/// Everything that is checked.
struct Checks {
    options: Options,
    /// What this process may do, by the plan it began with.
    capabilities: Vec<&'static str>,
    fleet: Fleet,
    servers: Servers,
    files: Files,
    /// BFD sessions that servers depend on, and that others watch.
    sessions: Vec<Box<str>>,
    /// What the kernel tells of addresses, where it matters.
    news: Option<Events>,
}

impl Checks {
    fn new(plan: &CheckPlan, options: Options) -> Result<Self> {
        Ok(Self {
            options,
            capabilities: plan.capabilities(),
            fleet: Fleet::new(options)?,
            servers: Servers::new(options)?,
            files: Files::new(),
            sessions: Vec::new(),
            news: None,
        })
    }

    fn take_plan(&mut self, plan: &CheckPlan, emit: &mut Emit<'_>) -> Result<()> {
        let now = clock::now();
        self.fleet.take_plan(now, plan);
        self.servers.take_plan(now, plan, emit)?;
        if let Err(error) = self.files.take_plan(plan) {
            tell_error(emit, &error)?;
        }
        for session in plan.sessions.iter().filter(|session| !self.sessions.contains(session)) {
            let session = &**session;
            tracing::warn!(session, "what a BFD_CHECK needs to know is told by `ha bfd run`");
        }
        self.sessions.clone_from(&plan.sessions);
        self.house(Some(&Change::Overrun), emit)
    }

    /// Which addresses this host has decides about checks that are put only where it has theirs.
    /// As long as it cannot be found out it is as it was.
    fn house(&mut self, change: Option<&Change>, emit: &mut Emit<'_>) -> Result<()> {
        if !self.servers.wants_addresses() {
            self.news = None;
            return Ok(());
        }
        if change.is_none() {
            // The kernel tells nothing more on that connection.
            self.news = None;
        }
        if let Err(error) = self.look_at_addresses() {
            tell_error(emit, &error)?;
        }
        Ok(())
    }

    fn look_at_addresses(&mut self) -> Result<()> {
        if self.news.is_none() {
            self.news = Some(Events::subscribe()?);
        }
        let table = Netlink::connect()?.dump()?;
        let all = table.links().flat_map(|link| table.addresses(link.index));
        self.servers.house(all.map(|known| known.address).collect());
        Ok(())
    }

    fn turn(&mut self, emit: &mut Emit<'_>) -> Result<()> {
        self.fleet.turn(emit)?;
        self.servers.turn(clock::now(), emit)
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.fleet.poll_timeout().into_iter().chain(self.servers.poll_timeout()).min()
    }

    fn reload(&mut self, source: &mut Source<'_>, emit: &mut Emit<'_>) -> Result<()> {
        let Source::File(reload) = source else { return Ok(()) };
        match reload() {
            Ok(plan) => self.replace(&plan, emit),
            Err(error) => refuse(emit, error),
        }
    }

    fn replace(&mut self, plan: &CheckPlan, emit: &mut Emit<'_>) -> Result<()> {
        let needed = plan.capabilities();
        let given_up: Vec<&str> =
            needed.into_iter().filter(|one| !self.capabilities.contains(one)).collect();
        if !given_up.is_empty() {
            let names = given_up.join(" and CAP_");
            refuse(emit, format!("it takes CAP_{names}, which was given up: start it anew"))?;
        }
        self.take_plan(plan, emit)
    }

    fn obey(&mut self, line: &str, emit: &mut Emit<'_>) -> Result<()> {
        match serde_json::from_str::<Control<CheckPlan>>(line) {
            Ok(Control::Plan { plan } | Control::Reload { plan }) => self.replace(&plan, emit),
            Ok(Control::Ping { id }) => pong(emit, id),
            Ok(Control::Status { id }) => self.tell_status(id, emit),
            Ok(Control::Event { .. } | Control::Command { .. } | Control::Track { .. }) => {
                refuse(emit, "checks take plans, status and ping only")
            }
            Err(error) => refuse(emit, error),
        }
    }

    fn tell_status(&self, id: u64, emit: &mut Emit<'_>) -> Result<()> {
        let now = clock::now();
        let sessions = self.sessions.iter().map(|session| {
            json!({ "name": session, "health": "unknown", "reason": "told by `ha bfd run`" })
        });
        let data = json!({
            "id": id, "scripts": self.fleet.statuses(now), "checks": self.servers.status(now),
            "files": self.files.status(), "sessions": sessions.collect::<Vec<_>>(),
        });
        emit(&stamped("check.status", data))
    }

    /// End every command: SIGTERM, and SIGKILL for what is still there after the grace.
    async fn end(mut self, emit: &mut Emit<'_>) -> Result<Vec<ScriptStatus>> {
        let statuses = self.fleet.statuses(clock::now());
        let limit = clock::now() + STOP_GRACE;
        self.fleet.stop(clock::now(), emit)?;
        self.servers.executions().terminate_all();
        loop {
            self.servers.executions().turn(clock::now());
            self.fleet.turn(emit)?;
            if self.fleet.is_over() && self.servers.executions().is_over() {
                break;
            }
            let wait = limit.saturating_since(clock::now());
            if wait.is_zero() {
                self.fleet.processes.kill_all();
                self.servers.executions().kill_all();
                break;
            }
            tokio::select! {
                () = self.fleet.processes.changed() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
        if self.options.statistics {
            for status in &statuses {
                emit(&statistics(status))?;
            }
        }
        Ok(statuses)
    }
}

fn tell_error(emit: &mut Emit<'_>, error: &Error) -> Result<()> {
    emit(&stamped("error", json!({ "message": error.to_string() })))
}
