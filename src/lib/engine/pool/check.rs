//! What comes in of checks, and what a pool remembers of each.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{BfdCheck, DestinationConfig, FileCheck};
use crate::engine::check::{CheckConfig, CheckId, CheckName, Health, Known, ServerProbe};
use crate::engine::ipvs::Endpoint;

impl From<Known> for CheckReport {
    fn from(known: Known) -> Self {
        let Known { name, id, to, reason, weight, value } = known;
        let (to, status, service, server) = (Some(to), None, None, None);
        Self { name, id, to, status, service, server, weight, value, reason }
    }
}

impl CheckReport {
    /// Which check it is about.
    pub(super) fn key(&self) -> CheckKey {
        CheckKey { name: self.name.clone(), id: self.id }
    }

    /// Take in what a later one says of the same check: what it says nothing of stays.
    pub(super) fn followed_by(&mut self, later: &Self) {
        if [later.to, later.status].into_iter().flatten().any(|one| one.as_up().is_some()) {
            (self.to, self.status) = (later.to, later.status);
            self.reason.clone_from(&later.reason);
        }
        self.weight = later.weight.or(self.weight);
        self.value = later.value.or(self.value);
    }

    /// Whether both speak of the same service and server.
    pub(super) fn has_scope_of(&self, other: &Self) -> bool {
        (&self.service, self.server) == (&other.service, other.server)
    }
}

/// What an event says of a check: the data of `check.transition` and `check.result`.
///
/// A transition is a verdict. A result is a single one, and counts as the configuration of the
/// check says: so many failures are forgiven.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct CheckReport {
    /// What the check is called.
    #[serde(flatten)]
    pub name: CheckName,
    /// Only this one of those that are called so.
    #[serde(default)]
    pub id: Option<CheckId>,
    /// The verdict from now on.
    #[serde(default)]
    pub to: Option<Health>,
    /// One result.
    #[serde(default)]
    pub status: Option<Health>,
    /// Only checks of this pool.
    #[serde(default)]
    pub service: Option<Box<str>>,
    /// Only checks of this destination.
    #[serde(default)]
    pub server: Option<ServerName>,
    /// The destination's weight from now on (`misc_dynamic`).
    #[serde(default)]
    pub weight: Option<u32>,
    /// The number in a tracked file.
    #[serde(default)]
    pub value: Option<i64>,
    /// In words.
    #[serde(default)]
    pub reason: Box<str>,
}

/// A real server by its address, with or without its port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ServerName {
    /// Its address.
    pub address: IpAddr,
    /// Its port; every one when absent.
    pub port: Option<u16>,
}

impl ServerName {
    /// Whether it names the server at this address and port.
    #[must_use]
    pub fn is(&self, at: Endpoint) -> bool {
        self.address == at.address && self.port.is_none_or(|port| port == at.port)
    }
}

impl FromStr for ServerName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
        if let Ok(address) = bare.parse() {
            return Ok(Self { address, port: None });
        }
        let at: SocketAddr = text.parse().map_err(|_| {
            format!("`{text}` is no server: ADDRESS or ADDRESS:PORT, IPv6 with a port in brackets")
        })?;
        Ok(Self { address: at.ip(), port: Some(at.port()) })
    }
}

impl From<Endpoint> for ServerName {
    fn from(at: Endpoint) -> Self {
        Self { address: at.address, port: Some(at.port) }
    }
}

impl TryFrom<String> for ServerName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<ServerName> for String {
    fn from(name: ServerName) -> Self {
        name.to_string()
    }
}

impl fmt::Display for ServerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            Some(port) => SocketAddr::new(self.address, port).fmt(f),
            None => self.address.fmt(f),
        }
    }
}

/// Which check: its name, and what tells it apart from others of that name. A file and a session
/// are known by their names alone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct CheckKey {
    pub(super) name: CheckName,
    pub(super) id: Option<CheckId>,
}

impl CheckKey {
    fn of(kind: &str, name: &str) -> Self {
        Self { name: CheckName::new(kind, name), id: None }
    }
}

/// One check of a destination: what is known of it.
#[derive(Clone, Debug)]
pub(super) struct Checker {
    pub(super) key: CheckKey,
    subject: Subject,
    pub(super) alpha: bool,
    /// Failures in a row that are forgiven.
    retry: u32,
    pub(super) is_up: bool,
    /// A result has come.
    pub(super) has_run: bool,
    /// What it found last.
    pub(super) reason: Box<str>,
    /// In a row, while it is up.
    failures: u32,
    /// Of a file.
    value: i64,
    /// What was told while it counted for nothing.
    held: Option<Box<CheckReport>>,
    /// It begins: no check before a reload was the same.
    pub(super) is_fresh: bool,
}

/// What is asked. Two checkers with the same subject are the same one before and after a reload.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Subject {
    Probe(ServerProbe),
    File { weight: i32, reverse: bool },
    Session,
}

/// A weight at or below this takes the destination down.
const LEAST_WEIGHT: i64 = -2_147_483_647;

impl Checker {
    /// Every check of `destination`; those that start down wait for their first success.
    pub(super) fn all(destination: &DestinationConfig) -> Vec<Self> {
        let probes = destination.checks.iter().map(Self::probe);
        let files = destination.files.iter().map(Self::file);
        let sessions = destination.sessions.iter().map(Self::session);
        probes.chain(files).chain(sessions).collect()
    }

    fn new(key: CheckKey, subject: Subject, alpha: bool, retry: u32) -> Self {
        let (is_up, has_run, failures, value) = (!alpha, false, 0, 0);
        let (reason, held, is_fresh) = (Box::default(), None, true);
        Self { key, subject, alpha, retry, is_up, has_run, reason, failures, value, held, is_fresh }
    }

    fn probe(check: &CheckConfig) -> Self {
        let subject = Subject::Probe(check.probe.clone());
        let key = CheckKey { name: CheckName::of(&check.probe), id: Some(CheckId::of(check)) };
        Self::new(key, subject, check.timing.alpha, check.timing.retry)
    }

    fn file(check: &FileCheck) -> Self {
        let subject = Subject::File { weight: check.weight, reverse: check.reverse };
        Self::new(CheckKey::of("file", &check.file), subject, false, 0)
    }

    fn session(check: &BfdCheck) -> Self {
        Self::new(CheckKey::of("bfd", &check.session), Subject::Session, check.alpha, 0)
    }

    /// Whether `old` was the same check before a reload.
    pub(super) fn continues(&self, old: &Self) -> bool {
        self.key.name == old.key.name && self.subject == old.subject
    }

    /// Know what `old` knew.
    pub(super) fn take_over(&mut self, old: &Self) {
        (self.is_up, self.has_run) = (old.is_up, old.has_run);
        self.reason.clone_from(&old.reason);
        (self.failures, self.value) = (old.failures, old.value);
        self.held.clone_from(&old.held);
        self.is_fresh = false;
    }

    /// Keep what `report` says until it counts.
    pub(super) fn hold(&mut self, report: &CheckReport) {
        match &mut self.held {
            Some(held) => held.followed_by(report),
            None => self.held = Some(Box::new(report.clone())),
        }
    }

    /// What was kept.
    pub(super) fn release(&mut self) -> Option<Box<CheckReport>> {
        self.held.take()
    }

    /// How it stands, as a check would tell it.
    pub(super) fn report(&self) -> CheckReport {
        CheckReport {
            name: self.key.name.clone(),
            id: self.key.id,
            to: Some(if self.is_up { Health::Up } else { Health::Down }),
            status: None,
            service: None,
            server: None,
            weight: None,
            value: matches!(self.subject, Subject::File { .. }).then_some(self.value),
            reason: "as before the reload".into(),
        }
    }

    /// What `report` says, counted.
    pub(super) fn hear(&mut self, report: &CheckReport) {
        self.reason.clone_from(&report.reason);
        if let (Subject::File { .. }, Some(value)) = (&self.subject, report.value) {
            self.value = value;
            self.has_run = true;
            self.is_up = !self.file_is_down();
            return;
        }
        let verdict = match (report.to, report.status) {
            (Some(verdict), _) => verdict.as_up(),
            (None, Some(result)) => self.count(result),
            (None, None) => None,
        };
        if let Some(is_up) = verdict {
            (self.is_up, self.has_run, self.failures) = (is_up, true, 0);
        }
    }

    /// The verdict that follows from one result; none while a failure is forgiven, or when nothing
    /// could be found out. The first failure of all is not forgiven.
    fn count(&mut self, result: Health) -> Option<bool> {
        if result == Health::Down && self.is_up && self.has_run && self.failures < self.retry {
            self.failures = self.failures.saturating_add(1);
            return None;
        }
        result.as_up()
    }

    /// A file with a weight takes its destination down only when the product is out of bounds; one
    /// without when it holds anything but 0, or the other way round.
    fn file_is_down(&self) -> bool {
        match self.subject {
            Subject::File { weight: 0, reverse } => (self.value != 0) != reverse,
            Subject::File { .. } => self.adds() <= LEAST_WEIGHT,
            _ => false,
        }
    }

    /// Whether it may set the weight of its destination.
    pub(super) const fn sets_weight(&self) -> bool {
        matches!(self.subject, Subject::Probe(_))
    }

    /// What it adds to the weight of its destination.
    pub(super) fn adds(&self) -> i64 {
        let Subject::File { weight, reverse } = self.subject else { return 0 };
        let sign = if reverse { -1 } else { 1 };
        self.value.saturating_mul(i64::from(weight)).saturating_mul(sign)
    }
}
