//! What the kernel tells of its table beside what it was told: connections and traffic.

use serde::Serialize;

use super::{Contents, Destination, Entry, Settings};

/// Counters since the service or destination was made, or since they were zeroed, and rates as
/// the kernel estimates them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Statistics {
    /// Since then.
    pub total: Traffic,
    /// Each second, over the last some seconds.
    pub rate: Traffic,
}

/// Connections, packets and bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Traffic {
    /// Connections.
    pub connections: u64,
    /// Packets from clients.
    pub packets_in: u64,
    /// Packets to clients; 0 where answers do not come this way.
    pub packets_out: u64,
    /// Bytes from clients.
    pub bytes_in: u64,
    /// Bytes to clients.
    pub bytes_out: u64,
}

impl Traffic {
    /// What came since `before`; what is less than then began anew and counts as nothing.
    #[must_use]
    pub const fn since(&self, before: &Self) -> Self {
        Self {
            connections: self.connections.saturating_sub(before.connections),
            packets_in: self.packets_in.saturating_sub(before.packets_in),
            packets_out: self.packets_out.saturating_sub(before.packets_out),
            bytes_in: self.bytes_in.saturating_sub(before.bytes_in),
            bytes_out: self.bytes_out.saturating_sub(before.bytes_out),
        }
    }
}

/// A service of the kernel's table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservedService {
    /// As it was made.
    pub settings: Settings,
    /// What went through it.
    pub statistics: Statistics,
    /// Who serves, in ipvsadm's order.
    pub destinations: Vec<ObservedDestination>,
}

/// A destination of the kernel's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObservedDestination {
    /// As it was made.
    pub destination: Destination,
    /// Open connections.
    pub active: u32,
    /// Connections that end, or of protocols that know no connections.
    pub inactive: u32,
    /// Clients that are remembered.
    pub persistent: u32,
    /// What went to it.
    pub statistics: Statistics,
}

/// A running synchronisation daemon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SyncState {
    /// What it does.
    pub role: Role,
    /// Where.
    pub interface: Box<str>,
    /// Both sides have the same.
    pub sync_id: u8,
    /// Longest message in bytes.
    pub longest_message: u16,
    /// Multicast group.
    pub group: Option<std::net::IpAddr>,
    /// UDP port.
    pub port: u16,
    /// Hops that a message may go.
    pub ttl: u8,
}

/// What a synchronisation daemon does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// It tells of its connections.
    Master,
    /// It learns of those of another.
    Backup,
}

/// What was observed, as what could be desired.
#[must_use]
pub fn contents_of(services: &[ObservedService]) -> Contents {
    let mut contents = Contents::default();
    for service in services {
        let all = service.destinations.iter().map(|one| one.destination);
        let destinations = all.map(|one| (one.endpoint(), one)).collect();
        contents.insert(Entry { settings: service.settings.clone(), destinations });
    }
    contents
}
