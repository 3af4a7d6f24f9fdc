//! What becomes of given configurations when one thing fails: who takes over, after how long, and
//! which trackers can never matter.
//!
//! Each failure is tried in a world of its own, right after an advert of the master, which is the
//! worst moment: a backup has just begun to wait.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Serialize, Serializer};

use super::clock::Clock;
use super::fault::Fault;
use super::history::What;
use super::host::VirtualRouter;
use super::network::Quality;
use super::random::Random;
use super::world::World;
use crate::engine::vrrp::{Command, Event, NodeConfig, Preempt, TrackerId};
use crate::time::Instant;
use crate::wire::vrrp::Version;

/// From the master's advert to the failure.
const AFTER_ADVERT: Duration = Duration::from_millis(1);

/// One thing that fails on one node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// Its daemon stops gracefully.
    Stop,
    /// It loses power.
    Power,
    /// Its interfaces lose carrier.
    Link,
    /// Its VRRP process freezes.
    Freeze,
    /// One of its trackers turns bad.
    Tracker(TrackerId),
}

/// What one failure does to one virtual router.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Effect {
    /// Which virtual router.
    #[serde(flatten)]
    pub router: VirtualRouter,
    /// Nodes that are master afterwards; one, unless something is wrong.
    pub masters: Vec<usize>,
    /// Longest time nobody answered for the addresses.
    #[serde(rename = "unserved_us", with = "crate::time::micros")]
    pub unserved: Duration,
    /// Nodes that are master when all is well again.
    pub repaired: Vec<usize>,
}

/// A failure with all that follows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Case {
    /// Which node fails.
    pub node: usize,
    /// How.
    pub failure: Failure,
    /// For each virtual router.
    pub effects: Vec<Effect>,
}

/// A virtual router while all is well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// Which virtual router.
    #[serde(flatten)]
    pub router: VirtualRouter,
    /// Nodes that take part, with their effective priorities.
    pub members: Vec<(usize, u8)>,
    /// Nodes that are master.
    pub masters: Vec<usize>,
}

/// The result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tour {
    /// Names of the nodes, which are numbered from 0 below.
    pub nodes: Vec<String>,
    /// How it is while all is well.
    pub standings: Vec<Standing>,
    /// Packets that nodes refuse from each other, and other differences, each told once.
    pub differences: Vec<Difference>,
    /// What each failure does.
    pub cases: Vec<Case>,
    /// Trackers whose verdict never decides who is master, whichever nodes live.
    pub idle_trackers: Vec<(usize, TrackerId)>,
}

/// Something a node says about another's adverts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Who says it.
    pub node: usize,
    /// Which of its instances.
    pub instance: String,
    /// What.
    pub event: Event,
}

impl Tour {
    /// Whether each virtual router has exactly one master while all is well.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.standings.iter().all(|standing| standing.masters.len() == 1)
    }
}

impl Serialize for VirtualRouter {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut fields = out.serialize_struct("VirtualRouter", 2)?;
        fields.serialize_field("vrid", &self.vrid)?;
        fields.serialize_field("family", &self.family)?;
        fields.end()
    }
}

/// Try everything on `nodes`: a name and a configuration each.
#[must_use]
pub fn tour(nodes: &[(String, NodeConfig)]) -> Tour {
    let configs: Vec<NodeConfig> = nodes.iter().map(|(_, config)| config.clone()).collect();
    let calm = Rehearsal::new(&configs);
    let mut world = calm.world(0..configs.len());
    world.run(calm.settled());
    let cases = (0..configs.len())
        .flat_map(|node| failures(&world, node).into_iter().map(move |failure| (node, failure)))
        .map(|(node, failure)| calm.case(node, failure))
        .collect();
    let idle_trackers = (0..configs.len())
        .flat_map(|node| world.trackers(node).into_iter().map(move |tracker| (node, tracker)))
        .filter(|(node, tracker)| !calm.matters(*node, tracker))
        .collect();
    Tour {
        nodes: nodes.iter().map(|(name, _)| name.clone()).collect(),
        standings: world.standings(),
        differences: differences(&world),
        cases,
        idle_trackers,
    }
}

fn failures(world: &World, node: usize) -> Vec<Failure> {
    let fixed = [Failure::Stop, Failure::Power, Failure::Link, Failure::Freeze];
    fixed.into_iter().chain(world.trackers(node).into_iter().map(Failure::Tracker)).collect()
}

/// What nodes said about each other's adverts; what was said twice is told once.
fn differences(world: &World) -> Vec<Difference> {
    let mut found: Vec<Difference> = Vec::new();
    for entry in world.history().entries() {
        let (Some(node), Some(router), What::Event(event)) =
            (entry.host, entry.router, &entry.what)
        else {
            continue;
        };
        let told = matches!(
            event,
            Event::Dropped { .. }
                | Event::IntervalDiffers { .. }
                | Event::AddressListDiffers { .. }
                | Event::DuplicateSource { .. }
        );
        let instance = world.instance(node, router).unwrap_or_default();
        let difference = Difference { node, instance, event: event.clone() };
        if told && !found.contains(&difference) {
            found.push(difference);
        }
    }
    found
}

/// How long everything takes for a set of configurations.
struct Rehearsal<'a> {
    configs: &'a [NodeConfig],
    /// Longest time from any event until the network is quiet.
    settle: Duration,
}

impl<'a> Rehearsal<'a> {
    fn new(configs: &'a [NodeConfig]) -> Self {
        let settle = |config: &NodeConfig| {
            let routers = config.routers.iter().map(|router| {
                let skew = match router.version {
                    Version::V2 => Duration::from_secs(1),
                    Version::V3 => router.advertisement_interval,
                };
                let down =
                    router.advertisement_interval * u32::from(router.down_timer_adverts) + skew;
                let delay = match router.preempt {
                    Preempt::After(delay) => delay,
                    Preempt::Always | Preempt::Never => Duration::ZERO,
                };
                down * 4 + delay
            });
            config.startup_delay + routers.max().unwrap_or_default()
        };
        let longest = configs.iter().map(settle).max().unwrap_or_default();
        Self { configs, settle: longest + Duration::from_secs(1) }
    }

    fn settled(&self) -> Instant {
        Instant::ZERO + self.settle
    }

    /// A world in which only the `living` are switched on.
    fn world(&self, living: impl IntoIterator<Item = usize>) -> World {
        let hosts = self.configs.iter().map(|config| (config.clone(), Clock::default())).collect();
        let delay = Duration::from_micros(100);
        let quality = Quality { delay, ..Quality::default() };
        let mut world = World::new(hosts, quality, Duration::ZERO, Random::new(0));
        for host in living {
            world.schedule(Instant::ZERO, Fault::PowerOn { host });
        }
        world
    }

    fn case(&self, node: usize, failure: Failure) -> Case {
        let mut world = self.world(0..self.configs.len());
        world.run(self.settled());
        let at = world.next_advert(node).unwrap_or(world.now()) + AFTER_ADVERT;
        let (breaks, repair) = blow(node, &failure);
        world.watch_service();
        world.schedule(at, breaks);
        world.run(at + self.settle);
        let broken = world.standings();
        let unserved = world.unserved();
        world.schedule(world.now(), repair);
        world.run(world.now() + self.settle);
        let repaired: BTreeMap<VirtualRouter, Vec<usize>> =
            world.standings().into_iter().map(|each| (each.router, each.masters)).collect();
        let effects = broken
            .into_iter()
            .map(|standing| Effect {
                router: standing.router,
                masters: standing.masters,
                unserved: unserved.get(&standing.router).copied().unwrap_or_default(),
                repaired: repaired.get(&standing.router).cloned().unwrap_or_default(),
            })
            .collect();
        Case { node, failure, effects }
    }

    /// Whether the verdict of a tracker decides something: with the node alone, or with one
    /// other.
    fn matters(&self, node: usize, tracker: &TrackerId) -> bool {
        (0..self.configs.len()).any(|other| {
            let masters = |up| {
                let mut world = self.world(BTreeSet::from([node, other]));
                let tracker = tracker.clone();
                world.schedule(self.settled(), Fault::Tracker { host: node, tracker, up });
                world.run(self.settled() + self.settle);
                world.standings().into_iter().map(|each| each.masters).collect::<Vec<_>>()
            };
            masters(true) != masters(false)
        })
    }
}

/// A failure and its repair as faults.
fn blow(host: usize, failure: &Failure) -> (Fault, Fault) {
    match failure {
        Failure::Stop => {
            (Fault::Command { host, command: Command::Stop }, Fault::Restart { host, lease: false })
        }
        Failure::Power => (Fault::PowerOff { host }, Fault::PowerOn { host }),
        Failure::Link => (Fault::Link { host, up: false }, Fault::Link { host, up: true }),
        Failure::Freeze => (Fault::Freeze { host }, Fault::Thaw { host }),
        Failure::Tracker(tracker) => {
            let verdict = |up| Fault::Tracker { host, tracker: tracker.clone(), up };
            (verdict(false), verdict(true))
        }
    }
}

#[cfg(test)]
mod tests;
