//! Joins the table of the kernel with a desired one, wherever that is written down.

use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::config_loader::{Held, options};
use crate::config::{Outcome, load};
use crate::engine::ipvs::{Change, Contents, Others, contents_of, plan, save};
use crate::engine::pool::{self, BalancerConfig};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::io::input;
use crate::io::ipvs::{Ipvs, Refusal};

/// A desired table, and what was found on reading it.
#[derive(Debug)]
pub struct Desired {
    /// The table.
    pub contents: Contents,
    /// Of a `keepalived.conf`: everything that is wrong with it.
    pub outcome: Option<Outcome>,
}

/// What became of a table.
#[derive(Debug)]
pub struct Applied {
    /// What had to change.
    pub changes: Vec<Change>,
    /// What the kernel refused of it.
    pub refused: Vec<Refusal>,
    /// What it took without a word and did not do; an old kernel passes over what it does not
    /// know.
    pub ignored: Vec<Change>,
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
    let text = input::text(path).map_err(|e| Error::new("read", &name, e))?;
    let invalid = |cause: String| {
        Error::new("use", &name, cause).remedy("nothing was changed").exit(Exit::Invalid)
    };
    let contents = match kind(&text) {
        Kind::Json => json(&text).map_err(invalid)?,
        Kind::Save => save::read(&text).map_err(|mistake| invalid(mistake.to_string()))?,
        Kind::Configuration => {
            let outcome = load(path, &options(config_id), &Held { path, text: &text });
            let balancer = outcome.model.as_ref().map(|model| pool::contents(&model.balancer));
            return Ok(Desired { contents: balancer.unwrap_or_default(), outcome: Some(outcome) });
        }
    };
    Ok(Desired { contents, outcome: None })
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

fn json(text: &str) -> std::result::Result<Contents, String> {
    let value: Value = serde_json::from_str(text).map_err(|e| e.to_string())?;
    if value.get("services").is_some() {
        return serde_json::from_str(text).map_err(|e| e.to_string());
    }
    let Some(balancer) = value.get("balancer") else {
        return Err("it has neither `services` (ha ipvs export --json) nor `balancer` \
                    (ha config show --json)"
            .to_owned());
    };
    let balancer = BalancerConfig::deserialize(balancer).map_err(|e| format!("balancer: {e}"))?;
    Ok(pool::contents(&balancer))
}

/// What would have to change.
///
/// # Errors
/// When the kernel cannot be asked.
pub fn differences(ipvs: &mut Ipvs, desired: &Contents, others: Others) -> Result<Vec<Change>> {
    Ok(plan(desired, &contents_of(&ipvs.read()?), others))
}

/// Make the table as desired, and see that it is.
///
/// # Errors
/// When the kernel cannot be asked.
pub fn apply(ipvs: &mut Ipvs, desired: &Contents, others: Others) -> Result<Applied> {
    let changes = differences(ipvs, desired, others)?;
    let refused = ipvs.carry_out(&changes)?;
    let left = if changes.is_empty() { Vec::new() } else { differences(ipvs, desired, others)? };
    let told = |change: &Change| {
        refused.iter().any(|refusal| {
            changes.get(refusal.change).is_some_and(|refused| is_about(refused, change))
        })
    };
    let ignored = left.into_iter().filter(|change| !told(change)).collect();
    Ok(Applied { changes, refused, ignored })
}

/// Whether the refusal of `refused` explains that `left` is still to be done: a service that was
/// refused explains its destinations too.
fn is_about(refused: &Change, left: &Change) -> bool {
    refused.service() == left.service()
        && (refused.destination().is_none() || refused.destination() == left.destination())
}
