//! One row for each check, and the order between them.

use std::time::Duration;

use super::*;
use crate::engine::vrrp::UnicastPeer;
use crate::engine::vrrp::testing::{HIGH, LOW, OWN, advert, single, vip};
use crate::wire::vrrp::{ChecksumVariant, GROUP_V4};

const GROUP: IpAddr = IpAddr::V4(GROUP_V4);

fn v2() -> RouterConfig {
    RouterConfig { version: Version::V2, auth: Auth::Pass(*b"secret\0\0"), ..single(100) }
}

fn unicast(min_ttl: Option<u8>) -> RouterConfig {
    let peers = vec![UnicastPeer { address: HIGH, min_ttl, max_ttl: None }];
    RouterConfig { peers, check_unicast_source: true, ..single(100) }
}

/// The verdict on an advert as `config` would send it, with changes.
struct Try {
    config: RouterConfig,
    advert: Advert,
    source: IpAddr,
    destination: IpAddr,
    ttl: u8,
    variant: ChecksumVariant,
    damage: fn(&mut Vec<u8>),
}

impl Try {
    fn new(config: RouterConfig) -> Self {
        let destination = if config.peers.is_empty() { GROUP } else { OWN };
        Self {
            advert: advert(&config, 200),
            config,
            source: HIGH,
            destination,
            ttl: 255,
            variant: ChecksumVariant::PseudoHeader,
            damage: |_| {},
        }
    }

    fn verdict(&self) -> Result<Accepted, Drop> {
        let mut payload = self.advert.emit(self.source, self.destination, self.variant);
        (self.damage)(&mut payload);
        let (source, destination) = (self.source, self.destination);
        check(
            &self.config,
            &Datagram {
                source,
                destination,
                ttl: self.ttl,
                identification: None,
                payload: &payload,
            },
        )
    }
}

#[test]
fn what_a_peer_sends_is_accepted() {
    for config in [single(100), v2(), unicast(None)] {
        let accepted = Try::new(config).verdict().unwrap();
        assert_eq!(accepted.advert.priority, 200);
        assert!(!accepted.address_list_differs && !accepted.interval_differs);
    }
}

#[test]
fn both_checksums_of_version_3_are_accepted_whichever_we_send() {
    for variant in [ChecksumVariant::PseudoHeader, ChecksumVariant::MessageOnly] {
        assert!(Try { variant, ..Try::new(single(100)) }.verdict().is_ok(), "{variant:?}");
    }
}

#[test]
fn every_check_has_its_own_reason() {
    let plain = || Try::new(single(100));
    let interval = |config: RouterConfig, seconds| Advert {
        advertisement_interval: Duration::from_secs(seconds),
        ..advert(&config, 200)
    };
    let rows = [
        (Drop::Length, Try { damage: |bytes| bytes.truncate(7), ..plain() }),
        (Drop::Length, Try { damage: |bytes| bytes.truncate(11), ..plain() }),
        (Drop::Length, Try { damage: |bytes| bytes.resize(27, 0), ..plain() }),
        (Drop::Ttl, Try { ttl: 254, ..plain() }),
        (Drop::Ttl, Try { ttl: 253, ..Try::new(unicast(Some(254))) }),
        (Drop::Version, Try { damage: |bytes| bytes[0] = 0x41, ..plain() }),
        (Drop::Version, Try { config: single(100), ..Try::new(v2()) }),
        (Drop::Type, Try { damage: |bytes| bytes[0] = 0x32, ..plain() }),
        (
            Drop::AuthType,
            Try { advert: Advert { auth: Auth::None, ..Try::new(v2()).advert }, ..Try::new(v2()) },
        ),
        (
            Drop::AuthType,
            Try {
                advert: Advert { auth: Auth::Other(2, [0; 8]), ..Try::new(v2()).advert },
                ..Try::new(v2())
            },
        ),
        (
            Drop::AuthFailed,
            Try {
                advert: Advert { auth: Auth::Pass(*b"secreT\0\0"), ..Try::new(v2()).advert },
                ..Try::new(v2())
            },
        ),
        (Drop::Interval, Try { advert: interval(v2(), 2), ..Try::new(v2()) }),
        (Drop::IntervalZero, Try { advert: interval(single(100), 0), ..plain() }),
        (Drop::Checksum, Try { damage: |bytes| bytes[2] ^= 1, ..plain() }),
        (Drop::Vrid, Try { advert: Advert { vrid: 2, ..plain().advert }, ..plain() }),
        (Drop::Destination, Try { destination: OWN, ..plain() }),
        (Drop::Destination, Try { destination: "224.0.0.99".parse().unwrap(), ..plain() }),
        (Drop::Destination, Try { destination: GROUP, ..Try::new(unicast(None)) }),
        (Drop::Peer, Try { source: LOW, ..Try::new(unicast(None)) }),
        (
            Drop::AddressCount,
            Try { advert: Advert { addresses: vec![], ..plain().advert }, ..plain() },
        ),
        (Drop::Owner, Try::new(RouterConfig { owner_ignores_adverts: true, ..single(255) })),
    ];
    for (index, (drop, attempt)) in rows.iter().enumerate() {
        assert_eq!(attempt.verdict(), Err(*drop), "row {index}");
    }
}

#[test]
fn the_first_check_that_fails_names_the_reason() {
    let broken = |bytes: &mut Vec<u8>| bytes[7] ^= 1;
    let ttl = Try { ttl: 1, damage: broken, ..Try::new(single(100)) };
    assert_eq!(ttl.verdict(), Err(Drop::Ttl));
    let mut auth = Try { damage: broken, ..Try::new(v2()) };
    auth.advert.auth = Auth::None;
    assert_eq!(auth.verdict(), Err(Drop::AuthType));
    let checksum = Try { destination: OWN, damage: broken, ..Try::new(single(100)) };
    assert_eq!(checksum.verdict(), Err(Drop::Checksum));
}

#[test]
fn ethernet_padding_is_tolerated() {
    let padded = Try { damage: |bytes| bytes.resize(26, 0), ..Try::new(single(100)) };
    assert!(padded.verdict().is_ok());
}

#[test]
fn differences_that_are_no_reason_to_drop_are_reported() {
    let mut attempt = Try::new(single(100));
    attempt.advert.addresses = vec![OWN];
    attempt.advert.advertisement_interval = Duration::from_millis(500);
    let accepted = attempt.verdict().unwrap();
    assert!(accepted.address_list_differs && accepted.interval_differs);
}

#[test]
fn the_order_of_addresses_does_not_matter() {
    let mut config = single(100);
    config.addresses.push(vip("10.0.0.200"));
    let mut attempt = Try::new(config);
    attempt.advert.addresses.reverse();
    assert!(!attempt.verdict().unwrap().address_list_differs);
}

#[test]
fn a_router_without_addresses_accepts_a_peer_that_has_none() {
    let config = RouterConfig { addresses: vec![], ..single(100) };
    assert!(Try::new(config).verdict().is_ok());
}

#[test]
fn inspection_needs_no_configuration() {
    let good = advert(&single(100), 200);
    let inspect_as = |advert: &Advert, ttl| {
        let payload = advert.emit(HIGH, GROUP, ChecksumVariant::PseudoHeader);
        inspect(
            Rules::Keepalived,
            &Datagram {
                source: HIGH,
                destination: GROUP,
                ttl,
                identification: None,
                payload: &payload,
            },
        )
        .map(|message| message.priority)
    };
    assert_eq!(inspect_as(&good, 255), Ok(200));
    assert_eq!(inspect_as(&good, 64), Err(Drop::Ttl));
    let empty = Advert { addresses: vec![], ..good.clone() };
    assert_eq!(inspect_as(&empty, 255), Err(Drop::AddressCount));
    let zero = Advert { advertisement_interval: Duration::ZERO, ..good };
    assert_eq!(inspect_as(&zero, 255), Err(Drop::IntervalZero));
}

#[test]
fn only_what_is_sealed_with_our_key_is_accepted_where_ours_is_sealed() {
    const KEY: [u8; 8] = *b"secret\0\0";
    let IpAddr::V4(source) = HIGH else { panic!("{HIGH} is IPv4") };
    let config = RouterConfig { auth: Auth::Ah(KEY), ..v2() };
    let message = |auth| {
        let advert = Advert { auth, ..advert(&config, 200) };
        advert.emit(HIGH, GROUP, ChecksumVariant::PseudoHeader)
    };
    let outer = ah::Outer { source, destination: GROUP_V4, ttl: 255, identification: 9 };
    let judge = |config: &RouterConfig, payload: &[u8], identification| {
        let (source, destination) = (HIGH, GROUP);
        let datagram = Datagram { source, destination, ttl: 255, identification, payload };
        check(config, &datagram).map(|accepted| accepted.sequence)
    };
    let sealed = outer.seal(KEY, 9, &message(config.auth));
    assert_eq!(judge(&config, &sealed, Some(9)), Ok(Some(9)));
    let foreign = outer.seal(*b"another\0", 9, &message(config.auth));
    assert_eq!(judge(&config, &foreign, Some(9)), Err(Drop::AuthFailed));
    assert_eq!(judge(&config, &sealed, Some(8)), Err(Drop::AuthFailed));
    // The seal says which authentication it is, and the advert has to agree.
    let contrary = outer.seal(KEY, 9, &message(Auth::Pass(KEY)));
    assert_eq!(judge(&config, &contrary, Some(9)), Err(Drop::AuthType));
    assert_eq!(judge(&config, &message(config.auth), None), Err(Drop::AuthType));
    assert_eq!(judge(&v2(), &sealed, Some(9)), Err(Drop::AuthType));
    for length in 0..sealed.len() {
        assert!(judge(&config, &sealed[..length], Some(9)).is_err(), "{length}");
    }
}
