//! One network probe, once or again and again.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use serde_json::{Value, json};

use crate::drivers::{Emit, stamped};
use crate::engine::check::probe::{Action, Answer, Statistics};
use crate::engine::check::{Change, Health, Probe, ProbeConfig};
use crate::error::{Error, Result};
use crate::io::probe::Target;
use crate::io::probe::database::Database;
use crate::io::probe::dns::Dns;
use crate::io::probe::file::FileProbe;
#[cfg(feature = "http2")]
use crate::io::probe::grpc::Grpc;
use crate::io::probe::http::Http;
use crate::io::probe::icmp::Icmp;
use crate::io::probe::process::ProcessProbe;
use crate::io::probe::smtp::Smtp;
use crate::io::probe::tcp::Tcp;
use crate::io::probe::tls::TlsProbe;
use crate::io::probe::udp::Udp;
use crate::io::stop::StopSignals;
use crate::io::{clock, random, runtime};
use crate::output::event::Line;

/// Which probe is put.
#[derive(Clone, Debug)]
pub enum Question {
    /// Does a TCP port accept connections?
    Tcp(Tcp),
    /// Does a host answer an ICMP echo request?
    Icmp(Icmp),
    /// Does a web server answer as it should?
    Http(Box<Http>),
    /// Does a server complete a TLS handshake?
    Tls(Box<TlsProbe>),
    /// Does a DNS server answer a question?
    Dns(Box<Dns>),
    /// Do mail servers greet as they should?
    Smtp(Box<Smtp>),
    /// Does a UDP service answer?
    Udp(Box<Udp>),
    /// Does a gRPC server serve?
    #[cfg(feature = "http2")]
    Grpc(Box<Grpc>),
    /// Does a database work, and as what?
    Database(Box<Database>),
    /// Does a file say that all is well?
    File(FileProbe),
    /// Do as many processes run as should?
    Process(ProcessProbe),
}

impl Question {
    /// The `kind` of its events.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Tcp(_) => "tcp",
            Self::Icmp(_) => "icmp",
            Self::Http(http) if http.url.secure => "https",
            Self::Http(_) => "http",
            Self::Tls(_) => "tls",
            Self::Dns(_) => "dns",
            Self::Smtp(_) => "smtp",
            Self::Udp(_) => "udp",
            Self::Database(database) => database.protocol.word(),
            #[cfg(feature = "http2")]
            Self::Grpc(_) => "grpc",
            Self::File(_) => "file",
            Self::Process(_) => "process",
        }
    }

    /// The `check` of its events: what is probed, as the operator wrote it.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Tcp(Tcp(target)) => target.name(),
            Self::Icmp(Icmp(target)) => target.host.clone(),
            Self::Http(http) => http.url.to_string(),
            Self::Tls(tls) => tls.target.name(),
            Self::Dns(dns) => dns.target.name(),
            Self::Smtp(smtp) => smtp.targets.iter().map(Target::name).collect::<Vec<_>>().join(" "),
            Self::Udp(udp) => udp.target.name(),
            Self::Database(database) => database.target.name(),
            #[cfg(feature = "http2")]
            Self::Grpc(grpc) => grpc.target.name(),
            Self::File(file) => file.path.display().to_string(),
            Self::Process(ProcessProbe(check)) => check.name.clone(),
        }
    }

    pub(super) async fn put(&self) -> Answer {
        match self {
            Self::Tcp(tcp) => tcp.ask().await,
            Self::Icmp(icmp) => icmp.ask().await,
            Self::Http(http) => http.ask().await,
            Self::Tls(tls) => tls.ask().await,
            Self::Dns(dns) => dns.ask().await,
            Self::Smtp(smtp) => smtp.ask().await,
            Self::Udp(udp) => udp.ask().await,
            Self::Database(database) => database.ask().await,
            #[cfg(feature = "http2")]
            Self::Grpc(grpc) => grpc.ask().await,
            Self::File(file) => file.ask(),
            Self::Process(process) => process.ask(),
        }
    }
}

/// Put the probe once, and again as often as its failure is forgiven, and tell the last result as
/// `check.result`; every one when `verbose`.
///
/// # Errors
/// When the runtime cannot start or the event cannot be written; never because of the answer.
pub fn ask(
    question: &Question,
    config: ProbeConfig,
    warmup: Duration,
    verbose: bool,
    emit: &mut Emit<'_>,
) -> Result<Health> {
    let config = ProbeConfig { count: Some(1), ..config };
    runtime::block_on(async {
        let mut probe = begin(config, warmup);
        while let Some(at) = probe.poll_timeout() {
            let wait = at.saturating_since(clock::now());
            if wait > Duration::ZERO {
                tokio::time::sleep(wait).await;
            }
            probe.handle_timeout(clock::now());
            while let Some(action) = probe.poll_action() {
                match action {
                    Action::Put => {
                        let answer = question.put().await;
                        probe.handle_answer(clock::now(), answer);
                    }
                    Action::Result(answer) if verbose || probe.is_done() => {
                        emit(&result(question, &answer))?;
                    }
                    Action::Result(_) | Action::Transition(..) => {}
                }
            }
        }
        Ok(probe.health())
    })?
}

/// A probe whose first turn is at a random moment of `warmup`.
fn begin(config: ProbeConfig, warmup: Duration) -> Probe {
    let phase = if warmup.is_zero() { warmup } else { random::part_of(warmup) };
    Probe::new(clock::now() + phase, config)
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
    warmup: Duration,
    verbose: bool,
    emit: &mut Emit<'_>,
) -> Result<Health> {
    runtime::block_on(watching(question, begin(config, warmup), verbose, emit))?
}

async fn watching(
    question: &Question,
    mut probe: Probe,
    verbose: bool,
    emit: &mut Emit<'_>,
) -> Result<Health> {
    let mut stop = StopSignals::new().map_err(|e| Error::new("watch for", "signals", e))?;
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
                    probe.handle_answer(clock::now(), answer);
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
    if let (Ok(Value::Object(seen)), Value::Object(map)) =
        (serde_json::to_value(&answer.details), &mut data)
    {
        map.extend(seen);
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

pub(super) fn micros(duration: Duration) -> Value {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX).into()
}
