//! One file for each subcommand: its arguments, resolved; then a call to a driver, or a print.
//! Thin: no decisions, no sockets, no loops.

pub mod addr;
pub mod address;
pub mod announce;
pub mod check;
mod composition;
pub mod config;
pub mod ctl;
pub mod ipvs;
mod keepalived;
pub mod lab;
mod late;
mod manual;
mod model;
pub mod notify;
pub mod run;
pub mod sim;
pub mod sniff;
pub mod status;
pub mod vrrp;

use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use late::Late;

use crate::error::Result;
use crate::exit::Exit;
use crate::io::signals;
use crate::output::{Printer, log};

/// How long the last log lines may take to be read.
const LAST_LINES: Duration = Duration::from_secs(1);

/// High availability for Linux as composable commands: virtual addresses that survive their host,
/// health checks, notifications. Reads an unchanged keepalived.conf.
#[derive(Debug, Parser)]
#[command(name = "ha", version, propagate_version = true, max_term_width = 100)]
#[command(after_help = "\
Examples:
  ha lab                                              see it work on this machine
  ha config check /etc/keepalived/keepalived.conf     what is wrong with it
  ha run -f /etc/keepalived/keepalived.conf           run it
  ha status                                           who is master, and why

Exit codes are the same for all commands: man ha-exit-codes.")]
pub struct Cli {
    /// Write JSON on stdout: one document, or one line for each event of a stream.
    #[arg(long, global = true)]
    pub json: bool,

    /// How much to log, and where to: a level (off, error, warn, info, debug, trace), targets
    /// (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas
    /// between them. Without a target the log goes to stderr.
    #[arg(long, global = true, value_name = "LEVEL[,TARGET...]", default_value = "info")]
    pub log: log::Choice,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run everything that a configuration asks for: the daemon.
    Run(Late<run::Args>),
    /// Virtual routers alone (RFC 9568, RFC 3768).
    Vrrp(Late<vrrp::Args>),
    /// Probe one thing: exit 0 healthy, 1 not.
    Check(Late<check::Args>),
    /// Send gratuitous ARP or unsolicited neighbour advertisements.
    Announce(Late<announce::Args>),
    /// Add or remove a virtual address.
    Addr(Late<addr::Args>),
    /// Run notification scripts for events.
    Notify(Late<notify::Args>),
    /// The kernel's load balancer as data: show, diff, apply.
    Ipvs(Late<ipvs::Args>),
    /// The configuration language: check, show, keywords.
    Config(Late<config::Args>),
    /// State, reasons and counters of a running supervisor.
    Status(Late<status::Args>),
    /// Steer a running supervisor.
    Ctl(Late<ctl::Args>),
    /// Decode VRRP live or from a capture, with a verdict for each packet.
    Sniff(Late<sniff::Args>),
    /// Try a configuration on this machine: namespaces, real traffic, real faults.
    Lab(Late<lab::Args>),
    /// Replay simulated networks of virtual routers.
    Sim(Late<sim::Args>),
    /// Write shell completions to stdout.
    #[command(hide = true)]
    Completions(Late<manual::CompletionArgs>),
    /// Write man pages into a directory.
    #[command(hide = true)]
    Man(Late<manual::ManArgs>),
}

/// The whole program, by the name that it was called by; `binary` is its own, for one that was
/// given another. The daemon is one program under two names: called as `keepalived` it starts
/// itself as `ha` for its children.
#[must_use]
pub fn main(binary: &str) -> ExitCode {
    let mut words = std::env::args_os().map(|word| word.to_string_lossy().into_owned());
    let called = words.next().unwrap_or_default();
    let name = called.rsplit('/').next().unwrap_or_default();
    let name = if ["ha", "keepalived", "genhash"].contains(&name) { name } else { binary };
    match name {
        "keepalived" => keepalived::main(&words.collect::<Vec<_>>()),
        "genhash" => keepalived::genhash(&words.collect::<Vec<_>>()),
        _ => ha(),
    }
}

/// `ha`: parse, log, dispatch, exit.
fn ha() -> ExitCode {
    let cli = Cli::parse();
    let exit = cli.start().unwrap_or_else(|error| {
        log::fail("ha", &error);
        error.exit
    });
    log::flush(LAST_LINES);
    exit.into()
}

impl Command {
    /// What tells its log apart from that of the supervisor: keepalived's words, which filters of
    /// log daemons know.
    const fn job(&self) -> &'static str {
        match self {
            Self::Vrrp(_) => "_vrrp",
            Self::Check(_) => "_healthcheckers",
            Self::Notify(_) => "_notify",
            _ => "",
        }
    }
}

impl Cli {
    /// Log as asked for, then [`Cli::execute`].
    fn start(self) -> Result<Exit> {
        let job = self.command.job();
        log::start(&self.log, job)?;
        if !job.is_empty() {
            signals::ignore_dumps();
        }
        self.execute()
    }

    /// Do what the command line says.
    ///
    /// # Errors
    /// The error to print on stderr; its `exit` is the process's exit code.
    pub fn execute(self) -> Result<Exit> {
        let printer = Printer::new(self.json);
        match self.command {
            Command::Run(Late(args)) => run::execute(args, &self.log, printer),
            Command::Vrrp(Late(args)) => vrrp::execute(args, printer),
            Command::Check(Late(args)) => check::execute(args, printer),
            Command::Announce(Late(args)) => announce::execute(args, printer),
            Command::Addr(Late(args)) => addr::execute(args, printer),
            Command::Notify(Late(args)) => notify::execute(args, printer),
            Command::Ipvs(Late(args)) => ipvs::execute(args, printer),
            Command::Config(Late(args)) => config::execute(args, printer),
            Command::Status(Late(args)) => status::execute(args, printer),
            Command::Ctl(Late(args)) => ctl::execute(args, printer),
            Command::Sniff(Late(args)) => sniff::execute(args, printer),
            Command::Lab(Late(args)) => lab::execute(args, printer),
            Command::Sim(Late(args)) => sim::execute(args, printer),
            Command::Completions(Late(args)) => manual::completions(&args),
            Command::Man(Late(args)) => manual::man(&args),
        }
    }
}
