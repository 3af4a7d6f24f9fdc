//! What must hold for any bytes whatever, for each parser of `ha::wire`. The fuzz targets call
//! these functions, and so does `tests/fuzz_smoke.rs` with mutations of real packets.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ha::engine::sniff::{Captured, Observer};
use ha::wire::icmp::Message;
use ha::wire::packet::{Link, Packet};
use ha::wire::pcap::Decoder;
use ha::wire::vrrp::{
    Advert, ChecksumSeen, ChecksumVariant, GROUP_V4, GROUP_V6, Message as Advertised,
};

/// An advert that can be read is written again as the bytes that it was, and as the same advert
/// with a good checksum. The first byte chooses the addresses around the rest.
pub fn vrrp(data: &[u8]) {
    let Some((choice, payload)) = data.split_first() else { return };
    let peer = Ipv4Addr::new(192, 0, 2, 2);
    let (source, destination): (IpAddr, IpAddr) = match choice % 4 {
        0 => (Ipv4Addr::new(192, 0, 2, 1).into(), GROUP_V4.into()),
        1 => (Ipv4Addr::new(192, 0, 2, 1).into(), peer.into()),
        2 => (Ipv6Addr::LOCALHOST.into(), GROUP_V6.into()),
        _ => (Ipv6Addr::LOCALHOST.into(), peer.into()),
    };
    let Ok(parsed) = Advert::parse(payload, source, destination) else { return };
    let end = payload.len() - parsed.trailing;
    let message = Advertised::parse(payload, source, destination).expect("it was read just now");
    assert_eq!(message.emit(), payload[..end]);
    for variant in [ChecksumVariant::PseudoHeader, ChecksumVariant::MessageOnly] {
        let message = parsed.advert.emit(source, destination, variant);
        assert_eq!(message.len(), payload.len() - parsed.trailing);
        let again = Advert::parse(&message, source, destination).expect("our own advert");
        assert_eq!(again.advert, parsed.advert);
        assert_ne!(again.checksum, ChecksumSeen::Wrong);
    }
}

/// Frames of every link are read, and watched, without harm. The first byte chooses the link.
pub fn packet(data: &[u8]) {
    let Some((choice, bytes)) = data.split_first() else { return };
    let link = match choice % 5 {
        0 => Link::Ethernet,
        1 => Link::Ip,
        2 => Link::Cooked,
        3 => Link::Cooked2,
        _ => Link::Loopback(0),
    };
    let _ = Packet::parse(link, bytes);
    let mut observer = Observer::default();
    // Half of the packets were longer than what the capture kept.
    let original_len = bytes.len() + usize::from(choice / 5 % 2) * 9;
    let captured = Captured { unix_nanos: 0, interface: None, link, original_len, bytes };
    let first = observer.handle_packet(&captured);
    let second = observer.handle_packet(&captured);
    // What was learnt from a packet does not change what it says itself.
    assert_eq!(first, second);
}

/// An echo that can be read is written again as the same echo.
pub fn icmp(data: &[u8]) {
    if let Ok(Message::Request(echo)) = Message::parse_v4(data) {
        assert_eq!(Message::parse_v4(&echo.request_v4()), Ok(Message::Request(echo)));
    }
    if let Ok(Message::Reply(echo)) = Message::parse_v6(data) {
        let any = Ipv6Addr::UNSPECIFIED;
        assert_eq!(Message::parse_v6(&echo.reply_v6(any, any)), Ok(Message::Reply(echo)));
    }
}

/// A capture ends, and gives no more bytes than it has, the same in whatever pieces it comes.
pub fn pcap(data: &[u8]) {
    let read = |piece: usize| {
        let (mut decoder, mut packets, mut total) = (Decoder::default(), 0, 0);
        for bytes in data.chunks(piece) {
            decoder.push(bytes);
            while let Ok(Some(record)) = decoder.next_record() {
                packets += 1;
                total += record.bytes.len();
                assert!(total <= data.len());
            }
        }
        let end = decoder.finish();
        assert!(matches!(decoder.next_record(), Ok(None)), "nothing more comes");
        (packets, total, end.is_ok())
    };
    let whole = read(data.len().max(1));
    let pieces = read(7);
    assert_eq!((whole.0, whole.1), (pieces.0, pieces.1));
}
