//! How a packet of a service gets to its destination.

use std::num::NonZeroU16;

use serde::{Deserialize, Serialize};

/// ipvsadm's packet forwarding method.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Forwarding {
    /// The address is rewritten, there and back (masquerading); the only one that can change the
    /// port.
    #[default]
    Nat,
    /// The packet goes unchanged to the destination's link address, which must be on a network
    /// of this host.
    DirectRouting,
    /// The packet goes unchanged inside another one; the only one that can change the family.
    Tunnel(Tunnel),
}

/// The outer packet of [`Forwarding::Tunnel`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Tunnel {
    /// IP in IP.
    #[default]
    Ipip,
    /// Generic routing encapsulation.
    Gre {
        /// The outer packet has a checksum.
        checksum: bool,
    },
    /// Generic UDP encapsulation.
    Gue {
        /// UDP port of the decapsulating side.
        port: NonZeroU16,
        /// What covers the outer packet.
        checksum: GueChecksum,
    },
}

/// Checksum of a GUE packet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GueChecksum {
    /// None.
    #[default]
    None,
    /// UDP's own.
    Plain,
    /// Remote checksum offload: the inner one is computed by the other side.
    Remote,
}

impl Forwarding {
    /// Whether the destination is asked on the port that the client asked.
    #[must_use]
    pub const fn keeps_port(self) -> bool {
        !matches!(self, Self::Nat)
    }

    /// Whether packets of one family can go to a destination of the other.
    #[must_use]
    pub const fn crosses_families(self) -> bool {
        matches!(self, Self::Tunnel(_))
    }
}
