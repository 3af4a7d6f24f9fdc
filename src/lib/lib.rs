//! `ha`: high availability for Linux as composable commands.
//!
//! The layers, from pure to worldly; each may use only what stands above it in this list
//! (`tests/layering.rs` holds them to it):
//!
//! - [`time`], [`exit`], [`error`]: words that every layer shares
//! - [`wire`]: bytes to values and back, no state
//! - [`engine`]: decisions, sans-IO; time is passed in
//! - [`config`]: `keepalived.conf` to a typed model
//! - [`sim`]: a virtual network over `engine` and `wire`
//! - [`io`]: the only layer that touches the world
//! - [`output`]: the only layer that prints
//! - [`drivers`]: one loop for each job, joining a machine of `engine` to its `io`
//! - [`commands`]: one file for each subcommand, thin
//! - [`supervisor`]: composes processes, not objects

// `clippy.toml` bans clocks, sockets, files, threads and randomness for the pure layers, which
// deny these lints; the others may use them.
#![allow(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod config;
pub mod engine;
pub mod error;
pub mod exit;
pub mod sim;
pub mod time;
pub mod wire;

#[cfg(feature = "system")]
pub mod commands;
#[cfg(feature = "system")]
pub mod drivers;
#[cfg(feature = "system")]
pub mod io;
#[cfg(feature = "system")]
pub mod output;
#[cfg(feature = "system")]
pub mod supervisor;
