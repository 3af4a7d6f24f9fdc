//! Sending adverts: the IP header in front of a finished VRRP message, and several packets in
//! one system call.

use std::io;
use std::net::{IpAddr, SocketAddr, SocketAddrV6};
use std::os::fd::{AsRawFd, BorrowedFd};

use socket2::SockAddr;

use super::Carrier;
use crate::wire::{ah, ipv4, ipv6};

/// Network control, CS6: `0xC0` in the traffic class (what keepalived and FRR send).
const TRAFFIC_CLASS: u8 = 0xc0;

/// One advert to one destination.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a> {
    /// IP source.
    pub source: IpAddr,
    /// IP destination, of the same family.
    pub destination: IpAddr,
    /// TTL or hop limit.
    pub ttl: u8,
    /// The VRRP message with its checksum, and what stands before it.
    pub message: &'a [u8],
}

/// IP header and message. The kernel fills in the IPv4 header's identification where it is 0; that
/// of a sealed message is part of the seal.
pub(super) fn datagram(packet: &Packet<'_>, carrier: Carrier) -> io::Result<Vec<u8>> {
    match (packet.source, packet.destination) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            let header = ipv4::Header {
                source,
                destination,
                tos: TRAFFIC_CLASS,
                identification: match carrier {
                    Carrier::Plain => 0,
                    Carrier::Sealed => identification(packet.message),
                },
                dont_fragment: false,
                ttl: packet.ttl,
                protocol: carrier.protocol(),
            };
            Ok(header.emit(packet.message))
        }
        (IpAddr::V6(source), IpAddr::V6(destination)) => {
            let header = ipv6::Header {
                source,
                destination,
                traffic_class: TRAFFIC_CLASS,
                flow_label: 0,
                next_header: carrier.protocol(),
                hop_limit: packet.ttl,
            };
            Ok(header.emit(packet.message))
        }
        _ => {
            let text = "source and destination are of different families";
            Err(io::Error::new(io::ErrorKind::InvalidInput, text))
        }
    }
}

fn identification(message: &[u8]) -> u16 {
    ah::Packet::parse(message).map_or(0, |packet| packet.identification())
}

/// Where the kernel routes a packet to; a link-local one needs its interface.
pub(super) fn destination(address: IpAddr, index: u32) -> SockAddr {
    match address {
        IpAddr::V4(_) => SocketAddr::new(address, 0).into(),
        IpAddr::V6(v6) => {
            let local = v6.is_unicast_link_local() || v6.is_multicast();
            SocketAddrV6::new(v6, 0, 0, if local { index } else { 0 }).into()
        }
    }
}

/// Send every datagram, as many as possible in one system call. What the kernel refused comes
/// back with its position; the others left.
pub(super) fn send_all(
    socket: BorrowedFd<'_>,
    datagrams: &[(Vec<u8>, SockAddr)],
) -> Vec<(usize, io::Error)> {
    let mut vectors: Vec<libc::iovec> = datagrams
        .iter()
        .map(|(bytes, _)| libc::iovec {
            iov_base: bytes.as_ptr().cast_mut().cast(),
            iov_len: bytes.len(),
        })
        .collect();
    let mut messages: Vec<libc::mmsghdr> = vectors
        .iter_mut()
        .zip(datagrams)
        .map(|(vector, (_, address))| {
            // SAFETY: all-zero is a valid msghdr (null pointers with zero lengths).
            let mut header: libc::msghdr = unsafe { std::mem::zeroed() };
            header.msg_name = address.as_ptr().cast_mut().cast();
            header.msg_namelen = address.len();
            header.msg_iov = vector;
            header.msg_iovlen = 1;
            libc::mmsghdr { msg_hdr: header, msg_len: 0 }
        })
        .collect();
    let mut failed = Vec::new();
    let mut done = 0;
    while let Some(rest) = messages.get_mut(done..).filter(|rest| !rest.is_empty()) {
        let count = libc::c_uint::try_from(rest.len()).unwrap_or(libc::c_uint::MAX);
        // SAFETY: `rest` is a slice of `count` headers, whose names and buffers point into
        // `datagrams` and `vectors`, both alive and unmoved until this function returns; the
        // kernel only reads through the names and buffers.
        let sent = unsafe {
            libc::sendmmsg(socket.as_raw_fd(), rest.as_mut_ptr(), count, libc::MSG_DONTWAIT)
        };
        match usize::try_from(sent) {
            Ok(sent) if sent > 0 => done += sent,
            _ => {
                let error = io::Error::last_os_error();
                if error.kind() == io::ErrorKind::Interrupted {
                    continue;
                }
                // The first of the rest was refused; go on behind it.
                failed.push((done, error));
                done += 1;
            }
        }
    }
    failed
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn the_header_says_which_protocol_and_network_control() {
        let of = |source: &str, destination: &str| {
            let (source, destination) = (source.parse().unwrap(), destination.parse().unwrap());
            let packet = Packet { source, destination, ttl: 255, message: &[1, 2, 3] };
            datagram(&packet, Carrier::Plain).unwrap()
        };
        let bytes = of("192.0.2.1", "224.0.0.18");
        assert_eq!(bytes[..10], [0x45, 0xc0, 0, 23, 0, 0, 0, 0, 255, 112]);
        let bytes = of("fe80::1", "ff02::12");
        assert_eq!(bytes[..8], [0x6c, 0, 0, 0, 0, 3, 112, 255]);
        assert_eq!(bytes.len(), 43);
    }

    #[test]
    fn a_sealed_message_says_so_and_has_the_identification_of_its_seal() {
        let (source, destination) = (Ipv4Addr::new(192, 0, 2, 1), Ipv4Addr::new(224, 0, 0, 18));
        let outer = ah::Outer { source, destination, ttl: 255, identification: 0x0203 };
        let message = outer.seal([1; 8], 0x0001_0203, &[0x21]);
        let packet = Packet {
            source: source.into(),
            destination: destination.into(),
            ttl: 255,
            message: &message,
        };
        let bytes = datagram(&packet, Carrier::Sealed).unwrap();
        assert_eq!(bytes[..10], [0x45, 0xc0, 0, 45, 2, 3, 0, 0, 255, 51]);
    }

    #[test]
    fn families_are_never_mixed() {
        let packet = Packet {
            source: "fe80::1".parse().unwrap(),
            destination: "224.0.0.18".parse().unwrap(),
            ttl: 255,
            message: &[],
        };
        assert!(datagram(&packet, Carrier::Plain).is_err());
    }
}
