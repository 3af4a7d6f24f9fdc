//! What `ha sniff` shows: one line for each packet, and a summary at the end.
//!
//! Passwords never appear: they are what makes an advert accepted.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};

use super::event::{VERSION, rfc3339};
use crate::engine::observe::{
    AdvertSeen, Announcement, AnnouncementMessage, Observer, RouterKey, RouterSeen, Seen, Verdict,
};
use crate::engine::vrrp::receive::Drop;
use crate::wire::arp::Operation;
use crate::wire::vrrp::{Auth, ChecksumSeen, Malformed, Parsed, TTL, Version};

/// Longest line; what does not fit is cut. JSON has all of it.
const WIDTH: usize = 100;
/// Type of service of network control, which adverts are sent with.
const TOS: u8 = 0xc0;

/// A packet as one line of text.
#[must_use]
pub fn line(unix_nanos: u64, interface: Option<&str>, seen: &Seen) -> String {
    let mut text = rfc3339(unix_nanos).get(11..26).unwrap_or_default().to_owned();
    if let Some(interface) = interface {
        let _ = write!(text, " {interface:<6}");
    }
    match seen {
        Seen::Advert(advert) => advert_text(&mut text, advert),
        Seen::Announcement(announcement) => announcement_text(&mut text, announcement),
        Seen::Malformed(malformed) => {
            let _ = write!(text, " malformed: {malformed}");
        }
    }
    cut(text.trim_end().to_owned())
}

/// `text` with at most [`WIDTH`] characters, the last one a dot for what was cut.
fn cut(text: String) -> String {
    if text.chars().count() <= WIDTH {
        return text;
    }
    text.chars().take(WIDTH - 1).chain(['…']).collect()
}

fn advert_text(text: &mut String, seen: &AdvertSeen) {
    let number = |field: Option<u8>| field.map_or_else(|| "?".into(), |n| n.to_string());
    let [version, vrid, priority] = seen.head.map(number);
    let source = seen.ip.source;
    let _ = write!(text, " {source:<15} v{version} vrid {vrid:>3} prio {priority:>3}");
    let interval = seen
        .message
        .as_ref()
        .map_or_else(|_| "-".into(), |parsed| seconds(parsed.advert.advertisement_interval));
    let _ = write!(text, " {interval:>6}");
    if seen.verdict == Verdict::Accepted {
        text.push_str("  ok ");
    } else {
        let _ = write!(text, "  BAD {}", detail(seen));
    }
    for note in notes(seen) {
        let _ = write!(text, " {note}");
    }
    let Ok(Parsed { advert, .. }) = &seen.message else { return };
    let mut left = advert.addresses.len();
    for address in &advert.addresses {
        let word = format!(" {address}");
        let more = if left > 1 { format!(" +{left}").len() } else { 0 };
        if text.chars().count() + word.len() + more > WIDTH {
            let _ = write!(text, " +{left}");
            return;
        }
        text.push_str(&word);
        left -= 1;
    }
}

/// What is unusual about an advert without being wrong.
fn notes(seen: &AdvertSeen) -> Vec<String> {
    let mut notes = Vec::new();
    if seen.head[2] == Some(0) {
        notes.push("stops".into());
    }
    if !seen.ip.destination.is_multicast() {
        notes.push(format!("to {}", seen.ip.destination));
    }
    if seen.ip.ttl != TTL && seen.verdict != Verdict::Drop(Drop::Ttl) {
        notes.push(format!("ttl {}", seen.ip.ttl));
    }
    if seen.ip.tos != TOS {
        notes.push(format!("tos {:#04x}", seen.ip.tos));
    }
    if let Some((_, sequence)) = seen.ah {
        notes.push(format!("ah seq {sequence}"));
    }
    if let Ok(parsed) = &seen.message {
        match parsed.advert.auth {
            Auth::None | Auth::Ah(_) => {}
            // Type 2 says what the AH header shows anyway.
            Auth::Other(2, _) if seen.ah.is_some() => {}
            Auth::Pass(_) => notes.push("auth pass".into()),
            Auth::Other(kind, _) => notes.push(format!("auth type {kind}")),
        }
        match (parsed.checksum, parsed.advert.version) {
            (ChecksumSeen::MessageOnly, Version::V3) => notes.push("sum message-only".into()),
            (ChecksumSeen::OldUnicast, _) => notes.push("sum old-unicast".into()),
            _ => {}
        }
        if parsed.reserved != 0 {
            notes.push(format!("reserved {:#x}", parsed.reserved));
        }
        if parsed.trailing > 0 {
            notes.push(format!("+{} bytes", parsed.trailing));
        }
    }
    notes
}

/// Why an advert fails, in words.
fn detail(seen: &AdvertSeen) -> String {
    let Verdict::Drop(drop) = seen.verdict else {
        return "IPv4 header checksum is wrong".into();
    };
    match (drop, &seen.message) {
        (_, Err(malformed)) => short(malformed),
        (Drop::Length, Ok(parsed)) => format!("{} bytes too long", parsed.trailing),
        (Drop::Ttl, _) => format!("ttl {} is not {TTL}", seen.ip.ttl),
        (Drop::Checksum, Ok(parsed)) => format!("checksum {:#06x} is wrong", parsed.checksum_field),
        (Drop::IntervalZero, _) => "interval is zero".into(),
        (Drop::AddressCount, _) => "no addresses".into(),
        (other, _) => format!("{other:?}"),
    }
}

/// A malformed message in fewer words than its own, to fit the line.
fn short(malformed: &Malformed) -> String {
    match malformed {
        Malformed::Addresses { have, need, .. } => format!("{have} bytes, {need} needed"),
        Malformed::Header { have } => format!("only {have} bytes"),
        other => other.to_string(),
    }
}

fn announcement_text(text: &mut String, seen: &Announcement) {
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
    let _ = write!(text, " {address:<15} is at {mac}  vrid {vrid}  {how}");
}

/// A hardware address as `ip` writes it.
fn hardware(mac: [u8; 6]) -> String {
    mac.map(|byte| format!("{byte:02x}")).join(":")
}

/// A duration in seconds with at most two decimals: `1s`, `0.5s`, `40.95s`.
fn seconds(duration: Duration) -> String {
    let text = format!("{:.2}", duration.as_secs_f64());
    format!("{}s", text.trim_end_matches('0').trim_end_matches('.'))
}

/// A VRRP message in JSON: every field, and the verdict.
#[derive(Debug, Serialize)]
struct AdvertData<'a> {
    interface: Option<&'a str>,
    source_mac: Option<String>,
    vlans: &'a [u16],
    source: Option<IpAddr>,
    destination: Option<IpAddr>,
    ttl: Option<u8>,
    tos: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ah: Option<Value>,
    version: Option<u8>,
    vrid: Option<u8>,
    priority: Option<u8>,
    advertisement_interval_us: Option<u64>,
    auth: Option<Value>,
    checksum: Option<ChecksumSeen>,
    checksum_field: Option<u16>,
    reserved: Option<u8>,
    trailing: Option<usize>,
    addresses: &'a [IpAddr],
    verdict: Value,
    detail: Option<String>,
}

impl<'a> AdvertData<'a> {
    fn new(interface: Option<&'a str>, seen: &'a AdvertSeen) -> Self {
        let parsed = seen.message.as_ref().ok();
        let [version, vrid, priority] = seen.head;
        let detail = match &seen.message {
            _ if seen.verdict == Verdict::Accepted => None,
            Err(malformed) => Some(malformed.to_string()),
            Ok(_) => Some(detail(seen)),
        };
        Self {
            interface,
            source_mac: seen.link.source.map(hardware),
            vlans: &seen.link.vlans,
            source: Some(seen.ip.source),
            destination: Some(seen.ip.destination),
            ttl: Some(seen.ip.ttl),
            tos: Some(seen.ip.tos),
            ah: seen
                .ah
                .map(|(spi, sequence)| json!({ "spi": Ipv4Addr::from(spi), "sequence": sequence })),
            version,
            vrid,
            priority,
            advertisement_interval_us: parsed.map(|p| micros(p.advert.advertisement_interval)),
            auth: parsed.filter(|p| p.advert.version == Version::V2).map(|p| auth(&p.advert.auth)),
            checksum: parsed.map(|p| p.checksum),
            checksum_field: parsed.map(|p| p.checksum_field),
            reserved: parsed.map(|p| p.reserved),
            trailing: parsed.map(|p| p.trailing),
            addresses: parsed.map_or(&[], |p| &p.advert.addresses),
            verdict: json!(seen.verdict),
            detail,
        }
    }

    /// A packet of which not even the IP header could be read.
    fn unreadable(interface: Option<&'a str>, detail: String) -> Self {
        Self {
            interface,
            source_mac: None,
            vlans: &[],
            source: None,
            destination: None,
            ttl: None,
            tos: None,
            ah: None,
            version: None,
            vrid: None,
            priority: None,
            advertisement_interval_us: None,
            auth: None,
            checksum: None,
            checksum_field: None,
            reserved: None,
            trailing: None,
            addresses: &[],
            verdict: json!("malformed"),
            detail: Some(detail),
        }
    }
}

/// Which authentication is used; never with what.
fn auth(auth: &Auth) -> Value {
    match auth {
        Auth::None => json!("none"),
        Auth::Pass(_) => json!("pass"),
        Auth::Ah(_) => json!({ "type": auth.kind() }),
        Auth::Other(kind, _) => json!({ "type": kind }),
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// An announcement in JSON.
#[derive(Debug, Serialize)]
struct AnnouncementData<'a> {
    interface: Option<&'a str>,
    vrid: u8,
    address: IpAddr,
    mac: Option<String>,
    message: Value,
}

impl<'a> AnnouncementData<'a> {
    fn new(interface: Option<&'a str>, seen: &Announcement) -> Self {
        Self {
            interface,
            vrid: seen.vrid,
            address: seen.address,
            mac: seen.mac.map(hardware),
            message: match seen.message {
                AnnouncementMessage::Arp(operation) => json!({ "arp": operation }),
                AnnouncementMessage::Ndisc { router, solicited, replaces } => json!({
                    "ndisc": { "router": router, "solicited": solicited, "override": replaces },
                }),
            },
        }
    }
}

/// An event line as [`super::event::Line`], with its keys in the order of the packet.
#[derive(Serialize)]
struct JsonLine<'a> {
    v: u8,
    #[serde(rename = "type")]
    kind: &'static str,
    time: String,
    data: JsonData<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum JsonData<'a> {
    Advert(Box<AdvertData<'a>>),
    Announcement(AnnouncementData<'a>),
}

/// A packet as one JSON line.
pub fn json<'a>(
    unix_nanos: u64,
    interface: Option<&'a str>,
    seen: &'a Seen,
) -> impl Serialize + 'a {
    let (kind, data) = match seen {
        Seen::Advert(advert) => {
            ("sniff.advert", JsonData::Advert(Box::new(AdvertData::new(interface, advert))))
        }
        Seen::Malformed(malformed) => {
            let data = AdvertData::unreadable(interface, malformed.to_string());
            ("sniff.advert", JsonData::Advert(Box::new(data)))
        }
        Seen::Announcement(announcement) => {
            let data = AnnouncementData::new(interface, announcement);
            ("sniff.announcement", JsonData::Announcement(data))
        }
    };
    JsonLine { v: VERSION, kind, time: rfc3339(unix_nanos), data }
}

/// The summary as text: a line of totals, then one for each router.
#[must_use]
pub fn summary(observer: &Observer, dropped: u64) -> String {
    let totals = observer.totals();
    let routers = observer.routers();
    let mut text = format!(
        "{} from {}",
        counted(totals.adverts, "advert"),
        counted(routers.len() as u64, "router"),
    );
    for (count, what) in [
        (totals.invalid, "invalid"),
        (totals.announcements, "announcing an address"),
        (totals.malformed, "malformed"),
        (dropped, "lost by this host"),
    ] {
        if count > 0 {
            let _ = write!(text, ", {count} {what}");
        }
    }
    for (key, router) in routers {
        text.push('\n');
        text.push_str(&cut(router_text(key, router)));
    }
    text
}

fn router_text(key: &RouterKey, router: &RouterSeen) -> String {
    let mut text = String::from("  ");
    if let Some(interface) = &key.interface {
        let _ = write!(text, "{interface:<6} ");
    }
    let _ = write!(text, "{:<15} vrid {:>3}", key.source, key.vrid);
    if let Some(last) = &router.last {
        let _ = write!(text, " v{} ", u8::from(last.version));
        match last.priority {
            0 => text.push_str("stopped "),
            priority => {
                let _ = write!(text, "prio {priority:>3}");
            }
        }
    }
    let _ = write!(text, "  {}", counted(router.adverts, "advert"));
    if let Some(interval) = router.mean_interval() {
        let _ = write!(text, ", {:.3} s apart", interval.as_secs_f64());
    }
    for (verdict, count) in &router.invalid {
        let _ = write!(text, ", {count} {}", name(*verdict));
    }
    text
}

/// A verdict's name in JSON.
fn name(verdict: Verdict) -> String {
    json!(verdict).as_str().unwrap_or_default().to_owned()
}

fn counted(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// The summary as one JSON document.
#[must_use]
pub fn summary_json(observer: &Observer, dropped: u64) -> Value {
    let totals = observer.totals();
    let routers: Vec<Value> = observer
        .routers()
        .iter()
        .map(|(key, router)| {
            let last = router.last.as_ref();
            let invalid: BTreeMap<String, u64> =
                router.invalid.iter().map(|(verdict, count)| (name(*verdict), *count)).collect();
            json!({
                "interface": key.interface,
                "vrid": key.vrid,
                "source": key.source,
                "version": last.map(|advert| advert.version),
                "priority": last.map(|advert| advert.priority),
                "advertisement_interval_us":
                    last.map(|advert| micros(advert.advertisement_interval)),
                "addresses": last.map(|advert| &advert.addresses),
                "adverts": router.adverts,
                "invalid": invalid,
                "mean_interval_us": router.mean_interval().map(micros),
                "first": rfc3339(router.first_unix_nanos),
                "last": rfc3339(router.last_unix_nanos),
            })
        })
        .collect();
    json!({
        "v": VERSION,
        "adverts": totals.adverts,
        "invalid": totals.invalid,
        "announcements": totals.announcements,
        "malformed": totals.malformed,
        "dropped": dropped,
        "routers": routers,
    })
}
