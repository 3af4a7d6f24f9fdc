//! What a process that checks is told: which checks, each once, and what is known of them.

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::config::ScriptConfig;
use super::name::{CheckId, CheckName};
use super::server::{CheckConfig, Connection, ServerProbe};
use super::threshold::Health;

/// The plan of `ha check run --plan -`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CheckPlan {
    /// Scripts that some router or group tracks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub scripts: Vec<ScriptConfig>,
    /// Checks of real servers, each once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<PlannedCheck>,
    /// Files whose number acts on real servers, each once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<PlannedFile>,
    /// BFD sessions that real servers depend on. `ha bfd` tells of them, not this process: it
    /// names them in its status.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sessions: Vec<Box<str>>,
    /// What TLS checks show of themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<ClientTls>,
    /// What a predecessor told last of its checks: they go on from there, and only what becomes
    /// different is told.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resume: Vec<Known>,
}

/// One check of one or more real servers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedCheck {
    /// Which one: the `id` of its events.
    pub id: CheckId,
    /// What is asked, and when.
    #[serde(flatten)]
    pub config: CheckConfig,
    /// It is not put while this host has none of these addresses (`ha_suspend`); always when there
    /// are none.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub addresses: BTreeSet<IpAddr>,
}

/// A file that is watched for the number in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedFile {
    /// Name of the `track_file`.
    pub name: Box<str>,
    /// Which file.
    pub path: Box<str>,
}

/// Files of TLS checks; they are read when the checks start.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClientTls {
    /// Passphrase of the key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<Box<str>>,
    /// File with certificates of authorities.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorities: Option<Box<str>>,
    /// File with the client certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate: Option<Box<str>>,
    /// File with its private key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<Box<str>>,
}

/// What was told last of a check: the data of its last `check.transition`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// What it is called.
    #[serde(flatten)]
    pub name: CheckName,
    /// Which one; a tracked script and a file have no id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<CheckId>,
    /// The verdict.
    pub to: Health,
    /// Why.
    #[serde(default)]
    pub reason: Box<str>,
    /// The weight that it has set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<u32>,
    /// The number in the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<i64>,
}

/// What it takes to run commands as whoever is configured, to end them, and to reach them.
const FOR_SCRIPTS: [&str; 4] = ["SETUID", "SETGID", "KILL", "DAC_OVERRIDE"];

impl CheckPlan {
    /// Whether there is nothing to run. A BFD session is not run here.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.scripts.is_empty() && self.checks.is_empty() && self.files.is_empty()
    }

    /// Whether commands are executed.
    #[must_use]
    pub fn has_scripts(&self) -> bool {
        let is_script = |check: &PlannedCheck| matches!(check.config.probe, ServerProbe::Script(_));
        !self.scripts.is_empty() || self.checks.iter().any(is_script)
    }

    /// Linux capabilities that the plan takes, without `CAP_`: none for most probes.
    #[must_use]
    pub fn capabilities(&self) -> Vec<&'static str> {
        let probes = || self.checks.iter().map(|check| &check.config.probe);
        let binds = |is: fn(&super::Binding) -> bool| {
            probes().filter_map(connection).filter_map(|to| to.bind.as_deref()).any(is)
        };
        let mut needed = Vec::new();
        if self.has_scripts() {
            needed.extend(FOR_SCRIPTS);
        }
        let is_echo = |probe: &ServerProbe| matches!(probe, ServerProbe::Icmp(_));
        if probes().any(is_echo) || binds(|bind| bind.interface.is_some()) {
            needed.push("NET_RAW");
        }
        if binds(|bind| bind.fwmark.is_some()) {
            needed.push("NET_ADMIN");
        }
        if binds(|bind| bind.port.is_some_and(|port| port < 1024)) {
            needed.push("NET_BIND_SERVICE");
        }
        needed
    }
}

/// How a probe gets where it goes; a command has its own ways.
const fn connection(probe: &ServerProbe) -> Option<&Connection> {
    match probe {
        ServerProbe::Tcp(to) | ServerProbe::Icmp(to) => Some(to),
        ServerProbe::Http(check) => Some(&check.connection),
        ServerProbe::Smtp(check) => Some(&check.connection),
        ServerProbe::Dns(check) => Some(&check.connection),
        ServerProbe::Udp(check) => Some(&check.connection),
        ServerProbe::Script(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn capabilities_are_asked_for_only_where_something_takes_them() {
        let plan = |probe: serde_json::Value| -> CheckPlan {
            let timing = json!({"delay_loop_us": 1, "retry": 1, "delay_before_retry_us": 1,
                "warmup_us": 1});
            let check = json!({"id": "0123456789abcdef", "probe": probe, "timing": timing});
            serde_json::from_value(json!({ "checks": [check] })).unwrap()
        };
        let tcp = |bind: serde_json::Value| {
            json!({"tcp": {"address": "10.0.0.1", "port": 80,
            "timeout_us": 1, "bind": bind}})
        };
        let command = json!({"script": {"command": {"argv": ["/bin/true"]}, "timeout_us": 1}});
        for (probe, expected) in [
            (tcp(json!({})), vec![]),
            (tcp(json!({"port": 4000})), vec![]),
            (tcp(json!({"port": 400})), vec!["NET_BIND_SERVICE"]),
            (tcp(json!({"fwmark": 1})), vec!["NET_ADMIN"]),
            (tcp(json!({"interface": "eth0"})), vec!["NET_RAW"]),
            (json!({"icmp": {"address": "10.0.0.1", "port": 0, "timeout_us": 1}}), vec!["NET_RAW"]),
            (command, FOR_SCRIPTS.to_vec()),
        ] {
            assert_eq!(plan(probe.clone()).capabilities(), expected, "{probe}");
        }
    }

    #[test]
    fn what_an_event_said_is_what_a_successor_is_told() {
        let data = json!({"kind": "tcp", "check": "10.0.0.1:80", "id": "0123456789abcdef",
            "from": "up", "to": "down", "reason": "connection refused"});
        let known: Known = serde_json::from_value(data).unwrap();
        assert_eq!((known.to, known.id), (Health::Down, "0123456789abcdef".parse().ok()));
    }
}
