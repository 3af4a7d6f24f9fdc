//! Parameters of an address.

use super::Arguments::{None, Parts};
use super::parts::Part::One;
use super::parts::{INTERFACE, Kind, Part};
use super::{Block, Row, U32, row};

/// An address with its prefix length.
const NETWORK: &[Part] = &[One(Kind::Network)];
/// Where an address is valid.
const SCOPE: &[Part] = &[One(Kind::NumberOrName(0, 255))];
/// The address of everybody on the link.
const BROADCAST: &[Part] = &[One(Kind::Broadcast)];
/// The name of an address.
const LABEL: &[Part] = &[One(Kind::Name(15))];
/// How long an address is preferred.
const LIFETIME: &[Part] = &[One(Kind::NumberOr(0, U32, &["forever"]))];

/// `static_ipaddress`.
pub(super) static STATIC: Block =
    Block { path: "static_ipaddress", rows: &[STATIC_ONLY, COMMON], entries: true };

/// `vrrp_instance/virtual_ipaddress`.
pub(super) static VIRTUAL: Block =
    Block { path: "vrrp_instance/virtual_ipaddress", rows: &[VIRTUAL_ONLY, COMMON], entries: true };

/// `vrrp_instance/virtual_ipaddress_excluded`.
pub(super) static EXCLUDED: Block = Block {
    path: "vrrp_instance/virtual_ipaddress_excluded",
    rows: &[VIRTUAL_ONLY, COMMON],
    entries: true,
};

/// What every list of addresses takes.
#[rustfmt::skip]
static COMMON: &[Row] = &[
    row("ADDRESS", Parts(NETWORK), "IPv4 or IPv6 [/prefix]", "/32 or /128",
        "the address"),
    row("scope", Parts(SCOPE), "site | link | host | nowhere | global | name | 0-255", "global",
        "address scope"),
    row("broadcast", Parts(BROADCAST), "IPv4 | + | -", "none",
        "broadcast address; + computes ones, - zeros"),
    row("brd", Parts(BROADCAST), "as broadcast", "",
        "alias of broadcast"),
    row("label", Parts(LABEL), "STRING", "none",
        "IPv4 interface label"),
    row("peer", Parts(NETWORK), "ADDRESS[/prefix]", "none",
        "remote end of point-to-point address"),
    row("home", None, "none", "off",
        "IPv6 home address flag"),
    row("-nodad", None, "none", "nodad on",
        "IPv6: run duplicate address detection"),
    row("mngtmpaddr", None, "none", "off",
        "IPv6 managed temporary address flag"),
    row("noprefixroute", None, "none", "off",
        "do not create the prefix route"),
    row("autojoin", None, "none", "off",
        "join multicast group on the Ethernet level"),
    row("no_track", None, "none", "off",
        "do not restore or fault when the address disappears"),
    row("preferred_lft", Parts(LIFETIME), "seconds | forever | 0", "IPv6 /128: 0; else forever",
        "preferred lifetime of the address"),
];

/// Addresses of a virtual router.
#[rustfmt::skip]
static VIRTUAL_ONLY: &[Row] = &[
    row("dev", Parts(INTERFACE), "IFNAME", "instance interface",
        "interface to put the address on"),
    row("use_vmac", Parts(super::vrrp::MACVLAN), "none | see vrrp_instance use_vmac", "off",
        "place the address on a VMAC of its interface")
        .later("virtual MAC addresses"),
];

/// Addresses that are always there.
#[rustfmt::skip]
static STATIC_ONLY: &[Row] = &[
    row("dev", Parts(INTERFACE), "IFNAME", "default_interface",
        "interface to put the address on"),
    row("track_group", Parts(&[One(Kind::Reference("track_group"))]), "NAME", "none",
        "re-add when address of these instances changes").since("2.0.3"),
];
