//! Lines that wait to be written to a child: bounded, so that a child that does not read costs
//! neither time nor memory.
//!
//! On overflow the latest state wins: of several lines about the same thing (a tracker, an
//! instance) the oldest goes, and is counted. Lines that are about no state (the plan, a command,
//! a ping) are never dropped once they are in; when only those are left, a new one is refused.

use std::collections::{BTreeSet, VecDeque};

/// Most lines that wait, unless more states are to be told.
pub const CAPACITY: usize = 1024;

#[derive(Debug)]
struct Waiting {
    /// What the line is the state of; none for lines that must arrive.
    about: Option<String>,
    text: String,
}

/// A bounded queue of lines to one child.
#[derive(Debug)]
pub struct Outbox {
    lines: VecDeque<Waiting>,
    capacity: usize,
    dropped: u64,
}

impl Default for Outbox {
    fn default() -> Self {
        Self::new(CAPACITY)
    }
}

impl Outbox {
    /// An empty queue for at most `capacity` lines.
    #[must_use]
    pub const fn new(capacity: usize) -> Self {
        Self { lines: VecDeque::new(), capacity, dropped: 0 }
    }

    /// Queue `text`; `about` names the thing whose state it tells, if any. False when the line
    /// was refused.
    pub fn push(&mut self, about: Option<String>, text: String) -> bool {
        if self.lines.len() >= self.capacity && !self.make_room(about.as_deref()) {
            self.dropped += 1;
            return false;
        }
        self.lines.push_back(Waiting { about, text });
        true
    }

    /// The next line to write.
    pub fn pop(&mut self) -> Option<String> {
        self.lines.pop_front().map(|line| line.text)
    }

    /// Begin anew with `first`, for a new process. Waiting states follow when `keep` says so;
    /// pings and commands were meant for the predecessor.
    pub fn restart(&mut self, first: Vec<String>, keep: bool) {
        self.lines.retain(|line| keep && line.about.is_some());
        for text in first.into_iter().rev() {
            self.lines.push_front(Waiting { about: None, text });
        }
    }

    /// So many lines may wait from now on.
    pub const fn limit(&mut self, lines: usize) {
        self.capacity = lines;
    }

    /// Lines dropped since the beginning.
    #[must_use]
    pub const fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Drop the oldest line that a later one, or the one about `newest`, makes superfluous;
    /// failing that the oldest state at all.
    fn make_room(&mut self, newest: Option<&str>) -> bool {
        let mut later: BTreeSet<&str> = newest.into_iter().collect();
        let mut superfluous = None;
        for (index, line) in self.lines.iter().enumerate().rev() {
            if let Some(about) = line.about.as_deref()
                && !later.insert(about)
            {
                superfluous = Some(index);
            }
        }
        let oldest = || self.lines.iter().position(|line| line.about.is_some());
        let Some(index) = superfluous.or_else(oldest) else { return false };
        self.lines.remove(index);
        self.dropped += 1;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drain(outbox: &mut Outbox) -> Vec<String> {
        std::iter::from_fn(|| outbox.pop()).collect()
    }

    fn filled(lines: &[(&str, &str)]) -> Outbox {
        let mut outbox = Outbox::new(3);
        for (about, text) in lines {
            let about = (!about.is_empty()).then(|| (*about).to_owned());
            outbox.push(about, (*text).to_owned());
        }
        outbox
    }

    #[test]
    fn lines_leave_in_the_order_they_came() {
        let mut outbox = filled(&[("a", "1"), ("", "2"), ("a", "3")]);
        assert_eq!(drain(&mut outbox), ["1", "2", "3"]);
        assert_eq!(outbox.dropped(), 0);
    }

    #[test]
    fn on_overflow_the_latest_state_of_each_thing_stays() {
        let mut outbox = filled(&[("a", "a1"), ("b", "b1"), ("a", "a2"), ("a", "a3"), ("b", "b2")]);
        assert_eq!(drain(&mut outbox), ["a2", "a3", "b2"]);
        assert_eq!(outbox.dropped(), 2);
    }

    #[test]
    fn a_plan_is_not_dropped_for_states() {
        let mut outbox = filled(&[("", "plan"), ("a", "a1"), ("b", "b1"), ("c", "c1")]);
        assert_eq!(drain(&mut outbox), ["plan", "b1", "c1"]);
    }

    #[test]
    fn when_nothing_may_be_dropped_a_new_line_is_refused() {
        let mut outbox = filled(&[("", "1"), ("", "2"), ("", "3")]);
        assert!(!outbox.push(None, "4".into()));
        assert_eq!(drain(&mut outbox), ["1", "2", "3"]);
    }

    #[test]
    fn a_new_process_gets_its_first_lines_before_states_that_waited() {
        let mut outbox = filled(&[("", "ping"), ("a", "a1")]);
        outbox.restart(vec!["plan".into(), "track".into()], true);
        assert_eq!(drain(&mut outbox), ["plan", "track", "a1"]);
        let mut outbox = filled(&[("a", "a1")]);
        outbox.restart(vec!["plan".into()], false);
        assert_eq!(drain(&mut outbox), ["plan"]);
    }
}
