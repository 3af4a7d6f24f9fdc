//! From what happened to the hooks that must hear of it, in order and bounded.
//!
//! As keepalived orders it: the hook of the state, then `notify` with four more words. Each
//! instance and group has a lane of its own, so a hook that hangs holds up nobody else. Knows
//! nothing of processes: it asks for a start, a termination or a kill.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::config::{Hooks, NotifyPlan, UpDown};
use super::fifo::{self, Side};
use super::lane::{Job, Lane, LaneHooks, Press};
use crate::engine::check::{CommandLine, Ending};
use crate::engine::vrrp::State;
use crate::time::Instant;

/// How long after a reload an instance that is no longer in the plan may report its end.
const DEPARTURE: Duration = Duration::from_secs(60);

/// Something that hooks are for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Occurrence {
    /// An instance entered a state.
    Instance {
        /// Its name.
        name: String,
        /// The state.
        state: State,
        /// Its effective priority.
        priority: u8,
    },
    /// A sync group entered a state.
    Group {
        /// Its name.
        name: String,
        /// The state.
        state: State,
    },
    /// An instance that is master heard an advert of lower priority.
    LowerPriorityHeard {
        /// Its name.
        name: String,
    },
    /// The effective priority of an instance changed.
    Priority {
        /// Its name.
        name: String,
        /// The new one.
        priority: u8,
    },
    /// A virtual server gained or lost its quorum.
    Pool {
        /// Its name.
        name: String,
        /// Which of both.
        up: bool,
    },
    /// A real server went up or down.
    Server {
        /// Its virtual server.
        pool: String,
        /// Its name.
        name: String,
        /// Which of both.
        up: bool,
    },
}

impl Occurrence {
    /// What it happened to.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Instance { name, .. }
            | Self::Group { name, .. }
            | Self::LowerPriorityHeard { name }
            | Self::Priority { name, .. }
            | Self::Pool { name, .. }
            | Self::Server { name, .. } => name,
        }
    }
}

/// Whose hook it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Object {
    /// A `vrrp_instance`.
    Instance(String),
    /// A `vrrp_sync_group`.
    Group(String),
    /// A `virtual_server`.
    Pool(String),
    /// A `real_server`.
    Server {
        /// Its virtual server.
        pool: String,
        /// Its name.
        server: String,
    },
}

/// Names one run of a hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RunId(pub u64);

/// Something the driver must do, in the order given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Start the command in a process group of its own, then tell
    /// [`Notifier::handle_ending`] how it ended (or that it would not start).
    Start(RunId, CommandLine),
    /// SIGTERM to the process group of the run.
    Terminate(RunId),
    /// SIGKILL to the process group of the run.
    Kill(RunId),
    /// Tell whoever listens.
    Event(Event),
    /// Write a line to the pipes of this side.
    Write(Side, String),
}

/// What became of a hook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// It has ended.
    Ended {
        /// Whose it is.
        object: Object,
        /// The configuration's keyword.
        hook: &'static str,
        /// How it ended.
        ending: Ending,
        /// From its start.
        duration: Duration,
    },
    /// Hooks were dropped before they ran: too many waited, and their states are past.
    Dropped {
        /// Whose they are.
        object: Object,
        /// The configuration's keywords.
        hooks: Vec<&'static str>,
    },
}

/// A snapshot for status answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotifierStatus {
    /// Hooks running now.
    pub running: u64,
    /// Hooks waiting for one before them.
    pub waiting: u64,
    /// Hooks that ended with status 0.
    pub done: u64,
    /// Hooks that ended otherwise, or did not start.
    pub failed: u64,
    /// Hooks dropped unrun.
    pub dropped: u64,
}

/// The machine of all hooks.
#[derive(Debug)]
pub struct Notifier {
    plan: NotifyPlan,
    lanes: BTreeMap<Object, Lane>,
    group_states: BTreeMap<String, State>,
    /// What was written last of instances and groups.
    written: BTreeMap<Object, (&'static str, u8)>,
    next_run: u64,
    stopping: bool,
    done: u64,
    failed: u64,
    dropped: u64,
    actions: VecDeque<Action>,
}

impl Notifier {
    /// Hooks of `plan`; nothing has happened yet.
    #[must_use]
    pub fn new(plan: NotifyPlan) -> Self {
        let mut notifier = Self {
            plan: NotifyPlan::default(),
            lanes: BTreeMap::new(),
            group_states: BTreeMap::new(),
            written: BTreeMap::new(),
            next_run: 0,
            stopping: false,
            done: 0,
            failed: 0,
            dropped: 0,
            actions: VecDeque::new(),
        };
        notifier.handle_plan(Instant::ZERO, plan);
        notifier
    }

    /// Another plan: what runs and waits goes on. An instance or group that is gone from it may
    /// still report its end to its old hooks.
    pub fn handle_plan(&mut self, now: Instant, plan: NotifyPlan) {
        let mut wanted: BTreeMap<Object, LaneHooks> = hooks(&plan).collect();
        for (object, lane) in &mut self.lanes {
            let of_router = matches!(object, Object::Instance(_) | Object::Group(_));
            match wanted.remove(object) {
                Some(hooks) => {
                    lane.hooks = hooks;
                    lane.departing = None;
                }
                None if of_router && !plan.others.is_empty() => {
                    lane.hooks = LaneHooks::State(plan.others.clone());
                }
                None => lane.departing = lane.departing.or(Some(now + DEPARTURE)),
            }
        }
        for (object, hooks) in wanted {
            self.lanes.insert(object, Lane { hooks, ..Lane::default() });
        }
        let is_there = |object: &Object| match object {
            Object::Instance(name) => plan.instances.contains_key(name),
            Object::Group(name) => plan.groups.contains_key(name),
            _ => false,
        };
        self.written.retain(|object, _| is_there(object));
        let before = std::mem::replace(&mut self.plan, plan);
        if self.plan.fifos.states_on_reload && !before.fifos.is_empty() {
            let lines = self.written.iter();
            let lines =
                lines.filter_map(|(object, (word, priority))| fifo::state(object, word, *priority));
            self.actions.extend(lines.map(|line| Action::Write(Side::Vrrp, line)));
        }
    }

    /// Something happened.
    pub fn handle_occurrence(&mut self, now: Instant, occurrence: Occurrence) {
        match occurrence {
            Occurrence::Instance { name, state, priority } => {
                let group = self.plan.member_of.get(&name);
                let group_state = group.and_then(|group| self.group_states.get(group)).copied();
                let object = Object::Instance(name);
                let already = group_state == Some(state);
                if already && self.lanes.get(&object).is_some_and(|lane| lane.notified) {
                    return;
                }
                self.transition(now, object, state, priority);
            }
            Occurrence::Group { name, state } => {
                self.group_states.insert(name.clone(), state);
                self.transition(now, Object::Group(name), state, 0);
            }
            Occurrence::LowerPriorityHeard { name } => self.lower_priority(now, name),
            Occurrence::Priority { name, priority } => self.priority(name, priority),
            Occurrence::Pool { name, up } => self.turn(now, Object::Pool(name), up),
            Occurrence::Server { pool, name, up } => {
                self.turn(now, Object::Server { pool, server: name }, up);
            }
        }
    }

    /// A run has ended, or did not start.
    pub fn handle_ending(&mut self, now: Instant, run: RunId, ending: Ending) {
        let found = self
            .lanes
            .iter_mut()
            .find(|(_, lane)| lane.running.as_ref().is_some_and(|running| running.run == run));
        let Some((object, lane)) = found else { return };
        let object = object.clone();
        if let Some((hook, ending, duration)) = lane.end(now, ending) {
            match ending {
                Ending::Exited(0) => self.done += 1,
                _ => self.failed += 1,
            }
            let event = Event::Ended { object: object.clone(), hook, ending, duration };
            self.actions.push_back(Action::Event(event));
        }
        self.start_next(now, &object);
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: Instant) {
        let stopping = self.stopping;
        let pressed: Vec<Press> =
            self.lanes.values_mut().filter_map(|lane| lane.press(now, stopping)).collect();
        self.carry_out(now, &pressed);
        self.lanes.retain(|_, lane| {
            !(lane.is_idle() && lane.departing.is_some_and(|until| until <= now))
        });
    }

    /// No more will happen. What waits for a state that is past is dropped; a hook that is in
    /// the way of the last ones is told to end.
    pub fn handle_stop(&mut self, now: Instant) {
        self.stopping = true;
        let mut dropped = Vec::new();
        let mut pressed = Vec::new();
        for (object, lane) in &mut self.lanes {
            dropped.push((object.clone(), lane.drop_superseded()));
            pressed.extend(lane.hurry(now));
        }
        for (object, hooks) in dropped {
            self.tell_dropped(object, hooks);
        }
        self.carry_out(now, &pressed);
    }

    /// When to call [`Notifier::handle_timeout`] next.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.lanes.values().filter_map(Lane::deadline).min()
    }

    /// The next thing to do, in order, until `None`.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// Nothing runs and nothing waits.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.actions.is_empty() && self.lanes.values().all(Lane::is_idle)
    }

    /// A snapshot.
    #[must_use]
    pub fn status(&self) -> NotifierStatus {
        let running = self.lanes.values().filter(|lane| lane.running.is_some()).count();
        let waiting: usize = self.lanes.values().map(|lane| lane.waiting.len()).sum();
        NotifierStatus {
            running: running as u64,
            waiting: waiting as u64,
            done: self.done,
            failed: self.failed,
            dropped: self.dropped,
        }
    }

    /// The lane of `object`, made when hooks for everybody exist.
    fn lane(&mut self, object: &Object) -> Option<&mut Lane> {
        if !self.lanes.contains_key(object) && !self.plan.others.is_empty() {
            let hooks = LaneHooks::State(self.plan.others.clone());
            let lane = Lane { hooks, ..Lane::default() };
            self.lanes.insert(object.clone(), lane);
        }
        self.lanes.get_mut(object)
    }

    fn transition(&mut self, now: Instant, object: Object, state: State, priority: u8) {
        let Some(lane) = self.lane(&object) else { return };
        if lane.departing.is_some() && state != State::Stopped {
            // It lives on, only without hooks.
            lane.hooks = LaneHooks::default();
            return;
        }
        let LaneHooks::State(hooks) = &lane.hooks else { return };
        let Some((hook, word, specific)) = told(hooks, state, lane.departing.is_some()) else {
            return;
        };
        let generic = hooks.any.clone().map(|command| with_words(command, &object, word, priority));
        lane.notified = true;
        lane.transition += 1;
        let transition = lane.transition;
        let specific = specific.map(|command| Job { hook, command, transition });
        let generic = generic.map(|command| Job { hook: "notify", command, transition });
        for job in specific.into_iter().chain(generic) {
            self.push(&object, job);
        }
        self.write(Side::Vrrp, fifo::state(&object, word, priority));
        self.start_next(now, &object);
        self.written.insert(object, (word, priority));
    }

    /// One of these waits at most: it says nothing new before the one before it has run.
    fn lower_priority(&mut self, now: Instant, name: String) {
        const HOOK: &str = "notify_master_rx_lower_pri";
        let object = Object::Instance(name);
        let priority = self.written.get(&object).map_or(0, |(_, priority)| *priority);
        let Some(lane) = self.lane(&object) else { return };
        let LaneHooks::State(hooks) = &lane.hooks else { return };
        let command = hooks.lower_priority_heard.clone();
        let waits = lane.waiting.iter().any(|job| job.hook == HOOK);
        let transition = lane.transition;
        self.write(Side::Vrrp, fifo::state(&object, "MASTER_RX_LOWER_PRI", priority));
        let Some(command) = command.filter(|_| !waits) else { return };
        self.push(&object, Job { hook: HOOK, command, transition });
        self.start_next(now, &object);
    }

    /// Only pipes tell of it, and only where that is wanted.
    fn priority(&mut self, name: String, priority: u8) {
        let wanted = self.plan.fifos.priorities.contains(&name);
        let object = Object::Instance(name);
        let Some((word, known)) = self.written.get_mut(&object) else { return };
        *known = priority;
        let word = match *word {
            "MASTER" => "MASTER_PRIORITY",
            "BACKUP" => "BACKUP_PRIORITY",
            _ => return,
        };
        if wanted {
            self.write(Side::Vrrp, fifo::state(&object, word, priority));
        }
    }

    /// A virtual or real server went up or down. One that is gone from the plan can only go down.
    fn turn(&mut self, now: Instant, object: Object, up: bool) {
        let Some(lane) = self.lanes.get_mut(&object) else { return };
        let LaneHooks::Turn(hooks, title) = &lane.hooks else { return };
        if lane.departing.is_some() && up {
            return;
        }
        let (text, hook) = if let Object::Server { server, .. } = &object {
            let hook = if up { "notify_up" } else { "notify_down" };
            (fifo::server(title, server, up), hook)
        } else {
            (fifo::pool(title, up), if up { "quorum_up" } else { "quorum_down" })
        };
        let command = hooks.of(up);
        lane.transition += 1;
        let job = command.map(|command| Job { hook, command, transition: lane.transition });
        if let Some(job) = job {
            self.push(&object, job);
        }
        self.write(Side::Lvs, Some(text));
        self.start_next(now, &object);
    }

    fn write(&mut self, side: Side, line: Option<String>) {
        if !self.plan.fifos.is_empty() {
            self.actions.extend(line.map(|line| Action::Write(side, line)));
        }
    }

    fn push(&mut self, object: &Object, job: Job) {
        let dropped = self.lanes.get_mut(object).map(|lane| lane.push(job));
        self.tell_dropped(object.clone(), dropped.unwrap_or_default());
    }

    fn tell_dropped(&mut self, object: Object, hooks: Vec<&'static str>) {
        if hooks.is_empty() {
            return;
        }
        self.dropped += hooks.len() as u64;
        self.actions.push_back(Action::Event(Event::Dropped { object, hooks }));
    }

    fn start_next(&mut self, now: Instant, object: &Object) {
        let Some(lane) = self.lanes.get_mut(object) else { return };
        let Some(job) = lane.next() else { return };
        let run = RunId(self.next_run);
        self.next_run += 1;
        lane.begin(now, run, &job, self.plan.deadline);
        self.actions.push_back(Action::Start(run, job.command));
    }

    fn carry_out(&mut self, now: Instant, pressed: &[Press]) {
        for press in pressed {
            match *press {
                Press::Terminate(run) => self.actions.push_back(Action::Terminate(run)),
                Press::Kill(run) => self.actions.push_back(Action::Kill(run)),
                Press::GiveUp(run) => {
                    let why = "it is still there after SIGKILL and was given up".to_owned();
                    self.handle_ending(now, run, Ending::Untried(why));
                }
            }
        }
    }
}

/// Whose hooks `plan` has.
fn hooks(plan: &NotifyPlan) -> impl Iterator<Item = (Object, LaneHooks)> + '_ {
    let state = |hooks: &Hooks| LaneHooks::State(hooks.clone());
    let instances = &plan.instances;
    let instances =
        instances.iter().map(move |(name, h)| (Object::Instance(name.clone()), state(h)));
    let groups = plan.groups.iter().map(move |(name, h)| (Object::Group(name.clone()), state(h)));
    let pools = plan.pools.iter().flat_map(|(pool, hooks)| {
        let turn = |h: &UpDown| LaneHooks::Turn(h.clone(), hooks.title.clone());
        let servers = hooks.servers.iter().map(move |(server, h)| {
            (Object::Server { pool: pool.clone(), server: server.clone() }, turn(h))
        });
        servers.chain([(Object::Pool(pool.clone()), turn(&hooks.quorum))])
    });
    instances.chain(groups).chain(pools)
}

/// The keyword, the state's word and the specific hook for entering `state`; none when that is
/// not notified. An instance that a reload removed is told as DELETED to those who asked for
/// that, and as FAULT to the others.
fn told(
    hooks: &Hooks,
    state: State,
    departing: bool,
) -> Option<(&'static str, &'static str, Option<CommandLine>)> {
    Some(match state {
        State::Init => return None,
        State::Master => ("notify_master", "MASTER", hooks.master.clone()),
        State::Backup => ("notify_backup", "BACKUP", hooks.backup.clone()),
        State::Stopped if !departing => ("notify_stop", "STOP", hooks.stop.clone()),
        State::Stopped if hooks.deleted.is_some() => {
            ("notify_deleted", "DELETED", hooks.deleted.clone())
        }
        State::Fault | State::Stopped => ("notify_fault", "FAULT", hooks.fault.clone()),
    })
}

fn with_words(mut command: CommandLine, object: &Object, word: &str, priority: u8) -> CommandLine {
    let (kind, name) = match object {
        Object::Instance(name) => ("INSTANCE", name),
        Object::Group(name) => ("GROUP", name),
        Object::Pool(_) | Object::Server { .. } => return command,
    };
    command.argv.extend([kind.into(), name.clone(), word.into(), priority.to_string()]);
    command
}

#[cfg(test)]
mod tests;
