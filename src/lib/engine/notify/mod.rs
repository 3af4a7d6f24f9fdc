//! Which notification follows from which event, in keepalived's order.

mod config;
mod fifo;
mod lane;
mod notifier;

pub use config::{
    DEFAULT_DEADLINE, FifoConfig, Fifos, Hooks, NotifyPlan, PoolHooks, PoolTitle, UpDown,
};
pub use fifo::Side;
pub use notifier::{Action, Event, Notifier, NotifierStatus, Object, Occurrence, RunId};
