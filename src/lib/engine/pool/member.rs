//! One destination of a pool: whether it lives, and how much it weighs.

use super::check::{CheckReport, Checker};
use super::{DestinationConfig, SorryServer};
use crate::engine::ipvs::{Destination, Endpoint};

/// The largest weight that the kernel takes.
const LARGEST_WEIGHT: i64 = i32::MAX as i64;

/// A destination with what is known of it.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) config: DestinationConfig,
    pub(super) checkers: Vec<Checker>,
    /// None of its checks has failed.
    pub(super) alive: bool,
    /// The weight that a check has set.
    dynamic: Option<u32>,
    /// It is to get no new connections.
    pub(super) drained: bool,
}

/// What became of a destination.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Outcome {
    /// Whoever wants to know is told of its state.
    pub(super) told: bool,
    /// Its weight until now, if it is another.
    pub(super) weighed: Option<u32>,
}

impl Member {
    pub(super) fn new(config: DestinationConfig) -> Self {
        let checkers = Checker::all(&config);
        let alive = checkers.iter().all(|checker| checker.is_up);
        Self { config, checkers, alive, dynamic: None, drained: false }
    }

    /// The destination `config`, which was `old` before a reload: what is known of checks that
    /// stay is kept. A check that is new counts as up, unless it has to succeed first and the
    /// destination is down anyhow.
    pub(super) fn reloaded(config: DestinationConfig, old: &Self) -> Self {
        let mut new = Self::new(config);
        for checker in &mut new.checkers {
            match old.checkers.iter().find(|old| checker.continues(old)) {
                Some(old) => checker.take_over(old),
                None => checker.is_up = !checker.alpha || old.alive,
            }
        }
        new.alive = new.checkers.iter().all(|checker| checker.is_up);
        new.drained = old.drained;
        new.dynamic = old.dynamic.filter(|_| new.config.weight == old.config.weight);
        new
    }

    pub(super) const fn endpoint(&self) -> Endpoint {
        Endpoint { address: self.config.address, port: self.config.port }
    }

    /// What the check with this number was told.
    pub(super) fn hear(&mut self, number: usize, report: &CheckReport) -> Outcome {
        let (was_alive, weight) = (self.alive, self.weight());
        let Some(checker) = self.checkers.get_mut(number) else { return Outcome::default() };
        let is_first = !checker.has_run;
        checker.hear(report);
        let stays_down = is_first && checker.has_run && !checker.is_up;
        if report.weight.is_some() && checker.sets_weight() {
            self.dynamic = report.weight;
        }
        self.alive = self.checkers.iter().all(|checker| checker.is_up);
        let told = self.alive != was_alive || (stays_down && !self.alive);
        Outcome { told, weighed: (self.weight() != weight).then_some(weight) }
    }

    /// What it weighs when it is in the table: as configured or as a check has set it, with what
    /// files add; none while it is drained.
    pub(super) fn weight(&self) -> u32 {
        if self.drained {
            return 0;
        }
        let base = i64::from(self.dynamic.unwrap_or(self.config.weight));
        let added = self.checkers.iter().map(Checker::adds);
        let sum = added.fold(base, i64::saturating_add).clamp(0, LARGEST_WEIGHT);
        u32::try_from(sum).unwrap_or_default()
    }

    /// What it counts for the quorum.
    pub(super) fn counts(&self) -> u64 {
        if self.alive { self.weight().into() } else { 0 }
    }

    /// Its place in the table while its pool is served by its members, or by the sorry server. One
    /// that is inhibited always has it; one that is drained, for its connections, while it lives.
    pub(super) fn place(&self, sorry: bool) -> Option<Destination> {
        let serves = self.alive && !sorry;
        let stays = self.config.inhibit || (self.alive && self.drained);
        (serves || stays).then(|| self.config.place(if serves { self.weight() } else { 0 }))
    }

    /// Who wants to know of its state.
    pub(super) fn hook(&self) -> Option<&'static str> {
        let (hook, name) = if self.alive {
            (&self.config.notify_up, "notify_up")
        } else {
            (&self.config.notify_down, "notify_down")
        };
        hook.as_ref().map(|_| name)
    }
}

impl SorryServer {
    pub(super) const fn endpoint(&self) -> Endpoint {
        Endpoint { address: self.address, port: self.port }
    }

    /// Its place in the table while it serves, or does not.
    pub(super) fn place(&self, serves: bool) -> Option<Destination> {
        (serves || self.inhibit).then(|| Destination {
            address: self.address,
            port: self.port,
            forwarding: self.forwarding,
            weight: u32::from(serves),
            upper_threshold: 0,
            lower_threshold: 0,
        })
    }
}
