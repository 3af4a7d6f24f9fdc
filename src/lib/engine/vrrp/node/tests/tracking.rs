//! Trackers move priorities and faults of running routers.

use super::*;

fn with(trackers: &[(&str, i16)], priority: u8) -> RouterConfig {
    let tracked = trackers.iter().map(|(name, weight)| tracked(name, *weight)).collect();
    RouterConfig { tracked, ..single(priority) }
}

fn status(bench: &Bench) -> RouterStatus {
    bench.node.status(RouterId(0)).unwrap()
}

#[test]
fn a_weight_moves_the_priority_and_a_running_timer_follows() {
    let mut bench = Bench::backup(with(&[("nginx", -20)], 100));
    bench.run_until(ms(1_000));
    bench.track("nginx", false);
    assert_eq!(
        bench.take(),
        ["event priority:from:100,to:80,parts:[[base,100],[script nginx,-20]]"]
    );
    assert_eq!(bench.due(), Some(3_000_000 + 176 * 1_000_000 / 256));
    bench.track("nginx", true);
    assert_eq!(bench.due(), Some(3_609_375));
    assert_eq!(status(&bench).parts, [("base".to_owned(), 100)]);
}

#[test]
fn a_master_says_its_new_priority_with_the_next_advert() {
    let mut bench = Bench::master(with(&[("nginx", -20)], 100));
    bench.track("nginx", false);
    bench.take();
    assert_eq!(bench.due(), Some(1_000_000));
    bench.run_until(ms(1_000));
    assert_eq!(bench.take(), ["send 80"]);
    bench.hear(LOW, 90);
    assert_eq!(bench.reason(), Reason::HigherPriority(LOW), "it lost by its weight");
}

#[test]
fn an_unknown_script_of_weight_zero_keeps_a_router_in_init() {
    let mut bench = Bench::idle(&node(vec![with(&[("s", 0)], 100)]));
    bench.node.start(START);
    assert_eq!((bench.take(), bench.state(), bench.due()), (vec![], State::Init, None));
    bench.run_until(ms(700));
    bench.track("s", true);
    assert_eq!(bench.take(), ["init -> backup: startup"]);
    bench.track("s", false);
    assert_eq!(bench.take(), ["backup -> fault: fault:script:s"]);
}

#[test]
fn a_first_result_that_is_bad_leads_from_init_to_fault() {
    let mut bench = Bench::started(&node(vec![with(&[("s", 0)], 100)]));
    bench.track("s", false);
    assert_eq!(bench.take(), ["init -> fault: fault:script:s"]);
}

#[test]
fn init_fail_counts_as_failed_until_the_first_result() {
    let trackers = vec![TrackerConfig { id: script("s"), init_fail: true }];
    let config = NodeConfig { trackers, ..node(vec![with(&[("s", 0)], 100)]) };
    let mut bench = Bench::started(&config);
    assert_eq!(bench.state(), State::Fault);
    bench.track("s", true);
    assert_eq!(bench.state(), State::Backup);
}

#[test]
fn losing_the_checker_is_no_news_about_what_it_checked() {
    let mut bench = Bench::master(with(&[("nginx", -20)], 100));
    bench.track("nginx", false);
    bench.node.handle_tracker(bench.now, &script("nginx"), None);
    assert_eq!(status(&bench).priority, 80);
}

#[test]
fn a_tracked_interface_of_weight_zero_is_a_cause_of_fault() {
    let tracker = TrackerId::Interface("eth1".into());
    let mut config = single(100);
    config.tracked = vec![Tracked { tracker, weight: 0, reverse: false }];
    let mut bench = Bench::backup(config);
    bench.node.handle_link(bench.now, "eth1", &down());
    assert_eq!(bench.take(), ["backup -> fault: fault:tracked_interface:eth1"]);
    bench.node.handle_link(bench.now, "eth1", &up());
    assert_eq!(bench.take(), ["fault -> backup: fault_cleared"]);
}

#[test]
fn dont_track_primary_ignores_a_lost_carrier() {
    let mut bench = Bench::master(RouterConfig { track_primary: false, ..single(100) });
    bench.link(&down());
    assert_eq!(bench.state(), State::Master);
    bench.link(&Link::default());
    assert_eq!(bench.reason(), Reason::Fault(Cause::InterfaceMissing("eth0".into())));
}
