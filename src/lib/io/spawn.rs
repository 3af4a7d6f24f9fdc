//! Starting a command without ever waiting for it.
//!
//! The standard library's `spawn` returns when the command has been executed, so a program on a
//! dead network file system would hold up everything else. Here the child reports a failed exec
//! through a pipe that is looked at when it has ended.

use std::ffi::{CString, OsString, c_char, c_int};
use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use nix::fcntl::OFlag;
use nix::sys::signal::{SigSet, SigmaskHow, Signal, pthread_sigmask};
use nix::unistd::{ForkResult, Pid, fork, getpid, pipe2, setpgid};

use crate::engine::check::{CommandLine, Identity};

/// Where names without a slash are looked for when `PATH` does not say.
const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// Exit status of a child that could not execute the command; the pipe says why.
const NOT_EXECUTED: c_int = 127;
/// What a child reports that could not become the user of the command, whatever the system said;
/// no command's own failure looks like it.
pub(super) const NOT_PERMITTED: c_int = libc::EUSERS;

/// Where a command's stdout and stderr go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// Nowhere.
    Discard,
    /// To our own stderr.
    Stderr,
}

/// What a child would say about a failed exec.
#[derive(Debug)]
pub(super) struct Report(File);

impl Report {
    /// Why the command could not be executed; `None` when it was. To be read when the child has
    /// ended: until then there may be nothing yet.
    pub(super) fn read(&self) -> Option<io::Error> {
        let mut code = [0; size_of::<c_int>()];
        (&self.0).read_exact(&mut code).ok()?;
        Some(io::Error::from_raw_os_error(c_int::from_ne_bytes(code)))
    }
}

/// Words for `execve`, kept together with the pointers into them.
struct Words {
    pointers: Vec<*const c_char>,
    _text: Vec<CString>,
}

impl Words {
    fn new(text: Vec<CString>) -> Self {
        let pointers = text.iter().map(|word| word.as_ptr());
        Self { pointers: pointers.chain([std::ptr::null()]).collect(), _text: text }
    }

    fn first(&self) -> *const c_char {
        self.pointers.first().copied().unwrap_or(std::ptr::null())
    }
}

/// Everything the child needs, allocated before it exists.
struct Image {
    /// The program as it may be found, each with all words.
    direct: Vec<Words>,
    /// The same, for the shell to read: `/bin/sh PROGRAM …`.
    by_shell: Vec<Words>,
    environment: Words,
    identity: Option<Identity>,
    null: File,
    output: RawFd,
    report: OwnedFd,
    parent: Pid,
}

/// Start `command` in a process group that has the number of the process.
///
/// # Errors
/// When there can be no process, or the words contain a NUL.
pub(super) fn spawn(command: &CommandLine, output: Output) -> io::Result<(Pid, Report)> {
    let (read, write) = pipe2(OFlag::O_CLOEXEC | OFlag::O_NONBLOCK)?;
    let null = OpenOptions::new().read(true).write(true).open("/dev/null")?;
    let programs = programs(command)?;
    let (mut direct, mut by_shell) = (Vec::new(), Vec::new());
    for program in programs {
        let words = words(command)?;
        let mut for_shell = vec![CString::from(c"/bin/sh"), program.clone()];
        for_shell.extend(words.iter().skip(1).cloned());
        by_shell.push(Words::new(for_shell));
        // The first pointer is what is executed; the command sees the same as its name.
        direct.push(Words::new([program].into_iter().chain(words.into_iter().skip(1)).collect()));
    }
    let image = Image {
        direct,
        by_shell,
        environment: Words::new(environment()),
        identity: command.identity.clone(),
        output: match output {
            Output::Discard => null.as_raw_fd(),
            Output::Stderr => libc::STDERR_FILENO,
        },
        null,
        report: write,
        parent: getpid(),
    };
    // No handler of ours may run in the child: a signal meant for it waits until it has none.
    let mut before = SigSet::empty();
    pthread_sigmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::all()), Some(&mut before))?;
    // SAFETY: the child allocates nothing, takes no lock and calls only async-signal-safe
    // functions until it executes the command or exits.
    let forked = unsafe { fork() };
    if let Ok(ForkResult::Child) = forked {
        become_command(&image);
    }
    pthread_sigmask(SigmaskHow::SIG_SETMASK, Some(&before), None)?;
    let ForkResult::Parent { child } = forked? else {
        return Err(io::Error::from_raw_os_error(libc::ECHILD));
    };
    // The child does the same; whoever comes second is refused or changes nothing.
    let _done_by_child = setpgid(child, child);
    Ok((child, Report(File::from(read))))
}

/// In the child: execute the command, or report why not and exit.
fn become_command(image: &Image) -> ! {
    let code = match prepare(image) {
        Ok(()) => execute(image),
        Err(error) => error.raw_os_error().unwrap_or(libc::EINVAL),
    };
    let bytes = code.to_ne_bytes();
    // SAFETY: writes an array that lives here, then ends the process without running anything
    // of the parent's.
    unsafe {
        libc::write(image.report.as_raw_fd(), bytes.as_ptr().cast(), bytes.len());
        libc::_exit(NOT_EXECUTED)
    }
}

/// Process group, identity, signals, descriptors, and the signal that comes with our death.
fn prepare(image: &Image) -> io::Result<()> {
    let this = Pid::from_raw(0);
    setpgid(this, this)?;
    if let Some(identity) = &image.identity {
        // Who has that identity already goes on with it, where nothing may be changed: without
        // privileges, or in a user namespace that keeps its groups.
        let current = is_current(identity);
        become_user(identity).or_else(|error| {
            let denied = io::Error::from_raw_os_error(NOT_PERMITTED);
            let may_not = [libc::EPERM, libc::EINVAL].contains(&(error as c_int));
            if current { Ok(()) } else { Err(if may_not { denied } else { error.into() }) }
        })?;
    }
    for signal in 1..=libc::SIGRTMAX() {
        // SAFETY: signal(2) with SIG_DFL touches no memory; numbers it refuses are left alone.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
    for (from, to) in [
        (image.null.as_raw_fd(), libc::STDIN_FILENO),
        (image.output, libc::STDOUT_FILENO),
        (image.output, libc::STDERR_FILENO),
    ] {
        // SAFETY: both are descriptors of this process; dup2 touches no memory.
        if from != to && unsafe { libc::dup2(from, to) } < 0 {
            return Err(io::Error::last_os_error());
        }
    }
    close_on_exec();
    // After the identity: a change of user clears it.
    nix::sys::prctl::set_pdeathsig(Signal::SIGTERM)?;
    if nix::unistd::getppid() != image.parent {
        return Err(io::Error::from_raw_os_error(libc::ESRCH));
    }
    pthread_sigmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::empty()), None)?;
    Ok(())
}

/// In the child: the groups first, for afterwards they can be changed no more.
fn become_user(identity: &Identity) -> nix::Result<()> {
    nix::unistd::setgroups(&[])?;
    nix::unistd::setgid(identity.gid.into())?;
    nix::unistd::setuid(identity.uid.into())
}

/// Everything above stderr closes when the command is executed; until then the report is needed.
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

/// Try every place; returns the error to report. A text without an interpreter line is the
/// shell's, as with execvp(3).
fn execute(image: &Image) -> c_int {
    let mut worst = libc::ENOENT;
    for (direct, by_shell) in image.direct.iter().zip(&image.by_shell) {
        let mut code = try_execute(direct, &image.environment);
        if code == libc::ENOEXEC {
            code = try_execute(by_shell, &image.environment);
        }
        match code {
            libc::ENOENT | libc::ENOTDIR => {}
            libc::EACCES => worst = code,
            _ => return code,
        }
    }
    worst
}

/// Execute the first of `words`; returns only with an error.
fn try_execute(words: &Words, environment: &Words) -> c_int {
    // SAFETY: both are null-terminated arrays of strings that live as long as the process.
    unsafe {
        libc::execve(words.first(), words.pointers.as_ptr(), environment.pointers.as_ptr());
    }
    nix::errno::Errno::last_raw()
}

/// Where the program may be: itself, or in each directory of `PATH` when it is a bare name.
/// Relative directories do not count.
fn programs(command: &CommandLine) -> io::Result<Vec<CString>> {
    let program = command.argv.first().map(String::as_str).unwrap_or_default();
    if program.is_empty() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the command is empty"));
    }
    if program.contains('/') {
        return Ok(vec![CString::new(program)?]);
    }
    let path = std::env::var_os("PATH").unwrap_or_else(|| OsString::from(DEFAULT_PATH));
    let places = std::env::split_paths(&path).filter(|directory| directory.is_absolute());
    places.map(|place| Ok(CString::new(place.join(program).as_os_str().as_bytes())?)).collect()
}

fn words(command: &CommandLine) -> io::Result<Vec<CString>> {
    command.argv.iter().map(|word| Ok(CString::new(word.as_str())?)).collect()
}

/// Our environment without what changes a shell or the dynamic linker, and without that by which
/// the service manager talks to this process alone.
fn environment() -> Vec<CString> {
    let kept = std::env::vars_os().filter(|(name, _)| !name.to_str().is_some_and(is_withheld));
    kept.filter_map(|(name, value)| {
        let mut pair = name.into_vec();
        pair.push(b'=');
        pair.extend(value.into_vec());
        CString::new(pair).ok()
    })
    .collect()
}

fn is_withheld(name: &str) -> bool {
    name == "IFS"
        || name == "NOTIFY_SOCKET"
        || ["LD_", "LISTEN_", "WATCHDOG_"].iter().any(|prefix| name.starts_with(prefix))
}

/// Whether this process has that identity already.
fn is_current(identity: &Identity) -> bool {
    let (uid, gid) = (nix::unistd::geteuid(), nix::unistd::getegid());
    uid.as_raw() == identity.uid && gid.as_raw() == identity.gid
}
