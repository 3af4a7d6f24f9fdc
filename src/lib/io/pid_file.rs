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
    /// Its owner lives and has it locked; its number, if the file has one.
    Locked(Option<u32>),
    /// Nobody has it locked, and the number in it is that of a process of the same program.
    Named(Namesake),
}

/// A process of the same program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Namesake {
    /// Its number.
    pub pid: u32,
    /// Its parent is none of the same program (any more).
    pub orphan: bool,
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
                return Ok(Claim::Locked(number(&mut file)));
            }
            // An owner that ended between the two steps has taken the file along.
            if !is_at(&file.metadata()?, path) {
                continue;
            }
            if let Some(found) = number(&mut file).and_then(|pid| namesake(pid, program)) {
                return Ok(Claim::Named(found));
            }
            return Ok(Claim::Ours(Self { path: path.to_owned(), file }));
        }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
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

/// The process with this number, if it is not this one, lives, and runs `program`.
fn namesake(pid: u32, program: &str) -> Option<Namesake> {
    let parent = parent(pid, program).filter(|_| pid != std::process::id())?;
    Some(Namesake { pid, orphan: parent <= 1 || self::parent(parent, program).is_none() })
}

/// Who started a process that lives and runs `program`.
fn parent(pid: u32, program: &str) -> Option<u32> {
    // NUMBER (NAME) STATE PARENT …, and the name may have blanks and brackets.
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (head, tail) = text.rsplit_once(") ")?;
    let (_, name) = head.split_once(" (")?;
    let (state, rest) = tail.split_once(' ')?;
    // One that has ended and is still listed holds nothing.
    let lives = !matches!(state, "Z" | "X");
    if lives && name == program { rest.split(' ').next()?.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(path: &Path) -> PidFile {
        match PidFile::claim(path, "none").unwrap() {
            Claim::Ours(file) => file,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_pid_file_has_one_owner_and_goes_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.pid");
        let mut first = ours(&path);
        first.write(4711).unwrap();
        let second = PidFile::claim(&path, "none").unwrap();
        assert!(matches!(second, Claim::Locked(Some(4711))), "{second:?}");
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

    /// `sleep` for a minute. Between fork and exec it still has our name.
    fn sleeper() -> std::process::Child {
        let child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        wait_until(|| namesake(child.id(), "sleep").is_some());
        child
    }

    fn wait_until(condition: impl Fn() -> bool) {
        let end = std::time::Instant::now() + std::time::Duration::from_secs(10);
        while !condition() {
            assert!(std::time::Instant::now() < end);
            std::thread::yield_now();
        }
    }

    #[test]
    fn the_number_of_a_living_process_counts_only_when_it_is_the_same_program() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.pid");
        let mut other = sleeper();
        std::fs::write(&path, format!("{}\n", other.id())).unwrap();
        let same = PidFile::claim(&path, "sleep").unwrap();
        let another = PidFile::claim(&path, "keepalived").unwrap();
        other.kill().unwrap();
        other.wait().unwrap();
        let expected = Namesake { pid: other.id(), orphan: true };
        assert!(matches!(same, Claim::Named(found) if found == expected), "{same:?}");
        assert!(matches!(another, Claim::Ours(_)), "{another:?}");
    }

    #[test]
    fn a_process_that_ended_counts_for_nothing_even_when_nobody_has_waited_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.pid");
        let mut other = sleeper();
        std::fs::write(&path, format!("{}\n", other.id())).unwrap();
        other.kill().unwrap();
        let state = || std::fs::read_to_string(format!("/proc/{}/stat", other.id())).unwrap();
        wait_until(|| state().contains(") Z "));
        let claim = PidFile::claim(&path, "sleep").unwrap();
        other.wait().unwrap();
        assert!(matches!(claim, Claim::Ours(_)), "{claim:?}");
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
