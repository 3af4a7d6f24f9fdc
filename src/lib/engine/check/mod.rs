//! Health checking as decisions: when to probe, and what a row of results means.

mod config;
mod outcome;
pub mod probe;
mod schedule;
pub mod script;
mod threshold;

pub use config::{CheckPlan, CommandLine, Identity, ScriptConfig};
pub use outcome::{Ending, Grade};
pub use probe::{Probe, ProbeConfig};
pub use schedule::Schedule;
pub use script::{Script, ScriptStatus};
pub use threshold::{Change, Health, Threshold};
