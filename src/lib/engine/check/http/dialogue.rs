//! One request and the judgement on its answer: status, digest, patterns, in this order, as
//! keepalived does. The body is read to its end, so that one that breaks off is noticed.

use std::fmt;
use std::sync::Arc;

use super::super::details::{Details, HttpDetails};
use super::super::dialogue::{Dialogue, Finding, Step};
use super::super::hex::Bytes;
use super::body::{Body, Framing};
use super::head::{Head, Reader};
use super::request::Request;

/// Looks into a body. Patterns are compiled outside of this layer.
pub trait Search: Send + Sync {
    /// Nothing when the body is as it should be.
    ///
    /// # Errors
    /// What is wrong with it, for the operator.
    fn judge(&self, body: &[u8]) -> Result<(), String>;
}

/// Which answers are good.
#[derive(Clone)]
pub struct Expectation {
    /// Good status codes, both ends included.
    pub status: Vec<(u16, u16)>,
    /// MD5 of a good body.
    pub digest: Option<Bytes>,
    /// What a good body has, or has not.
    pub searches: Vec<Arc<dyn Search>>,
    /// Longest body that is read; a longer one is bad.
    pub longest_body: u64,
}

impl fmt::Debug for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Expectation")
            .field("status", &self.status)
            .field("digest", &self.digest)
            .field("searches", &self.searches.len())
            .field("longest_body", &self.longest_body)
            .finish()
    }
}

/// One request and its answer.
pub struct HttpDialogue<'a> {
    request: &'a Request,
    expected: &'a Expectation,
    /// Redirects are for the caller: their status is not judged.
    follow: bool,
    state: State,
    seen: HttpDetails,
}

enum State {
    Start,
    Head(Reader),
    Body(Box<Body>),
    Done(Finding),
}

impl<'a> HttpDialogue<'a> {
    /// A dialogue that has not begun. `follow`: an answer that sends the client elsewhere ends it
    /// without a judgement; see [`HttpDialogue::redirect`].
    #[must_use]
    pub fn new(request: &'a Request, expected: &'a Expectation, follow: bool) -> Self {
        Self { request, expected, follow, state: State::Start, seen: HttpDetails::default() }
    }

    /// Where the answer sends the client, if that is to be followed.
    #[must_use]
    pub fn redirect(&self) -> Option<&str> {
        self.seen.location.as_deref().filter(|_| self.follow)
    }

    /// The head came in a way of its own, and the body goes to the end of what comes.
    pub(super) fn begin(&mut self, status: u16, location: Option<String>) {
        self.head(Head::of(status, location), &[]);
    }

    /// What it came to, if it came to something.
    pub(super) fn found(&self) -> Option<Finding> {
        if let State::Done(finding) = &self.state { Some(finding.clone()) } else { None }
    }

    fn head(&mut self, head: Head, rest: &[u8]) {
        self.seen.status = head.status;
        let framing = head.framing(&self.request.method);
        let redirect = head.is_redirect();
        self.seen.location = head.location.filter(|_| redirect);
        if redirect && self.follow {
            return self.end(Finding::good(format!("status {}", head.status)));
        }
        let good =
            self.expected.status.iter().any(|(low, high)| (*low..=*high).contains(&head.status));
        if !good {
            let wanted = ranges(&self.expected.status);
            return self.end(Finding::bad(format!("status {}, not {wanted}", head.status)));
        }
        if let Framing::Length(length) = framing
            && length > self.expected.longest_body
        {
            let most = self.expected.longest_body;
            let why = format!("a body of {length} bytes is announced, at most {most} are read");
            return self.end(Finding::bad(why));
        }
        let keep = !self.expected.searches.is_empty();
        self.state = State::Body(Box::new(Body::new(framing, keep)));
        self.body(rest);
    }

    fn body(&mut self, bytes: &[u8]) {
        let State::Body(body) = &mut self.state else { return };
        let read = body.handle_bytes(bytes);
        self.seen.body_bytes = body.length();
        let most = self.expected.longest_body;
        if let Err(why) = read {
            self.end(Finding::bad(why));
        } else if body.raw_length() > most {
            self.end(Finding::bad(format!("the body is longer than {most} bytes")));
        } else if body.is_whole() {
            self.judge();
        }
    }

    /// The body is whole.
    fn judge(&mut self) {
        let State::Body(body) = &self.state else { return };
        let (raw, together) = body.digests();
        self.seen.md5 = Some(hexadecimal(&raw));
        self.seen.md5_of_chunks = together.as_ref().map(|md5| hexadecimal(md5));
        let wrong = self.expected.digest.as_ref().filter(|wanted| {
            let wanted = wanted.as_slice();
            wanted != raw && together.is_none_or(|md5| wanted != md5)
        });
        let finding = if let Some(wanted) = wrong {
            let (seen, wanted) = (hexadecimal(&raw), hexadecimal(wanted.as_slice()));
            Finding::bad(format!("MD5 of the body is {seen}, not {wanted}"))
        } else {
            let wrong = self.expected.searches.iter().find_map(|s| s.judge(body.bytes()).err());
            wrong
                .map_or_else(|| Finding::good(format!("status {}", self.seen.status)), Finding::bad)
        };
        self.end(finding);
    }

    fn end(&mut self, finding: Finding) {
        let details = Box::new(Details { http: Some(self.seen.clone()), ..Details::default() });
        self.state = State::Done(Finding { details, ..finding });
    }
}

impl Dialogue for HttpDialogue<'_> {
    fn step(&mut self) -> Step {
        match &self.state {
            State::Start => {
                self.state = State::Head(Reader::default());
                Step::Send(self.request.emit())
            }
            State::Head(_) | State::Body(_) => Step::Receive,
            State::Done(finding) => Step::Done(finding.clone()),
        }
    }

    fn handle_bytes(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        match &mut self.state {
            State::Head(reader) => match reader.take(&mut rest) {
                Ok(None) => {}
                Ok(Some(head)) => self.head(head, rest),
                Err(why) => self.state = State::Done(Finding::bad(why)),
            },
            State::Body(_) => self.body(bytes),
            State::Start | State::Done(_) => {}
        }
    }

    fn handle_end(&mut self) {
        match &self.state {
            State::Start | State::Done(_) => {}
            State::Head(reader) => self.state = State::Done(Finding::bad(reader.is_cut())),
            State::Body(body) => match body.is_cut() {
                Some(why) => self.end(Finding::bad(why)),
                None => self.judge(),
            },
        }
    }

    fn awaits(&self) -> &'static str {
        match self.state {
            State::Body(_) => "the end of the body",
            _ => "the head of the answer",
        }
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(value.into(), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// `200-299 301`, as it is written in a configuration.
fn ranges(status: &[(u16, u16)]) -> String {
    let range = |(low, high): &(u16, u16)| {
        if low == high { low.to_string() } else { format!("{low}-{high}") }
    };
    status.iter().map(range).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::super::super::outcome::Grade;
    use super::super::{GOOD_STATUS, HttpVersion};
    use super::*;

    struct Has(&'static [u8]);

    impl Search for Has {
        fn judge(&self, body: &[u8]) -> Result<(), String> {
            let found = body.windows(self.0.len()).any(|part| part == self.0);
            if found { Ok(()) } else { Err("not there".to_owned()) }
        }
    }

    fn expectation() -> Expectation {
        Expectation { status: vec![GOOD_STATUS], digest: None, searches: vec![], longest_body: 100 }
    }

    fn put(expected: &Expectation, answer: &[u8], size: usize) -> (Grade, String) {
        let request = Request::get("/", "a", HttpVersion::V1_1);
        let mut dialogue = HttpDialogue::new(&request, expected, false);
        assert!(matches!(dialogue.step(), Step::Send(_)));
        for part in answer.chunks(size) {
            assert_ne!(dialogue.awaits(), "");
            dialogue.handle_bytes(part);
        }
        dialogue.handle_end();
        match dialogue.step() {
            Step::Done(finding) => (finding.grade, finding.reason),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_answer_is_judged_by_status_then_digest_then_patterns() {
        let good = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
        let digest = Bytes::parse("5d41402abc4b2a76b9719d911017c592").ok();
        let plain = expectation();
        let digested = Expectation { digest, ..expectation() };
        let has = |text| Expectation { searches: vec![Arc::new(Has(text))], ..expectation() };
        let moved = Expectation { status: vec![(301, 301), (400, 404)], ..expectation() };
        for (expected, answer, grade, reason) in [
            (&plain, good, Grade::Good, "status 200"),
            (&plain, "HTTP/1.0 500 x\r\n\r\n", Grade::Bad, "status 500, not 200-299"),
            (&moved, good, Grade::Bad, "status 200, not 301 400-404"),
            (&moved, "HTTP/1.0 403 x\r\n\r\nno", Grade::Good, "status 403"),
            (&digested, good, Grade::Good, "status 200"),
            (
                &digested,
                "HTTP/1.0 200 OK\r\n\r\nhallo",
                Grade::Bad,
                "MD5 of the body is 598d4c200461b81522a3328565c25f7c, not \
                 5d41402abc4b2a76b9719d911017c592",
            ),
            // Of a body in chunks either digest will do.
            (
                &digested,
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
                Grade::Good,
                "status 200",
            ),
            (&has(b"ell"), good, Grade::Good, "status 200"),
            (&has(b"xyz"), good, Grade::Bad, "not there"),
            (&plain, "", Grade::Bad, "the connection was closed without an answer"),
            (
                &plain,
                "HTTP/1.1 2",
                Grade::Bad,
                "the answer ended within its first line: `HTTP/1.1 2`",
            ),
            (&plain, "HTTP/1.1 200 OK\r\nA: b", Grade::Bad, "the answer ended within its headers"),
            (
                &plain,
                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel",
                Grade::Bad,
                "the body ended after 3 of 5 bytes",
            ),
        ] {
            for size in [1, 7, 1000] {
                assert_eq!(
                    put(expected, answer.as_bytes(), size),
                    (grade, reason.to_owned()),
                    "{answer}"
                );
            }
        }
    }

    #[test]
    fn a_body_is_read_up_to_its_bound() {
        let mut long = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
        long.extend([b'x'; 101]);
        assert_eq!(put(&expectation(), &long, 9).1, "the body is longer than 100 bytes");
        let announced = b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n";
        let why = "a body of 99999999999 bytes is announced, at most 100 are read";
        assert_eq!(put(&expectation(), announced, 9), (Grade::Bad, why.to_owned()));
    }

    #[test]
    fn a_redirect_is_a_status_unless_it_is_followed() {
        let answer = b"HTTP/1.1 302 Found\r\nLocation: /b\r\n\r\n";
        assert_eq!(put(&expectation(), answer, 5).1, "status 302, not 200-299");
        let request = Request::get("/", "a", HttpVersion::V1_1);
        let expected = expectation();
        let mut dialogue = HttpDialogue::new(&request, &expected, true);
        assert!(matches!(dialogue.step(), Step::Send(_)));
        dialogue.handle_bytes(answer);
        assert!(matches!(dialogue.step(), Step::Done(_)));
        assert_eq!(dialogue.redirect(), Some("/b"));
    }
}
