//! A configuration beside the host that is to run it: what no other machine can tell.
//!
//! What is missing now may be there when the daemon starts, so all of it is warnings: a router
//! whose interface is missing runs, in fault.

mod features;
mod links;

use std::net::IpAddr;

use caps::Capability;

use crate::config::{Code, Diagnostic, ETHERNET_MTU, Model, Places, Span};
use crate::engine::vrrp::{Family, RouterConfig, VirtualAddress};
use crate::error::Result;
use crate::io::netlink::{AddressInfo, LinkInfo, Netlink, Table};
use crate::io::{capabilities, sysctl};

/// What virtual routers cannot do without.
const FOR_ROUTERS: [Capability; 2] = [Capability::CAP_NET_ADMIN, Capability::CAP_NET_RAW];

/// This host, as it was when it was looked at.
pub struct Host {
    table: Table,
}

impl Host {
    /// Look at links, addresses and the kernel.
    ///
    /// # Errors
    /// When the kernel does not answer.
    pub fn survey() -> Result<Self> {
        Ok(Self { table: Netlink::connect()?.dump()? })
    }

    /// What `model`, whose settings stand at `places`, would find amiss here.
    #[must_use]
    pub fn judge(&self, model: &Model, places: &Places) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        for router in &model.vrrp.routers {
            self.router(&Place { router, places }, &mut found);
        }
        if let Some(first) = model.vrrp.routers.first()
            && !capabilities::has(&FOR_ROUTERS)
        {
            let message = "this user may not run virtual routers: CAP_NET_ADMIN and CAP_NET_RAW";
            let place = Place { router: first, places };
            found.push(
                Diagnostic::new(Code::HostLacks, place.span("interface"), message)
                    .remedy("run it as root, or grant them (systemd: AmbientCapabilities=)"),
            );
        }
        links::judge(&self.table, model, places, &mut found);
        features::judge(model, places, &mut found);
        found
    }

    fn router(&self, place: &Place<'_>, found: &mut Vec<Diagnostic>) {
        let router = place.router;
        found.extend(self.interface(&router.interface, place));
        found.extend(self.advert_size(place));
        if let Some(source) = router.source
            && !self.holds(&router.interface, source)
        {
            let keyword = if router.peers.is_empty() { "mcast_src_ip" } else { "unicast_src_ip" };
            let message = format!("{source} is no address of {} here", router.interface);
            found.push(
                Diagnostic::new(Code::AddressElsewhere, place.span(keyword), message)
                    .remedy("name an address that the interface has; adverts leave with it"),
            );
        }
        for address in router.all_addresses() {
            if let Some(diagnostic) = self.address(&address, place) {
                found.push(diagnostic);
            }
        }
    }

    fn interface(&self, name: &str, place: &Place<'_>) -> Option<Diagnostic> {
        let span = place.span("interface");
        let tell = |message: String, remedy: &str| {
            Some(Diagnostic::new(Code::InterfaceUnfit, span, message).remedy(remedy))
        };
        let Some(link) = self.table.link(name) else {
            let remedy = "the instance is in fault until it appears; check the name: ip link";
            return tell(format!("there is no interface {name} here"), remedy);
        };
        if !link.up {
            let remedy = "the instance is in fault until it is up: ip link set IF up";
            return tell(format!("{name} is down, or has no carrier"), remedy);
        }
        if place.router.family == Family::Ipv6 && sysctl::lacks_ipv6(name) {
            let remedy = "enable it: net.ipv6.conf.IF.disable_ipv6=0";
            return tell(format!("{name} has no IPv6"), remedy);
        }
        if self.own(link, place.router).next().is_none() {
            let remedy = "adverts need a source: give the interface an address";
            return tell(format!("{name} has no address of the router's family"), remedy);
        }
        None
    }

    /// An advert that the interface cannot carry; one that no Ethernet carries is told anyway.
    fn advert_size(&self, place: &Place<'_>) -> Option<Diagnostic> {
        let router = place.router;
        let mtu = self.table.link(&router.interface)?.mtu;
        let bytes = router.advert_bytes();
        let fits = mtu == 0 || usize::try_from(mtu).is_ok_and(|mtu| bytes <= mtu);
        if fits || bytes > ETHERNET_MTU {
            return None;
        }
        let count = router.addresses.len();
        let message = format!(
            "an advert with {count} addresses has {bytes} bytes; {} carries {mtu}",
            router.interface
        );
        let found = Diagnostic::new(Code::AdvertTooLarge, place.span("virtual_ipaddress"), message);
        Some(found.remedy("move most of them to virtual_ipaddress_excluded, or raise the MTU"))
    }

    /// Addresses of `link` that are not virtual ones of `router`.
    fn own<'t>(
        &'t self,
        link: &LinkInfo,
        router: &'t RouterConfig,
    ) -> impl Iterator<Item = &'t AddressInfo> {
        let family = router.family;
        self.table.addresses(link.index).filter(move |known| {
            let virtual_ones = router.addresses.iter().any(|each| each.address == known.address);
            !known.ours && !virtual_ones && Family::of(known.address) == family
        })
    }

    fn holds(&self, interface: &str, address: IpAddr) -> bool {
        let link = self.table.link(interface);
        let mut all = link.into_iter().flat_map(|link| self.table.addresses(link.index));
        all.any(|known| known.address == address)
    }

    fn address(&self, address: &VirtualAddress, place: &Place<'_>) -> Option<Diagnostic> {
        let router = place.router;
        let carrier = router.carrier(address);
        let span = place.address(address.address);
        let Some(link) = self.table.link(carrier) else {
            let message = format!("there is no interface {carrier} here for {}", address.address);
            return (carrier != router.interface).then(|| {
                Diagnostic::new(Code::InterfaceUnfit, span, message)
                    .remedy("the address cannot be added; check the name: ip link")
            });
        };
        let elsewhere = self.table.links().find(|other| {
            other.index != link.index
                && self.table.addresses(other.index).any(|known| known.address == address.address)
        });
        if let Some(other) = elsewhere {
            let message = format!("{} is on {} already", address.address, other.name);
            return Some(
                Diagnostic::new(Code::AddressElsewhere, span, message)
                    .remedy("this host answers for it whoever is master: remove it there"),
            );
        }
        let mut networks = self.own(link, router).peekable();
        let local = networks.peek().is_none()
            || Family::of(address.address) != router.family
            || networks.any(|known| contains(known, address.address));
        (!local).then(|| {
            let message = format!("{} is in no network of {carrier} here", address.address);
            Diagnostic::new(Code::OutsideNetwork, span, message)
                .remedy("clients there cannot reach it directly: check the address and the prefix")
        })
    }
}

/// Whether `address` is in the network of `known`.
fn contains(known: &AddressInfo, address: IpAddr) -> bool {
    let cut = |bits: u128, width: u8| {
        bits.checked_shr(u32::from(width.saturating_sub(known.prefix))).unwrap_or(0)
    };
    match (known.address, address) {
        (IpAddr::V4(a), IpAddr::V4(b)) => {
            cut(a.to_bits().into(), 32) == cut(b.to_bits().into(), 32)
        }
        (IpAddr::V6(a), IpAddr::V6(b)) => cut(a.to_bits(), 128) == cut(b.to_bits(), 128),
        _ => false,
    }
}

/// A router and where it stands.
struct Place<'a> {
    router: &'a RouterConfig,
    places: &'a Places,
}

impl Place<'_> {
    fn span(&self, keyword: &str) -> Span {
        let name = self.router.name.as_str();
        let found = self.places.setting("vrrp_instance", name, keyword);
        found.or_else(|| self.places.name("vrrp_instance", name)).unwrap_or_default()
    }

    fn address(&self, address: IpAddr) -> Span {
        let found = self.places.entry("vrrp_instance", &self.router.name, &address.to_string());
        found.unwrap_or_else(|| self.span("virtual_ipaddress"))
    }
}
