//! `ha check dns`, `smtp` and `udp`: services that speak a protocol of their own.

use std::time::Duration;

use super::put;
use super::repeat::{Repeat, Retry};
use super::way::Way;
use super::words::{host_and_port, host_or_port, positive_duration};
use crate::drivers::check::Question;
use crate::engine::check::dns::{self, RecordType};
use crate::engine::check::{Bytes, Pattern, UdpReply};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::io::probe::dns::Dns;
use crate::io::probe::smtp::Smtp;
use crate::io::probe::udp::Udp;
use crate::output::Printer;

#[derive(Debug, clap::Args)]
pub(super) struct DnsArgs {
    /// Address or name of the server, and its port unless that is 53.
    #[arg(value_name = "SERVER[:PORT]", value_parser = server)]
    target: (String, u16),

    /// Name that is asked for; the root by default.
    #[arg(long, value_name = "NAME", default_value = ".", value_parser = domain)]
    name: String,

    /// Type that is asked for: A, AAAA, MX … or TYPE65280.
    #[arg(long = "type", value_name = "TYPE", default_value = "SOA", value_parser = record)]
    record: RecordType,

    /// Response code that is good.
    #[arg(long, value_name = "CODE", default_value = "NOERROR", value_parser = rcode)]
    rcode: u8,

    /// Records that a good answer has at least.
    #[arg(long, value_name = "N", default_value_t = 0)]
    answers: u16,

    /// Ask by TCP, not only when an answer by UDP was cut.
    #[arg(long)]
    tcp: bool,

    /// Longest wait for the answer.
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
pub(super) struct SmtpArgs {
    /// Address or name of a server, and its port unless that is 25; of several each must be good.
    #[arg(value_name = "HOST[:PORT]", required = true, value_parser = mail)]
    targets: Vec<(String, u16)>,

    /// What this host calls itself.
    #[arg(long, value_name = "NAME", default_value = "smtpchecker.keepalived.org",
        value_parser = helo)]
    helo: String,

    /// Longest wait for the whole dialogue.
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
pub(super) struct UdpArgs {
    /// Address or name, and port; an IPv6 address in brackets.
    #[arg(value_name = "HOST:PORT", value_parser = host_and_port)]
    target: (String, u16),

    /// What is sent, in hexadecimal digits.
    #[arg(long, value_name = "HEX", default_value = "", value_parser = Bytes::parse)]
    payload: Bytes,

    /// A reply must come, and begin with these hexadecimal digits; `x` stands for any digit, and
    /// nothing for any reply.
    #[arg(long, value_name = "HEX", num_args = 0..=1, default_missing_value = "",
        require_equals = true, value_parser = Pattern::parse)]
    require_reply: Option<Pattern>,

    /// Shortest good reply.
    #[arg(long, value_name = "BYTES", default_value_t = 0, requires = "require_reply")]
    min_reply_length: u16,

    /// Longest good reply.
    #[arg(long, value_name = "BYTES", default_value_t = 255, requires = "require_reply")]
    max_reply_length: u16,

    /// Longest wait for the reply. Without --require-reply, how long no error may come: a host that
    /// is gone is known to be after about three seconds, so a shorter wait takes it for up.
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = positive_duration)]
    timeout: Duration,

    #[command(flatten)]
    way: Way,

    #[command(flatten)]
    retry: Retry,

    #[command(flatten)]
    repeat: Repeat,
}

pub(super) fn dns(args: DnsArgs, printer: Printer) -> Result<Exit> {
    let (host, port) = args.target;
    let target = args.way.to(host, port, args.timeout, &[])?;
    let question = dns::Question {
        record: args.record,
        name: args.name.into(),
        rcode: args.rcode,
        least_answers: args.answers,
    };
    let dns = Dns { target, question, tcp: args.tcp };
    put(&Question::Dns(Box::new(dns)), &args.retry, &args.repeat, printer)
}

pub(super) fn smtp(args: SmtpArgs, printer: Printer) -> Result<Exit> {
    let way = |(host, port)| args.way.to(host, port, args.timeout, &[]);
    let targets = args.targets.into_iter().map(way).collect::<Result<_>>()?;
    let smtp = Smtp { targets, helo: args.helo };
    put(&Question::Smtp(Box::new(smtp)), &args.retry, &args.repeat, printer)
}

pub(super) fn udp(args: UdpArgs, printer: Printer) -> Result<Exit> {
    let (shortest, longest) = (args.min_reply_length, args.max_reply_length);
    if shortest > longest {
        let why = format!("--min-reply-length {shortest} is above --max-reply-length {longest}");
        return Err(Error::new("check", "the reply", why).exit(Exit::Usage));
    }
    let (host, port) = args.target;
    let target = args.way.to(host, port, args.timeout, &[])?;
    let reply = args.require_reply.map(|pattern| UdpReply { shortest, longest, pattern });
    let udp = Udp { target, payload: args.payload, reply };
    put(&Question::Udp(Box::new(udp)), &args.retry, &args.repeat, printer)
}

fn server(text: &str) -> std::result::Result<(String, u16), String> {
    host_or_port(text, 53)
}

fn mail(text: &str) -> std::result::Result<(String, u16), String> {
    host_or_port(text, 25)
}

fn domain(text: &str) -> std::result::Result<String, String> {
    let fits = dns::Question::is_name(text);
    let why = "a name has up to 253 characters, and 1 to 63 between dots";
    if fits { Ok(text.strip_suffix('.').unwrap_or(text).to_owned()) } else { Err(why.to_owned()) }
}

fn record(text: &str) -> std::result::Result<RecordType, String> {
    RecordType::of(text).ok_or_else(|| format!("`{text}` is no type; write A, MX … or TYPE65280"))
}

fn rcode(text: &str) -> std::result::Result<u8, String> {
    dns::rcode_of(text).ok_or_else(|| format!("`{text}` is no response code: NOERROR, NXDOMAIN …"))
}

fn helo(text: &str) -> std::result::Result<String, String> {
    let fits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
    if fits { Ok(text.to_owned()) } else { Err(format!("`{text}` is no name of a host")) }
}
