//! The conductor: waits until the cluster is settled, strikes, looks, undoes, and waits again.
//!
//! It holds everything that was seen in one value and acts only between observations, so that
//! every wait ends with an event or its deadline.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use super::build::{Network, build};
use super::expect::{Contender, Expectation, expect, home};
use super::fault;
use super::host::HostPlan;
use super::measure::Record;
use super::report;
use super::topology::router_of;
use super::traffic::{Observation, start_client, start_echo, start_signals, start_witnesses};
use crate::engine::vrrp::Preempt;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::io::clock::now;
use crate::io::netns::hold_signals;
use crate::io::witness::{Heard, Reply};
use crate::output::event::lab::{Back, Event, Fault, HostSummary, Outcome, Row};
use crate::time::Instant;

/// Gaps between answers that a busy machine explains.
const HICCUP: Duration = Duration::from_millis(50);
/// Longest sleep between two looks at the daemons.
const TICK: Duration = Duration::from_millis(20);
/// Time that a daemon may take to start, on top of what the protocol needs.
const START: Duration = Duration::from_secs(15);
/// Time that a takeover may be late before it counts as none.
const LATE: Duration = Duration::from_secs(5);
/// Adverts that are remembered for each host.
const ADVERTS: usize = 64;

/// What a run is told to do.
#[derive(Clone, Debug)]
pub struct LabPlan {
    /// The hosts.
    pub hosts: Vec<HostPlan>,
    /// The virtual address to probe.
    pub address: Ipv4Addr,
    /// The interface that carries it.
    pub interface: String,
    /// What to try, in this order.
    pub faults: Vec<Fault>,
    /// What is left out of the tour, with the reason.
    pub skipped: Vec<(Fault, String)>,
    /// How often each fault is tried.
    pub rounds: u32,
}

/// Who listens to a run.
pub type Observer<'a> = &'a mut dyn FnMut(Instant, Event) -> Result<()>;

/// Build everything, try every fault, and say what became of each. Must run in the inner
/// process of a sandbox.
///
/// # Errors
/// When the network cannot be built, a daemon does not start or ends by itself, no host holds
/// the address in time, or the run was interrupted.
pub fn run(plan: LabPlan, observer: Observer<'_>) -> Result<Vec<Row>> {
    let signals = hold_signals()?;
    let (queue, inbox) = channel();
    start_signals(signals, queue.clone());
    let network = build(plan.hosts.clone(), &plan.interface, &queue)?;
    let mut lab = Lab::new(&plan, network, inbox, observer)?;
    lab.start(&plan, &queue)?;
    let mut outcomes = Vec::new();
    for fault in &plan.faults {
        for round in 1..=plan.rounds {
            let outcome = lab.round(*fault, round)?;
            lab.say(now(), Event::Outcome(outcome.clone()))?;
            outcomes.push(outcome);
            lab.done += 1;
        }
    }
    let rows = report::rows(&outcomes);
    lab.say(now(), Event::Summary { rows: rows.clone() })?;
    Ok(rows)
}

struct Lab<'a> {
    network: Network,
    inbox: Receiver<Observation>,
    observer: Observer<'a>,
    address: Ipv4Addr,
    contenders: Vec<Contender>,
    /// Index of a bridge port to host.
    ports: BTreeMap<u32, usize>,
    record: Record,
    /// Hosts that have the address, each since when.
    holders: BTreeMap<usize, Instant>,
    /// When a host last got or lost the address.
    moved: Instant,
    /// Last adverts of each host.
    adverts: Vec<VecDeque<Heard>>,
    /// Hosts whose daemon is meant to be away.
    away: BTreeSet<usize>,
    done: u32,
    of: u32,
}

impl<'a> Lab<'a> {
    fn new(
        plan: &LabPlan,
        network: Network,
        inbox: Receiver<Observation>,
        observer: Observer<'a>,
    ) -> Result<Self> {
        let mut ports = BTreeMap::new();
        for (host, names) in network.ports.iter().enumerate() {
            for name in names {
                ports.insert(network.links.index(name)?, host);
            }
        }
        let contenders = plan
            .hosts
            .iter()
            .zip(&network.own)
            .enumerate()
            .filter_map(|(host, (told, address))| {
                let router = router_of(&told.vrrp, plan.address)?.clone();
                Some(Contender { host, address: *address, router, scripts: told.scripts.clone() })
            })
            .collect();
        let hosts = network.hosts.len();
        Ok(Self {
            network,
            inbox,
            observer,
            address: plan.address,
            contenders,
            ports,
            record: Record::default(),
            holders: BTreeMap::new(),
            moved: now(),
            adverts: vec![VecDeque::new(); hosts],
            away: BTreeSet::new(),
            done: 0,
            of: u32::try_from(plan.faults.len()).unwrap_or(u32::MAX).saturating_mul(plan.rounds),
        })
    }

    fn start(&mut self, plan: &LabPlan, queue: &Sender<Observation>) -> Result<()> {
        let places = || self.network.hosts.iter().map(|host| &host.namespace);
        start_witnesses(places(), queue.clone())?;
        start_echo(places(), self.address)?;
        start_client(&self.network.client, self.address, queue.clone())?;
        let hosts = self.contenders.iter().filter_map(|contender| {
            let host = self.network.hosts.get(contender.host)?;
            Some(HostSummary {
                host: host.plan.name.clone(),
                daemon: host.plan.daemon,
                address: contender.address,
                priority: contender.router.priority,
            })
        });
        let topology = Event::Topology {
            hosts: hosts.collect(),
            client: self.network.client_address,
            address: self.address,
            skipped: plan.skipped.clone(),
        };
        self.say(now(), topology)?;
        self.network.hosts.iter_mut().try_for_each(super::host::Host::start)
    }

    fn say(&mut self, at: Instant, event: Event) -> Result<()> {
        (self.observer)(at, event)
    }

    fn name(&self, host: usize) -> String {
        self.network.hosts.get(host).map(|host| host.plan.name.clone()).unwrap_or_default()
    }

    /// Strike the holder with `fault` and see it through.
    fn round(&mut self, fault: Fault, round: u32) -> Result<Outcome> {
        let struck = self.settle("the cluster to settle")?;
        self.spread(struck, round)?;
        self.record.forget_before(now() - Duration::from_secs(2));
        self.collect()?;
        let host = self.name(struck);
        let from = now();
        self.act(fault, struck, true)?;
        self.say(from, Event::Fault { fault, round, host: host.clone() })?;
        self.collect()?;
        let advert_age = self.advert_age(struck, from);
        let expected =
            expect(fault, &self.contenders, struck, advert_age.unwrap_or(Duration::ZERO));
        let (successor, takeover) = self.watch(struck, from, &expected)?;
        let to = now();
        let outage = self.record.longest_outage(from, to).length;
        let lost = self.record.lost(from, to);
        self.prepare_return(fault, struck)?;
        self.record.forget_before(now() - HICCUP);
        let back_from = now();
        self.act(fault, struck, false)?;
        self.say(back_from, Event::Undone { fault, host: host.clone() })?;
        let back = self.settle("the cluster to settle again")?;
        Ok(Outcome {
            fault,
            round,
            host,
            expected: expected.successor.map(|next| self.name(next)),
            successor: successor.map(|next| self.name(next)),
            takeover,
            takeover_allowed: expected.takeover,
            outage,
            outage_allowed: expected.outage,
            lost,
            advert_age,
            back: Back {
                host: self.name(back),
                after: self.moved.saturating_since(back_from),
                outage: self.record.longest_outage(back_from, now()).length,
            },
        })
    }

    /// Inject or undo.
    fn act(&mut self, fault: Fault, struck: usize, inject: bool) -> Result<()> {
        if matches!(fault, Fault::Kill | Fault::Term) {
            if inject {
                self.away.insert(struck)
            } else {
                self.away.remove(&struck)
            };
        }
        let all: Vec<String> = self.network.ports.iter().flatten().cloned().collect();
        let (Some(host), Some(ports)) =
            (self.network.hosts.get_mut(struck), self.network.ports.get(struck))
        else {
            return Ok(());
        };
        let act = if inject { fault::inject } else { fault::undo };
        act(fault, host, &self.network.links, ports, &all)
    }

    /// Wait until another host has the address and, where the old one is silent, answers; then
    /// a little longer, so that a relapse is seen.
    fn watch(
        &mut self,
        struck: usize,
        from: Instant,
        expected: &Expectation,
    ) -> Result<(Option<usize>, Option<Duration>)> {
        let interval = self.interval();
        let patience = expected.takeover.unwrap_or(self.recovery_time() / 2);
        let must_answer = expected.outage > Duration::ZERO;
        let struck_host = u8::try_from(struck).unwrap_or(u8::MAX);
        self.wait("another host to take over", patience + LATE, |lab| {
            lab.holders.keys().any(|holder| *holder != struck)
                && (!must_answer || lab.record.first_by_another(struck_host, from).is_some())
        })?;
        let mut others = self.holders.iter().filter(|(holder, _)| **holder != struck);
        let (successor, takeover) =
            others.next().map(|(holder, since)| (*holder, since.saturating_since(from))).unzip();
        let linger = interval.clamp(Duration::from_millis(100), Duration::from_secs(1));
        self.wait("the new holder to stay", linger, |_| false)?;
        Ok((successor, takeover))
    }

    /// What must have happened before the fault is undone: a daemon that was asked to stop has
    /// stopped.
    fn prepare_return(&mut self, fault: Fault, struck: usize) -> Result<()> {
        if fault != Fault::Term {
            return Ok(());
        }
        let deadline = now() + START;
        while self.network.hosts.get_mut(struck).is_some_and(|host| host.ended().is_none()) {
            if now() >= deadline {
                let host = self.name(struck);
                let cause = format!("it has not stopped {} s after SIGTERM", START.as_secs());
                return Err(Error::new("stop the daemon of", host, cause).exit(Exit::TimedOut));
            }
            self.look(TICK)?;
        }
        Ok(())
    }

    /// Wait until one host alone has the address and answers: the one that should when all is
    /// well, or, when that does not come to pass in the time it may take, any.
    fn settle(&mut self, what: &'static str) -> Result<usize> {
        let home = home(&self.contenders);
        let stays_away = home.is_some_and(|home| home.router.preempt == Preempt::Never);
        let wanted = home.map(|contender| contender.host);
        let time = self.recovery_time();
        if !stays_away
            && self.wait(what, time, |lab| wanted.is_some() && lab.settled() == wanted)?
        {
            return self.say_settled(wanted);
        }
        if stays_away {
            // Nothing shows from outside that a host is a ready backup.
            self.wait(what, time.saturating_sub(START) + Duration::from_secs(2), |_| false)?;
        }
        self.wait(what, LATE, |lab| lab.settled().is_some())?;
        let settled = self.settled();
        self.say_settled(settled)
    }

    fn say_settled(&mut self, host: Option<usize>) -> Result<usize> {
        let Some(host) = host else {
            let holders: Vec<String> = self.holders.keys().map(|h| self.name(*h)).collect();
            let cause = if holders.is_empty() {
                "no host has the virtual address".to_owned()
            } else {
                format!("the virtual address is on {}", holders.join(", "))
            };
            let logs: String = self.network.hosts.iter().map(super::host::Host::log).collect();
            return Err(
                Error::new("settle", self.address.to_string(), cause + &logs).exit(Exit::TimedOut)
            );
        };
        let name = self.name(host);
        self.say(now(), Event::Settled { host: name })?;
        Ok(host)
    }

    /// The only holder, when nothing has moved and only it answered and advertised for a while.
    fn settled(&self) -> Option<usize> {
        let time = now();
        let calm = self.interval().clamp(Duration::from_millis(200), Duration::from_secs(1));
        let mut holders = self.holders.keys();
        let (Some(holder), None) = (holders.next(), holders.next()) else { return None };
        let answering = u8::try_from(*holder).ok()?;
        let since = self.record.steady_since(answering, HICCUP, time)?;
        let alone = self.adverts.iter().enumerate().all(|(host, adverts)| {
            host == *holder || adverts.back().is_none_or(|last| last.at + calm < time)
        });
        let calm = time - calm;
        (alone && since <= calm && self.moved <= calm).then_some(*holder)
    }

    /// Longest advertisement interval of the probed router.
    fn interval(&self) -> Duration {
        let intervals = self.contenders.iter().map(|c| c.router.advertisement_interval);
        intervals.max().unwrap_or(Duration::from_secs(1))
    }

    /// Time in which a cluster whose hosts have just started must have found its master.
    fn recovery_time(&self) -> Duration {
        let of = |contender: &Contender| {
            let delay = match contender.router.preempt {
                Preempt::After(delay) => delay,
                Preempt::Always | Preempt::Never => Duration::ZERO,
            };
            delay + contender.script_detection() + contender.master_down_interval() * 2
        };
        START + self.contenders.iter().map(of).max().unwrap_or_default()
    }

    /// Wait for an advert of `holder` and then for a part of the interval that differs from round
    /// to round, so that faults strike at all ages of the last advert, the same for every daemon.
    fn spread(&mut self, holder: usize, round: u32) -> Result<()> {
        let (start, interval) = (now(), self.interval());
        let last = |lab: &Self| lab.adverts.get(holder)?.back().map(|advert| advert.at);
        while last(self).is_none_or(|at| at < start) && now() < start + interval * 2 {
            self.look(Duration::from_millis(1))?;
        }
        // Multiples of the golden section spread evenly over the interval.
        let part = (f64::from(round) * 0.618_034).fract();
        let strike = last(self).unwrap_or(start) + interval.mul_f64(part);
        let pause = strike.saturating_since(now());
        self.wait("the moment to strike", pause, |_| false).map(|_| ())
    }

    /// How old the last advert of `host` was at `instant`.
    fn advert_age(&self, host: usize, instant: Instant) -> Option<Duration> {
        let adverts = self.adverts.get(host)?;
        let last = adverts.iter().rev().find(|advert| advert.at <= instant)?;
        Some(instant.saturating_since(last.at))
    }

    /// Look until `reached`, at most for `most`. Says whether it was reached.
    fn wait(
        &mut self,
        what: &'static str,
        most: Duration,
        reached: impl Fn(&Self) -> bool,
    ) -> Result<bool> {
        let deadline = now() + most;
        loop {
            if reached(self) {
                return Ok(true);
            }
            let left = deadline.saturating_since(now());
            if left.is_zero() {
                return Ok(false);
            }
            self.say(now(), Event::Waiting { what, done: self.done, of: self.of })?;
            self.look(left.min(TICK))?;
        }
    }

    /// Take in what is seen within `most`, or at least what has been seen already.
    fn look(&mut self, most: Duration) -> Result<()> {
        let until = now() + most;
        loop {
            match self.inbox.recv_timeout(until.saturating_since(now())) {
                Ok(observation) => self.note(observation)?,
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(Error::new("watch", "the laboratory", "all witnesses ended"));
                }
            }
        }
        self.check_daemons()
    }

    /// Take in what has been seen, without waiting.
    fn collect(&mut self) -> Result<()> {
        // The witnesses may be a moment behind what the kernel has stamped already.
        self.look(Duration::from_millis(2))
    }

    fn note(&mut self, observation: Observation) -> Result<()> {
        match observation {
            Observation::Reply(reply) => self.note_reply(reply),
            Observation::Address { host, at, change }
                if change.address == IpAddr::V4(self.address) =>
            {
                // The kernel also reports a mere change of an address that is there already.
                if self.holders.contains_key(&host) == change.present {
                    return Ok(());
                }
                if change.present {
                    self.holders.insert(host, at);
                } else {
                    self.holders.remove(&host);
                }
                self.moved = at;
                let host = self.name(host);
                self.say(at, Event::Address { host, present: change.present })
            }
            Observation::Address { .. } => Ok(()),
            Observation::Advert(heard) => {
                self.note_advert(heard);
                Ok(())
            }
            Observation::Daemon { host, at, line } => {
                let host = self.name(host);
                self.say(at, Event::Daemon { host, event: line })
            }
            Observation::Signal(signal) => Err(Error::new(
                "finish",
                "the run",
                format!("interrupted by {signal}; nothing is left behind"),
            )),
        }
    }

    fn note_reply(&mut self, reply: Reply) -> Result<()> {
        let before = self.record.last().copied();
        self.record.push(reply);
        if before.is_some_and(|before| before.host == reply.host) {
            return Ok(());
        }
        let gap = before.map_or(Duration::ZERO, |b| reply.received.saturating_since(b.received));
        let host = self.name(usize::from(reply.host));
        self.say(reply.received, Event::Answering { host, gap })
    }

    fn note_advert(&mut self, heard: Heard) {
        let ours = self.contenders.first().is_some_and(|c| c.router.vrid == heard.vrid);
        let adverts = self.ports.get(&heard.port).and_then(|host| self.adverts.get_mut(*host));
        if let (true, Some(adverts)) = (ours, adverts) {
            if adverts.len() == ADVERTS {
                adverts.pop_front();
            }
            adverts.push_back(heard);
        }
    }

    /// A daemon that ended by itself ends the run.
    fn check_daemons(&mut self) -> Result<()> {
        for (index, host) in self.network.hosts.iter_mut().enumerate() {
            if self.away.contains(&index) {
                continue;
            }
            if let Some(status) = host.ended() {
                let target = format!("{} on {}", host.plan.daemon.name(), host.plan.name);
                let cause = format!("it ended by itself, {status}{}", host.log());
                return Err(Error::new("keep running", target, cause).exit(Exit::Invalid));
            }
        }
        Ok(())
    }
}
