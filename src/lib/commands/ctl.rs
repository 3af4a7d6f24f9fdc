//! `ha ctl`: steer a running supervisor.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

use crate::engine::vrrp::Command;
use crate::error::Result;
use crate::exit::Exit;
use crate::output::{Printer, text};
use crate::supervisor::client::Connection;
use crate::supervisor::request::{Request, Response};
use crate::supervisor::state_dir;

/// Arguments of `ha ctl`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  ha ctl demote VI_1                 the peer takes over without a gap
  ha ctl maintenance on VI_1         and stays master until `maintenance off`
  ha ctl reload
  ha ctl events --json | jq -c 'select(.type == \"vrrp.transition\").data'

Exit codes: 0 done; 3 there is no such instance, or the configuration is invalid; 5 no supervisor
answers.")]
pub struct Args {
    #[command(subcommand)]
    order: Order,

    /// State directory of the supervisor to steer.
    #[arg(long, global = true, value_name = "DIR", default_value = state_dir::DEFAULT)]
    state_dir: PathBuf,
}

#[derive(Debug, Subcommand)]
enum Order {
    /// Read the configuration again; a wrong one changes nothing, and is told.
    Reload,
    /// Hand the virtual router to its peer and be backup, until promoted or until no master lives.
    /// The addresses stay until the peer is heard.
    Demote {
        /// Name of the instance.
        name: String,
    },
    /// Become master now. A peer of higher priority that preempts takes over again.
    Promote {
        /// Name of the instance.
        name: String,
    },
    /// Take an instance out of service, or back into it.
    Maintenance {
        /// On or off.
        switch: Switch,
        /// Name of the instance.
        name: String,
    },
    /// Stop everything gracefully.
    Stop,
    /// Show every event from now on until interrupted.
    Events,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Switch {
    On,
    Off,
}

impl Order {
    fn request(self) -> Request {
        let (name, command) = match self {
            Self::Reload => return Request::Reload,
            Self::Stop => return Request::Stop,
            Self::Events => return Request::Events,
            Self::Demote { name } => (name, Command::Demote),
            Self::Promote { name } => (name, Command::Promote),
            Self::Maintenance { switch, name } => {
                (name, Command::Maintenance(matches!(switch, Switch::On)))
            }
        };
        Request::Command { instance: Some(name), command }
    }
}

/// Run the command.
///
/// # Errors
/// When no supervisor answers, or it refuses.
pub fn execute(args: Args, printer: Printer) -> Result<Exit> {
    let mut connection = Connection::open(&args.state_dir)?;
    let request = args.order.request();
    if request == Request::Events {
        return events(connection, printer);
    }
    let response = connection.ask(&request)?;
    if let Request::Command { instance: Some(name), .. } = &request {
        return show(&mut connection, name, printer);
    }
    if printer.is_json() {
        printer.document(&response)?;
    } else if let Response::Done { changes } = response {
        let nothing = || "nothing changed".to_owned();
        printer.line(if changes.is_empty() { nothing() } else { changes.join("\n") })?;
    }
    Ok(Exit::Success)
}

/// The instance after the order: the question follows it on the same way, so the answer is not
/// older.
fn show(connection: &mut Connection, name: &str, printer: Printer) -> Result<Exit> {
    let status = connection.status()?;
    for instance in status.instances.iter().filter(|instance| instance.name == name) {
        if printer.is_json() {
            printer.document(instance)?;
        } else {
            printer.line(instance.headline())?;
        }
    }
    Ok(Exit::Success)
}

fn events(connection: Connection, printer: Printer) -> Result<Exit> {
    connection.events(|line| match serde_json::from_str(line) {
        Ok(event) if !printer.is_json() => printer.line(text::event(&event)),
        _ => printer.line(line),
    })?;
    Ok(Exit::Success)
}
