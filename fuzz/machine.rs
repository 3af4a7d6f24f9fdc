//! What must hold for the node of virtual routers whatever it is told, and when: the bytes are
//! read as a configuration, then as inputs with times. The fuzz target calls it, and so does
//! `tests/fuzz_smoke.rs` with made-up bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use ha::engine::vrrp::input::{Input, Recorded, replay};
use ha::engine::vrrp::receive::Datagram;
use ha::engine::vrrp::{
    Action, AnnounceConfig, Cause, Checksum, Command, Event, Family, Link, Node, NodeConfig,
    Preempt, RouterConfig, RouterId, State, SyncGroupConfig, Tracked, TrackerConfig, TrackerId,
    UnicastPeer, VirtualAddress,
};
use ha::time::Instant;
use ha::wire::vrrp::{Advert, Auth, ChecksumVariant, GROUP_V4, GROUP_V6, Version};

/// When every history begins.
const START: Instant = Instant::from_nanos(1_000_000_000_000);
/// Inputs of one history.
const MOST_STEPS: usize = 200;

/// Bytes as a source of choices; after the end, zeros.
struct Choices<'a>(&'a [u8]);

impl Choices<'_> {
    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    fn word(&mut self) -> u64 {
        u64::from(self.byte()) << 8 | u64::from(self.byte())
    }

    fn flag(&mut self) -> bool {
        self.byte() & 1 == 1
    }

    fn below(&mut self, limit: u8) -> u8 {
        self.byte() % limit
    }

    fn of<T: Copy>(&mut self, list: &[T]) -> T {
        list[usize::from(self.byte()) % list.len()]
    }

    fn bytes(&mut self) -> Vec<u8> {
        let length = usize::from(self.below(48)).min(self.0.len());
        let (taken, rest) = self.0.split_at(length);
        self.0 = rest;
        taken.to_vec()
    }
}

fn host(family: Family, number: u8) -> IpAddr {
    match family {
        Family::Ipv4 => Ipv4Addr::new(10, 0, 0, number).into(),
        Family::Ipv6 => Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, number.into()).into(),
    }
}

fn interface(choices: &mut Choices<'_>) -> &'static str {
    choices.of(&["eth0", "eth0", "eth1"])
}

fn tracker(choices: &mut Choices<'_>) -> TrackerId {
    match choices.below(3) {
        0 => TrackerId::Interface("eth1".to_owned()),
        1 => TrackerId::Script("a".to_owned()),
        _ => TrackerId::Script("b".to_owned()),
    }
}

fn tracked(choices: &mut Choices<'_>) -> Vec<Tracked> {
    let tracked = |choices: &mut Choices<'_>| Tracked {
        tracker: tracker(choices),
        weight: choices.of(&[0, 0, -20, 30, -254, 254]),
        reverse: choices.flag(),
    };
    (0..choices.below(3)).map(|_| tracked(choices)).collect()
}

fn address(choices: &mut Choices<'_>, family: Family, number: u8) -> VirtualAddress {
    VirtualAddress {
        interface: choices.flag().then(|| "eth1".to_owned()),
        tracked: choices.flag(),
        ..VirtualAddress::plain(host(family, number), 24)
    }
}

/// Addresses `from` and up, each once: a router does not carry one twice.
fn addresses(choices: &mut Choices<'_>, family: Family, from: u8) -> Vec<VirtualAddress> {
    (0..choices.below(3)).map(|number| address(choices, family, from + number)).collect()
}

/// How soon and how often: also by millions, which a driver has to pace.
fn announce(choices: &mut Choices<'_>) -> AnnounceConfig {
    let delay = |choices: &mut Choices<'_>| Duration::from_millis(choices.of(&[0, 10, 5_000]));
    AnnounceConfig {
        repeat: choices.of(&[1, 5, u32::MAX]),
        delay: delay(choices),
        refresh: delay(choices),
        refresh_repeat: choices.of(&[0, 1, 5]),
        lower_priority_repeat: choices.of(&[0, 1, 5]),
        lower_priority_delay: delay(choices),
        interval: delay(choices),
    }
}

fn router(choices: &mut Choices<'_>) -> RouterConfig {
    let vrid = 1 + choices.below(3);
    let family = choices.of(&[Family::Ipv4, Family::Ipv4, Family::Ipv6]);
    let version = choices.of(&[Version::V2, Version::V3]);
    let flags = choices.byte();
    let millis: u64 = match version {
        Version::V2 => choices.of(&[1_000, 3_000, 255_000]),
        Version::V3 => choices.of(&[10, 100, 1_000, 40_950]),
    };
    let peers = if flags & 3 == 3 { choices.below(3) } else { 0 };
    RouterConfig {
        name: format!("{vrid}-{}", choices.below(3)),
        interface: interface(choices).to_owned(),
        vrid,
        family,
        version,
        priority: choices.of(&[1, 90, 100, 100, 254, 255]),
        advertisement_interval: Duration::from_millis(millis),
        addresses: addresses(choices, family, 100),
        excluded: addresses(choices, family, 102),
        starts_as_master: flags & 4 != 0,
        preempt: match choices.below(3) {
            0 => Preempt::Always,
            1 => Preempt::Never,
            _ => Preempt::After(Duration::from_millis(choices.word())),
        },
        auth: if version == Version::V2 && flags & 8 != 0 {
            Auth::Pass(*b"secret\0\0")
        } else {
            Auth::None
        },
        checksum: if flags & 16 == 0 { Checksum::PseudoHeader } else { Checksum::MessageOnly },
        down_timer_adverts: choices.of(&[3, 1, 100]),
        source: None,
        group: None,
        peers: (0..peers)
            .map(|_| UnicastPeer {
                address: host(family, 9 + choices.below(3)),
                min_ttl: choices.flag().then_some(254),
                max_ttl: None,
            })
            .collect(),
        unicast_ttl: choices.flag().then_some(64),
        check_unicast_source: flags & 32 != 0,
        skip_check_addresses: flags & 64 != 0,
        lower_priority_no_advert: flags & 128 != 0,
        higher_priority_send_advert: choices.flag(),
        owner_ignores_adverts: choices.flag(),
        track_primary: !choices.flag(),
        announce: announce(choices),
        tracked: tracked(choices),
    }
}

/// A configuration, if the bytes make a valid one.
fn plan(choices: &mut Choices<'_>) -> Option<NodeConfig> {
    let routers: Vec<_> = (0..=choices.below(3)).map(|_| router(choices)).collect();
    let members = routers.iter().map(|router| router.name.clone()).collect();
    let group = SyncGroupConfig { name: "G".to_owned(), members, tracked: tracked(choices) };
    let trackers = (0..choices.below(3))
        .map(|_| TrackerConfig { id: tracker(choices), init_fail: choices.flag() })
        .collect();
    let groups = if choices.flag() { vec![group] } else { Vec::new() };
    let startup_delay = Duration::from_millis(choices.of(&[0, 0, 2_500]));
    let plan = NodeConfig { routers, groups, trackers, startup_delay };
    plan.validate().is_ok().then_some(plan)
}

/// A packet: noise, or an advert much like what the router of the node expects.
fn packet(choices: &mut Choices<'_>, node: &Node) -> Input {
    let family = choices.of(&[Family::Ipv4, Family::Ipv4, Family::Ipv6]);
    let source = host(family, 9 + choices.below(4));
    let noise = choices.below(4) == 0;
    let router = RouterId(usize::from(choices.below(4)));
    let config = node.config(router).filter(|_| !noise);
    let Some(config) = config else {
        let destination = host(family, 10);
        let ttl = choices.byte();
        let datagram =
            Datagram { source, destination, ttl, identification: None, payload: &choices.bytes() };
        return Input::datagram(interface(choices), &datagram);
    };
    let source = host(config.family, 9 + choices.below(4));
    let destination = match (config.family, config.peers.is_empty()) {
        (Family::Ipv4, true) => GROUP_V4.into(),
        (Family::Ipv6, true) => GROUP_V6.into(),
        (family, false) => host(family, 10),
    };
    let advert = Advert {
        version: config.version,
        vrid: config.vrid,
        priority: choices.of(&[0, 1, 50, 90, 100, 101, 200, 254, 255]),
        advertisement_interval: match choices.below(6) {
            0 => Duration::from_millis(choices.word() % 4_096 * 10),
            _ => config.advertisement_interval,
        },
        auth: if choices.below(8) == 0 { Auth::None } else { config.auth },
        addresses: config.addresses.iter().map(|each| each.address).collect(),
    };
    let mut payload = advert.emit(source, destination, ChecksumVariant::PseudoHeader);
    if choices.below(8) == 0 {
        let at = usize::from(choices.byte()) % payload.len();
        payload[at] ^= choices.byte();
    }
    let ttl = choices.of(&[255, 255, 255, 254, 1]);
    let datagram = Datagram { source, destination, ttl, identification: None, payload: &payload };
    Input::datagram(&config.interface, &datagram)
}

fn link(choices: &mut Choices<'_>) -> Link {
    let flags = choices.byte();
    let address = |family| host(family, 9 + flags % 3);
    let (IpAddr::V4(ipv4), IpAddr::V6(ipv6)) = (address(Family::Ipv4), address(Family::Ipv6))
    else {
        unreachable!("each of its family")
    };
    Link {
        exists: flags & 0x1c != 0,
        up: flags & 0x60 != 0,
        ipv4: (flags & 0x81 != 0).then_some(ipv4),
        ipv6: (flags & 0x82 != 0).then_some(ipv6),
    }
}

fn command(choices: &mut Choices<'_>) -> Command {
    match choices.below(8) {
        0 => Command::Stop,
        1..=3 => Command::Demote,
        4 | 5 => Command::Promote,
        6 => Command::Maintenance(true),
        _ => Command::Maintenance(false),
    }
}

fn input(choices: &mut Choices<'_>, node: &Node) -> Option<Input> {
    let router = |choices: &mut Choices<'_>| RouterId(usize::from(choices.below(4)));
    Some(match choices.below(20) {
        0..=4 => packet(choices, node),
        5 | 6 => Input::Link { interface: interface(choices).to_owned(), link: link(choices) },
        7 | 8 => {
            let up = choices.of(&[None, Some(false), Some(true)]);
            Input::Tracker { tracker: tracker(choices), up }
        }
        9 => {
            let family = choices.of(&[Family::Ipv4, Family::Ipv6]);
            let address = host(family, 100 + choices.below(4));
            Input::AddressLost { router: router(choices), address }
        }
        10 => {
            let router = choices.flag().then(|| router(choices));
            Input::Command { router, command: command(choices) }
        }
        11 => Input::Configure(plan(choices)?),
        12 => Input::AdvertsDue,
        _ => Input::Timeout,
    })
}

/// When the next input comes: now, when the node asked for it, or when it comes.
fn later(choices: &mut Choices<'_>, now: Instant, node: &Node) -> Instant {
    match choices.below(8) {
        0 | 1 => now,
        2..=5 => node.poll_timeout().map_or(now, |due| due.max(now)),
        6 => now + Duration::from_millis(choices.word()),
        _ => now + Duration::from_micros(choices.word()),
    }
}

/// What the actions so far add up to.
#[derive(Default)]
struct World {
    states: BTreeMap<RouterId, State>,
    /// As the kernel would hold them. Two routers may share one while it changes hands.
    installed: BTreeSet<(String, IpAddr, u8)>,
    /// Withdrawn since the last input: two routers that share an address may both give it up.
    withdrawn: BTreeSet<(String, IpAddr, u8)>,
}

impl World {
    /// A predecessor left its addresses in the kernel.
    fn adopt(&mut self, node: &Node, id: RouterId) {
        let Some(config) = node.config(id) else { return };
        let all = config.all_addresses();
        let keys =
            all.iter().map(|each| (config.carrier(each).to_owned(), each.address, each.prefix));
        self.installed.extend(keys);
    }

    fn apply(&mut self, node: &Node, id: RouterId, action: &Action) {
        let config = node.config(id).expect("actions are of routers that exist");
        let key =
            |each: &VirtualAddress| (config.carrier(each).to_owned(), each.address, each.prefix);
        match action {
            Action::Install(addresses) => self.installed.extend(addresses.iter().map(key)),
            Action::Withdraw(addresses) => {
                for each in addresses {
                    let there = self.installed.remove(&key(each));
                    let again = !self.withdrawn.insert(key(each));
                    assert!(there || again, "withdraws what nobody had");
                }
            }
            Action::Event(Event::Transition { from, to, .. }) => {
                let before = self.states.insert(id, *to).unwrap_or(State::Init);
                assert_eq!(before, *from, "transitions follow each other");
                assert!(from != to || *to == State::Master, "{from:?} to itself");
            }
            Action::Announce { addresses, repeat, .. } => {
                assert!(*repeat > 0 && !addresses.is_empty());
                for each in addresses {
                    assert!(self.installed.contains(&key(each)), "announces what is not there");
                }
            }
            Action::Send(transmit) => {
                assert!(!transmit.packets.is_empty());
                for (destination, message) in &transmit.packets {
                    let parsed = Advert::parse(message, transmit.source, *destination);
                    assert_eq!(parsed.expect("our own advert").advert.vrid, config.vrid);
                }
            }
            Action::CancelAnnouncements | Action::Event(_) => {}
        }
    }

    fn agrees_with(&self, node: &Node) {
        let mut held = BTreeSet::new();
        for id in node.routers() {
            let status = node.status(id).expect("it exists");
            let state = self.states.get(&id).copied().unwrap_or(State::Init);
            assert_eq!(state, status.state);
            let failed = |cause: &Cause| !matches!(cause, Cause::Maintenance | Cause::SyncGroup(_));
            if state == State::Fault && status.causes.iter().any(failed) {
                assert!(status.addresses.is_empty(), "a fault holds addresses");
            }
            held.extend(status.addresses);
        }
        let installed: BTreeSet<_> =
            self.installed.iter().map(|(_, address, _)| *address).collect();
        assert_eq!(installed, held);
    }
}

/// Packets in all counters together.
fn counted(node: &Node) -> u64 {
    let own = node.routers().into_iter().filter_map(|id| Some(node.status(id)?.counters));
    own.chain([node.counters()])
        .map(|counters| counters.adverts_accepted + counters.dropped.values().sum::<u64>())
        .sum()
}

/// The actions of a node never contradict each other, nor its status; it never asks to be woken
/// in its past; it counts every packet once; and the same history gives the same actions.
pub fn node(data: &[u8]) {
    let mut choices = Choices(data);
    let Some(config) = plan(&mut choices) else { return };
    let mut history = vec![Recorded { now: START, input: Input::Configure(config) }];
    let up = |interface: &str| Input::Link {
        interface: interface.to_owned(),
        link: link(&mut Choices(&[0xff])),
    };
    history.extend(["eth0", "eth1"].map(|each| Recorded { now: START, input: up(each) }));
    let started = choices.below(16) != 0;
    let resumed = choices.below(4) == 0;
    if resumed {
        let router = RouterId(0);
        let last_sent = START - Duration::from_millis(choices.word());
        history.push(Recorded { now: START, input: Input::Resume { router, last_sent } });
    }
    if started {
        history.push(Recorded { now: START, input: Input::Start });
    }
    let mut node = Node::default();
    let mut world = World::default();
    let mut actions = Vec::new();
    let (mut packets, mut now, mut step) = (0, START, 0);
    loop {
        let Some(Recorded { now: at, input }) = history.get(step) else {
            if choices.0.is_empty() || step > MOST_STEPS {
                break;
            }
            now = later(&mut choices, now, &node);
            let input = input(&mut choices, &node).unwrap_or(Input::Timeout);
            history.push(Recorded { now, input });
            continue;
        };
        world.withdrawn.clear();
        node.apply(*at, input);
        packets += u64::from(matches!(input, Input::Datagram { .. }));
        if let Input::Resume { router, .. } = input {
            world.adopt(&node, *router);
        }
        while let Some((id, action)) = node.poll_action() {
            world.apply(&node, id, &action);
            actions.push((*at, id, action));
        }
        world.agrees_with(&node);
        if matches!(input, Input::Timeout) {
            assert!(node.poll_timeout().is_none_or(|due| due > *at), "a busy loop");
        }
        step += 1;
    }
    assert_eq!(counted(&node), packets);
    assert_eq!(replay(&history).1, actions, "the same history, other actions");
}
