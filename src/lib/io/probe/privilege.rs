//! What a probe takes that not every process may do: found out by trying, before the first
//! question, for in a user namespace a capability that is there need not be one over the network.

use std::io;

use socket2::{Domain, Protocol, Socket, Type};

use super::Path;
use crate::error::{Error, Result};
use crate::exit::Exit;

/// What to do about a missing capability.
const REMEDY: &str = "run as root, or grant it (systemd: AmbientCapabilities=)";

/// Make sure that packets may take `path`.
///
/// # Errors
/// [`Exit::Unavailable`] when they may not be marked.
pub fn demand_path(path: &Path) -> Result<()> {
    let Some(mark) = path.mark else { return Ok(()) };
    let marked = Socket::new(Domain::IPV4, Type::DGRAM, None).and_then(|s| s.set_mark(mark));
    if !marked.is_err_and(|error| is_denial(&error)) {
        return Ok(());
    }
    let cause = "it takes CAP_NET_ADMIN over this network";
    Err(Error::new("mark packets with", mark.to_string(), cause)
        .remedy(REMEDY)
        .exit(Exit::Unavailable))
}

/// Make sure that echo requests may be sent.
///
/// # Errors
/// [`Exit::Unavailable`] when they may not.
pub fn demand_icmp() -> Result<()> {
    let open = |kind| Socket::new(Domain::IPV4, kind, Some(Protocol::ICMPV4));
    let denied = |kind| open(kind).is_err_and(|error| is_denial(&error));
    if !(denied(Type::DGRAM) && denied(Type::RAW)) {
        return Ok(());
    }
    let cause = "it takes CAP_NET_RAW over this network, or a group of this process within \
                 net.ipv4.ping_group_range";
    Err(Error::new("send ICMP", "", cause).remedy(REMEDY).exit(Exit::Unavailable))
}

fn is_denial(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::PermissionDenied
}
