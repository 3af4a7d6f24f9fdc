//! The generated manuals: shell completions and man pages, from the same definitions that parse
//! the command line and the configuration.

use std::path::PathBuf;

use clap::CommandFactory;
use clap_complete::Shell;

use super::{Cli, late};
use crate::error::{Error, Result};
use crate::exit::Exit;

/// Arguments of `ha completions`.
#[derive(Debug, clap::Args)]
pub struct CompletionArgs {
    /// Which shell.
    shell: Shell,
}

/// Arguments of `ha man`.
#[derive(Debug, clap::Args)]
pub struct ManArgs {
    /// Where the pages go; must exist.
    directory: PathBuf,
}

/// Write completions for one shell to stdout.
///
/// # Errors
/// None in practice: a closed pipe ends the process quietly.
pub fn completions(args: &CompletionArgs) -> Result<Exit> {
    let mut buffer = Vec::new();
    late::describe_all();
    clap_complete::generate(args.shell, &mut Cli::command(), "ha", &mut buffer);
    let text = String::from_utf8_lossy(&buffer);
    crate::output::Printer::new(false).line(text.trim_end())?;
    Ok(Exit::Success)
}

/// Write one man page for each subcommand, and that of the configuration, into a directory.
///
/// # Errors
/// When a page cannot be written.
pub fn man(args: &ManArgs) -> Result<Exit> {
    late::describe_all();
    let command = Cli::command().disable_help_subcommand(true);
    let reference = args.directory.join("ha.conf.5");
    clap_mangen::generate_to(command, &args.directory)
        .and_then(|()| std::fs::write(reference, crate::output::reference::page()))
        .map_err(|e| Error::new("write man pages to", args.directory.display().to_string(), e))?;
    Ok(Exit::Success)
}
