//! A new configuration: only differences are acted on.

use super::*;

fn master() -> Bench {
    Bench::master(single(100))
}

#[test]
fn an_unchanged_router_notices_nothing() {
    let mut bench = master();
    bench.run_until(ms(300));
    bench.reload(&node(vec![single(100)]));
    assert_eq!((bench.take(), bench.due()), (vec![], Some(1_000_000)));
}

#[test]
fn a_renamed_router_keeps_its_state() {
    let mut bench = master();
    bench.reload(&node(vec![router("other", 1, 100)]));
    assert_eq!(bench.take(), ["send 100"; 0]);
    assert_eq!(bench.node.status(RouterId(0)).unwrap().name, "other");
    assert_eq!(bench.state(), State::Master);
}

#[test]
fn addresses_come_and_go_without_an_election() {
    let mut bench = master();
    bench.run_until(ms(300));
    let mut config = single(100);
    config.addresses.insert(0, vip("10.0.0.200"));
    bench.reload(&node(vec![config.clone()]));
    assert_eq!(
        bench.take(),
        ["install 10.0.0.200", "announce 10.0.0.200 x5 address_restored", "send 100"]
    );
    assert_eq!(bench.due(), Some(1_300_000));
    config.addresses = vec![vip("10.0.0.200")];
    bench.reload(&node(vec![config.clone()]));
    assert_eq!(bench.take(), ["cancel", "withdraw 10.0.0.100", "send 100"]);
    config.excluded = vec![vip("192.0.2.1")];
    bench.reload(&node(vec![config]));
    assert_eq!(
        bench.take(),
        ["install 192.0.2.1", "announce 192.0.2.1 x5 address_restored"],
        "peers are not told of an excluded address"
    );
}

#[test]
fn a_changed_priority_is_said_at_once_and_moves_a_backups_timer() {
    let mut bench = master();
    bench.run_until(ms(300));
    bench.reload(&node(vec![single(120)]));
    assert_eq!(bench.take(), ["event priority:from:100,to:120,parts:[[base,120]]", "send 120"]);
    let mut bench = Bench::backup(single(100));
    bench.run_until(ms(300));
    bench.reload(&node(vec![single(228)]));
    assert_eq!(bench.due(), Some(3_000_000 + 28 * 1_000_000 / 256));
}

#[test]
fn a_shorter_interval_is_not_taken_for_a_freeze() {
    let slow = RouterConfig { advertisement_interval: Duration::from_secs(10), ..single(100) };
    let mut bench = Bench::master(slow);
    bench.run_until(ms(9_000));
    bench.reload(&node(vec![single(100)]));
    assert_eq!((bench.take(), bench.state()), (vec!["send 100".to_owned()], State::Master));
    bench.run_until(ms(10_000));
    assert_eq!((bench.take(), bench.state()), (vec!["send 100".to_owned()], State::Master));
}

#[test]
fn a_removed_router_stops_gracefully_and_a_new_one_starts() {
    let mut bench = master();
    bench.run_until(ms(300));
    bench.reload(&node(vec![router("VI_2", 2, 100)]));
    assert_eq!(
        bench.take(),
        ["0: send 0", "0: cancel", "0: master -> stopped: stop", "1: init -> backup: startup"]
    );
    bench.hear_on(0, LOW, 50);
    assert_eq!(bench.take(), ["0: withdraw 10.0.0.100"]);
    assert_eq!([bench.state_of(0), bench.state_of(1)], [State::Stopped, State::Backup]);
    bench.reload(&node(vec![single(100)]));
    assert_eq!(
        bench.take(),
        ["0: stopped -> init: startup", "0: init -> backup: startup", "1: backup -> stopped: stop",]
    );
    assert_eq!(bench.node.routers().len(), 2, "a router that comes back has its old id");
}

#[test]
fn a_router_that_comes_back_while_leaving_goes_on_leaving() {
    let mut bench = master();
    bench.reload(&node(vec![]));
    bench.run_until(ms(300));
    bench.reload(&node(vec![single(100)]));
    bench.take();
    assert_eq!((bench.state(), bench.due()), (State::Backup, Some(1_000_000)));
    bench.run_until(ms(1_000));
    assert_eq!(bench.take(), ["withdraw 10.0.0.100"]);
}

#[test]
fn an_address_that_moves_to_another_router_is_never_withdrawn() {
    let mut bench = master();
    let mut heir = router("VI_2", 2, 255);
    heir.addresses = vec![vip(VIP)];
    bench.reload(&node(vec![heir]));
    bench.run_until(ms(5_000));
    let lines = bench.take();
    assert!(lines.contains(&"1: install 10.0.0.100".to_owned()), "{lines:?}");
    assert!(!lines.iter().any(|line| line.contains("withdraw")), "{lines:?}");
}

#[test]
fn a_changed_prefix_is_taken_off_before_the_new_one_is_put_on() {
    let mut bench = master();
    let mut config = single(100);
    config.addresses[0].prefix = 32;
    bench.reload(&node(vec![config]));
    assert_eq!(
        bench.take(),
        [
            "cancel",
            "withdraw 10.0.0.100",
            "install 10.0.0.100",
            "announce 10.0.0.100 x5 address_restored"
        ]
    );
}

#[test]
fn trackers_keep_their_verdicts() {
    let config = RouterConfig { tracked: vec![tracked("s", -10)], ..single(100) };
    let mut bench = Bench::backup(config.clone());
    bench.track("s", false);
    bench.reload(&node(vec![RouterConfig { priority: 150, ..config }]));
    assert_eq!(bench.node.status(RouterId(0)).unwrap().priority, 140);
}
