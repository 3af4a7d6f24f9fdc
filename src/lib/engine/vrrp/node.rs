//! All virtual routers of one process, with their trackers and sync groups: the machine that a
//! driver, the simulator and the fuzzer drive.

use std::collections::{BTreeSet, VecDeque};
use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::action::{Action, Cause, RouterId, State};
use super::config::{Family, NodeConfig, RouterConfig, TrackerId, VirtualAddress};
use super::counters::Counters;
use super::receive::{Datagram, Drop};
use super::router::Router;
use crate::engine::track::{Facts, Standing};
use crate::time::Instant;

mod groups;

use groups::Group;

/// What the world knows about an interface; the driver keeps it current.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Link {
    /// Exists in the kernel.
    pub exists: bool,
    /// Administratively up and carrier present (`IFF_UP` and `IFF_RUNNING`).
    pub up: bool,
    /// Primary IPv4 address, never a virtual one.
    pub ipv4: Option<std::net::Ipv4Addr>,
    /// Link-local IPv6 address, never a virtual one.
    pub ipv6: Option<std::net::Ipv6Addr>,
}

/// An order from the operator or the supervisor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Stop gracefully: priority 0, keep answering until the successor is heard, withdraw.
    Stop,
    /// Give up mastership once, in the same graceful way, and be backup.
    Demote,
    /// Become master now if a backup, whatever the timer says.
    Promote,
    /// Enter or leave fault with [`Cause::Maintenance`], as gracefully as a stop.
    Maintenance(bool),
}

/// A snapshot of one router for status answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouterStatus {
    /// Name of the instance.
    pub name: String,
    /// Interface of the adverts.
    pub interface: String,
    /// VRID.
    pub vrid: u8,
    /// Family.
    pub family: Family,
    /// State now.
    pub state: State,
    /// When it entered that state.
    pub since: Instant,
    /// Why it entered that state.
    pub reason: Option<super::action::Reason>,
    /// Configured priority.
    pub base_priority: u8,
    /// Effective priority.
    pub priority: u8,
    /// Base and weights in force, as in `Event::Priority`.
    pub parts: Vec<(String, i16)>,
    /// Causes of fault that hold now.
    pub causes: Vec<Cause>,
    /// The master as last heard (our own address when we are master).
    pub master: Option<IpAddr>,
    /// Its priority.
    pub master_priority: Option<u8>,
    /// When the next thing is due (advert or master-down).
    pub next: Option<Instant>,
    /// When our last advert was sent.
    pub last_sent: Option<Instant>,
    /// Addresses that it wants to be in place now.
    pub addresses: Vec<IpAddr>,
    /// Counters since start.
    pub counters: Counters,
}

/// The machine.
///
/// Every `handle_*` first looks whether the process slept too long (see [`Node::is_late`]), so
/// that nothing stale is sent whichever input comes first after a freeze.
#[derive(Debug, Default)]
pub struct Node {
    routers: Vec<Router>,
    groups: Vec<Group>,
    facts: Facts,
    startup_delay: Duration,
    started: bool,
    /// End of the startup delay, while it runs.
    hold: Option<Instant>,
    /// Packets that no router wanted.
    strangers: Counters,
    actions: VecDeque<(RouterId, Action)>,
}

impl Node {
    /// A node that has not started: every router in init, nothing sent. Interfaces are unknown
    /// until [`Node::handle_link`] tells them; a router in init waits for that.
    #[must_use]
    pub fn new(config: &NodeConfig) -> Self {
        let mut node = Self::default();
        node.reload(Instant::ZERO, config);
        node
    }

    /// Start every router (after the first round of `handle_link`).
    pub fn start(&mut self, now: Instant) {
        self.started = true;
        self.hold = (!self.startup_delay.is_zero()).then(|| now + self.startup_delay);
        self.evaluate(now);
        self.split_groups_yield(now);
        self.settle(now);
    }

    /// Start one router as the successor of a crashed process that was master and sent its
    /// last advert at `last_sent`; the kernel still holds its addresses. Carries on as master
    /// when no peer can have taken over by now (`now < last_sent + down_timer_adverts *
    /// interval`), otherwise withdraws the addresses and starts as backup. Call before `start`.
    ///
    /// Nothing is sent here: the next advert follows one interval after the last one, priority
    /// 0 never. Trackers that have not spoken do not stop it.
    pub fn resume(&mut self, now: Instant, router: RouterId, last_sent: Instant) {
        let Some(standing) = self.standing(router) else { return };
        if let Some(machine) = self.routers.get_mut(router.0) {
            machine.resume(now, last_sent, standing);
        }
        self.drain();
    }

    /// The router that listens on `interface` for `family` and `vrid`.
    #[must_use]
    pub fn find(&self, interface: &str, family: Family, vrid: u8) -> Option<RouterId> {
        self.listeners(interface, family, vrid).next().map(|(id, _)| id)
    }

    fn listeners(
        &self,
        interface: &str,
        family: Family,
        vrid: u8,
    ) -> impl Iterator<Item = (RouterId, &Router)> {
        self.routers.iter().enumerate().map(|(index, router)| (RouterId(index), router)).filter(
            move |(_, router)| {
                let config = router.config();
                config.vrid == vrid
                    && config.family == family
                    && config.interface == interface
                    && !router.is_done()
            },
        )
    }

    /// The router that a packet is for.
    fn addressee(&self, interface: &str, datagram: &Datagram<'_>) -> Result<RouterId, Drop> {
        let vrid = datagram.vrid().ok_or(Drop::Length)?;
        let mut listeners = self.listeners(interface, Family::of(datagram.source), vrid);
        let first = listeners.next().ok_or(Drop::Vrid)?;
        // A unicast router may share interface and VRID with a multicast one.
        let fits = |router: &Router| {
            router.config().peers.is_empty() == datagram.destination.is_multicast()
        };
        let fitting = if fits(first.1) { None } else { listeners.find(|(_, router)| fits(router)) };
        Ok(fitting.unwrap_or(first).0)
    }

    /// A VRRP packet came in on `interface`.
    pub fn handle_datagram(&mut self, now: Instant, interface: &str, datagram: &Datagram<'_>) {
        self.fence(now);
        let id = match self.addressee(interface, datagram) {
            Ok(id) => id,
            Err(drop) => return self.strangers.count_drop(drop),
        };
        let Some(router) = self.routers.get_mut(id.0) else { return };
        if router.handle_datagram(now, datagram) {
            self.others_announce(now, id);
        }
        self.settle(now);
    }

    /// An interface appeared, vanished or changed.
    pub fn handle_link(&mut self, now: Instant, interface: &str, link: &Link) {
        self.fence(now);
        self.facts.set_link(interface, link);
        self.evaluate(now);
        self.settle(now);
    }

    /// A tracker has a new verdict. `up: None` means unknown; after a known verdict that changes
    /// nothing.
    pub fn handle_tracker(&mut self, now: Instant, tracker: &TrackerId, up: Option<bool>) {
        self.fence(now);
        self.facts.set_verdict(tracker, up);
        self.evaluate(now);
        self.settle(now);
    }

    /// Somebody other than us removed an address that `router` holds. A master puts it back and
    /// announces it.
    pub fn handle_address_lost(&mut self, now: Instant, router: RouterId, address: IpAddr) {
        self.fence(now);
        if let Some(machine) = self.routers.get_mut(router.0) {
            machine.handle_address_lost(address);
        }
        self.settle(now);
    }

    /// An order for one router, or for all when `router` is `None`. The members of a sync group
    /// obey together.
    pub fn handle_command(&mut self, now: Instant, router: Option<RouterId>, command: &Command) {
        self.fence(now);
        let targets = match (router, command) {
            (None, _) => self.routers(),
            // Maintenance is a cause of one member; the group follows by itself.
            (Some(id), Command::Maintenance(_)) => vec![id],
            (Some(id), _) => self.with_group(id),
        };
        for id in targets {
            let Some(machine) = self.routers.get_mut(id.0) else { continue };
            match command {
                Command::Stop => machine.stop(now),
                Command::Demote => machine.demote(now),
                Command::Promote => machine.promote(now),
                Command::Maintenance(on) => machine.maintenance = *on,
            }
        }
        self.evaluate(now);
        self.settle(now);
    }

    /// A new configuration: matched routers keep their state and learn the difference, removed
    /// ones stop gracefully, new ones start. Ids of matched routers do not change. Routers are
    /// the same when interface, family, VRID and unicast-or-not are; the name may change. One
    /// that had stopped and is configured starts again.
    pub fn reload(&mut self, now: Instant, config: &NodeConfig) {
        self.fence(now);
        self.facts.configure(&config.trackers);
        self.startup_delay = config.startup_delay;
        let mut kept = BTreeSet::new();
        let mut changed = Vec::new();
        for new in &config.routers {
            let Some(id) = self.counterpart(new, &kept) else {
                kept.insert(RouterId(self.routers.len()));
                self.routers.push(Router::new(new.clone()));
                continue;
            };
            kept.insert(id);
            let Some(router) = self.routers.get_mut(id.0) else { continue };
            if router.state() == State::Stopped {
                router.revive(now, new);
            } else if router.reconfigure(now, new) {
                changed.push(id);
            }
        }
        for (index, router) in self.routers.iter_mut().enumerate() {
            if !kept.contains(&RouterId(index)) {
                router.stop(now);
            }
        }
        self.regroup(&config.groups);
        self.evaluate(now);
        for id in changed {
            if let Some(router) = self.routers.get_mut(id.0) {
                router.handle_timeout(now);
            }
        }
        self.settle(now);
    }

    /// The router that `new` is about, among those not in `taken`: rather a living one, rather
    /// one of the same name.
    fn counterpart(&self, new: &RouterConfig, taken: &BTreeSet<RouterId>) -> Option<RouterId> {
        let candidates = self.routers.iter().enumerate().filter(|(index, router)| {
            router.config().is_same(new) && !taken.contains(&RouterId(*index))
        });
        let best = candidates.min_by_key(|(_, router)| {
            (router.state() == State::Stopped, router.config().name != new.name)
        });
        best.map(|(index, _)| RouterId(index))
    }

    /// Time has passed. Call it at, or any time after, [`Node::poll_timeout`].
    ///
    /// The late wake-up fence is in here: a master that finds itself past `last_sent` plus the
    /// shortest master-down interval a peer can have sends nothing and steps back to backup.
    /// The driver must drain (discard) its sockets on [`Node::is_late`] before calling.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.fence(now);
        if self.hold.is_some_and(|end| end <= now) {
            self.hold = None;
            self.evaluate(now);
        }
        for router in &mut self.routers {
            router.handle_timeout(now);
        }
        self.settle(now);
    }

    /// The adverts that are due, and nothing else: for a driver that has more to read before it
    /// may call [`Node::handle_timeout`] and let a backup take over.
    pub fn handle_adverts_due(&mut self, now: Instant) {
        self.fence(now);
        for router in &mut self.routers {
            router.handle_advert_due(now);
        }
        self.settle(now);
    }

    /// Whether the process slept so long that a peer may have taken over from one of our
    /// masters, or that one of our backups missed adverts: queued packets are stale and must be
    /// thrown away.
    #[must_use]
    pub fn is_late(&self, now: Instant) -> bool {
        self.routers.iter().any(|router| router.is_late(now))
    }

    /// When to call [`Node::handle_timeout`] next. Never in the past of the last one.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.routers.iter().filter_map(Router::due).chain(self.hold).min()
    }

    /// Whether a backup will have taken over by `instant` unless it hears an advert before.
    #[must_use]
    pub fn may_take_over_by(&self, instant: Instant) -> bool {
        self.routers.iter().any(|router| router.takes_over_at().is_some_and(|at| at <= instant))
    }

    /// The next thing to do, in order, until `None`.
    pub fn poll_action(&mut self) -> Option<(RouterId, Action)> {
        self.actions.pop_front()
    }

    /// The configuration a router runs with.
    #[must_use]
    pub fn config(&self, router: RouterId) -> Option<&RouterConfig> {
        self.routers.get(router.0).map(Router::config)
    }

    /// The addresses that a router wants to be in place now.
    #[must_use]
    pub fn held(&self, router: RouterId) -> &[VirtualAddress] {
        self.routers.get(router.0).map_or(&[], Router::held)
    }

    /// Ids of all routers, also stopped ones.
    #[must_use]
    pub fn routers(&self) -> Vec<RouterId> {
        (0..self.routers.len()).map(RouterId).collect()
    }

    /// A snapshot of one router.
    #[must_use]
    pub fn status(&self, router: RouterId) -> Option<RouterStatus> {
        self.routers.get(router.0).map(Router::status)
    }

    /// Counters of packets that matched no router (unknown VRID and such).
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.strangers.clone()
    }

    /// Whether every router has stopped and withdrawn its addresses: the process may end.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.routers.iter().all(Router::is_done)
    }

    /// What a freeze of the process means, before anything else is done.
    fn fence(&mut self, now: Instant) {
        if !self.is_late(now) {
            return;
        }
        for router in &mut self.routers {
            router.fence(now);
        }
        self.settle(now);
    }

    /// Judge every router anew from the facts.
    fn evaluate(&mut self, now: Instant) {
        let running = self.started && self.hold.is_none_or(|end| end <= now);
        let mut standings: Vec<_> =
            self.routers().into_iter().map(|router| self.standing(router)).collect();
        groups::share(&self.groups, &mut standings);
        for (router, standing) in self.routers.iter_mut().zip(standings) {
            if let Some(standing) = standing {
                router.apply(now, standing, running);
            }
        }
    }

    /// One router's own standing; `None` when it stopped.
    fn standing(&self, router: RouterId) -> Option<Standing> {
        let machine = self.routers.get(router.0).filter(|each| each.state() != State::Stopped)?;
        let group = self.groups.iter().find(|group| group.members.contains(&router));
        let tracked = group.map_or(&[][..], |group| group.tracked.as_slice());
        let mut standing = self.facts.standing(machine.config(), tracked);
        if machine.maintenance {
            standing.orderly = standing.causes.is_empty();
            standing.causes.insert(Cause::Maintenance);
        }
        Some(standing)
    }

    /// Collect what the routers want done. An address that has moved to another router of this
    /// node is not withdrawn by the one that gave it up.
    fn drain(&mut self) {
        for index in 0..self.routers.len() {
            while let Some(action) = self.routers.get_mut(index).and_then(Router::pop_action) {
                let action = match action {
                    Action::Withdraw(mut addresses) => {
                        addresses.retain(|address| !self.is_held_by_other(index, address));
                        if addresses.is_empty() {
                            continue;
                        }
                        Action::Withdraw(addresses)
                    }
                    other => other,
                };
                self.actions.push_back((RouterId(index), action));
            }
        }
    }

    fn is_held_by_other(&self, index: usize, address: &VirtualAddress) -> bool {
        let Some(own) = self.routers.get(index) else { return false };
        self.routers.iter().enumerate().any(|(other, router)| {
            other != index
                && router.held().iter().any(|held| {
                    held.address == address.address
                        && held.prefix == address.prefix
                        && router.config().carrier(held) == own.config().carrier(address)
                })
        })
    }
}

#[cfg(test)]
mod tests;
