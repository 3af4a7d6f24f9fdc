//! The line between processes and to pipelines: one JSON object, standing alone.
//!
//! `{"v":1,"type":"vrrp.transition","time":"2026-01-02T03:04:05.000006Z","node":"lb1","data":{…}}`
//!
//! A key or type added keeps `v`; anything else raises it. `docs/schema/` is the promise.

pub mod lab;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Version of the line's shape.
pub const VERSION: u8 = 1;

/// One event line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Always [`VERSION`].
    pub v: u8,
    /// What happened: `vrrp.transition`, `check.transition`, `ready` …
    #[serde(rename = "type")]
    pub kind: String,
    /// UTC wall clock with microseconds, RFC 3339.
    pub time: String,
    /// Name of the node (`router_id` or host name).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// What the type says.
    pub data: Value,
}

impl Line {
    /// A line of `kind` about `data` at `time` (see [`rfc3339`]).
    #[must_use]
    pub fn new(kind: &str, time: String, node: Option<&str>, data: Value) -> Self {
        Self { v: VERSION, kind: kind.to_owned(), time, node: node.map(str::to_owned), data }
    }
}

/// `unix_nanos` since 1970 as `2026-01-02T03:04:05.000006Z`.
#[must_use]
pub fn rfc3339(unix_nanos: u64) -> String {
    let seconds = unix_nanos / 1_000_000_000;
    let micros = unix_nanos % 1_000_000_000 / 1_000;
    let (year, month, day) = civil(seconds / 86_400);
    let (h, m, s) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{h:02}:{m:02}:{s:02}.{micros:06}Z")
}

/// Days since 1970 as year, month, day of the proleptic Gregorian calendar, by counting in
/// 400-year eras that start on 1 March.
const fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_utc_with_microseconds() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00.000000Z");
        assert_eq!(rfc3339(951_782_400_000_000_000), "2000-02-29T00:00:00.000000Z");
        assert_eq!(rfc3339(1_767_323_045_000_006_999), "2026-01-02T03:04:05.000006Z");
    }
}
