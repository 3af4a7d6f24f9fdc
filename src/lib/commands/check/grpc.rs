//! `ha check grpc`: does a gRPC server serve?

use std::time::Duration;

use super::put;
use super::repeat::{Repeat, Retry};
use super::secure::MaybeTls;
use super::way::Way;
use super::words::{host_and_port, positive_duration};
use crate::drivers::check::Question;
use crate::engine::check::http::request::is_host;
use crate::error::Result;
use crate::exit::Exit;
use crate::io::probe::grpc::Grpc;
use crate::output::Printer;

#[derive(Debug, clap::Args)]
pub(super) struct GrpcArgs {
    /// Address or name, and port; an IPv6 address in brackets.
    #[arg(value_name = "HOST:PORT", value_parser = host_and_port)]
    target: (String, u16),

    /// Service that must be serving [default: the server as a whole].
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true,
        value_parser = service)]
    service: String,

    /// What the server is called in the request [default: HOST:PORT].
    #[arg(long, value_name = "NAME", value_parser = authority)]
    authority: Option<String>,

    /// Longest wait for the verdict.
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = positive_duration)]
    timeout: Duration,

    #[command(flatten)]
    tls: MaybeTls,

    #[command(flatten)]
    way: Way,

    #[command(flatten)]
    retry: Retry,

    #[command(flatten)]
    repeat: Repeat,
}

pub(super) fn grpc(args: GrpcArgs, printer: Printer) -> Result<Exit> {
    let (host, port) = args.target;
    let tls = args.tls.tls(vec![b"h2".to_vec()])?;
    let target = args.way.to(host, port, args.timeout, &[])?;
    let grpc = Grpc { target, tls, service: args.service, authority: args.authority };
    put(&Question::Grpc(Box::new(grpc)), &args.retry, &args.repeat, printer)
}

fn service(text: &str) -> std::result::Result<String, String> {
    let fits = text.len() <= 127;
    if fits { Ok(text.to_owned()) } else { Err("a name has up to 127 bytes".to_owned()) }
}

fn authority(text: &str) -> std::result::Result<String, String> {
    if is_host(text) { Ok(text.to_owned()) } else { Err(format!("`{text}` is no host")) }
}
