//! Looks at files again and again, each in a thread of its own: a file on a server that does not
//! answer holds up nobody else.
//!
//! Looking is done at an interval, for a file on another host's disk may change without a word.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::mpsc::Sender;

use super::input;

/// From one look to the next.
const INTERVAL: Duration = Duration::from_millis(250);

/// What a look found: how the file begins, nothing when there is none, or why it cannot be read.
pub type Found = Result<Option<Vec<u8>>, String>;

/// A file that is looked at until this is dropped.
#[derive(Debug)]
pub struct FileWatch(Arc<AtomicBool>);

impl FileWatch {
    /// Look at the first `bytes` of the file at `path`, and tell what is there under `key` at
    /// first and whenever it is something else.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn start<K: Copy + Send + 'static>(
        path: PathBuf,
        bytes: u64,
        key: K,
        sender: Sender<(K, Found)>,
    ) -> io::Result<Self> {
        let stopped = Arc::new(AtomicBool::new(false));
        let watch = Self(Arc::clone(&stopped));
        let look = move || {
            let mut last = None;
            while !stopped.load(Ordering::Relaxed) {
                let found = look(&path, bytes);
                if last.as_ref() != Some(&found) {
                    last = Some(found.clone());
                    if sender.blocking_send((key, found)).is_err() {
                        return;
                    }
                }
                std::thread::sleep(INTERVAL);
            }
        };
        std::thread::Builder::new().name("file".to_owned()).stack_size(128 << 10).spawn(look)?;
        Ok(watch)
    }
}

impl Drop for FileWatch {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn look(path: &Path, bytes: u64) -> Found {
    let mut text = Vec::new();
    match input::open(path).and_then(|file| file.take(bytes).read_to_end(&mut text)) {
        Ok(_) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.to_string()),
    }
}
