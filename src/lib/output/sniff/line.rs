//! A packet as one line of text, made without a string of its own: a capture has millions.

use std::fmt::Write as _;
use std::time::Duration;

use super::{WIDTH, cut, detail, hardware, seconds, spoken};
use crate::engine::sniff::{
    AdvertSeen, Announcement, AnnouncementMessage, CarpSeen, Seen, Verdict,
};
use crate::engine::vrrp::receive::Drop;
use crate::wire::arp::Operation;
use crate::wire::vrrp::{Auth, ChecksumSeen, Message, TTL, Version};

/// Type of service of network control, which adverts are sent with.
const TOS: u8 = 0xc0;

/// Append a packet as one line, without its end.
pub fn put_line(text: &mut String, unix_nanos: u64, interface: Option<&str>, seen: &Seen<'_>) {
    let start = text.len();
    put_time(text, unix_nanos);
    if let Some(interface) = interface {
        let _ = write!(text, " {interface:<6}");
    }
    match seen {
        Seen::Advert(advert) => put_advert(text, start, advert),
        Seen::Carp(carp) => put_carp(text, carp),
        Seen::Announcement(announcement) => put_announcement(text, announcement),
        Seen::Malformed(malformed) => {
            let _ = write!(text, " malformed: {malformed}");
        }
    }
    while text.ends_with(' ') {
        text.pop();
    }
    cut(text, start);
}

/// The time of the day in UTC with microseconds.
pub(super) fn put_time(text: &mut String, unix_nanos: u64) {
    let seconds = unix_nanos / 1_000_000_000;
    let two = |text: &mut String, number: u64| {
        for digit in [number / 10 % 10, number % 10] {
            text.push(char::from_digit(u32::try_from(digit).unwrap_or(0), 10).unwrap_or('0'));
        }
    };
    two(text, seconds / 3600 % 24);
    text.push(':');
    two(text, seconds / 60 % 60);
    text.push(':');
    two(text, seconds % 60);
    text.push('.');
    let micros = unix_nanos % 1_000_000_000 / 1_000;
    two(text, micros / 10_000);
    two(text, micros / 100 % 100);
    two(text, micros % 100);
}

/// Append what `write` writes, and spaces until it has this many characters.
fn put_wide(text: &mut String, width: usize, write: impl FnOnce(&mut String)) {
    let before = text.len();
    write(text);
    for _ in text.len() - before..width {
        text.push(' ');
    }
}

fn put_advert(text: &mut String, start: usize, seen: &AdvertSeen<'_>) {
    text.push(' ');
    put_wide(text, 15, |text| {
        let _ = write!(text, "{}", seen.ip.source);
    });
    let [version, vrid, priority] = seen.head;
    text.push_str(" v");
    put_number(text, 0, version);
    text.push_str(" vrid ");
    put_number(text, 3, vrid);
    text.push_str(" prio ");
    put_number(text, 3, priority);
    match &seen.message {
        Ok(message) => put_interval(text, message.advertisement_interval),
        Err(_) => text.push_str("      -"),
    }
    match seen.verdict {
        Verdict::Accepted => text.push_str("  ok "),
        Verdict::Truncated => {
            let _ = write!(text, "  ?? {}", detail(seen));
        }
        _ => {
            let _ = write!(text, "  BAD {}", detail(seen));
        }
    }
    put_notes(text, seen);
    if let Ok(message) = &seen.message {
        put_addresses(text, start, message);
    }
}

fn put_number(text: &mut String, width: usize, number: Option<u8>) {
    let _ = match number {
        Some(number) => write!(text, "{number:>width$}"),
        None => write!(text, "{:>width$}", "?"),
    };
}

fn put_interval(text: &mut String, interval: Duration) {
    let _ = if interval.subsec_nanos() == 0 {
        write!(text, " {:>5}s", interval.as_secs())
    } else {
        write!(text, " {:>6}", seconds(interval))
    };
}

/// As many addresses as the line has room for, and how many more there are.
fn put_addresses(text: &mut String, start: usize, message: &Message<'_>) {
    let mut left = message.addresses.len();
    for address in message.addresses.iter() {
        let before = text.len();
        let _ = write!(text, " {address}");
        let more = match left {
            0 | 1 => 0,
            2..10 => 3,
            10..100 => 4,
            _ => 5,
        };
        if text.len() - start + more > WIDTH {
            text.truncate(before);
            let _ = write!(text, " +{left}");
            return;
        }
        left -= 1;
    }
}

/// What is unusual about an advert without being wrong.
fn put_notes(text: &mut String, seen: &AdvertSeen<'_>) {
    let ip = &seen.ip;
    let [_, _, priority] = seen.head;
    if priority == Some(0) {
        text.push_str(" stops");
    }
    for vlan in seen.link.vlans.iter() {
        let _ = write!(text, " vlan {vlan}");
    }
    if !ip.destination.is_multicast() {
        let _ = write!(text, " to {}", ip.destination);
    }
    if ip.ttl != TTL && seen.verdict != Verdict::Drop(Drop::Ttl) {
        let _ = write!(text, " ttl {}", ip.ttl);
    }
    if ip.tos != TOS {
        let _ = write!(text, " tos {:#04x}", ip.tos);
    }
    if let Some((_, sequence)) = seen.ah {
        let _ = write!(text, " ah seq {sequence}");
    }
    if let Ok(message) = &seen.message {
        put_notes_of(text, message, seen.ah.is_some());
    }
}

fn put_notes_of(text: &mut String, message: &Message<'_>, sealed: bool) {
    match message.auth {
        Auth::None | Auth::Ah(_) => {}
        // Type 2 says what the AH header shows anyway.
        Auth::Other(2, _) if sealed => {}
        Auth::Pass(_) => text.push_str(" auth pass"),
        Auth::Other(kind, _) => {
            let _ = write!(text, " auth type {kind}");
        }
    }
    match (message.checksum, message.version) {
        (ChecksumSeen::MessageOnly, Version::V3) | (ChecksumSeen::OldUnicast, _) => {
            let _ = write!(text, " sum {}", spoken(message.checksum));
        }
        _ => {}
    }
    if message.reserved != 0 {
        let _ = write!(text, " reserved {:#x}", message.reserved);
    }
    if message.trailing > 0 {
        let _ = write!(text, " +{} bytes", message.trailing);
    }
}

fn put_carp(text: &mut String, seen: &CarpSeen) {
    let CarpSeen { ip, message, .. } = seen;
    let _ = write!(
        text,
        " {:<15} CARP vhid {:>3} skew {:>3} {:>5}s  not VRRP",
        ip.source, message.vhid, message.advskew, message.advbase
    );
    if ip.source.is_ipv4() && !message.checksum_valid {
        text.push_str(", checksum is wrong");
    }
}

fn put_announcement(text: &mut String, seen: &Announcement) {
    let how = match seen.message {
        AnnouncementMessage::Arp(Operation::Request) => "gratuitous arp".into(),
        AnnouncementMessage::Arp(_) => "gratuitous arp reply".into(),
        AnnouncementMessage::Ndisc { router, solicited, replaces } => {
            let flags = [(router, 'R'), (solicited, 'S'), (replaces, 'O')];
            let set: String = flags.iter().filter(|(set, _)| *set).map(|(_, flag)| flag).collect();
            format!("neighbour advertisement [{set}]")
        }
    };
    let mac = seen.mac.map_or_else(|| "an unknown address".into(), hardware);
    let Announcement { address, vrid, .. } = seen;
    text.push(' ');
    put_wide(text, 15, |text| {
        let _ = write!(text, "{address}");
    });
    let _ = write!(text, " is at {mac}  vrid {vrid}  {how}");
}
