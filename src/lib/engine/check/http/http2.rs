//! A request and its answer as HTTP/2 has them, apart from frames and compression: those are the
//! business of the connection.

use super::super::dialogue::Finding;
use super::dialogue::HttpDialogue;
use super::request::{Header, Request};

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// `GET`, `POST` …
    pub method: String,
    /// The scheme is `https`.
    pub secure: bool,
    /// Host, and port where it is not the scheme's own.
    pub authority: String,
    /// Path and query.
    pub target: String,
    /// Further headers.
    pub headers: Vec<(String, String)>,
    /// What follows them.
    pub body: Vec<u8>,
}

/// Values of headers or trailers by their names in small letters.
pub type Fields<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Whom an answer is told to, part by part, until there is a finding.
pub trait Answering {
    /// Status and headers came.
    fn handle_head(&mut self, status: u16, fields: Fields<'_>);

    /// A part of the body came.
    fn handle_bytes(&mut self, bytes: &[u8]);

    /// The answer is whole; these are its trailers.
    fn handle_end(&mut self, fields: Fields<'_>);

    /// What it came to, if it came to something.
    fn finding(&self) -> Option<Finding>;
}

impl Call {
    /// `request` in the words of HTTP/2, which has no `Host` and no connections to speak of.
    #[must_use]
    pub fn of(request: &Request, secure: bool) -> Self {
        let mut authority = request.host.to_string();
        let mut headers = vec![("user-agent".to_owned(), "KeepAliveClient".to_owned())];
        for Header { name, value } in &request.headers {
            match name.to_ascii_lowercase() {
                name if name == "host" => authority = value.to_string(),
                name if ["connection", "transfer-encoding", "upgrade"].contains(&&*name) => {}
                name => {
                    headers.retain(|(other, _)| name != "user-agent" || *other != name);
                    headers.push((name, value.to_string()));
                }
            }
        }
        Self {
            method: request.method.to_string(),
            secure,
            authority,
            target: request.target.to_string(),
            headers,
            body: request.body.as_deref().unwrap_or_default().as_bytes().to_vec(),
        }
    }
}

impl Answering for HttpDialogue<'_> {
    fn handle_head(&mut self, status: u16, fields: Fields<'_>) {
        self.begin(status, fields("location"));
    }

    fn handle_bytes(&mut self, bytes: &[u8]) {
        super::super::dialogue::Dialogue::handle_bytes(self, bytes);
    }

    fn handle_end(&mut self, _: Fields<'_>) {
        super::super::dialogue::Dialogue::handle_end(self);
    }

    fn finding(&self) -> Option<Finding> {
        self.found()
    }
}

#[cfg(test)]
mod tests {
    use super::super::HttpVersion;
    use super::*;

    #[test]
    fn a_request_loses_what_http_2_has_otherwise() {
        let header = |text: &str| Header::parse(text).unwrap();
        let mut request = Request::get("/a?b", "www.example.com", HttpVersion::V1_1);
        request.headers =
            vec![header("X-One: 1"), header("Connection: close"), header("User-Agent: me")];
        let call = Call::of(&request, true);
        assert_eq!((&*call.authority, &*call.target), ("www.example.com", "/a?b"));
        let words = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(call.headers, [words("x-one", "1"), words("user-agent", "me")]);
        request.headers = vec![header("Host: other")];
        assert_eq!(Call::of(&request, true).authority, "other");
    }
}
