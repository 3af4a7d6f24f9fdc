//! Which servers are drained, in a file of the state directory: whoever makes the table reads it
//! there, so that neither a reload nor a restart forgets it. Whether somebody keeps the table shows
//! in a lock beside it: who does knows which servers live, and nobody else gives one its weight.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use nix::fcntl::{Flock, FlockArg};

use super::private_file;
use crate::engine::pool::Drains;
use crate::error::{Error, Result};
use crate::exit::Exit;

/// Name of the file.
const FILE: &str = "ipvs.drained";
/// Locked while the file is being changed.
const LOCK: &str = "ipvs.drained.lock";
/// Locked by everybody who keeps the table, together; by somebody else only alone.
const KEEPERS: &str = "ipvs.keepers";

/// That the table is kept, or that nobody does: until it is dropped.
#[derive(Debug)]
pub struct Claim(#[expect(dead_code, reason = "the lock is held, not used")] Flock<File>);

/// Keep the table. It waits for who changes it just now because nobody kept it.
///
/// # Errors
/// When the directory cannot be written.
pub fn keep(directory: &Path) -> Result<Claim> {
    lock(directory, KEEPERS, FlockArg::LockShared).map(Claim).map_err(|e| unlocked(directory, &e))
}

/// Change the table while nobody keeps it; none when somebody does.
///
/// # Errors
/// As [`keep`].
pub fn claim(directory: &Path) -> Result<Option<Claim>> {
    match lock(directory, KEEPERS, FlockArg::LockExclusiveNonblock) {
        Ok(lock) => Ok(Some(Claim(lock))),
        Err(e) if e.kind() == io::ErrorKind::WouldBlock => Ok(None),
        Err(e) => Err(unlocked(directory, &e)),
    }
}

/// What is drained; nothing when there is no file.
///
/// # Errors
/// When the file cannot be read, or holds something else.
pub fn read(directory: &Path) -> Result<Drains> {
    let path = directory.join(FILE);
    match std::fs::read_to_string(&path) {
        Ok(text) => Drains::parse(&text).map_err(|why| {
            Error::new("use", path.display().to_string(), why)
                .remedy("it is a list of drained servers: mend it, or remove it to drain none")
                .exit(Exit::Invalid)
        }),
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(Drains::default())
        }
        Err(e) => Err(Error::new("read", path.display().to_string(), e)),
    }
}

/// Have `change` change what is drained, while nobody else does.
///
/// # Errors
/// As [`read`], and when the directory cannot be written.
pub fn change<T>(directory: &Path, change: impl FnOnce(&mut Drains) -> T) -> Result<T> {
    let _lock =
        lock(directory, LOCK, FlockArg::LockExclusive).map_err(|e| unlocked(directory, &e))?;
    let mut drains = read(directory)?;
    let before = drains.clone();
    let outcome = change(&mut drains);
    if drains != before {
        let path = directory.join(FILE);
        let text = serde_json::to_vec_pretty(&drains).map_err(io::Error::from);
        text.and_then(|text| private_file::put(&path, &text))
            .map_err(|e| Error::new("write", path.display().to_string(), e))?;
    }
    Ok(outcome)
}

fn lock(directory: &Path, name: &str, how: FlockArg) -> io::Result<Flock<File>> {
    DirBuilder::new().recursive(true).mode(0o755).create(directory)?;
    let mut options = OpenOptions::new();
    let file = options.write(true).create(true).truncate(false).mode(0o600);
    let file = file.open(directory.join(name))?;
    Flock::lock(file, how).map_err(|(_, error)| error.into())
}

fn unlocked(directory: &Path, cause: &io::Error) -> Error {
    Error::new("write", directory.display().to_string(), cause)
        .remedy("name a directory that may be written: --state-dir DIR")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::pool::Drain;

    #[test]
    fn what_is_written_is_read_and_what_is_damaged_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let directory = folder.path().join("state");
        assert_eq!(read(&directory).unwrap(), Drains::default());
        let server = "10.0.0.1:80".parse().unwrap();
        let drain = Drain { server, service: None, weights: Vec::new() };
        change(&directory, |drains| drains.add(drain)).unwrap();
        assert_eq!(read(&directory).unwrap().all().len(), 1);
        assert!(change(&directory, |drains| drains.remove(server, None)).unwrap().is_some());
        assert_eq!(read(&directory).unwrap(), Drains::default());
        std::fs::write(directory.join(FILE), "{").unwrap();
        let error = read(&directory).unwrap_err();
        assert_eq!(error.exit, Exit::Invalid);
        assert!(error.to_string().contains("ipvs.drained"), "{error}");
    }
    #[test]
    fn the_table_is_kept_by_several_or_changed_by_one() {
        let folder = tempfile::tempdir().unwrap();
        let directory = folder.path().join("state");
        let alone = claim(&directory).unwrap();
        assert!(alone.is_some());
        drop(alone);
        let keepers = [keep(&directory).unwrap(), keep(&directory).unwrap()];
        assert!(claim(&directory).unwrap().is_none());
        drop(keepers);
        assert!(claim(&directory).unwrap().is_some());
    }
}
