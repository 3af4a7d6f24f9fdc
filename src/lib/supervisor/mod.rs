//! Composes processes, not objects: plan, start, watch, route, reload, answer status.
//!
//! Pure: [`plan`], [`restart`], [`watchdog`], [`member`], [`outbox`], [`bus`], [`survey`] and
//! [`core`], the machine that joins them.

pub mod bus;
pub mod core;
pub mod member;
pub mod outbox;
pub mod plan;
pub mod request;
pub mod restart;
pub mod survey;
pub mod watchdog;
