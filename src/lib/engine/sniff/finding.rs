//! What is worth telling of a segment beside its packets: who became master and why, and what is
//! wrong, with the evidence.

use std::net::IpAddr;
use std::time::Duration;

use serde::Serialize;

use super::seen::Verdict;
use crate::engine::vrrp::Family;
use crate::wire::ethernet::Mac;
use crate::wire::vrrp::ChecksumSeen;

/// Tells one virtual router from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct VirtualRouterId {
    /// Number of the interface; see [`super::Observer::interface`].
    pub interface: u16,
    /// Innermost VLAN; zero without tags.
    pub vlan: u16,
    /// Family of the adverts.
    pub family: Family,
    /// Virtual router identifier.
    pub vrid: u8,
}

/// Something happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When, in nanoseconds since 1970.
    pub unix_nanos: u64,
    /// To which virtual router.
    pub router: VirtualRouterId,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Another master.
    Transition(Transition),
    /// A sender changed its priority.
    Priority {
        /// Who.
        source: IpAddr,
        /// What it was.
        from: u8,
        /// What it is.
        to: u8,
    },
    /// Something is wrong.
    Finding(Finding),
}

/// Another master.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transition {
    /// When its first advert was seen, in nanoseconds since 1970.
    pub unix_nanos: u64,
    /// Number of that packet.
    pub packet: u64,
    /// The one before; `None` when none was seen.
    pub from: Option<IpAddr>,
    /// The new one.
    pub to: IpAddr,
    /// Its priority.
    pub priority: u8,
    /// Why.
    pub cause: Cause,
    /// From the last advert of the one before to the first of this one, and the longest that the
    /// protocol gives it; where it had to wait.
    pub took: Option<(Duration, Duration)>,
}

/// Why there is another master.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// It was there when we began to look, or the first after a time without.
    FirstSeen,
    /// The one before said that it stops.
    MasterStopped,
    /// The one before was silent.
    MasterDownTimer,
    /// Its priority is higher.
    HigherPriority,
    /// Its priority is the same and its address higher.
    HigherAddress,
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Two masters at once, each going on although the other speaks.
    SplitBrain,
    /// They are one again.
    SplitBrainEnded,
    /// Two clusters use one VRID: their address lists have nothing in common.
    VridConflict,
    /// The address lists of two senders differ.
    AddressListDiffers,
    /// Their intervals differ.
    IntervalDiffers,
    /// Their protocol versions differ.
    VersionDiffers,
    /// Their kinds of authentication differ.
    AuthDiffers,
    /// Their checksums are made by different formulas.
    ChecksumDiffers,
    /// A TTL that receivers drop.
    WrongTtl,
    /// A checksum that fits no formula.
    WrongChecksum,
    /// Another check that fails.
    InvalidAdvert,
    /// The master changes again and again.
    Flapping,
    /// An advert came late.
    LateAdvert,
    /// Adverts did not come.
    MissingAdvert,
    /// A sender says again and again that it stops.
    PriorityZeroStorm,
    /// A virtual address is announced by who is not master.
    AddressElsewhere,
    /// A new master did not announce its addresses.
    Unannounced,
    /// A sender has another hardware address.
    MacMoved,
    /// Two hardware addresses send as one sender.
    Forged,
    /// The sequence number of an authenticated advert is not above the last one.
    Replayed,
    /// A takeover took longer than the protocol gives it.
    TakeoverLate,
    /// The master is silent and nobody took over.
    NoMaster,
}

impl Kind {
    /// Whether clients suffer from it, or will with the next fault.
    #[must_use]
    pub const fn is_critical(self) -> bool {
        matches!(
            self,
            Self::SplitBrain
                | Self::VridConflict
                | Self::AddressElsewhere
                | Self::Forged
                | Self::NoMaster
        )
    }

    /// Whether it says that something is right again.
    #[must_use]
    pub const fn is_relief(self) -> bool {
        matches!(self, Self::SplitBrainEnded)
    }
}

/// Something wrong, with the evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What.
    pub kind: Kind,
    /// Who is part of it.
    pub parties: Vec<Party>,
    /// Numbers of the packets that show it.
    pub packets: Vec<u64>,
    /// What was found.
    pub detail: Detail,
}

/// Who is part of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Party {
    /// Source of its adverts.
    pub source: IpAddr,
    /// Its hardware address, where the link tells it.
    #[serde(skip)]
    pub mac: Option<Mac>,
    /// Its priority.
    pub priority: u8,
}

/// What was found. Of two values the first party's comes first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Detail {
    /// The kind says it all.
    Nothing,
    /// It began then (nanoseconds since 1970) and lasted so long.
    Lasted {
        /// When it began.
        since_unix_nanos: u64,
        /// How long it has lasted.
        lasted: Duration,
    },
    /// Address lists.
    Lists([Vec<IpAddr>; 2]),
    /// Advertisement intervals.
    Intervals([Duration; 2]),
    /// Numbers: versions, or kinds of authentication.
    Numbers([u8; 2]),
    /// Checksum formulas.
    Checksums([ChecksumSeen; 2]),
    /// The check that failed.
    Verdict(Verdict),
    /// So many within this time.
    Count {
        /// How many.
        count: u64,
        /// Within which time.
        within: Duration,
    },
    /// A gap between two adverts.
    Gap {
        /// How long it was.
        gap: Duration,
        /// What was announced.
        interval: Duration,
        /// Adverts that should have been in it.
        missed: u64,
    },
    /// An address that is said to be elsewhere.
    Address {
        /// Which.
        address: IpAddr,
        /// Where it is said to be.
        mac: Mac,
    },
    /// Hardware addresses: before, and now.
    Macs([Mac; 2]),
    /// Sequence numbers: the last one, and this one.
    Sequences([u32; 2]),
    /// How long it took, and the limit.
    Took([Duration; 2]),
}
