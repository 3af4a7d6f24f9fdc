//! Single network probes: one question, one answer, within a time limit.

pub mod icmp;
pub mod privilege;
pub mod tcp;

use std::io;
use std::net::{IpAddr, SocketAddr};

use crate::engine::check::Grade;
use crate::engine::check::probe::Answer;

/// How the packets of a probe leave this host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path {
    /// Source address (`bindto`).
    pub source: Option<IpAddr>,
    /// Interface (`bind_if`).
    pub interface: Option<String>,
    /// Firewall mark.
    pub mark: Option<u32>,
}

impl Path {
    /// Make `socket` take this path. Binding to an interface and marking need privileges.
    fn apply(&self, socket: &socket2::Socket) -> io::Result<()> {
        if let Some(interface) = &self.interface {
            socket.bind_device(Some(interface.as_bytes()))?;
        }
        if let Some(mark) = self.mark {
            socket.set_mark(mark)?;
        }
        if let Some(source) = self.source {
            socket.bind(&SocketAddr::new(source, 0).into())?;
        }
        Ok(())
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

/// Addresses of `host` in the resolver's order; an address given as such asks nobody.
///
/// # Errors
/// The answer to give when there is no address to probe.
async fn resolve(host: &str, port: u16, families: Families) -> Result<Vec<SocketAddr>, Answer> {
    let found = tokio::net::lookup_host((host, port)).await;
    let found = found.map_err(|error| untested(format!("cannot resolve {host}: {error}")))?;
    let addresses: Vec<SocketAddr> = found.filter(|at| families.has(at.ip())).collect();
    if addresses.is_empty() {
        return Err(untested(format!("{host} has no address of the wanted family")));
    }
    Ok(addresses)
}

fn untested(reason: String) -> Answer {
    Answer { grade: Grade::Untested, reason, latency: None }
}

fn bad(reason: impl Into<String>) -> Answer {
    Answer { grade: Grade::Bad, reason: reason.into(), latency: None }
}

/// What an error of a socket says: about the other side, or about this host.
fn answer_of(error: &io::Error) -> Answer {
    let code = error.raw_os_error().unwrap_or(0);
    match code {
        libc::ECONNREFUSED => bad("connection refused"),
        libc::EHOSTUNREACH => bad("host unreachable"),
        libc::ETIMEDOUT => bad("timed out"),
        libc::ECONNRESET => bad("connection reset"),
        libc::ENETUNREACH => untested("no route to the address".into()),
        libc::EADDRNOTAVAIL => untested("the source address or a free port is not there".into()),
        libc::EPERM | libc::EACCES => untested(format!(
            "this host does not allow it ({error}): look at its firewall, or at the privileges \
             that a mark or an interface needs"
        )),
        libc::EMFILE | libc::ENFILE | libc::ENOBUFS | libc::ENOMEM => {
            untested(format!("this host lacks resources: {error}"))
        }
        libc::ENODEV => untested("no such interface".into()),
        libc::EINVAL | libc::EAFNOSUPPORT => untested(format!("not possible here: {error}")),
        _ => bad(error.to_string()),
    }
}
