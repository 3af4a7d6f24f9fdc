//! All rounds of a run in one row for each fault. Pure.

use std::time::Duration;

use super::measure::median;
use crate::output::event::lab::{Outcome, Row};

/// One row for each fault, in the order in which they were first tried.
#[must_use]
pub fn rows(outcomes: &[Outcome]) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for outcome in outcomes {
        if !rows.iter().any(|row| row.fault == outcome.fault) {
            let same: Vec<&Outcome> =
                outcomes.iter().filter(|other| other.fault == outcome.fault).collect();
            rows.push(row(&same, outcome));
        }
    }
    rows
}

fn row(outcomes: &[&Outcome], first: &Outcome) -> Row {
    let middle = |value: fn(&Outcome) -> Duration| {
        median(outcomes.iter().map(|outcome| value(outcome))).unwrap_or_default()
    };
    Row {
        fault: first.fault,
        rounds: outcomes.len(),
        as_expected: outcomes.iter().filter(|o| o.successor == o.expected).count(),
        outage_median: middle(|o| o.outage),
        outage_longest: outcomes.iter().map(|o| o.outage).max().unwrap_or_default(),
        outage_allowed_median: middle(|o| o.outage_allowed),
        over_median_us: median(
            outcomes.iter().map(|o| micros(o.outage) - micros(o.outage_allowed)),
        )
        .unwrap_or_default(),
        takeover_median: median(outcomes.iter().filter_map(|o| o.takeover)),
        back_outage_median: middle(|o| o.back.outage),
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::event::lab::{Back, Fault};

    fn outcome(fault: Fault, outage: u64, allowed: u64, successor: Option<&str>) -> Outcome {
        Outcome {
            fault,
            round: 1,
            host: "node1".into(),
            expected: Some("node2".into()),
            successor: successor.map(str::to_owned),
            takeover: successor.map(|_| Duration::from_millis(outage)),
            takeover_allowed: None,
            outage: Duration::from_millis(outage),
            outage_allowed: Duration::from_millis(allowed),
            lost: 0,
            advert_age: None,
            back: Back {
                host: "node1".into(),
                after: Duration::ZERO,
                outage: Duration::from_millis(1),
            },
        }
    }

    #[test]
    fn rounds_of_a_fault_become_one_row() {
        let rows = rows(&[
            outcome(Fault::Kill, 30, 31, Some("node2")),
            outcome(Fault::Term, 2, 600, Some("node2")),
            outcome(Fault::Kill, 50, 31, Some("node2")),
            outcome(Fault::Kill, 20, 22, None),
        ]);
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0].rounds, 3);
        assert_eq!(rows[0].as_expected, 2);
        assert_eq!(rows[0].outage_median, Duration::from_millis(30));
        assert_eq!(rows[0].outage_longest, Duration::from_millis(50));
        assert_eq!(rows[0].over_median_us, -1000);
        assert_eq!(rows[1].fault, Fault::Term);
    }
}
