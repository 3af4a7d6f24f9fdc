//! Literals with sums worked out by hand, and round trips.

use super::*;

const SOURCE: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
const GROUP: IpAddr = IpAddr::V4(GROUP_V4);

fn advert(version: Version) -> Advert {
    Advert {
        version,
        vrid: 51,
        priority: 100,
        advertisement_interval: Duration::from_secs(1),
        auth: Auth::None,
        addresses: vec![IpAddr::V4(Ipv4Addr::new(10, 0, 0, 100))],
    }
}

/// 0x2133+0x6401+0x0001+0x0a00+0x0064 = 0x8f99, complement 0x7066.
const V2: [u8; 20] = [0x21, 51, 100, 1, 0, 1, 0x70, 0x66, 10, 0, 0, 100, 0, 0, 0, 0, 0, 0, 0, 0];

#[test]
fn version_2_sums_the_message_alone() {
    assert_eq!(advert(Version::V2).emit(SOURCE, GROUP, ChecksumVariant::PseudoHeader), V2);
    let parsed = Advert::parse(&V2, SOURCE, GROUP).unwrap();
    assert_eq!(parsed.advert, advert(Version::V2));
    assert_eq!(parsed.checksum, ChecksumSeen::MessageOnly);
    assert_eq!((parsed.checksum_field, parsed.reserved, parsed.trailing), (0x7066, 0, 0));
}

#[test]
fn version_3_over_ipv4_knows_three_checksums() {
    let peer = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 2));
    let advert = advert(Version::V3);
    let seen = |message: &[u8], to| Advert::parse(message, SOURCE, to).unwrap().checksum;

    let pseudo = advert.emit(SOURCE, peer, ChecksumVariant::PseudoHeader);
    assert_eq!(seen(&pseudo, peer), ChecksumSeen::PseudoHeader);
    let plain = advert.emit(SOURCE, peer, ChecksumVariant::MessageOnly);
    assert_eq!(seen(&plain, peer), ChecksumSeen::MessageOnly);
    let old = advert.emit(SOURCE, GROUP, ChecksumVariant::PseudoHeader);
    assert_eq!(seen(&old, peer), ChecksumSeen::OldUnicast);
    assert_eq!(seen(&old, GROUP), ChecksumSeen::PseudoHeader);
    assert_eq!(seen(&pseudo, GROUP), ChecksumSeen::Wrong);
}

#[test]
fn padding_is_counted_and_not_summed() {
    let mut padded = V2.to_vec();
    padded.extend([0xee; 6]);
    let parsed = Advert::parse(&padded, SOURCE, GROUP).unwrap();
    assert_eq!((parsed.trailing, parsed.checksum), (6, ChecksumSeen::MessageOnly));
}

#[test]
fn reserved_bits_and_a_zero_interval_are_told() {
    let mut message = advert(Version::V3).emit(SOURCE, GROUP, ChecksumVariant::PseudoHeader);
    message[4] = 0xa0;
    message[5] = 0;
    let parsed = Advert::parse(&message, SOURCE, GROUP).unwrap();
    assert_eq!(parsed.reserved, 0xa);
    assert_eq!(parsed.advert.advertisement_interval, Duration::ZERO);
}

#[test]
fn every_way_of_being_malformed_has_a_name() {
    let parse = |bytes: &[u8]| Advert::parse(bytes, SOURCE, GROUP).unwrap_err();
    assert_eq!(parse(&[]), Malformed::Header { have: 0 });
    assert_eq!(parse(&V2[..7]), Malformed::Header { have: 7 });
    assert_eq!(parse(&V2[..19]), Malformed::Addresses { have: 19, need: 20, count: 1 });
    let mut other = V2;
    other[0] = 0x41;
    assert_eq!(parse(&other), Malformed::Version(4));
    other[0] = 0x32;
    assert_eq!(parse(&other), Malformed::Type(2));
    let mixed = Advert::parse(&V2, SOURCE, GROUP_V6.into()).unwrap_err();
    assert_eq!(mixed, Malformed::Families);
}

#[test]
fn what_the_format_cannot_say_is_cut() {
    let mut advert = advert(Version::V3);
    advert.advertisement_interval = Duration::from_secs(100);
    advert.addresses = vec![SOURCE; 300];
    advert.addresses.insert(0, GROUP_V6.into());
    let message = advert.emit(SOURCE, GROUP, ChecksumVariant::MessageOnly);
    let parsed = Advert::parse(&message, SOURCE, GROUP).unwrap();
    assert_eq!(parsed.advert.advertisement_interval, MAX_INTERVAL_V3);
    assert_eq!(parsed.advert.addresses, vec![SOURCE; 255]);
    assert_eq!(parsed.checksum, ChecksumSeen::MessageOnly);
}
