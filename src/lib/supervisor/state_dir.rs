//! The state directory of one supervisor: its lock, its process id, its socket.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nix::fcntl::{Flock, FlockArg};

use crate::error::{Error, Result};

/// Where a supervisor's state is unless said otherwise.
pub const DEFAULT: &str = "/run/ha";

/// Path of the control socket in `directory`.
#[must_use]
pub fn socket_path(directory: &Path) -> PathBuf {
    directory.join("control.sock")
}

/// A state directory that is ours as long as this value lives.
#[derive(Debug)]
pub struct StateDir {
    path: PathBuf,
    /// Locked: what says that we live is the lock, not the number in the file.
    _pid_file: Flock<File>,
}

impl StateDir {
    /// Make `directory` if it is not there, and take it.
    ///
    /// # Errors
    /// When another supervisor has it, or when it cannot be written.
    pub fn take(directory: &Path) -> Result<Self> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o755)
            .create(directory)
            .map_err(|e| Error::new("make the state directory", shown(directory), e))?;
        let path = directory.join("run.pid");
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o644)
            .open(&path)
            .map_err(|e| Error::new("open the pid file", shown(&path), e))?;
        let mut file = Flock::lock(file, FlockArg::LockExclusiveNonblock)
            .map_err(|(file, _)| taken(directory, file))?;
        file.set_len(0)
            .and_then(|()| writeln!(file, "{}", std::process::id()))
            .map_err(|e| Error::new("write the pid file", shown(&path), e))?;
        Ok(Self { path: directory.to_owned(), _pid_file: file })
    }

    /// Path of the control socket.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        socket_path(&self.path)
    }
}

impl Drop for StateDir {
    fn drop(&mut self) {
        // Files that are gone already are as good.
        drop(std::fs::remove_file(self.socket()));
        drop(std::fs::remove_file(self.path.join("run.pid")));
    }
}

fn taken(directory: &Path, mut file: File) -> Error {
    let mut pid = String::new();
    let who = match file.read_to_string(&mut pid) {
        Ok(_) if !pid.trim().is_empty() => format!("process {}", pid.trim()),
        _ => "another process".to_owned(),
    };
    Error::new("take the state directory", shown(directory), format!("{who} runs with it")).remedy(
        "stop that one (ha ctl stop), or give this one a directory of its own with --state-dir",
    )
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Exit;

    #[test]
    fn a_state_directory_has_one_owner_at_a_time() {
        let base = tempfile::tempdir().unwrap();
        let directory = base.path().join("deep/state");
        let first = StateDir::take(&directory).unwrap();
        let refused = StateDir::take(&directory).unwrap_err();
        assert_eq!(refused.exit, Exit::System);
        let text = refused.to_string();
        assert!(text.contains(&format!("process {}", std::process::id())), "{text}");
        drop(first);
        StateDir::take(&directory).unwrap();
    }
}
