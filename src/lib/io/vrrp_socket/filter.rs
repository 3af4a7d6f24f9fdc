//! The kernel-side filter of a VRRP socket: only messages for a virtual router that runs here
//! wake the process. It looks at the VRID and at nothing else, so that a message with a wrong
//! TTL, checksum or password still arrives and is counted.

use std::collections::BTreeSet;

use socket2::SockFilter;

use crate::engine::vrrp::Family;

// Classic BPF, as <linux/filter.h> spells it.
const LOAD_BYTE_AT: u16 = 0x30; // A = P[k]
const LOAD_BYTE_AT_X: u16 = 0x50; // A = P[X + k]
const LOAD_LENGTH: u16 = 0x80; // A = length
const LOAD_X_HEADER: u16 = 0xb1; // X = 4 * (P[k] & 0xf)
const SUBTRACT_X: u16 = 0x1c; // A -= X
const JUMP_IF_EQUAL: u16 = 0x15;
const JUMP_IF_AT_LEAST: u16 = 0x35;
const RETURN: u16 = 0x06;

const ACCEPT: SockFilter = SockFilter::new(RETURN, 0, 0, u32::MAX);
const REJECT: SockFilter = SockFilter::new(RETURN, 0, 0, 0);

/// A program that accepts messages whose VRID is in `vrids`, and those too short to have one.
///
/// An IPv4 raw socket sees the IP header, an IPv6 one begins at the VRRP message.
pub(super) fn program(family: Family, vrids: &BTreeSet<u8>) -> Vec<SockFilter> {
    if vrids.is_empty() {
        return vec![REJECT];
    }
    let op = |code, k| SockFilter::new(code, 0, 0, k);
    let mut program = match family {
        Family::Ipv4 => vec![op(LOAD_X_HEADER, 0), op(LOAD_LENGTH, 0), op(SUBTRACT_X, 0)],
        Family::Ipv6 => vec![op(LOAD_LENGTH, 0)],
    };
    // With less than two bytes there is no VRID: let it through to be counted.
    program.extend([SockFilter::new(JUMP_IF_AT_LEAST, 1, 0, 2), ACCEPT]);
    program.push(match family {
        Family::Ipv4 => op(LOAD_BYTE_AT_X, 1),
        Family::Ipv6 => op(LOAD_BYTE_AT, 1),
    });
    for vrid in vrids {
        program.extend([SockFilter::new(JUMP_IF_EQUAL, 0, 1, u32::from(*vrid)), ACCEPT]);
    }
    program.push(REJECT);
    program
}
