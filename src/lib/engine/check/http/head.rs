//! The head of an answer: its status, and the few headers that a check needs.

use super::super::dialogue::quoted;
use super::super::lines::{Lines, TooLong};
use super::body::Framing;

/// Longest line and longest head.
const LONGEST_LINE: usize = 16 * 1024;
const LONGEST_HEAD: usize = 64 * 1024;

/// A head.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// Status code; 0 before the status line came.
    pub status: u16,
    length: Option<u64>,
    chunked: bool,
    /// Where it sends the client.
    pub location: Option<String>,
}

/// Reads a head.
#[derive(Clone, Debug)]
pub struct Reader {
    lines: Lines,
    head: Head,
}

impl Default for Reader {
    fn default() -> Self {
        Self { lines: Lines::new(LONGEST_LINE, LONGEST_HEAD), head: Head::default() }
    }
}

impl Reader {
    /// The head, once it is whole, taken from the front of `bytes`. Interim answers (1xx) are
    /// passed over.
    ///
    /// # Errors
    /// This is no answer of a web server, or it has no end.
    pub fn take(&mut self, bytes: &mut &[u8]) -> Result<Option<Head>, String> {
        loop {
            let line = self.lines.take(bytes).map_err(|why| match why {
                TooLong::Line(most) => format!("a header is longer than {most} bytes"),
                TooLong::All(most) => format!("the headers are longer than {most} bytes"),
            })?;
            let Some(line) = line else { return Ok(None) };
            if self.head.status == 0 {
                self.head.status = status(&line)
                    .ok_or_else(|| format!("not an HTTP answer: it begins {}", quoted(&line)))?;
            } else if line.is_empty() {
                let head = std::mem::take(&mut self.head);
                if !(100..200).contains(&head.status) || head.status == 101 {
                    return Ok(Some(head));
                }
            } else {
                self.head.header(&line)?;
            }
        }
    }

    /// What has come of it when the connection ended.
    #[must_use]
    pub fn is_cut(&self) -> String {
        let begun = self.lines.unfinished();
        match (self.head.status, begun.is_empty()) {
            (0, true) => "the connection was closed without an answer".to_owned(),
            (0, false) => format!("the answer ended within its first line: {}", quoted(begun)),
            _ => "the answer ended within its headers".to_owned(),
        }
    }
}

impl Head {
    /// One that came without lines, and says nothing of where the body ends.
    #[must_use]
    pub fn of(status: u16, location: Option<String>) -> Self {
        Self { status, location, ..Self::default() }
    }

    fn header(&mut self, line: &[u8]) -> Result<(), String> {
        let text = String::from_utf8_lossy(line);
        let Some((name, value)) = text.split_once(':') else {
            return Err(format!("not an HTTP header: {}", quoted(line)));
        };
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "content-length" => {
                let digits = !value.is_empty() && value.bytes().all(|digit| digit.is_ascii_digit());
                let length = value.parse().ok().filter(|_| digits);
                let length = length.ok_or_else(|| {
                    format!("Content-Length is no number: {}", quoted(value.as_bytes()))
                })?;
                if self.length.is_some_and(|other| other != length) {
                    return Err("two different Content-Length headers".to_owned());
                }
                self.length = Some(length);
            }
            "transfer-encoding" => {
                let last = value.rsplit(',').next().unwrap_or_default();
                self.chunked = last.trim().eq_ignore_ascii_case("chunked");
            }
            "location" => self.location = Some(value.to_owned()),
            _ => {}
        }
        Ok(())
    }

    /// How the end of the body is told. `method`: what was asked.
    #[must_use]
    pub fn framing(&self, method: &str) -> Framing {
        if method == "HEAD" || matches!(self.status, 101 | 204 | 304) {
            Framing::Empty
        } else if self.chunked {
            Framing::Chunked
        } else {
            self.length.map_or(Framing::UntilEnd, Framing::Length)
        }
    }

    /// Whether it sends the client elsewhere.
    #[must_use]
    pub const fn is_redirect(&self) -> bool {
        matches!(self.status, 301 | 302 | 303 | 307 | 308) && self.location.is_some()
    }
}

/// The code of a status line.
fn status(line: &[u8]) -> Option<u16> {
    let text = line.strip_prefix(b"HTTP/")?;
    let at = text.iter().position(|&byte| byte == b' ')?;
    let (version, code) = text.split_at(at);
    let known = !version.is_empty() && version.iter().all(|b| b.is_ascii_digit() || *b == b'.');
    let code = code.get(1..4).filter(|code| code.iter().all(u8::is_ascii_digit))?;
    let ends = line.get(5 + at + 4).is_none_or(|&byte| byte == b' ');
    let code = std::str::from_utf8(code).ok()?.parse().ok()?;
    (known && ends && code >= 100).then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(text: &str) -> Result<Option<Head>, String> {
        let mut reader = Reader::default();
        for size in 1..text.len() {
            let mut reader = Reader::default();
            let mut last = Ok(None);
            for mut part in text.as_bytes().chunks(size) {
                last = reader.take(&mut part);
                if !matches!(last, Ok(None)) {
                    break;
                }
            }
            assert_eq!(last, Reader::default().take(&mut text.as_bytes()), "cut by {size}");
        }
        reader.take(&mut text.as_bytes())
    }

    #[test]
    fn status_and_framing_are_read() {
        for (text, method, status, framing) in [
            ("HTTP/1.0 200 OK\r\n\r\n", "GET", 200, Framing::UntilEnd),
            ("HTTP/1.1 404\nContent-length: 7\n\n", "GET", 404, Framing::Length(7)),
            ("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n", "HEAD", 200, Framing::Empty),
            ("HTTP/1.1 204 No\r\nContent-Length: 7\r\n\r\n", "GET", 204, Framing::Empty),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, Chunked\r\nContent-Length: 7\r\n\r\n",
                "GET",
                200,
                Framing::Chunked,
            ),
            (
                "HTTP/1.1 100 Continue\r\nA: b\r\n\r\nHTTP/1.1 503 x\r\n\r\n",
                "GET",
                503,
                Framing::UntilEnd,
            ),
        ] {
            let head = head(text).unwrap().unwrap();
            assert_eq!((head.status, head.framing(method)), (status, framing), "{text}");
        }
        let moved = head("HTTP/1.1 301 Moved\r\nlocation: /x\r\n\r\n").unwrap().unwrap();
        assert!(moved.is_redirect());
        assert_eq!(moved.location.as_deref(), Some("/x"));
    }

    #[test]
    fn what_is_no_head_is_told_with_its_beginning() {
        for (text, why) in [
            ("SSH-2.0-x\r\n", "not an HTTP answer: it begins `SSH-2.0-x`"),
            ("HTTP/1.1 2000 x\r\n", "not an HTTP answer: it begins `HTTP/1.1 2000 x`"),
            ("HTTP/ 200 x\r\n", "not an HTTP answer: it begins `HTTP/ 200 x`"),
            ("HTTP/1.1 200 x\r\njunk\r\n", "not an HTTP header: `junk`"),
            ("HTTP/1.1 200 x\r\nContent-Length: +1\r\n", "Content-Length is no number: `+1`"),
            (
                "HTTP/1.1 200 x\r\nContent-Length: 1\r\nContent-Length: 2\r\n",
                "two different Content-Length headers",
            ),
        ] {
            assert_eq!(head(text), Err(why.to_owned()));
        }
    }

    #[test]
    fn a_head_without_end_is_given_up() {
        let mut reader = Reader::default();
        let mut start = &b"HTTP/1.1 200 OK\r\n"[..];
        assert_eq!(reader.take(&mut start), Ok(None));
        let mut fed = 0;
        let why = loop {
            match reader.take(&mut &b"X-Endless: y\r\n"[..]) {
                Ok(_) => fed += 14,
                Err(why) => break why,
            }
        };
        assert!(fed <= LONGEST_HEAD);
        assert_eq!(why, "the headers are longer than 65536 bytes");
        let long = vec![b'a'; LONGEST_LINE + 1];
        assert!(Reader::default().take(&mut &*long).is_err());
    }
}
