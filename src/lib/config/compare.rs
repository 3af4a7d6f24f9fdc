//! Configurations of several nodes of one cluster beside each other: what one node is told has to
//! fit what the others are told. Decides from the models alone; a router of one node is the peer of
//! the router of another that has the same VRID and family.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::diagnostic::{Code, Diagnostic};
use super::places::Places;
use super::source::{SourceMap, Span};
use super::{Model, Outcome};
use crate::engine::vrrp::{Family, RouterConfig};

mod pair;
mod weight;

/// One node: what was loaded, and where it stands.
#[derive(Clone, Copy, Debug)]
pub struct Node<'a> {
    /// What came of the load.
    pub outcome: &'a Outcome,
    /// Where its settings stand.
    pub places: &'a Places,
}

/// A router of a node.
#[derive(Clone, Copy)]
struct Member<'a> {
    node: usize,
    model: &'a Model,
    places: &'a Places,
    router: &'a RouterConfig,
    /// Where the node's files are among those of all nodes.
    shift: (u32, u32),
}

impl Member<'_> {
    /// Where `keyword` is set, or the instance is named.
    fn span(&self, keyword: &str) -> Span {
        let name = self.router.name.as_str();
        let found = self.places.setting("vrrp_instance", name, keyword);
        self.shifted(found.or_else(|| self.places.name("vrrp_instance", name)))
    }

    fn shifted(&self, span: Option<Span>) -> Span {
        span.unwrap_or_default().shifted(self.shift)
    }

    fn addresses(&self) -> BTreeSet<IpAddr> {
        self.router.addresses.iter().map(|each| each.address).collect()
    }

    /// How much speaks for `other` being the same virtual router: a common address most.
    fn likeness(&self, other: &Self) -> u8 {
        let common = !self.addresses().is_disjoint(&other.addresses());
        let (a, b) = (self.router, other.router);
        u8::from(common) * 4 + u8::from(a.name == b.name) * 2 + u8::from(a.interface == b.interface)
    }

    fn is_peer(&self, other: &Self) -> bool {
        (self.router.vrid, self.router.family) == (other.router.vrid, other.router.family)
    }
}

/// What does not fit between `nodes`: the findings, and the files they stand in. `None` when fewer
/// than two of them have virtual routers.
#[must_use]
pub fn compare(nodes: &[Node<'_>]) -> Option<Outcome> {
    let mut sources = SourceMap::default();
    let mut members: Vec<Vec<Member<'_>>> = Vec::new();
    for (index, node) in nodes.iter().enumerate() {
        let Some(model) = node.outcome.model.as_ref() else { continue };
        let shift = sources.absorb(&node.outcome.sources);
        let places = node.places;
        let of_node = |router| Member { node: index, model, places, router, shift };
        members.push(model.vrrp.routers.iter().map(of_node).collect());
    }
    members.retain(|routers| !routers.is_empty());
    if members.len() < 2 {
        return None;
    }
    let clusters = clusters(&members);
    let mut diagnostics = Vec::new();
    for cluster in &clusters {
        for (index, later) in cluster.iter().enumerate() {
            for earlier in cluster.iter().take(index) {
                pair::compare(earlier, later, &mut diagnostics);
            }
        }
        weight::compare(cluster, &mut diagnostics);
    }
    alone(&clusters, &mut diagnostics);
    groups(&clusters, &mut diagnostics);
    diagnostics.sort_by_key(|d| (d.span, d.code));
    diagnostics.dedup_by(|a, b| a.span == b.span && a.code == b.code && a.message == b.message);
    Some(Outcome { model: None, diagnostics, sources })
}

/// Routers of different nodes that are one virtual router, each in the order of the nodes.
fn clusters<'a>(nodes: &[Vec<Member<'a>>]) -> Vec<Vec<Member<'a>>> {
    let mut clusters: Vec<Vec<Member<'a>>> = Vec::new();
    for routers in nodes {
        let mut left: Vec<Member<'a>> = routers.clone();
        let known = clusters.len();
        for cluster in clusters.iter_mut().take(known) {
            let Some(first) = cluster.first() else { continue };
            let best = left.iter().enumerate().filter(|(_, each)| each.is_peer(first));
            let best =
                best.max_by_key(|(index, each)| (first.likeness(each), std::cmp::Reverse(*index)));
            if let Some((index, _)) = best {
                cluster.push(left.remove(index));
            }
        }
        clusters.extend(left.into_iter().map(|each| vec![each]));
    }
    clusters
}

/// Routers without a peer: for one with an address that another has, the VRID is wrong.
fn alone(clusters: &[Vec<Member<'_>>], diagnostics: &mut Vec<Diagnostic>) {
    let all = || clusters.iter().flatten();
    for member in clusters.iter().filter(|cluster| cluster.len() == 1).flatten() {
        let name = &member.router.name;
        let vrid = member.router.vrid;
        let own = member.addresses();
        let twin = all().find(|other| {
            other.node != member.node
                && other.router.family == member.router.family
                && !other.addresses().is_disjoint(&own)
        });
        if let Some(twin) = twin {
            if twin.node > member.node {
                continue;
            }
            let message = format!(
                "`{name}` has VRID {vrid}, and the other node's router for the same address has {}",
                twin.router.vrid
            );
            diagnostics.push(
                Diagnostic::new(Code::NodesDeaf, member.span("virtual_router_id"), message)
                    .remedy("both would hold the address: use the same virtual_router_id")
                    .related("the other node", twin.span("virtual_router_id")),
            );
        } else {
            let message = format!("no other node has a router with VRID {vrid}: nobody stands in");
            diagnostics.push(
                Diagnostic::new(Code::NodesDiffer, member.span("virtual_router_id"), message)
                    .remedy("add it to another node; or check unrelated files with --alone"),
            );
        }
    }
}

/// Sync groups that hold different virtual routers on different nodes.
fn groups(clusters: &[Vec<Member<'_>>], diagnostics: &mut Vec<Diagnostic>) {
    for cluster in clusters {
        let Some((first, others)) = cluster.split_first() else { continue };
        let wanted = companions(first);
        let different = others.iter().find(|other| companions(other) != wanted);
        let Some(other) = different else { continue };
        // Told at the first member that has the group, and once for each group.
        let group = |member: &Member<'_>| {
            let groups = &member.model.vrrp.groups;
            let found = groups.iter().find(|group| group.members.contains(&member.router.name))?;
            let places = member.places;
            Some((found.name.clone(), member.shifted(places.name("vrrp_sync_group", &found.name))))
        };
        let (one, two) = (group(first), group(other));
        let Some((name, span)) = two.clone().or_else(|| one.clone()) else { continue };
        let message = format!("sync group `{name}` holds other virtual routers on another node");
        let mut found = Diagnostic::new(Code::NodesDiffer, span, message)
            .remedy("let the same virtual routers move together on every node");
        match (one, two) {
            (Some((_, there)), Some(_)) => found = found.related("the other node", there),
            (Some(_), None) => {
                found = found.related("in no group here", other.span("virtual_router_id"));
            }
            _ => found = found.related("in no group here", first.span("virtual_router_id")),
        }
        diagnostics.push(found);
    }
}

/// The virtual routers that move with `member`, itself included; empty: it is in no group.
fn companions(member: &Member<'_>) -> BTreeSet<(Family, u8)> {
    let vrrp = &member.model.vrrp;
    let Some(group) = vrrp.groups.iter().find(|g| g.members.contains(&member.router.name)) else {
        return BTreeSet::new();
    };
    let routers = vrrp.routers.iter().filter(|router| group.members.contains(&router.name));
    routers.map(|router| (router.family, router.vrid)).collect()
}
