//! Captures as files: bytes read from a path or stdin, packets written to a path or stdout.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::thread;

use tokio::sync::mpsc;

use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::wire::packet::Link;
use crate::wire::pcap::{self, Malformed, Section};

/// Bytes asked for at once.
const PIECE: usize = 256 << 10;
/// Pieces that may wait between reading and deciding.
const AHEAD: usize = 2;

/// The bytes of the capture at `path`, or on stdin when absent, in pieces as they come; then an
/// error if they cannot be read. Reading goes on in a thread of its own, so that a pipe that is
/// silent does not stop whoever waits for signals too.
///
/// # Errors
/// When the file cannot be opened.
pub fn pieces(path: Option<&Path>) -> Result<mpsc::Receiver<Result<Vec<u8>>>> {
    let mut source: Box<dyn Read + Send> = match path {
        None => Box::new(io::stdin()),
        Some(path) => Box::new(File::open(path).map_err(|e| unreadable(Some(path), e))?),
    };
    let path = path.map(Path::to_owned);
    let (sender, receiver) = mpsc::channel(AHEAD);
    thread::spawn(move || {
        loop {
            let mut piece = vec![0; PIECE];
            let read = match source.read(&mut piece) {
                Ok(0) => break,
                Ok(length) => {
                    piece.truncate(length);
                    Ok(piece)
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => Err(unreadable(path.as_deref(), e)),
            };
            // A receiver that is gone has had enough: nobody is left to be told anything.
            let failed = read.is_err();
            if sender.blocking_send(read).is_err() || failed {
                break;
            }
        }
    });
    Ok(receiver)
}

fn unreadable(path: Option<&Path>, cause: impl std::fmt::Display) -> Error {
    let target = path.map_or_else(|| "stdin".to_owned(), |path| path.display().to_string());
    Error::new("read capture", target, cause)
}

/// What is wrong with the capture at `path`, or on stdin when absent.
#[must_use]
pub fn damage(path: Option<&Path>, malformed: Malformed) -> Error {
    let remedy = match malformed {
        Malformed::Format => "give a capture as tcpdump, tshark or `ha sniff -w` write it",
        _ => "what came before is shown",
    };
    unreadable(path, malformed).remedy(remedy).exit(Exit::Invalid)
}

/// Where a capture is written to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// This file.
    File(PathBuf),
    /// A pipe.
    Stdout,
}

/// How a capture is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Packets of one kind of link, without comments.
    Pcap,
    /// Packets of all interfaces, each with a comment.
    Pcapng,
}

/// A packet to write.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a> {
    /// What its bytes begin with.
    pub link: Link,
    /// Where it was seen.
    pub interface: Option<&'a str>,
    /// When, in nanoseconds since 1970.
    pub unix_nanos: u64,
    /// Its length on the wire.
    pub original_len: usize,
    /// The bytes captured.
    pub bytes: &'a [u8],
}

/// Writes a capture. Packets are in the file after [`Writer::flush`].
pub struct Writer {
    out: Box<dyn Write>,
    name: String,
    body: Body,
    waiting: Vec<u8>,
}

/// The packets of a file, as far as the next one depends on those before.
enum Body {
    Pcap(Option<Link>),
    Pcapng(Section),
}

impl Writer {
    /// Create, or empty, the file.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn create(target: &Target, form: Form) -> Result<Self> {
        let (name, out): (String, Box<dyn Write>) = match target {
            Target::Stdout => ("stdout".to_owned(), Box::new(io::stdout())),
            Target::File(path) => {
                let name = path.display().to_string();
                let file = File::create(path).map_err(|e| Error::new("write capture", &name, e))?;
                (name, Box::new(file))
            }
        };
        let mut waiting = Vec::new();
        let body = match form {
            Form::Pcap => Body::Pcap(None),
            Form::Pcapng => Body::Pcapng(Section::begin(&mut waiting)),
        };
        Ok(Self { out, name, body, waiting })
    }

    /// Append one packet. pcapng keeps the comment too.
    ///
    /// # Errors
    /// When a pcap file cannot hold the packet, since its link is not that of the packets before.
    pub fn write(&mut self, packet: &Packet<'_>, comment: &str) -> Result<()> {
        let Packet { link, interface, unix_nanos, original_len, bytes } = *packet;
        match &mut self.body {
            Body::Pcapng(section) => {
                let when = (unix_nanos, original_len);
                section.put_packet(&mut self.waiting, (link, interface), when, bytes, comment);
                return Ok(());
            }
            Body::Pcap(first @ None) => {
                self.waiting.extend(pcap::file_header(link));
                *first = Some(link);
            }
            Body::Pcap(Some(first)) if *first == link => {}
            Body::Pcap(Some(_)) => {
                return Err(self
                    .failed("a pcap file holds packets of one kind of link only")
                    .remedy(
                        "write pcapng: --write-format pcapng, or a name that ends in .pcapng",
                    ));
            }
        }
        pcap::put_record(&mut self.waiting, unix_nanos, original_len, bytes);
        Ok(())
    }

    /// Write what waits. False when whoever read the pipe is gone.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn flush(&mut self) -> Result<bool> {
        let written = self.out.write_all(&self.waiting).and_then(|()| self.out.flush());
        self.waiting.clear();
        match written {
            Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(false),
            other => other.map(|()| true).map_err(|e| self.failed(e)),
        }
    }

    /// End the file; without any packet it becomes an empty capture.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn finish(mut self) -> Result<()> {
        if matches!(self.body, Body::Pcap(None)) {
            self.waiting.extend(pcap::file_header(Link::Ethernet));
        }
        self.flush().map(drop)
    }

    fn failed(&self, cause: impl std::fmt::Display) -> Error {
        Error::new("write capture", &self.name, cause)
    }
}
