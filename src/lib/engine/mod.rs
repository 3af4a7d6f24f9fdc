//! Decisions, sans-IO.
//!
//! Every machine offers the same verbs: `handle_*(now, input)`, `handle_timeout(now)`,
//! `poll_timeout()`, `poll_action()`. Time is passed in, timers are fields, nothing is logged,
//! no clock is read, no random number drawn. Same inputs, same outputs.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

pub mod check;
pub mod ipvs;
pub mod notify;
pub mod pool;
pub mod sniff;
pub mod sync_group;
pub mod track;
pub mod vrrp;
