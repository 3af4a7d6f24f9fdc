//! The IPVS family of generic netlink: what is asked of the kernel and what it answers, as values.
//!
//! Every number of it is in `linux/ip_vs.h`. Reading is total: whatever comes, a value or nothing.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZeroU16;

use super::attribute::{
    all, name, number, number_u16, number_u32, port, put, put_name, put_nest, put_port, put_u16,
    put_u32,
};
use crate::engine::ipvs::{
    Change, Destination, Endpoint, Forwarding, GueChecksum, ObservedDestination, Persistence,
    PersistenceMask, Protocol, Role, SchedulerFlags, ServiceId, Settings, Statistics, SyncDaemon,
    SyncState, Timeouts, Traffic, Tunnel,
};
use crate::engine::vrrp::Family;

/// Name of the family.
pub const FAMILY: &str = "IPVS";
/// Version of the messages.
pub const VERSION: u8 = 1;

/// A command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Command {
    NewService = 1,
    SetService = 2,
    DeleteService = 3,
    GetService = 4,
    NewDestination = 5,
    SetDestination = 6,
    DeleteDestination = 7,
    GetDestination = 8,
    NewDaemon = 9,
    DeleteDaemon = 10,
    GetDaemon = 11,
    SetConfig = 12,
    GetConfig = 13,
    Zero = 16,
    Flush = 17,
}

/// Attributes of a message.
mod top {
    pub const SERVICE: u16 = 1;
    pub const DESTINATION: u16 = 2;
    pub const DAEMON: u16 = 3;
    pub const TIMEOUT_TCP: u16 = 4;
    pub const TIMEOUT_TCP_FIN: u16 = 5;
    pub const TIMEOUT_UDP: u16 = 6;
}

/// Attributes of a service.
mod service {
    pub const FAMILY: u16 = 1;
    pub const PROTOCOL: u16 = 2;
    pub const ADDRESS: u16 = 3;
    pub const PORT: u16 = 4;
    pub const FWMARK: u16 = 5;
    pub const SCHEDULER: u16 = 6;
    pub const FLAGS: u16 = 7;
    pub const TIMEOUT: u16 = 8;
    pub const NETMASK: u16 = 9;
    pub const STATISTICS: u16 = 10;
    pub const ENGINE: u16 = 11;
    pub const STATISTICS_64: u16 = 12;
}

/// Attributes of a destination.
mod destination {
    pub const ADDRESS: u16 = 1;
    pub const PORT: u16 = 2;
    pub const FORWARDING: u16 = 3;
    pub const WEIGHT: u16 = 4;
    pub const UPPER: u16 = 5;
    pub const LOWER: u16 = 6;
    pub const ACTIVE: u16 = 7;
    pub const INACTIVE: u16 = 8;
    pub const PERSISTENT: u16 = 9;
    pub const STATISTICS: u16 = 10;
    pub const FAMILY: u16 = 11;
    pub const STATISTICS_64: u16 = 12;
    pub const TUNNEL: u16 = 13;
    pub const TUNNEL_PORT: u16 = 14;
    pub const TUNNEL_FLAGS: u16 = 15;
}

/// Attributes of a synchronisation daemon.
mod daemon {
    pub const STATE: u16 = 1;
    pub const INTERFACE: u16 = 2;
    pub const SYNC_ID: u16 = 3;
    pub const LONGEST: u16 = 4;
    pub const GROUP: u16 = 5;
    pub const GROUP_6: u16 = 6;
    pub const PORT: u16 = 7;
    pub const TTL: u16 = 8;
}

/// Flags of a service.
mod flag {
    pub const PERSISTENT: u32 = 1;
    pub const ONE_PACKET: u32 = 4;
    pub const FIRST: u32 = 8;
    pub const SECOND: u32 = 0x10;
    pub const THIRD: u32 = 0x20;
}

/// Bits of the forwarding method that tell which one it is.
const METHOD: u32 = 7;
const CHECKSUM: u16 = 1;
const REMOTE_CHECKSUM: u16 = 2;

/// Command and attributes for `change`.
pub fn change(out: &mut Vec<u8>, change: &Change) -> Command {
    match change {
        Change::AddService(to) => {
            settings(out, to);
            Command::NewService
        }
        Change::EditService { to, .. } => {
            settings(out, to);
            Command::SetService
        }
        Change::DeleteService(id) => {
            identity(out, id);
            Command::DeleteService
        }
        Change::AddDestination(id, to) => {
            identity(out, id);
            put_nest(out, top::DESTINATION, |out| whole_destination(out, to));
            Command::NewDestination
        }
        Change::EditDestination { service, to, .. } => {
            identity(out, service);
            put_nest(out, top::DESTINATION, |out| whole_destination(out, to));
            Command::SetDestination
        }
        Change::DeleteDestination(id, at) => {
            identity(out, id);
            put_nest(out, top::DESTINATION, |out| endpoint(out, at));
            Command::DeleteDestination
        }
    }
}

/// The attribute that names a service.
pub fn identity(out: &mut Vec<u8>, id: &ServiceId) {
    put_nest(out, top::SERVICE, |out| service_id(out, id));
}

fn settings(out: &mut Vec<u8>, settings: &Settings) {
    put_nest(out, top::SERVICE, |out| {
        service_id(out, &settings.id);
        put_name(out, service::SCHEDULER, &settings.scheduler);
        let persistence = settings.persistence.as_ref();
        if let Some(engine) = persistence.and_then(|persistence| persistence.engine.as_deref()) {
            put_name(out, service::ENGINE, engine);
        }
        // All flags are meant: those that are not set are cleared.
        let flags = [flags_of(settings).to_ne_bytes(), u32::MAX.to_ne_bytes()].concat();
        put(out, service::FLAGS, &flags);
        put_u32(out, service::TIMEOUT, persistence.map_or(0, |persistence| persistence.timeout_s));
        put(out, service::NETMASK, &mask(settings));
    });
}

fn flags_of(settings: &Settings) -> u32 {
    let SchedulerFlags { fallback, port, third } = settings.flags;
    [
        (settings.persistence.is_some(), flag::PERSISTENT),
        (settings.one_packet, flag::ONE_PACKET),
        (fallback, flag::FIRST),
        (port, flag::SECOND),
        (third, flag::THIRD),
    ]
    .into_iter()
    .fold(0, |all, (set, bit)| if set { all | bit } else { all })
}

/// A netmask in network order, or the length of a prefix as the processor has it.
fn mask(settings: &Settings) -> [u8; 4] {
    let mask = settings.persistence.as_ref().and_then(|persistence| persistence.mask);
    match (mask, settings.id.family()) {
        (Some(PersistenceMask::Netmask(mask)), _) => mask.octets(),
        (Some(PersistenceMask::Prefix(length)), _) => u32::from(length).to_ne_bytes(),
        (None, Family::Ipv4) => [u8::MAX; 4],
        (None, Family::Ipv6) => 128_u32.to_ne_bytes(),
    }
}

fn service_id(out: &mut Vec<u8>, id: &ServiceId) {
    put_u16(out, service::FAMILY, family_number(id.family()));
    match *id {
        ServiceId::Address { protocol, address, port } => {
            put_u16(out, service::PROTOCOL, protocol_number(protocol));
            put(out, service::ADDRESS, &address_bytes(address));
            put_port(out, service::PORT, port);
        }
        ServiceId::Fwmark { mark, .. } => put_u32(out, service::FWMARK, mark),
    }
}

fn endpoint(out: &mut Vec<u8>, at: &Endpoint) {
    put_u16(out, destination::FAMILY, family_number(Family::of(at.address)));
    put(out, destination::ADDRESS, &address_bytes(at.address));
    put_port(out, destination::PORT, at.port);
}

fn whole_destination(out: &mut Vec<u8>, to: &Destination) {
    endpoint(out, &to.endpoint());
    let (method, tunnel) = match to.forwarding {
        Forwarding::Nat => (0, None),
        Forwarding::Tunnel(tunnel) => (2, Some(tunnel)),
        Forwarding::DirectRouting => (3, None),
    };
    put_u32(out, destination::FORWARDING, method);
    put_u32(out, destination::WEIGHT, to.weight);
    put_u32(out, destination::UPPER, to.upper_threshold);
    put_u32(out, destination::LOWER, to.lower_threshold);
    if let Some(tunnel) = tunnel {
        put_tunnel(out, tunnel);
    }
}

fn put_tunnel(out: &mut Vec<u8>, tunnel: Tunnel) {
    let (kind, port, flags) = match tunnel {
        Tunnel::Ipip => (0, 0, 0),
        Tunnel::Gue { port, checksum } => {
            let flags = match checksum {
                GueChecksum::None => 0,
                GueChecksum::Plain => CHECKSUM,
                GueChecksum::Remote => REMOTE_CHECKSUM,
            };
            (1, port.get(), flags)
        }
        Tunnel::Gre { checksum } => (2, 0, if checksum { CHECKSUM } else { 0 }),
    };
    put(out, destination::TUNNEL, &[kind]);
    put_port(out, destination::TUNNEL_PORT, port);
    put_u16(out, destination::TUNNEL_FLAGS, flags);
}

/// The attributes that set timeouts; 0 leaves one as it is.
pub fn timeouts(out: &mut Vec<u8>, timeouts: &Timeouts) {
    put_u32(out, top::TIMEOUT_TCP, timeouts.tcp.unwrap_or(0));
    put_u32(out, top::TIMEOUT_TCP_FIN, timeouts.tcp_fin.unwrap_or(0));
    put_u32(out, top::TIMEOUT_UDP, timeouts.udp.unwrap_or(0));
}

/// The attribute that starts a synchronisation daemon.
pub fn daemon(out: &mut Vec<u8>, role: Role, daemon: &SyncDaemon) {
    put_nest(out, top::DAEMON, |out| {
        put_u32(out, daemon::STATE, role_number(role));
        put_name(out, daemon::INTERFACE, &daemon.interface);
        put_u32(out, daemon::SYNC_ID, daemon.sync_id.into());
        if let Some(longest) = daemon.longest_message {
            put_u16(out, daemon::LONGEST, longest);
        }
        if let Some(port) = daemon.port {
            // Unlike all other ports.
            put_u16(out, daemon::PORT, port);
        }
        if let Some(ttl) = daemon.ttl {
            put(out, daemon::TTL, &[ttl]);
        }
        match daemon.group {
            Some(IpAddr::V4(group)) => put(out, daemon::GROUP, &group.octets()),
            Some(IpAddr::V6(group)) => put(out, daemon::GROUP_6, &group.octets()),
            None => {}
        }
    });
}

/// The attribute that stops one.
pub fn no_daemon(out: &mut Vec<u8>, role: Role) {
    put_nest(out, top::DAEMON, |out| {
        put_u32(out, daemon::STATE, role_number(role));
        put_name(out, daemon::INTERFACE, "");
        put_u32(out, daemon::SYNC_ID, 0);
    });
}

const fn role_number(role: Role) -> u32 {
    match role {
        Role::Master => 1,
        Role::Backup => 2,
    }
}

const fn family_number(family: Family) -> u16 {
    match family {
        Family::Ipv4 => 2,
        Family::Ipv6 => 10,
    }
}

const fn protocol_number(protocol: Protocol) -> u16 {
    match protocol {
        Protocol::Tcp => 6,
        Protocol::Udp => 17,
        Protocol::Sctp => 132,
    }
}

/// IPv4 in the first four.
fn address_bytes(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V6(address) => address.octets(),
        IpAddr::V4(address) => {
            let mut bytes = [0; 16];
            bytes.iter_mut().zip(address.octets()).for_each(|(place, byte)| *place = byte);
            bytes
        }
    }
}

fn family(value: &[u8]) -> Option<Family> {
    match number(value)? {
        2 => Some(Family::Ipv4),
        10 => Some(Family::Ipv6),
        _ => None,
    }
}

fn address(value: &[u8], family: Family) -> Option<IpAddr> {
    match family {
        Family::Ipv4 => value.first_chunk().map(|bytes| Ipv4Addr::from(*bytes).into()),
        Family::Ipv6 => value.first_chunk().map(|bytes: &[u8; 16]| Ipv6Addr::from(*bytes).into()),
    }
}

/// The attribute of `kind` in `attributes`.
fn find(attributes: &[u8], kind: u16) -> Option<&[u8]> {
    all(attributes).find_map(|(this, value)| (this == kind).then_some(value))
}

/// A service in an answer.
pub fn read_service(attributes: &[u8]) -> Option<(Settings, Statistics)> {
    let nest = find(attributes, top::SERVICE)?;
    let family = family(find(nest, service::FAMILY)?)?;
    let flags = *find(nest, service::FLAGS)?.first_chunk()?;
    let flags = u32::from_ne_bytes(flags);
    let has = |bit| flags & bit != 0;
    let persistence = has(flag::PERSISTENT).then(|| Persistence {
        timeout_s: find(nest, service::TIMEOUT).and_then(number_u32).unwrap_or_default(),
        mask: find(nest, service::NETMASK).and_then(|value| read_mask(value, family)),
        engine: find(nest, service::ENGINE).map(name).map(String::into_boxed_str),
    });
    let settings = Settings {
        id: read_id(nest, family)?,
        scheduler: name(find(nest, service::SCHEDULER)?).into(),
        flags: SchedulerFlags {
            fallback: has(flag::FIRST),
            port: has(flag::SECOND),
            third: has(flag::THIRD),
        },
        one_packet: has(flag::ONE_PACKET),
        persistence,
    };
    Some((settings, read_statistics(nest, service::STATISTICS_64, service::STATISTICS)))
}

fn read_id(nest: &[u8], family: Family) -> Option<ServiceId> {
    match find(nest, service::FWMARK).and_then(number_u32) {
        Some(mark) if mark != 0 => Some(ServiceId::Fwmark { mark, family }),
        _ => {
            let protocol = match number(find(nest, service::PROTOCOL)?)? {
                6 => Protocol::Tcp,
                17 => Protocol::Udp,
                132 => Protocol::Sctp,
                _ => return None,
            };
            Some(ServiceId::Address {
                protocol,
                address: address(find(nest, service::ADDRESS)?, family)?,
                port: port(find(nest, service::PORT)?)?,
            })
        }
    }
}

/// None when every address counts for itself.
fn read_mask(value: &[u8], family: Family) -> Option<PersistenceMask> {
    let bytes = *value.first_chunk()?;
    let mask = match family {
        Family::Ipv4 => PersistenceMask::Netmask(Ipv4Addr::from(bytes)),
        Family::Ipv6 => {
            PersistenceMask::Prefix(u32::from_ne_bytes(bytes).try_into().unwrap_or(u8::MAX))
        }
    };
    (!mask.is_whole()).then_some(mask)
}

/// A destination in an answer about a service of `family`.
pub fn read_destination(
    attributes: &[u8],
    family_of_service: Family,
) -> Option<ObservedDestination> {
    let nest = find(attributes, top::DESTINATION)?;
    let number_of = |kind| find(nest, kind).and_then(number_u32).unwrap_or_default();
    // Kernels before 3.18 do not tell: it is the same there.
    let family = find(nest, destination::FAMILY).and_then(family).unwrap_or(family_of_service);
    let destination = Destination {
        address: address(find(nest, destination::ADDRESS)?, family)?,
        port: port(find(nest, destination::PORT)?)?,
        forwarding: read_forwarding(nest)?,
        weight: number_of(destination::WEIGHT),
        upper_threshold: number_of(destination::UPPER),
        lower_threshold: number_of(destination::LOWER),
    };
    Some(ObservedDestination {
        destination,
        active: number_of(destination::ACTIVE),
        inactive: number_of(destination::INACTIVE),
        persistent: number_of(destination::PERSISTENT),
        statistics: read_statistics(nest, destination::STATISTICS_64, destination::STATISTICS),
    })
}

fn read_forwarding(nest: &[u8]) -> Option<Forwarding> {
    let method = find(nest, destination::FORWARDING).and_then(number_u32)?;
    match method & METHOD {
        0 => Some(Forwarding::Nat),
        2 => read_tunnel(nest).map(Forwarding::Tunnel),
        3 => Some(Forwarding::DirectRouting),
        _ => None,
    }
}

fn read_tunnel(nest: &[u8]) -> Option<Tunnel> {
    let flags = find(nest, destination::TUNNEL_FLAGS).and_then(number_u16).unwrap_or_default();
    match find(nest, destination::TUNNEL).and_then(number).unwrap_or_default() {
        0 => Some(Tunnel::Ipip),
        1 => Some(Tunnel::Gue {
            port: NonZeroU16::new(port(find(nest, destination::TUNNEL_PORT)?)?)?,
            checksum: match flags {
                flags if flags & REMOTE_CHECKSUM != 0 => GueChecksum::Remote,
                flags if flags & CHECKSUM != 0 => GueChecksum::Plain,
                _ => GueChecksum::None,
            },
        }),
        2 => Some(Tunnel::Gre { checksum: flags & CHECKSUM != 0 }),
        _ => None,
    }
}

/// Numbers of 64 bits where the kernel has them.
fn read_statistics(nest: &[u8], large: u16, small: u16) -> Statistics {
    let Some(nest) = find(nest, large).or_else(|| find(nest, small)) else {
        return Statistics::default();
    };
    let mut numbers = [0; 11];
    for (kind, value) in all(nest) {
        if let (Some(place), Some(value)) = (numbers.get_mut(usize::from(kind)), number(value)) {
            *place = value;
        }
    }
    let [_, connections, packets_in, packets_out, bytes_in, bytes_out, rates @ ..] = numbers;
    let total = Traffic { connections, packets_in, packets_out, bytes_in, bytes_out };
    let [connections, packets_in, packets_out, bytes_in, bytes_out] = rates;
    let rate = Traffic { connections, packets_in, packets_out, bytes_in, bytes_out };
    Statistics { total, rate }
}

/// Timeouts in an answer.
pub fn read_timeouts(attributes: &[u8]) -> Timeouts {
    let seconds = |kind| find(attributes, kind).and_then(number_u32);
    Timeouts {
        tcp: seconds(top::TIMEOUT_TCP),
        tcp_fin: seconds(top::TIMEOUT_TCP_FIN),
        udp: seconds(top::TIMEOUT_UDP),
    }
}

/// A synchronisation daemon in an answer.
pub fn read_daemon(attributes: &[u8]) -> Option<SyncState> {
    let nest = find(attributes, top::DAEMON)?;
    let number_of = |kind| find(nest, kind).and_then(number_u16).unwrap_or_default();
    let group = find(nest, daemon::GROUP).and_then(|value| address(value, Family::Ipv4));
    let group_6 = find(nest, daemon::GROUP_6).and_then(|value| address(value, Family::Ipv6));
    Some(SyncState {
        role: match number(find(nest, daemon::STATE)?)? {
            1 => Role::Master,
            2 => Role::Backup,
            _ => return None,
        },
        interface: name(find(nest, daemon::INTERFACE)?).into(),
        sync_id: number_of(daemon::SYNC_ID).try_into().ok()?,
        longest_message: number_of(daemon::LONGEST),
        group: group.or(group_6),
        port: number_of(daemon::PORT),
        ttl: number_of(daemon::TTL).try_into().ok()?,
    })
}
