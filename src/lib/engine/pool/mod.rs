//! Pools: services with the destinations that serve them, and when each may.
//!
//! [`Balancer`] is the machine: what checks tell goes in, the table that the kernel is to have and
//! what happened come out. It knows nothing of the kernel: `engine::ipvs` plans the way there.

mod balancer;
mod check;
mod config;
mod contents;
mod drain;
mod event;
mod member;
mod plan;
#[expect(clippy::module_inception, reason = "one pool of all pools")]
mod pool;
mod resume;
#[cfg(test)]
mod tests;

pub use balancer::{Balancer, CheckStatus, PoolStatus, ServerStatus};
pub use check::{CheckReport, ServerName};
pub use config::{BalancerConfig, BfdCheck, DestinationConfig, FileCheck, PoolConfig, SorryServer};
pub use contents::contents;
pub use drain::{Drain, Drains, Weight};
pub use event::Event;
pub use plan::{probes, scripts};
pub use resume::{Resume, TablePlan, Told, ToldQuorum, ToldServer};
