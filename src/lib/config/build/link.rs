//! Settings of interfaces: polling of their links, delays of changes, and groups that share a
//! pace for gratuitous ARP.

use std::time::Duration;

use super::Context;
use super::settings::Settings;
use crate::config::diagnostic::Code;
use crate::config::model::{AnnounceGroup, LinkDelay, Links, PollMethod, PolledLink};
use crate::config::resolve::Entry;
use crate::config::tree::{Node, Word};
use crate::config::values::{self, Parsed};

/// Longest delay of a link change, in microseconds.
const LONGEST: u64 = 255_000_000;

/// Settings of all interfaces.
pub(super) fn build(entries: &[Entry<'_>], context: &mut Context<'_>) -> Links {
    let mut links = Links::default();
    for entry in entries {
        match entry.row.keyword {
            "linkbeat_use_polling" => links.poll_all = true,
            "linkbeat_interfaces" => {
                for line in entry.lines() {
                    polled(&line, &mut links.polled, context);
                }
            }
            "interface_up_down_delays" => {
                for line in entry.lines() {
                    delay(&line, &mut links.delays, context);
                }
            }
            "garp_group" => announce_group(entry, &mut links.announce_groups, context),
            _ => {}
        }
    }
    links
}

/// An interface name that the kernel could have.
pub(super) fn interface(word: Word<'_>, context: &mut Context<'_>) -> Option<String> {
    let fits = (1..=super::address::LONGEST_NAME).contains(&word.text.len());
    if !fits {
        let message = format!("no interface can be called `{}`", word.text);
        let remedy = "it is ignored; names have 1 to 15 characters";
        context.warn(Code::InvalidValue, word.span, message, remedy);
    }
    fits.then(|| word.text.to_owned())
}

fn repeated(word: Word<'_>, context: &mut Context<'_>) {
    let message = format!("`{}` is in the list already", word.text);
    context.warn(Code::DuplicateEntry, word.span, message, "the last entry holds; remove one");
}

/// `IFNAME [MII|ETHTOOL|IOCTL]`.
fn polled(line: &Node<'_>, list: &mut Vec<PolledLink>, context: &mut Context<'_>) {
    let Some(interface) = interface(line.keyword, context) else { return };
    let method = line.arguments.first().and_then(|word| match word.text {
        "MII" => Some(PollMethod::Mii),
        "ETHTOOL" => Some(PollMethod::Ethtool),
        "IOCTL" => Some(PollMethod::Ioctl),
        other => {
            let message = format!("`{other}` is no way to poll a link");
            let remedy = "it is ignored; use MII, ETHTOOL or IOCTL, or leave it out";
            context.warn(Code::InvalidValue, word.span, message, remedy);
            None
        }
    });
    if list.iter().any(|link| link.interface == interface) {
        repeated(line.keyword, context);
        list.retain(|link| link.interface != interface);
    }
    list.push(PolledLink { interface, method });
}

/// `IFNAME DOWN [UP]`. Without UP an interface that comes up counts at once.
fn delay(line: &Node<'_>, list: &mut Vec<LinkDelay>, context: &mut Context<'_>) {
    let Some(interface) = interface(line.keyword, context) else { return };
    let mut times =
        line.arguments.iter().map(|word| match values::seconds(word.text, 0, LONGEST) {
            Parsed::Good(time) | Parsed::Adjusted(time, _) => Ok(time),
            Parsed::Bad(why) => Err((word.span, why)),
        });
    let Some(down) = times.next() else {
        let message = format!("`{interface}` has no delay");
        let remedy = "it is ignored; the form is: IFNAME DOWN_DELAY [UP_DELAY]";
        context.warn(Code::MissingArgument, line.keyword.span, message, remedy);
        return;
    };
    match (down, times.next().unwrap_or(Ok(Duration::ZERO))) {
        (Ok(down), Ok(up)) => {
            if list.iter().any(|delay| delay.interface == interface) {
                repeated(line.keyword, context);
                list.retain(|delay| delay.interface != interface);
            }
            list.push(LinkDelay { interface, down, up });
        }
        (Err((span, why)), _) | (_, Err((span, why))) => {
            context.warn(Code::InvalidValue, span, why, "the interface has no delays");
        }
    }
}

fn announce_group(entry: &Entry<'_>, groups: &mut Vec<AnnounceGroup>, context: &mut Context<'_>) {
    let settings = Settings::new(entry);
    let garp = settings.time("garp_interval");
    let gna = settings.time("gna_interval");
    if garp.is_none() && gna.is_none() {
        let message = "the garp_group has no interval";
        let remedy = "it is removed; add: garp_interval SECONDS, or gna_interval";
        context.warn(Code::GroupTooSmall, entry.span(), message, remedy);
        return;
    }
    let single = settings.all("interface").filter_map(|entry| entry.arguments().first());
    let listed = settings.all("interfaces").flat_map(Entry::list_words);
    let mut interfaces: Vec<String> = Vec::new();
    for word in single.chain(listed) {
        let Some(name) = interface(word, context) else { continue };
        if interfaces.contains(&name) || groups.iter().any(|g| g.interfaces.contains(&name)) {
            let message = format!("`{name}` is in a garp_group already");
            let remedy = "it stays there; an interface is in one group only";
            context.warn(Code::DuplicateEntry, word.span, message, remedy);
        } else {
            interfaces.push(name);
        }
    }
    if interfaces.is_empty() {
        let message = "the garp_group has no interface";
        let remedy = "it is removed; name them in: interfaces { … }";
        context.warn(Code::GroupTooSmall, entry.span(), message, remedy);
        return;
    }
    groups.push(AnnounceGroup {
        interfaces,
        garp_interval: garp.unwrap_or(context.defaults.garp_interval),
        gna_interval: gna.unwrap_or(context.defaults.gna_interval),
    });
}
