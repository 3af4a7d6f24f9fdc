//! How punctual adverts are: measured for every advert, told in status.

use std::time::Duration;

use serde::Serialize;

use crate::time::Instant;

/// Figures of one router since it last became master.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Figures {
    sent: u64,
    lateness_total: Duration,
    lateness_max: Duration,
    first: Option<Instant>,
    last: Option<Instant>,
    refused: u64,
}

/// What status tells of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Timing {
    adverts: u64,
    mean_lateness_ns: u64,
    max_lateness_ns: u64,
    mean_interval_ns: Option<u64>,
    send_errors: u64,
}

impl Figures {
    /// An advert that was due at `due` left at `sent`.
    pub fn sent(&mut self, due: Instant, sent: Instant) {
        let lateness = sent.saturating_since(due);
        self.sent += 1;
        self.lateness_total += lateness;
        self.lateness_max = self.lateness_max.max(lateness);
        self.first.get_or_insert(sent);
        self.last = Some(sent);
    }

    /// An advert was refused by the kernel.
    pub fn refused(&mut self) {
        self.refused += 1;
    }

    /// A new reign begins: intervals across a pause mean nothing.
    pub fn restart(&mut self) {
        *self = Self { refused: self.refused, ..Self::default() };
    }

    pub fn timing(&self) -> Timing {
        let mean = |total: Duration, count: u64| {
            let total = u64::try_from(total.as_nanos()).unwrap_or(u64::MAX);
            total.checked_div(count)
        };
        let span = self.first.zip(self.last).map(|(first, last)| last.saturating_since(first));
        Timing {
            adverts: self.sent,
            mean_lateness_ns: mean(self.lateness_total, self.sent).unwrap_or(0),
            max_lateness_ns: u64::try_from(self.lateness_max.as_nanos()).unwrap_or(u64::MAX),
            mean_interval_ns: span.and_then(|span| mean(span, self.sent.saturating_sub(1))),
            send_errors: self.refused,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lateness_and_interval_are_means_over_the_reign() {
        let mut figures = Figures::default();
        for (due, sent) in [(1_000, 1_100), (2_000, 2_300), (3_000, 3_100)] {
            figures.sent(Instant::from_nanos(due), Instant::from_nanos(sent));
        }
        let timing = figures.timing();
        assert_eq!(timing.adverts, 3);
        assert_eq!(timing.mean_lateness_ns, 166);
        assert_eq!(timing.max_lateness_ns, 300);
        assert_eq!(timing.mean_interval_ns, Some(1_000));
        figures.restart();
        assert_eq!(figures.timing().mean_interval_ns, None);
    }
}
