//! `ha config show`: what a configuration means, and where each value came from.

use std::path::PathBuf;

use crate::config::{load, load_with_statements, origin};
use crate::drivers::config_loader::{SystemLoader, options};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::{self, Printer, diagnostics, model};

/// Arguments of `ha config show`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What `@ID` lines are compared with [default: the host name up to its first dot].
    #[arg(short = 'i', long, value_name = "ID")]
    config_id: Option<String>,

    /// Show every value of the model, each with the line that set it.
    #[arg(long)]
    origin: bool,

    /// Configuration file; `-` is stdin.
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

pub(super) fn execute(args: Args, printer: Printer) -> Result<Exit> {
    let options = options(args.config_id);
    let file = super::given(args.file);
    let (outcome, statements) = if args.origin {
        load_with_statements(&file, &options, &SystemLoader)
    } else {
        (load(&file, &options, &SystemLoader), origin::Statements::default())
    };
    diagnostics::print(&outcome);
    let Some(found) = &outcome.model else {
        let target = file.display().to_string();
        let errors = outcome.errors();
        let cause = format!("{errors} error{}, told above", if errors == 1 { "" } else { "s" });
        return Err(Error::new("show", target, cause).exit(Exit::Invalid));
    };
    if args.origin {
        let values = model::values(found);
        let settings = origin::settings(&values, &statements, &outcome.diagnostics);
        if printer.is_json() {
            printer.document(&output::origin::document(&file, &settings, &outcome.sources))?;
        } else {
            printer.line(output::origin::text(&settings, &outcome.sources).trim_end())?;
        }
    } else if printer.is_json() {
        printer.document(&model::document(found))?;
    } else {
        printer.line(model::text(found))?;
    }
    Ok(Exit::Success)
}
