//! `ha config`: the configuration language: check, show, render, keywords.

mod render;

use std::path::{Path, PathBuf};

use crate::config::{Outcome, load};
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
Examples:
  ha config check /etc/keepalived/keepalived.conf && systemctl reload ha
  ha config check --json *.conf | jq -r '.files[] | select(.valid | not).file'")]
    Check(CheckArgs),
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
    /// List the keywords of the language and what is done with each.
    #[command(after_help = "\
Examples:
  ha config keywords garp
  ha config keywords --json | jq -r '.[] | select(.support == \"not_yet\").keyword'")]
    Keywords(KeywordArgs),
}

#[derive(Debug, clap::Args)]
struct CheckArgs {
    /// What `@ID` lines are compared with [default: the host name up to its first dot].
    #[arg(short = 'i', long, value_name = "ID")]
    config_id: Option<String>,

    /// Warnings make a configuration invalid too.
    #[arg(long)]
    strict: bool,

    /// Configuration files, each a configuration of its own.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
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
        Command::Check(args) => check(args, printer),
        Command::Show(args) => show(args, printer),
        Command::Render(args) => render::execute(args, printer),
        Command::Keywords(args) => list_keywords(&args, printer),
    }
}

fn check(args: CheckArgs, printer: Printer) -> Result<Exit> {
    let options = options(args.config_id);
    let read = |path: &PathBuf| (path.clone(), load(path, &options, &SystemLoader));
    let outcomes: Vec<(PathBuf, Outcome)> = args.files.iter().map(read).collect();
    let good = |outcome: &Outcome| {
        outcome.model.is_some() && (!args.strict || outcome.diagnostics.is_empty())
    };
    if printer.is_json() {
        let files: Vec<_> =
            outcomes.iter().map(|(path, o)| diagnostics::document(path, o)).collect();
        printer.document(&serde_json::json!({ "v": 1, "files": files }))?;
    } else {
        for (path, outcome) in &outcomes {
            diagnostics::print(outcome);
            printer.line(verdict(path, outcome))?;
        }
    }
    let all_good = outcomes.iter().all(|(_, outcome)| good(outcome));
    Ok(if all_good { Exit::Success } else { Exit::Invalid })
}

fn verdict(path: &Path, outcome: &Outcome) -> String {
    let count = |number: usize, word: &str| {
        format!("{number} {word}{}", if number == 1 { "" } else { "s" })
    };
    let errors = outcome.errors();
    let warnings = count(outcome.diagnostics.len() - errors, "warning");
    let path = path.display();
    match &outcome.model {
        Some(model) => {
            let routers = count(model.vrrp.routers.len(), "virtual router");
            format!("{path}: valid: {routers}, {}", count(model.scripts.len(), "script"))
                + &format!(", {warnings}")
        }
        None => format!("{path}: invalid: {}, {warnings}", count(errors, "error")),
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
