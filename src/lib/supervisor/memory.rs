//! What is remembered of the load balancer, so that a process that ended is followed by one that
//! goes on where it stood: the latest verdict of every check, and what was told of servers and
//! quorums. As much as the configuration has, and no more.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use super::plan::{InstanceName, Part};
use crate::config::Model;
use crate::engine::check::{CheckId, CheckName, Known, ServerProbe};
use crate::engine::pool::{DestinationConfig, Resume, ServerName, Told, ToldQuorum, ToldServer};
use crate::output::event::Line;

/// What tells one check from another.
type CheckKey = (CheckName, Option<CheckId>);

/// What a configuration has that can be remembered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Every check of a real server, and who runs it.
    checks: BTreeMap<CheckKey, Part>,
    /// Every pool by its name, with its servers.
    pools: BTreeMap<Box<str>, BTreeSet<ServerName>>,
    /// The virtual router that the sync daemon follows.
    leader: Option<Box<str>>,
}

impl Scope {
    /// That of `model`.
    #[must_use]
    pub fn of(model: &Model) -> Self {
        let plan = model.checks();
        let probes = plan.checks.iter().map(|check| {
            let probe = &check.config.probe;
            let is_script = matches!(probe, ServerProbe::Script(_));
            let part = if is_script { Part::Check } else { Part::Probe };
            ((CheckName::of(probe), Some(check.id)), part)
        });
        let named = |kind: &str, name: &str| ((CheckName::new(kind, name), None), Part::Probe);
        let files = plan.files.iter().map(|file| named("file", &file.name));
        let mut pools: BTreeMap<Box<str>, BTreeSet<ServerName>> = BTreeMap::new();
        for pool in &model.balancer.pools {
            let servers = pool.destinations.iter().map(DestinationConfig::name);
            pools.entry(pool.name()).or_default().extend(servers);
        }
        let sync = model.balancer.table.sync.as_ref();
        let leader = sync.and_then(|sync| sync.instance.clone());
        Self { checks: probes.chain(files).collect(), pools, leader }
    }

    /// How many states there are.
    #[must_use]
    pub fn states(&self) -> usize {
        let servers: usize = self.pools.values().map(BTreeSet::len).sum();
        self.checks.len() + self.pools.len() + servers
    }
}

/// The memory.
#[derive(Debug, Default)]
pub struct Memory {
    scope: Scope,
    checks: BTreeMap<CheckKey, Known>,
    servers: BTreeMap<(Box<str>, ServerName), bool>,
    quorums: BTreeMap<Box<str>, bool>,
    /// What virtual routers entered last.
    states: BTreeMap<Box<str>, Box<str>>,
    /// A process keeps the table, or did until it crashed.
    has_table: bool,
}

impl Memory {
    /// Another configuration, with these virtual routers: what it does not have is forgotten.
    pub fn handle_scope(&mut self, scope: Scope, instances: &[InstanceName]) {
        self.states.retain(|name, _| instances.iter().any(|known| *known.name == **name));
        self.checks.retain(|key, _| scope.checks.contains_key(key));
        let has = |service: &str, server: &ServerName| {
            scope.pools.get(service).is_some_and(|servers| servers.contains(server))
        };
        self.servers.retain(|(service, server), _| has(service, server));
        self.quorums.retain(|service, _| scope.pools.contains_key(service));
        self.scope = scope;
    }

    /// A process keeps the table from now on.
    pub const fn handle_table(&mut self) {
        self.has_table = true;
    }

    /// Whoever kept the table ended it: the next one begins anew.
    pub fn handle_table_ended(&mut self) {
        self.has_table = false;
        self.servers.clear();
        self.quorums.clear();
    }

    /// A check told its verdict. False: it is no check of a real server.
    pub fn handle_check(&mut self, data: &Value) -> bool {
        let Ok(known) = Known::deserialize(data) else { return false };
        let key = (known.name.clone(), known.id);
        let is_ours = self.scope.checks.contains_key(&key);
        if is_ours {
            self.checks.insert(key, known);
        }
        is_ours
    }

    /// What a pool told.
    pub fn handle_pool(&mut self, line: &Line) {
        match line.kind.as_str() {
            "ipvs.server" => {
                let Ok(told) = ToldServer::deserialize(&line.data) else { return };
                let ToldServer { service, server, up } = told;
                let known = self.scope.pools.get(&service);
                if known.is_some_and(|servers| servers.contains(&server)) {
                    self.servers.insert((service, server), up);
                }
            }
            "ipvs.quorum" => {
                let Ok(told) = ToldQuorum::deserialize(&line.data) else { return };
                let ToldQuorum { service, up } = told;
                if self.scope.pools.contains_key(&service) {
                    self.quorums.insert(service, up);
                }
            }
            _ => {}
        }
    }

    /// A virtual router entered a state. True: whoever keeps the table wants to know.
    pub fn handle_transition(&mut self, data: &Value) -> bool {
        let word = |key: &str| data.get(key).and_then(Value::as_str);
        let (Some(instance), Some(to)) = (word("instance"), word("to")) else { return false };
        self.states.insert(instance.into(), to.into());
        self.scope.leader.as_deref() == Some(instance)
    }

    /// What a new process that keeps the table has to know.
    #[must_use]
    pub fn table(&self) -> Resume {
        let servers = self.servers.iter().map(|((service, server), up)| ToldServer {
            service: service.clone(),
            server: *server,
            up: *up,
        });
        let quorums = self
            .quorums
            .iter()
            .map(|(service, up)| ToldQuorum { service: service.clone(), up: *up });
        let told = || Told { servers: servers.collect(), quorums: quorums.collect() };
        Resume { checks: self.checks.values().cloned().collect(), told: self.has_table.then(told) }
    }

    /// The virtual router that the sync daemon follows, and what it entered last.
    #[must_use]
    pub fn leader(&self) -> Option<(&str, &str)> {
        let name = self.scope.leader.as_deref()?;
        Some((name, self.states.get(name)?))
    }

    /// What a new process that runs the checks of `part` has to know.
    #[must_use]
    pub fn checks(&self, part: Part) -> Vec<Known> {
        let of_part = |key: &CheckKey| self.scope.checks.get(key) == Some(&part);
        self.checks.iter().filter(|(key, _)| of_part(key)).map(|(_, known)| known.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::plan::tests::balancing;
    use super::*;
    use serde_json::json;

    fn memory() -> (Memory, Value) {
        let mut memory = Memory::default();
        memory.handle_scope(Scope::of(&balancing()), &[]);
        let id = balancing().probes().checks[0].id;
        let down = json!({"kind": "tcp", "check": "10.0.0.1:80", "id": id, "from": "up",
            "to": "down", "reason": "refused"});
        (memory, down)
    }

    fn line(kind: &str, data: Value) -> Line {
        Line::new(kind, String::new(), None, data)
    }

    #[test]
    fn the_latest_verdict_of_every_check_is_kept_and_of_nothing_else() {
        let (mut memory, down) = memory();
        assert!(memory.handle_check(&down));
        assert!(memory.handle_check(&down));
        let strange = json!({"kind": "tcp", "check": "10.0.0.9:80", "to": "down"});
        assert!(!memory.handle_check(&strange));
        assert_eq!(memory.checks(Part::Probe).len(), 1);
        assert!(memory.checks(Part::Check).is_empty());
        memory.handle_scope(Scope::default(), &[]);
        assert!(memory.checks(Part::Probe).is_empty());
    }

    #[test]
    fn the_successor_of_a_crashed_process_is_told_what_that_told() {
        let (mut memory, down) = memory();
        memory.handle_check(&down);
        let first = memory.table();
        assert_eq!((first.checks.len(), first.told), (1, None));
        memory.handle_table();
        let service = "tcp 192.0.2.1:80";
        let server = json!({"service": service, "server": "10.0.0.1:80", "up": false});
        memory.handle_pool(&line("ipvs.server", server));
        memory.handle_pool(&line("ipvs.quorum", json!({"service": service, "up": false})));
        memory.handle_pool(&line("ipvs.quorum", json!({"service": "another", "up": false})));
        let told = memory.table().told.unwrap();
        assert_eq!((told.servers.len(), told.quorums.len()), (1, 1));
        memory.handle_table_ended();
        assert_eq!(memory.table().told, None);
    }

    #[test]
    fn of_virtual_routers_only_the_one_that_the_sync_daemon_follows_counts() {
        let (mut memory, _) = memory();
        let master = json!({"instance": "VI_1", "to": "master"});
        assert!(!memory.handle_transition(&master));
        assert_eq!(memory.leader(), None);
        let mut model = balancing();
        let sync = json!({"interface": "eth0", "instance": "VI_1", "sync_id": 51});
        model.balancer.table.sync = serde_json::from_value(sync).unwrap();
        let instances = super::super::plan::tests::composition().instances;
        memory.handle_scope(Scope::of(&model), &instances);
        assert!(memory.handle_transition(&master));
        assert_eq!(memory.leader(), Some(("VI_1", "master")));
        memory.handle_scope(Scope::of(&model), &[]);
        assert_eq!(memory.leader(), None);
    }
}
