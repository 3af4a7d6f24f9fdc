//! One network probe, once or again and again.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use serde_json::{Value, json};

use crate::drivers::{Emit, stamped};
use crate::engine::check::probe::{Action, Answer, Statistics};
use crate::engine::check::{Change, Health, Probe, ProbeConfig};
use crate::error::{Error, Result};
use crate::io::probe::icmp::Icmp;
use crate::io::probe::tcp::Tcp;
use crate::io::stop::StopSignals;
use crate::io::{clock, runtime};
use crate::output::event::Line;

/// Which probe is put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// Does a TCP port accept connections?
    Tcp(Tcp),
    /// Does a host answer an ICMP echo request?
    Icmp(Icmp),
}

impl Question {
    /// The `kind` of its events.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Tcp(_) => "tcp",
            Self::Icmp(_) => "icmp",
        }
    }

    /// The `check` of its events: what is probed, as the operator wrote it.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Tcp(tcp) if tcp.host.contains(':') => format!("[{}]:{}", tcp.host, tcp.port),
            Self::Tcp(tcp) => format!("{}:{}", tcp.host, tcp.port),
            Self::Icmp(icmp) => icmp.host.clone(),
        }
    }

    async fn put(&self) -> Answer {
        match self {
            Self::Tcp(tcp) => tcp.ask().await,
            Self::Icmp(icmp) => icmp.ask().await,
        }
    }
}

/// Put the probe once and tell its result as `check.result`.
///
/// # Errors
/// When the runtime cannot start or the event cannot be written; never because of the answer.
pub fn ask(question: &Question, emit: &mut Emit<'_>) -> Result<Health> {
    let answer = runtime::block_on(question.put())?;
    emit(&result(question, &answer))?;
    Ok(Health::of(answer.grade))
}

/// Put the probe on its schedule until its count is reached or a signal says stop. Emits
/// `check.transition`, `check.result` for every single one when `verbose`, and in the end
/// `check.statistics`. Returns the verdict at
/// the end.
///
/// # Errors
/// As [`ask`].
pub fn watch(
    question: &Question,
    config: ProbeConfig,
    verbose: bool,
    emit: &mut Emit<'_>,
) -> Result<Health> {
    runtime::block_on(watching(question, config, verbose, emit))?
}

async fn watching(
    question: &Question,
    config: ProbeConfig,
    verbose: bool,
    emit: &mut Emit<'_>,
) -> Result<Health> {
    let mut stop = StopSignals::new().map_err(|e| Error::new("watch for", "signals", e))?;
    let mut probe = Probe::new(clock::now(), config);
    let mut pending: Option<Pin<Box<dyn Future<Output = Answer> + '_>>> = None;
    loop {
        while let Some(action) = probe.poll_action() {
            match action {
                Action::Put => pending = Some(Box::pin(question.put())),
                Action::Result(answer) if verbose => emit(&result(question, &answer))?,
                Action::Result(_) => {}
                Action::Transition(change, reason) => {
                    emit(&transition(question, change, &reason))?;
                }
            }
        }
        if probe.is_done() {
            break;
        }
        let wait = probe.poll_timeout().map(|at| at.saturating_since(clock::now()));
        tokio::select! {
            answer = async { pending.as_mut()?.await.into() }, if pending.is_some() => {
                pending = None;
                if let Some(answer) = answer {
                    probe.handle_answer(answer);
                }
            }
            () = tokio::time::sleep(wait.unwrap_or(Duration::MAX)) => {}
            _ = stop.received() => break,
        }
        probe.handle_timeout(clock::now());
    }
    emit(&statistics(question, probe.statistics()))?;
    Ok(probe.health())
}

fn result(question: &Question, answer: &Answer) -> Line {
    let mut data = json!({
        "check": question.name(), "kind": question.kind(),
        "status": Health::of(answer.grade), "reason": answer.reason,
    });
    if let (Some(latency), Value::Object(map)) = (answer.latency, &mut data) {
        map.insert("latency_us".into(), micros(latency));
    }
    stamped("check.result", data)
}

fn transition(question: &Question, change: Change, reason: &str) -> Line {
    let data = json!({
        "check": question.name(), "kind": question.kind(),
        "from": change.from, "to": change.to, "reason": reason,
    });
    stamped("check.transition", data)
}

fn statistics(question: &Question, sums: &Statistics) -> Line {
    let data = json!({
        "check": question.name(), "kind": question.kind(),
        "probes": sums.probes, "good": sums.good, "untested": sums.untested,
        "latency_min_us": sums.least.map(micros), "latency_avg_us": sums.mean().map(micros),
        "latency_max_us": sums.most.map(micros),
    });
    stamped("check.statistics", data)
}

fn micros(duration: Duration) -> Value {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX).into()
}
