//! `ha ipvs timeouts` and `ha ipvs sync`.

use std::net::IpAddr;

use crate::engine::ipvs::{Role, SyncDaemon, Timeouts};
use crate::error::Result;
use crate::exit::Exit;
use crate::io::ipvs::Ipvs;
use crate::output::Printer;
use crate::output::ipvs;

/// Longest timeout that the kernel takes, in seconds: a month.
const LONGEST_TIMEOUT: i64 = 2_678_400;

/// Arguments of `ha ipvs timeouts`.
#[derive(Debug, clap::Args)]
pub(super) struct TimeoutArgs {
    /// Of idle TCP connections, in seconds.
    #[arg(long, value_name = "S", value_parser = clap::value_parser!(u32).range(1..=LONGEST_TIMEOUT))]
    tcp: Option<u32>,

    /// Of TCP connections after a FIN.
    #[arg(long, value_name = "S", value_parser = clap::value_parser!(u32).range(1..=LONGEST_TIMEOUT))]
    tcp_fin: Option<u32>,

    /// Of UDP, after the last packet.
    #[arg(long, value_name = "S", value_parser = clap::value_parser!(u32).range(1..=LONGEST_TIMEOUT))]
    udp: Option<u32>,
}

/// Arguments of `ha ipvs sync`.
#[derive(Debug, clap::Args)]
pub(super) struct SyncArgs {
    #[command(subcommand)]
    job: Option<SyncJob>,
}

#[derive(Debug, clap::Subcommand)]
enum SyncJob {
    /// Start one.
    Start(StartArgs),
    /// Stop one.
    Stop {
        /// `master` or `backup`.
        role: RoleArg,
    },
}

#[derive(Debug, clap::Args)]
struct StartArgs {
    /// `master` tells of its connections, `backup` learns of them.
    role: RoleArg,

    /// Interface to send or listen on.
    #[arg(short, long, value_name = "IF")]
    interface: Box<str>,

    /// Both sides have the same.
    #[arg(long, value_name = "N", default_value_t = 0)]
    sync_id: u8,

    /// Longest message in bytes [default: what fits the interface].
    #[arg(long, value_name = "BYTES", value_parser = clap::value_parser!(u16).range(1..=65507))]
    longest_message: Option<u16>,

    /// Multicast group [default: 224.0.0.81].
    #[arg(long, value_name = "ADDR")]
    group: Option<IpAddr>,

    /// UDP port [default: 8848].
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    port: Option<u16>,

    /// Hops that a message may go [default: 1].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..))]
    ttl: Option<u8>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum RoleArg {
    Master,
    Backup,
}

impl From<RoleArg> for Role {
    fn from(role: RoleArg) -> Self {
        match role {
            RoleArg::Master => Self::Master,
            RoleArg::Backup => Self::Backup,
        }
    }
}

pub(super) fn timeouts(args: TimeoutArgs, printer: Printer) -> Result<Exit> {
    let wanted = Timeouts { tcp: args.tcp, tcp_fin: args.tcp_fin, udp: args.udp };
    let mut table = Ipvs::connect()?;
    if wanted != Timeouts::default() {
        table.set_timeouts(&wanted)?;
    }
    let now = table.timeouts()?;
    if printer.is_json() {
        printer.document(&ipvs::timeout_document(&now))?;
    } else {
        printer.line(ipvs::timeouts(&now))?;
    }
    Ok(Exit::Success)
}

pub(super) fn sync(args: SyncArgs, printer: Printer) -> Result<Exit> {
    let mut table = Ipvs::connect()?;
    match args.job {
        Some(SyncJob::Start(start)) => {
            let role = start.role.into();
            table.start_sync(role, &daemon(start))?;
        }
        Some(SyncJob::Stop { role }) => table.stop_sync(role.into())?,
        None => {}
    }
    let daemons = table.sync_daemons()?;
    if printer.is_json() {
        printer.document(&ipvs::sync_document(&daemons))?;
    } else {
        printer.line(ipvs::sync(&daemons))?;
    }
    Ok(Exit::Success)
}

fn daemon(args: StartArgs) -> SyncDaemon {
    SyncDaemon {
        interface: args.interface,
        instance: None,
        sync_id: args.sync_id,
        longest_message: args.longest_message,
        port: args.port,
        ttl: args.ttl,
        group: args.group,
    }
}
