//! Keeps the table as a configuration and its checks want it: what checks tell comes as lines, the
//! kernel is asked at an interval, for it tells of no change by itself.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::Receiver;
use tokio::time::MissedTickBehavior;

use super::Source;
use super::keeper::Keeper;
use crate::drivers::control::{Control, first_plan, pong, refuse};
use crate::drivers::{Emit, stamped};
use crate::engine::ipvs::{Others, ServiceId};
use crate::engine::pool::{CheckReport, TablePlan};
use crate::error::{Error, Result};
use crate::io::lines::standard_input;
use crate::io::runtime;
use crate::io::stop::StopSignals;
use crate::output::event::Line;

/// How a table is kept.
#[derive(Clone, Debug)]
pub struct Options {
    /// How often the kernel is asked.
    pub interval: Duration,
    /// What happens to services that are not desired.
    pub others: Others,
    /// Only these services are looked at; all when absent.
    pub only: Option<BTreeSet<ServiceId>>,
    /// Where it is written what is drained.
    pub state_dir: PathBuf,
    /// What was put into the table is removed at the end.
    pub release: bool,
}

/// Reads the desired state again.
pub type Reload<'a> = dyn FnMut() -> Result<Source> + 'a;

/// Keep the table until standard input ends or a signal says stop. Without a `source` the first
/// line is a plan; SIGHUP has `reload` asked for another one.
///
/// # Errors
/// When the kernel does not have IPVS or may not be asked, when the plan cannot be used, or when
/// events cannot be written.
pub fn follow(
    source: Option<Source>,
    options: Options,
    reload: &mut Reload<'_>,
    emit: &mut Emit<'_>,
) -> Result<()> {
    runtime::block_on(following(source, options, reload, emit))?
}

async fn following(
    source: Option<Source>,
    options: Options,
    reload: &mut Reload<'_>,
    emit: &mut Emit<'_>,
) -> Result<()> {
    let no_signals = |e| Error::new("watch for", "signals", e);
    let mut stop = StopSignals::new().map_err(no_signals)?;
    let mut hangup = signal(SignalKind::hangup()).map_err(no_signals)?;
    let mut lines = standard_input().map_err(|e| Error::new("read", "stdin", e))?;
    let (source, known) = if let Some(source) = source {
        (source, None)
    } else {
        let TablePlan { config, resume } = first_plan(&mut lines).await?;
        (Source::Pools(Box::new(config)), resume)
    };
    let mut ticks = tokio::time::interval(options.interval);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut keeper = Keeper::start(source, known.map(|known| *known), options, emit)?;
    emit(&stamped("ready", json!({})))?;
    loop {
        tokio::select! {
            line = lines.recv() => {
                let Some(line) = line else { break };
                hear(&mut keeper, &line, emit)?;
                hear_waiting(&mut keeper, &mut lines, emit)?;
            }
            _ = ticks.tick() => {}
            _ = hangup.recv() => match reload() {
                Ok(source) => keeper.reload(source, emit)?,
                Err(error) => refuse(emit, error)?,
            },
            _ = stop.received() => break,
        }
        keeper.turn(emit)?;
    }
    keeper.finish(emit)
}

/// What waits is heard before the table is looked at: many changes make one turn.
fn hear_waiting(
    keeper: &mut Keeper,
    lines: &mut Receiver<String>,
    emit: &mut Emit<'_>,
) -> Result<()> {
    let waiting = lines.len();
    for line in std::iter::from_fn(|| lines.try_recv().ok()).take(waiting) {
        hear(keeper, &line, emit)?;
    }
    Ok(())
}

fn hear(keeper: &mut Keeper, line: &str, emit: &mut Emit<'_>) -> Result<()> {
    if line.trim().is_empty() {
        return Ok(());
    }
    match serde_json::from_str::<Control<TablePlan>>(line) {
        Ok(Control::Plan { plan } | Control::Reload { plan }) => {
            keeper.reload(Source::Pools(Box::new(plan.config)), emit)
        }
        Ok(Control::Ping { id }) => pong(emit, id),
        Ok(Control::Status { id }) => keeper.status(id, emit),
        Ok(Control::Event { event }) => check(keeper, &event, emit),
        Ok(Control::Command { .. } | Control::Track { .. }) => {
            refuse(emit, "ipvs takes plans, events, status and ping only")
        }
        Err(error) => match serde_json::from_str::<Line>(line) {
            Ok(event) => check(keeper, &event, emit),
            Err(_) => refuse(emit, error),
        },
    }
}

/// Events of other kinds are for others, and so are those of scripts that routers track.
fn check(keeper: &mut Keeper, event: &Line, emit: &mut Emit<'_>) -> Result<()> {
    if event.kind == "vrrp.transition" {
        keeper.transition(&event.data);
    }
    let is_tracked = event.data.get("tracked") == Some(&true.into());
    if is_tracked || !matches!(event.kind.as_str(), "check.transition" | "check.result") {
        return Ok(());
    }
    match serde_json::from_value::<CheckReport>(event.data.clone()) {
        Ok(report) => keeper.check(&report, emit),
        Err(error) => refuse(emit, format!("{}: {error}", event.kind)),
    }
}
