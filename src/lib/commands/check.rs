//! `ha check`: probe one thing: exit 0 healthy, 1 not.

use std::net::IpAddr;
use std::num::NonZeroU16;
use std::time::Duration;

use caps::Capability;

use super::model::{self, ConfigArgs};
use crate::drivers::check::{self, Options, Question};
use crate::engine::check::{CheckPlan, CommandLine, Health, ProbeConfig, ScriptConfig};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::io::capabilities;
use crate::io::probe::icmp::Icmp;
use crate::io::probe::tcp::Tcp;
use crate::io::probe::{Families, Path, privilege};
use crate::io::process::Output;
use crate::output::{EventStream, Printer, log};
use crate::time::parse_duration;

/// How long the last lines may take to be read.
const PATIENCE: Duration = Duration::from_secs(1);

const EXAMPLES: &str = "\
Examples:
  ha check tcp 192.0.2.10:80 && echo answers
  ha check icmp 192.0.2.1 --timeout 200ms || echo the gateway is silent
  ha check tcp '[2001:db8::10]:443' --watch --interval 500ms --fall 3
  ha check script --watch --interval 2s -- /usr/local/bin/check_nginx --quick
  ha check tcp 192.0.2.10:80 --count 5 --json | jq -c .

The answer is the exit code: 0 healthy; 1 not; 4 a privilege is missing; 5 it could not be found
out from here. With --watch a line is written when the verdict changes, and the exit code is that
of the last verdict.

Anybody may check tcp and script. icmp takes a group within net.ipv4.ping_group_range or
CAP_NET_RAW, --fwmark takes CAP_NET_ADMIN, and scripts of other users take CAP_SETUID and CAP_SETGID.";

/// Arguments of `ha check`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(subcommand)]
    probe: Probe,
}

#[derive(Debug, clap::Subcommand)]
enum Probe {
    /// Does a TCP port accept connections?
    #[command(after_help = "\
Examples:
  ha check tcp 192.0.2.10:80 && echo answers
  ha check tcp web.example:443 --watch --rise 2 --fall 3")]
    Tcp(TcpArgs),
    /// Does a host answer an ICMP echo request (ping)?
    #[command(after_help = "\
Example:
  ha check icmp 192.0.2.1 --timeout 200ms || echo the gateway is silent")]
    Icmp(IcmpArgs),
    /// Does a command exit with status 0?
    #[command(after_help = "\
Examples:
  ha check script -- /usr/local/bin/check_nginx --quick
  ha check script --watch --interval 2s -- pidof nginx")]
    Script(ScriptArgs),
    /// Run all tracked scripts of a configuration, or those of a plan on stdin.
    Run(RunArgs),
}

/// How often, and what a row of results means.
#[derive(Debug, clap::Args)]
struct Repeat {
    /// Repeat until stopped, and write a line each time the verdict changes.
    #[arg(long)]
    watch: bool,

    /// Repeat this many times (implies --watch) and sum up at the end.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,

    /// Time from one start to the next.
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = positive_duration)]
    interval: Duration,

    /// Good results in a row that it takes to come up again; the first result of all counts at
    /// once.
    #[arg(long, value_name = "N", default_value_t = 1)]
    rise: u32,

    /// Bad results in a row that it takes to go down; the first result of all counts at once.
    #[arg(long, value_name = "N", default_value_t = 1)]
    fall: u32,

    /// Write every result, not only changes; show the output of scripts on stderr.
    #[arg(long, short)]
    verbose: bool,
}

impl Repeat {
    const fn is_wanted(&self) -> bool {
        self.watch || self.count.is_some()
    }

    const fn config(&self) -> ProbeConfig {
        ProbeConfig { interval: self.interval, rise: self.rise, fall: self.fall, count: self.count }
    }
}

/// Which way the packets go.
#[derive(Debug, clap::Args)]
struct PathArgs {
    /// Source address [default: the one that the routes choose].
    #[arg(long, value_name = "ADDRESS")]
    source: Option<IpAddr>,

    /// Interface to leave by [default: the one that the routes choose].
    #[arg(long, value_name = "IF")]
    interface: Option<String>,

    /// Firewall mark of the packets, for rules and routes that look at it.
    #[arg(long, value_name = "N")]
    fwmark: Option<u32>,

    /// Only IPv4 addresses of a name.
    #[arg(short = '4', conflicts_with = "ipv6")]
    ipv4: bool,

    /// Only IPv6 addresses of a name.
    #[arg(short = '6')]
    ipv6: bool,
}

impl PathArgs {
    fn families(&self) -> Families {
        match (self.ipv4, self.ipv6) {
            (true, _) => Families::Ipv4,
            (_, true) => Families::Ipv6,
            _ => Families::Any,
        }
    }

    /// What the packets take: a mark is the administrator's; an interface was, before Linux 5.7.
    fn capabilities(&self) -> Vec<Capability> {
        let mark = self.fwmark.map(|_| Capability::CAP_NET_ADMIN);
        let interface = self.interface.as_ref().map(|_| Capability::CAP_NET_RAW);
        mark.into_iter().chain(interface).collect()
    }

    fn path(self) -> Path {
        Path { source: self.source, interface: self.interface, mark: self.fwmark }
    }
}

#[derive(Debug, clap::Args)]
struct TcpArgs {
    /// Address or name, and port; an IPv6 address in brackets.
    #[arg(value_name = "HOST:PORT", value_parser = host_and_port)]
    target: (String, u16),

    /// Longest wait for the connection.
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = positive_duration)]
    timeout: Duration,

    #[command(flatten)]
    path: PathArgs,

    #[command(flatten)]
    repeat: Repeat,
}

#[derive(Debug, clap::Args)]
struct IcmpArgs {
    /// Address or name; of a name with several addresses the first counts.
    #[arg(value_name = "HOST")]
    host: String,

    /// Longest wait for the reply.
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = positive_duration)]
    timeout: Duration,

    #[command(flatten)]
    path: PathArgs,

    #[command(flatten)]
    repeat: Repeat,
}

#[derive(Debug, clap::Args)]
struct ScriptArgs {
    /// Longest run; then it gets SIGTERM, and SIGKILL two seconds later [default: 5s, or --interval
    /// when repeating].
    #[arg(long, value_name = "TIME", value_parser = positive_duration)]
    timeout: Option<Duration>,

    #[command(flatten)]
    repeat: Repeat,

    /// The command and its arguments; no shell is involved.
    #[arg(value_name = "COMMAND", required = true, last = true)]
    command: Vec<String>,
}

#[derive(Debug, clap::Args)]
struct RunArgs {
    /// Take the plan, and control lines after it, from stdin.
    #[arg(long, value_name = "-", value_parser = ["-"], required_unless_present = "file",
        conflicts_with = "file")]
    plan: Option<String>,

    #[command(flatten)]
    config: ConfigArgs,

    /// Write every result, not only changes; show the output of scripts on stderr.
    #[arg(long, short)]
    verbose: bool,
}

/// Run the command.
///
/// # Errors
/// What could not be done, on what, why, and what to do.
pub fn execute(args: Args, printer: Printer) -> Result<Exit> {
    match args.probe {
        Probe::Tcp(args) => {
            let (host, port) = args.target;
            let families = args.path.families();
            let timeout = args.timeout;
            capabilities::confine(&args.path.capabilities())?;
            let tcp = Tcp { host, port, families, path: args.path.path(), timeout };
            privilege::demand_path(&tcp.path)?;
            probe(&Question::Tcp(tcp), &args.repeat, printer)
        }
        Probe::Icmp(args) => {
            let families = args.path.families();
            let (host, timeout) = (args.host, args.timeout);
            let mut kept = args.path.capabilities();
            kept.push(Capability::CAP_NET_RAW);
            capabilities::confine(&kept)?;
            let icmp = Icmp { host, families, path: args.path.path(), timeout };
            privilege::demand_icmp()?;
            privilege::demand_path(&icmp.path)?;
            probe(&Question::Icmp(icmp), &args.repeat, printer)
        }
        Probe::Script(args) => script(args, printer),
        Probe::Run(args) => run(args, printer),
    }
}

fn probe(question: &Question, repeat: &Repeat, printer: Printer) -> Result<Exit> {
    let health = if repeat.is_wanted() {
        let mut emit = |line: &_| printer.event(line);
        check::watch(question, repeat.config(), repeat.verbose, &mut emit)?
    } else {
        check::ask(question, &mut |line| printer.answer(line))?
    };
    Ok(exit_of(health))
}

fn script(args: ScriptArgs, printer: Printer) -> Result<Exit> {
    let repeat = &args.repeat;
    let once = !repeat.is_wanted();
    let single = Duration::from_secs(5);
    let config = ScriptConfig {
        name: args.command.join(" "),
        command: CommandLine { argv: args.command, identity: None },
        interval: if once { Duration::from_secs(86_400) } else { repeat.interval },
        timeout: args.timeout.unwrap_or(if once { single } else { repeat.interval }),
        rise: repeat.rise,
        fall: repeat.fall,
        init_fail: false,
    };
    let options = Options {
        results: once || repeat.verbose,
        transitions: !once,
        statistics: !once,
        output: output_of(repeat.verbose),
        count: if once { Some(1) } else { repeat.count },
    };
    let plan = CheckPlan { scripts: vec![config] };
    let mut emit = |line: &_| if once { printer.answer(line) } else { printer.event(line) };
    let scripts = check::run(Some(plan), options, &mut emit)?;
    Ok(exit_of(scripts.first().map_or(Health::Unknown, |script| script.health)))
}

fn run(args: RunArgs, printer: Printer) -> Result<Exit> {
    let plan = match args.config.file {
        Some(file) => Some(scripts_of(&file, args.config.config_id)?),
        None => None,
    };
    let options = Options {
        results: args.verbose,
        transitions: true,
        statistics: false,
        output: output_of(args.verbose),
        count: None,
    };
    capabilities::keep_beside_scripts(&capabilities::FOR_SCRIPTS)?;
    log::never_wait()?;
    let events = EventStream::start(printer)?;
    let ended = check::run(plan, options, &mut |line| {
        events.emit(line.clone());
        Ok(())
    });
    events.flush(PATIENCE);
    ended.map(|_| Exit::Success)
}

/// The scripts that `file` has something track.
fn scripts_of(file: &std::path::Path, config_id: Option<String>) -> Result<CheckPlan> {
    let scripts = model::read(file, config_id)?.scripts;
    if scripts.is_empty() {
        let target = file.display().to_string();
        return Err(Error::new("run the checks of", target, "nothing in it tracks a script")
            .remedy("name a vrrp_script in the track_script of an instance or group")
            .exit(Exit::Invalid));
    }
    Ok(CheckPlan { scripts })
}

const fn output_of(verbose: bool) -> Output {
    if verbose { Output::Stderr } else { Output::Discard }
}

/// Healthy, not, or not to be told from here.
const fn exit_of(health: Health) -> Exit {
    match health {
        Health::Up => Exit::Success,
        Health::Down => Exit::No,
        Health::Unknown => Exit::System,
    }
}

fn positive_duration(text: &str) -> std::result::Result<Duration, String> {
    match parse_duration(text)? {
        Duration::ZERO => Err("must be more than zero".into()),
        duration => Ok(duration),
    }
}

fn host_and_port(text: &str) -> std::result::Result<(String, u16), String> {
    let wrong = || format!("`{text}` is not HOST:PORT; write an IPv6 address as [ADDRESS]:PORT");
    let (host, port) = text.rsplit_once(':').ok_or_else(wrong)?;
    let host = match host.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']').ok_or_else(wrong)?,
        None if host.is_empty() || host.contains(':') => return Err(wrong()),
        None => host,
    };
    let port: NonZeroU16 = port.parse().map_err(|_| format!("`{port}` is no port: 1 to 65535"))?;
    Ok((host.to_owned(), port.get()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_and_port_may_be_a_name_or_an_address_of_either_family() {
        for (text, host, port) in [
            ("192.0.2.1:80", "192.0.2.1", 80),
            ("[2001:db8::1]:443", "2001:db8::1", 443),
            ("web.example:1", "web.example", 1),
        ] {
            assert_eq!(host_and_port(text), Ok((host.to_owned(), port)));
        }
        for text in ["web", ":80", "web:0", "web:65536", "2001:db8::1:80", "[::1:80", "web:"] {
            assert!(host_and_port(text).is_err(), "{text}");
        }
    }
}
