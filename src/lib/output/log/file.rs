//! Opening a log file, also where others may have left something in its place: a link to a file
//! that matters, a pipe that nobody reads, a file of their own.

use std::fs::{self, File, Metadata, OpenOptions};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::unistd::geteuid;

use crate::error::{Error, Result};

/// Open the file at `path` to write at its end; it is made when it is not there.
///
/// A link is followed except in a directory where everybody may write. What is there must be a
/// file, a character device, or a pipe that is this process's own output.
///
/// # Errors
/// When it cannot be opened, or is something else.
pub fn open(path: &Path) -> Result<File> {
    let refused = |cause: &str| {
        Error::new("write to the file", path.display().to_string(), cause)
            .remedy("remove it, or name a file in a directory where only root may write")
    };
    let shared = is_shared(path.parent().unwrap_or(path));
    if let Some(foreign) = foreign_directory(path) {
        let whose = foreign.display();
        return Err(refused(&format!("{whose} is a link or belongs to somebody else")));
    }
    let follow = if shared { libc::O_NOFOLLOW } else { 0 };
    let file = OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o644)
        // A pipe that nobody reads is an error instead of a wait.
        .custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY | follow)
        .open(path)
        .map_err(|error| match error.raw_os_error() {
            Some(libc::ELOOP) if shared => refused("it is a link, where everybody may make one"),
            Some(libc::ENXIO) => refused("it is a pipe or a socket, not a file"),
            _ => Error::new("open the file", path.display().to_string(), error),
        })?;
    let found = file.metadata();
    let found = found.map_err(|e| Error::new("open the file", path.display().to_string(), e))?;
    if shared && (found.nlink() > 1 || !is_ours(&found)) {
        return Err(refused("it belongs to somebody else, where everybody may make one"));
    }
    if found.is_file() {
        return Ok(file);
    }
    if shared || !(found.file_type().is_char_device() || is_own_output(&found)) {
        return Err(refused("it is not a file"));
    }
    // Whoever reads it may be slower than a line; for a device that cannot wait it is all the same.
    let _ = fcntl(&file, FcntlArg::F_SETFL(OFlag::O_APPEND));
    Ok(file)
}

/// Whether everybody may put something into `directory`.
fn is_shared(directory: &Path) -> bool {
    let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    fs::metadata(directory).is_ok_and(|found| found.mode() & 0o002 != 0)
}

fn is_ours(found: &Metadata) -> bool {
    found.uid() == 0 || found.uid() == geteuid().as_raw()
}

/// A directory on the way to `path` that somebody else may have put there.
fn foreign_directory(path: &Path) -> Option<PathBuf> {
    let is_foreign = |directory: &&Path| {
        directory.parent().is_some_and(is_shared)
            && fs::symlink_metadata(directory)
                .is_ok_and(|found| found.is_symlink() || !is_ours(&found))
    };
    path.ancestors().skip(1).find(is_foreign).map(Path::to_owned)
}

/// Whether it is where stdout or stderr go: `/dev/stderr` may be a pipe.
fn is_own_output(found: &Metadata) -> bool {
    [1, 2].iter().any(|number| {
        fs::metadata(format!("/proc/self/fd/{number}"))
            .is_ok_and(|own| (own.dev(), own.ino()) == (found.dev(), found.ino()))
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use nix::sys::stat::Mode;
    use nix::unistd::mkfifo;

    use super::*;

    /// A directory with these permissions.
    fn folder(mode: u32) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode)).unwrap();
        folder
    }

    #[test]
    fn a_file_is_made_and_written_at_its_end() {
        let folder = folder(0o1777);
        let path = folder.path().join("log");
        for line in ["one\n", "two\n"] {
            open(&path).unwrap().write_all(line.as_bytes()).unwrap();
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), "one\ntwo\n");
    }

    #[test]
    fn a_link_is_followed_unless_everybody_could_have_made_it() {
        for (mode, followed) in [(0o755, true), (0o1777, false), (0o777, false)] {
            let folder = folder(mode);
            let (path, target) = (folder.path().join("log"), folder.path().join("target"));
            fs::write(&target, "precious").unwrap();
            symlink(&target, &path).unwrap();
            let opened = open(&path);
            assert_eq!(opened.is_ok(), followed, "{mode:o}: {opened:?}");
            if let Err(error) = opened {
                assert!(error.to_string().contains("it is a link"), "{error}");
            }
        }
    }

    #[test]
    fn a_link_to_a_directory_counts_as_well() {
        let (shared, elsewhere) = (folder(0o1777), folder(0o755));
        symlink(elsewhere.path(), shared.path().join("deep")).unwrap();
        let error = open(&shared.path().join("deep/log")).unwrap_err();
        assert!(error.to_string().contains("deep is a link"), "{error}");
        assert!(!elsewhere.path().join("log").exists());
    }

    #[test]
    fn a_pipe_is_refused_at_once_whether_somebody_reads_it_or_not() {
        for mode in [0o755, 0o1777] {
            let folder = folder(mode);
            let path = folder.path().join("log");
            mkfifo(&path, Mode::S_IRWXU).unwrap();
            let error = open(&path).unwrap_err();
            assert!(error.to_string().contains("not a file"), "{error}");
            let _reader = OpenOptions::new().read(true).write(true).open(&path).unwrap();
            let error = open(&path).unwrap_err();
            assert!(error.to_string().contains("not a file"), "{error}");
        }
    }

    #[test]
    fn a_file_with_another_name_is_refused_where_everybody_could_have_made_that() {
        let folder = folder(0o1777);
        let (path, target) = (folder.path().join("log"), folder.path().join("target"));
        fs::write(&target, "precious").unwrap();
        fs::hard_link(&target, &path).unwrap();
        assert!(open(&path).is_err());
    }

    #[test]
    fn devices_and_directories_are_what_they_are() {
        for device in ["/dev/null", "/dev/full"] {
            open(Path::new(device)).unwrap();
        }
        assert!(open(folder(0o755).path()).is_err());
    }
}
