//! A bench for the tests of this folder: a node with a clock that runs by itself from one due
//! time to the next, peers that send real bytes, and actions written down as short lines.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use super::{
    Action, AnnounceConfig, Checksum, Command, Event, Family, Link, Node, NodeConfig, Preempt,
    Reason, RouterConfig, RouterId, State, Tracked, TrackerId, VirtualAddress, receive::Datagram,
};
use crate::time::Instant;
use crate::wire::vrrp::{Advert, Auth, ChecksumVariant, GROUP_V4, Version};

/// Source address of the router under test.
pub const OWN: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 10));
/// A peer with a smaller source address.
pub const LOW: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 9));
/// A peer with a greater source address.
pub const HIGH: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 11));
/// The virtual address of router 0.
pub const VIP: &str = "10.0.0.100";
/// The time at which every bench starts.
pub const START: Instant = Instant::from_nanos(1_000_000_000_000);

/// `START` plus so many milliseconds.
pub fn ms(millis: u64) -> Instant {
    START + Duration::from_millis(millis)
}

/// An address as `virtual_ipaddress` would make it.
pub fn vip(address: &str) -> VirtualAddress {
    VirtualAddress::plain(address.parse().unwrap(), 24)
}

/// A version 3 router on `eth0` with one address and one-second adverts.
pub fn router(name: &str, vrid: u8, priority: u8) -> RouterConfig {
    RouterConfig {
        name: name.to_owned(),
        interface: "eth0".to_owned(),
        vrid,
        family: Family::Ipv4,
        version: Version::V3,
        priority,
        advertisement_interval: Duration::from_secs(1),
        addresses: vec![vip(&format!("10.0.0.{}", 99 + u16::from(vrid)))],
        excluded: Vec::new(),
        starts_as_master: priority == 255,
        preempt: Preempt::Always,
        auth: Auth::None,
        checksum: Checksum::PseudoHeader,
        down_timer_adverts: 3,
        source: None,
        group: None,
        peers: Vec::new(),
        unicast_ttl: None,
        check_unicast_source: false,
        skip_check_addresses: false,
        lower_priority_no_advert: false,
        higher_priority_send_advert: true,
        owner_ignores_adverts: false,
        track_primary: true,
        announce: AnnounceConfig { delay: Duration::ZERO, ..AnnounceConfig::default() },
        tracked: Vec::new(),
    }
}

/// The one router of most tests.
pub fn single(priority: u8) -> RouterConfig {
    router("VI_1", 1, priority)
}

pub fn node(routers: Vec<RouterConfig>) -> NodeConfig {
    NodeConfig { routers, ..NodeConfig::default() }
}

pub fn script(name: &str) -> TrackerId {
    TrackerId::Script(name.to_owned())
}

pub fn tracked(name: &str, weight: i16) -> Tracked {
    Tracked { tracker: script(name), weight, reverse: false }
}

/// An interface that works.
pub fn up() -> Link {
    let IpAddr::V4(own) = OWN else { unreachable!() };
    Link { exists: true, up: true, ipv4: Some(own), ipv6: Some("fe80::10".parse().unwrap()) }
}

pub fn down() -> Link {
    Link { up: false, ..up() }
}

/// What the bytes of an advert like the router's own look like, from someone else.
pub fn advert(config: &RouterConfig, priority: u8) -> Advert {
    Advert {
        version: config.version,
        vrid: config.vrid,
        priority,
        advertisement_interval: config.advertisement_interval,
        auth: config.auth,
        addresses: config.addresses.iter().map(|each| each.address).collect(),
    }
}

pub struct Bench {
    pub node: Node,
    pub now: Instant,
}

impl Bench {
    /// A node whose interfaces all work, not started.
    pub fn idle(config: &NodeConfig) -> Self {
        let mut bench = Self { node: Node::new(config), now: START };
        for interface in ["eth0", "eth1"] {
            bench.node.handle_link(START, interface, &up());
        }
        bench
    }

    /// A node that was started at `START`, its first actions forgotten.
    pub fn started(config: &NodeConfig) -> Self {
        let mut bench = Self::idle(config);
        bench.node.start(START);
        bench.take();
        bench
    }

    /// One router that is backup since `START`.
    pub fn backup(config: RouterConfig) -> Self {
        let bench = Self::started(&node(vec![config]));
        assert_eq!(bench.state(), State::Backup);
        bench
    }

    /// One router that is master since `START` (promoted), its actions forgotten.
    pub fn master(config: RouterConfig) -> Self {
        let mut bench = Self::started(&node(vec![config]));
        bench.command(&Command::Promote);
        bench.take();
        assert_eq!(bench.state(), State::Master);
        bench
    }

    pub fn state(&self) -> State {
        self.state_of(0)
    }

    pub fn state_of(&self, index: usize) -> State {
        self.node.status(RouterId(index)).unwrap().state
    }

    pub fn reason(&self) -> Reason {
        self.node.status(RouterId(0)).unwrap().reason.unwrap()
    }

    /// When the next thing is due, in microseconds after `START`.
    pub fn due(&self) -> Option<u64> {
        let due = self.node.poll_timeout()?;
        Some(u64::try_from(due.saturating_since(START).as_micros()).unwrap())
    }

    /// Let time pass until `then`, with every timeout at its moment.
    pub fn run_until(&mut self, then: Instant) {
        while let Some(due) = self.node.poll_timeout().filter(|due| *due <= then) {
            self.now = self.now.max(due);
            self.node.handle_timeout(self.now);
        }
        self.now = then;
    }

    /// Let time pass without the process running, then let it run.
    pub fn sleep_until(&mut self, then: Instant) {
        self.now = then;
        self.node.handle_timeout(then);
    }

    pub fn hear(&mut self, source: IpAddr, priority: u8) {
        let config = self.node.config(RouterId(0)).unwrap().clone();
        self.hear_advert(source, &advert(&config, priority));
    }

    pub fn hear_on(&mut self, index: usize, source: IpAddr, priority: u8) {
        let config = self.node.config(RouterId(index)).unwrap().clone();
        let bytes =
            advert(&config, priority).emit(source, GROUP_V4.into(), ChecksumVariant::PseudoHeader);
        self.hear_bytes(&config.interface, source, &bytes);
    }

    pub fn hear_advert(&mut self, source: IpAddr, advert: &Advert) {
        let bytes = advert.emit(source, GROUP_V4.into(), ChecksumVariant::PseudoHeader);
        self.hear_bytes("eth0", source, &bytes);
    }

    pub fn hear_bytes(&mut self, interface: &str, source: IpAddr, payload: &[u8]) {
        let datagram = Datagram {
            source,
            destination: GROUP_V4.into(),
            ttl: 255,
            identification: None,
            payload,
        };
        self.node.handle_datagram(self.now, interface, &datagram);
    }

    pub fn link(&mut self, link: &Link) {
        self.node.handle_link(self.now, "eth0", link);
    }

    pub fn track(&mut self, name: &str, up: bool) {
        self.node.handle_tracker(self.now, &script(name), Some(up));
    }

    pub fn command(&mut self, command: &Command) {
        self.node.handle_command(self.now, Some(RouterId(0)), command);
    }

    pub fn reload(&mut self, config: &NodeConfig) {
        self.node.reload(self.now, config);
    }

    /// The actions so far, as short lines; with the router's number when there are several.
    pub fn take(&mut self) -> Vec<String> {
        let several = self.node.routers().len() > 1;
        let mut lines = Vec::new();
        while let Some((id, action)) = self.node.poll_action() {
            let mut line = if several { format!("{}: ", id.0) } else { String::new() };
            describe(&mut line, &action);
            lines.push(line);
        }
        lines
    }
}

fn describe(line: &mut String, action: &Action) {
    let list = |addresses: &[VirtualAddress]| {
        addresses.iter().map(|each| each.address.to_string()).collect::<Vec<_>>().join(" ")
    };
    match action {
        Action::Send(transmit) => {
            let (_, message) = &transmit.packets[0];
            write!(line, "send {}", message[2])
        }
        Action::Install(addresses) => write!(line, "install {}", list(addresses)),
        Action::Withdraw(addresses) => write!(line, "withdraw {}", list(addresses)),
        Action::Announce { addresses, repeat, reason, .. } => {
            write!(line, "announce {} x{repeat} {}", list(addresses), word(reason))
        }
        Action::CancelAnnouncements => write!(line, "cancel"),
        Action::Event(Event::Transition { from, to, reason, .. }) => {
            write!(line, "{} -> {}: {}", word(from), word(to), word(reason))
        }
        Action::Event(event) => write!(line, "event {}", word(event)),
    }
    .unwrap();
}

/// A value as its JSON, without the quotes and braces that add nothing.
fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap().replace(['"', '{', '}'], "")
}
