//! The supervisor as a machine: which process is started, told, killed or stopped when, who is
//! answered what. Lines, exits, requests and time come in; actions go out. It starts nothing
//! itself and reads no clock, so that every order of events can be tested.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::{Value, json};

use super::bus::{Bus, Route};
use super::member::{self, Member, Phase};
use super::plan::{Change, Composition, Part, difference};
use super::request::{Request, Response};
use super::restart::Ended;
use super::survey::{Survey, Surveys};
use crate::engine::pool::Resume;
use crate::engine::vrrp::Command;
use crate::exit::Exit;
use crate::output::event::{Line, rfc3339};
use crate::output::status::{self, Document};
use crate::time::Instant;

/// A moment on both clocks: the monotonic one for deadlines, the wall for people.
#[derive(Clone, Copy, Debug, Default)]
pub struct Now {
    /// `CLOCK_MONOTONIC`.
    pub at: Instant,
    /// Nanoseconds since 1970.
    pub unix_nanos: u64,
}

impl Now {
    /// The wall clock's time at `past`, a moment on the monotonic clock.
    #[must_use]
    pub fn wall_at(self, past: Instant) -> String {
        let ago = u64::try_from(self.at.saturating_since(past).as_nanos()).unwrap_or(u64::MAX);
        rfc3339(self.unix_nanos.saturating_sub(ago))
    }
}

/// When the distance of the two clocks changes by more than this many nanoseconds, the wall
/// clock was set.
const CLOCK_SET: u64 = 10_000_000;

/// Names a client until it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Client(pub u64);

/// What the service manager is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// Everything works.
    Ready,
    /// A reload begins.
    Reloading,
    /// A stop begins.
    Stopping,
}

/// What the driver must do, in this order.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Start a process; `lines` come first on its stdin. `keep`: lines that waited for its
    /// predecessor follow them.
    Start {
        /// Its job.
        part: Part,
        /// Arguments after the program's name.
        arguments: Vec<String>,
        /// Its first lines.
        lines: Vec<String>,
        /// Whether waiting lines stay.
        keep: bool,
    },
    /// Write a line to a process.
    Send {
        /// To whom.
        part: Part,
        /// As in [`super::outbox::Outbox::push`].
        about: Option<String>,
        /// The line.
        text: String,
    },
    /// So many lines may wait for a process.
    Limit(Part, usize),
    /// Close a process's stdin when its waiting lines are written.
    CloseInput(Part),
    /// SIGKILL a process.
    Kill(Part),
    /// Show an event.
    Publish(Line),
    /// Answer a client.
    Reply(Client, Response),
    /// Read the configuration and call [`Core::handle_configuration`].
    Read(Option<Client>),
    /// Tell the service manager.
    Service(Service),
    /// Everything ended: end with this exit code.
    Finish(u8),
}

/// Why a new configuration is not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// In one line each; what was printed with them is the driver's business.
    pub problems: Vec<String>,
}

/// What never changes in a run.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Process id of the supervisor.
    pub pid: u32,
    /// The configuration file.
    pub configuration: String,
    /// Whether a process that ended unasked is started again; else everything stops.
    pub respawn: bool,
}

/// The machine.
#[derive(Debug)]
pub struct Core {
    identity: Identity,
    started: Instant,
    composition: Composition,
    members: BTreeMap<Part, Member>,
    bus: Bus,
    surveys: Surveys,
    /// Instances in maintenance, so that a new VRRP process does not take them back into service.
    maintained: BTreeSet<String>,
    /// The wall clock at the zero of the monotonic one, in nanoseconds since 1970.
    epoch: u64,
    /// Lines that did not reach a process.
    dropped: BTreeMap<Part, u64>,
    reload: Option<status::Reload>,
    /// The service manager knows that everything works.
    announced: bool,
    /// Exit code, once a stop is under way.
    stopping: Option<u8>,
    finished: bool,
    actions: VecDeque<Action>,
}

impl Core {
    /// The machine for `composition`; its first actions start the processes.
    #[must_use]
    pub fn new(now: Now, identity: Identity, composition: Composition) -> Self {
        let mut core = Self {
            identity,
            started: now.at,
            composition: Composition::default(),
            members: BTreeMap::new(),
            bus: Bus::default(),
            surveys: Surveys::default(),
            maintained: BTreeSet::new(),
            epoch: 0,
            dropped: BTreeMap::new(),
            reload: None,
            announced: false,
            stopping: None,
            finished: false,
            actions: VecDeque::new(),
        };
        core.adopt(now, composition);
        core.settle(now);
        core
    }

    /// A process was started.
    pub fn handle_started(&mut self, now: Now, part: Part, pid: u32) {
        if let Some(member) = self.members.get_mut(&part) {
            member.handle_started(now.at, pid);
        }
        self.settle(now);
    }

    /// A process could not be started.
    pub fn handle_not_started(&mut self, now: Now, part: Part, why: String) {
        if let Some(member) = self.members.get_mut(&part) {
            member.handle_ended(now.at, Ended::NotStarted, Some(why));
        }
        self.settle(now);
    }

    /// A process ended; all its lines were handed in before.
    pub fn handle_exited(&mut self, now: Now, part: Part, pid: u32, ended: Ended) {
        if let Some(member) = self.members.get_mut(&part).filter(|m| m.pid() == Some(pid)) {
            let last = !self.identity.respawn && member.listens();
            if last {
                member.handle_stop(now.at);
            }
            member.handle_ended(now.at, ended, None);
            if last {
                self.stop(Exit::System.code());
            }
            let done = self.surveys.handle_gone(part);
            self.answer(now, done);
        }
        self.settle(now);
    }

    /// A process wrote a line.
    pub fn handle_line(&mut self, now: Now, part: Part, line: Line) {
        for route in self.bus.handle_line(part, line) {
            self.follow(now, part, route);
        }
        self.settle(now);
    }

    /// So many lines to a process were dropped until now because it does not read.
    pub fn handle_dropped(&mut self, part: Part, lines: u64) {
        self.dropped.insert(part, lines);
    }

    /// A client asks for something. [`Request::Events`] is the driver's.
    pub fn handle_request(&mut self, now: Now, client: Client, request: Request) {
        match request {
            Request::Status => self.survey(now, client),
            Request::Command { instance, command } => self.command(client, instance, &command),
            Request::Reload if self.stopping.is_some() => {
                self.refuse(client, Exit::System, "the supervisor is stopping".into());
            }
            Request::Reload => self.actions.push_back(Action::Read(Some(client))),
            Request::Stop => {
                let changes = vec!["stopping".to_owned()];
                self.actions.push_back(Action::Reply(client, Response::Done { changes }));
                self.handle_stop(now);
            }
            Request::Events => {}
        }
        self.settle(now);
    }

    /// SIGHUP: read the configuration again.
    pub fn handle_reload(&mut self, _now: Now) {
        if self.stopping.is_none() {
            self.actions.push_back(Action::Read(None));
        }
    }

    /// The configuration was read again, for `client` if one asked.
    pub fn handle_configuration(
        &mut self,
        now: Now,
        client: Option<Client>,
        outcome: Result<Composition, Refusal>,
    ) {
        if self.stopping.is_some() {
            return;
        }
        let (result, changes) = match outcome {
            Ok(composition) => {
                self.actions.push_back(Action::Service(Service::Reloading));
                self.announced = false;
                ("applied", self.adopt(now, composition))
            }
            Err(refusal) => ("refused", refusal.problems),
        };
        if let Some(client) = client {
            let response = if result == "applied" {
                Response::Done { changes: changes.clone() }
            } else {
                let message = format!(
                    "the new configuration is refused and the old one stays in force: {}",
                    changes.join("; ")
                );
                Response::Refused { exit: Exit::Invalid.code(), message }
            };
            self.actions.push_back(Action::Reply(client, response));
        }
        let data = json!({"result": result, "changes": changes});
        let time = rfc3339(now.unix_nanos);
        self.reload = Some(status::Reload { time, result: result.into(), changes });
        self.tell(now, "supervisor.reload", data);
        self.settle(now);
    }

    /// SIGTERM or SIGINT: stop gracefully.
    pub fn handle_stop(&mut self, now: Now) {
        self.stop(Exit::Success.code());
        self.settle(now);
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: Now) {
        for member in self.members.values_mut() {
            member.handle_timeout(now.at);
        }
        let done = self.surveys.handle_timeout(now.at);
        self.answer(now, done);
        self.settle(now);
    }

    /// When to call [`Core::handle_timeout`] next.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let members = self.members.values().filter_map(Member::poll_timeout);
        members.chain(self.surveys.poll_timeout()).min()
    }

    /// The next thing to do, in order, until none.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// Make the running processes those of `composition`; what that changes, in words.
    fn adopt(&mut self, now: Now, composition: Composition) -> Vec<String> {
        let changes = difference(&self.composition, &composition);
        self.bus.handle_configuration(&composition);
        for missing in &composition.missing {
            if !self.composition.missing.contains(missing) {
                let data = json!({"child": missing.part, "pid": null, "state": "unavailable",
                    "reason": missing.reason});
                self.tell(now, "supervisor.child", data);
            }
        }
        for child in &composition.children {
            self.actions.push_back(Action::Limit(child.part, child.waiting_lines));
            let Some(member) = self.members.get_mut(&child.part) else {
                self.members.insert(child.part, Member::new(now.at, child.clone()));
                continue;
            };
            if member.handle_plan(now.at, child.clone()) {
                let text = json!({"control": "reload", "plan": child.plan}).to_string();
                self.actions.push_back(Action::Send { part: child.part, about: None, text });
                if child.part == Part::Ipvs {
                    self.tell_leader();
                }
            }
        }
        for change in &changes {
            let Change::Stop(part) = change else { continue };
            if let Some(member) = self.members.get_mut(part) {
                member.handle_stop(now.at);
            }
            if *part == Part::Ipvs {
                self.bus.memory.handle_table_ended();
            }
        }
        self.maintained.retain(|name| composition.instances.iter().any(|i| i.name == *name));
        self.composition = composition;
        changes.iter().map(Change::to_string).collect()
    }

    /// Carry out what a line of `from` asks for.
    fn follow(&mut self, now: Now, from: Part, route: Route) {
        match route {
            Route::Ready => {
                if let Some(member) = self.members.get_mut(&from) {
                    member.handle_ready(now.at);
                }
                if from == Part::Ipvs {
                    self.bus.memory.handle_table();
                }
            }
            Route::Pong(id) => {
                if let Some(member) = self.members.get_mut(&from) {
                    member.handle_pong(now.at, id);
                }
            }
            Route::Status(id, data) => {
                let done = self.surveys.handle_answer(from, id, data);
                self.answer(now, done);
            }
            Route::Refused(message) => {
                if let Some(member) = self.members.get_mut(&from) {
                    member.handle_complaint(&message);
                }
                self.tell(now, "supervisor.refused", json!({"child": from, "message": message}));
            }
            Route::Send { part, about, text } => self.send(part, about, text),
            Route::Publish(line) => self.actions.push_back(Action::Publish(line)),
        }
    }

    /// Queue a state for a process. `notify` gets what happened while it was away; the others
    /// are told the state when they start.
    fn send(&mut self, part: Part, about: String, text: String) {
        let wanted = self
            .members
            .get(&part)
            .is_some_and(|member| member.listens() || (part == Part::Notify && !member.is_over()));
        if wanted {
            self.actions.push_back(Action::Send { part, about: Some(about), text });
        }
    }

    /// Tell whoever keeps the table what the virtual router entered that its sync daemon follows.
    fn tell_leader(&mut self) {
        if let Some(text) = self.bus.leader_line() {
            let part = Part::Ipvs;
            self.actions.push_back(Action::Send { part, about: None, text });
        }
    }

    /// An event of the supervisor itself.
    fn tell(&mut self, now: Now, kind: &str, data: Value) {
        let node = self.composition.node.as_deref();
        let line = Line::new(kind, rfc3339(now.unix_nanos), node, data);
        if let Route::Send { part, about, text } = Bus::to_notify(&line) {
            self.send(part, about, text);
        }
        self.actions.push_back(Action::Publish(line));
    }

    fn command(&mut self, client: Client, instance: Option<String>, command: &Command) {
        if let Some(name) = &instance
            && !self.composition.instances.iter().any(|known| known.name == *name)
        {
            let known: Vec<&str> =
                self.composition.instances.iter().map(|known| known.name.as_str()).collect();
            let message = format!("there is no instance {name}; there is: {}", known.join(", "));
            return self.refuse(client, Exit::Invalid, message);
        }
        if !self.members.get(&Part::Vrrp).is_some_and(Member::listens) {
            let message = "the VRRP process does not run; ha status tells why".into();
            return self.refuse(client, Exit::System, message);
        }
        if let Command::Maintenance(on) = command {
            self.remember_maintenance(instance.as_deref(), *on);
        }
        let text = order(instance.as_deref(), command);
        self.actions.push_back(Action::Send { part: Part::Vrrp, about: None, text });
        let changes = vec!["sent to the VRRP process".to_owned()];
        self.actions.push_back(Action::Reply(client, Response::Done { changes }));
    }

    fn remember_maintenance(&mut self, instance: Option<&str>, on: bool) {
        let names = self.composition.instances.iter().map(|known| &known.name);
        for name in names.filter(|name| instance.is_none_or(|wanted| wanted == *name)) {
            if on {
                self.maintained.insert(name.clone());
            } else {
                self.maintained.remove(name);
            }
        }
    }

    fn refuse(&mut self, client: Client, exit: Exit, message: String) {
        let response = Response::Refused { exit: exit.code(), message };
        self.actions.push_back(Action::Reply(client, response));
    }

    fn survey(&mut self, now: Now, client: Client) {
        let asked: Vec<Part> = self
            .members
            .iter()
            .filter(|(_, member)| member.phase() == Phase::Ready)
            .map(|(part, _)| *part)
            .collect();
        let (id, done) = self.surveys.handle_request(now.at, client, &asked);
        for part in asked {
            let text = json!({"control": "status", "id": id}).to_string();
            self.actions.push_back(Action::Send { part, about: None, text });
        }
        self.answer(now, done);
    }

    /// The two clocks are read one after the other, so their distance trembles; past moments
    /// are shown with the distance that held first, until the wall clock was really set.
    fn steady(&mut self, now: Now) -> Now {
        let measured = now.unix_nanos.saturating_sub(now.at.as_nanos());
        if measured.abs_diff(self.epoch) > CLOCK_SET {
            self.epoch = measured;
        }
        Now { unix_nanos: self.epoch.saturating_add(now.at.as_nanos()), ..now }
    }

    fn answer(&mut self, now: Now, surveys: Vec<Survey>) {
        let now = self.steady(now);
        for survey in surveys {
            let status = Box::new(self.document(now, &survey));
            self.actions.push_back(Action::Reply(survey.client, Response::Status { status }));
        }
    }

    fn document(&self, now: Now, survey: &Survey) -> Document {
        let age = now.at.saturating_since(self.started);
        let state = match (self.stopping, self.announced) {
            (Some(_), _) => "stopping",
            (None, true) => "running",
            (None, false) => "starting",
        };
        Document {
            v: status::VERSION,
            node: self.composition.node.clone(),
            pid: self.identity.pid,
            version: env!("CARGO_PKG_VERSION").into(),
            state: state.into(),
            since: now.wall_at(self.started),
            age_us: u64::try_from(age.as_micros()).unwrap_or(u64::MAX),
            configuration: self.identity.configuration.clone(),
            reload: self.reload.clone(),
            instances: survey.instances(now, &self.composition.instances),
            scripts: super::survey::scripts(&self.composition.scripts, self.bus.verdicts()),
            pools: survey.pools(),
            parts: self.parts(now, survey),
        }
    }

    fn parts(&self, now: Now, survey: &Survey) -> Vec<status::Part> {
        let running = self.members.iter().map(|(part, member)| status::Part {
            name: part.name().into(),
            state: member.phase().name().into(),
            pid: member.pid(),
            since: now.wall_at(member.since()),
            restarts: member.restarts(),
            reason: member.reason().map(str::to_owned),
            answered: survey.answers.contains_key(part),
            dropped_lines: self.dropped.get(part).copied().unwrap_or_default(),
            detail: survey.detail(*part),
        });
        let missing = self.composition.missing.iter().map(|missing| status::Part {
            name: missing.part.into(),
            state: "unavailable".into(),
            pid: None,
            since: now.wall_at(self.started),
            restarts: 0,
            reason: Some(missing.reason.clone()),
            answered: false,
            dropped_lines: 0,
            detail: serde_json::Map::new(),
        });
        running.chain(missing).collect()
    }

    fn stop(&mut self, code: u8) {
        if self.stopping.is_none() {
            self.stopping = Some(code);
            self.actions.push_back(Action::Service(Service::Stopping));
        }
    }

    /// After each input: carry out what the members want, forget those that are not wanted,
    /// announce readiness, take a stop one step further.
    fn settle(&mut self, now: Now) {
        self.carry_out(now);
        let composition = &self.composition;
        self.members.retain(|part, member| {
            member.phase() != Phase::Over || composition.child(*part).is_some()
        });
        match self.stopping {
            Some(code) => self.proceed_with_stop(now, code),
            None => self.announce(),
        }
    }

    fn carry_out(&mut self, now: Now) {
        for part in Part::ALL {
            while let Some(action) = self.members.get_mut(&part).and_then(Member::poll_action) {
                self.act(now, part, action);
            }
        }
    }

    fn act(&mut self, now: Now, part: Part, action: member::Action) {
        match action {
            member::Action::Start => self.start(part),
            member::Action::Ping(id) => {
                let text = json!({"control": "ping", "id": id}).to_string();
                self.actions.push_back(Action::Send { part, about: None, text });
            }
            member::Action::CloseInput => self.actions.push_back(Action::CloseInput(part)),
            member::Action::Kill => self.actions.push_back(Action::Kill(part)),
            member::Action::Report { state, pid, reason } => {
                let reason = (!reason.is_empty()).then_some(reason);
                let data = json!({"child": part, "pid": pid, "state": state, "reason": reason});
                self.tell(now, "supervisor.child", data);
            }
            // Without the virtual routers there is nothing left to supervise, nor without a table
            // where there are none.
            member::Action::GivenUp(code) if self.is_essential(part) => {
                self.stop(u8::try_from(code).unwrap_or(Exit::System.code()));
            }
            member::Action::GivenUp(_) => {}
        }
    }

    fn is_essential(&self, part: Part) -> bool {
        part == Part::Vrrp || (part == Part::Ipvs && !self.members.contains_key(&Part::Vrrp))
    }

    fn start(&mut self, part: Part) {
        let Some(child) = self.members.get(&part).map(Member::child) else { return };
        let mut plan = child.plan.clone();
        if let (Some(resume), Value::Object(plan)) = (self.resume(part), &mut plan) {
            plan.insert("resume".to_owned(), resume);
        }
        let mut lines = vec![json!({"control": "plan", "plan": plan}).to_string()];
        if part == Part::Vrrp {
            lines.extend(self.bus.verdict_lines());
            let on = Command::Maintenance(true);
            lines.extend(self.maintained.iter().map(|name| order(Some(name), &on)));
        }
        if part == Part::Ipvs {
            lines.extend(self.bus.leader_line());
        }
        let arguments = child.arguments.clone();
        self.actions.push_back(Action::Start {
            part,
            arguments,
            lines,
            keep: part == Part::Notify,
        });
    }

    /// What a successor has to know to go on where its predecessor stood; none when there was none.
    fn resume(&self, part: Part) -> Option<Value> {
        match part {
            Part::Ipvs => {
                let known = self.bus.memory.table();
                let is_first = known == Resume::default();
                serde_json::to_value(known).ok().filter(|_| !is_first)
            }
            Part::Probe | Part::Check => {
                let known = self.bus.memory.checks(part);
                let is_first = known.is_empty();
                serde_json::to_value(known).ok().filter(|_| !is_first)
            }
            Part::Notify | Part::Vrrp => None,
        }
    }

    fn announce(&mut self) {
        let settled = |member: &Member| member.phase() == Phase::Ready || member.is_over();
        if !self.announced && self.members.values().all(settled) {
            self.announced = true;
            self.actions.push_back(Action::Service(Service::Ready));
        }
    }

    /// The virtual routers end first, while the table, checks and hooks still work; the hooks last,
    /// so that they are told of the end.
    fn proceed_with_stop(&mut self, now: Now, code: u8) {
        for part in [Part::Vrrp, Part::Ipvs, Part::Probe, Part::Check, Part::Notify] {
            let Some(member) = self.members.get_mut(&part).filter(|member| !member.is_over())
            else {
                continue;
            };
            member.handle_stop(now.at);
            self.carry_out(now);
            if self.members.get(&part).is_some_and(|member| !member.is_over()) {
                return;
            }
        }
        if !self.finished {
            self.finished = true;
            self.actions.push_back(Action::Finish(code));
        }
    }
}

/// The line that gives an order of the operator to the VRRP process.
fn order(instance: Option<&str>, command: &Command) -> String {
    json!({"control": "command", "instance": instance, "command": command}).to_string()
}

#[cfg(test)]
mod tests;
