//! The configuration of commands that run one part of it.

use std::path::{Path, PathBuf};

use crate::config::{Model, Outcome, load};
use crate::drivers::config_loader::{SystemLoader, options};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::diagnostics;

/// Which configuration, where one may be given.
#[derive(Debug, clap::Args)]
pub struct ConfigArgs {
    /// Configuration in the language of keepalived.conf.
    #[arg(short = 'f', long = "file", value_name = "FILE")]
    pub file: Option<PathBuf>,

    /// What `@ID` lines are compared with [default: the host name up to its first dot].
    #[arg(short = 'i', long, value_name = "ID", requires = "file")]
    pub config_id: Option<String>,
}

/// What `file` means; everything that is wrong with it goes to stderr.
///
/// # Errors
/// When it is invalid.
pub fn read(file: &Path, config_id: Option<String>) -> Result<Model> {
    let outcome = load(file, &options(config_id), &SystemLoader);
    diagnostics::print(&outcome);
    valid(outcome, file)
}

/// The meaning of a configuration, whose mistakes were told.
///
/// # Errors
/// When it has none.
pub fn valid(outcome: Outcome, file: &Path) -> Result<Model> {
    let errors = outcome.errors();
    outcome.model.ok_or_else(|| {
        let cause = format!("{errors} error{}, told above", if errors == 1 { "" } else { "s" });
        Error::new("use configuration", file.display().to_string(), cause).exit(Exit::Invalid)
    })
}
