//! Which notification follows from which event, in keepalived's order.

mod config;

pub use config::{DEFAULT_DEADLINE, Hooks, NotifyPlan};
