//! The load balancing side: virtual servers, their groups, real servers and checks. What
//! keepalived corrects is corrected in the same way, and told.

mod check;
mod destination;
mod forwarding;
mod group;
mod http;
mod lints;
mod probe;
mod quorum;
mod scheduling;
mod service;
mod sharing;
mod table;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

use super::Context;
use super::settings::Settings;
use crate::config::diagnostic::Code;
use crate::config::nearest;
use crate::config::resolve::{Entry, Value};
use crate::config::source::Span;
use crate::config::tree::{Word, WordList};
use crate::config::values::{self, Parsed};
use crate::engine::check::CheckTiming;
use crate::engine::pool::BalancerConfig;
use crate::engine::vrrp::RouterConfig;

/// Longest timeout that the kernel takes, in seconds: 31 days.
const LONGEST_TIMEOUT: i64 = 2_678_400;

/// What every part of this side needs to know of the rest of the file.
#[derive(Clone)]
struct Surroundings<'a> {
    /// `checker_log_all_failures`.
    log_all_failures: bool,
    /// `smtp_alert_checker`, else `smtp_alert`.
    mail: Option<bool>,
    /// Weight of each `track_file`.
    files: BTreeMap<&'a str, (i32, bool)>,
    /// BFD sessions that tell checkers.
    sessions: BTreeSet<&'a str>,
    /// When the last check is put: mostly that of the next one too.
    timing: RefCell<Arc<CheckTiming>>,
}

impl Surroundings<'_> {
    /// `timing`, in common with the check before when both have the same.
    fn share(&self, timing: CheckTiming) -> Arc<CheckTiming> {
        let mut last = self.timing.borrow_mut();
        if **last != timing {
            *last = Arc::new(timing);
        }
        Arc::clone(&last)
    }
}

/// The balancer of a whole configuration. `routers`: those that `lvs_sync_daemon` may follow.
pub(super) fn build<'a>(
    entries: &'a [Entry<'a>],
    routers: &[RouterConfig],
    context: &mut Context<'_>,
) -> BalancerConfig {
    let of = |keyword: &'static str| entries.iter().filter(move |e| e.row.keyword == keyword);
    let mut balancer = BalancerConfig::default();
    let mut around = Surroundings {
        log_all_failures: false,
        mail: None,
        files: BTreeMap::new(),
        sessions: sessions(of("bfd_instance")),
        timing: RefCell::default(),
    };
    for globals in of("global_defs").map(Settings::new) {
        table::take(&globals, routers, &mut balancer, context);
        around.log_all_failures =
            globals.switch("checker_log_all_failures").unwrap_or(around.log_all_failures);
        let mail = globals.switch("smtp_alert_checker").or(globals.switch("smtp_alert"));
        around.mail = mail.or(around.mail);
    }
    for file in of("track_file").chain(of("vrrp_track_file")) {
        let weight = Settings::new(file).get("weight").and_then(file_weight);
        around.files.entry(file.text()).or_insert(weight.unwrap_or_default());
    }
    balancer.tls = table::tls(of("SSL"), context);
    let groups = group::build(of("virtual_server_group"), context);
    let servers: Vec<&Entry<'_>> = of("virtual_server").collect();
    let (pools, spans) = sharing::pools(&servers, &groups, around, context);
    balancer.pools = pools;
    lints::shared_services(&balancer.pools, &spans, context);
    group::unused(&groups, context);
    balancer
}

/// Names of the sessions whose events go to checkers: with `vrrp` alone they do not.
fn sessions<'a>(instances: impl Iterator<Item = &'a Entry<'a>>) -> BTreeSet<&'a str> {
    let told = |entry: &&Entry<'_>| {
        let settings = Settings::new(entry);
        settings.has("checker") || !settings.has("vrrp")
    };
    instances.filter(told).map(Entry::text).collect()
}

/// The weight in a `track_file` block; what is wrong with it is told where the block is built.
fn file_weight(entry: &Entry<'_>) -> Option<(i32, bool)> {
    let (number, rest) = entry.arguments().split_first()?;
    let reverse = rest.first().is_some_and(|word| word.text == "reverse");
    Some((number.text.parse().ok()?, reverse))
}

/// `ADDRESS [PORT]` from the words of a keyword; why not otherwise.
fn address_and_port(words: WordList<'_>) -> Result<(IpAddr, Option<u16>), String> {
    let Some((address, rest)) = words.split_first() else {
        return Err("there is no address".to_owned());
    };
    Ok((values::address(address.text)?, rest.first().map(port).transpose()?))
}

/// A port; 0 means every port.
fn port(word: Word<'_>) -> Result<u16, String> {
    match values::number(word.text, 0, 65_535) {
        Parsed::Good(number) | Parsed::Adjusted(number, _) => {
            u16::try_from(number).map_err(|error| error.to_string())
        }
        Parsed::Bad(why) => Err(format!("the port {why}")),
    }
}

/// The number of `keyword` in whatever unsigned type its range fits.
fn unsigned<T: TryFrom<i64>>(settings: &Settings<'_>, keyword: &str) -> Option<T> {
    settings.get(keyword)?.unsigned()
}

/// The first word of `keyword`, to keep.
fn text(settings: &Settings<'_>, keyword: &str) -> Option<Box<str>> {
    settings.text(keyword).filter(|text| !text.is_empty()).map(Box::from)
}

/// A keyword that is on when it stands alone, and may say on or off.
fn switch(entry: &Entry<'_>) -> bool {
    !matches!(entry.value, Value::Switch(false))
}

/// Tell that `name` of a `kind` is not defined among `known`.
fn unknown_name<'a>(
    kind: &str,
    (name, span): (&str, Span),
    known: impl Iterator<Item = &'a str>,
    lost: &str,
    context: &mut Context<'_>,
) {
    let remedy = match nearest(name, known) {
        Some(near) => format!("{lost}; did you mean `{near}`?"),
        None => format!("{lost}; define it with {kind} {name} {{ … }}"),
    };
    context.warn(Code::UnknownReference, span, format!("there is no {kind} `{name}`"), &remedy);
}
