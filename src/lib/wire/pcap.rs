//! Captures: pcap written, pcap and pcapng read (draft-ietf-opsawg-pcap, -pcapng).
//!
//! Decides where packets begin and when they were seen. It refuses to know what they mean
//! ([`super::packet`]) and where the bytes come from (any [`Read`]).

use std::io::{self, Cursor, Read};

use pcap_parser::traits::{PcapNGPacketBlock as _, PcapReaderIterator};
use pcap_parser::{
    Block, InterfaceDescriptionBlock, LegacyPcapBlock, PcapBlockOwned, PcapError, PcapHeader,
};
use thiserror::Error;

use super::packet::Link;

/// Magic of a pcap file with nanoseconds.
const MAGIC_NANOS: u32 = 0xa1b2_3c4d;
/// First bytes of a pcapng file, the same in both byte orders.
const MAGIC_PCAPNG: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];
/// Greatest packet that a file of ours announces, as tcpdump does.
const SNAP_LEN: u32 = 262_144;
/// Bytes that the reader begins with; enough for nearly every block.
const BUFFER: usize = 65_536;
/// Bytes that one block may take; more is damage, not a packet.
const MAX_BLOCK: usize = 1 << 20;
/// Bytes of a pcapng block without content.
const MIN_BLOCK: u32 = 12;
/// Times the source may be asked without giving anything new before it counts as ended.
const MAX_FRUITLESS: u32 = 3;

/// The head of a pcap file of packets from `link`, with nanoseconds.
#[must_use]
pub fn file_header(link: Link) -> Vec<u8> {
    let mut header = Vec::with_capacity(24);
    header.extend(MAGIC_NANOS.to_le_bytes());
    header.extend([2, 0, 4, 0]);
    header.extend([0; 8]);
    header.extend(SNAP_LEN.to_le_bytes());
    header.extend(link.number().to_le_bytes());
    header
}

/// One packet of a pcap file: seen `unix_nanos` after 1970, `original_len` bytes long on the wire.
#[must_use]
pub fn record(unix_nanos: u64, original_len: usize, bytes: &[u8]) -> Vec<u8> {
    let low = |number: u64| u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes();
    let bytes = bytes.get(..SNAP_LEN as usize).unwrap_or(bytes);
    let mut record = Vec::with_capacity(16 + bytes.len());
    record.extend(low(unix_nanos / 1_000_000_000));
    record.extend(low(unix_nanos % 1_000_000_000));
    record.extend(low(bytes.len() as u64));
    record.extend(low(original_len as u64));
    record.extend(bytes);
    record
}

/// A packet of a capture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// When it was seen, in nanoseconds since 1970.
    pub unix_nanos: u64,
    /// What its bytes begin with.
    pub link: Link,
    /// Interface it was seen on, where the file tells.
    pub interface: Option<String>,
    /// Its length on the wire; more than `bytes` when the capture cut it.
    pub original_len: u32,
    /// The bytes captured.
    pub bytes: Vec<u8>,
}

/// Why a capture cannot be read on. What was read before remains good.
#[derive(Debug, Error)]
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
    Damaged(usize),
    /// pcapng: a packet of an interface that was not described.
    #[error("a packet belongs to interface {0}, which is not described")]
    Interface(u32),
    /// The source failed.
    #[error("{0}")]
    Read(#[from] io::Error),
}

/// Reads a capture packet by packet, also from a pipe that is still being written.
pub struct Reader<'r> {
    blocks: Option<Box<dyn PcapReaderIterator + Send + 'r>>,
    pcapng: bool,
    interfaces: Interfaces,
    capacity: usize,
    fruitless: u32,
}

impl<'r> Reader<'r> {
    /// Read the beginning of `source`. An empty source is an empty capture.
    ///
    /// # Errors
    /// When it is neither pcap nor pcapng, or fails.
    pub fn new(mut source: impl Read + Send + 'r) -> Result<Self, Malformed> {
        let head = read_head(&mut source)?;
        let pcapng = head.starts_with(&MAGIC_PCAPNG);
        let blocks = if head.is_empty() {
            None
        } else {
            let whole = Cursor::new(head).chain(source);
            Some(pcap_parser::create_reader(BUFFER, whole).map_err(|_| Malformed::Format)?)
        };
        let interfaces = Interfaces::default();
        Ok(Self { blocks, pcapng, interfaces, capacity: BUFFER, fruitless: 0 })
    }

    /// The next packet; `None` at the end. After an error nothing more comes.
    ///
    /// # Errors
    /// When the capture is cut or damaged, or its source fails.
    pub fn next_record(&mut self) -> Result<Option<Record>, Malformed> {
        let result = self.advance();
        if result.is_err() {
            self.blocks = None;
        }
        result
    }

    fn advance(&mut self) -> Result<Option<Record>, Malformed> {
        let Some(blocks) = &mut self.blocks else {
            return Ok(None);
        };
        loop {
            if self.pcapng && is_stunted(blocks.data()) {
                return Err(Malformed::Damaged(blocks.consumed()));
            }
            match blocks.next() {
                Ok((length, block)) => {
                    let record = self.interfaces.take(block)?;
                    if length == 0 {
                        return Err(Malformed::Damaged(blocks.consumed()));
                    }
                    blocks.consume(length);
                    self.fruitless = 0;
                    if record.is_some() {
                        return Ok(record);
                    }
                }
                Err(PcapError::Eof) => return Ok(None),
                Err(PcapError::UnexpectedEof) => return Err(Malformed::Cut),
                Err(PcapError::BufferTooSmall) => {
                    self.capacity *= 2;
                    if self.capacity > MAX_BLOCK || !blocks.grow(self.capacity) {
                        return Err(Malformed::TooLarge);
                    }
                }
                Err(PcapError::Incomplete(_)) => {
                    let before = blocks.data().len();
                    blocks.refill().map_err(|_| io::Error::other("reading failed"))?;
                    self.fruitless += u32::from(blocks.data().len() == before);
                    if self.fruitless > MAX_FRUITLESS {
                        return Err(Malformed::Cut);
                    }
                }
                Err(_) => return Err(Malformed::Damaged(blocks.consumed())),
            }
        }
    }
}

/// Whether the pcapng block that `data` begins with says it is shorter than its own frame: type,
/// length, length again. In either byte order, since the other order's reading of a good length
/// is always long. The parser would compute with it.
fn is_stunted(data: &[u8]) -> bool {
    let Some(length) = data.get(4..8).and_then(|bytes| bytes.try_into().ok()) else {
        return false;
    };
    u32::from_le_bytes(length).min(u32::from_be_bytes(length)) < MIN_BLOCK
}

/// The first bytes of `source`: all of a pcap header, or all of the first block of a pcapng
/// file, so that they can be told apart also when a pipe gives them in pieces.
fn read_head(source: &mut impl Read) -> Result<Vec<u8>, Malformed> {
    let mut head = Vec::new();
    source.by_ref().take(24).read_to_end(&mut head)?;
    let (Some(magic), Some(length), Some(order)) =
        (head.first_chunk::<4>(), head.get(4..8), head.get(8..12))
    else {
        return if head.is_empty() { Ok(head) } else { Err(Malformed::Format) };
    };
    if *magic == MAGIC_PCAPNG {
        let length = length.iter().fold(0_u32, |n, byte| n << 8 | u32::from(*byte));
        let length = if order == [0x1a, 0x2b, 0x3c, 0x4d] { length } else { length.swap_bytes() };
        // The rest must fit beside it into one buffer; a section header of that size is damage.
        let missing = u64::from(length).saturating_sub(head.len() as u64);
        if missing >= BUFFER as u64 / 2 {
            return Err(Malformed::TooLarge);
        }
        source.by_ref().take(missing).read_to_end(&mut head)?;
    }
    Ok(head)
}

/// What a file says about where its packets come from.
#[derive(Default)]
struct Interfaces {
    /// pcapng: the interfaces of the current section. pcap: the only one.
    known: Vec<Interface>,
}

/// One interface, or a whole pcap file.
struct Interface {
    link: Link,
    name: Option<String>,
    snap_len: u32,
    /// Ticks in a second.
    resolution: u64,
    /// Seconds to add.
    offset: i64,
}

impl Interface {
    /// `ticks` of this interface's clock as nanoseconds since 1970, cut to what fits.
    fn unix_nanos(&self, ticks: u64) -> u64 {
        let nanos = i128::from(ticks) * 1_000_000_000 / i128::from(self.resolution.max(1));
        let nanos = nanos + i128::from(self.offset) * 1_000_000_000;
        u64::try_from(nanos.max(0)).unwrap_or(u64::MAX)
    }
}

impl Interfaces {
    /// Learn from a block, and give the packet in it.
    fn take(&mut self, block: PcapBlockOwned<'_>) -> Result<Option<Record>, Malformed> {
        match block {
            PcapBlockOwned::LegacyHeader(header) => self.known = vec![whole_file(&header)],
            PcapBlockOwned::Legacy(packet) => return self.legacy(&packet).map(Some),
            PcapBlockOwned::NG(Block::SectionHeader(_)) => self.known.clear(),
            PcapBlockOwned::NG(Block::InterfaceDescription(block)) => {
                self.known.push(described(&block));
            }
            PcapBlockOwned::NG(Block::EnhancedPacket(packet)) => {
                let interface = self.interface(packet.if_id)?;
                let ticks = u64::from(packet.ts_high) << 32 | u64::from(packet.ts_low);
                return Ok(Some(Record {
                    unix_nanos: interface.unix_nanos(ticks),
                    link: interface.link,
                    interface: interface.name.clone(),
                    original_len: packet.origlen,
                    bytes: packet.packet_data().to_vec(),
                }));
            }
            PcapBlockOwned::NG(Block::SimplePacket(packet)) => {
                let interface = self.interface(0)?;
                // It has no length of its own: what was captured is cut at the snap length.
                let length = match interface.snap_len {
                    0 => packet.origlen,
                    snap_len => packet.origlen.min(snap_len),
                };
                let bytes = packet.data.get(..length as usize).unwrap_or(packet.data);
                return Ok(Some(Record {
                    unix_nanos: 0,
                    link: interface.link,
                    interface: interface.name.clone(),
                    original_len: packet.origlen,
                    bytes: bytes.to_vec(),
                }));
            }
            PcapBlockOwned::NG(_) => {}
        }
        Ok(None)
    }

    fn legacy(&self, packet: &LegacyPcapBlock<'_>) -> Result<Record, Malformed> {
        let file = self.interface(0)?;
        let ticks = u64::from(packet.ts_sec) * file.resolution + u64::from(packet.ts_usec);
        Ok(Record {
            unix_nanos: file.unix_nanos(ticks),
            link: file.link,
            interface: None,
            original_len: packet.origlen,
            bytes: packet.data.to_vec(),
        })
    }

    fn interface(&self, index: u32) -> Result<&Interface, Malformed> {
        self.known.get(index as usize).ok_or(Malformed::Interface(index))
    }
}

fn whole_file(header: &PcapHeader) -> Interface {
    Interface {
        link: link(header.network.0),
        name: None,
        snap_len: header.snaplen,
        resolution: if header.is_nanosecond_precision() { 1_000_000_000 } else { 1_000_000 },
        offset: 0,
    }
}

fn described(block: &InterfaceDescriptionBlock<'_>) -> Interface {
    // The top bit chooses between powers of two and of ten; the default is microseconds.
    let exponent = u32::from(block.if_tsresol & 0x7f);
    let base: u64 = if block.if_tsresol & 0x80 == 0 { 10 } else { 2 };
    Interface {
        link: link(block.linktype.0),
        name: block.if_name().and_then(Result::ok).map(str::to_owned),
        snap_len: block.snaplen,
        resolution: base.checked_pow(exponent).unwrap_or(u64::MAX),
        offset: block.if_tsoffset,
    }
}

/// The lower 16 bits of the field; the upper ones tell about check sequences.
fn link(field: i32) -> Link {
    Link::from_number(field.cast_unsigned() & 0xffff)
}

#[cfg(test)]
mod tests;
