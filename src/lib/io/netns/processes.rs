//! All processes of one host, found by the network namespace they are in.

use std::os::unix::fs::MetadataExt;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::Namespace;

/// Ids of the processes whose main thread is on `host`. A process that is ending is not listed.
fn processes(host: &Namespace) -> Vec<Pid> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok())
        .filter(|pid| {
            std::fs::metadata(format!("/proc/{pid}/ns/net"))
                .is_ok_and(|meta| (meta.dev(), meta.ino()) == host.identity())
        })
        .map(Pid::from_raw)
        .collect()
}

/// Whether any process is left on `host`.
#[must_use]
pub fn still_running(host: &Namespace) -> bool {
    !processes(host).is_empty()
}

/// Send `signal` to every process on `host`, again until no new one appears: a process may fork
/// while the list is read. Returns how many got it.
pub fn signal_all(host: &Namespace, signal: Signal) -> usize {
    let mut done: Vec<Pid> = Vec::new();
    loop {
        let fresh: Vec<Pid> =
            processes(host).into_iter().filter(|pid| !done.contains(pid)).collect();
        if fresh.is_empty() {
            return done.len();
        }
        for pid in fresh {
            // It may have ended meanwhile: then it needs no signal.
            let _ = kill(pid, signal);
            done.push(pid);
        }
    }
}
