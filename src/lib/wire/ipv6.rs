//! IPv6 headers and extension headers (RFC 8200). Fragments are told, not reassembled.

use std::net::Ipv6Addr;

use thiserror::Error;

use super::reader::Reader;

/// Bytes of the fixed header.
pub const HEADER_LEN: usize = 40;

/// Extension headers that are followed; real packets have one or two.
const MAX_EXTENSIONS: usize = 8;
const HOP_BY_HOP: u8 = 0;
const ROUTING: u8 = 43;
const FRAGMENT: u8 = 44;
const DESTINATION_OPTIONS: u8 = 60;

/// The fields of a header that a sender chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// From whom.
    pub source: Ipv6Addr,
    /// To whom.
    pub destination: Ipv6Addr,
    /// Traffic class: DSCP and ECN.
    pub traffic_class: u8,
    /// Flow label, 20 bits.
    pub flow_label: u32,
    /// What follows the fixed header: a protocol or an extension header.
    pub next_header: u8,
    /// Hop limit.
    pub hop_limit: u8,
}

/// A received packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    /// Its fixed header.
    pub header: Header,
    /// What the payload is, after the extension headers.
    pub protocol: u8,
    /// Whether this is only a part of a datagram; the payload of any but the first part begins
    /// somewhere in the middle.
    pub fragment: bool,
    /// The payload after the extension headers, as long as the header says.
    pub payload: &'a [u8],
    /// Bytes after the packet: Ethernet padding.
    pub padding: usize,
    /// Bytes of the payload that the capture did not keep.
    pub missing: usize,
}

/// Why bytes are no IPv6 packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum Malformed {
    /// Fewer bytes than the fixed header.
    #[error("{have} bytes are less than an IPv6 header of {HEADER_LEN}")]
    Header {
        /// Bytes present.
        have: usize,
    },
    /// Not version 6.
    #[error("IP version {0} is not 6")]
    Version(u32),
    /// The payload length is more than is there.
    #[error("IPv6 payload length {length} is more than the {have} bytes present")]
    PayloadLength {
        /// Bytes that the packet says follow the fixed header.
        length: usize,
        /// Bytes that do.
        have: usize,
    },
    /// An extension header reaches past the end.
    #[error("IPv6 extension header {0} is cut off")]
    Extension(u8),
    /// More extension headers than anybody sends.
    #[error("more than {MAX_EXTENSIONS} IPv6 extension headers")]
    Extensions,
}

impl<'a> Packet<'a> {
    /// Read the packet in `bytes`, up to the first header that is no extension (an AH or ESP
    /// header is a protocol of its own here).
    ///
    /// # Errors
    /// When its lengths contradict the bytes present, or its extension headers never end.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        Self::parse_cut(bytes, 0)
    }

    /// Read the packet in `bytes`, of which a capture kept all but the last `lost`.
    ///
    /// # Errors
    /// As [`Packet::parse`].
    pub fn parse_cut(bytes: &'a [u8], lost: usize) -> Result<Self, Malformed> {
        let cut = Malformed::Header { have: bytes.len() };
        let mut reader = Reader::new(bytes);
        let (version, header, length) = Header::read(&mut reader).ok_or(cut)?;
        if version != 6 {
            return Err(Malformed::Version(version));
        }
        let rest = reader.rest();
        let missing = length.saturating_sub(rest.len());
        let (upper, padding) = rest
            .split_at_checked(length.min(rest.len()))
            .filter(|_| missing <= lost)
            .ok_or(Malformed::PayloadLength { length, have: rest.len() })?;
        let (protocol, fragment, payload) = skip_extensions(header.next_header, upper)?;
        Ok(Self { header, protocol, fragment, payload, padding: padding.len(), missing })
    }
}

/// Protocol, whether it is a part of a datagram, and payload behind the extension headers.
fn skip_extensions(mut next: u8, mut rest: &[u8]) -> Result<(u8, bool, &[u8]), Malformed> {
    let mut fragment = false;
    for _ in 0..=MAX_EXTENSIONS {
        let length = match (next, rest) {
            (FRAGMENT, [_, _, high, low, ..]) => {
                // Offset and the more-fragments bit; an atomic fragment has neither (RFC 6946).
                fragment |= u16::from_be_bytes([*high, *low]) & 0xfff9 != 0;
                8
            }
            (HOP_BY_HOP | ROUTING | DESTINATION_OPTIONS, [_, units, ..]) => {
                usize::from(*units) * 8 + 8
            }
            (FRAGMENT | HOP_BY_HOP | ROUTING | DESTINATION_OPTIONS, _) => {
                return Err(Malformed::Extension(next));
            }
            _ => return Ok((next, fragment, rest)),
        };
        let (extension, after) = rest.split_at_checked(length).ok_or(Malformed::Extension(next))?;
        next = extension.first().copied().ok_or(Malformed::Extension(next))?;
        rest = after;
        if fragment {
            // Only the first part has the headers that `next` promises.
            return Ok((next, true, rest));
        }
    }
    Err(Malformed::Extensions)
}

impl Header {
    /// IP version, header and payload length; `None` when the bytes end too early.
    fn read(reader: &mut Reader<'_>) -> Option<(u32, Self, usize)> {
        let word = reader.u32()?;
        let length = usize::from(reader.u16()?);
        let [next_header, hop_limit] = reader.array()?;
        let [traffic_class, ..] = (word << 4).to_be_bytes();
        let header = Self {
            source: reader.array::<16>()?.into(),
            destination: reader.array::<16>()?.into(),
            traffic_class,
            flow_label: word & 0x000f_ffff,
            next_header,
            hop_limit,
        };
        Some((word >> 28, header, length))
    }

    /// The packet: the fixed header and `payload`, which begins with what `next_header` names.
    ///
    /// A payload that does not fit into 65,535 bytes is cut.
    #[must_use]
    pub fn emit(&self, payload: &[u8]) -> Vec<u8> {
        let payload = payload.get(..usize::from(u16::MAX)).unwrap_or(payload);
        let length = u16::try_from(payload.len()).unwrap_or(u16::MAX);
        let word = 6 << 28 | u32::from(self.traffic_class) << 20 | self.flow_label & 0x000f_ffff;
        let mut packet = Vec::with_capacity(HEADER_LEN + payload.len());
        packet.extend(word.to_be_bytes());
        packet.extend(length.to_be_bytes());
        packet.extend([self.next_header, self.hop_limit]);
        packet.extend(self.source.octets());
        packet.extend(self.destination.octets());
        packet.extend(payload);
        packet
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: Header = Header {
        source: Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1),
        destination: Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0x12),
        traffic_class: 0xc0,
        flow_label: 0xabcde,
        next_header: 112,
        hop_limit: 255,
    };

    fn with_next(next_header: u8, payload: &[u8]) -> Vec<u8> {
        Header { next_header, ..HEADER }.emit(payload)
    }

    #[test]
    fn a_packet_reads_back_as_it_was_written() {
        let mut bytes = HEADER.emit(&[1, 2, 3]);
        bytes.extend([0; 5]);
        let packet = Packet::parse(&bytes).unwrap();
        assert_eq!(packet.header, HEADER);
        assert_eq!((packet.protocol, packet.payload), (112, &[1, 2, 3][..]));
        assert_eq!((packet.padding, packet.fragment), (5, false));
    }

    #[test]
    fn extension_headers_are_skipped() {
        let mut payload = vec![DESTINATION_OPTIONS, 0, 0, 0, 0, 0, 0, 0];
        payload.extend([FRAGMENT, 1]);
        payload.extend([0; 14]);
        payload.extend([112, 0, 0, 0, 0, 0, 0, 1, 0xaa]);
        let bytes = with_next(HOP_BY_HOP, &payload);
        let packet = Packet::parse(&bytes).unwrap();
        assert_eq!((packet.protocol, packet.payload), (112, &[0xaa][..]));
        assert!(!packet.fragment, "an atomic fragment is whole");
    }

    #[test]
    fn parts_of_a_datagram_are_told() {
        let bytes = with_next(FRAGMENT, &[112, 0, 0, 1, 0, 0, 0, 1, 0xaa]);
        assert!(Packet::parse(&bytes).unwrap().fragment);
    }

    #[test]
    fn endless_and_cut_extension_headers_are_refused() {
        let endless = with_next(HOP_BY_HOP, &[0; 8 * 20]);
        assert_eq!(Packet::parse(&endless), Err(Malformed::Extensions));
        let cut = with_next(ROUTING, &[112, 200, 0, 0, 0, 0, 0, 0]);
        assert_eq!(Packet::parse(&cut), Err(Malformed::Extension(ROUTING)));
        let empty = with_next(FRAGMENT, &[112]);
        assert_eq!(Packet::parse(&empty), Err(Malformed::Extension(FRAGMENT)));
    }

    #[test]
    fn contradicting_lengths_are_refused() {
        let bytes = HEADER.emit(&[1, 2, 3]);
        assert_eq!(Packet::parse(&bytes[..39]), Err(Malformed::Header { have: 39 }));
        let short = Err(Malformed::PayloadLength { length: 3, have: 2 });
        assert_eq!(Packet::parse(&bytes[..42]), short);
        let mut other = bytes;
        other[0] = 0x45;
        assert_eq!(Packet::parse(&other), Err(Malformed::Version(4)));
    }
}
