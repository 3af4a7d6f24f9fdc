//! The files that keepalived writes when a signal asks for them: data, statistics, JSON. Labels
//! and keys are keepalived's, for the programs that read such files; a label is left out where
//! there is nothing here that it could tell.

use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::status::{Document, Instance};
use crate::config::Model;
use crate::engine::check::CommandLine;
use crate::engine::notify::Hooks;
use crate::engine::vrrp::receive::Drop;
use crate::engine::vrrp::{
    Counters, Preempt, RouterConfig, State, Tracked, TrackerId, VirtualAddress,
};
use crate::wire::vrrp::Auth;

/// Counters of instances at the moment from which on is counted.
pub type Baseline = BTreeMap<String, Counters>;

/// The counters of `document`, to count from here on.
#[must_use]
pub fn baseline(document: &Document) -> Baseline {
    document.instances.iter().map(|one| (one.name.clone(), one.counters.clone())).collect()
}

/// `document` with its counters as they went on from `baseline`. An instance that counts less
/// than then has begun anew since.
#[must_use]
pub fn since(mut document: Document, baseline: &Baseline) -> Document {
    for instance in &mut document.instances {
        let Some(before) = baseline.get(&instance.name) else { continue };
        let now = &mut instance.counters;
        if now.adverts_sent < before.adverts_sent || now.adverts_accepted < before.adverts_accepted
        {
            continue;
        }
        for (count, before) in [
            (&mut now.adverts_sent, before.adverts_sent),
            (&mut now.adverts_accepted, before.adverts_accepted),
            (&mut now.priority_zero_sent, before.priority_zero_sent),
            (&mut now.priority_zero_received, before.priority_zero_received),
            (&mut now.became_master, before.became_master),
            (&mut now.released_master, before.released_master),
            (&mut now.address_list_differs, before.address_list_differs),
        ] {
            *count = count.saturating_sub(before);
        }
        for (drop, count) in &mut now.dropped {
            *count = count.saturating_sub(before.dropped.get(drop).copied().unwrap_or_default());
        }
    }
    document
}

/// Packets dropped for one of `reasons`.
fn dropped(counters: &Counters, reasons: &[Drop]) -> u64 {
    reasons.iter().filter_map(|reason| counters.dropped.get(reason)).sum()
}

/// The counters of every instance, one to a line.
#[must_use]
pub fn statistics(document: &Document) -> String {
    let mut out = String::new();
    for Instance { name, counters, .. } in &document.instances {
        let count = |reasons: &[Drop]| dropped(counters, reasons);
        let sections: [(&str, &[(&str, u64)]); 5] = [
            (
                "Advertisements",
                &[("Received", counters.adverts_accepted), ("Sent", counters.adverts_sent)],
            ),
            (
                "",
                &[
                    ("Became master", counters.became_master),
                    ("Released master", counters.released_master),
                ],
            ),
            (
                "Packet Errors",
                &[
                    ("Length", count(&[Drop::Length])),
                    ("TTL", count(&[Drop::Ttl])),
                    ("Invalid Type", count(&[Drop::Type, Drop::Version])),
                    ("Advertisement Interval", count(&[Drop::Interval, Drop::IntervalZero])),
                    ("Address List", counters.address_list_differs + count(&[Drop::AddressCount])),
                ],
            ),
            (
                "Authentication Errors",
                &[
                    // Whether a wrong type is one that nobody knows is not told apart.
                    ("Invalid Type", 0),
                    ("Type Mismatch", count(&[Drop::AuthType])),
                    ("Failure", count(&[Drop::AuthFailed, Drop::Replayed])),
                ],
            ),
            (
                "Priority Zero",
                &[
                    ("Received", counters.priority_zero_received),
                    ("Sent", counters.priority_zero_sent),
                ],
            ),
        ];
        // Writing to a String cannot fail.
        let _ = writeln!(out, "VRRP Instance: {name}");
        for (title, counts) in sections {
            let indent = if title.is_empty() { "  " } else { "    " };
            if !title.is_empty() {
                let _ = writeln!(out, "  {title}:");
            }
            for (label, count) in counts {
                let _ = writeln!(out, "{indent}{label}: {count}");
            }
        }
    }
    out
}

/// Every virtual router as JSON (the first version of keepalived's form). `now`: nanoseconds
/// since 1970, the time of `document`.
#[must_use]
pub fn json(model: &Model, document: &Document, now: u64) -> Value {
    let one = |instance: &Instance| {
        let router = model.vrrp.routers.iter().find(|router| router.name == instance.name)?;
        let hooks = model.notify.instances.get(&router.name).cloned().unwrap_or_default();
        let data = data_of(router, instance, &hooks, model, now);
        Some(json!({"data": data, "stats": stats_of(&instance.counters)}))
    };
    document.instances.iter().filter_map(one).collect()
}

fn data_of(
    router: &RouterConfig,
    instance: &Instance,
    hooks: &Hooks,
    model: &Model,
    now: u64,
) -> Map<String, Value> {
    let mut data = settings_of(router);
    data.extend(entries(json!({
        "master_priority": instance.master_priority.unwrap_or_default(),
        "last_transition": last_transition(instance, now),
        "base_priority": instance.base_priority,
        "effective_priority": instance.priority,
        "vipset": !instance.addresses.is_empty(),
        "state": number(instance.state),
        "wantstate": number(instance.state.filter(|state| *state != State::Fault)).max(1),
        "notify_deleted": hooks.deleted.is_some(),
    })));
    data.extend(scripts(hooks));
    data.extend(lists(router, instance, model));
    if router.auth != Auth::None {
        data.insert("auth_data".into(), "********".into());
    }
    data
}

/// What the configuration says about a virtual router, numbers and switches.
fn settings_of(router: &RouterConfig) -> Map<String, Value> {
    let announce = &router.announce;
    let (nopreempt, preempt_delay) = match router.preempt {
        Preempt::Always => (false, Duration::ZERO),
        Preempt::Never => (true, Duration::ZERO),
        Preempt::After(delay) => (false, delay),
    };
    let interval = router.advertisement_interval.as_secs_f64();
    entries(json!({
        "iname": router.name,
        "ifp_ifname": router.interface,
        "vrid": router.vrid,
        "version": u8::from(router.version),
        "dont_track_primary": u8::from(!router.track_primary),
        "skip_check_adv_addr": u8::from(router.skip_check_addresses),
        "lower_prio_no_advert": u8::from(router.lower_priority_no_advert),
        "higher_prio_send_advert": u8::from(router.higher_priority_send_advert),
        "garp_delay": announce.delay.as_secs_f64(),
        "garp_refresh": announce.refresh.as_secs(),
        "garp_rep": announce.repeat,
        "garp_refresh_rep": announce.refresh_repeat,
        "garp_lower_prio_delay": announce.lower_priority_delay.as_secs(),
        "garp_lower_prio_rep": announce.lower_priority_repeat,
        "adver_int": interval,
        "master_adver_int": interval,
        "accept": 1,
        "nopreempt": nopreempt,
        "preempt_delay": preempt_delay.as_secs(),
        "auth_type": router.auth.kind(),
    }))
}

/// The entries of an object.
fn entries(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// Hooks that are set, as command lines.
fn scripts(hooks: &Hooks) -> impl Iterator<Item = (String, Value)> {
    [
        ("script_backup", &hooks.backup),
        ("script_master", &hooks.master),
        ("script_fault", &hooks.fault),
        ("script_stop", &hooks.stop),
        ("script_deleted", &hooks.deleted),
        ("script", &hooks.any),
        ("script_master_rx_lower_pri", &hooks.lower_priority_heard),
    ]
    .into_iter()
    .filter_map(|(key, hook)| Some((key.to_owned(), Value::from(command(hook.as_ref()?)))))
}

/// Lists that are not empty.
fn lists(
    router: &RouterConfig,
    instance: &Instance,
    model: &Model,
) -> impl Iterator<Item = (String, Value)> {
    let addresses = |list: &[VirtualAddress]| -> Vec<String> {
        list.iter().map(|address| entry(router, instance, address)).collect()
    };
    let tracked = |wanted: fn(&Tracked, &Model) -> Option<String>| -> Vec<String> {
        router.tracked.iter().filter_map(|one| wanted(one, model)).collect()
    };
    let interface = |one: &Tracked, _: &Model| match &one.tracker {
        TrackerId::Interface(name) => Some(name.clone()),
        TrackerId::Script(_) => None,
    };
    let script = |one: &Tracked, model: &Model| match &one.tracker {
        TrackerId::Script(name) => {
            let script = model.scripts.iter().find(|script| script.name == *name)?;
            Some(command(&script.command))
        }
        TrackerId::Interface(_) => None,
    };
    let lists: Map<String, Value> = [
        ("vips", addresses(&router.addresses)),
        ("evips", addresses(&router.excluded)),
        ("track_ifp", tracked(interface)),
        ("track_script", tracked(script)),
    ]
    .into_iter()
    .filter(|(_, list)| !list.is_empty())
    .map(|(key, list)| (key.to_owned(), Value::from(list)))
    .collect();
    lists.into_iter()
}

fn stats_of(counters: &Counters) -> Value {
    let count = |reasons: &[Drop]| dropped(counters, reasons);
    json!({
        "advert_rcvd": counters.adverts_accepted,
        "advert_sent": counters.adverts_sent,
        "become_master": counters.became_master,
        "release_master": counters.released_master,
        "packet_len_err": count(&[Drop::Length]),
        "advert_interval_err": count(&[Drop::Interval, Drop::IntervalZero]),
        "ip_ttl_err": count(&[Drop::Ttl]),
        "invalid_type_rcvd": count(&[Drop::Type, Drop::Version]),
        "addr_list_err": counters.address_list_differs + count(&[Drop::AddressCount]),
        "invalid_authtype": 0,
        "authtype_mismatch": count(&[Drop::AuthType]),
        "auth_failure": count(&[Drop::AuthFailed, Drop::Replayed]),
        "pri_zero_rcvd": counters.priority_zero_received,
        "pri_zero_sent": counters.priority_zero_sent,
    })
}

/// keepalived's number of a state; one that is not known counts as not started.
fn number(state: Option<State>) -> u8 {
    match state {
        None | Some(State::Init | State::Stopped) => 0,
        Some(State::Backup) => 1,
        Some(State::Master) => 2,
        Some(State::Fault) => 3,
    }
}

/// Seconds since 1970.
fn last_transition(instance: &Instance, now: u64) -> f64 {
    let then = now / 1000 - instance.age_us.unwrap_or_default().min(now / 1000);
    Duration::from_micros(then).as_secs_f64()
}

/// A command line with every word in quotes.
fn command(command: &CommandLine) -> String {
    command.argv.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" ")
}

/// An address as the configuration has it, and whether it is in place.
fn entry(router: &RouterConfig, instance: &Instance, address: &VirtualAddress) -> String {
    let scope = match address.scope {
        0 => "global".to_owned(),
        200 => "site".to_owned(),
        253 => "link".to_owned(),
        254 => "host".to_owned(),
        other => other.to_string(),
    };
    let mut out = format!(
        "{}/{} dev {} scope {scope}",
        address.address,
        address.prefix,
        router.carrier(address)
    );
    if let Some(label) = &address.label {
        out.push_str(" label ");
        out.push_str(label);
    }
    if instance.addresses.contains(&address.address) {
        out.push_str(" set");
    }
    out
}

/// What each virtual router is and does, one fact to a line. `now` as for [`json()`].
#[must_use]
pub fn data(model: &Model, document: &Document, now: u64) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write_data(&mut out, model, document, now);
    out
}

fn write_data(out: &mut String, model: &Model, document: &Document, now: u64) -> fmt::Result {
    writeln!(out, "------< Global definitions >------")?;
    writeln!(out, " Router ID = {}", document.node.as_deref().unwrap_or_default())?;
    writeln!(out, "------< VRRP Topology >------")?;
    for instance in &document.instances {
        let router = model.vrrp.routers.iter().find(|router| router.name == instance.name);
        if let Some(router) = router {
            write_instance(out, router, instance, now)?;
        }
    }
    for group in &model.vrrp.groups {
        writeln!(out, "------< VRRP Sync groups >------")?;
        writeln!(out, " VRRP Sync Group = {}", group.name)?;
        group.members.iter().try_for_each(|member| writeln!(out, "   {member}"))?;
    }
    if !document.scripts.is_empty() {
        writeln!(out, "------< VRRP Scripts >------")?;
    }
    for script in &document.scripts {
        writeln!(out, " VRRP Script = {}", script.name)?;
        let status = script.up.map_or("INIT", |up| if up { "GOOD" } else { "BAD" });
        writeln!(out, "   Status = {status}")?;
        writeln!(out, "   Reason = {}", script.reason)?;
    }
    writeln!(out, "------< Processes >------")?;
    document.text().lines().try_for_each(|line| writeln!(out, " {line}"))
}

fn write_instance(
    out: &mut String,
    router: &RouterConfig,
    instance: &Instance,
    now: u64,
) -> fmt::Result {
    let state = match number(instance.state) {
        1 => "BACKUP",
        2 => "MASTER",
        3 => "FAULT",
        _ => "INIT",
    };
    writeln!(out, " VRRP Instance = {}", router.name)?;
    let announce = &router.announce;
    let mut fact = |label: &str, value: &dyn fmt::Display| writeln!(out, "   {label} = {value}");
    fact("VRRP Version", &u8::from(router.version))?;
    fact("State", &state)?;
    fact("Last transition", &format_args!("{:.6}", last_transition(instance, now)))?;
    fact("Interface", &router.interface)?;
    fact("Gratuitous ARP delay", &announce.delay.as_secs())?;
    fact("Gratuitous ARP repeat", &announce.repeat)?;
    fact("Gratuitous ARP refresh", &announce.refresh.as_secs())?;
    fact("Gratuitous ARP refresh repeat", &announce.refresh_repeat)?;
    fact("Gratuitous ARP lower priority delay", &announce.lower_priority_delay.as_secs())?;
    fact("Gratuitous ARP lower priority repeat", &announce.lower_priority_repeat)?;
    fact("Down timer adverts", &router.down_timer_adverts)?;
    fact("Virtual Router ID", &router.vrid)?;
    fact("Priority", &instance.base_priority)?;
    fact("Effective priority", &instance.priority)?;
    let interval = router.advertisement_interval.as_secs_f64();
    fact("Advert interval", &format_args!("{interval} sec"))?;
    let preempt = if router.preempt == Preempt::Never { "disabled" } else { "enabled" };
    fact("Preempt", &preempt)?;
    for (label, list) in
        [("Virtual IP", &router.addresses), ("Virtual IP Excluded", &router.excluded)]
    {
        if !list.is_empty() {
            writeln!(out, "   {label} ({}):", list.len())?;
        }
        for address in list {
            writeln!(out, "     {}", entry(router, instance, address))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counters() -> Counters {
        Counters { adverts_sent: 12, became_master: 2, ..Counters::default() }
    }

    fn document(counters: &Counters) -> Document {
        let instance = json!({"name": "VI_1", "interface": "eth0", "vrid": 51, "family": "ipv4",
            "state": "master", "since": null, "age_us": 2_500_000, "reason": null,
            "base_priority": 100, "priority": 80, "parts": [], "causes": [], "master": null,
            "master_priority": 80, "next_in_us": null, "last_sent_ago_us": null,
            "addresses": ["10.0.0.100"], "counters": counters});
        serde_json::from_value(json!({"v": 1, "node": "lb1", "pid": 1, "version": "0.1.0",
            "state": "running", "since": "", "age_us": 1, "configuration": "a.conf",
            "instances": [instance], "scripts": [], "parts": []}))
        .unwrap()
    }

    fn model() -> Model {
        let router = json!({"name": "VI_1", "interface": "eth0", "vrid": 51, "family": "ipv4",
            "version": 2, "priority": 100, "advertisement_interval_us": 1_000_000,
            "addresses": [{"address": "10.0.0.100", "prefix": 24, "label": "eth0:1"}],
            "preempt": "always", "auth": {"pass": [49, 0, 0, 0, 0, 0, 0, 0]},
            "checksum": "pseudo_header", "down_timer_adverts": 3});
        let mut model = Model::default();
        model.vrrp.routers.push(serde_json::from_value(router).unwrap());
        model
    }

    #[test]
    fn cleared_counters_go_on_from_zero_until_the_process_begins_anew() {
        let baseline = baseline(&document(&counters()));
        let later = Counters { adverts_sent: 15, became_master: 2, ..Counters::default() };
        let shown = since(document(&later), &baseline).instances.remove(0).counters;
        assert_eq!((shown.adverts_sent, shown.became_master), (3, 0));
        let anew = Counters { adverts_sent: 4, became_master: 1, ..Counters::default() };
        let shown = since(document(&anew), &baseline).instances.remove(0).counters;
        assert_eq!((shown.adverts_sent, shown.became_master), (4, 1));
    }

    #[test]
    fn drops_are_counted_under_the_label_that_is_looked_at() {
        let mut counters = counters();
        counters.dropped = [(Drop::Ttl, 3), (Drop::AuthFailed, 4)].into();
        counters.address_list_differs = 5;
        let text = statistics(&document(&counters));
        for line in ["    Sent: 12", "    TTL: 3", "    Failure: 4", "    Address List: 5"] {
            assert!(text.lines().any(|found| found == line), "{line} in\n{text}");
        }
    }

    #[test]
    fn the_json_has_numbers_where_keepalived_has_them_and_no_password() {
        let value = json(&model(), &document(&counters()), 10_000_000_000);
        let data = &value[0]["data"];
        assert_eq!((&data["state"], &data["accept"]), (&json!(2), &json!(1)));
        assert_eq!(data["last_transition"], 7.5);
        assert_eq!(data["vips"], json!(["10.0.0.100/24 dev eth0 scope global label eth0:1 set"]));
        assert_eq!(data["auth_data"], "********");
        assert_eq!(value[0]["stats"]["advert_sent"], 12);
        assert!(data.get("evips").is_none());
    }

    #[test]
    fn the_data_name_instance_state_and_addresses() {
        let text = data(&model(), &document(&counters()), 10_000_000_000);
        for line in [
            " VRRP Instance = VI_1",
            "   State = MASTER",
            "   Last transition = 7.500000",
            "   Virtual Router ID = 51",
            "   Virtual IP (1):",
            "     10.0.0.100/24 dev eth0 scope global label eth0:1 set",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} in\n{text}");
        }
    }
}
