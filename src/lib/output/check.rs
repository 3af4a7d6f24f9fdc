//! Results of checks for people.

use serde_json::Value;

/// The words of a `check.*` event other than a transition; none for other types.
pub(super) fn words(kind: &str, data: &Value) -> Option<String> {
    let what = format!("{} {}", string(data, "kind"), string(data, "check"));
    match kind {
        "check.result" => Some(format!("{what}: {}", result(data))),
        "check.skipped" => {
            let running = seconds(number(data, "running_us"));
            Some(format!("{what}: turn left out, the previous run is there for {running} s"))
        }
        "check.statistics" => Some(format!("{what}: {}", statistics(data))),
        _ => None,
    }
}

fn result(data: &Value) -> String {
    let took = if data.get("latency_us").is_some() { "latency_us" } else { "duration_us" };
    let took = match data.get(took).and_then(Value::as_u64) {
        Some(took) => format!(", {} ms", millis(took)),
        None => String::new(),
    };
    format!("{}, {}{took}", string(data, "status"), string(data, "reason"))
}

fn statistics(data: &Value) -> String {
    let (probes, good) = (number(data, "probes"), number(data, "good"));
    let failed = probes.saturating_sub(good);
    let percent = (failed * 1000).checked_div(probes).unwrap_or(0);
    let latency = if data.get("latency_min_us").is_some_and(Value::is_u64) {
        let [least, mean, most] = ["latency_min_us", "latency_avg_us", "latency_max_us"]
            .map(|key| millis(number(data, key)));
        format!("; min/avg/max {least}/{mean}/{most} ms")
    } else {
        String::new()
    };
    format!("{probes} probes, {good} good, {}.{}% failed{latency}", percent / 10, percent % 10)
}

/// Microseconds as milliseconds with three decimals.
fn millis(micros: u64) -> String {
    format!("{}.{:03}", micros / 1000, micros % 1000)
}

/// Microseconds as seconds with one decimal.
fn seconds(micros: u64) -> String {
    format!("{}.{}", micros / 1_000_000, micros / 100_000 % 10)
}

fn string<'a>(data: &'a Value, key: &str) -> &'a str {
    data.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn number(data: &Value, key: &str) -> u64 {
    data.get(key).and_then(Value::as_u64).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_result_says_what_why_and_how_long() {
        let good = json!({"check": "127.0.0.1:80", "kind": "tcp", "status": "up",
            "reason": "connected", "latency_us": 83});
        assert_eq!(
            words("check.result", &good).as_deref(),
            Some("tcp 127.0.0.1:80: up, connected, 0.083 ms")
        );
        let bad = json!({"check": "/bin/x", "kind": "script", "status": "down",
            "reason": "exit status 1"});
        assert_eq!(
            words("check.result", &bad).as_deref(),
            Some("script /bin/x: down, exit status 1")
        );
    }

    #[test]
    fn statistics_read_like_those_of_ping() {
        let data = json!({"check": "192.0.2.1", "kind": "icmp", "probes": 3, "good": 2,
            "latency_min_us": 1000, "latency_avg_us": 1500, "latency_max_us": 2000});
        assert_eq!(
            words("check.statistics", &data).as_deref(),
            Some(
                "icmp 192.0.2.1: 3 probes, 2 good, 33.3% failed; min/avg/max 1.000/1.500/2.000 ms"
            )
        );
        let none = json!({"check": "192.0.2.1", "kind": "icmp", "probes": 0, "good": 0,
            "latency_min_us": null});
        assert_eq!(
            words("check.statistics", &none).as_deref(),
            Some("icmp 192.0.2.1: 0 probes, 0 good, 0.0% failed")
        );
    }
}
