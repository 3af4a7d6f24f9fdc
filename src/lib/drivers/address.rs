//! Adds or removes one virtual address and looks whether it is so.

use crate::engine::vrrp::VirtualAddress;
use crate::error::{Error, Result};
use crate::io::netlink::{Applied, Netlink};

/// What to do with an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Put it up.
    Add,
    /// Take it down.
    Delete,
}

/// Make the change on `interface`; no change is needed when it is so already.
///
/// # Errors
/// What the kernel refused, or when it acknowledged and the address is not as asked for.
pub fn change(interface: &str, address: &VirtualAddress, change: Change) -> Result<Applied> {
    let operation = match change {
        Change::Add => "add address",
        Change::Delete => "delete address",
    };
    let target = || format!("{}/{} on {interface}", address.address, address.prefix);
    let mut netlink = Netlink::connect()?;
    let table = netlink.dump()?;
    let index = table.link(interface).map(|link| link.index).ok_or_else(|| {
        Error::new(operation, target(), "no such interface").remedy("see `ip link`")
    })?;
    let applied = match change {
        Change::Add => netlink.add(index, address)?,
        Change::Delete => netlink.delete(index, address)?,
    };
    let table = netlink.dump()?;
    let present = table.find(index, address.address, address.prefix).is_some();
    if present == (change == Change::Add) {
        Ok(applied)
    } else {
        let cause = "the kernel said done, and it is not; something else works against it";
        Err(Error::new(operation, target(), cause))
    }
}
