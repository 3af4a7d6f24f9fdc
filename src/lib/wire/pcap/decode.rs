//! Reading a capture whose bytes are pushed in, in pieces of any size.

use super::interface::Interface;
use super::{
    BYTE_ORDER, ENHANCED_PACKET, INTERFACE, MAGIC_MICROS, MAGIC_NANOS, MAX_BLOCK, MIN_BLOCK,
    Malformed, OLD_PACKET, Record, SECTION, SIMPLE_PACKET,
};
use crate::wire::reader::Order;

/// Bytes of the head of a pcap file.
const FILE_HEADER: usize = 24;
/// Bytes before each packet of a pcap file.
const RECORD_HEADER: usize = 16;
/// Interfaces that one section may describe.
const MAX_INTERFACES: usize = 4_096;

/// How the file is built.
#[derive(Clone, Copy, Debug)]
enum Form {
    Pcap(Order),
    Pcapng(Order),
}

/// Takes the bytes of a capture as they come and lends out its packets.
///
/// Push, then ask for records until there is none, then push again: what is held meanwhile is one
/// piece and less than one block.
#[derive(Debug, Default)]
pub struct Decoder {
    buffer: Vec<u8>,
    /// Where what was not yet read begins.
    start: usize,
    /// Bytes read before the buffer.
    consumed: u64,
    /// Bytes of a block of no interest that are still to come.
    skip: usize,
    form: Option<Form>,
    interfaces: Vec<Interface>,
    /// Nothing more comes after an error.
    failed: bool,
}

/// Where a packet is.
struct Found {
    interface: usize,
    unix_nanos: u64,
    original_len: u32,
    /// In the buffer.
    at: usize,
    length: usize,
}

/// One step of reading.
enum Step {
    Packet(Found),
    /// Something else was read.
    Other,
    /// More bytes are needed.
    Wait,
}

impl Decoder {
    /// The next bytes of the capture.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.failed {
            return;
        }
        self.buffer.drain(..self.start);
        self.start = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// The next packet; `None` when more bytes are needed. After an error nothing more comes.
    ///
    /// # Errors
    /// When the capture is no capture, or damaged.
    pub fn next_record(&mut self) -> Result<Option<Record<'_>>, Malformed> {
        let found = loop {
            match self.step() {
                Ok(Step::Packet(found)) => break found,
                Ok(Step::Other) => {}
                Ok(Step::Wait) => return Ok(None),
                Err(malformed) => {
                    self.fail();
                    return Err(malformed);
                }
            }
        };
        let Some(interface) = self.interfaces.get(found.interface) else { return Ok(None) };
        let Some(bytes) = self.buffer.get(found.at..found.at + found.length) else {
            return Ok(None);
        };
        Ok(Some(Record {
            unix_nanos: found.unix_nanos,
            link: interface.link,
            interface: interface.name.as_deref(),
            original_len: found.original_len,
            bytes,
        }))
    }

    /// There are no more bytes.
    ///
    /// # Errors
    /// When the capture should go on, or never was one.
    pub fn finish(&mut self) -> Result<(), Malformed> {
        let left = self.rest().len() + self.skip;
        let begun = self.form.is_some();
        if self.failed || left == 0 {
            return Ok(());
        }
        self.fail();
        Err(if begun { Malformed::Cut } else { Malformed::Format })
    }

    fn fail(&mut self) {
        *self = Self { failed: true, ..Self::default() };
    }

    fn rest(&self) -> &[u8] {
        self.buffer.get(self.start..).unwrap_or_default()
    }

    fn take(&mut self, length: usize) {
        self.start += length;
        self.consumed += length as u64;
    }

    const fn damaged(&self) -> Malformed {
        Malformed::Damaged(self.consumed)
    }

    fn step(&mut self) -> Result<Step, Malformed> {
        if self.skip > 0 {
            let now = self.skip.min(self.rest().len());
            self.take(now);
            self.skip -= now;
            return Ok(if self.skip > 0 { Step::Wait } else { Step::Other });
        }
        match self.form {
            None => self.begin(),
            Some(Form::Pcap(order)) => self.legacy(order),
            Some(Form::Pcapng(order)) => self.block(order),
        }
    }

    /// Tell the formats apart by the first bytes.
    fn begin(&mut self) -> Result<Step, Malformed> {
        let Some(magic) = self.rest().first_chunk::<4>() else { return Ok(Step::Wait) };
        if u32::from_be_bytes(*magic) == SECTION {
            // The section tells its own order when it is read.
            self.form = Some(Form::Pcapng(Order::Big));
            return Ok(Step::Other);
        }
        let known =
            [Order::Big, Order::Little].into_iter().find_map(|order| match order.u32(*magic) {
                MAGIC_MICROS => Some((order, 1_000_000)),
                MAGIC_NANOS => Some((order, 1_000_000_000)),
                _ => None,
            });
        let (order, resolution) = known.ok_or(Malformed::Format)?;
        let Some(header) = self.rest().first_chunk::<FILE_HEADER>() else {
            return Ok(Step::Wait);
        };
        let [.., s0, s1, s2, s3, n0, n1, n2, n3] = *header;
        let (snap_len, network) = (order.u32([s0, s1, s2, s3]), order.u32([n0, n1, n2, n3]));
        self.interfaces = vec![Interface::whole_file(network, snap_len, resolution)];
        self.form = Some(Form::Pcap(order));
        self.take(FILE_HEADER);
        Ok(Step::Other)
    }

    /// The next packet of a pcap file.
    fn legacy(&mut self, order: Order) -> Result<Step, Malformed> {
        let Some(header) = self.rest().first_chunk::<RECORD_HEADER>() else {
            return Ok(Step::Wait);
        };
        let [seconds, ticks, length, original_len] = words(header, order);
        let length = length as usize;
        if length > MAX_BLOCK {
            return Err(Malformed::TooLarge);
        }
        if self.rest().len() < RECORD_HEADER + length {
            return Ok(Step::Wait);
        }
        let unix_nanos = self.interface(0)?.nanos_of_parts(seconds, ticks);
        let at = self.start + RECORD_HEADER;
        self.take(RECORD_HEADER + length);
        Ok(Step::Packet(Found { interface: 0, unix_nanos, original_len, at, length }))
    }

    /// The next block of a pcapng file.
    fn block(&mut self, order: Order) -> Result<Step, Malformed> {
        let Some(head) = self.rest().first_chunk::<MIN_BLOCK>() else { return Ok(Step::Wait) };
        let [k0, k1, k2, k3, l0, l1, l2, l3, b0, b1, b2, b3] = *head;
        let kind = order.u32([k0, k1, k2, k3]);
        let order = if kind == SECTION {
            let magic = [b0, b1, b2, b3];
            let fits = |order: &Order| order.u32(magic) == BYTE_ORDER;
            [Order::Big, Order::Little].into_iter().find(fits).ok_or_else(|| self.damaged())?
        } else {
            order
        };
        let length = order.u32([l0, l1, l2, l3]) as usize;
        if length < MIN_BLOCK || !length.is_multiple_of(4) {
            return Err(self.damaged());
        }
        let known = [SECTION, INTERFACE, OLD_PACKET, SIMPLE_PACKET, ENHANCED_PACKET];
        if !known.contains(&kind) {
            self.skip = length;
            return Ok(Step::Other);
        }
        if length > MAX_BLOCK {
            return Err(Malformed::TooLarge);
        }
        let Some(block) = self.rest().get(..length) else { return Ok(Step::Wait) };
        let again = block.last_chunk::<4>().map(|bytes| order.u32(*bytes) as usize);
        if again != Some(length) {
            return Err(self.damaged());
        }
        let step = self.content(kind, order, length)?;
        self.take(length);
        Ok(step)
    }

    /// Learn from a whole block of `length` bytes, and find the packet in it.
    fn content(&mut self, kind: u32, order: Order, length: usize) -> Result<Step, Malformed> {
        let damaged = self.damaged();
        let at = self.start + 8;
        let body = self.rest().get(8..length - 4).unwrap_or_default();
        match kind {
            SECTION => {
                self.form = Some(Form::Pcapng(order));
                self.interfaces.clear();
                return Ok(Step::Other);
            }
            INTERFACE => {
                let interface = Interface::described(body, order).ok_or(damaged)?;
                if self.interfaces.len() >= MAX_INTERFACES {
                    return Err(damaged);
                }
                self.interfaces.push(interface);
                return Ok(Step::Other);
            }
            SIMPLE_PACKET => {
                let original_len = order.u32(*body.first_chunk::<4>().ok_or(damaged)?);
                let interface = self.interface(0)?;
                // It has no length of its own: what was captured is cut at the snap length.
                let kept = match interface.snap_len {
                    0 => original_len,
                    snap_len => original_len.min(snap_len),
                };
                let length = (kept as usize).min(body.len() - 4);
                let found = Found { interface: 0, unix_nanos: 0, original_len, at: at + 4, length };
                return Ok(Step::Packet(found));
            }
            _ => {}
        }
        let [id, high, low, kept, original_len] =
            words(body.first_chunk::<20>().ok_or(damaged)?, order);
        // The old kind has the number of lost packets in the upper, or the lower, half.
        let id = match (kind, order) {
            (OLD_PACKET, Order::Big) => id >> 16,
            (OLD_PACKET, Order::Little) => id & 0xffff,
            _ => id,
        };
        let length = kept as usize;
        if length > body.len() - 20 {
            return Err(damaged);
        }
        let unix_nanos = self.interface(id)?.unix_nanos(u64::from(high) << 32 | u64::from(low));
        let interface = id as usize;
        Ok(Step::Packet(Found { interface, unix_nanos, original_len, at: at + 20, length }))
    }

    fn interface(&self, index: u32) -> Result<&Interface, Malformed> {
        self.interfaces.get(index as usize).ok_or(Malformed::Interface(index))
    }
}

/// `bytes` as numbers of four bytes; what is missing is zero.
fn words<const N: usize, const W: usize>(bytes: &[u8; N], order: Order) -> [u32; W] {
    let mut words = [0; W];
    for (word, four) in words.iter_mut().zip(bytes.as_chunks::<4>().0) {
        *word = order.u32(*four);
    }
    words
}
