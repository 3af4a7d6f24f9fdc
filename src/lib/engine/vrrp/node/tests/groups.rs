//! Sync groups move together.

use super::*;

/// Two routers of priorities 100 and 150 in one group.
fn pair() -> NodeConfig {
    NodeConfig {
        groups: vec![SyncGroupConfig {
            name: "G".into(),
            members: vec!["A".into(), "B".into()],
            tracked: vec![],
        }],
        ..node(vec![router("A", 1, 100), router("B", 2, 150)])
    }
}

fn states(bench: &Bench) -> [State; 2] {
    [bench.state_of(0), bench.state_of(1)]
}

fn masters() -> Bench {
    let mut bench = Bench::started(&pair());
    bench.run_until(ms(3_700));
    bench.take();
    assert_eq!(states(&bench), [State::Master; 2]);
    bench
}

#[test]
fn a_group_waits_for_its_slowest_member_and_then_moves_as_one() {
    let mut bench = Bench::started(&pair());
    bench.run_until(ms(3_500));
    assert_eq!(states(&bench), [State::Backup; 2], "B's timer fired, A's did not");
    bench.run_until(ms(3_610));
    assert_eq!(
        bench.take(),
        [
            "0: send 100",
            "0: install 10.0.0.100",
            "0: announce 10.0.0.100 x5 became_master",
            "0: backup -> master: master_down_timer",
            "1: send 150",
            "1: install 10.0.0.101",
            "1: announce 10.0.0.101 x5 became_master",
            "1: backup -> master: sync_group:G",
            "0: event group:name:G,to:master,reason:master_down_timer",
        ]
    );
}

#[test]
fn a_master_on_one_network_keeps_the_whole_group_back() {
    let mut bench = Bench::started(&pair());
    for second in 1..=20 {
        bench.run_until(ms(second * 1_000));
        bench.hear_on(0, LOW, 200);
    }
    assert_eq!(states(&bench), [State::Backup; 2]);
    bench.run_until(ms(40_000));
    assert_eq!(states(&bench), [State::Master; 2]);
}

#[test]
fn one_member_that_yields_takes_the_others_along_without_priority_zero() {
    let mut bench = masters();
    bench.hear_on(1, LOW, 200);
    assert_eq!(
        bench.take(),
        [
            "0: cancel",
            "0: withdraw 10.0.0.100",
            "0: master -> backup: sync_group:G",
            "1: send 150",
            "1: cancel",
            "1: withdraw 10.0.0.101",
            "1: master -> backup: higher_priority:10.0.0.9",
            "1: event master_seen:source:10.0.0.9,priority:200",
            "1: event group:name:G,to:backup,reason:higher_priority:10.0.0.9",
        ]
    );
}

#[test]
fn a_fault_of_one_is_a_fault_of_all_until_it_goes() {
    let mut config = pair();
    config.routers[1].tracked = vec![tracked("s", 0)];
    let mut bench = Bench::started(&config);
    assert_eq!(states(&bench), [State::Init; 2], "the group waits for the script");
    bench.track("s", true);
    bench.run_until(ms(3_700));
    bench.take();
    bench.track("s", false);
    assert_eq!(
        bench.take(),
        [
            "0: send 0",
            "0: cancel",
            "0: withdraw 10.0.0.100",
            "0: master -> fault: fault:sync_group:G",
            "1: send 0",
            "1: cancel",
            "1: withdraw 10.0.0.101",
            "1: master -> fault: fault:script:s",
            "1: event group:name:G,to:fault,reason:fault:script:s",
        ]
    );
    bench.track("s", true);
    assert_eq!(states(&bench), [State::Backup; 2]);
}

#[test]
fn a_groups_tracker_acts_on_every_member() {
    let mut config = pair();
    config.groups[0].tracked = vec![tracked("s", -30)];
    let mut bench = Bench::started(&config);
    bench.track("s", false);
    let priority = |bench: &Bench, index| bench.node.status(RouterId(index)).unwrap().priority;
    assert_eq!([priority(&bench, 0), priority(&bench, 1)], [70, 120]);
}

#[test]
fn commands_move_the_whole_group() {
    let mut bench = masters();
    bench.command(&Command::Demote);
    assert_eq!(states(&bench), [State::Backup; 2]);
    let lines = bench.take();
    assert!(lines.contains(&"0: send 0".to_owned()) && lines.contains(&"1: send 0".to_owned()));
    assert!(!lines.iter().any(|line| line.contains("withdraw")), "addresses stay for a while");
    bench.command(&Command::Promote);
    assert_eq!(states(&bench), [State::Master; 2]);
    bench.command(&Command::Maintenance(true));
    assert_eq!(states(&bench), [State::Fault; 2]);
    bench.command(&Command::Maintenance(false));
    bench.command(&Command::Stop);
    assert_eq!(states(&bench), [State::Stopped; 2]);
}

#[test]
fn maintenance_of_one_member_is_graceful_for_all() {
    let mut bench = masters();
    bench.command(&Command::Maintenance(true));
    let lines = bench.take();
    assert_eq!(states(&bench), [State::Fault; 2]);
    assert!(!lines.iter().any(|line| line.contains("withdraw")), "{lines:?}");
    bench.run_until(bench.now + Duration::from_secs(1));
    assert_eq!(bench.take(), ["0: withdraw 10.0.0.100", "1: withdraw 10.0.0.101"]);
}

#[test]
fn a_losing_advert_makes_every_member_announce() {
    let mut bench = masters();
    bench.hear_on(0, LOW, 50);
    let lines = bench.take();
    for expected in [
        "0: announce 10.0.0.100 x5 lower_priority_heard",
        "1: announce 10.0.0.101 x5 lower_priority_heard",
    ] {
        assert!(lines.contains(&expected.to_owned()), "{lines:?}");
    }
}

#[test]
fn a_group_of_owners_becomes_master_at_once() {
    let mut config = pair();
    for each in &mut config.routers {
        each.priority = 255;
        each.starts_as_master = true;
    }
    let mut bench = Bench::idle(&config);
    bench.node.start(START);
    assert_eq!(states(&bench), [State::Master; 2]);
    assert!(bench.take().contains(&"0: backup -> master: address_owner".to_owned()));
}

#[test]
fn a_freeze_takes_the_whole_group_back_in_silence() {
    let mut config = pair();
    config.routers[1].advertisement_interval = Duration::from_millis(100);
    let mut bench = Bench::started(&config);
    bench.run_until(ms(3_610));
    assert_eq!(states(&bench), [State::Master; 2]);
    bench.take();
    bench.sleep_until(bench.now + Duration::from_millis(500));
    assert_eq!(states(&bench), [State::Backup; 2], "only B is late, A follows");
    assert!(!bench.take().iter().any(|line| line.contains("send")));
}

#[test]
fn a_group_of_which_only_some_resumed_starts_as_backup() {
    let mut bench = Bench::idle(&pair());
    bench.node.resume(START, RouterId(0), START);
    bench.node.start(START);
    assert_eq!(states(&bench), [State::Backup; 2]);
}

#[test]
fn a_member_that_joins_by_a_reload_does_not_pull_the_others_down() {
    let mut bench = masters();
    let mut config = pair();
    config.routers.push(router("C", 3, 100));
    config.groups[0].members.push("C".into());
    bench.reload(&config);
    assert_eq!(states(&bench), [State::Master; 2]);
    let mut seen = bench.take();
    bench.run_until(bench.now + Duration::from_secs(4));
    assert_eq!(bench.state_of(2), State::Master);
    seen.extend(bench.take());
    assert!(!seen.iter().any(|line| line.contains("event group")), "{seen:?}");
}
