//! From a model to the processes that carry it out: which are needed, what each is told, and
//! what differs from the processes that run already. Starts nothing.

mod children;

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::memory::Scope;
use crate::config::Model;
use crate::engine::vrrp::{Family, RouterConfig};

/// A child process, by its job. The order is that of starting: who listens comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// `ha notify --follow`.
    Notify,
    /// `ha ipvs apply --follow`.
    Ipvs,
    /// `ha check run` of what only talks to the network.
    Probe,
    /// `ha check run` of what executes commands.
    Check,
    /// `ha vrrp run`.
    Vrrp,
}

impl Part {
    /// All parts, in the order of starting.
    pub const ALL: [Self; 5] = [Self::Notify, Self::Ipvs, Self::Probe, Self::Check, Self::Vrrp];

    /// As in events and status.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Notify => "notify",
            Self::Ipvs => "ipvs",
            Self::Probe => "probe",
            Self::Check => "check",
            Self::Vrrp => "vrrp",
        }
    }

    /// The first word of the types of its events.
    #[must_use]
    pub const fn speaks(self) -> &'static str {
        match self {
            Self::Probe => Self::Check.name(),
            other => other.name(),
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// One child process to run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Child {
    /// Its job.
    pub part: Part,
    /// Arguments after the program's name.
    pub arguments: Vec<String>,
    /// What it is told in its first line.
    pub plan: Value,
    /// Linux capabilities that its job needs (without `CAP_`).
    pub capabilities: Vec<&'static str>,
    /// What it is for, for people.
    pub purpose: String,
    /// How long a graceful stop may take.
    #[serde(rename = "stop_limit_us", with = "crate::time::micros")]
    pub stop_limit: Duration,
    /// How many lines may wait for it: the states of everything that it has to know of, and some.
    #[serde(skip)]
    pub waiting_lines: usize,
}

/// Something that the configuration asks for and that does not run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// Name of the part, as in status.
    pub part: &'static str,
    /// Why.
    pub reason: String,
}

/// What identifies an instance when nobody can be asked about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InstanceName {
    /// Name of the `vrrp_instance`.
    pub name: String,
    /// Interface of the adverts.
    pub interface: String,
    /// 1..=255.
    pub vrid: u8,
    /// Address family.
    pub family: Family,
    /// Base priority.
    pub priority: u8,
}

/// All processes of a configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Composition {
    /// Name of the node in events.
    pub node: Option<String>,
    /// What runs, in the order of starting.
    pub children: Vec<Child>,
    /// What does not.
    pub missing: Vec<Missing>,
    /// All instances, in the order of the configuration.
    pub instances: Vec<InstanceName>,
    /// Names of all tracked scripts.
    pub scripts: Vec<String>,
    /// What of the load balancer is worth remembering.
    #[serde(skip)]
    pub scope: Scope,
}

impl Composition {
    /// The child with this job, if there is one.
    #[must_use]
    pub fn child(&self, part: Part) -> Option<&Child> {
        self.children.iter().find(|child| child.part == part)
    }
}

/// What the children are started with beside their plans.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// `--state-dir`, for the lease of the VRRP process.
    pub state_dir: String,
    /// `--log`, passed on.
    pub log: String,
    /// Name of the node when the configuration has no `router_id`.
    pub host: String,
    /// Leave out the virtual routers, with their checks and hooks.
    pub without_vrrp: bool,
    /// Leave out the load balancer.
    pub without_load_balancer: bool,
    /// Leave the virtual addresses in place on stop.
    pub keep_addresses: bool,
    /// Leave the table of the load balancer as it is on stop.
    pub keep_table: bool,
}

/// The processes that `model` needs; none that it does not.
///
/// # Errors
/// When a plan cannot be written as JSON.
pub fn compose(model: &Model, options: &Options) -> serde_json::Result<Composition> {
    let routers = if options.without_vrrp { &[][..] } else { &model.vrrp.routers };
    let with_scripts = !options.without_vrrp;
    let scripts = model.scripts.iter().filter(|_| with_scripts).map(|script| script.name.clone());
    let children = [
        children::notify(model, options)?,
        children::ipvs(model, options)?,
        children::probes(model, options)?,
        children::executions(model, options)?,
        children::vrrp(model, options)?,
    ];
    let scope = children::scope(model, options);
    let mut children: Vec<Child> = children.into_iter().flatten().collect();
    for child in &mut children {
        child.waiting_lines += scope.states();
    }
    Ok(Composition {
        node: Some(model.globals.router_id.clone().unwrap_or_else(|| options.host.clone())),
        children,
        missing: children::missing(model, options).into_iter().collect(),
        instances: routers.iter().map(instance_name).collect(),
        scripts: scripts.collect(),
        scope,
    })
}

fn instance_name(router: &RouterConfig) -> InstanceName {
    InstanceName {
        name: router.name.clone(),
        interface: router.interface.clone(),
        vrid: router.vrid,
        family: router.family,
        priority: router.priority,
    }
}

/// What a reload changes about one child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is needed now.
    Start(Part),
    /// Its plan changed.
    Reload(Part),
    /// It is not needed any more.
    Stop(Part),
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start(part) => write!(f, "{part} starts"),
            Self::Reload(part) => write!(f, "{part} has a new plan"),
            Self::Stop(part) => write!(f, "{part} stops"),
        }
    }
}

/// What differs between two compositions; a child that is not named notices nothing.
#[must_use]
pub fn difference(old: &Composition, new: &Composition) -> Vec<Change> {
    Part::ALL
        .into_iter()
        .filter_map(|part| match (old.child(part), new.child(part)) {
            (None, Some(_)) => Some(Change::Start(part)),
            (Some(_), None) => Some(Change::Stop(part)),
            (Some(old), Some(new)) if old.plan != new.plan => Some(Change::Reload(part)),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::engine::check::{CommandLine, ScriptConfig};
    use crate::engine::notify::Hooks;
    use serde_json::json;

    fn options() -> Options {
        Options {
            state_dir: "/run/ha".into(),
            log: "info".into(),
            host: "lb1".into(),
            ..Options::default()
        }
    }

    /// A model with one instance, one script and one hook.
    pub(in crate::supervisor) fn model() -> Model {
        let router = json!({
            "name": "VI_1", "interface": "eth0", "vrid": 51, "family": "ipv4", "version": 2,
            "priority": 100, "advertisement_interval_us": 1_000_000, "addresses": [],
            "preempt": "always", "auth": "none", "checksum": "pseudo_header",
            "down_timer_adverts": 3
        });
        let command = CommandLine { argv: vec!["/bin/true".into()], identity: None };
        let mut model = Model::default();
        model.vrrp.routers.push(serde_json::from_value(router).unwrap());
        model.scripts.push(ScriptConfig {
            name: "nginx".into(),
            command: command.clone(),
            interval: Duration::from_secs(2),
            timeout: Duration::from_secs(2),
            rise: 1,
            fall: 1,
            init_fail: false,
        });
        let hooks = Hooks { master: Some(command), ..Hooks::default() };
        model.notify.instances.insert("VI_1".into(), hooks);
        model
    }

    /// The composition of [`model`].
    pub(in crate::supervisor) fn composition() -> Composition {
        compose(&model(), &options()).unwrap()
    }

    fn parts(composition: &Composition) -> Vec<Part> {
        composition.children.iter().map(|child| child.part).collect()
    }

    #[test]
    fn only_the_processes_that_are_needed_are_planned() {
        assert_eq!(parts(&composition()), [Part::Notify, Part::Check, Part::Vrrp]);
        let mut bare = model();
        bare.scripts.clear();
        bare.notify.instances.clear();
        assert_eq!(parts(&compose(&bare, &options()).unwrap()), [Part::Vrrp]);
        assert_eq!(parts(&compose(&Model::default(), &options()).unwrap()), []);
    }

    #[test]
    fn a_child_is_a_command_that_a_person_could_have_typed() {
        let composition = composition();
        let words = |part| composition.child(part).unwrap().arguments.join(" ");
        assert_eq!(words(Part::Vrrp), "vrrp run --plan - --state-dir /run/ha --json --log info");
        assert_eq!(words(Part::Check), "check run --plan - --json --log info");
        assert_eq!(words(Part::Notify), "notify --follow --json --log info");
    }

    #[test]
    fn the_stop_of_vrrp_may_wait_for_one_advert_interval() {
        let limit = composition().child(Part::Vrrp).unwrap().stop_limit;
        assert_eq!(limit, Duration::from_secs(5 + 1));
    }

    #[test]
    fn a_stop_may_take_as_long_as_child_wait_time_says() {
        let mut patient = model();
        patient.globals.processes.stop_limit = Duration::from_secs(20);
        let composition = compose(&patient, &options()).unwrap();
        let limit = |part| composition.child(part).unwrap().stop_limit.as_secs();
        assert_eq!([Part::Notify, Part::Check, Part::Vrrp].map(limit), [20, 20, 20 + 1]);
    }

    /// As [`model`], with one virtual server whose real server is probed and checked by a script.
    pub(in crate::supervisor) fn balancing() -> Model {
        let timing = json!({"delay_loop_us": 1, "retry": 1, "delay_before_retry_us": 1,
            "warmup_us": 1});
        let probe = json!({"tcp": {"address": "10.0.0.1", "port": 80, "timeout_us": 1}});
        let script = json!({"script": {"command": {"argv": ["/bin/true"]}, "timeout_us": 1}});
        let mut model = model();
        let pool = json!({
            "services": [{"addresses": {"first": "192.0.2.1", "count": 1, "port": 80,
                "protocol": "tcp"}}],
            "scheduler": "wrr", "quorum": 1, "hysteresis": 0,
            "destinations": [{"address": "10.0.0.1", "port": 80, "weight": 1,
                "forwarding": "nat", "checks": [{"probe": probe, "timing": timing},
                {"probe": script, "timing": timing}], "sessions": [{"session": "far"}]}],
        });
        model.balancer.pools.push(serde_json::from_value(pool).unwrap());
        model
    }

    #[test]
    fn a_load_balancer_has_its_table_its_probes_and_its_scripts_in_processes_of_their_own() {
        let all = compose(&balancing(), &options()).unwrap();
        assert_eq!(parts(&all), Part::ALL);
        let words = |part| all.child(part).unwrap().arguments.join(" ");
        let expected = "ipvs apply --follow --state-dir /run/ha --release --json --log info";
        assert_eq!(words(Part::Ipvs), expected);
        assert_eq!(words(Part::Probe), "check run --plan - --json --log info");
        let capabilities = |part| all.child(part).unwrap().capabilities.clone();
        assert_eq!(capabilities(Part::Ipvs), ["NET_ADMIN"]);
        assert!(capabilities(Part::Probe).is_empty());
        let plan = &all.child(Part::Check).unwrap().plan;
        assert_eq!(plan["scripts"].as_array().map(Vec::len), Some(1));
        assert_eq!(plan["checks"].as_array().map(Vec::len), Some(1));
        assert_eq!(all.missing.len(), 1, "who waits for a BFD session waits");
    }

    #[test]
    fn each_half_runs_without_the_other() {
        let half = |options: Options| parts(&compose(&balancing(), &options).unwrap());
        let without_vrrp = Options { without_vrrp: true, ..options() };
        assert_eq!(half(without_vrrp), [Part::Ipvs, Part::Probe, Part::Check]);
        let without_balancer = Options { without_load_balancer: true, ..options() };
        assert_eq!(half(without_balancer), [Part::Notify, Part::Check, Part::Vrrp]);
    }

    #[test]
    fn the_node_is_named_by_the_router_id_or_the_host() {
        let mut named = model();
        assert_eq!(composition().node.as_deref(), Some("lb1"));
        named.globals.router_id = Some("master".into());
        assert_eq!(compose(&named, &options()).unwrap().node.as_deref(), Some("master"));
    }

    #[test]
    fn an_unchanged_child_is_not_part_of_the_difference() {
        let old = composition();
        assert_eq!(difference(&old, &old), []);
        let mut changed = model();
        changed.vrrp.routers[0].priority = 90;
        changed.notify.instances.clear();
        let new = compose(&changed, &options()).unwrap();
        let expected = [Change::Stop(Part::Notify), Change::Reload(Part::Vrrp)];
        assert_eq!(difference(&old, &new), expected);
        assert_eq!(difference(&Composition::default(), &old).len(), 3);
    }
}
