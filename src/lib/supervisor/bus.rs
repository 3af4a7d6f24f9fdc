//! Where a line of a child goes, and what is remembered of it.
//!
//! - `ready`, `pong`, `<child>.status` and `error` are for the supervisor itself;
//! - `check.transition` of a tracked script becomes a `track` line for the VRRP process, that of a
//!   check of a real server goes to the table; both are remembered, so that a new process knows
//!   every verdict from its first moment;
//! - `vrrp.transition` of the virtual router that the sync daemon follows goes to the table;
//! - every event goes to `notify` (except its own) and is published.
//!
//! Decides only by what the line says; refuses to know which processes run.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::memory::Memory;
use super::plan::{Composition, Part};
use crate::engine::vrrp::TrackerId;
use crate::output::event::Line;

/// What follows from a line.
#[derive(Clone, Debug, PartialEq)]
pub enum Route {
    /// The child is ready.
    Ready,
    /// The child answered this ping.
    Pong(u64),
    /// The child answered this status request.
    Status(u64, Value),
    /// The child could not use a line.
    Refused(String),
    /// Write this to a child; `about` as in [`super::outbox::Outbox::push`].
    Send {
        /// To whom.
        part: Part,
        /// What its state it tells.
        about: String,
        /// The line.
        text: String,
    },
    /// Show it to whoever listens.
    Publish(Line),
}

/// The latest verdict of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Up, down, or unknown.
    pub up: Option<bool>,
    /// Why, as the check said it.
    pub reason: String,
    /// Since when, as the event said it.
    pub since: String,
}

/// The memory of the bus.
#[derive(Debug, Default)]
pub struct Bus {
    /// Name of the node, put into lines that have none.
    node: Option<String>,
    /// Names of all tracked scripts.
    tracked: BTreeSet<String>,
    scripts: BTreeMap<String, Verdict>,
    /// Of the load balancer.
    pub memory: Memory,
}

impl Bus {
    /// A configuration is in force. What is known of things that it no longer has is forgotten.
    pub fn handle_configuration(&mut self, composition: &Composition) {
        self.node.clone_from(&composition.node);
        self.tracked = composition.scripts.iter().cloned().collect();
        self.scripts.retain(|name, _| self.tracked.contains(name));
        self.memory.handle_scope(composition.scope.clone(), &composition.instances);
    }

    /// `from` wrote `line`.
    pub fn handle_line(&mut self, from: Part, mut line: Line) -> Vec<Route> {
        match line.kind.as_str() {
            "ready" => vec![Route::Ready],
            "pong" => vec![Route::Pong(id(&line.data))],
            "error" => vec![Route::Refused(text(&line.data, "message"))],
            kind if is_status(from, kind) => vec![Route::Status(id(&line.data), line.data)],
            _ => {
                if line.node.is_none() {
                    line.node.clone_from(&self.node);
                }
                self.event(from, line)
            }
        }
    }

    /// The line that tells a new process that keeps the table what the virtual router entered that
    /// its sync daemon follows.
    #[must_use]
    pub fn leader_line(&self) -> Option<String> {
        let (instance, to) = self.memory.leader()?;
        let data = json!({"instance": instance, "to": to});
        Some(event(&Line::new("vrrp.transition", String::new(), self.node.as_deref(), data)))
    }

    /// The lines that tell a new VRRP process every known verdict.
    #[must_use]
    pub fn verdict_lines(&self) -> Vec<String> {
        self.scripts.iter().map(|(name, verdict)| track(name, verdict)).collect()
    }

    /// The latest verdict of each script.
    #[must_use]
    pub const fn verdicts(&self) -> &BTreeMap<String, Verdict> {
        &self.scripts
    }

    /// The line that hands `line` to `notify`.
    #[must_use]
    pub fn to_notify(line: &Line) -> Route {
        Route::Send { part: Part::Notify, about: subject(line), text: event(line) }
    }

    fn event(&mut self, from: Part, line: Line) -> Vec<Route> {
        let mut routes = Vec::with_capacity(3);
        let for_table = match (from, line.kind.as_str()) {
            (Part::Check | Part::Probe, "check.transition") => {
                routes.extend(self.verdict(&line));
                self.memory.handle_check(&line.data)
            }
            (Part::Vrrp, "vrrp.transition") => self.memory.handle_transition(&line.data),
            (Part::Ipvs, _) => {
                self.memory.handle_pool(&line);
                false
            }
            _ => false,
        };
        if for_table {
            let (about, text) = (subject(&line), event(&line));
            routes.push(Route::Send { part: Part::Ipvs, about, text });
        }
        if from != Part::Notify {
            routes.push(Self::to_notify(&line));
        }
        routes.push(Route::Publish(line));
        routes
    }

    /// Remember the verdict of a tracked script, which has no id; the line for the VRRP process when
    /// it is news. A tracked file that is called like the script is another matter.
    fn verdict(&mut self, line: &Line) -> Option<Route> {
        let name = text(&line.data, "check");
        let is_script = text(&line.data, "kind") == "script" && line.data.get("id").is_none();
        if !is_script || !self.tracked.contains(&name) {
            return None;
        }
        let up = match line.data.get("to").and_then(Value::as_str) {
            Some("up") => Some(true),
            Some("down") => Some(false),
            _ => None,
        };
        let reason = text(&line.data, "reason");
        let verdict = Verdict { up, reason, since: line.time.clone() };
        if self.scripts.get(&name).is_some_and(|known| known.up == up) {
            return None;
        }
        let text = track(&name, &verdict);
        let about = format!("track {name}");
        self.scripts.insert(name, verdict);
        Some(Route::Send { part: Part::Vrrp, about, text })
    }
}

/// The control line that hands `line` to a child.
fn event(line: &Line) -> String {
    json!({"control": "event", "event": line}).to_string()
}

fn track(name: &str, verdict: &Verdict) -> String {
    let tracker = TrackerId::Script(name.to_owned());
    let Verdict { up, reason, .. } = verdict;
    json!({"control": "track", "tracker": tracker, "up": up, "reason": reason}).to_string()
}

fn is_status(from: Part, kind: &str) -> bool {
    kind.strip_suffix(".status") == Some(from.speaks())
}

fn id(data: &Value) -> u64 {
    data.get("id").and_then(Value::as_u64).unwrap_or_default()
}

fn text(data: &Value, key: &str) -> String {
    data.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// Which thing's state an event tells: its type and everything that it names.
fn subject(line: &Line) -> String {
    let mut subject = line.kind.clone();
    for key in ["instance", "group", "kind", "check", "id", "service", "server", "child"] {
        if let Some(name) = line.data.get(key).and_then(Value::as_str) {
            subject.push(' ');
            subject.push_str(name);
        }
    }
    subject
}

#[cfg(test)]
mod tests {
    use super::super::plan;
    use super::*;

    fn line(kind: &str, data: Value) -> Line {
        Line::new(kind, "2026-01-02T03:04:05.000006Z".into(), None, data)
    }

    fn checked(to: &str) -> Line {
        let data = json!({"check": "nginx", "kind": "script", "from": "unknown", "to": to,
            "reason": "exit status 1"});
        line("check.transition", data)
    }

    /// A bus that knows of one instance, one script and one real server.
    fn bus() -> Bus {
        let mut bus = Bus::default();
        bus.handle_configuration(&balancing());
        bus
    }

    fn balancing() -> Composition {
        let options = plan::Options { host: "lb1".into(), ..plan::Options::default() };
        plan::compose(&plan::tests::balancing(), &options).unwrap()
    }

    fn sent_to(routes: &[Route], wanted: Part) -> Vec<Value> {
        routes
            .iter()
            .filter_map(|route| match route {
                Route::Send { part, text, .. } if *part == wanted => Some(text),
                _ => None,
            })
            .map(|text| serde_json::from_str(text).unwrap())
            .collect()
    }

    #[test]
    fn a_check_transition_becomes_a_track_line_for_vrrp() {
        for (to, up) in [("up", json!(true)), ("down", json!(false)), ("unknown", json!(null))] {
            let mut bus = bus();
            let routes = bus.handle_line(Part::Check, checked(to));
            let track = json!({"control": "track", "tracker": {"script": "nginx"}, "up": up,
                "reason": "exit status 1"});
            assert_eq!(sent_to(&routes, Part::Vrrp), [track]);
        }
    }

    #[test]
    fn a_file_of_a_real_server_that_is_called_like_a_script_moves_no_address() {
        let data = json!({"check": "nginx", "kind": "file", "from": "up", "to": "down",
            "value": 7, "reason": "the file says 7"});
        let routes = bus().handle_line(Part::Probe, line("check.transition", data));
        assert!(sent_to(&routes, Part::Vrrp).is_empty());
    }

    #[test]
    fn a_verdict_that_is_no_news_is_not_sent_again() {
        let mut bus = bus();
        bus.handle_line(Part::Check, checked("down"));
        let routes = bus.handle_line(Part::Check, checked("down"));
        assert!(sent_to(&routes, Part::Vrrp).is_empty());
    }

    #[test]
    fn a_new_vrrp_process_is_told_every_verdict() {
        let mut bus = bus();
        bus.handle_line(Part::Check, checked("down"));
        let lines = bus.verdict_lines();
        assert_eq!(lines.len(), 1);
        assert!(lines[0].contains(r#""up":false"#), "{lines:?}");
    }

    #[test]
    fn verdicts_of_scripts_that_are_gone_are_forgotten() {
        let mut bus = bus();
        bus.handle_line(Part::Check, checked("down"));
        bus.handle_configuration(&balancing());
        assert_eq!(bus.verdict_lines().len(), 1);
        bus.handle_configuration(&Composition::default());
        assert!(bus.verdict_lines().is_empty());
    }

    #[test]
    fn every_event_reaches_notify_and_is_published_with_the_name_of_the_node() {
        let mut bus = bus();
        let event = line("vrrp.transition", json!({"instance": "VI_1", "to": "master"}));
        let routes = bus.handle_line(Part::Vrrp, event);
        let to_notify = sent_to(&routes, Part::Notify);
        assert_eq!(to_notify[0]["control"], "event");
        assert_eq!(to_notify[0]["event"]["node"], "lb1");
        assert!(matches!(&routes[1], Route::Publish(line) if line.node.as_deref() == Some("lb1")));
    }

    #[test]
    fn what_notify_says_is_not_told_to_notify() {
        let mut bus = Bus::default();
        let routes = bus.handle_line(Part::Notify, line("notify.done", json!({"hook": "any"})));
        assert!(matches!(routes.as_slice(), [Route::Publish(_)]));
    }

    #[test]
    fn answers_to_the_supervisor_are_not_published() {
        let mut bus = Bus::default();
        let answers = [
            (line("ready", json!({})), Route::Ready),
            (line("pong", json!({"id": 8})), Route::Pong(8)),
            (line("vrrp.status", json!({"id": 7})), Route::Status(7, json!({"id": 7}))),
            (line("error", json!({"message": "what?"})), Route::Refused("what?".into())),
        ];
        for (answer, route) in answers {
            assert_eq!(bus.handle_line(Part::Vrrp, answer), [route]);
        }
    }

    #[test]
    fn a_check_of_a_real_server_goes_to_the_table_and_to_no_virtual_router() {
        let id = plan::tests::balancing().probes().checks[0].id;
        let data = json!({"check": "10.0.0.1:80", "kind": "tcp", "id": id, "from": "unknown",
            "to": "down", "reason": "refused"});
        let routes = bus().handle_line(Part::Probe, line("check.transition", data.clone()));
        assert!(sent_to(&routes, Part::Vrrp).is_empty());
        let to_table = sent_to(&routes, Part::Ipvs);
        assert_eq!(
            (&to_table[0]["control"], &to_table[0]["event"]["data"]),
            (&json!("event"), &data)
        );
    }
}
