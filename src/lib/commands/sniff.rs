//! `ha sniff`: decode VRRP live or from a capture, with a verdict for each packet.

use std::path::PathBuf;
use std::time::Duration;

use crate::drivers::capture::{self, Options, Shown, Source};
use crate::engine::observe::Totals;
use crate::error::Result;
use crate::exit::Exit;
use crate::output::{Printer, sniff};
use crate::time::parse_duration;

/// Arguments of `ha sniff`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  ha sniff -i eth0
  ha sniff -i eth0 --json | jq -r '.data | \"\\(.source) \\(.vrid) \\(.priority)\"'
  ha sniff -i eth0 --json --for 10s | jq -r '.data | select(.verdict != \"accepted\").source'
  ha sniff -i any -w segment.pcap --for 1m
  ha sniff -r capture.pcap --summary
  ssh router tcpdump -U -w - vrrp | ha sniff -r -

Each advert is shown with the verdict of the receive checks that need no configuration: ok, or
BAD and why. With --json it is `accepted`, or the check that failed: length, ttl, version, type,
checksum, interval_zero, address_count, ip_header; malformed when its IP header cannot be read.
Times are UTC. A summary goes to stderr at the end. Listening needs CAP_NET_RAW; reading does not.
Passwords are never shown.
Exit codes: 0 done; 1 an advert failed a check, with --fail-on-invalid; 3 the capture cannot be
read; 4 a privilege is missing; 5 the system refused.")]
pub struct Args {
    #[command(flatten)]
    source: SourceArgs,

    /// Write the packets shown into a pcap file as well.
    #[arg(short, long, value_name = "FILE")]
    write: Option<PathBuf>,

    /// Stop after this many packets shown.
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,

    /// Stop after this time: 500ms, 10s, 5m.
    #[arg(long = "for", value_name = "TIME", value_parser = parse_duration)]
    duration: Option<Duration>,

    /// With --json, show gratuitous ARP and neighbour advertisements of virtual addresses too.
    #[arg(long)]
    announcements: bool,

    /// Show no packets, only the summary, on stdout.
    #[arg(long)]
    summary: bool,

    /// Exit with 1 when an advert failed a check.
    #[arg(long)]
    fail_on_invalid: bool,
}

/// Where packets come from: one of the two.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct SourceArgs {
    /// Listen on these interfaces; `any` for all of them.
    #[arg(short, long, value_name = "IF", num_args = 1..)]
    interface: Vec<String>,

    /// Read a capture instead, in pcap or pcapng format; `-` for stdin.
    #[arg(short, long, value_name = "FILE")]
    read: Option<PathBuf>,
}

impl SourceArgs {
    fn source(&self) -> Source {
        match &self.read {
            Some(path) if path.as_os_str() == "-" => Source::Stdin,
            Some(path) => Source::File(path.clone()),
            None => {
                let named = |name: &String| (name != "any").then(|| name.clone());
                Source::Interfaces(self.interface.iter().map(named).collect())
            }
        }
    }
}

/// Run the command.
///
/// # Errors
/// What could not be done, on what, why, and what to do.
pub fn execute(args: Args, printer: Printer) -> Result<Exit> {
    let options = Options {
        count: args.count,
        duration: args.duration,
        write: args.write.clone(),
        announcements: args.announcements || !printer.is_json(),
    };
    let outcome = capture::run(args.source.source(), options, &mut |packet| {
        if args.summary { Ok(()) } else { show(packet, printer) }
    })?;
    let (observer, dropped) = (&outcome.observer, outcome.dropped);
    let totals = observer.totals();
    if let Some(error) = outcome.failure {
        if *totals != Totals::default() {
            printer.note(sniff::summary(observer, dropped));
        }
        return Err(error);
    }
    match (args.summary, printer.is_json()) {
        (true, true) => printer.document(&sniff::summary_json(observer, dropped))?,
        (true, false) => printer.line(sniff::summary(observer, dropped))?,
        (false, _) => printer.note(sniff::summary(observer, dropped)),
    }
    let invalid = totals.invalid + totals.malformed > 0;
    Ok(if args.fail_on_invalid && invalid { Exit::No } else { Exit::Success })
}

fn show(packet: &Shown<'_>, printer: Printer) -> Result<()> {
    let Shown { unix_nanos, interface, seen } = *packet;
    if printer.is_json() {
        printer.json_line(&sniff::json(unix_nanos, interface, seen))
    } else {
        printer.line(sniff::line(unix_nanos, interface, seen))
    }
}
