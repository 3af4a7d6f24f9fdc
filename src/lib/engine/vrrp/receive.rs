//! The receive checks of RFC 9568 section 7.1 (RFC 3768 section 7.1 for version 2), in
//! keepalived's order, each with its own drop reason and counter.
//!
//! Decides whether one packet is acceptable to one configured router. It refuses to know the
//! router's state: what an accepted advert means is the router's business. `ha sniff` uses the
//! same function for its verdicts.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// Why a packet was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Drop {
    /// Shorter than its header, or not the length its address count asks for.
    Length,
    /// TTL or hop limit is not 255 (or outside the peer's range).
    Ttl,
    /// Another VRRP version than the router's.
    Version,
    /// Not an advertisement.
    Type,
    /// Authentication type unknown or not the configured one.
    AuthType,
    /// Authentication data differs.
    AuthFailed,
    /// Version 2: another advertisement interval than ours.
    Interval,
    /// Version 3: an interval of zero.
    IntervalZero,
    /// Checksum wrong in every known variant.
    Checksum,
    /// VRID is not configured here.
    Vrid,
    /// Unicast on a multicast router, or the other way round.
    Destination,
    /// Sender is not one of the configured peers.
    Peer,
    /// Version 3: no addresses.
    AddressCount,
    /// We are the address owner and ignore others.
    Owner,
    /// Our own packet came back.
    OwnPacket,
    /// The router is in init or fault and listens to nobody.
    NotListening,
}

/// A VRRP message as it came from the network, with the IP header's facts that matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Datagram<'a> {
    /// IP source.
    pub source: IpAddr,
    /// IP destination.
    pub destination: IpAddr,
    /// TTL or hop limit as received.
    pub ttl: u8,
    /// The IP payload: the VRRP message, with any padding that came along.
    pub payload: &'a [u8],
}
