//! What differs between two models: item by item (an instance, a script, a service), setting by
//! setting. It walks through the models as they are serialised, so that what a model learns to
//! say is compared without a word here; only how the items are told apart is known.

use serde::Serialize;
use serde_json::{Map, Value};

use super::Model;
use crate::engine::vrrp::{Change as RouterChange, RouterConfig};

/// What became of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Only the new model has it.
    Added,
    /// Only the old model has it.
    Removed,
    /// Both have it, with different settings.
    Changed,
    /// Both have one of this name, but it is another thing: it ends, and a new one starts.
    Replaced,
}

/// One item that is not the same in both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Item {
    /// What it is: `instance`, `script`, `globals` …
    pub kind: String,
    /// Its name; empty for what there is only one of.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// What became of it.
    pub change: Change,
    /// What happens to it at a reload; empty when that is plain.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub consequences: Vec<String>,
    /// What differs; empty when it was added or removed as a whole.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub settings: Vec<Setting>,
}

/// One setting that is not the same in both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Setting {
    /// Its place in the item: `addresses[192.0.2.1/24].scope`.
    pub setting: String,
    /// What it was; absent: it was not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Value>,
    /// What it is now; absent: it is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Value>,
}

/// Lists and maps whose elements are items, and what those are called. Everything else at the top
/// is one item of its own.
const KINDS: [(&str, &str); 5] = [
    ("/vrrp/routers", "instance"),
    ("/vrrp/groups", "sync group"),
    ("/scripts", "script"),
    ("/notify/instances", "hooks of instance"),
    ("/notify/groups", "hooks of group"),
];
/// What follows from other items.
const DERIVED: [&str; 2] = ["/vrrp/trackers", "/notify/member_of"];
/// Keys that name an element of a list.
const NAMES: [&str; 4] = ["name", "id", "tracker", "service"];

/// Keys whose values are never shown; that they changed is.
const SECRETS: [&str; 4] = ["pass", "ah", "password", "key"];
/// What is shown of them.
const HIDDEN: &str = "(hidden)";

/// Everything that differs, in the order of the models.
#[must_use]
pub fn diff(old: &Model, new: &Model) -> Vec<Item> {
    let value = |model| serde_json::to_value(model).unwrap_or_default();
    let (before, after) = (value(old), value(new));
    let mut items = Vec::new();
    sections(String::new(), &before, &after, &mut items);
    for item in items.iter_mut().filter(|item| item.kind == "instance") {
        let find = |model: &'_ Model| {
            model.vrrp.routers.iter().find(|router| router.name == item.name).cloned()
        };
        instance(item, find(old), find(new));
    }
    for item in items.iter_mut().filter(|item| item.kind == "script") {
        script(item);
    }
    items
}

/// Walk down to the items.
fn sections(path: String, old: &Value, new: &Value, items: &mut Vec<Item>) {
    if old == new || DERIVED.contains(&path.as_str()) {
        return;
    }
    if let Some((_, kind)) = KINDS.iter().find(|(known, _)| *known == path) {
        return elements(kind, old, new, items);
    }
    let of_items = |value: &Value| {
        value.as_array().is_some_and(|list| list.iter().any(|each| each.get("name").is_some()))
    };
    if of_items(old) || of_items(new) {
        let kind = path.rsplit('/').next().unwrap_or_default().replace('_', " ");
        return elements(kind.strip_suffix('s').unwrap_or(&kind), old, new, items);
    }
    let maps = if old.is_object() || new.is_object() { as_map(old).zip(as_map(new)) } else { None };
    let Some((before, after)) = maps else {
        let mut settings = Vec::new();
        let (section, key) = path.rsplit_once('/').unwrap_or(("", &path));
        compare(key.to_owned(), Some(old), Some(new), &mut settings);
        let kind = section.trim_start_matches('/').replace('/', " ");
        match items.iter_mut().find(|item| item.kind == kind && item.name.is_empty()) {
            Some(item) => item.settings.append(&mut settings),
            None => items.push(changed(&kind, "", settings)),
        }
        return;
    };
    for key in keys(&before, &after) {
        let of = |map: &Map<String, Value>| map.get(&key).cloned().unwrap_or_default();
        sections(format!("{path}/{key}"), &of(&before), &of(&after), items);
    }
}

/// An object; nothing at all is an empty one.
fn as_map(value: &Value) -> Option<Map<String, Value>> {
    match value {
        Value::Object(map) => Some(map.clone()),
        Value::Null => Some(Map::new()),
        _ => None,
    }
}

fn changed(kind: &str, name: &str, settings: Vec<Setting>) -> Item {
    Item {
        kind: kind.to_owned(),
        name: name.to_owned(),
        change: Change::Changed,
        consequences: Vec::new(),
        settings,
    }
}

/// The elements of a list or a map, as items.
fn elements(kind: &str, old: &Value, new: &Value, items: &mut Vec<Item>) {
    let (before, after) = (labelled(old), labelled(new));
    for (name, value) in &before {
        let counterpart = after.iter().find(|(other, _)| other == name);
        let Some((_, other)) = counterpart else {
            items.push(Item { change: Change::Removed, ..changed(kind, name, Vec::new()) });
            continue;
        };
        let mut settings = Vec::new();
        compare(String::new(), Some(value), Some(other), &mut settings);
        if !settings.is_empty() {
            items.push(changed(kind, name, settings));
        }
    }
    let added = after.iter().filter(|(name, _)| !before.iter().any(|(other, _)| other == name));
    items.extend(
        added.map(|(name, _)| Item { change: Change::Added, ..changed(kind, name, Vec::new()) }),
    );
}

/// What differs between two values, down to where they are plain.
fn compare(path: String, old: Option<&Value>, new: Option<&Value>, found: &mut Vec<Setting>) {
    if old == new {
        return;
    }
    match (old, new) {
        (Some(Value::Object(before)), Some(Value::Object(after))) => {
            for key in keys(before, after) {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                let (old, new) = (before.get(&key), after.get(&key));
                if SECRETS.contains(&key.as_str()) && old != new {
                    let from = old.map(|_| HIDDEN.into());
                    let to = new.map(|_| "(another, hidden)".into());
                    found.push(Setting { setting: path, from, to });
                } else {
                    compare(path, old, new, found);
                }
            }
        }
        (Some(before @ Value::Array(_)), Some(after @ Value::Array(_))) => {
            let (before, after) = (labelled(before), labelled(after));
            let get = |list: &[(String, Value)], label: &str| {
                list.iter().find(|(other, _)| other == label).map(|(_, value)| value.clone())
            };
            let added = after.iter().filter(|(label, _)| get(&before, label).is_none());
            let count = found.len();
            for (label, _) in before.iter().chain(added) {
                let place = format!("{path}[{label}]");
                let (old, new) = (get(&before, label), get(&after, label));
                compare(place, old.as_ref(), new.as_ref(), found);
            }
            if found.len() == count {
                let names = |list: &[(String, Value)]| {
                    Some(list.iter().map(|(label, _)| label.as_str()).collect::<Value>())
                };
                let (from, to) = (names(&before), names(&after));
                found.push(Setting { setting: format!("order of {path}"), from, to });
            }
        }
        _ => {
            let (from, to) = (old.map(masked), new.map(masked));
            found.push(Setting { setting: path, from, to });
        }
    }
}

/// Keys of both, those of the old one first.
fn keys(old: &Map<String, Value>, new: &Map<String, Value>) -> Vec<String> {
    let added = new.keys().filter(|key| !old.contains_key(*key));
    old.keys().chain(added).cloned().collect()
}

/// The elements of a list or a map with what tells them apart.
fn labelled(value: &Value) -> Vec<(String, Value)> {
    match value {
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), value.clone())).collect(),
        Value::Array(list) => list.iter().map(|each| (label(each), each.clone())).collect(),
        _ => Vec::new(),
    }
}

fn label(value: &Value) -> String {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let Some(map) = value.as_object() else { return text(value) };
    if let Some(name) = NAMES.iter().find_map(|key| map.get(*key)) {
        let inner = name.as_object().filter(|inner| inner.len() == 1);
        let named = inner.and_then(|inner| inner.iter().next());
        return match named {
            Some((kind, name)) => format!("{kind} {}", text(name)),
            None if name.is_object() => label(name),
            None => text(name),
        };
    }
    let Some(address) = map.get("address") else { return value.to_string() };
    let mut label = text(address);
    for (key, before) in [("prefix", "/"), ("port", ":"), ("protocol", "/"), ("interface", " on ")]
    {
        if let Some(more) = map.get(key).filter(|more| !more.is_null()) {
            label += before;
            label += &text(more);
        }
    }
    label
}

/// Say what a reload does to a virtual router, as the router itself decides it.
fn instance(item: &mut Item, old: Option<RouterConfig>, new: Option<RouterConfig>) {
    let mut say = |text: &str| item.consequences.push(text.to_owned());
    let (Some(old), Some(new)) = (old, new) else {
        match item.change {
            Change::Removed => say("stops: priority 0, then its addresses go"),
            _ => say("starts as backup, or at once as master when it owns its addresses"),
        }
        return;
    };
    if !old.is_same(&new) {
        say(
            "the old one stops, a new one starts: interface, family, VRID or way of sending differ",
        );
        item.change = Change::Replaced;
        return;
    }
    say("keeps its state");
    let RouterChange { on_the_wire, timing, added, removed } = old.change(&new);
    if on_the_wire {
        say("a master tells its peers at once");
    }
    if timing {
        say("a backup waits anew");
    }
    if !added.is_empty() {
        say("a master takes and announces the new addresses");
    }
    if !removed.is_empty() {
        say("a master gives up the addresses that are gone");
    }
}

fn script(item: &mut Item) {
    let text = match item.change {
        Change::Added => "starts; its instances wait for its first result unless it has a weight",
        Change::Removed => "is not run any more",
        Change::Changed | Change::Replaced => "runs at once; its verdict holds until then",
    };
    item.consequences.push(text.to_owned());
}

/// The value with its passwords covered.
fn masked(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let cover = |(key, value): (&String, &Value)| {
                let value =
                    if SECRETS.contains(&key.as_str()) { HIDDEN.into() } else { masked(value) };
                (key.clone(), value)
            };
            Value::Object(map.iter().map(cover).collect())
        }
        Value::Array(list) => Value::Array(list.iter().map(masked).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn settings(old: &Value, new: &Value) -> Vec<(String, Option<Value>, Option<Value>)> {
        let mut found = Vec::new();
        compare(String::new(), Some(old), Some(new), &mut found);
        found.into_iter().map(|s| (s.setting, s.from, s.to)).collect()
    }

    #[test]
    fn elements_are_told_apart_by_what_names_them() {
        let old = json!({"list": [{"address": "192.0.2.1", "prefix": 24, "scope": 0}]});
        let new = json!({"list": [
            {"address": "192.0.2.2", "prefix": 24, "scope": 0},
            {"address": "192.0.2.1", "prefix": 24, "scope": 200},
        ]});
        let found = settings(&old, &new);
        assert_eq!(found[0], ("list[192.0.2.1/24].scope".into(), Some(0.into()), Some(200.into())));
        assert_eq!(found[1].0, "list[192.0.2.2/24]");
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn another_order_is_a_difference_of_its_own() {
        let found = settings(&json!({"list": ["a", "b"]}), &json!({"list": ["b", "a"]}));
        assert_eq!(
            found,
            [("order of list".into(), Some(json!(["a", "b"])), Some(json!(["b", "a"])))]
        );
    }

    #[test]
    fn what_a_model_learns_to_say_is_compared_without_being_known() {
        let mut items = Vec::new();
        let old = json!({"future": {"services": [{"name": "web", "weight": 1}], "limit": 3}});
        let new = json!({"future": {"services": [{"name": "web", "weight": 2}], "limit": 4}});
        sections(String::new(), &old, &new, &mut items);
        let words: Vec<_> =
            items.iter().map(|item| (item.kind.as_str(), item.name.as_str())).collect();
        assert_eq!(words, [("future", ""), ("service", "web")]);
    }
}
