//! How the outside comes in: files, globs, the environment, users. The configuration layer asks;
//! who answers (the real system, a test, a simulated node) is not its business.

use std::fmt;
use std::path::{Path, PathBuf};

/// Why something could not be read, as the answering side says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadError {
    /// The cause in the system's words: "No such file or directory".
    pub cause: String,
    /// Nothing exists there, which some callers forgive.
    pub not_found: bool,
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.cause)
    }
}

/// What a path leads to, symbolic links followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileStatus {
    /// A regular file.
    pub regular: bool,
    /// A directory.
    pub directory: bool,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Permission bits with set-id and sticky, `0o7777`.
    pub mode: u32,
}

/// The world as far as a configuration may ask about it.
pub trait Loader: Sync {
    /// The whole text of a file; bytes that are not UTF-8 become U+FFFD.
    fn read(&self, path: &Path) -> Result<String, LoadError>;

    /// Existing paths that match the shell `pattern` (`*`, `?`, `[…]`; no braces), sorted. A
    /// relative pattern is relative to `base`.
    fn glob(&self, base: &Path, pattern: &str) -> Result<Vec<PathBuf>, LoadError>;

    /// An environment variable.
    fn environment(&self, name: &str) -> Option<String>;

    /// User and primary group id of a user name.
    fn user(&self, name: &str) -> Option<(u32, u32)>;

    /// Group id of a group name.
    fn group(&self, name: &str) -> Option<u32>;

    /// What is at `path`.
    fn status(&self, path: &Path) -> Result<FileStatus, LoadError>;

    /// `path` with every symbolic link resolved.
    fn canonical(&self, path: &Path) -> Result<PathBuf, LoadError>;

    /// Effective user and group of the process that will run the scripts.
    fn identity(&self) -> (u32, u32);

    /// Do two pieces of work, in any order or at the same time.
    fn both(&self, one: &mut (dyn FnMut() + Send), other: &mut (dyn FnMut() + Send)) {
        one();
        other();
    }
}

/// A host about which nothing is known: every script and user that a configuration names is there
/// and as it should be. What is told then is true on every machine.
pub(super) struct AnyHost<'a>(pub &'a dyn Loader);

impl Loader for AnyHost<'_> {
    fn read(&self, path: &Path) -> Result<String, LoadError> {
        self.0.read(path)
    }

    fn glob(&self, base: &Path, pattern: &str) -> Result<Vec<PathBuf>, LoadError> {
        self.0.glob(base, pattern)
    }

    fn environment(&self, name: &str) -> Option<String> {
        self.0.environment(name)
    }

    fn user(&self, name: &str) -> Option<(u32, u32)> {
        self.0.user(name).or(Some((0, 0)))
    }

    fn group(&self, name: &str) -> Option<u32> {
        self.0.group(name).or(Some(0))
    }

    fn status(&self, _: &Path) -> Result<FileStatus, LoadError> {
        Ok(FileStatus { regular: true, directory: false, uid: 0, gid: 0, mode: 0o755 })
    }

    fn canonical(&self, path: &Path) -> Result<PathBuf, LoadError> {
        Ok(path.to_owned())
    }

    fn identity(&self) -> (u32, u32) {
        (0, 0)
    }

    fn both(&self, one: &mut (dyn FnMut() + Send), other: &mut (dyn FnMut() + Send)) {
        self.0.both(one, other);
    }
}
