//! The internet checksum (RFC 1071) and the pseudo headers of IPv4 and IPv6.
//!
//! Decides only arithmetic: who includes a pseudo header, and which, is each protocol's business.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A ones' complement sum in the making.
///
/// Add the parts in any order; every part but the last must have an even length, or begin at an
/// even offset of the message as all of ours do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct Sum(u64);

impl Sum {
    /// A sum of nothing.
    pub const fn new() -> Self {
        Self(0)
    }

    /// Add `data` as big-endian 16-bit words; an odd last byte is padded with zero.
    pub fn bytes(self, data: &[u8]) -> Self {
        let (words, rest) = data.as_chunks::<2>();
        let sum: u64 = words.iter().map(|word| u64::from(u16::from_be_bytes(*word))).sum();
        let last = rest.first().map_or(0, |byte| u64::from(*byte) << 8);
        // 2^48 words would be needed to overflow; no message has them.
        Self(self.0 + sum + last)
    }

    /// Add the IPv4 pseudo header (RFC 9293 section 3.1): addresses, protocol, message length.
    pub fn pseudo_v4(
        self,
        source: Ipv4Addr,
        destination: Ipv4Addr,
        protocol: u8,
        len: u16,
    ) -> Self {
        let sum = self.bytes(&source.octets()).bytes(&destination.octets());
        Self(sum.0 + u64::from(protocol) + u64::from(len))
    }

    /// Add the IPv6 pseudo header (RFC 8200 section 8.1): addresses, upper-layer length, next
    /// header.
    pub fn pseudo_v6(
        self,
        source: Ipv6Addr,
        destination: Ipv6Addr,
        protocol: u8,
        len: u16,
    ) -> Self {
        let sum = self.bytes(&source.octets()).bytes(&destination.octets());
        Self(sum.0 + u64::from(protocol) + u64::from(len))
    }

    /// Add the pseudo header of the addresses' family; `None` when the families differ.
    pub fn pseudo(
        self,
        source: IpAddr,
        destination: IpAddr,
        protocol: u8,
        len: u16,
    ) -> Option<Self> {
        match (source, destination) {
            (IpAddr::V4(s), IpAddr::V4(d)) => Some(self.pseudo_v4(s, d, protocol, len)),
            (IpAddr::V6(s), IpAddr::V6(d)) => Some(self.pseudo_v6(s, d, protocol, len)),
            _ => None,
        }
    }

    /// The value of the checksum field: the complement of the folded sum.
    #[must_use]
    pub fn finish(self) -> u16 {
        let mut sum = self.0;
        while sum > 0xffff {
            sum = (sum >> 16) + (sum & 0xffff);
        }
        // The loop leaves 16 bits, so the conversion cannot fail.
        !u16::try_from(sum).unwrap_or(u16::MAX)
    }

    /// Whether the parts, checksum field included, are consistent.
    #[must_use]
    pub fn is_valid(self) -> bool {
        self.finish() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_1071_sums_to_ddf2() {
        let data = [0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7];
        assert_eq!(Sum::new().bytes(&data).finish(), !0xddf2);
    }

    #[test]
    fn an_odd_last_byte_counts_as_the_high_half_of_a_word() {
        assert_eq!(Sum::new().bytes(&[0xab]).finish(), !0xab00);
    }

    #[test]
    fn a_message_with_its_checksum_in_place_is_valid_and_nothing_is_not() {
        let sum = Sum::new().bytes(&[0x12, 0x34, 0xff, 0xff]).finish();
        let mut message = vec![0x12, 0x34, 0xff, 0xff];
        message.extend(sum.to_be_bytes());
        assert!(Sum::new().bytes(&message).is_valid());
        assert!(!Sum::new().is_valid());
    }

    #[test]
    fn families_are_not_mixed() {
        let v4 = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let v6 = IpAddr::V6(Ipv6Addr::LOCALHOST);
        assert_eq!(Sum::new().pseudo(v4, v6, 112, 8), None);
    }
}
