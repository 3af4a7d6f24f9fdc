//! Checking: network probes put once or on a schedule, and all checks of a configuration.

mod executions;
mod files;
mod probe;
mod questions;
mod run;
mod scripts;
mod servers;

pub use probe::{Question, ask, watch};
pub use run::{Reload, Source, first_plan, run};
pub use scripts::Options;
