//! Joins the table of the kernel with a desired one, wherever that is written down.

mod drain;
mod follow;
mod keeper;
mod sync;
mod watch;

use std::collections::BTreeSet;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

pub use drain::{Undrained, Wish, drain, undrain, wait};
pub use follow::{Options, follow};
pub use watch::{Watch, watch};

use super::config_loader::{Held, options};
use crate::config::{Outcome, load};
use crate::engine::ipvs::{
    Change, Contents, Entry, Others, ServiceId, contents_of, plan, refusal, save,
};
use crate::engine::pool::{self, BalancerConfig};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::io::input;
use crate::io::ipvs::Ipvs;

/// Where it is written what a table is to be.
#[derive(Clone, Debug)]
pub enum Source {
    /// A configuration, whose checks decide who serves.
    Pools(Box<BalancerConfig>),
    /// The table itself.
    Table(Contents),
}

impl Source {
    /// The table, with every real server up.
    ///
    /// # Errors
    /// What of a configuration the kernel cannot have.
    pub fn contents(&self) -> std::result::Result<Contents, String> {
        match self {
            Self::Table(contents) => Ok(contents.clone()),
            Self::Pools(balancer) => {
                let contents = pool::contents(balancer)?;
                contents.iter().try_for_each(Entry::check)?;
                Ok(contents)
            }
        }
    }

    /// The table, if it may become the kernel's; `name` is where it came from.
    ///
    /// # Errors
    /// What the kernel cannot have; no service at all; or none of those that are looked at.
    pub fn checked(
        &self,
        name: &str,
        others: Others,
        only: Option<&BTreeSet<ServiceId>>,
    ) -> Result<Contents> {
        let invalid = |why: String, remedy: &'static str| {
            Error::new("use", name, why).remedy(remedy).exit(Exit::Invalid)
        };
        let contents = self.contents().map_err(|why| invalid(why, "nothing was changed"))?;
        // Whatever is no table, such as the answer of a server to a failed download, reads as a
        // configuration without services.
        let prune = others == Others::Delete;
        if contents.is_empty() && (prune || matches!(self, Self::Pools(_))) {
            let why = "it has no service".to_owned();
            return Err(invalid(why, "to remove everything: ha ipvs flush"));
        }
        // One that is not there can only go.
        let missing = only.into_iter().flatten().find(|id| contents.get(id).is_none());
        if let Some(id) = missing.filter(|_| !prune) {
            let remedy = "name one that it has, or add --prune to remove that one";
            return Err(invalid(format!("it does not have the service {id}"), remedy));
        }
        Ok(contents)
    }
}

/// A desired table, and what was found on reading it.
#[derive(Debug)]
pub struct Desired {
    /// What is desired.
    pub source: Source,
    /// Of a `keepalived.conf`: everything that is wrong with it.
    pub outcome: Option<Outcome>,
}

/// What the table is to be, and how much of it is ours to decide.
#[derive(Clone, Debug)]
pub struct Goal {
    /// The services that are to be there.
    pub contents: Contents,
    /// What happens to the others.
    pub others: Others,
    /// Only these services are looked at, in either table; all when absent.
    pub only: Option<BTreeSet<ServiceId>>,
}

impl Goal {
    /// What has to change in the table `actual`.
    #[must_use]
    pub fn plan(&self, mut actual: Contents) -> Vec<Change> {
        if let Some(only) = &self.only {
            actual.retain(|id| only.contains(id));
        }
        plan(&self.contents, &actual, self.others)
    }
}

/// What became of a table.
#[derive(Debug, Default)]
pub struct Applied {
    /// What was changed.
    pub done: Vec<Change>,
    /// What the kernel refused, and why; what follows from a refusal is not told again.
    pub refused: Vec<Error>,
    /// Destinations that were to go and stay, because the kernel refused something that was to
    /// come to their service before.
    pub kept: Vec<Change>,
    /// What is not so afterwards, although nothing was refused: an old kernel passes over what it
    /// does not know, and somebody else may change the table too.
    pub left: Vec<Change>,
}

impl Applied {
    /// What is not as desired, and why; `line` says what a change is.
    #[must_use]
    pub fn problems(&self, line: impl Fn(&Change) -> String) -> Vec<String> {
        let kept = self.kept.iter().map(|change| {
            format!("not done, for what was to come to its service was refused: {}", line(change))
        });
        let left = self.left.iter();
        let left = left.map(|change| format!("it is not so, or no longer so: {}", line(change)));
        self.refused.iter().map(ToString::to_string).chain(kept).chain(left).collect()
    }
}

/// Read a desired table from `path` (`-`: standard input). What it is shows in its beginning: JSON
/// (`ha ipvs show|export --json`, `ha config show --json`), what `ipvsadm -S -n` wrote, or a
/// `keepalived.conf`.
///
/// # Errors
/// When it cannot be read, or is none of those. An invalid `keepalived.conf` has an outcome
/// instead, and an empty table.
pub fn desired(path: &Path, config_id: Option<String>) -> Result<Desired> {
    let name = path.display().to_string();
    let text = input::text(path).map_err(|e| {
        Error::new("read", &name, e).remedy("name a file, or - for stdin").exit(Exit::Invalid)
    })?;
    let invalid = |cause: String| {
        Error::new("use", &name, cause).remedy("nothing was changed").exit(Exit::Invalid)
    };
    let source = match kind(&text) {
        Kind::Json => json(&text).map_err(invalid)?,
        Kind::Save => {
            Source::Table(save::read(&text).map_err(|mistake| invalid(mistake.to_string()))?)
        }
        Kind::Configuration => {
            let outcome = load(path, &options(config_id), &Held { path, text: &text });
            let source = match &outcome.model {
                None => Source::Table(Contents::default()),
                Some(model) => Source::Pools(Box::new(model.balancer.clone())),
            };
            return Ok(Desired { source, outcome: Some(outcome) });
        }
    };
    Ok(Desired { source, outcome: None })
}

enum Kind {
    Json,
    Save,
    Configuration,
}

fn kind(text: &str) -> Kind {
    let mut lines = text.lines().map(str::trim_start);
    let first = lines.find(|line| !line.is_empty() && !line.starts_with(['#', '!']));
    let first = first.unwrap_or_default();
    if first.starts_with('{') {
        Kind::Json
    } else if first.starts_with('-') || first.split_whitespace().next() == Some("ipvsadm") {
        Kind::Save
    } else {
        Kind::Configuration
    }
}

fn json(text: &str) -> std::result::Result<Source, String> {
    let value: Value = serde_json::from_str(text).map_err(|e| e.to_string())?;
    if value.get("services").is_some() {
        return serde_json::from_str(text).map(Source::Table).map_err(|e| e.to_string());
    }
    let Some(balancer) = value.get("balancer") else {
        return Err("it has neither `services` (ha ipvs export --json) nor `balancer` \
                    (ha config show --json)"
            .to_owned());
    };
    let balancer = BalancerConfig::deserialize(balancer).map_err(|e| format!("balancer: {e}"))?;
    Ok(Source::Pools(Box::new(balancer)))
}

/// What would have to change.
///
/// # Errors
/// When the kernel cannot be asked.
pub fn differences(ipvs: &mut Ipvs, goal: &Goal) -> Result<Vec<Change>> {
    Ok(goal.plan(contents_of(&ipvs.read()?)))
}

/// Make the table as desired, and see that it is.
///
/// # Errors
/// When the kernel cannot be asked.
pub fn apply(ipvs: &mut Ipvs, goal: &Goal) -> Result<Applied> {
    let changes = differences(ipvs, goal)?;
    make(ipvs, goal, changes)
}

/// Make `changes`, which lead to the goal, and see that they did. What comes is there before
/// anything goes; where something that was to come is refused, who was to go stays.
///
/// # Errors
/// When the kernel cannot be asked.
pub fn make(ipvs: &mut Ipvs, goal: &Goal, changes: Vec<Change>) -> Result<Applied> {
    if changes.is_empty() {
        return Ok(Applied::default());
    }
    let (going, coming): (Vec<_>, Vec<_>) = changes.into_iter().partition(Change::takes_away);
    let (mut done, mut refused) = carry_out(ipvs, coming)?;
    let (kept, going) = refusal::kept_and_gone(going, refused.iter().map(|(change, _)| change));
    let (gone, stuck) = carry_out(ipvs, going)?;
    done.extend(gone);
    refused.extend(stuck);
    let left = differences(ipvs, goal)?;
    let left = refusal::unexplained(left, &kept, refused.iter().map(|(change, _)| change));
    let missing = refusal::missing_services(refused.iter().map(|(change, _)| change));
    refused.retain(|(change, _)| {
        change.destination().is_none() || !missing.contains(&change.service())
    });
    Ok(Applied { done, refused: refused.into_iter().map(|(_, error)| error).collect(), kept, left })
}

/// A change that was refused, and why.
type Refused = (Change, Error);

/// What of `changes` was done, and what was refused.
fn carry_out(ipvs: &mut Ipvs, changes: Vec<Change>) -> Result<(Vec<Change>, Vec<Refused>)> {
    let mut refusals = ipvs.carry_out(&changes)?.into_iter().peekable();
    let (mut done, mut refused) = (Vec::new(), Vec::new());
    for (at, change) in changes.into_iter().enumerate() {
        match refusals.next_if(|refusal| refusal.change == at) {
            Some(refusal) => refused.push((change, refusal.error)),
            None => done.push(change),
        }
    }
    Ok((done, refused))
}

/// Have the kernel make this one change.
///
/// # Errors
/// Why it refused.
pub fn change(ipvs: &mut Ipvs, change: &Change) -> Result<()> {
    match ipvs.carry_out(std::slice::from_ref(change))?.pop() {
        Some(refusal) => Err(refusal.error),
        None => Ok(()),
    }
}
