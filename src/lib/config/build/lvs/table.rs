//! IPVS settings of `global_defs`, and the `SSL` block.

use std::net::IpAddr;

use super::super::settings::Settings;
use super::super::{Context, fifo, filter, link};
use super::{LONGEST_TIMEOUT, text, unknown_name, unsigned};
use crate::config::diagnostic::{Code, Diagnostic};
use crate::config::resolve::Entry;
use crate::config::tree::Word;
use crate::config::values::{self, Parsed};
use crate::engine::check::ClientTls;
use crate::engine::ipvs::{Cleanup, Marks, SyncDaemon, TableConfig, Timeouts};
use crate::engine::pool::BalancerConfig;
use crate::engine::vrrp::RouterConfig;

/// Take one `global_defs` block.
pub(super) fn take(
    settings: &Settings<'_>,
    routers: &[RouterConfig],
    balancer: &mut BalancerConfig,
    context: &mut Context<'_>,
) {
    let table = &mut balancer.table;
    table.flush_at_start |= settings.has("lvs_flush");
    for keyword in ["lvs_flush_on_stop", "lvs_flush_onstop"] {
        if let Some(entry) = settings.get(keyword) {
            table.cleanup = cleanup(entry, context).unwrap_or(table.cleanup);
        }
    }
    for entry in settings.all("lvs_timeouts") {
        timeouts(entry, &mut table.timeouts, context);
    }
    if let Some(entry) = settings.get("lvs_sync_daemon") {
        table.sync = sync(entry, routers, context).or(table.sync.take());
    }
    marks(settings, table, context);
    balancer.fifo = fifo::build(settings, "lvs_notify_fifo", context).or(balancer.fifo.take());
    balancer.notify_at_start |= settings.has("rs_init_notifies");
    balancer.mail_state_changes_only |= settings.has("no_checker_emails");
}

fn cleanup(entry: &Entry<'_>, context: &mut Context<'_>) -> Option<Cleanup> {
    match entry.text() {
        "" => Some(Cleanup::Flush),
        "VS" => Some(Cleanup::Services),
        other => {
            let message = format!("`{}`: `{other}` is not VS", entry.row.keyword);
            let remedy = "it is ignored; write VS to remove services only, or nothing to flush";
            context.warn(Code::InvalidValue, entry.value_span(), message, remedy);
            None
        }
    }
}

/// A number in a range after the word `name`; `None` when it is not one, which was reported.
fn parameter(
    name: Word<'_>,
    value: Option<Word<'_>>,
    (least, most): (i64, i64),
    context: &mut Context<'_>,
) -> Option<i64> {
    let Some(value) = value else {
        let message = format!("`{}` has no value", name.text);
        context.warn(Code::MissingArgument, name.span, message, "it is ignored");
        return None;
    };
    match values::number(value.text, least, most) {
        Parsed::Good(number) | Parsed::Adjusted(number, _) => Some(number),
        Parsed::Bad(why) => {
            let message = format!("`{}`: {why}", name.text);
            context.warn(Code::InvalidValue, value.span, message, "it is ignored");
            None
        }
    }
}

fn timeouts(entry: &Entry<'_>, timeouts: &mut Timeouts, context: &mut Context<'_>) {
    let mut words = entry.arguments().iter();
    if entry.arguments().len() < 2 {
        let message = "`lvs_timeouts` names no timeout";
        let remedy = "it is ignored; write tcp, tcpfin or udp and the seconds after each";
        context.warn(Code::MissingArgument, entry.value_span(), message, remedy);
        return;
    }
    while let Some(name) = words.next() {
        let timeout = match name.text {
            "tcp" => &mut timeouts.tcp,
            "tcpfin" => &mut timeouts.tcp_fin,
            "udp" => &mut timeouts.udp,
            other => {
                let message = format!("`lvs_timeouts` has no `{other}`");
                let remedy = "it is ignored; there are tcp, tcpfin and udp";
                context.warn(Code::InvalidValue, name.span, message, remedy);
                continue;
            }
        };
        let given = parameter(name, words.next(), (0, LONGEST_TIMEOUT), context);
        *timeout = given.and_then(|number| u32::try_from(number).ok()).or(*timeout);
    }
}

/// `IFNAME [inst] INSTANCE [id N] [maxlen N] [port N] [ttl N] [group ADDRESS]`.
fn sync(
    entry: &Entry<'_>,
    routers: &[RouterConfig],
    context: &mut Context<'_>,
) -> Option<SyncDaemon> {
    let (interface, rest) = entry.arguments().split_first()?;
    link::interface(interface, context)?;
    let mut words = rest.iter().peekable();
    words.next_if(|word| word.text == "inst");
    let instance = words.next();
    let router = instance.and_then(|name| routers.iter().find(|r| r.name == name.text));
    if let Some(name) = instance.filter(|_| router.is_none()) {
        let known = routers.iter().map(|router| router.name.as_str());
        let lost = "the sync daemon is not started";
        unknown_name("vrrp_instance", (name.text, name.span), known, lost, context);
        return None;
    }
    let mut daemon = SyncDaemon {
        interface: interface.text.into(),
        instance: instance.map(|name| name.text.into()),
        sync_id: router.map_or(0, |router| router.vrid),
        longest_message: None,
        port: None,
        ttl: None,
        group: None,
    };
    while let Some(name) = words.next() {
        sync_parameter(&mut daemon, name, words.next(), context);
    }
    Some(daemon)
}

fn sync_parameter(
    daemon: &mut SyncDaemon,
    name: Word<'_>,
    value: Option<Word<'_>>,
    context: &mut Context<'_>,
) {
    let mut number = |least, most| parameter(name, value, (least, most), context);
    match name.text {
        "id" => {
            let id = number(0, 255).and_then(|id| u8::try_from(id).ok());
            daemon.sync_id = id.unwrap_or(daemon.sync_id);
        }
        "maxlen" => daemon.longest_message = number(1, 65_507).and_then(|n| u16::try_from(n).ok()),
        "port" => daemon.port = number(1, 65_535).and_then(|n| u16::try_from(n).ok()),
        "ttl" => daemon.ttl = number(1, 255).and_then(|n| u8::try_from(n).ok()),
        "group" => {
            let address = value.and_then(|word| word.text.parse::<IpAddr>().ok());
            daemon.group = address.filter(IpAddr::is_multicast);
            if daemon.group.is_none() {
                let span = value.unwrap_or(name).span;
                let message = "the group of `lvs_sync_daemon` is not a multicast address";
                context.warn(Code::InvalidValue, span, message, "it is ignored");
            }
        }
        other => {
            let message = format!("`lvs_sync_daemon` has no `{other}`");
            let remedy = "it is ignored; the form is: IFNAME INSTANCE [id N] [maxlen N] \
                          [port N] [ttl N] [group ADDRESS]";
            context.warn(Code::InvalidValue, name.span, message, remedy);
        }
    }
}

fn marks(settings: &Settings<'_>, table: &mut TableConfig, context: &mut Context<'_>) {
    let Some(entry) = settings.get("nftables_ipvs") else { return };
    let name = filter::names(entry, 1, context).into_iter().next();
    table.marks = Some(Marks {
        table: name.as_deref().unwrap_or("keepalived_ipvs").into(),
        priority: unsigned(settings, "nftables_ipvs_priority").unwrap_or(-1),
        first: unsigned(settings, "nftables_ipvs_start_fwmark").unwrap_or(1000),
    });
}

/// The `SSL` block; a second one replaces the first.
pub(super) fn tls<'a>(
    blocks: impl Iterator<Item = &'a Entry<'a>>,
    context: &mut Context<'_>,
) -> Option<ClientTls> {
    let mut last: Option<&Entry<'_>> = None;
    for block in blocks {
        if let Some(first) = last.replace(block) {
            context.report(
                Diagnostic::new(Code::DuplicateName, block.span(), "there is already an SSL block")
                    .remedy("this one replaces it; remove one")
                    .related("the first one", first.span()),
            );
        }
    }
    let settings = Settings::new(last?);
    Some(ClientTls {
        password: text(&settings, "password"),
        authorities: text(&settings, "ca"),
        certificate: text(&settings, "certificate"),
        key: text(&settings, "key"),
    })
}
