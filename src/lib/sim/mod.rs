//! A virtual network and virtual time over `engine` and `wire`.
//!
//! The machines are the daemon's own; what is simulated is everything around them. A seed decides
//! a network, its faults and its bad luck, so that a failing seed can be run again and looked at.
//! Refuses to know real clocks, real sockets, and how results are shown.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod clock;
mod configure;
mod fault;
mod history;
mod host;
mod network;
mod oracle;
mod random;
mod rules;
mod scenario;
mod service;
pub mod tour;
mod world;

pub use clock::Clock;
pub use fault::Fault;
pub use history::{Entry, History, What};
pub use host::VirtualRouter;
pub use network::{Network, Quality};
pub use oracle::{Condition, Oracle, Violation};
pub use random::Random;
pub use scenario::Scenario;
pub use world::World;
