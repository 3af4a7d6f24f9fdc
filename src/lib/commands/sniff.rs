//! `ha sniff`: decode VRRP live or from a capture, with a verdict for each packet.

use crate::error::Result;
use crate::exit::Exit;
use crate::output::Printer;

/// Arguments of `ha sniff`.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Run the command.
///
/// # Errors
/// What could not be done, on what, why, and what to do.
pub fn execute(_args: Args, _printer: Printer) -> Result<Exit> {
    Ok(Exit::Unavailable)
}
