//! The IP Authentication Header (RFC 4302) that can stand before version 2 adverts over IPv4, as
//! keepalived does it: HMAC-MD5-96 (RFC 2403) over the IP header, this header and the message.
//!
//! Decides where the payload begins, and with a key whether the digest is right. It refuses to know
//! which sequence numbers were seen: that belongs to whoever listens.

use std::net::Ipv4Addr;

use md5::{Digest, Md5};
use thiserror::Error;

use super::reader::Reader;
use super::{ipv4, vrrp};

/// Protocol number of AH.
pub const PROTOCOL: u8 = 51;

/// Bytes before the integrity check value.
const FIXED_LEN: usize = 12;
/// Bytes of the integrity check value: the first 96 bits of the digest (RFC 2403 section 3).
const ICV_LEN: usize = 12;
/// Bytes of the whole header.
pub const HEADER_LEN: usize = FIXED_LEN + ICV_LEN;
/// Words of four bytes in it, less two (RFC 4302 section 2.2).
const LENGTH_FIELD: u8 = 4;
/// Bytes of a block of MD5 (RFC 1321 section 3.4).
const BLOCK: usize = 64;

/// Who may put the header on and check it: both sides have the same, as they have a password.
pub type Key = [u8; 8];

/// What the digest covers of the IP header and a receiver sees there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outer {
    /// IP source.
    pub source: Ipv4Addr,
    /// IP destination.
    pub destination: Ipv4Addr,
    /// TTL. A packet to one router may cross others, which change it: then it is not covered.
    pub ttl: u8,
    /// Identification.
    pub identification: u16,
}

impl Outer {
    /// The identification of the packet with a sequence number. The kernel would choose one in
    /// place of 0, and the digest would be wrong.
    #[must_use]
    pub const fn identification(sequence: u32) -> u16 {
        let [_, _, high, low] = sequence.to_be_bytes();
        let number = u16::from_be_bytes([high, low]);
        if number == 0 { 1 } else { number }
    }

    /// The header in front of `message`, with its digest.
    #[must_use]
    pub fn seal(&self, key: Key, sequence: u32, message: &[u8]) -> Vec<u8> {
        let fixed = self.fixed(sequence);
        let icv = self.icv(key, &fixed, message);
        [&fixed[..], &icv, message].concat()
    }

    /// Whether `packet` was sealed with `key`, by who it says it comes from; what it carries is an
    /// advert. Compared in constant time.
    #[must_use]
    pub fn verifies(&self, key: Key, packet: &Packet<'_>) -> bool {
        let fixed = self.fixed(packet.sequence);
        let icv = self.icv(key, &fixed, packet.payload);
        let differs = icv.iter().zip(packet.icv).fold(0, |seen, (a, b)| seen | (a ^ b));
        packet.next_header == vrrp::PROTOCOL
            && packet.reserved == 0
            && packet.spi == self.source.to_bits()
            && packet.icv.len() == ICV_LEN
            && differs == 0
    }

    /// The header up to its digest; keepalived has its source address as parameters index.
    fn fixed(&self, sequence: u32) -> [u8; FIXED_LEN] {
        let [i0, i1, i2, i3] = self.source.octets();
        let [s0, s1, s2, s3] = sequence.to_be_bytes();
        [vrrp::PROTOCOL, LENGTH_FIELD, 0, 0, i0, i1, i2, i3, s0, s1, s2, s3]
    }

    /// The digest, of everything with the fields zeroed that change on the way (RFC 4302 section
    /// 3.3.3.1.1): type of service, flags, fragment offset, checksum; the digest itself.
    fn icv(&self, key: Key, fixed: &[u8; FIXED_LEN], message: &[u8]) -> [u8; ICV_LEN] {
        let length = ipv4::HEADER_LEN + HEADER_LEN + message.len();
        let [l0, l1] = u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes();
        let [i0, i1] = self.identification.to_be_bytes();
        let ttl = if self.destination.is_multicast() { self.ttl } else { 0 };
        let header = [0x45, 0, l0, l1, i0, i1, 0, 0, ttl, PROTOCOL, 0, 0];
        let addresses = [self.source.octets(), self.destination.octets()];
        let covered =
            [&header[..], addresses.as_flattened(), fixed, &[0; ICV_LEN], message].concat();
        let mut icv = [0; ICV_LEN];
        icv.iter_mut().zip(hmac(key, &covered)).for_each(|(to, from)| *to = from);
        icv
    }
}

/// HMAC (RFC 2104) with MD5 of a key that is shorter than a block.
fn hmac(key: Key, text: &[u8]) -> [u8; 16] {
    let padded = |with: u8| {
        let mut block = [with; BLOCK];
        block.iter_mut().zip(key).for_each(|(to, from)| *to ^= from);
        block
    };
    let inner = Md5::new().chain_update(padded(0x36)).chain_update(text).finalize();
    Md5::new().chain_update(padded(0x5c)).chain_update(inner).finalize().into()
}

/// A header with what follows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    /// What the payload is.
    pub next_header: u8,
    /// Zero (RFC 4302 section 2.3).
    pub reserved: u16,
    /// Security parameters index; keepalived puts its source address here.
    pub spi: u32,
    /// Sequence number.
    pub sequence: u32,
    /// Integrity check value.
    pub icv: &'a [u8],
    /// What is authenticated, after the header.
    pub payload: &'a [u8],
}

/// The header is cut off, or says it is shorter than its fixed part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[error("{have} bytes are no whole AH header")]
pub struct Malformed {
    /// Bytes present.
    pub have: usize,
}

impl Packet<'_> {
    /// The identification that the sender gives the IP packet round it.
    #[must_use]
    pub const fn identification(&self) -> u16 {
        Outer::identification(self.sequence)
    }
}

impl<'a> Packet<'a> {
    /// Read the header at the beginning of `bytes`.
    ///
    /// # Errors
    /// When its length contradicts the bytes present.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        Self::read(bytes).ok_or(Malformed { have: bytes.len() })
    }

    fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        let ([next_header, words], reserved) = (reader.array()?, reader.u16()?);
        let (spi, sequence) = (reader.u32()?, reader.u32()?);
        // The length counts words of four bytes, less two (RFC 4302 section 2.2).
        let icv_len = (usize::from(words) * 4 + 8).checked_sub(FIXED_LEN)?;
        let (icv, payload) = reader.rest().split_at_checked(icv_len)?;
        Some(Self { next_header, reserved, spi, sequence, icv, payload })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_payload_begins_after_the_check_value() {
        let mut bytes = vec![112, 4, 0, 0, 192, 0, 2, 1, 0, 0, 0, 9];
        bytes.extend([0xaa; 12]);
        bytes.extend([0x21, 51]);
        let packet = Packet::parse(&bytes).unwrap();
        assert_eq!((packet.next_header, packet.spi, packet.sequence), (112, 0xc000_0201, 9));
        assert_eq!((packet.icv, packet.payload), (&[0xaa; 12][..], &[0x21, 51][..]));
    }

    /// An advert of keepalived 2.2.7 with `auth_pass secret`, from a capture: to the group, and to
    /// a peer.
    const CAPTURED: [(Ipv4Addr, &str); 2] = [
        (
            Ipv4Addr::new(224, 0, 0, 18),
            "700400000a09000100000001fd0cee6810a2e108265cb0fc\
             2133780102015a5d0a0900640000000000000000",
        ),
        (
            Ipv4Addr::new(10, 9, 0, 2),
            "700400000a09000100000001dc285784f1ee5abb6c698f41\
             2133780102015a5d0a0900640000000000000000",
        ),
    ];
    const KEY: Key = *b"secret\0\0";

    fn bytes(digits: &str) -> Vec<u8> {
        let pairs = digits.as_bytes().chunks(2);
        pairs.map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
    }

    #[test]
    fn what_keepalived_sends_verifies_and_is_what_we_send() {
        for (destination, digits) in CAPTURED {
            let captured = bytes(digits);
            let packet = Packet::parse(&captured).unwrap();
            let outer = Outer {
                source: Ipv4Addr::new(10, 9, 0, 1),
                destination,
                ttl: 255,
                identification: 1,
            };
            assert_eq!((packet.sequence, outer.verifies(KEY, &packet)), (1, true));
            assert_eq!(outer.seal(KEY, 1, packet.payload), captured);
            assert_eq!(Outer::identification(1), 1);
            // A router on the way may change the TTL, unless the packet never leaves the link.
            let later = Outer { ttl: 254, ..outer };
            assert_eq!(later.verifies(KEY, &packet), !destination.is_multicast());
        }
    }

    #[test]
    fn whatever_is_changed_breaks_the_seal() {
        let outer = Outer {
            source: Ipv4Addr::new(10, 9, 0, 1),
            destination: Ipv4Addr::new(224, 0, 0, 18),
            ttl: 255,
            identification: 7,
        };
        let sealed = outer.seal(KEY, 9, &[0x21, 51, 100]);
        let verifies = |outer: &Outer, key: Key, bytes: &[u8]| {
            Packet::parse(bytes).is_ok_and(|packet| outer.verifies(key, &packet))
        };
        assert!(verifies(&outer, KEY, &sealed));
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(!verifies(&outer, KEY, &changed), "byte {at}");
        }
        let other = Outer { source: Ipv4Addr::new(10, 9, 0, 3), ..outer };
        assert!(!verifies(&other, KEY, &sealed));
        assert!(!verifies(&Outer { identification: 8, ..outer }, KEY, &sealed));
        assert!(!verifies(&outer, *b"secreT\0\0", &sealed));
        assert!(!verifies(&outer, KEY, &sealed[..sealed.len() - 1]));
    }

    #[test]
    fn no_packet_has_the_identification_that_the_kernel_replaces() {
        assert_eq!(Outer::identification(0x1_0000), 1);
        assert_eq!(Outer::identification(0x1_0001), 1);
        assert_eq!(Outer::identification(u32::MAX), 0xffff);
    }

    #[test]
    fn lengths_that_do_not_fit_are_refused() {
        let fixed = [112, 4, 0, 0, 192, 0, 2, 1, 0, 0, 0, 9];
        assert_eq!(Packet::parse(&fixed), Err(Malformed { have: 12 }));
        assert_eq!(Packet::parse(&fixed[..11]), Err(Malformed { have: 11 }));
        let short = [112, 0, 0, 0, 192, 0, 2, 1, 0, 0, 0, 9];
        assert_eq!(Packet::parse(&short), Err(Malformed { have: 12 }));
    }
}
