//! `ha announce`: send gratuitous ARP or unsolicited neighbour advertisements.

use std::net::IpAddr;
use std::time::Duration;

use serde_json::json;

use crate::drivers::announce::{self, Announcement};
use crate::error::Result;
use crate::exit::Exit;
use crate::output::Printer;
use crate::time::parse_duration;

/// Arguments of `ha announce`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  ha announce -i eth0 192.0.2.150 2001:db8::5

It needs CAP_NET_RAW. The addresses need not be on the interface: make sure that they are yours.")]
pub struct Args {
    /// Addresses to announce: IPv4 by gratuitous ARP, IPv6 by neighbour advertisement.
    #[arg(value_name = "ADDR", required = true)]
    addresses: Vec<IpAddr>,

    /// The interface whose hardware address is announced.
    #[arg(short, long, value_name = "IF")]
    interface: String,

    /// Messages for each address.
    #[arg(long, value_name = "N", default_value_t = 5,
        value_parser = clap::value_parser!(u32).range(1..))]
    count: u32,

    /// Least time between two messages.
    #[arg(long, value_name = "TIME", default_value = "10ms", value_parser = parse_duration)]
    interval: Duration,
}

/// Run the command.
///
/// # Errors
/// What could not be done, on what, why, and what to do.
pub fn execute(args: Args, printer: Printer) -> Result<Exit> {
    let announcement = Announcement {
        interface: args.interface,
        addresses: args.addresses,
        count: args.count,
        interval: args.interval,
    };
    let done = announce::run(&announcement)?;
    let mac = done.mac.map(|byte| format!("{byte:02x}")).join(":");
    let Announcement { interface, addresses, .. } = &announcement;
    if printer.is_json() {
        printer.json_line(&json!({
            "interface": interface, "mac": mac, "addresses": addresses, "sent": done.sent,
        }))?;
    } else {
        let names: Vec<String> = addresses.iter().map(IpAddr::to_string).collect();
        let sent = done.sent;
        printer.line(format!("{} at {mac} on {interface}: {sent} sent", names.join(", ")))?;
    }
    Ok(Exit::Success)
}
