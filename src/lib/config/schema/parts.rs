//! Arguments that are several, or of a kind of their own: what each of them is, so that the manual
//! and `ha config keywords --json` can say it, and a test can hold those who read them to it.

use super::U32;
use Part::{Any, Flag, Many, Maybe, Named, One};

/// An argument, or a word that brings one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// It must be there.
    One(Kind),
    /// It may be there.
    Maybe(Kind),
    /// At least one of them must be there.
    Many(Kind),
    /// As many of them as wanted may be there.
    Any(Kind),
    /// This word may be there.
    Flag(&'static str),
    /// This word may be there, and then a value behind it.
    Named(&'static str, Kind),
}

/// What an argument is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any word.
    Text,
    /// A name of at most so many bytes.
    Name(usize),
    /// The name of an interface.
    Interface,
    /// A block of this keyword, by its name.
    Reference(&'static str),
    /// A user of this host.
    User,
    /// A group of this host.
    Group,
    /// An integer in a range.
    Number(i64, i64),
    /// A weight from minus this to this, and `reverse` or `noreverse` if wanted.
    Weight(i64),
    /// The same, or one of these words.
    NumberOr(i64, i64, &'static [&'static str]),
    /// The same, or a name from the tables of iproute2.
    NumberOrName(i64, i64),
    /// A whole or decimal number of milliseconds, in a range.
    Milliseconds(i64, i64),
    /// A whole or decimal number of seconds, in a range.
    Seconds(i64, i64),
    /// A time with `s` or `ms` behind it.
    Time,
    /// One of these words.
    Word(&'static [&'static str]),
    /// One of these words, in large or small letters.
    AnyCase(&'static [&'static str]),
    /// Two numbers in a range with `-` between.
    Range(i64, i64),
    /// A number in a range, or two with `-` between.
    Numbers(i64, i64),
    /// An address of either family.
    Address,
    /// A multicast address; of IPv4 and IPv6, or of one of them.
    Multicast(bool, bool),
    /// An address, with or without a prefix length.
    Network,
    /// An IPv6 address, with or without a prefix length.
    Ipv6Network,
    /// A network, or one of these words.
    NetworkOr(&'static [&'static str]),
    /// Addresses in a row, by the last octet of the last one, or by a prefix length.
    Addresses,
    /// An IPv4 address, `+` or `-`.
    Broadcast,
    /// An Ethernet address, or five octets of one that the VRID completes.
    Mac,
    /// A netmask, or the length of a prefix.
    Netmask,
    /// Hexadecimal digits, with blanks between bytes if wanted; so many when not 0.
    Hexadecimal(usize),
    /// Hexadecimal digits and `x`.
    Pattern,
    /// Permission bits, in octal or by their names.
    Permissions,
    /// `VALUE` or `VALUE/MASK`.
    Mark,
    /// One realm, or two with `/` between.
    Realms,
    /// A name on the message bus.
    BusName,
}

impl Kind {
    /// Its name in `ha config keywords --json`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Name(_) => "name",
            Self::Interface => "interface",
            Self::Reference(_) => "reference",
            Self::User => "user",
            Self::Group => "group",
            Self::Number(..) => "number",
            Self::Weight(_) => "weight",
            Self::NumberOr(..) => "number_or_word",
            Self::NumberOrName(..) => "number_or_name",
            Self::Milliseconds(..) => "milliseconds",
            Self::Seconds(..) => "seconds",
            Self::Time => "time",
            Self::Word(_) => "word",
            Self::AnyCase(_) => "word_in_any_case",
            Self::Range(..) => "range",
            Self::Numbers(..) => "number_or_range",
            Self::Address => "address",
            Self::Multicast(..) => "multicast",
            Self::Network => "network",
            Self::Ipv6Network => "ipv6_network",
            Self::NetworkOr(_) => "network_or_word",
            Self::Addresses => "addresses",
            Self::Broadcast => "broadcast",
            Self::Mac => "mac",
            Self::Netmask => "netmask",
            Self::Hexadecimal(_) => "hexadecimal",
            Self::Pattern => "hexadecimal_pattern",
            Self::Permissions => "permissions",
            Self::Mark => "mark",
            Self::Realms => "realms",
            Self::BusName => "bus_name",
        }
    }

    /// Least and most of a number.
    #[must_use]
    pub const fn bounds(self) -> Option<(i64, i64)> {
        match self {
            Self::Number(least, most)
            | Self::NumberOr(least, most, _)
            | Self::NumberOrName(least, most)
            | Self::Milliseconds(least, most)
            | Self::Seconds(least, most)
            | Self::Range(least, most)
            | Self::Numbers(least, most) => Some((least, most)),
            Self::Weight(most) => Some((-most, most)),
            _ => None,
        }
    }

    /// How many words it has at most.
    const fn width(self) -> usize {
        match self {
            Self::Weight(_) => 2,
            _ => 1,
        }
    }

    /// The words that there are.
    #[must_use]
    pub const fn words(self) -> &'static [&'static str] {
        match self {
            Self::Weight(_) => &["reverse", "noreverse"],
            Self::Word(words)
            | Self::AnyCase(words)
            | Self::NumberOr(_, _, words)
            | Self::NetworkOr(words) => words,
            _ => &[],
        }
    }
}

impl Part {
    /// The word that it is or that stands before it.
    #[must_use]
    pub const fn word(self) -> Option<&'static str> {
        match self {
            Flag(word) | Named(word, _) => Some(word),
            One(_) | Maybe(_) | Many(_) | Any(_) => None,
        }
    }

    /// What it is, unless it is a word alone.
    #[must_use]
    pub const fn kind(self) -> Option<Kind> {
        match self {
            One(kind) | Maybe(kind) | Many(kind) | Any(kind) | Named(_, kind) => Some(kind),
            Flag(_) => None,
        }
    }
}

/// How many words `parts` have at least and at most; `many` where there is no end.
pub(super) fn count(parts: &[Part], many: usize) -> (usize, usize) {
    let least = parts.iter().filter(|part| matches!(part, One(_) | Many(_))).count();
    let most = parts.iter().map(|part| match part {
        Flag(_) => 1,
        One(kind) | Maybe(kind) => kind.width(),
        Named(_, kind) => 1 + kind.width(),
        Many(_) | Any(_) => many,
    });
    (least, most.sum::<usize>().min(many))
}

/// A port.
pub(super) const PORT: Kind = Kind::Number(1, 65_535);
/// A port, or 0 for all of them.
pub(super) const PORT_OR_ALL: Kind = Kind::Number(0, 65_535);
/// One address.
pub(super) const ADDRESS: &[Part] = &[One(Kind::Address)];
/// One interface.
pub(super) const INTERFACE: &[Part] = &[One(Kind::Interface)];
/// One word, whatever it is.
pub(super) const TEXT: &[Part] = &[One(Kind::Text)];
/// A path, or nothing.
pub(super) const MAYBE_TEXT: &[Part] = &[Maybe(Kind::Text)];
/// An address and a port.
pub(super) const ENDPOINT: &[Part] = &[One(Kind::Address), Maybe(PORT_OR_ALL)];
/// A process name: the kernel keeps 15 bytes of it.
pub(super) const PROCESS_NAME: &[Part] = &[One(Kind::Text)];
/// Who runs something.
pub(super) const IDENTITY: &[Part] = &[One(Kind::User), Maybe(Kind::Group)];
/// A pipe and whose it is.
pub(super) const PIPE: &[Part] = &[One(Kind::Text), Maybe(Kind::User), Maybe(Kind::Group)];
/// Processors.
pub(super) const PROCESSORS: &[Part] = &[Many(Kind::Number(0, 8_191))];
/// Names of chains, sets and tables of a packet filter.
pub(super) const FILTER_NAME: Kind = Kind::Name(31);
/// What a tracker adds to a priority, or takes off it.
pub(super) const WEIGHT_253: &[Part] = &[One(Kind::Weight(253))];
/// The same of trackers that keepalived got later.
pub(super) const WEIGHT_254: &[Part] = &[One(Kind::Weight(254))];
/// An interface in a list of tracked ones, with its weight and how it counts.
pub(super) const TRACKED_INTERFACE: &[Part] =
    &[One(Kind::Interface), Named("weight", Kind::Weight(253))];
/// A script in such a list, with its weight and how it counts.
pub(super) const TRACKED_SCRIPT: &[Part] =
    &[One(Kind::Reference("vrrp_script")), Named("weight", Kind::Weight(253))];
/// A file in such a list, with its weight and how it counts.
pub(super) const TRACKED_FILE: &[Part] =
    &[One(Kind::Reference("track_file")), Named("weight", Kind::Weight(254))];
/// A process in such a list, with its weight and how it counts.
pub(super) const TRACKED_PROCESS: &[Part] =
    &[One(Kind::Reference("vrrp_track_process")), Named("weight", Kind::Weight(254))];
/// A BFD session in such a list, with its weight and how it counts.
pub(super) const TRACKED_SESSION: &[Part] =
    &[One(Kind::Reference("bfd_instance")), Named("weight", Kind::Weight(253))];
/// How packets get to a real server.
pub(super) const FORWARDING: &[Part] = &[
    One(Kind::Word(&["TUN", "DR", "NAT"])),
    Named("type", Kind::Word(&["ipip", "gue", "gre"])),
    Named("port", PORT),
    Maybe(Kind::Word(&["nocsum", "csum", "remcsum"])),
];
/// Schedulers of the kernel.
pub(super) const SCHEDULER: &[Part] = &[One(Kind::Word(&[
    "rr", "wrr", "lc", "wlc", "lblc", "lblcr", "sh", "mh", "dh", "fo", "ovf", "sed", "nq", "twos",
]))];
/// Families.
pub(super) const FAMILY: Kind = Kind::Word(&["inet", "inet6"]);
/// A metric of a route that the kernel may not change.
pub(super) const LOCKABLE: &[Part] = &[Flag("lock"), One(Kind::Number(0, U32))];
/// A time of a route that the kernel may not change.
pub(super) const LOCKABLE_TIME: &[Part] = &[Flag("lock"), One(Kind::Time)];
/// A protocol, a type of service or a scope, by its name or number.
pub(super) const BYTE_OR_NAME: &[Part] = &[One(Kind::NumberOrName(0, 255))];
/// A table or a group, by its name or number.
pub(super) const NUMBER_OR_NAME: &[Part] = &[One(Kind::NumberOrName(0, U32))];
/// Realms.
pub(super) const REALMS: &[Part] = &[One(Kind::Realms)];
