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
            && daemon
                .longest_message
                .is_none_or(|wanted| accepted(wanted, one) == one.longest_message)
            && daemon.port.is_none_or(|wanted| wanted == one.port)
            && daemon.ttl.is_none_or(|wanted| wanted == one.ttl)
            && (daemon.group.is_none() || daemon.group == one.group)
    };
    let ending = running.iter().filter(|one| !is_right(one)).map(|one| SyncStep::Stop(one.role));
    let begins = wanted.filter(|_| !running.iter().any(is_right)).map(SyncStep::Start);
    ending.chain(begins).collect()
}

/// What the kernel makes of a length that was asked for: a backup takes messages of 1024 bytes at
/// least, and with its headers a message fits into a packet.
fn accepted(wanted: u16, daemon: &SyncState) -> u16 {
    let least = if daemon.role == Role::Backup { 1024 } else { 1 };
    let headers = if daemon.group.is_some_and(|group| group.is_ipv6()) { 48 } else { 28 };
    wanted.clamp(least, u16::MAX - headers)
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

    #[test]
    fn a_daemon_whose_messages_are_as_long_as_the_kernel_lets_them_be_stays() {
        let rows = [
            (Role::Backup, None, 500, 1024, true),
            (Role::Master, None, 500, 500, true),
            (Role::Master, None, 500, 1024, false),
            (Role::Backup, Some("ff02::51"), 65_507, 65_487, true),
            (Role::Master, Some("224.0.0.81"), 65_507, 65_507, true),
        ];
        for (role, group, wanted, has, is_right) in rows {
            let group = group.map(|group| group.parse().unwrap());
            let daemon = SyncDaemon {
                interface: "eth0".into(),
                instance: None,
                sync_id: 51,
                longest_message: Some(wanted),
                port: None,
                ttl: None,
                group,
            };
            let running = SyncState {
                role,
                interface: "eth0".into(),
                sync_id: 51,
                longest_message: has,
                group,
                port: 8848,
                ttl: 1,
            };
            let steps = sync_steps(Some(role), &daemon, &[running]);
            assert_eq!(steps.is_empty(), is_right, "{role:?} {wanted} {has}");
        }
    }
}
