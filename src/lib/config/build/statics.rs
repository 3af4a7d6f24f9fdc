//! What is there whoever is master: addresses, routes and rules, and the groups of instances that
//! they follow.

use super::{Context, address, duplicate_name, route, rule};
use crate::config::diagnostic::{Code, Diagnostic};
use crate::config::model::{StaticAddress, TrackGroup};
use crate::config::resolve::Entry;
use crate::config::source::Span;
use crate::config::tree::{Node, Word};

/// keepalived's interface for addresses that name none.
const INTERFACE: &str = "eth0";

impl Context<'_> {
    /// Report what makes an entry be left out; `result` says so when the finding does not.
    pub(super) fn reject(&mut self, found: Diagnostic, result: &str) {
        let found = if found.remedy.is_empty() {
            found.remedy(format!("{result}, as in keepalived"))
        } else {
            found
        };
        self.report(found);
    }

    /// The `track_group` that `word` names, when there is one.
    pub(super) fn track_group(&mut self, word: Word<'_>) -> Option<String> {
        if self.statics.groups.iter().any(|group| group.name == word.text) {
            return Some(word.text.to_owned());
        }
        let known = self.statics.groups.iter().map(|group| group.name.as_str());
        let remedy = match crate::config::nearest(word.text, known) {
            Some(near) => format!("it is ignored; did you mean `{near}`?"),
            None => format!("it is ignored; define it with track_group {} {{ … }}", word.text),
        };
        let message = format!("there is no track_group `{}`", word.text);
        self.warn(Code::UnknownReference, word.span, message, &remedy);
        None
    }

    /// An item that is on no interface cannot follow instances: its group is told and dropped.
    pub(super) fn without_group(
        &mut self,
        line: &Node<'_>,
        group: Option<String>,
        missing: &str,
    ) -> Option<String> {
        if let Some(group) = group {
            let message = format!("track_group `{group}` needs `{missing}` in the same entry");
            self.warn(Code::Conflict, line.keyword.span, message, "the group is ignored");
        }
        None
    }

    /// The priority of a rule that has none.
    pub(super) fn rule_priority(&mut self, span: Span) -> u32 {
        let priority = self.next_rule_priority;
        self.next_rule_priority = priority.saturating_sub(1);
        let message = format!("the rule has no priority and gets {priority}");
        let remedy = "further ones count down from there; add: priority N";
        self.warn(Code::SurprisingDefault, span, message, remedy);
        priority
    }
}

/// Take every static item; the groups come first, because the others name them.
pub(super) fn build(entries: &[Entry<'_>], instances: &[String], context: &mut Context<'_>) {
    let of = |keyword: &'static str| entries.iter().filter(move |e| e.row.keyword == keyword);
    for entry in of("track_group") {
        group(entry, instances, context);
    }
    for list in of("static_ipaddress") {
        addresses(list, context);
    }
    for list in of("static_routes") {
        let routes = route::build(list, context);
        context.statics.routes.extend(routes);
    }
    for list in of("static_rules") {
        let rules = rule::build(list, context);
        context.statics.rules.extend(rules);
    }
}

fn group(entry: &Entry<'_>, known: &[String], context: &mut Context<'_>) {
    let name = entry.text();
    if let Some(first) = context.track_groups.get(name).copied() {
        duplicate_name(entry, first, context);
        return;
    }
    let mut instances: Vec<String> = Vec::new();
    let lists = entry.children.iter().filter(|child| child.row.keyword == "group");
    for word in lists.flat_map(Entry::list_words) {
        if !known.iter().any(|name| name == word.text) {
            let near = crate::config::nearest(word.text, known.iter().map(String::as_str));
            let remedy = match near {
                Some(near) => format!("it is ignored; did you mean `{near}`?"),
                None => "it is ignored; define it or remove it".to_owned(),
            };
            let message = format!("there is no vrrp_instance `{}`", word.text);
            context.warn(Code::UnknownReference, word.span, message, &remedy);
        } else if instances.iter().any(|name| name == word.text) {
            let message = format!("`{}` is in group `{name}` already", word.text);
            context.warn(Code::DuplicateEntry, word.span, message, "remove one");
        } else {
            instances.push(word.text.to_owned());
        }
    }
    context.track_groups.insert(name.to_owned(), entry.value_span());
    if instances.is_empty() {
        let message = format!("track_group `{name}` has no instance");
        let remedy = "it is removed; name its instances in: group { … }";
        context.warn(Code::GroupTooSmall, entry.value_span(), message, remedy);
        return;
    }
    context.statics.groups.push(TrackGroup { name: name.to_owned(), instances });
}

fn addresses(list: &Entry<'_>, context: &mut Context<'_>) {
    let Some(block) = list.row.content else { return };
    for line in list.lines() {
        let Some((mut address, track_group)) = address::parse(&line, block, context) else {
            continue;
        };
        if address.interface.is_none() {
            let default = context.defaults.interface.clone();
            address.interface = Some(default.unwrap_or_else(|| INTERFACE.to_owned()));
        }
        let same = |other: &StaticAddress| {
            other.address.address == address.address && other.address.interface == address.interface
        };
        if context.statics.addresses.iter().any(same) {
            let message = format!("{} is in the list already", address.address);
            let remedy = "the first entry holds; remove one";
            context.warn(Code::DuplicateEntry, line.keyword.span, message, remedy);
            continue;
        }
        context.statics.addresses.push(StaticAddress { address, track_group });
    }
}
