//! Checks of a web server: which requests, and which answers are good.

mod body;
mod dialogue;
mod head;
pub mod http2;
pub mod request;
pub mod url;

pub use dialogue::{Expectation, HttpDialogue, Search};
pub use request::{Header, Request};
pub use url::Url;

use serde::{Deserialize, Serialize};

use super::hex::Bytes;
use super::server::Connection;

/// `HTTP_GET` or `SSL_GET`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpCheck {
    /// Whom.
    pub connection: Connection,
    /// `SSL_GET`: the request goes through TLS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<TlsOptions>,
    /// How the request is put.
    pub version: HttpVersion,
    /// Requests follow each other without waiting while the server recovers.
    #[serde(default)]
    pub fast_recovery: bool,
    /// Put one after the other; at least one.
    pub urls: Vec<UrlCheck>,
}

/// How TLS is spoken. Certificates are not verified, as in keepalived.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TlsOptions {
    /// The wanted server is named (SNI).
    pub sni: bool,
    /// By this name; by the request's host when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_name: Option<Box<str>>,
    /// The connection ends with TLS's own farewell.
    pub close_notify: bool,
}

/// How a request is put.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum HttpVersion {
    /// HTTP/1.0.
    #[default]
    #[serde(rename = "1.0")]
    V1_0,
    /// HTTP/1.0 with `Connection: close`.
    #[serde(rename = "1.0C")]
    V1_0Close,
    /// HTTP/1.1 with `Connection: close`.
    #[serde(rename = "1.1")]
    V1_1,
}

/// One request and its good answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UrlCheck {
    /// What is asked for.
    pub path: Box<str>,
    /// The `Host` header; address and port when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<Box<str>>,
    /// Good status codes: ranges in 100..=599, both ends included; at least one.
    pub status: Vec<(u16, u16)>,
    /// MD5 of a good body: 16 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Bytes>,
    /// What a good body has in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regex: Option<Box<RegexCheck>>,
}

/// Status codes that are good when nothing is said.
pub const GOOD_STATUS: (u16, u16) = (200, 299);

/// A pattern in the body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegexCheck {
    /// In PCRE2's language; whether it can be compiled is known when the check starts.
    pub pattern: Box<str>,
    /// The body is good when the pattern is not there.
    #[serde(default)]
    pub absent: bool,
    /// Names of PCRE2's compile options, in lower case.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<Box<str>>,
    /// A match starts at this byte of the body or later.
    #[serde(default)]
    pub first_offset: u32,
    /// A match starts at this byte or earlier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_offset: Option<u32>,
}
