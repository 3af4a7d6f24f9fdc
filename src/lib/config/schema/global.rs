//! Keywords of `global_defs`.

use super::Arguments::{Choice, Command, MaybeNumber, None, Number, Parts, Seconds, Switch, Words};
use super::parts::Part::{Any, Flag, Many, Maybe, Named, One};
use super::parts::{
    FILTER_NAME, IDENTITY, INTERFACE, Kind, MAYBE_TEXT, PIPE, PORT, PROCESS_NAME, PROCESSORS, Part,
    TEXT,
};
use super::{Arguments, Block, I32, LONG, MANY, Row, U32, row};

/// Seconds that the kernel remembers an idle connection; 0 changes nothing.
const TIMEOUT: Kind = Kind::Number(0, 2_678_400);
/// `lvs_timeouts`.
const TIMEOUTS: &[Part] = &[Named("tcp", TIMEOUT), Named("tcpfin", TIMEOUT), Named("udp", TIMEOUT)];
/// `lvs_sync_daemon`.
const SYNC_DAEMON: &[Part] = &[
    One(Kind::Interface),
    Flag("inst"),
    One(Kind::Reference("vrrp_instance")),
    Named("id", Kind::Number(0, 255)),
    Named("maxlen", Kind::Number(1, 65_507)),
    Named("port", PORT),
    Named("ttl", Kind::Number(1, 255)),
    Named("group", Kind::Multicast(true, true)),
];
/// `include_check`; with `+` or `-` a word changes what held before.
const INCLUDE_CHECKS: &[Part] = &[Any(Kind::Word(&[
    "read",
    "match",
    "wildcard_match",
    "brace_match",
    "+read",
    "+match",
    "+wildcard_match",
    "+brace_match",
    "-read",
    "-match",
    "-wildcard_match",
    "-brace_match",
]))];

/// `global_defs`.
pub(super) static GLOBAL: Block = Block { path: "global_defs", rows: &[ROWS], entries: false };

/// `global_defs/notification_email`.
pub(super) static MAIL: Block =
    Block { path: "global_defs/notification_email", rows: &[], entries: true };

#[rustfmt::skip]
static ROWS: &[Row] = &[
    row("process_names", None, "none", "off",
        "set distinct default names for the child processes")
        .accepted("processes are named by their command"),
    row("process_name", Parts(PROCESS_NAME), "NAME (max 15 chars)", "keepalived",
        "comm name of the parent").since("2.0.16").fatal()
        .accepted("processes are named by their command"),
    row("vrrp_process_name", Parts(PROCESS_NAME), "NAME (max 15 chars)", "none",
        "comm name of VRRP child").fatal()
        .accepted("processes are named by their command"),
    row("checker_process_name", Parts(PROCESS_NAME), "NAME (max 15 chars)", "none",
        "comm name of checker child").fatal()
        .accepted("processes are named by their command"),
    row("lvs_process_name", Parts(PROCESS_NAME), "NAME", "",
        "deprecated alias of checker_process_name (2020-07)").old("checker_process_name").fatal()
        .accepted("processes are named by their command"),
    row("bfd_process_name", Parts(PROCESS_NAME), "NAME (max 15 chars)", "none",
        "comm name of BFD child").fatal()
        .accepted("processes are named by their command"),
    row("use_symlink_paths", Switch, "[BOOL]", "off",
        "run scripts by configured path, not the symlink-resolved one"),
    row("set_supplementary_groups", Switch, "[BOOL]", "off",
        "give scripts the supplementary groups of their user")
        .later("supplementary groups of scripts"),
    row("router_id", Parts(TEXT), "STRING", "hostname",
        "identifier used in email subjects and SNMP").since("1.1.8"),
    row("notification_email_from", Parts(TEXT), "email address", "user@hostname",
        "sender of alerts")
        .later("mail"),
    row("smtp_server", Parts(&[One(Kind::Text), Maybe(PORT)]), "host or IP [PORT 1-65535]", "none, port 25",
        "mail relay for alerts").fatal()
        .later("mail"),
    row("smtp_helo_name", Parts(TEXT), "STRING", "hostname",
        "name given in HELO").since("2.0.11")
        .later("mail"),
    row("smtp_connect_timeout", Seconds(0, LONG), "decimal seconds", "30",
        "mail connection timeout").fatal()
        .later("mail"),
    row("notification_email", Arguments::Block, "block of addresses", "empty",
        "alert recipients")
        .later("mail")
        .holds(&MAIL),
    row("smtp_alert", Switch, "[BOOL]", "unset",
        "default for all smtp_alert settings")
        .later("mail"),
    row("startup_script", Command, "\"command\" [user [group]]", "none",
        "run by the parent before children start")
        .later("scripts at start and stop"),
    row("startup_script_timeout", Seconds(1_000_000, 1_000_000_000), "seconds 1-1000", "10",
        "time limit of startup_script")
        .later("scripts at start and stop"),
    row("shutdown_script", Command, "\"command\" [user [group]]", "none",
        "run by the parent after children stopped")
        .later("scripts at start and stop"),
    row("shutdown_script_timeout", Seconds(1_000_000, 1_000_000_000), "seconds 1-1000", "10",
        "time limit of shutdown_script")
        .later("scripts at start and stop"),
    row("max_auto_priority", MaybeNumber(-1, 99), "[-1..99]", "0 (off); no value = maximum",
        "ceiling for automatic realtime priority increase")
        .later("scheduling of processes"),
    row("min_auto_priority_delay", Number(1, 10_000_000), "microseconds 1-10000000", "1000000",
        "lateness that triggers an automatic priority increase")
        .later("scheduling of processes"),
    row("smtp_alert_vrrp", Switch, "[BOOL]", "value of smtp_alert",
        "default smtp_alert for VRRP")
        .later("mail"),
    row("smtp_alert_checker", Switch, "[BOOL]", "value of smtp_alert",
        "default smtp_alert for virtual and real servers")
        .later("mail"),
    row("checker_log_all_failures", Switch, "[BOOL]", "off",
        "log each failed check, not only state changes").since("2.0.11"),
    row("dynamic_interfaces", Parts(&[Flag("allow_if_changes")]), "[allow_if_changes]", "off",
        "permit configured interfaces that do not exist yet")
        .accepted("a missing interface is always a fault that ends when it appears"),
    row("no_email_faults", None, "none", "off",
        "no mail for instances entering FAULT")
        .later("mail"),
    row("default_interface", Parts(INTERFACE), "IFNAME", "eth0",
        "interface for static addresses without dev").since("1.2.24")
        .later("static addresses and routes"),
    row("disable_local_igmp", None, "none", "off",
        "stop kernel IGMP for link-local groups; Linux 4.3+; fixed across reload")
        .accepted("the kernel decides about IGMP"),
    row("v3_checksum_as_v2", Switch, "[BOOL], source ignores value", "off",
        "VRRPv3 IPv4 checksum without pseudo header (global)"),
    row("lvs_timeouts", Parts(TIMEOUTS), "[tcp S] [tcpfin S] [udp S], 0..2678400", "kernel values",
        "set IPVS connection timeouts"),
    row("lvs_flush", None, "none", "off",
        "clear the whole IPVS table at start").since("1.2.23"),
    row("lvs_flush_on_stop", Parts(&[Flag("VS")]), "[VS]", "off",
        "at stop flush IPVS in one go, or delete virtual services only").since("2.0.15"),
    row("lvs_flush_onstop", Parts(&[Flag("VS")]), "[VS]", "",
        "deprecated alias of lvs_flush_on_stop").old("lvs_flush_on_stop"),
    row("lvs_sync_daemon", Parts(SYNC_DAEMON), "IFNAME [inst] VRRP_INSTANCE [id 0-255] [maxlen 1-65507] [port P] [ttl 1-255] [group ADDR]", "none",
        "run IPVS connection sync following a VRRP instance").since("1.2.20"),
    row("vrrp_mcast_group4", Parts(&[One(Kind::Multicast(true, false))]), "IPv4 multicast", "224.0.0.18",
        "VRRP group for IPv4").since("1.2.10").fatal(),
    row("vrrp_mcast_group6", Parts(&[One(Kind::Multicast(false, true))]), "IPv6 multicast", "ff02::12",
        "VRRP group for IPv6").since("1.2.10").fatal(),
    row("vrrp_garp_master_delay", Seconds(0, LONG), "seconds >= 0", "5",
        "delay of the second gratuitous ARP batch").fatal(),
    row("vrrp_garp_master_repeat", Number(1, I32), "integer >= 1", "5",
        "gratuitous ARPs per batch").fatal(),
    row("vrrp_garp_master_refresh", Seconds(0, LONG), "seconds >= 0", "0 (off)",
        "interval of periodic gratuitous ARP while master").fatal(),
    row("vrrp_garp_master_refresh_repeat", Number(1, I32), "integer >= 1", "1",
        "ARPs per periodic refresh").fatal(),
    row("vrrp_garp_lower_prio_delay", Seconds(0, LONG), "seconds >= 0", "garp_master_delay",
        "second-batch delay after a lower-priority advert").fatal(),
    row("vrrp_garp_lower_prio_repeat", Number(0, I32), "integer >= 0", "garp_master_repeat",
        "ARPs per batch after a lower-priority advert").fatal(),
    row("vrrp_down_timer_adverts", Number(1, 100), "1-100", "3",
        "advert intervals missed before backup takes over").fatal(),
    row("vrrp_garp_interval", Seconds(0, LONG), "decimal seconds, microsecond resolution", "0",
        "minimum gap between ARPs on an interface").fatal(),
    row("vrrp_gna_interval", Seconds(0, LONG), "decimal seconds, microsecond resolution", "0",
        "minimum gap between gratuitous NAs on an interface").fatal(),
    row("vrrp_min_garp", Switch, "[BOOL]", "off",
        "reduce gratuitous ARP to one message per transition").since("2.0.12"),
    row("vrrp_garp_extra_if", Parts(&[Flag("all"), One(Kind::Number(1, 86_400))]), "[all] seconds 1-86400", "off",
        "send ARPs for VIPs on other interfaces too, periodically")
        .later("virtual MAC addresses"),
    row("vrrp_vmac_garp_intvl", Parts(&[Flag("all"), One(Kind::Number(1, 86_400))]), "[all] seconds 1-86400", "",
        "deprecated alias of vrrp_garp_extra_if").old("vrrp_garp_extra_if")
        .later("virtual MAC addresses"),
    row("vrrp_lower_prio_no_advert", Switch, "[BOOL]", "off",
        "do not answer a lower-priority advert with ours"),
    row("vrrp_higher_prio_send_advert", Switch, "[BOOL]", "on (off in keepalived)",
        "send one advert before yielding to a higher priority").since("1.3.6"),
    row("vrrp_version", Choice(&["2", "3"]), "2|3", "2",
        "default protocol version").fatal(),
    row("vrrp_iptables", Parts(&[Maybe(FILTER_NAME); 2]), "[in-chain [out-chain]]", "off; INPUT/OUTPUT when bare",
        "use iptables to drop traffic for non-accepted VIPs").since("1.2.20")
        .later("packet filtering"),
    row("vrrp_ipsets", Parts(&[Maybe(FILTER_NAME); 6]), "[addr [addr6 [addr_if6 [igmp [mld [nd]]]]]]", "keepalived, keepalived6, keepalived_if6, keepalived_igmp, keepalived_mld, keepalived_nd",
        "names of ipsets used with iptables; bare disables ipsets").since("1.3.0")
        .later("packet filtering"),
    row("nftables", Parts(&[Maybe(FILTER_NAME)]), "[TABLE]", "keepalived when bare",
        "use nftables for accept mode and VMAC filtering")
        .later("packet filtering"),
    row("nftables_priority", Number(-I32, I32), "int32", "-1",
        "hook priority of VRRP base chains").fatal()
        .later("packet filtering"),
    row("nftables_ifindex", Switch, "[BOOL]", "off",
        "match interface by index rather than name in nftables")
        .later("packet filtering"),
    row("nftables_ipvs", Parts(&[Maybe(FILTER_NAME)]), "[TABLE]", "keepalived_ipvs when bare",
        "use nftables marks for virtual server groups")
        .later("packet filtering"),
    row("nftables_ipvs_priority", Number(-I32, I32), "int32", "-1",
        "hook priority of the IPVS chains").fatal()
        .later("packet filtering"),
    row("nftables_ipvs_start_fwmark", Number(1, U32), "1-2^32-1", "1000",
        "first mark to allocate for nftables_ipvs").fatal()
        .later("packet filtering"),
    row("nftables_counters", Switch, "[BOOL]", "off",
        "add counters to generated rules")
        .later("packet filtering"),
    row("vrrp_check_unicast_src", None, "none", "off",
        "accept unicast adverts only from configured peers"),
    row("vrrp_skip_check_adv_addr", Switch, "[BOOL]", "off",
        "skip address list check when same master sent previous advert"),
    row("vrrp_strict", Switch, "[BOOL]", "off",
        "enforce strict RFC behaviour").since("1.2.20"),
    row("vrrp_priority", Number(-20, 19), "-20..19", "0",
        "nice value of VRRP child")
        .later("scheduling of processes"),
    row("vrrp_no_swap", None, "none", "off",
        "lock VRRP child in memory")
        .later("scheduling of processes"),
    row("vrrp_rt_priority", Number(-I32, I32), "integer", "off",
        "SCHED_RR priority of VRRP child")
        .later("scheduling of processes"),
    row("vrrp_cpu_affinity", Parts(PROCESSORS), "cpu ids", "all",
        "CPUs VRRP child may use").since("2.0.17")
        .later("scheduling of processes"),
    row("vrrp_rlimit_rttime", Number(2, I32), "microseconds >= 2", "10000",
        "hard RLIMIT_RTTIME of VRRP child").fatal()
        .later("scheduling of processes"),
    row("vrrp_rlimit_rtime", Number(0, U32), "microseconds", "",
        "deprecated alias of vrrp_rlimit_rttime (2020-02)").old("vrrp_rlimit_rttime").fatal()
        .later("scheduling of processes"),
    row("notify_fifo", Parts(PIPE), "PATH [user [group]]", "none",
        "FIFO for VRRP and virtual server events").since("1.4.3"),
    row("notify_fifo_script", Command, "\"command\" [user [group]]", "none",
        "program started to read notify_fifo; gets FIFO path last"),
    row("vrrp_notify_fifo", Parts(PIPE), "PATH [user [group]]", "none",
        "FIFO for VRRP events"),
    row("vrrp_notify_fifo_script", Command, "\"command\" [user [group]]", "none",
        "reader of vrrp_notify_fifo"),
    row("vrrp_notify_priority_changes", Switch, "[BOOL]", "off",
        "write priority changes to FIFO"),
    row("fifo_write_vrrp_states_on_reload", None, "none", "off",
        "write every state to FIFO again after reload"),
    row("lvs_notify_fifo", Parts(PIPE), "PATH [user [group]]", "none",
        "FIFO for virtual/real server events"),
    row("lvs_notify_fifo_script", Command, "\"command\" [user [group]]", "none",
        "reader of lvs_notify_fifo"),
    row("checker_priority", Number(-20, 19), "-20..19", "0",
        "nice value of checker child")
        .later("scheduling of processes"),
    row("checker_no_swap", None, "none", "off",
        "lock checker child in memory")
        .later("scheduling of processes"),
    row("checker_rt_priority", Number(-I32, I32), "integer", "off",
        "SCHED_RR priority of checker child")
        .later("scheduling of processes"),
    row("checker_cpu_affinity", Parts(PROCESSORS), "cpu ids", "all",
        "CPUs checker child may use").since("2.0.17")
        .later("scheduling of processes"),
    row("checker_rlimit_rttime", Number(2, I32), "microseconds >= 2", "10000",
        "hard RLIMIT_RTTIME of checker child").fatal()
        .later("scheduling of processes"),
    row("checker_rlimit_rtime", Number(0, U32), "microseconds", "",
        "deprecated alias of checker_rlimit_rttime").old("checker_rlimit_rttime").fatal()
        .later("scheduling of processes"),
    row("bfd_priority", Number(-20, 19), "-20..19", "0",
        "nice value of BFD child")
        .later("scheduling of processes"),
    row("bfd_no_swap", None, "none", "off",
        "lock BFD child in memory")
        .later("scheduling of processes"),
    row("bfd_rt_priority", Number(-I32, I32), "integer", "off",
        "SCHED_RR priority of BFD child")
        .later("scheduling of processes"),
    row("bfd_cpu_affinity", Parts(PROCESSORS), "cpu ids", "all",
        "CPUs BFD child may use").since("2.0.17")
        .later("scheduling of processes"),
    row("bfd_rlimit_rttime", Number(2, I32), "microseconds >= 2", "10000",
        "hard RLIMIT_RTTIME of BFD child").fatal()
        .later("scheduling of processes"),
    row("bfd_rlimit_rtime", Number(0, U32), "microseconds", "",
        "deprecated alias of bfd_rlimit_rttime").old("bfd_rlimit_rttime").fatal()
        .later("scheduling of processes"),
    row("snmp_socket", Words(1, MANY), "net-snmp transport address", "unix:/var/agentx/master",
        "AgentX master address")
        .later("SNMP"),
    row("enable_traps", None, "none", "off",
        "send SNMP traps")
        .later("SNMP"),
    row("enable_snmp_vrrp", None, "none", "off",
        "serve KEEPALIVED-MIB VRRP part")
        .later("SNMP"),
    row("enable_snmp_keepalived", None, "none", "",
        "deprecated alias of enable_snmp_vrrp").old("enable_snmp_vrrp")
        .later("SNMP"),
    row("enable_snmp_checker", None, "none", "off",
        "serve KEEPALIVED-MIB checker part")
        .later("SNMP"),
    row("enable_snmp_rfc", None, "none", "off",
        "serve both RFC VRRP MIBs")
        .later("SNMP"),
    row("enable_snmp_rfcv2", None, "none", "off",
        "serve the RFC2787 MIB")
        .later("SNMP"),
    row("enable_snmp_rfcv3", None, "none", "off",
        "serve the RFC6527 MIB")
        .later("SNMP"),
    row("snmp_vs_stats_update_interval", Seconds(1_000, 30_000_000), "decimal seconds 0.001-30", "5",
        "cache time of virtual server statistics")
        .later("SNMP"),
    row("snmp_rs_stats_update_interval", Seconds(1_000, 30_000_000), "decimal seconds 0.001-30", "value for virtual servers",
        "cache time of real server statistics")
        .later("SNMP"),
    row("enable_dbus", None, "none", "off",
        "start the D-Bus interface (build option)")
        .later("D-Bus"),
    row("dbus_service_name", Parts(&[One(Kind::BusName)]), "well-known bus name", "org.keepalived.Vrrp1",
        "bus name to own")
        .later("D-Bus"),
    row("dbus_no_interface_name", Parts(TEXT), "STRING", "none",
        "object path element for instances without interface")
        .later("D-Bus"),
    row("script_user", Parts(IDENTITY), "USER [GROUP]", "keepalived_script if it exists, else current user",
        "default identity of scripts"),
    row("enable_script_security", None, "none", "off",
        "refuse to run root scripts that non-root could alter").since("1.3.0"),
    row("vrrp_netlink_cmd_rcv_bufs", Number(0, U32), "bytes", "kernel default",
        "receive buffer of VRRP netlink command socket")
        .accepted("buffers are sized by ha"),
    row("vrrp_netlink_cmd_rcv_bufs_force", Switch, "[BOOL]", "off",
        "exceed rmem_max for that buffer")
        .accepted("buffers are sized by ha"),
    row("vrrp_netlink_monitor_rcv_bufs", Number(0, U32), "bytes", "kernel default",
        "receive buffer of VRRP netlink monitor")
        .accepted("buffers are sized by ha"),
    row("vrrp_netlink_monitor_rcv_bufs_force", Switch, "[BOOL]", "off",
        "exceed rmem_max for that buffer")
        .accepted("buffers are sized by ha"),
    row("process_monitor_rcv_bufs", Number(0, U32), "bytes", "kernel default",
        "receive buffer of process event socket")
        .accepted("buffers are sized by ha"),
    row("process_monitor_rcv_bufs_force", Switch, "[BOOL]", "off",
        "exceed rmem_max for that buffer")
        .accepted("buffers are sized by ha"),
    row("lvs_netlink_cmd_rcv_bufs", Number(0, U32), "bytes", "kernel default",
        "receive buffer of checker netlink command socket")
        .accepted("buffers are sized by ha"),
    row("lvs_netlink_cmd_rcv_bufs_force", Switch, "[BOOL]", "off",
        "exceed rmem_max for that buffer")
        .accepted("buffers are sized by ha"),
    row("lvs_netlink_monitor_rcv_bufs", Number(0, U32), "bytes", "kernel default",
        "receive buffer of checker netlink monitor")
        .accepted("buffers are sized by ha"),
    row("lvs_netlink_monitor_rcv_bufs_force", Switch, "[BOOL]", "off",
        "exceed rmem_max for that buffer")
        .accepted("buffers are sized by ha"),
    row("rs_init_notifies", None, "none", "off",
        "run notify scripts for real servers at startup"),
    row("no_checker_emails", None, "none", "off",
        "mail only when real server state changes, not for each checker").since("2.0.0")
        .later("mail"),
    row("vrrp_rx_bufs_policy", Parts(&[One(Kind::NumberOr(0, U32, &["MTU", "ADVERT"]))]), "MTU | ADVERT | bytes", "kernel default",
        "how to size VRRP receive buffers")
        .accepted("buffers are sized by ha"),
    row("vrrp_rx_bufs_multiplier", Number(1, I32), "integer >= 1", "3",
        "multiplier for the policy size")
        .accepted("buffers are sized by ha"),
    row("vrrp_startup_delay", Seconds(1_000, LONG), "decimal seconds >= 0.001", "none",
        "wait before instances start").since("2.0.14").fatal(),
    row("vrrp_delay_after_boot", Seconds(0, LONG), "decimal seconds since boot", "0",
        "hold VRRP start until this much uptime")
        .later("a delay counted from boot"),
    row("log_unknown_vrids", None, "none", "off",
        "log adverts for VRIDs not configured").since("2.0.16")
        .later("logging of unknown VRIDs"),
    row("vrrp_owner_ignore_adverts", Switch, "[BOOL]", "off",
        "address owners ignore received adverts"),
    row("vmac_prefix", Parts(TEXT), "STRING", "vrrp",
        "prefix of generated VMAC interface names").fatal()
        .later("virtual MAC addresses"),
    row("vmac_addr_prefix", Parts(TEXT), "STRING", "vmac_prefix",
        "prefix of VMAC names made for use_vmac_addr / per-VIP use_vmac").fatal()
        .later("virtual MAC addresses"),
    row("umask", Parts(&[Many(Kind::Permissions)]), "octal number or S_I* names joined with |", "as inherited",
        "file creation mask; command line wins").fatal(),
    row("random_seed", Number(0, U32), "unsigned integer", "time based",
        "seed random values for testing; applied too late for same parse").fatal()
        .accepted("seeds are given on the command line"),
    row("reload_check_config", Parts(MAYBE_TEXT), "[LOGFILE]", "off; /dev/null when bare",
        "test the config before a reload and refuse a bad one")
        .accepted("a reload always checks first; an invalid file changes nothing"),
    row("reload_time_file", Parts(TEXT), "PATH", "none",
        "file holding a time at which to reload")
        .later("timed reload"),
    row("reload_repeat", None, "none", "off",
        "repeat timed reload daily")
        .later("timed reload"),
    row("reload_file", Parts(MAYBE_TEXT), "[PATH]", "off; <piddir>/keepalived.reload when bare",
        "refuse reload while file exists; created during reload")
        .later("timed reload"),
    row("include_check", Parts(INCLUDE_CHECKS), "[+|-] read | match | wildcard_match | brace_match ...", "off",
        "default checks for include; bare = all"),
    row("config_save_dir", Parts(TEXT), "PATH", "none",
        "save dumps of configuration at load and reload").fatal()
        .accepted("`ha config show --json` prints the model"),
    row("tmp_config_directory", Parts(TEXT), "PATH", "memfd in memory",
        "directory for the intermediate config copy; fixed across reload")
        .accepted("no copy of the configuration is kept"),
    row("data_use_instance", Switch, "[BOOL]", "off",
        "put namespace and instance into dump file names"),
    row("json_version", Choice(&["1", "2"]), "1|2", "1",
        "layout of the JSON dump")
        .accepted("`ha status --json` replaces the dumps"),
    row("iproute_usr_dir", Parts(TEXT), "PATH", "/usr/share/iproute2",
        "where iproute2 name tables are installed"),
    row("iproute_etc_dir", Parts(TEXT), "PATH", "/etc/iproute2",
        "where local iproute2 name tables live"),
    row("state_dump_file", Parts(TEXT), "PATH", "keepalived.data in TMPDIR",
        "template of SIGUSR1 dump name"),
    row("stats_dump_file", Parts(TEXT), "PATH", "keepalived.stats in TMPDIR",
        "parsed but not used: fixed file name applies")
        .accepted("`ha status --json` replaces the dumps"),
    row("json_dump_file", Parts(TEXT), "PATH", "keepalived.json in TMPDIR",
        "parsed but not used: fixed file name applies")
        .accepted("`ha status --json` replaces the dumps"),
];
