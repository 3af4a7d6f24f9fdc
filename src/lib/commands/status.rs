//! `ha status`: state, reasons and counters of a running supervisor.

use std::path::PathBuf;

use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::Printer;
use crate::supervisor::client::Connection;
use crate::supervisor::state_dir;

/// Arguments of `ha status`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  ha status
  ha status VI_1 --json | jq -r '.instances[0].state'
  watch -n1 ha status

Exit codes: 0 every instance is master, with all its addresses in place, or backup, without \
    them, every virtual server has its quorum, and every part works; 1 not; 3 there is no such \
    thing; 5 no supervisor answers.")]
pub struct Args {
    /// Show only this instance or virtual server (`tcp 192.0.2.10:80`, `group NAME`).
    name: Option<String>,

    /// State directory of the supervisor to ask.
    #[arg(long, value_name = "DIR", default_value = state_dir::DEFAULT)]
    state_dir: PathBuf,
}

/// Run the command.
///
/// # Errors
/// When no supervisor answers, or it has no such instance.
pub fn execute(args: Args, printer: Printer) -> Result<Exit> {
    let mut status = Connection::open(&args.state_dir)?.status()?;
    if let Some(name) = &args.name {
        let pools = status.pools.iter().map(|pool| pool.service.to_string());
        let known: Vec<String> =
            status.instances.iter().map(|one| one.name.clone()).chain(pools).collect();
        status = status.only(name).ok_or_else(|| {
            Error::new("show", name, "the running configuration has none of that name")
                .remedy(format!("it has: {}", known.join(", ")))
                .exit(Exit::Invalid)
        })?;
    }
    if printer.is_json() {
        printer.document(&status)?;
    } else {
        printer.line(status.text())?;
    }
    Ok(if status.is_healthy() { Exit::Success } else { Exit::No })
}
