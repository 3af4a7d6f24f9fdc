//! `ha check tcp` and `icmp`: is there anybody?

use std::time::Duration;

use caps::Capability;

use super::put;
use super::repeat::{Repeat, Retry};
use super::way::Way;
use super::words::{host_and_port, positive_duration};
use crate::drivers::check::Question;
use crate::error::Result;
use crate::exit::Exit;
use crate::io::probe::icmp::Icmp;
use crate::io::probe::privilege;
use crate::io::probe::tcp::Tcp;
use crate::output::Printer;

#[derive(Debug, clap::Args)]
pub(super) struct TcpArgs {
    /// Address or name, and port; an IPv6 address in brackets.
    #[arg(value_name = "HOST:PORT", value_parser = host_and_port)]
    target: (String, u16),

    /// Longest wait for the connection.
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = positive_duration)]
    timeout: Duration,

    #[command(flatten)]
    way: Way,

    #[command(flatten)]
    retry: Retry,

    #[command(flatten)]
    repeat: Repeat,
}

#[derive(Debug, clap::Args)]
pub(super) struct IcmpArgs {
    /// Address or name; of a name with several addresses the first counts.
    #[arg(value_name = "HOST")]
    host: String,

    /// Longest wait for the reply.
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = positive_duration)]
    timeout: Duration,

    #[command(flatten)]
    way: Way,

    #[command(flatten)]
    retry: Retry,

    #[command(flatten)]
    repeat: Repeat,
}

pub(super) fn tcp(args: TcpArgs, printer: Printer) -> Result<Exit> {
    let (host, port) = args.target;
    let target = args.way.to(host, port, args.timeout, &[])?;
    put(&Question::Tcp(Tcp(target)), &args.retry, &args.repeat, printer)
}

pub(super) fn icmp(args: IcmpArgs, printer: Printer) -> Result<Exit> {
    let target = args.way.to(args.host, 0, args.timeout, &[Capability::CAP_NET_RAW])?;
    privilege::demand_icmp()?;
    put(&Question::Icmp(Icmp(target)), &args.retry, &args.repeat, printer)
}
