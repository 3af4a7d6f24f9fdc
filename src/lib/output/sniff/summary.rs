//! The summary at the end.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{cut, micros, name};
use crate::engine::sniff::{Observer, Speaker, SpeakerId};
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
    text
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
        "dropped": dropped,
        "routers": routers,
    })
}
