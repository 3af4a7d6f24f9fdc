//! The laboratory: hosts and a client in namespaces of this machine, real daemons, real traffic,
//! real faults, and what the client noticed of them.
//!
//! It decides which fault comes when and what its result is; it does not know how a daemon
//! elects.

mod build;
mod expect;
mod fault;
mod host;
mod measure;
mod prepare;
mod report;
mod text;
mod topology;
mod tour;
mod traffic;

pub use prepare::{Request, Source, prepare};
pub use tour::{LabPlan, run};
