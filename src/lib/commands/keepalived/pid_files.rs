//! Which pid files there are, and for whom.

use std::collections::BTreeMap;
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::PROGRAM;
use super::options::Options;
use crate::error::{Error, Result};
use crate::io::pid_file::{Claim, Namesake, PidFile};

/// Where pid files are unless said otherwise.
const DIRECTORY: &str = "/run";
/// Where they are when asked for, for a daemon with a name, and for one in a network namespace,
/// each of which has a folder of its own there.
const OWN_DIRECTORY: &str = "/run/keepalived";

/// How long a daemon that was killed may still have its pid file locked: it is ending.
const DYING: Duration = Duration::from_secs(1);
/// How often to look.
const STEP: Duration = Duration::from_millis(20);

/// The pid files of one daemon. They go when this value is dropped, or with [`PidFiles::remove`].
#[derive(Debug)]
pub struct PidFiles {
    /// Until it is removed.
    own: Option<PidFile>,
    /// Of the child processes, by their job. Who keeps the table stands for keepalived's checkers.
    paths: BTreeMap<&'static str, PathBuf>,
    held: BTreeMap<&'static str, PidFile>,
    /// Goes with the last of them.
    directory: Option<PathBuf>,
}

impl PidFiles {
    /// Claim the daemon's own and see that those of its children are free. `None`, and a line on
    /// the log: another daemon lives that has one of them. Children of one that was killed are
    /// waited for, as long as `orphans`: they end by themselves, gracefully, and until then they
    /// hold the addresses.
    ///
    /// # Errors
    /// When they cannot be made; when such a child does not end.
    pub fn claim(options: &Options, orphans: Duration) -> Result<Option<Self>> {
        let directory = directory(options);
        let ending = options.instance.as_ref().map(|name| format!("_{name}"));
        let given = |path: &Option<PathBuf>, base: &str| {
            let name = format!("{base}{}.pid", ending.as_deref().unwrap_or_default());
            let usual = directory.as_deref().unwrap_or(Path::new(DIRECTORY)).join(name);
            path.clone().unwrap_or(usual)
        };
        let path = given(&options.pid, "keepalived");
        if let Some(directory) = &directory {
            DirBuilder::new().recursive(true).mode(0o755).create(directory).map_err(|e| {
                Error::new("make the folder of pid files", directory.display().to_string(), e)
            })?;
        }
        let mut paths = BTreeMap::new();
        // Two daemons, one for each half, may share the names.
        if !options.checkers_only {
            paths.insert("vrrp", given(&options.vrrp_pid, "vrrp"));
        }
        if !options.vrrp_only {
            paths.insert("ipvs", given(&options.checkers_pid, "checkers"));
        }
        let Some(own) = awaited(&path, None)? else { return Ok(None) };
        for path in paths.values() {
            if awaited(path, Some(orphans))?.is_none() {
                return Ok(None);
            }
        }
        Ok(Some(Self { own: Some(own), paths, held: BTreeMap::new(), directory }))
    }

    /// Say who the daemon is.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_own(&mut self) -> Result<()> {
        let Some(own) = &mut self.own else { return Ok(()) };
        own.write(std::process::id())
            .map_err(|e| Error::new("write the pid file", own.path().display().to_string(), e))
    }

    /// The daemon ends: none of them is there any more when this returns.
    pub fn remove(&mut self) {
        self.held.clear();
        self.own = None;
        if let Some(directory) = &self.directory {
            // Another daemon may have files there, too.
            drop(std::fs::remove_dir(directory));
        }
    }

    /// The process for this job runs now. A pid file that cannot be written is told, and no
    /// reason to stop.
    pub fn child_started(&mut self, job: &str, pid: u32) {
        let Some((job, path)) = self.paths.get_key_value(job) else { return };
        let claim = match self.held.remove(job) {
            Some(held) => Ok(Claim::Ours(held)),
            None => claim(path),
        };
        match claim {
            Ok(Claim::Ours(mut file)) => {
                if let Err(error) = file.write(pid) {
                    tracing::warn!("cannot write the pid file {}: {error}", path.display());
                }
                self.held.insert(*job, file);
            }
            Ok(Claim::Locked(Some(other)) | Claim::Named(Namesake { pid: other, .. })) => {
                tracing::warn!("pid file {} is left to process {other}", path.display());
            }
            Ok(Claim::Locked(None)) => {
                tracing::warn!("pid file {} is left to another process", path.display());
            }
            Err(error) => tracing::warn!("{error}"),
        }
    }

    /// It does not any more.
    pub fn child_ended(&mut self, job: &str) {
        self.held.remove(job);
    }
}

/// Where they are, unless in the usual place.
fn directory(options: &Options) -> Option<PathBuf> {
    match &options.namespace {
        Some(name) => Some(Path::new(OWN_DIRECTORY).join(name)),
        None if options.pid_directory || options.instance.is_some() => Some(OWN_DIRECTORY.into()),
        None => None,
    }
}

fn claim(path: &Path) -> Result<Claim> {
    PidFile::claim(path, PROGRAM).map_err(|e| {
        Error::new("use the pid file", path.display().to_string(), e).remedy(
            "make its directory writable, remove what else has its name (links are not \
             followed), or choose another with -p, -r or -c",
        )
    })
}

/// The file, when no other has it, or not for long. `orphans`: it is the file of a child process,
/// which is waited for as long when its daemon is gone.
fn awaited(path: &Path, orphans: Option<Duration>) -> Result<Option<PidFile>> {
    let begin = Instant::now();
    let mut told = false;
    loop {
        let who = match (claim(path)?, orphans) {
            (Claim::Ours(file), _) => return Ok(Some(file)),
            (Claim::Locked(_), _) if begin.elapsed() < DYING => None,
            (Claim::Locked(pid), _) => return Ok(taken(path, pid)),
            (Claim::Named(Namesake { pid, orphan: true }), Some(patience)) => Some((pid, patience)),
            (Claim::Named(Namesake { pid, .. }), _) => return Ok(taken(path, Some(pid))),
        };
        if let Some((pid, patience)) = who {
            if begin.elapsed() >= patience {
                return Err(stays(pid, patience));
            }
            if !told {
                let most = patience.as_secs();
                tracing::info!(
                    "waiting for process {pid}, whose daemon is gone, to end; {most} s at most"
                );
                told = true;
            }
        }
        std::thread::sleep(STEP);
    }
}

fn taken(path: &Path, pid: Option<u32>) -> Option<PidFile> {
    let who = pid.map_or("another process".to_owned(), |pid| format!("process {pid}"));
    tracing::info!("daemon is already running: {who} has {}", path.display());
    None
}

fn stays(pid: u32, patience: Duration) -> Error {
    let cause = format!(
        "process {pid} of a daemon that is gone has not ended within {} s and may hold virtual \
         addresses",
        patience.as_secs()
    );
    Error::new("take over", "", cause).remedy(format!("`kill -9 {pid}`, then start again"))
}
