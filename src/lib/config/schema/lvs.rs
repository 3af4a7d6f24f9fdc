//! IPVS: virtual servers, real servers and their checkers.

use super::Arguments::{Command, None, Number, Parts, Quoted, Seconds, Switch};
use super::parts::Kind;
use super::parts::Part::{Any, Many, Maybe, One};
use super::parts::{
    ADDRESS, ENDPOINT, FAMILY, FORWARDING, IDENTITY, INTERFACE, PORT_OR_ALL, Part, SCHEDULER, TEXT,
};
use super::{Arguments, Block, LONG, Row, U32, row};

/// Longest `connect_timeout`, in microseconds: 4294.967295 s.
const LONGEST_CONNECT: u64 = 4_294_967_295;

/// What a name server can be asked for.
const RECORD_TYPE: &[Part] =
    &[One(Kind::AnyCase(&["A", "NS", "CNAME", "SOA", "MX", "TXT", "AAAA", "RRSIG", "DNSKEY"]))];
/// What the number in a file is multiplied by.
const FILE_WEIGHT: &[Part] = &[One(Kind::Weight(2_147_483_647))];
/// Options of a pattern: those of PCRE2, in lower case.
const REGEX_OPTIONS: [&str; 27] = [
    "allow_empty_class",
    "alt_bsux",
    "alt_circumflex",
    "alt_verbnames",
    "anchored",
    "auto_callout",
    "caseless",
    "dollar_endonly",
    "dotall",
    "dupnames",
    "endanchored",
    "extended",
    "extended_more",
    "firstline",
    "literal",
    "match_unset_backref",
    "multiline",
    "never_backslash_c",
    "never_ucp",
    "never_utf",
    "no_auto_capture",
    "no_auto_possess",
    "no_dotstar_anchor",
    "no_start_optimize",
    "ucp",
    "ungreedy",
    "utf",
];

/// `virtual_server`.
pub(super) static SERVER: Block =
    Block { path: "virtual_server", rows: &[SERVER_ROWS], entries: false };

/// `virtual_server_group`.
pub(super) static SERVER_GROUP: Block =
    Block { path: "virtual_server_group", rows: &[SERVER_GROUP_ROWS], entries: true };

/// `SSL`.
pub(super) static SSL: Block = Block { path: "SSL", rows: &[SSL_ROWS], entries: false };

#[rustfmt::skip]
static SERVER_ROWS: &[Row] = &[
    row("ip_family", Parts(&[One(FAMILY)]), "inet | inet6", "deduced",
        "address family of a fwmark service").fatal().since("1.2.20"),
    row("retry", Number(1, U32), "integer >= 1", "checker default",
        "default retry of checkers").fatal(),
    row("delay_before_retry", Seconds(0, LONG), "decimal seconds", "checker default",
        "default retry delay").fatal().since("1.2.20"),
    row("warmup", Seconds(0, LONG), "decimal seconds", "delay_loop",
        "default maximum random start delay").fatal(),
    row("connect_timeout", Seconds(1, LONGEST_CONNECT), "decimal seconds", "5",
        "default connection timeout").fatal(),
    row("delay_loop", Seconds(1, LONG), "decimal seconds", "60",
        "default check interval").fatal(),
    row("inhibit_on_failure", Switch, "[BOOL]", "off",
        "default: weight 0 instead of removal"),
    row("lb_algo", Parts(SCHEDULER), "rr wrr lc wlc lblc lblcr sh mh dh fo ovf sed nq twos", "wlc with warning",
        "IPVS scheduler").fatal(),
    row("lvs_sched", Parts(SCHEDULER), "as lb_algo", "",
        "alias of lb_algo").fatal().since("1.1.5"),
    row("hashed", None, "none", "",
        "accepted, no effect")
        .accepted("it does nothing in keepalived either"),
    row("flag-1", None, "none", "off",
        "scheduler flag 1 by number"),
    row("flag-2", None, "none", "off",
        "scheduler flag 2 by number"),
    row("flag-3", None, "none", "off",
        "scheduler flag 3 by number"),
    row("sh-port", None, "none", "off",
        "sh: hash port too"),
    row("sh-fallback", None, "none", "off",
        "sh: try another server when chosen one is unavailable"),
    row("mh-port", None, "none", "off",
        "mh: hash port too").since("2.0.20"),
    row("mh-fallback", None, "none", "off",
        "mh: fall back to another server").since("2.0.20"),
    row("ops", None, "none", "off",
        "one packet scheduling for UDP"),
    row("lb_kind", Parts(FORWARDING), "NAT | DR | TUN [type ipip|gue|gre] [port P] [nocsum|csum|remcsum]", "NAT",
        "forwarding method").fatal(),
    row("lvs_method", Parts(FORWARDING), "as lb_kind", "",
        "alias of lb_kind").fatal().since("1.1.5"),
    row("persistence_engine", Parts(TEXT), "NAME", "none",
        "persistence engine such as sip; needs persistence_timeout").fatal(),
    row("persistence_timeout", Parts(&[Maybe(Kind::Number(1, 2_678_400))]), "[seconds 1-2678400]", "off; 360 when bare",
        "IPVS persistence"),
    row("persistence_granularity", Parts(&[One(Kind::Netmask)]), "netmask or IPv6 prefix length", "host",
        "persistence mask").fatal(),
    row("protocol", Parts(&[One(Kind::AnyCase(&["TCP", "UDP", "SCTP"]))]), "TCP | UDP | SCTP", "UDP with an error message",
        "transport protocol").fatal(),
    row("ha_suspend", None, "none", "off",
        "pause checkers while VIP is absent").since("1.0.0"),
    row("smtp_alert", Switch, "[BOOL]", "global setting, else off",
        "mail on quorum changes")
        .later("mail"),
    row("virtualhost", Parts(TEXT), "STRING", "none",
        "default Host header for web checkers"),
    row("snmp_name", Parts(TEXT), "STRING", "none",
        "name shown by SNMP")
        .later("SNMP"),
    row("alpha", None, "none", "off",
        "servers start down until first success"),
    row("omega", None, "none", "off",
        "run down notifications at shutdown"),
    row("quorum_up", Command, "\"command\" [user [group]]", "none",
        "run when quorum is gained").fatal(),
    row("quorum_down", Command, "\"command\" [user [group]]", "none",
        "run when quorum is lost").fatal(),
    row("quorum", Number(1, U32), "integer >= 1", "1",
        "weight needed for the service to be up").fatal(),
    row("hysteresis", Number(0, U32), "integer >= 0", "0",
        "margin on quorum").fatal().since("1.2.9"),
    row("weight", Number(1, 2_147_483_647), "1-2147483647", "1",
        "default weight of real servers").fatal(),
    row("sorry_server", Parts(ENDPOINT), "IP [PORT]", "none",
        "server used without quorum").fatal().since("0.6.4"),
    row("sorry_server_inhibit", None, "none", "off",
        "set sorry server weight 0 rather than remove"),
    row("sorry_server_lvs_method", Parts(FORWARDING), "as lb_kind", "lb_kind",
        "forwarding method of sorry server"),
    row("real_server", Parts(ENDPOINT), "IP [PORT], block", "",
        "one real server").fatal()
        .holds(&REAL),
];

#[rustfmt::skip]
static SERVER_GROUP_ROWS: &[Row] = &[
    row("ADDRESS", Parts(&[One(Kind::Addresses), Maybe(PORT_OR_ALL)]), "IP[-last octets or /prefix] [PORT]", "",
        "address or range of virtual addresses").since("1.0.2"),
    row("fwmark", Parts(&[One(Kind::Number(0, U32)), Maybe(FAMILY)]), "N [inet|inet6]", "family of real servers",
        "firewall mark member").since("1.0.2"),
];

#[rustfmt::skip]
static SSL_ROWS: &[Row] = &[
    row("password", Parts(TEXT), "STRING", "none",
        "key passphrase").secret()
        .later("private keys with a passphrase"),
    row("ca", Parts(TEXT), "PATH", "none",
        "CA file")
        .accepted("certificates of servers are not verified, nor by keepalived"),
    row("certificate", Parts(TEXT), "PATH", "none",
        "client certificate"),
    row("key", Parts(TEXT), "PATH", "none",
        "client private key"),
];

/// `virtual_server/real_server`.
static REAL: Block =
    Block { path: "virtual_server/real_server", rows: &[REAL_ROWS], entries: false };

#[rustfmt::skip]
static REAL_ROWS: &[Row] = &[
    row("weight", Number(0, 2_147_483_647), "0-2147483647", "virtual_server weight",
        "IPVS weight").fatal(),
    row("lvs_method", Parts(FORWARDING), "as lb_kind", "lb_kind",
        "forwarding method of this server").fatal(),
    row("uthreshold", Number(0, U32), "integer", "0",
        "IPVS upper connection threshold").fatal().since("1.1.13"),
    row("lthreshold", Number(0, U32), "integer", "0",
        "IPVS lower connection threshold").fatal().since("1.1.13"),
    row("inhibit_on_failure", Switch, "[BOOL]", "virtual_server setting",
        "weight 0 instead of removal on failure").since("0.6.8"),
    row("notify_up", Command, "\"command\" [user [group]]", "none",
        "run when server becomes up").fatal().since("1.0.0"),
    row("notify_down", Command, "\"command\" [user [group]]", "none",
        "run when server becomes down").fatal().since("1.0.0"),
    row("alpha", Switch, "[BOOL]", "virtual_server setting",
        "start down until first success"),
    row("retry", Number(1, U32), "integer >= 1", "virtual_server setting",
        "default retry of checkers").fatal(),
    row("delay_before_retry", Seconds(0, LONG), "decimal seconds", "virtual_server setting",
        "default retry delay").fatal(),
    row("warmup", Seconds(0, LONG), "decimal seconds", "virtual_server setting",
        "default maximum random start delay").fatal(),
    row("connect_timeout", Seconds(1, LONGEST_CONNECT), "decimal seconds", "virtual_server setting",
        "default connection timeout").fatal(),
    row("delay_loop", Seconds(1, LONG), "decimal seconds", "virtual_server setting",
        "default check interval").fatal(),
    row("smtp_alert", Switch, "[BOOL]", "global setting, else ON",
        "mail on state changes")
        .later("mail"),
    row("virtualhost", Parts(TEXT), "STRING", "virtual_server setting",
        "default Host header"),
    row("snmp_name", Parts(TEXT), "STRING", "none",
        "name shown by SNMP")
        .later("SNMP"),
    row("TCP_CHECK", Arguments::Block, "block", "",
        "TCP connect checker")
        .holds(&TCP_CHECK),
    row("HTTP_GET", Arguments::Block, "block", "",
        "HTTP checker")
        .holds(&HTTP_GET),
    row("SSL_GET", Arguments::Block, "block", "",
        "HTTPS checker")
        .holds(&SSL_GET),
    row("SMTP_CHECK", Arguments::Block, "block", "",
        "SMTP checker")
        .holds(&SMTP_CHECK),
    row("DNS_CHECK", Arguments::Block, "block", "",
        "DNS query checker").since("1.3.7")
        .holds(&DNS_CHECK),
    row("MISC_CHECK", Arguments::Block, "block", "",
        "external program checker")
        .holds(&MISC_CHECK),
    row("UDP_CHECK", Arguments::Block, "block", "",
        "UDP checker")
        .holds(&UDP_CHECK),
    row("PING_CHECK", Arguments::Block, "block", "",
        "ICMP echo checker")
        .holds(&PING_CHECK),
    row("FILE_CHECK", Arguments::Block, "block", "",
        "tracked file checker").since("2.0.3")
        .holds(&FILE_CHECK),
    row("BFD_CHECK", Arguments::Block, "block", "",
        "BFD session checker").since("2.0.0")
        .later("BFD")
        .holds(&BFD_CHECK),
];

/// What every checker that connects takes.
#[rustfmt::skip]
static CONNECTING: &[Row] = &[
    row("connect_ip", Parts(ADDRESS), "ADDR", "real server address",
        "address to check").fatal().since("1.2.13"),
    row("connect_port", Number(1, 65_535), "1-65535", "real server port",
        "port to check").fatal().since("1.2.13"),
    row("bindto", Parts(ADDRESS), "ADDR", "none",
        "local address").fatal(),
    row("bind_port", Number(1, 65_535), "1-65535", "none",
        "local port").fatal().since("1.2.13"),
    row("bind_if", Parts(INTERFACE), "IFNAME", "none",
        "local interface").fatal().since("1.3.7"),
    row("connect_timeout", Seconds(1, LONGEST_CONNECT), "decimal seconds", "real server setting (5)",
        "connection timeout").fatal(),
    row("fwmark", Number(0, U32), "0-2^32-1", "none",
        "mark of check packets").fatal(),
    row("retry", Number(0, U32), "integer >= 0", "1",
        "failures tolerated before down").fatal(),
    row("delay_before_retry", Seconds(0, LONG), "decimal seconds", "1",
        "gap between retries").fatal(),
    row("warmup", Seconds(0, LONG), "decimal seconds", "delay_loop",
        "maximum random start delay").fatal(),
    row("delay_loop", Seconds(1, LONG), "decimal seconds", "real server setting (60)",
        "check interval").fatal(),
    row("alpha", Switch, "[BOOL]", "real server setting",
        "start down until first success"),
    row("log_all_failures", Switch, "[BOOL]", "checker_log_all_failures",
        "log every failure").since("2.0.11"),
];

/// `virtual_server/real_server/TCP_CHECK`.
static TCP_CHECK: Block =
    Block { path: "virtual_server/real_server/TCP_CHECK", rows: &[CONNECTING], entries: false };

/// `virtual_server/real_server/HTTP_GET`.
static HTTP_GET: Block = Block {
    path: "virtual_server/real_server/HTTP_GET",
    rows: &[HTTP_GET_ROWS, CONNECTING],
    entries: false,
};

#[rustfmt::skip]
static HTTP_GET_ROWS: &[Row] = &[
    row("delay_before_retry", Seconds(0, LONG), "decimal seconds", "3",
        "gap between retries").fatal(),
    row("nb_get_retry", Number(0, U32), "integer", "",
        "deprecated alias of retry").fatal().old("retry"),
    row("virtualhost", Parts(TEXT), "STRING", "real/virtual server setting",
        "Host header"),
    row("http_protocol", Parts(&[One(Kind::Word(&["1.0", "1.0C", "1.0c", "1.1"]))]), "1.0 | 1.0C | 1.0c | 1.1", "1.0",
        "HTTP version; 1.0C adds Connection: close").since("2.0.17"),
    row("fast_recovery", Switch, "[BOOL]", "off",
        "recheck at once after recovery instead of next delay_loop").since("2.0.17"),
    row("url", Arguments::Block, "block", "",
        "one request; repeatable")
        .holds(&HTTP_GET_URL),
    row("enable_sni", None, "none", "off",
        "accepted; only useful for SSL_GET").since("1.4.3")
        .accepted("it means nothing without TLS"),
    row("sni_name", Parts(TEXT), "STRING", "none",
        "accepted; only useful for SSL_GET")
        .accepted("it means nothing without TLS"),
];

/// `virtual_server/real_server/SSL_GET`.
static SSL_GET: Block = Block {
    path: "virtual_server/real_server/SSL_GET",
    rows: &[SSL_GET_ROWS, CONNECTING],
    entries: false,
};

#[rustfmt::skip]
static SSL_GET_ROWS: &[Row] = &[
    row("delay_before_retry", Seconds(0, LONG), "decimal seconds", "3",
        "gap between retries").fatal(),
    row("nb_get_retry", Number(0, U32), "integer", "",
        "deprecated alias of retry").fatal().old("retry"),
    row("virtualhost", Parts(TEXT), "STRING", "real/virtual server setting",
        "Host header"),
    row("http_protocol", Parts(&[One(Kind::Word(&["1.0", "1.0C", "1.0c", "1.1"]))]), "1.0 | 1.0C | 1.0c | 1.1", "1.0",
        "HTTP version; 1.0C adds Connection: close").since("2.0.17"),
    row("fast_recovery", Switch, "[BOOL]", "off",
        "recheck at once after recovery instead of next delay_loop").since("2.0.17"),
    row("url", Arguments::Block, "block", "",
        "one request; repeatable")
        .holds(&SSL_GET_URL),
    row("enable_sni", None, "none", "off",
        "send the Host name as TLS server name").since("1.4.3"),
    row("sni_name", Parts(TEXT), "STRING", "virtualhost",
        "explicit TLS server name; also turns SNI on"),
    row("tls_compliant", Switch, "[BOOL]", "off",
        "send TLS close_notify instead of a quiet shutdown"),
];

/// `virtual_server/real_server/SMTP_CHECK`.
static SMTP_CHECK: Block = Block {
    path: "virtual_server/real_server/SMTP_CHECK",
    rows: &[SMTP_CHECK_ROWS, CONNECTING],
    entries: false,
};

#[rustfmt::skip]
static SMTP_CHECK_ROWS: &[Row] = &[
    row("helo_name", Parts(TEXT), "STRING", "smtpchecker.keepalived.org",
        "name given in HELO"),
    row("host", Arguments::Block, "block", "",
        "deprecated: one host to check; repeatable")
        .holds(&SMTP_HOST),
];

/// `virtual_server/real_server/DNS_CHECK`.
static DNS_CHECK: Block = Block {
    path: "virtual_server/real_server/DNS_CHECK",
    rows: &[DNS_CHECK_ROWS, CONNECTING],
    entries: false,
};

#[rustfmt::skip]
static DNS_CHECK_ROWS: &[Row] = &[
    row("retry", Number(0, U32), "integer >= 0", "3",
        "failures tolerated before down").fatal(),
    row("delay_before_retry", Seconds(0, LONG), "decimal seconds", "delay_loop",
        "gap between retries").fatal(),
    row("type", Parts(RECORD_TYPE), "A NS CNAME SOA MX TXT AAAA RRSIG DNSKEY", "SOA",
        "record type to query").fatal().since("1.3.7"),
    row("name", Parts(TEXT), "domain name", "root zone",
        "name to query").fatal().since("1.3.7"),
];

/// `virtual_server/real_server/MISC_CHECK`.
static MISC_CHECK: Block = Block {
    path: "virtual_server/real_server/MISC_CHECK",
    rows: &[MISC_CHECK_ROWS],
    entries: false,
};

#[rustfmt::skip]
static MISC_CHECK_ROWS: &[Row] = &[
    row("retry", Number(0, U32), "integer >= 0", "0",
        "failures tolerated before down").fatal(),
    row("delay_before_retry", Seconds(0, LONG), "decimal seconds", "1",
        "gap between retries").fatal(),
    row("warmup", Seconds(0, LONG), "decimal seconds", "delay_loop",
        "maximum random start delay").fatal(),
    row("delay_loop", Seconds(1, LONG), "decimal seconds", "real server setting (60)",
        "check interval").fatal(),
    row("alpha", Switch, "[BOOL]", "real server setting",
        "start down until first success"),
    row("log_all_failures", Switch, "[BOOL]", "checker_log_all_failures",
        "log every failure").since("2.0.11"),
    row("misc_path", Quoted, "\"command and args\"", "",
        "program to run"),
    row("misc_timeout", Number(0, 4_294), "seconds", "virtual server delay_loop",
        "run time limit").fatal().since("1.1.0"),
    row("misc_dynamic", None, "none", "off",
        "exit status sets the weight").since("1.1.8"),
    row("user", Parts(IDENTITY), "USER [GROUP]", "script_user",
        "identity of the program"),
];

/// `virtual_server/real_server/UDP_CHECK`.
static UDP_CHECK: Block = Block {
    path: "virtual_server/real_server/UDP_CHECK",
    rows: &[UDP_CHECK_ROWS, CONNECTING],
    entries: false,
};

#[rustfmt::skip]
static UDP_CHECK_ROWS: &[Row] = &[
    row("payload", Parts(&[Many(Kind::Hexadecimal(0))]), "hex string", "empty",
        "data to send"),
    row("require_reply", Parts(&[Any(Kind::Pattern)]), "[hex with x wildcards]", "off",
        "reply needed, optionally matching"),
    row("min_reply_length", Number(0, 65_535), "0-65535", "0",
        "shortest accepted reply").fatal(),
    row("max_reply_length", Number(0, 65_535), "0-65535", "255",
        "longest accepted reply").fatal(),
];

/// `virtual_server/real_server/PING_CHECK`.
static PING_CHECK: Block =
    Block { path: "virtual_server/real_server/PING_CHECK", rows: &[CONNECTING], entries: false };

/// `virtual_server/real_server/FILE_CHECK`.
static FILE_CHECK: Block = Block {
    path: "virtual_server/real_server/FILE_CHECK",
    rows: &[FILE_CHECK_ROWS],
    entries: false,
};

#[rustfmt::skip]
static FILE_CHECK_ROWS: &[Row] = &[
    row("track_file", Parts(&[One(Kind::Reference("track_file"))]), "NAME", "",
        "track_file to follow").fatal().since("2.0.3"),
    row("weight", Parts(FILE_WEIGHT), "-2147483647..2147483647 [reverse|noreverse]", "weight of the track_file",
        "multiplier of the file value").since("2.0.3"),
];

/// `virtual_server/real_server/BFD_CHECK`.
static BFD_CHECK: Block =
    Block { path: "virtual_server/real_server/BFD_CHECK", rows: &[BFD_CHECK_ROWS], entries: false };

#[rustfmt::skip]
static BFD_CHECK_ROWS: &[Row] = &[
    row("name", Parts(&[One(Kind::Reference("bfd_instance"))]), "NAME", "",
        "bfd_instance to follow").since("2.0.0"),
    row("alpha", Switch, "[BOOL]", "real server setting",
        "start down until session is up").since("2.0.0"),
];

/// `virtual_server/real_server/SMTP_CHECK/host`.
static SMTP_HOST: Block = Block {
    path: "virtual_server/real_server/SMTP_CHECK/host",
    rows: &[CONNECTING],
    entries: false,
};

/// `virtual_server/real_server/HTTP_GET/url`.
static HTTP_GET_URL: Block =
    Block { path: "virtual_server/real_server/HTTP_GET/url", rows: &[URL], entries: false };

/// `virtual_server/real_server/SSL_GET/url`.
static SSL_GET_URL: Block =
    Block { path: "virtual_server/real_server/SSL_GET/url", rows: &[URL, TLS_URL], entries: false };

#[rustfmt::skip]
static URL: &[Row] = &[
    row("path", Parts(TEXT), "PATH", "/",
        "path to request").fatal(),
    row("digest", Parts(&[One(Kind::Hexadecimal(32))]), "32 hex digits", "none",
        "expected MD5 of the body").fatal(),
    row("status_code", Parts(&[Many(Kind::Numbers(100, 599))]), "N or N-M ..., 100-599", "200-299",
        "accepted status codes").repeatable().since("0.7.6"),
    row("virtualhost", Parts(TEXT), "STRING", "checker setting",
        "Host header of this request"),
    row("regex", Quoted, "\"pattern\"", "none",
        "PCRE2 pattern expected in the body"),
    row("regex_no_match", None, "none", "off",
        "succeed when pattern is absent"),
    row("regex_options", Parts(&[Many(Kind::Word(&REGEX_OPTIONS))]), "list of names", "none",
        "PCRE2 compile options").repeatable(),
    row("regex_min_offset", Number(0, U32), "bytes", "0",
        "first offset for a match start"),
    row("regex_max_offset", Number(0, U32), "bytes", "none",
        "last offset for a match start"),
    row("regex_stack", Parts(&[One(Kind::Number(1, U32)), One(Kind::Number(1, U32))]), "START MAX bytes", "library",
        "PCRE2 JIT stack sizes")
        .accepted("a search has bounds of its own"),
];

#[rustfmt::skip]
static TLS_URL: &[Row] = &[
    row("tls_compliant", Switch, "[BOOL]", "off",
        "as the checker setting; either one enables it"),
];
