//! Does a gRPC server serve? One call of `grpc.health.v1.Health/Check`, whose two messages have one
//! field each, over whatever speaks HTTP/2.

use super::details::{Details, GrpcDetails};
use super::dialogue::{Finding, quoted};
use super::http::http2::{Answering, Call, Fields};

/// Longest message that is read; an answer has seven bytes.
const LONGEST: usize = 1024;

/// The call, and what is to be made of its answer.
#[derive(Debug, Default)]
pub struct GrpcHealth {
    came: Vec<u8>,
    finding: Option<Finding>,
}

impl GrpcHealth {
    /// The call that asks about `service`; an empty name asks about the server as a whole.
    #[must_use]
    pub fn call(service: &str, secure: bool, authority: &str) -> Call {
        let name = service.as_bytes();
        // Field 1, a text; a name of up to 127 bytes has one byte of length.
        let mut message = Vec::new();
        if let Some(length) = u8::try_from(name.len()).ok().filter(|&length| length > 0) {
            message.extend([0x0a, length]);
            message.extend(name);
        }
        let length = u32::try_from(message.len()).unwrap_or(0).to_be_bytes();
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        Call {
            method: "POST".to_owned(),
            secure,
            authority: authority.to_owned(),
            target: "/grpc.health.v1.Health/Check".to_owned(),
            headers: vec![
                header("content-type", "application/grpc"),
                header("te", "trailers"),
                header("user-agent", "ha-check"),
            ],
            body: [&[0], &length[..], &message].concat(),
        }
    }

    /// A status of gRPC, which may come before the body or behind it.
    fn handle_status(&mut self, fields: Fields<'_>) {
        let Some(code) = fields("grpc-status") else { return };
        let words = fields("grpc-message").unwrap_or_default();
        let words =
            if words.is_empty() { words } else { format!(", {}", quoted(words.as_bytes())) };
        self.finding = Some(match &*code {
            "0" => self.judge(),
            "5" => Finding::bad(format!("it does not know the service{words}")),
            "12" => Finding::bad(format!("it has no health service{words}")),
            _ => Finding::bad(format!("gRPC status {}{words}", quoted(code.as_bytes()))),
        });
    }

    fn judge(&self) -> Finding {
        let Some(status) = serving(&self.came) else {
            return Finding::bad(format!("no answer of a health service: {}", quoted(&self.came)));
        };
        let serving = match status {
            0 => "UNKNOWN",
            1 => "SERVING",
            2 => "NOT_SERVING",
            3 => "SERVICE_UNKNOWN",
            _ => return Finding::bad(format!("a health status that nobody knows: {status}")),
        };
        let finding = if status == 1 { Finding::good(serving) } else { Finding::bad(serving) };
        let grpc = Some(GrpcDetails { serving });
        Finding { details: Box::new(Details { grpc, ..Details::default() }), ..finding }
    }
}

/// The status in the one message of an answer; nothing when it is not one, or not understood.
fn serving(bytes: &[u8]) -> Option<u64> {
    let (head, message) = bytes.split_first_chunk::<5>()?;
    let [compressed, length @ ..] = *head;
    let length = usize::try_from(u32::from_be_bytes(length)).ok()?;
    (compressed == 0 && length == message.len()).then_some(())?;
    let (mut rest, mut status) = (message, 0);
    while !rest.is_empty() {
        let (key, behind) = varint(rest)?;
        rest = match (key, key & 7) {
            (8, _) => {
                let (value, behind) = varint(behind)?;
                status = value;
                behind
            }
            // Fields of a later version are passed over, by what their kind says of their length.
            (_, 0) => varint(behind)?.1,
            (_, 1) => behind.get(8..)?,
            (_, 2) => {
                let (length, behind) = varint(behind)?;
                behind.get(usize::try_from(length).ok()?..)?
            }
            (_, 5) => behind.get(4..)?,
            _ => return None,
        };
    }
    Some(status)
}

fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0;
    for (at, byte) in bytes.iter().enumerate().take(10) {
        value |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((value, bytes.get(at + 1..)?));
        }
    }
    None
}

impl Answering for GrpcHealth {
    fn handle_head(&mut self, status: u16, fields: Fields<'_>) {
        let kind = fields("content-type").unwrap_or_default();
        if status != 200 {
            self.finding = Some(Finding::bad(format!("HTTP status {status}, not 200")));
        } else if !kind.starts_with("application/grpc") {
            let why = format!("it does not speak gRPC but {}", quoted(kind.as_bytes()));
            self.finding = Some(Finding::bad(why));
        } else {
            // What fails at once has its status here.
            self.handle_status(fields);
        }
    }

    fn handle_bytes(&mut self, bytes: &[u8]) {
        if self.came.len() + bytes.len() > LONGEST {
            self.finding = Some(Finding::bad(format!("an answer of more than {LONGEST} bytes")));
        } else {
            self.came.extend_from_slice(bytes);
        }
    }

    fn handle_end(&mut self, fields: Fields<'_>) {
        self.handle_status(fields);
        if self.finding.is_none() {
            self.finding = Some(Finding::bad("the answer ended without a status of gRPC"));
        }
    }

    fn finding(&self) -> Option<Finding> {
        self.finding.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::super::outcome::Grade;
    use super::*;

    fn put(head: (u16, &[(&str, &str)]), body: &[u8], trailers: &[(&str, &str)]) -> Finding {
        let mut health = GrpcHealth::default();
        let of = |list: &[(&str, &str)], name: &str| {
            list.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        };
        health.handle_head(head.0, &|name| of(head.1, name));
        for byte in body {
            if health.finding().is_none() {
                health.handle_bytes(&[*byte]);
            }
        }
        if health.finding().is_none() {
            health.handle_end(&|name| of(trailers, name));
        }
        health.finding().unwrap()
    }

    #[test]
    fn a_call_asks_about_a_service_by_name() {
        assert_eq!(GrpcHealth::call("", false, "a").body, [0; 5]);
        assert_eq!(GrpcHealth::call("db", true, "a").body, b"\0\0\0\0\x04\x0a\x02db");
    }

    #[test]
    fn only_who_says_that_he_serves_is_good() {
        let kind = (200, &[("content-type", "application/grpc+proto")][..]);
        let fine = &[("grpc-status", "0")][..];
        for (body, words) in [
            (&b"\0\0\0\0\x02\x08\x01"[..], "SERVING"),
            (b"\0\0\0\0\x02\x08\x02", "NOT_SERVING"),
            (b"\0\0\0\0\0", "UNKNOWN"),
            (b"\0\0\0\0\x02\x08\x03", "SERVICE_UNKNOWN"),
            (b"\0\0\0\0\x0d\x12\x01x\x1d1234\x20\x80\x01\x08\x01", "SERVING"),
        ] {
            let finding = put(kind, body, fine);
            assert_eq!(finding.reason, words);
            assert_eq!(finding.grade == Grade::Good, words == "SERVING");
            assert_eq!(finding.details.grpc.unwrap().serving, words);
        }
        let denied = &[("grpc-status", "7"), ("grpc-message", "no")][..];
        let missing = (200, &[("content-type", "application/grpc"), ("grpc-status", "12")][..]);
        for (head, body, trailers, why) in [
            (kind, &b"\0\0\0\0\x02\x08\x07"[..], fine, "a health status that nobody knows: 7"),
            (kind, b"\x01\0\0\0\0", fine, r"no answer of a health service: `\x01\x00\x00\x00\x00`"),
            (kind, b"", fine, "no answer of a health service: ``"),
            (
                kind,
                b"\0\0\0\0\x01\x08",
                fine,
                r"no answer of a health service: `\x00\x00\x00\x00\x01\x08`",
            ),
            (kind, b"", denied, "gRPC status `7`, `no`"),
            (kind, b"", &[("grpc-status", "5")], "it does not know the service"),
            (kind, b"", &[], "the answer ended without a status of gRPC"),
            (kind, &[0; 2000], fine, "an answer of more than 1024 bytes"),
            (missing, b"", &[], "it has no health service"),
            ((404, &[]), b"", &[], "HTTP status 404, not 200"),
            (
                (200, &[("content-type", "text/html")]),
                b"",
                &[],
                "it does not speak gRPC but `text/html`",
            ),
        ] {
            let finding = put(head, body, trailers);
            assert_eq!((finding.grade, finding.reason.as_str()), (Grade::Bad, why));
        }
    }
}
