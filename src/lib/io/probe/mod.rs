//! Single network probes: one question, one answer, within a time limit.

mod datagram;
pub mod dns;
pub mod file;
pub mod http;
pub mod icmp;
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

/// What an error of a socket says: about the other side, or about this host.
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
        libc::ENODEV => untested("no such interface".into()),
        libc::EINVAL | libc::EAFNOSUPPORT => untested(format!("not possible here: {error}")),
        _ => bad(error.to_string()),
    }
}
