//! Two routers that should be one virtual router: would they hear each other, and do they agree?

use std::net::IpAddr;

use super::Member;
use crate::config::diagnostic::{Code, Diagnostic};
use crate::config::lint::{OWNER, weighted};
use crate::config::values::decimal;
use crate::engine::vrrp::{Preempt, RouterConfig};
use crate::wire::vrrp::{Auth, Version};

/// What to do when peers drop each other's adverts.
const DEAF: &str = "each would drop the other's adverts: two masters; set the same on both";

/// Everything that does not fit between `a` and `b`, told at `b`.
pub(super) fn compare(a: &Member<'_>, b: &Member<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let mut tell = |code: Code, keyword: &str, message: String, remedy: &str| {
        diagnostics.push(
            Diagnostic::new(code, b.span(keyword), message)
                .remedy(remedy)
                .related("the other node", a.span(keyword)),
        );
    };
    let (one, two) = (a.router, b.router);
    let name = &two.name;
    if let Some((keyword, what)) = deaf(one, two) {
        tell(Code::NodesDeaf, keyword, format!("`{name}` {what}"), DEAF);
    }
    let remedy = "name each router in unicast_peer of all the others";
    if let Some(address) = unheard(one, two) {
        let message = format!("`{name}` does not send to {address}, the source of the other node");
        tell(Code::NodesDeaf, "unicast_peer", message, remedy);
    }
    if let Some(address) = unheard(two, one) {
        let message = format!("the other node does not send to {address}, the source of `{name}`");
        tell(Code::NodesDeaf, "unicast_src_ip", message, remedy);
    }
    let both_v3 = one.version == Version::V3 && two.version == Version::V3;
    if let Some(what) = intervals(one, two).filter(|_| both_v3) {
        let remedy = "the backup follows the master; set the same on both, so that the takeover \
                      takes as long either way";
        tell(Code::NodesDiffer, "advert_int", format!("`{name}` {what}"), remedy);
    }
    if let Some(what) = addresses(a, b) {
        let remedy = "whoever is master holds its own list: set the same on both";
        tell(Code::NodesDiffer, "virtual_ipaddress", format!("`{name}` {what}"), remedy);
    }
    if one.priority == two.priority {
        let priority = one.priority;
        let message = format!("`{name}` has priority {priority}, as on the other node");
        let remedy = "the higher primary address decides then; give the preferred node more";
        tell(Code::EqualPriorities, "priority", message, remedy);
    }
    if one.starts_as_master && two.starts_as_master {
        let message = format!("`{name}` is state MASTER on both nodes");
        tell(Code::SameRole, "state", message, "use state BACKUP on all but the preferred node");
    }
    for (waits, leads) in [(b, a), (a, b)] {
        waiting(waits, leads, diagnostics);
    }
}

/// Why the two would not accept each other's adverts: the keyword, and what differs.
fn deaf(a: &RouterConfig, b: &RouterConfig) -> Option<(&'static str, String)> {
    let way = |router: &RouterConfig| if router.peers.is_empty() { "multicast" } else { "unicast" };
    if a.version != b.version {
        let (a, b) = (u8::from(a.version), u8::from(b.version));
        return Some((
            "version",
            format!("uses VRRP version {b}, and version {a} on the other node"),
        ));
    }
    if way(a) != way(b) {
        let what = format!("sends by {}, and by {} on the other node", way(b), way(a));
        return Some(("unicast_peer", what));
    }
    if a.group != b.group {
        return Some(("mcast_dst_ip", "sends to another group than on the other node".to_owned()));
    }
    if a.auth != b.auth {
        let what = match (&a.auth, &b.auth) {
            (Auth::None, _) => "has authentication, and none on the other node",
            (_, Auth::None) => "has no authentication, unlike on the other node",
            (Auth::Ah(_), Auth::Pass(_)) => "sends a password, and an AH header on the other node",
            (Auth::Pass(_), Auth::Ah(_)) => "sends an AH header, and a password on the other node",
            _ => "has another password than on the other node",
        };
        return Some(("authentication", what.to_owned()));
    }
    if a.version == Version::V2 {
        return intervals(a, b).map(|what| ("advert_int", what));
    }
    None
}

fn intervals(a: &RouterConfig, b: &RouterConfig) -> Option<String> {
    let seconds = |router: &RouterConfig| {
        let micros = router.advertisement_interval.as_micros();
        decimal(u64::try_from(micros).unwrap_or(u64::MAX))
    };
    (a.advertisement_interval != b.advertisement_interval).then(|| {
        format!("advertises every {} s, and every {} s on the other node", seconds(b), seconds(a))
    })
}

/// The source of `from`, when `to` does not send to it.
fn unheard(from: &RouterConfig, to: &RouterConfig) -> Option<IpAddr> {
    let source = from.source.filter(|_| !from.peers.is_empty() && !to.peers.is_empty())?;
    to.peers.iter().all(|peer| peer.address != source).then_some(source)
}

fn addresses(a: &Member<'_>, b: &Member<'_>) -> Option<String> {
    let (one, two) = (a.addresses(), b.addresses());
    let list = |mut found: Vec<String>| {
        let more = found.len().saturating_sub(3);
        found.truncate(3);
        let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
        found.join(", ") + &rest
    };
    let only = |left: &std::collections::BTreeSet<IpAddr>, right| {
        left.difference(right).map(IpAddr::to_string).collect::<Vec<_>>()
    };
    let (missing, extra) = (only(&one, &two), only(&two, &one));
    match (missing.is_empty(), extra.is_empty()) {
        (true, true) => None,
        (false, true) => Some(format!("lacks {} of the other node", list(missing))),
        (true, false) => Some(format!("has {}, which the other node lacks", list(extra))),
        (false, false) => {
            Some(format!("has {} where the other node has {}", list(extra), list(missing)))
        }
    }
}

/// `waits` has nopreempt, so weights of `leads` cannot hand over. One with weights of its own was
/// told already.
fn waiting(waits: &Member<'_>, leads: &Member<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let group = |member: &Member<'_>| {
        let groups = &member.model.vrrp.groups;
        groups.iter().position(|group| group.members.contains(&member.router.name))
    };
    let weights = |member: &Member<'_>| {
        let group = group(member).and_then(|at| member.model.vrrp.groups.get(at));
        weighted(member.router, group).next().map(|tracked| tracked.weight)
    };
    let never = waits.router.preempt == Preempt::Never;
    let Some(weight) = weights(leads).filter(|_| never && weights(waits).is_none()) else { return };
    if leads.router.priority == OWNER {
        return;
    }
    let message = format!(
        "`{}` has nopreempt and waits until the master is silent: the weight {weight:+} of the \
         other node hands nothing over",
        waits.router.name
    );
    diagnostics.push(
        Diagnostic::new(Code::WeightWithNopreempt, waits.span("nopreempt"), message)
            .remedy("use weight 0 there, so that a failure is a fault; or remove nopreempt here")
            .related("the other node", leads.span("track_script")),
    );
}
