//! Waking a little early: a processor that sleeps needs 50 to 150 µs from the timer's interrupt to
//! the first instruction here, which is several times the rest of the way to the wire.
//!
//! The timer is therefore set [`LEAD`] ahead of a deadline, and what is left of it is waited out
//! awake. Before a takeover the keeper of addresses is woken once, [`ROUSE`] ahead: time enough to
//! sit down on this thread's processor and to sleep again before the wait. Decides how early is worth
//! its price; refuses to know what is due.

use std::time::Duration;

use crate::time::Instant;

/// How much ahead of a deadline this thread stays awake for it.
const LEAD: Duration = Duration::from_micros(150);
/// How much ahead of a takeover the keeper is roused.
const ROUSE: Duration = Duration::from_millis(1);
/// From one deadline that is waited for awake to the next, at least: never more than 1.5 % of a
/// core is waited away, however many virtual routers there are.
const REST: Duration = Duration::from_millis(10);

/// What to do on waking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing is near.
    Nothing,
    /// Rouse the keeper, and sleep again.
    Rouse,
    /// Stay awake until the deadline.
    Await,
}

/// Remembers what it has been woken for.
#[derive(Debug, Default)]
pub(super) struct Lead {
    /// The last deadline that was waited for awake.
    awaited: Option<Instant>,
    /// The last takeover that the keeper was roused for.
    roused: Option<Instant>,
}

impl Lead {
    /// When to wake for what is due at `due`, perhaps a takeover.
    pub fn wake_at(&self, due: Instant, takeover: bool) -> Instant {
        if takeover && self.roused != Some(due) {
            due - ROUSE
        } else if self.awaited.is_some_and(|last| due < last + REST) {
            due
        } else {
            due - LEAD
        }
    }

    /// What to do at `now`, when [`Lead::wake_at`] has passed. It is taken as done.
    pub fn step(&mut self, now: Instant, due: Instant, takeover: bool) -> Step {
        if now >= due || now < self.wake_at(due, takeover) {
            return Step::Nothing;
        }
        if takeover && self.roused != Some(due) && now < due - LEAD {
            self.roused = Some(due);
            return Step::Rouse;
        }
        self.awaited = Some(due);
        Step::Await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NANO: Duration = Duration::from_nanos(1);
    const DUE: Instant = Instant::from_nanos(1_000_000_000);

    #[test]
    fn it_wakes_early_but_never_twice_within_the_rest() {
        let mut lead = Lead::default();
        assert_eq!(lead.wake_at(DUE, false), DUE - LEAD);
        assert_eq!(lead.step(DUE - LEAD, DUE, false), Step::Await);
        let soon = DUE + REST - NANO;
        assert_eq!(lead.wake_at(soon, false), soon, "the rest is not over");
        assert_eq!(lead.wake_at(DUE + REST, false), DUE + REST - LEAD);
    }

    #[test]
    fn only_the_last_stretch_is_waited_awake() {
        let step = |now| Lead::default().step(now, DUE, false);
        assert_eq!(step(DUE), Step::Nothing, "it is due");
        assert_eq!(step(DUE - NANO), Step::Await);
        assert_eq!(step(DUE - LEAD - NANO), Step::Nothing, "woken for something else");
    }

    #[test]
    fn the_keeper_is_roused_once_before_a_takeover() {
        let mut lead = Lead::default();
        assert_eq!(lead.wake_at(DUE, true), DUE - ROUSE);
        assert_eq!(lead.step(DUE - ROUSE, DUE, true), Step::Rouse);
        assert_eq!(lead.wake_at(DUE, true), DUE - LEAD);
        assert_eq!(lead.step(DUE - LEAD, DUE, true), Step::Await);
    }

    #[test]
    fn who_wakes_too_late_to_rouse_waits_at_once() {
        assert_eq!(Lead::default().step(DUE - LEAD, DUE, true), Step::Await);
    }
}
