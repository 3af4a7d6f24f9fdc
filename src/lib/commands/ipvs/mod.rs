//! `ha ipvs`: the table of the kernel's load balancer as data.

mod apply;
mod daemon;
mod entry;
mod show;

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::model;
use crate::drivers::ipvs::{Desired, Goal, desired};
use crate::engine::ipvs::{Contents, Others, ServiceId};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::io::ipvs::Ipvs;
use crate::output::{Printer, diagnostics};

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
    /// JSON (`ha ipvs show|export --json`, `ha config show --json`), what `ipvsadm -S -n` wrote,
    /// or a keepalived.conf, of which every real server counts as up; `-` is stdin.
    #[arg(value_name = "FILE")]
    file: PathBuf,

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
}

impl DesiredArgs {
    /// What is wrong with a keepalived.conf goes to stderr.
    fn read(&self) -> Result<Goal> {
        let Desired { mut contents, outcome } = desired(&self.file, self.config_id.clone())?;
        let may_be_empty = outcome.is_none() && !self.prune;
        if let Some(outcome) = outcome {
            diagnostics::print(&outcome);
            model::valid(outcome, &self.file)?;
        }
        // Whatever is no table, such as the answer of a server to a failed download, reads as a
        // configuration without services.
        if contents.is_empty() && !may_be_empty {
            return Err(Error::new("use", self.file.display().to_string(), "it has no service")
                .remedy("to remove everything: ha ipvs flush")
                .exit(Exit::Invalid));
        }
        let only = self.only(&contents)?;
        if let Some(only) = &only {
            contents.retain(|id| only.contains(id));
        }
        let others = if self.prune { Others::Delete } else { Others::Keep };
        Ok(Goal { contents, others, only })
    }

    /// One that is not in the file can only go.
    fn only(&self, contents: &Contents) -> Result<Option<BTreeSet<ServiceId>>> {
        if self.only.is_empty() {
            return Ok(None);
        }
        let missing = self.only.iter().find(|id| contents.get(id).is_none());
        if let Some(id) = missing.filter(|_| !self.prune) {
            let file = self.file.display().to_string();
            return Err(Error::new("use", file, format!("it does not have the service {id}"))
                .remedy("name one that it has, or add --prune to remove that one")
                .exit(Exit::Invalid));
        }
        Ok(Some(self.only.iter().copied().collect()))
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
        Job::Flush => Ipvs::connect()?.flush().map(|()| Exit::Success),
        Job::Zero => Ipvs::connect()?.zero().map(|()| Exit::Success),
        Job::Timeouts(args) => daemon::timeouts(args, printer),
        Job::Sync(args) => daemon::sync(args, printer),
    }
}
