//! Everything that a configuration has told: hooks of virtual routers, of virtual and real servers,
//! and pipes.

use super::Model;
use crate::engine::ipvs::{Protocol, Service};
use crate::engine::notify::{Fifos, NotifyPlan, PoolHooks, PoolTitle, UpDown};
use crate::engine::pool::{DestinationConfig, PoolConfig};

/// Which halves of a configuration run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Halves {
    /// Virtual routers.
    pub vrrp: bool,
    /// Virtual servers.
    pub lvs: bool,
}

impl Halves {
    /// Everything.
    pub const ALL: Self = Self { vrrp: true, lvs: true };
}

impl Model {
    /// Who is told of what, when these halves run.
    #[must_use]
    pub fn hooks(&self, halves: Halves) -> NotifyPlan {
        let fifos = self.pipes(halves);
        let with_vrrp = fifos.all.is_some() || fifos.vrrp.is_some();
        let with_lvs = fifos.all.is_some() || fifos.lvs.is_some();
        let mut plan = NotifyPlan { fifos, ..self.notify.clone() };
        if !halves.vrrp {
            plan.instances.clear();
            plan.groups.clear();
        } else if with_vrrp {
            for router in &self.vrrp.routers {
                plan.instances.entry(router.name.clone()).or_default();
            }
            for group in &self.vrrp.groups {
                plan.groups.entry(group.name.clone()).or_default();
            }
        }
        if halves.lvs {
            for pool in &self.balancer.pools {
                let hooks = pool_hooks(pool, with_lvs);
                let is_told = with_lvs || !hooks.quorum.is_empty() || !hooks.servers.is_empty();
                if is_told {
                    plan.pools.insert(pool.name().into(), hooks);
                }
            }
        }
        plan
    }

    fn pipes(&self, halves: Halves) -> Fifos {
        let fifos = &self.globals.fifos;
        let tells = |name: &&String| {
            let instance = self.instances.get(*name).is_some_and(|one| one.priority_changes);
            let group = self.notify.member_of.get(*name).and_then(|group| self.groups.get(group));
            instance || group.is_some_and(|group| group.priority_changes)
        };
        let names = self.vrrp.routers.iter().map(|router| &router.name);
        Fifos {
            all: fifos.all.clone(),
            vrrp: fifos.vrrp.clone().filter(|_| halves.vrrp),
            lvs: self
                .balancer
                .fifo
                .clone()
                .filter(|_| halves.lvs && !self.balancer.pools.is_empty()),
            states_on_reload: fifos.states_on_reload && halves.vrrp,
            priorities: names.filter(tells).cloned().collect(),
        }
    }
}

fn pool_hooks(pool: &PoolConfig, all: bool) -> PoolHooks {
    let command = |command: &Option<Box<_>>| command.as_deref().cloned();
    let quorum = UpDown { up: command(&pool.quorum_up), down: command(&pool.quorum_down) };
    let turns = |one: &DestinationConfig| UpDown {
        up: command(&one.notify_up),
        down: command(&one.notify_down),
    };
    let servers = pool.destinations.iter().map(|one| (one.name().to_string(), turns(one)));
    let servers = servers.filter(|(_, hooks)| all || !hooks.is_empty()).collect();
    PoolHooks { quorum, servers, title: title(pool) }
}

/// As keepalived writes it.
fn title(pool: &PoolConfig) -> PoolTitle {
    let first = pool.services.first();
    let protocol = match first {
        Some(Service::Addresses { protocol, .. }) => match protocol {
            Protocol::Tcp => "tcp",
            Protocol::Udp => "udp",
            Protocol::Sctp => "sctp",
        },
        _ => "none",
    };
    let name = match (&pool.group, first) {
        (Some(group), _) => format!("[{group}]:0"),
        (None, Some(Service::Addresses { first, port, .. })) => {
            format!("[{first}]:{protocol}:{port}")
        }
        (None, Some(Service::Fwmark { mark, .. })) => format!("FWM {mark}"),
        (None, None) => String::new(),
    };
    PoolTitle { name, protocol: protocol.to_owned() }
}
