//! A recording of a machine's inputs: one JSON line each, written by a thread of its own.
//!
//! Whoever records never waits for the file: between is a bounded queue. When the file cannot
//! keep up the recording ends there, because with a gap it would replay to another history; what
//! was written until then is whole. It holds passwords, so only its owner may read it.

use std::fs::{OpenOptions, Permissions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::{Builder, JoinHandle};

use crate::engine::vrrp::input::Recorded;
use crate::error::{Error, Result};

/// Inputs that may wait to be written.
const WAITING: usize = 8192;

/// An open recording.
pub struct Recorder {
    target: String,
    queue: SyncSender<Recorded>,
    writer: JoinHandle<io::Result<()>>,
}

impl Recorder {
    /// Begin a recording in the file at `path`, in place of what it held.
    ///
    /// # Errors
    /// When the file cannot be written, or no thread can be started.
    pub fn create(path: &Path) -> Result<Self> {
        let target = path.display().to_string();
        let failed = |e| Error::new("record to", target.clone(), e);
        let mut options = OpenOptions::new();
        let file = options
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(path)
            .map_err(failed)?;
        // The mode above is for a new file only. What is no file has no such permissions.
        if file.metadata().map_err(failed)?.is_file() {
            file.set_permissions(Permissions::from_mode(0o600)).map_err(failed)?;
        }
        let (queue, inbox) = sync_channel(WAITING);
        let work = move || write_all(BufWriter::new(file), &inbox);
        let builder = Builder::new().name("record".to_owned()).stack_size(256 << 10);
        let writer = builder.spawn(work).map_err(failed)?;
        Ok(Self { target, queue, writer })
    }

    /// Append an input; never waits. Gives the recorder back as long as it can go on.
    ///
    /// # Errors
    /// When the recording has ended, and why.
    pub fn record(self, input: Recorded) -> Result<Self> {
        match self.queue.try_send(input) {
            Ok(()) => Ok(self),
            Err(TrySendError::Full(_)) => {
                let cause = format!("it cannot keep up: {WAITING} inputs wait");
                Err(Error::new("record to", self.target, cause))
            }
            Err(TrySendError::Disconnected(_)) => Err(match self.finish() {
                Err(error) => error,
                Ok(()) => Error::new("record", "inputs", "the writer ended"),
            }),
        }
    }

    /// Wait until everything is written.
    ///
    /// # Errors
    /// When something could not be.
    pub fn finish(self) -> Result<()> {
        drop(self.queue);
        let outcome = self.writer.join().unwrap_or_else(|_| Err(io::ErrorKind::Other.into()));
        outcome.map_err(|e| Error::new("record to", self.target, e))
    }
}

/// Write until nobody gives inputs any more. Whenever none waits, all are in the file: a process
/// that is killed leaves its last moments too.
fn write_all(mut file: impl Write, inbox: &Receiver<Recorded>) -> io::Result<()> {
    while let Ok(first) = inbox.recv() {
        writeln!(file, "{}", first.line()?)?;
        while let Ok(next) = inbox.try_recv() {
            writeln!(file, "{}", next.line()?)?;
        }
        file.flush()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::vrrp::input::Input;
    use crate::time::Instant;

    fn timeout(nanos: u64) -> Recorded {
        Recorded { now: Instant::from_nanos(nanos), input: Input::Timeout }
    }

    #[test]
    fn inputs_are_lines_that_only_the_owner_may_read() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("inputs");
        std::fs::write(&path, "an older recording").unwrap();
        let mut recorder = Recorder::create(&path).unwrap();
        for nanos in 1..=3 {
            recorder = recorder.record(timeout(nanos)).unwrap();
        }
        recorder.finish().unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let read: Vec<_> = text.lines().map(|line| Recorded::parse(line).unwrap()).collect();
        assert_eq!(read, [1, 2, 3].map(timeout));
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_file_that_cannot_be_written_ends_the_recording_with_the_reason() {
        let mut recorder = Recorder::create(Path::new("/dev/full")).unwrap();
        let error = loop {
            match recorder.record(timeout(1)) {
                Ok(going) => recorder = going,
                Err(error) => break error,
            }
        };
        assert!(error.to_string().contains("/dev/full"), "{error}");
    }

    #[test]
    fn a_file_that_cannot_keep_up_ends_the_recording_without_a_wait() {
        let (queue, inbox) = sync_channel(2);
        let writer = std::thread::spawn(|| Ok(()));
        let mut recorder = Some(Recorder { target: "slow".to_owned(), queue, writer });
        for nanos in 1..=2 {
            recorder = recorder.and_then(|recorder| recorder.record(timeout(nanos)).ok());
        }
        let error = recorder.unwrap().record(timeout(3)).err().unwrap();
        assert!(error.to_string().contains("cannot keep up"), "{error}");
        let mut written = Vec::new();
        write_all(&mut written, &inbox).unwrap();
        assert_eq!(String::from_utf8(written).unwrap().lines().count(), 2);
    }
}
