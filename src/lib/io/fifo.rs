//! Named pipes that lines are written to without ever waiting for a reader.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt, fchown};
use std::path::{Path, PathBuf};

use nix::sys::stat::Mode;
use nix::unistd::{geteuid, mkfifo};

use crate::engine::check::Identity;
use crate::error::{Error, Result};

/// Who may do what with a new pipe, less the process's mask.
const MODE: Mode = Mode::from_bits_truncate(0o644);

/// An open pipe. One that was made here goes with it.
#[derive(Debug)]
pub struct Fifo {
    path: PathBuf,
    file: File,
    /// Device and inode of one that was made here.
    made: Option<(u64, u64)>,
    dropped: u64,
}

impl Fifo {
    /// Open the pipe at `path`; it is made when it is not there, for `owner` if there is one.
    ///
    /// # Errors
    /// When something else is there, or somebody else's, or it cannot be made.
    pub fn open(path: &Path, owner: Option<&Identity>) -> Result<Self> {
        let failed = |e: io::Error| {
            Error::new("open the pipe", path.display().to_string(), e)
                .remedy("remove what is there, or name another path")
        };
        let made = match mkfifo(path, MODE) {
            Ok(()) => true,
            Err(nix::Error::EEXIST) => false,
            Err(e) => return Err(failed(e.into())),
        };
        // With a reader of its own it can be opened at any time, and a reader that goes is no end.
        let mut options = OpenOptions::new();
        options.read(true).write(true).custom_flags(libc::O_NONBLOCK | libc::O_NOFOLLOW);
        let file = options.open(path).map_err(failed)?;
        let found = file.metadata().map_err(failed)?;
        if !is_right(&found, owner) {
            return Err(failed(io::Error::other("it is no pipe of ours or of its user")));
        }
        // Of what was opened, not of the path: in a folder of its user's something else may be
        // there by now.
        if let Some(Identity { uid, gid }) = owner.filter(|_| made && found.nlink() == 1) {
            fchown(&file, Some(*uid), Some(*gid)).map_err(failed)?;
        }
        let made = made.then(|| (found.dev(), found.ino()));
        Ok(Self { path: path.to_owned(), file, made, dropped: 0 })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Write a line, or drop it when nobody has read for so long that it does not fit.
    pub fn write(&mut self, line: &str) {
        // A line is shorter than what a pipe takes at once: all of it, or nothing.
        match self.file.write(line.as_bytes()) {
            Ok(written) if written == line.len() => {}
            _ => self.dropped += 1,
        }
    }

    /// Lines that did not fit.
    #[must_use]
    pub const fn dropped(&self) -> u64 {
        self.dropped
    }
}

fn is_right(found: &Metadata, owner: Option<&Identity>) -> bool {
    let ours = found.uid() == geteuid().as_raw();
    found.file_type().is_fifo() && (ours || owner.is_some_and(|id| id.uid == found.uid()))
}

impl Drop for Fifo {
    fn drop(&mut self) {
        let still = |found: &Metadata| Some((found.dev(), found.ino())) == self.made;
        if std::fs::symlink_metadata(&self.path).as_ref().is_ok_and(still) {
            drop(std::fs::remove_file(&self.path));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn lines_reach_a_reader_that_comes_late_and_a_full_pipe_drops_whole_lines() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        let mut fifo = Fifo::open(&path, None).unwrap();
        let line = "INSTANCE \"VI_1\" MASTER 100\n";
        fifo.write(line);
        let mut reader = OpenOptions::new().read(true).open(&path).unwrap();
        let mut first = vec![0; line.len()];
        reader.read_exact(&mut first).unwrap();
        assert_eq!(first, line.as_bytes());
        for _ in 0..10_000 {
            fifo.write(line);
        }
        assert!(fifo.dropped() > 0);
        drop(fifo);
        let mut rest = String::new();
        reader.read_to_string(&mut rest).unwrap();
        assert!(rest.lines().all(|got| got == line.trim_end()), "only whole lines");
        assert!(!path.exists(), "it goes with who made it");
    }

    #[test]
    fn what_is_no_pipe_is_refused_and_a_pipe_of_before_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, "").unwrap();
        assert!(Fifo::open(&path, None).unwrap_err().to_string().contains("no pipe"));
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert!(Fifo::open(&link, None).is_err());
        let before = folder.path().join("before");
        mkfifo(&before, MODE).unwrap();
        drop(Fifo::open(&before, None).unwrap());
        assert!(before.exists());
    }
}
