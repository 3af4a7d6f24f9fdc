//! What the dialogues with databases have in common: something to say, what came and was not
//! understood yet, an end, and a bound on everything that a server sends.
//!
//! Whoever sits on the way may speak for the server until TLS stands. What a server says on top of
//! what makes a dialogue ask for TLS is therefore no word of it, but the end of the conversation.

use super::super::dialogue::{Finding, Step};

const EARLY: &str = "it speaks before TLS stands";

/// How far it is with TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tls {
    Absent,
    Wanted,
    Stands,
}

/// The state of a conversation.
#[derive(Debug)]
pub(super) struct Speech {
    say: Option<Vec<u8>>,
    tls: Tls,
    finding: Option<Finding>,
    came: Vec<u8>,
    left: usize,
}

impl Speech {
    /// A conversation in which a server may send `most` bytes.
    pub(super) const fn new(most: usize) -> Self {
        Self { say: None, tls: Tls::Absent, finding: None, came: Vec::new(), left: most }
    }

    /// What to do next: what is to be said goes first, and after the end no TLS is wanted.
    pub(super) fn step(&mut self) -> Step {
        if let Some(bytes) = self.say.take() {
            return Step::Send(bytes);
        }
        match &self.finding {
            Some(finding) => Step::Done(finding.clone()),
            None if self.tls == Tls::Wanted => Step::Secure,
            None => Step::Receive,
        }
    }

    /// Say this next; after the end there is nothing more to say. A server that gets two answers
    /// out of us has answered what it was not asked yet.
    pub(super) fn say(&mut self, bytes: Vec<u8>) {
        if self.say.is_some() {
            self.fail("it answers before it is asked");
        }
        if !self.is_over() {
            self.say = Some(bytes);
        }
    }

    /// Go on within TLS, once what is to be said is said.
    pub(super) fn secure(&mut self) {
        self.tls = Tls::Wanted;
        if !self.came.is_empty() {
            self.fail(EARLY);
        }
    }

    /// TLS stands.
    pub(super) const fn handle_secure(&mut self) {
        self.tls = Tls::Stands;
    }

    /// Whether TLS stands, so that nobody on the way listens or speaks.
    pub(super) const fn is_secure(&self) -> bool {
        matches!(self.tls, Tls::Stands)
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
            _ if self.tls == Tls::Wanted && !bytes.is_empty() => self.fail(EARLY),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(speech: &mut Speech) -> String {
        match speech.step() {
            Step::Done(finding) => finding.reason,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn tls_stands_once_the_handshake_is_done_and_not_when_it_is_wanted() {
        let mut speech = Speech::new(100);
        speech.secure();
        speech.say(b"tls".to_vec());
        assert_eq!(speech.step(), Step::Send(b"tls".to_vec()));
        assert_eq!((speech.step(), speech.is_secure()), (Step::Secure, false));
        speech.handle_secure();
        assert_eq!((speech.step(), speech.is_secure()), (Step::Receive, true));
        speech.hear(b"answer");
        assert_eq!(speech.came(), b"answer");
    }

    #[test]
    fn what_comes_before_tls_stands_is_the_end() {
        let mut left = Speech::new(100);
        left.hear(b"more");
        left.secure();
        left.say(b"tls".to_vec());
        assert_eq!(reason(&mut left), EARLY, "and not even TLS is asked for");
        let mut late = Speech::new(100);
        late.secure();
        late.hear(b"");
        assert_eq!(late.step(), Step::Secure);
        late.hear(b"more");
        assert_eq!((reason(&mut late), late.came()), (EARLY.to_owned(), &b""[..]));
    }

    #[test]
    fn nothing_takes_the_place_of_what_is_to_be_said() {
        let mut speech = Speech::new(100);
        speech.say(b"one".to_vec());
        speech.say(b"two".to_vec());
        speech.say(b"three".to_vec());
        assert_eq!(speech.step(), Step::Send(b"one".to_vec()));
        assert_eq!(reason(&mut speech), "it answers before it is asked");
    }
}
