//! What must hold in every simulated network, whatever happens to it.
//!
//! Most rules have the form "this condition may hold for so long at most". The world says after
//! each change which conditions hold; the oracle keeps since when, and complains.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::Serialize;

use super::host::VirtualRouter;
use crate::engine::vrrp::{Family, RouterId};
use crate::time::Instant;

/// Something that may hold for a limited time only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition {
    /// Two hosts that hear each other are both master.
    TwoMasters(VirtualRouter, usize, usize),
    /// A host is backup and no master can be heard by it.
    NoMaster(VirtualRouter, usize),
    /// A router that is not master has addresses.
    HoldsAsOther(usize, RouterId),
    /// A master lacks an address.
    LacksAsMaster(usize, RouterId),
    /// A master stops gracefully, a successor is there, and nobody has the addresses.
    Unserved(VirtualRouter),
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TwoMasters(r, a, b) => {
                write!(f, "hosts {a} and {b} hear each other and were both master of {r}")
            }
            Self::NoMaster(r, host) => write!(f, "host {host} was backup of {r} without a master"),
            Self::HoldsAsOther(host, router) => {
                write!(f, "host {host} router {} had addresses without being master", router.0)
            }
            Self::LacksAsMaster(host, router) => {
                write!(f, "host {host} router {} was master without all addresses", router.0)
            }
            Self::Unserved(r) => write!(f, "nobody had the addresses of {r} in a graceful stop"),
        }
    }
}

impl fmt::Display for VirtualRouter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let family = match self.family {
            Family::Ipv4 => "IPv4",
            Family::Ipv6 => "IPv6",
        };
        write!(f, "VRID {} ({family})", self.vrid)
    }
}

/// A broken rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// When it was noticed.
    #[serde(rename = "at_ns")]
    pub at: Instant,
    /// What was broken, in words.
    pub what: String,
}

/// Keeps the time of conditions, and the complaints.
#[derive(Debug, Default)]
pub struct Oracle {
    holding: BTreeMap<Condition, (Instant, Duration)>,
    violations: Vec<Violation>,
}

impl Oracle {
    /// These conditions hold now, each with the longest time it may; all others do not.
    pub fn update(&mut self, now: Instant, holding: BTreeMap<Condition, Duration>) {
        let before = std::mem::take(&mut self.holding);
        for (condition, (since, allowed)) in &before {
            if !holding.contains_key(condition) {
                self.judge(now, *condition, *since, *allowed);
            }
        }
        self.holding = holding
            .into_iter()
            .map(|(condition, allowed)| {
                // A limit that shrinks while it runs would punish what was right before.
                let (since, old) = before.get(&condition).copied().unwrap_or((now, Duration::ZERO));
                (condition, (since, allowed.max(old)))
            })
            .collect();
    }

    /// The simulation ends now.
    pub fn finish(&mut self, now: Instant) {
        self.update(now, BTreeMap::new());
    }

    fn judge(&mut self, now: Instant, condition: Condition, since: Instant, allowed: Duration) {
        let lasted = now.saturating_since(since);
        if lasted > allowed {
            self.complain(now, format!("{condition} for {lasted:?}; {allowed:?} is allowed"));
        }
    }

    /// Something is wrong.
    pub fn complain(&mut self, now: Instant, what: String) {
        self.violations.push(Violation { at: now, what });
    }

    /// Everything that was wrong so far.
    #[must_use]
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUTER: VirtualRouter = VirtualRouter { family: Family::Ipv4, vrid: 7 };

    fn second(n: u64) -> Instant {
        Instant::ZERO + Duration::from_secs(n)
    }

    #[test]
    fn a_condition_that_lasts_too_long_is_told_once_with_its_time() {
        let mut oracle = Oracle::default();
        let dual = |limit| {
            BTreeMap::from([(Condition::TwoMasters(ROUTER, 0, 1), Duration::from_secs(limit))])
        };
        oracle.update(second(1), dual(2));
        oracle.update(second(2), dual(1));
        oracle.update(second(3), BTreeMap::new());
        assert_eq!(oracle.violations().len(), 0, "two seconds were allowed and taken");
        oracle.update(second(4), dual(2));
        oracle.finish(second(7));
        let [violation] = oracle.violations() else { panic!("{:?}", oracle.violations()) };
        assert_eq!(
            violation.what,
            "hosts 0 and 1 hear each other and were both master of VRID 7 (IPv4) for 3s; 2s is \
             allowed"
        );
    }
}
