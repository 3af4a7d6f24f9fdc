//! What one packet says, and whether a router could accept it.

use std::net::IpAddr;

use serde::Serialize;

use crate::engine::vrrp::receive::{self, Datagram, Drop, Rules};
use crate::wire::ethernet::Mac;
use crate::wire::packet::{IpInfo, Link, LinkInfo, Malformed};
use crate::wire::vrrp::{self, Message};
use crate::wire::{ah, arp, carp};

/// One packet as it was captured.
#[derive(Clone, Copy, Debug)]
pub struct Captured<'a> {
    /// When, in nanoseconds since 1970.
    pub unix_nanos: u64,
    /// Interface it was seen on, where that is known.
    pub interface: Option<&'a str>,
    /// What its bytes begin with.
    pub link: Link,
    /// Its length on the wire; more than `bytes` when the capture cut it.
    pub original_len: usize,
    /// Its bytes.
    pub bytes: &'a [u8],
}

/// What a packet says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen<'a> {
    /// A VRRP message.
    Advert(AdvertSeen<'a>),
    /// A CARP message: another protocol under the same number.
    Carp(CarpSeen),
    /// Somebody tells where a virtual address is.
    Announcement(Announcement),
    /// It seems to be one of these, but cannot be read.
    Malformed(Malformed),
}

/// A VRRP message with the verdict on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdvertSeen<'a> {
    /// What the link says.
    pub link: LinkInfo,
    /// What the IP header says.
    pub ip: IpInfo,
    /// Security parameters index and sequence number of an AH header before the message.
    pub ah: Option<(u32, u32)>,
    /// The first three bytes, as far as they are there: version nibble, VRID, priority.
    pub head: [Option<u8>; 3],
    /// The whole message, or why it cannot be read.
    pub message: Result<Message<'a>, vrrp::Malformed>,
    /// All that the IP packet carries.
    pub whole: &'a [u8],
    /// Bytes that the capture did not keep.
    pub missing: usize,
    /// What the receive checks say that need no configuration.
    pub verdict: Verdict,
}

/// A CARP message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CarpSeen {
    /// What the link says.
    pub link: LinkInfo,
    /// What the IP header says.
    pub ip: IpInfo,
    /// What it says.
    pub message: carp::Message,
}

/// Whether a router could accept an advert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It passes every check that needs no configuration.
    Accepted,
    /// Its IPv4 header has a wrong checksum: no host would look further.
    IpHeader,
    /// The capture kept too little of it to tell.
    Truncated,
    /// It fails this check.
    #[serde(untagged)]
    Drop(Drop),
}

impl Verdict {
    /// Whether the sender did something wrong.
    #[must_use]
    pub const fn is_fault(self) -> bool {
        !matches!(self, Self::Accepted | Self::Truncated)
    }
}

impl<'a> AdvertSeen<'a> {
    /// The message of an IP packet that carries `whole`, judged by `rules`.
    pub(super) fn new(
        rules: Rules,
        (link, ip): (LinkInfo, IpInfo),
        ah: Option<ah::Packet<'a>>,
        payload: &'a [u8],
        (whole, missing): (&'a [u8], usize),
    ) -> Self {
        let mut seen = Self {
            link,
            ip,
            ah: ah.map(|ah| (ah.spi, ah.sequence)),
            head: [
                payload.first().map(|byte| byte >> 4),
                payload.get(1).copied(),
                payload.get(2).copied(),
            ],
            message: Err(vrrp::Malformed::Header { have: payload.len() }),
            whole,
            missing,
            verdict: Verdict::Accepted,
        };
        let inspected = receive::inspect(rules, &seen.datagram());
        seen.verdict = match inspected {
            _ if ip.checksum_valid == Some(false) => Verdict::IpHeader,
            Err(Drop::Length) if missing > 0 => Verdict::Truncated,
            Err(drop) => Verdict::Drop(drop),
            Ok(_) => Verdict::Accepted,
        };
        // What passed was read on the way.
        seen.message = match inspected {
            Ok(message) => Ok(message),
            Err(_) => Message::parse(payload, ip.source, ip.destination),
        };
        seen
    }

    /// The VRID field, if the message reaches that far.
    #[must_use]
    pub const fn vrid(&self) -> Option<u8> {
        let [_, vrid, _] = self.head;
        vrid
    }

    /// The message as a router's socket would give it.
    #[must_use]
    pub fn datagram(&self) -> Datagram<'a> {
        let IpInfo { source, destination, ttl, identification, .. } = self.ip;
        let identification = self.ah.map(|_| identification.unwrap_or_default());
        Datagram { source, destination, ttl, identification, payload: self.whole }
    }
}

/// A gratuitous ARP, or a neighbour advertisement, about a virtual address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// The address.
    pub address: IpAddr,
    /// VRID of the adverts that named it last.
    pub vrid: u8,
    /// Where it is said to be.
    pub mac: Option<Mac>,
    /// The message it was said with.
    pub message: AnnouncementMessage,
}

/// How a virtual address was announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnnouncementMessage {
    /// Gratuitous ARP, by this operation.
    Arp(arp::Operation),
    /// Neighbour advertisement, with its flags.
    Ndisc {
        /// Router flag.
        router: bool,
        /// Solicited flag.
        solicited: bool,
        /// Override flag.
        replaces: bool,
    },
}
