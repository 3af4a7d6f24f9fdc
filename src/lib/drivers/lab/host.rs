//! One host: its namespaces, the files it sees, the daemon on it.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use nix::sys::signal::Signal;

use super::traffic::Observation;
use crate::engine::vrrp::NodeConfig;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::io::clock::now;
use crate::io::netns::{self, Links, Namespace};
use crate::output::event::Line;
use crate::output::event::lab::Daemon;

/// Where a host's own files are, inside it.
pub const FILES: &str = "/run/lab";
/// Lines of a daemon's log that are kept for an error message.
const LOG_LINES: usize = 30;

/// What a host is told to be.
#[derive(Clone, Debug)]
pub struct HostPlan {
    /// Its name, also its host name and configuration id: `node1` …
    pub name: String,
    /// Which program runs on it.
    pub daemon: Daemon,
    /// Where the daemon reads its configuration.
    pub configuration: PathBuf,
    /// What it reads there, when that is not what the file says; a path below [`FILES`] is
    /// created, any other is covered.
    pub text: Option<String>,
    /// More files, with their permissions' bits; below [`FILES`].
    pub files: Vec<(PathBuf, String, u32)>,
    /// The VRRP side of the configuration.
    pub vrrp: NodeConfig,
    /// Its tracked scripts.
    pub scripts: Vec<crate::engine::check::ScriptConfig>,
}

/// A host of the laboratory.
#[derive(Debug)]
pub struct Host {
    /// What it was told to be.
    pub plan: HostPlan,
    /// Where it is.
    pub namespace: Namespace,
    /// Own address on each interface.
    pub addresses: Vec<(String, Ipv4Addr)>,
    index: usize,
    child: Option<Child>,
    log: Arc<Mutex<VecDeque<String>>>,
    queue: Sender<Observation>,
}

impl Host {
    /// A host without cables and without daemon.
    ///
    /// # Errors
    /// When its namespaces or files cannot be made.
    pub fn create(plan: HostPlan, index: usize, queue: Sender<Observation>) -> Result<Self> {
        let namespace = Namespace::create(&plan.name)?;
        let log = Arc::default();
        let host = Self { plan, namespace, addresses: Vec::new(), index, child: None, log, queue };
        host.namespace.enter(|| Links::open()?.set_up("lo", true))?;
        host.write_files()?;
        if let Some(text) = &host.plan.text
            && !host.plan.configuration.starts_with(FILES)
        {
            let stand_in = Path::new(FILES).join("configuration");
            host.write(&stand_in, text, 0o644)?;
            host.namespace.cover(&host.plan.configuration, &stand_in)?;
        }
        Ok(host)
    }

    fn write_files(&self) -> Result<()> {
        self.namespace
            .enter(|| std::fs::create_dir_all(FILES).map_err(|e| Error::new("create", FILES, e)))?;
        for (path, text, mode) in &self.plan.files {
            self.write(path, text, *mode)?;
        }
        // What stands in for a script that must fail.
        self.write(&failing(), "#!/bin/sh\nexit 1\n", 0o755)?;
        match &self.plan.text {
            Some(text) if self.plan.configuration.starts_with(FILES) => {
                self.write(&self.plan.configuration, text, 0o644)
            }
            _ => Ok(()),
        }
    }

    fn write(&self, path: &Path, text: &str, mode: u32) -> Result<()> {
        use std::os::unix::fs::PermissionsExt;
        self.namespace.enter(|| {
            std::fs::write(path, text)
                .and_then(|()| {
                    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
                })
                .map_err(|e| Error::new("write", path.display().to_string(), e))
        })
    }

    /// Start the daemon.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub fn start(&mut self) -> Result<()> {
        let mut command = self.command()?;
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        self.namespace.place(&mut command);
        let program = command.get_program().display().to_string();
        let mut child = command.spawn().map_err(|e| {
            Error::new("start", format!("{program} on {}", self.plan.name), e)
                .remedy("is it installed and on the PATH?")
                .exit(Exit::Unavailable)
        })?;
        if let Some(stdout) = child.stdout.take() {
            self.follow(stdout);
        }
        if let Some(stderr) = child.stderr.take() {
            self.follow(stderr);
        }
        self.child = Some(child);
        Ok(())
    }

    fn command(&self) -> Result<Command> {
        let mut command = match self.plan.daemon {
            Daemon::Ha => {
                let mut command = netns::sandbox::own_program()?;
                command.args(["--json", "run", "--state-dir", "/run/ha"]);
                command
            }
            Daemon::Keepalived => {
                let mut command = Command::new("keepalived");
                command.args(["--dont-fork", "--log-console", "--log-detail", "--no-syslog"]);
                command
            }
        };
        command.args(["-i", &self.plan.name, "-f"]).arg(&self.plan.configuration);
        Ok(command)
    }

    /// Read what the daemon writes: event lines go to the queue, the rest is kept as its log.
    fn follow(&self, output: impl Read + Send + 'static) {
        let (log, queue, host) = (Arc::clone(&self.log), self.queue.clone(), self.index);
        thread::spawn(move || {
            for text in BufReader::new(output).lines().map_while(std::io::Result::ok) {
                if let Ok(line) = serde_json::from_str::<Line>(&text) {
                    let _ = queue.send(Observation::Daemon { host, at: now(), line });
                } else {
                    let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
                    if log.len() == LOG_LINES {
                        log.pop_front();
                    }
                    log.push_back(text);
                }
            }
        });
    }

    /// The last lines the daemon logged, for an error message.
    #[must_use]
    pub fn log(&self) -> String {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.iter().fold(String::new(), |all, line| all + "\n  " + &self.plan.name + ": " + line)
    }

    /// How the daemon ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.as_mut()?.try_wait().ok()?
    }

    /// Ask the daemon to stop.
    pub fn terminate(&self) {
        if let Some(child) = &self.child
            && let Ok(pid) = i32::try_from(child.id())
        {
            let pid = nix::unistd::Pid::from_raw(pid);
            // It may just have ended by itself: the tour sees that.
            let _ = nix::sys::signal::kill(pid, Signal::SIGTERM);
        }
    }

    /// Send `signal` to every process of the host.
    pub fn signal_all(&self, signal: Signal) {
        netns::signal_all(&self.namespace, signal);
    }

    /// Kill what is left of the daemon and forget it.
    pub fn reap(&mut self) {
        self.signal_all(Signal::SIGKILL);
        if let Some(mut child) = self.child.take() {
            let _ = child.wait();
        }
    }

    /// What a boot leaves of a host: no address but its own, nothing of a daemon under `/run`.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn forget_everything(&self) -> Result<()> {
        self.namespace.enter(|| {
            let links = Links::open()?;
            for (interface, own) in &self.addresses {
                links.keep_only(interface, *own)?;
            }
            let Ok(entries) = std::fs::read_dir("/run") else { return Ok(()) };
            for entry in entries.flatten().filter(|entry| entry.path() != Path::new(FILES)) {
                let path = entry.path();
                let removed = if path.is_dir() {
                    std::fs::remove_dir_all(&path)
                } else {
                    std::fs::remove_file(&path)
                };
                removed.map_err(|e| Error::new("remove", path.display().to_string(), e))?;
            }
            Ok(())
        })
    }

    /// The programs of the host's tracked scripts, each once.
    #[must_use]
    pub fn script_programs(&self) -> Vec<PathBuf> {
        script_programs(&self.plan.scripts)
    }
}

/// The programs that `scripts` run, each once; only those given by their full path.
#[must_use]
pub fn script_programs(scripts: &[crate::engine::check::ScriptConfig]) -> Vec<PathBuf> {
    let mut programs: Vec<PathBuf> = scripts
        .iter()
        .filter_map(|script| script.command.argv.first())
        .map(PathBuf::from)
        .filter(|program| program.is_absolute())
        .collect();
    programs.sort();
    programs.dedup();
    programs
}

/// The stand-in for a script that must fail.
#[must_use]
pub fn failing() -> PathBuf {
    Path::new(FILES).join("fail")
}
