//! `ha config`: the configuration language: check, show, render, fmt, diff, keywords.

mod check;
mod diff;
mod fmt;
mod render;

use std::path::PathBuf;

use crate::config::load;
use crate::drivers::config_loader::{SystemLoader, options};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::{Printer, diagnostics, keywords, model};

/// Arguments of `ha config`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Say everything that is wrong with configurations: exit 0 valid, 3 not.
    #[command(after_help = "\
Several files are several nodes of one cluster: each is checked by itself, then they are compared.
Virtual routers with the same VRID and family are peers; told is what keeps them from hearing each
other (an error), and where they differ in addresses, intervals, priorities, weights and groups.

Examples:
  ha config check /etc/keepalived/keepalived.conf && systemctl reload ha
  ha config check lb1.conf lb2.conf
  ha config check --alone --json *.conf | jq -r '.files[] | select(.valid | not).file'")]
    Check(check::Args),
    /// Show what a configuration means, with every default filled in.
    #[command(after_help = "\
Example:
  ha config show --json keepalived.conf | jq '.vrrp.routers[] | {name, vrid, priority}'")]
    Show(ShowArgs),
    /// Write what a configuration expands to: without includes, definitions and repetitions.
    #[command(after_help = "\
Each line says in a comment where it stands and, behind <, what led there. Read again, the text is
the same configuration, except for passwords: they are shown with --secrets only.

Examples:
  ha config render keepalived.conf | less
  ha config render --secrets --no-origins keepalived.conf > flat.conf
  ha config render --json keepalived.conf | jq '.lines[] | select(.text | test(\"priority\"))'")]
    Render(render::Args),
    /// Write configurations in their canonical form; comments stay.
    #[command(after_help = "\
What expansion works on stays as it is written: $NAME= definitions, @ID, ~SEQ and include lines.
A file whose braces or quotes are broken is refused and stays unchanged.

Examples:
  ha config fmt keepalived.conf | diff keepalived.conf -
  ha config fmt --check *.conf
  ha config fmt --write keepalived.conf")]
    Fmt(fmt::Args),
    /// Say what a reload from one configuration to another would change: exit 0 nothing, 1 something.
    #[command(after_help = "\
Examples:
  ha config diff /etc/keepalived/keepalived.conf new.conf
  ha config diff --json old.conf new.conf | jq -r '.items[] | .kind + \" \" + .name'")]
    Diff(diff::Args),
    /// List the keywords of the language and what is done with each.
    #[command(after_help = "\
Examples:
  ha config keywords garp
  ha config keywords --json | jq -r '.[] | select(.support == \"not_yet\").keyword'")]
    Keywords(KeywordArgs),
}

#[derive(Debug, clap::Args)]
struct ShowArgs {
    /// What `@ID` lines are compared with [default: the host name up to its first dot].
    #[arg(short = 'i', long, value_name = "ID")]
    config_id: Option<String>,

    /// Configuration file.
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

#[derive(Debug, clap::Args)]
struct KeywordArgs {
    /// Only keywords and blocks with this in their name.
    #[arg(default_value = "", hide_default_value = true, value_name = "WORD")]
    filter: String,
}

/// Run the command.
///
/// # Errors
/// What could not be done, on what, why, and what to do.
pub fn execute(args: Args, printer: Printer) -> Result<Exit> {
    match args.command {
        Command::Check(args) => check::execute(args, printer),
        Command::Show(args) => show(args, printer),
        Command::Render(args) => render::execute(args, printer),
        Command::Fmt(args) => fmt::execute(args, printer),
        Command::Diff(args) => diff::execute(args, printer),
        Command::Keywords(args) => list_keywords(&args, printer),
    }
}

fn show(args: ShowArgs, printer: Printer) -> Result<Exit> {
    let outcome = load(&args.file, &options(args.config_id), &SystemLoader);
    diagnostics::print(&outcome);
    let Some(found) = &outcome.model else {
        let target = args.file.display().to_string();
        let cause = format!("{} errors, told above", outcome.errors());
        return Err(Error::new("show", target, cause).exit(Exit::Invalid));
    };
    if printer.is_json() {
        printer.document(&model::document(found))?;
    } else {
        printer.line(model::text(found))?;
    }
    Ok(Exit::Success)
}

fn list_keywords(args: &KeywordArgs, printer: Printer) -> Result<Exit> {
    let found = keywords::list(&args.filter);
    if found.is_empty() {
        let cause = "no keyword and no block has this in its name";
        return Err(Error::new("list keywords with", args.filter.clone(), cause).exit(Exit::No));
    }
    if printer.is_json() {
        printer.document(&found)?;
    } else {
        printer.line(keywords::text(&found))?;
    }
    Ok(Exit::Success)
}
