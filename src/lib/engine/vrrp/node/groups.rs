//! Sync groups inside a node: who belongs together, and carrying out the group's verdicts.

use super::Node;
use crate::engine::sync_group::{self, Member, Verdict};
use crate::engine::track::Standing;
use crate::engine::vrrp::action::{Action, Cause, Event, Reason, RouterId, State};
use crate::engine::vrrp::config::{SyncGroupConfig, Tracked};
use crate::time::Instant;

/// One sync group.
#[derive(Debug)]
pub(super) struct Group {
    pub name: String,
    pub members: Vec<RouterId>,
    pub tracked: Vec<Tracked>,
    state: State,
}

/// Share faults and waiting among the members of each group.
pub(super) fn share(groups: &[Group], standings: &mut [Option<Standing>]) {
    for group in groups {
        let of = |id: &RouterId| standings.get(id.0).and_then(Option::as_ref);
        let members = || group.members.iter().filter_map(of);
        let waiting = members().any(|each| each.waiting);
        let faulty = || members().filter(|each| !each.causes.is_empty());
        let (fault, orderly) = (faulty().next().is_some(), faulty().all(|each| each.orderly));
        for id in &group.members {
            let Some(Some(standing)) = standings.get_mut(id.0) else { continue };
            standing.waiting = waiting;
            if fault && standing.causes.is_empty() {
                standing.causes.insert(Cause::SyncGroup(group.name.clone()));
                standing.orderly = orderly;
            }
        }
    }
}

impl Node {
    /// Form the groups of a configuration. A group of the same name keeps its state; a router
    /// belongs to the first group that names it.
    pub(super) fn regroup(&mut self, configs: &[SyncGroupConfig]) {
        let old = std::mem::take(&mut self.groups);
        for config in configs {
            let members = self.routers.iter().enumerate().filter(|(index, router)| {
                router.state() != State::Stopped
                    && config.members.contains(&router.config().name)
                    && !self.groups.iter().any(|each| each.members.contains(&RouterId(*index)))
            });
            let members: Vec<_> = members.map(|(index, _)| RouterId(index)).collect();
            let before = old.iter().find(|group| group.name == config.name);
            self.groups.push(Group {
                name: config.name.clone(),
                members,
                tracked: config.tracked.clone(),
                state: before.map_or(State::Init, |group| group.state),
            });
        }
        for (index, router) in self.routers.iter_mut().enumerate() {
            let member = |group: &Group| group.members.contains(&RouterId(index));
            router.grouped = self.groups.iter().any(member);
        }
    }

    /// A router and the other members of its group.
    pub(super) fn with_group(&self, id: RouterId) -> Vec<RouterId> {
        let group = self.groups.iter().find(|group| group.members.contains(&id));
        group.map_or_else(|| vec![id], |group| group.members.clone())
    }

    /// A member heard a losing master: hosts of the other members' networks may be misled too.
    pub(super) fn others_announce(&mut self, now: Instant, id: RouterId) {
        for other in self.with_group(id).into_iter().filter(|other| *other != id) {
            if let Some(router) = self.routers.get_mut(other.0) {
                router.announce_against_loser(now);
            }
        }
    }

    /// A start must not leave a group split, with some members resumed as master and some not.
    pub(super) fn split_groups_yield(&mut self, now: Instant) {
        for index in 0..self.groups.len() {
            let members = self.members(index);
            let masters = members.iter().filter(|each| each.state == State::Master).count();
            if masters < members.len() {
                self.follow(now, index, Verdict::Yield);
            }
        }
    }

    /// After any input: let every group do what its members' states ask for, then hand over
    /// all actions, and tell which groups changed.
    pub(super) fn settle(&mut self, now: Instant) {
        for index in 0..self.groups.len() {
            let fell = self.take_fell(index);
            match sync_group::verdict(&self.members(index)) {
                // A member that has just joined does not pull the others down.
                Verdict::Yield if !fell => {}
                verdict => self.follow(now, index, verdict),
            }
            self.take_fell(index);
        }
        self.drain();
        for index in 0..self.groups.len() {
            self.tell_group(index);
        }
    }

    /// The group's living members.
    fn members(&self, group: usize) -> Vec<Member> {
        let ids = self.groups.get(group).map_or(&[][..], |group| group.members.as_slice());
        ids.iter()
            .filter_map(|id| self.routers.get(id.0))
            .filter(|router| router.state() != State::Stopped)
            .map(|router| Member { state: router.state(), wants_master: router.wants_master() })
            .collect()
    }

    /// Whether a member stopped being master since this was last asked.
    fn take_fell(&mut self, group: usize) -> bool {
        let Some(group) = self.groups.get(group) else { return false };
        let mut fell = false;
        for id in &group.members {
            if let Some(router) = self.routers.get_mut(id.0) {
                fell |= std::mem::take(&mut router.fell);
            }
        }
        fell
    }

    fn follow(&mut self, now: Instant, group: usize, verdict: Verdict) {
        let Some(group) = self.groups.get(group) else { return };
        for id in &group.members {
            let Some(router) = self.routers.get_mut(id.0) else { continue };
            match verdict {
                Verdict::Keep => {}
                Verdict::Promote => router.follow_to_master(now, &group.name),
                Verdict::Yield => router.follow_to_backup(now, &group.name),
            }
        }
    }

    /// Tell a change of the group's state, after those of its members.
    fn tell_group(&mut self, index: usize) {
        let members = self.members(index);
        let Some(group) = self.groups.get_mut(index) else { return };
        let state = sync_group::state(&members, group.state);
        if state == group.state {
            return;
        }
        group.state = state;
        // The member that the others followed; it has the reason.
        let of = |id: &RouterId| self.routers.get(id.0).and_then(|router| router.reason().cloned());
        let follows = |reason: &Reason| {
            matches!(reason, Reason::SyncGroup(_) | Reason::Fault(Cause::SyncGroup(_)))
        };
        let mut reasons = group.members.iter().filter_map(|id| Some((*id, of(id)?)));
        let first = reasons.clone().next();
        let Some((id, reason)) = reasons.find(|(_, reason)| !follows(reason)).or(first) else {
            return;
        };
        let event = Event::Group { name: group.name.clone(), to: state, reason };
        self.actions.push_back((id, Action::Event(event)));
    }
}
