//! Privileges: say early which are missing, keep no more than needed.

use caps::{CapSet, Capability, CapsHashSet};

use crate::error::{Error, Result};
use crate::exit::Exit;

/// What it takes to run commands as whoever is configured, to end them, and to reach them where
/// only they or their user may look.
pub const FOR_SCRIPTS: [Capability; 4] = [
    Capability::CAP_SETUID,
    Capability::CAP_SETGID,
    Capability::CAP_KILL,
    Capability::CAP_DAC_OVERRIDE,
];

/// [`FOR_SCRIPTS`], and to give a pipe to its user.
pub const FOR_PIPES: [Capability; 5] = [
    Capability::CAP_SETUID,
    Capability::CAP_SETGID,
    Capability::CAP_KILL,
    Capability::CAP_DAC_OVERRIDE,
    Capability::CAP_CHOWN,
];

/// What a supervisor does by itself: read its configuration again and keep its directory,
/// whoever owns them.
pub const FOR_FILES: [Capability; 1] = [Capability::CAP_DAC_OVERRIDE];

/// The capabilities with these names, which begin after `CAP_`.
#[must_use]
pub fn named(names: &[&str]) -> Vec<Capability> {
    names.iter().filter_map(|name| format!("CAP_{name}").parse().ok()).collect()
}

/// Make sure that the process has every one of `needed`.
///
/// # Errors
/// [`Exit::Unavailable`], naming what is missing for `purpose`.
pub fn demand(needed: &[Capability], purpose: &'static str) -> Result<()> {
    let permitted = caps::read(None, CapSet::Permitted)
        .map_err(|e| Error::new("read the capabilities of", "this process", e))?;
    let missing: Vec<String> =
        needed.iter().filter(|c| !permitted.contains(c)).map(ToString::to_string).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let cause = format!("{} missing", missing.join(" and "));
    Err(Error::new(purpose, "", cause)
        .remedy("run as root, or grant them (systemd: AmbientCapabilities=)")
        .exit(Exit::Unavailable))
}

/// Whether the process has every one of `needed`.
#[must_use]
pub fn has(needed: &[Capability]) -> bool {
    caps::read(None, CapSet::Permitted)
        .is_ok_and(|permitted| needed.iter().all(|each| permitted.contains(each)))
}

/// Give up all capabilities but those of `kept` that there are. What the process executes later
/// as root gets back what root has; see [`confine`] for a process that executes nothing.
///
/// Capabilities belong to a thread and are inherited by those it starts: call this before any
/// other thread exists.
///
/// # Errors
/// When the system refuses.
pub fn keep_only(kept: &[Capability]) -> Result<()> {
    let permitted = caps::read(None, CapSet::Permitted).map_err(failed)?;
    let kept: CapsHashSet = kept.iter().copied().filter(|c| permitted.contains(c)).collect();
    let none = CapsHashSet::new();
    let sets = [
        (CapSet::Ambient, &none),
        (CapSet::Inheritable, &none),
        (CapSet::Effective, &kept),
        (CapSet::Permitted, &kept),
    ];
    for (set, wanted) in sets {
        caps::set(None, set, wanted).map_err(failed)?;
    }
    Ok(())
}

/// Give up all capabilities but `kept` and every way to get others: for a process that executes
/// no program. As [`keep_only`], before any other thread exists.
///
/// # Errors
/// When the system refuses.
pub fn confine(kept: &[Capability]) -> Result<()> {
    nix::sys::prctl::set_no_new_privs()
        .map_err(|e| Error::new("give up further privileges of", "this process", e))?;
    // Only who may change the set has one worth changing.
    if caps::has_cap(None, CapSet::Effective, Capability::CAP_SETPCAP).map_err(failed)? {
        caps::clear(None, CapSet::Bounding).map_err(failed)?;
    }
    keep_only(kept)
}

/// [`keep_only`] for a process that starts scripts. Where a script run as root would not get
/// back what root has, nothing is given up: it may need what this process does not.
///
/// # Errors
/// When the system refuses.
pub fn keep_beside_scripts(kept: &[Capability]) -> Result<()> {
    if is_root() && !root_gets_all_back() { Ok(()) } else { keep_only(kept) }
}

/// [`keep_only`] for a process whose children need other capabilities than itself. Where they
/// would not get them back, nothing is given up.
///
/// # Errors
/// When the system refuses.
pub fn keep_beside_children(kept: &[Capability]) -> Result<()> {
    if is_root() && root_gets_all_back() { keep_only(kept) } else { Ok(()) }
}

fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// Whether a program that root executes gets all capabilities of the bounding set
/// (capabilities(7)), whatever the executing process kept for itself.
fn root_gets_all_back() -> bool {
    /// `SECBIT_NOROOT`: root is a user like any other.
    const NO_ROOT: i32 = 1;
    // SAFETY: reads flags of this thread; touches no memory.
    let bits = unsafe { libc::prctl(libc::PR_GET_SECUREBITS) };
    let promised = nix::sys::prctl::get_no_new_privs().unwrap_or(true);
    bits & NO_ROOT == 0 && !promised
}

fn failed(error: caps::errors::CapsError) -> Error {
    Error::new("give up capabilities of", "this process", error)
}
