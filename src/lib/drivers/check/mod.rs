//! Checking: network probes put once or on a schedule, and scripts run on theirs.

mod probe;
mod scripts;

pub use probe::{Question, ask, watch};
pub use scripts::{Options, run};
