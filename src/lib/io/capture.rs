//! Listening on a packet socket: adverts and announcements as they pass an interface, our own
//! included, each with the kernel's time.
//!
//! A filter in the kernel keeps everything else away. The interface is not put into promiscuous
//! mode; it is only told to let the VRRP groups through.

use std::collections::BTreeMap;
use std::io::{self, IoSliceMut};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use nix::errno::Errno;
use nix::net::if_::{if_indextoname, if_nametoindex};
use nix::sys::socket::{ControlMessageOwned, LinkAddr, MsgFlags, recvmsg, setsockopt, sockopt};
use socket2::{Domain, Protocol, SockFilter, Socket, Type};

use super::clock;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::wire::ethernet::{self, Mac};
use crate::wire::packet::Link;
use crate::wire::{ah, ndisc, vrrp};

/// Longest packet that is taken whole; adverts are far shorter.
const LARGEST: usize = 65_536;
/// Room for packets that wait while the process does not run; only memory once it is filled.
const RECEIVE_BUFFER: usize = 4 << 20;
/// 224.0.0.18 and `ff02::12` on Ethernet (RFC 1112 section 6.4, RFC 2464 section 7).
const GROUPS: [Mac; 2] = [[0x01, 0, 0x5e, 0, 0, 18], [0x33, 0x33, 0, 0, 0, 0x12]];

/// Hardware types of `linux/if_arp.h` whose frames begin with an Ethernet header.
const ARPHRD_ETHER: u16 = 1;
const ARPHRD_LOOPBACK: u16 = 772;
/// Hardware types whose packets begin with an IP header.
const ARPHRD_RAWIP: u16 = 519;
const ARPHRD_NONE: u16 = 0xfffe;

/// A packet socket on one interface, or on all.
pub struct Capture {
    socket: Socket,
    names: BTreeMap<u32, String>,
    dropped: u64,
}

/// Where packets are received into.
pub struct Buffer {
    bytes: Vec<u8>,
    control: Vec<u8>,
}

impl Default for Buffer {
    fn default() -> Self {
        Self { bytes: vec![0; LARGEST], control: nix::cmsg_space!(libc::timespec) }
    }
}

/// One packet as it passed.
#[derive(Clone, Debug)]
pub struct Received<'b> {
    /// When the kernel saw it, in nanoseconds since 1970.
    pub unix_nanos: u64,
    /// Name of the interface.
    pub interface: &'b str,
    /// What `bytes` begins with.
    pub link: Link,
    /// Its length on the wire.
    pub original_len: usize,
    /// The packet.
    pub bytes: &'b [u8],
}

impl Capture {
    /// Listen on `interface`, or on all interfaces of the network namespace when absent.
    ///
    /// # Errors
    /// When the interface does not exist, or what the kernel refused; [`Exit::Unavailable`] when
    /// a privilege is missing.
    pub fn open(interface: Option<&str>) -> Result<Self> {
        let shown = interface.unwrap_or("all interfaces");
        let index = match interface {
            None => 0,
            Some(name) => if_nametoindex(name).map_err(|e| {
                Error::new("capture on", name, io::Error::from(e))
                    .remedy("`ip link` lists the interfaces")
            })?,
        };
        let socket = open(index).map_err(|cause| {
            let denied = cause.kind() == io::ErrorKind::PermissionDenied;
            let error = Error::new("capture on", shown, cause);
            if denied {
                error.remedy("run as root or with CAP_NET_RAW").exit(Exit::Unavailable)
            } else {
                error
            }
        })?;
        let names = interface.map(|name| (index, name.to_owned())).into_iter().collect();
        Ok(Self { socket, names, dropped: 0 })
    }

    /// The next packet that waits; `None` when there is none.
    ///
    /// # Errors
    /// What the kernel said, other than that the interface is down.
    pub fn receive<'b>(&'b mut self, buffer: &'b mut Buffer) -> io::Result<Option<Received<'b>>> {
        let mut parts = [IoSliceMut::new(&mut buffer.bytes)];
        let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_TRUNC;
        let received = recvmsg::<LinkAddr>(
            self.socket.as_raw_fd(),
            &mut parts,
            Some(&mut buffer.control),
            flags,
        );
        let (address, original_len, stamp) = match received {
            Ok(message) => {
                let stamp = message.cmsgs().ok().and_then(|mut all| {
                    all.find_map(|one| match one {
                        ControlMessageOwned::ScmTimestampns(time) => Some(time),
                        _ => None,
                    })
                });
                (message.address, message.bytes, stamp)
            }
            // The interface going down is told once; when it comes back packets come again.
            Err(Errno::EAGAIN | Errno::EINTR | Errno::ENETDOWN) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        // What goes out on the loopback interface comes in again.
        let echoed = |from: &LinkAddr| {
            from.hatype() == ARPHRD_LOOPBACK && from.pkttype() == libc::PACKET_OUTGOING
        };
        let Some(address) = address.filter(|from| !echoed(from)) else { return Ok(None) };
        let index = u32::try_from(address.ifindex()).unwrap_or(0);
        Ok(Some(Received {
            unix_nanos: stamp.map_or_else(clock::wall_nanos, |time| {
                let seconds = u64::try_from(time.tv_sec()).unwrap_or(0);
                let nanos = u64::try_from(time.tv_nsec()).unwrap_or(0);
                seconds.saturating_mul(1_000_000_000).saturating_add(nanos)
            }),
            interface: self.name(index),
            link: match address.hatype() {
                ARPHRD_ETHER | ARPHRD_LOOPBACK => Link::Ethernet,
                ARPHRD_RAWIP | ARPHRD_NONE => Link::Ip,
                other => Link::Other(other.into()),
            },
            original_len,
            bytes: buffer.bytes.get(..original_len).unwrap_or(&buffer.bytes),
        }))
    }

    /// Packets that passed the filter and were lost because this process was too slow.
    pub fn dropped(&mut self) -> u64 {
        // Asking sets the kernel's counter back to zero.
        self.dropped += statistics(&self.socket).map_or(0, u64::from);
        self.dropped
    }

    fn name(&mut self, index: u32) -> &str {
        let unknown = || format!("if{index}");
        let find = || if_indextoname(index).ok().and_then(|name| name.into_string().ok());
        self.names.entry(index).or_insert_with(|| find().unwrap_or_else(unknown))
    }
}

impl AsFd for Capture {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

fn open(index: u32) -> io::Result<Socket> {
    // Protocol 0: nothing is queued before the filter is in place and the socket bound.
    let kind = Type::RAW.nonblocking().cloexec();
    let socket = Socket::new(Domain::PACKET, kind, Some(Protocol::from(0)))?;
    socket.attach_filter(&filter())?;
    setsockopt(&socket, sockopt::ReceiveTimestampns, &true)?;
    // The greatest that the system allows is good enough; a refusal is not.
    socket.set_recv_buffer_size(RECEIVE_BUFFER)?;
    if index != 0 {
        for group in GROUPS {
            // Interfaces without hardware groups (loopback, tunnels) hear everything anyway.
            let _ = join(&socket, index, group);
        }
    }
    bind(&socket, index)?;
    Ok(socket)
}

fn bind(socket: &Socket, index: u32) -> io::Result<()> {
    // SAFETY: all-zero is a valid sockaddr_ll; only plain integers are set below.
    let mut address: libc::sockaddr_ll = unsafe { std::mem::zeroed() };
    address.sll_family = libc::sa_family_t::try_from(libc::AF_PACKET).unwrap_or_default();
    address.sll_protocol = u16::try_from(libc::ETH_P_ALL).unwrap_or_default().to_be();
    address.sll_ifindex = index.cast_signed();
    let length = libc::socklen_t::try_from(size_of_val(&address)).unwrap_or_default();
    // SAFETY: the pointer is to a whole sockaddr_ll that outlives the call, and the length is
    // its own.
    let result = unsafe { libc::bind(socket.as_raw_fd(), (&raw const address).cast(), length) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Let a hardware group through on the interface, as long as the socket lives.
fn join(socket: &Socket, index: u32, group: Mac) -> io::Result<()> {
    // SAFETY: all-zero is a valid packet_mreq; only plain values are set below.
    let mut request: libc::packet_mreq = unsafe { std::mem::zeroed() };
    request.mr_ifindex = index.cast_signed();
    request.mr_type = u16::try_from(libc::PACKET_MR_MULTICAST).unwrap_or_default();
    request.mr_alen = 6;
    for (to, from) in request.mr_address.iter_mut().zip(group) {
        *to = from;
    }
    let length = libc::socklen_t::try_from(size_of_val(&request)).unwrap_or_default();
    // SAFETY: the pointer is to a whole packet_mreq that outlives the call, and the length is
    // its own.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_PACKET,
            libc::PACKET_ADD_MEMBERSHIP,
            (&raw const request).cast(),
            length,
        )
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Packets lost since the last call.
fn statistics(socket: &Socket) -> Option<u32> {
    // SAFETY: all-zero is a valid tpacket_stats: two integers.
    let mut counts: libc::tpacket_stats = unsafe { std::mem::zeroed() };
    let mut length = libc::socklen_t::try_from(size_of_val(&counts)).ok()?;
    // SAFETY: the kernel writes at most `length` bytes into `counts`, which is that large, and
    // the resulting length into `length`.
    let result = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_PACKET,
            libc::PACKET_STATISTICS,
            (&raw mut counts).cast(),
            &raw mut length,
        )
    };
    (result == 0).then_some(counts.tp_drops)
}

// Classic BPF, as <linux/filter.h> spells it. Negative offsets reach what is not in the frame,
// or begin at the network header whatever the link is.
const LOAD_WORD: u16 = 0x20; // A = 4 bytes at P[k]
const LOAD_HALF: u16 = 0x28; // A = 2 bytes at P[k]
const LOAD_BYTE: u16 = 0x30; // A = P[k]
const COPY_TO_X: u16 = 0x07; // X = A
const JUMP_IF_EQUAL: u16 = 0x15;
const JUMP_IF_EQUAL_X: u16 = 0x1d;
const RETURN: u16 = 0x06;
const ETHERTYPE: u32 = 0xffff_f000; // SKF_AD_OFF + SKF_AD_PROTOCOL
const NETWORK: u32 = 0xfff0_0000; // SKF_NET_OFF

/// VRRP and AH of both families, gratuitous ARP, neighbour advertisements; nothing else.
fn filter() -> Vec<SockFilter> {
    let load = |code, at: u32| SockFilter::new(code, 0, 0, NETWORK.wrapping_add(at));
    let equal = |value: u32, yes, no| SockFilter::new(JUMP_IF_EQUAL, yes, no, value);
    let (vrrp, ah) = (u32::from(vrrp::PROTOCOL), u32::from(ah::PROTOCOL));
    let operation = |code| SockFilter::new(code, 0, 0, 0);
    // The jump counts lead to the numbered parts, and to the last two lines.
    vec![
        SockFilter::new(LOAD_HALF, 0, 0, ETHERTYPE),
        equal(ethernet::IPV4.into(), 2, 0),
        equal(ethernet::IPV6.into(), 4, 0),
        equal(ethernet::ARP.into(), 9, 14),
        // 4: IPv4, by its protocol
        load(LOAD_BYTE, 9),
        equal(vrrp, 11, 0),
        equal(ah, 10, 11),
        // 7: IPv6, by its next header and the type of ICMPv6
        load(LOAD_BYTE, 6),
        equal(vrrp, 8, 0),
        equal(ah, 7, 0),
        equal(ndisc::PROTOCOL.into(), 0, 7),
        load(LOAD_BYTE, 40),
        equal(ndisc::TYPE_ADVERTISEMENT.into(), 4, 5),
        // 13: ARP, when sender and target are one
        load(LOAD_WORD, 14),
        operation(COPY_TO_X),
        load(LOAD_WORD, 24),
        SockFilter::new(JUMP_IF_EQUAL_X, 0, 1, 0),
        // 17, 18
        SockFilter::new(RETURN, 0, 0, u32::MAX),
        SockFilter::new(RETURN, 0, 0, 0),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interface_that_does_not_exist_is_named_with_what_to_do() {
        let error = Capture::open(Some("no-such-if0")).err().unwrap();
        let text = error.to_string();
        assert!(text.contains("no-such-if0") && text.contains("ip link"), "{text}");
    }
}
