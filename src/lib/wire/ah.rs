//! The IP Authentication Header (RFC 4302), which keepalived can put before version 2 adverts.
//!
//! Decides where the payload begins. It refuses to know whether the digest is right: that takes
//! the key and belongs to whoever has it.

use thiserror::Error;

use super::reader::Reader;

/// Protocol number of AH.
pub const PROTOCOL: u8 = 51;

/// Bytes before the integrity check value.
const FIXED_LEN: usize = 12;

/// A header with what follows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    /// What the payload is.
    pub next_header: u8,
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
        let [next_header, words, _, _] = reader.array()?;
        let (spi, sequence) = (reader.u32()?, reader.u32()?);
        // The length counts words of four bytes, less two (RFC 4302 section 2.2).
        let icv_len = (usize::from(words) * 4 + 8).checked_sub(FIXED_LEN)?;
        let (icv, payload) = reader.rest().split_at_checked(icv_len)?;
        Some(Self { next_header, spi, sequence, icv, payload })
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

    #[test]
    fn lengths_that_do_not_fit_are_refused() {
        let fixed = [112, 4, 0, 0, 192, 0, 2, 1, 0, 0, 0, 9];
        assert_eq!(Packet::parse(&fixed), Err(Malformed { have: 12 }));
        assert_eq!(Packet::parse(&fixed[..11]), Err(Malformed { have: 11 }));
        let short = [112, 0, 0, 0, 192, 0, 2, 1, 0, 0, 0, 9];
        assert_eq!(Packet::parse(&short), Err(Malformed { have: 12 }));
    }
}
