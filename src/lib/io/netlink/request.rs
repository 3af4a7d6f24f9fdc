//! One request to the kernel at a time, on a blocking socket of its own.
//!
//! The kernel carries a request out while it is sent, and the answer waits when `send` returns.
//! So nothing is gained by doing something else meanwhile, and nothing comes between an address
//! and its announcement.

use std::io;
use std::num::NonZero;
use std::time::Duration;

use netlink_packet_core::{
    NLM_F_ACK, NLM_F_DUMP, NLM_F_DUMP_INTR, NLM_F_REQUEST, NetlinkMessage, NetlinkPayload,
};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_sys::protocols::NETLINK_ROUTE;

use super::connection::Connection;

/// A request without an answer for this long counts as failed.
pub(super) const PATIENCE: Duration = Duration::from_secs(3);

/// How a dump ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::io) enum Dumped {
    /// It shows one moment.
    Whole,
    /// Something changed meanwhile: entries may be missing.
    Torn,
}

/// The socket.
pub(super) struct Requests {
    kernel: Connection,
    sequence: u32,
}

impl Requests {
    pub fn open() -> io::Result<Self> {
        Ok(Self { kernel: Connection::open(NETLINK_ROUTE, PATIENCE)?, sequence: 0 })
    }

    /// Have the kernel do something; what it refused comes back as its error number.
    pub fn carry_out(&mut self, message: RouteNetlinkMessage, flags: u16) -> io::Result<()> {
        self.send(message, NLM_F_ACK | flags)?;
        self.receive(|_| {}).map(|_| ())
    }

    /// Have the kernel list something.
    pub fn dump(
        &mut self,
        message: RouteNetlinkMessage,
        each: impl FnMut(RouteNetlinkMessage),
    ) -> io::Result<Dumped> {
        self.send(message, NLM_F_DUMP)?;
        self.receive(each)
    }

    fn send(&mut self, message: RouteNetlinkMessage, flags: u16) -> io::Result<()> {
        self.sequence = self.sequence.wrapping_add(1);
        let mut request = NetlinkMessage::from(message);
        request.header.flags = NLM_F_REQUEST | flags;
        request.header.sequence_number = self.sequence;
        request.finalize();
        let mut bytes = vec![0; request.buffer_len()];
        request.serialize(&mut bytes);
        self.kernel.send(&bytes)
    }

    /// Read until the answer to the last request ends.
    fn receive(&mut self, mut each: impl FnMut(RouteNetlinkMessage)) -> io::Result<Dumped> {
        let mut dumped = Dumped::Whole;
        loop {
            let answer = self.kernel.read()?;
            if let Some(end) = digest(answer, self.sequence, &mut dumped, &mut each) {
                return end.map(|()| dumped);
            }
        }
    }
}

/// Take in a piece of the answer to the request number `sequence`; how it ended, if it did. What
/// answers an earlier one, which was given up, is passed over.
fn digest(
    piece: &[u8],
    sequence: u32,
    dumped: &mut Dumped,
    each: &mut impl FnMut(RouteNetlinkMessage),
) -> Option<io::Result<()>> {
    for bytes in messages(piece) {
        // What cannot be read is of a kind we did not ask for.
        let Ok(message) = NetlinkMessage::<RouteNetlinkMessage>::deserialize(bytes) else {
            continue;
        };
        if message.header.sequence_number != sequence {
            continue;
        }
        if message.header.flags & NLM_F_DUMP_INTR != 0 {
            *dumped = Dumped::Torn;
        }
        match message.payload {
            NetlinkPayload::InnerMessage(message) => each(message),
            NetlinkPayload::Done(end) => return Some(verdict(end.code)),
            NetlinkPayload::Error(end) => {
                return Some(verdict(end.code.map_or(0, NonZero::get)));
            }
            _ => {}
        }
    }
    None
}

/// What the code at the end of an answer says: a negative one is an error number. A dump that the
/// kernel breaks off ends with one as well, and what came of it is not everything.
fn verdict(code: i32) -> io::Result<()> {
    if code < 0 { Err(io::Error::from_raw_os_error(code.saturating_neg())) } else { Ok(()) }
}

/// The messages that follow each other in `bytes`: each begins with its length and ends on a
/// multiple of four.
fn messages(mut bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let length = u32::from_ne_bytes(*bytes.first_chunk()?);
        let length = usize::try_from(length).ok().filter(|length| *length >= 16)?;
        let message = bytes.get(..length)?;
        bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some(message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_told_apart_by_their_lengths_and_a_damaged_one_ends_them() {
        let one = |length: u32, size: usize| {
            let mut bytes = vec![0; size];
            bytes[..4].copy_from_slice(&length.to_ne_bytes());
            bytes
        };
        let both = [one(18, 20), one(16, 16)].concat();
        assert_eq!(messages(&both).map(<[u8]>::len).collect::<Vec<_>>(), [18, 16]);
        assert_eq!(messages(&one(18, 18)).count(), 1, "the last needs no padding");
        for bad in [one(0, 16), one(15, 16), one(17, 16), vec![16, 0]] {
            assert_eq!(messages(&bad).count(), 0, "{bad:?}");
        }
    }

    #[test]
    fn a_dump_that_the_kernel_breaks_off_is_an_error_with_its_number() {
        let ends = |code: i32, sequence: u32| {
            let mut end = netlink_packet_core::DoneMessage::default();
            end.code = code;
            let mut message = NetlinkMessage::<RouteNetlinkMessage>::new(
                netlink_packet_core::NetlinkHeader::default(),
                NetlinkPayload::Done(end),
            );
            message.header.sequence_number = sequence;
            message.finalize();
            let mut bytes = vec![0; message.buffer_len()];
            message.serialize(&mut bytes);
            digest(&bytes, 7, &mut Dumped::Whole, &mut |_| {})
        };
        assert!(ends(0, 7).expect("it has ended").is_ok());
        let broken = ends(-libc::ENOMEM, 7).expect("it has ended").unwrap_err();
        assert_eq!(broken.raw_os_error(), Some(libc::ENOMEM));
        assert!(ends(-libc::ENOMEM, 6).is_none(), "that is the answer to another request");
    }

    #[test]
    fn a_refused_request_does_not_spoil_the_next() {
        let mut requests = Requests::open().unwrap();
        let mut missing = netlink_packet_route::link::LinkMessage::default();
        missing.header.index = u32::MAX >> 1;
        let refused = requests.carry_out(RouteNetlinkMessage::GetLink(missing), 0).unwrap_err();
        assert_eq!(refused.raw_os_error(), Some(libc::ENODEV));
        let mut links = 0;
        let all = RouteNetlinkMessage::GetLink(netlink_packet_route::link::LinkMessage::default());
        requests.dump(all, |_| links += 1).unwrap();
        assert!(links >= 1, "at least loopback");
    }
}
