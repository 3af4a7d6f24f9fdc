//! Every packet ends in exactly one counter, and hostile ones change nothing.

use super::*;
use crate::engine::vrrp::Event;
use crate::wire::ah;

fn counters(bench: &Bench) -> Counters {
    bench.node.status(RouterId(0)).unwrap().counters
}

#[test]
fn a_flood_of_bad_packets_changes_nothing_and_is_told_once() {
    let mut bench = Bench::master(single(100));
    bench.run_until(ms(500));
    for _ in 0..1_000 {
        bench.hear_bytes("eth0", HIGH, &[0x31, 1, 200, 1, 0, 100, 0, 0, 10, 0, 0, 100]);
        bench.hear_bytes("eth0", HIGH, &[0x31, 1, 200]);
        bench.hear_bytes("eth0", HIGH, &[0x31]);
        bench.hear_bytes("eth0", HIGH, &[0x31, 9, 200, 0, 0, 100, 0, 0]);
    }
    assert_eq!(
        bench.take(),
        [
            "event dropped:source:10.0.0.11,drop:checksum",
            "event dropped:source:10.0.0.11,drop:length"
        ]
    );
    let own = counters(&bench).dropped;
    assert_eq!((own[&Drop::Checksum], own[&Drop::Length]), (1_000, 1_000));
    let strangers = bench.node.counters().dropped;
    assert_eq!((strangers[&Drop::Length], strangers[&Drop::Vrid]), (1_000, 1_000));
    assert_eq!((bench.state(), bench.due()), (State::Master, Some(1_000_000)));
}

#[test]
fn a_flood_of_losing_adverts_is_answered_a_bounded_number_of_times() {
    let mut bench = Bench::master(single(100));
    for _ in 0..1_000 {
        bench.hear(LOW, 50);
        bench.hear(LOW, 0);
    }
    let sent = bench.take().iter().filter(|line| line.starts_with("send")).count();
    assert_eq!(sent, 16);
    bench.run_until(ms(1_000));
    assert_eq!(bench.take(), ["send 100"], "our own schedule is not put off");
    bench.hear(LOW, 50);
    assert!(bench.take().contains(&"send 100".to_owned()));
}

#[test]
fn another_host_with_our_source_address_is_told_of() {
    let mut bench = Bench::master(single(100));
    bench.hear(OWN, 100);
    assert_eq!(bench.take(), [""; 0], "our own advert came back");
    bench.hear(OWN, 200);
    bench.hear(OWN, 200);
    assert_eq!(bench.take(), ["event duplicate_source:source:10.0.0.10"]);
    assert_eq!(counters(&bench).dropped[&Drop::OwnPacket], 3);
    assert_eq!(bench.state(), State::Master);
}

#[test]
fn oddities_are_told_once_for_each_sender() {
    let mut bench = Bench::backup(single(100));
    let odd = Advert { addresses: vec![OWN], ..advert(&single(100), 200) };
    for _ in 0..3 {
        bench.hear_advert(HIGH, &odd);
    }
    assert_eq!(counters(&bench).address_list_differs, 3);
    let lines = bench.take();
    let told = lines.iter().filter(|line| line.contains("address_list_differs")).count();
    assert_eq!(told, 1, "{lines:?}");
}

#[test]
fn skip_check_addresses_trusts_the_master_it_knows() {
    let config = RouterConfig { skip_check_addresses: true, ..single(100) };
    let odd = Advert { addresses: vec![OWN], ..advert(&config, 200) };
    let mut bench = Bench::backup(config);
    for _ in 0..3 {
        bench.hear_advert(HIGH, &odd);
    }
    assert_eq!(counters(&bench).address_list_differs, 1);
}

#[test]
fn a_router_in_init_or_fault_listens_to_nobody() {
    let mut bench = Bench::idle(&node(vec![single(100)]));
    bench.hear(HIGH, 200);
    bench.link(&down());
    bench.node.start(START);
    bench.hear(HIGH, 200);
    assert_eq!(counters(&bench).dropped[&Drop::NotListening], 2);
    assert_eq!(counters(&bench).adverts_accepted, 0);
}

#[test]
fn counters_follow_what_is_sent_and_heard() {
    let mut bench = Bench::master(single(100));
    bench.run_until(ms(2_000));
    bench.hear(HIGH, 0);
    bench.hear(HIGH, 200);
    let seen = counters(&bench);
    assert_eq!(
        seen,
        Counters {
            adverts_sent: 5,
            adverts_accepted: 2,
            priority_zero_received: 1,
            became_master: 1,
            released_master: 1,
            ..Counters::default()
        }
    );
}

#[test]
fn unicast_and_multicast_routers_may_share_a_vrid() {
    let peers = vec![UnicastPeer { address: HIGH, min_ttl: None, max_ttl: None }];
    let unicast = RouterConfig { peers, ..router("U", 1, 100) };
    let mut bench = Bench::started(&node(vec![single(100), unicast]));
    let bytes = advert(&single(100), 200).emit(HIGH, OWN, vrrp::ChecksumVariant::PseudoHeader);
    let datagram =
        Datagram { source: HIGH, destination: OWN, ttl: 3, identification: None, payload: &bytes };
    bench.node.handle_datagram(START, "eth0", &datagram);
    assert_eq!(bench.take(), ["1: event master_seen:source:10.0.0.11,priority:200"]);
}

#[test]
fn status_names_the_master_and_ourselves() {
    let mut bench = Bench::backup(single(100));
    bench.hear(HIGH, 200);
    let status = bench.node.status(RouterId(0)).unwrap();
    assert_eq!((status.master, status.master_priority), (Some(HIGH), Some(200)));
    bench.command(&Command::Promote);
    let status = bench.node.status(RouterId(0)).unwrap();
    assert_eq!((status.master, status.master_priority), (Some(OWN), Some(100)));
    assert_eq!(status.addresses, [VIP.parse::<IpAddr>().unwrap()]);
    assert!(matches!(bench.node.poll_action(), Some((_, Action::Event(Event::MasterSeen { .. })))));
}

/// A version 2 router whose adverts are sealed.
fn sealed() -> RouterConfig {
    let advertisement_interval = std::time::Duration::from_secs(1);
    let auth = Auth::Ah(*b"secret\0\0");
    RouterConfig { version: Version::V2, auth, advertisement_interval, ..single(100) }
}

/// An advert of `priority` from `HIGH`, sealed with a sequence number.
fn hear_sealed(bench: &mut Bench, priority: u8, sequence: u32) {
    let IpAddr::V4(source) = HIGH else { panic!("{HIGH} is IPv4") };
    let config = sealed();
    let Auth::Ah(key) = config.auth else { panic!("it is sealed") };
    let advert = Advert { auth: config.auth, ..advert(&config, priority) };
    let to = vrrp::GROUP_V4;
    let message = advert.emit(HIGH, to.into(), vrrp::ChecksumVariant::PseudoHeader);
    let identification = ah::Outer::identification(sequence);
    let payload = ah::Outer { source, destination: to, ttl: 255, identification }
        .seal(key, sequence, &message);
    let datagram = Datagram {
        source: HIGH,
        destination: to.into(),
        ttl: 255,
        identification: Some(identification),
        payload: &payload,
    };
    bench.node.handle_datagram(bench.now, "eth0", &datagram);
}

#[test]
fn a_copy_of_an_authenticated_advert_is_no_sign_of_life() {
    let mut bench = Bench::backup(sealed());
    hear_sealed(&mut bench, 200, 1_000);
    for sequence in [1_000, 999] {
        bench.run_until(ms(2_000));
        hear_sealed(&mut bench, 200, sequence);
    }
    assert_eq!(counters(&bench).dropped, [(Drop::Replayed, 2)].into());
    bench.run_until(ms(3_700));
    assert_eq!(bench.state(), State::Master);
}

#[test]
fn a_new_master_goes_on_counting_where_the_old_one_was() {
    let mut bench = Bench::backup(sealed());
    hear_sealed(&mut bench, 200, 1_000_000);
    hear_sealed(&mut bench, 0, 1_000_001);
    bench.run_until(ms(1_700));
    let mut sequences = Vec::new();
    while let Some((_, action)) = bench.node.poll_action() {
        let Action::Send(transmit) = action else { continue };
        assert!(transmit.sealed);
        let packet = ah::Packet::parse(&transmit.packets[0].1).unwrap();
        sequences.push(packet.sequence);
    }
    assert_eq!(sequences[..2], [1_000_002, 1_000_003]);
}
