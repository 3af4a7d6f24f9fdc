//! Does a TCP port accept connections? Established is good; nothing is sent, and the connection
//! is closed at once.

use std::io;
use std::net::SocketAddr;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpStream;

use super::heard;
use super::stream::talk;
use super::target::{Path, Stage, Target};
use crate::engine::check::probe::Answer;

/// A TCP probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tcp(pub Target);

impl Tcp {
    /// Put the probe.
    pub async fn ask(&self) -> Answer {
        let stage = Stage::default();
        let path = &self.0.path;
        self.0.ask(&stage, |address| talk((path, address), None, None, &stage)).await
    }
}

/// A connection to `address`.
pub(super) async fn connect(path: &Path, address: SocketAddr) -> io::Result<TcpStream> {
    let (socket, stands) = begin(path, address)?;
    let stream = TcpStream::from_std(socket.into())?;
    if !stands {
        stream.writable().await?;
        if let Some(error) = stream.take_error()? {
            return Err(heard(error));
        }
    }
    strange(stream.local_addr()?, address)?;
    Ok(stream)
}

/// Whether there is a connection to `address` to be had. One that stands at once is never waited
/// for: that spares half of the work beside the kernel's own.
pub(super) async fn reach(path: &Path, address: SocketAddr) -> io::Result<()> {
    let (socket, stands) = begin(path, address)?;
    if stands {
        let local = socket.local_addr()?.as_socket();
        return local.map_or(Ok(()), |local| strange(local, address));
    }
    let stream = TcpStream::from_std(socket.into())?;
    stream.writable().await?;
    match stream.take_error()? {
        Some(error) => Err(heard(error)),
        None => strange(stream.local_addr()?, address),
    }
}

/// A connection that has begun, and whether it stands already.
fn begin(path: &Path, address: SocketAddr) -> io::Result<(Socket, bool)> {
    let kind = Type::STREAM.nonblocking();
    let socket = Socket::new(Domain::for_address(address), kind, Some(Protocol::TCP))?;
    path.apply(&socket, address)?;
    match socket.connect(&address.into()) {
        Err(error) if error.raw_os_error() == Some(libc::EINPROGRESS) => {}
        connected => return connected.map(|()| (socket, true)),
    }
    // Asked again, the kernel says how far it has got: on this host, to the end.
    match socket.connect(&address.into()) {
        Err(error) if error.raw_os_error() == Some(libc::EALREADY) => Ok((socket, false)),
        connected => connected.map(|()| (socket, true)).map_err(heard),
    }
}

/// A closed local port in the ephemeral range can be given to the probe itself, which then meets
/// itself: nobody listens there.
fn strange(local: SocketAddr, peer: SocketAddr) -> io::Result<()> {
    if (local.ip(), local.port()) == (peer.ip(), peer.port()) {
        return Err(io::Error::from_raw_os_error(libc::ECONNREFUSED));
    }
    Ok(())
}
