//! Network namespaces that have a name, as `ip netns` makes them.

use std::fs::File;

use nix::sched::{CloneFlags, setns};

use crate::error::{Error, Result};
use crate::exit::Exit;

/// Go into the network namespace called `name`, with everything that this process starts later.
/// Call it before any other thread exists.
///
/// # Errors
/// When there is none of that name, or the privilege is missing.
pub fn join(name: &str) -> Result<()> {
    let failed = |cause: std::io::Error| {
        Error::new("enter the network namespace", name, cause)
            .remedy("`ip netns list` shows which there are; it takes CAP_SYS_ADMIN")
            .exit(Exit::Unavailable)
    };
    if name.is_empty() || name.contains('/') {
        return Err(failed(std::io::ErrorKind::InvalidInput.into()));
    }
    let space = File::open(format!("/run/netns/{name}")).map_err(failed)?;
    setns(space, CloneFlags::CLONE_NEWNET).map_err(|e| failed(e.into()))
}
