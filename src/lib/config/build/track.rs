//! What acts on the priority of an instance or group, with weights: scripts and interfaces, and
//! files, processes and BFD sessions.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Place;

use super::Context;
use super::settings::Settings;
use super::trackers::MOST_SESSION_WEIGHT;
use crate::config::diagnostic::{Code, Diagnostic};
use crate::config::model::{self, TrackedItem, TrackedItems};
use crate::config::resolve::Entry;
use crate::config::source::Span;
use crate::config::tree::{Node, WordList};
use crate::config::values::{self, Parsed};
use crate::engine::vrrp::{Tracked, TrackerId};

/// Trackers and where each is named.
pub(super) type Trackers = Vec<(Tracked, Span)>;

/// Files, processes and sessions, each list with where its entries stand.
pub(super) type Items = [Vec<(TrackedItem, Span)>; 3];

/// A block of references: its keyword, what it refers to, and the greatest weight.
const KINDS: [(&str, &str, i16); 3] = [
    ("track_file", "track_file", 254),
    ("track_process", "vrrp_track_process", 254),
    ("track_bfd", "bfd_instance", MOST_SESSION_WEIGHT),
];

/// The files, processes and sessions that one block tracks.
pub(super) fn items(settings: &Settings<'_>, context: &mut Context<'_>) -> Items {
    KINDS.map(|(keyword, definition, most)| {
        let mut items: Vec<(TrackedItem, Span)> = Vec::new();
        let mut seen = BTreeMap::new();
        for line in settings.all(keyword).flat_map(Entry::lines) {
            let span = line.keyword.span;
            let Some(defined) = defined(&line, definition, context) else { continue };
            let (weight, reverse) = weight_of(&line, most, context).unwrap_or(defined);
            if is_first(&mut seen, line.keyword.text, &line, context) {
                let name = line.keyword.text.to_owned();
                items.push((TrackedItem { name, weight, reverse }, span));
            }
        }
        items
    })
}

/// Without where they stand.
pub(super) fn without_spans(items: Items) -> TrackedItems {
    let [files, processes, sessions] =
        items.map(|list| list.into_iter().map(|(item, _)| item).collect());
    TrackedItems { files, processes, sessions }
}

/// The weights of all trackers, by kind and name; the first of a name counts.
pub(super) fn weights(
    trackers: &model::Trackers,
) -> BTreeMap<&'static str, BTreeMap<String, (i16, bool)>> {
    let mut weights = BTreeMap::<_, BTreeMap<String, (i16, bool)>>::new();
    let mut note = |kind, name: &String, weight, reverse| {
        weights.entry(kind).or_default().entry(name.clone()).or_insert((weight, reverse));
    };
    trackers.files.iter().for_each(|t| note("track_file", &t.name, t.weight, t.reverse));
    let processes = trackers.processes.iter();
    processes.for_each(|t| note("vrrp_track_process", &t.name, t.weight, t.reverse));
    let sessions = trackers.sessions.iter().filter(|session| session.vrrp);
    sessions.for_each(|t| note("bfd_instance", &t.name, t.weight, t.reverse));
    weights
}

/// The weight of the definition that `line` names; `None` when there is none, which is told.
fn defined(line: &Node<'_>, definition: &str, context: &mut Context<'_>) -> Option<(i16, bool)> {
    let name = line.keyword.text;
    let all = context.tracker_weights.get(definition);
    if let Some(weight) = all.and_then(|all| all.get(name)) {
        return Some(*weight);
    }
    let names = all.into_iter().flat_map(BTreeMap::keys).map(String::as_str);
    let remedy = match super::super::nearest(name, names) {
        Some(near) => format!("it is not tracked; did you mean `{near}`?"),
        None => format!("it is not tracked; define it with {definition} {name} {{ … }}"),
    };
    let message = format!("there is no {definition} `{name}`");
    context.warn(Code::UnknownReference, line.keyword.span, message, &remedy);
    None
}

/// The scripts and interfaces that one block tracks. `own`: the instance's own interface.
pub(super) fn build(
    settings: &Settings<'_>,
    own: Option<&str>,
    context: &mut Context<'_>,
) -> Trackers {
    let mut trackers = Trackers::new();
    let mut seen = BTreeMap::new();
    for list in settings.all("track_interface") {
        for line in list.lines() {
            if own == Some(line.keyword.text) {
                context.warn(
                    Code::Conflict,
                    line.keyword.span,
                    format!("`{}` is the instance's own interface", line.keyword.text),
                    "it is tracked without being named; remove it here",
                );
                continue;
            }
            let given = weight_of(&line, 253, context);
            let (weight, reverse) = given.unwrap_or((0, false));
            if super::link::interface(line.keyword, context).is_none() {
                continue;
            }
            if is_first(&mut seen, line.keyword.text, &line, context) {
                let tracker = TrackerId::Interface(line.keyword.text.to_owned());
                trackers.push((Tracked { tracker, weight, reverse }, line.keyword.span));
            }
        }
    }
    context.lists += 1;
    for line in settings.all("track_script").flat_map(Entry::lines) {
        let Some((weight, reverse)) = script(&line, context) else { continue };
        let tracker = TrackerId::Script(line.keyword.text.to_owned());
        trackers.push((Tracked { tracker, weight, reverse }, line.keyword.span));
    }
    trackers
}

/// Take note that the last list tracks the script of `line`: with which weight. `None`: there is
/// none that can be tracked, or the list has it already.
fn script(line: &Node<'_>, context: &mut Context<'_>) -> Option<(i16, bool)> {
    let name = line.keyword.text;
    let given = weight_of(line, 253, context);
    let Some(script) = context.scripts.get_mut(name) else {
        let near = super::super::nearest(name, context.scripts.keys().map(String::as_str));
        let remedy = match near {
            Some(near) => format!("it is not tracked; did you mean `{near}`?"),
            None => format!("it is not tracked; define it with vrrp_script {name} {{ … }}"),
        };
        let message = format!("there is no vrrp_script `{name}`");
        context.warn(Code::UnknownReference, line.keyword.span, message, &remedy);
        return None;
    };
    // One without a command was reported where it is defined; keepalived does not track it either.
    script.config.as_ref()?;
    let weight = given.unwrap_or((script.weight, script.reverse));
    if let Some((list, first)) = script.tracked
        && list == context.lists
    {
        tracked_already(line, first, context);
        return None;
    }
    script.tracked = Some((context.lists, line.keyword.span));
    Some(weight)
}

/// Whether `name`, which `line` tracks, is new in its list.
fn is_first<'a>(
    seen: &mut BTreeMap<&'a str, Span>,
    name: &'a str,
    line: &Node<'_>,
    context: &mut Context<'_>,
) -> bool {
    let first = match seen.entry(name) {
        Place::Vacant(place) => {
            place.insert(line.keyword.span);
            return true;
        }
        Place::Occupied(place) => *place.get(),
    };
    tracked_already(line, first, context);
    false
}

fn tracked_already(line: &Node<'_>, first: Span, context: &mut Context<'_>) {
    let message = format!("`{}` is tracked already", line.keyword.text);
    context.report(
        Diagnostic::new(Code::DuplicateEntry, line.keyword.span, message)
            .remedy("the first entry holds; remove one")
            .related("tracked here", first),
    );
}

/// `NAME weight N [reverse]`: the weight, when it is given.
fn weight_of(line: &Node<'_>, most: i16, context: &mut Context<'_>) -> Option<(i16, bool)> {
    let (first, rest) = line.arguments.split_first()?;
    if first.text == "weight" {
        if rest.is_empty() {
            let message = "`weight` has no value";
            context.warn(Code::MissingArgument, first.span, message, "it is ignored");
        }
        return weight(rest, most, context);
    }
    context.warn(
        Code::ExtraArguments,
        first.span,
        format!("`{}` is not understood here", first.text),
        "it is ignored; the form is: NAME weight N [reverse]",
    );
    None
}

/// `N [reverse|noreverse]` with N in `-most..=most`; 254 is cut to 253 as keepalived does.
pub(super) fn weight(
    words: WordList<'_>,
    most: i16,
    context: &mut Context<'_>,
) -> Option<(i16, bool)> {
    let (number, rest) = words.split_first()?;
    let span = number.span;
    let most = i64::from(most);
    let weight = match values::number(number.text, -254, 254) {
        Parsed::Good(weight) | Parsed::Adjusted(weight, _) => weight.clamp(-most, most),
        Parsed::Bad(why) => {
            let message = format!("`weight`: {why}");
            context.warn(Code::InvalidValue, span, message, "it is ignored");
            return None;
        }
    };
    if most < 254 && number.text.trim_start_matches(['-', '+']) == "254" {
        let message = format!("a weight of {} becomes {weight}", number.text);
        context.warn(Code::Adjusted, span, message, "weights go from -253 to 253");
    }
    if let Some(extra) = rest.get(1) {
        let message = format!("`{}` is not understood behind a weight", extra.text);
        context.warn(Code::ExtraArguments, extra.span, message, "it is ignored");
    }
    let reverse = match rest.first() {
        None => false,
        Some(word) if word.text == "reverse" => true,
        Some(word) if word.text == "noreverse" => false,
        Some(word) => {
            let message = format!("`{}` is neither reverse nor noreverse", word.text);
            context.warn(Code::ExtraArguments, word.span, message, "it is ignored");
            false
        }
    };
    Some((i16::try_from(weight).unwrap_or(0), reverse))
}
