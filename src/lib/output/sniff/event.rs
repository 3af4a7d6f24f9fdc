//! What is told beside packets: changes of master, and what is wrong, as a line or as JSON.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::line::put_time;
use super::{cut, hardware, micros, name, seconds, spoken};
use crate::engine::sniff::{
    Cause, Detail, Event, Finding, Kind, Observer, Party, Transition, VirtualRouterId, What,
};
use crate::output::event::{Line, rfc3339};

/// Packets of the evidence that are shown.
const MOST_PACKETS: usize = 16;

/// Append an event as one line, without its end.
pub fn put_event(text: &mut String, observer: &Observer, event: &Event) {
    let start = text.len();
    put_time(text, event.unix_nanos);
    if let Some(interface) = observer.interface(event.router.interface) {
        let _ = write!(text, " {interface:<6}");
    }
    let mark = match &event.what {
        What::Finding(finding) if finding.kind.is_relief() => "==",
        What::Finding(finding) if finding.kind.is_critical() => "!!",
        What::Finding(_) => "! ",
        What::Transition(_) | What::Priority { .. } => "->",
    };
    let _ = write!(text, " {mark} vrid {}", event.router.vrid);
    if event.router.vlan > 0 {
        let _ = write!(text, " vlan {}", event.router.vlan);
    }
    let _ = write!(text, ": {}", sentence(&event.what));
    cut(text, start);
}

/// An event in words.
fn sentence(what: &What) -> String {
    match what {
        What::Transition(transition) => transition_words(transition),
        What::Priority { source, from, to } => format!("{source} has priority {to}, not {from}"),
        What::Finding(finding) => finding_words(finding),
    }
}

fn transition_words(transition: &Transition) -> String {
    let Transition { from, to, priority, cause, took, .. } = transition;
    let from = from.map_or_else(|| "the one before".to_owned(), |from| from.to_string());
    let why = match cause {
        Cause::FirstSeen => "the first seen".to_owned(),
        Cause::MasterStopped => format!("{from} stopped"),
        Cause::MasterDownTimer => format!("{from} was silent"),
        Cause::HigherPriority => format!("above {from}"),
        Cause::HigherAddress => format!("as high as {from}, higher address"),
    };
    let took = took.map_or_else(String::new, |(took, limit)| {
        format!(", after {} of {}", exact(took), exact(limit))
    });
    format!("{to} is master, priority {priority}: {why}{took}")
}

/// Seconds with milliseconds.
fn exact(duration: Duration) -> String {
    format!("{:.3}s", duration.as_secs_f64())
}

fn finding_words(finding: &Finding) -> String {
    let Finding { kind, parties, detail, .. } = finding;
    let who = |n: usize| parties.get(n).map_or_else(String::new, |p| p.source.to_string());
    let (first, second) = (who(0), who(1));
    match (kind, detail) {
        (Kind::SplitBrain, _) => format!("split brain: {} are master at once", both(parties)),
        (Kind::SplitBrainEnded, Detail::Lasted { lasted, .. }) => {
            format!("the split brain ended after {}", exact(*lasted))
        }
        (Kind::VridConflict, _) => {
            format!("{first} and {second} have no address in common: two clusters use this VRID")
        }
        (Kind::AddressListDiffers, Detail::Lists([ours, theirs])) => {
            let missing = ours.iter().find(|each| !theirs.contains(each));
            let more = theirs.iter().find(|each| !ours.contains(each));
            match (missing, more) {
                (Some(address), _) => format!("{second} lacks {address}, which {first} has"),
                (None, Some(address)) => format!("{second} has {address}, which {first} lacks"),
                (None, None) => format!("{first} and {second} name an address twice"),
            }
        }
        (Kind::IntervalDiffers, Detail::Intervals([ours, theirs])) => {
            format!("{first} sends every {}, {second} every {}", seconds(*ours), seconds(*theirs))
        }
        (Kind::VersionDiffers, Detail::Numbers([ours, theirs])) => {
            format!("{first} speaks version {ours}, {second} version {theirs}")
        }
        (Kind::AuthDiffers, Detail::Numbers([ours, theirs])) => {
            format!("{first} authenticates by type {ours}, {second} by type {theirs}")
        }
        (Kind::ChecksumDiffers, Detail::Checksums([ours, theirs])) => {
            format!("checksum of {first} is {}, of {second} {}", spoken(*ours), spoken(*theirs))
        }
        (Kind::WrongTtl, _) => format!("{first} sends with a TTL that receivers drop"),
        (Kind::WrongChecksum, _) => format!("{first} sends a wrong checksum"),
        (Kind::Replayed, Detail::Sequences([last, this])) => {
            format!("{first} repeats sequence {this} after {last}: replayed, or restarted")
        }
        (Kind::MacMoved, Detail::Macs([from, to])) => {
            format!("{first} moved from {} to {}", hardware(*from), hardware(*to))
        }
        (Kind::Forged, Detail::Macs([from, to])) => {
            format!("{} and {} both send as {first}", hardware(*from), hardware(*to))
        }
        (Kind::AddressElsewhere, Detail::Address { address, mac }) => {
            format!("{address} is announced by {}, who is not master {first}", hardware(*mac))
        }
        _ => more_words(finding, &first),
    }
}

/// Findings about how something went over time.
fn more_words(finding: &Finding, first: &str) -> String {
    match (finding.kind, &finding.detail) {
        (Kind::InvalidAdvert, Detail::Verdict(verdict)) => {
            format!("{first} sends adverts that receivers drop: {}", name(*verdict))
        }
        (Kind::Flapping, Detail::Count { count, within }) => {
            format!("flapping: {count} masters within {}", seconds(*within))
        }
        (Kind::PriorityZeroStorm, Detail::Count { count, within }) => {
            format!("{first} said {count} times within {} that it stops", exact(*within))
        }
        (Kind::LateAdvert, Detail::Gap { gap, interval, .. }) => {
            format!("{first} was late: {} instead of {}", exact(*gap), seconds(*interval))
        }
        (Kind::MissingAdvert, Detail::Gap { gap, missed, .. }) => {
            format!("{missed} adverts of {first} are missing: {} without", exact(*gap))
        }
        (Kind::NoMaster, Detail::Gap { gap, .. }) => {
            format!("no master: {first} is silent for {} and nobody took over", exact(*gap))
        }
        (Kind::TakeoverLate, Detail::Took([took, limit])) => {
            format!("{first} took over after {}, {} allowed", exact(*took), exact(*limit))
        }
        (Kind::Unannounced, _) => {
            format!("{first} took over and does not announce its addresses")
        }
        (kind, _) => format!("{kind:?} of {first}"),
    }
}

fn both(parties: &[Party]) -> String {
    let all: Vec<String> =
        parties.iter().map(|party| format!("{} ({})", party.source, party.priority)).collect();
    all.join(" and ")
}

/// An event as a line of JSON Lines.
#[must_use]
pub fn event_line(observer: &Observer, event: &Event) -> Line {
    let mut data = router_json(observer, event.router);
    let mut put = |key: &str, value: Value| data.insert(key.to_owned(), value);
    let kind = match &event.what {
        What::Transition(transition) => {
            put("from", json!(transition.from));
            put("to", json!(transition.to));
            put("priority", json!(transition.priority));
            put("cause", json!(transition.cause));
            put("packet", json!(transition.packet));
            put("took_us", json!(transition.took.map(|(took, _)| micros(took))));
            put("limit_us", json!(transition.took.map(|(_, limit)| micros(limit))));
            "sniff.transition"
        }
        What::Priority { source, from, to } => {
            put("source", json!(source));
            put("from", json!(from));
            put("to", json!(to));
            "sniff.priority"
        }
        What::Finding(finding) => {
            put("finding", json!(finding.kind));
            put("critical", json!(finding.kind.is_critical()));
            put("parties", finding.parties.iter().map(party_json).collect());
            let packets = finding.packets.iter().take(MOST_PACKETS);
            put("packets", packets.copied().collect());
            put("detail", detail_json(finding));
            put("message", json!(finding_words(finding)));
            "sniff.finding"
        }
    };
    Line::new(kind, rfc3339(event.unix_nanos), None, Value::Object(data))
}

/// What tells a virtual router from others.
pub(super) fn router_json(observer: &Observer, id: VirtualRouterId) -> Map<String, Value> {
    let mut data = Map::new();
    data.insert("interface".into(), json!(observer.interface(id.interface)));
    data.insert("vlan".into(), json!((id.vlan > 0).then_some(id.vlan)));
    data.insert("family".into(), json!(id.family));
    data.insert("vrid".into(), json!(id.vrid));
    data
}

fn party_json(party: &Party) -> Value {
    let Party { source, mac, priority } = party;
    json!({ "source": source, "mac": mac.map(hardware), "priority": priority })
}

fn detail_json(finding: &Finding) -> Value {
    match &finding.detail {
        Detail::Nothing => json!({}),
        Detail::Lasted { since_unix_nanos, lasted } => {
            json!({ "since": rfc3339(*since_unix_nanos), "lasted_us": micros(*lasted) })
        }
        Detail::Lists(lists) => json!({ "addresses": lists }),
        Detail::Intervals(both) => json!({ "intervals_us": both.map(micros) }),
        Detail::Numbers(both) if finding.kind == Kind::VersionDiffers => {
            json!({ "versions": both })
        }
        Detail::Numbers(both) => json!({ "auth_types": both }),
        Detail::Checksums(both) => json!({ "checksums": both }),
        Detail::Verdict(verdict) => json!({ "verdict": verdict }),
        Detail::Count { count, within } => {
            json!({ "count": count, "within_us": micros(*within) })
        }
        Detail::Gap { gap, interval, missed } => json!({
            "gap_us": micros(*gap), "interval_us": micros(*interval), "missed": missed,
        }),
        Detail::Address { address, mac } => json!({ "address": address, "mac": hardware(*mac) }),
        Detail::Macs(both) => json!({ "macs": both.map(hardware) }),
        Detail::Sequences(both) => json!({ "sequences": both }),
        Detail::Took([took, limit]) => {
            json!({ "took_us": micros(*took), "limit_us": micros(*limit) })
        }
    }
}
