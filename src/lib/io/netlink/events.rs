//! What the kernel says about links and addresses, in our words.

use futures_util::StreamExt;
use netlink_packet_core::{NetlinkMessage, NetlinkPayload};
use netlink_packet_route::address::{
    AddressAttribute, AddressFlags, AddressMessage, AddressProtocol,
};
use netlink_packet_route::link::{
    InfoKind, LinkAttribute, LinkFlags, LinkInfo as LinkDetail, LinkMessage,
};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use netlink_sys::AsyncSocket;
use rtnetlink::MulticastGroup;

use super::table::{AddressInfo, Change, LinkInfo, Table};
use super::{ADDRESS_PROTOCOL, EVENT_BUFFER};
use crate::error::{Error, Result};

type Messages =
    std::pin::Pin<Box<dyn futures_util::Stream<Item = NetlinkMessage<RouteNetlinkMessage>> + Send>>;

/// The connection for events.
pub struct Events {
    messages: Messages,
}

impl Events {
    /// Subscribe to links and addresses. Must be called inside a tokio runtime.
    pub fn subscribe() -> Result<Self> {
        let groups = [MulticastGroup::Link, MulticastGroup::Ipv4Ifaddr, MulticastGroup::Ipv6Ifaddr];
        let failed = |e| Error::new("subscribe to", "route netlink", e);
        let (mut connection, _, messages) =
            rtnetlink::new_multicast_connection(&groups).map_err(failed)?;
        let buffer = EVENT_BUFFER;
        connection.socket_mut().socket_mut().set_rx_buf_sz(buffer).map_err(failed)?;
        tokio::spawn(connection);
        Ok(Self { messages: Box::pin(messages.map(|(message, _)| message)) })
    }

    /// The next change; `None` when the connection ended. Losing the future loses nothing.
    pub async fn next(&mut self) -> Option<Change> {
        loop {
            let change = match self.messages.next().await?.payload {
                NetlinkPayload::InnerMessage(message) => change(&message),
                NetlinkPayload::Overrun(_) => Some(Change::Overrun),
                _ => None,
            };
            if change.is_some() {
                return change;
            }
        }
    }
}

/// What a message of the kernel changes; nothing for most.
#[must_use]
pub fn change(message: &RouteNetlinkMessage) -> Option<Change> {
    match message {
        RouteNetlinkMessage::NewLink(message) => link(message).map(Change::Link),
        RouteNetlinkMessage::DelLink(message) => {
            link(message).map(|link| Change::LinkGone(link.index))
        }
        RouteNetlinkMessage::NewAddress(message) => address(message).map(Change::Address),
        RouteNetlinkMessage::DelAddress(message) => address(message).map(Change::AddressGone),
        _ => None,
    }
}

impl Table {
    /// Learn what an entry of a dump says.
    pub(super) fn learn(&mut self, message: &RouteNetlinkMessage) {
        if let Some(change) = change(message) {
            self.apply(&change);
        }
    }
}

/// The link of a message. A message of another family speaks of a link's role elsewhere: a bridge
/// reports "link deleted" for a port that merely leaves it.
fn link(message: &LinkMessage) -> Option<LinkInfo> {
    if message.header.interface_family != AddressFamily::Unspec {
        return None;
    }
    let flags = message.header.flags;
    let mut link = LinkInfo {
        index: message.header.index,
        name: String::new(),
        mac: None,
        up: flags.contains(LinkFlags::Up | LinkFlags::Running),
        resolves: !flags.contains(LinkFlags::Noarp),
        mtu: 0,
        vrf: false,
    };
    for attribute in &message.attributes {
        match attribute {
            LinkAttribute::IfName(name) => link.name.clone_from(name),
            LinkAttribute::Address(bytes) => link.mac = bytes.as_slice().try_into().ok(),
            LinkAttribute::Mtu(mtu) => link.mtu = *mtu,
            LinkAttribute::LinkInfo(details) => {
                link.vrf = details.contains(&LinkDetail::Kind(InfoKind::Vrf));
            }
            _ => {}
        }
    }
    Some(link)
}

/// The address of a message.
fn address(message: &AddressMessage) -> Option<AddressInfo> {
    let mut flags = AddressFlags::from_bits_retain(u32::from(message.header.flags.bits()));
    let (mut local, mut peer, mut ours) = (None, None, false);
    for attribute in &message.attributes {
        match attribute {
            AddressAttribute::Local(address) => local = Some(*address),
            AddressAttribute::Address(address) => peer = Some(*address),
            AddressAttribute::Flags(all) => flags = *all,
            AddressAttribute::Protocol(protocol) => {
                ours = *protocol == AddressProtocol::Other(ADDRESS_PROTOCOL);
            }
            _ => {}
        }
    }
    Some(AddressInfo {
        index: message.header.index,
        address: local.or(peer)?,
        prefix: message.header.prefix_len,
        ours,
        usable: !flags.intersects(AddressFlags::Tentative | AddressFlags::Dadfailed),
    })
}
