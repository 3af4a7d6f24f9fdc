//! Dialogues over UDP. The socket is connected, so that ICMP errors about the peer are heard and
//! nobody else is.

use std::cell::RefCell;
use std::io;
use std::net::SocketAddr;
use std::os::fd::AsRawFd;

use nix::sys::socket::{MsgFlags, recv, setsockopt, sockopt};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::io::Interest;
use tokio::net::UdpSocket;

use super::target::{Path, Stage, failed};
use super::{bad, heard};
use crate::engine::check::dialogue::{Dialogue, Finding, Step};
use crate::engine::check::probe::Answer;
use crate::io::clock;

/// The largest datagram.
const LARGEST: usize = 1 << 16;

thread_local! {
    static BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; LARGEST]);
}

/// Lead `dialogue` with `address`; for how long is the caller's business.
pub(super) async fn exchange(
    (path, address): (&Path, SocketAddr),
    dialogue: &mut dyn Dialogue,
    stage: &Stage,
) -> Answer {
    let start = clock::now();
    let mut answer = match lead(path, address, dialogue, stage).await {
        Ok(finding) => Answer::from(finding).took(start, clock::now()),
        // What TCP calls refused.
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => bad("port unreachable"),
        Err(error) => failed(&error, stage),
    };
    answer.details.peer = Some(address);
    answer
}

async fn lead(
    path: &Path,
    address: SocketAddr,
    dialogue: &mut dyn Dialogue,
    stage: &Stage,
) -> io::Result<Finding> {
    let socket = open(path, address)?;
    loop {
        let step = dialogue.step();
        stage.set(dialogue.awaits());
        match step {
            Step::Done(finding) => return Ok(finding),
            Step::Send(bytes) => {
                socket.send(&bytes).await?;
            }
            Step::Secure => return Err(io::Error::other("there is no TLS over datagrams")),
            Step::Receive => receive(&socket, &mut |bytes| dialogue.handle_bytes(bytes)).await?,
        }
    }
}

/// Wait for a datagram and hand it to `take`, or for an error that was heard about the peer.
pub(super) async fn receive<T>(
    socket: &UdpSocket,
    take: &mut impl FnMut(&[u8]) -> T,
) -> io::Result<T> {
    // An error alone does not make a socket readable.
    let interest = Interest::READABLE | Interest::ERROR;
    let read = || {
        BUFFER.with_borrow_mut(|buffer| {
            let read = recv(socket.as_raw_fd(), buffer, MsgFlags::empty())?;
            Ok(take(buffer.get(..read).unwrap_or_default()))
        })
    };
    socket.async_io(interest, read).await.map_err(heard)
}

fn open(path: &Path, address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    path.apply(&socket, address)?;
    hear_errors(&socket, address)?;
    socket.connect(&address.into())?;
    socket.set_nonblocking(true)?;
    UdpSocket::from_std(socket.into())
}

/// Let ICMP errors about the peer be errors of `socket`.
pub(super) fn hear_errors(socket: &Socket, address: SocketAddr) -> io::Result<()> {
    if address.is_ipv4() {
        setsockopt(socket, sockopt::Ipv4RecvErr, &true)?;
    } else {
        setsockopt(socket, sockopt::Ipv6RecvErr, &true)?;
    }
    Ok(())
}
