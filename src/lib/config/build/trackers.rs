//! `track_file`, `vrrp_track_process` and `bfd_instance`: what is watched, by its name.

use std::collections::btree_map::Entry as Place;
use std::net::IpAddr;
use std::time::Duration;

use super::settings::Settings;
use super::{Context, duplicate_name, track};
use crate::config::diagnostic::Code;
use crate::config::model::{
    BfdSession, FileTracker, InitialContent, ParameterMatch, ProcessTracker,
};
use crate::config::resolve::Entry;
use crate::config::values::{self, Parsed};

/// Weight of a file that has none: its value is added as it is.
const FILE_WEIGHT: i16 = 1;
/// Greatest weight of files and processes.
const MOST_WEIGHT: i16 = 254;
/// Greatest weight of sessions.
pub(super) const MOST_SESSION_WEIGHT: i16 = 253;
/// Longest name of a session, in bytes.
const LONGEST_NAME: usize = 31;
/// keepalived's `min_rx` and `min_tx`.
const INTERVAL: Duration = Duration::from_millis(10);
/// keepalived's `idle_tx`.
const IDLE: Duration = Duration::from_secs(1);
/// keepalived's detection multiplier.
const MULTIPLIER: u8 = 5;

/// Take every tracker of the file.
pub(super) fn build(entries: &[Entry<'_>], context: &mut Context<'_>) {
    for entry in entries {
        match entry.row.keyword {
            "track_file" | "vrrp_track_file" => file(entry, context),
            "vrrp_track_process" => process(entry, context),
            "bfd_instance" => session(entry, context),
            _ => {}
        }
    }
}

/// Whether the name of `entry` is new among those of its kind.
fn is_new(entry: &Entry<'_>, kind: &'static str, context: &mut Context<'_>) -> bool {
    let key = (kind, entry.text().to_owned());
    let first = match context.tracker_names.entry(key) {
        Place::Vacant(place) => {
            place.insert(entry.value_span());
            return true;
        }
        Place::Occupied(place) => *place.get(),
    };
    duplicate_name(entry, first, context);
    false
}

fn file(entry: &Entry<'_>, context: &mut Context<'_>) {
    if !is_new(entry, "file", context) {
        return;
    }
    let settings = Settings::new(entry);
    let name = entry.text().to_owned();
    let Some(file) = settings.text("file").filter(|file| !file.is_empty()) else {
        let message = format!("track_file `{name}` has no file");
        let remedy = "it is not tracked; add: file PATH";
        context.warn(Code::TrackerUnusable, entry.value_span(), message, remedy);
        return;
    };
    if !file.starts_with('/') {
        let message = format!("`{file}` depends on the directory that the process runs in");
        let span = settings.span("file", entry.value_span());
        context.warn(Code::RelativePath, span, message, "write its path from the root");
    }
    let (weight, reverse) = weight(&settings, MOST_WEIGHT, FILE_WEIGHT, context);
    let file = file.to_owned();
    let initial = settings.get("init_file").map(|entry| initial(entry, context));
    let initial = initial.flatten();
    context.trackers.files.push(FileTracker { name, file, weight, reverse, initial });
}

/// `init_file [VALUE] [overwrite]`, in any order.
fn initial(entry: &Entry<'_>, context: &mut Context<'_>) -> Option<InitialContent> {
    let mut initial = InitialContent { value: 0, overwrite: false };
    for word in entry.arguments().iter() {
        if word.text == "overwrite" {
            initial.overwrite = true;
        } else if let Ok(value) = word.text.parse() {
            initial.value = value;
        } else {
            let message = format!("`init_file`: `{}` is neither a number nor overwrite", word.text);
            context.warn(Code::InvalidValue, word.span, message, "the file is not written");
            return None;
        }
    }
    Some(initial)
}

fn weight(
    settings: &Settings<'_>,
    most: i16,
    default: i16,
    context: &mut Context<'_>,
) -> (i16, bool) {
    let given = settings.get("weight").map(Entry::arguments);
    given.and_then(|words| track::weight(words, most, context)).unwrap_or((default, false))
}

fn process(entry: &Entry<'_>, context: &mut Context<'_>) {
    if !is_new(entry, "process", context) {
        return;
    }
    let settings = Settings::new(entry);
    let name = entry.text().to_owned();
    let Some(command) = settings.get("process").filter(|entry| !entry.text().is_empty()) else {
        let message = format!("vrrp_track_process `{name}` names no process");
        let remedy = "it is not tracked; add: process NAME";
        context.warn(Code::TrackerUnusable, entry.value_span(), message, remedy);
        return;
    };
    let mut words = command.arguments().iter().map(|word| word.text.to_owned());
    let process = words.next().unwrap_or_default();
    let parameters: Vec<String> = words.collect();
    let parameter_match = parameter_match(&settings, !parameters.is_empty(), context);
    let (weight, reverse) = weight(&settings, MOST_WEIGHT, 0, context);
    let (quorum, quorum_max) = quorum(&settings, context);
    let delay = |keyword| settings.time(keyword).or_else(|| settings.time("delay"));
    let tracker = ProcessTracker {
        name,
        process,
        parameters,
        parameter_match,
        full_command: settings.has("full_command"),
        weight,
        reverse,
        quorum,
        quorum_max,
        terminate_delay: delay("terminate_delay").unwrap_or_default(),
        fork_delay: delay("fork_delay").unwrap_or_default(),
    };
    context.trackers.processes.push(tracker);
}

fn parameter_match(
    settings: &Settings<'_>,
    has_parameters: bool,
    context: &mut Context<'_>,
) -> Option<ParameterMatch> {
    let default = has_parameters.then_some(ParameterMatch::Exact);
    let Some(entry) = settings.get("param_match") else { return default };
    match entry.text() {
        "" => Some(ParameterMatch::Exact),
        "initial" => Some(ParameterMatch::Initial),
        "partial" => Some(ParameterMatch::Partial),
        other => {
            let message = format!("`param_match`: `{other}` is neither initial nor partial");
            context.warn(Code::InvalidValue, entry.value_span(), message, "it is ignored");
            default
        }
    }
}

/// How many processes are good. `quorum_max 0` says that none must run.
fn quorum(settings: &Settings<'_>, context: &mut Context<'_>) -> (u32, Option<u32>) {
    let number = |keyword| settings.number(keyword).and_then(|number| u32::try_from(number).ok());
    let (quorum, most) = (number("quorum"), number("quorum_max"));
    match (quorum, most) {
        (None, Some(0)) => (0, Some(0)),
        (quorum, Some(most)) if most < quorum.unwrap_or(1) => {
            let quorum = quorum.unwrap_or(1);
            let span = settings.get("quorum_max").map(Entry::value_span).unwrap_or_default();
            let message = format!("quorum_max {most} is less than the quorum {quorum}");
            context.warn(Code::Conflict, span, message, "it is ignored: there is no maximum");
            (quorum, None)
        }
        (quorum, most) => (quorum.unwrap_or(1), most),
    }
}

fn session(entry: &Entry<'_>, context: &mut Context<'_>) {
    let (name, span) = (entry.text().to_owned(), entry.value_span());
    if name.len() > LONGEST_NAME {
        let message = format!("the name of bfd_instance `{name}` is too long");
        let remedy = "it is ignored; names have at most 31 bytes";
        context.warn(Code::TrackerUnusable, span, message, remedy);
        return;
    }
    if !is_new(entry, "session", context) {
        return;
    }
    let settings = Settings::new(entry);
    let keyword = if settings.has("neighbour_ip") { "neighbour_ip" } else { "neighbor_ip" };
    let Some(neighbor) = ip(&settings, keyword, context) else {
        let message = format!("bfd_instance `{name}` has no neighbour");
        let remedy = "it is disabled; add: neighbor_ip ADDRESS";
        context.warn(Code::TrackerUnusable, span, message, remedy);
        return;
    };
    let source = ip(&settings, "source_ip", context);
    if source.is_some_and(|source| source.is_ipv4() != neighbor.is_ipv4()) {
        let message = "source_ip is of another family than neighbor_ip";
        let span = settings.span("source_ip", span);
        context.warn(Code::OtherFamily, span, message, "the session is disabled");
        return;
    }
    let same = |other: &&BfdSession| other.neighbor == neighbor && other.source == source;
    if let Some(other) = context.trackers.sessions.iter().find(same).map(|o| o.name.clone()) {
        let message = format!("bfd_instance `{other}` has the same neighbour and source");
        context.warn(Code::DuplicateEntry, span, message, "this one is ignored; remove one");
        return;
    }
    let (weight, reverse) = weight(&settings, MOST_SESSION_WEIGHT, 0, context);
    let (ttl, max_hops) = hops(&settings, neighbor, context);
    let (vrrp, checker) = (settings.has("vrrp"), settings.has("checker"));
    let mut interval = |keyword, least: u64, default| {
        milliseconds(&settings, keyword, least, context).unwrap_or(default)
    };
    let session = BfdSession {
        name,
        neighbor,
        source,
        min_rx: interval("min_rx", 1, INTERVAL),
        min_tx: interval("min_tx", 1, INTERVAL),
        idle_tx: interval("idle_tx", 1_000, IDLE),
        multiplier: byte(&settings, "multiplier").unwrap_or(MULTIPLIER),
        passive: settings.has("passive"),
        ttl,
        max_hops,
        multihop: settings.switch("multihop").unwrap_or(false),
        weight,
        reverse,
        vrrp: vrrp || !checker,
        checker: checker || !vrrp,
    };
    context.trackers.sessions.push(session);
}

fn byte(settings: &Settings<'_>, keyword: &str) -> Option<u8> {
    settings.number(keyword).and_then(|number| u8::try_from(number).ok())
}

/// TTL that is sent, and how many hops less may arrive.
fn hops(settings: &Settings<'_>, neighbor: IpAddr, context: &mut Context<'_>) -> (u8, Option<u8>) {
    let default = if neighbor.is_ipv4() { 255 } else { 64 };
    let ttl = byte(settings, "ttl").or_else(|| byte(settings, "hoplimit")).unwrap_or(default);
    let max_hops = match settings.number("max_hops") {
        Some(-1 | 255) => None,
        Some(hops) => u8::try_from(hops).ok(),
        None => Some(0),
    };
    if let Some(hops) = max_hops.filter(|hops| *hops > ttl) {
        let span = settings.get("max_hops").map(Entry::value_span).unwrap_or_default();
        let message = format!("max_hops {hops} is more than the ttl {ttl}");
        context.warn(Code::Adjusted, span, message, "the ttl is used");
        return (ttl, Some(ttl));
    }
    (ttl, max_hops)
}

fn ip(settings: &Settings<'_>, keyword: &str, context: &mut Context<'_>) -> Option<IpAddr> {
    let entry = settings.get(keyword)?;
    let address = entry.text().parse().ok();
    if address.is_none() {
        let message = format!("`{keyword}`: `{}` is not an address", entry.text());
        context.warn(Code::InvalidValue, entry.value_span(), message, "it is ignored");
    }
    address
}

/// Milliseconds with up to three decimals, from `least` to 4294967.
fn milliseconds(
    settings: &Settings<'_>,
    keyword: &str,
    least: u64,
    context: &mut Context<'_>,
) -> Option<Duration> {
    const MOST: u64 = 4_294_967;
    let entry = settings.get(keyword)?;
    // As if they were seconds: what counts are the digits and where the point stands.
    let parsed = values::seconds(entry.text(), least * 1_000_000, MOST * 1_000_000);
    let (Parsed::Good(time) | Parsed::Adjusted(time, _)) = parsed else {
        let text = entry.text();
        let message = format!("`{keyword}`: {text} is not a time from {least} to {MOST} ms");
        context.warn(Code::InvalidValue, entry.value_span(), message, "it is ignored");
        return None;
    };
    Some(time / 1_000)
}
