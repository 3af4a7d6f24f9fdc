//! Kernel settings of an interface that virtual addresses depend on.

use std::fs;

use crate::error::{Error, Result};

/// Have the kernel keep the other IPv4 addresses of a subnet when the first one is removed, as
/// keepalived does: otherwise taking one virtual address down takes others along.
pub fn promote_secondaries(interface: &str) -> Result<()> {
    let path = format!("/proc/sys/net/ipv4/conf/{interface}/promote_secondaries");
    if fs::read(&path).is_ok_and(|value| value.starts_with(b"1")) {
        return Ok(());
    }
    fs::write(&path, "1").map_err(|e| {
        Error::new("set", path, e)
            .remedy("set it by hand, or removing one address can remove others of its subnet")
    })
}

/// Whether the link called `interface` forwards IPv6; no when the kernel does not say.
#[must_use]
pub fn forwards_ipv6(interface: &str) -> bool {
    fs::read(format!("/proc/sys/net/ipv6/conf/{interface}/forwarding"))
        .is_ok_and(|value| !value.starts_with(b"0"))
}

/// Whether the link called `interface` has no IPv6 at all.
#[must_use]
pub fn lacks_ipv6(interface: &str) -> bool {
    fs::read(format!("/proc/sys/net/ipv6/conf/{interface}/disable_ipv6"))
        .map_or(true, |value| value.starts_with(b"1"))
}
