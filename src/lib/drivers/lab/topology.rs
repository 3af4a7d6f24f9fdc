//! The network a set of configurations needs: one bridge for each interface name, a cable from
//! every host to it, and a client beside the virtual address that is probed.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};

use crate::engine::vrrp::{NodeConfig, RouterConfig, TrackerId, VirtualAddress};
use crate::error::{Error, Result};
use crate::exit::Exit;

/// Everything that shares one interface name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The name inside the hosts.
    pub interface: String,
    /// Prefix length of the network.
    pub prefix: u8,
    /// Own address of each host.
    pub hosts: Vec<Ipv4Addr>,
    /// An address for a client.
    pub client: Ipv4Addr,
}

/// The router and the virtual address that a run looks at.
///
/// # Errors
/// When no configuration has an IPv4 virtual address, or not the `wanted` one.
pub fn probed(nodes: &[NodeConfig], wanted: Option<Ipv4Addr>) -> Result<(Ipv4Addr, String)> {
    let all = nodes
        .iter()
        .flat_map(|node| &node.routers)
        .flat_map(|router| ipv4_addresses(router).map(|(address, on)| (address, on.to_owned())));
    match wanted {
        None => all.into_iter().next().ok_or_else(|| {
            Error::new("probe", "the configuration", "it has no IPv4 virtual address")
                .remedy("give a file with a vrrp_instance that has one")
                .exit(Exit::Invalid)
        }),
        Some(wanted) => all.into_iter().find(|(address, _)| *address == wanted).ok_or_else(|| {
            Error::new("probe", wanted.to_string(), "no vrrp_instance has this virtual address")
                .exit(Exit::Usage)
        }),
    }
}

/// IPv4 virtual addresses of `router` with the interface that carries each.
fn ipv4_addresses(router: &RouterConfig) -> impl Iterator<Item = (Ipv4Addr, &str)> {
    router.addresses.iter().chain(&router.excluded).filter_map(|virtual_address| {
        match virtual_address.address {
            IpAddr::V4(address) => Some((address, carrier(virtual_address, router))),
            IpAddr::V6(_) => None,
        }
    })
}

fn carrier<'a>(address: &'a VirtualAddress, router: &'a RouterConfig) -> &'a str {
    address.interface.as_deref().unwrap_or(&router.interface)
}

/// Which router of `node` moves `address`.
#[must_use]
pub fn router_of(node: &NodeConfig, address: Ipv4Addr) -> Option<&RouterConfig> {
    node.routers.iter().find(|router| ipv4_addresses(router).any(|(ours, _)| ours == address))
}

/// The segments that `nodes` need, in the order of their interface names.
///
/// # Errors
/// When a network is too small for its hosts.
pub fn segments(nodes: &[NodeConfig]) -> Result<Vec<Segment>> {
    interfaces(nodes).into_iter().zip(0..).map(|(name, i)| segment(nodes, name, i)).collect()
}

/// Every interface that some configuration names, except loopback, which is there already.
fn interfaces(nodes: &[NodeConfig]) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    for router in nodes.iter().flat_map(|node| &node.routers) {
        names.insert(router.interface.as_str());
        names.extend(router.addresses.iter().filter_map(|a| a.interface.as_deref()));
        names.extend(router.excluded.iter().filter_map(|a| a.interface.as_deref()));
        names.extend(router.tracked.iter().filter_map(|tracked| match &tracked.tracker {
            TrackerId::Interface(name) => Some(name.as_str()),
            TrackerId::Script(_) => None,
        }));
    }
    names.remove("lo");
    names
}

fn segment(nodes: &[NodeConfig], interface: &str, number: u8) -> Result<Segment> {
    let routers = || nodes.iter().flat_map(|node| &node.routers);
    let on_it = routers()
        .flat_map(|router| router.addresses.iter().map(move |a| (a, carrier(a, router))))
        .filter(|(_, carrier)| *carrier == interface)
        .find_map(|(a, _)| match a.address {
            IpAddr::V4(address) => Some((address, a.prefix)),
            IpAddr::V6(_) => None,
        });
    // A virtual address is often written as /32; its neighbours are then taken as a /24.
    let (inside, prefix) = match on_it {
        Some((address, prefix @ 8..=28)) => (address, prefix),
        Some((address, _)) => (address, 24),
        None => (Ipv4Addr::new(10, 255, number, 0), 24),
    };
    let sources: Vec<Option<Ipv4Addr>> = nodes.iter().map(|n| source(n, interface)).collect();
    let mut taken: BTreeSet<Ipv4Addr> =
        routers().flat_map(ipv4_addresses).map(|(address, _)| address).collect();
    taken.extend(sources.iter().flatten());
    let network = inside.to_bits() & (u32::MAX << (32 - prefix));
    let last = network | (u32::MAX >> prefix);
    let mut free = (network + 1..last).map(Ipv4Addr::from).filter(|a| !taken.contains(a));
    let too_small = || {
        Error::new("place hosts in", format!("{inside}/{prefix}"), "the network is too small")
            .exit(Exit::Invalid)
    };
    let hosts = sources
        .into_iter()
        .map(|source| source.or_else(|| free.next()).ok_or_else(too_small))
        .collect::<Result<Vec<_>>>()?;
    let client = free.next_back().ok_or_else(too_small)?;
    Ok(Segment { interface: interface.to_owned(), prefix, hosts, client })
}

/// The source address that `node` configures for `interface`.
fn source(node: &NodeConfig, interface: &str) -> Option<Ipv4Addr> {
    node.routers.iter().filter(|router| router.interface == interface).find_map(|router| {
        match router.source {
            Some(IpAddr::V4(address)) => Some(address),
            _ => None,
        }
    })
}
