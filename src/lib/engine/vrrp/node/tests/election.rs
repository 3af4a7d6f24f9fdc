//! RFC 9568 section 6.4 (and RFC 3768 section 6.4 where it differs), sentence by sentence.

use super::*;

const PLAIN: u8 = 100;
/// Three intervals of one second and the skew of priority 100, in microseconds.
const DOWN: u64 = 3_609_375;

struct Row {
    /// The sentence.
    says: &'static str,
    bench: Bench,
    input: fn(&mut Bench),
    actions: &'static [&'static str],
    state: State,
    /// Microseconds after `START`.
    due: Option<u64>,
}

fn check(rows: Vec<Row>) {
    for Row { says, mut bench, input, actions, state, due } in rows {
        input(&mut bench);
        assert_eq!(bench.take(), actions, "{says}");
        assert_eq!(bench.state(), state, "{says}");
        assert_eq!(bench.due(), due, "{says}");
    }
}

#[test]
fn startup_follows_section_6_4_1() {
    check(vec![
        Row {
            says: "If the Priority is 255: send an ADVERTISEMENT, announce, set the Adver_Timer, \
                   transition to Active",
            bench: Bench::idle(&node(vec![single(255)])),
            input: |bench| bench.node.start(START),
            actions: &[
                "send 255",
                "install 10.0.0.100",
                "announce 10.0.0.100 x5 became_master",
                "init -> master: address_owner",
            ],
            state: State::Master,
            due: Some(1_000_000),
        },
        Row {
            says: "(keepalived: unless the owner is written as state BACKUP)",
            bench: Bench::idle(&node(vec![RouterConfig {
                starts_as_master: false,
                ..single(255)
            }])),
            input: |bench| bench.node.start(START),
            actions: &["init -> backup: startup"],
            state: State::Backup,
            due: Some(3_003_906),
        },
        Row {
            says: "else: set Active_Down_Timer to Active_Down_Interval, transition to Backup",
            bench: Bench::idle(&node(vec![single(PLAIN)])),
            input: |bench| bench.node.start(START),
            actions: &["init -> backup: startup"],
            state: State::Backup,
            due: Some(DOWN),
        },
    ]);
}

#[test]
fn a_backups_timer_and_end_follow_section_6_4_2() {
    let backup = || Bench::backup(single(PLAIN));
    check(vec![
        Row {
            says: "If a Shutdown event is received: cancel the Active_Down_Timer, transition to \
                   Initialize",
            bench: backup(),
            input: |bench| bench.command(&Command::Stop),
            actions: &["backup -> stopped: stop"],
            state: State::Stopped,
            due: None,
        },
        Row {
            says: "If the Active_Down_Timer fires: send an ADVERTISEMENT, announce, set the \
                   Adver_Timer, transition to Active",
            bench: backup(),
            input: |bench| bench.run_until(ms(3_700)),
            actions: &[
                "send 100",
                "install 10.0.0.100",
                "announce 10.0.0.100 x5 became_master",
                "backup -> master: master_down_timer",
            ],
            state: State::Master,
            due: Some(DOWN + 1_000_000),
        },
        Row {
            says: "If the Priority in the ADVERTISEMENT is zero: set the Active_Down_Timer to \
                   Skew_Time",
            bench: backup(),
            input: |bench| {
                bench.run_until(ms(500));
                bench.hear(LOW, 0);
            },
            actions: &[],
            state: State::Backup,
            due: Some(500_000 + 609_375),
        },
        Row {
            says: "... and the timer fires after it",
            bench: backup(),
            input: |bench| {
                bench.hear(LOW, 0);
                bench.run_until(ms(610));
            },
            actions: &[
                "send 100",
                "install 10.0.0.100",
                "announce 10.0.0.100 x5 became_master",
                "backup -> master: master_stopped",
            ],
            state: State::Master,
            due: Some(609_375 + 1_000_000),
        },
    ]);
}

#[test]
fn a_backup_hears_adverts_as_section_6_4_2_says() {
    let backup = || Bench::backup(single(PLAIN));
    check(vec![
        Row {
            says: "If the Priority is greater than the local Priority: reset the \
                   Active_Down_Timer to Active_Down_Interval",
            bench: backup(),
            input: |bench| {
                bench.run_until(ms(3_000));
                bench.hear(LOW, 101);
            },
            actions: &["event master_seen:source:10.0.0.9,priority:101"],
            state: State::Backup,
            due: Some(3_000_000 + DOWN),
        },
        Row {
            says: "If the Priority is equal to the local Priority (whatever the address): reset",
            bench: backup(),
            input: |bench| {
                bench.run_until(ms(3_000));
                bench.hear(LOW, PLAIN);
            },
            actions: &["event master_seen:source:10.0.0.9,priority:100"],
            state: State::Backup,
            due: Some(3_000_000 + DOWN),
        },
        Row {
            says: "If Preempt_Mode is false: reset on any Priority",
            bench: Bench::backup(RouterConfig { preempt: Preempt::Never, ..single(PLAIN) }),
            input: |bench| {
                bench.run_until(ms(3_000));
                bench.hear(LOW, 1);
            },
            actions: &["event master_seen:source:10.0.0.9,priority:1"],
            state: State::Backup,
            due: Some(3_000_000 + DOWN),
        },
        Row {
            says: "else: discard the ADVERTISEMENT (the timer runs on)",
            bench: backup(),
            input: |bench| {
                bench.run_until(ms(3_000));
                bench.hear(LOW, 99);
            },
            actions: &["event master_seen:source:10.0.0.9,priority:99"],
            state: State::Backup,
            due: Some(DOWN),
        },
        Row {
            says: "Set Active_Adver_Interval to the Max Advertise Interval of the ADVERTISEMENT, \
                   recompute Skew_Time and Active_Down_Interval",
            bench: backup(),
            input: |bench| {
                let config = single(PLAIN);
                let interval = Duration::from_secs(2);
                let slow = Advert { advertisement_interval: interval, ..advert(&config, 200) };
                bench.hear_advert(LOW, &slow);
            },
            actions: &[
                "event interval_differs:source:10.0.0.9,interval_us:2000000",
                "event master_seen:source:10.0.0.9,priority:200",
            ],
            state: State::Backup,
            due: Some(2 * DOWN),
        },
    ]);
}

#[test]
fn a_masters_timer_and_end_follow_section_6_4_3() {
    let master = || Bench::master(single(PLAIN));
    check(vec![
        Row {
            says: "If a Shutdown event is received: cancel the Adver_Timer, send an ADVERTISEMENT \
                   with Priority = 0, transition to Initialize (the addresses stay for a while)",
            bench: master(),
            input: |bench| {
                bench.run_until(ms(300));
                bench.command(&Command::Stop);
            },
            actions: &["send 0", "cancel", "master -> stopped: stop"],
            state: State::Stopped,
            due: Some(1_300_000),
        },
        Row {
            says: "If the Adver_Timer fires: send an ADVERTISEMENT, reset the Adver_Timer",
            bench: master(),
            input: |bench| bench.run_until(ms(2_500)),
            actions: &["send 100", "send 100"],
            state: State::Master,
            due: Some(3_000_000),
        },
        Row {
            says: "If the Priority is zero: send an ADVERTISEMENT, reset the Adver_Timer",
            bench: master(),
            input: |bench| {
                bench.run_until(ms(700));
                bench.hear(HIGH, 0);
            },
            actions: &["send 100"],
            state: State::Master,
            due: Some(1_700_000),
        },
    ]);
}

#[test]
fn a_master_gives_way_as_section_6_4_3_says() {
    let master = || Bench::master(single(PLAIN));
    check(vec![
        Row {
            says: "If the Priority is greater than the local Priority: cancel the Adver_Timer, \
                   set the Active_Down_Timer, transition to Backup (one last advert tells the \
                   winner that it was not alone)",
            bench: master(),
            input: |bench| {
                bench.run_until(ms(700));
                bench.hear(LOW, 101);
            },
            actions: &[
                "send 100",
                "cancel",
                "withdraw 10.0.0.100",
                "master -> backup: higher_priority:10.0.0.9",
                "event master_seen:source:10.0.0.9,priority:101",
            ],
            state: State::Backup,
            due: Some(700_000 + DOWN),
        },
        Row {
            says: "If equal and the sender's address is greater than the local one: the same",
            bench: Bench::master(RouterConfig {
                higher_priority_send_advert: false,
                ..single(PLAIN)
            }),
            input: |bench| bench.hear(HIGH, PLAIN),
            actions: &[
                "cancel",
                "withdraw 10.0.0.100",
                "master -> backup: higher_address:10.0.0.11",
                "event master_seen:source:10.0.0.11,priority:100",
            ],
            state: State::Backup,
            due: Some(DOWN),
        },
        Row {
            says: "The new backup's timer follows the interval of the advert that beat it",
            bench: master(),
            input: |bench| {
                let interval = Duration::from_secs(2);
                let slow =
                    Advert { advertisement_interval: interval, ..advert(&single(PLAIN), 200) };
                bench.hear_advert(LOW, &slow);
            },
            actions: &[
                "event interval_differs:source:10.0.0.9,interval_us:2000000",
                "send 100",
                "cancel",
                "withdraw 10.0.0.100",
                "master -> backup: higher_priority:10.0.0.9",
                "event master_seen:source:10.0.0.9,priority:200",
            ],
            state: State::Backup,
            due: Some(2 * DOWN),
        },
    ]);
}

#[test]
fn a_master_asserts_itself_as_section_6_4_3_says() {
    let master = || Bench::master(single(PLAIN));
    check(vec![
        Row {
            says: "else: discard the ADVERTISEMENT, send an ADVERTISEMENT immediately",
            bench: master(),
            input: |bench| {
                bench.run_until(ms(700));
                bench.hear(HIGH, 99);
            },
            actions: &[
                "send 100",
                "announce 10.0.0.100 x5 lower_priority_heard",
                "event lower_priority_heard:source:10.0.0.11,priority:99",
            ],
            state: State::Master,
            due: Some(1_000_000),
        },
        Row {
            says: "else, equal priority and the sender's address is smaller: the same",
            bench: Bench::master(RouterConfig { lower_priority_no_advert: true, ..single(PLAIN) }),
            input: |bench| bench.hear(LOW, PLAIN),
            actions: &[
                "announce 10.0.0.100 x5 lower_priority_heard",
                "event lower_priority_heard:source:10.0.0.9,priority:100",
            ],
            state: State::Master,
            due: Some(1_000_000),
        },
    ]);
}

fn version_2(priority: u8) -> RouterConfig {
    RouterConfig {
        version: Version::V2,
        advertisement_interval: Duration::from_secs(2),
        auth: Auth::Pass(*b"123456\0\0"),
        ..single(priority)
    }
}

#[test]
fn version_2_differs_where_rfc_3768_does() {
    // 3 x 2 s and a skew that does not depend on the interval.
    const DOWN_V2: u64 = 6_609_375;
    check(vec![
        Row {
            says: "Skew_Time is (256 - Priority) / 256 seconds",
            bench: Bench::backup(version_2(PLAIN)),
            input: |_| {},
            actions: &[],
            state: State::Backup,
            due: Some(DOWN_V2),
        },
        Row {
            says: "an Adver Interval other than the locally configured one is discarded",
            bench: Bench::backup(version_2(PLAIN)),
            input: |bench| {
                bench.run_until(ms(1_000));
                let interval = Duration::from_secs(1);
                let quick =
                    Advert { advertisement_interval: interval, ..advert(&version_2(200), 200) };
                bench.hear_advert(LOW, &quick);
            },
            actions: &["event dropped:source:10.0.0.9,drop:interval"],
            state: State::Backup,
            due: Some(DOWN_V2),
        },
        Row {
            says: "a better master restarts the timer",
            bench: Bench::backup(version_2(PLAIN)),
            input: |bench| {
                bench.run_until(ms(1_000));
                bench.hear(LOW, 101);
            },
            actions: &["event master_seen:source:10.0.0.9,priority:101"],
            state: State::Backup,
            due: Some(1_000_000 + DOWN_V2),
        },
        Row {
            says: "Priority 0: set the Master_Down_Timer to Skew_Time",
            bench: Bench::backup(version_2(PLAIN)),
            input: |bench| bench.hear(LOW, 0),
            actions: &[],
            state: State::Backup,
            due: Some(609_375),
        },
    ]);
}

#[test]
fn a_learned_interval_is_forgotten_by_a_new_master() {
    let mut bench = Bench::backup(single(PLAIN));
    let interval = Duration::from_secs(2);
    bench.hear_advert(
        LOW,
        &Advert { advertisement_interval: interval, ..advert(&single(PLAIN), 200) },
    );
    bench.run_until(ms(2 * 3_610));
    assert_eq!(bench.state(), State::Master);
    bench.take();
    bench.hear(HIGH, 200);
    assert_eq!(bench.due(), Some(2 * 3_610_000 + DOWN));
}

#[test]
fn preempting_a_lower_master_says_so() {
    let mut bench = Bench::backup(single(PLAIN));
    for second in 1..=3 {
        bench.run_until(ms(second * 1_000));
        bench.hear(LOW, 50);
    }
    bench.run_until(ms(3_610));
    assert_eq!(bench.reason(), Reason::LowerPriority(LOW));
}

#[test]
fn preempt_delay_accepts_a_lower_master_for_its_time_and_no_longer() {
    let delay = Duration::from_secs(10);
    let config = RouterConfig { preempt: Preempt::After(delay), ..single(PLAIN) };
    let mut bench = Bench::backup(config.clone());
    for second in 1..=30 {
        bench.run_until(ms(second * 1_000));
        if bench.state() == State::Master {
            break;
        }
        bench.hear(LOW, 50);
    }
    // Heard first at 1 s; the last advert that counted came at 10 s.
    let since = bench.node.status(RouterId(0)).unwrap().since;
    assert_eq!(since, ms(10_000) + Duration::from_micros(DOWN));

    let mut bench = Bench::backup(config.clone());
    bench.hear(LOW, 50);
    bench.run_until(ms(3_000));
    bench.hear(LOW, 150);
    for second in 4..=12 {
        bench.run_until(ms(second * 1_000));
        bench.hear(LOW, 50);
    }
    assert_eq!(bench.due(), Some(12_000_000 + DOWN), "a better master ends the delay");

    let mut bench = Bench::backup(config);
    bench.run_until(ms(3_610));
    assert_eq!(bench.state(), State::Master, "no master, no delay");
}

#[test]
fn adverts_do_not_drift_and_a_stall_makes_no_burst() {
    let mut bench = Bench::master(single(PLAIN));
    for second in 1..=5 {
        bench.sleep_until(ms(second * 1_000 + 30));
        assert_eq!(bench.due(), Some((second + 1) * 1_000_000));
    }
    bench.take();
    bench.sleep_until(ms(7_900));
    assert_eq!(bench.take(), ["send 100"]);
    assert_eq!(bench.due(), Some(8_900_000));
}

#[test]
fn an_advert_says_when_it_was_due() {
    let mut bench = Bench::backup(single(PLAIN));
    bench.sleep_until(ms(3_620));
    let Some((_, Action::Send(transmit))) = bench.node.poll_action() else { panic!("no advert") };
    assert_eq!(transmit.due, START + Duration::from_micros(DOWN));
    assert_eq!((transmit.source, transmit.ttl), (OWN, 255));
    assert_eq!(transmit.packets[0].0, IpAddr::from(vrrp::GROUP_V4));
}

#[test]
fn every_unicast_peer_gets_its_own_packet() {
    let peer = |address| UnicastPeer { address, min_ttl: None, max_ttl: None };
    let config =
        RouterConfig { peers: vec![peer(LOW), peer(HIGH)], unicast_ttl: Some(64), ..single(PLAIN) };
    let mut bench = Bench::started(&node(vec![config]));
    bench.command(&Command::Promote);
    let Some((_, Action::Send(transmit))) = bench.node.poll_action() else { panic!("no advert") };
    assert_eq!(transmit.ttl, 64);
    let destinations: Vec<_> = transmit.packets.iter().map(|(to, _)| *to).collect();
    assert_eq!(destinations, [LOW, HIGH]);
    for (to, message) in &transmit.packets {
        let parsed = Advert::parse(message, OWN, *to).unwrap();
        assert_eq!(parsed.checksum, vrrp::ChecksumSeen::PseudoHeader);
    }
}

#[test]
fn a_second_batch_and_refreshes_are_announced_on_time() {
    let announce = AnnounceConfig {
        delay: Duration::from_secs(5),
        refresh: Duration::from_secs(60),
        ..AnnounceConfig::default()
    };
    let mut bench = Bench::master(RouterConfig { announce, ..single(PLAIN) });
    let mut seen = Vec::new();
    for second in 1..=130 {
        bench.run_until(ms(second * 1_000));
        for line in bench.take().iter().filter(|line| line.starts_with("announce")) {
            seen.push(format!("{second}: {line}"));
        }
    }
    assert_eq!(
        seen,
        [
            "5: announce 10.0.0.100 x5 delayed",
            "65: announce 10.0.0.100 x1 refresh",
            "125: announce 10.0.0.100 x1 refresh",
        ]
    );
}

#[test]
fn an_owner_leaves_fault_as_master() {
    let mut bench = Bench::started(&node(vec![single(255)]));
    bench.link(&down());
    bench.take();
    bench.link(&up());
    assert_eq!(bench.take().last().unwrap(), "fault -> master: address_owner");
}

#[test]
fn whether_a_backup_takes_over_by_an_instant_is_known_whatever_is_due_before() {
    let mut bench = Bench::started(&node(vec![router("VI_1", 1, 255), router("VI_2", 2, PLAIN)]));
    let deadline = START + Duration::from_micros(DOWN);
    let just_before = START + Duration::from_micros(DOWN - 1);
    assert!(bench.node.poll_timeout().unwrap() < just_before, "adverts of the master are due");
    assert!(!bench.node.may_take_over_by(just_before));
    assert!(bench.node.may_take_over_by(deadline));
    assert!(bench.node.may_take_over_by(deadline + Duration::from_secs(1)));
    bench.run_until(deadline);
    assert_eq!(bench.state_of(1), State::Master);
    assert!(!bench.node.may_take_over_by(deadline + Duration::from_secs(9)), "no backup is left");
}

#[test]
fn adverts_that_are_due_go_out_while_a_takeover_that_is_due_waits() {
    let mut master = router("master", 51, 255);
    master.advertisement_interval = Duration::from_millis(900);
    let mut bench = Bench::idle(&node(vec![master, router("backup", 52, PLAIN)]));
    bench.node.start(START);
    for millis in [900, 1_800, 2_700] {
        bench.node.handle_timeout(ms(millis));
    }
    bench.take();
    let down = START + Duration::from_micros(DOWN);
    bench.node.handle_adverts_due(down);
    assert_eq!(bench.take(), ["0: send 255"], "the deadline of the backup has passed as well");
    assert!(bench.node.may_take_over_by(down));
    assert_eq!(bench.node.poll_timeout(), Some(down), "it is still due");
    bench.node.handle_timeout(down);
    assert_eq!(bench.node.status(RouterId(1)).unwrap().state, State::Master);
}
