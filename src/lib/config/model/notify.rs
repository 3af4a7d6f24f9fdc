//! Ways out beside scripts: mail, pipes, SNMP and D-Bus.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::engine::notify::FifoConfig;

/// Mail about changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// Who gets it; nobody means that none is sent.
    pub recipients: Vec<String>,
    /// Sender; `USER@HOST` of the process when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Relay; without one none is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<MailServer>,
    /// Name given in HELO; the host name when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub helo_name: Option<String>,
    /// Longest wait in each step of the exchange; at least one second.
    #[serde(rename = "connect_timeout_us", with = "crate::time::micros")]
    pub connect_timeout: Duration,
    /// Whether health checkers send any where they do not say; absent: real servers do, virtual
    /// servers do not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checker_alerts: Option<bool>,
    /// None about instances that enter fault.
    pub no_faults: bool,
    /// Only about checks that change the state of their server.
    pub changes_only: bool,
}

impl Default for Mail {
    fn default() -> Self {
        Self {
            recipients: Vec::new(),
            from: None,
            server: None,
            helo_name: None,
            connect_timeout: Duration::from_secs(30),
            checker_alerts: None,
            no_faults: false,
            changes_only: false,
        }
    }
}

/// A mail relay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailServer {
    /// Name or address.
    pub host: String,
    /// 1..=65535.
    pub port: u16,
}

/// Every pipe that tells about virtual routers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Fifos {
    /// About instances, groups and servers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub all: Option<FifoConfig>,
    /// About instances and groups.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vrrp: Option<FifoConfig>,
    /// Write every state again after a reload.
    pub states_on_reload: bool,
}

/// The SNMP agent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Snmp {
    /// Where the `AgentX` master listens; the library's default when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub socket: Option<String>,
    /// Send traps.
    pub traps: bool,
    /// Serve keepalived's own tables of virtual routers.
    pub vrrp: bool,
    /// Serve keepalived's own tables of servers.
    pub checker: bool,
    /// Serve the tables of RFC 2787.
    pub rfc_v2: bool,
    /// Serve the tables of RFC 6527.
    pub rfc_v3: bool,
}

/// The D-Bus interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dbus {
    /// Name to own on the bus.
    pub service_name: String,
    /// What stands in object paths for instances without an interface.
    pub no_interface_name: String,
}
