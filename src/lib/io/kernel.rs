//! What the kernel is able to do, found out by asking it for something that it refuses in any
//! case: one that knows the thing refuses with another error than one that has never heard of it.
//! Nothing is changed by that, except that the kernel may load a module of its own.

use std::io;
use std::path::Path;
use std::time::Duration;

use netlink_packet_route::link::InfoKind;
use netlink_sys::Socket;
use netlink_sys::protocols::{NETLINK_CONNECTOR, NETLINK_NETFILTER};

use super::netlink::{Connection, Netlink};

/// How long the kernel may take, which may have to load a module.
const PATIENCE: Duration = Duration::from_secs(3);

// <linux/netlink.h>, <linux/netfilter/nfnetlink.h>, …/nf_tables.h, …/ipset/ip_set.h
const REQUEST_AND_ACKNOWLEDGE: u16 = 1 | 4;
const HEADER: usize = 16;
const ERROR: u16 = 2;
const SUBSYSTEM_NFTABLES: u8 = 10;
const NFTABLES_GET_GENERATION: u8 = 16;
const SUBSYSTEM_IPSET: u8 = 6;
const IPSET_PROTOCOL: u8 = 1;
/// The attribute that says which version of its protocol we speak: 6, which all understand.
const IPSET_VERSION: [u8; 8] = [5, 0, 1, 0, 6, 0, 0, 0];

/// Something that not every kernel has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feature {
    /// The load balancer.
    Ipvs,
    /// One of its schedulers, by its word.
    Scheduler(&'static str),
    /// IPv6.
    Ipv6,
    /// Interfaces with another Ethernet address on top of one.
    Macvlan,
    /// Interfaces that share the Ethernet address of one.
    Ipvlan,
    /// Virtual routing and forwarding.
    Vrf,
    /// The packet filter nftables, which has sets.
    Nftables,
    /// The older packet filter.
    Iptables,
    /// Sets for the older packet filter.
    Ipset,
    /// Notices of processes that start and end.
    ProcessEvents,
}

/// Whether the kernel has it; `None` when it cannot be told, for want of a privilege or of a list
/// of modules.
#[must_use]
pub fn has(feature: Feature) -> Option<bool> {
    match feature {
        Feature::Ipvs => Some(exists("/proc/net/ip_vs") || module("ip_vs") == Some(true)),
        // Round robin is no module where the others are none.
        Feature::Scheduler(word) => module(&format!("ip_vs_{word}")),
        Feature::Ipv6 => Some(exists("/proc/net/if_inet6")),
        Feature::Macvlan => link_kind(InfoKind::MacVlan),
        Feature::Ipvlan => link_kind(InfoKind::IpVlan),
        Feature::Vrf => link_kind(InfoKind::Vrf),
        Feature::Nftables => netfilter(SUBSYSTEM_NFTABLES, NFTABLES_GET_GENERATION, &[]),
        Feature::Ipset => netfilter(SUBSYSTEM_IPSET, IPSET_PROTOCOL, &IPSET_VERSION),
        Feature::Iptables => {
            Some(exists("/proc/net/ip_tables_names") || module("ip_tables") == Some(true))
        }
        Feature::ProcessEvents => Some(Socket::new(NETLINK_CONNECTOR).is_ok()),
    }
}

/// How many processors the kernel knows of.
#[must_use]
pub fn processors() -> usize {
    let ranges = std::fs::read_to_string("/sys/devices/system/cpu/possible").unwrap_or_default();
    let last = ranges.trim().rsplit([',', '-']).next();
    last.and_then(|last| last.parse::<usize>().ok())
        .map_or(usize::MAX, |last| last.saturating_add(1))
}

fn exists(path: impl AsRef<Path>) -> bool {
    std::fs::metadata(path).is_ok()
}

/// Whether a module is there, loaded, built in or to be loaded; `None` without a list of them.
fn module(name: &str) -> Option<bool> {
    if exists(Path::new("/sys/module").join(name)) {
        return Some(true);
    }
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let folder = Path::new("/lib/modules").join(release.trim());
    let file = format!("/{name}.ko");
    let lists = |list: &str| {
        let text = std::fs::read_to_string(folder.join(list)).ok()?;
        Some(text.lines().any(|line| line.contains(&file)))
    };
    match (lists("modules.dep"), lists("modules.builtin")) {
        (None, None) => None,
        (loadable, built_in) => Some(loadable == Some(true) || built_in == Some(true)),
    }
}

/// Whether there are links of a kind: one of these without the link below it, or without its
/// table, is refused as incomplete.
fn link_kind(kind: InfoKind) -> Option<bool> {
    known(&Netlink::connect().ok()?.refuse_link(kind), libc::EOPNOTSUPP)
}

/// Whether a part of the packet filter answers.
fn netfilter(subsystem: u8, message: u8, attributes: &[u8]) -> Option<bool> {
    known(&ask_netfilter(subsystem, message, attributes), libc::EINVAL)
}

/// What an answer means when `unheard_of` is the error of a kernel that does not know the thing.
fn known(answer: &io::Result<()>, unheard_of: i32) -> Option<bool> {
    match answer.as_ref().map_err(io::Error::raw_os_error) {
        Ok(()) => Some(true),
        Err(Some(libc::EPERM) | None) => None,
        Err(Some(libc::EPROTONOSUPPORT)) => Some(false),
        Err(Some(error)) => Some(error != unheard_of),
    }
}

fn ask_netfilter(subsystem: u8, message: u8, attributes: &[u8]) -> io::Result<()> {
    const FAMILY_VERSION_RESOURCE: [u8; 4] = [0; 4];
    let length = HEADER + FAMILY_VERSION_RESOURCE.len() + attributes.len();
    let mut request = Vec::with_capacity(length);
    request.extend(u32::try_from(length).unwrap_or(0).to_ne_bytes());
    request.extend((u16::from(subsystem) << 8 | u16::from(message)).to_ne_bytes());
    request.extend(REQUEST_AND_ACKNOWLEDGE.to_ne_bytes());
    request.extend([0; 8]);
    request.extend(FAMILY_VERSION_RESOURCE);
    request.extend(attributes);
    let mut kernel = Connection::open(NETLINK_NETFILTER, PATIENCE)?;
    kernel.send(&request)?;
    refusal(kernel.read()?)
}

/// The error of an answer, if it is one.
fn refusal(answer: &[u8]) -> io::Result<()> {
    let short = || io::Error::from(io::ErrorKind::UnexpectedEof);
    let kind = answer.get(4..).and_then(<[u8]>::first_chunk).ok_or_else(short)?;
    if u16::from_ne_bytes(*kind) != ERROR {
        return Ok(());
    }
    let code = answer.get(HEADER..).and_then(<[u8]>::first_chunk).ok_or_else(short)?;
    match i32::from_ne_bytes(*code) {
        0 => Ok(()),
        code => Err(io::Error::from_raw_os_error(code.saturating_neg())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_whether_the_thing_is_known() {
        let refused = |code| Err(io::Error::from_raw_os_error(code));
        assert_eq!(known(&Ok(()), libc::EINVAL), Some(true));
        assert_eq!(known(&refused(libc::EINVAL), libc::EINVAL), Some(false));
        assert_eq!(known(&refused(libc::EINVAL), libc::EOPNOTSUPP), Some(true));
        assert_eq!(known(&refused(libc::EPERM), libc::EINVAL), None);
        assert_eq!(known(&refused(libc::EPROTONOSUPPORT), libc::EINVAL), Some(false));
        assert_eq!(known(&Err(io::ErrorKind::TimedOut.into()), libc::EINVAL), None);
    }

    #[test]
    fn an_answer_that_is_cut_is_no_verdict() {
        let answer = |kind: u16, code: i32| {
            let mut bytes = vec![0; HEADER];
            bytes[4..6].copy_from_slice(&kind.to_ne_bytes());
            bytes.extend(code.to_ne_bytes());
            bytes
        };
        assert!(refusal(&answer(2575, 0)).is_ok());
        assert!(refusal(&answer(ERROR, 0)).is_ok());
        let refused = refusal(&answer(ERROR, -libc::EINVAL)).unwrap_err();
        assert_eq!(refused.raw_os_error(), Some(libc::EINVAL));
        for length in [0, 5, 19] {
            let cut = refusal(&answer(ERROR, -libc::EINVAL)[..length]).unwrap_err();
            assert_eq!(cut.raw_os_error(), None, "{length}");
        }
    }

    #[test]
    fn a_part_of_netfilter_that_does_not_exist_is_not_there() {
        // Number 63 is beyond those that the kernel has room for.
        assert_ne!(netfilter(63, 0, &[]), Some(true));
    }
}
