//! What the machine is told, written down on request: told again, it does the same again.

use crate::engine::vrrp::input::{Input, Recorded};
use crate::io::recorder::Recorder;
use crate::time::Instant;

/// A recording, or none.
pub(super) struct Record(pub Option<Recorder>);

impl Record {
    /// The machine is about to be told `input`. A recording that cannot go on ends, and says so.
    pub fn note(&mut self, now: Instant, input: impl FnOnce() -> Input) {
        if let Some(recorder) = self.0.take() {
            match recorder.record(Recorded { now, input: input() }) {
                Ok(recorder) => self.0 = Some(recorder),
                Err(error) => tracing::error!(%error, "recording ended"),
            }
        }
    }

    /// Wait until everything is written.
    pub fn finish(&mut self) {
        if let Some(Err(error)) = self.0.take().map(Recorder::finish) {
            tracing::error!(%error, "recording ended");
        }
    }
}
