//! A virtual address as the kernel's message about it.

use std::net::IpAddr;

use netlink_packet_route::AddressFamily;
use netlink_packet_route::address::{
    AddressAttribute, AddressFlags, AddressHeaderFlags, AddressMessage, AddressProtocol,
    AddressScope, CacheInfo,
};

use super::ADDRESS_PROTOCOL;
use crate::engine::vrrp::{PreferredLifetime, VirtualAddress};

/// The kernel's word for "for ever".
const FOR_EVER: u32 = u32::MAX;

/// What tells this address from every other: enough to delete it.
pub(super) fn identity(index: u32, address: &VirtualAddress) -> AddressMessage {
    let mut message = AddressMessage::default();
    message.header.family = match address.address {
        IpAddr::V4(_) => AddressFamily::Inet,
        IpAddr::V6(_) => AddressFamily::Inet6,
    };
    message.header.prefix_len = address.prefix;
    message.header.index = index;
    message.attributes.push(AddressAttribute::Local(address.address));
    message.attributes.push(AddressAttribute::Address(address.peer.unwrap_or(address.address)));
    message
}

/// The full set of attributes. An IPv6 address skips duplicate address detection, which would
/// hold it back for a second or more; a /128 is deprecated from the start, so that the host never
/// picks it as the source of its own connections.
pub(super) fn message(index: u32, address: &VirtualAddress) -> AddressMessage {
    let mut message = identity(index, address);
    message.header.scope = AddressScope::from(address.scope);
    let ipv6 = address.address.is_ipv6();
    let mut flags = AddressFlags::Permanent;
    flags.set(AddressFlags::Nodad, ipv6 && !address.duplicate_address_detection);
    flags.set(AddressFlags::Noprefixroute, address.no_prefix_route);
    flags.set(AddressFlags::Homeaddress, address.home);
    flags.set(AddressFlags::Managetempaddr, address.managed_temporary);
    flags.set(AddressFlags::Mcautojoin, address.autojoin);
    message.header.flags = AddressHeaderFlags::from_bits_retain((flags.bits() & 0xff) as u8);
    let attributes = &mut message.attributes;
    attributes.push(AddressAttribute::Flags(flags));
    attributes.push(AddressAttribute::Protocol(AddressProtocol::Other(ADDRESS_PROTOCOL)));
    if let Some(broadcast) = address.broadcast {
        attributes.push(AddressAttribute::Broadcast(broadcast));
    }
    if let Some(label) = &address.label {
        attributes.push(AddressAttribute::Label(label.clone()));
    }
    if let Some(preferred) = preferred(address) {
        let mut lifetime = CacheInfo::default();
        lifetime.ifa_preferred = preferred;
        lifetime.ifa_valid = FOR_EVER;
        attributes.push(AddressAttribute::CacheInfo(lifetime));
    }
    message
}

/// Seconds for which the host may choose it as a source, where the kernel has to be told.
fn preferred(address: &VirtualAddress) -> Option<u32> {
    match address.preferred_lifetime {
        Some(PreferredLifetime::Forever) => None,
        Some(PreferredLifetime::Seconds(seconds)) => Some(seconds),
        None => (address.address.is_ipv6() && address.prefix == 128).then_some(0),
    }
}
