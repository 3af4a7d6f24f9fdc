//! One loop for each job, joining a machine of `engine` to its `io`. Drivers do not know each
//! other and never parse a command line.

pub mod address;
pub mod announce;
pub mod capture;
pub mod check;
pub mod config_host;
pub mod config_loader;
pub mod control;
pub mod ipvs;
pub mod lab;
pub mod notify;
pub mod vrrp;

use crate::error::Result;
use crate::io::clock;
use crate::output::event::{Line, rfc3339};

/// Takes a driver's event lines.
pub type Emit<'a> = dyn FnMut(&Line) -> Result<()> + 'a;

/// An event line of `kind` with the wall clock's time.
#[must_use]
pub fn stamped(kind: &str, data: serde_json::Value) -> Line {
    Line::new(kind, rfc3339(clock::wall_nanos()), None, data)
}
