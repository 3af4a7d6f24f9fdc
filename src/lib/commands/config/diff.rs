//! `ha config diff`: what a reload from one configuration to another would change.

use std::path::PathBuf;

use crate::config::diff::diff;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::{Printer, difference};
use crate::supervisor::plan::{self, Options, compose};

/// Arguments of `ha config diff`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What `@ID` lines are compared with [default: the host name up to its first dot].
    #[arg(short = 'i', long, value_name = "ID")]
    config_id: Option<String>,

    /// The configuration that runs; `-` is stdin.
    #[arg(value_name = "OLD")]
    old: PathBuf,

    /// The configuration to reload; `-` is stdin.
    #[arg(value_name = "NEW")]
    new: PathBuf,
}

/// Run the command.
///
/// # Errors
/// When one of the two is invalid.
pub fn execute(args: Args, printer: Printer) -> Result<Exit> {
    let (old, new) = (super::given(args.old), super::given(args.new));
    let old = super::super::model::read(&old, args.config_id.clone())?;
    let new = super::super::model::read(&new, args.config_id)?;
    let items = diff(&old, &new);
    let options = Options::default();
    let composed = |model| {
        compose(model, &options).map_err(|error| Error::new("plan", "the processes", error))
    };
    let processes: Vec<String> = plan::difference(&composed(&old)?, &composed(&new)?)
        .iter()
        .map(ToString::to_string)
        .collect();
    if printer.is_json() {
        printer.document(&difference::document(&items, &processes))?;
    } else {
        printer.line(difference::text(&items, &processes))?;
    }
    Ok(if items.is_empty() { Exit::Success } else { Exit::No })
}
