//! `ha ipvs diff` and `ha ipvs apply`.

use serde_json::Value;

use super::DesiredArgs;
use crate::drivers::ipvs::{self, Applied, differences};
use crate::engine::ipvs::Change;
use crate::error::Result;
use crate::exit::Exit;
use crate::io::ipvs::Ipvs;
use crate::output::ipvs::{self as output, line};
use crate::output::{Printer, log};

/// Arguments of `ha ipvs diff`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  ha ipvs diff /etc/keepalived/keepalived.conf; [ $? = 1 ] && echo 'somebody changed it'
  ha ipvs diff --prune table.json --json | jq '.changes | length'")]
pub(super) struct DiffArgs {
    #[command(flatten)]
    desired: DesiredArgs,
}

/// Arguments of `ha ipvs apply`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  ipvsadm -S -n | ssh other ha ipvs apply --prune -
  ha config show --json keepalived.conf | ha ipvs apply --dry-run -
  ha ipvs apply keepalived.conf --only tcp/192.0.2.10:443

Exit codes: 0 the table is as desired; 1 something was refused and the rest is done.")]
pub(super) struct ApplyArgs {
    #[command(flatten)]
    desired: DesiredArgs,

    /// Only say what would be done.
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn diff(args: DiffArgs, printer: Printer) -> Result<Exit> {
    let goal = args.desired.read()?;
    let changes = differences(&mut Ipvs::connect()?, &goal)?;
    print(printer, &changes, output::differences)?;
    Ok(if changes.is_empty() { Exit::Success } else { Exit::No })
}

pub(super) fn apply(args: ApplyArgs, printer: Printer) -> Result<Exit> {
    let goal = args.desired.read()?;
    let mut ipvs = Ipvs::connect()?;
    if args.dry_run {
        let changes = differences(&mut ipvs, &goal)?;
        print(printer, &changes, |changes| output::applied(changes, &[], true))?;
        return Ok(Exit::Success);
    }
    let Applied { done, refused, kept, left } = ipvs::apply(&mut ipvs, &goal)?;
    let kept = kept.iter().map(|change| {
        format!("not done, for what was to come to its service was refused: {}", line(change))
    });
    let left = left.iter().map(|change| format!("it is not so, or no longer so: {}", line(change)));
    let problems: Vec<String> =
        refused.iter().map(ToString::to_string).chain(kept).chain(left).collect();
    print(printer, &done, |done| output::applied(done, &problems, false))?;
    for problem in &problems {
        log::say_aloud(&format!("ha: {problem}\n"));
    }
    Ok(if problems.is_empty() { Exit::Success } else { Exit::No })
}

/// The changes, a line each; as data one document.
pub(super) fn print(
    printer: Printer,
    changes: &[Change],
    document: impl FnOnce(&[Change]) -> Value,
) -> Result<()> {
    if printer.is_json() {
        return printer.document(&document(changes));
    }
    changes.iter().try_for_each(|change| printer.line(line(change)))
}
