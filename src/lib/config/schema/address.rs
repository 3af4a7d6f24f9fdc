//! Parameters of an address.

use super::Arguments::{None, Words};
use super::{Block, MANY, Row, row};

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
    row("ADDRESS", Words(1, MANY), "IPv4 or IPv6 [/prefix]", "/32 or /128",
        "the address"),
    row("scope", Words(1, MANY), "site | link | host | nowhere | global | name | 0-255", "global",
        "address scope"),
    row("broadcast", Words(1, MANY), "IPv4 | + | -", "none",
        "broadcast address; + computes ones, - zeros"),
    row("brd", Words(1, MANY), "as broadcast", "",
        "alias of broadcast"),
    row("label", Words(1, 1), "STRING", "none",
        "IPv4 interface label"),
    row("peer", Words(1, MANY), "ADDRESS[/prefix]", "none",
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
    row("preferred_lft", Words(1, MANY), "seconds | forever | 0", "IPv6 /128: 0; else forever",
        "preferred lifetime of the address"),
];

/// Addresses of a virtual router.
#[rustfmt::skip]
static VIRTUAL_ONLY: &[Row] = &[
    row("dev", Words(1, 1), "IFNAME", "instance interface",
        "interface to put the address on"),
    row("use_vmac", Words(1, MANY), "none | see vrrp_instance use_vmac", "off",
        "place the address on a VMAC of its interface")
        .later("virtual MAC addresses"),
];

/// Addresses that are always there.
#[rustfmt::skip]
static STATIC_ONLY: &[Row] = &[
    row("dev", Words(1, 1), "IFNAME", "default_interface",
        "interface to put the address on"),
    row("track_group", Words(1, 1), "NAME", "none",
        "re-add when address of these instances changes").since("2.0.3"),
];
