//! A blocking netlink socket to the kernel: whole buffers out, whole answers in.

use std::io;
use std::time::Duration;

use netlink_sys::{Socket, SocketAddr};
use nix::sys::socket::{setsockopt, sockopt};
use nix::sys::time::TimeVal;

/// Bytes of answers read at once: the kernel puts at most 32 KiB of a dump into one.
const ANSWER: usize = 64 << 10;

/// The socket, and the latest answer.
pub(in crate::io) struct Connection {
    socket: Socket,
    answer: Vec<u8>,
}

impl Connection {
    /// Connect with the kernel over `protocol`; an answer may take as long as `patience`, which is
    /// rounded down to seconds.
    pub fn open(protocol: isize, patience: Duration) -> io::Result<Self> {
        let mut socket = Socket::new(protocol)?;
        socket.bind_auto()?;
        socket.connect(&SocketAddr::new(0, 0))?;
        // A refusal need not carry the whole request back.
        socket.set_cap_ack(true)?;
        let patience = TimeVal::new(patience.as_secs().cast_signed(), 0);
        setsockopt(&socket, sockopt::ReceiveTimeout, &patience)?;
        Ok(Self { socket, answer: Vec::new() })
    }

    /// Send requests; the kernel carries them out before this returns.
    pub fn send(&mut self, requests: &[u8]) -> io::Result<()> {
        self.socket.send(requests, 0).map(|_| ())
    }

    /// What the kernel has to say next: messages, one behind the other.
    ///
    /// # Errors
    /// `TimedOut` when it says nothing for too long.
    pub fn read(&mut self) -> io::Result<&[u8]> {
        loop {
            self.answer.clear();
            self.answer.reserve(ANSWER);
            match self.socket.recv(&mut self.answer, 0) {
                Ok(_) => return Ok(&self.answer),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {
                    return Err(io::ErrorKind::TimedOut.into());
                }
                Err(e) => return Err(e),
            }
        }
    }
}
