//! `ha ipvs`: the table of the kernel's load balancer as data.

mod apply;
mod daemon;
mod drain;
mod entry;
mod show;
mod watch;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::model;
use crate::drivers::ipvs::{Desired, Goal, Source, desired};
use crate::engine::ipvs::{Contents, Others, ServiceId};
use crate::error::Result;
use crate::exit::Exit;
use crate::io::drains;
use crate::io::ipvs::Ipvs;
use crate::output::{Printer, diagnostics};
use crate::supervisor::state_dir;
use crate::time::parse_duration;

/// Arguments of `ha ipvs`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    job: Job,
}

#[derive(Debug, clap::Subcommand)]
enum Job {
    /// Print the table.
    Show(show::ShowArgs),
    /// Print the table as `ipvsadm -R` or `ha ipvs apply` read it.
    Export,
    /// Say what has to change for the table to be as desired: exit 0 nothing, 1 something.
    Diff(apply::DiffArgs),
    /// Make the table as desired; nothing is done to what is so already.
    ///
    /// Who is new comes before who goes, so that no service is empty on the way.
    Apply(apply::ApplyArgs),
    /// Add a service, or with --real-server a destination to one.
    Add(entry::AddArgs),
    /// Change a service, or with --real-server a destination of one; what is not named stays, and
    /// so do connections.
    Edit(entry::EditArgs),
    /// Remove a service with its destinations, or with --real-server one destination.
    Del(entry::DelArgs),
    /// Give a server no new connections until it is undrained, whatever its checks say; or list
    /// who is drained.
    Drain(drain::DrainArgs),
    /// Give a server connections again.
    Undrain(drain::UndrainArgs),
    /// Tell what becomes of the table, whoever changes it.
    Watch(watch::WatchArgs),
    /// Remove every service.
    Flush,
    /// Begin all counters at zero.
    Zero,
    /// Print how long idle connections are remembered, or set it.
    Timeouts(daemon::TimeoutArgs),
    /// Print the synchronisation daemons, or start or stop one.
    Sync(daemon::SyncArgs),
}

/// The desired table.
#[derive(Debug, clap::Args)]
struct DesiredArgs {
    /// What `@ID` lines of a keepalived.conf are compared with [default: the host name up to its
    /// first dot].
    #[arg(short = 'i', long, value_name = "ID")]
    config_id: Option<String>,

    /// Services that are not in FILE go; without it they belong to somebody else and stay.
    #[arg(long)]
    prune: bool,

    /// Only this service, such as tcp/192.0.2.1:80 or fwmark/7; nothing else is looked at. May be
    /// repeated.
    #[arg(long, value_name = "SERVICE")]
    only: Vec<ServiceId>,

    /// Where it is written which servers are drained; those keep weight 0.
    #[arg(long, value_name = "DIR", default_value = state_dir::DEFAULT)]
    state_dir: PathBuf,
}

impl DesiredArgs {
    /// What is wrong with a keepalived.conf goes to stderr.
    fn source(&self, file: &Path) -> Result<Source> {
        let Desired { source, outcome } = desired(file, self.config_id.clone())?;
        if let Some(outcome) = outcome {
            diagnostics::print(&outcome);
            model::valid(outcome, file)?;
        }
        Ok(source)
    }

    /// The table of `source`, with every real server up.
    fn checked(&self, file: &Path, source: &Source) -> Result<Contents> {
        let name = file.display().to_string();
        source.checked(&name, self.others(), self.selection().as_ref())
    }

    fn goal(&self, file: &Path) -> Result<Goal> {
        let source = self.source(file)?;
        let mut contents = self.checked(file, &source)?;
        let only = self.selection();
        if let Some(only) = &only {
            contents.retain(|id| only.contains(id));
        }
        drains::read(&self.state_dir)?.apply(&mut contents);
        Ok(Goal { contents, others: self.others(), only })
    }

    const fn others(&self) -> Others {
        if self.prune { Others::Delete } else { Others::Keep }
    }

    fn selection(&self) -> Option<BTreeSet<ServiceId>> {
        (!self.only.is_empty()).then(|| self.only.iter().copied().collect())
    }
}

/// Run the command.
///
/// # Errors
/// What could not be done, on what, why, and what to do.
pub fn execute(args: Args, printer: Printer) -> Result<Exit> {
    match args.job {
        Job::Show(args) => show::show(args, printer),
        Job::Export => show::export(printer),
        Job::Diff(args) => apply::diff(args, printer),
        Job::Apply(args) => apply::apply(args, printer),
        Job::Add(args) => entry::add(&args, printer),
        Job::Edit(args) => entry::edit(&args, printer),
        Job::Del(args) => entry::del(&args, printer),
        Job::Drain(args) => drain::drain(&args, printer),
        Job::Undrain(args) => drain::undrain(&args, printer),
        Job::Watch(args) => watch::watch(args, printer),
        Job::Flush => Ipvs::connect()?.flush().map(|()| Exit::Success),
        Job::Zero => Ipvs::connect()?.zero().map(|()| Exit::Success),
        Job::Timeouts(args) => daemon::timeouts(args, printer),
        Job::Sync(args) => daemon::sync(args, printer),
    }
}

/// How often the kernel is asked: often enough to see within a second what is different.
fn interval(text: &str) -> std::result::Result<Duration, String> {
    let interval = parse_duration(text)?;
    if (Duration::from_millis(10)..=Duration::from_secs(1)).contains(&interval) {
        return Ok(interval);
    }
    Err("it takes 10ms to 1s".to_owned())
}
