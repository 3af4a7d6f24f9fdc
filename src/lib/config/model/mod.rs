//! The typed model: what a configuration means, checked, with every default filled in.

mod checks;
mod hooks;
mod instance;
mod link;
mod network;
mod notify;
mod process;
mod route;
mod rule;
mod statics;
mod track;
mod virtual_link;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use hooks::Halves;
pub use instance::{ExtraAnnouncements, GroupSettings, InstanceSettings};
pub use link::{AnnounceGroup, LinkDelay, Links, PollMethod, PolledLink};
pub use network::Network;
pub use notify::{Dbus, Fifos, Mail, MailServer, Snmp};
pub use process::{LifecycleScript, Naming, Processes, Reload, Scheduling};
pub use route::{
    Encapsulation, Metric, Metrics, NextHop, Placement, Realms, Route, RouteKind, RouterPreference,
    TunnelHeader,
};
pub use rule::{Mark, Rule, RuleAction, Span};
pub use statics::{StaticAddress, Statics, TrackGroup};
pub use track::{
    BfdSession, FileTracker, InitialContent, ParameterMatch, ProcessTracker, TrackedItem,
    TrackedItems, Trackers,
};
pub use virtual_link::{Firewall, Ipvlan, IpvlanMode, MacAddress, Macvlan};

use crate::engine::check::ScriptConfig;
use crate::engine::notify::NotifyPlan;
use crate::engine::pool::BalancerConfig;
use crate::engine::vrrp::NodeConfig;

/// Settings of `global_defs` that are not spread over the items they are defaults of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Globals {
    /// `router_id`; the host name when the file does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub router_id: Option<String>,
    /// Mail.
    #[serde(default, skip_serializing_if = "is_default")]
    pub mail: Mail,
    /// Scheduling of the processes.
    #[serde(default, skip_serializing_if = "is_default")]
    pub processes: Processes,
    /// Names of the daemon and its files.
    #[serde(default, skip_serializing_if = "is_default")]
    pub naming: Naming,
    /// Runs before the parts start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub startup_script: Option<LifecycleScript>,
    /// Runs after the parts have ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shutdown_script: Option<LifecycleScript>,
    /// Reloads that happen by themselves.
    #[serde(default, skip_serializing_if = "is_default")]
    pub reload: Reload,
    /// Pipes that get a line for each change.
    #[serde(default, skip_serializing_if = "is_default")]
    pub fifos: Fifos,
    /// SNMP.
    #[serde(default, skip_serializing_if = "is_default")]
    pub snmp: Snmp,
    /// D-Bus; absent: off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dbus: Option<Dbus>,
    /// Packet filters.
    #[serde(default, skip_serializing_if = "is_default")]
    pub firewall: Firewall,
    /// Routers are held until the host has been up for so long.
    #[serde(default, rename = "delay_after_boot_us", with = "crate::time::micros")]
    pub delay_after_boot: std::time::Duration,
    /// Adverts for routers that are not configured are logged.
    #[serde(default)]
    pub log_unknown_vrids: bool,
    /// Scripts get the supplementary groups of their user.
    #[serde(default)]
    pub supplementary_groups: bool,
    /// `enable_script_security`.
    #[serde(default)]
    pub script_security: bool,
    /// `dynamic_interfaces`: interfaces may come and go. They may in any case; a check of the
    /// configuration on this host says nothing then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dynamic_interfaces: bool,
}

/// A whole configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Model {
    /// Process-wide settings.
    pub globals: Globals,
    /// The VRRP side.
    pub vrrp: NodeConfig,
    /// Scripts that are tracked by something.
    pub scripts: Vec<ScriptConfig>,
    /// Notification hooks.
    pub notify: NotifyPlan,
    /// The load balancing side.
    #[serde(default, skip_serializing_if = "BalancerConfig::is_empty")]
    pub balancer: BalancerConfig,
    /// Settings of instances beyond those in `vrrp`; only instances that have some.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub instances: BTreeMap<String, InstanceSettings>,
    /// Settings of sync groups beyond those in `vrrp`; only groups that have some.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub groups: BTreeMap<String, GroupSettings>,
    /// Files, processes and BFD sessions that can be tracked.
    #[serde(default, skip_serializing_if = "is_default")]
    pub trackers: Trackers,
    /// Addresses, routes and rules that are there whoever is master.
    #[serde(default, skip_serializing_if = "is_default")]
    pub statics: Statics,
    /// Settings of interfaces.
    #[serde(default, skip_serializing_if = "is_default")]
    pub links: Links,
}

/// What nobody has set is not worth a line.
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
