//! Raw sockets for VRRP: one for each interface and address family, shared by all virtual
//! routers there, for sending and receiving.
//!
//! Knows how to move messages, not what they mean. Nothing here blocks.

mod filter;
mod receive;
mod transmit;

use std::collections::BTreeSet;
use std::io;
use std::net::IpAddr;
use std::os::fd::{AsFd, BorrowedFd};

use socket2::{Domain, InterfaceIndexOrAddress, Protocol, Socket, Type};

pub use receive::{Buffer, Received};
pub use transmit::Packet;

use crate::engine::vrrp::Family;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::wire::{ah, vrrp};

/// Room for adverts that wait while the process does not run; only memory once it is filled.
const RECEIVE_BUFFER: usize = 1 << 20;
/// `TC_PRIO_CONTROL`: ahead of everything else in the interface's queue.
const PRIORITY: u32 = 7;

/// How messages travel: each way has a socket of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Carrier {
    /// As VRRP.
    Plain,
    /// As AH, with an Authentication Header in front.
    Sealed,
}

impl Carrier {
    const fn protocol(self) -> u8 {
        match self {
            Self::Plain => vrrp::PROTOCOL,
            Self::Sealed => ah::PROTOCOL,
        }
    }
}

/// A VRRP socket on one interface for one family.
pub struct VrrpSocket {
    socket: Socket,
    interface: String,
    index: u32,
    family: Family,
    carrier: Carrier,
    groups: BTreeSet<IpAddr>,
}

impl VrrpSocket {
    /// Open the socket on `interface` (with kernel index `index`), hearing messages for `vrids`
    /// sent to this host or to one of `groups`.
    ///
    /// # Errors
    /// What the kernel refused; [`Exit::Unavailable`] when a privilege is missing.
    pub fn open(
        interface: &str,
        index: u32,
        family: Family,
        carrier: Carrier,
        (groups, vrids): (&BTreeSet<IpAddr>, &BTreeSet<u8>),
    ) -> Result<Self> {
        Self::try_open(interface, index, (family, carrier), groups, vrids).map_err(|cause| {
            let denied = cause.kind() == io::ErrorKind::PermissionDenied;
            let error = Error::new("open a VRRP socket on", interface, cause);
            if denied {
                error.remedy("run as root or with CAP_NET_RAW").exit(Exit::Unavailable)
            } else {
                error
            }
        })
    }

    fn try_open(
        interface: &str,
        index: u32,
        (family, carrier): (Family, Carrier),
        groups: &BTreeSet<IpAddr>,
        vrids: &BTreeSet<u8>,
    ) -> io::Result<Self> {
        let domain = match family {
            Family::Ipv4 => Domain::IPV4,
            Family::Ipv6 => Domain::IPV6,
        };
        let kind = Type::RAW.nonblocking().cloexec();
        let socket =
            Socket::new(domain, kind, Some(Protocol::from(i32::from(carrier.protocol()))))?;
        // Silence first: until it is bound the socket hears every interface.
        socket.attach_filter(&filter::program(family, carrier, &BTreeSet::new()))?;
        socket.bind_device(Some(interface.as_bytes()))?;
        drain(&socket);
        configure(&socket, family, index)?;
        receive::ask_for_facts(socket.as_fd(), family)?;
        let mut opened = Self {
            socket,
            interface: interface.to_owned(),
            index,
            family,
            carrier,
            groups: BTreeSet::new(),
        };
        opened.listen(groups, vrids)?;
        Ok(opened)
    }

    /// Hear messages for `vrids` and be member of `groups`, no more and no less.
    pub fn listen(&mut self, groups: &BTreeSet<IpAddr>, vrids: &BTreeSet<u8>) -> io::Result<()> {
        self.socket.attach_filter(&filter::program(self.family, self.carrier, vrids))?;
        let by_index = InterfaceIndexOrAddress::Index(self.index);
        for group in self.groups.difference(groups) {
            match group {
                IpAddr::V4(group) => self.socket.leave_multicast_v4_n(group, &by_index)?,
                IpAddr::V6(group) => self.socket.leave_multicast_v6(group, self.index)?,
            }
        }
        for group in groups.difference(&self.groups) {
            match group {
                IpAddr::V4(group) => self.socket.join_multicast_v4_n(group, &by_index)?,
                IpAddr::V6(group) => self.socket.join_multicast_v6(group, self.index)?,
            }
        }
        self.groups.clone_from(groups);
        Ok(())
    }

    /// Name of the interface.
    #[must_use]
    pub fn interface(&self) -> &str {
        &self.interface
    }

    /// Kernel index of the interface when the socket was opened. An interface of the same name
    /// with another index is another interface: open a new socket.
    #[must_use]
    pub const fn index(&self) -> u32 {
        self.index
    }

    /// Family of the socket.
    #[must_use]
    pub const fn family(&self) -> Family {
        self.family
    }

    /// How its messages travel.
    #[must_use]
    pub const fn carrier(&self) -> Carrier {
        self.carrier
    }

    /// Send all of `packets`, together. Returns those that did not leave, by position.
    pub fn send(&self, packets: &[Packet<'_>]) -> Vec<(usize, io::Error)> {
        let mut refused = Vec::new();
        let mut positions = Vec::with_capacity(packets.len());
        let mut datagrams = Vec::with_capacity(packets.len());
        for (position, packet) in packets.iter().enumerate() {
            match transmit::datagram(packet, self.carrier) {
                Ok(bytes) => {
                    positions.push(position);
                    datagrams.push((bytes, transmit::destination(packet.destination, self.index)));
                }
                Err(error) => refused.push((position, error)),
            }
        }
        for (position, error) in transmit::send_all(self.socket.as_fd(), &datagrams) {
            refused.push((positions.get(position).copied().unwrap_or(position), error));
        }
        refused
    }

    /// Take the next message, if one waits.
    pub fn receive<'b>(&self, buffer: &'b mut Buffer) -> io::Result<Option<Received<'b>>> {
        receive::receive(self.socket.as_fd(), self.family, buffer)
    }

    /// Throw away everything that waits; returns how many messages that were.
    pub fn discard(&self) -> usize {
        drain(&self.socket)
    }

    /// Messages that the kernel threw away because the receive buffer was full.
    #[must_use]
    pub fn overflowed(&self) -> u64 {
        receive::overflowed(self.socket.as_fd())
    }
}

impl AsFd for VrrpSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// Header included (so that source, TTL and traffic class are ours), no own copies, no groups
/// but ours, control priority.
fn configure(socket: &Socket, family: Family, index: u32) -> io::Result<()> {
    match family {
        Family::Ipv4 => {
            socket.set_header_included_v4(true)?;
            socket.set_multicast_loop_v4(false)?;
            socket.set_multicast_all_v4(false)?;
        }
        Family::Ipv6 => {
            socket.set_header_included_v6(true)?;
            socket.set_multicast_loop_v6(false)?;
            socket.set_multicast_all_v6(false)?;
            socket.set_multicast_if_v6(index)?;
        }
    }
    nix::sys::socket::setsockopt(
        socket,
        nix::sys::socket::sockopt::Priority,
        &PRIORITY.cast_signed(),
    )?;
    // More than `net.core.rmem_max` needs CAP_NET_ADMIN; without it the kernel's limit will do.
    if nix::sys::socket::setsockopt(socket, nix::sys::socket::sockopt::RcvBufForce, &RECEIVE_BUFFER)
        .is_err()
    {
        socket.set_recv_buffer_size(RECEIVE_BUFFER)?;
    }
    Ok(())
}

/// Read and forget until nothing waits.
fn drain(socket: &Socket) -> usize {
    let mut byte = [std::mem::MaybeUninit::uninit(); 1];
    let mut count = 0;
    while socket.recv(&mut byte).is_ok() {
        count += 1;
    }
    count
}
