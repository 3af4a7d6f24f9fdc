//! The loop of `ha sniff`: packets from interfaces or a capture into the observer, what it sees
//! to whoever shows it, until there are enough, no more, or somebody asks to stop.

use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::mpsc::Receiver;
use tokio::time::{Instant, sleep_until};

use crate::engine::observe::{Captured, Observer, Seen};
use crate::error::{Error, Result};
use crate::io::capture::{Buffer, Capture};
use crate::io::capture_file::{self, Writer};
use crate::io::poller::Poller;
use crate::io::runtime;
use crate::io::stop::StopSignals;
use crate::wire::packet::{Content, Link, Packet};
use crate::wire::pcap::Record;

/// Packets of one interface that are handled before the others get their turn.
const TURN: usize = 64;
/// As good as never, where a deadline is needed: 30 years.
const FOREVER: Duration = Duration::from_secs(30 * 365 * 86_400);

/// Where packets come from.
#[derive(Clone, Debug)]
pub enum Source {
    /// These interfaces; `None` stands for all of the network namespace.
    Interfaces(Vec<Option<String>>),
    /// A capture file.
    File(PathBuf),
    /// A capture on stdin.
    Stdin,
}

/// When to stop, and what else to do.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Stop after this many packets shown.
    pub count: Option<u64>,
    /// Stop after this time.
    pub duration: Option<Duration>,
    /// Write the packets shown into this file.
    pub write: Option<PathBuf>,
    /// Show announcements of virtual addresses beside the adverts.
    pub announcements: bool,
}

/// A packet to show.
#[derive(Clone, Debug)]
pub struct Shown<'a> {
    /// When it was captured, in nanoseconds since 1970.
    pub unix_nanos: u64,
    /// On which interface, where that is known.
    pub interface: Option<&'a str>,
    /// What it says.
    pub seen: &'a Seen,
}

/// What is left to say at the end.
#[derive(Debug)]
pub struct Outcome {
    /// All that was seen.
    pub observer: Observer,
    /// Packets lost because this process was too slow.
    pub dropped: u64,
    /// What ended the capture early.
    pub failure: Option<Error>,
}

/// Shows a packet.
pub type Show<'a> = &'a mut dyn FnMut(&Shown<'_>) -> Result<()>;

/// Run until the source ends, an option says so, or SIGINT or SIGTERM comes.
///
/// # Errors
/// When the source cannot be opened, a file not written, or `show` fails. What ends a source
/// that was open is told in [`Outcome::failure`], so that what was seen is not lost.
pub fn run(source: Source, options: Options, show: Show<'_>) -> Result<Outcome> {
    runtime::block_on(running(source, options, show))?
}

async fn running(source: Source, options: Options, show: Show<'_>) -> Result<Outcome> {
    let mut stop = StopSignals::new().map_err(|e| Error::new("listen for", "stop signals", e))?;
    let deadline = Instant::now() + options.duration.unwrap_or(FOREVER);
    let mut session = Session::new(options, show)?;
    let mut input = Input::open(source)?;
    let mut dropped = 0;
    let failure = tokio::select! {
        biased;
        _ = stop.received() => None,
        () = sleep_until(deadline) => None,
        result = input.pump(&mut session) => result.err(),
    };
    if let Input::Live { captures, .. } = &mut input {
        dropped = captures.iter_mut().map(Capture::dropped).sum();
    }
    if let Some(writer) = session.writer.take() {
        writer.finish()?;
    }
    Ok(Outcome { observer: session.observer, dropped, failure })
}

/// What a run has done so far.
struct Session<'s> {
    observer: Observer,
    options: Options,
    writer: Option<Writer>,
    shown: u64,
    show: Show<'s>,
}

impl<'s> Session<'s> {
    fn new(options: Options, show: Show<'s>) -> Result<Self> {
        let writer = options.write.as_deref().map(Writer::create).transpose()?;
        Ok(Self { observer: Observer::default(), options, writer, shown: 0, show })
    }

    /// Handle one packet; whether there is room for more.
    fn packet(&mut self, captured: &Captured<'_>, original_len: usize) -> Result<bool> {
        let Some(seen) = self.observer.handle_packet(captured) else { return Ok(true) };
        if matches!(seen, Seen::Announcement(_)) && !self.options.announcements {
            return Ok(true);
        }
        let Captured { unix_nanos, interface, link, bytes } = *captured;
        if let Some(writer) = &mut self.writer {
            writer.write(link, unix_nanos, original_len, bytes)?;
        }
        (self.show)(&Shown { unix_nanos, interface, seen: &seen })?;
        self.shown += 1;
        Ok(self.options.count.is_none_or(|count| self.shown < count))
    }
}

/// An open source.
enum Input {
    Live { captures: Vec<Capture>, poller: Poller, buffer: Buffer },
    File(Receiver<Result<Record>>),
}

impl Input {
    fn open(source: Source) -> Result<Self> {
        let file = match &source {
            Source::Interfaces(names) => return Self::live(names),
            Source::File(path) => Some(path.as_path()),
            Source::Stdin => None,
        };
        Ok(Self::File(capture_file::records(file, is_ours)?))
    }

    fn live(names: &[Option<String>]) -> Result<Self> {
        let failed = |e| Error::new("wait for", "packets", e);
        let poller = Poller::new().map_err(failed)?;
        let mut captures = Vec::with_capacity(names.len());
        for (token, name) in (0..).zip(names) {
            let capture = Capture::open(name.as_deref())?;
            poller.add(&capture, token).map_err(failed)?;
            captures.push(capture);
        }
        Ok(Self::Live { captures, poller, buffer: Buffer::default() })
    }

    /// Give packets to `session` until the source ends or the session has enough. Losing the
    /// future loses nothing that was shown.
    async fn pump(&mut self, session: &mut Session<'_>) -> Result<()> {
        match self {
            Self::File(records) => {
                while let Some(record) = records.recv().await {
                    let record = record?;
                    let captured = Captured {
                        unix_nanos: record.unix_nanos,
                        interface: record.interface.as_deref(),
                        link: record.link,
                        bytes: &record.bytes,
                    };
                    if !session.packet(&captured, record.original_len as usize)? {
                        return Ok(());
                    }
                }
                Ok(())
            }
            Self::Live { captures, poller, buffer } => {
                let mut tokens = Vec::new();
                loop {
                    let ready = poller.ready(&mut tokens).await;
                    ready.map_err(|e| Error::new("wait for", "packets", e))?;
                    for token in &tokens {
                        let capture =
                            usize::try_from(*token).ok().and_then(|i| captures.get_mut(i));
                        let Some(capture) = capture else { continue };
                        if !turn(capture, buffer, session)? {
                            return Ok(());
                        }
                    }
                    // Level triggered and always ready under a flood: let signals and deadline in.
                    tokio::task::yield_now().await;
                }
            }
        }
    }
}

/// Handle what waits on one interface, but not for ever; whether there is room for more.
fn turn(capture: &mut Capture, buffer: &mut Buffer, session: &mut Session<'_>) -> Result<bool> {
    for _ in 0..TURN {
        let received = capture.receive(buffer).map_err(|e| Error::new("receive", "packets", e))?;
        let Some(packet) = received else { return Ok(true) };
        let captured = Captured {
            unix_nanos: packet.unix_nanos,
            interface: Some(&packet.interface),
            link: packet.link,
            bytes: packet.bytes,
        };
        if !session.packet(&captured, packet.original_len)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether the observer would look at a record: everything else stays in the reading thread.
fn is_ours(record: &Record) -> bool {
    let Record { link, bytes, .. } = record;
    !matches!(link, Link::Other(_))
        && !matches!(Packet::parse(*link, bytes).content, Ok(Content::Other))
}
