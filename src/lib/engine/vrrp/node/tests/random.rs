//! Random histories: whatever comes in, the actions never contradict each other and the node
//! never asks to be woken in its past.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::engine::vrrp::Event;

#[derive(Clone, Debug)]
enum Step {
    Wait(u64),
    Wake,
    Hear { router: usize, source: u8, priority: u8, interval: u64 },
    Noise(Vec<u8>),
    Link { exists: bool, up: bool, address: Option<u8> },
    Track { up: Option<bool>, which: usize },
    Lose,
    Command { router: Option<usize>, command: Command },
    Reload(Vec<RouterConfig>, bool),
}

fn any_router() -> impl Strategy<Value = RouterConfig> {
    (1..4u8, 1..=255u8, 0..3u8, prop_oneof![Just(10u64), Just(1_000), Just(40_950)], 0..3i16)
        .prop_map(|(vrid, priority, preempt, interval, tracked_weight)| {
            let mut config = router(&format!("R{vrid}"), vrid, priority);
            config.advertisement_interval = Duration::from_millis(interval);
            config.preempt = match preempt {
                0 => Preempt::Always,
                1 => Preempt::Never,
                _ => Preempt::After(Duration::from_secs(2)),
            };
            config.tracked = vec![tracked("a", tracked_weight * -20), tracked("b", 7)];
            config.announce.refresh = Duration::from_millis(interval / 3);
            config
        })
}

fn any_routers() -> impl Strategy<Value = Vec<RouterConfig>> {
    prop::collection::vec(any_router(), 1..4).prop_map(|mut routers| {
        routers.sort_by_key(|each| each.vrid);
        routers.dedup_by_key(|each| each.vrid);
        routers
    })
}

fn any_step() -> impl Strategy<Value = Step> {
    let command = prop_oneof![
        1 => Just(Command::Stop),
        4 => Just(Command::Demote),
        4 => Just(Command::Promote),
        4 => any::<bool>().prop_map(Command::Maintenance),
    ];
    prop_oneof![
        4 => (0..8_000u64).prop_map(Step::Wait),
        12 => Just(Step::Wake),
        8 => (0..3usize, 9..12u8, any::<u8>(), 0..300u64).prop_map(
            |(router, source, priority, interval)| Step::Hear { router, source, priority, interval }
        ),
        2 => prop::collection::vec(any::<u8>(), 0..40).prop_map(Step::Noise),
        2 => (prop::bool::weighted(0.9), prop::bool::weighted(0.8), prop::option::of(9..12u8))
            .prop_map(|(exists, up, address)| Step::Link { exists, up, address }),
        3 => (prop::option::of(any::<bool>()), 0..2usize)
            .prop_map(|(up, which)| Step::Track { up, which }),
        1 => Just(Step::Lose),
        2 => (prop::option::of(0..4usize), command)
            .prop_map(|(router, command)| Step::Command { router, command }),
        1 => (any_routers(), any::<bool>()).prop_map(|(routers, group)| Step::Reload(routers, group)),
    ]
}

fn plan(routers: Vec<RouterConfig>, group: bool) -> NodeConfig {
    let members = routers.iter().map(|each| each.name.clone()).collect();
    let groups = vec![SyncGroupConfig { name: "G".into(), members, tracked: vec![] }];
    NodeConfig { groups: if group { groups } else { vec![] }, ..node(routers) }
}

fn take_step(bench: &mut Bench, step: &Step) {
    match step {
        Step::Wait(millis) => bench.sleep_until(bench.now + Duration::from_millis(*millis)),
        Step::Wake => {
            if let Some(due) = bench.node.poll_timeout() {
                bench.sleep_until(bench.now.max(due));
            }
        }
        Step::Hear { router, source, priority, interval } => {
            let Some(config) = bench.node.config(RouterId(*router)).cloned() else { return };
            let heard = Advert {
                advertisement_interval: Duration::from_millis(interval * 10),
                ..advert(&config, *priority)
            };
            bench.hear_advert(IpAddr::from([10, 0, 0, *source]), &heard);
        }
        Step::Noise(bytes) => bench.hear_bytes("eth0", LOW, bytes),
        Step::Link { exists, up, address } => {
            let ipv4 = address.map(|last| std::net::Ipv4Addr::new(10, 0, 0, last));
            bench.link(&Link { exists: *exists, up: *up, ipv4, ipv6: None });
        }
        Step::Track { up, which } => {
            let name = ["a", "b"][*which];
            bench.node.handle_tracker(bench.now, &script(name), *up);
        }
        Step::Lose => {
            bench.node.handle_address_lost(bench.now, RouterId(0), VIP.parse().unwrap());
        }
        Step::Command { router, command } => {
            bench.node.handle_command(bench.now, router.map(RouterId), command);
        }
        Step::Reload(routers, group) => bench.reload(&plan(routers.clone(), *group)),
    }
}

/// What the actions so far add up to.
#[derive(Default)]
struct World {
    states: BTreeMap<RouterId, State>,
    /// As the kernel would hold them. Two routers may share one while it changes hands.
    installed: BTreeSet<IpAddr>,
}

impl World {
    fn apply(&mut self, id: RouterId, action: &Action, node: &Node) {
        let installed = &mut self.installed;
        match action {
            Action::Install(addresses) => {
                installed.extend(addresses.iter().map(|each| each.address));
            }
            Action::Withdraw(addresses) => {
                for each in addresses {
                    assert!(installed.remove(&each.address), "withdraws what nobody had");
                }
            }
            Action::Event(Event::Transition { from, to, .. }) => {
                let before = self.states.insert(id, *to).unwrap_or(State::Init);
                assert_eq!(before, *from, "transitions follow each other");
                assert!(from != to || *to == State::Master, "{from:?} to itself");
            }
            Action::Announce { addresses, repeat, .. } => {
                assert!(*repeat > 0 && !addresses.is_empty());
                for each in addresses {
                    assert!(installed.contains(&each.address), "announces what it does not hold");
                }
            }
            Action::Send(transmit) => {
                assert!(!transmit.packets.is_empty());
                assert!(node.config(id).is_some());
            }
            Action::CancelAnnouncements | Action::Event(_) => {}
        }
    }

    fn agrees_with(&self, node: &Node) {
        let mut held = BTreeSet::new();
        for id in node.routers() {
            let status = node.status(id).unwrap();
            let state = self.states.get(&id).copied().unwrap_or(State::Init);
            assert_eq!(state, status.state);
            let failed = |cause: &Cause| !matches!(cause, Cause::Maintenance | Cause::SyncGroup(_));
            if state == State::Fault && status.causes.iter().any(failed) {
                assert!(status.addresses.is_empty(), "a fault holds addresses");
            }
            held.extend(status.addresses);
        }
        assert_eq!(self.installed, held);
    }
}

fn is_packet(bench: &Bench, step: &Step) -> bool {
    match step {
        Step::Hear { router, .. } => bench.node.config(RouterId(*router)).is_some(),
        Step::Noise(_) => true,
        _ => false,
    }
}

/// Packets in all counters together.
fn counted(node: &Node) -> u64 {
    let own = node.routers().into_iter().map(|id| node.status(id).unwrap().counters);
    own.chain([node.counters()])
        .map(|counters| counters.adverts_accepted + counters.dropped.values().sum::<u64>())
        .sum()
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 400,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_node_never_contradicts_itself_and_counts_every_packet(
        routers in any_routers(),
        group in any::<bool>(),
        steps in prop::collection::vec(any_step(), 1..120),
    ) {
        let mut bench = Bench::idle(&plan(routers, group));
        bench.node.start(START);
        let mut world = World::default();
        let mut packets = 0;
        for step in &steps {
            packets += u64::from(is_packet(&bench, step));
            take_step(&mut bench, step);
            while let Some((id, action)) = bench.node.poll_action() {
                world.apply(id, &action, &bench.node);
            }
            world.agrees_with(&bench.node);
            if matches!(step, Step::Wait(_) | Step::Wake) {
                let due = bench.node.poll_timeout();
                prop_assert!(due.is_none_or(|due| due > bench.now), "busy loop at {due:?}");
            }
        }
        prop_assert_eq!(counted(&bench.node), packets);
    }

    #[test]
    fn the_same_history_gives_the_same_actions(
        routers in any_routers(),
        steps in prop::collection::vec(any_step(), 1..60),
    ) {
        let run = || {
            let mut bench = Bench::started(&plan(routers.clone(), true));
            for step in &steps {
                take_step(&mut bench, step);
            }
            bench.take()
        };
        prop_assert_eq!(run(), run());
    }
}
