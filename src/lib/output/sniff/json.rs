//! A packet as one JSON line.

use std::net::{IpAddr, Ipv4Addr};

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::{detail, hardware, micros};
use crate::engine::sniff::{
    AdvertSeen, Announcement, AnnouncementMessage, CarpSeen, Seen, Verdict,
};
use crate::output::event::{VERSION, rfc3339};
use crate::wire::vrrp::{Addresses, Auth, ChecksumSeen, Version};

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
    #[serde(serialize_with = "list")]
    addresses: Addresses<'a>,
    verdict: Value,
    detail: Option<String>,
}

impl<'a> AdvertData<'a> {
    fn new(interface: Option<&'a str>, seen: &'a AdvertSeen<'a>) -> Self {
        let parsed = seen.message.as_ref().ok();
        let [version, vrid, priority] = seen.head;
        let detail = match &seen.message {
            _ if seen.verdict == Verdict::Accepted => None,
            Err(malformed) if seen.verdict != Verdict::Truncated => Some(malformed.to_string()),
            _ => Some(detail(seen)),
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
            advertisement_interval_us: parsed.map(|p| micros(p.advertisement_interval)),
            auth: parsed.filter(|p| p.version == Version::V2).map(|p| auth(&p.auth)),
            checksum: parsed.map(|p| p.checksum),
            checksum_field: parsed.map(|p| p.checksum_field),
            reserved: parsed.map(|p| p.reserved),
            trailing: parsed.map(|p| p.trailing),
            addresses: parsed.map(|p| p.addresses).unwrap_or_default(),
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
            addresses: Addresses::default(),
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

fn list<S: Serializer>(addresses: &Addresses<'_>, out: S) -> Result<S::Ok, S::Error> {
    out.collect_seq(addresses.iter())
}

/// A CARP message in JSON.
#[derive(Debug, Serialize)]
struct CarpData<'a> {
    interface: Option<&'a str>,
    source_mac: Option<String>,
    vlans: &'a [u16],
    source: IpAddr,
    destination: IpAddr,
    ttl: u8,
    vhid: u8,
    advskew: u8,
    advertisement_interval_us: u64,
    checksum_valid: Option<bool>,
}

impl<'a> CarpData<'a> {
    fn new(interface: Option<&'a str>, seen: &'a CarpSeen) -> Self {
        let CarpSeen { link, ip, message } = seen;
        Self {
            interface,
            source_mac: link.source.map(hardware),
            vlans: &link.vlans,
            source: ip.source,
            destination: ip.destination,
            ttl: ip.ttl,
            vhid: message.vhid,
            advskew: message.advskew,
            advertisement_interval_us: u64::from(message.advbase) * 1_000_000,
            checksum_valid: ip.source.is_ipv4().then_some(message.checksum_valid),
        }
    }
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

/// An event line as [`crate::output::event::Line`], with its keys in the order of the packet.
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
    Carp(CarpData<'a>),
    Announcement(AnnouncementData<'a>),
}

/// Append a packet as one JSON line, without its end.
///
/// # Errors
/// Never for what is seen here; it is the serialiser's word.
pub fn put_json(
    out: &mut String,
    unix_nanos: u64,
    interface: Option<&str>,
    seen: &Seen<'_>,
) -> serde_json::Result<()> {
    let (kind, data) = match seen {
        Seen::Advert(advert) => {
            ("sniff.advert", JsonData::Advert(Box::new(AdvertData::new(interface, advert))))
        }
        Seen::Malformed(malformed) => {
            let data = AdvertData::unreadable(interface, malformed.to_string());
            ("sniff.advert", JsonData::Advert(Box::new(data)))
        }
        Seen::Carp(carp) => ("sniff.carp", JsonData::Carp(CarpData::new(interface, carp))),
        Seen::Announcement(announcement) => {
            let data = AnnouncementData::new(interface, announcement);
            ("sniff.announcement", JsonData::Announcement(data))
        }
    };
    let line = JsonLine { v: VERSION, kind, time: rfc3339(unix_nanos), data };
    out.push_str(&serde_json::to_string(&line)?);
    Ok(())
}
