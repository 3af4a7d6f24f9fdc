//! Captures: pcap and pcapng, read and written (draft-ietf-opsawg-pcap, -pcapng).
//!
//! Decides where packets begin and when they were seen. It refuses to know what they mean
//! ([`super::packet`]) and where the bytes come from: they are pushed in as they arrive, and a
//! packet is lent out of the same buffer, so that a capture of any length takes the same memory.

mod decode;
mod interface;
mod write;

use thiserror::Error;

use super::packet::Link;

pub use decode::Decoder;
pub use write::{Section, file_header, put_record, record};

/// Magic of a pcap file with microseconds.
const MAGIC_MICROS: u32 = 0xa1b2_c3d4;
/// Magic of a pcap file with nanoseconds.
const MAGIC_NANOS: u32 = 0xa1b2_3c4d;
/// Type of a pcapng section header, the same in both byte orders.
const SECTION: u32 = 0x0a0d_0d0a;
/// What tells the byte order of a section.
const BYTE_ORDER: u32 = 0x1a2b_3c4d;
/// Types of the other blocks that matter.
const INTERFACE: u32 = 1;
const OLD_PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const ENHANCED_PACKET: u32 = 6;
/// Greatest packet that a file of ours announces, as tcpdump does.
const SNAP_LEN: u32 = 262_144;
/// Bytes that one block may take; more is damage, not a packet.
const MAX_BLOCK: usize = 1 << 20;
/// Bytes of a pcapng block without content: type, length, length again.
const MIN_BLOCK: usize = 12;

/// A packet of a capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// When it was seen, in nanoseconds since 1970.
    pub unix_nanos: u64,
    /// What its bytes begin with.
    pub link: Link,
    /// Interface it was seen on, where the file tells.
    pub interface: Option<&'a str>,
    /// Its length on the wire; more than `bytes` when the capture cut it.
    pub original_len: u32,
    /// The bytes captured.
    pub bytes: &'a [u8],
}

/// Why a capture cannot be read on. What was read before remains good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Malformed {
    /// The beginning is of no known format.
    #[error("neither pcap nor pcapng")]
    Format,
    /// It ends in the middle of a packet.
    #[error("it ends in the middle of a packet")]
    Cut,
    /// A block is longer than any packet.
    #[error("it has a block of more than {MAX_BLOCK} bytes")]
    TooLarge,
    /// A block contradicts itself.
    #[error("damaged after {0} bytes")]
    Damaged(u64),
    /// pcapng: a packet of an interface that was not described.
    #[error("a packet belongs to interface {0}, which is not described")]
    Interface(u32),
}

#[cfg(test)]
mod tests;
