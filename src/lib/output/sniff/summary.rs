//! The summary at the end.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::event::router_json;
use super::{cut, hardware, micros, name, seconds};
use crate::engine::sniff::{Observer, Said, Speaker, SpeakerId, VirtualRouter, VirtualRouterId};
use crate::engine::vrrp::Family;
use crate::output::event::{VERSION, rfc3339};

/// The summary as text: a line of totals, then one for each router.
#[must_use]
pub fn summary(observer: &Observer, dropped: u64) -> String {
    let totals = observer.totals();
    let routers = observer.speakers();
    let mut text = format!(
        "{} from {}",
        counted(totals.adverts, "advert"),
        counted(routers.len() as u64, "router"),
    );
    for (count, what) in [
        (totals.invalid, "invalid"),
        (totals.announcements, "announcing an address"),
        (totals.malformed, "malformed"),
        (totals.truncated, "cut by the capture"),
        (totals.carp, "of CARP"),
        (dropped, "lost by this host"),
    ] {
        if count > 0 {
            let _ = write!(text, ", {count} {what}");
        }
    }
    for (key, router) in routers {
        text.push('\n');
        let start = text.len();
        put_router(&mut text, observer.interface(key.interface), key, router);
        cut(&mut text, start);
    }
    for (id, router) in observer.routers() {
        text.push('\n');
        let start = text.len();
        put_virtual_router(&mut text, observer, *id, router);
        cut(&mut text, start);
    }
    if totals.findings > 0 {
        let _ = write!(text, "\n{}: --findings tells", counted(totals.findings, "finding"));
    }
    text
}

/// Who is master of a virtual router, since when, and how often that changed.
fn put_virtual_router(
    text: &mut String,
    observer: &Observer,
    id: VirtualRouterId,
    router: &VirtualRouter,
) {
    let _ = write!(text, "  vrid {:>3}", id.vrid);
    if let Some(place) = observer.interface(id.interface) {
        let _ = write!(text, " on {place}");
    }
    if id.family == Family::Ipv6 {
        text.push_str(" IPv6");
    }
    let Some(master) = &router.master else {
        let _ = write!(text, "  no master, {}", counted(router.transitions, "change"));
        return;
    };
    let lasted = master.last_unix_nanos.saturating_sub(master.since_unix_nanos) / 1_000_000;
    let _ =
        write!(text, "  master {} for {}.{:03} s", master.source, lasted / 1_000, lasted % 1_000);
    if router.transitions > 1 {
        let _ = write!(text, ", {} masters before", router.transitions - 1);
    }
    let speaker = observer.speakers().get(&SpeakerId {
        interface: id.interface,
        vlan: id.vlan,
        vrid: id.vrid,
        source: master.source,
    });
    if let Some(gaps) = speaker.and_then(Speaker::gaps) {
        let p99 = gaps.p99.as_secs_f64();
        let _ = write!(text, ", p99 {p99:.3} s, max {:.3} s", gaps.greatest.as_secs_f64());
    }
}

/// Every virtual router of a segment as a table, and the VRIDs that nobody uses.
#[must_use]
pub fn census(observer: &Observer) -> String {
    let mut text =
        String::from("vrid family  version  interval  priority  master           addresses");
    for (id, router) in observer.routers() {
        text.push('\n');
        let start = text.len();
        let family = if id.family == Family::Ipv4 { "ipv4" } else { "ipv6" };
        let _ = write!(text, "{:>4} {family:<7}", id.vrid);
        let said = said(observer, *id, router);
        let (version, interval) = said.map_or((String::new(), String::new()), |said| {
            (u8::from(said.version).to_string(), seconds(said.advertisement_interval))
        });
        let _ = write!(text, " {version:>7} {interval:>9}");
        match &router.master {
            Some(master) => {
                let _ = write!(text, " {:>9}  {:<16}", master.priority, master.source.to_string());
            }
            None => text.push_str("         -  none            "),
        }
        for address in said.iter().flat_map(|said| &said.addresses) {
            let _ = write!(text, " {address}");
        }
        cut(&mut text, start);
    }
    let _ = write!(text, "\nfree: {}", ranges(&free(observer)));
    text
}

/// What the master of a virtual router, or whoever spoke for it, said last.
fn said<'o>(
    observer: &'o Observer,
    id: VirtualRouterId,
    router: &VirtualRouter,
) -> Option<&'o Said> {
    let master = router.master.as_ref().map(|master| master.source);
    let mut speakers = observer.speakers().iter().filter(|(key, _)| {
        (key.interface, key.vlan, key.vrid) == (id.interface, id.vlan, id.vrid)
            && Family::of(key.source) == id.family
            && master.is_none_or(|master| master == key.source)
    });
    speakers.find_map(|(_, speaker)| speaker.last.as_ref())
}

/// VRIDs that nobody uses, in either family.
fn free(observer: &Observer) -> Vec<u8> {
    let used: BTreeSet<u8> = observer.speakers().keys().map(|key| key.vrid).collect();
    (1..=u8::MAX).filter(|vrid| !used.contains(vrid)).collect()
}

/// Ascending numbers as `1-50, 52`.
fn ranges(numbers: &[u8]) -> String {
    let mut text = String::new();
    let mut rest = numbers;
    while let Some((first, _)) = rest.split_first() {
        let run =
            rest.iter().zip(*first..=u8::MAX).take_while(|(each, expected)| **each == *expected);
        let length = run.count();
        let (run, after) = rest.split_at(length);
        rest = after;
        let comma = if text.is_empty() { "" } else { ", " };
        let _ = match run {
            [first, .., last] => write!(text, "{comma}{first}-{last}"),
            _ => write!(text, "{comma}{first}"),
        };
    }
    text
}

/// The census as one JSON document.
#[must_use]
pub fn census_json(observer: &Observer) -> Value {
    let routers: Vec<Value> = observer
        .routers()
        .iter()
        .map(|(id, router)| {
            let mut data = router_json(observer, *id);
            let said = said(observer, *id, router);
            let master = router.master.as_ref();
            data.insert("master".into(), json!(master.map(|master| master.source)));
            data.insert("priority".into(), json!(master.map(|master| master.priority)));
            data.insert("version".into(), json!(said.map(|said| said.version)));
            let interval = said.map(|said| micros(said.advertisement_interval));
            data.insert("advertisement_interval_us".into(), json!(interval));
            data.insert("addresses".into(), json!(said.map(|said| &said.addresses)));
            let last = master.map(|master| rfc3339(master.last_unix_nanos));
            data.insert("last".into(), json!(last));
            Value::Object(data)
        })
        .collect();
    json!({ "v": VERSION, "routers": routers, "free": free(observer) })
}

/// A virtual router in the summary.
fn virtual_router_json(observer: &Observer, id: VirtualRouterId, router: &VirtualRouter) -> Value {
    let mut data = router_json(observer, id);
    let master = router.master.as_ref().map(|master| {
        json!({
            "source": master.source,
            "mac": master.mac.map(hardware),
            "priority": master.priority,
            "since": rfc3339(master.since_unix_nanos),
            "last": rfc3339(master.last_unix_nanos),
            "adverts": master.adverts,
            "announced": master.announced_unix_nanos.map(rfc3339),
        })
    });
    data.insert("master".into(), json!(master));
    data.insert("transitions".into(), json!(router.transitions));
    let history = router.history.iter().map(|each| {
        json!({
            "time": rfc3339(each.unix_nanos),
            "from": each.from,
            "to": each.to,
            "priority": each.priority,
            "cause": each.cause,
            "took_us": each.took.map(|(took, _)| micros(took)),
            "limit_us": each.took.map(|(_, limit)| micros(limit)),
        })
    });
    data.insert("history".into(), history.collect());
    Value::Object(data)
}

fn put_router(text: &mut String, interface: Option<&str>, key: &SpeakerId, router: &Speaker) {
    text.push_str("  ");
    if let Some(interface) = interface {
        let _ = write!(text, "{interface:<6} ");
    }
    let _ = write!(text, "{:<15} vrid {:>3}", key.source, key.vrid);
    if let Some(last) = &router.last {
        let _ = write!(text, " v{} ", u8::from(last.version));
        match last.priority {
            0 => text.push_str("stopped "),
            priority => {
                let _ = write!(text, "prio {priority:>3}");
            }
        }
    }
    let _ = write!(text, "  {}", counted(router.adverts, "advert"));
    if let Some(interval) = router.mean_interval() {
        let _ = write!(text, ", {:.3} s apart", interval.as_secs_f64());
    }
    for (verdict, count) in &router.invalid {
        let _ = write!(text, ", {count} {}", name(*verdict));
    }
}

fn counted(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// The summary as one JSON document.
#[must_use]
pub fn summary_json(observer: &Observer, dropped: u64) -> Value {
    let totals = observer.totals();
    let routers: Vec<Value> = observer
        .speakers()
        .iter()
        .map(|(key, router)| {
            let last = router.last.as_ref();
            let invalid: BTreeMap<String, u64> =
                router.invalid.iter().map(|(verdict, count)| (name(*verdict), *count)).collect();
            json!({
                "interface": observer.interface(key.interface),
                "vrid": key.vrid,
                "source": key.source,
                "version": last.map(|advert| advert.version),
                "priority": last.map(|advert| advert.priority),
                "advertisement_interval_us":
                    last.map(|advert| micros(advert.advertisement_interval)),
                "addresses": last.map(|advert| &advert.addresses),
                "adverts": router.adverts,
                "invalid": invalid,
                "late": router.late,
                "missed": router.missed,
                "interval_p50_us": router.gaps().map(|gaps| micros(gaps.p50)),
                "interval_p99_us": router.gaps().map(|gaps| micros(gaps.p99)),
                "interval_max_us": router.gaps().map(|gaps| micros(gaps.greatest)),
                "mean_interval_us": router.mean_interval().map(micros),
                "first": rfc3339(router.first_unix_nanos),
                "last": rfc3339(router.last_unix_nanos),
            })
        })
        .collect();
    json!({
        "v": VERSION,
        "adverts": totals.adverts,
        "invalid": totals.invalid,
        "announcements": totals.announcements,
        "malformed": totals.malformed,
        "truncated": totals.truncated,
        "carp": totals.carp,
        "findings": totals.findings,
        "dropped": dropped,
        "routers": routers,
        "virtual_routers": observer
            .routers()
            .iter()
            .map(|(id, router)| virtual_router_json(observer, *id, router))
            .collect::<Vec<_>>(),
    })
}
