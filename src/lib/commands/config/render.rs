//! `ha config render`: the text that a configuration expands to.

use std::path::PathBuf;

use crate::config::{Expansion, Outcome, expand};
use crate::drivers::config_loader::{SystemLoader, options};
use crate::error::Result;
use crate::exit::Exit;
use crate::output::{Printer, diagnostics, render};

/// Arguments of `ha config render`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What `@ID` lines are compared with [default: the host name up to its first dot].
    #[arg(short = 'i', long, value_name = "ID")]
    config_id: Option<String>,

    /// Leave out the comments that say where each line came from.
    #[arg(long)]
    no_origins: bool,

    /// Show passwords too; without it each is `(hidden)`.
    #[arg(long)]
    secrets: bool,

    /// Configuration file; `-` is stdin.
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

pub(super) fn execute(args: Args, printer: Printer) -> Result<Exit> {
    let file = super::given(args.file);
    let Expansion { lines, diagnostics, sources } =
        expand(&file, &options(args.config_id), &SystemLoader);
    let found = Outcome { model: None, diagnostics, sources };
    diagnostics::print(&found);
    if printer.is_json() {
        printer.document(&render::document(&file, &lines, &found.sources, args.secrets))?;
    } else {
        let text = render::text(&lines, &found.sources, args.secrets, !args.no_origins);
        printer.bytes(text.as_bytes())?;
    }
    Ok(if found.errors() == 0 { Exit::Success } else { Exit::Invalid })
}
