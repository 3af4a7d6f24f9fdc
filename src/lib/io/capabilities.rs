//! Privileges: say early which are missing, keep no more than needed.

use caps::{CapSet, Capability, CapsHashSet};

use crate::error::{Error, Result};
use crate::exit::Exit;

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

/// Give up all capabilities but `kept`, for good.
///
/// Capabilities belong to a thread and are inherited by those it starts: call this before any
/// other thread exists.
pub fn keep_only(kept: &[Capability]) -> Result<()> {
    let kept: CapsHashSet = kept.iter().copied().collect();
    let none = CapsHashSet::new();
    let sets = [
        (CapSet::Ambient, &none),
        (CapSet::Inheritable, &none),
        (CapSet::Effective, &kept),
        (CapSet::Permitted, &kept),
    ];
    for (set, wanted) in sets {
        caps::set(None, set, wanted)
            .map_err(|e| Error::new("give up capabilities of", "this process", e))?;
    }
    Ok(())
}
