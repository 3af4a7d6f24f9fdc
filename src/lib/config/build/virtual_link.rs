//! `use_vmac` and `use_ipvlan`: the interface that an instance makes for itself.

use std::time::Duration;

use super::Context;
use super::address::LONGEST_NAME;
use super::settings::Settings;
use super::words::{self, Words};
use crate::config::diagnostic::Code;
use crate::config::model::{ExtraAnnouncements, Ipvlan, IpvlanMode, MacAddress, Macvlan};
use crate::config::schema::Block;
use crate::config::source::Span;
use crate::config::tree::Word;

/// keepalived's prefix of names.
const PREFIX: &str = "vrrp";
/// Where the RFC's addresses begin (RFC 9568 section 7.3); the next octet is 1 or 2.
const RESERVED: [u8; 4] = [0x00, 0x00, 0x5e, 0x00];

/// The macvlan of an instance.
pub(super) fn macvlan(
    settings: &Settings<'_>,
    vrid: u8,
    strict: bool,
    context: &mut Context<'_>,
) -> Option<Macvlan> {
    let base = settings.get("vmac_xmit_base");
    let Some(entry) = settings.get("use_vmac") else {
        if let Some(base) = base {
            let message = "`vmac_xmit_base` has no effect without use_vmac";
            context.warn(Code::Conflict, base.span(), message, "it is ignored");
        }
        return None;
    };
    let mut link = Macvlan {
        name: name_of(vrid, context),
        parent: None,
        mac: None,
        netlink_notify: false,
        group: None,
        transmit_base: base.is_some(),
    };
    let mut names = 0;
    let mut words = Words::after(entry.arguments());
    while let Some(word) = words.next() {
        match word.text {
            "netlink_notify_msg" => link.netlink_notify = true,
            "group" => link.group = group(word, words.next(), context),
            text if text.contains(':') => link.mac = mac(word, vrid, context).or(link.mac),
            _ => name(word, &mut names, &mut link.name, &mut link.parent, context),
        }
    }
    if strict {
        let own = link.mac.take().is_some();
        if own || link.transmit_base {
            let message = "vrrp_strict allows neither an own address of a VMAC nor vmac_xmit_base";
            let remedy = "the RFC's address is used, and adverts leave from the VMAC";
            context.warn(Code::Strict, entry.span(), message, remedy);
        }
        link.transmit_base = false;
    }
    Some(link)
}

/// The words after `use_vmac` of a single address, up to the next parameter of its `block`: looked
/// at, and forgotten, because nothing acts on them yet.
pub(super) fn of_address<'a>(
    words: &mut (impl Iterator<Item = Word<'a>> + Clone),
    block: &Block,
    context: &mut Context<'_>,
) {
    let (mut names, mut own, mut parent) = (0, String::new(), None);
    while let Some(word) = words.clone().next().filter(|word| block.find(word.text).is_none()) {
        words.next();
        match word.text {
            "netlink_notify_msg" => {}
            "group" => {
                group(word, words.next(), context);
            }
            text if text.contains(':') => {
                mac(word, 1, context);
            }
            _ => name(word, &mut names, &mut own, &mut parent, context),
        }
    }
}

/// The ipvlan of an instance.
pub(super) fn ipvlan(
    settings: &Settings<'_>,
    vrid: u8,
    context: &mut Context<'_>,
) -> Option<Ipvlan> {
    let entry = settings.get("use_ipvlan")?;
    if let Some(other) = settings.get("use_vmac") {
        let message = "`use_vmac` and `use_ipvlan` exclude each other";
        context.warn(Code::Conflict, other.span(), message, "use_vmac is ignored");
    }
    let mut link = Ipvlan {
        name: name_of(vrid, context),
        parent: None,
        address: None,
        mode: IpvlanMode::Bridge,
        group: None,
    };
    let mut names = 0;
    let mut words = Words::after(entry.arguments());
    while let Some(word) = words.next() {
        match word.text {
            "bridge" => link.mode = IpvlanMode::Bridge,
            "private" => link.mode = IpvlanMode::Private,
            "vepa" => link.mode = IpvlanMode::Vepa,
            "group" => link.group = group(word, words.next(), context),
            text => match text.parse() {
                Ok(address) => link.address = Some(address),
                Err(_) => name(word, &mut names, &mut link.name, &mut link.parent, context),
            },
        }
    }
    Some(link)
}

/// The name that an interface gets when none is given.
fn name_of(vrid: u8, context: &Context<'_>) -> String {
    let prefix = context.defaults.link_prefix.as_deref().unwrap_or(PREFIX);
    let mut name: String = prefix.chars().take(LONGEST_NAME - 4).collect();
    name.push('.');
    name.push_str(&vrid.to_string());
    name
}

/// The first name is the new interface's, the second its parent's.
fn name(
    word: Word<'_>,
    names: &mut usize,
    own: &mut String,
    parent: &mut Option<String>,
    context: &mut Context<'_>,
) {
    let usable = (1..=LONGEST_NAME).contains(&word.text.len()) && !word.text.contains('/');
    *names += 1;
    let wrong = match (usable, *names) {
        (false, _) => "cannot be the name of an interface: those have 1 to 15 characters",
        (true, 1) => {
            word.text.clone_into(own);
            return;
        }
        (true, 2) => {
            *parent = Some(word.text.to_owned());
            return;
        }
        (true, _) => "is a third name",
    };
    let message = format!("`{}` {wrong}", word.text);
    context.warn(Code::InvalidValue, word.span, message, "it is ignored");
}

/// Six octets, or five that the VRID completes.
fn mac(word: Word<'_>, vrid: u8, context: &mut Context<'_>) -> Option<MacAddress> {
    let whole = if word.text.split(':').count() == 5 {
        format!("{}:{vrid:02x}", word.text)
    } else {
        word.text.to_owned()
    };
    let why = match whole.parse::<MacAddress>() {
        Err(why) => why,
        Ok(mac) => {
            let [first, ..] = mac.0;
            if first & 1 == 1 {
                format!("`{mac}` is a multicast address")
            } else if mac.0.starts_with(&RESERVED) && matches!(mac.0, [.., 1 | 2, _]) {
                format!("`{mac}` belongs to the RFC's virtual routers")
            } else {
                return Some(mac);
            }
        }
    };
    context.warn(Code::InvalidValue, word.span, why, "it is ignored; the RFC's address is used");
    None
}

fn group(keyword: Word<'_>, value: Option<Word<'_>>, context: &mut Context<'_>) -> Option<u32> {
    let Some(value) = value else {
        let message = "`group` has no value";
        context.warn(Code::MissingArgument, keyword.span, message, "it is ignored");
        return None;
    };
    let number = context.names.find(super::names::Kind::Group, value.text, context.loader);
    if number.is_none() {
        let found = words::invalid(keyword, value, "a group number, nor a name of iproute2");
        context.reject(found, "it is ignored");
    }
    number
}

/// `[all] SECONDS`: announcements on further interfaces.
pub(super) fn extra_announcements(
    settings: &Settings<'_>,
    keywords: [&str; 2],
    least: u64,
    context: &mut Context<'_>,
) -> Option<ExtraAnnouncements> {
    const MOST: u64 = 86_400;
    let entry = keywords.iter().find_map(|keyword| settings.get(keyword))?;
    let (all, rest) = match entry.arguments().split_first() {
        Some((first, rest)) if first.text == "all" => (true, rest),
        _ => (false, entry.arguments()),
    };
    let seconds = rest.first().map(|word| (word.span, word.text.parse().ok()));
    let problem = match seconds {
        Some((_, Some(seconds))) if (least..=MOST).contains(&seconds) => {
            let every = Duration::from_secs(seconds);
            return (seconds > 0).then_some(ExtraAnnouncements { every, all });
        }
        Some((span, _)) => (Code::InvalidValue, span, "takes seconds from 1 to 86400"),
        None => (Code::MissingArgument, entry.span(), "has no time"),
    };
    let (code, span, why): (Code, Span, &str) = problem;
    let message = format!("`{}` {why}", entry.row.keyword);
    context.warn(code, span, message, "it is ignored");
    None
}
