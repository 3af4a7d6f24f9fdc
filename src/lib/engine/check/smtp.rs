//! Does a mail server greet as it should? Greeting, HELO, QUIT: what keepalived says, and the
//! answers it wants.

use super::dialogue::{Dialogue, Finding, Step, quoted};
use super::lines::Lines;

/// Longest line of an answer, and most of all that is read.
const LONGEST_LINE: usize = 2048;
const LONGEST_ANSWERS: usize = 64 * 1024;

/// The dialogue with a mail server.
#[derive(Debug)]
pub struct SmtpDialogue<'a> {
    helo: &'a str,
    lines: Lines,
    state: State,
    finding: Option<Finding>,
}

/// What was said last, and so what is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Start,
    Greeting,
    SendHelo,
    Helo,
    SendQuit,
    Quit,
}

impl State {
    /// The code that leads on, and where to.
    const fn wanted(self) -> Option<(&'static [u8], Self)> {
        match self {
            Self::Greeting => Some((b"220", Self::SendHelo)),
            Self::Helo => Some((b"250", Self::SendQuit)),
            _ => None,
        }
    }
}

impl<'a> SmtpDialogue<'a> {
    /// A dialogue in which this host calls itself `helo`.
    #[must_use]
    pub const fn new(helo: &'a str) -> Self {
        let lines = Lines::new(LONGEST_LINE, LONGEST_ANSWERS);
        Self { helo, lines, state: State::Start, finding: None }
    }

    fn handle_line(&mut self, line: &[u8]) {
        // An answer of several lines has a hyphen behind the code of each but the last.
        let (code, rest) = line.split_at(line.len().min(3));
        let plain = code.len() == 3 && code.iter().all(u8::is_ascii_digit);
        if !plain || !matches!(rest.first(), None | Some(b' ' | b'-')) {
            self.finding = Some(Finding::bad(format!("not SMTP: {}", quoted(line))));
            return;
        }
        if let Some((wanted, next)) = self.state.wanted() {
            if code != wanted {
                let why = format!("the answer to {} is {}", self.said(), quoted(line));
                self.finding = Some(Finding::bad(why));
            } else if rest.first() != Some(&b'-') {
                self.state = next;
            }
        } else if self.state == State::Quit {
            self.finding = Some(Finding::good("greeting and HELO answered"));
        }
    }

    const fn said(&self) -> &'static str {
        match self.state {
            State::Start | State::Greeting => "the connection",
            State::SendHelo | State::Helo => "HELO",
            State::SendQuit | State::Quit => "QUIT",
        }
    }
}

impl Dialogue for SmtpDialogue<'_> {
    fn step(&mut self) -> Step {
        if let Some(finding) = &self.finding {
            return Step::Done(finding.clone());
        }
        match self.state {
            State::SendHelo => {
                self.state = State::Helo;
                Step::Send(format!("HELO {}\r\n", self.helo).into_bytes())
            }
            State::SendQuit => {
                self.state = State::Quit;
                Step::Send(b"QUIT\r\n".to_vec())
            }
            State::Start => {
                self.state = State::Greeting;
                Step::Receive
            }
            State::Greeting | State::Helo | State::Quit => Step::Receive,
        }
    }

    fn handle_bytes(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while self.finding.is_none() {
            match self.lines.take(&mut rest) {
                Ok(Some(line)) if matches!(self.state, State::SendHelo | State::SendQuit) => {
                    let why = format!("it speaks out of turn: {}", quoted(&line));
                    self.finding = Some(Finding::bad(why));
                }
                Ok(Some(line)) => self.handle_line(&line),
                Ok(None) => return,
                Err(_) => self.finding = Some(Finding::bad("its answers have no end")),
            }
        }
    }

    fn handle_end(&mut self) {
        let said = self.said();
        self.finding.get_or_insert_with(|| match self.state {
            // It has answered what counts, and QUIT asks it to hang up.
            State::Quit | State::SendQuit => Finding::good("greeting and HELO answered"),
            _ => Finding::bad(format!("the connection was closed instead of an answer to {said}")),
        });
    }

    fn awaits(&self) -> &'static str {
        match self.state {
            State::Start | State::Greeting => "the greeting",
            State::SendHelo | State::Helo => "the answer to HELO",
            State::SendQuit | State::Quit => "the answer to QUIT",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::outcome::Grade;
    use super::*;

    /// Speak with a server that gives these answers one by one, cut into pieces of `size`.
    fn put(answers: &[&str], size: usize) -> (Vec<String>, Grade, String) {
        let mut dialogue = SmtpDialogue::new("me");
        let (mut said, mut answers) = (Vec::new(), answers.iter());
        loop {
            match dialogue.step() {
                Step::Send(bytes) => said.push(String::from_utf8(bytes).unwrap()),
                Step::Receive => match answers.next() {
                    Some(answer) => {
                        for part in answer.as_bytes().chunks(size) {
                            dialogue.handle_bytes(part);
                        }
                    }
                    None => dialogue.handle_end(),
                },
                Step::Done(finding) => return (said, finding.grade, finding.reason),
                Step::Secure => unreachable!("it asks for no TLS"),
            }
        }
    }

    #[test]
    fn a_server_that_greets_answers_and_parts_is_good() {
        for size in [1, 5, 100] {
            for last in [&["221 bye\r\n"][..], &["500 what?\r\n"], &[]] {
                let answers = [&["220-hello\r\n220 there\r\n", "250 me\r\n"], last].concat();
                let (said, grade, _) = put(&answers, size);
                assert_eq!((said.concat().as_str(), grade), ("HELO me\r\nQUIT\r\n", Grade::Good));
            }
        }
    }

    #[test]
    fn every_other_answer_is_told() {
        for (answers, why) in [
            (&[][..], "the connection was closed instead of an answer to the connection"),
            (&["554 no\r\n"], "the answer to the connection is `554 no`"),
            (&["SSH-2.0\r\n"], "not SMTP: `SSH-2.0`"),
            (&["220x\r\n"], "not SMTP: `220x`"),
            (&["220 a\r\n"], "the connection was closed instead of an answer to HELO"),
            (&["220 a\r\n", "450 later\r\n"], "the answer to HELO is `450 later`"),
            (&["220 a\r\n250 b\r\n"], "it speaks out of turn: `250 b`"),
        ] {
            let (_, grade, reason) = put(answers, 100);
            assert_eq!((grade, reason.as_str()), (Grade::Bad, why));
        }
        let long = "220-x\r\n".repeat(LONGEST_ANSWERS / 7 + 1);
        assert_eq!(put(&[&long], 4096).2, "its answers have no end");
        assert_eq!(put(&[&"x".repeat(LONGEST_LINE + 1)], 4096).2, "its answers have no end");
    }
}
