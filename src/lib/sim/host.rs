//! One simulated host: a kernel that keeps addresses, a process that may not run, a clock.
//!
//! It does to its node what the daemon's driver does, in the same order; what leaves the host is
//! left to the caller.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use super::clock::Clock;
use crate::engine::vrrp::receive::Datagram;
use crate::engine::vrrp::{
    Family, Link, Node, NodeConfig, RouterConfig, RouterId, State, TrackerId,
};
use crate::time::Instant;

/// Packets that a socket keeps for a process that does not read.
const INBOX: usize = 1024;

/// What all hosts mean by one virtual router.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct VirtualRouter {
    /// Its family.
    pub family: Family,
    /// Its VRID.
    pub vrid: u8,
}

impl VirtualRouter {
    /// The one that `config` takes part in.
    #[must_use]
    pub fn of(config: &RouterConfig) -> Self {
        Self { family: config.family, vrid: config.vrid }
    }
}

/// A VRRP packet on its way to a host.
#[derive(Clone, Debug)]
pub struct Packet {
    /// Interface that it arrives on.
    pub interface: String,
    /// IP source.
    pub source: IpAddr,
    /// IP destination.
    pub destination: IpAddr,
    /// TTL on arrival.
    pub ttl: u8,
    /// Identification of the IP header of a sealed message.
    pub identification: Option<u16>,
    /// The VRRP message, with its Authentication Header if it is sealed.
    pub message: Arc<[u8]>,
}

/// What is known about one router of a running process from outside.
#[derive(Clone, Debug)]
pub struct View {
    /// Which virtual router it is part of.
    pub virtual_router: VirtualRouter,
    /// Its configuration.
    pub config: RouterConfig,
    /// State, from its transitions.
    pub state: State,
    /// When its last advert left, since it became master (simulation time).
    pub sent: Option<Instant>,
    /// Adverts that left.
    pub adverts: u64,
}

/// A running process.
#[derive(Debug)]
pub struct Process {
    /// The machine.
    pub node: Node,
    /// Its routers.
    pub views: BTreeMap<RouterId, View>,
    /// Whether it is stopped by a signal: it does nothing, packets queue.
    pub frozen: bool,
    /// Whether it was told to stop and ends when its node is done.
    pub ending: bool,
    /// The moment it wakes next (simulation time) and the deadline that is for (host time).
    pub wake: Option<(Instant, Instant)>,
    /// Times it woke at `wake` in a row without the clock moving.
    pub spins: u32,
    /// Packets its node was given.
    pub received: u64,
    inbox: Vec<Packet>,
}

/// A host.
#[derive(Debug)]
pub struct Host {
    /// Its configuration.
    pub config: NodeConfig,
    /// Its clock.
    pub clock: Clock,
    /// Whether it has power.
    pub powered: bool,
    /// Whether its interfaces have carrier.
    pub link_up: bool,
    /// The running process.
    pub process: Option<Process>,
    /// Addresses in the kernel, by router.
    pub held: BTreeMap<RouterId, BTreeSet<IpAddr>>,
    /// Interfaces that are down although the host has carrier.
    pub down: BTreeSet<String>,
    /// Verdicts of trackers; good when absent.
    pub verdicts: BTreeMap<TrackerId, bool>,
    /// When each instance sent its last advert as master (host time).
    lease: BTreeMap<String, Instant>,
    ipv4: Ipv4Addr,
    ipv6: Ipv6Addr,
}

impl Host {
    /// A host without power, with addresses of its own.
    #[must_use]
    pub fn new(config: NodeConfig, clock: Clock, ipv4: Ipv4Addr, ipv6: Ipv6Addr) -> Self {
        Self {
            config,
            clock,
            powered: false,
            link_up: true,
            process: None,
            held: BTreeMap::new(),
            down: BTreeSet::new(),
            verdicts: BTreeMap::new(),
            lease: BTreeMap::new(),
            ipv4,
            ipv6,
        }
    }

    /// Interfaces that adverts use, each once, in the order of the configuration.
    #[must_use]
    pub fn interfaces(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for router in &self.config.routers {
            if !names.contains(&router.interface.as_str()) {
                names.push(&router.interface);
            }
        }
        names
    }

    /// Every interface the node may ask about.
    fn known_interfaces(&self) -> BTreeSet<String> {
        let of_routers = self.config.routers.iter().map(|router| router.interface.clone());
        let tracked = self.trackers().into_iter().filter_map(|tracker| match tracker {
            TrackerId::Interface(name) => Some(name),
            TrackerId::Script(_) => None,
        });
        of_routers.chain(tracked).collect()
    }

    /// Whether packets to `address` are for this host (its own addresses, not virtual ones).
    #[must_use]
    pub fn owns(&self, address: IpAddr) -> bool {
        address == IpAddr::V4(self.ipv4)
            || address == IpAddr::V6(self.ipv6)
            || self.config.routers.iter().any(|router| router.source == Some(address))
    }

    /// What the node is told about an interface now.
    fn link(&self, name: &str) -> Link {
        let up = self.link_up && !self.down.contains(name);
        Link { exists: true, up, ipv4: Some(self.ipv4), ipv6: Some(self.ipv6) }
    }

    /// Everything that routers and groups of this host track.
    #[must_use]
    pub fn trackers(&self) -> BTreeSet<TrackerId> {
        let routers = self.config.routers.iter().flat_map(|router| &router.tracked);
        let groups = self.config.groups.iter().flat_map(|group| &group.tracked);
        routers.chain(groups).map(|tracked| tracked.tracker.clone()).collect()
    }

    /// Start a process at `now`. With `lease` it takes up what the last one left, otherwise what
    /// is left in the kernel is swept away.
    pub fn start(&mut self, now: Instant, lease: bool) {
        let local = self.clock.local(now);
        let mut node = Node::new(&self.config);
        for name in self.known_interfaces() {
            node.handle_link(local, &name, &self.link(&name));
        }
        if lease {
            for id in node.routers() {
                let last = node.config(id).and_then(|config| self.lease.get(&config.name)).copied();
                let holds = self.held.get(&id).is_some_and(|held| !held.is_empty());
                if let Some(last) = last.filter(|_| holds) {
                    node.resume(local, id, last);
                }
            }
        } else {
            self.held.clear();
        }
        self.lease.clear();
        node.start(local);
        self.process = Some(Process {
            node,
            views: BTreeMap::new(),
            frozen: false,
            ending: false,
            wake: None,
            spins: 0,
            received: 0,
            inbox: Vec::new(),
        });
        self.refresh_views();
    }

    /// Learn the routers of the node again, keeping what is known about their states.
    pub fn refresh_views(&mut self) {
        let Some(process) = &mut self.process else { return };
        for id in process.node.routers() {
            let Some(config) = process.node.config(id) else { continue };
            let view = process.views.entry(id).or_insert_with(|| View {
                virtual_router: VirtualRouter::of(config),
                config: config.clone(),
                state: State::Init,
                sent: None,
                adverts: 0,
            });
            view.virtual_router = VirtualRouter::of(config);
            view.config = config.clone();
            view.sent = None;
        }
    }

    /// Take another configuration, now or at the next start.
    pub fn reload(&mut self, now: Instant, config: &NodeConfig) {
        self.config = config.clone();
        let local = self.clock.local(now);
        if let Some(process) = &mut self.process {
            process.node.reload(local, config);
        }
        self.refresh_views();
    }

    /// Lose power: process, addresses and lease are gone.
    pub fn power_off(&mut self) {
        self.powered = false;
        self.process = None;
        self.held.clear();
        self.lease.clear();
    }

    /// Tell the node how its interfaces are.
    pub fn tell_links(&mut self, now: Instant) {
        let local = self.clock.local(now);
        let names = self.known_interfaces().into_iter();
        let links: Vec<_> = names.map(|name| (self.link(&name), name)).collect();
        if let Some(process) = &mut self.process {
            for (link, name) in links {
                process.node.handle_link(local, &name, &link);
            }
        }
    }

    /// A tracker has a new verdict, which a script's node is told of later, an interface's now.
    pub fn set_verdict(&mut self, now: Instant, tracker: &TrackerId, up: bool) {
        match tracker {
            TrackerId::Interface(name) if up => drop(self.down.remove(name)),
            TrackerId::Interface(name) => drop(self.down.insert(name.clone())),
            TrackerId::Script(_) => drop(self.verdicts.insert(tracker.clone(), up)),
        }
        self.tell_links(now);
    }

    /// A packet arrives.
    pub fn receive(&mut self, now: Instant, packet: Packet) {
        let local = self.clock.local(now);
        let Some(process) = self.process.as_mut().filter(|_| self.powered && self.link_up) else {
            return;
        };
        if !process.frozen {
            process.handle(local, &packet);
        } else if process.inbox.len() < INBOX {
            process.inbox.push(packet);
        }
    }

    /// Time has passed.
    pub fn wake(&mut self, now: Instant) {
        let local = self.clock.local(now);
        if let Some(process) = self.process.as_mut().filter(|process| !process.frozen) {
            process.node.handle_timeout(local);
        }
    }

    /// Run again after a freeze: stale packets are thrown away when the node says it is late,
    /// handled before the timers otherwise.
    pub fn thaw(&mut self, now: Instant) {
        let local = self.clock.local(now);
        let Some(process) = self.process.as_mut().filter(|process| process.frozen) else { return };
        process.frozen = false;
        let queued = std::mem::take(&mut process.inbox);
        if !process.node.is_late(local) {
            for packet in &queued {
                process.handle(local, packet);
            }
        }
        process.node.handle_timeout(local);
    }

    /// Remember that a router has just sent an advert as master, or that it stops being one.
    pub fn keep_lease(&mut self, now: Instant, router: RouterId, master: bool) {
        let local = self.clock.local(now);
        let Some(view) = self.process.as_ref().and_then(|p| p.views.get(&router)) else { return };
        if master {
            self.lease.insert(view.config.name.clone(), local);
        } else {
            self.lease.remove(&view.config.name);
        }
    }

    /// Whether the process runs and is not frozen.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.powered && self.process.as_ref().is_some_and(|process| !process.frozen)
    }

    /// Whether it runs and its interfaces work.
    #[must_use]
    pub fn is_on_the_air(&self) -> bool {
        self.is_running() && self.link_up
    }

    /// All routers of the process, also stopped ones.
    pub fn views(&self) -> impl Iterator<Item = (RouterId, &View)> {
        let views = self.process.iter().flat_map(|process| &process.views);
        views.map(|(id, view)| (*id, view))
    }

    /// This host's part in `virtual_router`. A part that was stopped by a reload and is back has
    /// another router.
    #[must_use]
    pub fn view(&self, virtual_router: VirtualRouter) -> Option<(RouterId, &View)> {
        let mut parts = self.views().filter(|(_, view)| view.state != State::Stopped);
        parts.find(|(_, view)| view.virtual_router == virtual_router)
    }

    /// Whether it holds at least one address of `router`.
    #[must_use]
    pub fn holds_any(&self, router: RouterId) -> bool {
        self.held.get(&router).is_some_and(|held| !held.is_empty())
    }
}

impl Process {
    fn handle(&mut self, local: Instant, packet: &Packet) {
        self.received += 1;
        let datagram = Datagram {
            source: packet.source,
            destination: packet.destination,
            ttl: packet.ttl,
            identification: packet.identification,
            payload: &packet.message,
        };
        self.node.handle_datagram(local, &packet.interface, &datagram);
    }
}
