//! Logs: `tracing` events to stderr, a file, the syslog daemon or the journal, as asked for.
//! stdout stays for data.
//!
//! A process that must not wait for whoever reads its log says so with [`never_wait`]: from
//! then on a thread writes, between is a bounded queue, and what does not fit is dropped and
//! counted.

mod choice;
mod datagram;
mod file;

use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use tracing::{Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::{self, MakeWriter};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;

pub use choice::{Choice, Facility, Level, Target};
use datagram::Daemon;
pub use datagram::Severity;
pub use file::open;

use crate::error::{Error, Result};

/// Most texts that wait to be written.
const CAPACITY: usize = 256;
/// How long the last words wait for those before them.
const ROOM: Duration = Duration::from_millis(500);

static QUEUE: OnceLock<Queue> = OnceLock::new();
static SINKS: Mutex<Sinks> = Mutex::new(Sinks { stderr: true, files: vec![], daemons: vec![] });

/// Where texts end up.
struct Sinks {
    stderr: bool,
    files: Vec<File>,
    daemons: Vec<Daemon>,
}

/// For whom a text is made.
#[derive(Clone, Copy, Debug)]
enum Form {
    /// Whole lines, with the time: stderr and files.
    Lines,
    /// Whole lines for whoever called the program: stderr whatever was asked for, and files.
    Aloud,
    /// One message, which its reader stamps with the time: daemons.
    Message,
}

/// A text on its way.
struct Entry {
    form: Form,
    severity: Severity,
    text: Vec<u8>,
}

impl Sinks {
    /// Whoever read it may have gone; that is no reason to stop.
    fn write(&mut self, entry: &Entry) {
        match entry.form {
            Form::Lines | Form::Aloud => {
                if self.stderr || matches!(entry.form, Form::Aloud) {
                    drop(io::stderr().lock().write_all(&entry.text));
                }
                for file in &mut self.files {
                    drop(file.write_all(&entry.text));
                }
            }
            Form::Message => {
                let text = String::from_utf8_lossy(&entry.text);
                self.daemons.iter_mut().for_each(|daemon| daemon.write(entry.severity, &text));
            }
        }
    }
}

/// Texts on their way to the thread that writes.
struct Queue {
    entries: SyncSender<Entry>,
    /// Not yet written.
    waiting: Arc<AtomicUsize>,
    /// Dropped since the last text that was taken.
    dropped: Arc<AtomicU64>,
}

impl Queue {
    fn push(&self, entry: Entry) {
        self.waiting.fetch_add(1, Ordering::AcqRel);
        if self.entries.try_send(entry).is_err() {
            self.waiting.fetch_sub(1, Ordering::AcqRel);
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// From now on logging never waits. Threads inherit capabilities: give up what is not needed
/// before.
///
/// # Errors
/// When no thread can be started.
pub fn never_wait() -> Result<()> {
    let (entries, inbox) = sync_channel(CAPACITY);
    let (waiting, dropped) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicU64::new(0)));
    let counters = (Arc::clone(&waiting), Arc::clone(&dropped));
    std::thread::Builder::new()
        .name("log".to_owned())
        .stack_size(64 << 10)
        .spawn(move || write_all(&inbox, &counters.0, &counters.1))
        .map_err(|e| Error::new("start thread", "log", e))?;
    // Only a second call could fail, and then the first one's queue serves.
    drop(QUEUE.set(Queue { entries, waiting, dropped }));
    Ok(())
}

fn write_all(inbox: &Receiver<Entry>, waiting: &AtomicUsize, dropped: &AtomicU64) {
    while let Ok(entry) = inbox.recv() {
        write(&entry);
        let lost = dropped.swap(0, Ordering::Relaxed);
        if lost > 0 {
            let notice = format!("{lost} log lines were dropped: nobody read them");
            for (form, text) in
                [(Form::Lines, format!("{notice}\n")), (Form::Message, notice.clone())]
            {
                write(&Entry { form, severity: Severity::Warning, text: text.into_bytes() });
            }
        }
        waiting.fetch_sub(1, Ordering::AcqRel);
    }
}

fn write(entry: &Entry) {
    SINKS.lock().unwrap_or_else(PoisonError::into_inner).write(entry);
}

fn push(entry: Entry) {
    match QUEUE.get() {
        Some(queue) => queue.push(entry),
        None => write(&entry),
    }
}

/// Write text as it is to stderr and log files. It does not matter whether anybody reads it.
pub fn say(text: &[u8]) {
    push(Entry { form: Form::Lines, severity: Severity::Info, text: text.to_vec() });
}

/// Tell the log daemons, when they are told anything, what people were told with [`say`].
pub fn report(severity: Severity, text: &str) {
    push(Entry { form: Form::Message, severity, text: text.as_bytes().to_vec() });
}

/// [`say`], and on stderr whatever else the log goes to: for whoever called the program.
pub fn say_aloud(text: &str) {
    push(Entry { form: Form::Aloud, severity: Severity::Info, text: text.as_bytes().to_vec() });
}

/// The last words of a command that failed. A queue that is full gets a moment to make room for
/// them.
pub fn fail(program: &str, error: &Error) {
    flush(ROOM);
    say_aloud(&format!("{program}: {error}\n"));
    report(Severity::Error, &error.to_string());
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

/// Makes one [`Sink`] for each log event.
#[derive(Clone, Copy, Debug)]
struct Sinking(Form);

/// One log event on its way to [`push`].
struct Sink {
    form: Form,
    severity: Severity,
}

impl<'a> MakeWriter<'a> for Sinking {
    type Writer = Sink;

    fn make_writer(&'a self) -> Sink {
        Sink { form: self.0, severity: Severity::Info }
    }

    fn make_writer_for(&'a self, event: &Metadata<'_>) -> Sink {
        let severity = match *event.level() {
            tracing::Level::ERROR => Severity::Error,
            tracing::Level::WARN => Severity::Warning,
            tracing::Level::INFO => Severity::Info,
            _ => Severity::Debug,
        };
        Sink { form: self.0, severity }
    }
}

impl Write for Sink {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        push(Entry { form: self.form, severity: self.severity, text: text.to_vec() });
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Log as `choice` says. `job` tells apart the processes of one run: it is added to the name
/// under which daemons know us, and to the names of files.
///
/// # Errors
/// When a log file cannot be opened.
pub fn start(choice: &Choice, job: &str) -> Result<()> {
    let mut sinks =
        Sinks { stderr: choice.targets.is_empty(), files: Vec::new(), daemons: Vec::new() };
    for target in &choice.targets {
        match target {
            Target::Stderr => sinks.stderr = true,
            Target::File(path) => sinks.files.push(open(&own_path(path, job))?),
            Target::Journald { name } => {
                sinks.daemons.push(Daemon::journal(format!("{name}{job}")));
            }
            Target::Syslog { facility, name } => {
                sinks.daemons.push(Daemon::syslog(*facility, format!("{name}{job}")));
            }
        }
    }
    let colour = sinks.files.is_empty() && io::stderr().is_terminal();
    let lines = sinks.stderr || !sinks.files.is_empty();
    let lines = lines.then(|| layer(Form::Lines).with_ansi(colour));
    let messages = (!sinks.daemons.is_empty())
        .then(|| layer(Form::Message).with_ansi(false).with_level(false).without_time());
    *SINKS.lock().unwrap_or_else(PoisonError::into_inner) = sinks;
    let subscriber = tracing_subscriber::registry()
        .with(LevelFilter::from(choice.level))
        .with(lines.map(Layer::boxed))
        .with(messages.map(Layer::boxed));
    // Only a second call could fail, and then logging works already.
    drop(tracing::subscriber::set_global_default(subscriber));
    Ok(())
}

fn layer<S>(form: Form) -> fmt::Layer<S, fmt::format::DefaultFields, fmt::format::Format, Sinking>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    fmt::layer()
        .with_writer(Sinking(form))
        .with_target(false)
        // Complaining about a closed stderr on stderr would panic.
        .log_internal_errors(false)
}

/// Where this process writes: a file of its own, or the device that all write to.
fn own_path(path: &Path, job: &str) -> PathBuf {
    let is_device = path.metadata().is_ok_and(|found| !found.is_file());
    if is_device { path.to_owned() } else { with_job(path, job) }
}

/// `path` with the job before its last dot.
fn with_job(path: &Path, job: &str) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let end = path.extension().map(|end| format!(".{}", end.to_string_lossy()));
    path.with_file_name(format!("{stem}{job}{}", end.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_process_of_a_run_has_a_log_file_of_its_own() {
        let path = |path, job| with_job(Path::new(path), job).display().to_string();
        assert_eq!(path("/var/log/ha.log", "_vrrp"), "/var/log/ha_vrrp.log");
        assert_eq!(path("/var/log/ha", "_vrrp"), "/var/log/ha_vrrp");
        assert_eq!(path("ha.log", ""), "ha.log");
    }

    #[test]
    fn a_device_is_one_for_all_of_them() {
        assert_eq!(own_path(Path::new("/dev/null"), "_vrrp"), Path::new("/dev/null"));
        assert_eq!(own_path(Path::new("/nowhere/x"), "_vrrp"), Path::new("/nowhere/x_vrrp"));
    }
}
