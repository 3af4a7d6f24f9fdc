//! A client's traffic to a virtual address, and the hosts' answers.
//!
//! A probe is 16 bytes: its number and the time it was sent. The answer adds one byte: which
//! host answered.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::os::fd::{AsFd, BorrowedFd};

use socket2::{Domain, Protocol, Socket, Type};

use crate::error::{Error, Result};
use crate::io::clock::now;
use crate::time::Instant;

/// The echo service of RFC 862.
const PORT: u16 = 7;
/// Bytes of a probe.
const PROBE: usize = 16;

/// One host's end: answers for a virtual address whenever the host holds it.
#[derive(Debug)]
pub struct Echo {
    socket: UdpSocket,
    host: u8,
}

impl Echo {
    /// Serve `address` in the calling thread's network namespace, before and after the host
    /// has it; answers carry `host`.
    ///
    /// # Errors
    /// When the socket cannot be opened.
    pub fn open(address: IpAddr, host: u8) -> Result<Self> {
        let wrong = |e| Error::new("serve echo on", address.to_string(), e);
        let place = SocketAddr::from((address, PORT));
        let socket = Socket::new(Domain::for_address(place), Type::DGRAM, Some(Protocol::UDP))
            .map_err(wrong)?;
        match address {
            IpAddr::V4(_) => socket.set_freebind_v4(true),
            IpAddr::V6(_) => socket.set_freebind_v6(true),
        }
        .map_err(wrong)?;
        socket.bind(&place.into()).map_err(wrong)?;
        socket.set_nonblocking(true).map_err(wrong)?;
        Ok(Self { socket: socket.into(), host })
    }

    /// Answer every probe that has arrived. An answer that cannot leave (the address just
    /// went) is not sent: the client will notice.
    pub fn answer(&self) {
        let mut bytes = [0; PROBE + 1];
        while let Ok((length, from)) = self.socket.recv_from(&mut bytes) {
            if let (PROBE, [probe @ .., host]) = (length, &mut bytes) {
                *host = self.host;
                debug_assert_eq!(probe.len(), PROBE);
                let _ = self.socket.send_to(&bytes, from);
            }
        }
    }
}

impl AsFd for Echo {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// An answer as the client got it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Number of the probe.
    pub number: u64,
    /// When the probe was sent.
    pub sent: Instant,
    /// When the answer was read.
    pub received: Instant,
    /// Which host answered.
    pub host: u8,
}

/// The client's end.
#[derive(Debug)]
pub struct Client(UdpSocket);

impl Client {
    /// A client of `address` in the calling thread's network namespace.
    ///
    /// # Errors
    /// When the socket cannot be opened.
    pub fn open(address: IpAddr) -> Result<Self> {
        let wrong = |e| Error::new("open a client of", address.to_string(), e);
        let anywhere: IpAddr = match address {
            IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        let socket = UdpSocket::bind((anywhere, 0)).map_err(wrong)?;
        socket.connect((address, PORT)).map_err(wrong)?;
        socket.set_nonblocking(true).map_err(wrong)?;
        Ok(Self(socket))
    }

    /// Send probe `number`. When nobody has the address the kernel says so: that is an
    /// unanswered probe like any other.
    pub fn ask(&self, number: u64) {
        let mut bytes = [0; PROBE];
        let (head, tail) = bytes.split_at_mut(PROBE / 2);
        head.copy_from_slice(&number.to_be_bytes());
        tail.copy_from_slice(&now().as_nanos().to_be_bytes());
        let _ = self.0.send(&bytes);
    }

    /// The next answer that has arrived. Errors that the kernel reports about earlier probes
    /// (host unreachable) are skipped.
    #[must_use]
    pub fn next(&self) -> Option<Reply> {
        let mut bytes = [0; PROBE + 1];
        loop {
            match self.0.recv(&mut bytes) {
                Ok(length) if length == bytes.len() => return reply(&bytes),
                Err(e) if e.kind() == std::io::ErrorKind::WouldBlock => return None,
                Ok(_) | Err(_) => {}
            }
        }
    }
}

fn reply(bytes: &[u8; PROBE + 1]) -> Option<Reply> {
    let (number, rest) = bytes.split_first_chunk::<8>()?;
    let (sent, rest) = rest.split_first_chunk::<8>()?;
    Some(Reply {
        number: u64::from_be_bytes(*number),
        sent: Instant::from_nanos(u64::from_be_bytes(*sent)),
        received: now(),
        host: *rest.first()?,
    })
}

impl AsFd for Client {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
