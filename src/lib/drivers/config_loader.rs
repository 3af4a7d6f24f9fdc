//! The system's answers to what a configuration asks: files, patterns, environment, users.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use nix::unistd::{Group, User};

use crate::config::{FileStatus, LoadError, Loader, Options};
use crate::io::input;

/// Bytes of one file at most; also what `/dev/zero` gives before it is refused.
const LARGEST: u64 = 32 << 20;

/// Bytes that one hand reads sooner than another one could start.
const FEW: usize = 1 << 20;

/// Reads the real file system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemLoader;

impl Loader for SystemLoader {
    fn read(&self, path: &Path) -> Result<String, LoadError> {
        let file = input::open(path).map_err(failed)?;
        let bytes = contents(&file).map_err(failed)?;
        if u64::try_from(bytes.len()).is_ok_and(|read| read > LARGEST) {
            let cause = format!("it has more than {LARGEST} bytes");
            return Err(LoadError { cause, not_found: false });
        }
        Ok(match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        })
    }

    fn glob(&self, base: &Path, pattern: &str) -> Result<Vec<PathBuf>, LoadError> {
        Ok(crate::io::glob::glob(base, pattern))
    }

    fn environment(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn user(&self, name: &str) -> Option<(u32, u32)> {
        let user = User::from_name(name).ok()??;
        Some((user.uid.as_raw(), user.gid.as_raw()))
    }

    fn group(&self, name: &str) -> Option<u32> {
        Some(Group::from_name(name).ok()??.gid.as_raw())
    }

    fn status(&self, path: &Path) -> Result<FileStatus, LoadError> {
        let found = std::fs::metadata(path).map_err(failed)?;
        Ok(FileStatus {
            regular: found.is_file(),
            directory: found.is_dir(),
            uid: found.uid(),
            gid: found.gid(),
            mode: found.mode() & 0o7777,
        })
    }

    fn canonical(&self, path: &Path) -> Result<PathBuf, LoadError> {
        path.canonicalize().map_err(failed)
    }

    fn identity(&self) -> (u32, u32) {
        (nix::unistd::geteuid().as_raw(), nix::unistd::getegid().as_raw())
    }

    fn both(&self, one: &mut (dyn FnMut() + Send), other: &mut (dyn FnMut() + Send)) {
        let helped = std::thread::scope(|scope| {
            let hand = std::thread::Builder::new().name("config".to_owned());
            let helped = hand.spawn_scoped(scope, &mut *other).is_ok();
            one();
            helped
        });
        if !helped {
            other();
        }
    }
}

/// [`SystemLoader`] with the text of one file at hand: one that can be read only once.
#[derive(Clone, Copy, Debug)]
pub struct Held<'a> {
    /// Which file.
    pub path: &'a Path,
    /// What is in it.
    pub text: &'a str,
}

impl Loader for Held<'_> {
    fn read(&self, path: &Path) -> Result<String, LoadError> {
        if path == self.path { Ok(self.text.to_owned()) } else { SystemLoader.read(path) }
    }

    fn glob(&self, base: &Path, pattern: &str) -> Result<Vec<PathBuf>, LoadError> {
        SystemLoader.glob(base, pattern)
    }

    fn environment(&self, name: &str) -> Option<String> {
        SystemLoader.environment(name)
    }

    fn user(&self, name: &str) -> Option<(u32, u32)> {
        SystemLoader.user(name)
    }

    fn group(&self, name: &str) -> Option<u32> {
        SystemLoader.group(name)
    }

    fn status(&self, path: &Path) -> Result<FileStatus, LoadError> {
        SystemLoader.status(path)
    }

    fn canonical(&self, path: &Path) -> Result<PathBuf, LoadError> {
        SystemLoader.canonical(path)
    }

    fn identity(&self) -> (u32, u32) {
        SystemLoader.identity()
    }

    fn both(&self, one: &mut (dyn FnMut() + Send), other: &mut (dyn FnMut() + Send)) {
        SystemLoader.both(one, other);
    }
}

/// What is in `file`, or a byte more than the largest may have.
fn contents(file: &File) -> io::Result<Vec<u8>> {
    let told = file.metadata()?.len().min(LARGEST);
    let told = usize::try_from(told).unwrap_or_default();
    if told > FEW
        && let Some(bytes) = in_halves(file, told)
    {
        return Ok(bytes);
    }
    // What it tells of its length is a guess: more may come, and of many it tells nothing.
    let mut bytes = Vec::with_capacity(told.saturating_add(1));
    file.take(LARGEST + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The same of a file of `length` bytes, by two hands; `None` when it has more or fewer after all.
fn in_halves(file: &File, length: usize) -> Option<Vec<u8>> {
    let mut bytes = vec![0; length];
    let (front, back) = bytes.split_at_mut(length / 2);
    let middle = u64::try_from(front.len()).ok()?;
    let (mut first, mut second) = (None, None);
    let mut one = || first = file.read_exact_at(front, 0).ok();
    let mut other = || second = file.read_exact_at(back, middle).ok();
    SystemLoader.both(&mut one, &mut other);
    let end = u64::try_from(length).ok()?;
    let ended = file.read_at(&mut [0], end).is_ok_and(|more| more == 0);
    first.and(second).filter(|()| ended).map(|()| bytes)
}

fn failed(error: io::Error) -> LoadError {
    // "No such file or directory (os error 2)": the number helps nobody.
    let text = error.to_string();
    let cause = text.split(" (os error").next().unwrap_or(&text).to_owned();
    LoadError { cause, not_found: error.kind() == io::ErrorKind::NotFound }
}

/// keepalived's defaults: `config_id` (`-i`) is the node name up to its first dot.
#[must_use]
pub fn options(config_id: Option<String>) -> Options {
    let name = nix::unistd::gethostname().ok().and_then(|name| name.into_string().ok());
    let host_name = name.unwrap_or_default();
    let short = host_name.split('.').next().unwrap_or_default().to_owned();
    let random_seed = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |time| u64::from(time.subsec_nanos()) ^ time.as_secs());
    Options { config_id: config_id.unwrap_or(short), host_name, random_seed, ..Options::default() }
}
