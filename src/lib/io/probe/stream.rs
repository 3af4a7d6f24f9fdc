//! Dialogues over connections, with TLS or without.
//!
//! What is read goes through one buffer that all probes of a thread share: a probe that waits
//! holds none.

use std::cell::RefCell;
use std::future::Future;
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::os::fd::AsRawFd;

use nix::sys::socket::{MsgFlags, recv};
use rustls::ClientConnection;
use tokio::io::Interest;
use tokio::net::TcpStream;

use super::heard;
use super::target::{Path, Stage, failed};
use super::tcp;
use super::tls::{self, Tls};
use crate::engine::check::Grade;
use crate::engine::check::dialogue::{Dialogue, Finding, Step};
use crate::engine::check::probe::Answer;
use crate::io::clock;

/// One read takes at most this much; also what TLS takes in at once without refusing any of it.
const READ: usize = 4096;

thread_local! {
    static BUFFER: RefCell<[u8; READ]> = const { RefCell::new([0; READ]) };
    static PLAIN: RefCell<[u8; READ]> = const { RefCell::new([0; READ]) };
}

/// Where bytes go that came.
type Take<'a> = &'a mut dyn FnMut(&[u8]);

/// A connection that stands.
pub(super) struct Stream {
    pub(super) tcp: TcpStream,
    pub(super) tls: Option<Box<ClientConnection>>,
}

/// The buffer that all probes of this thread read into.
#[cfg(feature = "http2")]
pub(super) fn with_buffer<T>(read: impl FnOnce(&mut [u8]) -> T) -> T {
    BUFFER.with_borrow_mut(|buffer| read(buffer))
}

/// Whether the peer may send more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Peer {
    Open,
    Ended,
}

impl Stream {
    async fn write(&self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            self.tcp.writable().await?;
            match self.tcp.try_write(bytes) {
                Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(heard(error)),
            }
        }
        Ok(())
    }

    /// Write what TLS has to say.
    async fn flush(&mut self) -> io::Result<()> {
        let mut bytes = Vec::new();
        if let Some(tls) = &mut self.tls {
            while tls.wants_write() {
                tls.write_tls(&mut bytes)?;
            }
        }
        self.write(&bytes).await
    }

    async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.tls {
            None => self.write(bytes).await,
            Some(tls) => {
                tls.writer().write_all(bytes)?;
                self.flush().await
            }
        }
    }

    /// Wait for bytes and hand them to `take`.
    async fn receive(&mut self, take: Take<'_>) -> io::Result<Peer> {
        if let Some(tls) = &mut self.tls {
            // What came together with the end of the handshake.
            let (taken, peer) = drain(tls, take)?;
            if taken > 0 || peer == Peer::Ended {
                return Ok(peer);
            }
        }
        self.read(Some(take)).await
    }

    /// Wait for bytes. Without `take` what is decrypted stays where it is.
    async fn read(&mut self, mut take: Option<Take<'_>>) -> io::Result<Peer> {
        let Self { tcp, tls } = self;
        let read = || {
            BUFFER.with_borrow_mut(|buffer| {
                let read = recv(tcp.as_raw_fd(), buffer, MsgFlags::empty())?;
                let bytes = buffer.get(..read).unwrap_or_default();
                let peer = if read == 0 { Peer::Ended } else { Peer::Open };
                let Some(tls) = tls else {
                    if let Some(take) = &mut take {
                        take(bytes);
                    }
                    return Ok(peer);
                };
                absorb(tls, bytes)?;
                let Some(take) = &mut take else { return Ok(peer) };
                let (_, left) = drain(tls, take)?;
                Ok(if left == Peer::Ended { left } else { peer })
            })
        };
        // It lets others run from time to time, the time limit among them, also when a peer is so
        // fast that there is always something to read.
        let read = tcp.async_io(Interest::READABLE, read).await.map_err(heard);
        // Answers of TLS to what came, alerts among them.
        let flushed = self.flush().await;
        read.and_then(|peer| flushed.map(|()| peer))
    }

    /// Go on within TLS, with a server that is known as `host`. What the session shows.
    async fn secure(&mut self, (tls, host): (&Tls, &str), stage: &Stage) -> io::Result<Finding> {
        stage.set("the end of the TLS handshake");
        self.tls = Some(Box::new(tls.connection(host, self.tcp.peer_addr()?.ip())?));
        self.flush().await?;
        while self.tls.as_ref().is_some_and(|tls| tls.is_handshaking()) {
            if self.read(None).await? == Peer::Ended {
                return Err(io::Error::other("the connection was closed within the TLS handshake"));
            }
        }
        Ok(self.tls.as_deref().map_or_else(connected, |session| tls.judge(session)))
    }
}

fn connected() -> Finding {
    Finding::good("connected")
}

/// Pass `bytes` to `tls`; none: the connection has ended.
pub(super) fn absorb(tls: &mut ClientConnection, bytes: &[u8]) -> io::Result<()> {
    let mut rest = bytes;
    loop {
        let taken = tls.read_tls(&mut rest)?;
        tls.process_new_packets().map_err(|error| io::Error::other(tls::in_words(&error)))?;
        // After TLS's farewell it takes nothing more, whatever still comes.
        if taken == 0 || rest.is_empty() {
            return Ok(());
        }
    }
}

/// Hand what is decrypted to `take`: how many bytes, and whether more may come.
fn drain(tls: &mut ClientConnection, take: Take<'_>) -> io::Result<(usize, Peer)> {
    let mut taken = 0;
    PLAIN.with_borrow_mut(|plain| {
        loop {
            match tls.reader().read(plain) {
                Ok(0) => return Ok((taken, Peer::Ended)),
                Ok(read) => {
                    taken += read;
                    take(plain.get(..read).unwrap_or_default());
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Ok((taken, Peer::Open));
                }
                // Closed without TLS's farewell, as many servers do.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    return Ok((taken, Peer::Ended));
                }
                Err(error) => return Err(error),
            }
        }
    })
}

/// Connect to `address`, with `tls` and by the name `host` in it, and lead `dialogue`. Without one
/// it is enough that the connection stands.
pub(super) async fn talk(
    (path, address): (&Path, SocketAddr),
    tls: Option<(&Tls, &str)>,
    dialogue: Option<&mut dyn Dialogue>,
    stage: &Stage,
) -> Answer {
    timed(address, stage, hold((path, address), tls, dialogue, stage)).await
}

/// The answer to what is asked of `address`, and how long it took.
pub(super) async fn timed(
    address: SocketAddr,
    stage: &Stage,
    asked: impl Future<Output = io::Result<Finding>>,
) -> Answer {
    let start = clock::now();
    stage.set("");
    let mut answer = match asked.await {
        Ok(finding) => Answer::from(finding).took(start, clock::now()),
        Err(error) => failed(&error, stage),
    };
    answer.details.peer = Some(address);
    answer
}

/// A connection to `address`, within TLS if that is wanted, and what TLS showed.
pub(super) async fn open(
    (path, address): (&Path, SocketAddr),
    tls: Option<(&Tls, &str)>,
    stage: &Stage,
) -> io::Result<(Stream, Finding)> {
    let tcp = tcp::connect(path, address).await?;
    let mut stream = Stream { tcp, tls: None };
    let session = match tls {
        Some(tls) => stream.secure(tls, stage).await?,
        None => connected(),
    };
    Ok((stream, session))
}

async fn hold(
    way: (&Path, SocketAddr),
    tls: Option<(&Tls, &str)>,
    dialogue: Option<&mut dyn Dialogue>,
    stage: &Stage,
) -> io::Result<Finding> {
    if tls.is_none() && dialogue.is_none() {
        tcp::reach(way.0, way.1).await?;
        return Ok(connected());
    }
    let at_once = dialogue.as_ref().is_none_or(|dialogue| !dialogue.asks_for_tls());
    let (mut stream, mut session) = open(way, tls.filter(|_| at_once), stage).await?;
    let Some(dialogue) = dialogue.filter(|_| session.grade == Grade::Good) else {
        return Ok(session);
    };
    let finding = lead(&mut stream, tls, dialogue, &mut session, stage).await?;
    if let Some(connection) =
        stream.tls.as_mut().filter(|_| tls.is_some_and(|(tls, _)| tls.close_notify))
    {
        connection.send_close_notify();
        // The verdict is there; whether the farewell arrives changes nothing.
        let _unheard = stream.flush().await;
    }
    Ok(Finding { details: Box::new(session.details.with(*finding.details)), ..finding })
}

/// Lead `dialogue` to its end; `session` is what TLS showed, now or when the dialogue asks for it.
async fn lead(
    stream: &mut Stream,
    tls: Option<(&Tls, &str)>,
    dialogue: &mut dyn Dialogue,
    session: &mut Finding,
    stage: &Stage,
) -> io::Result<Finding> {
    loop {
        let step = dialogue.step();
        stage.set(dialogue.awaits());
        match step {
            Step::Done(finding) => return Ok(finding),
            Step::Send(bytes) => match stream.send(&bytes).await {
                // A server may have answered and hung up before it heard everything.
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
                sent => sent?,
            },
            Step::Secure => {
                let tls = tls.ok_or_else(|| io::Error::other("it asks for TLS, unasked"))?;
                *session = stream.secure(tls, stage).await?;
                if session.grade != Grade::Good {
                    return Ok(session.clone());
                }
                dialogue.handle_secure();
            }
            Step::Receive => {
                if stream.receive(&mut |bytes| dialogue.handle_bytes(bytes)).await? == Peer::Ended {
                    dialogue.handle_end();
                }
            }
        }
    }
}
