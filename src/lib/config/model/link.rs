//! How interfaces are watched, and how fast they are told about addresses.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Settings of interfaces.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Links {
    /// `linkbeat_use_polling`: every interface is polled.
    pub poll_all: bool,
    /// `linkbeat_interfaces`.
    pub polled: Vec<PolledLink>,
    /// `interface_up_down_delays`.
    pub delays: Vec<LinkDelay>,
    /// `garp_group`.
    pub announce_groups: Vec<AnnounceGroup>,
}

/// How the state of a link is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PollMethod {
    /// Registers of the transceiver.
    Mii,
    /// The driver's link request.
    Ethtool,
    /// Interface flags.
    Ioctl,
}

/// A link that is polled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolledLink {
    /// Interface.
    pub interface: String,
    /// How; the best that works when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<PollMethod>,
}

/// How long a change of a link must last to count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkDelay {
    /// Interface.
    pub interface: String,
    /// Down for this long, at most 255 s.
    #[serde(rename = "down_us", with = "crate::time::micros")]
    pub down: Duration,
    /// Up for this long, at most 255 s.
    #[serde(rename = "up_us", with = "crate::time::micros")]
    pub up: Duration,
}

/// Interfaces that share a pace for gratuitous ARP and neighbour advertisements.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnnounceGroup {
    /// Interfaces; each is in one group only.
    pub interfaces: Vec<String>,
    /// Least gap between two ARP messages on all of them; zero means none.
    #[serde(rename = "garp_interval_us", with = "crate::time::micros")]
    pub garp_interval: Duration,
    /// Least gap between two neighbour advertisements; zero means none.
    #[serde(rename = "gna_interval_us", with = "crate::time::micros")]
    pub gna_interval: Duration,
}
