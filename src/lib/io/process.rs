//! Running configured commands: without a shell, in a process group of their own, with a clean
//! environment and the identity that was asked for.
//!
//! What a command finds, as keepalived's scripts do: stdin, stdout and stderr on `/dev/null`, no
//! other descriptor, default signal dispositions and an empty signal mask, the environment
//! without `IFS`, `LD_*` and what the service manager meant for us alone, SIGTERM when the
//! process that started it dies. An executable text file without `#!` is run by `/bin/sh`.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use nix::sys::signal::{Signal, killpg};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid, waitpid};
use nix::unistd::Pid;
use tokio::signal::unix::{Signal as SignalStream, SignalKind, signal};

use crate::engine::check::{CommandLine, Ending, Identity};

/// Where a command's stdout and stderr go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// Nowhere.
    Discard,
    /// To our own stderr.
    Stderr,
}

/// A command that was started and not yet reaped.
#[derive(Debug)]
struct Process {
    pid: Pid,
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

    /// Start `command` under `key`.
    ///
    /// # Errors
    /// How it "ended" when it could not be started.
    pub fn start(&mut self, key: K, command: &CommandLine, output: Output) -> Result<(), Ending> {
        let pid = spawn(command, output)?;
        self.running.insert(key, Process { pid, sweep: false });
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
        Some(match status {
            WaitStatus::Exited(_, status) => Ending::Exited(status),
            WaitStatus::Signaled(_, signal, _) => Ending::Signalled(signal as i32),
            other => Ending::Untried(format!("unexpected wait status {other:?}")),
        })
    }
}

/// Start `command`; its process group has the number of the process.
fn spawn(command: &CommandLine, output: Output) -> Result<Pid, Ending> {
    let (program, words) =
        command.argv.split_first().ok_or_else(|| Ending::Refused("empty command".into()))?;
    let direct = start(program, words, command.identity.as_ref(), output);
    let started = match direct {
        // Text without an interpreter line: the shell's, as with execvp(3).
        Err(error) if error.raw_os_error() == Some(libc::ENOEXEC) => {
            let mut shell_words = vec![program.clone()];
            shell_words.extend_from_slice(words);
            start("/bin/sh", &shell_words, command.identity.as_ref(), output)
        }
        other => other,
    };
    started.map_err(|error| ending_of(&error, program, command.identity.as_ref()))
}

fn start(
    program: &str,
    words: &[String],
    identity: Option<&Identity>,
    output: Output,
) -> io::Result<Pid> {
    let mut command = Command::new(program);
    command.args(words).process_group(0).stdin(Stdio::null());
    match output {
        Output::Discard => command.stdout(Stdio::null()).stderr(Stdio::null()),
        Output::Stderr => {
            let stderr = io::stderr().as_fd().try_clone_to_owned()?;
            command.stdout(Stdio::from(stderr)).stderr(Stdio::inherit())
        }
    };
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(is_withheld) {
            command.env_remove(name);
        }
    }
    let become_other = identity.filter(|identity| !is_current(identity)).cloned();
    let parent = nix::unistd::getpid();
    let prepare = move || {
        if let Some(identity) = &become_other {
            take_identity(identity)?;
        }
        reset_signals();
        close_on_exec();
        die_with(parent)
    };
    // SAFETY: between fork and exec `prepare` makes only async-signal-safe system calls and
    // allocates nothing.
    unsafe { command.pre_exec(prepare) };
    let child = command.spawn()?;
    Ok(Pid::from_raw(i32::try_from(child.id()).unwrap_or(i32::MAX)))
}

/// Variables that change how a shell or the dynamic linker behaves, and those by which the
/// service manager talks to this process alone.
fn is_withheld(name: &str) -> bool {
    name == "IFS"
        || name.starts_with("LD_")
        || name.starts_with("LISTEN_")
        || name.starts_with("WATCHDOG_")
        || name == "NOTIFY_SOCKET"
}

/// Whether this process has that identity already, and no right to set it again.
fn is_current(identity: &Identity) -> bool {
    let (uid, gid) = (nix::unistd::geteuid(), nix::unistd::getegid());
    !uid.is_root() && uid.as_raw() == identity.uid && gid.as_raw() == identity.gid
}

/// Real, effective and saved ids; no supplementary groups.
fn take_identity(identity: &Identity) -> io::Result<()> {
    nix::unistd::setgroups(&[])?;
    nix::unistd::setgid(identity.gid.into())?;
    nix::unistd::setuid(identity.uid.into())?;
    Ok(())
}

/// Ignored signals stay ignored over exec unless put back.
fn reset_signals() {
    for signal in 1..=libc::SIGRTMAX() {
        // SAFETY: signal(2) with SIG_DFL touches no memory; numbers it refuses are left alone.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
}

/// Everything above stderr closes when the command is executed (not before: the standard
/// library still needs its error pipe).
fn close_on_exec() {
    // SAFETY: changes flags of descriptors only.
    let done =
        unsafe { libc::syscall(libc::SYS_close_range, 3_u32, u32::MAX, libc::CLOSE_RANGE_CLOEXEC) };
    if done == 0 {
        return;
    }
    // Linux before 5.11: one by one, as far as descriptors are likely.
    for fd in 3..4096 {
        // SAFETY: sets a flag; a number that is not open is refused with EBADF.
        unsafe { libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) };
    }
}

/// SIGTERM when the process that started this one dies. Set after the identity: a change of
/// user clears it.
fn die_with(parent: Pid) -> io::Result<()> {
    nix::sys::prctl::set_pdeathsig(Signal::SIGTERM)?;
    if nix::unistd::getppid() != parent {
        return Err(io::Error::from_raw_os_error(libc::ESRCH));
    }
    Ok(())
}

/// What a failed start says: about the command, or about this host.
fn ending_of(error: &io::Error, program: &str, identity: Option<&Identity>) -> Ending {
    let code = error.raw_os_error().unwrap_or(0);
    if [libc::EAGAIN, libc::ENOMEM, libc::EMFILE, libc::ENFILE].contains(&code) {
        return Ending::Untried(format!("{program}: {error}"));
    }
    let whose = match identity {
        Some(id) if code == libc::EPERM || code == libc::EACCES => {
            format!(" as uid {}, gid {}", id.uid, id.gid)
        }
        _ => String::new(),
    };
    Ending::Refused(format!("{program}{whose}: {error}"))
}
