//! `vrrp_sync_group`: members that exist, and trackers that may act on them.

use super::settings::Settings;
use super::{Context, Router, beyond, scripts, track};
use crate::config::diagnostic::{Code, Diagnostic};
use crate::config::model::{GroupSettings, TrackedItems};
use crate::config::resolve::Entry;
use crate::config::source::Span;
use crate::engine::vrrp::SyncGroupConfig;

/// The group of one block; `None` when nothing is left of it.
pub(super) fn build(
    entry: &Entry<'_>,
    routers: &mut [Router],
    groups: &[(SyncGroupConfig, Span)],
    context: &mut Context<'_>,
) -> Option<SyncGroupConfig> {
    let settings = Settings::new(entry);
    let name = entry.text().to_owned();
    let members = members(&settings, &name, routers, groups, context);
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
    for router in routers.iter_mut().filter(|r| members.contains(&r.config.name)) {
        member_trackers(router, &trackers, weights, context);
    }
    let tracked = trackers.into_iter().map(|(tracked, _)| tracked).collect();
    Some(SyncGroupConfig { name, members, tracked })
}

fn members(
    settings: &Settings<'_>,
    name: &str,
    routers: &[Router],
    groups: &[(SyncGroupConfig, Span)],
    context: &mut Context<'_>,
) -> Vec<String> {
    let mut members: Vec<String> = Vec::new();
    for list in settings.all("group") {
        for word in list.list_words() {
            let other =
                groups.iter().find(|(group, _)| group.members.iter().any(|m| m == word.text));
            if !routers.iter().any(|router| router.config.name == word.text) {
                let known = routers.iter().map(|router| router.config.name.as_str());
                let remedy = match crate::config::nearest(word.text, known) {
                    Some(near) => format!("it is ignored; did you mean `{near}`?"),
                    None => "it is ignored; define it or remove it".to_owned(),
                };
                let message = format!("there is no vrrp_instance `{}`", word.text);
                context.warn(Code::UnknownReference, word.span, message, &remedy);
            } else if let Some((group, first)) = other {
                let message = format!("`{}` is in group `{}` already", word.text, group.name);
                context.report(
                    Diagnostic::new(Code::DuplicateEntry, word.span, message)
                        .remedy("it stays there; an instance is in one group only")
                        .related("the other group", *first),
                );
            } else if members.iter().any(|member| member == word.text) {
                let message = format!("`{}` is in group `{name}` already", word.text);
                context.warn(Code::DuplicateEntry, word.span, message, "remove one");
            } else {
                members.push(word.text.to_owned());
            }
        }
    }
    members
}

/// Members of a group move together, so a weight on one of them is dropped unless the group asks.
fn member_trackers(
    router: &mut Router,
    group: &track::Trackers,
    weights: bool,
    context: &mut Context<'_>,
) {
    let spans = router.track_spans.clone();
    let mut spans = spans.into_iter();
    router.config.tracked.retain(|tracked| {
        let span = spans.next().unwrap_or(router.span);
        if let Some((_, first)) = group.iter().find(|(other, _)| other.tracker == tracked.tracker) {
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
