//! All pools of a configuration: what checks, addresses and operators say goes in, the table that
//! the kernel is to have and what happened come out.
//!
//! It has no timers: when a check is put, and how long one may take, is decided where it is put.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::check::{CheckKey, CheckReport, ServerName};
use super::contents::{checked, join};
use super::member::Member;
use super::pool::{Pool, removed, server};
use super::{BalancerConfig, Drains, Event, PoolConfig};
use crate::engine::check::{CheckId, CheckName, Health};
use crate::engine::ipvs::{Cleanup, Contents, Protocol, Service};

/// The machine of the load balancing side.
#[derive(Clone, Debug)]
pub struct Balancer {
    pub(super) pools: Vec<Pool>,
    by_name: BTreeMap<CheckName, Vec<Slot>>,
    drains: Drains,
    cleanup: Cleanup,
    /// What was told last of each check that somebody has, in the order of telling, for those that
    /// begin with a reload: whoever watches tells a verdict once.
    pub(super) known: BTreeMap<CheckKey, Vec<CheckReport>>,
    pub(super) events: VecDeque<Event>,
}

/// A check of a member of a pool, by their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Slot {
    pool: usize,
    member: usize,
    check: usize,
}

/// How a pool stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolStatus {
    /// Its service, or group of services.
    pub service: Box<str>,
    /// Whether it has its quorum.
    pub up: bool,
    /// Weight of the destinations that live.
    pub weight: u64,
    /// What it needs.
    pub quorum: u32,
    /// The sorry server serves.
    pub sorry: bool,
    /// Checks count for nothing while this host does not have the address.
    pub suspended: bool,
    /// Its destinations, in the order of the file.
    pub servers: Vec<ServerStatus>,
}

/// How a destination stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerStatus {
    /// Which one.
    pub server: ServerName,
    /// None of its checks has failed.
    pub up: bool,
    /// What it weighs when it serves.
    pub weight: u32,
    /// It gets no new connections.
    pub drained: bool,
    /// Its checks.
    pub checks: Vec<CheckStatus>,
}

/// How a check stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckStatus {
    /// What it is called.
    #[serde(flatten)]
    pub name: CheckName,
    /// Which one of those that are called so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<CheckId>,
    /// What it counts as.
    pub up: bool,
    /// Whether it has told anything yet.
    pub has_run: bool,
    /// What it found last.
    #[serde(default)]
    pub reason: Box<str>,
}

impl Balancer {
    /// Begin with `config`; `drains` holds from the start.
    ///
    /// # Errors
    /// A range of addresses that does not exist, or too many services.
    pub fn new(config: BalancerConfig, drains: Drains) -> Result<Self, String> {
        checked(&config.pools)?;
        let mut this = Self {
            pools: config.pools.into_iter().map(Pool::new).collect(),
            by_name: BTreeMap::new(),
            drains,
            cleanup: config.table.cleanup,
            known: BTreeMap::new(),
            events: VecDeque::new(),
        };
        for pool in &mut this.pools {
            pool.drain(&this.drains, &mut VecDeque::new());
            begin(pool, config.notify_at_start, &mut this.events);
        }
        this.index();
        Ok(this)
    }

    /// Another configuration. What is known of pools, destinations and checks that stay is kept:
    /// nobody has to prove again that he lives.
    ///
    /// # Errors
    /// As [`Balancer::new`]; then nothing has changed.
    pub fn handle_config(&mut self, config: BalancerConfig) -> Result<(), String> {
        let BalancerConfig { pools, table, notify_at_start, .. } = config;
        checked(&pools)?;
        let mut old: Vec<Option<Pool>> =
            std::mem::take(&mut self.pools).into_iter().map(Some).collect();
        let mut places = places(&old);
        for config in pools {
            let at = places.get_mut(&identity(&config)).and_then(VecDeque::pop_front);
            let pool = if let Some(old) = at.and_then(|at| old.get_mut(at)).and_then(Option::take) {
                let mut pool = Pool::reloaded(config, &old, &mut self.events);
                pool.drain(&self.drains, &mut self.events);
                inform(&mut pool, &self.known, &mut self.events);
                pool.catch_up(&mut self.events);
                pool.judge(&mut self.events);
                pool
            } else {
                let mut pool = Pool::new(config);
                pool.drain(&self.drains, &mut VecDeque::new());
                inform(&mut pool, &self.known, &mut VecDeque::new());
                tell_dead(&pool, &mut self.events);
                begin(&mut pool, notify_at_start, &mut self.events);
                pool
            };
            self.pools.push(pool);
        }
        self.cleanup = table.cleanup;
        for mut gone in old.into_iter().flatten() {
            let all = gone.members.iter().filter_map(|member| removed(&gone.name, member));
            self.events.extend(all);
            if gone.config.omega {
                gone.end(false, &mut self.events);
            }
        }
        self.index();
        self.keep_known();
        Ok(())
    }

    /// What a check told.
    ///
    /// # Errors
    /// When it is nobody's check, or it cannot be told whose.
    pub fn handle_check(&mut self, report: &CheckReport) -> Result<(), String> {
        for slot in self.slots(report)? {
            let Slot { pool, member, check } = slot;
            if let Some(pool) = self.pools.get_mut(pool) {
                pool.hear((member, check), report, &mut self.events);
            }
            self.remember(slot, report);
        }
        Ok(())
    }

    /// Keep what was told of the check in `slot`: of a single result the verdict that followed.
    fn remember(&mut self, Slot { pool, member, check }: Slot, report: &CheckReport) {
        let Some(pool) = self.pools.get(pool) else { return };
        let member = pool.members.get(member);
        let Some(checker) = member.and_then(|member| member.checkers.get(check)) else { return };
        let name = checker.key.name.clone();
        let mut report = CheckReport { name, id: checker.key.id, ..report.clone() };
        if report.to.is_none() && report.status.is_some() && !pool.is_suspended && checker.has_run {
            report.to = Some(if checker.is_up { Health::Up } else { Health::Down });
        }
        let all = self.known.entry(checker.key.clone()).or_default();
        let before = all.iter().position(|known| known.has_scope_of(&report));
        let latest = match before.map(|at| all.remove(at)) {
            Some(mut known) => {
                known.followed_by(&report);
                known
            }
            None => report,
        };
        all.push(latest);
    }

    /// Know what was told of every check that is there: one that is put otherwise than before the
    /// reload, and so has another id, goes on from where it stood.
    fn keep_known(&mut self) {
        let members = self.pools.iter().flat_map(|pool| &pool.members);
        let mut there = BTreeMap::new();
        for checker in members.flat_map(|member| &member.checkers) {
            let state: &mut Option<CheckReport> = there.entry(checker.key.clone()).or_default();
            if checker.has_run && !self.known.contains_key(&checker.key) {
                *state = Some(checker.report());
            }
        }
        self.known.retain(|key, _| there.contains_key(key));
        let others = there.into_iter().filter_map(|(key, state)| Some((key, vec![state?])));
        self.known.extend(others);
    }

    /// What is drained from now on.
    pub fn handle_drains(&mut self, drains: Drains) {
        self.drains = drains;
        for pool in &mut self.pools {
            pool.drain(&self.drains, &mut self.events);
        }
    }

    /// Which addresses this host has from now on.
    pub fn handle_addresses(&mut self, addresses: &BTreeSet<IpAddr>) {
        for pool in &mut self.pools {
            pool.house(addresses, &mut self.events);
        }
    }

    /// It ends, and the table with it. Pools with `omega` tell it as the loss of everything.
    pub fn handle_stop(&mut self) {
        let with_servers = self.cleanup != Cleanup::Flush;
        for pool in self.pools.iter_mut().filter(|pool| pool.config.omega) {
            pool.end(with_servers, &mut self.events);
        }
    }

    /// The next thing that happened, in order, until `None`.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// The table as it has to be now.
    ///
    /// # Errors
    /// As [`Balancer::new`], whose check it passed.
    pub fn contents(&self) -> Result<Contents, String> {
        let mut contents = join(self.pools.iter().map(|pool| (&pool.config, pool.places())))?;
        self.drains.apply(&mut contents);
        Ok(contents)
    }

    /// What is drained.
    #[must_use]
    pub const fn drains(&self) -> &Drains {
        &self.drains
    }

    /// Whether some pool wants to know which addresses this host has.
    #[must_use]
    pub fn wants_addresses(&self) -> bool {
        self.pools.iter().any(|pool| pool.config.suspend_without_address)
    }

    /// How every pool stands.
    #[must_use]
    pub fn status(&self) -> Vec<PoolStatus> {
        self.pools.iter().map(status).collect()
    }

    fn index(&mut self) {
        self.by_name.clear();
        for (number, pool) in self.pools.iter().enumerate() {
            for (member, destination) in pool.members.iter().enumerate() {
                for (check, checker) in destination.checkers.iter().enumerate() {
                    let slot = Slot { pool: number, member, check };
                    self.by_name.entry(checker.key.name.clone()).or_default().push(slot);
                }
            }
        }
    }

    /// Whose check it is: all that have its name, and its id if it says one; or, when a destination
    /// is named, its only check of this kind.
    fn slots(&self, report: &CheckReport) -> Result<Vec<Slot>, String> {
        let CheckName { kind, check } = &report.name;
        let named = self.by_name.get(&report.name).into_iter().flatten();
        let found: Vec<Slot> = named.copied().filter(|slot| self.is_meant(*slot, report)).collect();
        if !found.is_empty() {
            return Ok(found);
        }
        if let Some(id) = report.id {
            return Err(format!("no real server has the {kind} check {check} with the id {id}"));
        }
        let Some(wanted) = report.server else {
            return Err(format!("no real server has the {kind} check {check}"));
        };
        let of_kind = self.by_name.iter().filter(|(name, _)| name.kind == *kind);
        let all = of_kind.flat_map(|(_, slots)| slots).copied();
        let found: Vec<Slot> = all.filter(|slot| self.is_meant(*slot, report)).collect();
        let mut pools: Vec<_> = found.iter().map(|slot| (slot.pool, slot.member)).collect();
        pools.dedup();
        match found.len() {
            0 => Err(format!("the real server {wanted} has no {kind} check")),
            count if count > pools.len() => Err(format!(
                "the real server {wanted} has several {kind} checks, none called {check}"
            )),
            _ => Ok(found),
        }
    }

    /// Whether what else `report` says of pool and destination is so.
    fn is_meant(&self, slot: Slot, report: &CheckReport) -> bool {
        let Some(pool) = self.pools.get(slot.pool) else { return false };
        let Some(member) = pool.members.get(slot.member) else { return false };
        let key = member.checkers.get(slot.check).map(|checker| &checker.key);
        let is_it = report.id.is_none() || key.is_some_and(|key| key.id == report.id);
        is_it && is_about(report, pool, member)
    }
}

/// Whether what `report` says of pool and destination is so.
fn is_about(report: &CheckReport, pool: &Pool, member: &Member) -> bool {
    report.service.as_ref().is_none_or(|service| *service == pool.name)
        && report.server.is_none_or(|server| server.is(member.endpoint()))
}

/// Have the checks of `pool` that begin know what was told of them before.
pub(super) fn inform(
    pool: &mut Pool,
    known: &BTreeMap<CheckKey, Vec<CheckReport>>,
    events: &mut VecDeque<Event>,
) {
    let mut news = Vec::new();
    for (number, member) in pool.members.iter().enumerate() {
        for (check, checker) in member.checkers.iter().enumerate().filter(|(_, c)| c.is_fresh) {
            let all = known.get(&checker.key).into_iter().flatten();
            let mine = all.filter(|report| is_about(report, pool, member));
            news.extend(mine.map(|report| ((number, check), report)));
        }
    }
    for (at, report) in news {
        pool.take(at, report, events);
    }
}

/// Who is known to be down when a pool begins.
fn tell_dead(pool: &Pool, events: &mut VecDeque<Event>) {
    let has_failed =
        |member: &&Member| member.checkers.iter().any(|checker| checker.has_run && !checker.is_up);
    for member in pool.members.iter().filter(has_failed) {
        events.push_back(server(&pool.name, member, "it is known to be down"));
    }
}

/// A pool that is new.
fn begin(pool: &mut Pool, notify: bool, events: &mut VecDeque<Event>) {
    for member in pool.members.iter().filter(|member| notify && member.alive) {
        events.push_back(server(&pool.name, member, "it is up from the start"));
    }
    pool.begin(events);
}

/// What makes a pool the same one before and after a reload.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Identity {
    Group(Box<str>, Vec<Option<Protocol>>),
    Services(Vec<Service>),
}

fn identity(pool: &PoolConfig) -> Identity {
    match &pool.group {
        Some(name) => Identity::Group(name.clone(), protocols(pool)),
        None => Identity::Services(pool.services.clone()),
    }
}

/// Where each pool stands. Of several that are the same the first one is taken first.
fn places(pools: &[Option<Pool>]) -> BTreeMap<Identity, VecDeque<usize>> {
    let mut places = BTreeMap::<Identity, VecDeque<usize>>::new();
    for (at, pool) in pools.iter().enumerate() {
        if let Some(pool) = pool {
            places.entry(identity(&pool.config)).or_default().push_back(at);
        }
    }
    places
}

/// A group may have one pool for TCP and another for UDP.
fn protocols(pool: &PoolConfig) -> Vec<Option<Protocol>> {
    let protocol = |service: &Service| match service {
        Service::Addresses { protocol, .. } => Some(*protocol),
        Service::Fwmark { .. } => None,
    };
    let mut all: Vec<_> = pool.services.iter().map(protocol).collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn status(pool: &Pool) -> PoolStatus {
    let servers = pool.members.iter().map(|member| ServerStatus {
        server: member.endpoint().into(),
        up: member.alive,
        weight: member.weight(),
        drained: member.drained,
        checks: member
            .checkers
            .iter()
            .map(|checker| CheckStatus {
                name: checker.key.name.clone(),
                id: checker.key.id,
                up: checker.is_up,
                has_run: checker.has_run,
                reason: checker.reason.clone(),
            })
            .collect(),
    });
    PoolStatus {
        service: pool.name.clone(),
        up: pool.has_quorum,
        weight: pool.weight(),
        quorum: pool.config.quorum,
        sorry: pool.is_sorry(),
        suspended: pool.is_suspended,
        servers: servers.collect(),
    }
}
