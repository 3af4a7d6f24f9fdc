//! Links and addresses as last heard from the kernel: a value that events are applied to.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::engine::vrrp::Link;

/// A link (network interface).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkInfo {
    /// Kernel index: names move, this does not.
    pub index: u32,
    /// Name now.
    pub name: String,
    /// Ethernet address, if it has one.
    pub mac: Option<[u8; 6]>,
    /// `IFF_UP` and `IFF_RUNNING`.
    pub up: bool,
    /// Neighbours are resolved by ARP or NDP (not `IFF_NOARP`).
    pub resolves: bool,
    /// Bytes of the largest packet; 0 when the kernel did not say.
    pub mtu: u32,
    /// It is a VRF, which has other links in it.
    pub vrf: bool,
}

/// An address on a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressInfo {
    /// Index of the link.
    pub index: u32,
    /// The address.
    pub address: IpAddr,
    /// Prefix length.
    pub prefix: u8,
    /// Carries our tag.
    pub ours: bool,
    /// Not tentative, not found to be a duplicate.
    pub usable: bool,
}

/// Something the kernel told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A link appeared or changed.
    Link(LinkInfo),
    /// The link with this index went.
    LinkGone(u32),
    /// An address appeared or changed.
    Address(AddressInfo),
    /// An address went.
    AddressGone(AddressInfo),
    /// Events were lost: nothing known is certain, dump everything.
    Overrun,
}

/// Everything known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    links: BTreeMap<u32, LinkInfo>,
    /// In the kernel's order, which says what is primary.
    addresses: Vec<AddressInfo>,
}

impl Table {
    /// Learn a link.
    pub fn put_link(&mut self, link: LinkInfo) {
        self.links.insert(link.index, link);
    }

    /// Learn an address; one that is known keeps its place.
    pub fn put_address(&mut self, address: AddressInfo) {
        match self.addresses.iter_mut().find(|known| same(known, &address)) {
            Some(known) => *known = address,
            None => self.addresses.push(address),
        }
    }

    /// Apply what the kernel told. [`Change::Overrun`] changes nothing here.
    pub fn apply(&mut self, change: &Change) {
        match change {
            Change::Link(link) => self.put_link(link.clone()),
            Change::LinkGone(index) => {
                self.links.remove(index);
                self.addresses.retain(|address| address.index != *index);
            }
            Change::Address(address) => self.put_address(*address),
            Change::AddressGone(address) => self.addresses.retain(|known| !same(known, address)),
            Change::Overrun => {}
        }
    }

    /// The link called `name`.
    #[must_use]
    pub fn link(&self, name: &str) -> Option<&LinkInfo> {
        self.links.values().find(|link| link.name == name)
    }

    /// All links.
    pub fn links(&self) -> impl Iterator<Item = &LinkInfo> {
        self.links.values()
    }

    /// The link with `index`.
    #[must_use]
    pub fn link_at(&self, index: u32) -> Option<&LinkInfo> {
        self.links.get(&index)
    }

    /// Addresses on the link with `index`, the primary ones first.
    pub fn addresses(&self, index: u32) -> impl Iterator<Item = &AddressInfo> {
        self.addresses.iter().filter(move |address| address.index == index)
    }

    /// The entry of `address` on the link with `index`.
    #[must_use]
    pub fn find(&self, index: u32, address: IpAddr, prefix: u8) -> Option<&AddressInfo> {
        self.addresses(index).find(|known| known.address == address && known.prefix == prefix)
    }

    /// What the engine wants to know of the link called `name`. Its own address is never one with
    /// our tag; one of `virtual_addresses` only when there is no other (the owner of an address
    /// has it as its own).
    #[must_use]
    pub fn engine_link(&self, name: &str, virtual_addresses: &BTreeSet<IpAddr>) -> Link {
        let Some(link) = self.link(name) else { return Link::default() };
        let own: Vec<IpAddr> = self
            .addresses(link.index)
            .filter(|known| !known.ours && known.usable)
            .map(|known| known.address)
            .collect();
        let first = |wanted: &dyn Fn(&IpAddr) -> bool| {
            let real = own.iter().find(|a| wanted(a) && !virtual_addresses.contains(a));
            real.or_else(|| own.iter().find(|a| wanted(a))).copied()
        };
        Link {
            exists: true,
            up: link.up,
            ipv4: first(&|a| a.is_ipv4()).and_then(v4),
            ipv6: first(&|a| v6(*a).is_some_and(|a| a.is_unicast_link_local())).and_then(v6),
        }
    }
}

fn same(a: &AddressInfo, b: &AddressInfo) -> bool {
    a.index == b.index && a.address == b.address && a.prefix == b.prefix
}

const fn v4(address: IpAddr) -> Option<Ipv4Addr> {
    match address {
        IpAddr::V4(address) => Some(address),
        IpAddr::V6(_) => None,
    }
}

const fn v6(address: IpAddr) -> Option<Ipv6Addr> {
    match address {
        IpAddr::V6(address) => Some(address),
        IpAddr::V4(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(index: u32, name: &str) -> LinkInfo {
        LinkInfo {
            index,
            name: name.to_owned(),
            mac: None,
            up: true,
            resolves: true,
            mtu: 1500,
            vrf: false,
        }
    }

    fn address(text: &str, ours: bool) -> AddressInfo {
        AddressInfo { index: 2, address: text.parse().unwrap(), prefix: 24, ours, usable: true }
    }

    fn table(addresses: &[AddressInfo]) -> Table {
        let mut table = Table::default();
        table.put_link(link(2, "lan"));
        for address in addresses {
            table.put_address(*address);
        }
        table
    }

    #[test]
    fn the_own_address_is_never_a_virtual_one() {
        let table = table(&[
            address("10.0.0.9", true),
            address("10.0.0.8", false),
            address("10.0.0.1", false),
        ]);
        let configured = BTreeSet::from(["10.0.0.8".parse().unwrap()]);
        assert_eq!(table.engine_link("lan", &configured).ipv4, "10.0.0.1".parse().ok());
    }

    #[test]
    fn the_owner_of_an_address_uses_it_as_its_own() {
        let table = table(&[address("10.0.0.8", false)]);
        let configured = BTreeSet::from(["10.0.0.8".parse().unwrap()]);
        assert_eq!(table.engine_link("lan", &configured).ipv4, "10.0.0.8".parse().ok());
    }

    #[test]
    fn only_a_usable_link_local_address_serves_ipv6() {
        let tentative = AddressInfo { usable: false, ..address("fe80::1", false) };
        let mut table = table(&[address("2001:db8::1", false), tentative]);
        assert_eq!(table.engine_link("lan", &BTreeSet::new()).ipv6, None);
        table.put_address(address("fe80::1", false));
        assert_eq!(table.engine_link("lan", &BTreeSet::new()).ipv6, "fe80::1".parse().ok());
    }

    #[test]
    fn a_link_that_goes_takes_its_addresses_along() {
        let mut table = table(&[address("10.0.0.1", false)]);
        table.apply(&Change::LinkGone(2));
        assert_eq!(table, Table::default());
        assert!(!table.engine_link("lan", &BTreeSet::new()).exists);
    }

    #[test]
    fn a_renamed_link_is_found_by_its_new_name_only() {
        let mut table = table(&[]);
        table.apply(&Change::Link(link(2, "wan")));
        assert!(table.link("lan").is_none());
        assert!(table.link("wan").is_some());
    }
}
