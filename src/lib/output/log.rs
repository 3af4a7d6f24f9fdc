//! Logs: `tracing` events on stderr. stdout stays for data.
//!
//! A process that must not wait for whoever reads its stderr says so with [`never_wait`]: from
//! then on a thread writes, between is a bounded queue, and what does not fit is dropped and
//! counted.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use clap::ValueEnum;
use tracing_subscriber::filter::LevelFilter;

use crate::error::{Error, Result};

/// Most texts that wait to be written.
const CAPACITY: usize = 256;

static QUEUE: OnceLock<Queue> = OnceLock::new();

/// Texts on their way to stderr.
struct Queue {
    texts: SyncSender<Vec<u8>>,
    /// Not yet written.
    waiting: Arc<AtomicUsize>,
    /// Dropped since the last text that was taken.
    dropped: Arc<AtomicU64>,
}

impl Queue {
    fn push(&self, text: &[u8]) {
        self.waiting.fetch_add(1, Ordering::AcqRel);
        if self.texts.try_send(text.to_vec()).is_err() {
            self.waiting.fetch_sub(1, Ordering::AcqRel);
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// From now on writing to stderr never waits. Threads inherit capabilities: give up what is not
/// needed before.
///
/// # Errors
/// When no thread can be started.
pub fn never_wait() -> Result<()> {
    let (texts, inbox) = sync_channel(CAPACITY);
    let (waiting, dropped) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicU64::new(0)));
    let counters = (Arc::clone(&waiting), Arc::clone(&dropped));
    std::thread::Builder::new()
        .name("log".to_owned())
        .stack_size(64 << 10)
        .spawn(move || write_all(&inbox, &counters.0, &counters.1))
        .map_err(|e| Error::new("start thread", "log", e))?;
    // Only a second call could fail, and then the first one's queue serves.
    drop(QUEUE.set(Queue { texts, waiting, dropped }));
    Ok(())
}

fn write_all(inbox: &Receiver<Vec<u8>>, waiting: &AtomicUsize, dropped: &AtomicU64) {
    while let Ok(text) = inbox.recv() {
        // Whoever read stderr may have gone; that is no reason to stop.
        drop(io::stderr().lock().write_all(&text));
        let lost = dropped.swap(0, Ordering::Relaxed);
        if lost > 0 {
            drop(writeln!(io::stderr().lock(), "{lost} log lines were dropped: nobody read them"));
        }
        waiting.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Write text to stderr. It does not matter whether anybody reads it.
pub fn say(text: &[u8]) {
    match QUEUE.get() {
        Some(queue) => queue.push(text),
        None => drop(io::stderr().lock().write_all(text)),
    }
}

/// Wait until everything is written, but not longer than `patience`.
pub fn flush(patience: Duration) {
    const STEP: Duration = Duration::from_millis(2);
    let Some(queue) = QUEUE.get() else { return };
    let mut left = patience;
    while queue.waiting.load(Ordering::Acquire) > 0 && !left.is_zero() {
        std::thread::sleep(STEP);
        left = left.saturating_sub(STEP);
    }
}

/// One log event on its way to [`say`].
struct Sink;

impl Write for Sink {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        say(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// How much is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Level {
    /// Nothing.
    Off,
    /// What failed.
    Error,
    /// What deserves attention.
    Warn,
    /// Transitions and what caused them.
    Info,
    /// What was decided on the way.
    Debug,
    /// Every packet.
    Trace,
}

impl Level {
    /// As on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

impl From<Level> for LevelFilter {
    fn from(level: Level) -> Self {
        match level {
            Level::Off => Self::OFF,
            Level::Error => Self::ERROR,
            Level::Warn => Self::WARN,
            Level::Info => Self::INFO,
            Level::Debug => Self::DEBUG,
            Level::Trace => Self::TRACE,
        }
    }
}

/// Send log events of at least `level` to stderr.
pub fn start(level: Level) {
    let subscriber = tracing_subscriber::fmt()
        .with_writer(|| Sink)
        .with_max_level(LevelFilter::from(level))
        .with_target(false)
        // Complaining about a closed stderr on stderr would panic.
        .log_internal_errors(false)
        .with_ansi(io::stderr().is_terminal())
        .finish();
    // Only a second call could fail, and then logging works already.
    drop(tracing::subscriber::set_global_default(subscriber));
}
