//! What a pool is told to do: one `virtual_server` with its real servers, every default filled in.
//!
//! Several pools may name the same service, as in keepalived: their destinations are joined in the
//! kernel's table. Within one pool each destination is there once.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::engine::check::{CheckConfig, ClientTls, CommandLine};
use crate::engine::ipvs::{
    Forwarding, Persistence, Scheduler, SchedulerFlags, Service, TableConfig,
};
use crate::engine::notify::FifoConfig;

/// The load balancing side of a configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BalancerConfig {
    /// Settings of the table.
    pub table: TableConfig,
    /// `SSL`: what TLS checks show of themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<ClientTls>,
    /// `lvs_notify_fifo`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fifo: Option<FifoConfig>,
    /// `rs_init_notifies`: `notify_up` also for destinations that are up from the start.
    pub notify_at_start: bool,
    /// `no_checker_emails`: mail only when a destination goes up or down, not for each check.
    pub mail_state_changes_only: bool,
    /// In the order of the file.
    pub pools: Vec<PoolConfig>,
}

impl BalancerConfig {
    /// Whether the configuration says nothing of load balancing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// One `virtual_server`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolConfig {
    /// Name of the `virtual_server_group` that the services come from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Box<str>>,
    /// At least one. Of another family than a destination only where that one is tunnelled to.
    pub services: Vec<Service>,
    /// `snmp_name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snmp_name: Option<Box<str>>,
    /// Who picks the destination of a connection.
    pub scheduler: Scheduler,
    /// How it does.
    #[serde(default)]
    pub scheduler_flags: SchedulerFlags,
    /// Each UDP packet is scheduled for itself.
    #[serde(default)]
    pub one_packet: bool,
    /// Always there when a service is for every port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub persistence: Option<Persistence>,
    /// Weight of living destinations that the pool needs, at least 1; at most their sum, unless
    /// that is 0.
    pub quorum: u32,
    /// The quorum is lost that much below and gained that much above; less than `quorum`.
    pub hysteresis: u32,
    /// `quorum_up`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quorum_up: Option<Box<CommandLine>>,
    /// `quorum_down`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quorum_down: Option<Box<CommandLine>>,
    /// `omega`: a stop is notified as the loss of everything.
    #[serde(default)]
    pub omega: bool,
    /// `ha_suspend`: no checks while this host does not have the service's address.
    #[serde(default)]
    pub suspend_without_address: bool,
    /// Mail when the quorum is gained or lost.
    #[serde(default)]
    pub mail: bool,
    /// Serves while the quorum is lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sorry: Option<SorryServer>,
    /// At least one; address and port are unique among them.
    pub destinations: Vec<DestinationConfig>,
}

/// Who says sorry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SorryServer {
    /// Its address.
    pub address: IpAddr,
    /// Its port; 0: that of the service.
    pub port: u16,
    /// How packets get there.
    pub forwarding: Forwarding,
    /// It stays in the table with weight 0 while it is not needed.
    #[serde(default)]
    pub inhibit: bool,
}

/// One `real_server`. It is up while none of its checks has failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DestinationConfig {
    /// Its address.
    pub address: IpAddr,
    /// Its port; 0: that of the service. Where forwarding keeps the port it is the service's.
    pub port: u16,
    /// 0..=2147483647; 0: no new connections.
    pub weight: u32,
    /// How packets get there.
    pub forwarding: Forwarding,
    /// Connections above which the kernel sends no more; 0: any number.
    #[serde(default)]
    pub upper_threshold: u32,
    /// Connections below which it sends again; 0: three quarters of the upper threshold.
    #[serde(default)]
    pub lower_threshold: u32,
    /// It stays in the table with weight 0 while it is down.
    #[serde(default)]
    pub inhibit: bool,
    /// Mail when it goes up or down.
    #[serde(default)]
    pub mail: bool,
    /// `snmp_name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snmp_name: Option<Box<str>>,
    /// `notify_up`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notify_up: Option<Box<CommandLine>>,
    /// `notify_down`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notify_down: Option<Box<CommandLine>>,
    /// Probes that are put again and again.
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    pub checks: Box<[CheckConfig]>,
    /// `FILE_CHECK`; each file once.
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    pub files: Box<[FileCheck]>,
    /// `BFD_CHECK`; each session once.
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    pub sessions: Box<[BfdCheck]>,
}

/// A tracked file acts on a destination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileCheck {
    /// Name of the `track_file`.
    pub file: Box<str>,
    /// Times the number in the file is added to the destination's weight; 0: any number but 0
    /// takes it down.
    pub weight: i32,
    /// The other way round.
    #[serde(default)]
    pub reverse: bool,
}

/// A destination is up while its BFD session is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BfdCheck {
    /// Name of the `bfd_instance`.
    pub session: Box<str>,
    /// Down until the session is up.
    #[serde(default)]
    pub alpha: bool,
}
