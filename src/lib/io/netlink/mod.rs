//! The kernel's links and addresses over rtnetlink: read them, hear of changes, change them.
//!
//! Two connections. Requests must not share one with events: the kernel copies the requester's
//! sequence number into the event, which is then taken for the answer. A request can block in
//! the kernel for as long as somebody else holds its configuration lock, so all of this belongs
//! on a thread of its own, never beside the adverts.

mod address;
mod events;
mod table;

use std::io;
use std::time::Duration;

use futures_util::StreamExt;
use netlink_packet_core::{
    NLM_F_ACK, NLM_F_CREATE, NLM_F_DUMP, NLM_F_DUMP_INTR, NLM_F_EXCL, NLM_F_REQUEST,
    NetlinkMessage, NetlinkPayload,
};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::address::AddressMessage;
use netlink_packet_route::link::LinkMessage;

pub use events::Events;
pub use table::{AddressInfo, Change, LinkInfo, Table};

use crate::engine::vrrp::VirtualAddress;
use crate::error::{Error, Result};

/// `IFA_PROTO` of addresses put up by `ha` (`proto 112` in `ip -d addr`; the number of VRRP).
/// Values from 4 are free for use by daemons; keepalived takes 18.
pub const ADDRESS_PROTOCOL: u8 = 112;

/// A request without an answer for this long counts as failed.
const PATIENCE: Duration = Duration::from_secs(3);

/// Attempts at reading everything while others keep changing it.
const DUMPS: usize = 50;

/// Bytes of events that may wait in the kernel (it doubles the number).
const EVENT_BUFFER: usize = 1 << 20;

/// What a request to change an address came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    /// The kernel did it.
    Changed,
    /// It was so already.
    Unchanged,
}

/// The connection for requests.
#[derive(Clone)]
pub struct Netlink {
    handle: rtnetlink::Handle,
}

impl Netlink {
    /// Connect. Must be called inside a tokio runtime, which then drives the connection.
    pub fn connect() -> Result<Self> {
        let (connection, handle, _) =
            rtnetlink::new_connection().map_err(|e| Error::new("open", "route netlink", e))?;
        tokio::spawn(connection);
        Ok(Self { handle })
    }

    /// All links and addresses of this network namespace.
    ///
    /// # Errors
    /// When the kernel does not answer, the answer cannot be read, or it never holds still.
    pub async fn dump(&self) -> Result<Table> {
        const WHAT: (&str, &str) = ("read links and addresses of", "the kernel");
        let read = async {
            for _ in 0..DUMPS {
                if let Some(table) = self.dump_once().await? {
                    return Ok(table);
                }
            }
            Err(Error::new(WHAT.0, WHAT.1, "they changed during each attempt"))
        };
        let outcome = tokio::time::timeout(PATIENCE, read).await;
        outcome.unwrap_or_else(|_| Err(timed_out(WHAT.0, WHAT.1)))
    }

    /// One attempt; none when something changed on the way, for then entries may be missing.
    async fn dump_once(&self) -> Result<Option<Table>> {
        let failed = |e: &dyn std::fmt::Display| {
            Error::new("read links and addresses of", "the kernel", e.to_string())
        };
        let mut table = Table::default();
        let questions = [
            RouteNetlinkMessage::GetLink(LinkMessage::default()),
            RouteNetlinkMessage::GetAddress(AddressMessage::default()),
        ];
        for question in questions {
            let mut request = NetlinkMessage::from(question);
            request.header.flags = NLM_F_REQUEST | NLM_F_DUMP;
            let mut replies = self.handle.clone().request(request).map_err(|e| failed(&e))?;
            while let Some(reply) = replies.next().await {
                if reply.header.flags & NLM_F_DUMP_INTR != 0 {
                    return Ok(None);
                }
                match reply.payload {
                    NetlinkPayload::InnerMessage(message) => table.learn(&message),
                    NetlinkPayload::Error(error) => return Err(failed(&error)),
                    _ => {}
                }
            }
        }
        Ok(Some(table))
    }

    /// Put `address` on the link with `index`, with our tag.
    ///
    /// # Errors
    /// What the kernel refused.
    pub async fn add(&self, index: u32, address: &VirtualAddress) -> Result<Applied> {
        let message = RouteNetlinkMessage::NewAddress(address::message(index, address));
        let flags = NLM_F_CREATE | NLM_F_EXCL;
        self.change("add address", address, message, flags, &[libc::EEXIST]).await
    }

    /// Take `address` off the link with `index`.
    ///
    /// # Errors
    /// What the kernel refused.
    pub async fn delete(&self, index: u32, address: &VirtualAddress) -> Result<Applied> {
        let message = RouteNetlinkMessage::DelAddress(address::identity(index, address));
        // An address is also gone when its link is.
        let already = [libc::EADDRNOTAVAIL, libc::ENODEV];
        self.change("delete address", address, message, 0, &already).await
    }

    async fn change(
        &self,
        operation: &'static str,
        address: &VirtualAddress,
        message: RouteNetlinkMessage,
        flags: u16,
        already: &[i32],
    ) -> Result<Applied> {
        let target = || format!("{}/{}", address.address, address.prefix);
        let mut request = NetlinkMessage::from(message);
        request.header.flags = NLM_F_REQUEST | NLM_F_ACK | flags;
        let mut replies =
            self.handle.clone().request(request).map_err(|e| Error::new(operation, target(), e))?;
        let reply = tokio::time::timeout(PATIENCE, replies.next())
            .await
            .map_err(|_| timed_out(operation, &target()))?;
        match reply.map(|reply| reply.payload) {
            // The acknowledgement itself is not handed on: it ends the replies.
            None => Ok(Applied::Changed),
            Some(NetlinkPayload::Error(answer)) => match answer.code.map_or(0, |c| -c.get()) {
                0 => Ok(Applied::Changed),
                code if already.contains(&code) => Ok(Applied::Unchanged),
                code => Err(refused(operation, target(), code)),
            },
            Some(_) => Err(Error::new(operation, target(), "the kernel's answer is no answer")),
        }
    }
}

fn timed_out(operation: &'static str, target: &str) -> Error {
    let text = format!("no answer within {} s", PATIENCE.as_secs());
    Error::new(operation, target, text).exit(crate::exit::Exit::TimedOut)
}

fn refused(operation: &'static str, target: String, code: i32) -> Error {
    let error = Error::new(operation, target, io::Error::from_raw_os_error(code));
    match code {
        libc::EPERM => {
            error.remedy("run as root or with CAP_NET_ADMIN").exit(crate::exit::Exit::Unavailable)
        }
        libc::EACCES => error.remedy("is IPv6 disabled on the interface?"),
        _ => error,
    }
}
