//! The kernel's links and addresses over rtnetlink: read them, hear of changes, change them.
//!
//! Two sockets. Requests must not share one with events: the kernel copies the requester's
//! sequence number into the event, which is then taken for the answer. A request can block in
//! the kernel for as long as somebody else holds its configuration lock, so all of this belongs
//! on a thread of its own, never beside the adverts.

mod address;
mod connection;
mod events;
mod request;
mod table;

use std::io;

use netlink_packet_core::{NLM_F_CREATE, NLM_F_EXCL};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::address::AddressMessage;
use netlink_packet_route::link::{InfoKind, LinkAttribute, LinkInfo as LinkDetail, LinkMessage};

pub(in crate::io) use request::Dumped;
use request::{PATIENCE, Requests};

pub(in crate::io) use connection::Connection;
pub use events::{Events, change};
pub use table::{AddressInfo, Change, LinkInfo, Table};

use crate::engine::vrrp::VirtualAddress;
use crate::error::{Error, Result};
use crate::exit::Exit;

/// `IFA_PROTO` of addresses put up by `ha` (`proto 112` in `ip -d addr`; the number of VRRP).
/// Values from 4 are free for use by daemons; keepalived takes 18.
pub const ADDRESS_PROTOCOL: u8 = 112;

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

/// For requests, each of which waits for its answer.
pub struct Netlink(Requests);

impl Netlink {
    /// Open a socket.
    pub fn connect() -> Result<Self> {
        Requests::open().map(Self).map_err(|e| Error::new("open", "route netlink", e))
    }

    /// All links and addresses of this network namespace.
    ///
    /// # Errors
    /// When the kernel does not answer, or it never holds still.
    pub fn dump(&mut self) -> Result<Table> {
        const WHAT: (&str, &str) = ("read links and addresses of", "the kernel");
        for _ in 0..DUMPS {
            match self.dump_once() {
                Ok(Some(table)) => return Ok(table),
                Ok(None) => {}
                Err(e) => return Err(failed(WHAT.0, WHAT.1.to_owned(), e)),
            }
        }
        Err(Error::new(WHAT.0, WHAT.1, "they changed during each attempt"))
    }

    /// One attempt; none when something changed on the way, for then entries may be missing.
    fn dump_once(&mut self) -> io::Result<Option<Table>> {
        let mut table = Table::default();
        let questions = [
            RouteNetlinkMessage::GetLink(LinkMessage::default()),
            RouteNetlinkMessage::GetAddress(AddressMessage::default()),
        ];
        for question in questions {
            if self.0.dump(question, |message| table.learn(&message))? == Dumped::Torn {
                return Ok(None);
            }
        }
        Ok(Some(table))
    }

    /// Put `address` on the link with `index`, with our tag.
    ///
    /// # Errors
    /// What the kernel refused.
    pub fn add(&mut self, index: u32, address: &VirtualAddress) -> Result<Applied> {
        let message = RouteNetlinkMessage::NewAddress(address::message(index, address));
        let flags = NLM_F_CREATE | NLM_F_EXCL;
        self.change("add address", address, message, flags, &[libc::EEXIST])
    }

    /// Take `address` off the link with `index`.
    ///
    /// # Errors
    /// What the kernel refused.
    pub fn delete(&mut self, index: u32, address: &VirtualAddress) -> Result<Applied> {
        let message = RouteNetlinkMessage::DelAddress(address::identity(index, address));
        // An address is also gone when its link is.
        let already = [libc::EADDRNOTAVAIL, libc::ENODEV];
        self.change("delete address", address, message, 0, &already)
    }

    /// Ask for a link of a kind that has no link below it and no settings: the kernel makes none of
    /// those that we know, and its error tells whether it knows the kind.
    pub(in crate::io) fn refuse_link(&mut self, kind: InfoKind) -> io::Result<()> {
        let mut message = LinkMessage::default();
        message.attributes.push(LinkAttribute::LinkInfo(vec![LinkDetail::Kind(kind)]));
        self.0.carry_out(RouteNetlinkMessage::NewLink(message), NLM_F_CREATE | NLM_F_EXCL)
    }

    fn change(
        &mut self,
        operation: &'static str,
        address: &VirtualAddress,
        message: RouteNetlinkMessage,
        flags: u16,
        already: &[i32],
    ) -> Result<Applied> {
        match self.0.carry_out(message, flags) {
            Ok(()) => Ok(Applied::Changed),
            Err(e) if e.raw_os_error().is_some_and(|code| already.contains(&code)) => {
                Ok(Applied::Unchanged)
            }
            Err(e) => Err(failed(operation, format!("{}/{}", address.address, address.prefix), e)),
        }
    }
}

fn failed(operation: &'static str, target: String, cause: io::Error) -> Error {
    if cause.kind() == io::ErrorKind::TimedOut {
        let text = format!("no answer within {} s", PATIENCE.as_secs());
        return Error::new(operation, target, text).exit(Exit::TimedOut);
    }
    let code = cause.raw_os_error();
    let error = Error::new(operation, target, cause);
    match code {
        Some(libc::EPERM) => {
            error.remedy("run as root or with CAP_NET_ADMIN").exit(Exit::Unavailable)
        }
        Some(libc::EACCES) => error.remedy("is IPv6 disabled on the interface?"),
        _ => error,
    }
}
