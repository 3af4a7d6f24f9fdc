//! From a captured frame to what it means for virtual routers: the other parsers in a row.
//!
//! Decides which packets are about VRRP (adverts, ARP, neighbour advertisements). It refuses to
//! complain about anything else: a capture may hold all kinds of traffic, cut short or strange.

use std::net::IpAddr;

use thiserror::Error;

use super::ethernet::{self, Frame, Mac, Vlans};
use super::reader::Reader;
use super::{ah, arp, carp, ipv4, ipv6, ndisc, vrrp};

/// What the bytes of a captured packet begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Link {
    /// An Ethernet header.
    Ethernet,
    /// An IPv4 or IPv6 header.
    Ip,
    /// The pseudo header that Linux makes for captures on all interfaces (`LINKTYPE_LINUX_SLL`).
    Cooked,
    /// Its second version (`LINKTYPE_LINUX_SLL2`).
    Cooked2,
    /// Four bytes that name the family, as BSD has on its loopback, by the number of the kind: in
    /// the order of the host (`LINKTYPE_NULL`) or of the network (`LINKTYPE_LOOP`).
    Loopback(u32),
    /// Something else, by its number in the registry of link types.
    Other(u32),
}

impl Link {
    /// The link type of that number in the registry (<https://www.tcpdump.org/linktypes.html>).
    #[must_use]
    pub const fn from_number(number: u32) -> Self {
        match number {
            0 | 108 => Self::Loopback(number),
            1 => Self::Ethernet,
            // 12 and 14 are what systems call it inside, and some programs write that.
            12 | 14 | 101 | 228 | 229 => Self::Ip,
            113 => Self::Cooked,
            276 => Self::Cooked2,
            other => Self::Other(other),
        }
    }

    /// Its number in the registry.
    #[must_use]
    pub const fn number(self) -> u32 {
        match self {
            Self::Ethernet => 1,
            Self::Ip => 101,
            Self::Cooked => 113,
            Self::Cooked2 => 276,
            Self::Loopback(number) | Self::Other(number) => number,
        }
    }
}

/// What the link says about a packet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinkInfo {
    /// Hardware address of the sender, where the link tells it.
    pub source: Option<Mac>,
    /// Hardware address of the receiver, where the link tells it.
    pub destination: Option<Mac>,
    /// VLAN identifiers, outermost first.
    pub vlans: Vlans,
}

/// What the IP header of an advert says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IpInfo {
    /// From whom.
    pub source: IpAddr,
    /// To whom.
    pub destination: IpAddr,
    /// TTL or hop limit.
    pub ttl: u8,
    /// Type of service or traffic class.
    pub tos: u8,
    /// IPv4 only: identification.
    pub identification: Option<u16>,
    /// IPv4 only: whether the header's checksum is right.
    pub checksum_valid: Option<bool>,
}

/// What a packet means for virtual routers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content<'a> {
    /// A VRRP message, not yet read: see [`vrrp::Advert::parse`].
    Vrrp {
        /// Its IP header.
        ip: IpInfo,
        /// The AH header before it, if any.
        ah: Option<ah::Packet<'a>>,
        /// The message, with anything trailing inside the IP packet.
        payload: &'a [u8],
        /// All that the IP packet carries: the AH header too, if there is one.
        whole: &'a [u8],
        /// Bytes at the end of it that the capture did not keep.
        missing: usize,
    },
    /// A CARP message, in VRRP's place.
    Carp {
        /// Its IP header.
        ip: IpInfo,
        /// The message.
        message: carp::Message,
    },
    /// An ARP message.
    Arp(arp::Message),
    /// A neighbour advertisement.
    Neighbor(ndisc::Advertisement),
    /// Not about virtual routers.
    Other,
}

/// A captured packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    /// What the link says.
    pub link: LinkInfo,
    /// What the rest says, or why it cannot be read although it seems to be about us.
    pub content: Result<Content<'a>, Malformed>,
}

/// Why a packet that seems to be about virtual routers cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum Malformed {
    /// Its link header.
    #[error(transparent)]
    Ethernet(#[from] ethernet::Malformed),
    /// Its IPv4 header.
    #[error(transparent)]
    Ipv4(#[from] ipv4::Malformed),
    /// Its IPv6 headers.
    #[error(transparent)]
    Ipv6(#[from] ipv6::Malformed),
    /// Its AH header.
    #[error(transparent)]
    Ah(#[from] ah::Malformed),
    /// The ARP message.
    #[error(transparent)]
    Arp(#[from] arp::Malformed),
    /// The neighbour advertisement.
    #[error(transparent)]
    Ndisc(#[from] ndisc::Malformed),
    /// Only a part of a datagram.
    #[error("a fragment is not a whole advert")]
    Fragment,
    /// The capture kept too little of it.
    #[error("the capture has only {have} of its {length} bytes")]
    Truncated {
        /// Bytes kept.
        have: usize,
        /// Its length on the wire.
        length: usize,
    },
}

impl<'a> Packet<'a> {
    /// Read the packet in `bytes`, as captured on `link`.
    #[must_use]
    pub fn parse(link: Link, bytes: &'a [u8]) -> Self {
        Self::parse_cut(link, bytes, bytes.len())
    }

    /// Read the packet whose first bytes are `bytes`, and which was `length` long on the wire.
    #[must_use]
    pub fn parse_cut(link: Link, bytes: &'a [u8], length: usize) -> Self {
        let lost = length.saturating_sub(bytes.len());
        let packet = Self::read(link, bytes, lost);
        match packet.content {
            Err(_) if lost > 0 => {
                let malformed = Malformed::Truncated { have: bytes.len(), length };
                Self { content: Err(malformed), ..packet }
            }
            _ => packet,
        }
    }

    fn read(link: Link, bytes: &'a [u8], lost: usize) -> Self {
        let Network { link, ether_type, payload } = match split_link(link, bytes) {
            Ok(Some(network)) => network,
            Ok(None) => return Self { link: LinkInfo::default(), content: Ok(Content::Other) },
            Err(malformed) => {
                return Self { link: LinkInfo::default(), content: Err(malformed.into()) };
            }
        };
        let content = match ether_type {
            ethernet::ARP => arp::Message::parse(payload).map_or_else(
                |malformed| match malformed {
                    arp::Malformed::Length { .. } => Err(malformed.into()),
                    arp::Malformed::Network { .. } => Ok(Content::Other),
                },
                |message| Ok(Content::Arp(message)),
            ),
            ethernet::IPV4 => ipv4_content(payload, lost),
            ethernet::IPV6 => ipv6_content(payload, lost),
            _ => Ok(Content::Other),
        };
        Self { link, content }
    }
}

/// A packet without its link header.
struct Network<'a> {
    link: LinkInfo,
    ether_type: u16,
    payload: &'a [u8],
}

/// Take off the link header; `None` where the link is not known or its pseudo header cut.
fn split_link(link: Link, bytes: &[u8]) -> Result<Option<Network<'_>>, ethernet::Malformed> {
    match link {
        Link::Ethernet => {
            let Frame { destination, source, vlans, ether_type, payload } = Frame::parse(bytes)?;
            let link = LinkInfo { source: Some(source), destination: Some(destination), vlans };
            Ok(Some(Network { link, ether_type, payload }))
        }
        Link::Ip => Ok(raw_ip(bytes)),
        Link::Cooked => cooked(bytes).transpose(),
        Link::Cooked2 => cooked2(bytes).transpose(),
        Link::Loopback(_) => Ok(bytes.get(4..).and_then(raw_ip)),
        Link::Other(_) => Ok(None),
    }
}

fn raw_ip(bytes: &[u8]) -> Option<Network<'_>> {
    let ether_type = match bytes.first()? >> 4 {
        4 => ethernet::IPV4,
        6 => ethernet::IPV6,
        _ => return None,
    };
    Some(Network { link: LinkInfo::default(), ether_type, payload: bytes })
}

fn cooked(bytes: &[u8]) -> Option<Result<Network<'_>, ethernet::Malformed>> {
    let mut reader = Reader::new(bytes);
    let (_packet_type, _hardware_type) = (reader.u16()?, reader.u16()?);
    let length = reader.u16()?;
    let (address, _padding): (Mac, u16) = (reader.array()?, reader.u16()?);
    let ether_type = reader.u16()?;
    tagged(ether_type, (length == 6).then_some(address), reader)
}

fn cooked2(bytes: &[u8]) -> Option<Result<Network<'_>, ethernet::Malformed>> {
    let mut reader = Reader::new(bytes);
    let (ether_type, _reserved) = (reader.u16()?, reader.u16()?);
    let (_interface, _hardware_type) = (reader.u32()?, reader.u16()?);
    let [_packet_type, length] = reader.array()?;
    let (address, _padding): (Mac, u16) = (reader.array()?, reader.u16()?);
    tagged(ether_type, (length == 6).then_some(address), reader)
}

/// What stands behind a pseudo header, where tags may follow as behind an Ethernet header.
fn tagged(
    ether_type: u16,
    source: Option<Mac>,
    mut reader: Reader<'_>,
) -> Option<Result<Network<'_>, ethernet::Malformed>> {
    let read = Vlans::read(ether_type, &mut reader)?;
    Some(read.map(|(vlans, ether_type)| {
        let link = LinkInfo { source, destination: None, vlans };
        Network { link, ether_type, payload: reader.rest() }
    }))
}

fn ipv4_content(bytes: &[u8], lost: usize) -> Result<Content<'_>, Malformed> {
    // The protocol is looked at first: other traffic may be as broken or as cut as it likes.
    let protocol = bytes.get(9).copied();
    if !protocol.is_some_and(|p| matches!(p, vrrp::PROTOCOL | ah::PROTOCOL)) {
        return Ok(Content::Other);
    }
    let packet = ipv4::Packet::parse_cut(bytes, lost)?;
    let ip = IpInfo {
        source: packet.header.source.into(),
        destination: packet.header.destination.into(),
        ttl: packet.header.ttl,
        tos: packet.header.tos,
        identification: Some(packet.header.identification),
        checksum_valid: Some(packet.checksum_valid),
    };
    let ipv4::Packet { fragment, payload, missing, .. } = packet;
    if fragment {
        Err(Malformed::Fragment)
    } else {
        carried(ip, packet.header.protocol, payload, missing)
    }
}

fn ipv6_content(bytes: &[u8], lost: usize) -> Result<Content<'_>, Malformed> {
    let packet = match ipv6::Packet::parse_cut(bytes, lost) {
        Ok(packet) => packet,
        Err(malformed) => {
            return match bytes.get(6).copied() {
                Some(vrrp::PROTOCOL | ah::PROTOCOL) => Err(malformed.into()),
                _ => Ok(Content::Other),
            };
        }
    };
    let ipv6::Packet { protocol, fragment, payload, missing, .. } = packet;
    let ipv6::Header { source, destination, .. } = packet.header;
    if protocol == ndisc::PROTOCOL && !fragment && missing == 0 {
        return match ndisc::Advertisement::parse(payload, source, destination) {
            Ok(advertisement) => Ok(Content::Neighbor(advertisement)),
            Err(ndisc::Malformed::Type(_)) => Ok(Content::Other),
            // Too short to be an advertisement, and not said to be one.
            Err(_) if payload.first() != Some(&ndisc::TYPE_ADVERTISEMENT) => Ok(Content::Other),
            Err(malformed) => Err(malformed.into()),
        };
    }
    let ip = IpInfo {
        source: source.into(),
        destination: destination.into(),
        ttl: packet.header.hop_limit,
        tos: packet.header.traffic_class,
        identification: None,
        checksum_valid: None,
    };
    match protocol {
        vrrp::PROTOCOL | ah::PROTOCOL if fragment => Err(Malformed::Fragment),
        _ => carried(ip, protocol, payload, missing),
    }
}

/// What an IP packet that is about virtual routers carries.
fn carried(
    ip: IpInfo,
    protocol: u8,
    whole: &[u8],
    missing: usize,
) -> Result<Content<'_>, Malformed> {
    match protocol {
        vrrp::PROTOCOL => Ok(match carp::Message::parse(whole) {
            Some(message) => Content::Carp { ip, message },
            None => Content::Vrrp { ip, ah: None, payload: whole, whole, missing },
        }),
        ah::PROTOCOL => {
            let ah = ah::Packet::parse(whole)?;
            if ah.next_header == vrrp::PROTOCOL {
                Ok(Content::Vrrp { ip, payload: ah.payload, ah: Some(ah), whole, missing })
            } else {
                Ok(Content::Other)
            }
        }
        _ => Ok(Content::Other),
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use super::*;

    const MAC: Mac = [2, 0, 0, 0, 0, 1];

    fn v4(protocol: u8, payload: &[u8]) -> Vec<u8> {
        let header = ipv4::Header {
            source: Ipv4Addr::new(192, 0, 2, 1),
            destination: vrrp::GROUP_V4,
            tos: 0xc0,
            identification: 1,
            dont_fragment: false,
            ttl: 255,
            protocol,
        };
        header.emit(payload)
    }

    fn is_vrrp(packet: &Packet<'_>) -> bool {
        matches!(packet.content, Ok(Content::Vrrp { .. }))
    }

    #[test]
    fn every_link_leads_to_the_same_advert() {
        let ip = v4(112, &[0x21, 1, 2, 0]);
        let ethernet = ethernet::frame([1; 6], MAC, ethernet::IPV4, &ip);
        let mut cooked = vec![0, 1, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 0x08, 0x00];
        cooked.extend(&ip);
        let mut cooked2 = vec![0x08, 0x00, 0, 0, 0, 0, 0, 2, 0, 1, 1, 6, 2, 0, 0, 0, 0, 1, 0, 0];
        cooked2.extend(&ip);
        let loopback = [&[0, 0, 0, 2][..], &ip].concat();
        // 802.1ad around 802.1Q.
        let tags = [0x88, 0xa8, 0, 100, 0x81, 0, 0, 7, 0x08, 0x00];
        let tagged = [&ethernet[..12], &tags, &ip].concat();
        let cooked_tagged = [&cooked[..14], &tags, &ip].concat();
        let parsed = [
            (Link::Ethernet, &ethernet, Some(MAC)),
            (Link::Cooked, &cooked, Some(MAC)),
            (Link::Cooked2, &cooked2, Some(MAC)),
            (Link::Ip, &ip, None),
            (Link::Loopback(0), &loopback, None),
            (Link::Loopback(108), &loopback, None),
            (Link::Ethernet, &tagged, Some(MAC)),
            (Link::Cooked, &cooked_tagged, Some(MAC)),
        ]
        .map(|(link, bytes, source)| {
            let packet = Packet::parse(link, bytes);
            assert_eq!(packet.link.source, source, "{link:?}");
            packet.content
        });
        assert!(parsed.iter().all(|content| *content == parsed[0]));
        let Ok(Content::Vrrp { ip, ah: None, payload, .. }) = &parsed[0] else {
            panic!("{:?}", parsed[0])
        };
        assert_eq!((ip.ttl, ip.tos, *payload), (255, 0xc0, &[0x21, 1, 2, 0][..]));
    }

    #[test]
    fn an_authentication_header_is_looked_through() {
        let mut bytes = vec![112, 4, 0, 0, 192, 0, 2, 1, 0, 0, 0, 9];
        bytes.extend([0xaa; 12]);
        bytes.push(0x21);
        let ip = v4(51, &bytes);
        let packet = Packet::parse(Link::Ip, &ip);
        let Ok(Content::Vrrp { ah: Some(ah), payload, .. }) = packet.content else { panic!() };
        assert_eq!((ah.sequence, payload), (9, &[0x21][..]));
        let cut = v4(51, &[112, 4]);
        assert_eq!(
            Packet::parse(Link::Ip, &cut).content,
            Err(Malformed::Ah(ah::Malformed { have: 2 }))
        );
    }

    #[test]
    fn announcements_are_recognised() {
        let garp = arp::gratuitous_arp(MAC, Ipv4Addr::new(192, 0, 2, 7));
        let packet = Packet::parse(Link::Ethernet, &garp);
        assert!(matches!(packet.content, Ok(Content::Arp(message)) if message.is_gratuitous()));
        let vip = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 7);
        let na = ndisc::unsolicited_na(MAC, vip, vip, false);
        let packet = Packet::parse(Link::Ethernet, &na);
        assert!(matches!(packet.content, Ok(Content::Neighbor(na)) if na.target == vip));
    }

    #[test]
    fn broken_traffic_of_others_is_not_our_business() {
        let mut tcp = v4(6, &[0; 20]);
        tcp.truncate(30);
        assert_eq!(Packet::parse(Link::Ip, &tcp).content, Ok(Content::Other));
        let mut advert = v4(112, &[0; 20]);
        assert!(is_vrrp(&Packet::parse(Link::Ip, &advert)));
        advert.truncate(30);
        assert!(matches!(
            Packet::parse(Link::Ip, &advert).content,
            Err(Malformed::Ipv4(ipv4::Malformed::TotalLength { .. }))
        ));
        assert_eq!(Packet::parse(Link::Other(9), &advert).content, Ok(Content::Other));
        assert_eq!(Packet::parse(Link::Cooked, &[0; 15]).content, Ok(Content::Other));
    }

    #[test]
    fn what_a_capture_cut_is_no_fault_of_the_sender() {
        let advert = v4(112, &[0x21; 20]);
        let cut = |kept: usize| Packet::parse_cut(Link::Ip, &advert[..kept], advert.len()).content;
        let Ok(Content::Vrrp { payload, missing, .. }) = cut(30) else { panic!() };
        assert_eq!((payload.len(), missing), (10, 10));
        assert_eq!(cut(15), Err(Malformed::Truncated { have: 15, length: 40 }));
        // Padding that was cut is not missed.
        let padded = Packet::parse_cut(Link::Ip, &advert, 46).content;
        assert!(matches!(padded, Ok(Content::Vrrp { missing: 0, .. })));
    }

    #[test]
    fn carp_is_not_taken_for_vrrp() {
        let mut message = [0; carp::LEN];
        message[..6].copy_from_slice(&[0x21, 7, 100, 7, 0, 1]);
        let packet = v4(112, &message);
        let content = Packet::parse(Link::Ip, &packet).content;
        assert!(matches!(content, Ok(Content::Carp { message, .. }) if message.vhid == 7));
    }

    #[test]
    fn a_fragment_of_an_advert_is_malformed() {
        let mut advert = v4(112, &[0; 20]);
        advert[6] = 0x20;
        assert_eq!(Packet::parse(Link::Ip, &advert).content, Err(Malformed::Fragment));
    }
}
