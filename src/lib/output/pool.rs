//! Events of the load balancing side in words.

use serde_json::Value;

use super::text::{reason_of, text, typed};

/// The sentence for an event of this type; none for types of others.
pub(super) fn words(kind: &str, data: &Value) -> Option<String> {
    let service = || text(data, "service");
    let server = || text(data, "server");
    Some(match kind {
        "ipvs.server" => {
            let state = if is(data, "up") { "up" } else { "down" };
            format!("{}: server {} is {state}{}", service(), server(), reason_of(data))
        }
        "ipvs.weight" => {
            let (from, to) = (text(data, "from"), text(data, "to"));
            format!("{}: server {} weighs {to} (was {from})", service(), server())
        }
        "ipvs.quorum" => format!("{}: {}", service(), quorum(data)),
        "ipvs.suspended" if is(data, "suspended") => {
            format!("{}: checks count no more, this host does not have the address", service())
        }
        "ipvs.suspended" => format!("{}: checks count again", service()),
        "ipvs.changed" => {
            let refused: Vec<String> = typed(data, "refused").unwrap_or_default();
            let all = changes(data).into_iter().chain(refused).collect::<Vec<_>>();
            format!("table ({}): {}", text(data, "cause"), all.join("; "))
        }
        "ipvs.repaired" => {
            format!("repaired ({} in all): {}", text(data, "repairs"), changes(data).join("; "))
        }
        "ipvs.watched" => changes(data).join("; "),
        "ipvs.traffic" => format!(
            "{}: {} new connections, {} packets and {} bytes in, {} and {} out, {} active",
            service(),
            text(data, "connections"),
            text(data, "packets_in"),
            text(data, "bytes_in"),
            text(data, "packets_out"),
            text(data, "bytes_out"),
            text(data, "active")
        ),
        "ipvs.draining" => format!("{} has {} connections", server(), text(data, "connections")),
        "ipvs.drained" => match text(data, "connections").as_str() {
            "0" => format!("{} has no connection any more", server()),
            left => format!("{} still has {left} connections", server()),
        },
        _ => return None,
    })
}

fn is(data: &Value, key: &str) -> bool {
    data.get(key).and_then(Value::as_bool).unwrap_or_default()
}

fn quorum(data: &Value) -> String {
    let (weight, threshold) = (text(data, "weight"), text(data, "threshold"));
    let sorry = match text(data, "sorry_server") {
        none if none.is_empty() => none,
        sorry if is(data, "up") => format!("; the sorry server {sorry} goes"),
        sorry => format!("; the sorry server {sorry} serves"),
    };
    if is(data, "up") {
        format!("quorum gained, weight {weight} of {threshold}{sorry}")
    } else {
        format!("quorum lost, weight {weight} of {threshold}{sorry}")
    }
}

/// Each change as `ha ipvs apply` has it, without its settings.
fn changes(data: &Value) -> Vec<String> {
    let all = data.get("changes").and_then(Value::as_array);
    let one = |change: &Value| {
        let what = text(change, "change").replace('_', " ");
        let weight = change.get("to").map_or_else(String::new, |to| match text(to, "weight") {
            none if none.is_empty() => none,
            weight => format!(", weight {weight}"),
        });
        match text(change, "destination") {
            none if none.is_empty() => format!("{what} {}", text(change, "service")),
            one => format!("{what} {one} of {}{weight}", text(change, "service")),
        }
    };
    all.into_iter().flatten().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_type_has_its_sentence() {
        let service = "tcp 192.0.2.1:80";
        let change = json!({"change": "add_destination", "service": service,
            "destination": "10.0.0.1:80", "to": {"weight": 3}});
        let cases = [
            (
                "ipvs.server",
                json!({"service": service, "server": "10.0.0.1:80", "up": false, "reason": "refused"}),
                "tcp 192.0.2.1:80: server 10.0.0.1:80 is down: refused",
            ),
            (
                "ipvs.quorum",
                json!({"service": service, "up": false, "weight": 0, "threshold": 1,
                    "sorry_server": "10.0.0.9:80"}),
                "tcp 192.0.2.1:80: quorum lost, weight 0 of 1; the sorry server 10.0.0.9:80 serves",
            ),
            (
                "ipvs.changed",
                json!({"cause": "check", "changes": [change], "refused": []}),
                "table (check): add destination 10.0.0.1:80 of tcp 192.0.2.1:80, weight 3",
            ),
            (
                "ipvs.repaired",
                json!({"changes": [{"change": "delete_service", "service": service}], "repairs": 2}),
                "repaired (2 in all): delete service tcp 192.0.2.1:80",
            ),
            (
                "ipvs.drained",
                json!({"server": "10.0.0.1", "connections": 2}),
                "10.0.0.1 still has 2 connections",
            ),
        ];
        for (kind, data, expected) in cases {
            assert_eq!(words(kind, &data).as_deref(), Some(expected));
        }
        assert_eq!(words("vrrp.status", &json!({})), None);
    }
}
