//! Virtual routers, sync groups, scripts and trackers.

use super::Arguments::{Choice, Command, MaybeNumber, None, Number, Parts, Seconds, Switch};
use super::address::{EXCLUDED, VIRTUAL};
use super::parts::Part::{Flag, Many, Maybe, Named, One};
use super::parts::{
    ADDRESS, IDENTITY, INTERFACE, Kind, Part, TEXT, TRACKED_FILE, TRACKED_INTERFACE,
    TRACKED_PROCESS, TRACKED_SCRIPT, TRACKED_SESSION, WEIGHT_253, WEIGHT_254,
};
use super::route::{VIRTUAL_ROUTES, VIRTUAL_RULES};
use super::{Arguments, Block, I32, LONG, Row, U32, row};

/// `use_vmac`: its name, the interface below it, its address.
pub(super) const MACVLAN: &[Part] = &[
    Maybe(Kind::Interface),
    Maybe(Kind::Interface),
    Maybe(Kind::Mac),
    Flag("netlink_notify_msg"),
    Named("group", Kind::NumberOrName(0, U32)),
];
/// `use_ipvlan`: its name, the interface below it, its address.
const IPVLAN: &[Part] = &[
    Maybe(Kind::Interface),
    Maybe(Kind::Interface),
    Maybe(Kind::Network),
    Maybe(Kind::Word(&["bridge", "private", "vepa"])),
    Named("group", Kind::NumberOrName(0, U32)),
];
/// A peer, and how far away it may be.
const PEER: &[Part] = &[
    One(Kind::Address),
    Named("min_ttl", Kind::Number(0, 255)),
    Named("max_ttl", Kind::Number(0, 255)),
];

/// `vrrp_instance`.
pub(super) static INSTANCE: Block =
    Block { path: "vrrp_instance", rows: &[INSTANCE_ROWS], entries: false };

/// `vrrp_sync_group`.
pub(super) static GROUP: Block =
    Block { path: "vrrp_sync_group", rows: &[GROUP_ROWS], entries: false };

/// `vrrp_script`.
pub(super) static SCRIPT: Block =
    Block { path: "vrrp_script", rows: &[SCRIPT_ROWS], entries: false };

#[rustfmt::skip]
static INSTANCE_ROWS: &[Row] = &[
    row("use_vmac", Parts(MACVLAN), "[[NAME] IFNAME] [MAC or 5-octet MAC prefix] [netlink_notify_msg] [group G]", "off; vmac_prefix.VRID",
        "run on a macvlan with the virtual router MAC").since("1.2.6")
        .later("virtual MAC addresses"),
    row("use_vmac_addr", None, "none", "off",
        "VMACs also for VIPs configured on other interfaces")
        .later("virtual MAC addresses"),
    row("vmac_xmit_base", None, "none", "off",
        "adverts on the base interface instead of the VMAC").since("1.2.14")
        .later("virtual MAC addresses"),
    row("use_ipvlan", Parts(IPVLAN), "[[NAME] IFNAME] [IP] [bridge|private|vepa] [group G]", "off",
        "run on an ipvlan L2 interface").since("2.0.17")
        .later("virtual MAC addresses"),
    row("unicast_peer", Arguments::Block, "block of addresses", "none",
        "send adverts to these peers instead of multicast").since("1.2.8")
        .holds(&PEERS),
    row("unicast_fault_no_peer", None, "none", "off",
        "go to FAULT when no peer is configured")
        .later("a fault for lack of peers"),
    row("check_unicast_src", Switch, "[BOOL]", "vrrp_check_unicast_src",
        "accept adverts only from configured peers"),
    row("old_unicast_checksum", Parts(&[Flag("never")]), "[never]", "automatic",
        "use (or never use) pre-1.3.7 unicast v3 checksum").since("1.3.7")
        .later("the unicast checksum of keepalived before 1.3.7"),
    row("native_ipv6", None, "none", "",
        "obsolete, use IPv6 addresses instead").since("1.2.1")
        .accepted("the family follows from the addresses"),
    row("state", Choice(&["MASTER", "BACKUP"]), "MASTER | BACKUP", "BACKUP",
        "initial state wanted").fatal(),
    row("interface", Parts(INTERFACE), "IFNAME", "none",
        "interface of the instance").fatal(),
    row("vrf", Parts(INTERFACE), "VRFNAME", "VRF of the interface",
        "VRF to bind sockets in").fatal()
        .later("VRF"),
    row("dont_track_primary", None, "none", "off",
        "ignore faults of the instance's own interface").since("1.1.8"),
    row("track_interface", Arguments::Block, "block", "",
        "tracked interfaces").since("1.0.1")
        .holds(&INSTANCE_INTERFACES),
    row("track_script", Arguments::Block, "block", "",
        "tracked scripts")
        .holds(&INSTANCE_SCRIPTS),
    row("track_file", Arguments::Block, "block", "",
        "tracked files")
        .later("tracking of files")
        .holds(&INSTANCE_FILES),
    row("track_process", Arguments::Block, "block", "",
        "tracked processes").since("2.0.11")
        .later("tracking of processes")
        .holds(&INSTANCE_PROCESSES),
    row("track_bfd", Arguments::Block, "block", "",
        "tracked BFD sessions").since("2.0.0")
        .later("BFD")
        .holds(&INSTANCE_SESSIONS),
    row("mcast_src_ip", Parts(ADDRESS), "ADDR", "primary address of interface",
        "source address of adverts").since("0.6.1").fatal(),
    row("unicast_src_ip", Parts(ADDRESS), "ADDR", "primary address of interface",
        "source address for unicast adverts").since("1.2.10").fatal(),
    row("mcast_dst_ip", Parts(&[One(Kind::Multicast(true, true))]), "multicast ADDR, IPv6 link-local", "vrrp_mcast_group4/6",
        "per-instance multicast group").fatal(),
    row("track_src_ip", None, "none", "off",
        "FAULT while source address is not configured")
        .later("tracking of the source address"),
    row("virtual_router_id", Number(1, 255), "1-255", "required",
        "VRID").fatal(),
    row("unicast_ttl", Number(0, 255), "0-255", "255",
        "TTL of unicast adverts; harmful without peers").fatal(),
    row("version", Choice(&["2", "3"]), "2|3", "vrrp_version",
        "protocol version of the instance").fatal(),
    row("priority", Number(1, 255), "1-255", "100; 255 if unset with state MASTER",
        "base priority; 255 means address owner").fatal(),
    row("advert_int", Seconds(1, LONG), "decimal seconds; v2 1-255, v3 0.01-40.95", "1",
        "interval between adverts").fatal(),
    row("virtual_ipaddress", Arguments::Block, "block of addresses", "empty",
        "addresses advertised and owned by master")
        .holds(&VIRTUAL),
    row("virtual_ipaddress_excluded", Arguments::Block, "block of addresses", "empty",
        "addresses owned by master but not advertised").since("0.5.9")
        .holds(&EXCLUDED),
    row("no_virtual_ipaddress", None, "none", "off",
        "allow an instance without any VIP"),
    row("promote_secondaries", None, "none", "off",
        "set promote_secondaries on the interface").since("1.2.20")
        .accepted("addresses are compared with the kernel and put back"),
    row("linkbeat_use_polling", None, "none", "",
        "deprecated; use linkbeat_interfaces")
        .accepted("link state comes from the kernel"),
    row("v3_checksum_as_v2", Switch, "[BOOL]", "global value",
        "VRRPv3 IPv4 checksum without pseudo header"),
    row("virtual_routes", Arguments::Block, "block of routes", "empty",
        "routes installed by master").since("1.0.1")
        .later("virtual routes and rules")
        .holds(&VIRTUAL_ROUTES),
    row("virtual_rules", Arguments::Block, "block of rules", "empty",
        "policy rules installed by master").since("1.2.20")
        .later("virtual routes and rules")
        .holds(&VIRTUAL_RULES),
    row("accept", None, "none", "on unless strict",
        "accept packets addressed to VIPs"),
    row("no_accept", None, "none", "off",
        "drop packets addressed to VIPs, by firewall").since("1.3.0")
        .later("packet filtering"),
    row("skip_check_adv_addr", Switch, "[BOOL], off still sets it", "vrrp_skip_check_adv_addr",
        "skip repeated address list check"),
    row("strict_mode", Switch, "[BOOL]", "vrrp_strict",
        "strict RFC behaviour for this instance"),
    row("preempt", None, "none", "on",
        "take over from lower-priority master"),
    row("nopreempt", None, "none", "off",
        "do not take over from a lower-priority master").since("1.1.8"),
    row("preempt_delay", Seconds(0, 1_000_000_000), "decimal seconds 0-1000", "0",
        "wait before taking over from lower-priority master").since("1.1.8").fatal(),
    row("debug", Number(0, 4), "0-4", "0",
        "unused debug level").fatal()
        .accepted("it does nothing in keepalived either; use --log"),
    row("notify_master", Command, "\"command\" [user [group]]", "none",
        "run when entering MASTER").since("0.5.9").fatal(),
    row("notify_backup", Command, "\"command\" [user [group]]", "none",
        "run when entering BACKUP").since("0.5.9").fatal(),
    row("notify_fault", Command, "\"command\" [user [group]]", "none",
        "run when entering FAULT").since("0.5.9").fatal(),
    row("notify_stop", Command, "\"command\" [user [group]]", "none",
        "run at shutdown").since("1.1.13").fatal(),
    row("notify_deleted", Command, "\"command\" [user [group]]", "none, notifies as FAULT",
        "run when a reload removes the instance"),
    row("notify", Command, "\"command\" [user [group]]", "none",
        "run for every change with four extra arguments").fatal(),
    row("notify_master_rx_lower_pri", Command, "\"command\" [user [group]]", "none",
        "run when a master hears a lower-priority advert").since("2.0.6").fatal(),
    row("smtp_alert", Switch, "[BOOL]", "global setting, else off",
        "mail on state change")
        .later("mail"),
    row("notify_priority_changes", Switch, "[BOOL]", "vrrp_notify_priority_changes",
        "write priority changes to FIFO"),
    row("lvs_sync_daemon_interface", Parts(INTERFACE), "IFNAME", "",
        "deprecated; use global lvs_sync_daemon").fatal()
        .later("the old form of lvs_sync_daemon"),
    row("garp_master_delay", Seconds(0, LONG), "seconds >= 0", "vrrp_garp_master_delay",
        "delay of second ARP batch").since("0.7.1").fatal(),
    row("garp_master_refresh", Seconds(0, LONG), "seconds >= 0", "vrrp_garp_master_refresh",
        "period of repeated ARP while master").since("1.2.10").fatal(),
    row("garp_master_repeat", Number(1, I32), "integer >= 1", "vrrp_garp_master_repeat",
        "ARPs per batch").since("1.2.14").fatal(),
    row("garp_master_refresh_repeat", Number(1, I32), "integer >= 1", "vrrp_garp_master_refresh_repeat",
        "ARPs per refresh").since("1.2.14").fatal(),
    row("garp_lower_prio_delay", Seconds(0, LONG), "seconds >= 0", "vrrp_garp_lower_prio_delay",
        "second batch delay after lower-priority advert").fatal(),
    row("garp_lower_prio_repeat", Number(0, I32), "integer >= 0", "vrrp_garp_lower_prio_repeat",
        "ARPs per batch after lower-priority advert").fatal(),
    row("garp_extra_if", Parts(&[Flag("all"), One(Kind::Number(0, 86_400))]), "[all] seconds 0-86400", "vrrp_garp_extra_if",
        "ARPs for VIPs on other interfaces")
        .later("virtual MAC addresses"),
    row("vmac_garp_intvl", Parts(&[Flag("all"), One(Kind::Number(0, 86_400))]), "[all] seconds 0-86400", "",
        "deprecated alias of garp_extra_if").old("garp_extra_if")
        .later("virtual MAC addresses"),
    row("down_timer_adverts", Number(1, 100), "1-100", "vrrp_down_timer_adverts (3)",
        "missed adverts before takeover").fatal(),
    row("timer_expired_backup", MaybeNumber(1, 254), "[1-254]", "off; 254 when bare",
        "with nopreempt: step down after a process stall; value is highest priority of others")
        .accepted("a router that slept too long always elects again"),
    row("thread_timer_expired", MaybeNumber(1, 254), "[1-254]", "",
        "alias of timer_expired_backup, with warning")
        .accepted("a router that slept too long always elects again"),
    row("lower_prio_no_advert", Switch, "[BOOL]", "vrrp_lower_prio_no_advert",
        "do not answer lower-priority adverts"),
    row("higher_prio_send_advert", Switch, "[BOOL]", "vrrp_higher_prio_send_advert",
        "send one advert before yielding").since("1.3.5"),
    row("owner_ignore_adverts", Switch, "[BOOL]", "vrrp_owner_ignore_adverts",
        "owner ignores received adverts"),
    row("kernel_rx_buf_size", Number(0, U32), "bytes", "policy of vrrp_rx_bufs_policy",
        "receive buffer of the instance socket")
        .accepted("buffers are sized by ha"),
    row("authentication", Arguments::Block, "block", "none",
        "VRRPv2 authentication")
        .holds(&AUTHENTICATION),
    row("auth_hmac", Arguments::Block, "block", "none",
        "HMAC extension of adverts")
        .later("authentication by HMAC")
        .holds(&HMAC),
];

#[rustfmt::skip]
static GROUP_ROWS: &[Row] = &[
    row("group", Arguments::Block, "block of instance names", "",
        "members of the group")
        .holds(&MEMBERS),
    row("track_interface", Arguments::Block, "block", "",
        "interfaces tracked by every member")
        .holds(&GROUP_INTERFACES),
    row("track_script", Arguments::Block, "block", "",
        "scripts tracked by every member")
        .holds(&GROUP_SCRIPTS),
    row("track_file", Arguments::Block, "block", "",
        "files tracked by every member")
        .later("tracking of files")
        .holds(&GROUP_FILES),
    row("track_process", Arguments::Block, "block", "",
        "processes tracked by every member").since("2.0.11")
        .later("tracking of processes")
        .holds(&GROUP_PROCESSES),
    row("track_bfd", Arguments::Block, "block", "",
        "BFD sessions tracked by every member").since("2.0.0")
        .later("BFD")
        .holds(&GROUP_SESSIONS),
    row("notify_master", Command, "\"command\" [user [group]]", "none",
        "run when group becomes master").since("0.5.9").fatal(),
    row("notify_backup", Command, "\"command\" [user [group]]", "none",
        "run when group becomes backup").since("0.5.9").fatal(),
    row("notify_fault", Command, "\"command\" [user [group]]", "none",
        "run when group enters fault").since("0.5.9").fatal(),
    row("notify_stop", Command, "\"command\" [user [group]]", "none",
        "run at shutdown").since("1.1.13").fatal(),
    row("notify", Command, "\"command\" [user [group]]", "none",
        "run for every change with four extra arguments").fatal(),
    row("smtp_alert", Switch, "[BOOL]", "global setting, else off",
        "mail on group state changes")
        .later("mail"),
    row("global_tracking", None, "none", "",
        "deprecated; same as sync_group_tracking_weight").old("sync_group_tracking_weight"),
    row("sync_group_tracking_weight", None, "none", "off",
        "let weighted trackers alter member priorities").since("2.0.0"),
    row("notify_priority_changes", Switch, "[BOOL]", "global setting",
        "write priority changes of members to FIFO"),
];

#[rustfmt::skip]
static SCRIPT_ROWS: &[Row] = &[
    row("script", Command, "\"command\" [user [group]]", "",
        "command whose exit status counts").since("1.1.13"),
    row("interval", Seconds(1, 4_294_000_000_000), "decimal seconds, 1 ms resolution", "1",
        "time between runs").fatal(),
    row("timeout", Seconds(1, 4_294_000_000_000), "decimal seconds, 1 ms resolution", "interval",
        "run time after which it counts as failed").fatal(),
    row("weight", Parts(WEIGHT_253), "-253..253 [reverse]", "0",
        "priority change; 0 means fault").fatal(),
    row("rise", Number(1, I32), "integer >= 1", "1",
        "successes needed to be good").fatal(),
    row("fall", Number(1, I32), "integer >= 1", "1",
        "failures needed to be bad").fatal(),
    row("user", Parts(IDENTITY), "USER [GROUP]", "script_user",
        "identity of the script").fatal(),
    row("init_fail", None, "none", "off",
        "assume failed until first success").since("1.3.2"),
];

/// `vrrp_sync_group/group`.
static MEMBERS: Block = Block { path: "vrrp_sync_group/group", rows: &[], entries: true };

#[rustfmt::skip]
static INTERFACES: &[Row] = &[
    row("IFNAME", Parts(TRACKED_INTERFACE), "[weight -253..253 [reverse|noreverse]]", "0 (fault on down)",
        "interface to track"),
];

/// `vrrp_instance/track_interface`.
static INSTANCE_INTERFACES: Block =
    Block { path: "vrrp_instance/track_interface", rows: &[INTERFACES], entries: true };

/// `vrrp_sync_group/track_interface`.
static GROUP_INTERFACES: Block =
    Block { path: "vrrp_sync_group/track_interface", rows: &[INTERFACES], entries: true };

#[rustfmt::skip]
static SCRIPTS: &[Row] = &[
    row("NAME", Parts(TRACKED_SCRIPT), "[weight -253..253 [reverse|noreverse]]", "weight of the vrrp_script",
        "vrrp_script to track"),
];

/// `vrrp_instance/track_script`.
static INSTANCE_SCRIPTS: Block =
    Block { path: "vrrp_instance/track_script", rows: &[SCRIPTS], entries: true };

/// `vrrp_sync_group/track_script`.
static GROUP_SCRIPTS: Block =
    Block { path: "vrrp_sync_group/track_script", rows: &[SCRIPTS], entries: true };

#[rustfmt::skip]
static FILES: &[Row] = &[
    row("NAME", Parts(TRACKED_FILE), "[weight -254..254 [reverse|noreverse]]", "weight of the track_file",
        "track_file to track"),
];

/// `vrrp_instance/track_file`.
static INSTANCE_FILES: Block =
    Block { path: "vrrp_instance/track_file", rows: &[FILES], entries: true };

/// `vrrp_sync_group/track_file`.
static GROUP_FILES: Block =
    Block { path: "vrrp_sync_group/track_file", rows: &[FILES], entries: true };

#[rustfmt::skip]
static PROCESSES: &[Row] = &[
    row("NAME", Parts(TRACKED_PROCESS), "[weight -254..254 [reverse|noreverse]]", "weight of the process tracker",
        "vrrp_track_process to track"),
];

/// `vrrp_instance/track_process`.
static INSTANCE_PROCESSES: Block =
    Block { path: "vrrp_instance/track_process", rows: &[PROCESSES], entries: true };

/// `vrrp_sync_group/track_process`.
static GROUP_PROCESSES: Block =
    Block { path: "vrrp_sync_group/track_process", rows: &[PROCESSES], entries: true };

#[rustfmt::skip]
static SESSIONS: &[Row] = &[
    row("NAME", Parts(TRACKED_SESSION), "[weight -253..253 [reverse|noreverse]]", "weight of the bfd_instance",
        "BFD session to track"),
];

/// `vrrp_instance/track_bfd`.
static INSTANCE_SESSIONS: Block =
    Block { path: "vrrp_instance/track_bfd", rows: &[SESSIONS], entries: true };

/// `vrrp_sync_group/track_bfd`.
static GROUP_SESSIONS: Block =
    Block { path: "vrrp_sync_group/track_bfd", rows: &[SESSIONS], entries: true };

/// `vrrp_instance/unicast_peer`.
static PEERS: Block =
    Block { path: "vrrp_instance/unicast_peer", rows: &[PEERS_ROWS], entries: true };

#[rustfmt::skip]
static PEERS_ROWS: &[Row] = &[
    row("ADDRESS", Parts(PEER), "[min_ttl 0-255] [max_ttl 0-255]", "no limits",
        "peer address"),
    row("min_ttl", Number(0, 255), "0-255", "none",
        "drop adverts of this peer below TTL; enables source check"),
    row("max_ttl", Number(0, 255), "0-255", "none",
        "drop adverts of this peer above TTL; enables source check"),
];

/// `vrrp_instance/authentication`.
static AUTHENTICATION: Block =
    Block { path: "vrrp_instance/authentication", rows: &[AUTHENTICATION_ROWS], entries: false };

#[rustfmt::skip]
static AUTHENTICATION_ROWS: &[Row] = &[
    row("auth_type", Choice(&["PASS", "AH"]), "PASS | AH", "none",
        "authentication method").fatal(),
    row("auth_pass", Parts(TEXT), "string, first 8 bytes used", "none",
        "shared secret").fatal().secret(),
];

/// `vrrp_instance/auth_hmac`.
static HMAC: Block = Block { path: "vrrp_instance/auth_hmac", rows: &[HMAC_ROWS], entries: false };

#[rustfmt::skip]
static HMAC_ROWS: &[Row] = &[
    row("key", Parts(&[One(Kind::Number(1, 255)), One(Kind::Text)]), "1-255 VALUE (ASCII, hex:..., file:PATH), 32-64 bytes", "",
        "one key with its id").secret().repeatable(),
    row("active_key", Number(1, 255), "1-255", "required",
        "key id used for sending"),
    row("time_window", Seconds(1_000_000, 300_000_000), "seconds 1-300", "3 x advert_int within 5-300",
        "accepted clock difference"),
    row("anti_replay", Choice(&["time", "monotonic"]), "time | monotonic", "time",
        "replay protection method"),
    row("mode", Choice(&["enforce", "permissive", "receive-only"]), "enforce | permissive | receive-only", "enforce",
        "what is sent and what is required"),
];

/// `vrrp_track_process`.
pub(super) static PROCESS: Block =
    Block { path: "vrrp_track_process", rows: &[PROCESS_ROWS], entries: false };

#[rustfmt::skip]
static PROCESS_ROWS: &[Row] = &[
    row("process", Parts(&[Many(Kind::Text)]), "COMMAND [params]", "",
        "name and optional parameters to look for").since("2.0.11").fatal(),
    row("param_match", Parts(&[Maybe(Kind::Word(&["initial", "partial"]))]), "[initial|partial]", "exact",
        "how parameters are compared").since("2.0.11"),
    row("weight", Parts(WEIGHT_254), "-254..254 [reverse]", "0",
        "priority change; 0 means fault").since("2.0.11"),
    row("quorum", Number(1, 65_535), "1-65535", "1",
        "minimum number of processes").since("2.0.11").fatal(),
    row("quorum_max", Number(0, 65_535), "0-65535", "unlimited",
        "maximum number of processes").since("2.0.16").fatal(),
    row("delay", Seconds(1, 3_600_000_000), "decimal seconds 0.000001-3600", "none",
        "sets both fork and terminate delay").since("2.0.11").fatal(),
    row("terminate_delay", Seconds(0, 3_600_000_000), "decimal seconds 0-3600", "0",
        "wait before counting a loss").since("2.0.11").fatal(),
    row("fork_delay", Seconds(0, 3_600_000_000), "decimal seconds 0-3600", "0",
        "wait before counting an arrival").since("2.0.11").fatal(),
    row("full_command", None, "none", "off",
        "compare the full command line").since("2.0.11"),
];

/// `track_file`.
pub(super) static FILE: Block = Block { path: "track_file", rows: &[FILE_ROWS], entries: false };

/// `vrrp_track_file`.
pub(super) static OLD_FILE: Block =
    Block { path: "vrrp_track_file", rows: &[FILE_ROWS], entries: false };

#[rustfmt::skip]
static FILE_ROWS: &[Row] = &[
    row("file", Parts(TEXT), "PATH", "",
        "file to watch").since("2.0.0"),
    row("weight", Parts(WEIGHT_254), "-254..254 [reverse]", "1",
        "multiplier of file value").since("2.0.0"),
    row("init_file", Parts(&[Maybe(Kind::Number(-I32 - 1, I32)), Flag("overwrite")]), "[VALUE] [overwrite]", "off; value 0 when bare",
        "create the file with a value at start").since("2.0.0"),
];
