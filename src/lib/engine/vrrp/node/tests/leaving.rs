//! Stop, demote, faults, freezes, crashes and lost addresses.

use super::*;

fn master() -> Bench {
    Bench::master(single(100))
}

#[test]
fn a_stopped_master_keeps_its_addresses_until_the_successor_is_heard() {
    let mut bench = master();
    bench.run_until(ms(300));
    bench.command(&Command::Stop);
    assert_eq!(bench.take(), ["send 0", "cancel", "master -> stopped: stop"]);
    assert!(!bench.node.is_stopped());
    bench.run_until(ms(900));
    bench.hear(LOW, 0);
    assert_eq!(bench.take(), [""; 0], "a farewell is no successor");
    bench.hear(LOW, 90);
    assert_eq!(bench.take(), ["withdraw 10.0.0.100"]);
    assert!(bench.node.is_stopped());
    assert_eq!(bench.due(), None);
    bench.hear(LOW, 90);
    bench.run_until(ms(60_000));
    assert_eq!(bench.take(), [""; 0]);
}

#[test]
fn a_stopped_master_without_successor_withdraws_after_one_interval() {
    let mut bench = master();
    bench.run_until(ms(300));
    bench.node.handle_command(bench.now, None, &Command::Stop);
    bench.take();
    assert_eq!(bench.due(), Some(1_300_000));
    bench.run_until(ms(1_299));
    assert_eq!(bench.take(), [""; 0], "no adverts of ours, addresses still there");
    bench.run_until(ms(1_300));
    assert_eq!(bench.take(), ["withdraw 10.0.0.100"]);
    assert!(bench.node.is_stopped());
}

#[test]
fn our_own_reflected_farewell_is_not_taken_for_a_successor() {
    let mut bench = master();
    bench.command(&Command::Stop);
    bench.take();
    bench.hear(OWN, 0);
    bench.hear(OWN, 100);
    assert_eq!(bench.take(), [""; 0]);
    assert_eq!(bench.node.status(RouterId(0)).unwrap().counters.dropped[&Drop::OwnPacket], 2);
}

#[test]
fn a_demoted_master_stays_backup_while_any_master_lives() {
    let mut bench = master();
    bench.command(&Command::Demote);
    assert_eq!(bench.take(), ["send 0", "cancel", "master -> backup: command"]);
    bench.run_until(ms(600));
    bench.hear(LOW, 90);
    assert_eq!(
        bench.take(),
        ["withdraw 10.0.0.100", "event master_seen:source:10.0.0.9,priority:90"]
    );
    for second in 1..=20 {
        bench.run_until(ms(600 + second * 1_000));
        bench.hear(LOW, 90);
    }
    assert_eq!(bench.state(), State::Backup, "it would preempt otherwise");
    bench.link(&down());
    bench.link(&up());
    for second in 21..=40 {
        bench.run_until(ms(600 + second * 1_000));
        bench.hear(LOW, 90);
    }
    assert_eq!(bench.state(), State::Backup, "nor does a passing fault change its mind");
    bench.run_until(ms(60_000));
    assert_eq!(bench.reason(), Reason::MasterDownTimer, "the master vanished");
    bench.command(&Command::Demote);
    bench.hear(LOW, 90);
    bench.command(&Command::Promote);
    assert_eq!((bench.state(), bench.reason()), (State::Master, Reason::Command));
}

#[test]
fn a_fault_says_priority_zero_and_withdraws_at_once() {
    let mut bench = master();
    bench.run_until(ms(300));
    bench.link(&down());
    assert_eq!(
        bench.take(),
        ["send 0", "cancel", "withdraw 10.0.0.100", "master -> fault: fault:interface_down:eth0"]
    );
    assert_eq!(bench.due(), None);
    bench.hear(LOW, 90);
    assert_eq!(bench.take(), [""; 0]);
    bench.run_until(ms(10_000));
    bench.link(&up());
    assert_eq!(bench.take(), ["fault -> backup: fault_cleared"]);
    assert_eq!(bench.due(), Some(10_000_000 + 3_609_375), "a full timer");
}

#[test]
fn a_fault_while_leaving_withdraws_at_once() {
    let mut bench = master();
    bench.command(&Command::Demote);
    bench.take();
    bench.link(&down());
    assert_eq!(bench.take(), ["withdraw 10.0.0.100", "backup -> fault: fault:interface_down:eth0"]);
}

#[test]
fn maintenance_is_entered_as_gracefully_as_a_stop() {
    let mut bench = master();
    bench.command(&Command::Maintenance(true));
    assert_eq!(bench.take(), ["send 0", "cancel", "master -> fault: fault:maintenance"]);
    bench.run_until(ms(600));
    bench.hear(LOW, 90);
    assert_eq!(bench.take(), ["withdraw 10.0.0.100"]);
    bench.hear(LOW, 90);
    bench.run_until(ms(60_000));
    assert_eq!((bench.take(), bench.due()), (vec![], None));
}

#[test]
fn a_failure_during_maintenance_ends_the_grace() {
    let mut bench = master();
    bench.command(&Command::Maintenance(true));
    bench.take();
    bench.link(&down());
    assert_eq!(bench.take(), ["withdraw 10.0.0.100"]);
}

#[test]
fn a_router_leaves_fault_with_its_last_cause() {
    let mut bench = Bench::backup(single(100));
    bench.command(&Command::Maintenance(true));
    bench.link(&Link { ipv4: None, ..down() });
    let causes = bench.node.status(RouterId(0)).unwrap().causes;
    assert_eq!(
        causes,
        [
            Cause::InterfaceDown("eth0".into()),
            Cause::NoSourceAddress("eth0".into()),
            Cause::Maintenance
        ]
    );
    bench.link(&up());
    assert_eq!(bench.state(), State::Fault);
    bench.command(&Command::Maintenance(false));
    assert_eq!(
        bench.take(),
        ["backup -> fault: fault:maintenance", "fault -> backup: fault_cleared"]
    );
}

#[test]
fn an_interface_is_missing_when_it_is_reported_so_and_waited_for_until_then() {
    let config = RouterConfig { interface: "eth7".into(), ..single(100) };
    let mut bench = Bench::idle(&node(vec![config]));
    bench.node.start(START);
    assert_eq!(bench.take(), [] as [&str; 0]);
    bench.node.handle_link(START, "eth7", &Link::default());
    assert_eq!(bench.take(), ["init -> fault: fault:interface_missing:eth7"]);
}

#[test]
fn a_new_source_address_is_used_by_the_next_advert() {
    let mut bench = master();
    bench.link(&Link { ipv4: Some("10.0.0.77".parse().unwrap()), ..up() });
    bench.run_until(ms(1_000));
    let Some((_, Action::Send(transmit))) = bench.node.poll_action() else { panic!("no advert") };
    assert_eq!(transmit.source.to_string(), "10.0.0.77");
}

#[test]
fn a_lost_address_is_put_back_without_stepping_down() {
    let mut bench = master();
    bench.node.handle_address_lost(bench.now, RouterId(0), VIP.parse().unwrap());
    assert_eq!(
        bench.take(),
        [
            "install 10.0.0.100",
            "announce 10.0.0.100 x5 address_restored",
            "event address_restored:address:10.0.0.100"
        ]
    );
    assert_eq!(bench.state(), State::Master);
    bench.node.handle_address_lost(bench.now, RouterId(0), OWN);
    assert_eq!(bench.take(), [""; 0], "not one of ours");
}

#[test]
fn an_address_that_is_not_tracked_is_left_alone() {
    let mut config = single(100);
    config.addresses[0].tracked = false;
    let mut bench = Bench::master(config);
    bench.node.handle_address_lost(bench.now, RouterId(0), VIP.parse().unwrap());
    assert_eq!(bench.take(), [""; 0]);
}

#[test]
fn a_master_that_slept_sends_nothing_and_elects_again() {
    // The quickest possible peer takes over 3 s and 1/256 s after the last advert.
    let mut bench = master();
    bench.run_until(ms(1_000));
    bench.take();
    assert!(!bench.node.is_late(ms(4_003)));
    assert!(bench.node.is_late(ms(4_004)));
    bench.sleep_until(ms(11_000));
    assert_eq!(bench.take(), ["cancel", "withdraw 10.0.0.100", "master -> backup: late_wakeup"]);
    assert_eq!(bench.due(), Some(11_000_000 + 3_609_375));
}

#[test]
fn a_late_master_sends_nothing_whichever_input_comes_first() {
    let inputs: [fn(&mut Bench); 6] = [
        |bench| bench.hear(LOW, 50),
        |bench| bench.hear(HIGH, 0),
        |bench| bench.link(&down()),
        |bench| bench.command(&Command::Stop),
        |bench| bench.reload(&node(vec![single(120)])),
        |bench| bench.track("any", false),
    ];
    for input in inputs {
        let mut bench = master();
        bench.now = ms(9_000);
        input(&mut bench);
        let lines = bench.take();
        assert!(!lines.iter().any(|line| line.starts_with("send")), "{lines:?}");
        assert_ne!(bench.state(), State::Master);
    }
}

#[test]
fn a_master_that_was_late_by_less_goes_on() {
    let mut bench = master();
    bench.sleep_until(ms(2_900));
    assert_eq!((bench.take(), bench.state()), (vec!["send 100".to_owned()], State::Master));
}

#[test]
fn a_backup_that_slept_listens_for_one_more_advert() {
    let mut bench = Bench::backup(single(100));
    bench.sleep_until(ms(30_000));
    assert_eq!((bench.take(), bench.state()), (vec![], State::Backup));
    assert_eq!(bench.due(), Some(30_000_000 + 1_609_375));
    bench.run_until(ms(31_610));
    assert_eq!(bench.state(), State::Master);
}

#[test]
fn a_successor_within_the_lease_carries_on_without_a_word() {
    let mut bench = Bench::idle(&node(vec![single(100)]));
    let last_sent = ms(0) - Duration::from_millis(400);
    bench.node.resume(START, RouterId(0), last_sent);
    bench.node.start(START);
    assert_eq!(
        bench.take(),
        ["install 10.0.0.100", "announce 10.0.0.100 x5 became_master", "init -> master: resumed"]
    );
    assert_eq!(bench.due(), Some(600_000), "one interval after the last advert");
    bench.run_until(ms(600));
    assert_eq!(bench.take(), ["send 100"]);
}

#[test]
fn a_successor_sends_an_overdue_advert_at_once() {
    let mut bench = Bench::idle(&node(vec![single(100)]));
    bench.node.resume(START, RouterId(0), ms(0) - Duration::from_millis(2_500));
    bench.node.start(START);
    bench.take();
    assert_eq!(bench.due(), Some(0));
    bench.run_until(START);
    assert_eq!(bench.take(), ["send 100"]);
    assert_eq!(bench.due(), Some(1_000_000));
}

#[test]
fn a_successor_after_the_lease_withdraws_what_was_left_and_starts_as_backup() {
    let mut bench = Bench::idle(&node(vec![single(100)]));
    bench.node.resume(START, RouterId(0), ms(0) - Duration::from_secs(3));
    bench.node.start(START);
    assert_eq!(bench.take(), ["withdraw 10.0.0.100", "init -> backup: startup"]);
}

#[test]
fn a_startup_delay_holds_every_router_deaf_and_mute() {
    let config = NodeConfig { startup_delay: Duration::from_secs(10), ..node(vec![single(100)]) };
    let mut bench = Bench::idle(&config);
    bench.node.start(START);
    bench.hear(LOW, 50);
    bench.run_until(ms(9_999));
    assert_eq!((bench.take(), bench.state()), (vec![], State::Init));
    bench.run_until(ms(10_000));
    assert_eq!(bench.take(), ["init -> backup: startup"]);
    assert_eq!(bench.due(), Some(10_000_000 + 3_609_375));
}

#[test]
fn a_backup_that_is_late_every_time_becomes_master_in_the_end() {
    let mut bench = Bench::backup(single(100));
    let states = [30, 60, 90].map(|second| {
        bench.sleep_until(ms(second * 1_000));
        bench.state()
    });
    assert_eq!(states, [State::Backup, State::Backup, State::Master]);
}

#[test]
fn a_backup_that_heard_its_master_in_between_waits_anew_each_time() {
    let mut bench = Bench::backup(single(100));
    for second in [30, 60, 90, 120] {
        bench.sleep_until(ms(second * 1_000));
        assert_eq!(bench.state(), State::Backup);
        bench.hear(HIGH, 200);
    }
}
