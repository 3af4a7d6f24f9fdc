//! VRRP advertisements: versions 2 (RFC 3768) and 3 (RFC 9568), over IPv4 and IPv6.
//!
//! This file decides what the bytes mean. It refuses to know whether an advert is welcome:
//! the receive checks against a configuration are `engine::vrrp::receive`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::checksum::Sum;

mod message;

pub use message::{Addresses, Message};

/// IP protocol number of VRRP (RFC 9568 section 5.1.1.4).
pub const PROTOCOL: u8 = 112;
/// TTL and hop limit of every advert (RFC 9568 section 5.1.1.3).
pub const TTL: u8 = 255;
/// IPv4 group of VRRP routers (RFC 9568 section 5.1.1.2).
pub const GROUP_V4: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 18);
/// IPv6 group of VRRP routers (RFC 9568 section 5.1.2.2).
pub const GROUP_V6: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0x12);
/// Bytes before the addresses, in both versions (RFC 9568 section 5.1, RFC 3768 section 5.1).
pub const HEADER_LEN: usize = 8;
/// Bytes of authentication data after the addresses of every version 2 advert.
pub const AUTH_LEN: usize = 8;
/// Greatest interval that version 3 can say: 12 bits of centiseconds (RFC 9568 section 5.2.7).
pub const MAX_INTERVAL_V3: Duration = Duration::from_millis(40_950);
/// Greatest interval that version 2 can say: 8 bits of seconds (RFC 3768 section 5.3.7).
pub const MAX_INTERVAL_V2: Duration = Duration::from_secs(255);

/// The only packet type that RFC 9568 section 5.2.2 defines.
const TYPE_ADVERTISEMENT: u8 = 1;
/// Where the checksum stands, in both versions.
const CHECKSUM_OFFSET: usize = 6;

/// Protocol version of an advert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "u8", try_from = "u8")]
pub enum Version {
    /// RFC 3768: IPv4, whole seconds, authentication field.
    V2,
    /// RFC 9568: IPv4 and IPv6, centiseconds, no authentication.
    V3,
}

impl From<Version> for u8 {
    fn from(version: Version) -> Self {
        match version {
            Version::V2 => 2,
            Version::V3 => 3,
        }
    }
}

impl TryFrom<u8> for Version {
    type Error = String;

    fn try_from(number: u8) -> Result<Self, Self::Error> {
        match number {
            2 => Ok(Self::V2),
            3 => Ok(Self::V3),
            other => Err(format!("VRRP version {other} does not exist; use 2 or 3")),
        }
    }
}

/// Authentication of a version 2 advert (RFC 2338 section 5.3.6, kept by RFC 3768 as a field).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Auth {
    /// Type 0.
    None,
    /// Type 1: eight bytes in clear, zero padded.
    Pass([u8; 8]),
    /// Type 2: an Authentication Header stands before the message ([`crate::wire::ah`]). The key is
    /// in no message, so this comes from a configuration only.
    Ah([u8; 8]),
    /// Any other type, with its eight bytes as received.
    Other(u8, [u8; 8]),
}

/// One decoded advertisement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Advert {
    /// Protocol version.
    pub version: Version,
    /// Virtual router identifier, 1..=255 when valid; 0 is kept so that a capture shows it.
    pub vrid: u8,
    /// 0 = the sender stops being master; 255 = it owns the addresses.
    pub priority: u8,
    /// Whole seconds in version 2, centiseconds in version 3.
    pub advertisement_interval: Duration,
    /// Version 2 only; [`Auth::None`] in version 3.
    pub auth: Auth,
    /// Virtual addresses in the order of the packet, all of the packet's family.
    pub addresses: Vec<IpAddr>,
}

/// A message that could be read, with what was noticed on the way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Parsed {
    /// The advert.
    pub advert: Advert,
    /// Which formula its checksum fits.
    pub checksum: ChecksumSeen,
    /// The checksum field as received.
    pub checksum_field: u16,
    /// Version 3: the four reserved bits before the interval; zero in version 2. Receivers must
    /// ignore them (RFC 9568 section 5.2.6), a capture shows them.
    pub reserved: u8,
    /// Bytes after the message that belong to something else: Ethernet padding, a trailer.
    pub trailing: usize,
}

/// The formula that the checksum of a received message fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChecksumSeen {
    /// Pseudo header and message. All of IPv6; version 3 over IPv4 as keepalived and FRR send.
    PseudoHeader,
    /// The message alone. Version 2 over IPv4; version 3 over IPv4 as RFC 9568 section 5.2.8 says.
    MessageOnly,
    /// Version 3 over IPv4, unicast: a pseudo header that names the group instead of the real
    /// destination, as keepalived before 1.3.7 sends.
    OldUnicast,
    /// None of the formulas of its version and family.
    Wrong,
}

/// Which checksum a version 3 advert over IPv4 is sent with; the others have no choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChecksumVariant {
    /// Pseudo header and message.
    PseudoHeader,
    /// The message alone.
    MessageOnly,
}

/// Why bytes are no advert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum Malformed {
    /// Fewer bytes than the fixed header.
    #[error("{have} bytes are less than a VRRP header of {HEADER_LEN}")]
    Header {
        /// Bytes present.
        have: usize,
    },
    /// A version that does not exist.
    #[error("VRRP version {0} does not exist")]
    Version(u8),
    /// Something other than an advertisement.
    #[error("type {0} is not an advertisement")]
    Type(u8),
    /// Fewer bytes than the address count asks for.
    #[error("{have} bytes are less than the {need} of an advert with {count} addresses")]
    Addresses {
        /// Bytes present.
        have: usize,
        /// Bytes that the message should have.
        need: usize,
        /// The address count field.
        count: u8,
    },
    /// Source and destination are not of one family.
    #[error("source and destination are of different families")]
    Families,
}

impl Advert {
    /// Read the advert in `payload`, the bytes after the IP header (and after an AH header), as
    /// [`Message::parse`] does.
    ///
    /// # Errors
    /// When the bytes are too short, or are not an advertisement of version 2 or 3.
    pub fn parse(payload: &[u8], source: IpAddr, destination: IpAddr) -> Result<Parsed, Malformed> {
        Message::parse(payload, source, destination).map(Into::into)
    }

    /// The message for one `destination`, checksum filled in.
    ///
    /// What the format cannot say is cut to what it can: at most 255 addresses, those of the
    /// family of `source`; the interval rounded down to the version's unit and limited to its
    /// greatest value. A validated configuration never needs that.
    #[must_use]
    pub fn emit(&self, source: IpAddr, destination: IpAddr, checksum: ChecksumVariant) -> Vec<u8> {
        let addresses = self
            .addresses
            .iter()
            .filter(|address| address.is_ipv4() == source.is_ipv4())
            .take(usize::from(u8::MAX));
        let count = u8::try_from(addresses.clone().count()).unwrap_or(u8::MAX);
        let [high, low] = match self.version {
            Version::V2 => [self.auth.kind(), seconds(self.advertisement_interval)],
            Version::V3 => centiseconds(self.advertisement_interval).to_be_bytes(),
        };
        let version_type = u8::from(self.version) << 4 | TYPE_ADVERTISEMENT;

        let mut message = Vec::with_capacity(message_len(self.version, source, usize::from(count)));
        message.extend([version_type, self.vrid, self.priority, count, high, low, 0, 0]);
        for address in addresses {
            match address {
                IpAddr::V4(address) => message.extend(address.octets()),
                IpAddr::V6(address) => message.extend(address.octets()),
            }
        }
        if self.version == Version::V2 {
            message.extend(self.auth.data());
        }

        let seen = match (self.version, source, checksum) {
            (Version::V2, IpAddr::V4(_), _)
            | (Version::V3, IpAddr::V4(_), ChecksumVariant::MessageOnly) => {
                ChecksumSeen::MessageOnly
            }
            _ => ChecksumSeen::PseudoHeader,
        };
        let sum = seen.sum(&message, source, destination).map_or(0, Sum::finish);
        if let Some(field) = message.get_mut(CHECKSUM_OFFSET..HEADER_LEN) {
            field.copy_from_slice(&sum.to_be_bytes());
        }
        message
    }
}

impl Auth {
    /// The authentication of a type field and its data. The data of type 0 means nothing
    /// (RFC 3768 section 5.3.10).
    #[must_use]
    pub const fn new(kind: u8, data: [u8; AUTH_LEN]) -> Self {
        match kind {
            0 => Self::None,
            1 => Self::Pass(data),
            other => Self::Other(other, data),
        }
    }

    /// The type field.
    #[must_use]
    pub const fn kind(&self) -> u8 {
        match self {
            Self::None => 0,
            Self::Pass(_) => 1,
            Self::Ah(_) => 2,
            Self::Other(kind, _) => *kind,
        }
    }

    /// The data field.
    #[must_use]
    pub const fn data(&self) -> [u8; AUTH_LEN] {
        match self {
            Self::None | Self::Ah(_) => [0; AUTH_LEN],
            Self::Pass(data) | Self::Other(_, data) => *data,
        }
    }
}

impl ChecksumSeen {
    /// The formula that `message`, without anything trailing, fits.
    fn of(version: Version, message: &[u8], source: IpAddr, destination: IpAddr) -> Self {
        let candidates: &[Self] = match (version, destination) {
            (_, IpAddr::V6(_)) => &[Self::PseudoHeader],
            (Version::V2, IpAddr::V4(_)) => &[Self::MessageOnly],
            (Version::V3, IpAddr::V4(to)) if to.is_multicast() => {
                &[Self::PseudoHeader, Self::MessageOnly]
            }
            (Version::V3, IpAddr::V4(_)) => {
                &[Self::PseudoHeader, Self::MessageOnly, Self::OldUnicast]
            }
        };
        let fits = |seen: &Self| seen.sum(message, source, destination).is_some_and(Sum::is_valid);
        candidates.iter().copied().find(fits).unwrap_or(Self::Wrong)
    }

    /// The sum of this formula; `None` where it has none.
    fn sum(self, message: &[u8], source: IpAddr, destination: IpAddr) -> Option<Sum> {
        let sum = Sum::new().bytes(message);
        // 255 addresses of 16 bytes fit into 16 bits.
        let len = u16::try_from(message.len()).ok()?;
        match self {
            Self::PseudoHeader => sum.pseudo(source, destination, PROTOCOL, len),
            Self::MessageOnly => Some(sum),
            Self::OldUnicast => sum.pseudo(source, GROUP_V4.into(), PROTOCOL, len),
            Self::Wrong => None,
        }
    }
}

/// Length of a message with `count` addresses, without anything trailing.
const fn message_len(version: Version, family: IpAddr, count: usize) -> usize {
    let auth = match version {
        Version::V2 => AUTH_LEN,
        Version::V3 => 0,
    };
    HEADER_LEN + count * address_len(family) + auth
}

/// Bytes of one address in a packet from `source`.
const fn address_len(source: IpAddr) -> usize {
    match source {
        IpAddr::V4(_) => 4,
        IpAddr::V6(_) => 16,
    }
}

fn seconds(interval: Duration) -> u8 {
    u8::try_from(interval.as_secs()).unwrap_or(u8::MAX)
}

fn centiseconds(interval: Duration) -> u16 {
    u16::try_from(interval.min(MAX_INTERVAL_V3).as_millis() / 10).unwrap_or(0x0fff)
}

#[cfg(test)]
mod tests;
