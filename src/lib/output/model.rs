//! A configuration as it was understood: a summary for people, and the model without its secrets.

use std::fmt::Write;
use std::time::Duration;

use serde_json::Value;

use crate::config::Model;
use crate::engine::notify::Hooks;
use crate::engine::vrrp::{Preempt, RouterConfig, Tracked, TrackerId, VirtualAddress};
use crate::wire::vrrp::Auth;

/// The model as JSON; a password is replaced by `(hidden)`.
#[must_use]
pub fn document(model: &Model) -> Value {
    let mut value = values(model);
    if let Some(fields) = value.as_object_mut() {
        fields.insert("v".to_owned(), Value::from(1));
    }
    value
}

/// The same without the version of its shape.
#[must_use]
pub fn values(model: &Model) -> Value {
    let mut value = serde_json::to_value(model).unwrap_or_default();
    let routers = value.pointer_mut("/vrrp/routers").and_then(Value::as_array_mut);
    for router in routers.into_iter().flatten() {
        for secret in ["/auth/pass", "/auth/ah"] {
            if let Some(secret) = router.pointer_mut(secret) {
                *secret = Value::from("(hidden)");
            }
        }
    }
    if let Some(password) = value.pointer_mut("/balancer/tls/password") {
        *password = Value::from("(hidden)");
    }
    value
}

/// The model in a few lines for each router.
#[must_use]
pub fn text(model: &Model) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write_model(&mut out, model);
    out.truncate(out.trim_end().len());
    out
}

fn write_model(out: &mut String, model: &Model) -> std::fmt::Result {
    if let Some(name) = &model.globals.router_id {
        writeln!(out, "node {name}")?;
    }
    if !model.vrrp.startup_delay.is_zero() {
        writeln!(out, "starts after {}", seconds(model.vrrp.startup_delay))?;
    }
    for router in &model.vrrp.routers {
        write_router(out, router)?;
        hooks(out, model.notify.instances.get(&router.name))?;
    }
    for group in &model.vrrp.groups {
        writeln!(out, "sync group {}: {}", group.name, group.members.join(", "))?;
        trackers(out, &group.tracked)?;
        hooks(out, model.notify.groups.get(&group.name))?;
    }
    for script in &model.scripts {
        writeln!(out, "script {}: {}", script.name, script.command.argv.join(" "))?;
        writeln!(
            out,
            "  every {}, at most {}, {} to be up, {} to be down{}",
            seconds(script.interval),
            seconds(script.timeout),
            script.rise,
            script.fall,
            if script.init_fail { ", down until the first result" } else { "" },
        )?;
    }
    super::balancer::write(out, &model.balancer)
}

fn write_router(out: &mut String, router: &RouterConfig) -> std::fmt::Result {
    writeln!(
        out,
        "instance {}: VRRPv{} {:?} on {}, VRID {}, priority {}, advert every {}",
        router.name,
        u8::from(router.version),
        router.family,
        router.interface,
        router.vrid,
        router.priority,
        seconds(router.advertisement_interval),
    )?;
    for address in &router.addresses {
        writeln!(out, "  address {}", words(address))?;
    }
    for address in &router.excluded {
        writeln!(out, "  address {} (not advertised)", words(address))?;
    }
    match router.preempt {
        Preempt::Always => {}
        Preempt::Never => writeln!(out, "  does not preempt")?,
        Preempt::After(delay) => writeln!(out, "  preempts after {}", seconds(delay))?,
    }
    if !router.peers.is_empty() {
        let peers: Vec<String> = router.peers.iter().map(|p| p.address.to_string()).collect();
        writeln!(out, "  unicast to {}", peers.join(", "))?;
    }
    if let Some(group) = router.group {
        writeln!(out, "  multicast to {group}")?;
    }
    if let Some(source) = router.source {
        writeln!(out, "  from {source}")?;
    }
    match router.auth {
        Auth::None => {}
        Auth::Ah(_) => writeln!(out, "  with an authentication header")?,
        _ => writeln!(out, "  with a password")?,
    }
    if !router.track_primary {
        writeln!(out, "  does not mind {} being down", router.interface)?;
    }
    trackers(out, &router.tracked)
}

fn words(address: &VirtualAddress) -> String {
    let mut text = format!("{}/{}", address.address, address.prefix);
    if let Some(interface) = &address.interface {
        text.extend([" on ", interface]);
    }
    if let Some(label) = &address.label {
        text.extend([" label ", label]);
    }
    text
}

fn trackers(out: &mut String, trackers: &[Tracked]) -> std::fmt::Result {
    for tracked in trackers {
        let (kind, name) = match &tracked.tracker {
            TrackerId::Script(name) => ("script", name),
            TrackerId::Interface(name) => ("interface", name),
        };
        let reverse = if tracked.reverse { " reversed" } else { "" };
        match tracked.weight {
            0 => writeln!(out, "  tracks {kind} {name}: fault while down")?,
            weight => writeln!(out, "  tracks {kind} {name}: weight {weight:+}{reverse}")?,
        }
    }
    Ok(())
}

fn hooks(out: &mut String, hooks: Option<&Hooks>) -> std::fmt::Result {
    let Some(hooks) = hooks else { return Ok(()) };
    let named = [
        ("master", &hooks.master),
        ("backup", &hooks.backup),
        ("fault", &hooks.fault),
        ("stop", &hooks.stop),
        ("deleted", &hooks.deleted),
        ("any change", &hooks.any),
        ("a lower priority heard", &hooks.lower_priority_heard),
    ];
    for (event, command) in named {
        if let Some(command) = command {
            writeln!(out, "  on {event}: {}", command.argv.join(" "))?;
        }
    }
    Ok(())
}

/// A duration in seconds or milliseconds, whichever is whole.
pub(super) fn seconds(duration: Duration) -> String {
    if duration.subsec_nanos() == 0 {
        return format!("{} s", duration.as_secs());
    }
    if duration.subsec_micros().is_multiple_of(1000) {
        return format!("{} ms", duration.as_millis());
    }
    format!("{} us", duration.as_micros())
}
