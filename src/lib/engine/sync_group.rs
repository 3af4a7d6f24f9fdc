//! Routers that change state together.
//!
//! Decides from the members' states what the group is and what it makes of its members. It
//! refuses to know how a member got where it is.

use super::vrrp::State;

/// What a group needs to know of one member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its state.
    pub state: State,
    /// It is master, or its master-down timer expired and nothing was heard since.
    pub wants_master: bool,
}

/// What a group does with its members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing to do.
    Keep,
    /// All members want to be master: those that are not become it.
    Promote,
    /// One member is master no more: the others go to backup with it.
    Yield,
}

/// What to do, given all living members. Faults are shared before this is asked.
#[must_use]
pub fn verdict(members: &[Member]) -> Verdict {
    let masters = members.iter().filter(|member| member.state == State::Master).count();
    if masters == members.len() {
        Verdict::Keep
    } else if members.iter().all(|member| member.wants_master) {
        Verdict::Promote
    } else if masters > 0 {
        Verdict::Yield
    } else {
        Verdict::Keep
    }
}

/// The state of the group as a whole; stopped when it has no living member. While some members
/// are master and others about to be, it is what it was `before`.
#[must_use]
pub fn state(members: &[Member], before: State) -> State {
    let any = |state| members.iter().any(|member| member.state == state);
    if members.is_empty() {
        State::Stopped
    } else if any(State::Fault) {
        State::Fault
    } else if any(State::Init) {
        State::Init
    } else if members.iter().all(|member| member.state == State::Master) {
        State::Master
    } else if any(State::Master) {
        before
    } else {
        State::Backup
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MASTER: Member = Member { state: State::Master, wants_master: true };
    const BACKUP: Member = Member { state: State::Backup, wants_master: false };
    const WILLING: Member = Member { state: State::Backup, wants_master: true };
    const FAULT: Member = Member { state: State::Fault, wants_master: false };
    const INIT: Member = Member { state: State::Init, wants_master: false };

    #[test]
    fn a_group_becomes_master_only_when_every_member_wants_it() {
        assert_eq!(verdict(&[WILLING, BACKUP]), Verdict::Keep);
        assert_eq!(verdict(&[WILLING, INIT]), Verdict::Keep);
        assert_eq!(verdict(&[WILLING, WILLING]), Verdict::Promote);
        assert_eq!(verdict(&[WILLING, MASTER]), Verdict::Promote);
        assert_eq!(verdict(&[MASTER, MASTER]), Verdict::Keep);
    }

    #[test]
    fn one_member_that_is_not_master_takes_all_along() {
        assert_eq!(verdict(&[MASTER, BACKUP]), Verdict::Yield);
        assert_eq!(verdict(&[MASTER, FAULT]), Verdict::Yield);
        assert_eq!(verdict(&[BACKUP, BACKUP]), Verdict::Keep);
        assert_eq!(verdict(&[]), Verdict::Keep);
    }

    #[test]
    fn a_group_is_what_its_worst_member_is() {
        let rows: [(&[Member], State); 6] = [
            (&[], State::Stopped),
            (&[MASTER, MASTER], State::Master),
            (&[MASTER, WILLING], State::Backup),
            (&[BACKUP, BACKUP], State::Backup),
            (&[INIT, BACKUP], State::Init),
            (&[INIT, FAULT], State::Fault),
        ];
        for (members, expected) in rows {
            assert_eq!(state(members, State::Backup), expected, "{members:?}");
        }
    }
}
