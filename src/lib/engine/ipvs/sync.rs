//! Which synchronisation daemon the kernel is to have, and what it takes to get there.

use super::observed::{Role, SyncState};
use super::table::SyncDaemon;
use crate::engine::vrrp::State;

/// One change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyncStep {
    /// End the daemon of this role.
    Stop(Role),
    /// Begin one of this role.
    Start(Role),
}

impl Role {
    /// What the daemon does while the virtual router that it follows is in `state`. One that has
    /// ended needs none.
    #[must_use]
    pub const fn of(state: State) -> Option<Self> {
        match state {
            State::Master => Some(Self::Master),
            State::Backup | State::Fault | State::Init => Some(Self::Backup),
            State::Stopped => None,
        }
    }
}

/// From the daemons that run to the one that is wanted: one of the other role, or one that is
/// another in what both sides have to agree on, ends first.
#[must_use]
pub fn sync_steps(
    wanted: Option<Role>,
    daemon: &SyncDaemon,
    running: &[SyncState],
) -> Vec<SyncStep> {
    let is_right = |one: &SyncState| {
        Some(one.role) == wanted
            && one.interface == daemon.interface
            && one.sync_id == daemon.sync_id
            && daemon.longest_message.is_none_or(|wanted| wanted == one.longest_message)
            && daemon.port.is_none_or(|wanted| wanted == one.port)
            && daemon.ttl.is_none_or(|wanted| wanted == one.ttl)
            && (daemon.group.is_none() || daemon.group == one.group)
    };
    let ending = running.iter().filter(|one| !is_right(one)).map(|one| SyncStep::Stop(one.role));
    let begins = wanted.filter(|_| !running.iter().any(is_right)).map(SyncStep::Start);
    ending.chain(begins).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_daemon_of_the_other_role_ends_before_one_begins_and_a_right_one_stays() {
        let daemon = SyncDaemon {
            interface: "eth0".into(),
            instance: None,
            sync_id: 51,
            longest_message: None,
            port: None,
            ttl: None,
            group: None,
        };
        let running = |role, sync_id| SyncState {
            role,
            interface: "eth0".into(),
            sync_id,
            longest_message: 1472,
            group: None,
            port: 8848,
            ttl: 1,
        };
        let (master, backup) = (Role::Master, Role::Backup);
        let steps = |wanted, all: &[SyncState]| sync_steps(wanted, &daemon, all);
        assert_eq!(steps(Some(master), &[]), [SyncStep::Start(master)]);
        assert_eq!(steps(Some(master), &[running(master, 51)]), []);
        let expected = [SyncStep::Stop(backup), SyncStep::Start(master)];
        assert_eq!(steps(Some(master), &[running(backup, 51)]), expected);
        let expected = [SyncStep::Stop(master), SyncStep::Start(master)];
        assert_eq!(steps(Some(master), &[running(master, 52)]), expected);
        assert_eq!(
            steps(Role::of(State::Stopped), &[running(backup, 51)]),
            [SyncStep::Stop(backup)]
        );
    }
}
