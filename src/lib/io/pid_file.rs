//! Pid files. Whether their owner lives is told by a lock that ends with it; the number in them
//! is for people and scripts.
//!
//! An old daemon that does not lock its file is recognised by its number, when a process of the
//! same program has it.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};

/// A pid file of ours. It goes when this value is dropped.
#[derive(Debug)]
pub struct PidFile {
    path: PathBuf,
    file: File,
}

/// What came of claiming a pid file.
#[derive(Debug)]
pub enum Claim {
    /// It is ours.
    Ours(PidFile),
    /// Its owner lives; its number, if the file has one.
    Taken(Option<u32>),
}

impl PidFile {
    /// Make the file at `path` ours, when no living process has it. `program` is the name by
    /// which an owner without a lock is known.
    ///
    /// # Errors
    /// When it cannot be opened or locked.
    pub fn claim(path: &Path, program: &str) -> io::Result<Claim> {
        loop {
            let mut file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .mode(0o644)
                .custom_flags(libc::O_NOFOLLOW)
                .open(path)?;
            if !lock(&file)? {
                return Ok(Claim::Taken(number(&mut file)));
            }
            // An owner that ended between the two steps has taken the file along.
            if !is_at(&file.metadata()?, path) {
                continue;
            }
            if let Some(pid) = number(&mut file).filter(|pid| is_running(*pid, program)) {
                return Ok(Claim::Taken(Some(pid)));
            }
            return Ok(Claim::Ours(Self { path: path.to_owned(), file }));
        }
    }

    /// Say in it who its owner is. Until then it says what it said before.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&mut self, pid: u32) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.rewind()?;
        writeln!(self.file, "{pid}")
    }
}

impl Drop for PidFile {
    fn drop(&mut self) {
        // Somebody may have removed it already, and another made a new one.
        if self.file.metadata().is_ok_and(|ours| is_at(&ours, &self.path)) {
            drop(std::fs::remove_file(&self.path));
        }
    }
}

/// Lock the whole file for as long as it is open anywhere; false when another has it.
fn lock(file: &File) -> io::Result<bool> {
    let whole = libc::flock {
        l_type: i16::try_from(libc::F_WRLCK).unwrap_or_default(),
        l_whence: i16::try_from(libc::SEEK_SET).unwrap_or_default(),
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    };
    match fcntl(file, FcntlArg::F_OFD_SETLK(&whole)) {
        Ok(_) => Ok(true),
        Err(Errno::EAGAIN | Errno::EACCES) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn is_at(file: &Metadata, path: &Path) -> bool {
    std::fs::symlink_metadata(path)
        .is_ok_and(|there| (there.dev(), there.ino()) == (file.dev(), file.ino()))
}

fn number(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.rewind().ok()?;
    file.take(32).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

/// Whether a process other than this one has this number and runs `program`.
fn is_running(pid: u32, program: &str) -> bool {
    pid != std::process::id()
        && std::fs::read_to_string(format!("/proc/{pid}/comm"))
            .is_ok_and(|name| name.trim_end() == program)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(path: &Path) -> PidFile {
        match PidFile::claim(path, "none").unwrap() {
            Claim::Ours(file) => file,
            Claim::Taken(who) => panic!("taken by {who:?}"),
        }
    }

    #[test]
    fn a_pid_file_has_one_owner_and_goes_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.pid");
        let mut first = ours(&path);
        first.write(4711).unwrap();
        let second = PidFile::claim(&path, "none").unwrap();
        assert!(matches!(second, Claim::Taken(Some(4711))), "{second:?}");
        drop(first);
        assert!(!path.exists());
        drop(ours(&path));
    }

    #[test]
    fn a_stale_file_is_taken_over_and_rewritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.pid");
        std::fs::write(&path, "123456789\n").unwrap();
        let mut file = ours(&path);
        file.write(7).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "7\n");
    }

    #[test]
    fn the_number_of_a_living_process_counts_only_when_it_is_the_same_program() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.pid");
        let mut other = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        std::fs::write(&path, format!("{}\n", other.id())).unwrap();
        // Between fork and exec it still has our name.
        let end = std::time::Instant::now() + std::time::Duration::from_secs(5);
        while !is_running(other.id(), "sleep") && std::time::Instant::now() < end {
            std::thread::yield_now();
        }
        let same = PidFile::claim(&path, "sleep").unwrap();
        let another = PidFile::claim(&path, "keepalived").unwrap();
        other.kill().unwrap();
        other.wait().unwrap();
        assert!(matches!(same, Claim::Taken(Some(_))), "{same:?}");
        assert!(matches!(another, Claim::Ours(_)), "{another:?}");
    }

    #[test]
    fn a_symbolic_link_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (path, target) = (folder.path().join("x.pid"), folder.path().join("target"));
        std::fs::write(&target, "precious").unwrap();
        std::os::unix::fs::symlink(&target, &path).unwrap();
        assert!(PidFile::claim(&path, "none").is_err());
        assert_eq!(std::fs::read_to_string(&target).unwrap(), "precious");
    }

    #[test]
    fn a_file_that_another_put_in_our_place_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.pid");
        let file = ours(&path);
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, "1\n").unwrap();
        drop(file);
        assert!(path.exists());
    }
}
