//! Which notification follows from which event, in keepalived's order.

mod config;
mod lane;
mod notifier;

pub use config::{DEFAULT_DEADLINE, FifoConfig, Hooks, NotifyPlan};
pub use notifier::{Action, Event, Notifier, NotifierStatus, Object, Occurrence, RunId};
