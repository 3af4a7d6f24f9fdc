//! IPv4 headers (RFC 791). Options are skipped; fragments are told, not reassembled.

use std::net::Ipv4Addr;

use thiserror::Error;

use super::checksum::Sum;

/// Bytes of a header without options.
pub const HEADER_LEN: usize = 20;

const FLAG_DONT_FRAGMENT: u16 = 0x4000;
const FLAG_MORE_FRAGMENTS: u16 = 0x2000;
const FRAGMENT_OFFSET: u16 = 0x1fff;

/// The fields of a header that a sender chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// From whom.
    pub source: Ipv4Addr,
    /// To whom.
    pub destination: Ipv4Addr,
    /// Type of service: DSCP and ECN.
    pub tos: u8,
    /// Identification.
    pub identification: u16,
    /// Routers may not fragment it.
    pub dont_fragment: bool,
    /// Time to live.
    pub ttl: u8,
    /// What the payload is.
    pub protocol: u8,
}

/// A received packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    /// Its header.
    pub header: Header,
    /// Whether the header's checksum is right.
    pub checksum_valid: bool,
    /// Whether this is only a part of a datagram.
    pub fragment: bool,
    /// The payload, as long as the header says.
    pub payload: &'a [u8],
    /// Bytes after the packet: Ethernet padding.
    pub padding: usize,
    /// Bytes of the payload that the capture did not keep.
    pub missing: usize,
}

/// Why bytes are no IPv4 packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum Malformed {
    /// Fewer bytes than the header.
    #[error("{have} bytes are less than an IPv4 header of {need}")]
    Header {
        /// Bytes present.
        have: usize,
        /// Bytes that the header should have.
        need: usize,
    },
    /// Not version 4.
    #[error("IP version {0} is not 4")]
    Version(u8),
    /// The header length field is below its least value of five words.
    #[error("IPv4 header length of {0} words is less than 5")]
    HeaderLength(u8),
    /// The total length is below the header's, or more than is there.
    #[error("IPv4 total length {total} does not fit a header of {header} and {have} bytes")]
    TotalLength {
        /// Bytes that the packet says it has.
        total: usize,
        /// Bytes of its header.
        header: usize,
        /// Bytes present.
        have: usize,
    },
}

impl<'a> Packet<'a> {
    /// Read the packet in `bytes`.
    ///
    /// # Errors
    /// When its lengths contradict each other or the bytes present.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        Self::parse_cut(bytes, 0)
    }

    /// Read the packet in `bytes`, of which a capture kept all but the last `lost`.
    ///
    /// # Errors
    /// When its lengths contradict each other or the bytes that were there.
    pub fn parse_cut(bytes: &'a [u8], lost: usize) -> Result<Self, Malformed> {
        let have = bytes.len();
        let Some(fixed) = bytes.first_chunk::<HEADER_LEN>() else {
            return Err(Malformed::Header { have, need: HEADER_LEN });
        };
        let [version_len, tos, l0, l1, i0, i1, f0, f1, ttl, protocol, _, _, addresses @ ..] =
            *fixed;
        if version_len >> 4 != 4 {
            return Err(Malformed::Version(version_len >> 4));
        }
        let words = version_len & 0x0f;
        if words < 5 {
            return Err(Malformed::HeaderLength(words));
        }
        let header = usize::from(words) * 4;
        let total = usize::from(u16::from_be_bytes([l0, l1]));
        let header_bytes = bytes.get(..header).ok_or(Malformed::Header { have, need: header })?;
        let whole = (header..=have.saturating_add(lost)).contains(&total);
        let payload = bytes.get(header..total.min(have)).filter(|_| whole);
        let payload = payload.ok_or(Malformed::TotalLength { total, header, have })?;
        let flags = u16::from_be_bytes([f0, f1]);
        let [s0, s1, s2, s3, d0, d1, d2, d3] = addresses;
        Ok(Self {
            header: Header {
                source: Ipv4Addr::new(s0, s1, s2, s3),
                destination: Ipv4Addr::new(d0, d1, d2, d3),
                tos,
                identification: u16::from_be_bytes([i0, i1]),
                dont_fragment: flags & FLAG_DONT_FRAGMENT != 0,
                ttl,
                protocol,
            },
            checksum_valid: Sum::new().bytes(header_bytes).is_valid(),
            fragment: flags & (FLAG_MORE_FRAGMENTS | FRAGMENT_OFFSET) != 0,
            payload,
            padding: have.saturating_sub(total),
            missing: total.saturating_sub(have),
        })
    }
}

impl Header {
    /// The packet: a header without options, its checksum filled in, and `payload`.
    ///
    /// A payload that does not fit into 65,535 bytes is cut.
    #[must_use]
    pub fn emit(&self, payload: &[u8]) -> Vec<u8> {
        let payload = payload.get(..usize::from(u16::MAX) - HEADER_LEN).unwrap_or(payload);
        let total = u16::try_from(HEADER_LEN + payload.len()).unwrap_or(u16::MAX).to_be_bytes();
        let id = self.identification.to_be_bytes();
        let flags = if self.dont_fragment { FLAG_DONT_FRAGMENT } else { 0 }.to_be_bytes();
        let fixed = |sum: [u8; 2]| {
            let mut header = Vec::with_capacity(HEADER_LEN + payload.len());
            header.extend([0x45, self.tos, total[0], total[1], id[0], id[1], flags[0], flags[1]]);
            header.extend([self.ttl, self.protocol, sum[0], sum[1]]);
            header.extend(self.source.octets());
            header.extend(self.destination.octets());
            header
        };
        let sum = Sum::new().bytes(&fixed([0, 0])).finish();
        let mut packet = fixed(sum.to_be_bytes());
        packet.extend(payload);
        packet
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: Header = Header {
        source: Ipv4Addr::new(10, 0, 0, 1),
        destination: Ipv4Addr::new(224, 0, 0, 18),
        tos: 0xc0,
        identification: 7,
        dont_fragment: true,
        ttl: 255,
        protocol: 112,
    };

    #[test]
    fn a_packet_reads_back_as_it_was_written() {
        let mut bytes = HEADER.emit(&[1, 2, 3]);
        bytes.extend([0; 5]);
        let packet = Packet::parse(&bytes).unwrap();
        assert_eq!(packet.header, HEADER);
        assert_eq!((packet.payload, packet.padding), (&[1, 2, 3][..], 5));
        assert!(packet.checksum_valid && !packet.fragment);
    }

    #[test]
    fn options_are_skipped() {
        let mut bytes = HEADER.emit(&[9; 8]);
        bytes[0] = 0x46;
        let packet = Packet::parse(&bytes).unwrap();
        assert_eq!(packet.payload, [9; 4]);
        assert!(!packet.checksum_valid);
    }

    #[test]
    fn parts_of_a_datagram_are_told() {
        let mut bytes = HEADER.emit(&[]);
        bytes[6] = 0x20;
        assert!(Packet::parse(&bytes).unwrap().fragment);
        bytes[6..8].copy_from_slice(&[0, 1]);
        assert!(Packet::parse(&bytes).unwrap().fragment);
    }

    #[test]
    fn contradicting_lengths_are_refused() {
        let bytes = HEADER.emit(&[1, 2, 3]);
        let parse = |change: &dyn Fn(&mut Vec<u8>)| {
            let mut changed = bytes.clone();
            change(&mut changed);
            Packet::parse(&changed).unwrap_err()
        };
        assert_eq!(parse(&|b| b.truncate(19)), Malformed::Header { have: 19, need: 20 });
        assert_eq!(parse(&|b| b[0] = 0x4f), Malformed::Header { have: 23, need: 60 });
        assert_eq!(parse(&|b| b[0] = 0x65), Malformed::Version(6));
        assert_eq!(parse(&|b| b[0] = 0x44), Malformed::HeaderLength(4));
        let total = |total| Malformed::TotalLength { total, header: 20, have: 23 };
        assert_eq!(parse(&|b| b[3] = 24), total(24));
        assert_eq!(parse(&|b| b[3] = 19), total(19));
    }
}
