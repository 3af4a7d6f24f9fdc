//! Checks of a real server: what is put to it, how often, and what counts as an answer.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::config::CommandLine;
use super::dns::RecordType;
use super::hex::{Bytes, Pattern};
use super::http::HttpCheck;
use super::outcome::{Ending, Grade};

/// One check of one real server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckConfig {
    /// What is put.
    pub probe: ServerProbe,
    /// When, and how many failures count; many checks have the same in common.
    #[serde(with = "shared")]
    pub timing: Arc<CheckTiming>,
}

/// When a check is put, and how many failures take the server down. One success brings it back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckTiming {
    /// From one check to the next; at least a microsecond.
    #[serde(rename = "delay_loop_us", with = "crate::time::micros")]
    pub delay_loop: Duration,
    /// Failures in a row that are forgiven.
    pub retry: u32,
    /// From a forgiven failure to the next try.
    #[serde(rename = "delay_before_retry_us", with = "crate::time::micros")]
    pub delay_before_retry: Duration,
    /// The first check comes at a random moment of this time.
    #[serde(rename = "warmup_us", with = "crate::time::micros")]
    pub warmup: Duration,
    /// The server is down until the first success.
    #[serde(default)]
    pub alpha: bool,
    /// Forgiven failures are logged too.
    #[serde(default)]
    pub log_all_failures: bool,
}

/// A value in common, written as the value itself.
mod shared {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<T: Serialize, S: Serializer>(
        value: &Arc<T>,
        out: S,
    ) -> Result<S::Ok, S::Error> {
        value.as_ref().serialize(out)
    }

    pub(super) fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
        input: D,
    ) -> Result<Arc<T>, D::Error> {
        T::deserialize(input).map(Arc::new)
    }
}

/// What is put to the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServerProbe {
    /// A TCP connection.
    Tcp(Connection),
    /// HTTP requests, with or without TLS.
    Http(Box<HttpCheck>),
    /// The greeting of a mail server.
    Smtp(Box<SmtpCheck>),
    /// A DNS question.
    Dns(Box<DnsCheck>),
    /// A UDP packet.
    Udp(Box<UdpCheck>),
    /// An ICMP echo request; the port means nothing.
    Icmp(Connection),
    /// A command (`MISC_CHECK`).
    Script(Box<ScriptCheck>),
}

impl ServerProbe {
    /// How long one try may take.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        match self {
            Self::Tcp(connection) | Self::Icmp(connection) => connection.timeout,
            Self::Http(check) => check.connection.timeout,
            Self::Smtp(check) => check.connection.timeout,
            Self::Dns(check) => check.connection.timeout,
            Self::Udp(check) => check.connection.timeout,
            Self::Script(check) => check.timeout,
        }
    }
}

/// Whom a check talks to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// `connect_ip`; the real server's address unless it is given.
    pub address: IpAddr,
    /// `connect_port`; the real server's port unless it is given. 0: there is none, so the check
    /// fails, unless it needs no port.
    pub port: u16,
    /// `connect_timeout`.
    #[serde(rename = "timeout_us", with = "crate::time::micros")]
    pub timeout: Duration,
    /// This host's side; the kernel decides what is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bind: Option<Box<Binding>>,
}

/// This host's side of a connection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Binding {
    /// `bindto`; of the connection's family.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<IpAddr>,
    /// `bind_port`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// `bind_if`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interface: Option<Box<str>>,
    /// `fwmark`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fwmark: Option<u32>,
}

/// `SMTP_CHECK`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SmtpCheck {
    /// Whom.
    pub connection: Connection,
    /// The name in HELO.
    pub helo: Box<str>,
}

/// `DNS_CHECK`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DnsCheck {
    /// Whom.
    pub connection: Connection,
    /// Type of the question.
    #[serde(rename = "type")]
    pub record: RecordType,
    /// Name asked for, without the last dot; empty: the root.
    pub name: Box<str>,
}

/// `UDP_CHECK`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UdpCheck {
    /// Whom.
    pub connection: Connection,
    /// What is sent.
    pub payload: Bytes,
    /// What must come back; when absent it is enough that no error does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<UdpReply>,
}

/// What a reply must look like.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UdpReply {
    /// Shortest in bytes.
    pub shortest: u16,
    /// Longest in bytes; below `shortest` no reply is good.
    pub longest: u16,
    /// How it begins; empty: in any way.
    pub pattern: Pattern,
}

/// `MISC_CHECK`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScriptCheck {
    /// What is run.
    pub command: CommandLine,
    /// Longest run.
    #[serde(rename = "timeout_us", with = "crate::time::micros")]
    pub timeout: Duration,
    /// Exit status 2..=255 is good and sets the weight to the status less 2.
    #[serde(default)]
    pub dynamic: bool,
}

impl ScriptCheck {
    /// What the end of a run says, and the weight that it sets.
    #[must_use]
    pub fn judge(&self, ending: &Ending) -> (Grade, Option<u32>) {
        match ending {
            Ending::Exited(status @ 2..=255) if self.dynamic => {
                (Grade::Good, u32::try_from(status - 2).ok())
            }
            other => (other.grade(), None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_of_two_and_more_is_a_weight_where_that_is_asked_for() {
        let command = CommandLine { argv: vec!["/bin/true".into()], identity: None };
        let check = |dynamic| ScriptCheck {
            command: command.clone(),
            timeout: Duration::from_secs(1),
            dynamic,
        };
        for (dynamic, ending, expected) in [
            (true, Ending::Exited(0), (Grade::Good, None)),
            (true, Ending::Exited(1), (Grade::Bad, None)),
            (true, Ending::Exited(2), (Grade::Good, Some(0))),
            (true, Ending::Exited(255), (Grade::Good, Some(253))),
            (true, Ending::Signalled(9), (Grade::Bad, None)),
            (false, Ending::Exited(2), (Grade::Bad, None)),
        ] {
            assert_eq!(check(dynamic).judge(&ending), expected, "{dynamic} {ending:?}");
        }
    }
}
