//! Bytes to values and back, without state.
//!
//! Every parser is total: any bytes in, a value or a named reason out. None panics, none
//! allocates by a number found in the input. May use `time` and nothing else of ours.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

pub mod ah;
pub mod arp;
pub mod carp;
pub mod checksum;
pub mod ethernet;
pub mod icmp;
pub mod ipv4;
pub mod ipv6;
pub mod ndisc;
pub mod packet;
pub mod pcap;
mod reader;
pub mod vrrp;
pub mod x509;
