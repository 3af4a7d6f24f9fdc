//! `ha config`: the configuration language: check, show, keywords.

use crate::error::Result;
use crate::exit::Exit;
use crate::output::Printer;

/// Arguments of `ha config`.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Run the command.
///
/// # Errors
/// What could not be done, on what, why, and what to do.
pub fn execute(_args: Args, _printer: Printer) -> Result<Exit> {
    Ok(Exit::Unavailable)
}
