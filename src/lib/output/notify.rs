//! What became of hooks, for people.

use serde_json::Value;

/// The words of a `notify.*` event; none for other types.
pub(super) fn words(kind: &str, data: &Value) -> Option<String> {
    let string = |key: &str| data.get(key).and_then(Value::as_str);
    let object = match (string("instance"), string("group"), string("service")) {
        (Some(name), ..) => name.to_owned(),
        (_, Some(name), _) => format!("group {name}"),
        (.., Some(name)) => match string("server") {
            Some(server) => format!("{name}: server {server}"),
            None => name.to_owned(),
        },
        _ => return None,
    };
    let reason = string("reason").unwrap_or_default();
    match kind {
        "notify.done" | "notify.failed" => {
            let micros = data.get("duration_us").and_then(Value::as_u64).unwrap_or_default();
            let hook = string("hook").unwrap_or_default();
            let (ms, rest) = (micros / 1000, micros % 1000);
            Some(format!("{object} {hook}: {reason}, {ms}.{rest:03} ms"))
        }
        "notify.dropped" => {
            let hooks = data.get("hooks").and_then(Value::as_array);
            let hooks: Vec<&str> = hooks.into_iter().flatten().filter_map(Value::as_str).collect();
            Some(format!("{object}: dropped {}: {reason}", hooks.join(", ")))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_hook_reads_as_whose_it_is_and_how_it_ended() {
        let data = json!({"instance": "VI_1", "hook": "notify_master", "status": 3,
            "duration_us": 1500, "reason": "exit status 3"});
        assert_eq!(
            words("notify.failed", &data).as_deref(),
            Some("VI_1 notify_master: exit status 3, 1.500 ms")
        );
        let data = json!({"group": "G", "hooks": ["notify_backup", "notify"], "reason": "late"});
        assert_eq!(
            words("notify.dropped", &data).as_deref(),
            Some("group G: dropped notify_backup, notify: late")
        );
    }
}
