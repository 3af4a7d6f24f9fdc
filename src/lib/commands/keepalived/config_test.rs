//! `-t`: check the configuration, with keepalived's exit statuses.
//!
//! Its statuses are coarse: 5 for nearly everything, also for what keepalived does not run with.
//! They are given as they are, for the scripts that look at them; what is wrong is told in full.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::net::IpAddr;
use std::path::Path;

use nix::net::if_::if_nametoindex;

use super::super::composition::absolute;
use super::daemon;
use super::options::Options;
use crate::config::{self, Code, Diagnostic, Model, Outcome, SourceMap};
use crate::drivers::config_loader::SystemLoader;
use crate::engine::vrrp::TrackerId;
use crate::error::{Error, Result};
use crate::io::netns::named;
use crate::output::{diagnostics, log};

/// What a test can end with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
enum Verdict {
    Good = 0,
    /// A keyword has no value where it must have one.
    ValueMissing = 2,
    /// There is no configuration.
    NoConfiguration = 4,
    /// Something is wrong; the daemon may run with it or not.
    Wrong = 5,
    /// Scripts run as root and nothing protects them; or a file to be included is not there.
    Unsafe = 6,
}

/// Check the configuration and say what is wrong with it, on stderr or at the end of `file`.
/// Returns the exit status.
///
/// # Errors
/// When the namespace or `file` cannot be used.
pub fn run(options: &Options, file: Option<&Path>) -> Result<u8> {
    if let Some(name) = &options.namespace {
        named::join(name)?;
    }
    let path = absolute(&options.file)?;
    let outcome = config::load(&path, &daemon::reading(options), &SystemLoader);
    let missing = outcome.model.as_ref().map(missing_interfaces).unwrap_or_default();
    let mut text = diagnostics::text(&outcome, file.is_none() && diagnostics::wants_colour());
    for name in &missing {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "warning: there is no interface {name} on this host");
    }
    if let Some(file) = file {
        log::open(file)?
            .write_all(text.as_bytes())
            .map_err(|e| Error::new("write what is wrong to", file.display().to_string(), e))?;
    } else {
        log::say(text.as_bytes());
    }
    Ok(verdict(&outcome, !missing.is_empty()) as u8)
}

/// Interfaces that the configuration names and this host does not have.
fn missing_interfaces(model: &Model) -> BTreeSet<String> {
    if model.globals.dynamic_interfaces {
        return BTreeSet::new();
    }
    let mut names = BTreeSet::new();
    for router in &model.vrrp.routers {
        names.insert(router.interface.clone());
        let all = router.addresses.iter().chain(&router.excluded);
        names.extend(all.map(|address| router.carrier(address).to_owned()));
        names.extend(router.tracked.iter().filter_map(|tracked| match &tracked.tracker {
            TrackerId::Interface(name) => Some(name.clone()),
            TrackerId::Script(_) => None,
        }));
    }
    names.retain(|name| if_nametoindex(name.as_str()).is_err());
    names
}

fn verdict(outcome: &Outcome, interface_missing: bool) -> Verdict {
    let found = |code: Code| outcome.diagnostics.iter().filter(move |d| d.code == code);
    if found(Code::Unreadable).any(|diagnostic| diagnostic.span.is_none()) {
        return Verdict::NoConfiguration;
    }
    if found(Code::ArgumentMissing).next().is_some() {
        return Verdict::ValueMissing;
    }
    if found(Code::Unreadable).next().is_some() {
        return Verdict::Unsafe;
    }
    let wrong = outcome.diagnostics.iter().any(|d| counts(d, &outcome.sources));
    if wrong || interface_missing {
        return Verdict::Wrong;
    }
    match &outcome.model {
        None => Verdict::Wrong,
        Some(model) if !model.globals.script_security && runs_scripts(model) => Verdict::Unsafe,
        Some(_) => Verdict::Good,
    }
}

/// Whether keepalived counts it as an error.
fn counts(diagnostic: &Diagnostic, sources: &SourceMap) -> bool {
    match diagnostic.code {
        Code::UnknownKeyword
        | Code::InvalidValue
        | Code::Adjusted
        | Code::SurplusBrace
        | Code::Deprecated
        | Code::DuplicateName
        | Code::Repeated
        | Code::UnknownReference
        | Code::OtherFamily
        | Code::Conflict
        | Code::Strict
        | Code::UnknownUser
        | Code::UndefinedName
        | Code::LongLine
        | Code::GroupTooSmall
        | Code::MissingArgument
        | Code::AddressMissing => true,
        // It looks at what is tracked, not at what is to be told.
        Code::ScriptUnusable => {
            ["script", "vrrp_script"].contains(&first_word(diagnostic, sources).as_str())
        }
        // Nor does an address that is there already trouble it.
        Code::DuplicateEntry => {
            let word = first_word(diagnostic, sources);
            word.split('/').next().is_none_or(|address| address.parse::<IpAddr>().is_err())
        }
        code => code.severity() == config::Severity::Error,
    }
}

/// The first word of the line that a finding is about.
fn first_word(diagnostic: &Diagnostic, sources: &SourceMap) -> String {
    let line = diagnostic.span.and_then(|span| sources.excerpt(span));
    let words = line.map(|(_, _, text)| text).unwrap_or_default();
    words.split_whitespace().next().unwrap_or_default().to_owned()
}

fn runs_scripts(model: &Model) -> bool {
    let mut hooks = model.notify.instances.values().chain(model.notify.groups.values());
    !model.scripts.is_empty() || hooks.any(|hooks| !hooks.is_empty())
}
