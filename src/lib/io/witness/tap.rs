//! The adverts on the wire, each with the bridge port it came in through.

use std::io::IoSliceMut;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use nix::sys::socket::{
    AddressFamily, ControlMessageOwned, LinkAddr, MsgFlags, SockFlag, SockProtocol, SockType,
    recvmsg, setsockopt, socket, sockopt,
};
use nix::sys::time::TimeSpec;
use socket2::SockFilter;

use crate::error::{Error, Result};
use crate::io::clock::{now, wall_nanos};
use crate::time::Instant;

/// IP protocol number of VRRP (RFC 9568 section 5.1.1.4).
const VRRP: u32 = 112;

/// Bytes that may wait: adverts of hundreds of routers come at once, on every interface.
const ROOM: usize = 8 << 20;

/// One advert as a bridge port received it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heard {
    /// Index of the port's interface.
    pub port: u32,
    /// When the kernel got it.
    pub at: Instant,
    /// Virtual router.
    pub vrid: u8,
    /// Priority in the advert.
    pub priority: u8,
}

/// A socket on every interface of the namespace in which it was opened.
#[derive(Debug)]
pub struct Tap(OwnedFd);

impl Tap {
    /// Listen in the calling thread's network namespace. Needs `CAP_NET_RAW`.
    ///
    /// # Errors
    /// When the kernel refuses the socket or its filter.
    pub fn open() -> Result<Self> {
        let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
        // A bridge takes what its ports receive before a socket for one protocol is asked.
        let protocol = SockProtocol::EthAll;
        let fd = socket(AddressFamily::Packet, SockType::Datagram, flags, protocol)
            .map_err(|e| Error::new("open", "a packet socket", e))?;
        setsockopt(&fd, sockopt::ReceiveTimestampns, &true)
            .map_err(|e| Error::new("time-stamp", "a packet socket", e))?;
        socket2::SockRef::from(&fd)
            .attach_filter(&filter())
            .map_err(|e| Error::new("filter", "a packet socket", e))?;
        // Past the system's limit is for the administrator of the first user namespace alone.
        if setsockopt(&fd, sockopt::RcvBufForce, &ROOM).is_err() {
            setsockopt(&fd, sockopt::RcvBuf, &ROOM)
                .map_err(|e| Error::new("enlarge", "a packet socket", e))?;
        }
        Ok(Self(fd))
    }

    /// Every advert that has arrived.
    #[must_use]
    pub fn drain(&self) -> Vec<Heard> {
        let mut heard = Vec::new();
        loop {
            let mut bytes = [0; 128];
            let mut control = nix::cmsg_space!(TimeSpec);
            let mut parts = [IoSliceMut::new(&mut bytes)];
            let received = recvmsg::<LinkAddr>(
                self.0.as_raw_fd(),
                &mut parts,
                Some(&mut control),
                MsgFlags::empty(),
            );
            let Ok(message) = received else { return heard };
            let Some(from) = message.address else { continue };
            let at = stamp(message.cmsgs().ok().and_then(|mut all| {
                all.find_map(|one| match one {
                    ControlMessageOwned::ScmTimestampns(time) => Some(time),
                    _ => None,
                })
            }));
            let length = message.bytes;
            // What this side sends is seen too, once more for every port.
            if from.pkttype() == libc::PACKET_OUTGOING {
                continue;
            }
            let Ok(port) = u32::try_from(from.ifindex()) else { continue };
            if let Some((vrid, priority)) = bytes.get(..length).and_then(advert) {
                heard.push(Heard { port, at, vrid, priority });
            }
        }
    }
}

/// Hardly anything but VRRP: by the version, load byte 6 (next header) or byte 9 (protocol); is
/// it 112; then all, else nothing.
fn filter() -> [SockFilter; 9] {
    [
        SockFilter::new(0x30, 0, 0, 0),
        SockFilter::new(0x54, 0, 0, 0xf0),
        SockFilter::new(0x15, 0, 2, 0x60),
        SockFilter::new(0x30, 0, 0, 6),
        SockFilter::new(0x05, 0, 0, 1),
        SockFilter::new(0x30, 0, 0, 9),
        SockFilter::new(0x15, 0, 1, VRRP),
        SockFilter::new(0x06, 0, 0, u32::MAX),
        SockFilter::new(0x06, 0, 0, 0),
    ]
}

/// A wall-clock stamp of the kernel on the monotonic clock; now when there is none.
fn stamp(wall: Option<TimeSpec>) -> Instant {
    let read = now();
    let Some(wall) = wall else { return read };
    read - Duration::from_nanos(wall_nanos()).saturating_sub(Duration::from(wall))
}

/// VRID and priority of the advert in a packet (RFC 9568 section 5.2; the two bytes are the same in
/// RFC 3768).
fn advert(packet: &[u8]) -> Option<(u8, u8)> {
    let first = packet.first()?;
    let (protocol, header) = match first >> 4 {
        4 => (packet.get(9)?, usize::from(first & 0x0f) * 4),
        6 => (packet.get(6)?, 40),
        _ => return None,
    };
    if u32::from(*protocol) != VRRP {
        return None;
    }
    Some((*packet.get(header + 1)?, *packet.get(header + 2)?))
}

impl AsFd for Tap {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_advert_is_found_behind_ip_options_and_nothing_else_is() {
        let mut packet = vec![0x46; 24];
        packet[9] = 112;
        packet.extend([0x21, 51, 100, 1]);
        assert_eq!(advert(&packet), Some((51, 100)));
        packet[9] = 17;
        assert_eq!(advert(&packet), None);
        assert_eq!(advert(&[0x45]), None);
        let mut packet = vec![0x60; 40];
        packet[6] = 112;
        packet.extend([0x31, 61, 200, 1]);
        assert_eq!(advert(&packet), Some((61, 200)));
        packet[6] = 58;
        assert_eq!(advert(&packet), None);
    }
}
