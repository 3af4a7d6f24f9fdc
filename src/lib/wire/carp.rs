//! CARP, which shares VRRP's protocol number, group and first byte (OpenBSD `ip_carp.h`, version 2).
//!
//! Decides that a message is CARP and what it says. It refuses to judge it: the counter and the
//! digest behind the fixed part mean something only to who has the key.

use super::checksum::Sum;

/// Bytes of a message: the fixed part, a counter of 8 and a digest of 20.
pub const LEN: usize = 36;

/// Version 2, advertisement: what version 2 of VRRP begins with as well.
const VERSION_TYPE: u8 = 0x21;
/// Words of four bytes in counter and digest.
const AUTH_WORDS: u8 = 7;

/// One CARP advertisement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    /// Virtual host identifier.
    pub vhid: u8,
    /// The greater, the later its sender speaks: 1/256 s each.
    pub advskew: u8,
    /// Advertisement interval in seconds.
    pub advbase: u8,
    /// Whether the checksum over the message is right. Over IPv6 it is not looked at.
    pub checksum_valid: bool,
    /// Counter against replays.
    pub counter: u64,
}

impl Message {
    /// Read the message in `payload`; `None` when it is not CARP. An advert of VRRP with as many
    /// addresses as the length field here says would be eight bytes longer.
    #[must_use]
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let bytes: &[u8; LEN] = payload.try_into().ok()?;
        let [VERSION_TYPE, vhid, advskew, AUTH_WORDS, _, advbase, _, _, rest @ ..] = *bytes else {
            return None;
        };
        let counter = u64::from_be_bytes(*rest.first_chunk()?);
        let checksum_valid = Sum::new().bytes(bytes).is_valid();
        Some(Self { vhid, advskew, advbase, checksum_valid, counter })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn carp_is_told_from_an_advert_by_its_length() {
        let mut message = [0; LEN];
        message[..8].copy_from_slice(&[0x21, 7, 100, 7, 0, 1, 0, 0]);
        message[15] = 9;
        let sum = Sum::new().bytes(&message).finish();
        message[6..8].copy_from_slice(&sum.to_be_bytes());
        let parsed = Message::parse(&message).unwrap();
        assert_eq!((parsed.vhid, parsed.advskew, parsed.advbase), (7, 100, 1));
        assert_eq!((parsed.counter, parsed.checksum_valid), (9, true));
        message[20] ^= 1;
        assert!(!Message::parse(&message).unwrap().checksum_valid);
        // Five addresses of VRRP are as long.
        message[3] = 5;
        assert_eq!(Message::parse(&message), None);
        assert_eq!(Message::parse(&message[..35]), None);
    }
}
