//! A stream of event lines to stdout that never holds up whoever writes it.
//!
//! A thread of its own writes; between is a bounded queue. When the reader is slow the latest line
//! about each thing stays and older ones are dropped and counted. A reader that went away is no
//! reason to stop: the lines are dropped.

use std::collections::{BTreeSet, VecDeque};
use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::event::Line;
use super::{Printer, text};
use crate::error::{Error, Result};

/// Lines that may wait, at least.
const CAPACITY: usize = 1024;

#[derive(Default)]
struct State {
    /// Things that there are more than usual: the latest line about each must have room.
    extra: usize,
    waiting: VecDeque<Line>,
    dropped: u64,
    writing: bool,
    closed: bool,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where event lines go.
#[derive(Clone)]
pub struct EventStream(Arc<Shared>);

impl EventStream {
    /// Start writing to stdout in the printer's format.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn start(printer: Printer) -> Result<Self> {
        let shared = Arc::new(Shared::default());
        let writer = Arc::clone(&shared);
        std::thread::Builder::new()
            .name("events".to_owned())
            .stack_size(128 << 10)
            .spawn(move || write_all(&writer, printer.is_json()))
            .map_err(|e| Error::new("start thread", "events", e))?;
        Ok(Self(shared))
    }

    /// There are lines about so many things: the latest one about each of them never has to go.
    pub fn make_room_for(&self, things: usize) {
        self.0.lock().extra = things.saturating_mul(2);
    }

    /// Queue a line; never waits.
    pub fn emit(&self, line: Line) {
        let mut state = self.0.lock();
        if state.closed {
            state.dropped += 1;
            return;
        }
        if state.waiting.len() >= CAPACITY.saturating_add(state.extra) {
            make_room(&mut state, &line);
        }
        state.waiting.push_back(line);
        self.0.changed.notify_one();
    }

    /// Lines that were dropped because nobody read them in time.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.0.lock().dropped
    }

    /// Wait until all lines are written, but not longer than `patience`.
    pub fn flush(&self, patience: Duration) {
        let state = self.0.lock();
        let busy = |state: &mut State| state.writing || !state.waiting.is_empty();
        drop(self.0.changed.wait_timeout_while(state, patience, busy));
    }
}

/// What a line can name.
const NAMES: [&str; 7] = ["instance", "group", "kind", "check", "id", "service", "server"];

/// What a line tells the state of: its type and everything that it names.
fn subject(line: &Line) -> (&str, [Option<&str>; NAMES.len()]) {
    (&line.kind, NAMES.map(|key| line.data.get(key).and_then(serde_json::Value::as_str)))
}

/// Drop every line that says the same kind of thing as a later one or as `newest`, all at once, so
/// that it is seldom looked for them; where there are none, the oldest.
fn make_room(state: &mut State, newest: &Line) {
    let before = state.waiting.len();
    let mut later = BTreeSet::from([subject(newest)]);
    let outdated: Vec<bool> =
        state.waiting.iter().rev().map(|line| !later.insert(subject(line))).collect();
    let mut outdated = outdated.into_iter().rev();
    state.waiting.retain(|_| !outdated.next().unwrap_or(false));
    if state.waiting.len() == before {
        state.waiting.pop_front();
    }
    state.dropped += (before - state.waiting.len()) as u64;
}

fn write_all(shared: &Shared, json: bool) {
    loop {
        let line = {
            let mut state = shared.lock();
            loop {
                if let Some(line) = state.waiting.pop_front() {
                    state.writing = true;
                    break line;
                }
                state = shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
        };
        let written = write(&line, json);
        let mut state = shared.lock();
        state.writing = false;
        if written.is_err() {
            state.closed = true;
            state.dropped += state.waiting.len() as u64 + 1;
            state.waiting.clear();
        }
        drop(state);
        shared.changed.notify_all();
    }
}

fn write(line: &Line, json: bool) -> io::Result<()> {
    let text = if json { serde_json::to_string(line)? } else { text::event(line) };
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn line(kind: &str, instance: &str, number: u64) -> Line {
        Line::new(kind, String::new(), None, json!({"instance": instance, "number": number}))
    }

    #[test]
    fn on_overflow_the_latest_line_of_each_instance_stays() {
        let mut state = State::default();
        state.waiting.extend([line("t", "a", 1), line("t", "b", 2), line("t", "a", 3)]);
        make_room(&mut state, &line("t", "c", 4));
        let left: Vec<_> = state.waiting.iter().map(|l| l.data["number"].clone()).collect();
        assert_eq!(left, [2, 3]);
        make_room(&mut state, &line("t", "b", 5));
        assert_eq!(state.waiting.len(), 1);
        assert_eq!(state.dropped, 2);
    }

    #[test]
    fn a_server_in_two_services_and_two_kinds_of_check_are_not_the_same_thing() {
        let server = |service: &str, number: u64| {
            let data = json!({"service": service, "server": "10.0.0.1:80", "number": number});
            Line::new("ipvs.server", String::new(), None, data)
        };
        let check = |kind: &str, number: u64| {
            let data = json!({"kind": kind, "check": "10.0.0.1:80", "number": number});
            Line::new("check.transition", String::new(), None, data)
        };
        let mut state = State::default();
        state.waiting.extend([server("a", 1), server("b", 2), check("tcp", 3), check("dns", 4)]);
        make_room(&mut state, &check("tcp", 5));
        let left: Vec<_> = state.waiting.iter().map(|l| l.data["number"].clone()).collect();
        assert_eq!(left, [1, 2, 4]);
    }
}
