//! One `virtual_server`: who of its members serves, and when the sorry server does instead.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::IpAddr;

use super::check::CheckReport;
use super::contents::{is_drained, name};
use super::member::Member;
use super::plan::suspending;
use super::{Drains, Event, PoolConfig};
use crate::engine::ipvs::{Destination, Endpoint};

/// A pool with what is known of it.
#[derive(Clone, Debug)]
pub(super) struct Pool {
    /// Without its destinations, which are in `members`.
    pub(super) config: PoolConfig,
    pub(super) name: Box<str>,
    pub(super) members: Vec<Member>,
    /// Without it the sorry server serves, where there is one.
    pub(super) has_quorum: bool,
    /// Checks count for nothing while the address is elsewhere.
    pub(super) is_suspended: bool,
}

impl Pool {
    /// A pool before its start.
    pub(super) fn new(mut config: PoolConfig) -> Self {
        let members = std::mem::take(&mut config.destinations).into_iter().map(Member::new);
        let members = members.collect();
        let name = name(&config);
        Self { config, name, members, has_quorum: true, is_suspended: false }
    }

    /// The pool `config`, which was `old` before a reload.
    pub(super) fn reloaded(config: PoolConfig, old: &Self, events: &mut VecDeque<Event>) -> Self {
        let mut new = Self::new(config);
        let mut known = BTreeMap::<Endpoint, &Member>::new();
        for old in &old.members {
            known.entry(old.endpoint()).or_insert(old);
        }
        for member in &mut new.members {
            let Some(old) = known.get(&member.endpoint()) else { continue };
            *member = Member::reloaded(member.config.clone(), old);
            if member.alive != old.alive {
                events.push_back(server(&new.name, member, "its checks are others after a reload"));
            }
            if member.weight() != old.weight() {
                events.push_back(weight(&new.name, member, old.weight()));
            }
        }
        new.has_quorum = old.has_quorum;
        new.is_suspended = old.is_suspended && new.config.suspend_without_address;
        let stay: BTreeSet<Endpoint> = new.members.iter().map(Member::endpoint).collect();
        let gone = old.members.iter().filter(|old| !stay.contains(&old.endpoint()));
        events.extend(gone.filter_map(|gone| removed(&new.name, gone)));
        new
    }

    /// The sorry server serves.
    pub(super) const fn is_sorry(&self) -> bool {
        !self.has_quorum && self.config.sorry.is_some()
    }

    /// What a check of a member was told.
    pub(super) fn hear(
        &mut self,
        (number, check): (usize, usize),
        report: &CheckReport,
        events: &mut VecDeque<Event>,
    ) {
        self.take((number, check), report, events);
        self.judge(events);
    }

    /// As [`Pool::hear`], before the quorum is judged. While the pool is suspended it is only kept.
    pub(super) fn take(
        &mut self,
        (number, check): (usize, usize),
        report: &CheckReport,
        events: &mut VecDeque<Event>,
    ) {
        let Some(member) = self.members.get_mut(number) else { return };
        if self.is_suspended {
            if let Some(checker) = member.checkers.get_mut(check) {
                checker.hold(report);
            }
            return;
        }
        let outcome = member.hear(check, report);
        if outcome.told {
            events.push_back(server(&self.name, member, &report.reason));
        }
        if let Some(from) = outcome.weighed {
            events.push_back(weight(&self.name, member, from));
        }
    }

    /// What was told while it was suspended counts from now on, if it no longer is.
    pub(super) fn catch_up(&mut self, events: &mut VecDeque<Event>) {
        if self.is_suspended {
            return;
        }
        let mut held = Vec::new();
        for (number, member) in self.members.iter_mut().enumerate() {
            for (check, checker) in member.checkers.iter_mut().enumerate() {
                held.extend(checker.release().map(|report| ((number, check), report)));
            }
        }
        for (at, report) in held {
            self.take(at, &report, events);
        }
        self.judge(events);
    }

    /// Which members are to get no new connections.
    pub(super) fn drain(&mut self, drains: &Drains, events: &mut VecDeque<Event>) {
        let mut changed = false;
        for member in &mut self.members {
            let drained = is_drained(&self.config, &member.config, drains);
            if drained != member.drained {
                let from = member.weight();
                member.drained = drained;
                changed = true;
                events.push_back(weight(&self.name, member, from));
            }
        }
        if changed {
            self.judge(events);
        }
    }

    /// This host has these addresses.
    pub(super) fn house(&mut self, addresses: &BTreeSet<IpAddr>, events: &mut VecDeque<Event>) {
        let Some(address) = suspending(&self.config) else { return };
        let suspended = !addresses.contains(&address);
        if suspended != self.is_suspended {
            self.is_suspended = suspended;
            events.push_back(Event::Suspended { service: self.name.clone(), suspended });
            self.catch_up(events);
        }
    }

    /// Whether the quorum is there at the start, like one that is to be gained; that is told either
    /// way, as keepalived does.
    pub(super) fn begin(&mut self, events: &mut VecDeque<Event>) {
        let threshold = self.config.to_gain();
        self.turn(self.weight() >= threshold, threshold, events);
        // Who has not served does not go.
        if let (true, Some(Event::Quorum { sorry_server, .. })) =
            (self.has_quorum, events.back_mut())
        {
            *sorry_server = None;
        }
    }

    /// Whether the quorum is there: gained at so much above it, lost at so much below it, or when
    /// nobody lives. The sorry server serves while it is not.
    pub(super) fn judge(&mut self, events: &mut VecDeque<Event>) {
        let threshold = if self.has_quorum { self.config.to_keep() } else { self.config.to_gain() };
        let is_enough = self.weight() >= threshold;
        if is_enough != self.has_quorum {
            self.turn(is_enough, threshold, events);
        }
    }

    fn turn(&mut self, has_quorum: bool, threshold: u64, events: &mut VecDeque<Event>) {
        self.has_quorum = has_quorum;
        events.push_back(Event::Quorum {
            service: self.name.clone(),
            up: has_quorum,
            weight: self.weight(),
            threshold,
            sorry_server: self.config.sorry.as_ref().map(|sorry| sorry.endpoint().into()),
            hook: self.hook(),
        });
    }

    /// Weight of the members that live.
    pub(super) fn weight(&self) -> u64 {
        self.members.iter().map(Member::counts).fold(0, u64::saturating_add)
    }

    fn hook(&self) -> Option<&'static str> {
        let (hook, name) = if self.has_quorum {
            (&self.config.quorum_up, "quorum_up")
        } else {
            (&self.config.quorum_down, "quorum_down")
        };
        hook.as_ref().map(|_| name)
    }

    /// Who is in the table for it; port 0 is that of the service.
    pub(super) fn places(&self) -> Vec<Destination> {
        let is_sorry = self.is_sorry();
        let members = self.members.iter().filter_map(|member| member.place(is_sorry));
        let sorry = self.config.sorry.iter().filter_map(|sorry| sorry.place(is_sorry));
        members.chain(sorry).collect()
    }

    /// It ends, and `omega` has that told as the loss of everything.
    pub(super) fn end(&mut self, with_servers: bool, events: &mut VecDeque<Event>) {
        for member in self.members.iter().filter(|member| with_servers && member.alive) {
            events.push_back(down(&self.name, member, "shutting down"));
        }
        self.has_quorum = false;
        events.push_back(Event::Quorum {
            service: self.name.clone(),
            up: false,
            weight: 0,
            threshold: self.config.quorum.into(),
            sorry_server: None,
            hook: self.hook(),
        });
    }
}

impl PoolConfig {
    /// Weight at which the quorum is gained.
    pub(super) fn to_gain(&self) -> u64 {
        u64::from(self.quorum).saturating_add(self.hysteresis.into()).max(1)
    }

    /// Weight at which it is still there.
    fn to_keep(&self) -> u64 {
        u64::from(self.quorum).saturating_sub(self.hysteresis.into()).max(1)
    }
}

pub(super) fn server(service: &str, member: &Member, reason: &str) -> Event {
    Event::Server {
        service: service.into(),
        server: member.endpoint().into(),
        up: member.alive,
        reason: reason.into(),
        hook: member.hook(),
    }
}

fn weight(service: &str, member: &Member, from: u32) -> Event {
    let to = member.weight();
    Event::Weight { service: service.into(), server: member.endpoint().into(), from, to }
}

/// A member that lives ends.
fn down(service: &str, member: &Member, reason: &str) -> Event {
    let mut ended = member.clone();
    ended.alive = false;
    server(service, &ended, reason)
}

/// What is told of a member that is gone after a reload: the end of one that lived.
pub(super) fn removed(service: &str, member: &Member) -> Option<Event> {
    member.alive.then(|| down(service, member, "removed"))
}
