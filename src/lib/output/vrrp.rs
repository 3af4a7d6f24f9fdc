//! What virtual routers tell, for people.

use std::time::Duration;

use serde_json::Value;

use super::text::{reason_of, text, typed};
use super::words;
use crate::engine::vrrp::receive::Drop;

/// The words of a `vrrp.*` event; none for other types.
pub(super) fn words(kind: &str, data: &Value) -> Option<String> {
    if kind == "vrrp.group" {
        return Some(format!(
            "group {} -> {}{}",
            text(data, "group"),
            text(data, "to"),
            reason_of(data)
        ));
    }
    let instance = text(data, "instance");
    Some(match kind {
        "vrrp.transition" => format!(
            "{instance} {} -> {}{} (priority {})",
            text(data, "from"),
            text(data, "to"),
            reason_of(data),
            text(data, "priority")
        ),
        "vrrp.priority" => {
            let to = typed::<u8>(data, "to").unwrap_or_default();
            let parts: Vec<(String, i16)> = typed(data, "parts").unwrap_or_default();
            format!("{instance} priority {} -> {}", text(data, "from"), words::priority(to, &parts))
        }
        _ => format!("{instance}: {}", heard(kind, data)?),
    })
}

/// What an instance noticed about others.
fn heard(kind: &str, data: &Value) -> Option<String> {
    let source = text(data, "source");
    let priority = text(data, "priority");
    Some(match kind {
        "vrrp.master_seen" => format!("master is {source} (priority {priority})"),
        "vrrp.lower_priority_heard" => {
            format!("{source} advertises the lower priority {priority}")
        }
        "vrrp.address_list_differs" => {
            format!("{source} advertises other addresses than are configured here; accepted")
        }
        "vrrp.interval_differs" => {
            let interval = Duration::from_micros(typed(data, "interval_us").unwrap_or_default());
            format!("{source} advertises every {interval:?}, not as configured here; followed")
        }
        "vrrp.dropped" => {
            let why = match typed::<Drop>(data, "drop") {
                Some(drop) => words::drop(drop).to_owned(),
                None => text(data, "drop"),
            };
            format!("a packet from {source} is not accepted: {why}")
        }
        "vrrp.duplicate_source" => {
            format!("another host sends adverts from {source}, which is our own address")
        }
        "vrrp.address_restored" => {
            let address = text(data, "address");
            format!("somebody else removed {address}; it is back and announced")
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_event_of_a_router_has_a_sentence_of_its_own() {
        for (kind, data, expected) in [
            (
                "vrrp.address_list_differs",
                json!({"instance": "V", "source": "192.0.2.1"}),
                "V: 192.0.2.1 advertises other addresses than are configured here; accepted",
            ),
            (
                "vrrp.interval_differs",
                json!({"instance": "V", "source": "192.0.2.1", "interval_us": 100_000}),
                "V: 192.0.2.1 advertises every 100ms, not as configured here; followed",
            ),
            (
                "vrrp.dropped",
                json!({"instance": "V", "source": "192.0.2.1", "drop": "auth_failed"}),
                "V: a packet from 192.0.2.1 is not accepted: its password is not the configured one",
            ),
            (
                "vrrp.duplicate_source",
                json!({"instance": "V", "source": "192.0.2.1"}),
                "V: another host sends adverts from 192.0.2.1, which is our own address",
            ),
            (
                "vrrp.group",
                json!({"group": "G", "to": "backup", "reason": "stop"}),
                "group G -> backup: asked to stop",
            ),
        ] {
            assert_eq!(words(kind, &data).as_deref(), Some(expected));
        }
        assert_eq!(words("vrrp.unheard_of", &json!({"instance": "V"})), None);
    }
}
