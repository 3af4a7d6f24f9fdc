//! Composes processes, not objects: plan, start, watch, route, reload, answer status.

pub mod bus;
pub mod outbox;
pub mod plan;
pub mod restart;
pub mod watchdog;
