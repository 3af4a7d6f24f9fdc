//! keepalived's options: names, arguments, what they are for, and why some have no effect here.

/// Whether an option takes an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Argument {
    /// It does not.
    None,
    /// It does; what to call it in the help.
    Required(&'static str),
    /// It may, in the same word: `-tFILE`, `--config-test=FILE`.
    Optional(&'static str),
}

/// What an option asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    File,
    VrrpOnly,
    CheckersOnly,
    Console,
    Detail,
    Facility,
    LogFile,
    NoSyslog,
    Umask,
    KeepAddresses,
    KeepTable,
    NoRespawn,
    Foreground,
    DumpConfiguration,
    Pid,
    VrrpPid,
    CheckersPid,
    Genhash,
    Namespace,
    Core,
    CorePattern,
    EveryFile,
    ConfigId,
    SignalNumber,
    Test,
    IgnoreInterrupt,
    StateDir,
    Version,
    Help,
    /// Accepted, and without effect here for this reason.
    Nothing(&'static str),
}

/// One option.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    pub key: Key,
    pub short: Option<char>,
    pub long: &'static str,
    pub argument: Argument,
    pub help: &'static str,
}

const fn flag(key: Key, short: Option<char>, long: &'static str, help: &'static str) -> Spec {
    Spec { key, short, long, argument: Argument::None, help }
}

const fn value(
    key: Key,
    short: Option<char>,
    long: &'static str,
    name: &'static str,
    help: &'static str,
) -> Spec {
    Spec { key, short, long, argument: Argument::Required(name), help }
}

const fn perhaps(
    key: Key,
    short: Option<char>,
    long: &'static str,
    name: &'static str,
    help: &'static str,
) -> Spec {
    Spec { key, short, long, argument: Argument::Optional(name), help }
}

const fn nothing(
    short: Option<char>,
    long: &'static str,
    argument: Argument,
    why: &'static str,
) -> Spec {
    Spec { key: Key::Nothing(why), short, long, argument, help: "" }
}

const DEBUGS: &str = "it is for debugging keepalived's own code";
const NO_BFD: &str = "this version has no BFD";
const NO_SNMP: &str = "this version has no SNMP; see `ha status --json`";

/// Every option, in the order of the help.
pub const TABLE: &[Spec] = &[
    value(Key::File, Some('f'), "use-file", "FILE", "read this configuration"),
    flag(Key::VrrpOnly, Some('P'), "vrrp", "run the virtual routers, not the load balancer"),
    flag(Key::CheckersOnly, Some('C'), "check", "run the load balancer, not the virtual routers"),
    flag(Key::Foreground, Some('n'), "dont-fork", "stay in the foreground"),
    flag(Key::Console, Some('l'), "log-console", "with -n: log to stderr as well"),
    flag(Key::Detail, Some('D'), "log-detail", "log more; twice: log every packet"),
    value(
        Key::Facility,
        Some('S'),
        "log-facility",
        "FACILITY",
        "syslog facility: 0 to 7 or local0 to local7, user, daemon (default)",
    ),
    perhaps(
        Key::LogFile,
        Some('g'),
        "log-file",
        "FILE",
        "log to the end of a file, one for each process",
    ),
    flag(Key::NoSyslog, Some('G'), "no-syslog", "do not log to syslog"),
    flag(Key::DumpConfiguration, Some('d'), "dump-conf", "log what the configuration means"),
    value(Key::Pid, Some('p'), "pid", "FILE", "pid file of the daemon"),
    value(Key::VrrpPid, Some('r'), "vrrp_pid", "FILE", "pid file of the VRRP process"),
    value(Key::CheckersPid, Some('c'), "checkers_pid", "FILE", "pid file of the checks"),
    nothing(Some('b'), "bfd_pid", Argument::Required("FILE"), NO_BFD),
    value(Key::ConfigId, Some('i'), "config-id", "ID", "what @ID lines are compared with"),
    flag(Key::EveryFile, Some('e'), "all-config", "every file to be included must be there"),
    perhaps(
        Key::Test,
        Some('t'),
        "config-test",
        "FILE",
        "check the configuration and exit; say what is wrong on stderr, or at the end of FILE",
    ),
    flag(
        Key::KeepTable,
        Some('I'),
        "dont-release-ipvs",
        "a stop leaves virtual servers in the kernel's table",
    ),
    flag(
        Key::KeepAddresses,
        Some('V'),
        "dont-release-vrrp",
        "leave the virtual addresses in place on stop",
    ),
    flag(Key::NoRespawn, Some('R'), "dont-respawn", "stop when a process ends unasked"),
    value(Key::Umask, Some('u'), "umask", "MASK", "file creation mask (0 for octal, 0x for hex)"),
    value(Key::Namespace, Some('s'), "namespace", "NAME", "run in this network namespace"),
    flag(Key::Core, Some('m'), "core-dump", "allow core files"),
    perhaps(
        Key::CorePattern,
        Some('M'),
        "core-dump-pattern",
        "PATTERN",
        "allow core files, and name them so on the whole machine while running (default core)",
    ),
    value(
        Key::SignalNumber,
        None,
        "signum",
        "NAME",
        "print the number of the signal for STOP, RELOAD, DATA, STATS, STATS_CLEAR, JSON, TDUMP",
    ),
    flag(Key::IgnoreInterrupt, None, "ignore-sigint", "ignore SIGINT"),
    value(
        Key::StateDir,
        None,
        "state-dir",
        "DIR",
        "where `ha status` and `ha ctl` find this daemon (not an option of keepalived)",
    ),
    flag(Key::Genhash, Some('T'), "genhash", "be genhash; must come first"),
    flag(Key::Version, Some('v'), "version", "say which version this is"),
    flag(Key::Help, Some('h'), "help", "say this"),
    nothing(
        None,
        "all",
        Argument::None,
        "a process that the configuration gives nothing to do is not started",
    ),
    nothing(None, "flush-log-file", Argument::None, "every line is written at once"),
    nothing(
        Some('X'),
        "release-vips",
        Argument::None,
        "a stop always gives the virtual addresses to the next master, unless with -V",
    ),
    nothing(Some('B'), "no_bfd", Argument::None, NO_BFD),
    nothing(
        Some('a'),
        "address-monitoring",
        Argument::None,
        "`ip monitor address` shows addresses that come and go",
    ),
    nothing(Some('x'), "snmp", Argument::None, NO_SNMP),
    nothing(Some('A'), "snmp-agent-socket", Argument::Required("SOCKET"), NO_SNMP),
    nothing(
        None,
        "config-fd",
        Argument::Required("N"),
        "it is between processes of keepalived itself",
    ),
    nothing(None, "perf", Argument::Optional("WHAT"), DEBUGS),
    nothing(None, "debug", Argument::Optional("WHAT"), DEBUGS),
    nothing(None, "no-mem-check", Argument::None, DEBUGS),
    nothing(Some('L'), "mem-check-log", Argument::None, DEBUGS),
    nothing(None, "openssl-mem-check", Argument::None, DEBUGS),
];

impl Spec {
    /// The option with this letter.
    #[must_use]
    pub fn by_letter(letter: char) -> Option<&'static Self> {
        TABLE.iter().find(|spec| spec.short == Some(letter))
    }

    /// The option with this name, or the only one whose name begins with it.
    #[must_use]
    pub fn by_name(name: &str) -> Option<&'static Self> {
        if let Some(exact) = TABLE.iter().find(|spec| spec.long == name) {
            return Some(exact);
        }
        let mut matching = TABLE.iter().filter(|spec| spec.long.starts_with(name));
        matching.next().filter(|_| matching.next().is_none())
    }

    /// As people write it: `-x, --snmp`.
    #[must_use]
    pub fn names(&self) -> String {
        let argument = match self.argument {
            Argument::None => String::new(),
            Argument::Required(name) => format!("={name}"),
            Argument::Optional(name) => format!("[={name}]"),
        };
        let short = self.short.map_or_else(|| "    ".to_owned(), |letter| format!("-{letter}, "));
        format!("{short}--{}{argument}", self.long)
    }
}
