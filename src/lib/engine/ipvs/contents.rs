//! What is in the table: services, each with its destinations.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::collections::btree_map;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Forwarding, Persistence, PersistenceMask, Protocol, SchedulerFlags};
use crate::engine::vrrp::Family;

/// What tells a service of the table from all others. Ordered as ipvsadm lists them; in JSON, where
/// it stands alone, it is its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ServiceId {
    /// Packets to an address and port.
    Address {
        /// Transport.
        protocol: Protocol,
        /// Address that clients ask.
        address: IpAddr,
        /// 0: every port; the service is persistent then.
        port: u16,
    },
    /// Packets that a firewall marked.
    Fwmark {
        /// The mark, not 0.
        mark: u32,
        /// Family of the packets.
        family: Family,
    },
}

impl ServiceId {
    /// Family of the packets that it takes.
    #[must_use]
    pub const fn family(&self) -> Family {
        match self {
            Self::Address { address, .. } => Family::of(*address),
            Self::Fwmark { family, .. } => *family,
        }
    }

    fn order(&self) -> (u32, bool, Option<(Protocol, IpAddr, u16)>) {
        let is_ipv6 = self.family() == Family::Ipv6;
        match *self {
            Self::Address { protocol, address, port } => {
                (0, is_ipv6, Some((protocol, address, port)))
            }
            Self::Fwmark { mark, .. } => (mark, is_ipv6, None),
        }
    }
}

impl Ord for ServiceId {
    fn cmp(&self, other: &Self) -> Ordering {
        self.order().cmp(&other.order())
    }
}

impl PartialOrd for ServiceId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl FromStr for ServiceId {
    type Err = String;

    /// As it is displayed, or with slashes for blanks: `tcp/192.0.2.1:80`, `fwmark/7`,
    /// `fwmark/7/ipv6`.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "`{text}` is no service: tcp/ADDRESS:PORT, udp/…, sctp/…, fwmark/N or \
                 fwmark/N/ipv6"
            )
        };
        let mut words = text.split(['/', ' ']).filter(|word| !word.is_empty());
        let (kind, which) = words.next().zip(words.next()).ok_or_else(wrong)?;
        let rest: Vec<&str> = words.collect();
        let protocol = match (kind.to_ascii_lowercase().as_str(), rest.as_slice()) {
            ("tcp", []) => Protocol::Tcp,
            ("udp", []) => Protocol::Udp,
            ("sctp", []) => Protocol::Sctp,
            ("fwmark", family) => {
                let mark = which.parse().map_err(|_| wrong())?;
                return match family {
                    [] | ["ipv4"] => Ok(Self::Fwmark { mark, family: Family::Ipv4 }),
                    ["ipv6" | "(IPv6)"] => Ok(Self::Fwmark { mark, family: Family::Ipv6 }),
                    _ => Err(wrong()),
                };
            }
            _ => return Err(wrong()),
        };
        let at: SocketAddr = which.parse().map_err(|_| wrong())?;
        Ok(Self::Address { protocol, address: at.ip(), port: at.port() })
    }
}

impl TryFrom<String> for ServiceId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<ServiceId> for String {
    fn from(id: ServiceId) -> Self {
        id.to_string()
    }
}

impl fmt::Display for ServiceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Address { protocol, address, port } => {
                write!(f, "{} {}", protocol.word(), SocketAddr::new(address, port))
            }
            Self::Fwmark { mark, family: Family::Ipv4 } => write!(f, "fwmark {mark}"),
            Self::Fwmark { mark, family: Family::Ipv6 } => write!(f, "fwmark {mark} (IPv6)"),
        }
    }
}

/// A service without its destinations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Which one.
    pub id: ServiceId,
    /// The kernel's name of the scheduler, at most 15 bytes. Any name: a kernel may know others
    /// than [`super::Scheduler`].
    pub scheduler: Box<str>,
    /// How it schedules.
    pub flags: SchedulerFlags,
    /// Each UDP packet is scheduled for itself.
    pub one_packet: bool,
    /// Connections of a client go to one destination.
    pub persistence: Option<Persistence>,
}

/// What tells a destination from the others of its service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Endpoint {
    /// Its address.
    pub address: IpAddr,
    /// Its port; 0 in a service for every port or for a mark.
    pub port: u16,
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        SocketAddr::new(self.address, self.port).fmt(f)
    }
}

/// Who serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Destination {
    /// Its address.
    pub address: IpAddr,
    /// Its port.
    pub port: u16,
    /// How packets get there.
    pub forwarding: Forwarding,
    /// 0..=2147483647; 0: no new connections.
    pub weight: u32,
    /// Connections above which the kernel sends no more; 0: any number.
    pub upper_threshold: u32,
    /// Connections below which it sends again; 0: three quarters of the upper threshold.
    pub lower_threshold: u32,
}

impl Destination {
    /// What tells it from others.
    #[must_use]
    pub const fn endpoint(&self) -> Endpoint {
        Endpoint { address: self.address, port: self.port }
    }
}

/// A service with its destinations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The service itself.
    pub settings: Settings,
    /// Who serves, in ipvsadm's order.
    pub destinations: BTreeMap<Endpoint, Destination>,
}

impl Entry {
    /// A service that nobody serves yet.
    #[must_use]
    pub const fn new(settings: Settings) -> Self {
        Self { settings, destinations: BTreeMap::new() }
    }
}

/// All services, each once, in ipvsadm's order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contents(BTreeMap<ServiceId, Entry>);

impl Contents {
    /// Add a service; gives back the one that was there, which stays gone. A mask of all bits is
    /// the same as none, and kept as none.
    pub fn insert(&mut self, mut entry: Entry) -> Option<Entry> {
        if let Some(persistence) = &mut entry.settings.persistence {
            persistence.mask = persistence.mask.filter(|mask| !mask.is_whole());
        }
        self.0.insert(entry.settings.id, entry)
    }

    /// The service with this identity.
    #[must_use]
    pub fn get(&self, id: &ServiceId) -> Option<&Entry> {
        self.0.get(id)
    }

    /// The same, to be changed; its identity must stay.
    pub fn get_mut(&mut self, id: &ServiceId) -> Option<&mut Entry> {
        self.0.get_mut(id)
    }

    /// Take a service out.
    pub fn remove(&mut self, id: &ServiceId) -> Option<Entry> {
        self.0.remove(id)
    }

    /// Every service.
    pub fn iter(&self) -> btree_map::Values<'_, ServiceId, Entry> {
        self.0.values()
    }

    /// Leave only the services that `keep` says.
    pub fn retain(&mut self, keep: impl Fn(&ServiceId) -> bool) {
        self.0.retain(|id, _| keep(id));
    }

    /// How many services there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'a> IntoIterator for &'a Contents {
    type Item = &'a Entry;
    type IntoIter = btree_map::Values<'a, ServiceId, Entry>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// The largest weight that the kernel takes.
const LARGEST_WEIGHT: u32 = i32::MAX.cast_unsigned();
/// The longest persistence in seconds: a month.
const LONGEST_PERSISTENCE: u32 = 2_678_400;
/// Bytes of the longest name of a scheduler or persistence engine.
const LONGEST_NAME: usize = 15;

impl Entry {
    /// What the kernel would refuse without saying why.
    ///
    /// # Errors
    /// What is wrong, on which service or destination.
    pub fn check(&self) -> Result<(), String> {
        let id = self.settings.id;
        self.settings.check().map_err(|why| format!("{id}: {why}"))?;
        for destination in self.destinations.values() {
            destination
                .check(&self.settings)
                .map_err(|why| format!("destination {} of {id}: {why}", destination.endpoint()))?;
        }
        Ok(())
    }
}

impl Settings {
    fn check(&self) -> Result<(), String> {
        if let ServiceId::Fwmark { mark: 0, .. } = self.id {
            return Err("0 is no mark".to_owned());
        }
        if matches!(self.id, ServiceId::Address { port: 0, .. }) && self.persistence.is_none() {
            return Err("a service for every port (port 0) has to be persistent".to_owned());
        }
        let engine =
            self.persistence.as_ref().and_then(|persistence| persistence.engine.as_deref());
        for name in [Some(&*self.scheduler), engine].into_iter().flatten() {
            let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
            if name.is_empty() || name.len() > LONGEST_NAME || !name.bytes().all(fits) {
                return Err(format!("`{}` is no name of a kernel module", name.escape_debug()));
            }
        }
        self.persistence.as_ref().map_or(Ok(()), |persistence| persistence.check(self.id.family()))
    }
}

impl Persistence {
    fn check(&self, family: Family) -> Result<(), String> {
        if !(1..=LONGEST_PERSISTENCE).contains(&self.timeout_s) {
            return Err(format!("persistence takes 1 to {LONGEST_PERSISTENCE} seconds"));
        }
        let right = match (self.mask, family) {
            (None, _) | (Some(PersistenceMask::Netmask(_)), Family::Ipv4) => true,
            (Some(PersistenceMask::Prefix(length)), Family::Ipv6) => (1..=128).contains(&length),
            _ => false,
        };
        if !right {
            return Err(
                "the mask is a netmask for IPv4, a prefix length of 1 to 128 for IPv6".into()
            );
        }
        Ok(())
    }
}

impl Destination {
    /// What the kernel would refuse of it in `service`.
    ///
    /// # Errors
    /// What is wrong.
    pub fn check(&self, service: &Settings) -> Result<(), String> {
        if self.weight > LARGEST_WEIGHT {
            return Err(format!("the largest weight is {LARGEST_WEIGHT}"));
        }
        if self.lower_threshold > self.upper_threshold {
            return Err("the lower threshold is above the upper one".to_owned());
        }
        let same = Family::of(self.address) == service.id.family();
        if !same && !self.forwarding.crosses_families() {
            return Err("another family than the service's takes a tunnel".to_owned());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_read_as_it_is_displayed_and_with_slashes() {
        for text in ["tcp 192.0.2.1:80", "udp [2001:db8::1]:53", "fwmark 7", "fwmark 7 (IPv6)"] {
            let id: ServiceId = text.parse().unwrap();
            assert_eq!(id.to_string(), text);
            let slashes = text.replace("(IPv6)", "ipv6").replace(' ', "/");
            assert_eq!(slashes.parse(), Ok(id), "{slashes}");
        }
        for text in
            ["", "tcp", "192.0.2.1:80", "tcp/192.0.2.1", "fwmark/x", "fwmark/7/8", "tcp/1/2"]
        {
            let error = text.parse::<ServiceId>().unwrap_err();
            assert!(error.contains("is no service"), "{error}");
        }
    }
}
