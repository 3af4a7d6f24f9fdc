//! Health checking as decisions: when to probe, and what a row of results means.

mod config;

pub use config::{CheckPlan, CommandLine, Identity, ScriptConfig};
