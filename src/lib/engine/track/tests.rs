//! keepalived's arithmetic.

use super::*;
use crate::engine::vrrp::testing::{OWN, router, script, up};

fn facts() -> Facts {
    let mut facts = Facts::default();
    facts.set_link("eth0", &up());
    facts
}

/// Weight, reverse, verdict.
type Tracker = (i16, bool, Option<bool>);

fn standing(base: u8, trackers: &[Tracker]) -> Standing {
    let mut facts = facts();
    let mut config = router("VI_1", 1, base);
    for (index, (weight, reverse, up)) in trackers.iter().enumerate() {
        let tracker = script(&format!("s{index}"));
        facts.set_verdict(&tracker, *up);
        config.tracked.push(Tracked { tracker, weight: *weight, reverse: *reverse });
    }
    facts.standing(&config, &[])
}

#[test]
fn weights_add_while_good_and_subtract_while_bad() {
    let (good, bad) = (Some(true), Some(false));
    // Base, trackers, effective priority.
    let rows: [(u8, &[Tracker], u8); 12] = [
        (100, &[], 100),
        (100, &[(20, false, good)], 120),
        (100, &[(20, false, bad)], 100),
        (100, &[(-20, false, good)], 100),
        (100, &[(-20, false, bad)], 80),
        (100, &[(-20, false, None)], 100),
        (100, &[(20, true, bad)], 120),
        (100, &[(-20, true, good)], 80),
        (100, &[(20, false, good), (-5, false, bad), (7, false, good)], 122),
        (100, &[(-254, false, bad)], 1),
        (200, &[(100, false, good)], 254),
        (255, &[(-20, false, bad)], 255),
    ];
    for (base, trackers, expected) in rows {
        assert_eq!(standing(base, trackers).priority, expected, "{base} {trackers:?}");
    }
}

#[test]
fn the_sum_is_cut_once_at_the_end() {
    let bad = Some(false);
    let both = standing(200, &[(100, false, Some(true)), (-100, false, bad)]);
    assert_eq!(both.priority, 200, "not 254 - 100");
}

#[test]
fn parts_name_what_is_in_force() {
    let standing = standing(100, &[(-20, false, Some(false)), (5, false, Some(false))]);
    assert_eq!(standing.parts, [("base".to_owned(), 100), ("script s0".to_owned(), -20)]);
}

#[test]
fn weight_zero_is_a_fault_when_bad_and_a_wait_when_unknown() {
    assert_eq!(standing(100, &[(0, false, Some(true))]).causes.len(), 0);
    let bad = standing(100, &[(0, false, Some(false))]);
    assert_eq!(bad.causes.first(), Some(&Cause::Script("s0".into())));
    assert!(standing(100, &[(0, false, None)]).waiting);
    assert!(!standing(100, &[(-20, false, None)]).waiting);
    let reversed = standing(100, &[(0, true, Some(true))]);
    assert_eq!(reversed.causes.len(), 1, "reverse exchanges good and bad");
}

#[test]
fn an_owner_obeys_faults_and_ignores_weights() {
    let standing = standing(255, &[(-20, false, Some(false)), (0, false, Some(false))]);
    assert_eq!((standing.priority, standing.causes.len()), (255, 1));
    assert_eq!(standing.parts, [("base".to_owned(), 255)]);
}

#[test]
fn interfaces_are_judged_by_their_links() {
    let mut facts = facts();
    let mut config = router("VI_1", 1, 100);
    let tracker = TrackerId::Interface("eth9".into());
    config.tracked.push(Tracked { tracker, weight: -30, reverse: false });
    assert_eq!(facts.standing(&config, &[]).priority, 100, "nobody reported it yet");
    facts.set_link("eth9", &Link::default());
    assert_eq!(facts.standing(&config, &[]).priority, 70);
    facts.set_link("eth9", &up());
    assert_eq!(facts.standing(&config, &[]).priority, 100);
}

#[test]
fn the_source_is_the_configured_one_or_the_interfaces() {
    let mut config = router("VI_1", 1, 100);
    assert_eq!(facts().standing(&config, &[]).source, Some(OWN));
    config.family = Family::Ipv6;
    assert_eq!(facts().standing(&config, &[]).source, Some("fe80::10".parse().unwrap()));
    config.source = Some("fe80::77".parse().unwrap());
    assert_eq!(facts().standing(&config, &[]).source, config.source);

    let mut bare = Facts::default();
    bare.set_link("eth0", &Link { ipv6: None, ..up() });
    config.source = None;
    let standing = bare.standing(&config, &[]);
    assert_eq!(standing.causes.first(), Some(&Cause::NoSourceAddress("eth0".into())));
}
