//! Sending adverts: the IP header in front of a finished VRRP message, and several packets in
//! one system call.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::os::fd::{AsRawFd, BorrowedFd};

use socket2::SockAddr;

use crate::wire::vrrp::PROTOCOL;

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
    /// The VRRP message with its checksum.
    pub message: &'a [u8],
}

/// IP header and message. The kernel fills in the IPv4 header's checksum and identification.
pub(super) fn datagram(packet: &Packet<'_>) -> io::Result<Vec<u8>> {
    let length = u16::try_from(packet.message.len() + 20)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "advert is too long"))?;
    let mut bytes = Vec::with_capacity(40 + packet.message.len());
    match (packet.source, packet.destination) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            ipv4_header(&mut bytes, length, packet.ttl, source, destination);
        }
        (IpAddr::V6(source), IpAddr::V6(destination)) => {
            ipv6_header(&mut bytes, length - 20, packet.ttl, source, destination);
        }
        _ => {
            let text = "source and destination are of different families";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
    }
    bytes.extend_from_slice(packet.message);
    Ok(bytes)
}

/// RFC 791 section 3.1, without options.
fn ipv4_header(
    bytes: &mut Vec<u8>,
    total_length: u16,
    ttl: u8,
    source: Ipv4Addr,
    destination: Ipv4Addr,
) {
    bytes.extend([0x45, TRAFFIC_CLASS]);
    bytes.extend(total_length.to_be_bytes());
    bytes.extend([0, 0, 0, 0, ttl, PROTOCOL, 0, 0]);
    bytes.extend(source.octets());
    bytes.extend(destination.octets());
}

/// RFC 8200 section 3.
fn ipv6_header(
    bytes: &mut Vec<u8>,
    payload_length: u16,
    hop_limit: u8,
    source: Ipv6Addr,
    destination: Ipv6Addr,
) {
    bytes.extend((0x6000_0000_u32 | u32::from(TRAFFIC_CLASS) << 20).to_be_bytes());
    bytes.extend(payload_length.to_be_bytes());
    bytes.extend([PROTOCOL, hop_limit]);
    bytes.extend(source.octets());
    bytes.extend(destination.octets());
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
    use super::*;

    #[test]
    fn the_ipv4_header_says_ttl_255_and_network_control() {
        let packet = Packet {
            source: "192.0.2.1".parse().unwrap(),
            destination: "224.0.0.18".parse().unwrap(),
            ttl: 255,
            message: &[1, 2, 3],
        };
        let bytes = datagram(&packet).unwrap();
        assert_eq!(
            bytes,
            [0x45, 0xc0, 0, 23, 0, 0, 0, 0, 255, 112, 0, 0, 192, 0, 2, 1, 224, 0, 0, 18, 1, 2, 3]
        );
    }

    #[test]
    fn the_ipv6_header_says_hop_limit_255_and_network_control() {
        let packet = Packet {
            source: "fe80::1".parse().unwrap(),
            destination: "ff02::12".parse().unwrap(),
            ttl: 255,
            message: &[9; 5],
        };
        let bytes = datagram(&packet).unwrap();
        assert_eq!(bytes[..8], [0x6c, 0, 0, 0, 0, 5, 112, 255]);
        assert_eq!(bytes.len(), 45);
    }

    #[test]
    fn families_are_never_mixed() {
        let packet = Packet {
            source: "fe80::1".parse().unwrap(),
            destination: "224.0.0.18".parse().unwrap(),
            ttl: 255,
            message: &[],
        };
        assert!(datagram(&packet).is_err());
    }
}
