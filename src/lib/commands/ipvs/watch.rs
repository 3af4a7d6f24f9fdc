//! `ha ipvs watch`.

use std::time::Duration;

use super::interval;
use crate::drivers::ipvs::{self, Watch};
use crate::engine::ipvs::ServiceId;
use crate::error::Result;
use crate::exit::Exit;
use crate::output::Printer;

/// Arguments of `ha ipvs watch`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  ha ipvs watch
  ha ipvs watch --counters --only tcp/192.0.2.10:80 --json | jq -c .data

What came and went between two looks is not seen.")]
pub(super) struct WatchArgs {
    /// From one look to the next.
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = interval)]
    interval: Duration,

    /// End after this many looks.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,

    /// What went through each service since the look before, too.
    #[arg(long)]
    counters: bool,

    /// Only this service, such as tcp/192.0.2.1:80 or fwmark/7. May be repeated.
    #[arg(long, value_name = "SERVICE")]
    only: Vec<ServiceId>,
}

pub(super) fn watch(args: WatchArgs, printer: Printer) -> Result<Exit> {
    let only = (!args.only.is_empty()).then(|| args.only.into_iter().collect());
    let WatchArgs { interval, count, counters, .. } = args;
    let watch = Watch { interval, count, counters, only };
    ipvs::watch(&watch, &mut |line| printer.event(line))?;
    Ok(Exit::Success)
}
