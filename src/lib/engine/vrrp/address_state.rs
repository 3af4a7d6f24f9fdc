//! What became of an address that a router wants to be in place: words for status answers.
//!
//! The machine decides what is wanted, the kernel what is there; whoever asks is shown both.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// How an address stands in the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// The kernel shows it on its interface, ready for use.
    Confirmed,
    /// Not there yet, or not usable yet.
    Wanted,
    /// The kernel refused it; it is tried again.
    Refused,
    /// It was there and is gone. It is put back, unless it is written `no_track`.
    Removed,
}

/// An address that a router holds, as the kernel has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressState {
    /// The address.
    pub address: IpAddr,
    /// Prefix length.
    pub prefix: u8,
    /// The interface that it belongs on.
    pub interface: String,
    /// Whether it is there.
    pub state: Standing,
    /// Why it is not, as far as that is known.
    pub reason: Option<String>,
}
