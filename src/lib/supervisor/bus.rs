//! Where a line of a child goes, and what is remembered of it.
//!
//! - `ready`, `pong`, `<child>.status` and `error` are for the supervisor itself;
//! - `check.transition` becomes a `track` line for the VRRP process, and is remembered, so that
//!   a new VRRP process knows every verdict from its first moment;
//! - every event goes to `notify` (except its own) and is published.
//!
//! Decides only by what the line says; refuses to know which processes run.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::plan::Part;
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
    scripts: BTreeMap<String, Verdict>,
}

impl Bus {
    /// A configuration is in force: its node's name and scripts. Verdicts of scripts that it no
    /// longer has are forgotten.
    pub fn handle_configuration(&mut self, node: Option<String>, scripts: &[String]) {
        self.node = node;
        self.scripts.retain(|name, _| scripts.contains(name));
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
        Route::Send {
            part: Part::Notify,
            about: subject(line),
            text: json!({"control": "event", "event": line}).to_string(),
        }
    }

    fn event(&mut self, from: Part, line: Line) -> Vec<Route> {
        let mut routes = Vec::with_capacity(3);
        if from == Part::Check && line.kind == "check.transition" {
            routes.extend(self.verdict(&line));
        }
        if from != Part::Notify {
            routes.push(Self::to_notify(&line));
        }
        routes.push(Route::Publish(line));
        routes
    }

    /// Remember a script's verdict; the line for the VRRP process when it is news.
    fn verdict(&mut self, line: &Line) -> Option<Route> {
        let name = text(&line.data, "check");
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

fn track(name: &str, verdict: &Verdict) -> String {
    let tracker = TrackerId::Script(name.to_owned());
    let Verdict { up, reason, .. } = verdict;
    json!({"control": "track", "tracker": tracker, "up": up, "reason": reason}).to_string()
}

fn is_status(from: Part, kind: &str) -> bool {
    kind.strip_suffix(".status") == Some(from.name())
}

fn id(data: &Value) -> u64 {
    data.get("id").and_then(Value::as_u64).unwrap_or_default()
}

fn text(data: &Value, key: &str) -> String {
    data.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// Which thing's state an event tells: its type and the first name in it.
fn subject(line: &Line) -> String {
    let name = ["instance", "group", "check", "child"]
        .iter()
        .find_map(|key| line.data.get(key).and_then(Value::as_str));
    format!("{} {}", line.kind, name.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(kind: &str, data: Value) -> Line {
        Line::new(kind, "2026-01-02T03:04:05.000006Z".into(), None, data)
    }

    fn checked(to: &str) -> Line {
        let data = json!({"check": "nginx", "kind": "script", "from": "unknown", "to": to,
            "reason": "exit status 1"});
        line("check.transition", data)
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
            let mut bus = Bus::default();
            let routes = bus.handle_line(Part::Check, checked(to));
            let track = json!({"control": "track", "tracker": {"script": "nginx"}, "up": up,
                "reason": "exit status 1"});
            assert_eq!(sent_to(&routes, Part::Vrrp), [track]);
        }
    }

    #[test]
    fn a_verdict_that_is_no_news_is_not_sent_again() {
        let mut bus = Bus::default();
        bus.handle_line(Part::Check, checked("down"));
        let routes = bus.handle_line(Part::Check, checked("down"));
        assert!(sent_to(&routes, Part::Vrrp).is_empty());
    }

    #[test]
    fn a_new_vrrp_process_is_told_every_verdict() {
        let mut bus = Bus::default();
        bus.handle_line(Part::Check, checked("down"));
        let lines = bus.verdict_lines();
        assert_eq!(lines.len(), 1);
        assert!(lines[0].contains(r#""up":false"#), "{lines:?}");
    }

    #[test]
    fn verdicts_of_scripts_that_are_gone_are_forgotten() {
        let mut bus = Bus::default();
        bus.handle_line(Part::Check, checked("down"));
        bus.handle_configuration(None, &["nginx".into()]);
        assert_eq!(bus.verdict_lines().len(), 1);
        bus.handle_configuration(None, &[]);
        assert!(bus.verdict_lines().is_empty());
    }

    #[test]
    fn every_event_reaches_notify_and_is_published_with_the_name_of_the_node() {
        let mut bus = Bus::default();
        bus.handle_configuration(Some("lb1".into()), &[]);
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
}
