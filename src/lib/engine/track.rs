//! What trackers and interfaces make of a router: its effective priority, with the parts it is
//! made of, and the causes that keep it in fault.
//!
//! Decides from verdicts; refuses to know how they were reached, and what a router does about
//! them. Everything is computed anew from the present facts, never adjusted step by step.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::vrrp::{Cause, Family, Link, RouterConfig, Tracked, TrackerConfig, TrackerId};

/// The facts that trackers and interfaces have told so far.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    links: BTreeMap<String, Link>,
    verdicts: BTreeMap<TrackerId, bool>,
    init_fail: BTreeSet<TrackerId>,
}

/// What the facts mean for one router.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Every cause that keeps the router in fault.
    pub causes: BTreeSet<Cause>,
    /// The causes are the operator's wish, not a failure: what is served may go on being served
    /// until a successor has it.
    pub orderly: bool,
    /// A tracker whose failure would be a fault has not spoken yet.
    pub waiting: bool,
    /// Effective priority: base plus the weights in force, 1..=254; an owner's is 255.
    pub priority: u8,
    /// Base and weights in force, in words for the operator.
    pub parts: Vec<(String, i16)>,
    /// Source address of adverts, if there is one.
    pub source: Option<IpAddr>,
}

impl Facts {
    /// Learn which trackers count as failed until they speak.
    pub fn configure(&mut self, trackers: &[TrackerConfig]) {
        self.init_fail =
            trackers.iter().filter(|each| each.init_fail).map(|each| each.id.clone()).collect();
    }

    /// An interface changed.
    pub fn set_link(&mut self, interface: &str, link: &Link) {
        self.links.insert(interface.to_owned(), link.clone());
    }

    /// A tracker has a verdict. An unknown one after a known one changes nothing: losing the
    /// checker is no news about what it checked.
    pub fn set_verdict(&mut self, tracker: &TrackerId, up: Option<bool>) {
        if let Some(up) = up {
            self.verdicts.insert(tracker.clone(), up);
        }
    }

    /// The verdict of a tracker; `None` while unknown.
    fn verdict(&self, tracker: &TrackerId) -> Option<bool> {
        match tracker {
            TrackerId::Interface(name) => self.links.get(name).map(|link| link.exists && link.up),
            TrackerId::Script(_) => self
                .verdicts
                .get(tracker)
                .copied()
                .or_else(|| self.init_fail.contains(tracker).then_some(false)),
        }
    }

    /// What the facts mean for the router of `config`, in a sync group that adds `group`.
    #[must_use]
    pub fn standing(&self, config: &RouterConfig, group: &[Tracked]) -> Standing {
        let mut standing = Standing {
            causes: BTreeSet::new(),
            orderly: false,
            waiting: false,
            priority: config.priority,
            parts: vec![("base".to_owned(), i16::from(config.priority))],
            source: None,
        };
        self.judge_interface(config, &mut standing);
        for tracked in config.tracked.iter().chain(group) {
            self.judge_tracked(config, tracked, &mut standing);
        }
        standing.priority = effective(config.priority, &standing.parts);
        standing
    }

    /// Own interface and source address.
    fn judge_interface(&self, config: &RouterConfig, standing: &mut Standing) {
        let name = &config.interface;
        let Some(link) = self.links.get(name) else {
            standing.waiting = true;
            return;
        };
        if !link.exists {
            standing.causes.insert(Cause::InterfaceMissing(name.clone()));
            return;
        }
        if config.track_primary && !link.up {
            standing.causes.insert(Cause::InterfaceDown(name.clone()));
        }
        standing.source = config.source.or(match config.family {
            Family::Ipv4 => link.ipv4.map(IpAddr::V4),
            Family::Ipv6 => link.ipv6.map(IpAddr::V6),
        });
        if standing.source.is_none() {
            standing.causes.insert(Cause::NoSourceAddress(name.clone()));
        }
    }

    /// One tracker: a fault at weight zero, otherwise a part of the priority. An unknown one is
    /// neutral, and at weight zero something to wait for.
    fn judge_tracked(&self, config: &RouterConfig, tracked: &Tracked, standing: &mut Standing) {
        let Some(up) = self.verdict(&tracked.tracker) else {
            standing.waiting |= tracked.weight == 0;
            return;
        };
        let good = up != tracked.reverse;
        match tracked.weight {
            0 if !good => {
                standing.causes.insert(match &tracked.tracker {
                    TrackerId::Script(name) => Cause::Script(name.clone()),
                    TrackerId::Interface(name) => Cause::TrackedInterface(name.clone()),
                });
            }
            // An address owner ignores weights (RFC 9568 section 6.1: always 255).
            _ if config.priority == u8::MAX => {}
            weight if (weight > 0 && good) || (weight < 0 && !good) => {
                standing.parts.push((describe(&tracked.tracker), weight));
            }
            _ => {}
        }
    }
}

/// A tracker in the operator's words.
fn describe(tracker: &TrackerId) -> String {
    match tracker {
        TrackerId::Script(name) => format!("script {name}"),
        TrackerId::Interface(name) => format!("interface {name}"),
    }
}

/// The sum of `parts`, kept in 1..=254; 255 belongs to address owners alone.
fn effective(base: u8, parts: &[(String, i16)]) -> u8 {
    if base == u8::MAX {
        return base;
    }
    let sum: i32 = parts.iter().map(|(_, weight)| i32::from(*weight)).sum();
    u8::try_from(sum.clamp(1, 254)).unwrap_or(base)
}

#[cfg(test)]
mod tests;
