//! `ha ipvs show` and `ha ipvs export`.

use crate::engine::ipvs::{contents_of, save};
use crate::error::Result;
use crate::exit::Exit;
use crate::io::ipvs::{Ipvs, connections};
use crate::output::Printer;
use crate::output::ipvs::{self, Columns};

/// Arguments of `ha ipvs show`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  ha ipvs show
  ha ipvs show --json | jq '.services[].destinations[] | select(.weight == 0) | .address'
  ha ipvs show --connections --json | jq -r '.connections[] | select(.state == \"SYN_RECV\").client.address'
  ha ipvs show --json >before.json; …; ha ipvs apply --prune before.json")]
pub(super) struct ShowArgs {
    /// Counters since the start of each service and destination.
    #[arg(long, conflicts_with = "rate")]
    stats: bool,

    /// What it is each second.
    #[arg(long)]
    rate: bool,

    /// The connections that the kernel remembers, instead of services; takes no privilege.
    #[arg(long, conflicts_with_all = ["stats", "rate"])]
    connections: bool,
}

pub(super) fn show(args: ShowArgs, printer: Printer) -> Result<Exit> {
    if args.connections {
        let all = connections()?;
        if printer.is_json() {
            printer.document(&ipvs::connection_document(&all))?;
        } else {
            printer.line(ipvs::connections(&all))?;
        }
        return Ok(Exit::Success);
    }
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
