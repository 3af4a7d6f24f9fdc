//! `virtual_server_group`: addresses, ranges of them, and firewall marks.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Slot;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::atomic::{AtomicBool, Ordering};

use super::super::{Context, duplicate_name};
use super::port;
use crate::config::diagnostic::Code;
use crate::config::resolve::Entry;
use crate::config::source::Span;
use crate::config::tree::{Node, Word, WordList};
use crate::config::values::{self, Parsed};
use crate::engine::ipvs::LONGEST_RANGE;
use crate::engine::vrrp::Family;

/// A member of a group; the virtual server that uses it gives the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Member {
    Addresses { first: IpAddr, count: u32, port: u16 },
    Fwmark { mark: u32, family: Option<Family> },
}

impl Member {
    /// The family that it says of itself.
    pub(super) fn family(&self) -> Option<Family> {
        match self {
            Self::Addresses { first, .. } => Some(Family::of(*first)),
            Self::Fwmark { family, .. } => *family,
        }
    }
}

/// A group on its way.
pub(super) struct Group {
    /// Empty: it cannot be used, which was reported.
    pub members: Vec<Member>,
    pub span: Span,
    /// A virtual server uses it; these may be built at the same time.
    pub used: AtomicBool,
}

/// Groups by name.
pub(super) type Groups<'a> = BTreeMap<&'a str, Group>;

/// Every group of the file; of two with one name the first.
pub(super) fn build<'a>(
    entries: impl Iterator<Item = &'a Entry<'a>>,
    context: &mut Context<'_>,
) -> Groups<'a> {
    let mut groups = Groups::new();
    for entry in entries {
        match groups.entry(entry.text()) {
            Slot::Occupied(first) => duplicate_name(entry, first.get().span, context),
            Slot::Vacant(slot) => {
                let members = members(entry, context);
                slot.insert(Group {
                    members,
                    span: entry.value_span(),
                    used: AtomicBool::new(false),
                });
            }
        }
    }
    groups
}

/// Tell the groups that no virtual server uses.
pub(super) fn unused(groups: &Groups<'_>, context: &mut Context<'_>) {
    for (name, group) in groups.iter().filter(|(_, group)| !group.used.load(Ordering::Relaxed)) {
        let message = format!("no virtual_server uses the group `{name}`");
        let remedy = "it does nothing; write virtual_server group NAME { … } or remove it";
        context.warn(Code::Unused, group.span, message, remedy);
    }
}

fn members(entry: &Entry<'_>, context: &mut Context<'_>) -> Vec<Member> {
    let mut members: Vec<Member> = Vec::new();
    for line in entry.lines() {
        let Some(member) = member(&line, context) else { continue };
        members.push(member);
    }
    let remedy = "the group is left out, and every virtual server that uses it";
    if members.is_empty() {
        let message = format!("the group `{}` has no members", entry.text());
        context.warn(Code::ServiceUnusable, entry.value_span(), message, remedy);
        return members;
    }
    let has = |wanted: Option<Family>| members.iter().any(|member| member.family() == wanted);
    if has(None) && has(Some(Family::Ipv4)) && has(Some(Family::Ipv6)) {
        let message =
            format!("the group `{}` has both families and a mark of neither", entry.text());
        let remedy = format!("{remedy}; write the family: fwmark MARK inet");
        context.warn(Code::ServiceUnusable, entry.value_span(), message, &remedy);
        members.clear();
    }
    members
}

fn member(line: &Node<'_>, context: &mut Context<'_>) -> Option<Member> {
    let words = line.arguments;
    let result = if line.keyword.text == "fwmark" {
        if words.is_empty() {
            let message = "`fwmark` has no value; keepalived does not start with it";
            let remedy = "write fwmark MARK, or remove the line";
            context.warn(Code::ArgumentMissing, line.keyword.span, message, remedy);
            return None;
        }
        mark(words)
    } else {
        addresses(line.keyword.text, words.first())
    };
    let most = if line.keyword.text == "fwmark" { 2 } else { 1 };
    if let Some(extra) = words.get(most) {
        let message = format!("a member of a group does not take `{}`", extra.text);
        context.warn(Code::ExtraArguments, extra.span, message, "it is ignored");
    }
    result
        .map_err(|why| {
            let remedy = "the member is left out; write ADDRESS[-LAST] [PORT], ADDRESS/LENGTH \
                          [PORT] or fwmark MARK [inet|inet6]";
            context.warn(Code::InvalidValue, line.keyword.span, why, remedy);
        })
        .ok()
}

fn mark(words: WordList<'_>) -> Result<Member, String> {
    let number = words.first().map_or("", |word| word.text);
    let mark = match values::number(number, 0, i64::from(u32::MAX)) {
        Parsed::Good(mark) | Parsed::Adjusted(mark, _) => u32::try_from(mark).unwrap_or_default(),
        Parsed::Bad(why) => return Err(format!("the mark {why}")),
    };
    let family = words.get(1).map(|word| family(word.text)).transpose()?;
    Ok(Member::Fwmark { mark, family })
}

/// keepalived's words for the families.
pub(super) fn family(word: &str) -> Result<Family, String> {
    match word {
        "inet" => Ok(Family::Ipv4),
        "inet6" => Ok(Family::Ipv6),
        other => Err(format!("`{other}` is neither inet nor inet6")),
    }
}

/// `ADDRESS`, `ADDRESS-LAST` or `ADDRESS/LENGTH`, then a port.
fn addresses(text: &str, given: Option<Word<'_>>) -> Result<Member, String> {
    let port = given.map(port).transpose()?.unwrap_or(0);
    let (first, last) = if let Some((first, last)) = text.split_once('-') {
        let first = address(first)?;
        (first, end(first, last)?)
    } else if text.contains('/') {
        network(text)?
    } else {
        let first = address(text)?;
        (first, first)
    };
    let distance = match (first, last) {
        (IpAddr::V4(first), IpAddr::V4(last)) => {
            u128::from(last.to_bits()).checked_sub(u128::from(first.to_bits()))
        }
        (IpAddr::V6(first), IpAddr::V6(last)) => last.to_bits().checked_sub(first.to_bits()),
        _ => None,
    };
    let distance = distance.ok_or_else(|| format!("`{text}` does not end after it starts"))?;
    if text.contains('-') && distance == 0 {
        return Err(format!("`{text}` does not end after it starts"));
    }
    let count = u32::try_from(distance).ok().map(|distance| distance.saturating_add(1));
    let count = count.filter(|count| *count <= LONGEST_RANGE);
    let count = count.ok_or_else(|| format!("`{text}` has more than {LONGEST_RANGE} addresses"))?;
    Ok(Member::Addresses { first, count, port })
}

fn address(text: &str) -> Result<IpAddr, String> {
    crate::config::values::address(text)
}

/// The end of a range: an address, or the last part of one: decimal for IPv4, hexadecimal for IPv6.
fn end(first: IpAddr, text: &str) -> Result<IpAddr, String> {
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    let wrong = || format!("`{text}` cannot end a range");
    Ok(match first {
        IpAddr::V4(first) => {
            let last: u8 = text.parse().map_err(|_| wrong())?;
            Ipv4Addr::from_bits(first.to_bits() & !0xff | u32::from(last)).into()
        }
        IpAddr::V6(first) => {
            let last = u16::from_str_radix(text, 16).map_err(|_| wrong())?;
            Ipv6Addr::from_bits(first.to_bits() & !0xffff | u128::from(last)).into()
        }
    })
}

/// Every address of a network.
fn network(text: &str) -> Result<(IpAddr, IpAddr), String> {
    let (first, prefix) = values::network(text)?;
    let (host, last) = match first {
        IpAddr::V4(first) => {
            let hosts = u32::MAX.checked_shr(u32::from(prefix)).unwrap_or(0);
            (first.to_bits() & hosts != 0, Ipv4Addr::from_bits(first.to_bits() | hosts).into())
        }
        IpAddr::V6(first) => {
            let hosts = u128::MAX.checked_shr(u32::from(prefix)).unwrap_or(0);
            (first.to_bits() & hosts != 0, Ipv6Addr::from_bits(first.to_bits() | hosts).into())
        }
    };
    if host {
        return Err(format!("`{text}` is not the first address of its network"));
    }
    Ok((first, last))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(text: &str) -> Result<(String, u32), String> {
        match addresses(text, None)? {
            Member::Addresses { first, count, .. } => Ok((first.to_string(), count)),
            Member::Fwmark { .. } => Err("a mark".to_owned()),
        }
    }

    #[test]
    fn ranges_are_as_long_as_they_say() {
        for (text, first, count) in [
            ("10.0.0.1", "10.0.0.1", 1),
            ("10.0.0.1-10", "10.0.0.1", 10),
            ("10.0.0.250-10.0.1.5", "10.0.0.250", 12),
            ("fd00::1-ff", "fd00::1", 255),
            ("10.0.1.0/30", "10.0.1.0", 4),
            ("fd00::/112", "fd00::", 65_536),
        ] {
            assert_eq!(range(text), Ok((first.to_owned(), count)), "{text}");
        }
    }

    #[test]
    fn ranges_that_keepalived_skips_are_skipped() {
        for text in [
            "10.0.0.10-5",
            "10.0.0.5-5",
            "10.0.0.1-256",
            "10.0.0.1-x",
            "fd00::1-fffff",
            "fd00::10-5",
            "10.0.0.5/30",
            "10.0.0.0/33",
            "10.0.0.1-fd00::1",
            "fd00::/64",
            "x",
        ] {
            assert!(range(text).is_err(), "{text}");
        }
    }
}
