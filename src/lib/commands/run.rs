//! `ha run`: run everything of a configuration: the supervisor.

use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::stat::{Mode, umask};

use super::composition::{Source, absolute};
use crate::drivers::config_loader;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::io::capabilities;
use crate::output::event::Line;
use crate::output::{EventStream, Printer, log};
use crate::supervisor::core::Refusal;
use crate::supervisor::plan;
use crate::supervisor::run::{self, Listener, Setup};
use crate::supervisor::{explain, state_dir};

/// Arguments of `ha run`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  ha run -f /etc/keepalived/keepalived.conf
  ha run -f keepalived.conf --explain            what would be started, and with which plan
  ha run -f keepalived.conf --json | jq -c 'select(.type == \"vrrp.transition\").data'
  ha run -f second.conf --state-dir /run/ha2     a second one on this host

SIGHUP reads the configuration again; a wrong one changes nothing. \
    SIGTERM and SIGINT stop gracefully: virtual routers first, hooks last.\n\n\
    Exit codes: 0 stopped; 3 the configuration is invalid; 4 a privilege or kernel feature is \
    missing; 5 another supervisor has the state directory, or the system refused.")]
pub struct Args {
    /// The configuration: an unchanged keepalived.conf.
    #[arg(short = 'f', long = "file", value_name = "FILE")]
    file: PathBuf,

    /// What `@ID` lines of the configuration are compared with [default: the host name up to its
    /// first dot].
    #[arg(short = 'i', long, value_name = "ID")]
    config_id: Option<String>,

    /// Where the control socket, the pid file and the lease are kept. One supervisor at a time may
    /// use it; `ha status` and `ha ctl` take the same option.
    #[arg(long, value_name = "DIR", default_value = state_dir::DEFAULT)]
    state_dir: PathBuf,

    /// Print the processes and pipes that this would start, as a shell script, and start nothing.
    #[arg(long)]
    explain: bool,

    /// Binary of the child processes; this one unless given.
    #[arg(long, value_name = "PATH", hide = true)]
    child_program: Option<PathBuf>,
}

/// Event lines for whoever reads stdout.
struct Stdout(EventStream);

impl Listener for Stdout {
    fn event(&self, line: Line) {
        self.0.emit(line);
    }

    fn flush(&self, patience: Duration) {
        self.0.flush(patience);
    }
}

/// Run the command.
///
/// # Errors
/// When the configuration is invalid, or the supervisor cannot work.
pub fn execute(args: Args, log: &log::Choice, printer: Printer) -> Result<Exit> {
    let source = source(&args, log)?;
    let (model, composition) = source.read().map_err(|why| invalid(&args.file, &why.refusal))?;
    if args.explain {
        if printer.is_json() {
            printer.document(&explain::document(&composition))?;
        } else {
            printer.line(explain::script(&composition).trim_end())?;
        }
        return Ok(Exit::Success);
    }
    let asked = model.globals.processes.umask;
    if let Some(mask) = asked {
        umask(Mode::from_bits_truncate(mask.into()));
    }
    // Before the first thread. Each child gives up what it does not need by itself.
    capabilities::keep_beside_children(&capabilities::FOR_FILES)?;
    log::never_wait()?;
    let code = run::run(Setup {
        configuration: args.file.display().to_string(),
        state_dir: args.state_dir,
        program: args.child_program,
        composition,
        read: Box::new(move || {
            let (now, composition) = source.read().map_err(|why| why.refusal)?;
            if now.globals.processes.umask != asked {
                tracing::warn!("the new umask holds from the next start of the supervisor on");
            }
            Ok(composition)
        }),
        listener: Box::new(Stdout(EventStream::start(printer)?)),
        status_signals: Vec::new(),
        heed_interrupt: true,
        respawn: true,
    })?;
    Ok(Exit::from_code(code))
}

fn source(args: &Args, log: &log::Choice) -> Result<Source> {
    let options = config_loader::options(args.config_id.clone());
    let plan = plan::Options {
        state_dir: absolute(&args.state_dir)?.display().to_string(),
        log: log.to_string(),
        host: options.host_name.clone(),
        ..plan::Options::default()
    };
    Ok(Source { file: args.file.clone(), options, plan })
}

fn invalid(file: &Path, refusal: &Refusal) -> Error {
    let count = refusal.problems.len();
    let cause = format!("{count} error{}", if count == 1 { "" } else { "s" });
    Error::new("run the configuration", file.display().to_string(), cause)
        .remedy("correct what is marked above; nothing was started")
        .exit(Exit::Invalid)
}
