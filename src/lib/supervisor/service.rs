//! What the service manager is told (`sd_notify(3)`); nothing when there is none.
//!
//! Never waits: a service manager that does not read must not hold up the supervisor, so the
//! datagrams are sent here and not by a library that blocks.

use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

use tokio::time::{Interval, MissedTickBehavior};

use super::core::Service;
use crate::io::clock;

/// Tell the service manager.
pub fn tell(service: Service) {
    let text = match service {
        Service::Ready => "READY=1".to_owned(),
        Service::Stopping => "STOPPING=1".to_owned(),
        // `Type=notify-reload` wants the time at which the reload began.
        Service::Reloading => {
            format!("RELOADING=1\nMONOTONIC_USEC={}", clock::now().as_nanos() / 1000)
        }
    };
    if let Err(error) = send(&text) {
        tracing::warn!(%error, state = ?service, "the service manager could not be told");
    }
}

fn send(text: &str) -> io::Result<()> {
    let Some(path) = std::env::var_os("NOTIFY_SOCKET") else { return Ok(()) };
    let address = match path.as_bytes() {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name)?,
        _ => SocketAddr::from_pathname(&path)?,
    };
    let socket = UnixDatagram::unbound()?;
    socket.set_nonblocking(true)?;
    socket.send_to_addr(text.as_bytes(), &address).map(drop)
}

/// Signs of life for a service manager that wants them (`WatchdogSec=`): twice as often as it
/// asks for.
#[derive(Debug)]
pub struct Heartbeat(Option<Interval>);

impl Heartbeat {
    /// As the environment asks for it. Must be made inside a tokio runtime.
    #[must_use]
    pub fn wanted() -> Self {
        let limit = sd_notify::watchdog_enabled().filter(|limit| !limit.is_zero());
        Self(limit.map(|limit| {
            let mut interval = tokio::time::interval(limit / 2);
            interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
            interval
        }))
    }

    /// Wait for the next one to be due; for ever when none is wanted. Losing the future loses
    /// nothing.
    pub async fn due(&mut self) {
        match &mut self.0 {
            Some(interval) => {
                interval.tick().await;
            }
            None => std::future::pending().await,
        }
    }
}

/// Give a sign of life.
pub fn beat() {
    if let Err(error) = send("WATCHDOG=1") {
        tracing::debug!(%error, "the service manager could not be told");
    }
}
