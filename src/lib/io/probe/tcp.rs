//! Does a TCP port accept connections? Established is good; nothing is sent, and the connection
//! is closed at once.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpSocket;

use super::{Families, Path, answer_of, bad, resolve};
use crate::engine::check::Grade;
use crate::engine::check::probe::Answer;
use crate::io::clock;

/// A TCP probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tcp {
    /// Name or address.
    pub host: String,
    /// Port, 1..=65535.
    pub port: u16,
    /// Which addresses of the name count.
    pub families: Families,
    /// How to get there.
    pub path: Path,
    /// Longest wait for the answer, over all addresses.
    pub timeout: Duration,
}

impl Tcp {
    /// Put the probe. A name with several addresses is good when one of them is, as a client
    /// that tries them in turn would find.
    pub async fn ask(&self) -> Answer {
        match tokio::time::timeout(self.timeout, self.try_addresses()).await {
            Ok(answer) => answer,
            Err(_) => bad(format!("timed out after {:?}", self.timeout)),
        }
    }

    async fn try_addresses(&self) -> Answer {
        let addresses = match resolve(&self.host, self.port, self.families).await {
            Ok(addresses) => addresses,
            Err(answer) => return answer,
        };
        let mut last = bad("no address");
        for address in addresses {
            last = self.try_address(address).await;
            if last.grade == Grade::Good {
                break;
            }
        }
        last
    }

    async fn try_address(&self, address: SocketAddr) -> Answer {
        let start = clock::now();
        match self.connect(address).await {
            Ok(()) => Answer {
                grade: Grade::Good,
                reason: "connected".into(),
                latency: Some(clock::now().saturating_since(start)),
            },
            Err(error) => answer_of(&error),
        }
    }

    async fn connect(&self, address: SocketAddr) -> io::Result<()> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        self.path.apply(&socket)?;
        socket.set_nonblocking(true)?;
        let stream = TcpSocket::from_std_stream(socket.into()).connect(address).await?;
        // A closed local port in the ephemeral range can be given to the probe itself, which
        // then meets itself: nobody listens there.
        if stream.local_addr()? == stream.peer_addr()? {
            return Err(io::Error::from_raw_os_error(libc::ECONNREFUSED));
        }
        Ok(())
    }
}
