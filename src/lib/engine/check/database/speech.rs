//! What the dialogues with databases have in common: something to say, what came and was not
//! understood yet, an end, and a bound on everything that a server sends.

use super::super::dialogue::{Finding, Step};

/// The state of a conversation.
#[derive(Debug)]
pub(super) struct Speech {
    say: Option<Vec<u8>>,
    secure: bool,
    finding: Option<Finding>,
    came: Vec<u8>,
    left: usize,
}

impl Speech {
    /// A conversation in which a server may send `most` bytes.
    pub(super) const fn new(most: usize) -> Self {
        Self { say: None, secure: false, finding: None, came: Vec::new(), left: most }
    }

    /// What to do next: what is to be said goes first, and the end comes last.
    pub(super) fn step(&mut self) -> Step {
        if let Some(bytes) = self.say.take() {
            return Step::Send(bytes);
        }
        if std::mem::take(&mut self.secure) {
            return Step::Secure;
        }
        self.finding.clone().map_or(Step::Receive, Step::Done)
    }

    /// Say this next.
    pub(super) fn say(&mut self, bytes: Vec<u8>) {
        self.say = Some(bytes);
    }

    /// Go on within TLS, once what is to be said is said.
    pub(super) const fn secure(&mut self) {
        self.secure = true;
    }

    /// It came to this, unless it came to something before.
    pub(super) fn end(&mut self, finding: Finding) {
        self.finding.get_or_insert(finding);
    }

    /// Something is wrong.
    pub(super) fn fail(&mut self, why: impl Into<String>) {
        self.end(Finding::bad(why));
    }

    /// Whether it came to something.
    pub(super) const fn is_over(&self) -> bool {
        self.finding.is_some()
    }

    /// Keep what came. An end to what a server may send is an end to the conversation.
    pub(super) fn hear(&mut self, bytes: &[u8]) {
        match self.left.checked_sub(bytes.len()) {
            _ if self.is_over() => {}
            None => self.fail("its answers have no end"),
            Some(left) => {
                self.left = left;
                self.came.extend_from_slice(bytes);
            }
        }
    }

    /// What came and was not taken yet.
    pub(super) fn came(&self) -> &[u8] {
        &self.came
    }

    /// Take the first `count` bytes, once that many are there.
    pub(super) fn take(&mut self, count: usize) -> Option<Vec<u8>> {
        let rest = (count <= self.came.len()).then(|| self.came.split_off(count))?;
        Some(std::mem::replace(&mut self.came, rest))
    }
}
