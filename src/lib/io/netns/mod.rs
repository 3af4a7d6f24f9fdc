//! Network namespaces without names: a laboratory on one machine that the kernel removes by
//! itself.
//!
//! Nothing here has a name under `/run/netns`, nothing is mounted where other processes see it.
//! Every namespace lives as long as the processes in it and the descriptors on it, so the end of
//! the [`sandbox`] process, however it comes, is the end of everything built inside.

mod links;
pub mod named;
mod processes;
pub mod sandbox;

use std::fs::File;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, setns, unshare};
use nix::sys::signal::{SigSet, Signal};

use crate::error::{Error, Result};

pub use links::Links;
pub(crate) use links::address;
pub use processes::{signal_all, still_running};

/// What one host of the laboratory has of its own.
const SPACES: [(&str, CloneFlags); 3] = [
    ("mnt", CloneFlags::CLONE_NEWNS),
    ("net", CloneFlags::CLONE_NEWNET),
    ("uts", CloneFlags::CLONE_NEWUTS),
];

/// A host: network, mounts and host name of its own, held by descriptors.
#[derive(Debug)]
pub struct Namespace {
    name: String,
    spaces: Vec<(CloneFlags, OwnedFd)>,
    /// Identity of the network namespace: device and inode.
    identity: (u64, u64),
}

impl Namespace {
    /// A new host called `name`, with an empty `/run`, its own `/sys` where the kernel allows
    /// it, and nothing but a loopback interface.
    ///
    /// # Errors
    /// When the kernel refuses a namespace or a mount.
    pub fn create(name: &str) -> Result<Self> {
        in_thread(name, || {
            let flags = SPACES.iter().fold(CloneFlags::CLONE_FS, |all, (_, flag)| all | *flag);
            unshare(flags).map_err(|e| refused("create namespaces for", name, e))?;
            nix::unistd::sethostname(name).map_err(|e| refused("set host name of", name, e))?;
            private_mounts(name)?;
            // The inherited /sys shows the interfaces of another namespace. In a user namespace
            // the kernel may refuse a new one; nothing of ours needs it then.
            let _ = mount(Some("sysfs"), "/sys", Some("sysfs"), MsFlags::empty(), None::<&str>);
            let mut spaces = Vec::new();
            let mut identity = (0, 0);
            for (kind, flag) in SPACES {
                let path = format!("/proc/thread-self/ns/{kind}");
                let file = File::open(&path).map_err(|e| Error::new("open", path.clone(), e))?;
                if kind == "net" {
                    let meta = file.metadata().map_err(|e| Error::new("examine", path, e))?;
                    identity = (meta.dev(), meta.ino());
                }
                spaces.push((flag, OwnedFd::from(file)));
            }
            Ok(Self { name: name.to_owned(), spaces, identity })
        })
    }

    /// The host's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Device and inode of the network namespace: which processes are on this host.
    #[must_use]
    pub const fn identity(&self) -> (u64, u64) {
        self.identity
    }

    /// The descriptor of the network namespace, to move an interface into.
    #[must_use]
    pub fn network(&self) -> Option<&OwnedFd> {
        self.spaces.iter().find(|(flag, _)| *flag == CloneFlags::CLONE_NEWNET).map(|(_, fd)| fd)
    }

    /// Run `work` inside the host, on a thread of its own. Sockets it opens and returns stay
    /// the host's.
    ///
    /// # Errors
    /// When the host cannot be entered, or what `work` reports.
    pub fn enter<T: Send>(&self, work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
        in_thread(&self.name, || {
            unshare(CloneFlags::CLONE_FS).map_err(|e| refused("enter", &self.name, e))?;
            for (flag, fd) in &self.spaces {
                setns(fd.as_fd(), *flag).map_err(|e| refused("enter", &self.name, e))?;
            }
            work()
        })
    }

    /// Make `command` start inside the host, in a session of its own (so that the terminal's
    /// Ctrl-C does not reach it), with no signal blocked.
    pub fn place(&self, command: &mut Command) {
        let spaces: Vec<(CloneFlags, i32)> =
            self.spaces.iter().map(|(flag, fd)| (*flag, fd.as_raw_fd())).collect();
        let enter = move || {
            for (flag, fd) in &spaces {
                // SAFETY: the descriptor is a copy of one that the parent holds open across
                // the fork; the child only borrows it for this call.
                let fd = unsafe { std::os::fd::BorrowedFd::borrow_raw(*fd) };
                setns(fd, *flag)?;
            }
            nix::unistd::setsid()?;
            SigSet::empty().thread_set_mask()?;
            Ok(())
        };
        // SAFETY: between fork and exec only system calls that are async-signal-safe are made;
        // nothing allocates and no lock is taken.
        unsafe { command.pre_exec(enter) };
    }

    /// Let `replacement` be seen at `path` inside this host, and nowhere else.
    ///
    /// # Errors
    /// When either does not exist or the kernel refuses the mount.
    pub fn cover(&self, path: &Path, replacement: &Path) -> Result<()> {
        self.enter(|| {
            mount(Some(replacement), path, None::<&str>, MsFlags::MS_BIND, None::<&str>)
                .map_err(|e| refused("put a stand-in over", &path.display().to_string(), e))
        })
    }

    /// Take away what [`Namespace::cover`] put over `path`.
    ///
    /// # Errors
    /// When nothing covers it.
    pub fn uncover(&self, path: &Path) -> Result<()> {
        self.enter(|| {
            umount2(path, MntFlags::MNT_DETACH)
                .map_err(|e| refused("uncover", &path.display().to_string(), e))
        })
    }
}

/// Run `work` on a thread that may leave the process's namespaces.
fn in_thread<T: Send>(name: &str, work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    std::thread::scope(|scope| {
        scope
            .spawn(work)
            .join()
            .unwrap_or_else(|_| Err(Error::new("work inside", name, "the thread panicked")))
    })
}

/// Give the calling thread or process mounts that nobody else sees, and an empty `/run`.
fn private_mounts(name: &str) -> Result<()> {
    let flags = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
    mount(None::<&str>, "/", None::<&str>, flags, None::<&str>)
        .map_err(|e| refused("make mounts private for", name, e))?;
    mount(Some("tmpfs"), "/run", Some("tmpfs"), MsFlags::empty(), Some("mode=755"))
        .map_err(|e| refused("mount an empty /run for", name, e))
}

/// The kernel refused: said with what usually helps.
fn refused(operation: &'static str, target: &str, error: nix::Error) -> Error {
    Error::new(operation, target, error)
}

/// Block SIGINT, SIGTERM and SIGHUP in this and every later thread, and return the set to wait on.
///
/// # Errors
/// When the kernel refuses the mask.
pub fn hold_signals() -> Result<SigSet> {
    let mut set = SigSet::empty();
    set.add(Signal::SIGINT);
    set.add(Signal::SIGTERM);
    set.add(Signal::SIGHUP);
    set.thread_block().map_err(|e| Error::new("block signals", "", e))?;
    Ok(set)
}
