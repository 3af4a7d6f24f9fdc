//! When the kernel of one host got or lost an address.

use std::net::IpAddr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use netlink_packet_core::{NetlinkMessage, NetlinkPayload};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_sys::protocols::NETLINK_ROUTE;
use netlink_sys::{Socket, SocketAddr};

use crate::error::{Error, Result};
use crate::io::netns::address;

/// `RTMGRP_IPV4_IFADDR` and `RTMGRP_IPV6_IFADDR` of linux/rtnetlink.h.
const GROUPS: u32 = 0x10 | 0x100;

/// An address came or went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressChange {
    /// Which.
    pub address: IpAddr,
    /// Whether it is there now.
    pub present: bool,
}

/// A subscription to the address changes of the namespace in which it was opened.
#[derive(Debug)]
pub struct AddressWatch(Socket);

impl AddressWatch {
    /// Subscribe in the calling thread's network namespace.
    ///
    /// # Errors
    /// When the kernel refuses the socket.
    pub fn open() -> Result<Self> {
        let wrong = |e| Error::new("subscribe to", "address changes", e);
        let mut socket = Socket::new(NETLINK_ROUTE).map_err(wrong)?;
        socket.bind(&SocketAddr::new(0, GROUPS)).map_err(wrong)?;
        socket.set_non_blocking(true).map_err(wrong)?;
        Ok(Self(socket))
    }

    /// Every change that has arrived.
    #[must_use]
    pub fn drain(&self) -> Vec<AddressChange> {
        let mut changes = Vec::new();
        while let Ok((bytes, _)) = self.0.recv_from_full() {
            let mut rest = bytes.as_slice();
            while let Ok(message) = NetlinkMessage::<RouteNetlinkMessage>::deserialize(rest) {
                let length = message.header.length as usize;
                changes.extend(change(&message));
                match rest.get(length..) {
                    Some(more) if length > 0 => rest = more,
                    _ => break,
                }
            }
        }
        changes
    }
}

fn change(message: &NetlinkMessage<RouteNetlinkMessage>) -> Option<AddressChange> {
    let NetlinkPayload::InnerMessage(inner) = &message.payload else { return None };
    let (about, present) = match inner {
        RouteNetlinkMessage::NewAddress(about) => (about, true),
        RouteNetlinkMessage::DelAddress(about) => (about, false),
        _ => return None,
    };
    Some(AddressChange { address: address(about)?, present })
}

impl AsFd for AddressWatch {
    fn as_fd(&self) -> BorrowedFd<'_> {
        // SAFETY: the descriptor belongs to the socket that `self` keeps open for as long as
        // the borrow lasts.
        unsafe { BorrowedFd::borrow_raw(self.0.as_raw_fd()) }
    }
}
