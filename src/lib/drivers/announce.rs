//! Announces addresses on an interface, spaced out, and ends.

use std::net::IpAddr;
use std::time::Duration;

use crate::error::{Error, Result};
use crate::io::announce::{FrameSocket, Message, Queue, frame};
use crate::io::netlink::{LinkInfo, Netlink};
use crate::io::{clock, runtime, sysctl};
use crate::wire::ethernet::Mac;

/// What to announce.
#[derive(Clone, Debug)]
pub struct Announcement {
    /// Name of the interface.
    pub interface: String,
    /// Addresses that are to be found at its hardware address.
    pub addresses: Vec<IpAddr>,
    /// Messages for each address.
    pub count: u32,
    /// Least time between two messages.
    pub interval: Duration,
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Announced {
    /// Hardware address that was announced.
    pub mac: Mac,
    /// Messages that left.
    pub sent: u64,
}

/// Send all messages: every address once, then all again.
///
/// # Errors
/// When the interface cannot announce, or a message cannot be sent.
pub fn run(announcement: &Announcement) -> Result<Announced> {
    runtime::block_on(async {
        let socket = FrameSocket::open()?;
        let table = Netlink::connect()?.dump()?;
        let (link, mac) = sender(table.link(&announcement.interface), &announcement.interface)?;
        let forwards = sysctl::forwards_ipv6(&link.name);
        let mut queue = Queue::default();
        for _ in 0..announcement.count {
            for address in &announcement.addresses {
                let gap = announcement.interval;
                queue.push(Message { owner: (), index: link.index, address: *address, gap });
            }
        }
        let mut sent = 0;
        while let Some(due) = queue.next_due() {
            tokio::time::sleep(due.saturating_since(clock::now())).await;
            while let Some(message) = queue.pop(clock::now()) {
                socket.send(link.index, &frame(message.address, mac, forwards)).map_err(|e| {
                    let target = format!("{} on {}", message.address, link.name);
                    Error::new("announce", target, e)
                })?;
                sent += 1;
            }
        }
        Ok(Announced { mac, sent })
    })?
}

fn sender<'l>(link: Option<&'l LinkInfo>, name: &str) -> Result<(&'l LinkInfo, Mac)> {
    let refuse = |cause: &str| Error::new("announce on", name, cause);
    let link = link.ok_or_else(|| refuse("no such interface").remedy("see `ip link`"))?;
    if !link.up {
        return Err(refuse("the interface is not up and running"));
    }
    let mac = link.mac.filter(|_| link.resolves);
    Ok((link, mac.ok_or_else(|| refuse("neighbours are not resolved on this interface"))?))
}
