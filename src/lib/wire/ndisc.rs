//! Neighbour advertisements (RFC 4861 section 4.4), above all the unsolicited kind (7.2.6).

use std::net::Ipv6Addr;

use pnet_packet::Packet as _;
use pnet_packet::icmpv6::ndp::{
    MutableNeighborAdvertPacket, NdpOption, NdpOptionTypes, NeighborAdvert,
};
use pnet_packet::icmpv6::{Icmpv6Code, Icmpv6Types};
use thiserror::Error;

use super::checksum::Sum;
use super::ethernet::{self, Mac};
use super::ipv6;

/// Protocol number of ICMPv6.
pub const PROTOCOL: u8 = super::icmp::PROTOCOL_V6;
/// ICMPv6 type of a neighbour advertisement.
pub const TYPE_ADVERTISEMENT: u8 = 136;
/// Where unsolicited advertisements go.
pub const ALL_NODES: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);

/// Bytes before the options.
const HEADER_LEN: usize = 24;
/// Bytes of a target link-layer address option for Ethernet.
const OPTION_LEN: usize = 8;
const OPTION_TARGET_LINK_LAYER: u8 = 2;
const FLAG_ROUTER: u8 = 0x80;
const FLAG_SOLICITED: u8 = 0x40;
const FLAG_OVERRIDE: u8 = 0x20;

/// One neighbour advertisement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advertisement {
    /// The sender forwards packets.
    pub router: bool,
    /// It answers a solicitation.
    pub solicited: bool,
    /// It replaces what receivers have cached.
    pub replaces: bool,
    /// Whose link-layer address this tells.
    pub target: Ipv6Addr,
    /// The address told, when the option for Ethernet is there.
    pub link_layer: Option<Mac>,
}

/// Why bytes are no neighbour advertisement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum Malformed {
    /// Fewer bytes than the fixed part.
    #[error("{have} bytes are less than a neighbour advertisement of {HEADER_LEN}")]
    Length {
        /// Bytes present.
        have: usize,
    },
    /// Another ICMPv6 message.
    #[error("ICMPv6 type {0} is not a neighbour advertisement")]
    Type(u8),
    /// Receivers must discard it (RFC 4861 section 7.1.2).
    #[error("checksum is wrong")]
    Checksum,
    /// Code other than zero; receivers must discard it.
    #[error("ICMPv6 code {0} is not zero")]
    Code(u8),
    /// An option of length zero, or one that reaches past the end.
    #[error("option at byte {offset} has no valid length")]
    Option {
        /// Where the option begins in the message.
        offset: usize,
    },
}

impl Advertisement {
    /// Read the ICMPv6 message in `bytes`, exactly the payload of its IPv6 packet.
    ///
    /// # Errors
    /// When receivers would discard it (RFC 4861 section 7.1.2), except for the hop limit, which
    /// is the IPv6 header's.
    pub fn parse(bytes: &[u8], source: Ipv6Addr, destination: Ipv6Addr) -> Result<Self, Malformed> {
        let Some((header, options)) = bytes.split_first_chunk::<HEADER_LEN>() else {
            return Err(Malformed::Length { have: bytes.len() });
        };
        let [kind, code, _, _, flags, _, _, _, target @ ..] = *header;
        if kind != TYPE_ADVERTISEMENT {
            return Err(Malformed::Type(kind));
        }
        if !sum(bytes, source, destination).is_some_and(Sum::is_valid) {
            return Err(Malformed::Checksum);
        }
        if code != 0 {
            return Err(Malformed::Code(code));
        }
        Ok(Self {
            router: flags & FLAG_ROUTER != 0,
            solicited: flags & FLAG_SOLICITED != 0,
            replaces: flags & FLAG_OVERRIDE != 0,
            target: target.into(),
            link_layer: link_layer(options)?,
        })
    }
}

/// The first target link-layer address among `options`; all of them must be well-formed.
fn link_layer(options: &[u8]) -> Result<Option<Mac>, Malformed> {
    let mut found = None;
    let mut rest = options;
    while !rest.is_empty() {
        let malformed = Malformed::Option { offset: HEADER_LEN + options.len() - rest.len() };
        // The length counts units of eight bytes and may not be zero (RFC 4861 section 4.6).
        let units = rest.get(1).copied().filter(|units| *units > 0).ok_or(malformed)?;
        let (option, after) = rest.split_at_checked(usize::from(units) * 8).ok_or(malformed)?;
        if let [OPTION_TARGET_LINK_LAYER, _, a, b, c, d, e, f] = option {
            found = found.or(Some([*a, *b, *c, *d, *e, *f]));
        }
        rest = after;
    }
    Ok(found)
}

/// A complete frame that tells all nodes of the segment that `vip` is at `mac`: override set,
/// solicited clear, the router flag as given (the interface forwards), hop limit 255.
#[must_use]
pub fn unsolicited_na(mac: Mac, source: Ipv6Addr, vip: Ipv6Addr, router: bool) -> Vec<u8> {
    let mut message = [0; HEADER_LEN + OPTION_LEN];
    // The array is larger than what the packet asks for, so it is always there.
    if let Some(mut packet) = MutableNeighborAdvertPacket::new(&mut message) {
        packet.populate(&NeighborAdvert {
            icmpv6_type: Icmpv6Types::NeighborAdvert,
            icmpv6_code: Icmpv6Code(0),
            checksum: 0,
            flags: if router { FLAG_ROUTER | FLAG_OVERRIDE } else { FLAG_OVERRIDE },
            reserved: 0,
            target_addr: vip,
            options: vec![NdpOption {
                option_type: NdpOptionTypes::TargetLLAddr,
                length: 1,
                data: mac.to_vec(),
            }],
            payload: Vec::new(),
        });
        let checksum = sum(packet.packet(), source, ALL_NODES).map_or(0, Sum::finish);
        packet.set_checksum(checksum);
    }
    let header = ipv6::Header {
        source,
        destination: ALL_NODES,
        traffic_class: 0,
        flow_label: 0,
        next_header: PROTOCOL,
        hop_limit: 255,
    };
    let destination = ethernet::multicast_v6(ALL_NODES);
    ethernet::frame(destination, mac, ethernet::IPV6, &header.emit(&message))
}

/// The sum of an ICMPv6 message with its pseudo header; `None` when it is longer than 65,535.
fn sum(message: &[u8], source: Ipv6Addr, destination: Ipv6Addr) -> Option<Sum> {
    let len = u16::try_from(message.len()).ok()?;
    Some(Sum::new().bytes(message).pseudo_v6(source, destination, PROTOCOL, len))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAC: Mac = [0x02, 0x42, 0x0a, 0, 0, 1];
    const SOURCE: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1);
    const VIP: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 7);

    /// The ICMPv6 message of a frame of ours.
    fn message(router: bool) -> Vec<u8> {
        unsolicited_na(MAC, SOURCE, VIP, router)[54..].to_vec()
    }

    /// `message` with its checksum made right again.
    fn summed(mut message: Vec<u8>) -> Vec<u8> {
        message[2..4].fill(0);
        let checksum = sum(&message, SOURCE, ALL_NODES).unwrap().finish();
        message[2..4].copy_from_slice(&checksum.to_be_bytes());
        message
    }

    fn parse(message: &[u8]) -> Result<Advertisement, Malformed> {
        Advertisement::parse(message, SOURCE, ALL_NODES)
    }

    #[test]
    fn an_unsolicited_advertisement_overrides_and_names_the_link_layer_address() {
        let frame = unsolicited_na(MAC, SOURCE, VIP, true);
        assert_eq!(frame[..14], [0x33, 0x33, 0, 0, 0, 1, 2, 0x42, 10, 0, 0, 1, 0x86, 0xdd]);
        let packet = ipv6::Packet::parse(&frame[14..]).unwrap();
        assert_eq!((packet.header.hop_limit, packet.protocol), (255, PROTOCOL));
        let expected = Advertisement {
            router: true,
            solicited: false,
            replaces: true,
            target: VIP,
            link_layer: Some(MAC),
        };
        assert_eq!(Advertisement::parse(packet.payload, SOURCE, ALL_NODES), Ok(expected));
        assert!(!parse(&message(false)).unwrap().router);
    }

    #[test]
    fn options_without_a_valid_length_are_refused() {
        let mut zero = message(true);
        zero[25] = 0;
        assert_eq!(parse(&summed(zero)), Err(Malformed::Option { offset: 24 }));
        let mut long = message(true);
        long[25] = 255;
        assert_eq!(parse(&summed(long)), Err(Malformed::Option { offset: 24 }));
        let mut cut = message(true);
        cut.push(2);
        assert_eq!(parse(&summed(cut)), Err(Malformed::Option { offset: 32 }));
    }

    #[test]
    fn unknown_options_are_passed_over() {
        let mut other = message(true);
        other[24] = 14;
        assert_eq!(parse(&summed(other)).unwrap().link_layer, None);
    }

    #[test]
    fn what_receivers_must_discard_is_refused() {
        let mut bad = message(true);
        assert_eq!(parse(&bad[..23]), Err(Malformed::Length { have: 23 }));
        bad[8] ^= 1;
        assert_eq!(parse(&bad), Err(Malformed::Checksum));
        bad[0] = 135;
        assert_eq!(parse(&bad), Err(Malformed::Type(135)));
        let mut code = message(true);
        code[1] = 9;
        assert_eq!(parse(&summed(code)), Err(Malformed::Code(9)));
    }
}
