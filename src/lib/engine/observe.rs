//! Watching a segment without taking part: what captured packets say, packet by packet and
//! router by router.
//!
//! Decides which packets matter (adverts, and announcements of addresses that adverts named) and
//! whether an advert is one that any router could accept. It refuses to know where the packets
//! come from and how they are shown. Memory is bounded: a hostile segment fills it and no more.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use serde::Serialize;

use super::vrrp::receive::{self, Datagram, Drop};
use crate::wire::ethernet::Mac;
use crate::wire::packet::{Content, IpInfo, Link, LinkInfo, Malformed, Packet};
use crate::wire::vrrp::{self, Advert, Parsed};
use crate::wire::{ah, arp, ndisc};

/// Routers that are told apart; adverts of further ones are only counted.
const MAX_ROUTERS: usize = 4_096;
/// Virtual addresses that are remembered.
const MAX_ADDRESSES: usize = 65_536;

/// One packet as it was captured.
#[derive(Clone, Copy, Debug)]
pub struct Captured<'a> {
    /// When, in nanoseconds since 1970.
    pub unix_nanos: u64,
    /// Interface it was seen on, where that is known.
    pub interface: Option<&'a str>,
    /// What its bytes begin with.
    pub link: Link,
    /// Its bytes.
    pub bytes: &'a [u8],
}

/// What a packet says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// A VRRP message.
    Advert(AdvertSeen),
    /// Somebody tells where a virtual address is.
    Announcement(Announcement),
    /// It seems to be one of the two, but cannot be read.
    Malformed(Malformed),
}

/// A VRRP message with the verdict on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdvertSeen {
    /// What the link says.
    pub link: LinkInfo,
    /// What the IP header says.
    pub ip: IpInfo,
    /// Security parameters index and sequence number of an AH header before the message.
    pub ah: Option<(u32, u32)>,
    /// The first three bytes, as far as they are there: version nibble, VRID, priority.
    pub head: [Option<u8>; 3],
    /// The whole message, or why it cannot be read.
    pub message: Result<Parsed, vrrp::Malformed>,
    /// What the receive checks say that need no configuration.
    pub verdict: Verdict,
}

/// Whether a router could accept an advert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It passes every check that needs no configuration.
    Accepted,
    /// Its IPv4 header has a wrong checksum: no host would look further.
    IpHeader,
    /// It fails this check.
    #[serde(untagged)]
    Drop(Drop),
}

/// A gratuitous ARP, or a neighbour advertisement, about a virtual address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// The address.
    pub address: IpAddr,
    /// VRID of the adverts that named it last.
    pub vrid: u8,
    /// Where it is said to be.
    pub mac: Option<Mac>,
    /// The message it was said with.
    pub message: AnnouncementMessage,
}

/// How a virtual address was announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnnouncementMessage {
    /// Gratuitous ARP, by this operation.
    Arp(arp::Operation),
    /// Neighbour advertisement, with its flags.
    Ndisc {
        /// Router flag.
        router: bool,
        /// Solicited flag.
        solicited: bool,
        /// Override flag.
        replaces: bool,
    },
}

/// Tells one router from another: the sender of a VRID on an interface.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RouterKey {
    /// Interface, where it is known.
    pub interface: Option<String>,
    /// Virtual router.
    pub vrid: u8,
    /// Sender.
    pub source: IpAddr,
}

/// What one router said, over all its adverts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouterSeen {
    /// Adverts, invalid ones included.
    pub adverts: u64,
    /// Adverts that fail a check, by the verdict.
    pub invalid: BTreeMap<Verdict, u64>,
    /// The last advert that could be read.
    pub last: Option<Advert>,
    /// When the first advert was seen, in nanoseconds since 1970.
    pub first_unix_nanos: u64,
    /// When the last advert was seen.
    pub last_unix_nanos: u64,
}

impl RouterSeen {
    /// Mean time between its adverts; `None` with fewer than two.
    #[must_use]
    pub fn mean_interval(&self) -> Option<Duration> {
        let gaps = self.adverts.checked_sub(1).filter(|gaps| *gaps > 0)?;
        let span = self.last_unix_nanos.saturating_sub(self.first_unix_nanos);
        Some(Duration::from_nanos(span / gaps))
    }
}

/// What was seen in all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// VRRP messages, invalid ones included.
    pub adverts: u64,
    /// VRRP messages that fail a check.
    pub invalid: u64,
    /// Announcements of virtual addresses.
    pub announcements: u64,
    /// Packets that seem to be one of these but cannot be read.
    pub malformed: u64,
}

/// Takes packets one by one and remembers what has to be remembered.
#[derive(Clone, Debug, Default)]
pub struct Observer {
    routers: BTreeMap<RouterKey, RouterSeen>,
    addresses: BTreeMap<IpAddr, u8>,
    totals: Totals,
}

impl Observer {
    /// What `captured` says; `None` when it is not about virtual routers.
    pub fn handle_packet(&mut self, captured: &Captured<'_>) -> Option<Seen> {
        let Packet { link, content } = Packet::parse(captured.link, captured.bytes);
        match content {
            Ok(Content::Vrrp { ip, ah, payload }) => {
                Some(Seen::Advert(self.advert(captured, link, ip, ah, payload)))
            }
            Ok(Content::Arp(message)) => self.arp(&message).map(Seen::Announcement),
            Ok(Content::Neighbor(message)) => self.neighbor(&message).map(Seen::Announcement),
            Ok(Content::Other) => None,
            Err(malformed) => {
                self.totals.malformed += 1;
                Some(Seen::Malformed(malformed))
            }
        }
    }

    /// Every router seen so far.
    #[must_use]
    pub const fn routers(&self) -> &BTreeMap<RouterKey, RouterSeen> {
        &self.routers
    }

    /// What was seen so far, in all.
    #[must_use]
    pub const fn totals(&self) -> &Totals {
        &self.totals
    }

    fn advert(
        &mut self,
        captured: &Captured<'_>,
        link: LinkInfo,
        ip: IpInfo,
        ah: Option<ah::Packet<'_>>,
        payload: &[u8],
    ) -> AdvertSeen {
        let IpInfo { source, destination, ttl, .. } = ip;
        let seen = AdvertSeen {
            link,
            ip,
            ah: ah.map(|ah| (ah.spi, ah.sequence)),
            head: [
                payload.first().map(|byte| byte >> 4),
                payload.get(1).copied(),
                payload.get(2).copied(),
            ],
            message: Advert::parse(payload, source, destination),
            verdict: verdict(
                ip,
                &Datagram { source, destination, ttl, identification: None, payload },
            ),
        };
        self.totals.adverts += 1;
        if seen.verdict != Verdict::Accepted {
            self.totals.invalid += 1;
        }
        self.remember(captured, &seen);
        seen
    }

    fn remember(&mut self, captured: &Captured<'_>, seen: &AdvertSeen) {
        if let (Verdict::Accepted, Ok(parsed)) = (seen.verdict, &seen.message) {
            for address in &parsed.advert.addresses {
                if self.addresses.len() < MAX_ADDRESSES || self.addresses.contains_key(address) {
                    self.addresses.insert(*address, parsed.advert.vrid);
                }
            }
        }
        let Some(vrid) = seen.head[1] else { return };
        let interface = captured.interface.map(str::to_owned);
        let key = RouterKey { interface, vrid, source: seen.ip.source };
        if self.routers.len() >= MAX_ROUTERS && !self.routers.contains_key(&key) {
            return;
        }
        let router = self.routers.entry(key).or_insert_with(|| RouterSeen {
            adverts: 0,
            invalid: BTreeMap::new(),
            last: None,
            first_unix_nanos: captured.unix_nanos,
            last_unix_nanos: captured.unix_nanos,
        });
        router.adverts += 1;
        router.last_unix_nanos = captured.unix_nanos;
        if seen.verdict != Verdict::Accepted {
            *router.invalid.entry(seen.verdict).or_default() += 1;
        }
        if let Ok(parsed) = &seen.message {
            router.last = Some(parsed.advert.clone());
        }
    }

    fn arp(&mut self, message: &arp::Message) -> Option<Announcement> {
        if !message.is_gratuitous() {
            return None;
        }
        let how = AnnouncementMessage::Arp(message.operation);
        self.announcement(message.sender.into(), Some(message.sender_mac), how)
    }

    fn neighbor(&mut self, message: &ndisc::Advertisement) -> Option<Announcement> {
        let how = AnnouncementMessage::Ndisc {
            router: message.router,
            solicited: message.solicited,
            replaces: message.replaces,
        };
        self.announcement(message.target.into(), message.link_layer, how)
    }

    fn announcement(
        &mut self,
        address: IpAddr,
        mac: Option<Mac>,
        message: AnnouncementMessage,
    ) -> Option<Announcement> {
        let vrid = *self.addresses.get(&address)?;
        self.totals.announcements += 1;
        Some(Announcement { address, vrid, mac, message })
    }
}

fn verdict(ip: IpInfo, datagram: &Datagram<'_>) -> Verdict {
    if ip.checksum_valid == Some(false) {
        return Verdict::IpHeader;
    }
    receive::inspect(datagram).map_or_else(Verdict::Drop, |_| Verdict::Accepted)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::wire::vrrp::{Auth, ChecksumVariant, Version};
    use crate::wire::{ethernet, ipv4};

    const MAC: Mac = [2, 0, 0, 0, 0, 1];
    const SOURCE: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
    const VIP: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 100);

    fn frame(change: impl Fn(&mut ipv4::Header, &mut Vec<u8>)) -> Vec<u8> {
        let advert = Advert {
            version: Version::V3,
            vrid: 7,
            priority: 100,
            advertisement_interval: Duration::from_secs(1),
            auth: Auth::None,
            addresses: vec![VIP.into()],
        };
        let group = vrrp::GROUP_V4.into();
        let mut message = advert.emit(SOURCE.into(), group, ChecksumVariant::PseudoHeader);
        let mut header = ipv4::Header {
            source: SOURCE,
            destination: vrrp::GROUP_V4,
            tos: 0xc0,
            identification: 0,
            dont_fragment: false,
            ttl: 255,
            protocol: vrrp::PROTOCOL,
        };
        change(&mut header, &mut message);
        ethernet::frame([1; 6], MAC, ethernet::IPV4, &header.emit(&message))
    }

    fn handle(observer: &mut Observer, unix_nanos: u64, bytes: &[u8]) -> Option<Seen> {
        let link = Link::Ethernet;
        observer.handle_packet(&Captured { unix_nanos, interface: Some("eth0"), link, bytes })
    }

    fn verdict_of(bytes: &[u8]) -> Verdict {
        match handle(&mut Observer::default(), 0, bytes) {
            Some(Seen::Advert(seen)) => seen.verdict,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_check_gives_its_own_verdict() {
        assert_eq!(verdict_of(&frame(|_, _| {})), Verdict::Accepted);
        assert_eq!(verdict_of(&frame(|header, _| header.ttl = 254)), Verdict::Drop(Drop::Ttl));
        assert_eq!(verdict_of(&frame(|_, m| m[7] ^= 1)), Verdict::Drop(Drop::Checksum));
        assert_eq!(verdict_of(&frame(|_, m| m[0] = 0x11)), Verdict::Drop(Drop::Version));
        assert_eq!(verdict_of(&frame(|_, m| m[0] = 0x32)), Verdict::Drop(Drop::Type));
        assert_eq!(verdict_of(&frame(|_, m| m.truncate(5))), Verdict::Drop(Drop::Length));
        let mut damaged = frame(|_, _| {});
        damaged[ethernet::HEADER_LEN + 11] ^= 1;
        assert_eq!(verdict_of(&damaged), Verdict::IpHeader);
    }

    #[test]
    fn only_addresses_that_adverts_named_are_announced() {
        let mut observer = Observer::default();
        let garp = arp::gratuitous_arp(MAC, VIP);
        assert_eq!(handle(&mut observer, 0, &garp), None);
        handle(&mut observer, 0, &frame(|_, _| {}));
        let Some(Seen::Announcement(seen)) = handle(&mut observer, 0, &garp) else { panic!() };
        assert_eq!((seen.address, seen.vrid, seen.mac), (VIP.into(), 7, Some(MAC)));
        let stranger = arp::gratuitous_arp(MAC, SOURCE);
        assert_eq!(handle(&mut observer, 0, &stranger), None);
        assert_eq!(observer.totals().announcements, 1);
    }

    #[test]
    fn routers_are_counted_with_their_interval_and_what_was_wrong() {
        let mut observer = Observer::default();
        for second in 0..3 {
            handle(&mut observer, second * 1_000_000_000, &frame(|_, _| {}));
        }
        handle(&mut observer, 3_000_000_000, &frame(|header, _| header.ttl = 1));
        let (key, router) = observer.routers().first_key_value().unwrap();
        assert_eq!((key.vrid, key.source, router.adverts), (7, SOURCE.into(), 4));
        assert_eq!(router.mean_interval(), Some(Duration::from_secs(1)));
        assert_eq!(router.invalid, BTreeMap::from([(Verdict::Drop(Drop::Ttl), 1)]));
        assert_eq!((observer.totals().adverts, observer.totals().invalid), (4, 1));
    }

    #[test]
    fn a_flood_of_senders_does_not_grow_the_memory() {
        let mut observer = Observer::default();
        for n in 0..5_000_u32 {
            let flood = frame(|header, _| header.source = Ipv4Addr::from(n));
            handle(&mut observer, 0, &flood);
        }
        assert_eq!(observer.routers().len(), MAX_ROUTERS);
        assert_eq!(observer.totals().adverts, 5_000);
    }
}
