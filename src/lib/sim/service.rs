//! Seen from a client: does anybody answer for the addresses, and if not, for how long?

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::history::What;
use super::host::{Host, VirtualRouter};
use super::tour::Standing;
use super::world::World;
use crate::engine::vrrp::{RouterId, TrackerId};
use crate::time::Instant;

/// Times without service.
#[derive(Debug, Default)]
pub struct Service {
    /// Since when nobody answers.
    since: BTreeMap<VirtualRouter, Instant>,
    /// The longest time nobody answered.
    longest: BTreeMap<VirtualRouter, Duration>,
}

impl World {
    /// Forget what was, and watch from now on.
    pub(super) fn watch_service(&mut self) {
        self.service = Some(Service::default());
        self.observe_service();
    }

    /// The longest time without service of each virtual router since the watch began.
    pub(super) fn unserved(&mut self) -> BTreeMap<VirtualRouter, Duration> {
        self.observe_service();
        let Some(service) = &self.service else { return BTreeMap::new() };
        let mut longest = service.longest.clone();
        for (router, since) in &service.since {
            let lasted = self.now.saturating_since(*since);
            let known = longest.entry(*router).or_default();
            *known = lasted.max(*known);
        }
        longest
    }

    pub(super) fn observe_service(&mut self) {
        let Some(mut service) = self.service.take() else { return };
        for router in self.virtual_routers() {
            if self.answers(router) {
                if let Some(since) = service.since.remove(&router) {
                    let lasted = self.now.saturating_since(since);
                    let known = service.longest.entry(router).or_default();
                    *known = lasted.max(*known);
                }
            } else {
                service.since.entry(router).or_insert(self.now);
            }
        }
        self.service = Some(service);
    }

    /// Whether some kernel has all addresses; whether its process lives does not matter.
    fn answers(&self, router: VirtualRouter) -> bool {
        let holds = |host: &Host| {
            let mut parts = host.config.routers.iter().enumerate();
            parts.any(|(index, config)| {
                let held = host.held.get(&RouterId(index));
                let mut wanted = config.addresses.iter();
                VirtualRouter::of(config) == router
                    && wanted.all(|a| held.is_some_and(|held| held.contains(&a.address)))
            })
        };
        self.hosts.iter().any(|host| host.powered && host.link_up && holds(host))
    }

    /// Who takes part in what now, and who is master.
    pub(super) fn standings(&self) -> Vec<Standing> {
        let standing = |router| Standing {
            router,
            members: self
                .parts(router)
                .filter_map(|(i, host, id, _)| {
                    Some((i, host.process.as_ref()?.node.status(id)?.priority))
                })
                .collect(),
            masters: self.masters(router),
        };
        self.virtual_routers().into_iter().map(standing).collect()
    }

    /// Everything that a host tracks.
    pub(super) fn trackers(&self, host: usize) -> BTreeSet<TrackerId> {
        self.hosts.get(host).map(Host::trackers).unwrap_or_default()
    }

    /// The name of a router of a host.
    pub(super) fn instance(&self, host: usize, router: RouterId) -> Option<String> {
        let process = self.hosts.get(host)?.process.as_ref()?;
        process.views.get(&router).map(|view| view.config.name.clone())
    }

    /// When the next advert of a host is due; `None` when it sends none.
    pub(super) fn next_advert(&self, host: usize) -> Option<Instant> {
        let mut sent = self.history.entries().iter().rev();
        let last =
            sent.find(|entry| entry.host == Some(host) && matches!(entry.what, What::Sent { .. }))?;
        let process = self.hosts.get(host)?.process.as_ref()?;
        let view = process.views.get(&last.router?)?;
        Some(last.at + view.config.advertisement_interval)
    }
}
