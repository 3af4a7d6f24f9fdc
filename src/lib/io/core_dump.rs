//! Core files: whether this process may write one, and where the kernel puts them.

use std::fs;
use std::path::Path;

use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit, setrlimit};

use crate::error::{Error, Result};

/// Where the kernel keeps the pattern of names.
const PATTERN: &str = "/proc/sys/kernel/core_pattern";

/// Let this process and those it starts write core files, as large as they may be.
///
/// # Errors
/// When the system refuses.
pub fn allow() -> Result<()> {
    let failed = |e| Error::new("raise the limit of", "core files", e);
    if setrlimit(Resource::RLIMIT_CORE, RLIM_INFINITY, RLIM_INFINITY).is_ok() {
        return Ok(());
    }
    // Without the privilege to raise it, as far as it goes.
    let (_, hard) = getrlimit(Resource::RLIMIT_CORE).map_err(failed)?;
    setrlimit(Resource::RLIMIT_CORE, hard, hard).map_err(failed)
}

/// A pattern that holds, for the whole machine, as long as this value lives.
#[derive(Debug)]
pub struct Pattern {
    before: Vec<u8>,
}

impl Pattern {
    /// Set the kernel's pattern for names of core files.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn set(pattern: &str) -> Result<Self> {
        let failed = |e| {
            Error::new("set", PATTERN, e).remedy("it takes root, and a /proc that can be written")
        };
        let before = fs::read(PATTERN).map_err(failed)?;
        fs::write(Path::new(PATTERN), pattern).map_err(failed)?;
        Ok(Self { before })
    }
}

impl Drop for Pattern {
    fn drop(&mut self) {
        drop(fs::write(PATTERN, &self.before));
    }
}
