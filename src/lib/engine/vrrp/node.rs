//! All virtual routers of one process, with their trackers and sync groups: the machine that a
//! driver, the simulator and the fuzzer drive.

use std::collections::VecDeque;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::action::{Action, Cause, RouterId, State};
use super::config::{Family, NodeConfig, RouterConfig, TrackerId};
use super::counters::Counters;
use super::receive::Datagram;
use crate::time::Instant;

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
    /// Enter or leave fault with [`Cause::Maintenance`].
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
    /// Addresses held now.
    pub addresses: Vec<IpAddr>,
    /// Counters since start.
    pub counters: Counters,
}

/// The machine.
#[derive(Debug)]
pub struct Node {
    actions: VecDeque<(RouterId, Action)>,
}

impl Node {
    /// A node that has not started: every router in init, nothing sent. Interfaces are unknown
    /// until [`Node::handle_link`] tells them.
    #[must_use]
    pub fn new(_config: &NodeConfig) -> Self {
        Self { actions: VecDeque::new() }
    }

    /// Start every router (after the first round of `handle_link`).
    pub fn start(&mut self, _now: Instant) {}

    /// Start one router as the successor of a crashed process that was master and sent its
    /// last advert at `last_sent`; the kernel still holds its addresses. Carries on as master
    /// when no peer can have taken over by now (`now < last_sent + down_timer_adverts *
    /// interval`), otherwise withdraws the addresses and starts as backup. Call before `start`.
    pub fn resume(&mut self, _now: Instant, _router: RouterId, _last_sent: Instant) {}

    /// The router that listens on `interface` for `family` and `vrid`.
    #[must_use]
    pub fn find(&self, _interface: &str, _family: Family, _vrid: u8) -> Option<RouterId> {
        None
    }

    /// A VRRP packet came in on `interface`.
    pub fn handle_datagram(&mut self, _now: Instant, _interface: &str, _datagram: &Datagram<'_>) {}

    /// An interface appeared, vanished or changed.
    pub fn handle_link(&mut self, _now: Instant, _interface: &str, _link: &Link) {}

    /// A tracker has a new verdict. `up: None` means unknown.
    pub fn handle_tracker(&mut self, _now: Instant, _tracker: &TrackerId, _up: Option<bool>) {}

    /// Somebody other than us removed an address that `router` holds.
    pub fn handle_address_lost(&mut self, _now: Instant, _router: RouterId, _address: IpAddr) {}

    /// An order for one router, or for all when `router` is `None`.
    pub fn handle_command(&mut self, _now: Instant, _router: Option<RouterId>, _command: &Command) {
    }

    /// A new configuration: matched routers keep their state and learn the difference, removed
    /// ones stop gracefully, new ones start. Ids of matched routers do not change.
    pub fn reload(&mut self, _now: Instant, _config: &NodeConfig) {}

    /// Time has passed. Call it at, or any time after, [`Node::poll_timeout`].
    ///
    /// The late wake-up fence is in here: a master that finds itself past `last_sent` plus its
    /// own master-down interval sends nothing and steps back to backup. The driver must drain
    /// (discard) its sockets on [`Node::is_late`] before calling.
    pub fn handle_timeout(&mut self, _now: Instant) {}

    /// Whether the process slept so long that a peer may have taken over from one of our
    /// masters: queued packets are stale and must be thrown away.
    #[must_use]
    pub fn is_late(&self, _now: Instant) -> bool {
        false
    }

    /// When to call [`Node::handle_timeout`] next.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        None
    }

    /// The next thing to do, in order, until `None`.
    pub fn poll_action(&mut self) -> Option<(RouterId, Action)> {
        self.actions.pop_front()
    }

    /// The configuration a router runs with.
    #[must_use]
    pub fn config(&self, _router: RouterId) -> Option<&RouterConfig> {
        None
    }

    /// Ids of all routers, also stopped ones.
    #[must_use]
    pub fn routers(&self) -> Vec<RouterId> {
        Vec::new()
    }

    /// A snapshot of one router.
    #[must_use]
    pub fn status(&self, _router: RouterId) -> Option<RouterStatus> {
        None
    }

    /// Counters of packets that matched no router (unknown VRID and such).
    #[must_use]
    pub fn counters(&self) -> Counters {
        Counters::default()
    }

    /// Whether every router has stopped and withdrawn its addresses: the process may end.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        true
    }
}
