//! The virtual router: RFC 9568 (and RFC 3768 for version 2) with keepalived's extensions.
//!
//! Vocabulary: `master`, `backup`, `fault`, `init`, `stopped`, as every keepalived user knows
//! them. RFC 9568 says Active for master; this is the only place that says so.

mod action;
mod address_state;
mod announce;
mod change;
mod config;
mod counters;
pub mod input;
mod node;
pub mod receive;
mod router;
#[cfg(test)]
pub(crate) mod testing;
pub mod timers;
pub mod validate;

pub use action::{Action, AnnounceReason, Cause, Event, Reason, RouterId, State, Transmit};
pub use address_state::{AddressState, Standing};
pub use change::Change;
pub use config::{
    AnnounceConfig, Checksum, Family, NodeConfig, Preempt, PreferredLifetime, RouterConfig,
    SyncGroupConfig, Tracked, TrackerConfig, TrackerId, UnicastPeer, VirtualAddress,
};
pub use counters::Counters;
pub use node::{Command, Link, Node, RouterStatus};
