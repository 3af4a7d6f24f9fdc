//! The status of a running node: the document of `ha status --json`, and its form for people.

mod pools;

use std::fmt::Write as _;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::words;
use crate::engine::pool::PoolStatus;
use crate::engine::vrrp::{AddressState, Cause, Counters, Family, Reason, Standing, State};

/// Version of the document's shape; as for event lines, additions keep it.
pub const VERSION: u8 = 1;

/// Everything that `ha status` knows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// Always [`VERSION`].
    pub v: u8,
    /// Name of the node (`router_id` or host name).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// Process id of the supervisor.
    pub pid: u32,
    /// Version of the supervisor.
    pub version: String,
    /// `starting`, `running` or `stopping`.
    pub state: String,
    /// When the supervisor started, UTC.
    pub since: String,
    /// How long ago that was, in microseconds.
    pub age_us: u64,
    /// The configuration file.
    pub configuration: String,
    /// The latest reload, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reload: Option<Reload>,
    /// Virtual routers, in the order of the configuration.
    pub instances: Vec<Instance>,
    /// Tracked scripts with a verdict.
    pub scripts: Vec<Script>,
    /// Virtual servers, in the order of the configuration; none when the table is not kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pools: Vec<PoolStatus>,
    /// The processes, and what the configuration wants but does not run.
    pub parts: Vec<Part>,
}

/// The outcome of a reload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reload {
    /// When, UTC.
    pub time: String,
    /// `applied` or `refused`.
    pub result: String,
    /// What changed, or why it was refused.
    pub changes: Vec<String>,
}

/// One virtual router.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Instance {
    /// Name of the `vrrp_instance`.
    pub name: String,
    /// Interface of the adverts.
    pub interface: String,
    /// 1..=255.
    pub vrid: u8,
    /// Address family.
    pub family: Family,
    /// State now; null when the VRRP process did not answer.
    pub state: Option<State>,
    /// When it entered that state, UTC.
    pub since: Option<String>,
    /// How long ago that was, in microseconds.
    pub age_us: Option<u64>,
    /// Why it entered that state.
    pub reason: Option<Reason>,
    /// Configured priority.
    pub base_priority: u8,
    /// Effective priority.
    pub priority: u8,
    /// Base and weights in force.
    pub parts: Vec<(String, i16)>,
    /// Causes of fault that hold now.
    pub causes: Vec<Cause>,
    /// The master as last heard; our own address when we are master.
    pub master: Option<IpAddr>,
    /// Its priority.
    pub master_priority: Option<u8>,
    /// Until the next advert is due, or the master counts as down, in microseconds.
    pub next_in_us: Option<u64>,
    /// Since our last advert, in microseconds.
    pub last_sent_ago_us: Option<u64>,
    /// Addresses in place now, as the kernel shows them.
    pub addresses: Vec<IpAddr>,
    /// Every address that it wants to be in place now, and how it stands in the kernel.
    #[serde(default)]
    pub address_states: Vec<AddressState>,
    /// Counters since the VRRP process started.
    pub counters: Counters,
    /// What else the VRRP process tells about it.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

/// One tracked script.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Script {
    /// Name of the `vrrp_script`.
    pub name: String,
    /// Null: no result yet.
    pub up: Option<bool>,
    /// Since when, UTC.
    pub since: Option<String>,
    /// Why.
    pub reason: String,
}

/// One process of the node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// `vrrp`, `check`, `probe`, `notify`, `ipvs`, `bfd`.
    pub name: String,
    /// `starting`, `ready`, `waiting` (for its restart), `stopping`, `given_up`, `unavailable`.
    pub state: String,
    /// Process id while it runs.
    pub pid: Option<u32>,
    /// Since when it is in that state, UTC.
    pub since: String,
    /// Times it was started again.
    pub restarts: u64,
    /// Why it is in that state, if there is more to say.
    pub reason: Option<String>,
    /// Whether it answered the request for this document.
    pub answered: bool,
    /// Lines to it that were dropped because it did not read.
    pub dropped_lines: u64,
    /// What else it told.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub detail: Map<String, Value>,
}

impl Instance {
    /// Whether it serves: master or backup.
    #[must_use]
    pub const fn serves(&self) -> bool {
        matches!(self.state, Some(State::Master | State::Backup))
    }

    /// Addresses that it wants to be in place and the kernel does not show.
    pub fn lacks(&self) -> impl Iterator<Item = &AddressState> {
        self.address_states.iter().filter(|address| address.state != Standing::Confirmed)
    }

    /// Addresses that are in place although it does not want them to be.
    fn lingering(&self) -> impl Iterator<Item = IpAddr> {
        let wants = |address: &IpAddr| self.address_states.iter().any(|a| a.address == *address);
        self.addresses.iter().copied().filter(move |address| !wants(address))
    }

    /// Whether it serves as it should: a master without one of its addresses does not, nor does a
    /// backup with an address that is its master's, unless another instance here is that.
    fn is_healthy(&self, all: &[Self]) -> bool {
        match self.state {
            Some(State::Master) => self.lacks().next().is_none(),
            Some(State::Backup) => self.lingering().all(|address| {
                all.iter().any(|other| other.address_states.iter().any(|a| a.address == address))
            }),
            _ => false,
        }
    }
}

impl Part {
    /// Whether it works.
    #[must_use]
    pub fn works(&self) -> bool {
        self.state == "ready"
    }
}

impl Document {
    /// Whether every instance is master, with all its addresses, or backup, without any of them,
    /// every virtual server has its quorum, and every part works.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        self.instances.iter().all(|instance| instance.is_healthy(&self.instances))
            && self.pools.iter().all(|pool| pool.up)
            && self.parts.iter().all(Part::works)
    }

    /// The document with only the instance or virtual server called `name`; none when there is no
    /// such thing.
    #[must_use]
    pub fn only(mut self, name: &str) -> Option<Self> {
        self.instances.retain(|instance| instance.name == name);
        self.pools.retain(|pool| *pool.service == *name);
        if self.instances.is_empty() && self.pools.is_empty() { None } else { Some(self) }
    }

    /// The document as text for people.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = format!(
            "{} {} for {} (pid {}, {})\n",
            self.node.as_deref().unwrap_or("node"),
            self.state,
            age(self.age_us),
            self.pid,
            self.configuration
        );
        if let Some(reload) = &self.reload {
            let changes = if reload.changes.is_empty() {
                "no change".into()
            } else {
                reload.changes.join("; ")
            };
            let _ = writeln!(out, "last reload {} {}: {changes}", reload.time, reload.result);
        }
        for instance in &self.instances {
            out.push('\n');
            out.push_str(&instance.text());
        }
        self.pools.iter().for_each(|pool| out.push_str(&pools::text(pool)));
        out.push_str(&self.scripts_text());
        out.push_str(&self.parts_text());
        out.truncate(out.trim_end().len());
        out
    }

    fn scripts_text(&self) -> String {
        let rows = self.scripts.iter().map(|script| {
            let state = match script.up {
                Some(true) => "up",
                Some(false) => "down",
                None => "unknown",
            };
            let since = script.since.as_deref().unwrap_or("-");
            [&script.name, state, since, &script.reason].map(str::to_owned)
        });
        table(["SCRIPT", "STATE", "SINCE", "WHY"], rows.collect())
    }

    fn parts_text(&self) -> String {
        let rows = self.parts.iter().map(|part| {
            let pid = part.pid.map_or_else(|| "-".to_owned(), |pid| pid.to_string());
            let why = part.reason.clone().unwrap_or_default();
            [
                part.name.clone(),
                part.state.clone(),
                pid,
                part.restarts.to_string(),
                part.since.clone(),
                why,
            ]
        });
        table(["PART", "STATE", "PID", "RESTARTS", "SINCE", "WHY"], rows.collect())
    }
}

impl Instance {
    /// Name, state, for how long, and why.
    #[must_use]
    pub fn headline(&self) -> String {
        let state = self.state.map_or("unknown", words::state);
        let mut out = format!("{} {state}", self.name);
        if let Some(age_us) = self.age_us {
            let _ = write!(out, " for {}", age(age_us));
        }
        if let Some(reason) = &self.reason {
            let _ = write!(out, ": {}", words::reason(reason));
        }
        out
    }

    fn text(&self) -> String {
        let mut out = self.headline();
        out.push('\n');
        let mut row = |name: &str, value: String| {
            if !value.is_empty() {
                let _ = writeln!(out, "  {name:<10} {value}");
            }
        };
        let family = match self.family {
            Family::Ipv4 => "IPv4",
            Family::Ipv6 => "IPv6",
        };
        row("router", format!("{} vrid {} {family}", self.interface, self.vrid));
        row("priority", words::priority(self.priority, &self.parts));
        row("faults", self.causes.iter().map(words::cause).collect::<Vec<_>>().join("; "));
        row("master", self.master_text());
        row(
            "addresses",
            self.addresses.iter().map(IpAddr::to_string).collect::<Vec<_>>().join(" "),
        );
        for address in self.lacks() {
            row("lacks", lack(address));
        }
        if self.state == Some(State::Backup) {
            for address in self.lingering() {
                row("lingers", format!("{address}: it is here although this node is backup"));
            }
        }
        row("counters", counters(&self.counters));
        out
    }

    fn master_text(&self) -> String {
        match (self.state, self.master, self.master_priority) {
            (Some(State::Master), Some(own), _) => format!("this node ({own})"),
            (_, Some(peer), Some(priority)) => format!("{peer} (priority {priority})"),
            (_, Some(peer), None) => peer.to_string(),
            _ => String::new(),
        }
    }
}

/// An address that is not in place, and why.
fn lack(address: &AddressState) -> String {
    let state = match address.state {
        Standing::Confirmed => "confirmed",
        Standing::Wanted => "wanted",
        Standing::Refused => "refused",
        Standing::Removed => "removed",
    };
    let AddressState { address, prefix, interface, reason, .. } = address;
    let reason = reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    format!("{address}/{prefix} on {interface} {state}{reason}")
}

fn counters(counters: &Counters) -> String {
    let mut out = format!(
        "sent {}, accepted {}, became master {}, released {}",
        counters.adverts_sent,
        counters.adverts_accepted,
        counters.became_master,
        counters.released_master
    );
    if !counters.dropped.is_empty() {
        let words = counters.dropped.iter().map(|(drop, count)| {
            let name = serde_json::to_value(drop).ok();
            let name = name.as_ref().and_then(Value::as_str).unwrap_or("unknown");
            format!("{name} {count}")
        });
        let _ = write!(out, ", dropped: {}", words.collect::<Vec<_>>().join(", "));
    }
    out
}

/// Rows under a header, columns as wide as their widest cell; nothing without rows.
fn table<const N: usize>(header: [&str; N], rows: Vec<[String; N]>) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let mut widths = header.map(str::len);
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut out = String::from("\n");
    for row in std::iter::once(&header.map(str::to_owned)).chain(&rows) {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
        out.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        out.push('\n');
    }
    out
}

/// A duration in the two largest units that matter: `3d 4h`, `2m 3s`, `0.5s`.
#[must_use]
pub fn age(micros: u64) -> String {
    let seconds = micros / 1_000_000;
    match (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60) {
        (0, 0, 0, s) => format!("{s}.{}s", micros % 1_000_000 / 100_000),
        (0, 0, m, s) => format!("{m}m {s}s"),
        (0, h, m, _) => format!("{h}h {m}m"),
        (d, h, _, _) => format!("{d}d {h}h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// As [`document`], with an address that the kernel refused.
    fn lacking() -> Document {
        let mut document = document();
        document.instances[0].address_states.push(AddressState {
            address: "fd00::100".parse().unwrap(),
            prefix: 64,
            interface: "eth0".into(),
            state: Standing::Refused,
            reason: Some("Permission denied".into()),
        });
        document
    }

    fn document() -> Document {
        serde_json::from_value(json!({
            "v": 1, "node": "lb1", "pid": 812, "version": "0.1.0", "state": "running",
            "since": "2026-01-02T03:04:05.000006Z", "age_us": 123_000_000,
            "configuration": "/etc/keepalived/keepalived.conf",
            "instances": [{
                "name": "VI_1", "interface": "eth0", "vrid": 51, "family": "ipv4",
                "state": "master", "since": "2026-01-02T03:04:06.000006Z",
                "age_us": 3_600_000_000_u64, "reason": "master_down_timer",
                "base_priority": 100, "priority": 80,
                "parts": [["base", 100], ["script nginx", -20]], "causes": [],
                "master": "10.0.0.1", "master_priority": 80, "next_in_us": 1000,
                "last_sent_ago_us": 1000, "addresses": ["10.0.0.100"],
                "address_states": [{"address": "10.0.0.100", "prefix": 24,
                    "interface": "eth0", "state": "confirmed", "reason": null}],
                "counters": {"adverts_sent": 12, "adverts_accepted": 3, "priority_zero_sent": 0,
                    "priority_zero_received": 0, "became_master": 1, "released_master": 0,
                    "address_list_differs": 0, "dropped": {"checksum": 4}},
                "lateness_max_us": 70
            }],
            "scripts": [{"name": "nginx", "up": false, "since": "2026-01-02T03:04:06.000006Z",
                "reason": "exit status 1"}],
            "parts": [{"name": "vrrp", "state": "ready", "pid": 813, "restarts": 0,
                "since": "2026-01-02T03:04:05.000006Z", "reason": null, "answered": true,
                "dropped_lines": 0}]
        }))
        .unwrap()
    }

    #[test]
    fn the_text_tells_state_reason_priority_and_parts() {
        let expected = "\
lb1 running for 2m 3s (pid 812, /etc/keepalived/keepalived.conf)

VI_1 master for 1h 0m: no advert for the master-down interval
  router     eth0 vrid 51 IPv4
  priority   80 (base 100, script nginx -20)
  master     this node (10.0.0.1)
  addresses  10.0.0.100
  lacks      fd00::100/64 on eth0 refused: Permission denied
  counters   sent 12, accepted 3, became master 1, released 0, dropped: checksum 4

SCRIPT  STATE  SINCE                        WHY
nginx   down   2026-01-02T03:04:06.000006Z  exit status 1

PART  STATE  PID  RESTARTS  SINCE                        WHY
vrrp  ready  813  0         2026-01-02T03:04:05.000006Z";
        assert_eq!(lacking().text(), expected);
    }

    #[test]
    fn a_virtual_server_is_told_with_its_servers_and_what_was_found() {
        let mut document = document();
        let check = |up: bool, reason: &str| {
            json!({"kind": "tcp", "check": "10.0.0.1:80", "up": up, "has_run": true,
                "reason": reason})
        };
        let server = |number: u8, up: bool, checks| {
            json!({"server": format!("10.0.0.{number}:80"), "up": up, "weight": number,
                "drained": number == 2, "checks": checks})
        };
        document.pools.push(
            serde_json::from_value(json!({
                "service": "tcp 192.0.2.1:80", "up": false, "weight": 0, "quorum": 1,
                "sorry": true, "suspended": false,
                "servers": [
                    server(1, false, json!([check(false, "refused"), check(true, "connected")])),
                    server(2, true, json!([])),
                ],
            }))
            .unwrap(),
        );
        let expected = "
tcp 192.0.2.1:80 down: weight 0 of quorum 1, the sorry server serves
  SERVER       STATE  WEIGHT  WHY
  10.0.0.1:80  down   1       tcp 10.0.0.1:80: refused
  10.0.0.2:80  up     2       drained
";
        assert!(document.text().contains(expected), "{}", document.text());
        assert!(!document.is_healthy());
        assert!(document.only("tcp 192.0.2.1:80").is_some());
    }

    #[test]
    fn a_node_is_healthy_when_every_instance_serves_and_every_part_works() {
        assert!(document().is_healthy());
        for state in [Some(State::Fault), Some(State::Init), Some(State::Stopped), None] {
            let mut sick = document();
            sick.instances[0].state = state;
            assert!(!sick.is_healthy(), "{state:?}");
        }
        let mut sick = document();
        sick.parts[0].state = "given_up".into();
        assert!(!sick.is_healthy());
    }

    #[test]
    fn a_master_is_not_healthy_without_one_of_its_addresses_and_a_backup_needs_none() {
        let mut document = lacking();
        assert!(!document.is_healthy());
        document.instances[0].state = Some(State::Backup);
        assert!(document.is_healthy());
        // One that nobody here wants is a second owner on the network.
        document.instances[0].address_states.clear();
        assert!(!document.is_healthy());
        assert!(
            document.text().contains("lingers    10.0.0.100: it is here"),
            "{}",
            document.text()
        );
        let mut confirmed = lacking();
        confirmed.instances[0].address_states[1].state = Standing::Confirmed;
        assert!(confirmed.is_healthy());
        assert!(!confirmed.text().contains("lacks"));
    }

    #[test]
    fn what_an_instance_tells_beyond_the_known_is_kept() {
        assert_eq!(document().instances[0].more["lateness_max_us"], 70);
    }

    #[test]
    fn an_instance_is_found_by_its_name() {
        assert!(document().only("VI_1").is_some());
        assert!(document().only("VI_2").is_none());
    }
}
