//! What a probe saw beside its verdict: values for those who want to draw curves or set
//! thresholds of their own. A key that is absent was not seen.

use std::net::SocketAddr;
use std::time::Duration;

use serde::{Serialize, Serializer};

use super::database::Role;

/// What was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Details {
    /// Who was asked last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer: Option<SocketAddr>,
    /// The answer of a web server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http: Option<HttpDetails>,
    /// The TLS session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<TlsDetails>,
    /// The answer of a DNS server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dns: Option<DnsDetails>,
    /// What a database says of itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database: Option<DatabaseDetails>,
    /// What a gRPC server says of itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grpc: Option<GrpcDetails>,
}

impl Details {
    /// Whether nothing was seen.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What `later` saw, and where it saw nothing, what this did.
    #[must_use]
    pub fn with(self, later: Self) -> Self {
        Self {
            peer: later.peer.or(self.peer),
            http: later.http.or(self.http),
            tls: later.tls.or(self.tls),
            dns: later.dns.or(self.dns),
            database: later.database.or(self.database),
            grpc: later.grpc.or(self.grpc),
        }
    }
}

/// The answer of a web server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct HttpDetails {
    /// Status code.
    pub status: u16,
    /// Bytes of the body that were read.
    pub body_bytes: u64,
    /// MD5 of the body as it came, when it came whole: what `genhash` prints.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub md5: Option<String>,
    /// MD5 of the body put together from its chunks, when it came in chunks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub md5_of_chunks: Option<String>,
    /// Where the answer sends the client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// Redirects that were followed to get here.
    #[serde(skip_serializing_if = "is_zero")]
    pub redirects: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// The TLS session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TlsDetails {
    /// `1.2` or `1.3`.
    pub version: String,
    /// Name of the cipher suite.
    pub cipher: String,
    /// End of the certificate's validity, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_not_after: Option<i64>,
    /// Whole days until then; negative once it is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_days: Option<i64>,
    /// Protocol that the server chose of those that were offered (ALPN).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alpn: Option<String>,
    /// It goes on with an earlier session; the certificate is the one that was shown then.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub resumed: bool,
}

/// The answer of a DNS server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DnsDetails {
    /// Response code by name.
    pub rcode: String,
    /// Records in the answer section.
    pub answers: u16,
    /// `udp`, or `tcp` when the answer did not fit into a datagram.
    pub transport: &'static str,
}

/// What a database says of itself; nothing where it does not say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DatabaseDetails {
    /// What it is among those that hold the same data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// It takes no writes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_only: Option<bool>,
    /// How far a replica is behind.
    #[serde(
        rename = "lag_us",
        skip_serializing_if = "Option::is_none",
        serialize_with = "in_micros"
    )]
    pub lag: Option<Duration>,
    /// Version of the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_version: Option<String>,
}

#[expect(clippy::ref_option, reason = "the signature is serde's")]
fn in_micros<S: Serializer>(time: &Option<Duration>, out: S) -> Result<S::Ok, S::Error> {
    time.map(|time| u64::try_from(time.as_micros()).unwrap_or(u64::MAX)).serialize(out)
}

/// What a gRPC server says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct GrpcDetails {
    /// `SERVING`, `NOT_SERVING`, `SERVICE_UNKNOWN` or `UNKNOWN`.
    pub serving: &'static str,
}
