//! What the successor of a process that kept a table is told, so that it goes on where that stood:
//! nobody has to prove again that he lives, and nothing is told twice.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::balancer::{Balancer, inform};
use super::check::CheckReport;
use super::pool::{Pool, server};
use super::{BalancerConfig, Drains, Event, ServerName};
use crate::engine::check::Known;

/// All of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resume {
    /// The latest verdict of each check that has told one.
    pub checks: Vec<Known>,
    /// What was told of pools; none when nobody has kept the table yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<Told>,
}

/// What was told last of pools.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// Servers of which something was told.
    pub servers: Vec<ToldServer>,
    /// Pools of whose quorum something was told.
    pub quorums: Vec<ToldQuorum>,
}

/// What was told last of one server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToldServer {
    /// Its pool.
    pub service: Box<str>,
    /// Which one.
    pub server: ServerName,
    /// Whether it is up.
    pub up: bool,
}

/// What was told last of the quorum of one pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToldQuorum {
    /// The pool.
    pub service: Box<str>,
    /// Whether it has it.
    pub up: bool,
}

/// The plan of `ha ipvs apply --follow`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TablePlan {
    /// What to do.
    #[serde(flatten)]
    pub config: BalancerConfig,
    /// What is known already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resume: Option<Box<Resume>>,
}

impl Balancer {
    /// Begin with `config` where somebody else stood; what became of it meanwhile is told.
    ///
    /// # Errors
    /// As [`Balancer::new`].
    pub fn resumed(config: BalancerConfig, drains: Drains, known: Resume) -> Result<Self, String> {
        let Resume { checks, told } = known;
        let reports = checks.into_iter().map(CheckReport::from);
        let Some(told) = told else {
            let mut this = Self::new(config, drains)?;
            // A check that is nobody's was told of in vain.
            reports.for_each(|report| drop(this.handle_check(&report)));
            return Ok(this);
        };
        let mut this = Self::new(BalancerConfig { notify_at_start: false, ..config }, drains)?;
        this.events.clear();
        for report in reports {
            this.known.entry(report.key()).or_default().push(report);
        }
        let Told { servers, quorums } = told;
        let servers: BTreeMap<_, bool> =
            servers.into_iter().map(|one| ((one.service, one.server), one.up)).collect();
        let quorums: BTreeMap<_, bool> =
            quorums.into_iter().map(|one| (one.service, one.up)).collect();
        for pool in &mut this.pools {
            pool.has_quorum = quorums.get(&pool.name).copied().unwrap_or(true);
            let before: Vec<bool> = pool
                .members
                .iter()
                .map(|member| {
                    let name = (pool.name.clone(), member.endpoint().into());
                    servers.get(&name).copied().unwrap_or(member.alive)
                })
                .collect();
            inform(pool, &this.known, &mut VecDeque::new());
            tell_changes(pool, &before, &mut this.events);
        }
        Ok(this)
    }
}

/// Who lives or does not, other than `before`, and what follows for the quorum.
fn tell_changes(pool: &mut Pool, before: &[bool], events: &mut VecDeque<Event>) {
    for (member, was_alive) in pool.members.iter().zip(before) {
        if member.alive != *was_alive {
            events.push_back(server(&pool.name, member, "while nobody kept the table"));
        }
    }
    pool.judge(events);
}
