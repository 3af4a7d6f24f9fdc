//! Running configured commands: without a shell, in a process group of their own, with a clean
//! environment and the identity that was asked for.
//!
//! What a command finds, as keepalived's scripts do: stdin, stdout and stderr on `/dev/null`, no
//! other descriptor, default signal dispositions and an empty signal mask, the environment
//! without `IFS`, `LD_*` and what the service manager meant for us alone, SIGTERM when the
//! process that started it dies. An executable text file without `#!` is run by `/bin/sh`.

use std::collections::BTreeMap;
use std::io;

use nix::sys::signal::{Signal, killpg};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid, waitpid};
use nix::unistd::Pid;
use tokio::signal::unix::{Signal as SignalStream, SignalKind, signal};

pub use super::spawn::Output;
use super::spawn::{NOT_PERMITTED, Report, spawn};
use crate::engine::check::{CommandLine, Ending};

/// A command that was started and not yet reaped.
#[derive(Debug)]
struct Process {
    pid: Pid,
    command: CommandLine,
    report: Report,
    /// It was told to stop: whatever it leaves behind in its process group goes with it.
    sweep: bool,
}

/// Commands in progress, each under a key of the caller's.
#[derive(Debug)]
pub struct Processes<K> {
    running: BTreeMap<K, Process>,
    exits: SignalStream,
}

impl<K: Ord + Copy> Processes<K> {
    /// None yet. Must be made inside a tokio runtime, before the first start.
    pub fn new() -> io::Result<Self> {
        Ok(Self { running: BTreeMap::new(), exits: signal(SignalKind::child())? })
    }

    /// Start `command` under `key`, without waiting for it. A command that turns out not to be
    /// executable ends as [`Ending::Refused`].
    ///
    /// # Errors
    /// How it "ended" when there could be no process.
    pub fn start(&mut self, key: K, command: &CommandLine, output: Output) -> Result<(), Ending> {
        let (pid, report) = spawn(command, output).map_err(|error| ending_of(&error, command))?;
        let command = command.clone();
        self.running.insert(key, Process { pid, command, report, sweep: false });
        Ok(())
    }

    /// SIGTERM to the command's process group.
    pub fn terminate(&mut self, key: K) {
        self.signal(key, Signal::SIGTERM);
    }

    /// SIGKILL to the command's process group.
    pub fn kill(&mut self, key: K) {
        self.signal(key, Signal::SIGKILL);
    }

    /// SIGTERM to every process group.
    pub fn terminate_all(&mut self) {
        self.signal_all(Signal::SIGTERM);
    }

    /// SIGKILL to every process group.
    pub fn kill_all(&mut self) {
        self.signal_all(Signal::SIGKILL);
    }

    /// Wait until some command may have ended. Losing the future loses nothing.
    pub async fn changed(&mut self) {
        self.exits.recv().await;
    }

    /// Reap what has ended.
    pub fn reap(&mut self) -> Vec<(K, Ending)> {
        let ended: Vec<(K, Ending)> = self
            .running
            .iter()
            .filter_map(|(key, process)| process.reap().map(|ending| (*key, ending)))
            .collect();
        for (key, _) in &ended {
            self.running.remove(key);
        }
        ended
    }

    fn signal(&mut self, key: K, signal: Signal) {
        if let Some(process) = self.running.get_mut(&key) {
            process.signal(signal);
        }
    }

    fn signal_all(&mut self, signal: Signal) {
        for process in self.running.values_mut() {
            process.signal(signal);
        }
    }
}

impl Process {
    fn signal(&mut self, signal: Signal) {
        self.sweep = true;
        // Not reaped yet, so the group is still its own; a group already empty is no error.
        let _gone = killpg(self.pid, signal);
    }

    /// How it ended, if it has. Looks before it reaps: as long as the leader is a zombie its
    /// number cannot belong to somebody else's group.
    fn reap(&self) -> Option<Ending> {
        let look = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
        let status = match waitid(Id::Pid(self.pid), look) {
            Ok(WaitStatus::StillAlive) | Err(nix::errno::Errno::EINTR) => return None,
            Ok(status) => status,
            Err(error) => return Some(Ending::Untried(format!("its end was missed: {error}"))),
        };
        if self.sweep {
            let _gone = killpg(self.pid, Signal::SIGKILL);
        }
        let _reaped = waitpid(self.pid, None);
        if let Some(error) = self.report.read() {
            return Some(ending_of(&error, &self.command));
        }
        Some(match status {
            WaitStatus::Exited(_, status) => Ending::Exited(status),
            WaitStatus::Signaled(_, signal, _) => Ending::Signalled(signal as i32),
            other => Ending::Untried(format!("unexpected wait status {other:?}")),
        })
    }
}

/// What a failed start says: about the command, or about this host.
fn ending_of(error: &io::Error, command: &CommandLine) -> Ending {
    let program = command.argv.first().map(String::as_str).unwrap_or_default();
    let code = error.raw_os_error().unwrap_or(0);
    if [libc::EAGAIN, libc::ENOMEM, libc::EMFILE, libc::ENFILE].contains(&code) {
        return Ending::Untried(format!("{program}: {error}"));
    }
    if let Some(id) = command.identity.as_ref().filter(|_| code == NOT_PERMITTED) {
        return Ending::Denied(format!(
            "{program}: running it as uid {}, gid {} takes CAP_SETUID and CAP_SETGID, and both \
             numbers in this user namespace; run as root, or grant them (systemd: \
             AmbientCapabilities=)",
            id.uid, id.gid
        ));
    }
    let whose = match &command.identity {
        Some(id) if code == libc::EPERM || code == libc::EACCES => {
            format!(" as uid {}, gid {}", id.uid, id.gid)
        }
        _ => String::new(),
    };
    Ending::Refused(format!("{program}{whose}: {error}"))
}
