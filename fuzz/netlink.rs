//! What must hold for any answer of the kernel about links and addresses. The fuzz target calls
//! it, and so does `tests/fuzz_smoke.rs` with mutations of real answers.

use std::collections::BTreeSet;

use ha::io::netlink::{Change, Table, change};
use netlink_packet_core::{NetlinkMessage, NetlinkPayload};
use netlink_packet_route::RouteNetlinkMessage;

/// Messages in a row, each with its length in front of it as the kernel sends them, change the
/// table of links and addresses without harm, and what was put there is found.
pub fn netlink(data: &[u8]) {
    let mut table = Table::default();
    let mut rest = data;
    while let Some(length) = rest.first_chunk().map(|bytes| u32::from_ne_bytes(*bytes)) {
        let length = usize::try_from(length).unwrap_or(usize::MAX).min(rest.len());
        let (message, next) = rest.split_at(length.max(4).min(rest.len()));
        rest = next;
        let Ok(message) = NetlinkMessage::<RouteNetlinkMessage>::deserialize(message) else {
            continue;
        };
        let NetlinkPayload::InnerMessage(message) = message.payload else { continue };
        let Some(change) = change(&message) else { continue };
        table.apply(&change);
        match change {
            Change::Link(link) => assert_eq!(table.link_at(link.index), Some(&link)),
            Change::LinkGone(index) => assert_eq!(table.link_at(index), None),
            Change::Address(new) => {
                assert!(table.find(new.index, new.address, new.prefix).is_some());
            }
            Change::AddressGone(old) => {
                assert!(table.find(old.index, old.address, old.prefix).is_none());
            }
            Change::Overrun => {}
        }
        let _ = table.engine_link("eth0", &BTreeSet::new());
    }
}
