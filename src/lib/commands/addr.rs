//! `ha addr`: add or remove a virtual address.

use serde_json::json;

use super::address::{AddressArg, parse_address};
use crate::drivers::address::{self, Change};
use crate::error::Result;
use crate::exit::Exit;
use crate::io::netlink::Applied;
use crate::output::Printer;

/// Arguments of `ha addr`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    job: Job,
}

#[derive(Debug, clap::Subcommand)]
enum Job {
    /// Put an address on an interface; nothing to do when it is there.
    ///
    /// It gets the protocol tag 112, so that `ip -d addr` tells it from others, and skips
    /// duplicate address detection. It needs `CAP_NET_ADMIN`.
    #[command(after_help = "\
Example:
  ha addr add -i eth0 192.0.2.150/24 && ha announce -i eth0 192.0.2.150")]
    Add(Place),
    /// Take an address off an interface; nothing to do when it is not there.
    Del(Place),
}

#[derive(Debug, clap::Args)]
struct Place {
    /// The address with its prefix length; without one /32 or /128.
    #[arg(value_name = "ADDR/LEN", value_parser = parse_address)]
    address: AddressArg,

    /// The interface.
    #[arg(short, long, value_name = "IF")]
    interface: String,
}

/// Run the command.
///
/// # Errors
/// What could not be done, on what, why, and what to do.
pub fn execute(args: Args, printer: Printer) -> Result<Exit> {
    let (place, change) = match args.job {
        Job::Add(place) => (place, Change::Add),
        Job::Del(place) => (place, Change::Delete),
    };
    let AddressArg { address, prefix } = place.address;
    let interface = &place.interface;
    let applied = address::change(interface, &place.address.virtual_address(), change)?;
    let result = match (change, applied) {
        (Change::Add, Applied::Changed) => "added",
        (Change::Delete, Applied::Changed) => "deleted",
        (_, Applied::Unchanged) => "unchanged",
    };
    if printer.is_json() {
        printer.json_line(&json!({
            "address": address, "prefix": prefix, "interface": interface, "result": result,
        }))?;
    } else {
        printer.line(format!("{address}/{prefix} on {interface}: {result}"))?;
    }
    Ok(Exit::Success)
}
