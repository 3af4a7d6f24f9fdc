//! The kernel's load balancer over generic netlink: read its table, change it.
//!
//! Everything takes `CAP_NET_ADMIN`, reading too. A request can wait in the kernel while modules
//! are loaded, so none of this belongs beside the adverts.

mod attribute;
mod connections;
mod message;
mod socket;

use std::io;
use std::process::{Command as Process, Stdio};

use socket::PATIENCE;

use crate::engine::ipvs::{Change, ObservedService, Role, SyncDaemon, SyncState, Timeouts};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::io::netlink::Dumped;
pub use connections::connections;
use message::Command;
pub use message::{read_daemon, read_destination, read_service};

/// Attempts at reading everything while others keep changing it.
const DUMPS: usize = 50;
/// The module that has it.
const MODULE: &str = "ip_vs";

/// A connection to the table of this network namespace.
pub struct Ipvs(socket::Family);

/// A change that the kernel refused.
#[derive(Debug)]
pub struct Refusal {
    /// Which of those it was asked for.
    pub change: usize,
    /// Why.
    pub error: Error,
}

impl Ipvs {
    /// Connect; the kernel's module is loaded where it is not.
    ///
    /// # Errors
    /// When the kernel does not have it, or may not be asked.
    pub fn connect() -> Result<Self> {
        let open = || socket::Family::open(message::FAMILY, message::VERSION);
        let opened = match open() {
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                load_module();
                open()
            }
            other => other,
        };
        opened.map(Self).map_err(|e| {
            if e.kind() == io::ErrorKind::NotFound {
                return Error::new("use", "IPVS", "this kernel does not have it")
                    .remedy("load it: modprobe ip_vs")
                    .exit(Exit::Unavailable);
            }
            failed("use", "IPVS".to_owned(), e)
        })
    }

    /// Every service with its destinations, in ipvsadm's order.
    ///
    /// # Errors
    /// When the kernel does not answer, or it never holds still.
    pub fn read(&mut self) -> Result<Vec<ObservedService>> {
        const WHAT: &str = "read";
        let table = || "the table of IPVS".to_owned();
        for _ in 0..DUMPS {
            match self.read_once() {
                Ok(Some(services)) => return Ok(services),
                Ok(None) => {}
                Err(e) => return Err(failed(WHAT, table(), e)),
            }
        }
        Err(Error::new(WHAT, table(), "it changed during each attempt"))
    }

    /// One attempt; none when something changed on the way, for then entries may be missing.
    fn read_once(&mut self) -> io::Result<Option<Vec<ObservedService>>> {
        let (mut services, mut unknown) = (Vec::new(), 0_usize);
        let dumped =
            self.0.dump(
                Command::GetService as u8,
                &[],
                |attributes| match message::read_service(attributes) {
                    Some((settings, statistics)) => services.push(ObservedService {
                        settings,
                        statistics,
                        destinations: Vec::new(),
                    }),
                    None => unknown += 1,
                },
            )?;
        if dumped == Dumped::Torn {
            return Ok(None);
        }
        services.sort_unstable_by_key(|service| service.settings.id);
        // The kernel goes on by number: what is added meanwhile makes it repeat an entry.
        services.dedup_by_key(|service| service.settings.id);
        let mut question = Vec::new();
        for service in &mut services {
            question.clear();
            message::identity(&mut question, &service.settings.id);
            let family = service.settings.id.family();
            let all = &mut service.destinations;
            let dumped = self.0.dump(Command::GetDestination as u8, &question, |attributes| {
                match message::read_destination(attributes, family) {
                    Some(one) => all.push(one),
                    None => unknown += 1,
                }
            })?;
            if dumped == Dumped::Torn {
                return Ok(None);
            }
            all.sort_unstable_by_key(|one| one.destination.endpoint());
            all.dedup_by_key(|one| one.destination.endpoint());
        }
        if unknown > 0 {
            // Leaving them out would be a lie, and lose them where this is applied.
            let cause = format!("{unknown} entries are of a kind that is not known here");
            return Err(io::Error::other(cause));
        }
        Ok(Some(services))
    }

    /// Make the changes in order. What is refused does not keep the others from being made.
    ///
    /// # Errors
    /// When the kernel does not answer; then it is not known what was done.
    pub fn carry_out(&mut self, changes: &[Change]) -> Result<Vec<Refusal>> {
        let write = |at: usize, out: &mut Vec<u8>| {
            changes.get(at).map_or(0, |change| message::change(out, change) as u8)
        };
        let refused = self
            .0
            .carry_out_all(changes.len(), write)
            .map_err(|e| failed("change", "the table of IPVS".to_owned(), e))?;
        let named = |(at, error): (usize, io::Error)| {
            let change = changes.get(at)?;
            Some(Refusal { change: at, error: refusal(change, error) })
        };
        Ok(refused.into_iter().filter_map(named).collect())
    }

    /// Remove everything.
    ///
    /// # Errors
    /// What the kernel refused.
    pub fn flush(&mut self) -> Result<()> {
        self.0
            .carry_out(Command::Flush as u8, &[])
            .map_err(|e| failed("empty", "the table of IPVS".to_owned(), e))
    }

    /// Begin the counters of all services at zero.
    ///
    /// # Errors
    /// What the kernel refused.
    pub fn zero(&mut self) -> Result<()> {
        self.0
            .carry_out(Command::Zero as u8, &[])
            .map_err(|e| failed("zero", "the counters of all services".to_owned(), e))
    }

    /// How long idle connections are remembered.
    ///
    /// # Errors
    /// When the kernel does not answer.
    pub fn timeouts(&mut self) -> Result<Timeouts> {
        let mut timeouts = Timeouts::default();
        self.0
            .question(Command::GetConfig as u8, |attributes| {
                timeouts = message::read_timeouts(attributes);
            })
            .map_err(|e| failed("read", "the timeouts of IPVS".to_owned(), e))?;
        Ok(timeouts)
    }

    /// Set those that are given.
    ///
    /// # Errors
    /// What the kernel refused.
    pub fn set_timeouts(&mut self, timeouts: &Timeouts) -> Result<()> {
        let mut attributes = Vec::new();
        message::timeouts(&mut attributes, timeouts);
        self.0
            .carry_out(Command::SetConfig as u8, &attributes)
            .map_err(|e| failed("set", "the timeouts of IPVS".to_owned(), e))
    }

    /// The synchronisation daemons that run, at most one of each role.
    ///
    /// # Errors
    /// When the kernel does not answer.
    pub fn sync_daemons(&mut self) -> Result<Vec<SyncState>> {
        let mut daemons = Vec::new();
        self.0
            .dump(Command::GetDaemon as u8, &[], |attributes| {
                daemons.extend(message::read_daemon(attributes));
            })
            .map_err(|e| failed("read", "the sync daemons of IPVS".to_owned(), e))?;
        Ok(daemons)
    }

    /// Start one.
    ///
    /// # Errors
    /// What the kernel refused.
    pub fn start_sync(&mut self, role: Role, daemon: &SyncDaemon) -> Result<()> {
        let mut attributes = Vec::new();
        message::daemon(&mut attributes, role, daemon);
        self.0.carry_out(Command::NewDaemon as u8, &attributes).map_err(|e| {
            let code = e.raw_os_error();
            let error = failed("start", format!("the sync daemon on {}", daemon.interface), e);
            match code {
                Some(libc::EEXIST) => error.remedy("one of this role runs: stop it first"),
                Some(libc::EINVAL) => error.remedy(
                    "the group has to be a multicast address, and no destination of another \
                     family than its service's",
                ),
                _ => error,
            }
        })
    }

    /// Stop one.
    ///
    /// # Errors
    /// What the kernel refused.
    pub fn stop_sync(&mut self, role: Role) -> Result<()> {
        let mut attributes = Vec::new();
        message::no_daemon(&mut attributes, role);
        self.0.carry_out(Command::DeleteDaemon as u8, &attributes).map_err(|e| {
            match e.raw_os_error() {
                Some(libc::ESRCH) => {
                    Error::new("stop", "the sync daemon", "none of this role runs")
                }
                _ => failed("stop", "the sync daemon".to_owned(), e),
            }
        })
    }
}

/// Where it cannot be loaded, that shows in what is tried next.
fn load_module() {
    let mut modprobe = Process::new("modprobe");
    modprobe.args(["-q", MODULE]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    drop(modprobe.status());
}

/// Why a change was refused, with what the kernel's number means for it.
fn refusal(change: &Change, cause: io::Error) -> Error {
    let code = cause.raw_os_error();
    let operation = match change {
        Change::AddService(_) | Change::AddDestination(..) => "add",
        Change::EditService { .. } | Change::EditDestination { .. } => "edit",
        Change::DeleteService(_) | Change::DeleteDestination(..) => "delete",
    };
    let target = change.destination().map_or_else(
        || change.service().to_string(),
        |endpoint| format!("destination {endpoint} of {}", change.service()),
    );
    let scheduler = match change {
        Change::AddService(to) | Change::EditService { to, .. } => Some(&to.scheduler),
        _ => None,
    };
    let explained = match (code, scheduler) {
        (Some(libc::ENOENT), Some(name)) => {
            Some(format!("the kernel has no scheduler {name} or no such persistence engine"))
        }
        (Some(libc::ENOENT), None) => Some("there is no such destination".to_owned()),
        (Some(libc::ESRCH), _) => Some("there is no such service".to_owned()),
        (Some(libc::EEXIST), _) => Some("it is there already".to_owned()),
        (Some(libc::EAFNOSUPPORT), _) => Some("the kernel has no IPv6".to_owned()),
        _ => None,
    };
    match explained {
        Some(why) => Error::new(operation, target, why),
        None => failed(operation, target, cause),
    }
}

fn failed(operation: &'static str, target: String, cause: io::Error) -> Error {
    if cause.kind() == io::ErrorKind::TimedOut {
        let text = format!("no answer within {} s", PATIENCE.as_secs());
        return Error::new(operation, target, text).exit(Exit::TimedOut);
    }
    let code = cause.raw_os_error();
    let error = Error::new(operation, target, cause);
    match code {
        Some(libc::EPERM) => {
            error.remedy("run as root or with CAP_NET_ADMIN").exit(Exit::Unavailable)
        }
        _ => error,
    }
}
