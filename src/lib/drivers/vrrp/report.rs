//! Events and status of the machine as event lines.

use serde_json::{Map, Value, json};

use crate::engine::vrrp::{Event, RouterConfig};
use crate::io::clock;
use crate::output::event::{Line, rfc3339};

/// A line of `kind` about `data`, now.
pub(super) fn line(node: Option<&str>, kind: &str, data: Value) -> Line {
    Line::new(kind, rfc3339(clock::wall_nanos()), node, data)
}

/// A line that says why a line or a request could not be used.
pub(super) fn error(node: Option<&str>, message: &str) -> Line {
    line(node, "error", json!({ "message": message }))
}

/// The line for `event` of the router with `config`.
pub(super) fn event(node: Option<&str>, config: &RouterConfig, event: &Event) -> Line {
    if let Event::Group { name, to, reason } = event {
        return line(node, "vrrp.group", json!({"group": name, "to": to, "reason": reason}));
    }
    let mut data = Map::new();
    data.insert("instance".to_owned(), json!(config.name));
    let mut kind = String::from("vrrp.event");
    // An event is `{"its_name": {its fields}}`; the fields stand beside the instance.
    if let Ok(Value::Object(tagged)) = serde_json::to_value(event) {
        for (name, fields) in tagged {
            kind = format!("vrrp.{name}");
            if let Value::Object(fields) = fields {
                data.extend(fields);
            }
        }
    }
    if matches!(event, Event::Transition { .. }) {
        data.insert("interface".to_owned(), json!(config.interface));
        data.insert("vrid".to_owned(), json!(config.vrid));
        data.insert("family".to_owned(), json!(config.family));
    }
    line(node, &kind, Value::Object(data))
}
