//! `ha ipvs diff` and `ha ipvs apply`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use caps::Capability;
use serde_json::{Value, json};

use super::{DesiredArgs, interval};
use crate::drivers::ipvs::{self, Options, Source, differences};
use crate::drivers::stamped;
use crate::engine::ipvs::Change;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::io::capabilities;
use crate::io::ipvs::Ipvs;
use crate::output::ipvs::{self as output, line};
use crate::output::{EventStream, Printer, log};

/// How long the last lines may take to be read.
const PATIENCE: Duration = Duration::from_secs(1);

/// Arguments of `ha ipvs diff`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  ha ipvs diff /etc/keepalived/keepalived.conf; [ $? = 1 ] && echo 'somebody changed it'
  ha ipvs diff --prune table.json --json | jq '.changes | length'")]
pub(super) struct DiffArgs {
    /// JSON (`ha ipvs show|export --json`, `ha config show --json`), what `ipvsadm -S -n` wrote,
    /// or a keepalived.conf, of which every real server counts as up; `-` is stdin.
    #[arg(value_name = "FILE")]
    file: PathBuf,

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
  ha check tcp 10.0.0.1:80 --watch --json | ha ipvs apply --follow keepalived.conf

With --follow a check.transition or check.result acts on every check of FILE that is called the
same: `kind` tcp, `check` 10.0.0.1:80; for http the first url with the address, for a script its
words. `server` and `service` in its data say which server it is about, `weight` sets a weight.

Exit codes: 0 the table is as desired; 1 something was refused and the rest is done.")]
pub(super) struct ApplyArgs {
    /// JSON (`ha ipvs show|export --json`, `ha config show --json`), what `ipvsadm -S -n` wrote,
    /// or a keepalived.conf, of which every real server counts as up; `-` is stdin.
    #[arg(value_name = "FILE", required_unless_present_any = ["configuration", "follow"])]
    file: Option<PathBuf>,

    /// The same as FILE.
    #[arg(short = 'f', long = "file", value_name = "FILE", conflicts_with = "file")]
    configuration: Option<PathBuf>,

    #[command(flatten)]
    desired: DesiredArgs,

    /// Keep it so until stdin ends: events of checks come there, a line each, and decide who
    /// serves; what somebody else changes is repaired. Without FILE the first line is a plan.
    /// SIGHUP has FILE read again.
    #[arg(long, conflicts_with = "dry_run")]
    follow: bool,

    /// With --follow: how often the kernel is asked whether the table is still right.
    #[arg(long, value_name = "TIME", default_value = "500ms", value_parser = interval,
        requires = "follow")]
    interval: Duration,

    /// With --follow: at the end what was put into the table is removed; without it, it stays.
    #[arg(long, requires = "follow")]
    release: bool,

    /// Only say what would be done.
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn diff(args: DiffArgs, printer: Printer) -> Result<Exit> {
    let goal = args.desired.goal(&args.file)?;
    let changes = differences(&mut Ipvs::connect()?, &goal)?;
    print(printer, &changes, output::differences)?;
    Ok(if changes.is_empty() { Exit::Success } else { Exit::No })
}

pub(super) fn apply(args: ApplyArgs, printer: Printer) -> Result<Exit> {
    let file = args.file.or(args.configuration);
    if args.follow {
        let (desired, file) = (args.desired, file.as_deref());
        return follow(&desired, file, (args.interval, args.release), printer);
    }
    let goal = args.desired.goal(&file.unwrap_or_default())?;
    let mut ipvs = Ipvs::connect()?;
    if args.dry_run {
        let changes = differences(&mut ipvs, &goal)?;
        print(printer, &changes, |changes| output::applied(changes, &[], true))?;
        return Ok(Exit::Success);
    }
    let applied = ipvs::apply(&mut ipvs, &goal)?;
    let problems = applied.problems(line);
    print(printer, &applied.done, |done| output::applied(done, &problems, false))?;
    for problem in &problems {
        log::say_aloud(&format!("ha: {problem}\n"));
    }
    Ok(if problems.is_empty() { Exit::Success } else { Exit::No })
}

fn follow(
    desired: &DesiredArgs,
    file: Option<&Path>,
    (interval, release): (Duration, bool),
    printer: Printer,
) -> Result<Exit> {
    if file == Some(Path::new("-")) {
        return Err(Error::new("use", "-", "stdin is where the events of checks come from")
            .remedy("name a file, or send the plan as the first line and name none")
            .exit(Exit::Usage));
    }
    let source = file.map(|file| desired.source(file)).transpose()?;
    if let (Some(file), Some(source)) = (file, &source) {
        desired.checked(file, source)?;
    }
    // Before the first thread.
    let confined = confine();
    let events = EventStream::start(printer)?;
    let ended = confined.and_then(|()| keep(desired, file, source, (interval, release), &events));
    if let Err(error) = &ended {
        // Whoever reads the events is told, too: nobody else tells a supervisor why.
        events.emit(stamped("error", json!({ "message": error.to_string() })));
    }
    events.flush(PATIENCE);
    ended.map(|()| Exit::Success)
}

/// Give up every privilege that the table does not take. What loads modules takes more.
fn confine() -> Result<()> {
    drop(Ipvs::connect()?);
    capabilities::confine(&[Capability::CAP_NET_ADMIN])
}

fn keep(
    desired: &DesiredArgs,
    file: Option<&Path>,
    source: Option<Source>,
    (interval, release): (Duration, bool),
    events: &EventStream,
) -> Result<()> {
    let options = Options {
        interval,
        others: desired.others(),
        only: desired.selection(),
        state_dir: desired.state_dir.clone(),
        release,
    };
    let mut reload = || {
        let file = file.ok_or_else(|| {
            Error::new("reload", "the configuration", "it came as a plan, not from a file")
        })?;
        let source = desired.source(file)?;
        desired.checked(file, &source)?;
        Ok(source)
    };
    ipvs::follow(source, options, &mut reload, &mut |line| {
        events.emit(line.clone());
        Ok(())
    })
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
