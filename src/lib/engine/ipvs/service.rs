//! What clients talk to, and how they are spread over the destinations.

use std::net::{IpAddr, Ipv4Addr};

use serde::{Deserialize, Serialize};

use crate::engine::vrrp::Family;

/// Most addresses that one range of a service has: the last 16 bits of an IPv6 address.
pub const LONGEST_RANGE: u32 = 65_536;

/// Transport protocol of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// SCTP.
    Sctp,
}

impl Protocol {
    /// Its name in lower case.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Sctp => "sctp",
        }
    }
}

/// One service of the kernel's table, or a row of them that differ in the address only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Service {
    /// An address and port for each of `count` addresses that follow one another.
    Addresses {
        /// The first address; the last one is of the same family and does not wrap.
        first: IpAddr,
        /// How many, 1..=[`LONGEST_RANGE`].
        count: u32,
        /// 0: every port; the service is persistent then.
        port: u16,
        /// Transport.
        protocol: Protocol,
    },
    /// Packets that a firewall marked.
    Fwmark {
        /// The mark.
        mark: u32,
        /// Family of the packets.
        family: Family,
    },
}

impl Service {
    /// Family of the packets that it takes.
    #[must_use]
    pub const fn family(&self) -> Family {
        match self {
            Self::Addresses { first, .. } => Family::of(*first),
            Self::Fwmark { family, .. } => *family,
        }
    }
}

macro_rules! schedulers {
    ($($name:ident = $word:literal, $says:literal;)*) => {
        /// The kernel's schedulers, by ipvsadm's words.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub enum Scheduler { $(#[doc = $says] #[serde(rename = $word)] $name,)* }

        impl Scheduler {
            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// ipvsadm's word.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }
        }
    };
}

schedulers! {
    RoundRobin = "rr", "One after the other.";
    WeightedRoundRobin = "wrr", "One after the other, as often as their weights say.";
    LeastConnection = "lc", "The one with fewest connections.";
    WeightedLeastConnection = "wlc", "The one with fewest connections for its weight.";
    LocalityLeastConnection = "lblc", "By destination address, unless it is overloaded.";
    LocalityReplication = "lblcr", "By destination address, to a set of servers.";
    SourceHash = "sh", "By source address.";
    MaglevHash = "mh", "By source address, with little change when servers come and go.";
    DestinationHash = "dh", "By destination address.";
    Failover = "fo", "The one with the highest weight.";
    Overflow = "ovf", "The highest weight until it has as many connections as weight.";
    ShortestDelay = "sed", "The one with the shortest expected delay.";
    NeverQueue = "nq", "An idle one, else the shortest expected delay.";
    TwoChoices = "twos", "The less loaded of two picked at random.";
}

impl Scheduler {
    /// The scheduler that ipvsadm calls so.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|scheduler| scheduler.word() == word)
    }

    /// Whether it knows the flags for fallback and port.
    #[must_use]
    pub const fn hashes_sources(self) -> bool {
        matches!(self, Self::SourceHash | Self::MaglevHash)
    }
}

/// Flags of a scheduler by number. `sh` and `mh` call 1 fallback and 2 port.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SchedulerFlags {
    /// Number 1; `sh`, `mh`: another server is tried when the chosen one cannot serve.
    #[serde(rename = "flag_1")]
    pub fallback: bool,
    /// Number 2; `sh`, `mh`: the source port counts too.
    #[serde(rename = "flag_2")]
    pub port: bool,
    /// Number 3.
    #[serde(rename = "flag_3")]
    pub third: bool,
}

/// Connections of one client go to one destination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Persistence {
    /// How long after its last connection a client is remembered, 1..=2678400 seconds.
    pub timeout_s: u32,
    /// Which clients count as one; each address for itself when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mask: Option<PersistenceMask>,
    /// A module that knows clients by their payload, such as `sip`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine: Option<Box<str>>,
}

/// Clients that agree in these bits of their address count as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PersistenceMask {
    /// IPv4; any pattern of bits.
    Netmask(Ipv4Addr),
    /// IPv6: length of the prefix, 1..=128.
    Prefix(u8),
}

impl PersistenceMask {
    /// Whether each address counts for itself.
    #[must_use]
    pub const fn is_whole(self) -> bool {
        match self {
            Self::Netmask(mask) => mask.to_bits() == u32::MAX,
            Self::Prefix(length) => length == 128,
        }
    }
}
