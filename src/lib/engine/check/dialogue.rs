//! How a probe talks to a peer, without input and output: bytes in, bytes out, a finding.
//!
//! A runner in `io` holds the connection and the clock. It does what [`Dialogue::step`] says, tells
//! what came, and gives up when its time is over; [`Dialogue::awaits`] then says in vain for what.

use super::details::Details;
use super::outcome::Grade;

/// What the runner has to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Send these bytes, then ask again.
    Send(Vec<u8>),
    /// Wait for bytes or for the peer's end, tell them, then ask again.
    Receive,
    /// Go on within TLS, tell when it stands, then ask again.
    Secure,
    /// The dialogue is over.
    Done(Finding),
}

/// What a dialogue came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it says about the peer.
    pub grade: Grade,
    /// In words.
    pub reason: String,
    /// What was seen on the way.
    pub details: Box<Details>,
}

impl Finding {
    /// The peer does what it should.
    pub fn good(reason: impl Into<String>) -> Self {
        Self { grade: Grade::Good, reason: reason.into(), details: Box::default() }
    }

    /// It does not.
    pub fn bad(reason: impl Into<String>) -> Self {
        Self { grade: Grade::Bad, ..Self::good(reason) }
    }
}

/// A conversation over a connection that stands. Over datagrams, each call of
/// [`Dialogue::handle_bytes`] is one of them.
pub trait Dialogue {
    /// What to do next. After [`Step::Done`] it is not asked again.
    fn step(&mut self) -> Step;

    /// Bytes came from the peer.
    fn handle_bytes(&mut self, bytes: &[u8]);

    /// The peer sends no more.
    fn handle_end(&mut self);

    /// Whether it says itself when to go on within TLS ([`Step::Secure`]), where there is TLS. Else
    /// TLS comes first.
    fn asks_for_tls(&self) -> bool {
        false
    }

    /// TLS stands: the handshake that [`Step::Secure`] asked for has come to its end, and the
    /// session is as it should be.
    fn handle_secure(&mut self) {}

    /// What is waited for, for whoever has waited too long.
    fn awaits(&self) -> &'static str;

    /// What it means that the time is over. Nothing: a failure.
    fn late(&self) -> Option<Finding> {
        None
    }
}

/// The beginning of what a peer sent, to be shown to an operator: printable and short.
#[must_use]
pub fn quoted(bytes: &[u8]) -> String {
    const LONGEST: usize = 60;
    let shown = bytes.iter().take(LONGEST).flat_map(|byte| byte.escape_ascii()).map(char::from);
    let more = if bytes.len() > LONGEST { "…" } else { "" };
    format!("`{}{more}`", shown.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_peer_sent_is_shown_printable_and_short() {
        assert_eq!(quoted(b"220 ok"), "`220 ok`");
        assert_eq!(quoted(b"\x1b[2J\n"), r"`\x1b[2J\n`");
        assert!(quoted(&[b'a'; 5000]).len() < 70);
    }
}
