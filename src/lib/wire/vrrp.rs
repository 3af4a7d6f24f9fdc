//! VRRP advertisements: versions 2 (RFC 3768) and 3 (RFC 9568), over IPv4 and IPv6.
//!
//! This file decides what the bytes mean. It refuses to know whether an advert is welcome:
//! the receive checks against a configuration are `engine::vrrp::receive`.

use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// IP protocol number of VRRP (RFC 9568 section 5.1.1.4).
pub const PROTOCOL: u8 = 112;
/// TTL and hop limit of every advert (RFC 9568 section 5.1.1.3).
pub const TTL: u8 = 255;
/// IPv4 group of VRRP routers (RFC 9568 section 5.1.1.2).
pub const GROUP_V4: std::net::Ipv4Addr = std::net::Ipv4Addr::new(224, 0, 0, 18);
/// IPv6 group of VRRP routers (RFC 9568 section 5.1.2.2).
pub const GROUP_V6: std::net::Ipv6Addr = std::net::Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0x12);

/// Protocol version of an advert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "u8", try_from = "u8")]
pub enum Version {
    /// RFC 3768: IPv4, whole seconds, authentication field.
    V2,
    /// RFC 9568: IPv4 and IPv6, centiseconds, no authentication.
    V3,
}

impl From<Version> for u8 {
    fn from(version: Version) -> Self {
        match version {
            Version::V2 => 2,
            Version::V3 => 3,
        }
    }
}

impl TryFrom<u8> for Version {
    type Error = String;

    fn try_from(number: u8) -> Result<Self, Self::Error> {
        match number {
            2 => Ok(Self::V2),
            3 => Ok(Self::V3),
            other => Err(format!("VRRP version {other} does not exist; use 2 or 3")),
        }
    }
}

/// Authentication of a version 2 advert (RFC 2338 section 5.3.6, kept by RFC 3768 as a field).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Auth {
    /// Type 0.
    None,
    /// Type 1: eight bytes in clear, zero padded.
    Pass([u8; 8]),
    /// Any other type, with its eight bytes as received.
    Other(u8, [u8; 8]),
}

/// One decoded advertisement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Advert {
    /// Protocol version.
    pub version: Version,
    /// Virtual router identifier, 1..=255 when valid; 0 is kept so that a capture shows it.
    pub vrid: u8,
    /// 0 = the sender stops being master; 255 = it owns the addresses.
    pub priority: u8,
    /// Whole seconds in version 2, centiseconds in version 3.
    pub advertisement_interval: Duration,
    /// Version 2 only; [`Auth::None`] in version 3.
    pub auth: Auth,
    /// Virtual addresses in the order of the packet, all of the packet's family.
    pub addresses: Vec<IpAddr>,
}
