//! `ha sniff`: decode VRRP live or from a capture, with a verdict for each packet; who is master and
//! why; what is wrong with a segment.

use std::path::PathBuf;
use std::time::Duration;

use crate::drivers::capture::{self, Audience, Options, Shown, Source};
use crate::engine::sniff::{Event, Observer, Seen, Totals};
use crate::engine::vrrp::receive::Rules;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::io::capture_file::{Form, Target};
use crate::output::{Printer, sniff};
use crate::time::parse_duration;

/// Arguments of `ha sniff`.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
#[command(after_help = "\
Examples:
  ha sniff -i eth0
  ha sniff -i eth0 --json | jq -r '.data | \"\\(.source) \\(.vrid) \\(.priority)\"'
  ha sniff -i eth0 --json --for 10s | jq -r '.data | select(.verdict != \"accepted\").source'
  ha sniff -i any -w segment.pcapng --for 1m
  ha sniff -r capture.pcap --summary
  ha sniff -r capture.pcap --as rfc9568
  ha sniff -r capture.pcap --findings
  ssh router tcpdump -U -w - vrrp | ha sniff -r -

Each advert is shown with the verdict of the receive checks that need no configuration: ok, BAD
and why, or ?? when the capture kept too little of it. With --json it is `accepted`, or the check
that failed: length, ttl, version, type, checksum, interval_zero, address_count, auth_type,
ip_header; malformed when its IP header cannot be read; truncated when the capture cut it.
--findings tells between the packets who became master and why (->) and what is wrong (!): two
masters at once, two clusters on one VRID, settings that differ, a wrong TTL or checksum, late or
missing adverts, flapping, a takeover beyond its limit, an address announced by who is not master,
a master that announces nothing or is silent, hardware addresses that move, forged or replayed
adverts. A finding is told once for each party.
A name that ends in .pcap gets pcap, any other pcapng, where each packet has its verdict as comment.
Times are UTC. A summary goes to stderr at the end. Listening needs CAP_NET_RAW; reading does not.
Passwords are never shown.
Exit codes: 0 done; 1 an advert failed a check, with --fail-on-invalid, or something is wrong, with
--fail-on-finding; 3 the capture cannot be
read; 4 a privilege is missing; 5 the system refused.")]
pub struct Args {
    #[command(subcommand)]
    job: Option<Job>,

    #[command(flatten)]
    sniff: SniffArgs,
}

#[derive(Debug, clap::Subcommand)]
enum Job {
    /// Tell who becomes master and what is wrong, and nothing else: exit 1 when something was.
    Watch(WatchArgs),
    /// Take a census: every virtual router of the segment, and the VRIDs that nobody uses.
    Vrids(VridsArgs),
}

/// Arguments of `ha sniff watch`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  ha sniff watch -i eth0 --json
  ha sniff watch -i eth0 --for 10s || echo something is wrong
  ha sniff watch -r capture.pcap

Exit codes: 0 nothing is wrong; 1 something is; 3 the capture cannot be read; 4 a privilege is
missing; 5 the system refused.")]
struct WatchArgs {
    #[command(flatten)]
    source: SourceArgs,

    /// Stop after this time: 500ms, 10s, 5m.
    #[arg(long = "for", value_name = "TIME", value_parser = parse_duration)]
    duration: Option<Duration>,

    /// Whose receive checks count.
    #[arg(long = "as", value_name = "RULES", value_enum, default_value_t)]
    rules: RulesArg,
}

/// Arguments of `ha sniff vrids`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  ha sniff vrids -i eth0
  ha sniff vrids -r capture.pcap --json | jq .free

Exit codes: 0 done; 3 the capture cannot be read; 4 a privilege is missing; 5 the system refused.")]
struct VridsArgs {
    #[command(flatten)]
    source: SourceArgs,

    /// How long to listen on interfaces; a master with a longer interval is not heard.
    #[arg(long = "for", value_name = "TIME", default_value = "10s", value_parser = parse_duration)]
    duration: Duration,
}

/// Arguments without a subcommand.
#[derive(Debug, clap::Args)]
struct SniffArgs {
    #[command(flatten)]
    source: SourceArgs,

    /// Write the packets shown into a capture as well; `-` for stdout, which then has nothing else.
    #[arg(short, long, value_name = "FILE")]
    write: Option<PathBuf>,

    /// How to write it [default: pcap when FILE ends in .pcap, else pcapng].
    #[arg(long, value_name = "FORMAT", requires = "write")]
    write_format: Option<WriteFormat>,

    /// Whose receive checks count.
    #[arg(long = "as", value_name = "RULES", value_enum, default_value_t)]
    rules: RulesArg,

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

    /// Tell who becomes master and what is wrong, between the packets.
    #[arg(long)]
    findings: bool,

    /// Exit with 1 when an advert failed a check.
    #[arg(long)]
    fail_on_invalid: bool,

    /// Exit with 1 when something is wrong; see --findings.
    #[arg(long)]
    fail_on_finding: bool,
}

/// How a capture is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum WriteFormat {
    /// Every program reads it; packets of one kind of link.
    Pcap,
    /// Packets of all interfaces, each with its verdict.
    Pcapng,
}

/// Whose receive checks count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum RulesArg {
    /// keepalived's, and ours: both versions, every checksum that is in use.
    #[default]
    Keepalived,
    /// RFC 9568 by the letter: version 3, over IPv4 without a pseudo header.
    Rfc9568,
    /// RFC 3768 by the letter: version 2, without authentication.
    Rfc3768,
}

impl From<RulesArg> for Rules {
    fn from(rules: RulesArg) -> Self {
        match rules {
            RulesArg::Keepalived => Self::Keepalived,
            RulesArg::Rfc9568 => Self::Rfc9568,
            RulesArg::Rfc3768 => Self::Rfc3768,
        }
    }
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

impl SniffArgs {
    fn target(&self) -> Option<(Target, Form)> {
        let path = self.write.as_ref()?;
        let is_pcap = path.extension().is_some_and(|end| end == "pcap");
        let form = match self.write_format {
            Some(WriteFormat::Pcap) => Form::Pcap,
            None if is_pcap => Form::Pcap,
            _ => Form::Pcapng,
        };
        let target =
            if path.as_os_str() == "-" { Target::Stdout } else { Target::File(path.clone()) };
        Some((target, form))
    }
}

/// Run the command.
///
/// # Errors
/// What could not be done, on what, why, and what to do.
pub fn execute(args: Args, printer: Printer) -> Result<Exit> {
    match args.job {
        None => sniff_packets(&args.sniff, printer),
        Some(Job::Watch(args)) => watch(&args, printer),
        Some(Job::Vrids(args)) => vrids(&args, printer),
    }
}

fn sniff_packets(args: &SniffArgs, printer: Printer) -> Result<Exit> {
    let write = args.target();
    let piped = matches!(write, Some((Target::Stdout, _)));
    let options = Options {
        rules: args.rules.into(),
        count: args.count,
        duration: args.duration,
        write,
        announcements: args.announcements || !printer.is_json(),
    };
    let silent = args.summary || piped;
    let mut screen = Screen::new(printer, !silent, args.findings && !silent);
    let outcome = capture::run(args.source.source(), options, &mut screen)?;
    let (observer, dropped) = (&outcome.observer, outcome.dropped);
    let totals = observer.totals();
    if let Some(error) = outcome.failure {
        if *totals != Totals::default() {
            printer.note(sniff::summary(observer, dropped));
        }
        return Err(error);
    }
    match (args.summary && !piped, printer.is_json()) {
        (true, true) => printer.document(&sniff::summary_json(observer, dropped))?,
        (true, false) => printer.line(sniff::summary(observer, dropped))?,
        (false, _) => printer.note(sniff::summary(observer, dropped)),
    }
    let invalid = args.fail_on_invalid && totals.invalid + totals.malformed > 0;
    let wrong = args.fail_on_finding && totals.findings > 0;
    Ok(if invalid || wrong { Exit::No } else { Exit::Success })
}

fn watch(args: &WatchArgs, printer: Printer) -> Result<Exit> {
    let (rules, duration) = (args.rules.into(), args.duration);
    let options = Options { rules, duration, ..Options::default() };
    let mut screen = Screen::new(printer, false, true);
    let outcome = capture::run(args.source.source(), options, &mut screen)?;
    let findings = outcome.observer.totals().findings;
    match outcome.failure {
        Some(error) => Err(error),
        None => Ok(if findings > 0 { Exit::No } else { Exit::Success }),
    }
}

fn vrids(args: &VridsArgs, printer: Printer) -> Result<Exit> {
    let source = args.source.source();
    let live = matches!(source, Source::Interfaces(_));
    let options = Options { duration: live.then_some(args.duration), ..Options::default() };
    let mut screen = Screen::new(printer, false, false);
    let outcome = capture::run(source, options, &mut screen)?;
    if let Some(error) = outcome.failure {
        return Err(error);
    }
    if printer.is_json() {
        printer.document(&sniff::census_json(&outcome.observer))?;
    } else {
        printer.line(sniff::census(&outcome.observer))?;
    }
    Ok(Exit::Success)
}

/// Text that is written at once when it has grown to this.
const ENOUGH: usize = 64 << 10;

/// Shows what is seen on stdout, as much at once as comes at once.
struct Screen {
    printer: Printer,
    packets: bool,
    events: bool,
    text: String,
    comment: String,
}

impl Screen {
    const fn new(printer: Printer, packets: bool, events: bool) -> Self {
        Self { printer, packets, events, text: String::new(), comment: String::new() }
    }

    fn end_line(&mut self) -> Result<()> {
        self.text.push('\n');
        if self.text.len() > ENOUGH { self.pause() } else { Ok(()) }
    }
}

fn unwritten(cause: serde_json::Error) -> Error {
    Error::new("write JSON", "stdout", cause)
}

impl Audience for Screen {
    fn packet(&mut self, shown: &Shown<'_>) -> Result<()> {
        if !self.packets {
            return Ok(());
        }
        let Shown { unix_nanos, interface, seen } = *shown;
        if self.printer.is_json() {
            sniff::put_json(&mut self.text, unix_nanos, interface, seen).map_err(unwritten)?;
        } else {
            sniff::put_line(&mut self.text, unix_nanos, interface, seen);
        }
        self.end_line()
    }

    fn event(&mut self, observer: &Observer, event: &Event) -> Result<()> {
        if !self.events {
            return Ok(());
        }
        if self.printer.is_json() {
            let line = sniff::event_line(observer, event);
            self.text.push_str(&serde_json::to_string(&line).map_err(unwritten)?);
        } else {
            sniff::put_event(&mut self.text, observer, event);
        }
        self.end_line()
    }

    fn pause(&mut self) -> Result<()> {
        if !self.text.is_empty() {
            self.printer.bytes(self.text.as_bytes())?;
            self.text.clear();
        }
        Ok(())
    }

    fn comment(&mut self, seen: &Seen<'_>) -> &str {
        self.comment.clear();
        sniff::put_comment(&mut self.comment, seen);
        &self.comment
    }
}
