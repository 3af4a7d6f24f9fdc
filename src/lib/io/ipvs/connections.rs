//! The connections that the kernel's load balancer remembers.

use std::fs::File;
use std::io::{self, BufRead, BufReader};

use crate::engine::ipvs::{Connection, connection};
use crate::error::{Error, Result};
use crate::exit::Exit;

/// Where the kernel lists them; each reader sees those of its network namespace.
const PATH: &str = "/proc/net/ip_vs_conn";

/// All of them, in the kernel's order.
///
/// # Errors
/// When the kernel does not have IPVS, or the list cannot be read.
pub fn connections() -> Result<Vec<Connection>> {
    let failed = |e: io::Error| {
        let missing = e.kind() == io::ErrorKind::NotFound;
        let error = Error::new("read", PATH, e);
        if missing {
            return error.remedy("load the module: modprobe ip_vs").exit(Exit::Unavailable);
        }
        error
    };
    let mut all = Vec::new();
    for line in BufReader::new(File::open(PATH).map_err(failed)?).lines() {
        all.extend(connection(&line.map_err(failed)?));
    }
    Ok(all)
}
