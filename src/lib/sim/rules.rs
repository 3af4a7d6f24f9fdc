//! The rules of the protocol and of the design, as the world checks them after each change.
//!
//! What the limits are made of: the longest advertisement interval of the virtual router, the
//! time packets are on the way, and how late a process may wake.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::fault::Fault;
use super::host::{Host, View, VirtualRouter};
use super::oracle::Condition;
use super::world::World;
use crate::engine::vrrp::{Command, Preempt, RouterId, State};
use crate::time::Instant;
use crate::wire::vrrp::Version;

/// For rounding: clocks that differ, centiseconds on the wire.
const ROUNDING: Duration = Duration::from_micros(50);

/// What the rules have to remember about the past.
#[derive(Debug, Default)]
pub struct Judged {
    /// Virtual routers whose master was just told to stop while a successor was there.
    graceful: BTreeSet<VirtualRouter>,
    /// Virtual routers that had two masters when everybody began to hear everybody.
    contested: BTreeSet<VirtualRouter>,
    /// Not everybody heard every announcement.
    deaf: bool,
    /// Announcements may have been lost on the way.
    lossy: bool,
    /// Hosts that gave up being master by order: they leave it to others while one lives.
    demoted: BTreeSet<usize>,
    /// Routers that slept so long that they must not send before an election.
    fenced: BTreeSet<(usize, RouterId)>,
}

/// How long a backup waits for a master at most, by its own configuration and the longest
/// interval it may have learned.
fn master_down(view: &View, longest_interval: Duration) -> Duration {
    let skew = match view.config.version {
        Version::V2 => Duration::from_secs(1),
        Version::V3 => longest_interval,
    };
    longest_interval * u32::from(view.config.down_timer_adverts) + skew
}

impl World {
    /// All virtual routers that somebody is configured for.
    pub(super) fn virtual_routers(&self) -> BTreeSet<VirtualRouter> {
        let routers = self.hosts.iter().flat_map(|host| &host.config.routers);
        routers.map(VirtualRouter::of).collect()
    }

    /// Hosts on the air that take part in `router`.
    pub(super) fn parts(
        &self,
        router: VirtualRouter,
    ) -> impl Iterator<Item = (usize, &Host, RouterId, &View)> {
        self.hosts
            .iter()
            .enumerate()
            .filter(|(_, host)| host.is_on_the_air())
            .filter_map(move |(i, host)| host.view(router).map(|(id, view)| (i, host, id, view)))
    }

    /// The same with routers that are stopped, which may still be leaving.
    fn every_part(
        &self,
        router: VirtualRouter,
    ) -> impl Iterator<Item = (usize, &Host, RouterId, &View)> {
        self.hosts
            .iter()
            .enumerate()
            .filter(|(_, host)| host.is_on_the_air())
            .flat_map(|(i, host)| host.views().map(move |(id, view)| (i, host, id, view)))
            .filter(move |(_, _, _, view)| view.virtual_router == router)
    }

    fn is_grouped(&self, index: usize) -> bool {
        self.hosts.get(index).is_some_and(|host| !host.config.groups.is_empty())
    }

    pub(super) fn masters(&self, router: VirtualRouter) -> Vec<usize> {
        self.parts(router)
            .filter(|(_, _, _, view)| view.state == State::Master)
            .map(|(i, ..)| i)
            .collect()
    }

    fn longest_interval(&self, router: VirtualRouter) -> Duration {
        let routers = self.hosts.iter().flat_map(|host| &host.config.routers);
        routers
            .filter(|config| VirtualRouter::of(config) == router)
            .map(|config| config.advertisement_interval)
            .max()
            .unwrap_or_default()
    }

    /// Lateness that is nobody's fault: waking up, and clocks that run differently.
    fn slack(&self, over: Duration) -> Duration {
        let drift = self.hosts.iter().map(|h| h.clock.drift_ppm.unsigned_abs()).max().unwrap_or(0);
        self.latency + ROUNDING + over * drift.saturating_mul(2) / 1_000_000
    }

    /// Remember what a fault means for the rules, before it takes effect.
    pub(super) fn note_fault(&mut self, fault: &Fault) {
        self.judged.graceful.clear();
        self.judged.contested.clear();
        if let Fault::Command { host, command: Command::Demote } = fault {
            self.judged.demoted.insert(*host);
        }
        match fault {
            Fault::Command { host, command: Command::Stop | Command::Demote } => {
                self.judged.graceful = self
                    .virtual_routers()
                    .into_iter()
                    .filter(|router| self.has_successor(*router, *host))
                    .collect();
            }
            Fault::Heal => {
                self.judged.contested = self
                    .virtual_routers()
                    .into_iter()
                    .filter(|router| self.masters(*router).len() > 1)
                    .collect();
            }
            Fault::Partition { .. } | Fault::Path { .. } => self.judged.deaf = true,
            Fault::Thaw { host } => self.fence(*host),
            _ => {}
        }
        let lossy = match fault {
            Fault::Quality(quality) => quality.loss_ppm > 0,
            _ => self.network.quality.loss_ppm > 0,
        };
        self.judged.lossy |= lossy;
    }

    /// Whether `host` is the only master of `router`, and a backup hears it and is heard by all.
    fn has_successor(&self, router: VirtualRouter, host: usize) -> bool {
        let everybody = 0..self.hosts.len();
        let open = everybody.clone().all(|a| everybody.clone().all(|b| self.network.reaches(a, b)));
        let running = self.hosts.iter().all(|h| !h.powered || h.is_on_the_air());
        let ready = self.parts(router).any(|(_, _, _, view)| view.state == State::Backup);
        open && running
            && ready
            && self.network.quality.loss_ppm == 0
            && self.masters(router) == [host]
    }

    /// A process runs again: masters that slept past their own master-down interval must not
    /// send before they have been elected again.
    fn fence(&mut self, index: usize) {
        let Some(process) = self.hosts.get(index).and_then(|host| host.process.as_ref()) else {
            return;
        };
        let asleep: Vec<RouterId> = process
            .views
            .iter()
            .filter(|(_, view)| view.state == State::Master)
            .filter(|(_, view)| {
                let interval = view.config.advertisement_interval;
                view.sent.is_some_and(|sent| {
                    self.now.saturating_since(sent) > master_down(view, interval) + interval
                })
            })
            .map(|(id, _)| *id)
            .collect();
        self.judged.fenced.extend(asleep.into_iter().map(|id| (index, id)));
        if let Some(process) = self.hosts.get_mut(index).and_then(|host| host.process.as_mut()) {
            process.views.values_mut().for_each(|view| view.sent = None);
        }
    }

    /// A node says that one of its routers changes state.
    pub(super) fn transition(&mut self, index: usize, router: RouterId, from: State, to: State) {
        self.check_silence(index, router);
        self.judged.fenced.remove(&(index, router));
        let now = self.now;
        let Some(process) = self.hosts.get_mut(index).and_then(|host| host.process.as_mut()) else {
            return;
        };
        if let Some(view) = process.views.get_mut(&router) {
            let known = std::mem::replace(&mut view.state, to);
            view.sent = (to == State::Master).then_some(now);
            if known != from || from == to {
                let what = format!("router {} goes from {from:?} to {to:?} in {known:?}", router.0);
                self.complain(index, what);
            }
        }
    }

    /// A node has sent an advert.
    pub(super) fn sent(&mut self, index: usize, router: RouterId, priority: u8) {
        self.check_silence(index, router);
        if priority > 0 && self.judged.fenced.contains(&(index, router)) {
            self.complain(index, format!("router {} sends after a long sleep", router.0));
        }
        let now = self.now;
        let Some(host) = self.hosts.get_mut(index) else { return };
        let Some(process) = &mut host.process else { return };
        let Some(view) = process.views.get_mut(&router) else { return };
        view.adverts += 1;
        let master = view.state == State::Master && priority > 0;
        view.sent = master.then_some(now);
        // The lease also counts the advert that announces a new master.
        host.keep_lease(now, router, priority > 0);
    }

    /// A master must not be silent for longer than its interval.
    fn check_silence(&mut self, index: usize, router: RouterId) {
        let Some(view) = self.hosts.get(index).and_then(|h| h.process.as_ref()?.views.get(&router))
        else {
            return;
        };
        let Some(sent) = view.sent.filter(|_| view.state == State::Master) else { return };
        let interval = view.config.advertisement_interval;
        let silent = self.now.saturating_since(sent);
        let allowed = interval + self.slack(interval);
        if silent > allowed {
            let what = format!("master {} was silent for {silent:?} of {allowed:?}", router.0);
            self.complain(index, what);
        }
    }

    /// Tell the oracle which conditions hold now.
    pub(super) fn judge(&mut self) {
        let mut holding = BTreeMap::new();
        let way = self.network.quality.longest() * 2;
        for router in self.virtual_routers() {
            let interval = self.longest_interval(router);
            let slack = self.slack(interval * 4);
            self.judge_masters(router, interval + way + slack, &mut holding);
            self.judge_backups(router, interval, way + slack, &mut holding);
            for (i, host, id, view) in self.every_part(router) {
                if view.state != State::Master && host.holds_any(id) {
                    holding.insert(Condition::HoldsAsOther(i, id), interval + way + slack);
                }
                if view.state == State::Master && !holds_all(host, id, view) {
                    holding.insert(Condition::LacksAsMaster(i, id), ROUNDING);
                }
            }
            if self.judged.graceful.contains(&router) && !self.is_served(router) {
                holding.insert(Condition::Unserved(router), way + slack);
            }
        }
        self.oracle.update(self.now, holding);
        self.observe_service();
    }

    fn judge_masters(
        &self,
        router: VirtualRouter,
        allowed: Duration,
        holding: &mut BTreeMap<Condition, Duration>,
    ) {
        let masters = self.masters(router);
        if self.network.quality.loss_ppm > 0 {
            return;
        }
        for (position, a) in masters.iter().enumerate() {
            for b in masters.iter().skip(position + 1) {
                if self.network.reaches(*a, *b) && self.network.reaches(*b, *a) {
                    holding.insert(Condition::TwoMasters(router, *a, *b), allowed);
                }
            }
        }
    }

    fn judge_backups(
        &self,
        router: VirtualRouter,
        interval: Duration,
        slack: Duration,
        holding: &mut BTreeMap<Condition, Duration>,
    ) {
        let masters = self.masters(router);
        for (i, _, _, view) in self.parts(router) {
            let alone = !masters.iter().any(|master| self.network.reaches(*master, i));
            if view.state == State::Backup && alone {
                // A group waits until the timers of all its members have ended.
                let waits = if self.is_grouped(i) { 2 } else { 1 };
                let allowed = master_down(view, interval) * waits + slack;
                holding.insert(Condition::NoMaster(router, i), allowed);
            }
        }
    }

    /// Whether some host that has power and carrier answers for the addresses.
    fn is_served(&self, router: VirtualRouter) -> bool {
        self.every_part(router).any(|(_, host, id, view)| holds_all(host, id, view))
    }

    /// The simulation ends: judge what is still open, and what a quiet network must look like.
    pub fn finish(&mut self) {
        let now = self.now;
        self.oracle.finish(now);
        for router in self.virtual_routers() {
            self.judge_settled(router);
        }
        for index in 0..self.hosts.len() {
            self.judge_counters(index);
        }
    }

    fn judge_settled(&mut self, router: VirtualRouter) {
        let ready: Vec<(usize, RouterId, u8, bool)> = self
            .parts(router)
            .filter(|(_, _, _, view)| matches!(view.state, State::Master | State::Backup))
            .filter_map(|(i, host, id, view)| {
                let status = host.process.as_ref()?.node.status(id)?;
                Some((i, id, status.priority, view.config.preempt == Preempt::Never))
            })
            .collect();
        let masters = self.masters(router);
        if masters.len() != ready.len().min(1) {
            let text = format!("{router} ends with masters {masters:?} of hosts {ready:?}");
            self.oracle.complain(self.now, text);
            return;
        }
        let Some(master) = masters.first().copied() else { return };
        let priority_of_master = ready.iter().find(|(i, ..)| *i == master).map(|r| r.2);
        let demoted = &self.judged.demoted;
        let highest = ready.iter().filter(|r| !demoted.contains(&r.0)).map(|r| r.2).max();
        let preempts = ready.iter().all(|(_, _, _, never)| !never);
        let groups = (0..self.hosts.len()).any(|index| self.is_grouped(index));
        if preempts && !groups && priority_of_master < highest {
            let text = format!("{router} ends with master {master}, not the highest of {ready:?}");
            self.oracle.complain(self.now, text);
        }
        if !self.judged.lossy && (!self.judged.deaf || self.judged.contested.contains(&router)) {
            self.judge_neighbours(router, master);
        }
    }

    /// The client must believe in the master, for each address it ever heard of.
    fn judge_neighbours(&mut self, router: VirtualRouter, master: usize) {
        let Some((_, view)) = self.hosts.get(master).and_then(|host| host.view(router)) else {
            return;
        };
        let wrong: Vec<String> = view
            .config
            .addresses
            .iter()
            .filter_map(|address| Some((address.address, *self.neighbours.get(&address.address)?)))
            .filter(|(_, believed)| *believed != master)
            .map(|(address, believed)| format!("{address} at host {believed}"))
            .collect();
        if !wrong.is_empty() {
            let text = format!("{router}: master is host {master}, the client believes {wrong:?}");
            self.oracle.complain(self.now, text);
        }
    }

    /// What a node says about itself must be what was seen from outside.
    fn judge_counters(&mut self, index: usize) {
        let Some(process) = self.hosts.get(index).and_then(|host| host.process.as_ref()) else {
            return;
        };
        let mut accounted: u64 = process.node.counters().dropped.values().sum();
        let mut wrong = Vec::new();
        for (id, view) in &process.views {
            let Some(status) = process.node.status(*id) else { continue };
            accounted += status.counters.adverts_accepted;
            accounted += status.counters.dropped.values().sum::<u64>();
            if status.state != view.state {
                wrong.push(format!("router {} is {:?}, told {:?}", id.0, status.state, view.state));
            }
            if status.counters.adverts_sent != view.adverts {
                wrong.push(format!(
                    "router {} counts {} adverts sent of {}",
                    id.0, status.counters.adverts_sent, view.adverts
                ));
            }
        }
        if accounted != process.received {
            wrong.push(format!("accounts for {accounted} packets of {}", process.received));
        }
        for what in wrong {
            self.complain(index, what);
        }
    }

    /// Simulation time.
    #[must_use]
    pub const fn now(&self) -> Instant {
        self.now
    }
}

fn holds_all(host: &Host, id: RouterId, view: &View) -> bool {
    let held = host.held.get(&id);
    let mut wanted = view.config.addresses.iter().chain(&view.config.excluded);
    wanted.all(|address| held.is_some_and(|held| held.contains(&address.address)))
}
