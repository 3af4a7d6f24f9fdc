//! Captures as files: read from a path or stdin, written packet by packet.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::thread;

use tokio::sync::mpsc;

use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::wire::packet::Link;
use crate::wire::pcap::{self, Malformed, Reader, Record};

/// Packets that may wait between reading and deciding.
const AHEAD: usize = 256;

/// The packets of the capture at `path`, or on stdin when absent, that `wanted` picks; then an
/// error if the capture ends badly. Reading goes on in a thread of its own, so that a pipe that
/// is silent does not stop whoever waits for signals too.
///
/// # Errors
/// When the file cannot be opened.
pub fn records(
    path: Option<&Path>,
    wanted: impl Fn(&Record) -> bool + Send + 'static,
) -> Result<mpsc::Receiver<Result<Record>>> {
    let (target, source): (String, Box<dyn io::Read + Send>) = match path {
        None => ("stdin".into(), Box::new(io::stdin())),
        Some(path) => {
            let target = path.display().to_string();
            let file = File::open(path).map_err(|e| Error::new("read capture", &target, e))?;
            (target, Box::new(file))
        }
    };
    let (sender, receiver) = mpsc::channel(AHEAD);
    thread::spawn(move || {
        // A receiver that is gone has had enough: nobody is left to be told anything.
        let mut give = |result| sender.blocking_send(result).is_ok();
        if let Err(malformed) = read(source, &wanted, &mut give) {
            give(Err(damage(&target, malformed)));
        }
    });
    Ok(receiver)
}

fn read(
    source: impl io::Read + Send,
    wanted: &dyn Fn(&Record) -> bool,
    give: &mut dyn FnMut(Result<Record>) -> bool,
) -> std::result::Result<(), Malformed> {
    let mut reader = Reader::new(source)?;
    while let Some(record) = reader.next_record()? {
        if wanted(&record) && !give(Ok(record)) {
            break;
        }
    }
    Ok(())
}

fn damage(target: &str, malformed: Malformed) -> Error {
    let error = Error::new("read capture", target, &malformed);
    match malformed {
        Malformed::Read(_) => error,
        Malformed::Format => error
            .remedy("give a capture as tcpdump, tshark or `ha sniff -w` write it")
            .exit(Exit::Invalid),
        _ => error.remedy("what came before is shown").exit(Exit::Invalid),
    }
}

/// Writes a pcap file. Each packet is in the file when [`Writer::write`] returns.
pub struct Writer {
    file: File,
    path: PathBuf,
    link: Option<Link>,
}

impl Writer {
    /// Create, or empty, the file at `path`.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn create(path: &Path) -> Result<Self> {
        let file = File::create(path)
            .map_err(|e| Error::new("write capture", path.display().to_string(), e))?;
        Ok(Self { file, path: path.to_owned(), link: None })
    }

    /// Append one packet, seen `unix_nanos` after 1970.
    ///
    /// # Errors
    /// When the system refuses, or the packet's link is not that of the packets before.
    pub fn write(
        &mut self,
        link: Link,
        unix_nanos: u64,
        original_len: usize,
        bytes: &[u8],
    ) -> Result<()> {
        let mut out = Vec::new();
        match self.link {
            None => out.extend(pcap::file_header(link)),
            Some(first) if first == link => {}
            Some(_) => {
                return Err(self
                    .failed("a pcap file holds packets of one kind of link only")
                    .remedy("capture interfaces of different kinds one by one"));
            }
        }
        self.link = Some(link);
        out.extend(pcap::record(unix_nanos, original_len, bytes));
        self.file.write_all(&out).map_err(|e| self.failed(e))
    }

    /// End the file; without any packet it becomes an empty capture.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn finish(mut self) -> Result<()> {
        if self.link.is_none() {
            let header = pcap::file_header(Link::Ethernet);
            self.file.write_all(&header).map_err(|e| self.failed(e))?;
        }
        Ok(())
    }

    fn failed(&self, cause: impl std::fmt::Display) -> Error {
        Error::new("write capture", self.path.display().to_string(), cause)
    }
}
