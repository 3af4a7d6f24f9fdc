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
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    path.apply(&socket, address)?;
    socket.set_nonblocking(true)?;
    match socket.connect(&address.into()) {
        Err(error) if error.raw_os_error() == Some(libc::EINPROGRESS) => {}
        connected => connected?,
    }
    let stream = TcpStream::from_std(socket.into())?;
    stream.writable().await?;
    if let Some(error) = stream.take_error()? {
        return Err(heard(error));
    }
    // A closed local port in the ephemeral range can be given to the probe itself, which
    // then meets itself: nobody listens there.
    if stream.local_addr()? == stream.peer_addr()? {
        return Err(io::Error::from_raw_os_error(libc::ECONNREFUSED));
    }
    Ok(stream)
}
