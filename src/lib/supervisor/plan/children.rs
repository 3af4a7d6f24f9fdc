//! One child after the other: whether a model needs it, and what it is started with.

use serde_json::Value;

use super::super::memory::Scope;
use super::super::outbox::CAPACITY;
use super::{Child, Missing, Options, Part};
use crate::config::{Halves, Model};
use crate::engine::check::CheckPlan;
use crate::engine::pool::BalancerConfig;

type Planned = serde_json::Result<Option<Child>>;

/// For commands that run scripts, as themselves or as another user.
const RUNS_SCRIPTS: [&str; 4] = ["SETUID", "SETGID", "KILL", "DAC_OVERRIDE"];

/// Hooks and pipes.
pub(super) fn notify(model: &Model, options: &Options) -> Planned {
    let lvs = balances(model, options);
    let plan = model.hooks(Halves { vrrp: !options.without_vrrp, lvs });
    let routers = plan.instances.len() + plan.groups.len();
    if routers + plan.pools.len() == 0 {
        return Ok(None);
    }
    let routers = (routers > 0).then(|| counted(routers, "instance or group"));
    let pools = (!plan.pools.is_empty()).then(|| counted(plan.pools.len(), "virtual server"));
    let all: Vec<String> = routers.into_iter().chain(pools).collect();
    let mut capabilities = RUNS_SCRIPTS.to_vec();
    if plan.fifos.have_owners() {
        capabilities.push("CHOWN");
    }
    Ok(Some(Child {
        plan: serde_json::to_value(&plan)?,
        capabilities,
        purpose: format!("hooks of {}", all.join(" and ")),
        ..child(Part::Notify, model, options, &["notify", "--follow"])
    }))
}

/// The table of the kernel's load balancer. Of TLS it knows nothing.
pub(super) fn ipvs(model: &Model, options: &Options) -> Planned {
    if !balances(model, options) {
        return Ok(None);
    }
    let plan = BalancerConfig { tls: None, ..model.balancer.clone() };
    let mut words = vec!["ipvs", "apply", "--follow", "--state-dir", &options.state_dir];
    if !options.keep_table {
        words.push("--release");
    }
    Ok(Some(Child {
        plan: serde_json::to_value(plan)?,
        capabilities: vec!["NET_ADMIN"],
        purpose: format!("table of {}", counted(model.balancer.pools.len(), "virtual server")),
        ..child(Part::Ipvs, model, options, &words)
    }))
}

/// What is asked of real servers over the network, and the files that act on them.
pub(super) fn probes(model: &Model, options: &Options) -> Planned {
    if !balances(model, options) {
        return Ok(None);
    }
    let plan = model.probes();
    let purpose =
        format!("probes: {} and {}", plan.checks.len(), counted(plan.files.len(), "file"));
    checks(Part::Probe, &plan, purpose, model, options)
}

/// What is executed: tracked scripts, and those that check real servers.
pub(super) fn executions(model: &Model, options: &Options) -> Planned {
    let mut plan = model.executions();
    if options.without_vrrp {
        plan.scripts.clear();
    }
    if !balances(model, options) {
        plan.checks.clear();
    }
    let tracked = plan.scripts.iter().map(|script| script.name.clone());
    let of_servers = Some(plan.checks.len()).filter(|count| *count > 0);
    let of_servers = of_servers.map(|count| format!("{} of real servers", counted(count, "check")));
    let purpose = tracked.chain(of_servers).collect::<Vec<_>>().join(", ");
    checks(Part::Check, &plan, format!("scripts: {purpose}"), model, options)
}

fn checks(
    part: Part,
    plan: &CheckPlan,
    purpose: String,
    model: &Model,
    options: &Options,
) -> Planned {
    if plan.is_empty() {
        return Ok(None);
    }
    Ok(Some(Child {
        plan: serde_json::to_value(plan)?,
        capabilities: plan.capabilities(),
        purpose,
        ..child(part, model, options, &["check", "run", "--plan", "-"])
    }))
}

/// The virtual routers. Their graceful stop waits for the successor's advert, at most one interval.
pub(super) fn vrrp(model: &Model, options: &Options) -> Planned {
    let routers = &model.vrrp.routers;
    if routers.is_empty() || options.without_vrrp {
        return Ok(None);
    }
    let slowest = routers.iter().map(|router| router.advertisement_interval).max();
    let words: Vec<String> = routers
        .iter()
        .map(|router| format!("{} ({} vrid {})", router.name, router.interface, router.vrid))
        .collect();
    let mut with = vec!["vrrp", "run", "--plan", "-", "--state-dir"];
    with.push(&options.state_dir);
    if options.keep_addresses {
        with.push("--keep-addresses");
    }
    let plain = child(Part::Vrrp, model, options, &with);
    Ok(Some(Child {
        plan: serde_json::to_value(&model.vrrp)?,
        capabilities: vec!["NET_ADMIN", "NET_RAW"],
        purpose: format!("instances: {}", words.join(", ")),
        stop_limit: plain.stop_limit + slowest.unwrap_or_default(),
        ..plain
    }))
}

/// What of the load balancer is worth remembering.
pub(super) fn scope(model: &Model, options: &Options) -> Scope {
    if balances(model, options) { Scope::of(model) } else { Scope::default() }
}

/// Real servers that depend on BFD sessions count as if those did not change.
pub(super) fn missing(model: &Model, options: &Options) -> Option<Missing> {
    let sessions = if balances(model, options) { model.probes().sessions } else { Vec::new() };
    (!sessions.is_empty()).then(|| Missing {
        part: "bfd",
        reason: format!(
            "real servers depend on BFD sessions ({}), and this version of ha has none; everything \
             else runs without them",
            sessions.join(", ")
        ),
    })
}

fn balances(model: &Model, options: &Options) -> bool {
    !options.without_load_balancer && !model.balancer.pools.is_empty()
}

/// A child with nothing in its plan yet.
fn child(part: Part, model: &Model, options: &Options, command: &[&str]) -> Child {
    let own = command.iter().map(|word| (*word).to_owned());
    let all = ["--json".to_owned(), "--log".to_owned(), options.log.clone()];
    Child {
        part,
        arguments: own.chain(all).collect(),
        plan: Value::Null,
        capabilities: Vec::new(),
        purpose: String::new(),
        stop_limit: model.globals.processes.stop_limit,
        waiting_lines: CAPACITY,
    }
}

fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
