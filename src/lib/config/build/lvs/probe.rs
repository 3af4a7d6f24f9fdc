//! What the checkers put to a real server: connections, packets, questions, commands.

use std::net::IpAddr;
use std::time::Duration;

use super::super::address::LONGEST_NAME;
use super::super::settings::Settings;
use super::super::{Context, scripts};
use super::check::{Inherited, Server, left_out};
use super::unsigned;
use crate::config::diagnostic::Code;
use crate::config::resolve::Entry;
use crate::engine::check::{
    Binding, Bytes, Connection, DnsCheck, Pattern, RecordType, ScriptCheck, ServerProbe, SmtpCheck,
    UdpCheck, UdpReply,
};
use crate::engine::vrrp::Family;

/// The name that keepalived gives in HELO.
const HELO: &str = "smtpchecker.keepalived.org";
/// Longest reply that keepalived takes when nothing is said, in bytes.
const LONGEST_REPLY: u16 = 255;
/// Types that keepalived asks for.
const RECORD_TYPES: [&str; 9] = ["A", "NS", "CNAME", "SOA", "MX", "TXT", "AAAA", "RRSIG", "DNSKEY"];
/// Longest part of a domain name between its dots, and longest name.
const LONGEST_LABEL: usize = 63;
const LONGEST_DOMAIN: usize = 253;

/// Whom the check talks to, and from where. `needs_port`: without one it cannot work.
pub(super) fn connection(
    check: &Entry<'_>,
    server: &Server<'_>,
    needs_port: bool,
    context: &mut Context<'_>,
) -> Connection {
    let settings = Settings::new(check);
    let address = address(&settings, "connect_ip", context).unwrap_or(server.address);
    let port = unsigned(&settings, "connect_port").unwrap_or(server.port);
    if port == 0 && needs_port {
        let message = format!("{} of a real_server without a port", check.row.keyword);
        let remedy = "it fails always, so the server is down; add: connect_port PORT";
        context.warn(Code::CheckUseless, check.span(), message, remedy);
    }
    let timeout = Inherited::of(&settings, server.inherited).connect_timeout();
    let bind = binding(&settings, address, context).map(Box::new);
    Connection { address, port, timeout, bind }
}

fn address(settings: &Settings<'_>, keyword: &str, context: &mut Context<'_>) -> Option<IpAddr> {
    let entry = settings.get(keyword)?;
    let parsed = entry.text().parse().ok();
    if parsed.is_none() {
        let message = format!("`{keyword}`: `{}` is not an address", entry.text());
        context.warn(Code::InvalidValue, entry.value_span(), message, "it is ignored");
    }
    parsed
}

/// This host's side, when something is said of it.
fn binding(settings: &Settings<'_>, remote: IpAddr, context: &mut Context<'_>) -> Option<Binding> {
    let mut binding = Binding {
        address: address(settings, "bindto", context),
        port: unsigned(settings, "bind_port"),
        interface: None,
        fwmark: unsigned(settings, "fwmark"),
    };
    if let Some(local) = binding.address.filter(|local| Family::of(*local) != Family::of(remote)) {
        let message = format!("`bindto`: {local} is not of the family of {remote}");
        let span = settings.get("bindto").map(Entry::value_span).unwrap_or_default();
        context.warn(Code::OtherFamily, span, message, "it is ignored");
        binding.address = None;
    }
    if let Some(entry) = settings.get("bind_if") {
        if entry.text().len() <= LONGEST_NAME {
            binding.interface = Some(entry.text().into());
        } else {
            let message = format!("`bind_if`: `{}` is too long for an interface", entry.text());
            let remedy = "it is ignored; names of interfaces have up to 15 characters";
            context.warn(Code::InvalidValue, entry.value_span(), message, remedy);
        }
    }
    (binding != Binding::default()).then_some(binding)
}

pub(super) fn tcp(
    check: &Entry<'_>,
    server: &Server<'_>,
    context: &mut Context<'_>,
) -> ServerProbe {
    ServerProbe::Tcp(connection(check, server, true, context))
}

pub(super) fn icmp(
    check: &Entry<'_>,
    server: &Server<'_>,
    context: &mut Context<'_>,
) -> ServerProbe {
    ServerProbe::Icmp(connection(check, server, false, context))
}

/// `block`: an `SMTP_CHECK` or a `host` inside one.
pub(super) fn smtp(
    block: &Entry<'_>,
    server: &Server<'_>,
    helo: Option<&str>,
    context: &mut Context<'_>,
) -> ServerProbe {
    let connection = connection(block, server, true, context);
    ServerProbe::Smtp(Box::new(SmtpCheck { connection, helo: helo.unwrap_or(HELO).into() }))
}

pub(super) fn dns(
    check: &Entry<'_>,
    server: &Server<'_>,
    context: &mut Context<'_>,
) -> ServerProbe {
    let settings = Settings::new(check);
    let record = settings.get("type").and_then(|entry| {
        let word = entry.text();
        let known = RECORD_TYPES.iter().any(|name| name.eq_ignore_ascii_case(word));
        let record = RecordType::of(word).filter(|_| known);
        if record.is_none() {
            let message = format!("`type`: `{}` cannot be asked for", entry.text());
            let remedy = "SOA is asked for; there are A, NS, CNAME, SOA, MX, TXT, AAAA, RRSIG, \
                          DNSKEY";
            context.warn(Code::InvalidValue, entry.value_span(), message, remedy);
        }
        record
    });
    let name = settings.get("name").and_then(|entry| domain(entry, context));
    let connection = connection(check, server, true, context);
    let record = record.unwrap_or_default();
    let name = name.unwrap_or_default();
    ServerProbe::Dns(Box::new(DnsCheck { connection, record, name }))
}

/// A domain name without its last dot.
fn domain(entry: &Entry<'_>, context: &mut Context<'_>) -> Option<Box<str>> {
    let name = entry.text().strip_suffix('.').unwrap_or(entry.text());
    let bad = |label: &str| label.is_empty() || label.len() > LONGEST_LABEL;
    if name.is_empty() || (name.len() <= LONGEST_DOMAIN && !name.split('.').any(bad)) {
        return Some(name.into());
    }
    let message = format!("`name`: `{name}` is not a domain name");
    let remedy = "the root is asked for; a name has up to 253 characters, and 1 to 63 between dots";
    context.warn(Code::InvalidValue, entry.value_span(), message, remedy);
    None
}

pub(super) fn udp(
    check: &Entry<'_>,
    server: &Server<'_>,
    context: &mut Context<'_>,
) -> ServerProbe {
    let settings = Settings::new(check);
    let payload = settings.get("payload").and_then(|entry| hex(entry, Bytes::parse, context));
    let reply = settings.get("require_reply").map(|entry| {
        let pattern = hex(entry, Pattern::parse, context).unwrap_or_default();
        let shortest = unsigned(&settings, "min_reply_length").unwrap_or(0);
        let longest = unsigned(&settings, "max_reply_length").unwrap_or(LONGEST_REPLY);
        if shortest > longest {
            let message = format!("a reply of at least {shortest} and at most {longest} bytes");
            let remedy = "the check fails always; make max_reply_length the larger one";
            context.warn(Code::CheckUseless, entry.span(), message, remedy);
        }
        UdpReply { shortest, longest, pattern }
    });
    for keyword in ["min_reply_length", "max_reply_length"] {
        if let Some(entry) = settings.get(keyword).filter(|_| reply.is_none()) {
            let message = format!("`{keyword}` does nothing without `require_reply`");
            context.warn(Code::Conflict, entry.span(), message, "add: require_reply");
        }
    }
    let connection = connection(check, server, true, context);
    let payload = payload.unwrap_or_default();
    ServerProbe::Udp(Box::new(UdpCheck { connection, payload, reply }))
}

/// The words of `entry` as hexadecimal text.
fn hex<T>(
    entry: &Entry<'_>,
    parse: impl Fn(&str) -> Result<T, String>,
    context: &mut Context<'_>,
) -> Option<T> {
    let words: Vec<&str> = entry.arguments().iter().map(|word| word.text).collect();
    parse(&words.join(" "))
        .map_err(|why| {
            let message = format!("`{}`: {why}", entry.row.keyword);
            let remedy = "it is ignored; write bytes as two hexadecimal digits each";
            context.warn(Code::InvalidValue, entry.value_span(), message, remedy);
        })
        .ok()
}

pub(super) fn script(
    check: &Entry<'_>,
    server: &Server<'_>,
    context: &mut Context<'_>,
) -> Option<ServerProbe> {
    let settings = Settings::new(check);
    let Some(entry) = settings.get("misc_path") else {
        left_out(check, "has no command", "add: misc_path \"COMMAND\"", context);
        return None;
    };
    let (text, extra) = entry.arguments().split_first()?;
    if let Some(extra) = extra.first() {
        let message = format!("`{}` is not part of the command", extra.text);
        let remedy = "it is ignored; write the command and its arguments in double quotes";
        context.warn(Code::ExtraArguments, extra.span, message, remedy);
    }
    let user = settings.get("user").map(Entry::arguments);
    let command = scripts::command_line(text, user, context)?;
    let timeout = settings.number("misc_timeout").filter(|seconds| *seconds > 0);
    let timeout = timeout.and_then(|seconds| u64::try_from(seconds).ok()).map(Duration::from_secs);
    let timeout = timeout.unwrap_or(server.service_delay_loop);
    let dynamic = settings.has("misc_dynamic");
    Some(ServerProbe::Script(Box::new(ScriptCheck { command, timeout, dynamic })))
}
