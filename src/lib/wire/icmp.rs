//! ICMP echo for both families (RFC 792, RFC 4443 section 4).

use std::net::Ipv6Addr;

use thiserror::Error;

use super::checksum::Sum;
use super::reader::Reader;

/// Protocol number of ICMP over IPv4.
pub const PROTOCOL_V4: u8 = 1;
/// Protocol number of ICMPv6.
pub const PROTOCOL_V6: u8 = 58;

/// Bytes before the data of an echo message.
const HEADER_LEN: usize = 8;
const REQUEST_V4: u8 = 8;
const REPLY_V4: u8 = 0;
const REQUEST_V6: u8 = 128;
const REPLY_V6: u8 = 129;

/// What an echo message carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Echo<'a> {
    /// Tells one asker from another. A datagram socket of Linux replaces it by its own.
    pub identifier: u16,
    /// Tells one question from another.
    pub sequence: u16,
    /// Comes back unchanged.
    pub data: &'a [u8],
}

/// A received ICMP message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message<'a> {
    /// Somebody asks.
    Request(Echo<'a>),
    /// Somebody answers.
    Reply(Echo<'a>),
    /// Anything else, such as destination unreachable.
    Other {
        /// ICMP type.
        kind: u8,
        /// ICMP code.
        code: u8,
    },
}

/// Why bytes are no ICMP message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum Malformed {
    /// Fewer bytes than the header.
    #[error("{have} bytes are less than an ICMP header of {HEADER_LEN}")]
    Length {
        /// Bytes present.
        have: usize,
    },
    /// The checksum is wrong.
    #[error("checksum is wrong")]
    Checksum,
}

impl Echo<'_> {
    /// The IPv4 echo request, checksum filled in.
    #[must_use]
    pub fn request_v4(&self) -> Vec<u8> {
        self.emit(REQUEST_V4, Sum::new())
    }

    /// The IPv4 echo reply, checksum filled in.
    #[must_use]
    pub fn reply_v4(&self) -> Vec<u8> {
        self.emit(REPLY_V4, Sum::new())
    }

    /// The IPv6 echo request, checksum filled in. The kernel computes it again on every ICMPv6
    /// socket (RFC 3542 section 3.1), so the addresses may be unspecified there.
    #[must_use]
    pub fn request_v6(&self, source: Ipv6Addr, destination: Ipv6Addr) -> Vec<u8> {
        self.emit(REQUEST_V6, self.pseudo_v6(source, destination))
    }

    /// The IPv6 echo reply, as [`Echo::request_v6`].
    #[must_use]
    pub fn reply_v6(&self, source: Ipv6Addr, destination: Ipv6Addr) -> Vec<u8> {
        self.emit(REPLY_V6, self.pseudo_v6(source, destination))
    }

    fn pseudo_v6(&self, source: Ipv6Addr, destination: Ipv6Addr) -> Sum {
        // Data beyond 64 KiB does not fit into a packet; the kernel refuses it.
        let len = u16::try_from(HEADER_LEN + self.data.len()).unwrap_or(u16::MAX);
        Sum::new().pseudo_v6(source, destination, PROTOCOL_V6, len)
    }

    fn emit(&self, kind: u8, pseudo: Sum) -> Vec<u8> {
        let [i0, i1] = self.identifier.to_be_bytes();
        let [s0, s1] = self.sequence.to_be_bytes();
        let header = |c0, c1| [kind, 0, c0, c1, i0, i1, s0, s1];
        let sum = pseudo.bytes(&header(0, 0)).bytes(self.data).finish();
        let [c0, c1] = sum.to_be_bytes();
        let mut message = Vec::with_capacity(HEADER_LEN + self.data.len());
        message.extend(header(c0, c1));
        message.extend(self.data);
        message
    }
}

impl<'a> Message<'a> {
    /// Read an ICMP message of IPv4, without the IP header. The checksum is verified: raw sockets
    /// are handed messages before the kernel looks at it.
    ///
    /// # Errors
    /// When it is cut off or its checksum is wrong.
    pub fn parse_v4(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let message = Self::parse(bytes, REQUEST_V4, REPLY_V4)?;
        if Sum::new().bytes(bytes).is_valid() { Ok(message) } else { Err(Malformed::Checksum) }
    }

    /// Read an ICMPv6 message. The checksum is the kernel's business: it drops what is wrong
    /// before any socket sees it (RFC 3542 section 3.1).
    ///
    /// # Errors
    /// When it is cut off.
    pub fn parse_v6(bytes: &'a [u8]) -> Result<Self, Malformed> {
        Self::parse(bytes, REQUEST_V6, REPLY_V6)
    }

    fn parse(bytes: &'a [u8], request: u8, reply: u8) -> Result<Self, Malformed> {
        Self::read(bytes, request, reply).ok_or(Malformed::Length { have: bytes.len() })
    }

    /// `None` when the bytes end too early.
    fn read(bytes: &'a [u8], request: u8, reply: u8) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        let [kind, code, _, _] = reader.array()?;
        let (identifier, sequence) = (reader.u16()?, reader.u16()?);
        let echo = Echo { identifier, sequence, data: reader.rest() };
        Some(match (kind, code) {
            (kind, 0) if kind == request => Self::Request(echo),
            (kind, 0) if kind == reply => Self::Reply(echo),
            _ => Self::Other { kind, code },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ECHO: Echo<'_> = Echo { identifier: 0x1234, sequence: 7, data: b"odd" };

    #[test]
    fn requests_and_replies_read_back_as_they_were_written() {
        assert_eq!(Message::parse_v4(&ECHO.request_v4()), Ok(Message::Request(ECHO)));
        assert_eq!(Message::parse_v4(&ECHO.reply_v4()), Ok(Message::Reply(ECHO)));
        let there = Ipv6Addr::LOCALHOST;
        assert_eq!(Message::parse_v6(&ECHO.request_v6(there, there)), Ok(Message::Request(ECHO)));
        assert_eq!(Message::parse_v6(&ECHO.reply_v6(there, there)), Ok(Message::Reply(ECHO)));
    }

    #[test]
    fn the_checksum_of_ipv6_covers_the_pseudo_header() {
        let (from, to) = (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1), Ipv6Addr::LOCALHOST);
        let message = ECHO.request_v6(from, to);
        let sum = Sum::new().bytes(&message).pseudo_v6(from, to, 58, 11);
        assert!(sum.is_valid());
    }

    #[test]
    fn other_messages_damage_and_cuts_are_told_apart() {
        let mut bytes = ECHO.request_v4();
        bytes[9] ^= 1;
        assert_eq!(Message::parse_v4(&bytes), Err(Malformed::Checksum));
        assert_eq!(Message::parse_v4(&bytes[..7]), Err(Malformed::Length { have: 7 }));
        let unreachable = Message::Other { kind: 1, code: 3 };
        assert_eq!(Message::parse_v6(&[1, 3, 0, 0, 0, 0, 0, 0]), Ok(unreachable));
    }
}
