//! Checks of real servers: thousands of [`Checker`] machines, the questions that are on their way,
//! and who is next.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::rc::Rc;

use futures_util::stream::{FuturesUnordered, StreamExt};
use serde_json::{Value, json};

use super::executions::{Executions, Said};
use super::probe::micros;
use super::questions::{Asked, Questions};
use super::scripts::Options;
use crate::drivers::{Emit, stamped};
use crate::engine::check::probe::Answer;
use crate::engine::check::{
    Change, CheckId, CheckName, CheckPlan, Checker, ClientTls, Grade, Health, Known, PlannedCheck,
    Turn,
};
use crate::error::Result;
use crate::io::random::Numbers;
use crate::io::{clock, descriptors};
use crate::time::Instant;

/// A number for each check that ever was: one that is gone is not mistaken for another.
pub(super) type Key = u64;

type Asking = Pin<Box<dyn Future<Output = (Key, Answer)>>>;

/// Every check of a plan.
pub(super) struct Servers {
    options: Options,
    entries: BTreeMap<Key, Entry>,
    by_id: BTreeMap<CheckId, Key>,
    next_key: Key,
    /// Whose turn is next: each check that does not wait for an answer, once.
    due: BinaryHeap<Reverse<(Instant, Key)>>,
    asking: FuturesUnordered<Asking>,
    /// Questions that may be on their way at once; the others wait.
    most: usize,
    executions: Executions,
    said: Vec<Said>,
    tls: Option<ClientTls>,
    /// Of this host, where some check wants to know.
    addresses: BTreeSet<IpAddr>,
    numbers: Numbers,
}

struct Entry {
    planned: PlannedCheck,
    asked: Asked,
    checker: Checker,
}

impl Servers {
    pub(super) fn new(options: Options) -> Result<Self> {
        Ok(Self {
            options,
            entries: BTreeMap::new(),
            by_id: BTreeMap::new(),
            next_key: 0,
            due: BinaryHeap::new(),
            asking: FuturesUnordered::new(),
            most: descriptors::raise(),
            executions: Executions::new()?,
            said: Vec::new(),
            tls: None,
            addresses: BTreeSet::new(),
            numbers: Numbers::new(),
        })
    }

    /// Checks that stay notice nothing; those that are put otherwise go on from where they stood,
    /// and tell it under the id that they have now; of those that begin it is known what a
    /// predecessor told.
    pub(super) fn take_plan(
        &mut self,
        now: Instant,
        plan: &CheckPlan,
        emit: &mut Emit<'_>,
    ) -> Result<()> {
        for id in self.take_checks(now, plan) {
            self.tell_again(id, emit)?;
        }
        Ok(())
    }

    /// Those among the checks of `plan` that were there under another id.
    fn take_checks(&mut self, now: Instant, plan: &CheckPlan) -> Vec<CheckId> {
        let mut renamed = Vec::new();
        let is_other_client = self.tls != plan.tls;
        self.tls.clone_from(&plan.tls);
        let mut questions = Questions::new(plan.tls.as_ref());
        let mut old = std::mem::take(&mut self.by_id);
        let staying: BTreeSet<CheckId> = plan.checks.iter().map(|planned| planned.id).collect();
        let mut orphans: BTreeMap<CheckName, Vec<Key>> = BTreeMap::new();
        for (_, key) in old.iter().filter(|(id, _)| !staying.contains(id)) {
            if let Some(entry) = self.entries.get(key) {
                orphans.entry(entry.name()).or_default().push(*key);
            }
        }
        let known: BTreeMap<CheckId, &Known> =
            plan.resume.iter().filter_map(|known| Some((known.id?, known))).collect();
        for planned in &plan.checks {
            if let Some(key) = old.remove(&planned.id) {
                self.by_id.insert(planned.id, key);
                let Some(entry) = self.entries.get_mut(&key) else { continue };
                entry.checker.set_timing(planned.config.timing.clone());
                if is_other_client {
                    entry.asked = questions.of(&planned.config.probe);
                }
                entry.planned.clone_from(planned);
                continue;
            }
            let timing = planned.config.timing.clone();
            let before = self.before(&orphans, planned);
            let mut checker = match before.map(|before| before.retimed(now, timing)) {
                Some(before) => before,
                None => self.begin(now, planned),
            };
            if let Some(known) = known.get(&planned.id) {
                checker.resume(now, known.to, known.weight, self.numbers.next());
            } else if checker.health() != Health::Unknown {
                renamed.push(planned.id);
            }
            let asked = questions.of(&planned.config.probe);
            self.add(Entry { planned: planned.clone(), asked, checker });
        }
        for key in old.into_values() {
            self.entries.remove(&key);
            self.executions.drop_run(now, key);
        }
        self.suspend();
        renamed
    }

    /// Whoever keeps verdicts keeps them by id: he learns how a check stands that has another one.
    fn tell_again(&self, id: CheckId, emit: &mut Emit<'_>) -> Result<()> {
        let entry = self.by_id.get(&id).and_then(|key| self.entries.get(key));
        let Some(entry) = entry else { return Ok(()) };
        let health = entry.checker.health();
        let turn =
            Turn { change: Change { from: health, to: health }, weight: entry.checker.weight() };
        emit(&stamped("check.transition", entry.transition(&turn, "as before the reload")))
    }

    /// The check that `planned` was under another timing.
    fn before(
        &self,
        orphans: &BTreeMap<CheckName, Vec<Key>>,
        planned: &PlannedCheck,
    ) -> Option<&Checker> {
        let mut keys = orphans.get(&CheckName::of(&planned.config.probe))?.iter();
        let same = |entry: &&Entry| entry.planned.config.probe == planned.config.probe;
        let found = keys.find_map(|key| self.entries.get(key).filter(same))?;
        Some(&found.checker)
    }

    fn begin(&mut self, now: Instant, planned: &PlannedCheck) -> Checker {
        let round = Asked::round(&planned.config.probe);
        Checker::new(now, planned.config.timing.clone(), round, self.numbers.next())
    }

    fn add(&mut self, entry: Entry) {
        let key = self.next_key;
        self.next_key += 1;
        self.by_id.insert(entry.planned.id, key);
        self.due.extend(entry.checker.poll_timeout().map(|at| Reverse((at, key))));
        self.entries.insert(key, entry);
    }

    /// Whether it matters which addresses this host has.
    pub(super) fn wants_addresses(&self) -> bool {
        self.entries.values().any(|entry| !entry.planned.addresses.is_empty())
    }

    /// This host has these addresses.
    pub(super) fn house(&mut self, addresses: BTreeSet<IpAddr>) {
        self.addresses = addresses;
        self.suspend();
    }

    fn suspend(&mut self) {
        for entry in self.entries.values_mut() {
            let wanted = &entry.planned.addresses;
            entry.checker.suspend(!wanted.is_empty() && wanted.is_disjoint(&self.addresses));
        }
    }

    /// Put what is due, as long as there is room.
    pub(super) fn turn(&mut self, now: Instant, emit: &mut Emit<'_>) -> Result<()> {
        self.said.extend(self.executions.turn(now));
        while let Some(Reverse((at, key))) = self.due.peek().copied() {
            if at > now || self.asking.len() >= self.most {
                break;
            }
            self.due.pop();
            self.put(now, key);
        }
        for (key, answer, weight) in std::mem::take(&mut self.said) {
            self.hear(now, key, &answer, weight, emit)?;
        }
        Ok(())
    }

    fn put(&mut self, now: Instant, key: Key) {
        let Some(entry) = self.entries.get_mut(&key) else { return };
        let Some(request) = entry.checker.handle_timeout(now) else {
            self.due.extend(entry.checker.poll_timeout().map(|at| Reverse((at, key))));
            return;
        };
        match &entry.asked {
            Asked::Command(check) => {
                let output = self.options.output;
                self.said.extend(self.executions.start(now, key, check, output));
            }
            Asked::Never(grade, why) => self.said.push((key, Answer::new(*grade, &**why), None)),
            Asked::Questions(questions) => {
                let questions = Rc::clone(questions);
                self.asking.push(Box::pin(async move {
                    let answer = match questions.get(usize::from(request)) {
                        Some(question) => question.put().await,
                        None => Answer::new(Grade::Untested, "there is no such request"),
                    };
                    (key, answer)
                }));
            }
        }
    }

    /// The next answer; never, while nothing is asked.
    pub(super) async fn answered(&mut self) -> (Key, Answer) {
        match self.asking.next().await {
            Some(answer) => answer,
            None => std::future::pending().await,
        }
    }

    /// Every answer that is there already.
    pub(super) fn hear_all(&mut self, first: (Key, Answer), emit: &mut Emit<'_>) -> Result<()> {
        use futures_util::FutureExt;
        let mut next = Some(first);
        while let Some((key, answer)) = next {
            self.hear(clock::now(), key, &answer, None, emit)?;
            next = self.asking.next().now_or_never().flatten();
        }
        Ok(())
    }

    fn hear(
        &mut self,
        now: Instant,
        key: Key,
        answer: &Answer,
        weight: Option<u32>,
        emit: &mut Emit<'_>,
    ) -> Result<()> {
        let Some(entry) = self.entries.get_mut(&key) else { return Ok(()) };
        let turn = entry.checker.handle_answer(now, answer, weight);
        self.due.extend(entry.checker.poll_timeout().map(|at| Reverse((at, key))));
        if self.options.results {
            emit(&stamped("check.result", entry.result(answer, weight)))?;
        }
        let is_forgiven = answer.grade == Grade::Bad && entry.checker.is_forgiving();
        if is_forgiven && entry.checker.timing().log_all_failures {
            let check = entry.name().to_string();
            tracing::info!(check, reason = answer.reason, "check failed, and is put again");
        }
        let Some(turn) = turn else { return Ok(()) };
        emit(&stamped("check.transition", entry.transition(&turn, &answer.reason)))
    }

    /// When something is due next.
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        let has_room = self.asking.len() < self.most;
        let next = self.due.peek().filter(|_| has_room).map(|Reverse((at, _))| *at);
        next.into_iter().chain(self.executions.poll_timeout()).min()
    }

    pub(super) const fn executions(&mut self) -> &mut Executions {
        &mut self.executions
    }

    pub(super) fn status(&self, now: Instant) -> Vec<Value> {
        let one = |entry: &Entry| {
            let mut data = entry.about();
            let status = serde_json::to_value(entry.checker.status(now)).unwrap_or_default();
            if let (Value::Object(all), Value::Object(status)) = (&mut data, status) {
                all.extend(status);
            }
            data
        };
        self.entries.values().map(one).collect()
    }
}

impl Entry {
    fn name(&self) -> CheckName {
        CheckName::of(&self.planned.config.probe)
    }

    fn about(&self) -> Value {
        let name = self.name();
        json!({ "check": name.check, "kind": name.kind, "id": self.planned.id })
    }

    fn transition(&self, turn: &Turn, reason: &str) -> Value {
        let mut data = self.about();
        if let Value::Object(map) = &mut data {
            map.insert("from".into(), json!(turn.change.from));
            map.insert("to".into(), json!(turn.change.to));
            map.insert("reason".into(), reason.into());
            map.extend(turn.weight.map(|weight| ("weight".into(), weight.into())));
        }
        data
    }

    fn result(&self, answer: &Answer, weight: Option<u32>) -> Value {
        let mut data = self.about();
        let seen = serde_json::to_value(&answer.details).unwrap_or_default();
        if let (Value::Object(all), Value::Object(seen)) = (&mut data, seen) {
            all.insert("status".into(), json!(Health::of(answer.grade)));
            all.insert("reason".into(), json!(answer.reason));
            all.extend(answer.latency.map(|took| ("latency_us".into(), micros(took))));
            all.extend(weight.map(|weight| ("weight".into(), weight.into())));
            all.extend(seen);
        }
        data
    }
}
