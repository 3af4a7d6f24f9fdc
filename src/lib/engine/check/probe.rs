//! A network probe put again and again: when, and what a row of answers means.
//!
//! The probe's own time limit is kept by whoever puts it; here it is asked for and judged.

use std::collections::VecDeque;
use std::time::Duration;

use super::details::Details;
use super::dialogue::Finding;
use super::outcome::Grade;
use super::schedule::Schedule;
use super::threshold::{Change, Health, Threshold};
use crate::time::Instant;

/// How often a probe is put and how many results count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProbeConfig {
    /// From one start to the next.
    pub interval: Duration,
    /// Good results needed to come up; at least 1.
    pub rise: u32,
    /// Bad results needed to go down; at least 1.
    pub fall: u32,
    /// Stop after this many turns; endless when absent.
    pub count: Option<u64>,
    /// Bad results in a row that are forgiven in one turn, unless the verdict is down already.
    pub retry: u32,
    /// From a forgiven result to the next try.
    pub retry_delay: Duration,
}

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What it says.
    pub grade: Grade,
    /// In words: `connected`, `connection refused`, `no route to host`.
    pub reason: String,
    /// From question to answer; only where there was one.
    pub latency: Option<Duration>,
    /// What was seen on the way.
    pub details: Box<Details>,
}

impl Answer {
    /// An answer that took no time and saw nothing.
    pub fn new(grade: Grade, reason: impl Into<String>) -> Self {
        Self { grade, reason: reason.into(), latency: None, details: Box::default() }
    }

    /// With the time from `start` to `now`, if it is good.
    #[must_use]
    pub fn took(self, start: Instant, now: Instant) -> Self {
        let latency = (self.grade == Grade::Good).then(|| now.saturating_since(start));
        Self { latency, ..self }
    }
}

impl From<Finding> for Answer {
    fn from(Finding { grade, reason, details }: Finding) -> Self {
        Self { grade, reason, latency: None, details }
    }
}

/// Something the driver must do, in the order given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Put the probe, then tell [`Probe::handle_answer`].
    Put,
    /// A result came in.
    Result(Answer),
    /// The verdict changed; the reason is that of the result that tipped it.
    Transition(Change, String),
}

/// Latencies and losses, as `ping` sums them up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Probes put and judged.
    pub probes: u64,
    /// Good ones.
    pub good: u64,
    /// Ones that could not be put.
    pub untested: u64,
    /// Shortest latency of a good one.
    pub least: Option<Duration>,
    /// Longest.
    pub most: Option<Duration>,
    /// Sum over all good ones.
    total: Duration,
}

impl Statistics {
    /// Mean latency of the good ones.
    #[must_use]
    pub fn mean(&self) -> Option<Duration> {
        let good = u32::try_from(self.good).unwrap_or(u32::MAX);
        self.total.checked_div(good)
    }

    fn add(&mut self, answer: &Answer) {
        self.probes += 1;
        match answer.grade {
            Grade::Good => self.good += 1,
            Grade::Bad => return,
            Grade::Untested => {
                self.untested += 1;
                return;
            }
        }
        let latency = answer.latency.unwrap_or_default();
        self.total += latency;
        self.least = Some(self.least.map_or(latency, |least| least.min(latency)));
        self.most = Some(self.most.map_or(latency, |most| most.max(latency)));
    }
}

/// The machine of one probe.
#[derive(Debug)]
pub struct Probe {
    config: ProbeConfig,
    threshold: Threshold,
    schedule: Schedule,
    waiting: bool,
    turns: u64,
    /// Bad results of this turn that were forgiven.
    forgiven: u32,
    /// When the turn goes on after a forgiven result.
    again: Option<Instant>,
    statistics: Statistics,
    actions: VecDeque<Action>,
}

impl Probe {
    /// A probe whose first turn is at `first`.
    #[must_use]
    pub fn new(first: Instant, config: ProbeConfig) -> Self {
        Self {
            threshold: Threshold::new(config.rise, config.fall),
            schedule: Schedule::new(first, config.interval),
            config,
            waiting: false,
            turns: 0,
            forgiven: 0,
            again: None,
            statistics: Statistics::default(),
            actions: VecDeque::new(),
        }
    }

    /// The verdict now.
    #[must_use]
    pub const fn health(&self) -> Health {
        self.threshold.health()
    }

    /// Sums so far.
    #[must_use]
    pub const fn statistics(&self) -> &Statistics {
        &self.statistics
    }

    /// Whether as many turns as asked for are over.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.config.count.is_some_and(|count| self.turns >= count)
    }

    /// The answer to [`Action::Put`], which came at `now`.
    pub fn handle_answer(&mut self, now: Instant, answer: Answer) {
        self.waiting = false;
        self.statistics.add(&answer);
        let may_forgive = answer.grade == Grade::Bad && self.health() != Health::Down;
        if may_forgive && self.forgiven < self.config.retry {
            self.forgiven += 1;
            self.again = Some(now + self.config.retry_delay);
            self.actions.push_back(Action::Result(answer));
            return;
        }
        self.forgiven = 0;
        self.turns += 1;
        let change = self.threshold.count(answer.grade);
        let reason = answer.reason.clone();
        self.actions.push_back(Action::Result(answer));
        if let Some(change) = change {
            self.actions.push_back(Action::Transition(change, reason));
        }
    }

    /// Time has passed. A turn that finds the previous one unfinished is left out.
    pub fn handle_timeout(&mut self, now: Instant) {
        let turn = !self.is_done() && self.schedule.take(now) && self.again.is_none();
        let again = self.again.is_some_and(|at| at <= now);
        if self.waiting || !(turn || again) {
            return;
        }
        self.again = None;
        self.waiting = true;
        self.actions.push_back(Action::Put);
    }

    /// When to call [`Probe::handle_timeout`] next.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let next = self.schedule.next();
        (!self.is_done()).then(|| self.again.map_or(next, |again| again.min(next)))
    }

    /// The next thing to do, in order, until `None`.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(grade: Grade, millis: u64) -> Answer {
        let latency = (grade == Grade::Good).then(|| Duration::from_millis(millis));
        Answer { latency, ..Answer::new(grade, format!("{grade:?}")) }
    }

    fn at(millis: u64) -> Instant {
        Instant::from_nanos(millis * 1_000_000)
    }

    fn probe(count: Option<u64>) -> Probe {
        let interval = Duration::from_secs(1);
        let retry_delay = Duration::from_millis(100);
        Probe::new(at(0), ProbeConfig { interval, rise: 2, fall: 2, count, retry: 0, retry_delay })
    }

    #[test]
    fn it_asks_on_its_grid_and_only_when_the_last_answer_is_in() {
        let mut probe = probe(None);
        probe.handle_timeout(at(0));
        assert_eq!(probe.poll_action(), Some(Action::Put));
        probe.handle_timeout(at(1000));
        assert_eq!(probe.poll_action(), None);
        probe.handle_answer(at(0), answer(Grade::Good, 5));
        while probe.poll_action().is_some() {}
        assert_eq!(probe.poll_timeout(), Some(at(2000)));
        probe.handle_timeout(at(2000));
        assert_eq!(probe.poll_action(), Some(Action::Put));
    }

    #[test]
    fn a_transition_follows_the_result_that_tipped_it() {
        let mut probe = probe(None);
        probe.handle_answer(at(0), answer(Grade::Good, 1));
        assert!(matches!(probe.poll_action(), Some(Action::Result(_))));
        let change = Change { from: Health::Unknown, to: Health::Up };
        assert_eq!(probe.poll_action(), Some(Action::Transition(change, "Good".into())));
        probe.handle_answer(at(0), answer(Grade::Bad, 1));
        assert!(matches!(probe.poll_action(), Some(Action::Result(_))));
        assert_eq!(probe.poll_action(), None, "one failure of two");
    }

    #[test]
    fn it_ends_after_its_count_with_the_sums_of_ping() {
        let mut probe = probe(Some(4));
        for (grade, millis) in
            [(Grade::Good, 2), (Grade::Bad, 0), (Grade::Untested, 0), (Grade::Good, 6)]
        {
            assert!(!probe.is_done());
            probe.handle_answer(at(0), answer(grade, millis));
        }
        assert!(probe.is_done());
        assert_eq!(probe.poll_timeout(), None);
        let sums = probe.statistics();
        assert_eq!((sums.probes, sums.good, sums.untested), (4, 2, 1));
        let ms = Duration::from_millis;
        assert_eq!((sums.least, sums.mean(), sums.most), (Some(ms(2)), Some(ms(4)), Some(ms(6))));
    }

    #[test]
    fn a_forgiven_failure_is_followed_by_another_try_and_only_the_last_one_counts() {
        let interval = Duration::from_secs(1);
        let retry_delay = Duration::from_millis(100);
        let config =
            ProbeConfig { interval, rise: 1, fall: 1, count: Some(3), retry: 2, retry_delay };
        let mut probe = Probe::new(at(0), config);
        let mut history = String::new();
        let mut grades = "-+---+".chars();
        while let Some(now) = probe.poll_timeout() {
            probe.handle_timeout(now);
            while let Some(action) = probe.poll_action() {
                match action {
                    Action::Put => {
                        history.extend([" ", &(now.as_nanos() / 1_000_000).to_string()]);
                        let good = grades.next() == Some('+');
                        let grade = if good { Grade::Good } else { Grade::Bad };
                        probe.handle_answer(now, answer(grade, 0));
                    }
                    Action::Transition(change, _) => history.extend([":", change.to.word()]),
                    Action::Result(_) => {}
                }
            }
        }
        // Down at once is not forgiven again: the third turn is one try.
        assert_eq!(history, " 0 100:up 1000 1100 1200:down 2000:up");
        assert_eq!((probe.statistics().probes, probe.statistics().good), (6, 2));
    }

    #[test]
    fn without_a_good_answer_there_is_no_mean() {
        assert_eq!(Statistics::default().mean(), None);
    }
}
