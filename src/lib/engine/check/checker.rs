//! A check of a real server put again and again, by keepalived's rules: the first result of all
//! decides, `retry` failures in a row are forgiven later, one success brings the server back.
//!
//! A web check asks for one page after the other, one each turn; after a failure it stays with the
//! page that failed, and once that is good all of them have to be. There may be thousands of these
//! machines, so each keeps no more than it has to tell: what follows is an answer of a call, not
//! of a queue.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::outcome::Grade;
use super::probe::Answer;
use super::server::CheckTiming;
use super::threshold::{Change, Health};
use crate::time::Instant;

/// From the start of the process to the first check, beside a part of `warmup`.
const FIRST: Duration = Duration::from_secs(1);
/// Shortest distance between turns.
const LEAST: Duration = Duration::from_millis(1);

/// What a check asks in a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Round {
    /// Requests, one after the other; at least one.
    pub requests: u16,
    /// They follow each other at once while the server is not up.
    pub fast_recovery: bool,
    /// While it is down a turn waits for `delay_before_retry` at least.
    pub slow_recovery: bool,
}

impl Round {
    /// One request.
    pub const SINGLE: Self = Self { requests: 1, fast_recovery: false, slow_recovery: false };
}

/// What an answer changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// The verdict before and after: the same when only the weight changed.
    pub change: Change,
    /// The weight that is set now.
    pub weight: Option<u32>,
}

/// A snapshot for status answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckerStatus {
    /// The verdict.
    pub health: Health,
    /// For how long it has held.
    #[serde(rename = "age_us", with = "crate::time::micros")]
    pub age: Duration,
    /// What the last answer said; empty before the first.
    pub reason: Box<str>,
    /// How long the last good answer took.
    pub latency_us: Option<u64>,
    /// Answers.
    pub runs: u64,
    /// Of these, bad ones.
    pub failures: u64,
    /// A question is on the way.
    pub running: bool,
    /// It is not put: this host does not have the address.
    pub suspended: bool,
    /// The weight that it has set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<u32>,
}

/// The machine of one check.
#[derive(Clone, Debug)]
pub struct Checker {
    timing: Arc<CheckTiming>,
    round: Round,
    health: Health,
    weight: Option<u32>,
    /// The request that is next or on the way.
    request: u16,
    /// Failures in a row that were forgiven.
    forgiven: u32,
    running: bool,
    suspended: bool,
    /// A page failed: after it is good, every one has to be.
    proving: bool,
    /// When the turn in progress was due, or the next one is.
    due: Instant,
    since: Instant,
    reason: Box<str>,
    latency: Option<Duration>,
    runs: u64,
    failures: u64,
}

impl Checker {
    /// A check that begins `now`, with a random `part` of its warm-up.
    #[must_use]
    pub fn new(now: Instant, timing: Arc<CheckTiming>, round: Round, part: u64) -> Self {
        let due = now + FIRST + portion(timing.warmup, part);
        Self {
            timing,
            round,
            health: Health::Unknown,
            weight: None,
            request: 0,
            forgiven: 0,
            running: false,
            suspended: false,
            proving: false,
            due,
            since: now,
            reason: "".into(),
            latency: None,
            runs: 0,
            failures: 0,
        }
    }

    /// What is known of it already: it goes on from there, at a random moment of its interval.
    pub fn resume(&mut self, now: Instant, health: Health, weight: Option<u32>, part: u64) {
        (self.health, self.weight) = (health, weight);
        self.due = now + portion(self.timing.delay_loop, part);
    }

    /// The same check with another timing: what is known stays.
    #[must_use]
    pub fn retimed(&self, now: Instant, timing: Arc<CheckTiming>) -> Self {
        let due = self.due.min(now + timing.delay_loop);
        Self { timing, due, running: false, ..self.clone() }
    }

    /// How it is put from now on, where that makes no other check.
    pub fn set_timing(&mut self, timing: Arc<CheckTiming>) {
        self.timing = timing;
    }

    /// The verdict now.
    #[must_use]
    pub const fn health(&self) -> Health {
        self.health
    }

    /// The weight that it set last.
    #[must_use]
    pub const fn weight(&self) -> Option<u32> {
        self.weight
    }

    /// When it is put.
    #[must_use]
    pub fn timing(&self) -> &CheckTiming {
        &self.timing
    }

    /// Put it no more, or again. Its turns pass by meanwhile, and an answer on the way counts for
    /// nothing.
    pub const fn suspend(&mut self, suspended: bool) {
        self.suspended = suspended;
    }

    /// When to call [`Checker::handle_timeout`] next; nothing while an answer is awaited.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        (!self.running).then_some(self.due)
    }

    /// The number of the request to put now, if one is due.
    pub fn handle_timeout(&mut self, now: Instant) -> Option<u16> {
        if self.running || now < self.due {
            return None;
        }
        if self.suspended {
            self.due = self.turn_after(now);
            return None;
        }
        self.running = true;
        Some(self.request)
    }

    /// The answer to the request, which came at `now`, with the weight that it sets.
    pub fn handle_answer(
        &mut self,
        now: Instant,
        answer: &Answer,
        weight: Option<u32>,
    ) -> Option<Turn> {
        self.running = false;
        if self.suspended {
            self.due = self.turn_after(now);
            return None;
        }
        self.note(answer);
        let (verdict, due) = match answer.grade {
            Grade::Good => self.good(now),
            Grade::Bad => self.bad(now),
            // This host could not ask: it knows nothing new.
            Grade::Untested => (None, self.turn_after(now)),
        };
        self.due = due;
        let change = Change { from: self.health, to: verdict.unwrap_or(self.health) };
        let weight = weight.or(self.weight);
        if change.from == change.to && weight == self.weight {
            return None;
        }
        if change.from != change.to {
            self.since = now;
        }
        (self.health, self.weight) = (change.to, weight);
        Some(Turn { change, weight })
    }

    /// Whether the failure that was just answered is one that is forgiven.
    #[must_use]
    pub const fn is_forgiving(&self) -> bool {
        self.forgiven > 0
    }

    /// A snapshot.
    #[must_use]
    pub fn status(&self, now: Instant) -> CheckerStatus {
        CheckerStatus {
            health: self.health,
            age: now.saturating_since(self.since),
            reason: self.reason.clone(),
            latency_us: self
                .latency
                .map(|time| u64::try_from(time.as_micros()).unwrap_or(u64::MAX)),
            runs: self.runs,
            failures: self.failures,
            running: self.running,
            suspended: self.suspended,
            weight: self.weight,
        }
    }

    fn note(&mut self, answer: &Answer) {
        self.runs += 1;
        self.failures += u64::from(answer.grade == Grade::Bad);
        self.latency = answer.latency.or(self.latency);
        if *self.reason != *answer.reason {
            self.reason = answer.reason.as_str().into();
        }
    }

    /// The verdict, if the round is whole, and when the next request is due.
    fn good(&mut self, now: Instant) -> (Option<Health>, Instant) {
        self.forgiven = 0;
        let next = if self.proving && self.round.requests > 1 { 0 } else { self.request + 1 };
        self.proving = false;
        self.request = next % self.round.requests.max(1);
        let is_whole = self.request == 0 && next > 0;
        let at_once = !is_whole && self.round.fast_recovery && self.health != Health::Up;
        let due = if at_once { now } else { self.turn_after(now) };
        (is_whole.then_some(Health::Up), due)
    }

    /// The verdict, unless it is forgiven, and when the next try is due.
    fn bad(&mut self, now: Instant) -> (Option<Health>, Instant) {
        if self.health == Health::Up && self.forgiven < self.timing.retry {
            self.forgiven += 1;
            return (None, now + self.timing.delay_before_retry.max(LEAST));
        }
        self.forgiven = 0;
        self.proving = true;
        let mut due = self.turn_after(now);
        if self.round.slow_recovery {
            due = due.max(now + self.timing.delay_before_retry);
        }
        (Some(Health::Down), due)
    }

    /// The first turn after `now` on the grid of the one that was due. Those that were missed are
    /// left out.
    fn turn_after(&self, now: Instant) -> Instant {
        let interval = self.timing.delay_loop.max(LEAST);
        let nanos = u64::try_from(interval.as_nanos()).unwrap_or(u64::MAX);
        let missed = now.as_nanos().saturating_sub(self.due.as_nanos()) / nanos;
        let step = nanos.saturating_mul(missed.saturating_add(1));
        Instant::from_nanos(self.due.as_nanos().saturating_add(step))
    }
}

/// So much of `whole` as `part` is of all numbers.
fn portion(whole: Duration, part: u64) -> Duration {
    let nanos = whole.as_nanos().saturating_mul(u128::from(part)) >> 64;
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timing(retry: u32) -> Arc<CheckTiming> {
        Arc::new(CheckTiming {
            delay_loop: Duration::from_secs(10),
            retry,
            delay_before_retry: Duration::from_secs(2),
            warmup: Duration::from_secs(10),
            ..CheckTiming::default()
        })
    }

    fn at(seconds: u64) -> Instant {
        Instant::from_nanos(seconds * 1_000_000_000)
    }

    /// The history of a check that is answered `answers` at once: seconds, number of the request,
    /// and the verdict where it changed.
    fn history(mut checker: Checker, answers: &str) -> String {
        let mut history = Vec::new();
        for answer in answers.chars() {
            let now = checker.poll_timeout().unwrap();
            let request = checker.handle_timeout(now).unwrap();
            let grade = match answer {
                '+' => Grade::Good,
                '-' => Grade::Bad,
                _ => Grade::Untested,
            };
            let turn = checker.handle_answer(now, &Answer::new(grade, "x"), None);
            let verdict = turn.map_or("", |turn| turn.change.to.word());
            history.push(format!("{}/{request}{verdict}", now.as_nanos() / 1_000_000_000));
        }
        history.join(" ")
    }

    fn single(retry: u32) -> Checker {
        Checker::new(at(0), timing(retry), Round::SINGLE, 0)
    }

    #[test]
    fn the_first_failure_of_all_counts_and_later_ones_are_forgiven() {
        for (retry, answers, expected) in [
            (2, "-+", "1/0down 11/0up"),
            (2, "+---+", "1/0up 11/0 13/0 15/0down 25/0up"),
            (2, "+--+---", "1/0up 11/0 13/0 15/0 25/0 27/0 29/0down"),
            (0, "+--+", "1/0up 11/0down 21/0 31/0up"),
            // What could not be asked changes nothing, nor does it forgive or condemn.
            (1, "?+-?-", "1/0 11/0up 21/0 23/0 33/0down"),
            (1, "?-?", "1/0 11/0down 21/0"),
        ] {
            assert_eq!(history(single(retry), answers), expected, "retry {retry}, {answers}");
        }
    }

    #[test]
    fn pages_are_asked_for_one_each_turn_and_all_again_after_a_failure() {
        let round = |fast_recovery| Round { requests: 3, fast_recovery, slow_recovery: true };
        let web = |fast| Checker::new(at(0), timing(1), round(fast), 0);
        assert_eq!(
            history(web(false), "++++--++++"),
            "1/0 11/1 21/2up 31/0 41/1 43/1down 53/1 63/0 73/1 83/2up"
        );
        // Up, they are as far apart as ever.
        assert_eq!(
            history(web(true), "++++--++++"),
            "1/0 1/1 1/2up 11/0 21/1 23/1down 33/1 33/0 33/1 33/2up"
        );
    }

    #[test]
    fn a_web_server_that_is_down_is_asked_no_sooner_than_a_retry_would_be() {
        let slow = Arc::new(CheckTiming { delay_before_retry: 30 * FIRST, ..(*timing(0)).clone() });
        let round = Round { slow_recovery: true, ..Round::SINGLE };
        let web = Checker::new(at(0), slow, round, 0);
        assert_eq!(history(web, "+--+"), "1/0up 11/0down 41/0 71/0up");
    }

    #[test]
    fn the_first_turn_is_in_the_warm_up_and_turns_that_were_missed_are_left_out() {
        let mut late = Checker::new(at(0), timing(0), Round::SINGLE, u64::MAX / 2);
        let first = late.poll_timeout().unwrap();
        assert!(first > at(5) && first < at(7), "{first:?}");
        assert!(late.handle_timeout(first).is_some());
        assert_eq!(late.poll_timeout(), None, "an answer is awaited");
        late.handle_answer(first + Duration::from_secs(25), &Answer::new(Grade::Good, ""), None);
        assert_eq!(late.poll_timeout(), Some(first + Duration::from_secs(30)));
    }

    #[test]
    fn a_successor_goes_on_where_its_predecessor_stood_and_tells_only_what_is_new() {
        let resumed = |health| {
            let mut checker = single(2);
            checker.resume(at(0), health, None, 0);
            checker
        };
        assert_eq!(history(resumed(Health::Up), "+---"), "0/0 10/0 12/0 14/0down");
        assert_eq!(history(resumed(Health::Down), "-+"), "0/0 10/0up");
        let mut weighed = single(0);
        weighed.resume(at(0), Health::Up, Some(7), 0);
        weighed.handle_timeout(at(0));
        let good = Answer::new(Grade::Good, "");
        assert_eq!(weighed.handle_answer(at(0), &good, Some(7)), None);
        weighed.handle_timeout(at(10));
        let turn = weighed.handle_answer(at(10), &good, Some(8)).unwrap();
        assert_eq!((turn.change.from, turn.change.to), (Health::Up, Health::Up));
        assert_eq!(turn.weight, Some(8));
    }

    #[test]
    fn while_it_is_suspended_its_turns_pass_by() {
        let mut checker = single(0);
        checker.handle_timeout(at(1));
        checker.suspend(true);
        assert_eq!(checker.handle_answer(at(2), &Answer::new(Grade::Bad, ""), None), None);
        assert_eq!(checker.handle_timeout(at(11)), None);
        checker.suspend(false);
        assert_eq!(checker.poll_timeout(), Some(at(21)));
        assert_eq!((checker.handle_timeout(at(21)), checker.health()), (Some(0), Health::Unknown));
    }
}
