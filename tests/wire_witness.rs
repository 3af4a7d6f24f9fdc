//! Second witnesses for the bytes of `ha::wire`: tshark reads what we write, we write again what
//! keepalived and FRR sent, and what is written reads back for all values.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::process::Command;
use std::time::Duration;

use ha::wire::arp::gratuitous_arp;
use ha::wire::ethernet::{self, Mac};
use ha::wire::ndisc::unsolicited_na;
use ha::wire::packet::{Content, Link, Packet};
use ha::wire::pcap::{self, Decoder};
use ha::wire::vrrp::{
    Advert, Auth, ChecksumSeen, ChecksumVariant, GROUP_V4, GROUP_V6, PROTOCOL, Version,
};
use ha::wire::{ipv4, ipv6};
use proptest::prelude::*;

const MAC: Mac = [2, 0, 0, 0, 0, 1];

fn frame(advert: &Advert, source: IpAddr, destination: IpAddr) -> Vec<u8> {
    let message = advert.emit(source, destination, ChecksumVariant::PseudoHeader);
    match (source, destination) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            let header = ipv4::Header {
                source,
                destination,
                tos: 0xc0,
                identification: 1,
                dont_fragment: false,
                ttl: 255,
                protocol: PROTOCOL,
            };
            let mac = [0x01, 0, 0x5e, 0, 0, 18];
            ethernet::frame(mac, MAC, ethernet::IPV4, &header.emit(&message))
        }
        (IpAddr::V6(source), IpAddr::V6(destination)) => {
            let header = ipv6::Header {
                source,
                destination,
                traffic_class: 0xc0,
                flow_label: 0,
                next_header: PROTOCOL,
                hop_limit: 255,
            };
            let mac = ethernet::multicast_v6(destination);
            ethernet::frame(mac, MAC, ethernet::IPV6, &header.emit(&message))
        }
        _ => unreachable!("families are not mixed"),
    }
}

fn advert(version: Version, auth: Auth, addresses: &[IpAddr]) -> Advert {
    Advert {
        version,
        vrid: 51,
        priority: 100,
        advertisement_interval: Duration::from_secs(1),
        auth,
        addresses: addresses.to_vec(),
    }
}

/// One frame of everything we send.
fn frames() -> Vec<Vec<u8>> {
    let v4: IpAddr = Ipv4Addr::new(192, 0, 2, 1).into();
    let v6: IpAddr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1).into();
    let vip4 = Ipv4Addr::new(192, 0, 2, 100);
    let vip6 = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 100);
    let (group4, group6) = (GROUP_V4.into(), GROUP_V6.into());
    let ll: IpAddr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 100).into();
    vec![
        frame(&advert(Version::V2, Auth::None, &[vip4.into()]), v4, group4),
        frame(&advert(Version::V2, Auth::Pass(*b"secret\0\0"), &[vip4.into()]), v4, group4),
        frame(&advert(Version::V3, Auth::None, &[vip4.into(), v4]), v4, group4),
        frame(&advert(Version::V3, Auth::None, &[ll, vip6.into()]), v6, group6),
        gratuitous_arp(MAC, vip4),
        unsolicited_na(MAC, vip6, vip6, true),
        unsolicited_na(MAC, vip6, vip6, false),
    ]
}

#[test]
fn tshark_finds_good_checksums_and_nothing_to_complain_about() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ours.pcap");
    let mut file = pcap::file_header(Link::Ethernet);
    for (nanos, frame) in (1_700_000_000_123_456_789..).zip(frames()) {
        file.extend(pcap::record(nanos, frame.len(), &frame));
    }
    std::fs::write(&path, file).unwrap();

    let fields =
        ["frame.time_epoch", "vrrp.checksum.status", "_ws.expert.message", "arp.isgratuitous"];
    let mut tshark = Command::new("tshark");
    tshark.arg("-r").arg(&path).args(["-T", "fields", "-E", "separator=|"]);
    tshark.args(["-o", "ip.check_checksum:TRUE"]);
    for field in fields {
        tshark.args(["-e", field]);
    }
    tshark.args(["-e", "icmpv6.checksum.status", "-e", "_ws.col.Info"]);
    let Ok(output) = tshark.output() else {
        println!("SKIP: tshark_finds_good_checksums: tshark is not installed");
        return;
    };
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split('|').collect()).collect();
    assert_eq!(lines.len(), frames().len(), "{text}");
    assert_eq!(lines[0][0], "1700000000.123456789");
    for line in &lines[..4] {
        assert_eq!(line[1], "1", "VRRP checksum in {line:?}");
    }
    for line in &lines[5..] {
        assert_eq!(line[4], "1", "ICMPv6 checksum in {line:?}");
    }
    // What tshark has to say about an ARP is that it is gratuitous.
    for line in &lines {
        assert!(line[2].is_empty() || line[3] == "True" || line[3] == "1", "{line:?}");
    }
    assert!(lines[4][5].contains("Gratuitous ARP for 192.0.2.100"), "{:?}", lines[4]);
    assert!(lines[5][5].contains("(rtr, ovr) is at 02:00:00:00:00:01"), "{:?}", lines[5]);
    assert!(lines[6][5].contains("(ovr) is at 02:00:00:00:00:01"), "{:?}", lines[6]);
}

/// Every packet of a capture, with its link.
fn packets(name: &str) -> Vec<(Link, Vec<u8>)> {
    let path = format!("{}/tests/data/captures/{name}", env!("CARGO_MANIFEST_DIR"));
    let mut decoder = Decoder::default();
    decoder.push(&std::fs::read(path).unwrap());
    let mut packets = Vec::new();
    while let Some(record) = decoder.next_record().unwrap() {
        packets.push((record.link, record.bytes.to_vec()));
    }
    packets
}

#[test]
fn what_keepalived_and_frr_sent_is_written_again_byte_for_byte() {
    let (mut adverts, mut announcements) = (0, 0);
    for name in ["keepalived-v2.pcap", "keepalived-v3.pcap", "frr-v3.pcap"] {
        for (link, bytes) in packets(name) {
            let packet = Packet::parse(link, &bytes);
            match packet.content.unwrap() {
                Content::Vrrp { ip, payload, .. } => {
                    let parsed = Advert::parse(payload, ip.source, ip.destination).unwrap();
                    assert_ne!(parsed.checksum, ChecksumSeen::Wrong);
                    assert_eq!(
                        (parsed.trailing, parsed.reserved, ip.ttl, ip.tos),
                        (0, 0, 255, 0xc0)
                    );
                    let variant = ChecksumVariant::PseudoHeader;
                    assert_eq!(parsed.advert.emit(ip.source, ip.destination, variant), payload);
                    adverts += 1;
                }
                // keepalived's; FRR's have the cooked link header and other flags.
                Content::Arp(arp) if link == Link::Ethernet && arp.is_gratuitous() => {
                    assert_eq!(gratuitous_arp(arp.sender_mac, arp.sender), bytes);
                    announcements += 1;
                }
                Content::Neighbor(na) if link == Link::Ethernet => {
                    let mac = na.link_layer.unwrap();
                    assert_eq!(unsolicited_na(mac, na.target, na.target, na.router), bytes);
                    announcements += 1;
                }
                _ => {}
            }
        }
    }
    assert_eq!((adverts, announcements), (47, 18));
}

fn auth() -> impl Strategy<Value = Auth> {
    (any::<u8>(), any::<[u8; 8]>()).prop_map(|(kind, data)| Auth::new(kind, data))
}

fn v4_list() -> impl Strategy<Value = Vec<IpAddr>> {
    proptest::collection::vec(any::<Ipv4Addr>().prop_map(IpAddr::V4), 0..=255)
}

fn v6_list() -> impl Strategy<Value = Vec<IpAddr>> {
    proptest::collection::vec(any::<Ipv6Addr>().prop_map(IpAddr::V6), 0..=255)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_version_2_advert_reads_back(
        (vrid, priority, seconds) in any::<(u8, u8, u8)>(), auth in auth(), addresses in v4_list(),
        (source, destination) in any::<(Ipv4Addr, Ipv4Addr)>(),
    ) {
        let advertisement_interval = Duration::from_secs(seconds.into());
        let version = Version::V2;
        let advert = Advert { version, vrid, priority, advertisement_interval, auth, addresses };
        let (source, destination) = (source.into(), destination.into());
        let message = advert.emit(source, destination, ChecksumVariant::PseudoHeader);
        let parsed = Advert::parse(&message, source, destination).unwrap();
        prop_assert_eq!(parsed.advert, advert);
        prop_assert_eq!(parsed.checksum, ChecksumSeen::MessageOnly);
    }

    #[test]
    fn every_version_3_advert_reads_back(
        (vrid, priority) in any::<(u8, u8)>(), centiseconds in 0_u64..4096,
        addresses in v6_list(), (source, destination) in any::<(Ipv6Addr, Ipv6Addr)>(),
    ) {
        let advertisement_interval = Duration::from_millis(centiseconds * 10);
        let (version, auth) = (Version::V3, Auth::None);
        let advert = Advert { version, vrid, priority, advertisement_interval, auth, addresses };
        let (source, destination) = (source.into(), destination.into());
        let message = advert.emit(source, destination, ChecksumVariant::PseudoHeader);
        let parsed = Advert::parse(&message, source, destination).unwrap();
        prop_assert_eq!(parsed.advert, advert);
        prop_assert_eq!(parsed.checksum, ChecksumSeen::PseudoHeader);
    }

    #[test]
    fn one_flipped_bit_never_passes_the_checksum(
        addresses in v4_list(), at in any::<prop::sample::Index>(), bit in 0_u32..8,
    ) {
        let (source, group) = (Ipv4Addr::new(192, 0, 2, 1).into(), GROUP_V4.into());
        let mut message =
            advert(Version::V3, Auth::None, &addresses).emit(source, group, ChecksumVariant::PseudoHeader);
        let at = at.index(message.len());
        message[at] ^= 1_u8 << bit;
        // A bit of version, type or count makes it malformed, or leaves bytes over.
        if let Ok(parsed) = Advert::parse(&message, source, group)
            && parsed.trailing == 0
            && parsed.advert.version == Version::V3
        {
            prop_assert_ne!(parsed.checksum, ChecksumSeen::PseudoHeader);
        }
    }
}
