//! `virtual_ipaddress`, `virtual_ipaddress_excluded` and `static_ipaddress`: one address a line,
//! with parameters.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Place;
use std::net::IpAddr;

use super::settings::Settings;
use super::{Context, virtual_link};
use crate::config::diagnostic::{Code, Diagnostic};
use crate::config::schema::{Block, Support};
use crate::config::source::Span;
use crate::config::tree::{Node, Word};
use crate::config::values;
use crate::engine::vrrp::{Family, PreferredLifetime, VirtualAddress};

/// An address and where it stands.
pub(super) type Addresses = Vec<(VirtualAddress, Span)>;

/// Longest interface name and label of the kernel.
pub(super) const LONGEST_NAME: usize = 15;

/// Every address of the blocks called `keyword`.
pub(super) fn build(
    settings: &Settings<'_>,
    keyword: &str,
    context: &mut Context<'_>,
) -> Addresses {
    let mut addresses = Addresses::new();
    let mut seen = BTreeMap::new();
    for list in settings.all(keyword) {
        let Some(block) = list.row.content else { continue };
        for line in list.lines() {
            let Some((address, _)) = parse(&line, block, context) else { continue };
            let span = line.keyword.span;
            match seen.entry((address.address, address.interface.clone())) {
                Place::Vacant(place) => {
                    place.insert(span);
                    addresses.push((address, span));
                }
                Place::Occupied(first) => {
                    let message = format!("{} is in the list already", address.address);
                    context.report(
                        Diagnostic::new(Code::DuplicateEntry, span, message)
                            .remedy("the first entry holds; remove one")
                            .related("given here", *first.get()),
                    );
                }
            }
        }
    }
    addresses
}

/// The family that the router has by its first address; addresses of the other one are dropped.
pub(super) fn one_family(addresses: &mut Addresses, context: &mut Context<'_>) -> Option<Family> {
    let family = addresses.first().map(|(first, _)| Family::of(first.address))?;
    addresses.retain(|(address, span)| {
        let same = Family::of(address.address) == family;
        if !same {
            context.warn(
                Code::OtherFamily,
                *span,
                format!("{} is of another family than the first address", address.address),
                "it is ignored; put it in virtual_ipaddress_excluded or another instance",
            );
        }
        same
    });
    Some(family)
}

/// The address of a line, and the `track_group` it follows.
pub(super) fn parse(
    line: &Node<'_>,
    block: &'static Block,
    context: &mut Context<'_>,
) -> Option<(VirtualAddress, Option<String>)> {
    let (address, prefix) = match values::network(line.keyword.text) {
        Ok(network) => network,
        Err(why) => {
            let remedy = "the entry is ignored; write ADDRESS or ADDRESS/LENGTH";
            context.warn(Code::InvalidValue, line.keyword.span, why, remedy);
            return None;
        }
    };
    let mut result = VirtualAddress::plain(address, prefix);
    let mut track_group = None;
    let mut words = line.arguments.iter();
    while let Some(word) = words.next() {
        match word.text {
            "-nodad" => result.duplicate_address_detection = true,
            "noprefixroute" => result.no_prefix_route = true,
            "no_track" => result.tracked = false,
            "home" | "mngtmpaddr" | "autojoin" => flag(&mut result, word, context),
            "track_group" | "dev" | "scope" | "label" | "brd" | "broadcast" | "peer"
            | "preferred_lft"
                if block.find(word.text).is_some() =>
            {
                if let Some(value) = words.next() {
                    if word.text == "track_group" {
                        track_group = context.track_group(value);
                        continue;
                    }
                    parameter(&mut result, line, word.text, value, context);
                } else {
                    let message = format!("`{}` has no value", word.text);
                    context.warn(Code::MissingArgument, word.span, message, "it is ignored");
                }
            }
            other => {
                let row = block.find(other);
                unused(word, row.map(|row| row.support), context);
                if row.is_some_and(|row| row.keyword == "use_vmac") {
                    virtual_link::of_address(&mut words, block, context);
                }
            }
        }
    }
    Some((result, track_group))
}

/// Flags that the kernel has for IPv6 addresses, and one for both families.
fn flag(result: &mut VirtualAddress, word: Word<'_>, context: &mut Context<'_>) {
    if word.text == "autojoin" {
        result.autojoin = true;
    } else if result.address.is_ipv4() {
        let message = format!("`{}` is for IPv6 addresses only", word.text);
        context.warn(Code::Conflict, word.span, message, "it is ignored");
    } else if word.text == "home" {
        result.home = true;
    } else {
        result.managed_temporary = true;
    }
}

/// The other end of a point-to-point link; the prefix length is then the peer's.
fn peer(
    result: &mut VirtualAddress,
    line: &Node<'_>,
    value: Word<'_>,
    context: &mut Context<'_>,
) -> bool {
    let Ok((peer, prefix)) = values::network(value.text) else { return false };
    if peer.is_ipv4() != result.address.is_ipv4() {
        return false;
    }
    if line.keyword.text.contains('/') {
        let message = "with a `peer` the address has no prefix length of its own";
        let remedy = "the peer's is used; write it there";
        context.warn(Code::Conflict, line.keyword.span, message, remedy);
    }
    result.peer = Some(peer);
    result.prefix = prefix;
    true
}

/// `forever` or seconds.
fn lifetime(text: &str) -> Option<PreferredLifetime> {
    match text {
        "forever" => Some(PreferredLifetime::Forever),
        seconds => seconds.parse().ok().map(PreferredLifetime::Seconds),
    }
}

fn unused(word: Word<'_>, support: Option<Support>, context: &mut Context<'_>) {
    if let Some(Support::NotYet(feature)) = support {
        context.resolver.not_yet(feature, word.text, word.span);
        return;
    }
    let message = format!("`{}` is not a parameter of an address", word.text);
    let bits = values::bits_of_mask(word.text);
    let length = bits.map(|bits| format!("it is ignored; write the mask as ADDRESS/{bits}"));
    let remedy = if let Some(length) = &length {
        length
    } else if values::network(word.text).is_ok() {
        "it is ignored; write each address on a line of its own"
    } else {
        "it is ignored; parameters are dev, brd, label, scope, peer, preferred_lft and flags"
    };
    context.warn(Code::UnknownKeyword, word.span, message, remedy);
}

fn parameter(
    result: &mut VirtualAddress,
    line: &Node<'_>,
    name: &str,
    value: Word<'_>,
    context: &mut Context<'_>,
) {
    let text = value.text;
    let fits = !text.is_empty() && text.len() <= LONGEST_NAME;
    let done = match (name, result.address) {
        ("dev", _) if fits => {
            result.interface = Some(text.to_owned());
            true
        }
        ("label", IpAddr::V4(_)) if fits => {
            result.label = Some(text.to_owned());
            true
        }
        ("scope", _) => values::scope(text).map(|scope| result.scope = scope).is_some(),
        ("brd" | "broadcast", IpAddr::V4(address)) => {
            result.broadcast = values::broadcast(text, address, result.prefix);
            result.broadcast.is_some()
        }
        ("peer", _) => peer(result, line, value, context),
        ("preferred_lft", _) => {
            result.preferred_lifetime = lifetime(text);
            result.preferred_lifetime.is_some()
        }
        _ => false,
    };
    if done {
        return;
    }
    let why = match (name, result.address) {
        ("dev" | "label", _) if !fits => format!("has 1 to {LONGEST_NAME} characters"),
        ("label" | "brd" | "broadcast", IpAddr::V6(_)) => "is for IPv4 addresses only".to_owned(),
        ("scope", _) => "is global, site, link, host, nowhere or 0 to 255".to_owned(),
        ("peer", _) => "is an address of the same family".to_owned(),
        ("preferred_lft", _) => "is `forever` or a number of seconds".to_owned(),
        _ => "is an IPv4 address, + or -".to_owned(),
    };
    let message = format!("`{name}` cannot be `{text}`: it {why}");
    if name == "dev" {
        // keepalived does not start; on another interface the address would do harm.
        let remedy = "name the interface that carries the address";
        context.warn(Code::InvalidRouter, value.span, message, remedy);
        return;
    }
    context.warn(Code::InvalidValue, value.span, message, "it is ignored");
}
