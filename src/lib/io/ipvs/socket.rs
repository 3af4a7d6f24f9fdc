//! Generic netlink: finding a family, and requests to it one after the other or many in one go.

use std::io;
use std::time::Duration;

use netlink_sys::protocols::NETLINK_GENERIC;

use super::attribute;
use crate::io::netlink::{Connection, Dumped};

/// A request without an answer for this long counts as failed. Adding a service may load modules.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// Bytes of requests sent at once: the kernel's usual buffer takes several times as many.
const BATCH: usize = 64 << 10;
/// Requests sent at once: the kernel answers a refused one while the next is on its way, and the
/// usual receive buffer holds some 280 refusals.
const AT_ONCE: usize = 128;
/// Bytes of netlink's and generic netlink's heads.
const HEAD: usize = 20;
/// The family that knows the others, and its question by name.
const CONTROL: (u16, u8, u8) = (0x10, 3, 1);
/// Attributes of its answer.
const FAMILY_ID: u16 = 1;
const FAMILY_NAME: u16 = 2;

/// Flags of a request.
mod flag {
    pub const REQUEST: u16 = 1;
    pub const ACKNOWLEDGE: u16 = 4;
    pub const DUMP: u16 = 0x300;
    /// In an answer: something changed during the dump.
    pub const TORN: u16 = 0x10;
}

/// Types of answers that every family has.
mod kind {
    pub const ERROR: u16 = 2;
    pub const DONE: u16 = 3;
}

/// A connection to one family.
pub struct Family {
    kernel: Connection,
    number: u16,
    version: u8,
    sequence: u32,
}

/// One message of an answer.
struct Message<'a> {
    kind: u16,
    flags: u16,
    sequence: u32,
    body: &'a [u8],
}

impl Family {
    /// Connect to the family called `name`.
    ///
    /// # Errors
    /// `NotFound` when the kernel does not have it.
    pub fn open(name: &str, version: u8) -> io::Result<Self> {
        let kernel = Connection::open(NETLINK_GENERIC, PATIENCE)?;
        let (family, command, control) = CONTROL;
        let mut this = Self { kernel, number: family, version: control, sequence: 0 };
        let mut found = None;
        let mut question = Vec::new();
        attribute::put_name(&mut question, FAMILY_NAME, name);
        this.ask(command, flag::ACKNOWLEDGE, &question, |attributes| {
            let mut all = attribute::all(attributes);
            let id = all.find_map(|(kind, value)| (kind == FAMILY_ID).then_some(value));
            found = found.or(id.and_then(attribute::number_u16));
        })?;
        this.number = found.ok_or(io::ErrorKind::NotFound)?;
        this.version = version;
        Ok(this)
    }

    /// Have the kernel do one thing.
    ///
    /// # Errors
    /// What it refused, by its number.
    pub fn carry_out(&mut self, command: u8, attributes: &[u8]) -> io::Result<()> {
        self.ask(command, flag::ACKNOWLEDGE, attributes, |_| {}).map(|_| ())
    }

    /// Ask one question; each answer's attributes go to `each`.
    ///
    /// # Errors
    /// As [`Family::carry_out`].
    pub fn question(&mut self, command: u8, each: impl FnMut(&[u8])) -> io::Result<()> {
        self.ask(command, flag::ACKNOWLEDGE, &[], each).map(|_| ())
    }

    /// Have the kernel list something; each entry's attributes go to `each`.
    ///
    /// # Errors
    /// As [`Family::carry_out`].
    pub fn dump(
        &mut self,
        command: u8,
        attributes: &[u8],
        each: impl FnMut(&[u8]),
    ) -> io::Result<Dumped> {
        self.ask(command, flag::DUMP, attributes, each)
    }

    /// Have the kernel do `count` things in order, many for each call of it. `write` appends the
    /// attributes of one and tells its command. What was refused: its number and why; the others
    /// are done.
    ///
    /// # Errors
    /// When the kernel cannot be asked or does not answer; then it is not known what was done.
    pub fn carry_out_all(
        &mut self,
        count: usize,
        mut write: impl FnMut(usize, &mut Vec<u8>) -> u8,
    ) -> io::Result<Vec<(usize, io::Error)>> {
        let mut refused = Vec::new();
        let (mut at, mut batch, mut attributes) = (0, Vec::with_capacity(BATCH), Vec::new());
        while at < count {
            batch.clear();
            let (begin, first) = (at, self.sequence.wrapping_add(1));
            while at < count && at - begin < AT_ONCE && batch.len() < BATCH / 2 {
                attributes.clear();
                let command = write(at, &mut attributes);
                at += 1;
                // Only the last is confirmed; refusals are always told.
                let full = batch.len() + HEAD + attributes.len() >= BATCH / 2;
                let last = at == count || at - begin == AT_ONCE || full;
                let flags = if last { flag::ACKNOWLEDGE } else { 0 };
                self.frame(&mut batch, command, flags, &attributes);
            }
            self.kernel.send(&batch)?;
            self.answers(first, |_| {}, &mut |sequence, error| {
                let number = usize::try_from(sequence.wrapping_sub(first)).unwrap_or_default();
                refused.push((begin.saturating_add(number), error));
            })?;
        }
        Ok(refused)
    }

    fn ask(
        &mut self,
        command: u8,
        flags: u16,
        attributes: &[u8],
        each: impl FnMut(&[u8]),
    ) -> io::Result<Dumped> {
        let mut request = Vec::with_capacity(HEAD + attributes.len());
        self.frame(&mut request, command, flags, attributes);
        self.kernel.send(&request)?;
        let mut refusal = None;
        let dumped = self.answers(self.sequence, each, &mut |_, error| refusal = Some(error))?;
        refusal.map_or(Ok(dumped), Err)
    }

    /// Append a request with the next number.
    fn frame(&mut self, out: &mut Vec<u8>, command: u8, flags: u16, attributes: &[u8]) {
        self.sequence = self.sequence.wrapping_add(1);
        let length = u32::try_from(HEAD.saturating_add(attributes.len())).unwrap_or(u32::MAX);
        out.extend(length.to_ne_bytes());
        out.extend(self.number.to_ne_bytes());
        out.extend((flag::REQUEST | flags).to_ne_bytes());
        out.extend(self.sequence.to_ne_bytes());
        out.extend([0; 4]);
        out.extend([command, self.version, 0, 0]);
        out.extend(attributes);
    }

    /// Read until the last request is answered. Answers to requests before `first`, which were
    /// given up, are passed over.
    fn answers(
        &mut self,
        first: u32,
        mut each: impl FnMut(&[u8]),
        refused: &mut impl FnMut(u32, io::Error),
    ) -> io::Result<Dumped> {
        let mut dumped = Dumped::Whole;
        let last = self.sequence;
        loop {
            for message in messages(self.kernel.read()?) {
                if message.sequence.wrapping_sub(first) > last.wrapping_sub(first) {
                    continue;
                }
                if message.flags & flag::TORN != 0 {
                    dumped = Dumped::Torn;
                }
                if !matches!(message.kind, kind::ERROR | kind::DONE) {
                    each(message.body.get(4..).unwrap_or_default());
                    continue;
                }
                let code = message.body.first_chunk().map_or(0, |code| i32::from_ne_bytes(*code));
                if code < 0 {
                    refused(message.sequence, io::Error::from_raw_os_error(code.saturating_neg()));
                }
                if message.sequence == last {
                    return Ok(dumped);
                }
            }
        }
    }
}

/// The messages that follow each other in `bytes`, up to the first that is damaged.
fn messages(mut bytes: &[u8]) -> impl Iterator<Item = Message<'_>> {
    std::iter::from_fn(move || {
        let (length, rest) = bytes.split_first_chunk()?;
        let (kind, rest) = rest.split_first_chunk()?;
        let (flags, rest) = rest.split_first_chunk()?;
        let sequence = rest.first_chunk()?;
        let length = usize::try_from(u32::from_ne_bytes(*length)).ok()?;
        let body = bytes.get(16..length)?;
        bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some(Message {
            kind: u16::from_ne_bytes(*kind),
            flags: u16::from_ne_bytes(*flags),
            sequence: u32::from_ne_bytes(*sequence),
            body,
        })
    })
}
