//! `vrrp_sync_group`: members that exist, and trackers that may act on them.

use std::collections::{BTreeMap, BTreeSet};

use super::settings::Settings;
use super::{Context, Router, beyond, scripts, track};
use crate::config::diagnostic::{Code, Diagnostic};
use crate::config::model::{GroupSettings, TrackedItems};
use crate::config::resolve::Entry;
use crate::config::source::Span;
use crate::engine::vrrp::{SyncGroupConfig, TrackerId};

/// The routers that may be members, and what has become of them.
pub(super) struct Candidates<'a> {
    routers: &'a mut [Router],
    /// Where each stands in `routers`, by its name.
    places: BTreeMap<String, usize>,
    /// The group that each member is in, and where that one is named.
    taken: BTreeMap<String, (String, Span)>,
}

impl<'a> Candidates<'a> {
    /// Nobody is a member yet.
    pub(super) fn new(routers: &'a mut [Router]) -> Self {
        let names = routers.iter().map(|router| router.config.name.clone());
        let places = names.zip(0..).collect();
        Self { routers, places, taken: BTreeMap::new() }
    }

    /// What has the name of a member.
    fn router(&mut self, name: &str) -> Option<&mut Router> {
        self.routers.get_mut(*self.places.get(name)?)
    }
}

/// The group of one block; `None` when nothing is left of it.
pub(super) fn build(
    entry: &Entry<'_>,
    candidates: &mut Candidates<'_>,
    context: &mut Context<'_>,
) -> Option<SyncGroupConfig> {
    let settings = Settings::new(entry);
    let name = entry.text().to_owned();
    let members = members(&settings, &name, candidates, context);
    let hooks = scripts::hooks(&settings, context);
    let mut trackers = track::build(&settings, None, context);
    let items = track::items(&settings, context);
    let span = entry.value_span();
    if members.len() < 2 {
        let (message, remedy) = if members.is_empty() {
            (format!("sync group `{name}` has no member"), "it is removed; name its instances")
        } else {
            (format!("sync group `{name}` has only one member"), "name the others, or remove it")
        };
        context.warn(Code::GroupTooSmall, span, message, remedy);
    }
    if members.is_empty() {
        return None;
    }
    if !hooks.is_empty() {
        context.notify.groups.insert(name.clone(), hooks);
    }
    for member in members.iter().filter(|member| context.notify.instances.contains_key(*member)) {
        context.notify.member_of.insert(member.clone(), name.clone());
    }
    let weights = settings.has("sync_group_tracking_weight") || settings.has("global_tracking");
    if !weights {
        trackers.retain(|(tracked, span)| {
            let keep = tracked.weight == 0;
            if !keep {
                weight_in_group(*span, context);
            }
            keep
        });
    }
    let items = items_of(&members, items, weights, context);
    let beyond = GroupSettings {
        tracked: items,
        smtp_alert: beyond::alert(&settings, context),
        priority_changes: beyond::priority_changes(&settings, context),
    };
    if beyond != GroupSettings::default() {
        context.groups.insert(name.clone(), beyond);
    }
    let of_group = trackers.iter().map(|(tracked, span)| (&tracked.tracker, *span)).collect();
    for member in &members {
        candidates.taken.insert(member.clone(), (name.clone(), span));
        if let Some(router) = candidates.router(member) {
            member_trackers(router, &of_group, weights, context);
        }
    }
    let tracked = trackers.into_iter().map(|(tracked, _)| tracked).collect();
    Some(SyncGroupConfig { name, members, tracked })
}

fn members(
    settings: &Settings<'_>,
    name: &str,
    candidates: &Candidates<'_>,
    context: &mut Context<'_>,
) -> Vec<String> {
    let mut members: Vec<String> = Vec::new();
    let mut seen = BTreeSet::new();
    for list in settings.all("group") {
        for word in list.list_words() {
            if !candidates.places.contains_key(word.text) {
                let routers = candidates.routers.iter();
                let known = routers.map(|router| router.config.name.as_str());
                let remedy = match crate::config::nearest(word.text, known) {
                    Some(near) => format!("it is ignored; did you mean `{near}`?"),
                    None => "it is ignored; define it or remove it".to_owned(),
                };
                let message = format!("there is no vrrp_instance `{}`", word.text);
                context.warn(Code::UnknownReference, word.span, message, &remedy);
            } else if let Some((group, first)) = candidates.taken.get(word.text) {
                let message = format!("`{}` is in group `{group}` already", word.text);
                context.report(
                    Diagnostic::new(Code::DuplicateEntry, word.span, message)
                        .remedy("it stays there; an instance is in one group only")
                        .related("the other group", *first),
                );
            } else if seen.insert(word.text) {
                members.push(word.text.to_owned());
            } else {
                let message = format!("`{}` is in group `{name}` already", word.text);
                context.warn(Code::DuplicateEntry, word.span, message, "remove one");
            }
        }
    }
    members
}

/// Members of a group move together, so a weight on one of them is dropped unless the group asks.
fn member_trackers(
    router: &mut Router,
    group: &BTreeMap<&TrackerId, Span>,
    weights: bool,
    context: &mut Context<'_>,
) {
    let own = router.span;
    let mut spans = router.track_spans.iter();
    router.config.tracked.retain(|tracked| {
        let span = *spans.next().unwrap_or(&own);
        if let Some(first) = group.get(&tracked.tracker) {
            tracked_twice(span, *first, context);
            return false;
        }
        if tracked.weight != 0 && !weights {
            weight_in_group(span, context);
            return false;
        }
        true
    });
}

fn tracked_twice(span: Span, first: Span, context: &mut Context<'_>) {
    context.report(
        Diagnostic::new(Code::DuplicateEntry, span, "the sync group tracks this already")
            .remedy("the entry of the instance is ignored")
            .related("tracked by the group", first),
    );
}

/// The files, processes and sessions of the group, with those of its members set right: what the
/// group tracks is dropped from them, and so are weights unless the group asks for them.
fn items_of(
    members: &[String],
    items: track::Items,
    weights: bool,
    context: &mut Context<'_>,
) -> TrackedItems {
    let kept = items.map(|mut list| {
        list.retain(|(item, span)| {
            let keep = weights || item.weight == 0;
            if !keep {
                weight_in_group(*span, context);
            }
            keep
        });
        list
    });
    for member in members {
        let Some(mut own) = context.tracked_items.remove(member) else { continue };
        for (own, of_group) in own.iter_mut().zip(&kept) {
            own.retain(|(item, span)| {
                let twice = of_group.iter().find(|(other, _)| other.name == item.name);
                if let Some((_, first)) = twice {
                    tracked_twice(*span, *first, context);
                } else if item.weight != 0 && !weights {
                    weight_in_group(*span, context);
                } else {
                    return true;
                }
                false
            });
        }
        context.tracked_items.insert(member.clone(), own);
    }
    track::without_spans(kept)
}

fn weight_in_group(span: Span, context: &mut Context<'_>) {
    context.warn(
        Code::Conflict,
        span,
        "a tracker with a weight cannot act inside a sync group",
        "it is ignored; use weight 0, or sync_group_tracking_weight in the group",
    );
}
