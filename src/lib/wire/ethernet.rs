//! Ethernet II frames with VLAN tags (IEEE 802.3, 802.1Q, 802.1ad).
//!
//! Decides where the payload begins. It refuses to know what the payload is.

use thiserror::Error;

use super::reader::Reader;

/// A hardware address.
pub type Mac = [u8; 6];

/// Every station of the segment.
pub const BROADCAST: Mac = [0xff; 6];
/// Bytes of a header without tags.
pub const HEADER_LEN: usize = 14;

/// Ethertype of IPv4.
pub const IPV4: u16 = 0x0800;
/// Ethertype of ARP.
pub const ARP: u16 = 0x0806;
/// Ethertype of IPv6.
pub const IPV6: u16 = 0x86dd;

/// Ethertypes that announce a tag: 802.1Q, 802.1ad, and the older double tag.
const TAGS: [u16; 3] = [0x8100, 0x88a8, 0x9100];
/// Tags that are followed; more than two are nobody's network.
const MAX_TAGS: usize = 4;

/// VLAN identifiers of a frame, outermost first, 0..=4095.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Vlans {
    ids: [u16; MAX_TAGS],
    count: usize,
}

impl Vlans {
    /// The tags that `ether_type` and the bytes of `reader` begin with, and the type behind them.
    /// `None` when the bytes end too early.
    pub(super) fn read(
        mut ether_type: u16,
        reader: &mut Reader<'_>,
    ) -> Option<Result<(Self, u16), Malformed>> {
        let mut vlans = Self::default();
        while TAGS.contains(&ether_type) {
            // The upper four bits are priority and drop eligibility.
            let id = reader.u16()? & 0x0fff;
            let Some(slot) = vlans.ids.get_mut(vlans.count) else {
                return Some(Err(Malformed::Tags));
            };
            *slot = id;
            vlans.count += 1;
            ether_type = reader.u16()?;
        }
        Some(Ok((vlans, ether_type)))
    }
}

impl std::ops::Deref for Vlans {
    type Target = [u16];

    fn deref(&self) -> &[u16] {
        self.ids.get(..self.count).unwrap_or_default()
    }
}

/// The header of a frame and what follows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// To whom.
    pub destination: Mac,
    /// From whom.
    pub source: Mac,
    /// The tags between header and payload.
    pub vlans: Vlans,
    /// What `payload` is; a length when below 0x0600.
    pub ether_type: u16,
    /// The rest, padding included.
    pub payload: &'a [u8],
}

/// Why bytes are no frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum Malformed {
    /// The header, or a tag, is cut off.
    #[error("{have} bytes are less than an Ethernet header")]
    Header {
        /// Bytes present.
        have: usize,
    },
    /// More tags than anybody uses.
    #[error("more than {MAX_TAGS} VLAN tags")]
    Tags,
}

impl<'a> Frame<'a> {
    /// Read the frame in `bytes`, without preamble and check sequence.
    ///
    /// # Errors
    /// When the header is cut off, or more than four tags are stacked.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        Self::read(Reader::new(bytes)).unwrap_or(Err(Malformed::Header { have: bytes.len() }))
    }

    /// `None` when the bytes end too early.
    fn read(mut reader: Reader<'a>) -> Option<Result<Self, Malformed>> {
        let (destination, source) = (reader.array()?, reader.array()?);
        let ether_type = reader.u16()?;
        let (vlans, ether_type) = match Vlans::read(ether_type, &mut reader)? {
            Ok(read) => read,
            Err(malformed) => return Some(Err(malformed)),
        };
        Some(Ok(Self { destination, source, vlans, ether_type, payload: reader.rest() }))
    }
}

/// A complete untagged frame. It is not padded to the least length: the device does that.
#[must_use]
pub fn frame(destination: Mac, source: Mac, ether_type: u16, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER_LEN + payload.len());
    bytes.extend(destination);
    bytes.extend(source);
    bytes.extend(ether_type.to_be_bytes());
    bytes.extend(payload);
    bytes
}

/// The hardware address of an IPv6 group (RFC 2464 section 7).
#[must_use]
pub const fn multicast_v6(group: std::net::Ipv6Addr) -> Mac {
    let [.., a, b, c, d] = group.octets();
    [0x33, 0x33, a, b, c, d]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_followed_outermost_first() {
        let mut bytes = frame(BROADCAST, [2; 6], 0x88a8, &[]);
        bytes.extend([0x20, 0x64, 0x81, 0x00, 0x0f, 0xff, 0x08, 0x06, 1, 2, 3]);
        let frame = Frame::parse(&bytes).unwrap();
        assert_eq!(*frame.vlans, [100, 4095]);
        assert_eq!((frame.ether_type, frame.payload), (ARP, &[1, 2, 3][..]));
        assert_eq!((frame.destination, frame.source), (BROADCAST, [2; 6]));
    }

    #[test]
    fn cut_headers_and_endless_tags_are_refused() {
        let mut bytes = frame(BROADCAST, [2; 6], IPV4, &[]);
        assert_eq!(Frame::parse(&bytes[..13]), Err(Malformed::Header { have: 13 }));
        bytes.truncate(12);
        bytes.extend([0x81, 0x00, 0x00, 0x01].repeat(5));
        assert_eq!(Frame::parse(&bytes), Err(Malformed::Tags));
        bytes.truncate(16);
        assert_eq!(Frame::parse(&bytes), Err(Malformed::Header { have: 16 }));
    }

    #[test]
    fn an_ipv6_group_maps_to_its_last_four_bytes() {
        let group = std::net::Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0x12);
        assert_eq!(multicast_v6(group), [0x33, 0x33, 0, 0, 0, 0x12]);
    }
}
