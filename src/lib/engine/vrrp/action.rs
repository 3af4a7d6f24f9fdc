//! What a node wants done to the world, and what it tells about itself.

use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::config::VirtualAddress;
use crate::time::Instant;

/// State of a virtual router, in the words of every keepalived user (RFC 9568 calls master
/// "Active").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Not started, or waiting for a first tracker result.
    Init,
    /// Listening for the master's adverts.
    Backup,
    /// Sending adverts, holding the addresses.
    Master,
    /// Taken out of service by at least one [`Cause`].
    Fault,
    /// Ended for good.
    Stopped,
}

/// Why a router is in fault. Several may hold at once; it leaves fault with the last.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The router's interface is not up and running.
    InterfaceDown(String),
    /// The router's interface does not exist.
    InterfaceMissing(String),
    /// No usable source address of the router's family on its interface.
    NoSourceAddress(String),
    /// A tracked script with weight zero failed.
    Script(String),
    /// A tracked interface with weight zero is down.
    TrackedInterface(String),
    /// Another member of the sync group is in fault.
    SyncGroup(String),
    /// The operator asked for it.
    Maintenance,
}

/// Why a router changed state. One for every transition, shown to the operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The machine was started.
    Startup,
    /// A predecessor process was master until just now; its lease had not run out.
    Resumed,
    /// No advert for the master-down interval.
    MasterDownTimer,
    /// The master announced with priority 0 that it stops.
    MasterStopped,
    /// It owns the addresses (priority 255).
    AddressOwner,
    /// An advert of higher priority came from this address.
    HigherPriority(IpAddr),
    /// An advert of equal priority came from this greater address.
    HigherAddress(IpAddr),
    /// A cause of fault appeared.
    Fault(Cause),
    /// The last cause of fault went.
    FaultCleared,
    /// The sync group changed state.
    SyncGroup(String),
    /// The only master heard was this one, of lower priority, and we preempt.
    LowerPriority(IpAddr),
    /// The process slept past its own master-down interval.
    LateWakeup,
    /// Asked to stop, by signal or because the configuration no longer has it.
    Stop,
    /// The operator asked for it (`ha ctl promote`, `demote`).
    Command,
}

/// Which messages an announcement is about, for the counters and the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnnounceReason {
    /// First batch of a new master.
    BecameMaster,
    /// Second batch (`garp_master_delay`).
    Delayed,
    /// Periodic (`garp_master_refresh`).
    Refresh,
    /// A lower-priority router was heard: its segment may believe the wrong MAC.
    LowerPriorityHeard,
    /// The second batch after that.
    LowerPriorityDelayed,
    /// An address was added by a reload or restored.
    AddressRestored,
}

/// Index of a router in its node, stable for the node's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RouterId(pub usize);

/// Something the driver must do for a router, in the order given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Send one advert: the finished VRRP message, for every destination of the router.
    Send(Transmit),
    /// Put these addresses on their interfaces (idempotent).
    Install(Vec<VirtualAddress>),
    /// Take these addresses off their interfaces (idempotent).
    Withdraw(Vec<VirtualAddress>),
    /// Announce these addresses `repeat` times each (all addresses, then all again), not
    /// before the preceding `Install` is in the kernel.
    Announce {
        /// Which addresses.
        addresses: Vec<VirtualAddress>,
        /// Messages for each address.
        repeat: u32,
        /// Least gap between two messages on one interface; zero means none.
        interval: Duration,
        /// Why.
        reason: AnnounceReason,
    },
    /// Drop announcements that are still queued for this router.
    CancelAnnouncements,
    /// Tell whoever listens.
    Event(Event),
}

/// An advert to send. The IP header is the driver's: TTL 255 (or the router's
/// `unicast_ttl`), traffic class 0xC0, `source`, and one packet for each of `destinations`.
/// The IPv4 checksum with pseudo header depends on the destination, so `message` is computed
/// per destination.
///
/// A sealed one begins with an Authentication Header, which the IP header has to agree with: its
/// protocol, and the identification that follows from the sequence number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// Source address.
    pub source: IpAddr,
    /// Destination and VRRP message (checksum filled in), one for each destination.
    pub packets: Vec<(IpAddr, Vec<u8>)>,
    /// Each message has an Authentication Header in front.
    pub sealed: bool,
    /// It says that the router stops (priority 0).
    pub stops: bool,
    /// TTL or hop limit.
    pub ttl: u8,
    /// When it was due; the driver measures lateness against this.
    pub due: Instant,
}

/// What happened to a router or a group, for events, notification and status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A router changed state.
    Transition {
        /// Before.
        from: State,
        /// After.
        to: State,
        /// Why.
        reason: Reason,
        /// Effective priority after the change.
        priority: u8,
    },
    /// The effective priority changed.
    Priority {
        /// Before.
        from: u8,
        /// After.
        to: u8,
        /// Base priority and each weight in force, in words for the operator:
        /// `[("base", 100), ("script check_nginx", -20)]`.
        parts: Vec<(String, i16)>,
    },
    /// A master heard an advert that loses against its own.
    LowerPriorityHeard {
        /// Sender.
        source: IpAddr,
        /// Its priority.
        priority: u8,
    },
    /// Another master's identity became known or changed (backup side).
    MasterSeen {
        /// Sender of the accepted advert.
        source: IpAddr,
        /// Its priority.
        priority: u8,
    },
    /// An accepted advert names other addresses than ours (first time for this sender).
    AddressListDiffers {
        /// Sender.
        source: IpAddr,
    },
    /// A version 3 master advertises another interval than ours (first time).
    IntervalDiffers {
        /// Sender.
        source: IpAddr,
        /// Its interval.
        #[serde(rename = "interval_us", with = "crate::time::micros")]
        interval: Duration,
    },
    /// A packet was dropped by a receive check (first of its kind since the last change).
    Dropped {
        /// Sender.
        source: IpAddr,
        /// Why.
        drop: super::receive::Drop,
    },
    /// Another host uses our own source address.
    DuplicateSource {
        /// The address.
        source: IpAddr,
    },
    /// Somebody else removed one of our addresses; it has been put back and announced.
    AddressRestored {
        /// The address.
        address: IpAddr,
    },
    /// A sync group changed state (the id is that of the member that caused it).
    Group {
        /// Name of the group.
        name: String,
        /// State of the whole group.
        to: State,
        /// Why.
        reason: Reason,
    },
}
