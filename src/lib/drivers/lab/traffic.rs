//! The threads that look while the tour acts: a client that asks each millisecond, hosts that
//! answer, and the witnesses of addresses and adverts. All report into one queue.

use std::net::Ipv4Addr;
use std::os::fd::AsFd;
use std::sync::mpsc::Sender;
use std::thread;
use std::time::Duration;

use crate::io::clock::now;
use crate::io::netns::Namespace;
use crate::io::witness::{
    AddressChange, AddressWatch, Client, Echo, Heard, Reply, Tap, wait_readable,
};
use crate::output::event::Line;
use crate::time::Instant;

/// From one probe to the next.
const PROBE_INTERVAL: Duration = Duration::from_millis(1);

/// Something that was seen.
#[derive(Debug)]
pub enum Observation {
    /// The client got an answer.
    Reply(Reply),
    /// The kernel of a host got or lost an address.
    Address {
        /// Which host.
        host: usize,
        /// When this was read.
        at: Instant,
        /// What changed.
        change: AddressChange,
    },
    /// An advert came in through a port of the bridge.
    Advert(Heard),
    /// A daemon wrote an event line.
    Daemon {
        /// On which host.
        host: usize,
        /// When this was read.
        at: Instant,
        /// The line.
        line: Line,
    },
    /// Somebody wants the run to end.
    Signal(&'static str),
}

/// Ask for `address` from `client`'s place, for ever.
///
/// # Errors
/// When the client's socket cannot be opened.
pub fn start_client(
    client: &Namespace,
    address: Ipv4Addr,
    queue: Sender<Observation>,
) -> crate::error::Result<()> {
    let client = client.enter(|| Client::open(address.into()))?;
    thread::spawn(move || {
        let mut due = now();
        let mut number = 0;
        loop {
            let time = now();
            if time >= due {
                client.ask(number);
                number += 1;
                // After a pause of the whole machine the missed probes are not sent in a burst.
                due = (due + PROBE_INTERVAL).max(time - PROBE_INTERVAL);
            }
            wait_readable(&[client.as_fd()], Some(due.saturating_since(now())));
            while let Some(reply) = client.next() {
                if queue.send(Observation::Reply(reply)).is_err() {
                    return;
                }
            }
        }
    });
    Ok(())
}

/// Answer for `address` on every host, for ever.
///
/// # Errors
/// When a host's socket cannot be opened.
pub fn start_echo<'a>(
    hosts: impl Iterator<Item = &'a Namespace>,
    address: Ipv4Addr,
) -> crate::error::Result<()> {
    let servers = hosts
        .zip(0..)
        .map(|(host, number)| host.enter(|| Echo::open(address.into(), number)))
        .collect::<crate::error::Result<Vec<_>>>()?;
    thread::spawn(move || {
        loop {
            let sockets: Vec<_> = servers.iter().map(AsFd::as_fd).collect();
            wait_readable(&sockets, None);
            servers.iter().for_each(Echo::answer);
        }
    });
    Ok(())
}

/// Watch the addresses of every host and the adverts on the calling thread's network, for ever.
///
/// # Errors
/// When a socket cannot be opened.
pub fn start_witnesses<'a>(
    hosts: impl Iterator<Item = &'a Namespace>,
    queue: Sender<Observation>,
) -> crate::error::Result<()> {
    let tap = Tap::open()?;
    let watches = hosts
        .map(|host| host.enter(AddressWatch::open))
        .collect::<crate::error::Result<Vec<_>>>()?;
    thread::spawn(move || {
        loop {
            let mut sockets: Vec<_> = watches.iter().map(AsFd::as_fd).collect();
            sockets.push(tap.as_fd());
            wait_readable(&sockets, None);
            let at = now();
            let adverts = tap.drain().into_iter().map(Observation::Advert);
            let changes = watches.iter().enumerate().flat_map(|(host, watch)| {
                watch.drain().into_iter().map(move |change| Observation::Address {
                    host,
                    at,
                    change,
                })
            });
            for observation in adverts.chain(changes) {
                if queue.send(observation).is_err() {
                    return;
                }
            }
        }
    });
    Ok(())
}

/// Report the first of `signals` that arrives. They must be blocked in all threads.
pub fn start_signals(signals: nix::sys::signal::SigSet, queue: Sender<Observation>) {
    thread::spawn(move || {
        while let Ok(signal) = signals.wait() {
            if queue.send(Observation::Signal(signal.as_str())).is_err() {
                return;
            }
        }
    });
}
