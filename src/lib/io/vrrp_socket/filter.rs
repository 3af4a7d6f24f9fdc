//! The kernel-side filter of a VRRP socket: only messages for a virtual router that runs here
//! wake the process. It looks at the VRID and at nothing else, so that a message with a wrong
//! TTL, checksum or password still arrives and is counted.

use std::collections::BTreeSet;

use socket2::SockFilter;

use super::Carrier;
use crate::engine::vrrp::Family;
use crate::wire::{ah, vrrp};

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
/// An IPv4 raw socket sees the IP header, an IPv6 one begins at the VRRP message. Behind an
/// Authentication Header there can be anything: what is not VRRP is somebody else's.
pub(super) fn program(family: Family, carrier: Carrier, vrids: &BTreeSet<u8>) -> Vec<SockFilter> {
    if vrids.is_empty() {
        return vec![REJECT];
    }
    let op = |code, k| SockFilter::new(code, 0, 0, k);
    let (load, mut program) = match family {
        Family::Ipv4 => (LOAD_BYTE_AT_X, vec![op(LOAD_X_HEADER, 0)]),
        Family::Ipv6 => (LOAD_BYTE_AT, Vec::new()),
    };
    let before = match carrier {
        Carrier::Plain => 0,
        Carrier::Sealed => {
            let vrrp = u32::from(vrrp::PROTOCOL);
            program.extend([op(load, 0), SockFilter::new(JUMP_IF_EQUAL, 1, 0, vrrp), REJECT]);
            u32::try_from(ah::HEADER_LEN).unwrap_or(u32::MAX)
        }
    };
    program.push(op(LOAD_LENGTH, 0));
    if family == Family::Ipv4 {
        program.push(op(SUBTRACT_X, 0));
    }
    // With less than two bytes there is no VRID: let it through to be counted.
    program.extend([SockFilter::new(JUMP_IF_AT_LEAST, 1, 0, before + 2), ACCEPT]);
    program.push(op(load, before + 1));
    for vrid in vrids {
        program.extend([SockFilter::new(JUMP_IF_EQUAL, 0, 1, u32::from(*vrid)), ACCEPT]);
    }
    program.push(REJECT);
    program
}
