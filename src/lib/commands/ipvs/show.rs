//! `ha ipvs show` and `ha ipvs export`.

use crate::engine::ipvs::{contents_of, save};
use crate::error::Result;
use crate::exit::Exit;
use crate::io::ipvs::Ipvs;
use crate::output::Printer;
use crate::output::ipvs::{self, Columns};

/// Arguments of `ha ipvs show`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  ha ipvs show
  ha ipvs show --json | jq '.services[].destinations[] | select(.weight == 0) | .address'
  ha ipvs show --json >before.json; …; ha ipvs apply --prune before.json")]
pub(super) struct ShowArgs {
    /// Counters since the start of each service and destination.
    #[arg(long, conflicts_with = "rate")]
    stats: bool,

    /// What it is each second.
    #[arg(long)]
    rate: bool,
}

pub(super) fn show(args: ShowArgs, printer: Printer) -> Result<Exit> {
    let services = Ipvs::connect()?.read()?;
    if printer.is_json() {
        printer.document(&ipvs::document(&services))?;
        return Ok(Exit::Success);
    }
    let columns = match (args.stats, args.rate) {
        (true, _) => Columns::Statistics,
        (_, true) => Columns::Rates,
        _ => Columns::Table,
    };
    printer.line(ipvs::table(&services, columns))?;
    Ok(Exit::Success)
}

pub(super) fn export(printer: Printer) -> Result<Exit> {
    let contents = contents_of(&Ipvs::connect()?.read()?);
    if printer.is_json() {
        printer.document(&contents)?;
    } else {
        printer.bytes(save::write(&contents).as_bytes())?;
    }
    Ok(Exit::Success)
}
