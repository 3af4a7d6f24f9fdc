//! Single network probes: one question, one answer, within a time limit.

pub mod database;
mod datagram;
pub mod dns;
pub mod file;
#[cfg(feature = "http2")]
pub mod grpc;
pub mod http;
#[cfg(feature = "http2")]
mod http2;
pub mod icmp;
mod last_session;
#[cfg(feature = "http2")]
mod polled;
pub mod privilege;
pub mod process;
pub mod smtp;
mod stream;
mod target;
pub mod tcp;
pub mod tls;
pub mod udp;

pub use target::{Families, Path, Target};

use std::io;

use crate::engine::check::Grade;
use crate::engine::check::probe::Answer;

fn untested(reason: String) -> Answer {
    Answer::new(Grade::Untested, reason)
}

fn bad(reason: impl Into<String>) -> Answer {
    Answer::new(Grade::Bad, reason)
}

/// An error that came after something was sent, about a connection or a datagram on its way: what
/// would be this host's own fault at once was said by a router then, or by the peer.
fn heard(error: io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(libc::ENETUNREACH) => io::Error::other("network unreachable, says a router"),
        Some(libc::EACCES | libc::EPERM) => {
            io::Error::other("prohibited on the way, says a router")
        }
        _ => error,
    }
}

/// What an error of a socket says: about the other side, or about this host. Of what is not told
/// at once it is [`heard`] before.
fn answer_of(error: &io::Error) -> Answer {
    let code = error.raw_os_error().unwrap_or(0);
    match code {
        libc::ECONNREFUSED => bad("connection refused"),
        libc::EHOSTUNREACH => bad("host unreachable"),
        libc::ETIMEDOUT => bad("timed out"),
        libc::ECONNRESET | libc::EPIPE => bad("connection reset"),
        libc::ENETUNREACH => untested("no route to the address".into()),
        libc::EADDRNOTAVAIL => untested("the source address or a free port is not there".into()),
        libc::EADDRINUSE => untested("the source port is in use".into()),
        libc::EPERM | libc::EACCES => untested(format!(
            "this host does not allow it ({error}): look at its firewall, or at the privileges \
             that a mark or an interface needs"
        )),
        libc::EMFILE | libc::ENFILE | libc::ENOBUFS | libc::ENOMEM => {
            untested(format!("this host lacks resources: {error}"))
        }
        libc::ENODEV => untested("the interface to leave by does not exist; see `ip link`".into()),
        libc::EINVAL | libc::EAFNOSUPPORT => untested(format!("not possible here: {error}")),
        _ => bad(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_error_is_ours_at_once_and_the_other_sides_later() {
        for (code, at_once, later) in [
            (libc::ENETUNREACH, Grade::Untested, Grade::Bad),
            (libc::EACCES, Grade::Untested, Grade::Bad),
            (libc::ECONNREFUSED, Grade::Bad, Grade::Bad),
            (libc::ENOBUFS, Grade::Untested, Grade::Untested),
        ] {
            let error = || io::Error::from_raw_os_error(code);
            let grades = (answer_of(&error()).grade, answer_of(&heard(error())).grade);
            assert_eq!(grades, (at_once, later), "{}", error());
        }
    }
}
