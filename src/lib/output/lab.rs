//! A laboratory run for people (a timeline, then a table, with progress on stderr) or as lines.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::Value;

use super::event::lab::{Event, Outcome, Row};
use super::event::{Line, rfc3339};
use super::{Printer, text};
use crate::error::{Error, Result};
use crate::time::Instant;

/// Writes events as they come.
#[derive(Debug)]
pub struct Timeline {
    printer: Printer,
    start: Instant,
    /// Wall clock at `start`, nanoseconds since 1970.
    wall: u64,
    progress: ProgressBar,
}

impl Timeline {
    /// A timeline that starts at `start`, which the wall clock calls `wall_nanos`.
    #[must_use]
    pub fn new(printer: Printer, start: Instant, wall_nanos: u64) -> Self {
        let target = if printer.is_json() {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr_with_hz(10)
        };
        let progress = ProgressBar::with_draw_target(None, target);
        let style = "{spinner} [{bar:20}] {pos}/{len} {msg} {elapsed}";
        if let Ok(style) = ProgressStyle::with_template(style) {
            progress.set_style(style.progress_chars("=> "));
        }
        Self { printer, start, wall: wall_nanos, progress }
    }

    /// Write what happened at `at`.
    ///
    /// # Errors
    /// When stdout cannot be written.
    pub fn write(&mut self, at: Instant, event: &Event) -> Result<()> {
        if let Event::Waiting { what, done, of } = event {
            self.progress.set_length(u64::from(*of));
            self.progress.set_position(u64::from(*done));
            self.progress.set_message(format!("waiting for {what}"));
            self.progress.tick();
            return Ok(());
        }
        let since = at.saturating_since(self.start);
        if self.printer.is_json() {
            return self.line(since, event);
        }
        if matches!(event, Event::Summary { .. }) {
            self.progress.finish_and_clear();
        }
        let words = words(event, since, self.printer.colour());
        self.progress.suspend(|| words.iter().try_for_each(|line| self.printer.line(line)))
    }

    fn line(&self, since: Duration, event: &Event) -> Result<()> {
        let mut data =
            serde_json::to_value(event).map_err(|e| Error::new("write JSON", event.kind(), e))?;
        let micros = u64::try_from(since.as_micros()).unwrap_or(u64::MAX);
        if let Value::Object(data) = &mut data {
            data.insert("at_us".into(), micros.into());
        }
        let time = rfc3339(self.wall.saturating_add(micros.saturating_mul(1_000)));
        self.printer.json_line(&Line::new(event.kind(), time, None, data))
    }
}

/// `event` as lines of text.
fn words(event: &Event, since: Duration, colour: bool) -> Vec<String> {
    let at = format!("{:>9.3}  ", since.as_secs_f64());
    let loud = |text: String| {
        if !colour {
            return text;
        }
        let bold = anstyle::Style::new().bold();
        format!("{bold}{text}{bold:#}")
    };
    match event {
        Event::Topology { hosts, client, address, skipped } => {
            let mut lines = vec![loud(format!(
                "{address} between {} hosts; a client ({client}) asks it every millisecond",
                hosts.len()
            ))];
            lines.extend(hosts.iter().map(|host| {
                let daemon = host.daemon.name();
                format!("  {} {} {daemon}, priority {}", host.host, host.address, host.priority)
            }));
            lines
                .extend(skipped.iter().map(|(f, why)| format!("  not tried: {}: {why}", f.name())));
            lines
        }
        Event::Address { host, present: true } => vec![format!("{at}{host} has the address")],
        Event::Address { host, .. } => vec![format!("{at}{host} gave the address up")],
        Event::Answering { host, gap } if gap.is_zero() => {
            vec![format!("{at}{host} answers the client")]
        }
        Event::Answering { host, gap } => {
            vec![format!("{at}{host} answers the client, after {}", length(*gap))]
        }
        Event::Daemon { host, event } => {
            daemon(event).map(|words| format!("{at}{host}: {words}")).into_iter().collect()
        }
        Event::Settled { host } => vec![format!("{at}settled on {host}")],
        Event::Fault { fault, round, host } => {
            vec![loud(format!("{at}{} {host} (round {round})", fault.name()))]
        }
        Event::Undone { fault, host } => vec![format!("{at}{} of {host} undone", fault.name())],
        Event::Outcome(outcome) => vec![loud(format!("{at}{}", verdict(outcome)))],
        Event::Waiting { .. } => Vec::new(),
        Event::Summary { rows } => table(rows),
    }
}

/// A daemon's own line in words; only what explains a move.
fn daemon(line: &Line) -> Option<String> {
    let telling = ["vrrp.transition", "vrrp.priority", "check.transition"];
    if !telling.contains(&line.kind.as_str()) {
        return None;
    }
    // The daemon's own clock is this machine's: the timeline has the time already.
    text::event(line).split_once(' ').map(|(_, words)| words.to_owned())
}

fn verdict(outcome: &Outcome) -> String {
    let who = match (&outcome.successor, &outcome.expected) {
        (Some(host), _) => format!(
            "{host} took over after {}",
            outcome.takeover.map_or_else(|| "?".into(), length)
        ),
        (None, None) => "nobody had to take over, nobody did".into(),
        (None, Some(expected)) => format!("nobody took over, {expected} should have"),
    };
    format!(
        "{}: {who}; longest time without answer {}, allowed {}; {} unanswered; on the way back {}",
        outcome.fault.name(),
        length(outcome.outage),
        length(outcome.outage_allowed),
        outcome.lost,
        length(outcome.back.outage),
    )
}

fn table(rows: &[Row]) -> Vec<String> {
    let mut lines = vec![
        String::new(),
        format!(
            "{:<10} {:>6} {:>9} {:>10} {:>10} {:>10} {:>10} {:>10}",
            "FAULT", "ROUNDS", "EXPECTED", "TAKEOVER", "OUTAGE", "ALLOWED", "LONGEST", "WAY BACK"
        ),
    ];
    lines.extend(rows.iter().map(|row| {
        format!(
            "{:<10} {:>6} {:>9} {:>10} {:>10} {:>10} {:>10} {:>10}",
            row.fault.name(),
            row.rounds,
            format!("{}/{}", row.as_expected, row.rounds),
            row.takeover_median.map_or_else(|| "-".into(), length),
            length(row.outage_median),
            length(row.outage_allowed_median),
            length(row.outage_longest),
            length(row.back_outage_median),
        )
    }));
    lines.push(String::new());
    lines.push("Medians. An undisturbed client sees 1 ms from answer to answer.".into());
    lines
}

/// A duration with a precision that fits it.
fn length(duration: Duration) -> String {
    let millis = duration.as_secs_f64() * 1_000.0;
    if duration.is_zero() {
        "none".into()
    } else if millis < 10.0 {
        format!("{millis:.1} ms")
    } else if millis < 1_000.0 {
        format!("{millis:.0} ms")
    } else {
        format!("{:.3} s", duration.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_as_precise_as_they_need_to_be() {
        assert_eq!(length(Duration::ZERO), "none");
        assert_eq!(length(Duration::from_micros(1_042)), "1.0 ms");
        assert_eq!(length(Duration::from_micros(416_400)), "416 ms");
        assert_eq!(length(Duration::from_millis(3_248)), "3.248 s");
    }
}
