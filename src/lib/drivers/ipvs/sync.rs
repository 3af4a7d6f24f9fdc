//! The kernel's synchronisation daemon, which follows a virtual router.

use serde::Deserialize;
use serde_json::Value;

use crate::engine::ipvs::{Role, SyncDaemon, SyncStep, sync_steps};
use crate::engine::vrrp::State;
use crate::error::Result;
use crate::io::ipvs::Ipvs;

/// Keeps it.
#[derive(Debug, Default)]
pub(super) struct Sync {
    daemon: Option<SyncDaemon>,
    /// What the virtual router entered last; nothing is touched before that is known.
    state: Option<State>,
    /// A configuration before had one, which has to end.
    ends: Option<SyncDaemon>,
    /// One runs because of us.
    runs: bool,
}

#[derive(Deserialize)]
struct Transition {
    instance: Box<str>,
    to: State,
}

impl Sync {
    /// What is configured from now on. Of another virtual router nothing is known yet.
    pub(super) fn take(&mut self, daemon: Option<SyncDaemon>) {
        let leader = |daemon: &Option<SyncDaemon>| daemon.as_ref()?.instance.clone();
        if leader(&self.daemon) != leader(&daemon) {
            self.state = None;
        }
        if daemon.is_none() {
            self.ends = self.daemon.take().filter(|_| self.runs);
        }
        self.daemon = daemon;
    }

    /// The data of a `vrrp.transition`.
    pub(super) fn hear(&mut self, data: &Value) {
        let Ok(Transition { instance, to }) = Transition::deserialize(data) else { return };
        let leader = self.daemon.as_ref().and_then(|daemon| daemon.instance.as_ref());
        if leader == Some(&instance) {
            self.state = Some(to);
        }
    }

    /// Make it so, if it is not.
    pub(super) fn turn(&mut self, ipvs: &mut Ipvs) -> Result<()> {
        if let Some(daemon) = self.ends.take() {
            self.make(ipvs, &daemon, None)?;
        }
        let (Some(daemon), Some(state)) = (self.daemon.clone(), self.state) else { return Ok(()) };
        self.make(ipvs, &daemon, Role::of(state))
    }

    /// The table is given up, and what synchronises it with it.
    pub(super) fn end(&mut self, ipvs: &mut Ipvs) -> Result<()> {
        match self.daemon.take().filter(|_| self.runs) {
            Some(daemon) => self.make(ipvs, &daemon, None),
            None => Ok(()),
        }
    }

    fn make(&mut self, ipvs: &mut Ipvs, daemon: &SyncDaemon, role: Option<Role>) -> Result<()> {
        for step in sync_steps(role, daemon, &ipvs.sync_daemons()?) {
            match step {
                SyncStep::Stop(role) => ipvs.stop_sync(role)?,
                SyncStep::Start(role) => ipvs.start_sync(role, daemon)?,
            }
        }
        self.runs = role.is_some();
        Ok(())
    }
}
