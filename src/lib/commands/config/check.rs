//! `ha config check`: everything that is wrong with configurations, alone and beside each other.

use std::path::{Path, PathBuf};

use crate::config::{Node, Options, Outcome, Places, compare, load, load_with_places};
use crate::drivers::config_host::Host;
use crate::drivers::config_loader::{SystemLoader, options};
use crate::error::Result;
use crate::exit::Exit;
use crate::output::{Printer, diagnostics};

/// Arguments of `ha config check`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What `@ID` lines are compared with [default: the host name up to its first dot].
    #[arg(short = 'i', long, value_name = "ID")]
    config_id: Option<String>,

    /// Warnings make a configuration invalid too.
    #[arg(long)]
    strict: bool,

    /// Say also what only this host can tell: interfaces, addresses, scripts, users, kernel.
    #[arg(long)]
    here: bool,

    /// The files have nothing to do with each other: do not compare them.
    #[arg(long)]
    alone: bool,

    /// Configuration files, each the configuration of one node; `-` is stdin.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// One file and what came of it.
struct Checked {
    path: PathBuf,
    outcome: Outcome,
    places: Places,
}

/// Run the command.
///
/// # Errors
/// When stdout cannot be written.
pub fn execute(args: Args, printer: Printer) -> Result<Exit> {
    let options = Options { portable: !args.here, ..options(args.config_id) };
    let host = if args.here { Some(Host::survey()?) } else { None };
    let together = args.files.len() > 1 && !args.alone;
    let read = |path: PathBuf| {
        // Where each setting stands is only asked for beside something else.
        let (mut outcome, places) = if together || host.is_some() {
            load_with_places(&path, &options, &SystemLoader)
        } else {
            (load(&path, &options, &SystemLoader), Places::default())
        };
        if let (Some(host), Some(model)) = (&host, &outcome.model) {
            outcome.diagnostics.extend(host.judge(model, &places));
            outcome.diagnostics.sort_by_key(|found| (found.span, found.code));
        }
        Checked { path, outcome, places }
    };
    let files: Vec<Checked> = args.files.into_iter().map(super::given).map(read).collect();
    let nodes: Vec<Node<'_>> =
        files.iter().map(|file| Node { outcome: &file.outcome, places: &file.places }).collect();
    let between = if together { compare(&nodes) } else { None };
    if printer.is_json() {
        printer.document(&document(&files, between.as_ref()))?;
    } else {
        for file in &files {
            diagnostics::print(&file.outcome);
            printer.line(verdict(&file.path, &file.outcome))?;
        }
        if let Some(between) = &between {
            diagnostics::print(between);
            printer.line(format!("between the nodes: {}", counts(between)))?;
        }
    }
    let bad = |outcome: &Outcome| {
        outcome.errors() > 0 || (args.strict && !outcome.diagnostics.is_empty())
    };
    let any = files.iter().map(|file| &file.outcome).chain(&between).any(bad);
    // The process ends: the system takes all memory back at once, and not piece by piece.
    std::mem::forget(files);
    Ok(if any { Exit::Invalid } else { Exit::Success })
}

fn document(files: &[Checked], between: Option<&Outcome>) -> serde_json::Value {
    let files: Vec<_> =
        files.iter().map(|file| diagnostics::document(&file.path, &file.outcome)).collect();
    let mut document = serde_json::json!({ "v": 1, "files": files });
    if let Some(between) = between {
        document["between"] = serde_json::json!(diagnostics::findings(between));
    }
    document
}

fn verdict(path: &Path, outcome: &Outcome) -> String {
    let path = path.display();
    match &outcome.model {
        Some(model) => {
            let routers = count(model.vrrp.routers.len(), "virtual router");
            let scripts = count(model.scripts.len(), "script");
            let warnings = count(outcome.diagnostics.len(), "warning");
            format!("{path}: valid: {routers}, {scripts}, {warnings}")
        }
        None => format!("{path}: invalid: {}", counts(outcome)),
    }
}

/// `1 error, 2 warnings`.
fn counts(outcome: &Outcome) -> String {
    let errors = outcome.errors();
    let warnings = outcome.diagnostics.len() - errors;
    format!("{}, {}", count(errors, "error"), count(warnings, "warning"))
}

fn count(number: usize, word: &str) -> String {
    format!("{number} {word}{}", if number == 1 { "" } else { "s" })
}
