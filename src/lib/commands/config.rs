//! `ha config`: the configuration language: check, show, render, fmt, diff, keywords.

mod check;
mod diff;
mod fmt;
mod keywords;
mod render;
mod show;

use std::path::{Path, PathBuf};

use crate::error::Result;
use crate::exit::Exit;
use crate::output::Printer;

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
With --origin each value of the model stands on a line of its own, with where it came from: file
and line, and behind < what led there (an include, a definition, a repetition), then the keyword;
`default` when nothing sets it, `this host` for the host's name and accounts.

Examples:
  ha config show --json keepalived.conf | jq '.vrrp.routers[] | {name, vrid, priority}'
  ha config show --origin keepalived.conf | grep priority
  ha config show --origin --json keepalived.conf | jq '.settings[] | select(.origin != \"default\")'")]
    Show(show::Args),
    /// Write what a configuration expands to: without includes, definitions and repetitions.
    #[command(after_help = "\
Each line says in a comment where it stands and, behind <, what led there. Read again, the text is
the same configuration, except for passwords: they are shown with --secrets only. What stands behind
a misspelt keyword is not known to be one and is shown; `ha config check` covers that too.

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
    /// List the keywords of the language, or describe one as the manual does.
    #[command(after_help = "\
Examples:
  ha config keywords priority                       all about one keyword
  ha config keywords garp                           what has this in its name
  ha config keywords --block vrrp_instance --unsupported
  ha config keywords --json | jq -r '.keywords[] | select(.support == \"not_yet\").keyword'")]
    Keywords(keywords::Args),
}

/// The file that `path` names: `-` is stdin, under the name that the kernel has for it.
fn given(path: PathBuf) -> PathBuf {
    if path == Path::new("-") { PathBuf::from("/dev/stdin") } else { path }
}

/// Run the command.
///
/// # Errors
/// What could not be done, on what, why, and what to do.
pub fn execute(args: Args, printer: Printer) -> Result<Exit> {
    match args.command {
        Command::Check(args) => check::execute(args, printer),
        Command::Show(args) => show::execute(args, printer),
        Command::Render(args) => render::execute(args, printer),
        Command::Fmt(args) => fmt::execute(args, printer),
        Command::Diff(args) => diff::execute(args, printer),
        Command::Keywords(args) => keywords::execute(args, printer),
    }
}
