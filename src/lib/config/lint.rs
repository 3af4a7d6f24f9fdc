//! What is allowed and hardly meant: settings that cannot do what they are there for. Each is a
//! warning, because keepalived runs it, and so do we.

use std::collections::BTreeMap;

use super::Model;
use super::diagnostic::{Code, Diagnostic};
use super::resolve::{Entry, Value};
use super::source::Span;
use crate::engine::vrrp::{Preempt, RouterConfig, SyncGroupConfig, Tracked};
use crate::wire::vrrp::Version;

/// Priority of the address owner (RFC 9568 section 5.2.4).
pub(super) const OWNER: u8 = 255;
/// Bytes that an Ethernet carries.
pub const MTU: usize = 1500;

/// Everything of the kind in `model`, which came from `entries`.
pub(super) fn run(entries: &[Entry<'_>], model: &Model) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let of = |keyword: &'static str| entries.iter().filter(move |e| e.row.keyword == keyword);
    let strict =
        of("global_defs").filter_map(|block| switched_on(block, "vrrp_strict")).next_back();
    let mut told = false;
    let blocks: Blocks<'_, '_> = of("vrrp_instance").map(|block| (block.text(), block)).collect();
    let groups: BTreeMap<&str, &SyncGroupConfig> = model
        .vrrp
        .groups
        .iter()
        .flat_map(|group| group.members.iter().map(move |member| (member.as_str(), group)))
        .collect();
    for router in &model.vrrp.routers {
        let Some(block) = blocks.get(router.name.as_str()) else { continue };
        weights(block, router, groups.get(router.name.as_str()).copied(), &mut found);
        unicast(block, router, &mut found);
        advert_size(block, router, &mut found);
        told = lockout(block, router, strict, told, &mut found);
    }
    let routers: BTreeMap<&str, &RouterConfig> =
        model.vrrp.routers.iter().map(|router| (router.name.as_str(), router)).collect();
    for block in of("vrrp_sync_group") {
        let group = model.vrrp.groups.iter().find(|group| group.name == block.text());
        let members = group.into_iter().flat_map(|group| &group.members);
        let members: Vec<_> =
            members.filter_map(|member| routers.get(member.as_str()).copied()).collect();
        mixed_priorities(block, &members, &blocks, &mut found);
    }
    found
}

/// The blocks of the instances by name.
type Blocks<'e, 'a> = BTreeMap<&'a str, &'e Entry<'a>>;

fn get<'e, 'a>(block: &'e Entry<'a>, keyword: &str) -> Option<&'e Entry<'a>> {
    block.children.iter().rfind(|entry| entry.row.keyword == keyword)
}

fn switched_on(block: &Entry<'_>, keyword: &str) -> Option<Span> {
    get(block, keyword).filter(|entry| entry.value == Value::Switch(true)).map(Entry::span)
}

/// Weighted trackers that act on `router`.
pub(super) fn weighted<'m>(
    router: &'m RouterConfig,
    group: Option<&'m SyncGroupConfig>,
) -> impl Iterator<Item = &'m Tracked> {
    let shared = group.into_iter().flat_map(|group| &group.tracked);
    router.tracked.iter().chain(shared).filter(|tracked| tracked.weight != 0)
}

/// Weights where no weight can matter.
fn weights(
    block: &Entry<'_>,
    router: &RouterConfig,
    group: Option<&SyncGroupConfig>,
    found: &mut Vec<Diagnostic>,
) {
    let Some(first) = weighted(router, group).next() else { return };
    let weight = first.weight;
    if router.priority == OWNER {
        let span = get(block, "priority").map_or_else(|| block.value_span(), Entry::value_span);
        let message = format!(
            "the priority of an address owner never changes: a weight of {weight:+} does nothing"
        );
        found.push(
            Diagnostic::new(Code::WeightWithoutEffect, span, message)
                .remedy("use a priority below 255, or weight 0, which makes a failure a fault"),
        );
    } else if let Some(never) = get(block, "nopreempt").filter(|_| router.preempt == Preempt::Never)
    {
        let message = format!(
            "`nopreempt` waits until the master is silent: that a weight ({weight:+}) lowers the \
             master's priority changes nothing"
        );
        found.push(
            Diagnostic::new(Code::WeightWithNopreempt, never.span(), message)
                .remedy("use weight 0, so that a failure is a fault; or remove nopreempt"),
        );
    }
}

/// Unicast settings that reach nobody.
fn unicast(block: &Entry<'_>, router: &RouterConfig, found: &mut Vec<Diagnostic>) {
    let source = get(block, "unicast_src_ip");
    if let Some(entry) = source.filter(|_| get(block, "unicast_peer").is_none()) {
        let message = "unicast_src_ip without unicast_peer: adverts go to the multicast group";
        found.push(
            Diagnostic::new(Code::UnicastAlone, entry.span(), message)
                .remedy("name the other routers: unicast_peer { ADDRESS }; or remove it"),
        );
    }
    let own = router.peers.iter().find(|peer| Some(peer.address) == router.source);
    if let (Some(peer), Some(list)) = (own, get(block, "unicast_peer")) {
        let text = peer.address.to_string();
        let line = list.lines().flat_map(|line| line.words().collect::<Vec<_>>());
        let span = line.into_iter().find(|word| word.text == text).map(|word| word.span);
        let message = format!("peer {text} is the source address of this router itself");
        found.push(
            Diagnostic::new(Code::UnicastAlone, span.unwrap_or_else(|| list.span()), message)
                .remedy("name the other routers only"),
        );
    }
}

fn advert_size(block: &Entry<'_>, router: &RouterConfig, found: &mut Vec<Diagnostic>) {
    let bytes = router.advert_bytes();
    if bytes > MTU {
        let list = get(block, "virtual_ipaddress");
        let message = format!(
            "an advert with {} addresses has {bytes} bytes; an Ethernet carries {MTU}",
            router.addresses.len()
        );
        found.push(
            Diagnostic::new(
                Code::AdvertTooLarge,
                list.map_or_else(|| block.span(), Entry::span),
                message,
            )
            .remedy("move most of them to virtual_ipaddress_excluded, or use jumbo frames"),
        );
    }
}

/// Strict mode drops what is sent to addresses of a router that does not own them. Told once for
/// the global setting; returns whether it was.
fn lockout(
    block: &Entry<'_>,
    router: &RouterConfig,
    global: Option<Span>,
    told: bool,
    found: &mut Vec<Diagnostic>,
) -> bool {
    let own = get(block, "strict_mode");
    let span = match own {
        Some(entry) if entry.value == Value::Switch(true) => entry.span(),
        Some(_) => return told,
        None => match global {
            Some(span) if !told => span,
            _ => return told,
        },
    };
    let off = |entry: &&Entry<'_>| ["off", "no", "false"].contains(&entry.text());
    let accept = get(block, "accept").filter(|entry| !off(entry));
    let accepts = router.version == Version::V3 && accept.is_some();
    if router.priority == OWNER || accepts || router.addresses.is_empty() {
        return told;
    }
    let message = format!(
        "strict mode keeps clients out: what they send to the addresses of `{}` is dropped, \
         because its priority is {} and not 255",
        router.name, router.priority
    );
    found.push(
        Diagnostic::new(Code::Lockout, span, message)
            .remedy("remove it unless the addresses only route; version 3 has `accept` for this"),
    );
    told || own.is_none()
}

/// Members of a group that would rather have different masters.
fn mixed_priorities(
    block: &Entry<'_>,
    members: &[&RouterConfig],
    blocks: &Blocks<'_, '_>,
    found: &mut Vec<Diagnostic>,
) {
    let Some((first, others)) = members.split_first() else { return };
    let Some(other) = others.iter().find(|r| r.priority != first.priority) else { return };
    let message = format!(
        "members of sync group `{}` differ in priority: {} has {}, {} has {}",
        block.text(),
        first.name,
        first.priority,
        other.name,
        other.priority
    );
    let mut diagnostic = Diagnostic::new(Code::MixedPriorities, block.value_span(), message)
        .remedy("they move together: give all members of a node the same priority");
    for member in [first, other] {
        let block = blocks.get(member.name.as_str());
        if let Some(priority) = block.and_then(|block| get(block, "priority")) {
            diagnostic = diagnostic.related("set here", priority.value_span());
        }
    }
    found.push(diagnostic);
}
