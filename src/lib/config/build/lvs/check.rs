//! The checks of a real server: which, when, and what they inherit: a checker's own setting holds,
//! else the real server's, else the virtual server's, else the default of its kind.

use std::net::IpAddr;
use std::time::Duration;

use super::super::Context;
use super::super::settings::Settings;
use super::{Surroundings, http, probe, switch, unknown_name};
use crate::config::diagnostic::{Code, Diagnostic};
use crate::config::resolve::Entry;
use crate::config::values::{self, Parsed};
use crate::engine::check::{CheckConfig, CheckTiming, ServerProbe};
use crate::engine::pool::{BfdCheck, FileCheck};

/// keepalived's `delay_loop`.
const DELAY_LOOP: Duration = Duration::from_secs(60);
/// keepalived's `connect_timeout`.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Settings that are handed down.
#[derive(Clone, Copy, Default)]
pub(super) struct Inherited {
    delay_loop: Option<Duration>,
    retry: Option<u32>,
    delay_before_retry: Option<Duration>,
    warmup: Option<Duration>,
    connect_timeout: Option<Duration>,
    alpha: Option<bool>,
}

impl Inherited {
    /// What `settings` say, and `outer` where they do not.
    pub(super) fn of(settings: &Settings<'_>, outer: Self) -> Self {
        let mut own = outer;
        // One after the other: of a keyword that is given again the last one holds.
        for entry in settings.iter() {
            match entry.row.keyword {
                "delay_loop" => own.delay_loop = entry.time().or(outer.delay_loop),
                "retry" | "nb_get_retry" => own.retry = entry.unsigned().or(outer.retry),
                "delay_before_retry" => {
                    own.delay_before_retry = entry.time().or(outer.delay_before_retry);
                }
                "warmup" => own.warmup = entry.time().or(outer.warmup),
                "connect_timeout" => own.connect_timeout = entry.time().or(outer.connect_timeout),
                "alpha" => own.alpha = Some(switch(entry)),
                _ => {}
            }
        }
        own
    }

    /// From one check to the next.
    pub(super) fn delay_loop(&self) -> Duration {
        self.delay_loop.unwrap_or(DELAY_LOOP)
    }

    /// How long a connection may take.
    pub(super) fn connect_timeout(&self) -> Duration {
        self.connect_timeout.unwrap_or(CONNECT_TIMEOUT)
    }
}

/// What a real server gives its checks.
pub(super) struct Server<'a> {
    pub address: IpAddr,
    pub port: u16,
    pub inherited: Inherited,
    /// The virtual server's `delay_loop`, which limits scripts.
    pub service_delay_loop: Duration,
    /// `virtualhost`.
    pub host: Option<&'a str>,
}

/// Every check of one real server.
#[derive(Default)]
pub(super) struct Checked {
    pub checks: Vec<CheckConfig>,
    pub files: Vec<FileCheck>,
    pub sessions: Vec<BfdCheck>,
}

/// The checks in the block of `entry`.
pub(super) fn build(
    entry: &Entry<'_>,
    server: &Server<'_>,
    around: &Surroundings<'_>,
    context: &mut Context<'_>,
) -> Checked {
    let mut checked = Checked::default();
    for check in &entry.children {
        let kind = check.row.keyword;
        match kind {
            "FILE_CHECK" => checked.files.extend(file(check, &checked.files, around, context)),
            "BFD_CHECK" => {
                let found = session(check, &checked.sessions, server, around, context);
                checked.sessions.extend(found);
            }
            "SMTP_CHECK" => smtp(check, server, around, &mut checked.checks, context),
            _ => {
                let probe = match kind {
                    "TCP_CHECK" => Some(probe::tcp(check, server, context)),
                    "PING_CHECK" => Some(probe::icmp(check, server, context)),
                    "UDP_CHECK" => Some(probe::udp(check, server, context)),
                    "DNS_CHECK" => Some(probe::dns(check, server, context)),
                    "HTTP_GET" | "SSL_GET" => http::build(check, server, context),
                    "MISC_CHECK" => probe::script(check, server, context),
                    _ => None,
                };
                let settings = Settings::new(check);
                if let Some(probe) = probe {
                    let timing = timing(&settings, &probe, server.inherited, around);
                    add(&mut checked.checks, CheckConfig { probe, timing: around.share(timing) });
                }
            }
        }
    }
    checked
}

/// Add a check; most servers have one, and a list that grows by itself has room for four.
fn add(checks: &mut Vec<CheckConfig>, check: CheckConfig) {
    checks.reserve_exact(1);
    checks.push(check);
}

/// `SMTP_CHECK` is a check of its own, or one for each of its hosts.
fn smtp(
    check: &Entry<'_>,
    server: &Server<'_>,
    around: &Surroundings<'_>,
    checks: &mut Vec<CheckConfig>,
    context: &mut Context<'_>,
) {
    let settings = Settings::new(check);
    let helo = settings.text("helo_name");
    let mut take = |block: &Entry<'_>, inherited: Inherited, context: &mut Context<'_>| {
        let own = Server { inherited, ..*server };
        let probe = probe::smtp(block, &own, helo, context);
        let timing = timing(&Settings::new(block), &probe, inherited, around);
        add(checks, CheckConfig { probe, timing: around.share(timing) });
    };
    let hosts = settings.has("host");
    if !hosts || settings.has("connect_ip") || settings.has("connect_port") {
        take(check, server.inherited, context);
    }
    let inherited = Inherited::of(&settings, server.inherited);
    for host in settings.all("host") {
        take(host, inherited, context);
    }
}

/// When a check is put, with the defaults of its kind.
fn timing(
    settings: &Settings<'_>,
    probe: &ServerProbe,
    outer: Inherited,
    around: &Surroundings<'_>,
) -> CheckTiming {
    let own = Inherited::of(settings, outer);
    let delay_loop = own.delay_loop();
    let second = Duration::from_secs(1);
    let (retry, delay_before_retry) = match probe {
        ServerProbe::Http(_) => (1, 3 * second),
        ServerProbe::Dns(_) => (3, delay_loop),
        ServerProbe::Script(_) => (0, second),
        _ => (1, second),
    };
    CheckTiming {
        delay_loop,
        retry: own.retry.unwrap_or(retry),
        delay_before_retry: own.delay_before_retry.unwrap_or(delay_before_retry),
        warmup: own.warmup.unwrap_or(delay_loop),
        alpha: own.alpha.unwrap_or(false),
        log_all_failures: settings.switch("log_all_failures").unwrap_or(around.log_all_failures),
    }
}

/// Tell that a check is left out.
pub(super) fn left_out(check: &Entry<'_>, why: &str, add: &str, context: &mut Context<'_>) {
    let message = format!("{} {why}", check.row.keyword);
    let remedy = format!("the check is left out; {add}");
    context.warn(Code::CheckUseless, check.span(), message, &remedy);
}

fn file(
    check: &Entry<'_>,
    others: &[FileCheck],
    around: &Surroundings<'_>,
    context: &mut Context<'_>,
) -> Option<FileCheck> {
    let settings = Settings::new(check);
    let Some(entry) = settings.get("track_file") else {
        left_out(check, "has no file", "add: track_file NAME", context);
        return None;
    };
    let name = entry.text();
    let Some((weight, reverse)) = around.files.get(name).copied() else {
        let known = around.files.keys().copied();
        let lost = "the check is left out";
        unknown_name("track_file", (name, entry.value_span()), known, lost, context);
        return None;
    };
    if others.iter().any(|other| *other.file == *name) {
        duplicate(entry, context);
        return None;
    }
    let own = settings.get("weight").and_then(|entry| file_weight(entry, context));
    let (weight, reverse) = own.unwrap_or((weight, reverse));
    Some(FileCheck { file: name.into(), weight, reverse })
}

fn duplicate(entry: &Entry<'_>, context: &mut Context<'_>) {
    let message = format!("the real_server has a check of `{}` already", entry.text());
    context.report(
        Diagnostic::new(Code::DuplicateEntry, entry.value_span(), message)
            .remedy("the first one holds; remove one"),
    );
}

/// `NUMBER [reverse|noreverse]`.
fn file_weight(entry: &Entry<'_>, context: &mut Context<'_>) -> Option<(i32, bool)> {
    let (number, rest) = entry.arguments().split_first()?;
    let most = i64::from(i32::MAX);
    let weight = match values::number(number.text, -most, most) {
        Parsed::Good(weight) | Parsed::Adjusted(weight, _) => i32::try_from(weight).ok()?,
        Parsed::Bad(why) => {
            let message = format!("`weight`: {why}");
            let remedy = "it is ignored; the weight of the track_file holds";
            context.warn(Code::InvalidValue, number.span, message, remedy);
            return None;
        }
    };
    let reverse = rest.first().is_some_and(|word| word.text == "reverse");
    if let Some(word) = rest.first().filter(|w| w.text != "reverse" && w.text != "noreverse") {
        let message = format!("`{}` is neither reverse nor noreverse", word.text);
        context.warn(Code::ExtraArguments, word.span, message, "it is ignored");
    }
    Some((weight, reverse))
}

fn session(
    check: &Entry<'_>,
    others: &[BfdCheck],
    server: &Server<'_>,
    around: &Surroundings<'_>,
    context: &mut Context<'_>,
) -> Option<BfdCheck> {
    let settings = Settings::new(check);
    let Some(entry) = settings.get("name") else {
        left_out(check, "has no session", "add: name NAME", context);
        return None;
    };
    let name = entry.text();
    if !around.sessions.contains(name) {
        let known = around.sessions.iter().copied();
        let lost = "the check is left out";
        unknown_name("bfd_instance", (name, entry.value_span()), known, lost, context);
        return None;
    }
    if others.iter().any(|other| *other.session == *name) {
        duplicate(entry, context);
        return None;
    }
    let alpha = Inherited::of(&settings, server.inherited).alpha.unwrap_or(false);
    Some(BfdCheck { session: name.into(), alpha })
}
