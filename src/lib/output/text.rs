//! Event lines for people: one readable line for each event, with its reason.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::event::Line;
use super::words;
use crate::engine::vrrp::Reason;

/// `line` as one line of text: time (UTC, milliseconds), subject, what happened, why.
#[must_use]
pub fn event(line: &Line) -> String {
    format!("{} {}", milliseconds(&line.time), words(line))
}

/// As [`event`], without the time.
#[must_use]
pub fn words(line: &Line) -> String {
    let data = &line.data;
    match line.kind.as_str() {
        "check.transition" => check(data),
        "supervisor.child" => child(data),
        "supervisor.reload" => {
            format!("reload {}: {}", text(data, "result"), list(data, "changes"))
        }
        "supervisor.refused" => {
            format!("{} could not use a line: {}", text(data, "child"), text(data, "message"))
        }
        "ready" => "ready: every socket works".into(),
        "error" => format!("not done: {}", text(data, "message")),
        "lost" => {
            format!("{} lines were left out: they were not read in time", text(data, "count"))
        }
        kind => super::vrrp::words(kind, data)
            .or_else(|| super::check::words(kind, data))
            .or_else(|| super::notify::words(kind, data))
            .or_else(|| super::pool::words(kind, data))
            .unwrap_or_else(|| format!("{kind} {}", rest(data))),
    }
}

fn check(data: &Value) -> String {
    let (from, to) = (text(data, "from"), text(data, "to"));
    let turn = if from == to { to } else { format!("{from} -> {to}") };
    let set = ["weight", "value"].map(|key| match data.get(key).and_then(Value::as_i64) {
        Some(number) => format!(", {key} {number}"),
        None => String::new(),
    });
    let (kind, check) = (text(data, "kind"), text(data, "check"));
    format!("{kind} {check} {turn}{}{}", set.concat(), reason_of(data))
}

fn child(data: &Value) -> String {
    let pid = match data.get("pid").and_then(Value::as_u64) {
        Some(pid) => format!(" (pid {pid})"),
        None => String::new(),
    };
    format!("{}{pid} {}{}", text(data, "child"), text(data, "state"), reason_of(data))
}

/// `: reason`, in words when it is one of the engine's, else as it stands; nothing when absent.
pub(super) fn reason_of(data: &Value) -> String {
    if let Some(reason) = typed::<Reason>(data, "reason") {
        return format!(": {}", words::reason(&reason));
    }
    match text(data, "reason") {
        empty if empty.is_empty() => empty,
        reason => format!(": {reason}"),
    }
}

pub(super) fn typed<T: DeserializeOwned>(data: &Value, key: &str) -> Option<T> {
    serde_json::from_value(data.get(key)?.clone()).ok()
}

/// The value under `key` without quotes; empty when absent or null.
pub(super) fn text(data: &Value, key: &str) -> String {
    match data.get(key) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

fn list(data: &Value, key: &str) -> String {
    let items: Vec<String> = typed(data, key).unwrap_or_default();
    if items.is_empty() { "nothing changed".into() } else { items.join("; ") }
}

/// `key=value` for every key, for types that have no sentence of their own.
fn rest(data: &Value) -> String {
    let Some(map) = data.as_object() else { return data.to_string() };
    let words: Vec<String> = map.keys().map(|key| format!("{key}={}", text(data, key))).collect();
    words.join(" ")
}

/// `…05.000006Z` cut to `…05.000Z`.
fn milliseconds(time: &str) -> String {
    match time.get(..23) {
        Some(cut) if time.len() == 27 => format!("{cut}Z"),
        _ => time.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn said(kind: &str, data: Value) -> String {
        event(&Line::new(kind, "2026-01-02T03:04:05.000006Z".into(), None, data))
    }

    #[test]
    fn a_transition_reads_as_one_line_with_its_reason() {
        let data = json!({"instance": "VI_1", "from": "backup", "to": "master",
            "reason": "master_down_timer", "priority": 100});
        assert_eq!(
            said("vrrp.transition", data),
            "2026-01-02T03:04:05.000Z VI_1 backup -> master: \
             no advert for the master-down interval (priority 100)"
        );
    }

    #[test]
    fn a_reason_with_a_value_is_put_into_words() {
        let data = json!({"instance": "VI_1", "from": "backup", "to": "fault",
            "reason": {"fault": {"interface_down": "eth0"}}, "priority": 100});
        assert!(said("vrrp.transition", data).contains("fault: interface eth0 is down"));
    }

    #[test]
    fn a_reason_that_is_free_text_stands_as_it_is() {
        let data = json!({"check": "nginx", "kind": "script", "from": "up", "to": "down",
            "reason": "exit status 1"});
        assert!(said("check.transition", data).ends_with("script nginx up -> down: exit status 1"));
        let data = json!({"check": "load", "kind": "script", "from": "up", "to": "up",
            "reason": "exit status 9", "weight": 7});
        assert!(said("check.transition", data).ends_with("load up, weight 7: exit status 9"));
    }

    #[test]
    fn an_unknown_type_shows_all_it_carries() {
        let words = said("bfd.up", json!({"peer": "192.0.2.1", "hops": 1}));
        assert!(words.ends_with("bfd.up hops=1 peer=192.0.2.1"), "{words}");
    }
}
