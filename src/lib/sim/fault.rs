//! What can happen to a simulated network, one value for each blow and each repair.

use std::fmt;
use std::net::IpAddr;

use serde::Serialize;

use super::network::Quality;
use crate::engine::vrrp::{Command, NodeConfig, TrackerId};

/// One change from outside. Hosts are counted from 0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "fault")]
pub enum Fault {
    /// The host boots and its daemon starts. Nothing when it runs.
    PowerOn {
        /// Which.
        host: usize,
    },
    /// The host is gone at once, addresses and lease with it.
    PowerOff {
        /// Which.
        host: usize,
    },
    /// The process dies; the kernel keeps the addresses, the state directory the lease.
    Kill {
        /// Which.
        host: usize,
    },
    /// The successor of a killed process starts.
    Restart {
        /// Which.
        host: usize,
        /// Whether it finds the lease.
        lease: bool,
    },
    /// The process does not run; its packets queue.
    Freeze {
        /// Which.
        host: usize,
    },
    /// It runs again.
    Thaw {
        /// Which.
        host: usize,
    },
    /// The host's interfaces lose or regain their carrier.
    Link {
        /// Which.
        host: usize,
        /// Regain?
        up: bool,
    },
    /// Packets of one host stop or start arriving at another.
    Path {
        /// Sender.
        from: usize,
        /// Receiver.
        to: usize,
        /// Start?
        open: bool,
    },
    /// The segment splits; the client of the simulation stays with host 0.
    Partition {
        /// Hosts on one side.
        side: Vec<usize>,
    },
    /// Every path is open again.
    Heal,
    /// All links change their quality.
    Quality(Quality),
    /// A tracker of a host has a new verdict.
    Tracker {
        /// Which host.
        host: usize,
        /// Which tracker.
        tracker: TrackerId,
        /// Good?
        up: bool,
    },
    /// An operator gives an order for all routers of a host. `Stop` ends the process when the
    /// node is done.
    Command {
        /// Which host.
        host: usize,
        /// The order.
        command: Command,
    },
    /// A host gets another configuration.
    Reload {
        /// Which host.
        host: usize,
        /// All of the new configuration.
        config: NodeConfig,
    },
    /// Somebody removes a virtual address from the host that holds it.
    AddressRemoved {
        /// Which host; nothing when it does not hold it.
        host: usize,
        /// Which address.
        address: IpAddr,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PowerOn { host } => write!(f, "host {host} is switched on"),
            Self::PowerOff { host } => write!(f, "host {host} is switched off"),
            Self::Kill { host } => write!(f, "process of host {host} is killed"),
            Self::Restart { host, lease: true } => {
                write!(f, "process of host {host} is restarted with its lease")
            }
            Self::Restart { host, lease: false } => {
                write!(f, "process of host {host} is restarted without a lease")
            }
            Self::Freeze { host } => write!(f, "process of host {host} is frozen"),
            Self::Thaw { host } => write!(f, "process of host {host} runs again"),
            Self::Link { host, up: true } => write!(f, "host {host} has carrier"),
            Self::Link { host, up: false } => write!(f, "host {host} has no carrier"),
            Self::Path { from, to, open: true } => write!(f, "host {to} hears host {from} again"),
            Self::Path { from, to, open: false } => write!(f, "host {to} is deaf for host {from}"),
            Self::Partition { side } => write!(f, "hosts {side:?} are cut off from the others"),
            Self::Heal => write!(f, "everybody hears everybody"),
            Self::Quality(q) => write!(
                f,
                "links lose {} ppm, double {} ppm, take {:?} to {:?}",
                q.loss_ppm,
                q.duplicate_ppm,
                q.delay,
                q.longest()
            ),
            Self::Tracker { host, tracker, up } => {
                let (TrackerId::Script(name) | TrackerId::Interface(name)) = tracker;
                write!(f, "{name} on host {host} is {}", if *up { "good" } else { "bad" })
            }
            Self::Command { host, command } => write!(f, "host {host} is told: {command:?}"),
            Self::Reload { host, .. } => write!(f, "host {host} reloads its configuration"),
            Self::AddressRemoved { host, address } => {
                write!(f, "somebody removes {address} from host {host}")
            }
        }
    }
}
