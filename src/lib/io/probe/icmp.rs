//! Does a host answer an ICMP echo request?
//!
//! A datagram ICMP socket needs no privilege where `net.ipv4.ping_group_range` allows it; else a
//! raw socket does, with a filter in the kernel so that only answers to this probe wake it.

use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use socket2::{Domain, Protocol, SockFilter, Socket, Type};
use tokio::net::UdpSocket;

use super::datagram::{hear_errors, receive};
use super::target::{Path, Stage, Target, within};
use super::{answer_of, untested};
use crate::engine::check::Grade;
use crate::engine::check::probe::Answer;
use crate::io::clock;
use crate::wire::icmp::{Echo, Message};
use crate::wire::ipv4;

/// Data bytes of a request, as `ping` sends by default.
const DATA_LEN: usize = 56;

/// One number for each question of this process: two at once are told apart.
static SEQUENCE: AtomicU16 = AtomicU16::new(1);

/// An ICMP echo probe; of a name with several addresses the first counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Icmp(pub Target);

impl Icmp {
    /// Put the probe.
    pub async fn ask(&self) -> Answer {
        let stage = Stage::default();
        within(self.0.timeout, &stage, self.try_first_address(&stage)).await
    }

    async fn try_first_address(&self, stage: &Stage) -> Answer {
        stage.set("the address of the name");
        let address = match self.0.addresses().await {
            Ok(addresses) => addresses.first().copied(),
            Err(answer) => return answer,
        };
        let Some(address) = address else { return untested("no address".to_owned()) };
        stage.set("the reply");
        let question = Question::new(address.ip());
        let socket = match question.open(&self.0.path, address) {
            Ok(socket) => socket,
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                return untested(format!(
                    "ICMP needs CAP_NET_RAW, or a group within net.ipv4.ping_group_range ({error})"
                ));
            }
            Err(error) => return answer_of(&error),
        };
        match question.exchange(&socket).await {
            Ok(latency) => Answer { latency: Some(latency), ..Answer::new(Grade::Good, "reply") },
            Err(error) => answer_of(&error),
        }
    }
}

/// One question and how its answer is recognised.
struct Question {
    address: IpAddr,
    identifier: u16,
    sequence: u16,
    data: [u8; DATA_LEN],
}

/// An open socket, and what the kernel does to messages on it.
struct Channel {
    socket: UdpSocket,
    /// It shows the IPv4 header, and identifiers are ours; a datagram socket sets its own.
    raw: bool,
}

impl Question {
    fn new(address: IpAddr) -> Self {
        // The data makes a reply unmistakable even where identifier and sequence meet those of
        // another process.
        let mut data = [0; DATA_LEN];
        let token = clock::now().as_nanos().to_be_bytes().into_iter();
        let token = token.chain(std::process::id().to_be_bytes());
        for (byte, token) in data.iter_mut().zip(token) {
            *byte = token;
        }
        let [.., high, low] = std::process::id().to_be_bytes();
        Self {
            address,
            identifier: u16::from_be_bytes([high, low]),
            sequence: SEQUENCE.fetch_add(1, Ordering::Relaxed),
            data,
        }
    }

    /// A socket connected to the address, so that ICMP errors about it are reported.
    fn open(&self, path: &Path, address: SocketAddr) -> io::Result<Channel> {
        let domain = Domain::for_address(address);
        let protocol = if address.is_ipv4() { Protocol::ICMPV4 } else { Protocol::ICMPV6 };
        let (socket, raw) = match Socket::new(domain, Type::DGRAM, Some(protocol)) {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                (Socket::new(domain, Type::RAW, Some(protocol))?, true)
            }
            socket => (socket?, false),
        };
        if raw {
            socket.attach_filter(&reply_filter(address.is_ipv4(), self.identifier))?;
        }
        path.apply(&socket, address)?;
        hear_errors(&socket, address)?;
        socket.connect(&address.into())?;
        socket.set_nonblocking(true)?;
        // Only `send` and `recv` are used, which are the same calls for every datagram socket.
        Ok(Channel { socket: UdpSocket::from_std(socket.into())?, raw })
    }

    /// Send the request and wait for its reply.
    async fn exchange(&self, channel: &Channel) -> io::Result<Duration> {
        let echo = Echo { identifier: self.identifier, sequence: self.sequence, data: &self.data };
        let request = match self.address {
            IpAddr::V4(_) => echo.request_v4(),
            // The kernel fills in the checksum, which depends on the source it chooses.
            IpAddr::V6(to) => echo.request_v6(Ipv6Addr::UNSPECIFIED, to),
        };
        let start = clock::now();
        channel.socket.send(&request).await?;
        let mut take = |message: &[u8]| self.is_answered_by(message, channel.raw);
        loop {
            if receive(&channel.socket, &mut take).await? {
                return Ok(clock::now().saturating_since(start));
            }
        }
    }

    fn is_answered_by(&self, bytes: &[u8], raw: bool) -> bool {
        let message = match self.address {
            IpAddr::V4(_) if raw => ipv4::Packet::parse(bytes)
                .ok()
                .and_then(|packet| Message::parse_v4(packet.payload).ok()),
            IpAddr::V4(_) => Message::parse_v4(bytes).ok(),
            IpAddr::V6(_) => Message::parse_v6(bytes).ok(),
        };
        let Some(Message::Reply(echo)) = message else { return false };
        let ours = !raw || echo.identifier == self.identifier;
        ours && echo.sequence == self.sequence && echo.data == self.data
    }
}

/// Classic BPF: an echo reply with this identifier. A raw IPv4 socket shows the IP header, whose
/// length is in its first byte; a raw IPv6 socket does not.
fn reply_filter(ipv4: bool, identifier: u16) -> Vec<SockFilter> {
    const LOAD_HEADER_LENGTH: u16 = 0xb1; // x = 4 * (byte at k & 15)
    const LOAD_X: u16 = 0x01; // x = k
    const LOAD_BYTE: u16 = 0x50; // a = byte at x + k
    const LOAD_HALF: u16 = 0x48; // a = half word at x + k
    const JUMP_EQUAL: u16 = 0x15;
    const RETURN: u16 = 0x06;
    let step = |code, jt, jf, k| SockFilter::new(code, jt, jf, k);
    let (header, reply) = if ipv4 { (LOAD_HEADER_LENGTH, 0) } else { (LOAD_X, 129) };
    vec![
        step(header, 0, 0, 0),
        step(LOAD_BYTE, 0, 0, 0),
        step(JUMP_EQUAL, 0, 3, reply),
        step(LOAD_HALF, 0, 0, 4),
        step(JUMP_EQUAL, 0, 1, identifier.into()),
        step(RETURN, 0, 0, u32::MAX),
        step(RETURN, 0, 0, 0),
    ]
}
