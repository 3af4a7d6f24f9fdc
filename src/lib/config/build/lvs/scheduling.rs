//! Who picks the destination: scheduler, its flags, persistence, one-packet scheduling.

use std::net::Ipv4Addr;

use super::super::Context;
use super::super::settings::Settings;
use super::LONGEST_TIMEOUT;
use super::service::Target;
use crate::config::diagnostic::Code;
use crate::config::resolve::Entry;
use crate::config::source::Span;
use crate::config::values::{self, Parsed};
use crate::engine::ipvs::{Persistence, PersistenceMask, Protocol, Scheduler, SchedulerFlags};
use crate::engine::vrrp::Family;

/// keepalived's timeout where persistence is wanted and none is given, in seconds.
const PERSISTENCE_TIMEOUT: u32 = 360;
/// Longest name of a persistence engine.
const LONGEST_ENGINE: usize = 15;

/// The scheduler and its flags.
pub(super) fn scheduler(
    settings: &Settings<'_>,
    entry: &Entry<'_>,
    context: &mut Context<'_>,
) -> (Scheduler, SchedulerFlags) {
    let (name, alias) = (settings.get("lb_algo"), settings.get("lvs_sched"));
    let given = [name, alias].into_iter().flatten().max_by_key(|entry| entry.span());
    let scheduler = match given.map(|given| (given, Scheduler::of(given.text()))) {
        Some((_, Some(scheduler))) => scheduler,
        Some((given, None)) => {
            let message = format!("`{}` is not a scheduler", given.text());
            let words: Vec<&str> = Scheduler::ALL.iter().map(|s| s.word()).collect();
            let remedy = format!("wlc is used; there are {}", words.join(", "));
            context.warn(Code::InvalidValue, given.value_span(), message, &remedy);
            Scheduler::WeightedLeastConnection
        }
        None => {
            let message = "the virtual_server has no lb_algo";
            let remedy = "wlc is used; add: lb_algo wlc";
            context.warn(Code::SurprisingDefault, entry.value_span(), message, remedy);
            Scheduler::WeightedLeastConnection
        }
    };
    let mut flag = |number: &str, fallback: [&str; 2]| {
        let [sh, mh] = fallback.map(|keyword| settings.get(keyword));
        for entry in [sh, mh].into_iter().flatten().filter(|_| !scheduler.hashes_sources()) {
            let message = format!("`{}` is for the schedulers sh and mh", entry.row.keyword);
            context.warn(Code::Conflict, entry.span(), message, "it is ignored; remove it");
        }
        let named = (sh.is_some() || mh.is_some()) && scheduler.hashes_sources();
        settings.has(number) || named
    };
    let flags = SchedulerFlags {
        fallback: flag("flag-1", ["sh-fallback", "mh-fallback"]),
        port: flag("flag-2", ["sh-port", "mh-port"]),
        third: settings.has("flag-3"),
    };
    (scheduler, flags)
}

/// Whether each packet is scheduled for itself.
pub(super) fn one_packet(
    settings: &Settings<'_>,
    target: &Target,
    protocol: Protocol,
    context: &mut Context<'_>,
) -> bool {
    let Some(entry) = settings.get("ops") else { return false };
    if target.is_mark() || protocol == Protocol::Udp {
        return true;
    }
    let message = "one-packet scheduling (`ops`) is for UDP";
    context.warn(Code::Conflict, entry.span(), message, "it is ignored; remove it");
    false
}

/// Which connections of a client go together.
pub(super) fn persistence(
    settings: &Settings<'_>,
    (target, span): (&Target, Span),
    family: Family,
    context: &mut Context<'_>,
) -> Option<Persistence> {
    let mask = settings.get("persistence_granularity").and_then(|e| mask(e, family, context));
    let engine = settings.get("persistence_engine");
    let timeout = settings.get("persistence_timeout").and_then(|entry| timeout(entry, context));
    let timeout_s = if let Some(timeout) = timeout {
        timeout
    } else if target.has_every_port() {
        let message = "a service for every port (port 0) must be persistent";
        let remedy = "it is made so for 360 s; write the port, or add: persistence_timeout 360";
        context.warn(Code::SurprisingDefault, span, message, remedy);
        PERSISTENCE_TIMEOUT
    } else if let Some(entry) = settings.get("persistence_granularity").filter(|_| mask.is_some()) {
        let message = "`persistence_granularity` makes the service persistent for 360 s";
        let remedy = "add persistence_timeout to say how long";
        context.warn(Code::SurprisingDefault, entry.span(), message, remedy);
        PERSISTENCE_TIMEOUT
    } else {
        if let Some(entry) = engine {
            let message = "`persistence_engine` does nothing without `persistence_timeout`";
            let remedy = "it is ignored; add: persistence_timeout 360";
            context.warn(Code::Conflict, entry.span(), message, remedy);
        }
        return None;
    };
    Some(Persistence { timeout_s, mask, engine: engine.map(|entry| engine_name(entry, context)) })
}

fn timeout(entry: &Entry<'_>, context: &mut Context<'_>) -> Option<u32> {
    if entry.text().is_empty() {
        return Some(PERSISTENCE_TIMEOUT);
    }
    match values::number(entry.text(), 1, LONGEST_TIMEOUT) {
        Parsed::Good(number) | Parsed::Adjusted(number, _) => u32::try_from(number).ok(),
        Parsed::Bad(why) => {
            let message = format!("`persistence_timeout`: {why}");
            context.warn(Code::InvalidValue, entry.value_span(), message, "it is ignored");
            None
        }
    }
}

fn mask(entry: &Entry<'_>, family: Family, context: &mut Context<'_>) -> Option<PersistenceMask> {
    let text = entry.text();
    let parsed = match family {
        Family::Ipv4 => text
            .parse::<Ipv4Addr>()
            .map(PersistenceMask::Netmask)
            .map_err(|_| format!("`{text}` is not a netmask such as 255.255.255.0")),
        Family::Ipv6 => match values::number(text, 1, 128) {
            Parsed::Good(number) | Parsed::Adjusted(number, _) => {
                Ok(PersistenceMask::Prefix(u8::try_from(number).unwrap_or(128)))
            }
            Parsed::Bad(why) => Err(format!("the prefix length {why}")),
        },
    };
    parsed
        .map_err(|why| {
            let message = format!("`persistence_granularity`: {why}");
            let remedy = "it is ignored; each address is a client of its own";
            context.warn(Code::InvalidValue, entry.value_span(), message, remedy);
        })
        .ok()
}

fn engine_name(entry: &Entry<'_>, context: &mut Context<'_>) -> Box<str> {
    let name = entry.text();
    let cut: String = name.chars().take(LONGEST_ENGINE).collect();
    if cut != name {
        let message = format!("`persistence_engine`: `{name}` is cut to `{cut}`");
        let remedy = "the kernel's names have up to 15 characters; there is sip";
        context.warn(Code::Adjusted, entry.value_span(), message, remedy);
    }
    cut.into()
}
