//! Pipes that lines are written to, and the programs that read them.

use std::collections::BTreeMap;
use std::path::Path;

use crate::engine::check::CommandLine;
use crate::engine::notify::{FifoConfig, Fifos, Side};
use crate::error::Error;
use crate::io::fifo::Fifo;

/// Which pipe, in the order in which lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    All,
    Vrrp,
    Lvs,
}

impl Place {
    const fn takes(self, side: Side) -> bool {
        matches!((self, side), (Self::All, _) | (Self::Vrrp, Side::Vrrp) | (Self::Lvs, Side::Lvs))
    }
}

/// All that are open.
#[derive(Debug, Default)]
pub(super) struct Pipes {
    open: BTreeMap<Place, (FifoConfig, Fifo)>,
    /// Lines that did not fit into pipes that are gone.
    dropped: u64,
}

impl Pipes {
    /// Have those of `wanted` and no other; one that stays the same notices nothing.
    pub(super) fn take(&mut self, wanted: &Fifos) -> Turnover {
        let places =
            [(Place::All, &wanted.all), (Place::Vrrp, &wanted.vrrp), (Place::Lvs, &wanted.lvs)];
        let mut turnover = Turnover::default();
        for (place, config) in places {
            if self.open.get(&place).map(|(known, _)| known) == config.as_ref() {
                continue;
            }
            if let Some((_, gone)) = self.open.remove(&place) {
                self.dropped += gone.dropped();
                turnover.gone.push(place);
            }
            let Some(config) = config else { continue };
            match Fifo::open(Path::new(&*config.path), config.owner.as_ref()) {
                Ok(fifo) => {
                    turnover.readers.extend(reader(config).map(|command| (place, command)));
                    self.open.insert(place, (config.clone(), fifo));
                }
                Err(error) => turnover.errors.push(error),
            }
        }
        turnover
    }

    /// Write `line` to every pipe that is for its side.
    pub(super) fn write(&mut self, side: Side, line: &str) {
        let open = self.open.iter_mut().filter(|(place, _)| place.takes(side));
        open.for_each(|(_, (_, fifo))| fifo.write(line));
    }

    /// Lines that did not fit.
    pub(super) fn dropped(&self) -> u64 {
        self.open.values().map(|(_, fifo)| fifo.dropped()).fold(self.dropped, u64::saturating_add)
    }
}

/// What another plan changes.
#[derive(Debug, Default)]
pub(super) struct Turnover {
    /// Readers to start.
    pub(super) readers: Vec<(Place, CommandLine)>,
    /// Pipes that are closed; their readers have to end.
    pub(super) gone: Vec<Place>,
    /// What went wrong.
    pub(super) errors: Vec<Error>,
}

/// The reader's command gets the path as its last word.
fn reader(config: &FifoConfig) -> Option<CommandLine> {
    let mut command = config.reader.clone()?;
    command.argv.push(config.path.to_string());
    Some(command)
}
