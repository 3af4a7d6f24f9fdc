use super::*;
use crate::engine::vrrp::{Family, Tracked, TrackerConfig};
use crate::sim::configure::{Choice, addresses, configure};
use crate::wire::vrrp::Auth;

/// Two nodes with one version 2 router each, priorities 100 and 90, adverts each second.
fn two_nodes() -> Vec<(String, NodeConfig)> {
    let choice = Choice { tracker: false, group: false, lazy: false, owner: false };
    let mut configs = configure(&mut Random::new(3), 2, 1, choice);
    for (config, priority) in configs.iter_mut().zip([100, 90]) {
        for router in &mut config.routers {
            router.version = Version::V2;
            router.family = Family::Ipv4;
            router.addresses = addresses(Family::Ipv4, 0, 1);
            router.advertisement_interval = Duration::from_secs(1);
            router.priority = priority;
            router.preempt = Preempt::Always;
            router.auth = Auth::None;
        }
    }
    ["lb1", "lb2"].map(str::to_owned).into_iter().zip(configs).collect()
}

fn effect(tour: &Tour, node: usize, failure: &Failure) -> Effect {
    let case = tour.cases.iter().find(|case| case.node == node && case.failure == *failure);
    case.expect("the case was tried").effects[0].clone()
}

#[test]
fn the_backup_takes_over_within_three_adverts_and_the_skew_and_the_master_returns() {
    let tour = tour(&two_nodes());
    assert!(tour.is_sound());
    assert_eq!(tour.standings[0].masters, [0]);
    let power = effect(&tour, 0, &Failure::Power);
    assert_eq!(power.masters, [1]);
    assert_eq!(power.repaired, [0]);
    // 3 s and (256 - 90) / 256 s since the last advert, which was a millisecond before.
    let expected = Duration::from_micros(3_648_437);
    assert!(power.unserved.abs_diff(expected) < Duration::from_millis(2), "{power:?}");
    assert_eq!(effect(&tour, 0, &Failure::Stop).unserved, Duration::ZERO);
    assert_eq!(effect(&tour, 1, &Failure::Power).masters, [0]);
    assert_eq!(tour.differences, []);
}

#[test]
fn a_tracker_too_light_to_move_the_master_is_told() {
    let mut nodes = two_nodes();
    for (weight, name) in [(-5, "light"), (-20, "heavy")] {
        let tracker = TrackerId::Script(name.to_owned());
        let config = &mut nodes[0].1;
        config.trackers.push(TrackerConfig { id: tracker.clone(), init_fail: false });
        config.routers[0].tracked.push(Tracked { tracker, weight, reverse: false });
    }
    let tour = tour(&nodes);
    assert_eq!(tour.idle_trackers, [(0, TrackerId::Script("light".to_owned()))]);
    let heavy = Failure::Tracker(TrackerId::Script("heavy".to_owned()));
    assert_eq!(effect(&tour, 0, &heavy).masters, [1]);
    assert_eq!(effect(&tour, 0, &heavy).unserved, Duration::ZERO);
}

#[test]
fn nodes_that_refuse_each_other_are_both_master_and_say_why() {
    let mut nodes = two_nodes();
    nodes[1].1.routers[0].auth = Auth::Pass(*b"secret\0\0");
    let tour = tour(&nodes);
    assert!(!tour.is_sound());
    assert_eq!(tour.standings[0].masters, [0, 1]);
    assert!(!tour.differences.is_empty());
}
