//! The receive checks of RFC 9568 section 7.1 (RFC 3768 section 7.1 for version 2), in
//! keepalived's order, each with its own drop reason and counter.
//!
//! Decides whether one packet is acceptable to one configured router. It refuses to know the
//! router's state: what an accepted advert means is the router's business. `ha sniff` uses the
//! same functions for its verdicts.

use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::config::{Family, RouterConfig};
use crate::wire::ah;
use crate::wire::vrrp::{self, Advert, Auth, ChecksumSeen, Malformed, Message, Version};

/// Payload of the shortest Ethernet frame; anything shorter is padded by the sender.
const ETHERNET_LEAST: usize = 46;
/// IPv4 header without options. An IPv6 advert is never short enough to be padded.
const IPV4_HEADER: usize = 20;

/// The type field of adverts behind an Authentication Header (RFC 2338 section 5.3.6.3).
const AH_TYPE: u8 = 2;

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
    /// An authenticated message that is not newer than the last one of its sender.
    Replayed,
    /// Version 2: another advertisement interval than ours.
    Interval,
    /// Version 3: an interval of zero.
    IntervalZero,
    /// Checksum wrong in every known variant.
    Checksum,
    /// VRID is not configured here.
    Vrid,
    /// Unicast on a multicast router, or the other way round, or another group.
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
    /// It came as AH, so that the payload begins with an Authentication Header: the identification
    /// of the IP header, which the digest covers.
    pub identification: Option<u16>,
    /// The IP payload: the VRRP message, with any padding that came along.
    pub payload: &'a [u8],
}

impl<'a> Datagram<'a> {
    /// The VRID field, if the payload reaches that far, whatever the rest holds.
    #[must_use]
    pub fn vrid(&self) -> Option<u8> {
        self.message()?.get(1).copied()
    }

    /// What stands behind the Authentication Header, if there is one.
    fn message(&self) -> Option<&'a [u8]> {
        match self.identification {
            Some(_) => ah::Packet::parse(self.payload).ok().map(|packet| packet.payload),
            None => Some(self.payload),
        }
    }
}

/// An advert that passed every check, with what is odd about it but no reason to refuse it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The advert.
    pub advert: Advert,
    /// Which checksum formula the sender uses.
    pub checksum: ChecksumSeen,
    /// Its address list is not ours. keepalived counts that and accepts; so do we, because
    /// two masters are worse than two lists.
    pub address_list_differs: bool,
    /// Version 3: its interval is not ours; a backup adopts it.
    pub interval_differs: bool,
    /// Sequence number of its Authentication Header; whether it is new is the router's business.
    pub sequence: Option<u32>,
}

/// Whose receive checks a packet is held to where no configuration is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rules {
    /// Those of keepalived, which are ours: both versions, every checksum that is in use.
    #[default]
    Keepalived,
    /// RFC 9568 section 7.1 by the letter: version 3, and over IPv4 the sum of the message alone.
    Rfc9568,
    /// RFC 3768 section 7.1 by the letter: version 2, without authentication.
    Rfc3768,
}

impl Rules {
    /// The one version that the rules know; `None` for both.
    const fn version(self) -> Option<Version> {
        match self {
            Self::Keepalived => None,
            Self::Rfc9568 => Some(Version::V3),
            Self::Rfc3768 => Some(Version::V2),
        }
    }
}

/// The checks that need no configuration: is this an advert that any router could accept?
///
/// # Errors
/// The first check that failed.
pub fn inspect<'a>(rules: Rules, datagram: &Datagram<'a>) -> Result<Message<'a>, Drop> {
    let strict = rules != Rules::Keepalived;
    let message = parse(datagram, !strict)?;
    if (strict || datagram.destination.is_multicast()) && datagram.ttl != vrrp::TTL {
        return Err(Drop::Ttl);
    }
    if rules.version().is_some_and(|version| version != message.version) {
        return Err(Drop::Version);
    }
    // RFC 3768 section 5.3.6: types other than 0 are reserved.
    if rules == Rules::Rfc3768 && (message.auth != Auth::None || datagram.identification.is_some())
    {
        return Err(Drop::AuthType);
    }
    check_checksum(message.checksum)?;
    // RFC 9568 section 5.2.8: no pseudo header over IPv4.
    if rules == Rules::Rfc9568
        && datagram.source.is_ipv4()
        && message.checksum != ChecksumSeen::MessageOnly
    {
        return Err(Drop::Checksum);
    }
    if message.version == Version::V3 {
        check_interval_zero(message.advertisement_interval)?;
        if message.addresses.is_empty() {
            return Err(Drop::AddressCount);
        }
    }
    Ok(message)
}

/// All checks of one packet against one router's configuration.
///
/// # Errors
/// The first check that failed.
pub fn check(config: &RouterConfig, datagram: &Datagram<'_>) -> Result<Accepted, Drop> {
    // Even the length cannot be told of a message that came in another way than ours do.
    if matches!(config.auth, Auth::Ah(_)) != datagram.identification.is_some() {
        return Err(Drop::AuthType);
    }
    let advert = parse(datagram, true)?;
    // RFC 9568 section 7.1: the VRID is configured on the receiving interface.
    if advert.vrid != config.vrid || Family::of(datagram.source) != config.family {
        return Err(Drop::Vrid);
    }
    check_ttl(config, datagram)?;
    if advert.version != config.version {
        return Err(Drop::Version);
    }
    let mut sequence = None;
    if config.version == Version::V2 {
        check_auth(&config.auth, &advert.auth)?;
        sequence = check_seal(&config.auth, datagram)?;
        // RFC 3768 section 7.1: another interval is discarded.
        if advert.advertisement_interval != config.advertisement_interval {
            return Err(Drop::Interval);
        }
    }
    check_checksum(advert.checksum)?;
    check_destination(config, datagram.destination)?;
    if config.priority == u8::MAX && config.owner_ignores_adverts {
        return Err(Drop::Owner);
    }
    check_peer(config, datagram.source)?;
    if config.version == Version::V3 {
        check_interval_zero(advert.advertisement_interval)?;
        // A router without addresses of its own accepts a peer that is configured alike.
        if advert.addresses.is_empty() && !config.addresses.is_empty() {
            return Err(Drop::AddressCount);
        }
    }
    Ok(Accepted {
        address_list_differs: address_list_differs(config, &advert),
        interval_differs: advert.advertisement_interval != config.advertisement_interval,
        checksum: advert.checksum,
        advert: advert.into(),
        sequence,
    })
}

/// Length, version and type: whether there is an advert at all, and when `exact` nothing else.
fn parse<'a>(datagram: &Datagram<'a>, exact: bool) -> Result<Message<'a>, Drop> {
    let message = datagram.message().ok_or(Drop::Length)?;
    let parsed =
        Message::parse(message, datagram.source, datagram.destination).map_err(|malformed| {
            match malformed {
                Malformed::Header { .. } | Malformed::Addresses { .. } => Drop::Length,
                Malformed::Version(_) => Drop::Version,
                Malformed::Type(_) => Drop::Type,
                Malformed::Families => Drop::Destination,
            }
        })?;
    let padded = datagram.source.is_ipv4()
        && IPV4_HEADER.saturating_add(datagram.payload.len()) <= ETHERNET_LEAST;
    if parsed.trailing > 0 && exact && !padded { Err(Drop::Length) } else { Ok(parsed) }
}

/// RFC 9568 section 7.1: TTL or hop limit is 255. Unicast may cross routers, so there only the
/// range configured for the peer counts.
fn check_ttl(config: &RouterConfig, datagram: &Datagram<'_>) -> Result<(), Drop> {
    let (least, greatest) = if config.peers.is_empty() {
        (vrrp::TTL, vrrp::TTL)
    } else {
        config
            .peers
            .iter()
            .find(|peer| peer.address == datagram.source)
            .map_or((0, u8::MAX), |p| (p.min_ttl.unwrap_or(0), p.max_ttl.unwrap_or(u8::MAX)))
    };
    if (least..=greatest).contains(&datagram.ttl) { Ok(()) } else { Err(Drop::Ttl) }
}

/// Version 2: the type must be ours; the data counts only with a password, and is compared in
/// constant time.
fn check_auth(ours: &Auth, theirs: &Auth) -> Result<(), Drop> {
    match (ours, theirs) {
        // A header says that it is sealed; the advert has to agree.
        (Auth::None, Auth::None) | (Auth::Ah(_), Auth::Other(AH_TYPE, _)) => Ok(()),
        (Auth::Pass(ours), Auth::Pass(theirs)) => {
            let differs = ours.iter().zip(theirs).fold(0, |seen, (a, b)| seen | (a ^ b));
            if differs == 0 { Ok(()) } else { Err(Drop::AuthFailed) }
        }
        _ => Err(Drop::AuthType),
    }
}

/// The sequence number of a message that is sealed with our key, where ours are.
fn check_seal(ours: &Auth, datagram: &Datagram<'_>) -> Result<Option<u32>, Drop> {
    let Auth::Ah(key) = ours else { return Ok(None) };
    let packet = ah::Packet::parse(datagram.payload).map_err(|_| Drop::Length)?;
    let (IpAddr::V4(source), IpAddr::V4(destination), Some(identification)) =
        (datagram.source, datagram.destination, datagram.identification)
    else {
        return Err(Drop::AuthType);
    };
    let outer = ah::Outer { source, destination, ttl: datagram.ttl, identification };
    if outer.verifies(*key, &packet) { Ok(Some(packet.sequence)) } else { Err(Drop::AuthFailed) }
}

/// Any formula that is in use somewhere is good: which one a peer sends is not its fault.
fn check_checksum(seen: ChecksumSeen) -> Result<(), Drop> {
    if seen == ChecksumSeen::Wrong { Err(Drop::Checksum) } else { Ok(()) }
}

/// Multicast routers hear their group only, unicast routers hear no group.
fn check_destination(config: &RouterConfig, destination: IpAddr) -> Result<(), Drop> {
    let fits = if config.peers.is_empty() {
        destination == multicast_group(config)
    } else {
        !destination.is_multicast()
    };
    if fits { Ok(()) } else { Err(Drop::Destination) }
}

/// The group that a multicast router sends to and listens on.
#[must_use]
pub fn multicast_group(config: &RouterConfig) -> IpAddr {
    config.group.unwrap_or(match config.family {
        Family::Ipv4 => vrrp::GROUP_V4.into(),
        Family::Ipv6 => vrrp::GROUP_V6.into(),
    })
}

fn check_peer(config: &RouterConfig, source: IpAddr) -> Result<(), Drop> {
    let known = !config.check_unicast_source
        || config.peers.is_empty()
        || config.peers.iter().any(|peer| peer.address == source);
    if known { Ok(()) } else { Err(Drop::Peer) }
}

/// RFC 9568 erratum 8301: an interval of zero is no interval.
fn check_interval_zero(interval: Duration) -> Result<(), Drop> {
    if interval.is_zero() { Err(Drop::IntervalZero) } else { Ok(()) }
}

/// The lists are compared as sets: the order of two configurations may differ.
fn address_list_differs(config: &RouterConfig, advert: &Message<'_>) -> bool {
    advert.addresses.len() != config.addresses.len()
        || config.addresses.iter().any(|ours| !advert.addresses.contains(&ours.address))
}

#[cfg(test)]
mod tests;
