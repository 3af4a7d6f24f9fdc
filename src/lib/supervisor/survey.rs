//! Requests for status: who was asked, who has answered, and what the answers say. An answer is
//! never older than its question; who does not answer in time is shown as not answering.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::bus::Verdict;
use super::core::{Client, Now};
use super::plan::{InstanceName, Part};
use crate::engine::pool::PoolStatus;
use crate::engine::vrrp::{Counters, RouterStatus};
use crate::output::status::{Instance, Script};
use crate::time::Instant;

/// How long the processes have for their answers.
const LIMIT: Duration = Duration::from_secs(1);

/// One request for status and the answers to it.
#[derive(Clone, Debug)]
pub struct Survey {
    /// Who asked.
    pub client: Client,
    id: u64,
    due: Instant,
    waiting: Vec<Part>,
    /// What the processes answered.
    pub answers: BTreeMap<Part, Value>,
}

/// All requests that wait for answers.
#[derive(Debug, Default)]
pub struct Surveys {
    latest: u64,
    open: Vec<Survey>,
}

impl Surveys {
    /// `client` asks, and `parts` will be asked. The id to ask with, and the survey itself when
    /// there is nobody to wait for.
    pub fn handle_request(
        &mut self,
        now: Instant,
        client: Client,
        parts: &[Part],
    ) -> (u64, Vec<Survey>) {
        self.latest += 1;
        self.open.push(Survey {
            client,
            id: self.latest,
            due: now + LIMIT,
            waiting: parts.to_vec(),
            answers: BTreeMap::new(),
        });
        (self.latest, self.complete(|survey| survey.waiting.is_empty()))
    }

    /// A process answered; the surveys that this completes.
    pub fn handle_answer(&mut self, part: Part, id: u64, data: Value) -> Vec<Survey> {
        if let Some(survey) = self.open.iter_mut().find(|survey| survey.id == id) {
            survey.waiting.retain(|waiting| *waiting != part);
            survey.answers.insert(part, data);
        }
        self.complete(|survey| survey.waiting.is_empty())
    }

    /// A process ended and will not answer; the surveys that this completes.
    pub fn handle_gone(&mut self, part: Part) -> Vec<Survey> {
        for survey in &mut self.open {
            survey.waiting.retain(|waiting| *waiting != part);
        }
        self.complete(|survey| survey.waiting.is_empty())
    }

    /// Time has passed; the surveys that wait no longer.
    pub fn handle_timeout(&mut self, now: Instant) -> Vec<Survey> {
        self.complete(|survey| survey.due <= now)
    }

    /// When to call [`Surveys::handle_timeout`] next.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.open.iter().map(|survey| survey.due).min()
    }

    fn complete(&mut self, is_done: impl Fn(&Survey) -> bool) -> Vec<Survey> {
        let (done, open) = std::mem::take(&mut self.open).into_iter().partition(is_done);
        self.open = open;
        done
    }
}

impl Survey {
    /// Every configured instance, with what the VRRP process said about it.
    #[must_use]
    pub fn instances(&self, now: Now, configured: &[InstanceName]) -> Vec<Instance> {
        let answers = self
            .answers
            .get(&Part::Vrrp)
            .and_then(|data| data.get("instances"))
            .and_then(Value::as_array)
            .map_or(&[] as &[Value], Vec::as_slice);
        let told = |name: &str| {
            let named = |answer: &&Value| answer.get("name").and_then(Value::as_str) == Some(name);
            // One that has stopped may have left its name to another.
            let stopped = |answer: &&Value| answer.get("state") == Some(&Value::from("stopped"));
            let answer = answers.iter().filter(named).min_by_key(stopped)?;
            instance(now, answer)
        };
        configured.iter().map(|name| told(&name.name).unwrap_or_else(|| silent(name))).collect()
    }

    /// Every pool, as whoever keeps the table said it stands.
    #[must_use]
    pub fn pools(&self) -> Vec<PoolStatus> {
        let pools = self.answers.get(&Part::Ipvs).and_then(|data| data.get("pools"));
        pools.and_then(|pools| Vec::deserialize(pools).ok()).unwrap_or_default()
    }

    /// What a process said beyond what the document has a place for.
    #[must_use]
    pub fn detail(&self, part: Part) -> Map<String, Value> {
        let Some(Value::Object(data)) = self.answers.get(&part) else { return Map::new() };
        data.iter()
            .filter(|(key, _)| !matches!(key.as_str(), "id" | "instances" | "pools"))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    }
}

/// One instance as the VRRP process told it, with its instants turned into times for people.
fn instance(now: Now, answer: &Value) -> Option<Instance> {
    let told: RouterStatus = serde_json::from_value(answer.clone()).ok()?;
    let known = serde_json::to_value(&told).ok()?;
    let states = answer.get("address_states").cloned();
    let address_states = states.and_then(|states| serde_json::from_value(states).ok());
    let more = answer
        .as_object()?
        .iter()
        .filter(|(key, _)| known.get(key).is_none() && key.as_str() != "address_states");
    let ago = |past: Instant| micros(now.at.saturating_since(past));
    Some(Instance {
        more: more.map(|(key, value)| (key.clone(), value.clone())).collect(),
        since: Some(now.wall_at(told.since)),
        age_us: Some(ago(told.since)),
        next_in_us: told.next.map(|next| micros(next.saturating_since(now.at))),
        last_sent_ago_us: told.last_sent.map(ago),
        name: told.name,
        interface: told.interface,
        vrid: told.vrid,
        family: told.family,
        state: Some(told.state),
        reason: told.reason,
        base_priority: told.base_priority,
        priority: told.priority,
        parts: told.parts,
        causes: told.causes,
        master: told.master,
        master_priority: told.master_priority,
        addresses: told.addresses,
        address_states: address_states.unwrap_or_default(),
        counters: told.counters,
    })
}

/// An instance that nobody tells anything about.
fn silent(name: &InstanceName) -> Instance {
    Instance {
        name: name.name.clone(),
        interface: name.interface.clone(),
        vrid: name.vrid,
        family: name.family,
        state: None,
        since: None,
        age_us: None,
        reason: None,
        base_priority: name.priority,
        priority: name.priority,
        parts: Vec::new(),
        causes: Vec::new(),
        master: None,
        master_priority: None,
        next_in_us: None,
        last_sent_ago_us: None,
        addresses: Vec::new(),
        address_states: Vec::new(),
        counters: Counters::default(),
        more: Map::new(),
    }
}

/// Every tracked script with its latest verdict.
#[must_use]
pub fn scripts(names: &[String], verdicts: &BTreeMap<String, Verdict>) -> Vec<Script> {
    let script = |name: &String| match verdicts.get(name) {
        Some(verdict) => Script {
            name: name.clone(),
            up: verdict.up,
            since: Some(verdict.since.clone()),
            reason: verdict.reason.clone(),
        },
        None => {
            Script { name: name.clone(), up: None, since: None, reason: "no result yet".into() }
        }
    };
    names.iter().map(script).collect()
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::plan::tests::composition;
    use super::*;
    use crate::engine::vrrp::{Standing, State};
    use serde_json::json;

    fn at(seconds: u64) -> Instant {
        Instant::ZERO + Duration::from_secs(seconds)
    }

    fn now() -> Now {
        Now { at: at(10), unix_nanos: 1_767_323_045_000_006_000 }
    }

    #[test]
    fn a_survey_ends_with_its_last_answer() {
        let mut surveys = Surveys::default();
        let (id, done) = surveys.handle_request(at(0), Client(1), &[Part::Vrrp, Part::Check]);
        assert!(done.is_empty());
        assert!(surveys.handle_answer(Part::Vrrp, id, json!({})).is_empty());
        assert!(surveys.handle_answer(Part::Check, id + 1, json!({})).is_empty());
        assert_eq!(surveys.handle_answer(Part::Check, id, json!({})).len(), 1);
        assert_eq!(surveys.poll_timeout(), None);
    }

    #[test]
    fn a_survey_does_not_wait_for_the_dead_nor_for_longer_than_a_second() {
        let mut surveys = Surveys::default();
        surveys.handle_request(at(0), Client(1), &[Part::Vrrp]);
        assert_eq!(surveys.handle_gone(Part::Vrrp).len(), 1);
        surveys.handle_request(at(0), Client(1), &[Part::Vrrp]);
        assert_eq!(surveys.poll_timeout(), Some(at(1)));
        assert_eq!(surveys.handle_timeout(at(1)).len(), 1);
    }

    #[test]
    fn with_nobody_to_ask_the_survey_ends_at_once() {
        assert_eq!(Surveys::default().handle_request(at(0), Client(1), &[]).1.len(), 1);
    }

    #[test]
    fn instants_of_the_process_become_times_for_people() {
        let answer = json!({"instances": [{
            "name": "VI_1", "interface": "eth0", "vrid": 51, "family": "ipv4",
            "state": "master", "since": 9_000_000_000_u64, "reason": "startup",
            "base_priority": 100, "priority": 100, "parts": [["base", 100]], "causes": [],
            "master": "10.0.0.1", "master_priority": 100, "next": 10_500_000_000_u64,
            "last_sent": 9_500_000_000_u64, "addresses": [], "counters": Counters::default(),
            "address_states": [{"address": "10.0.0.100", "prefix": 24, "interface": "eth0",
                "state": "refused", "reason": "No buffer space available"}],
            "lateness_max_us": 70,
        }], "id": 1, "unmatched": 4});
        let mut surveys = Surveys::default();
        let (id, _) = surveys.handle_request(at(10), Client(1), &[Part::Vrrp]);
        let survey = surveys.handle_answer(Part::Vrrp, id, answer).remove(0);
        let told = survey.instances(now(), &composition().instances).remove(0);
        assert_eq!(told.state, Some(State::Master));
        assert_eq!(told.since.as_deref(), Some("2026-01-02T03:04:04.000006Z"));
        assert_eq!(told.age_us, Some(1_000_000));
        assert_eq!((told.next_in_us, told.last_sent_ago_us), (Some(500_000), Some(500_000)));
        assert_eq!(told.more["lateness_max_us"], 70);
        assert_eq!(told.address_states[0].state, Standing::Refused);
        assert!(!told.more.contains_key("address_states"), "told once");
        assert_eq!(survey.detail(Part::Vrrp)["unmatched"], 4);
    }

    #[test]
    fn an_instance_that_nobody_tells_about_is_shown_without_a_state() {
        let mut surveys = Surveys::default();
        let survey = surveys.handle_request(at(10), Client(1), &[]).1.remove(0);
        let shown = survey.instances(now(), &composition().instances);
        assert_eq!((shown[0].name.as_str(), shown[0].state), ("VI_1", None));
    }
}
