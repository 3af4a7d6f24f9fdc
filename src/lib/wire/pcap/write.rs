//! Writing captures: pcap with nanoseconds, and pcapng with a comment on each packet.

use super::{
    BYTE_ORDER, ENHANCED_PACKET, INTERFACE, Link, MAGIC_NANOS, MIN_BLOCK, SECTION, SNAP_LEN,
};

/// Options, by their codes (draft-ietf-opsawg-pcapng sections 3.5 and 4.2).
const COMMENT: u16 = 1;
const NAME: u16 = 2;
const RESOLUTION: u16 = 9;
const APPLICATION: u16 = 4;
/// Who wrote the file, as its section says.
const WRITER: &[u8] = b"ha sniff";

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
    let mut out = Vec::with_capacity(16 + bytes.len());
    put_record(&mut out, unix_nanos, original_len, bytes);
    out
}

/// Append one packet of a pcap file, as [`record`].
pub fn put_record(out: &mut Vec<u8>, unix_nanos: u64, original_len: usize, bytes: &[u8]) {
    let bytes = cut(bytes);
    out.extend(low(unix_nanos / 1_000_000_000));
    out.extend(low(unix_nanos % 1_000_000_000));
    out.extend(low(bytes.len() as u64));
    out.extend(low(original_len as u64));
    out.extend(bytes);
}

/// A pcapng section in the making: which interfaces it has described.
#[derive(Debug, Default)]
pub struct Section {
    interfaces: Vec<(Link, Option<String>)>,
}

impl Section {
    /// Begin one: append its header.
    #[must_use]
    pub fn begin(out: &mut Vec<u8>) -> Self {
        let mut body = BYTE_ORDER.to_le_bytes().to_vec();
        // Version 1.0; a length that is not known.
        body.extend([1, 0, 0, 0]);
        body.extend([0xff; 8]);
        put_option(&mut body, APPLICATION, WRITER);
        end_options(&mut body);
        put_block(out, SECTION, &[&body]);
        Self::default()
    }

    /// Append a packet, and before it the description of its interface if it is the first one.
    pub fn put_packet(
        &mut self,
        out: &mut Vec<u8>,
        (link, interface): (Link, Option<&str>),
        (unix_nanos, original_len): (u64, usize),
        bytes: &[u8],
        comment: &str,
    ) {
        let index = self.index(out, link, interface);
        let bytes = cut(bytes);
        let mut head = Vec::with_capacity(20);
        head.extend(low(index as u64));
        head.extend(low(unix_nanos >> 32));
        head.extend(low(unix_nanos & 0xffff_ffff));
        head.extend(low(bytes.len() as u64));
        head.extend(low(original_len as u64));
        let mut options = Vec::new();
        if !comment.is_empty() {
            put_option(&mut options, COMMENT, comment.as_bytes());
            end_options(&mut options);
        }
        let padding = [0; 3];
        let padding = padding.get(..padding_len(bytes.len())).unwrap_or_default();
        put_block(out, ENHANCED_PACKET, &[&head, bytes, padding, &options]);
    }

    /// The number of an interface, described now if it is new.
    fn index(&mut self, out: &mut Vec<u8>, link: Link, name: Option<&str>) -> usize {
        let same = |known: &(Link, Option<String>)| known.0 == link && known.1.as_deref() == name;
        if let Some(index) = self.interfaces.iter().position(same) {
            return index;
        }
        let [l0, l1, ..] = link.number().to_le_bytes();
        let mut body = vec![l0, l1, 0, 0];
        body.extend(SNAP_LEN.to_le_bytes());
        if let Some(name) = name {
            put_option(&mut body, NAME, name.as_bytes());
        }
        // Ten to the power of minus nine.
        put_option(&mut body, RESOLUTION, &[9]);
        end_options(&mut body);
        put_block(out, INTERFACE, &[&body]);
        self.interfaces.push((link, name.map(str::to_owned)));
        self.interfaces.len() - 1
    }
}

/// A block with its length on both sides; the parts together end on four bytes.
fn put_block(out: &mut Vec<u8>, kind: u32, parts: &[&[u8]]) {
    let length = MIN_BLOCK + parts.iter().map(|part| part.len()).sum::<usize>();
    out.extend(kind.to_le_bytes());
    out.extend(low(length as u64));
    for part in parts {
        out.extend(*part);
    }
    out.extend(low(length as u64));
}

fn put_option(out: &mut Vec<u8>, code: u16, value: &[u8]) {
    let length = value.len().min(usize::from(u16::MAX) - 3);
    out.extend(code.to_le_bytes());
    out.extend(u16::try_from(length).unwrap_or(u16::MAX).to_le_bytes());
    out.extend(value.iter().take(length));
    out.extend(std::iter::repeat_n(0, padding_len(length)));
}

fn end_options(out: &mut Vec<u8>) {
    out.extend([0; 4]);
}

/// Bytes from `length` to the next multiple of four.
const fn padding_len(length: usize) -> usize {
    length.next_multiple_of(4) - length
}

fn cut(bytes: &[u8]) -> &[u8] {
    bytes.get(..SNAP_LEN as usize).unwrap_or(bytes)
}

/// `number` in four bytes, cut to what fits.
fn low(number: u64) -> [u8; 4] {
    u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes()
}
