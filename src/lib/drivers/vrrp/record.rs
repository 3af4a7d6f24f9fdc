//! What the machine is told, written down on request: told again, it does the same again.

use crate::engine::vrrp::input::{Input, Recorded};
use crate::error::{Error, Result};
use crate::io::recorder::Recorder;
use crate::time::Instant;

/// A recording, or none.
pub(super) struct Record {
    recorder: Option<Recorder>,
    /// Why it ended too early, until that has been told.
    untold: Option<Error>,
    whole: bool,
}

impl Record {
    /// Record with `recorder`.
    pub fn new(recorder: Option<Recorder>) -> Self {
        Self { recorder, untold: None, whole: true }
    }

    /// The machine is about to be told `input`. A recording that cannot go on ends.
    pub fn note(&mut self, now: Instant, input: impl FnOnce() -> Input) {
        if let Some(recorder) = self.recorder.take() {
            match recorder.record(Recorded { now, input: input() }) {
                Ok(recorder) => self.recorder = Some(recorder),
                Err(error) => {
                    self.whole = false;
                    self.untold = Some(error);
                }
            }
        }
    }

    /// Why the recording has ended too early, once.
    pub fn news(&mut self) -> Option<Error> {
        self.untold.take()
    }

    /// Wait until everything is written.
    ///
    /// # Errors
    /// When something is missing in the recording.
    pub fn finish(&mut self) -> Result<()> {
        self.recorder.take().map_or(Ok(()), Recorder::finish)?;
        if self.whole {
            return Ok(());
        }
        Err(Error::new("record", "inputs", "the recording ended before the process did"))
    }
}
