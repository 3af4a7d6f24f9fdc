//! What a client's answers say: how long there were none, and who gave them.
//!
//! Pure: times are those that the caller noted down. An outage is the time between two answers
//! that follow each other, so a client that is never disturbed sees one probe interval.

use std::time::Duration;

use crate::io::witness::Reply;
use crate::time::Instant;

/// The answers of a run, in the order of their arrival.
#[derive(Clone, Debug, Default)]
pub struct Record {
    replies: Vec<Reply>,
}

/// A time without answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outage {
    /// How long.
    pub length: Duration,
    /// When the first answer after it came; the end of the window when none did.
    pub end: Instant,
}

impl Record {
    /// Note down an answer.
    pub fn push(&mut self, reply: Reply) {
        self.replies.push(reply);
    }

    /// The newest answer.
    #[must_use]
    pub fn last(&self) -> Option<&Reply> {
        self.replies.last()
    }

    /// Forget what arrived before `instant`, except the last answer before it.
    pub fn forget_before(&mut self, instant: Instant) {
        let kept = self.replies.partition_point(|reply| reply.received < instant);
        self.replies.drain(..kept.saturating_sub(1));
    }

    /// The longest time without an answer that touches `from..=to`. What the client missed
    /// before `from` counts, because an outage that was under way at `from` began earlier.
    #[must_use]
    pub fn longest_outage(&self, from: Instant, to: Instant) -> Outage {
        let start = self.replies.partition_point(|reply| reply.received <= from);
        let before = start.checked_sub(1).and_then(|i| self.replies.get(i));
        let mut previous = before.map_or(from, |reply| reply.received);
        let mut longest = Outage { length: Duration::ZERO, end: from };
        let inside = self.replies.iter().skip(start).map(|reply| reply.received);
        let inside = inside.take_while(|received| *received <= to);
        for received in inside.chain([to]) {
            let length = received.saturating_since(previous);
            if length > longest.length {
                longest = Outage { length, end: received };
            }
            previous = received;
        }
        longest
    }

    /// When a host other than `host` first answered a probe that was sent after `from`.
    #[must_use]
    pub fn first_by_another(&self, host: u8, from: Instant) -> Option<&Reply> {
        self.replies.iter().find(|reply| reply.host != host && reply.sent >= from)
    }

    /// Probes without an answer among those sent between the last answer before `from` and the
    /// last one before `to`. Probes are numbered without gaps.
    #[must_use]
    pub fn lost(&self, from: Instant, to: Instant) -> u64 {
        let count = |until: Instant| self.replies.partition_point(|r| r.received <= until);
        let (first, end) = (count(from).saturating_sub(1), count(to));
        let mut numbers = self.replies.iter().take(end).skip(first).map(|reply| reply.number);
        let Some(lowest) = numbers.next() else { return 0 };
        let (highest, answered) =
            numbers.fold((lowest, 0), |(highest, n), number| (highest.max(number), n + 1));
        (highest - lowest).saturating_sub(answered)
    }

    /// Since when only `host` has answered, without a gap longer than `most`, up to `now`.
    #[must_use]
    pub fn steady_since(&self, host: u8, most: Duration, now: Instant) -> Option<Instant> {
        let mut since = None;
        let mut next = now;
        for reply in self.replies.iter().rev() {
            if reply.host != host || next.saturating_since(reply.received) > most {
                break;
            }
            since = Some(reply.received);
            next = reply.received;
        }
        since
    }
}

/// The middle of `values`, the lower one of two; `None` when there are none.
pub fn median<T: Ord + Copy>(values: impl IntoIterator<Item = T>) -> Option<T> {
    let mut values: Vec<T> = values.into_iter().collect();
    values.sort_unstable();
    values.get(values.len().saturating_sub(1) / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::from_nanos(millis * 1_000_000)
    }

    /// Answers that arrive at once, from (milliseconds, host).
    fn record(answers: &[(u64, u8)]) -> Record {
        let mut record = Record::default();
        for (millis, host) in answers {
            let (sent, received) = (at(*millis), at(*millis));
            record.push(Reply { number: *millis, sent, received, host: *host });
        }
        record
    }

    #[test]
    fn an_outage_runs_from_the_last_answer_to_the_next() {
        let record = record(&[(1, 0), (2, 0), (3, 0), (503, 1), (504, 1)]);
        let outage = record.longest_outage(at(4), at(600));
        assert_eq!(outage, Outage { length: Duration::from_millis(500), end: at(503) });
    }

    #[test]
    fn an_outage_that_has_not_ended_counts_up_to_the_end_of_the_window() {
        let record = record(&[(1, 0)]);
        assert_eq!(record.longest_outage(at(2), at(900)).length, Duration::from_millis(899));
    }

    #[test]
    fn without_any_answer_the_whole_window_is_the_outage() {
        assert_eq!(record(&[]).longest_outage(at(5), at(9)).length, Duration::from_millis(4));
    }

    #[test]
    fn an_undisturbed_client_sees_one_probe_interval() {
        let answers: Vec<(u64, u8)> = (0..100).map(|i| (i, 0)).collect();
        let outage = record(&answers).longest_outage(at(10), at(99));
        assert_eq!(outage.length, Duration::from_millis(1));
    }

    #[test]
    fn outages_outside_the_window_do_not_count() {
        let record = record(&[(0, 0), (50, 0), (51, 0), (52, 0), (99, 0)]);
        assert_eq!(record.longest_outage(at(51), at(52)).length, Duration::from_millis(1));
    }

    #[test]
    fn another_host_counts_only_for_probes_sent_after_the_fault() {
        let mut record = record(&[(1, 0)]);
        record.push(Reply { number: 2, sent: at(2), received: at(9), host: 1 });
        record.push(Reply { number: 3, sent: at(6), received: at(10), host: 1 });
        assert_eq!(record.first_by_another(0, at(5)).unwrap().number, 3);
        assert!(record.first_by_another(1, at(5)).is_none());
    }

    #[test]
    fn lost_probes_are_those_asked_and_not_answered() {
        let record = record(&[(1, 0), (2, 0), (8, 1), (9, 1)]);
        assert_eq!(record.lost(at(2), at(10)), 5);
    }

    #[test]
    fn steadiness_ends_at_a_gap_and_at_another_host() {
        let gap = Duration::from_millis(5);
        let record = record(&[(1, 1), (2, 0), (3, 0), (20, 0), (21, 0)]);
        assert_eq!(record.steady_since(0, gap, at(22)), Some(at(20)));
        assert_eq!(record.steady_since(0, Duration::from_millis(30), at(22)), Some(at(2)));
        assert_eq!(record.steady_since(1, gap, at(22)), None);
        assert_eq!(record.steady_since(0, gap, at(80)), None);
    }

    #[test]
    fn forgetting_keeps_the_answer_that_an_outage_starts_from() {
        let mut record = record(&[(1, 0), (2, 0), (3, 0), (90, 1)]);
        record.forget_before(at(50));
        assert_eq!(record.longest_outage(at(50), at(91)).length, Duration::from_millis(87));
    }

    #[test]
    fn the_median_of_an_even_number_is_the_lower_middle() {
        assert_eq!(median([4, 1, 3, 2]), Some(2));
        assert_eq!(median([3, 1, 2]), Some(2));
        assert_eq!(median::<u8>([]), None);
    }
}
