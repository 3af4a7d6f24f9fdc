//! The programs that read pipes: one for each pipe, ended with it. Who does not end in time is
//! killed, so that a reload leaves nobody behind.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use super::pipes::Place;
use crate::engine::check::CommandLine;
use crate::io::process::{Output, Processes};
use crate::time::Instant;

/// From SIGTERM to SIGKILL, as for hooks.
const PATIENCE: Duration = Duration::from_secs(2);

/// A number for each reader that ever was: the one that leaves is not mistaken for its successor.
type Number = u64;

pub(super) struct Readers {
    processes: Processes<Number>,
    current: BTreeMap<Place, Number>,
    /// Who was told to end, and is killed when.
    leaving: BTreeMap<Number, Instant>,
    next: Number,
}

impl Readers {
    pub(super) fn new() -> io::Result<Self> {
        let (current, leaving) = (BTreeMap::new(), BTreeMap::new());
        Ok(Self { processes: Processes::new()?, current, leaving, next: 0 })
    }

    /// The pipe has this reader from now on. Why it has none is told.
    pub(super) fn start(&mut self, place: Place, command: &CommandLine) {
        let number = self.next;
        self.next += 1;
        match self.processes.start(number, command, Output::Discard) {
            Ok(()) => drop(self.current.insert(place, number)),
            Err(ending) => {
                tracing::warn!(reader = %command.argv.join(" "), %ending, "it reads no pipe");
            }
        }
    }

    /// The pipe is gone: its reader has to end.
    pub(super) fn end(&mut self, now: Instant, place: Place) {
        if let Some(number) = self.current.remove(&place) {
            self.processes.terminate(number);
            self.leaving.insert(number, now + PATIENCE);
        }
    }

    /// Everybody has to end.
    pub(super) fn end_all(&mut self) {
        self.processes.terminate_all();
    }

    /// When somebody is to be killed next.
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.leaving.values().min().copied()
    }

    /// Who has ended, and who should have.
    pub(super) fn turn(&mut self, now: Instant) {
        for (number, ending) in self.processes.reap() {
            if self.leaving.remove(&number).is_none() {
                self.current.retain(|_, current| *current != number);
                tracing::warn!(%ending, "the reader of a pipe has ended");
            }
        }
        let overdue = self.leaving.iter().filter(|(_, limit)| **limit <= now);
        for number in overdue.map(|(number, _)| *number).collect::<Vec<_>>() {
            self.processes.kill(number);
            self.leaving.insert(number, now + PATIENCE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(line: &str) -> CommandLine {
        let argv = ["/bin/sh", "-c", line].map(str::to_owned).to_vec();
        CommandLine { argv, identity: None }
    }

    #[tokio::test]
    async fn a_reader_that_does_not_end_is_killed_and_its_successor_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let deaf = folder.path().join("deaf");
        let mut readers = Readers::new().unwrap();
        let started = Instant::from_nanos(1);
        let line =
            format!("trap '' TERM; : >{}; while :; do read -r _ </dev/zero; done", deaf.display());
        readers.start(Place::All, &shell(&line));
        while !deaf.exists() {
            tokio::task::yield_now().await;
        }
        readers.end(started, Place::All);
        readers.start(Place::All, &shell("read -r _ <>/dev/ptmx"));
        assert_eq!(readers.poll_timeout(), Some(started + PATIENCE));
        readers.turn(started + PATIENCE);
        while !readers.leaving.is_empty() {
            readers.processes.changed().await;
            readers.turn(started + PATIENCE);
        }
        assert_eq!(readers.current.get(&Place::All), Some(&1));
        readers.processes.kill_all();
    }
}
