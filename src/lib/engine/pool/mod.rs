//! Pools: services with the destinations that serve them, and when each may.

mod config;
mod contents;

pub use config::{
    BalancerConfig, BfdCheck, ClientTls, DestinationConfig, FileCheck, PoolConfig, SorryServer,
};
pub use contents::contents;
