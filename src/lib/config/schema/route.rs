//! Parameters of routes and rules.

use super::Arguments::{Choice, None, Number, Parts};
use super::parts::Part::{Flag, Many, Maybe, Named, One};
use super::parts::{
    ADDRESS, BYTE_OR_NAME, FAMILY, INTERFACE, Kind, LOCKABLE, LOCKABLE_TIME, NUMBER_OR_NAME, Part,
    REALMS,
};
use super::{Block, Row, U32, row};

/// A destination behind the type of its route.
const TYPED: &[Part] = &[
    One(Kind::Word(&[
        "unicast",
        "local",
        "broadcast",
        "anycast",
        "multicast",
        "throw",
        "unreachable",
        "prohibit",
        "blackhole",
        "nat",
    ])),
    One(Kind::NetworkOr(&["default"])),
];
/// A length that prefixes of the family may have.
const PREFIX_LENGTH: &[Part] = &[One(Kind::Number(0, 128))];
/// One leg of a route.
const NEXT_HOP: &[Part] = &[
    Named("via", Kind::Address),
    Named("dev", Kind::Interface),
    Named("weight", Kind::Number(1, 256)),
    Flag("onlink"),
    Named("realms", Kind::Realms),
];

/// `static_routes`.
pub(super) static STATIC_ROUTES: Block =
    Block { path: "static_routes", rows: &[ROUTE, TRACKED], entries: true };

/// `vrrp_instance/virtual_routes`.
pub(super) static VIRTUAL_ROUTES: Block =
    Block { path: "vrrp_instance/virtual_routes", rows: &[ROUTE], entries: true };

/// `static_rules`.
pub(super) static STATIC_RULES: Block =
    Block { path: "static_rules", rows: &[RULE, TRACKED], entries: true };

/// `vrrp_instance/virtual_rules`.
pub(super) static VIRTUAL_RULES: Block =
    Block { path: "vrrp_instance/virtual_rules", rows: &[RULE], entries: true };

/// A route, in the words of `ip route`.
#[rustfmt::skip]
static ROUTE: &[Row] = &[
    row("DESTINATION", Parts(&[One(Kind::NetworkOr(&["default"]))]), "[type] [to] ADDR[/len] | default", "",
        "the route destination"),
    row("TYPE", Parts(TYPED), "unicast local broadcast anycast multicast throw unreachable prohibit blackhole nat", "unicast",
        "route type before the destination"),
    row("to", Parts(&[One(Kind::NetworkOr(&["default"]))]), "ADDR[/len] | default", "",
        "destination with its keyword"),
    row("inet", None, "none", "deduced",
        "force IPv4"),
    row("inet6", None, "none", "deduced",
        "force IPv6"),
    row("via", Parts(&[Maybe(FAMILY), One(Kind::Address)]), "[inet|inet6] ADDR", "none",
        "next hop gateway"),
    row("gw", Parts(ADDRESS), "ADDR", "",
        "deprecated alias of via").old("via"),
    row("src", Parts(ADDRESS), "ADDR", "none",
        "preferred source"),
    row("as", Parts(&[Flag("to"), One(Kind::Address)]), "[to] ADDR", "none",
        "MPLS only; reported and ignored"),
    row("from", Parts(&[One(Kind::Ipv6Network)]), "ADDR[/len]", "none",
        "IPv6 source prefix match"),
    row("tos", Parts(BYTE_OR_NAME), "name | 0-255", "0",
        "type of service match"),
    row("dsfield", Parts(BYTE_OR_NAME), "name | 0-255", "0",
        "alias of tos"),
    row("table", Parts(NUMBER_OR_NAME), "name | number", "main",
        "routing table"),
    row("protocol", Parts(BYTE_OR_NAME), "name | 0-255", "keepalived (18)",
        "protocol tag; anything else needs no_track"),
    row("scope", Parts(BYTE_OR_NAME), "name | 0-255", "by type",
        "route scope"),
    row("metric", Number(0, U32), "0-2^32-1", "0 / 1024",
        "route priority"),
    row("priority", Number(0, U32), "0-2^32-1", "",
        "alias of metric"),
    row("preference", Number(0, U32), "0-2^32-1", "",
        "alias of metric"),
    row("dev", Parts(INTERFACE), "IFNAME", "none",
        "output interface"),
    row("oif", Parts(INTERFACE), "IFNAME", "",
        "alias of dev"),
    row("onlink", None, "none", "off",
        "gateway is on link whatever the addresses say"),
    row("encap", Parts(&[One(Kind::Word(&["ip", "ip6", "mpls", "ila"])), Many(Kind::Text)]), "ip | ip6 | mpls | ila, each with parameters", "none",
        "lightweight tunnel encapsulation"),
    row("expires", Number(0, U32), "seconds", "none",
        "IPv6 route lifetime"),
    row("mtu", Parts(LOCKABLE), "[lock] bytes", "none",
        "route MTU"),
    row("hoplimit", Number(1, 255), "1-255", "none",
        "hop limit metric"),
    row("advmss", Parts(LOCKABLE), "[lock] bytes", "none",
        "advertised MSS"),
    row("rtt", Parts(LOCKABLE_TIME), "[lock] time (ms, s suffix)", "none",
        "initial round trip time"),
    row("rttvar", Parts(LOCKABLE_TIME), "[lock] time", "none",
        "round trip variance"),
    row("reordering", Parts(LOCKABLE), "[lock] N", "none",
        "reordering metric"),
    row("window", Number(0, U32), "bytes", "none",
        "maximum window"),
    row("cwnd", Parts(LOCKABLE), "[lock] N", "none",
        "congestion window clamp"),
    row("ssthresh", Parts(LOCKABLE), "[lock] N", "none",
        "slow start threshold"),
    row("realms", Parts(REALMS), "[from/]to", "none",
        "IPv4 realms"),
    row("rto_min", Parts(LOCKABLE_TIME), "[lock] time", "none",
        "minimum retransmit timeout"),
    row("initcwnd", Number(0, U32), "N", "none",
        "initial congestion window"),
    row("initrwnd", Number(0, U32), "N", "none",
        "initial receive window"),
    row("features", Choice(&["ecn"]), "ecn", "none",
        "per-route feature flags"),
    row("quickack", Choice(&["0", "1"]), "0|1", "none",
        "quick ACK metric"),
    row("congctl", Parts(&[Flag("lock"), One(Kind::Text)]), "[lock] NAME", "none",
        "congestion control algorithm"),
    row("pref", Choice(&["low", "medium", "high"]), "low | medium | high", "medium",
        "IPv6 router preference"),
    row("ttl-propagate", Choice(&["enabled", "disabled"]), "enabled | disabled", "kernel",
        "MPLS TTL propagation"),
    row("fastopen_no_cookie", Choice(&["0", "1"]), "0|1", "none",
        "TCP fast open without cookie"),
    row("vrf", Parts(INTERFACE), "NAME", "none",
        "put the route in the table of a VRF"),
    row("add", None, "none", "off",
        "fail when route exists"),
    row("prepend", None, "none", "on",
        "put route ahead of equal ones"),
    row("append", None, "none", "off",
        "put route after equal ones"),
    row("or", Parts(ADDRESS), "(second half of a route)", "",
        "deprecated form for alternative gateway"),
    row("nexthop", Parts(NEXT_HOP), "via ADDR dev IF weight 1-256 onlink encap realms as", "none",
        "one leg of a multipath route"),
    row("no_track", None, "none", "off",
        "do not fault or restore on route loss"),
];

/// A rule, in the words of `ip rule`.
#[rustfmt::skip]
static RULE: &[Row] = &[
    row("inet", None, "none", "deduced",
        "force IPv4"),
    row("inet6", None, "none", "deduced",
        "force IPv6"),
    row("not", None, "none", "off",
        "invert the selector"),
    row("from", Parts(&[One(Kind::NetworkOr(&["all"]))]), "ADDR[/len] | all", "all",
        "source selector"),
    row("to", Parts(&[One(Kind::NetworkOr(&["all"]))]), "ADDR[/len] | all", "all",
        "destination selector"),
    row("table", Parts(&[One(Kind::NumberOrName(1, U32))]), "name | number", "none",
        "table to look up"),
    row("lookup", Parts(&[One(Kind::NumberOrName(1, U32))]), "name | number", "",
        "alias of table"),
    row("priority", Number(0, U32), "0-2^32-1", "16384 counting down, with a config error",
        "rule priority"),
    row("preference", Number(0, U32), "0-2^32-1", "",
        "alias of priority"),
    row("order", Number(0, U32), "0-2^32-1", "",
        "alias of priority"),
    row("tos", Parts(BYTE_OR_NAME), "name | 0-255", "0",
        "type of service selector"),
    row("dsfield", Parts(BYTE_OR_NAME), "name | 0-255", "",
        "alias of tos"),
    row("fwmark", Parts(&[One(Kind::Mark)]), "VALUE[/MASK]", "none",
        "mark selector"),
    row("iif", Parts(INTERFACE), "IFNAME", "none",
        "input interface selector"),
    row("dev", Parts(INTERFACE), "IFNAME", "",
        "alias of iif"),
    row("oif", Parts(INTERFACE), "IFNAME", "none",
        "output interface selector"),
    row("realms", Parts(REALMS), "[from/]to", "none",
        "IPv4 realms"),
    row("suppress_prefixlength", Parts(PREFIX_LENGTH), "0-32 / 0-128", "none",
        "ignore results with short prefix"),
    row("sup_pl", Parts(PREFIX_LENGTH), "as above", "",
        "alias of suppress_prefixlength"),
    row("suppress_ifgroup", Parts(NUMBER_OR_NAME), "group name or number", "none",
        "ignore results on interface group"),
    row("sup_group", Parts(NUMBER_OR_NAME), "as above", "",
        "alias of suppress_ifgroup"),
    row("tunnel-id", Number(0, i64::MAX), "number", "none",
        "tunnel id selector"),
    row("uidrange", Parts(&[One(Kind::Range(0, U32))]), "A-B", "none",
        "user id range"),
    row("l3mdev", None, "none", "off",
        "use table of the VRF device"),
    row("protocol", Parts(BYTE_OR_NAME), "name | 0-255", "keepalived (18)",
        "protocol tag; anything else needs no_track"),
    row("ipproto", Parts(&[One(Kind::NumberOrName(0, 255))]), "name | number", "none",
        "IP protocol selector (man says ip_proto)"),
    row("sport", Parts(&[One(Kind::Range(0, 65_535))]), "A-B, single port rejected", "none",
        "source port range"),
    row("dport", Parts(&[One(Kind::Range(0, 65_535))]), "A-B, single port rejected", "none",
        "destination port range"),
    row("goto", Number(0, U32), "priority", "none",
        "continue at another rule"),
    row("nop", None, "none", "off",
        "rule that does nothing"),
    row("blackhole", None, "none", "off",
        "drop silently"),
    row("unreachable", None, "none", "off",
        "drop with unreachable"),
    row("prohibit", None, "none", "off",
        "drop with prohibited"),
    row("no_track", None, "none", "off",
        "do not fault or restore on rule loss"),
];

/// What only static routes and rules take.
#[rustfmt::skip]
static TRACKED: &[Row] = &[
    row("track_group", Parts(&[One(Kind::Reference("track_group"))]), "NAME", "none",
        "re-add when these instances change").since("2.0.3"),
];
