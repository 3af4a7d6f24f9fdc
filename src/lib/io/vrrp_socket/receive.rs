//! Receiving: the message with the facts of its IP header, and when the kernel got it.

use std::io::{self, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::{AsRawFd, BorrowedFd};

use nix::errno::Errno;
use nix::sys::socket::{ControlMessageOwned, MsgFlags, SockaddrIn6, recvmsg, setsockopt, sockopt};

use crate::engine::vrrp::Family;

/// Longer than any advert (60 bytes of IPv4 header, 255 IPv6 addresses): what does not fit is
/// cut, and its length is wrong in any case.
const LARGEST: usize = 8192;

/// Where messages are received into; one serves all sockets of a loop.
pub struct Buffer {
    bytes: Vec<u8>,
    control: Vec<u8>,
}

impl Default for Buffer {
    fn default() -> Self {
        Self {
            bytes: vec![0; LARGEST],
            control: nix::cmsg_space!(libc::timespec, libc::in6_pktinfo, libc::c_int),
        }
    }
}

/// One message as it came in.
#[derive(Clone, Copy, Debug)]
pub struct Received<'b> {
    /// IP source.
    pub source: IpAddr,
    /// IP destination.
    pub destination: IpAddr,
    /// TTL or hop limit.
    pub ttl: u8,
    /// Wall clock in nanoseconds at which the kernel got it; absent when it did not say.
    pub stamp: Option<u64>,
    /// Identification of the IPv4 header; 0 for IPv6, which has none.
    pub identification: u16,
    /// The IP payload.
    pub payload: &'b [u8],
}

/// Have the kernel report what the message itself does not carry.
pub(super) fn ask_for_facts(socket: BorrowedFd<'_>, family: Family) -> io::Result<()> {
    setsockopt(&socket, sockopt::ReceiveTimestampns, &true)?;
    if family == Family::Ipv6 {
        setsockopt(&socket, sockopt::Ipv6RecvPacketInfo, &true)?;
        setsockopt(&socket, sockopt::Ipv6RecvHopLimit, &true)?;
    }
    Ok(())
}

/// What came beside the bytes.
#[derive(Default)]
struct Facts {
    source: Option<Ipv6Addr>,
    destination: Option<Ipv6Addr>,
    hop_limit: u8,
    stamp: Option<u64>,
    length: usize,
}

pub(super) fn receive<'b>(
    socket: BorrowedFd<'_>,
    family: Family,
    buffer: &'b mut Buffer,
) -> io::Result<Option<Received<'b>>> {
    let facts = match read(socket, buffer) {
        Ok(facts) => facts,
        Err(Errno::EAGAIN | Errno::EINTR) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    // The kernel delivers whole headers only; a message without one is no message.
    let bytes = buffer.bytes.get(..facts.length).unwrap_or_default();
    Ok(match family {
        Family::Ipv4 => ipv4(&facts, bytes),
        Family::Ipv6 => ipv6(&facts, bytes),
    })
}

fn read(socket: BorrowedFd<'_>, buffer: &mut Buffer) -> nix::Result<Facts> {
    let mut parts = [IoSliceMut::new(&mut buffer.bytes)];
    let message = recvmsg::<SockaddrIn6>(
        socket.as_raw_fd(),
        &mut parts,
        Some(&mut buffer.control),
        MsgFlags::MSG_DONTWAIT,
    )?;
    let mut facts = Facts {
        source: message.address.map(|address| address.ip()),
        length: message.bytes,
        ..Facts::default()
    };
    for control in message.cmsgs().into_iter().flatten() {
        match control {
            ControlMessageOwned::ScmTimestampns(time) => {
                let seconds = u64::try_from(time.tv_sec()).unwrap_or(0);
                let nanos = u64::try_from(time.tv_nsec()).unwrap_or(0);
                facts.stamp = Some(seconds.saturating_mul(1_000_000_000).saturating_add(nanos));
            }
            ControlMessageOwned::Ipv6PacketInfo(info) => {
                facts.destination = Some(Ipv6Addr::from(info.ipi6_addr.s6_addr));
            }
            ControlMessageOwned::Ipv6HopLimit(limit) => {
                facts.hop_limit = u8::try_from(limit).unwrap_or(0);
            }
            _ => {}
        }
    }
    Ok(facts)
}

/// An IPv4 raw socket delivers the IP header too (RFC 791 section 3.1).
fn ipv4<'b>(facts: &Facts, bytes: &'b [u8]) -> Option<Received<'b>> {
    let (header, _) = bytes.split_at_checked(20)?;
    let &[first, _, _, _, i0, i1, .., s0, s1, s2, s3, d0, d1, d2, d3] = header else { return None };
    Some(Received {
        source: Ipv4Addr::new(s0, s1, s2, s3).into(),
        destination: Ipv4Addr::new(d0, d1, d2, d3).into(),
        ttl: *header.get(8)?,
        stamp: facts.stamp,
        identification: u16::from_be_bytes([i0, i1]),
        payload: bytes.get(usize::from(first & 0xf) * 4..)?,
    })
}

fn ipv6<'b>(facts: &Facts, bytes: &'b [u8]) -> Option<Received<'b>> {
    Some(Received {
        source: facts.source?.into(),
        destination: facts.destination?.into(),
        ttl: facts.hop_limit,
        stamp: facts.stamp,
        identification: 0,
        payload: bytes,
    })
}

/// The drop counter of `SO_MEMINFO` (`SK_MEMINFO_DROPS`).
pub(super) fn overflowed(socket: BorrowedFd<'_>) -> u64 {
    const DROPS: usize = 8;
    let mut values = [0_u32; 9];
    let mut length = libc::socklen_t::try_from(size_of_val(&values)).unwrap_or(0);
    // SAFETY: the kernel writes at most `length` bytes into `values`, which is that large, and
    // the resulting length into `length`.
    let result = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_MEMINFO,
            values.as_mut_ptr().cast(),
            &raw mut length,
        )
    };
    if result == 0 { values.get(DROPS).copied().map_or(0, u64::from) } else { 0 }
}
