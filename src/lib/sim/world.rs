//! The simulated world: hosts, the segment that joins them, a client, virtual time.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use super::clock::Clock;
use super::fault::Fault;
use super::history::{Entry, History, What};
use super::host::{Host, Packet};
use super::network::{Network, Quality};
use super::oracle::{Oracle, Violation};
use super::random::Random;
use super::service::Service;
use crate::engine::vrrp::{
    Action, Command, Event, NodeConfig, RouterId, State, TrackerId, Transmit, VirtualAddress,
};
use crate::time::Instant;
use crate::wire::ah;
use crate::wire::vrrp::{Advert, ChecksumSeen};

/// Times a host may wake at one moment before it is called stuck.
const SPINS: u32 = 1_000;
/// From the start of a process to the first results of its trackers.
const FIRST_VERDICT: Duration = Duration::from_millis(5);

/// Something in the future.
#[derive(Debug)]
enum Happening {
    Fault(Fault),
    Deliver { to: usize, packet: Packet },
    Wake { host: usize },
    Verdict { host: usize, tracker: TrackerId },
    Announcement { host: usize, addresses: Vec<IpAddr> },
}

/// Everything.
#[derive(Debug)]
pub struct World {
    pub(super) now: Instant,
    pub(super) hosts: Vec<Host>,
    pub(super) network: Network,
    /// The client's neighbour table: which host it believes to have an address.
    pub(super) neighbours: BTreeMap<IpAddr, usize>,
    pub(super) oracle: Oracle,
    pub(super) history: History,
    pub(super) judged: super::rules::Judged,
    pub(super) latency: Duration,
    /// How long addresses were without a host, once somebody asked to watch.
    pub(super) service: Option<Service>,
    queue: BTreeMap<(Instant, u64), Happening>,
    sequence: u64,
    random: Random,
    changed: bool,
}

impl World {
    /// A world of hosts that are switched off. Processes wake up to `latency` late.
    #[must_use]
    pub fn new(
        hosts: Vec<(NodeConfig, Clock)>,
        quality: Quality,
        latency: Duration,
        random: Random,
    ) -> Self {
        let configs: Vec<NodeConfig> = hosts.iter().map(|(config, _)| config.clone()).collect();
        let hosts: Vec<Host> = hosts
            .into_iter()
            .enumerate()
            .map(|(index, (config, clock))| {
                let (ipv4, ipv6) = addresses_of(index, &configs);
                Host::new(config, clock, ipv4, ipv6)
            })
            .collect();
        Self {
            now: Instant::ZERO,
            // One more station: the client.
            network: Network::new(hosts.len() + 1, quality),
            hosts,
            neighbours: BTreeMap::new(),
            oracle: Oracle::default(),
            history: History::default(),
            judged: super::rules::Judged::default(),
            latency,
            service: None,
            queue: BTreeMap::new(),
            sequence: 0,
            random,
            changed: false,
        }
    }

    /// Let `fault` happen at `at`.
    pub fn schedule(&mut self, at: Instant, fault: Fault) {
        self.push(at, Happening::Fault(fault));
    }

    /// Run until `end`; what is due then still happens.
    pub fn run(&mut self, end: Instant) {
        while let Some(next) = self.queue.first_entry().filter(|next| next.key().0 <= end) {
            self.now = next.key().0;
            let happening = next.remove();
            self.happen(happening);
            if std::mem::take(&mut self.changed) {
                self.judge();
            }
        }
        self.now = end;
    }

    /// What happened.
    #[must_use]
    pub const fn history(&self) -> &History {
        &self.history
    }

    /// What must not have happened.
    #[must_use]
    pub fn violations(&self) -> &[Violation] {
        self.oracle.violations()
    }

    fn push(&mut self, at: Instant, happening: Happening) {
        self.sequence += 1;
        self.queue.insert((at.max(self.now), self.sequence), happening);
    }

    pub(super) fn record(&mut self, host: Option<usize>, router: Option<RouterId>, what: What) {
        self.history.push(Entry { at: self.now, host, router, what });
    }

    pub(super) fn complain(&mut self, host: usize, what: String) {
        self.record(Some(host), None, What::Violation(what.clone()));
        self.oracle.complain(self.now, format!("host {host}: {what}"));
    }

    fn happen(&mut self, happening: Happening) {
        let now = self.now;
        match happening {
            Happening::Fault(fault) => self.apply(fault),
            Happening::Deliver { to, packet } => {
                let Some(host) = self.hosts.get_mut(to) else { return };
                host.receive(now, packet);
                self.settle(to);
            }
            Happening::Wake { host: index } => self.wake(index),
            Happening::Verdict { host: index, tracker } => {
                let Some(host) = self.hosts.get_mut(index) else { return };
                let local = host.clock.local(now);
                let up = host.verdicts.get(&tracker).copied().unwrap_or(true);
                if let Some(process) = &mut host.process {
                    process.node.handle_tracker(local, &tracker, Some(up));
                }
                self.settle(index);
            }
            Happening::Announcement { host, addresses } => {
                self.neighbours.extend(addresses.into_iter().map(|address| (address, host)));
            }
        }
    }

    fn wake(&mut self, index: usize) {
        let now = self.now;
        let Some(host) = self.hosts.get_mut(index) else { return };
        let Some(process) = &mut host.process else { return };
        // Deadlines move; only the wake-up that was asked for last counts.
        if process.frozen || process.wake.is_none_or(|(at, _)| at != now) {
            return;
        }
        process.wake = None;
        host.wake(now);
        self.settle(index);
    }

    fn apply(&mut self, fault: Fault) {
        let now = self.now;
        self.record(None, None, What::Fault(fault.clone()));
        self.note_fault(&fault);
        self.changed = true;
        match fault {
            Fault::Partition { mut side } => {
                // The client stays with host 0.
                if side.contains(&0) {
                    side.push(self.hosts.len());
                }
                self.network.partition(&side);
            }
            Fault::Heal => self.network.heal(),
            Fault::Path { from, to, open } => self.network.set(from, to, open),
            Fault::Quality(quality) => self.network.quality = quality,
            Fault::PowerOn { host } => {
                if let Some(host) = self.hosts.get_mut(host).filter(|host| !host.powered) {
                    host.powered = true;
                    host.start(now, false);
                }
                self.started(host);
            }
            Fault::PowerOff { host } => self.with(host, Host::power_off),
            Fault::Kill { host } => self.with(host, |host| host.process = None),
            Fault::Restart { host: index, lease } => {
                if let Some(host) =
                    self.hosts.get_mut(index).filter(|h| h.powered && h.process.is_none())
                {
                    host.start(now, lease);
                    self.started(index);
                }
            }
            Fault::Freeze { host } => self.with(host, |host| {
                if let Some(process) = &mut host.process {
                    process.frozen = true;
                    process.wake = None;
                }
            }),
            Fault::Thaw { host } => self.with(host, |host| host.thaw(now)),
            Fault::Link { host, up } => self.with(host, |host| {
                host.link_up = up;
                host.tell_links(now);
            }),
            Fault::Tracker { host, tracker, up } => {
                self.with(host, |host| host.set_verdict(now, &tracker, up));
                if matches!(tracker, TrackerId::Script(_)) {
                    self.push(now, Happening::Verdict { host, tracker });
                }
            }
            Fault::Command { host, command } => self.with(host, |host| {
                let local = host.clock.local(now);
                if let Some(process) = host.process.as_mut().filter(|p| !p.frozen) {
                    process.ending |= command == Command::Stop;
                    process.node.handle_command(local, None, &command);
                }
            }),
            Fault::Reload { host, config } => self.with(host, |host| host.reload(now, &config)),
            Fault::AddressRemoved { host, address } => {
                self.with(host, |host| remove_address(host, now, address));
            }
        }
    }

    /// Do something to a host, then what its node wants done.
    fn with(&mut self, index: usize, change: impl FnOnce(&mut Host)) {
        if let Some(host) = self.hosts.get_mut(index) {
            change(host);
            self.settle(index);
        }
    }

    /// A process has started: its trackers give their first results soon.
    fn started(&mut self, index: usize) {
        let Some(host) = self.hosts.get(index) else { return };
        let trackers: Vec<TrackerId> =
            host.config.trackers.iter().map(|tracker| tracker.id.clone()).collect();
        for tracker in trackers {
            self.push(self.now + FIRST_VERDICT, Happening::Verdict { host: index, tracker });
        }
        self.settle(index);
    }

    /// Carry out what the node of a host wants, and ask when it wants to be woken.
    fn settle(&mut self, index: usize) {
        while let Some((router, action)) = self
            .hosts
            .get_mut(index)
            .and_then(|host| host.process.as_mut())
            .filter(|process| !process.frozen)
            .and_then(|process| process.node.poll_action())
        {
            self.act(index, router, action);
        }
        let now = self.now;
        let late = self.random.duration(Duration::ZERO, self.latency);
        let Some(host) = self.hosts.get_mut(index) else { return };
        let Some(process) = host.process.as_mut().filter(|process| !process.frozen) else { return };
        if process.ending && process.node.is_stopped() {
            host.process = None;
            self.changed = true;
            self.record(Some(index), None, What::Ended);
            return;
        }
        let Some(deadline) = process.node.poll_timeout() else {
            process.wake = None;
            return;
        };
        if process.wake.is_some_and(|(_, asked)| asked == deadline) {
            return;
        }
        let at = host.clock.global(deadline).max(now) + late;
        process.spins = if at == now { process.spins + 1 } else { 0 };
        if process.spins > SPINS {
            process.wake = None;
            self.complain(index, format!("is due at {deadline:?} again and again"));
            return;
        }
        process.wake = Some((at, deadline));
        self.push(at, Happening::Wake { host: index });
    }

    fn act(&mut self, index: usize, router: RouterId, action: Action) {
        let now = self.now;
        match action {
            Action::Send(transmit) => self.send(index, router, &transmit),
            Action::Install(addresses) => {
                let addresses = plain(&addresses);
                if let Some(host) = self.hosts.get_mut(index) {
                    host.held.entry(router).or_default().extend(addresses.iter().copied());
                }
                self.changed = true;
                self.record(Some(index), Some(router), What::Installed(addresses));
            }
            Action::Withdraw(addresses) => {
                let addresses = plain(&addresses);
                if let Some(held) = self.hosts.get_mut(index).and_then(|h| h.held.get_mut(&router))
                {
                    held.retain(|address| !addresses.contains(address));
                }
                self.changed = true;
                self.record(Some(index), Some(router), What::Withdrawn(addresses));
            }
            Action::Announce { addresses, repeat, reason, .. } => {
                let addresses = plain(&addresses);
                self.announce(index, &addresses, repeat);
                self.record(Some(index), Some(router), What::Announced { addresses, reason });
            }
            Action::CancelAnnouncements => {}
            Action::Event(event) => {
                if let Event::Transition { from, to, .. } = &event {
                    self.transition(index, router, *from, *to);
                    if let Some(host) = self.hosts.get_mut(index).filter(|_| *to != State::Master) {
                        host.keep_lease(now, router, false);
                    }
                }
                self.changed = true;
                self.record(Some(index), Some(router), What::Event(event));
            }
        }
    }

    /// The client hears of addresses, unless every message is lost.
    fn announce(&mut self, index: usize, addresses: &[IpAddr], repeat: u32) {
        let client = self.hosts.len();
        let up = self.hosts.get(index).is_some_and(|host| host.link_up);
        if !up || !self.network.reaches(index, client) {
            return;
        }
        for _ in 0..repeat {
            for delay in self.network.delays(&mut self.random) {
                let addresses = addresses.to_vec();
                let at = self.now + delay;
                self.push(at, Happening::Announcement { host: index, addresses });
            }
        }
    }

    fn send(&mut self, index: usize, router: RouterId, transmit: &Transmit) {
        let Some(host) = self.hosts.get(index) else { return };
        let interfaces = host.interfaces();
        let interface = host
            .process
            .as_ref()
            .and_then(|process| process.views.get(&router))
            .map(|view| view.config.interface.clone())
            .unwrap_or_default();
        let segment = interfaces.iter().position(|name| *name == interface).unwrap_or(0);
        let link_up = host.link_up;
        let mut priority = 0;
        for (destination, bytes) in &transmit.packets {
            self.history.mix(bytes);
            let message = unsealed(transmit, bytes);
            match Advert::parse(message, transmit.source, *destination) {
                Ok(parsed) if parsed.checksum != ChecksumSeen::Wrong => {
                    priority = parsed.advert.priority;
                }
                other => self.complain(index, format!("sends {bytes:?}: {other:?}")),
            }
            if link_up {
                let message: Arc<[u8]> = bytes.as_slice().into();
                self.carry(index, &interface, segment, transmit, *destination, &message);
            }
        }
        let packets = transmit.packets.len();
        self.sent(index, router, priority);
        self.record(Some(index), Some(router), What::Sent { priority, packets });
    }

    /// Bring one message to every host that it is for and that it can reach.
    fn carry(
        &mut self,
        from: usize,
        interface: &str,
        segment: usize,
        transmit: &Transmit,
        destination: IpAddr,
        message: &Arc<[u8]>,
    ) {
        for to in (0..self.hosts.len()).filter(|to| *to != from) {
            let Some(host) = self.hosts.get(to) else { continue };
            if !self.network.reaches(from, to)
                || !(destination.is_multicast() || host.owns(destination))
            {
                continue;
            }
            // The same name is the same segment; hosts that name it differently count.
            let names = host.interfaces();
            let arrives = names.iter().find(|name| **name == interface);
            let Some(arrives) = arrives.or_else(|| names.get(segment)) else { continue };
            let packet = Packet {
                interface: (*arrives).to_owned(),
                source: transmit.source,
                destination,
                ttl: transmit.ttl,
                identification: identification(transmit, message),
                message: Arc::clone(message),
            };
            for delay in self.network.delays(&mut self.random) {
                let at = self.now + delay;
                self.push(at, Happening::Deliver { to, packet: packet.clone() });
            }
        }
    }
}

/// The advert in a message.
fn unsealed<'m>(transmit: &Transmit, message: &'m [u8]) -> &'m [u8] {
    match ah::Packet::parse(message) {
        Ok(packet) if transmit.sealed => packet.payload,
        _ => message,
    }
}

/// What the IP header of a sealed message says.
fn identification(transmit: &Transmit, message: &[u8]) -> Option<u16> {
    let packet = transmit.sealed.then(|| ah::Packet::parse(message).ok()).flatten();
    packet.map(|packet| packet.identification())
}

fn plain(addresses: &[VirtualAddress]) -> Vec<IpAddr> {
    addresses.iter().map(|address| address.address).collect()
}

fn remove_address(host: &mut Host, now: Instant, address: IpAddr) {
    let local = host.clock.local(now);
    let holder = host.held.iter_mut().find_map(|(id, held)| held.remove(&address).then_some(*id));
    if let (Some(id), Some(process)) = (holder, &mut host.process) {
        process.node.handle_address_lost(local, id, address);
    }
}

/// A host's own addresses: the one that all others name as their unicast peer, if there is one.
fn addresses_of(index: usize, configs: &[NodeConfig]) -> (Ipv4Addr, Ipv6Addr) {
    let peers = |config: &NodeConfig| -> Vec<IpAddr> {
        config.routers.iter().flat_map(|r| &r.peers).map(|peer| peer.address).collect()
    };
    let own: Vec<IpAddr> = configs.get(index).map(peers).unwrap_or_default();
    let others: Vec<Vec<IpAddr>> =
        configs.iter().enumerate().filter(|(i, _)| *i != index).map(|(_, c)| peers(c)).collect();
    let named: Vec<IpAddr> = others
        .first()
        .into_iter()
        .flatten()
        .filter(|address| !own.contains(address) && others.iter().all(|o| o.contains(address)))
        .copied()
        .collect();
    let last = u8::try_from(index + 1).unwrap_or(u8::MAX);
    let ipv4 = named.iter().find_map(|address| match address {
        IpAddr::V4(v4) => Some(*v4),
        IpAddr::V6(_) => None,
    });
    let ipv6 = named.iter().find_map(|address| match address {
        IpAddr::V6(v6) => Some(*v6),
        IpAddr::V4(_) => None,
    });
    (
        ipv4.unwrap_or(Ipv4Addr::new(198, 18, 0, last)),
        ipv6.unwrap_or(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, u16::from(last))),
    )
}
