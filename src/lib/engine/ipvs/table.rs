//! Settings of the table as a whole.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// What `global_defs` says of IPVS.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TableConfig {
    /// `lvs_flush`: the table is emptied at the start.
    pub flush_at_start: bool,
    /// What happens to the table at the end.
    pub cleanup: Cleanup,
    /// `lvs_timeouts`.
    pub timeouts: Timeouts,
    /// `lvs_sync_daemon`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sync: Option<SyncDaemon>,
    /// `nftables_ipvs`: services of a group become one mark that nftables sets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub marks: Option<Marks>,
}

/// What is removed at the end, and how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cleanup {
    /// Every destination, then every service, of this configuration.
    #[default]
    OneByOne,
    /// Every service of this configuration; the destinations go with it.
    Services,
    /// The whole table.
    Flush,
}

/// How long the kernel remembers an idle connection, 0..=2678400 seconds; what is absent or 0
/// stays as the kernel has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Timeouts {
    /// TCP.
    #[serde(rename = "tcp_s", skip_serializing_if = "Option::is_none")]
    pub tcp: Option<u32>,
    /// TCP after a FIN.
    #[serde(rename = "tcp_fin_s", skip_serializing_if = "Option::is_none")]
    pub tcp_fin: Option<u32>,
    /// UDP.
    #[serde(rename = "udp_s", skip_serializing_if = "Option::is_none")]
    pub udp: Option<u32>,
}

/// The kernel's synchronisation of connections: it sends while the virtual router is master and
/// listens otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncDaemon {
    /// Interface it sends and listens on.
    pub interface: Box<str>,
    /// The virtual router it follows; when absent nothing starts it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<Box<str>>,
    /// Both sides need the same; the VRID of the virtual router unless it is given.
    pub sync_id: u8,
    /// Longest message in bytes, 1..=65507; the kernel decides when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub longest_message: Option<u16>,
    /// UDP port; the kernel's 8848 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// Hops that a multicast message may go, 1..=255; the kernel's 1 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl: Option<u8>,
    /// Multicast group; the kernel's 224.0.0.81 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<IpAddr>,
}

/// Marks that nftables sets for the services of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marks {
    /// Name of the nftables table.
    pub table: Box<str>,
    /// Priority of its chains.
    pub priority: i32,
    /// The first mark that may be used, at least 1.
    pub first: u32,
}
