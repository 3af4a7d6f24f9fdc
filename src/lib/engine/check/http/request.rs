//! The request of a web check, byte for byte as keepalived puts it unless more is asked for.

use super::super::base64;
use super::HttpVersion;
use super::url::unfit;

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// `GET`, unless asked otherwise.
    pub method: Box<str>,
    /// Path and query.
    pub target: Box<str>,
    /// The `Host` header.
    pub host: Box<str>,
    /// How it is put.
    pub version: HttpVersion,
    /// Further headers.
    pub headers: Vec<Header>,
    /// What is sent after the head.
    pub body: Option<Box<str>>,
}

/// A name and a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// A token of HTTP.
    pub name: Box<str>,
    /// Without control characters.
    pub value: Box<str>,
}

impl Header {
    /// Read `NAME: VALUE`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (name, value) =
            text.split_once(':').ok_or_else(|| format!("`{text}` is no header: NAME: VALUE"))?;
        if !is_token(name) {
            return Err(format!("`{name}` is no name of a header"));
        }
        let value = value.trim();
        if let Some(bad) = value.chars().find(|c| c.is_control()) {
            return Err(format!("{bad:?} cannot stand in a header"));
        }
        Ok(Self { name: name.into(), value: value.into() })
    }

    /// The header that carries `user` and `password` (RFC 7617).
    #[must_use]
    pub fn basic(user: &str, password: &str) -> Self {
        let value = format!("Basic {}", base64::encode(format!("{user}:{password}").as_bytes()));
        Self { name: "Authorization".into(), value: value.into() }
    }

    fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

/// Whether `text` is a token of HTTP: a method, a name of a header.
#[must_use]
pub fn is_token(text: &str) -> bool {
    let part = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    !text.is_empty() && text.chars().all(part)
}

/// Whether `text` can stand in a `Host` header.
#[must_use]
pub fn is_host(text: &str) -> bool {
    !text.is_empty() && unfit(text).is_none()
}

impl Request {
    /// A `GET` without anything beside it.
    #[must_use]
    pub fn get(target: &str, host: &str, version: HttpVersion) -> Self {
        Self {
            method: "GET".into(),
            target: target.into(),
            host: host.into(),
            version,
            headers: Vec::new(),
            body: None,
        }
    }

    /// As bytes. A header that was given takes the place of the one that would be written.
    #[must_use]
    pub fn emit(&self) -> Vec<u8> {
        let version = if self.version == HttpVersion::V1_1 { "1.1" } else { "1.0" };
        let mut text = format!("{} {} HTTP/{version}\r\n", self.method, self.target);
        let close = (self.version != HttpVersion::V1_0).then_some("close");
        let length = self.body.as_ref().map(|body| body.len().to_string());
        for (name, value) in [
            ("User-Agent", Some("KeepAliveClient")),
            ("Connection", close),
            ("Host", Some(&*self.host)),
            ("Content-Length", length.as_deref()),
        ] {
            let Some(value) = value else { continue };
            if !self.headers.iter().any(|header| header.is(name)) {
                text.extend([name, ": ", value, "\r\n"]);
            }
        }
        for Header { name, value } in &self.headers {
            text.extend([name, ": ", value, "\r\n"]);
        }
        text.push_str("\r\n");
        text.push_str(self.body.as_deref().unwrap_or_default());
        text.into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_put_as_keepalived_puts_it() {
        let text = |version| Request::get("/a?b", "192.0.2.1:80", version).emit();
        let start = "User-Agent: KeepAliveClient\r\n";
        let host = "Host: 192.0.2.1:80\r\n\r\n";
        for (version, expected) in [
            (HttpVersion::V1_0, format!("GET /a?b HTTP/1.0\r\n{start}{host}")),
            (
                HttpVersion::V1_0Close,
                format!("GET /a?b HTTP/1.0\r\n{start}Connection: close\r\n{host}"),
            ),
            (HttpVersion::V1_1, format!("GET /a?b HTTP/1.1\r\n{start}Connection: close\r\n{host}")),
        ] {
            assert_eq!(String::from_utf8(text(version)).unwrap(), expected);
        }
    }

    #[test]
    fn headers_that_are_given_replace_ours_and_a_body_has_its_length() {
        let mut request = Request::get("/", "a", HttpVersion::V1_0);
        request.method = "POST".into();
        request.headers = vec![
            Header::parse("user-agent:  me ").unwrap(),
            Header::basic("Aladdin", "open sesame"),
        ];
        request.body = Some("x=1".into());
        assert_eq!(
            String::from_utf8(request.emit()).unwrap(),
            "POST / HTTP/1.0\r\nHost: a\r\nContent-Length: 3\r\nuser-agent: me\r\n\
             Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\nx=1"
        );
    }

    #[test]
    fn no_header_smuggles_another_one_in() {
        for text in ["X", "a b: c", ": c", "X: a\r\nY: b", "X: a\nY: b", "X: \u{0}"] {
            assert!(Header::parse(text).is_err(), "{text:?}");
        }
        assert!(!is_host("a\r\nX: y") && !is_token("GET /") && is_token("PROPFIND"));
    }
}
