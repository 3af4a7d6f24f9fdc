//! What a check is called: readable for people, and exact for machines.
//!
//! The name says whom is asked what, and several checks may share it: two that look for different
//! words on the same page. The id tells them apart. It follows from what is asked and how often
//! alone, so it is the same after a reload, after a restart, and in every process that reads the
//! same configuration.

use std::fmt;
use std::str::FromStr;

use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};

use super::http::HttpCheck;
use super::server::{CheckConfig, Connection, ServerProbe};
use crate::engine::ipvs::Endpoint;

/// What a check is called in events: its kind, and what it asks of whom.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CheckName {
    /// `tcp`, `http`, `script` …
    pub kind: Box<str>,
    /// `10.0.0.1:80`, `http://10.0.0.1:80/health`, a command, a file, a session.
    pub check: Box<str>,
}

impl CheckName {
    /// The check `check` of this kind.
    pub fn new(kind: &str, check: impl Into<Box<str>>) -> Self {
        Self { kind: kind.into(), check: check.into() }
    }

    /// The name of a probe.
    #[must_use]
    pub fn of(probe: &ServerProbe) -> Self {
        match probe {
            ServerProbe::Tcp(to) => Self::new("tcp", endpoint(to)),
            ServerProbe::Icmp(to) => Self::new("icmp", to.address.to_string()),
            ServerProbe::Smtp(check) => Self::new("smtp", endpoint(&check.connection)),
            ServerProbe::Dns(check) => Self::new("dns", endpoint(&check.connection)),
            ServerProbe::Udp(check) => Self::new("udp", endpoint(&check.connection)),
            ServerProbe::Script(check) => Self::new("script", check.command.argv.join(" ")),
            ServerProbe::Http(check) => {
                let kind = if check.tls.is_some() { "https" } else { "http" };
                Self::new(kind, url(kind, check))
            }
        }
    }
}

impl fmt::Display for CheckName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.check)
    }
}

fn endpoint(to: &Connection) -> String {
    Endpoint { address: to.address, port: to.port }.to_string()
}

/// Of the first of its requests.
fn url(scheme: &str, check: &HttpCheck) -> String {
    let path = check.urls.first().map_or("/", |url| &url.path);
    format!("{scheme}://{}{path}", endpoint(&check.connection))
}

/// Which check it is, exactly: 16 hexadecimal digits in events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CheckId(u64);

impl CheckId {
    /// The id of a check: of what is put, how often, and how many failures count. Where a server
    /// stands before its first check (`alpha`), when that comes (`warmup`) and what is logged make
    /// no other check.
    #[must_use]
    pub fn of(check: &CheckConfig) -> Self {
        let timing = &check.timing;
        let asked = (&check.probe, timing.delay_loop, timing.retry, timing.delay_before_retry);
        let text = serde_json::to_vec(&asked).unwrap_or_default();
        let digest = Md5::digest(&text);
        let number = digest.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte));
        Self(number)
    }
}

impl fmt::Display for CheckId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for CheckId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = u64::from_str_radix(text, 16).ok().filter(|_| digits);
        number
            .map(Self)
            .ok_or_else(|| format!("`{text}` is no id of a check: 16 hexadecimal digits"))
    }
}

impl TryFrom<String> for CheckId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<CheckId> for String {
    fn from(id: CheckId) -> Self {
        id.to_string()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn check(probe: Value, timing: Value) -> CheckConfig {
        let mut all = json!({"delay_loop_us": 1, "retry": 1, "delay_before_retry_us": 1,
            "warmup_us": 1});
        if let (Value::Object(all), Value::Object(timing)) = (&mut all, timing) {
            all.extend(timing);
        }
        serde_json::from_value(json!({ "probe": probe, "timing": all })).unwrap()
    }

    fn web(url: Value) -> Value {
        let mut page = json!({"path": "/", "status": [[200, 299]]});
        if let (Value::Object(page), Value::Object(url)) = (&mut page, url) {
            page.extend(url);
        }
        json!({"http": {"connection": {"address": "10.0.0.1", "port": 80, "timeout_us": 1},
            "version": "1.0", "urls": [page]}})
    }

    #[test]
    fn what_is_asked_differently_has_another_id_under_the_same_name() {
        let tcp = |timeout: u64| {
            json!({"tcp": {"address": "10.0.0.1", "port": 80,
            "timeout_us": timeout}})
        };
        let bound = json!({"tcp": {"address": "10.0.0.1", "port": 80, "timeout_us": 1,
            "bind": {"address": "10.0.0.9"}}});
        for group in [
            vec![
                check(tcp(1), json!({})),
                check(tcp(2), json!({})),
                check(bound, json!({})),
                check(tcp(1), json!({"retry": 2})),
                check(tcp(1), json!({"delay_loop_us": 2})),
            ],
            vec![
                check(web(json!({})), json!({})),
                check(web(json!({"host": "a.example"})), json!({})),
                check(web(json!({"status": [[200, 200]]})), json!({})),
                check(web(json!({"regex": {"pattern": "ready"}})), json!({})),
            ],
        ] {
            let names: Vec<_> = group.iter().map(|one| CheckName::of(&one.probe)).collect();
            assert!(names.iter().all(|name| *name == names[0]), "{names:?}");
            let mut ids: Vec<_> = group.iter().map(CheckId::of).collect();
            ids.sort_unstable();
            ids.dedup();
            assert_eq!(ids.len(), group.len());
        }
    }

    #[test]
    fn where_a_server_stands_at_first_makes_no_other_check() {
        let tcp = json!({"tcp": {"address": "10.0.0.1", "port": 80, "timeout_us": 1}});
        let plain = CheckId::of(&check(tcp.clone(), json!({})));
        for timing in [json!({"alpha": true}), json!({"warmup_us": 9})] {
            assert_eq!(CheckId::of(&check(tcp.clone(), timing)), plain);
        }
    }

    #[test]
    fn an_id_is_the_same_in_every_process() {
        let tcp = json!({"tcp": {"address": "10.0.0.1", "port": 80, "timeout_us": 5_000_000}});
        let id = CheckId::of(&check(tcp, json!({})));
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(id.to_string(), "cdda3277eb574e91");
        for wrong in ["", "12", "+123456789abcdef", "g123456789abcdef"] {
            assert!(wrong.parse::<CheckId>().is_err(), "{wrong}");
        }
    }
}
