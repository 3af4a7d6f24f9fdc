//! `ha lab`: try a configuration on this machine: namespaces, real traffic, real faults.

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::Duration;

use crate::drivers::config_loader::SystemLoader;
use crate::drivers::lab::{self, Request, Source};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::io::clock::{now, wall_nanos};
use crate::io::netns::sandbox::{self, Side};
use crate::output::Printer;
use crate::output::event::lab::{Daemon, Fault};
use crate::output::lab::Timeline;

const HELP: &str = "\
Examples:
  ha lab                                        the embedded example, every fault once
  ha lab -f /etc/keepalived/keepalived.conf     your configuration on two hosts
  ha lab -f lb1.conf -f lb2.conf --fault kill --rounds 10
  ha lab --advert 100ms --daemon ha,keepalived  one of each
  ha lab --json | jq -c 'select(.type == \"lab.outcome\").data | {fault, outage_us}'

Builds hosts and a client in network namespaces joined by a bridge, runs the real daemon on each
host, lets the client ask the virtual address every millisecond, injects faults into the host that
holds it, and reports how long the client was without answer beside what the protocol allows.
Without a file it shows an embedded example. Nothing is left behind, however it ends. It needs root,
or a kernel that allows user namespaces.

A single file serves all hosts: the others get `state BACKUP` and a priority lower by 10 for each
host. Host N is called nodeN, which is also its configuration id (-i).

Exit codes: 0 every fault ended as the protocol says; 1 some did not; 3 the configuration is invalid
or has nothing to probe; 4 there is neither root nor a user namespace; 5 the system refused.";

/// Arguments of `ha lab`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = HELP)]
pub struct Args {
    /// The configuration: given once for all hosts, or once for each.
    #[arg(short = 'f', long = "use-file", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// How many hosts, 2 to 9 [default: as many as there are files, at least 2].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(2..=9))]
    nodes: Option<u8>,
    /// What to try; may be repeated [default: everything that makes sense for the configuration].
    #[arg(long = "fault", value_name = "FAULT")]
    faults: Vec<Fault>,
    /// How often to try each fault, 1 to 1000.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 1,
        value_parser = clap::value_parser!(u32).range(1..=1000)
    )]
    rounds: u32,
    /// What runs on the hosts: one for all, or one for each, separated by commas.
    #[arg(long, value_name = "DAEMON", value_delimiter = ',', default_value = "ha")]
    daemon: Vec<Daemon>,
    /// Advertisement interval of the embedded example: whole seconds, or steps of 10 ms.
    #[arg(
        long,
        value_name = "TIME",
        default_value = "1s",
        value_parser = advert,
        conflicts_with = "files"
    )]
    advert: Duration,
    /// The virtual address to probe [default: the first one of the configuration].
    #[arg(long, value_name = "ADDRESS")]
    address: Option<Ipv4Addr>,
}

/// Run the command.
///
/// # Errors
/// What could not be done, on what, why, and what to do.
pub fn execute(args: Args, printer: Printer) -> Result<Exit> {
    let plan = lab::prepare(&request(args)?, &SystemLoader)?;
    match sandbox::enter()? {
        Side::Ended(code) => Ok(Exit::from_code(code)),
        Side::Inside => {
            let mut timeline = Timeline::new(printer, now(), wall_nanos());
            let rows = lab::run(plan, &mut |at, event| timeline.write(at, &event))?;
            let all = rows.iter().all(|row| row.as_expected == row.rounds);
            Ok(if all { Exit::Success } else { Exit::No })
        }
    }
}

fn request(args: Args) -> Result<Request> {
    let count = args.files.len();
    let nodes = args.nodes.unwrap_or(u8::try_from(count).unwrap_or(u8::MAX).max(2));
    fits("-f", count, nodes)?;
    fits("--daemon", args.daemon.len(), nodes)?;
    let source = if args.files.is_empty() {
        Source::Example(args.advert)
    } else {
        Source::Files(args.files.iter().map(|file| absolute(file)).collect::<Result<_>>()?)
    };
    Ok(Request {
        source,
        nodes,
        daemons: args.daemon,
        faults: args.faults,
        rounds: args.rounds,
        address: args.address,
    })
}

/// Some things are given once, or once for each host.
fn fits(option: &str, given: usize, nodes: u8) -> Result<()> {
    if given <= 1 || given == usize::from(nodes) {
        return Ok(());
    }
    let cause = format!("{given} given for {nodes} hosts; give one, or one for each");
    Err(Error::new("use", option, cause).exit(Exit::Usage))
}

/// The daemons run elsewhere, so a relative path would mean something else to them.
fn absolute(file: &std::path::Path) -> Result<PathBuf> {
    file.canonicalize().map_err(|e| {
        Error::new("read configuration", file.display().to_string(), e).exit(Exit::Invalid)
    })
}

/// `1s`, `100ms`; whole seconds up to 255, or steps of 10 ms up to 40.95 s.
fn advert(text: &str) -> std::result::Result<Duration, String> {
    let (digits, unit) = match (text.strip_suffix("ms"), text.strip_suffix('s')) {
        (Some(digits), _) => (digits, 1),
        (None, Some(digits)) => (digits, 1_000),
        (None, None) => return Err("give a unit: 1s, 100ms".into()),
    };
    let number: u64 = digits.parse().map_err(|_| "give a whole number: 1s, 100ms".to_owned())?;
    let millis = number.saturating_mul(unit);
    match millis {
        1_000..=255_000 if millis % 1_000 == 0 => Ok(Duration::from_millis(millis)),
        10..=40_950 if millis % 10 == 0 => Ok(Duration::from_millis(millis)),
        _ => Err("whole seconds up to 255s, or steps of 10ms up to 40950ms".into()),
    }
}
