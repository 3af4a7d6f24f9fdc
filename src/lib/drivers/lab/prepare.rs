//! From what was asked for to a plan: which text every host reads and what it means.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::host::{HostPlan, script_programs};
use super::text;
use super::topology::{probed, router_of};
use super::tour::LabPlan;
use crate::config::{FileStatus, LoadError, Loader, Model, Options, Severity, load};
use crate::engine::vrrp::{NodeConfig, RouterConfig};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::event::lab::{Daemon, Fault};

/// Where the configuration comes from.
#[derive(Clone, Debug)]
pub enum Source {
    /// The embedded example with this advertisement interval.
    Example(Duration),
    /// One file for all hosts, or one for each.
    Files(Vec<PathBuf>),
}

/// What was asked for.
#[derive(Clone, Debug)]
pub struct Request {
    /// The configuration.
    pub source: Source,
    /// Hosts, 2..=9.
    pub nodes: u8,
    /// One for all hosts, or one for each.
    pub daemons: Vec<Daemon>,
    /// Empty: all that make sense.
    pub faults: Vec<Fault>,
    /// How often each is tried, at least 1.
    pub rounds: u32,
    /// Which virtual address to probe; the first one when not said.
    pub address: Option<Ipv4Addr>,
}

/// Make a plan of `request`; `loader` answers for this machine's files.
///
/// # Errors
/// When a file is wrong, or the files do not describe one cluster.
pub fn prepare(request: &Request, loader: &dyn Loader) -> Result<LabPlan> {
    let hosts = hosts(request, loader)?;
    let nodes: Vec<NodeConfig> = hosts.iter().map(|host| host.vrrp.clone()).collect();
    let (address, interface) = probed(&nodes, request.address)?;
    let contenders: Vec<&RouterConfig> =
        nodes.iter().filter_map(|node| router_of(node, address)).collect();
    if contenders.len() < 2 {
        let cause = "only one host has this virtual address";
        return Err(Error::new("fail over", address.to_string(), cause)
            .remedy("give every host a configuration with it")
            .exit(Exit::Invalid));
    }
    for (router, other) in contenders.iter().zip(contenders.iter().skip(1)) {
        if !router.peers.is_empty() && router.source == other.source {
            return Err(Error::new("place", &router.name, "unicast hosts need a source each")
                .remedy("give one -f for each host, with its own unicast_src_ip")
                .exit(Exit::Invalid));
        }
    }
    let scripted = hosts.iter().all(|host| !script_programs(&host.scripts).is_empty());
    let faults = faults(&request.faults, scripted)?;
    let skipped = skipped(&request.faults, scripted);
    Ok(LabPlan { hosts, address, interface, faults, skipped, rounds: request.rounds })
}

/// Why scripts cannot be made to fail.
const UNSCRIPTED: &str = "no script with a full path is tracked";

/// What to try.
fn faults(asked: &[Fault], scripted: bool) -> Result<Vec<Fault>> {
    if asked.contains(&Fault::Script) && !scripted {
        return Err(Error::new("try", "fault script", UNSCRIPTED).exit(Exit::Invalid));
    }
    if !asked.is_empty() {
        return Ok(asked.to_vec());
    }
    Ok(Fault::TOUR.into_iter().filter(|fault| scripted || *fault != Fault::Script).collect())
}

/// What a whole tour leaves out.
fn skipped(asked: &[Fault], scripted: bool) -> Vec<(Fault, String)> {
    let left_out = asked.is_empty() && !scripted;
    left_out.then(|| (Fault::Script, UNSCRIPTED.to_owned())).into_iter().collect()
}

fn hosts(request: &Request, loader: &dyn Loader) -> Result<Vec<HostPlan>> {
    let numbers = 0..request.nodes;
    let daemon = |number: u8| pick(&request.daemons, number).copied().unwrap_or(Daemon::Ha);
    match &request.source {
        Source::Example(advert) => {
            let path = text::example_path();
            let script = (text::example_script_path(), text::EXAMPLE_SCRIPT.to_owned(), 0o755);
            let example = text::example(*advert);
            numbers
                .map(|number| {
                    let text = told(&example, number);
                    host(number, &path, Some(text), vec![script.clone()], daemon(number), loader)
                })
                .collect()
        }
        Source::Files(files) => {
            let plain = numbers
                .clone()
                .map(|number| {
                    let file = pick(files, number).cloned().unwrap_or_default();
                    host(number, &file, None, Vec::new(), daemon(number), loader)
                })
                .collect::<Result<Vec<_>>>()?;
            let [file] = files.as_slice() else { return Ok(plain) };
            if ranked(&plain) {
                return Ok(plain);
            }
            let whole = loader.read(file).map_err(|e| unreadable(file, e))?;
            let lowered = numbers
                .map(|number| {
                    let text = (number > 0).then(|| told(&whole, number));
                    host(number, file, text, Vec::new(), daemon(number), loader)
                })
                .collect::<Result<Vec<_>>>()?;
            if ranked(&lowered) {
                return Ok(lowered);
            }
            let cause = "its priority does not stand on a line of its own in this file";
            Err(Error::new("lower the priority of backups in", file.display().to_string(), cause)
                .remedy("give one -f for each host")
                .exit(Exit::Invalid))
        }
    }
}

/// The one for `number`, or the only one for all.
fn pick<T>(all: &[T], number: u8) -> Option<&T> {
    if all.len() == 1 { all.first() } else { all.get(usize::from(number)) }
}

fn told(text: &str, number: u8) -> String {
    if number == 0 { text.to_owned() } else { text::for_backup(text, number) }
}

/// Whether no two hosts have equal priorities for the same router.
fn ranked(hosts: &[HostPlan]) -> bool {
    let Some((first, rest)) = hosts.split_first() else { return true };
    let same = |a: &RouterConfig, b: &RouterConfig| a.name == b.name && a.priority == b.priority;
    let clash = |other: &HostPlan| {
        first.vrrp.routers.iter().any(|a| other.vrrp.routers.iter().any(|b| same(a, b)))
    };
    !rest.iter().any(clash) && ranked(rest)
}

fn unreadable(file: &Path, cause: LoadError) -> Error {
    Error::new("read configuration", file.display().to_string(), cause).exit(Exit::Invalid)
}

fn host(
    number: u8,
    path: &Path,
    text: Option<String>,
    files: Vec<(PathBuf, String, u32)>,
    daemon: Daemon,
    loader: &dyn Loader,
) -> Result<HostPlan> {
    let name = format!("node{}", number + 1);
    let mut own = files.clone();
    own.extend(text.clone().map(|text| (path.to_owned(), text, 0o644)));
    let model = model(path, &name, &Shadow { own: &own, under: loader })?;
    Ok(HostPlan {
        name,
        daemon,
        configuration: path.to_owned(),
        text,
        files,
        vrrp: model.vrrp,
        scripts: model.scripts,
    })
}

fn model(path: &Path, name: &str, loader: &dyn Loader) -> Result<Model> {
    let options =
        Options { config_id: name.to_owned(), host_name: name.to_owned(), ..Options::default() };
    let outcome = load(path, &options, loader);
    let errors: Vec<&str> = outcome
        .diagnostics
        .iter()
        .filter(|finding| finding.severity() == Severity::Error)
        .map(|finding| finding.message.as_str())
        .collect();
    outcome.model.ok_or_else(|| {
        Error::new("use configuration", path.display().to_string(), errors.join("; "))
            .remedy(format!("`ha config check -i {name} {}` shows where", path.display()))
            .exit(Exit::Invalid)
    })
}

/// A host's view of files: its own before this machine's.
struct Shadow<'a> {
    own: &'a [(PathBuf, String, u32)],
    under: &'a dyn Loader,
}

impl Shadow<'_> {
    fn own(&self, path: &Path) -> Option<&(PathBuf, String, u32)> {
        self.own.iter().find(|(own, ..)| own == path)
    }
}

type Loaded<T> = std::result::Result<T, LoadError>;

impl Loader for Shadow<'_> {
    fn read(&self, path: &Path) -> Loaded<String> {
        self.own(path).map_or_else(|| self.under.read(path), |(_, text, _)| Ok(text.clone()))
    }

    fn glob(&self, base: &Path, pattern: &str) -> Loaded<Vec<PathBuf>> {
        self.under.glob(base, pattern)
    }

    fn environment(&self, name: &str) -> Option<String> {
        self.under.environment(name)
    }

    fn user(&self, name: &str) -> Option<(u32, u32)> {
        self.under.user(name)
    }

    fn group(&self, name: &str) -> Option<u32> {
        self.under.group(name)
    }

    fn status(&self, path: &Path) -> Loaded<FileStatus> {
        let Some((_, _, mode)) = self.own(path) else { return self.under.status(path) };
        Ok(FileStatus { regular: true, directory: false, uid: 0, gid: 0, mode: *mode })
    }

    fn canonical(&self, path: &Path) -> Loaded<PathBuf> {
        self.own(path).map_or_else(|| self.under.canonical(path), |(own, ..)| Ok(own.clone()))
    }

    fn identity(&self) -> (u32, u32) {
        // The laboratory is root of its own, whoever started it.
        (0, 0)
    }
}
