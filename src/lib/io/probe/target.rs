//! Whom a probe asks: a name or address, the way to it, and how long an answer may take.

use std::cell::Cell;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use socket2::Socket;

use super::{answer_of, bad, untested};
use crate::engine::check::Grade;
use crate::engine::check::probe::Answer;

/// Whom a probe asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Name or address.
    pub host: String,
    /// Port; 0 where there is none.
    pub port: u16,
    /// Which addresses of the name count.
    pub families: Families,
    /// How to get there.
    pub path: Path,
    /// Longest wait for the verdict, over all addresses.
    pub timeout: Duration,
}

/// How the packets of a probe leave this host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path {
    /// Source address (`bindto`).
    pub source: Option<IpAddr>,
    /// Source port (`bind_port`).
    pub source_port: Option<u16>,
    /// Interface (`bind_if`).
    pub interface: Option<String>,
    /// Firewall mark.
    pub mark: Option<u32>,
}

impl Path {
    /// Make `socket`, which will talk to `peer`, take this path. Binding to an interface and
    /// marking need privileges.
    pub(super) fn apply(&self, socket: &Socket, peer: SocketAddr) -> io::Result<()> {
        if let Some(interface) = &self.interface {
            socket.bind_device(Some(interface.as_bytes()))?;
        }
        if let Some(mark) = self.mark {
            socket.set_mark(mark)?;
        }
        if self.source.is_none() && self.source_port.is_none() {
            return Ok(());
        }
        if self.source_port.is_some() {
            // The port is wanted again for the next turn, while the last connection lingers.
            socket.set_reuse_address(true)?;
        }
        let any: IpAddr = if peer.is_ipv4() { [0; 4].into() } else { [0; 16].into() };
        let source = SocketAddr::new(self.source.unwrap_or(any), self.source_port.unwrap_or(0));
        socket.bind(&source.into())
    }
}

/// Which addresses of a name count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Families {
    /// Both.
    #[default]
    Any,
    /// IPv4 only.
    Ipv4,
    /// IPv6 only.
    Ipv6,
}

impl Families {
    const fn has(self, address: IpAddr) -> bool {
        match self {
            Self::Any => true,
            Self::Ipv4 => address.is_ipv4(),
            Self::Ipv6 => address.is_ipv6(),
        }
    }
}

/// What a probe waits for at the moment: the words for when it has waited too long.
pub(super) type Stage = Cell<&'static str>;

impl Target {
    /// Host and port as an operator writes them.
    #[must_use]
    pub fn name(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// Ask each address of the name in turn until one answers well, as a client that tries them
    /// would. The last answer about it counts, and one that does not come in time is
    /// bad.
    pub(super) async fn ask<F: Future<Output = Answer>>(
        &self,
        stage: &Stage,
        ask: impl Fn(SocketAddr) -> F,
    ) -> Answer {
        within(self.timeout, stage, async {
            stage.set("the address of the name");
            match self.addresses().await {
                Ok(addresses) => first_good(&addresses, ask).await,
                Err(answer) => answer,
            }
        })
        .await
    }

    /// Addresses of the host in the resolver's order; an address given as such asks nobody.
    ///
    /// # Errors
    /// The answer to give when there is no address to probe.
    pub(super) async fn addresses(&self) -> Result<Vec<SocketAddr>, Answer> {
        let host = &self.host;
        if let Ok(address) = host.parse() {
            return Ok(vec![SocketAddr::new(address, self.port)]);
        }
        let found = tokio::net::lookup_host((&**host, self.port)).await;
        let found = found.map_err(|error| untested(format!("cannot resolve {host}: {error}")))?;
        let addresses: Vec<SocketAddr> = found.filter(|at| self.families.has(at.ip())).collect();
        if addresses.is_empty() {
            return Err(untested(format!("{host} has no address of the wanted family")));
        }
        Ok(addresses)
    }
}

/// The first good answer, else the last of those that say something about the other side, else the
/// last.
pub(super) async fn first_good<F: Future<Output = Answer>>(
    addresses: &[SocketAddr],
    ask: impl Fn(SocketAddr) -> F,
) -> Answer {
    let mut counts = untested("no address".to_owned());
    for &address in addresses {
        let answer = ask(address).await;
        if answer.grade == Grade::Good {
            return answer;
        }
        // That this host cannot ask one address does not unsay what another one answered.
        if answer.grade == Grade::Bad || counts.grade == Grade::Untested {
            counts = answer;
        }
    }
    counts
}

/// The answer, if it comes within `limit`.
pub(super) async fn within(
    limit: Duration,
    stage: &Stage,
    answer: impl Future<Output = Answer>,
) -> Answer {
    let late = |_| match stage.get() {
        "" => bad(format!("timed out after {limit:?}")),
        awaited => bad(format!("timed out after {limit:?} waiting for {awaited}")),
    };
    tokio::time::timeout(limit, answer).await.unwrap_or_else(late)
}

/// The answer to give for an error of a socket, with what was waited for.
pub(super) fn failed(error: &io::Error, stage: &Stage) -> Answer {
    let answer = answer_of(error);
    match (stage.get(), answer.grade) {
        ("", _) | (_, Grade::Untested) => answer,
        (awaited, _) => Answer { reason: format!("{} before {awaited}", answer.reason), ..answer },
    }
}

#[cfg(test)]
mod tests {
    use std::future::ready;

    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn an_address_that_cannot_be_asked_does_not_unsay_what_another_one_answered() {
        use Grade::{Bad, Good, Untested};
        for (grades, port) in [
            (&[Bad, Untested][..], 0),
            (&[Untested, Bad], 1),
            (&[Bad, Bad, Untested], 1),
            (&[Untested, Untested], 1),
            (&[Bad, Good, Bad], 1),
        ] {
            let addresses: Vec<SocketAddr> =
                (0..3).take(grades.len()).map(|port| ([127, 0, 0, 1], port).into()).collect();
            let ask = |address: SocketAddr| {
                ready(Answer::new(grades[usize::from(address.port())], address.port().to_string()))
            };
            let answer = first_good(&addresses, ask).now_or_never().unwrap();
            assert_eq!(answer.reason, port.to_string(), "{grades:?}");
        }
    }
}
