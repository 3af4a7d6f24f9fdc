//! What a configuration has checked, as plans: what is only probed, and what is executed. Two
//! processes carry them out, so that who talks to the network holds no privileges.

use super::Model;
use crate::engine::check::CheckPlan;
use crate::engine::pool::{probes, scripts};

impl Model {
    /// The probes of real servers, and the files that act on them.
    #[must_use]
    pub fn probes(&self) -> CheckPlan {
        let files = self.trackers.files.iter();
        probes(&self.balancer, files.map(|file| (file.name.as_str(), file.file.as_str())))
    }

    /// Everything that is executed: tracked scripts, and those that check real servers.
    #[must_use]
    pub fn executions(&self) -> CheckPlan {
        let (scripts, checks) = (self.scripts.clone(), scripts(&self.balancer));
        CheckPlan { scripts, checks, ..CheckPlan::default() }
    }

    /// All of it, for one process.
    #[must_use]
    pub fn checks(&self) -> CheckPlan {
        let CheckPlan { scripts, checks, .. } = self.executions();
        let mut all = self.probes();
        all.scripts = scripts;
        all.checks.extend(checks);
        all
    }
}
