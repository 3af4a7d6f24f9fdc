//! The loop of `ha sniff`: packets from interfaces or a capture into the observer, what it sees
//! to whoever shows it, until there are enough, no more, or somebody asks to stop.

use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::mpsc::Receiver;
use tokio::time::{Instant, sleep_until};

use crate::engine::sniff::{Captured, Event, Observer, Seen};
use crate::engine::vrrp::receive::Rules;
use crate::error::{Error, Result};
use crate::io::capture::{Buffer, Capture};
use crate::io::capture_file::{self, Form, Packet, Target, Writer};
use crate::io::clock;
use crate::io::poller::Poller;
use crate::io::runtime;
use crate::io::stop::StopSignals;
use crate::wire::pcap::{Decoder, Malformed};

/// Packets of one interface that are handled before the others get their turn.
const TURN: usize = 64;
/// How often silence is looked for on an interface.
const LOOK: Duration = Duration::from_millis(250);
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
    /// Whose receive checks adverts are held to.
    pub rules: Rules,
    /// Stop after this many packets shown.
    pub count: Option<u64>,
    /// Stop after this time.
    pub duration: Option<Duration>,
    /// Write the packets shown as well.
    pub write: Option<(Target, Form)>,
    /// Show announcements of virtual addresses beside the adverts.
    pub announcements: bool,
}

/// A packet to show.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    /// When it was captured, in nanoseconds since 1970.
    pub unix_nanos: u64,
    /// On which interface, where that is known.
    pub interface: Option<&'a str>,
    /// What it says.
    pub seen: &'a Seen<'a>,
}

/// Who is shown what was seen.
pub trait Audience {
    /// Take one packet.
    ///
    /// # Errors
    /// When it cannot be shown.
    fn packet(&mut self, shown: &Shown<'_>) -> Result<()>;

    /// Take something that happened.
    ///
    /// # Errors
    /// When it cannot be shown.
    fn event(&mut self, observer: &Observer, event: &Event) -> Result<()>;

    /// There is nothing more for now: what was taken should be visible.
    ///
    /// # Errors
    /// When it cannot be shown.
    fn pause(&mut self) -> Result<()>;

    /// What to write beside the packet in a capture that has room for it.
    fn comment(&mut self, seen: &Seen<'_>) -> &str;
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

/// Run until the source ends, an option says so, or SIGINT or SIGTERM comes.
///
/// # Errors
/// When the source cannot be opened, a file not written, or something not shown. What ends a
/// source that was open is told in [`Outcome::failure`], so that what was seen is not lost.
pub fn run(source: Source, options: Options, audience: &mut dyn Audience) -> Result<Outcome> {
    runtime::block_on(running(source, options, audience))?
}

async fn running(source: Source, options: Options, audience: &mut dyn Audience) -> Result<Outcome> {
    let mut stop = StopSignals::new().map_err(|e| Error::new("listen for", "stop signals", e))?;
    let deadline = Instant::now() + options.duration.unwrap_or(FOREVER);
    let mut session = Session::new(options, audience)?;
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
    session.pause()?;
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
    audience: &'s mut dyn Audience,
}

impl<'s> Session<'s> {
    fn new(options: Options, audience: &'s mut dyn Audience) -> Result<Self> {
        let create = |(target, form): &(Target, Form)| Writer::create(target, *form);
        let writer = options.write.as_ref().map(create).transpose()?;
        let observer = Observer::new(options.rules);
        Ok(Self { observer, options, writer, shown: 0, audience })
    }

    /// Handle one packet; whether there is room for more.
    fn packet(&mut self, captured: &Captured<'_>) -> Result<bool> {
        let seen = self.observer.handle_packet(captured);
        let room = seen.map_or(Ok(true), |seen| self.show(captured, &seen))?;
        self.tell()?;
        Ok(room)
    }

    /// Time has passed without a packet.
    fn time(&mut self, unix_nanos: u64) -> Result<()> {
        self.observer.handle_time(unix_nanos);
        self.tell()
    }

    /// Tell what happened.
    fn tell(&mut self) -> Result<()> {
        while let Some(event) = self.observer.poll_event() {
            self.audience.event(&self.observer, &event)?;
        }
        Ok(())
    }

    fn show(&mut self, captured: &Captured<'_>, seen: &Seen<'_>) -> Result<bool> {
        if matches!(seen, Seen::Announcement(_)) && !self.options.announcements {
            return Ok(true);
        }
        let Captured { unix_nanos, interface, link, original_len, bytes } = *captured;
        if let Some(writer) = &mut self.writer {
            let packet = Packet { link, interface, unix_nanos, original_len, bytes };
            writer.write(&packet, self.audience.comment(seen))?;
        }
        self.audience.packet(&Shown { unix_nanos, interface, seen })?;
        self.shown += 1;
        Ok(self.options.count.is_none_or(|count| self.shown < count))
    }

    /// Nothing more came for now; whether there is somebody to go on for.
    fn pause(&mut self) -> Result<bool> {
        self.audience.pause()?;
        self.writer.as_mut().map_or(Ok(true), Writer::flush)
    }
}

/// An open source.
enum Input {
    Live { captures: Vec<Capture>, poller: Poller, buffer: Buffer },
    File { pieces: Receiver<Result<Vec<u8>>>, path: Option<PathBuf>, decoder: Decoder },
}

impl Input {
    fn open(source: Source) -> Result<Self> {
        let path = match source {
            Source::Interfaces(names) => return Self::live(&names),
            Source::File(path) => Some(path),
            Source::Stdin => None,
        };
        let pieces = capture_file::pieces(path.as_deref())?;
        Ok(Self::File { pieces, path, decoder: Decoder::default() })
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
            Self::File { pieces, path, decoder } => {
                let damage =
                    |malformed: Malformed| capture_file::damage(path.as_deref(), malformed);
                while let Some(piece) = pieces.recv().await {
                    decoder.push(&piece?);
                    while let Some(record) = decoder.next_record().map_err(damage)? {
                        let captured = Captured {
                            unix_nanos: record.unix_nanos,
                            interface: record.interface,
                            link: record.link,
                            original_len: record.original_len as usize,
                            bytes: record.bytes,
                        };
                        if !session.packet(&captured)? {
                            return Ok(());
                        }
                    }
                    if !session.pause()? {
                        return Ok(());
                    }
                    // A file is always ready: let signals and deadline in.
                    tokio::task::yield_now().await;
                }
                decoder.finish().map_err(damage)
            }
            Self::Live { captures, poller, buffer } => {
                let mut tokens = Vec::new();
                loop {
                    let waited = tokio::time::timeout(LOOK, poller.ready(&mut tokens)).await;
                    if let Ok(ready) = waited {
                        ready.map_err(|e| Error::new("wait for", "packets", e))?;
                    } else {
                        tokens.clear();
                        session.time(clock::wall_nanos())?;
                    }
                    for token in &tokens {
                        let capture =
                            usize::try_from(*token).ok().and_then(|i| captures.get_mut(i));
                        let Some(capture) = capture else { continue };
                        if !turn(capture, buffer, session)? {
                            return Ok(());
                        }
                    }
                    if !session.pause()? {
                        return Ok(());
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
            interface: Some(packet.interface),
            link: packet.link,
            original_len: packet.original_len,
            bytes: packet.bytes,
        };
        if !session.packet(&captured)? {
            return Ok(false);
        }
    }
    Ok(true)
}
