//! Which pid files there are, and for whom.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::PROGRAM;
use super::options::Options;
use crate::error::{Error, Result};
use crate::io::pid_file::{Claim, PidFile};

/// Where pid files are unless said otherwise.
const DIRECTORY: &str = "/run";
/// Where they are in a network namespace, each of which has a folder of its own there.
const FOR_NAMESPACES: &str = "/run/keepalived";

/// The pid files of one daemon. They go when this value is dropped, or with [`PidFiles::remove`].
#[derive(Debug)]
pub struct PidFiles {
    /// Until it is removed.
    own: Option<PidFile>,
    /// Of the child processes, by their job.
    paths: BTreeMap<&'static str, PathBuf>,
    held: BTreeMap<&'static str, PidFile>,
}

impl PidFiles {
    /// Claim the daemon's own and see that those of its children are free. `None`, and a line on
    /// the log: another daemon lives that has one of them.
    ///
    /// # Errors
    /// When they cannot be made.
    pub fn claim(options: &Options) -> Result<Option<Self>> {
        let directory = match &options.namespace {
            Some(name) => Path::new(FOR_NAMESPACES).join(name),
            None => PathBuf::from(DIRECTORY),
        };
        let given = |path: &Option<PathBuf>, name: &str| {
            path.clone().unwrap_or_else(|| directory.join(name))
        };
        let path = given(&options.pid, "keepalived.pid");
        if options.namespace.is_some() {
            std::fs::create_dir_all(&directory).map_err(|e| {
                Error::new("make the folder of pid files", directory.display().to_string(), e)
            })?;
        }
        let mut paths = BTreeMap::new();
        // Two daemons, one for each half, may share the names.
        if !options.checkers_only {
            paths.insert("vrrp", given(&options.vrrp_pid, "vrrp.pid"));
        }
        if !options.vrrp_only {
            paths.insert("check", given(&options.checkers_pid, "checkers.pid"));
        }
        let Some(own) = claimed(&path)? else { return Ok(None) };
        for path in paths.values() {
            if claimed(path)?.is_none() {
                return Ok(None);
            }
        }
        Ok(Some(Self { own: Some(own), paths, held: BTreeMap::new() }))
    }

    /// Say who the daemon is.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_own(&mut self) -> Result<()> {
        let Some(own) = &mut self.own else { return Ok(()) };
        own.write(std::process::id())
            .map_err(|e| Error::new("write", "the pid file of the daemon", e))
    }

    /// The daemon ends: none of them is there any more when this returns.
    pub fn remove(&mut self) {
        self.held.clear();
        self.own = None;
    }

    /// The process for this job runs now. A pid file that cannot be written is told, and no
    /// reason to stop.
    pub fn child_started(&mut self, job: &str, pid: u32) {
        let Some((job, path)) = self.paths.get_key_value(job) else { return };
        let written = match self.held.remove(job) {
            Some(held) => Ok(Some(held)),
            None => claimed(path),
        };
        match written {
            Ok(Some(mut file)) => {
                if let Err(error) = file.write(pid) {
                    tracing::warn!(path = %path.display(), %error, "the pid file is not written");
                }
                self.held.insert(*job, file);
            }
            Ok(None) => {}
            Err(error) => tracing::warn!("{error}"),
        }
    }

    /// It does not any more.
    pub fn child_ended(&mut self, job: &str) {
        self.held.remove(job);
    }
}

/// The file, when no other has it.
fn claimed(path: &Path) -> Result<Option<PidFile>> {
    let claim = PidFile::claim(path, PROGRAM).map_err(|e| {
        Error::new("use the pid file", path.display().to_string(), e)
            .remedy("it takes a directory that may be written, and no link in the file's place")
    })?;
    Ok(match claim {
        Claim::Ours(file) => Some(file),
        Claim::Taken(pid) => {
            let who = pid.map_or("another process".to_owned(), |pid| format!("process {pid}"));
            tracing::info!("daemon is already running: {who} has {}", path.display());
            None
        }
    })
}
