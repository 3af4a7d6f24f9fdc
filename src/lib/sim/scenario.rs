//! From a seed and a name to a network and its faults.
//!
//! Every scenario has three parts: the hosts are switched on, faults happen, everything is repaired
//! and the network is given time to settle. Times are counted in advertisement intervals, so that
//! fast and slow networks see the same.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::Serialize;

use super::clock::Clock;
use super::configure::{Choice, SCRIPT, configure};
use super::fault::Fault;
use super::network::Quality;
use super::random::Random;
use super::world::World;
use crate::engine::vrrp::{Command, NodeConfig, TrackerId};
use crate::time::Instant;

/// Intervals until the first fault: enough for a first election.
const FIRST_FAULT: u32 = 8;
/// Intervals in which faults happen.
const FAULTS: u32 = 30;
/// Intervals to settle: elections, delayed preemption, both batches of announcements.
const SETTLE: u32 = 30;

/// What happens to the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Scenario {
    /// Hosts start at different times; nothing else.
    Election,
    /// Graceful stops, demotions, starts.
    Stop,
    /// Hosts lose power and come back.
    Crash,
    /// Processes are killed and succeeded, with and without a lease.
    Restart,
    /// Processes are frozen, briefly and for long.
    Freeze,
    /// Interfaces lose carrier.
    Link,
    /// The segment splits and heals.
    Partition,
    /// Single directions between hosts are cut.
    Deaf,
    /// Packets are lost, doubled, late and out of order.
    Loss,
    /// Clocks run at different speeds, processes wake late.
    Clock,
    /// Trackers fail and recover.
    Track,
    /// All routers of a host in a sync group, with links and trackers that fail.
    Group,
    /// Priorities and addresses change by reload.
    Reload,
    /// Somebody removes virtual addresses; orders to promote, demote and maintain.
    Meddle,
    /// All of it at once.
    Mixed,
}

impl Scenario {
    /// All of them, in the order that plain seeds go through.
    pub const ALL: [Self; 15] = [
        Self::Election,
        Self::Stop,
        Self::Crash,
        Self::Restart,
        Self::Freeze,
        Self::Link,
        Self::Partition,
        Self::Deaf,
        Self::Loss,
        Self::Clock,
        Self::Track,
        Self::Group,
        Self::Reload,
        Self::Meddle,
        Self::Mixed,
    ];

    /// The scenario of a seed for which none was named.
    #[must_use]
    pub fn of_seed(seed: u64) -> Self {
        let index = usize::try_from(seed % Self::ALL.len() as u64).unwrap_or(0);
        Self::ALL.get(index).copied().unwrap_or(Self::Mixed)
    }

    /// Its name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Election => "election",
            Self::Stop => "stop",
            Self::Crash => "crash",
            Self::Restart => "restart",
            Self::Freeze => "freeze",
            Self::Link => "link",
            Self::Partition => "partition",
            Self::Deaf => "deaf",
            Self::Loss => "loss",
            Self::Clock => "clock",
            Self::Track => "track",
            Self::Group => "group",
            Self::Reload => "reload",
            Self::Meddle => "meddle",
            Self::Mixed => "mixed",
        }
    }

    /// The world of this scenario and `seed`, run to its end and judged.
    #[must_use]
    pub fn run(self, seed: u64) -> World {
        let (mut world, end) = Plan::draw(self, seed).build();
        world.run(end);
        world.finish();
        world
    }

    fn choice(self, random: &mut Random) -> Choice {
        let group = self == Self::Group;
        Choice {
            tracker: matches!(self, Self::Track | Self::Group)
                || (self == Self::Mixed && random.one_in(2)),
            group: group || (self == Self::Mixed && random.one_in(4)),
            lazy: !group,
            owner: matches!(self, Self::Election | Self::Crash | Self::Partition),
        }
    }

    fn quality(self, random: &mut Random, interval: Duration) -> Quality {
        // A local network: well below the shortest skew that matters.
        let delay = random.duration(Duration::from_micros(20), interval / 200);
        let local = Quality { delay, jitter: delay / 4, ..Quality::default() };
        match self {
            Self::Loss | Self::Mixed => Quality {
                loss_ppm: random.pick(&[0, 10_000, 100_000, 300_000]).unwrap_or(0),
                duplicate_ppm: random.pick(&[0, 50_000]).unwrap_or(0),
                delay,
                jitter: random.duration(Duration::ZERO, interval / 2),
            },
            _ => local,
        }
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Scenario {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|scenario| scenario.name() == text).ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.map(Self::name).to_vec();
            format!("there is no scenario {text}; there are {}", names.join(", "))
        })
    }
}

/// A scenario with everything drawn.
struct Plan {
    scenario: Scenario,
    random: Random,
    configs: Vec<NodeConfig>,
    quality: Quality,
    /// The longest interval, in which all times are counted.
    interval: Duration,
    timeline: Vec<(Instant, Fault)>,
    /// Hosts that are switched off at the end.
    gone: Vec<usize>,
}

impl Plan {
    fn draw(scenario: Scenario, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let hosts = usize::try_from(random.between(2, 4)).unwrap_or(2);
        let choice = scenario.choice(&mut random);
        let routers = usize::try_from(random.between(1, 3)).unwrap_or(1);
        let configs = configure(&mut random, hosts, routers, choice);
        let interval = configs
            .iter()
            .flat_map(|config| &config.routers)
            .map(|router| router.advertisement_interval)
            .max()
            .unwrap_or(Duration::from_secs(1));
        let quality = scenario.quality(&mut random, interval);
        let timeline = Vec::new();
        let gone = Vec::new();
        let mut plan = Self { scenario, random, configs, quality, interval, timeline, gone };
        plan.switch_on();
        plan.break_things();
        plan.repair();
        plan
    }

    /// The world, and when it ends.
    fn build(mut self) -> (World, Instant) {
        let network = self.random.fork();
        let clocks = self.scenario == Scenario::Clock;
        let hosts = self
            .configs
            .iter()
            .map(|config| {
                let offset = self.random.duration(Duration::ZERO, Duration::from_secs(100_000));
                let drift = i32::try_from(self.random.below(1001)).unwrap_or(0) - 500;
                (config.clone(), Clock { offset, drift_ppm: if clocks { drift } else { 0 } })
            })
            .collect();
        let latency = if clocks { self.interval / 100 } else { Duration::ZERO };
        let mut world = World::new(hosts, self.quality, latency, network);
        for (at, fault) in self.timeline {
            world.schedule(at, fault);
        }
        (world, Instant::ZERO + self.interval * (FIRST_FAULT + FAULTS + SETTLE))
    }

    /// A moment between two counts of intervals.
    fn moment(&mut self, from: u32, to: u32) -> Instant {
        let offset = self.random.duration(self.interval * from, self.interval * to);
        Instant::ZERO + offset
    }

    fn add(&mut self, at: Instant, fault: Fault) {
        self.timeline.push((at, fault));
    }

    fn host(&mut self) -> usize {
        self.random.index(self.configs.len())
    }

    fn switch_on(&mut self) {
        let late = if self.scenario == Scenario::Election { FIRST_FAULT + FAULTS } else { 3 };
        for host in 0..self.configs.len() {
            let at = self.moment(0, late);
            self.add(at, Fault::PowerOn { host });
        }
    }

    fn break_things(&mut self) {
        if self.scenario == Scenario::Election {
            return;
        }
        for _ in 0..self.random.between(1, 4) {
            let at = self.moment(FIRST_FAULT, FIRST_FAULT + FAULTS - 1);
            // Short ones that end before anybody notices, and long ones.
            let longest = self.random.pick(&[1, 6, 15]).unwrap_or(6);
            let lasts = self.random.duration(self.interval / 10, self.interval * longest);
            let scenario = match self.scenario {
                Scenario::Mixed => self.random.pick(&Scenario::ALL).unwrap_or(Scenario::Crash),
                scenario => scenario,
            };
            self.blow(scenario, at, at + lasts);
        }
    }

    /// One fault of a kind, and its repair.
    fn blow(&mut self, scenario: Scenario, at: Instant, until: Instant) {
        let host = self.host();
        match scenario {
            Scenario::Election | Scenario::Clock | Scenario::Crash => {
                self.pair(at, Fault::PowerOff { host }, until, Fault::PowerOn { host });
                if self.random.one_in(4) && self.gone.len() + 1 < self.configs.len() {
                    self.gone.push(host);
                }
            }
            Scenario::Stop => {
                let order = if self.random.one_in(2) { Command::Stop } else { Command::Demote };
                let restart = Fault::Restart { host, lease: false };
                self.pair(at, Fault::Command { host, command: order }, until, restart);
            }
            Scenario::Restart => {
                let lease = !self.random.one_in(4);
                self.pair(at, Fault::Kill { host }, until, Fault::Restart { host, lease });
            }
            Scenario::Freeze => {
                self.pair(at, Fault::Freeze { host }, until, Fault::Thaw { host });
            }
            Scenario::Link => {
                let (down, up) = (Fault::Link { host, up: false }, Fault::Link { host, up: true });
                self.pair(at, down, until, up);
            }
            Scenario::Partition => {
                let hosts = self.configs.len();
                let mut side: Vec<usize> = (0..hosts).filter(|_| self.random.one_in(2)).collect();
                if side.is_empty() || side.len() == hosts {
                    side = vec![host];
                }
                self.pair(at, Fault::Partition { side }, until, Fault::Heal);
            }
            Scenario::Deaf => {
                let from = self.host();
                let path = |open| Fault::Path { from, to: host, open };
                self.pair(at, path(false), until, path(true));
            }
            Scenario::Loss | Scenario::Mixed => {
                let better = Quality { loss_ppm: 0, ..self.quality };
                self.pair(at, Fault::Quality(better), until, Fault::Quality(self.quality));
            }
            Scenario::Track => self.track(host, at, until),
            Scenario::Group => {
                if self.random.one_in(2) {
                    self.track(host, at, until);
                } else {
                    self.blow(Scenario::Link, at, until);
                }
            }
            Scenario::Reload => self.reload(host, at),
            Scenario::Meddle => self.meddle(host, at, until),
        }
    }

    fn pair(&mut self, at: Instant, blow: Fault, until: Instant, repair: Fault) {
        self.add(at, blow);
        self.add(until, repair);
    }

    fn track(&mut self, host: usize, at: Instant, until: Instant) {
        let verdict =
            |up| Fault::Tracker { host, tracker: TrackerId::Script(SCRIPT.to_owned()), up };
        self.pair(at, verdict(false), until, verdict(true));
    }

    fn reload(&mut self, host: usize, at: Instant) {
        let Some(config) = self.configs.get(host) else { return };
        let mut config = config.clone();
        let router = self.random.index(config.routers.len());
        match self.random.below(3) {
            0 => {
                config.routers.iter_mut().filter(|router| router.priority < 255).for_each(|r| {
                    r.priority = u8::try_from(self.random.between(1, 254)).unwrap_or(100);
                });
            }
            // A group that has other members here than elsewhere cannot agree with its peers.
            1 if router < config.routers.len() && config.groups.is_empty() => {
                config.routers.remove(router);
            }
            _ => {}
        }
        self.add(at, Fault::Reload { host, config });
    }

    fn meddle(&mut self, host: usize, at: Instant, until: Instant) {
        let command = |command| Fault::Command { host, command };
        match self.random.below(4) {
            0 => self.add(at, command(Command::Promote)),
            1 => self.add(at, command(Command::Demote)),
            2 => {
                let leave = command(Command::Maintenance(false));
                self.pair(at, command(Command::Maintenance(true)), until, leave);
            }
            _ => {
                let addresses = self.configs.iter().flat_map(|config| &config.routers);
                let addresses: Vec<_> =
                    addresses.flat_map(|router| &router.addresses).map(|a| a.address).collect();
                if let Some(address) = self.random.pick(&addresses) {
                    for host in 0..self.configs.len() {
                        self.add(at, Fault::AddressRemoved { host, address });
                    }
                }
            }
        }
    }

    /// Everything works again, except for the hosts that are gone.
    fn repair(&mut self) {
        let at = Instant::ZERO + self.interval * (FIRST_FAULT + FAULTS);
        self.timeline.retain(|(when, _)| *when < at);
        let quiet = Quality { loss_ppm: 0, jitter: self.interval / 1000, ..self.quality };
        if self.quality != quiet {
            self.add(at, Fault::Quality(quiet));
        }
        for host in 0..self.configs.len() {
            if self.gone.contains(&host) {
                self.add(at, Fault::PowerOff { host });
                continue;
            }
            self.add(at, Fault::PowerOn { host });
            self.add(at, Fault::Thaw { host });
            self.add(at, Fault::Restart { host, lease: true });
            self.add(at, Fault::Link { host, up: true });
            self.add(at, Fault::Command { host, command: Command::Maintenance(false) });
            let tracker = TrackerId::Script(SCRIPT.to_owned());
            self.add(at, Fault::Tracker { host, tracker, up: true });
        }
        self.add(at, Fault::Heal);
    }
}
