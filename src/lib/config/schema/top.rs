//! The language itself, the top level, and the small blocks.

use super::Arguments::{NamedBlock, None, Number, Parts, Seconds, Switch, Words};
use super::address::STATIC;
use super::global::GLOBAL;
use super::lvs::{SERVER, SERVER_GROUP, SSL};
use super::parts::Part::{Maybe, One};
use super::parts::{ADDRESS, INTERFACE, Kind, MAYBE_TEXT, Part, TEXT, WEIGHT_253};
use super::route::{STATIC_ROUTES, STATIC_RULES};
use super::vrrp::{FILE, GROUP, INSTANCE, OLD_FILE, PROCESS, SCRIPT};
use super::{Arguments, Block, I32, LONG, MANY, Row, row};

/// An interface, and how long it must be down and up to count so.
const DELAYED: &[Part] =
    &[One(Kind::Interface), One(Kind::Seconds(0, 255)), Maybe(Kind::Seconds(0, 255))];

/// `(parser)`.
pub static PARSER: Block = Block { path: "(parser)", rows: &[LANGUAGE], entries: false };

/// `(top)`.
pub static TOP: Block = Block { path: "(top)", rows: &[ROWS], entries: false };

#[rustfmt::skip]
static LANGUAGE: &[Row] = &[
    row("include", Words(1, MANY), "path or glob, braces allowed", "",
        "read other file(s) in place; a missing one is reported and skipped"),
    row("includer", Words(1, MANY), "path or glob", "",
        "include, and report an error when a matched file cannot be read"),
    row("includem", Words(1, MANY), "path or glob", "",
        "as includer, and error when a plain pattern matches nothing"),
    row("includew", Words(1, MANY), "path or glob", "",
        "as includem, and error when a wildcard matches nothing"),
    row("includeb", Words(1, MANY), "path or glob", "",
        "as includer, and error when a brace alternative matches nothing"),
    row("includea", Words(1, MANY), "path or glob", "",
        "include with all of the checks (r, m, w, b)"),
    row("@ID", Words(1, MANY), "prefix word at line start, exact match", "",
        "keep the line only when config-id equals ID"),
    row("@^ID", Words(1, MANY), "prefix word at line start, exact match", "",
        "keep the line only when config-id differs from ID"),
    row("$NAME=", Words(1, MANY), "value to end of line, or multi-line with trailing backslash", "",
        "define a textual substitution used as $NAME or ${NAME}"),
    row("~SEQ", Words(1, MANY), "(var,[start,[step,]]end) body", "",
        "repeat the line with var over an integer sequence"),
    row("~SEQx", Words(1, MANY), "(var,[start,[step,]]end) body", "",
        "as ~SEQ with hexadecimal values"),
    row("~LST", Words(1, MANY), "(var,v1,v2,...) or ({a,b},{1,2},...) body", "",
        "repeat the line over a list of values or tuples"),
    row("${_PWD}", None, "none", "directory of the file being read",
        "predefined: directory of current config file"),
    row("${_INSTANCE}", None, "none", "config-id",
        "predefined: the config-id value"),
    row("${_RANDOM}", Words(0, MANY), "[min [max]]", "0 32767",
        "predefined: random integer, new at each use"),
    row("${_ENV}", Words(1, MANY), "variable name", "",
        "predefined: value of an environment variable"),
    row("${_HASH}", None, "none", "#",
        "predefined: a literal hash character"),
    row("${_BANG}", None, "none", "!",
        "predefined: a literal exclamation mark"),
];

#[rustfmt::skip]
static ROWS: &[Row] = &[
    row("global_defs", Arguments::Block, "block", "",
        "process-wide settings block")
        .holds(&GLOBAL),
    row("net_namespace", Parts(TEXT), "NAME", "none",
        "run everything in this named network namespace; fixed across reload").since("1.2.24")
        .later("network namespaces"),
    row("net_namespace_ipvs", Parts(MAYBE_TEXT), "[NAME], omitted = default namespace", "same as net_namespace",
        "namespace in which IPVS is configured")
        .later("network namespaces"),
    row("namespace_with_ipsets", None, "none", "off",
        "allow ipsets together with a network namespace").since("1.3.0")
        .accepted("no ipsets are used"),
    row("use_pid_dir", None, "none", "off",
        "keep pid files in /run/keepalived/").since("1.2.24"),
    row("instance", Parts(TEXT), "NAME", "none",
        "name of this daemon instance; fixed across reload; implies use_pid_dir").since("1.2.24"),
    row("child_wait_time", Number(0, I32), "seconds, integer >= 0", "5",
        "how long parent waits for children on stop before SIGKILL").fatal(),
    row("linkbeat_use_polling", None, "none", "off",
        "poll link state instead of netlink, all interfaces")
        .accepted("link state comes from the kernel"),
    row("linkbeat_interfaces", Arguments::Block, "block of IFNAME [MII|ETHTOOL|IOCTL]", "none",
        "interfaces whose link is polled rather than netlink-monitored").since("2.0.13")
        .later("polling of link state")
        .holds(&LINKBEAT),
    row("interface_up_down_delays", Arguments::Block, "block of IFNAME down_delay [up_delay]", "none",
        "debounce link state changes per interface")
        .later("delays for link changes")
        .holds(&DELAYS),
    row("track_group", NamedBlock, "NAME block", "",
        "name a set of instances that static items are tracked by").since("2.0.3")
        .later("static addresses and routes")
        .holds(&TRACK_GROUP),
    row("static_ipaddress", Arguments::Block, "block of addresses", "",
        "addresses set at start, removed at stop").since("1.1.0")
        .later("static addresses and routes")
        .holds(&STATIC),
    row("static_routes", Arguments::Block, "block of routes", "",
        "routes set at start, removed at stop").since("1.0.1")
        .later("static addresses and routes")
        .holds(&STATIC_ROUTES),
    row("static_rules", Arguments::Block, "block of rules", "",
        "policy rules set at start, removed at stop").since("1.2.20")
        .later("static addresses and routes")
        .holds(&STATIC_RULES),
    row("vrrp_sync_group", NamedBlock, "NAME block", "",
        "instances that change state together").since("0.6.1")
        .holds(&GROUP),
    row("garp_group", Arguments::Block, "block", "",
        "rate limits for gratuitous ARP/NA on interfaces")
        .later("pacing over groups of interfaces")
        .holds(&GARP_GROUP),
    row("vrrp_instance", NamedBlock, "NAME block", "",
        "one virtual router")
        .holds(&INSTANCE),
    row("vrrp_script", NamedBlock, "NAME block", "",
        "periodic script whose exit status is tracked").since("1.1.13")
        .holds(&SCRIPT),
    row("vrrp_track_process", NamedBlock, "NAME block", "",
        "process presence tracker").since("2.0.11")
        .later("tracking of processes")
        .holds(&PROCESS),
    row("track_file", NamedBlock, "NAME block", "",
        "file whose numeric content is tracked").since(">2.0.20")
        .later("tracking of files")
        .holds(&FILE),
    row("vrrp_track_file", NamedBlock, "NAME block", "",
        "deprecated alias of track_file, logs a notice").since("2.0.0").old("track_file")
        .later("tracking of files")
        .holds(&OLD_FILE),
    row("bfd_instance", NamedBlock, "NAME (max 31 chars) block", "",
        "one BFD session").since("2.0.0")
        .later("BFD")
        .holds(&BFD),
    row("SSL", Arguments::Block, "block", "",
        "client TLS material for SSL_GET checkers")
        .holds(&SSL),
    row("virtual_server_group", NamedBlock, "NAME block", "",
        "named set of addresses/fwmarks sharing one real server list").since("1.0.2")
        .holds(&SERVER_GROUP),
    row("virtual_server", Words(1, 2), "IP [PORT] | fwmark N | group NAME, block", "",
        "one IPVS virtual service").fatal()
        .holds(&SERVER),
];

/// `linkbeat_interfaces`.
static LINKBEAT: Block =
    Block { path: "linkbeat_interfaces", rows: &[LINKBEAT_ROWS], entries: true };

#[rustfmt::skip]
static LINKBEAT_ROWS: &[Row] = &[
    row("IFNAME", Parts(&[One(Kind::Interface), Maybe(Kind::Word(&["MII", "ETHTOOL", "IOCTL"]))]), "[MII|ETHTOOL|IOCTL]", "best method found",
        "interface to poll and the polling method").since("2.0.13"),
];

/// `interface_up_down_delays`.
static DELAYS: Block =
    Block { path: "interface_up_down_delays", rows: &[DELAYS_ROWS], entries: true };

#[rustfmt::skip]
static DELAYS_ROWS: &[Row] = &[
    row("IFNAME", Parts(DELAYED), "down_delay [up_delay], decimal seconds 0-255", "up_delay 0 (man: same as down)",
        "debounce delays for link down and up"),
];

/// `track_group`.
static TRACK_GROUP: Block =
    Block { path: "track_group", rows: &[TRACK_GROUP_ROWS], entries: false };

#[rustfmt::skip]
static TRACK_GROUP_ROWS: &[Row] = &[
    row("group", Arguments::Block, "block of instance names", "",
        "VRRP instances of the group").since("2.0.3")
        .holds(&TRACK_GROUP_MEMBERS),
];

/// `garp_group`.
static GARP_GROUP: Block = Block { path: "garp_group", rows: &[GARP_GROUP_ROWS], entries: false };

#[rustfmt::skip]
static GARP_GROUP_ROWS: &[Row] = &[
    row("garp_interval", Seconds(0, LONG), "decimal seconds", "vrrp_garp_interval",
        "minimum gap between ARPs over the group").fatal(),
    row("gna_interval", Seconds(0, LONG), "decimal seconds", "vrrp_gna_interval",
        "minimum gap between NAs over the group").fatal(),
    row("interface", Parts(INTERFACE), "IFNAME", "",
        "single member interface").fatal(),
    row("interfaces", Arguments::Block, "block of IFNAME", "",
        "member interfaces")
        .holds(&GARP_INTERFACES),
];

/// `bfd_instance`.
static BFD: Block = Block { path: "bfd_instance", rows: &[BFD_ROWS], entries: false };

#[rustfmt::skip]
static BFD_ROWS: &[Row] = &[
    row("source_ip", Parts(ADDRESS), "ADDR", "chosen by kernel",
        "local address").since("2.0.0").fatal(),
    row("neighbor_ip", Parts(ADDRESS), "ADDR", "required",
        "remote address").since("2.0.0").fatal(),
    row("neighbour_ip", Parts(ADDRESS), "ADDR", "",
        "alias of neighbor_ip").since("2.0.0").fatal(),
    row("min_rx", Parts(&[One(Kind::Milliseconds(1, 4_294_967))]), "milliseconds 1-4294967, 3 decimals", "10",
        "required minimum receive interval").since("2.0.0").fatal(),
    row("min_tx", Parts(&[One(Kind::Milliseconds(1, 4_294_967))]), "milliseconds 1-4294967, 3 decimals", "10",
        "desired minimum transmit interval").since("2.0.0").fatal(),
    row("idle_tx", Parts(&[One(Kind::Milliseconds(1_000, 4_294_967))]), "milliseconds 1000-4294967", "1000",
        "transmit interval while not up").since("2.0.0").fatal(),
    row("multiplier", Number(1, 255), "1-255", "5",
        "detection multiplier").since("2.0.0").fatal(),
    row("passive", None, "none", "off",
        "send nothing until peer does").since("2.0.0"),
    row("ttl", Number(1, 255), "1-255", "255 IPv4, 64 IPv6",
        "TTL of sent packets").since("2.0.0").fatal(),
    row("hoplimit", Number(1, 255), "1-255", "",
        "alias of ttl").since("2.0.0").fatal(),
    row("max_hops", Number(-1, 255), "-1..255", "0",
        "hops allowed on receive; -1 or 255 disables check").since("2.0.0").fatal(),
    row("multihop", Switch, "[BOOL]", "off",
        "use multihop port 4784"),
    row("weight", Parts(WEIGHT_253), "-253..253 [reverse]", "0",
        "VRRP priority change; 0 means fault").since("2.0.0").fatal(),
    row("vrrp", None, "none", "both when neither is given",
        "send events to VRRP only").since("2.0.0"),
    row("checker", None, "none", "both when neither is given",
        "send events to checkers only").since("2.0.0"),
];

/// `track_group/group`.
static TRACK_GROUP_MEMBERS: Block = Block { path: "track_group/group", rows: &[], entries: true };

/// `garp_group/interfaces`.
static GARP_INTERFACES: Block = Block { path: "garp_group/interfaces", rows: &[], entries: true };
