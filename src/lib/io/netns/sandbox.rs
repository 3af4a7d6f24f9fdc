//! The process in which a laboratory lives and with which it ends.
//!
//! The calling process forks. The inner one is the first process of a new process namespace and
//! has network, mounts, IPC and host name of its own; the kernel kills everything in it when it
//! ends, and kills it when the outer one ends. So nothing can stay behind: not after an error,
//! Ctrl-C, a panic, nor SIGKILL. The outer process only waits and passes signals on.

use std::process::Command;

use nix::errno::Errno;
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl;
use nix::sys::signal::{SigHandler, SigSet, Signal, kill, raise, signal};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork, getegid, geteuid};

use super::{private_mounts, refused};
use crate::error::{Error, Result};
use crate::exit::Exit;

/// Which of the two processes [`enter`] returned in.
#[derive(Debug)]
pub enum Side {
    /// The inner one: root of everything it builds.
    Inside,
    /// The outer one, after the inner one ended with this code.
    Ended(u8),
}

/// Split into an outer process that waits and an inner one that is alone in its namespaces.
/// Must be called while the process has a single thread.
///
/// # Errors
/// When the kernel allows neither namespaces nor a user namespace to make them in.
pub fn enter() -> Result<Side> {
    separate()?;
    let outer = Pid::this();
    // SAFETY: the process has a single thread (unshare of a user namespace would have failed
    // otherwise, and the caller promises it), so the child may go on as a normal program.
    match unsafe { fork() }.map_err(|e| Error::new("fork", "the laboratory", e))? {
        ForkResult::Parent { child } => wait_for(child),
        ForkResult::Child => {
            settle(outer)?;
            Ok(Side::Inside)
        }
    }
}

/// Make the next child the first of a new process namespace; without privilege, as root of a
/// new user namespace.
fn separate() -> Result<()> {
    match unshare(CloneFlags::CLONE_NEWPID) {
        Ok(()) => return Ok(()),
        Err(Errno::EPERM) => {}
        Err(e) => return Err(unavailable(e)),
    }
    let (uid, gid) = (geteuid(), getegid());
    unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWPID).map_err(unavailable)?;
    for (path, text) in [
        ("/proc/self/setgroups", "deny".to_owned()),
        ("/proc/self/uid_map", format!("0 {uid} 1")),
        ("/proc/self/gid_map", format!("0 {gid} 1")),
    ] {
        std::fs::write(path, text)
            .map_err(|e| Error::new("write", path, e).exit(Exit::Unavailable))?;
    }
    Ok(())
}

fn unavailable(cause: Errno) -> Error {
    Error::new("create namespaces", "for the laboratory", cause)
        .remedy(
            "run as root (CAP_SYS_ADMIN, CAP_NET_ADMIN), or allow user namespaces: \
             sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone=1, \
             kernel.apparmor_restrict_unprivileged_userns=0",
        )
        .exit(Exit::Unavailable)
}

/// The first thing the inner process does.
fn settle(outer: Pid) -> Result<()> {
    let _ = prctl::set_pdeathsig(Signal::SIGKILL);
    // If the outer process died before the line above, no signal will come. Its id cannot be
    // seen from in here, but its namespace's /proc is still mounted.
    if !std::path::Path::new(&format!("/proc/{outer}")).exists() {
        std::process::exit(i32::from(Exit::System.code()));
    }
    let flags = CloneFlags::CLONE_NEWNS
        | CloneFlags::CLONE_NEWNET
        | CloneFlags::CLONE_NEWIPC
        | CloneFlags::CLONE_NEWUTS;
    unshare(flags).map_err(unavailable)?;
    private_mounts("the laboratory")?;
    mount(Some("proc"), "/proc", Some("proc"), MsFlags::empty(), None::<&str>).map_err(|e| {
        refused("mount /proc for", "the laboratory", e)
            .remedy("inside a container, start it with an unmasked /proc or run as real root")
            .exit(Exit::Unavailable)
    })
}

/// Pass signals on to the inner process until it ends.
fn wait_for(inner: Pid) -> Result<Side> {
    let mut set = super::hold_signals()?;
    set.add(Signal::SIGCHLD);
    set.thread_block().map_err(|e| Error::new("block signals", "", e))?;
    let mut asked = None;
    loop {
        match waitpid(inner, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::StillAlive) | Err(Errno::EINTR) => {}
            Ok(WaitStatus::Exited(_, code)) => {
                if let Some(signal) = asked {
                    end_by(signal);
                }
                return Ok(Side::Ended(u8::try_from(code).unwrap_or(u8::MAX)));
            }
            Ok(status) => {
                return Err(Error::new("run", "the laboratory", format!("ended by {status:?}")));
            }
            Err(e) => return Err(Error::new("wait for", "the laboratory", e)),
        }
        match set.wait() {
            Ok(Signal::SIGCHLD) | Err(_) => {}
            Ok(signal) => {
                asked = Some(signal);
                let _ = kill(inner, signal);
            }
        }
    }
}

/// End this process by `signal`, as a shell expects of a program that was interrupted.
fn end_by(by: Signal) {
    // SAFETY: the default handler runs no code of ours.
    let _ = unsafe { signal(by, SigHandler::SigDfl) };
    let mut set = SigSet::empty();
    set.add(by);
    let _ = raise(by);
    let _ = set.thread_unblock();
}

/// The program of this very process, to start again inside the laboratory.
///
/// # Errors
/// When `/proc` does not tell.
pub fn own_program() -> Result<Command> {
    std::env::current_exe()
        .map(Command::new)
        .map_err(|e| Error::new("find", "the program of this process", e))
}
