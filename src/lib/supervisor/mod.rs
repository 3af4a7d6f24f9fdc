//! Composes processes, not objects: plan, start, watch, route, reload, answer status.
//!
//! Pure, without a clock or a process: [`plan`], [`restart`], [`watchdog`], [`member`],
//! [`outbox`], [`bus`], [`memory`], [`survey`], [`explain`], and [`core`], the machine that joins them. The
//! rest carries out what it decides: [`run`] is its loop, [`child`] one process, [`socket`] and
//! [`client`] the two ends of the control socket, [`state_dir`] the lock.

pub mod bus;
pub mod child;
pub mod client;
pub mod core;
pub mod explain;
pub mod member;
pub mod memory;
pub mod outbox;
pub mod plan;
pub mod request;
pub mod restart;
pub mod run;
mod service;
pub mod socket;
pub mod state_dir;
pub mod survey;
pub mod watchdog;
