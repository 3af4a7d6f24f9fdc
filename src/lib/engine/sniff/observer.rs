//! Takes packets one by one and remembers what has to be remembered.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;

use super::finding::{Event, Party, VirtualRouterId, What};
use super::seen::{
    AdvertSeen, Announcement, AnnouncementMessage, Captured, CarpSeen, Seen, Verdict,
};
use super::speaker::{Oddities, Speaker, SpeakerId};
use super::virtual_router::{Heard, VirtualRouter};
use crate::engine::vrrp::Family;
use crate::engine::vrrp::receive::Rules;
use crate::wire::ethernet::Mac;
use crate::wire::packet::{Content, Packet};
use crate::wire::{arp, ndisc};

/// Senders that are told apart; adverts of further ones are only counted.
const MAX_SPEAKERS: usize = 4_096;
/// Virtual routers that are followed.
const MAX_ROUTERS: usize = 4_096;
/// How often silence is looked for, in nanoseconds.
const LOOK: u64 = 250_000_000;
/// Virtual addresses that are remembered.
const MAX_ADDRESSES: usize = 65_536;
/// Interfaces that are told apart; further ones count as unknown.
const MAX_INTERFACES: usize = 4_096;

/// What was seen in all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Packets, of whatever kind.
    pub packets: u64,
    /// VRRP messages, invalid ones included.
    pub adverts: u64,
    /// VRRP messages that fail a check.
    pub invalid: u64,
    /// VRRP messages of which the capture kept too little.
    pub truncated: u64,
    /// CARP messages.
    pub carp: u64,
    /// Announcements of virtual addresses.
    pub announcements: u64,
    /// Packets that seem to be one of these but cannot be read.
    pub malformed: u64,
    /// Findings, without those that say that something is right again.
    pub findings: u64,
}

/// The machine.
#[derive(Clone, Debug, Default)]
pub struct Observer {
    rules: Rules,
    speakers: BTreeMap<SpeakerId, Speaker>,
    routers: BTreeMap<VirtualRouterId, VirtualRouter>,
    /// Who named an address last.
    addresses: BTreeMap<IpAddr, VirtualRouterId>,
    events: VecDeque<Event>,
    /// ARP and neighbour advertisements were seen, so that a missing one means something.
    arp: bool,
    ndisc: bool,
    /// When silence is looked for next.
    look: u64,
    /// Names by number less one; number zero is an interface without a name.
    interfaces: Vec<String>,
    totals: Totals,
}

impl Observer {
    /// One that holds adverts to these rules.
    #[must_use]
    pub fn new(rules: Rules) -> Self {
        Self { rules, ..Self::default() }
    }

    /// What `captured` says; `None` when it is not about virtual routers.
    pub fn handle_packet<'a>(&mut self, captured: &Captured<'a>) -> Option<Seen<'a>> {
        self.totals.packets += 1;
        let Captured { unix_nanos, link, bytes, original_len, .. } = *captured;
        self.handle_time(unix_nanos);
        let Packet { link, content } = Packet::parse_cut(link, bytes, original_len);
        match content {
            Ok(Content::Vrrp { ip, ah, payload, whole, missing }) => {
                let seen = AdvertSeen::new(self.rules, (link, ip), ah, payload, (whole, missing));
                self.remember(captured, &seen);
                Some(Seen::Advert(seen))
            }
            Ok(Content::Carp { ip, message }) => {
                self.totals.carp += 1;
                Some(Seen::Carp(CarpSeen { link, ip, message }))
            }
            Ok(Content::Arp(message)) => self.arp(unix_nanos, &message).map(Seen::Announcement),
            Ok(Content::Neighbor(message)) => {
                self.neighbor(unix_nanos, &message).map(Seen::Announcement)
            }
            Ok(Content::Other) => None,
            Err(malformed) => {
                self.totals.malformed += 1;
                Some(Seen::Malformed(malformed))
            }
        }
    }

    /// Time has passed, by the clock of the packets.
    pub fn handle_time(&mut self, unix_nanos: u64) {
        if unix_nanos < self.look {
            return;
        }
        self.look = unix_nanos.saturating_add(LOOK);
        let before = self.events.len();
        for (id, router) in &mut self.routers {
            router.handle_time(unix_nanos, *id, &mut self.events);
        }
        self.count(before);
    }

    /// The next thing that happened.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Every virtual router so far.
    #[must_use]
    pub const fn routers(&self) -> &BTreeMap<VirtualRouterId, VirtualRouter> {
        &self.routers
    }

    /// Everybody who sent adverts so far.
    #[must_use]
    pub const fn speakers(&self) -> &BTreeMap<SpeakerId, Speaker> {
        &self.speakers
    }

    /// The name of an interface.
    #[must_use]
    pub fn interface(&self, number: u16) -> Option<&str> {
        let index = usize::from(number).checked_sub(1)?;
        self.interfaces.get(index).map(String::as_str)
    }

    /// What was seen so far, in all.
    #[must_use]
    pub const fn totals(&self) -> &Totals {
        &self.totals
    }

    /// The number of an interface, given now if it is new.
    fn number(&mut self, name: Option<&str>) -> u16 {
        let Some(name) = name else { return 0 };
        let known = self.interfaces.iter().position(|known| known == name);
        let index = match known {
            Some(index) => index,
            None if self.interfaces.len() >= MAX_INTERFACES => return 0,
            None => {
                self.interfaces.push(name.to_owned());
                self.interfaces.len() - 1
            }
        };
        u16::try_from(index + 1).unwrap_or(0)
    }

    /// Count the findings among the events from this one on.
    fn count(&mut self, before: usize) {
        let findings = self.events.iter().skip(before).filter(
            |event| matches!(&event.what, What::Finding(finding) if !finding.kind.is_relief()),
        );
        self.totals.findings += findings.count() as u64;
    }

    fn remember(&mut self, captured: &Captured<'_>, seen: &AdvertSeen<'_>) {
        self.totals.adverts += 1;
        self.totals.invalid += u64::from(seen.verdict.is_fault());
        self.totals.truncated += u64::from(seen.verdict == Verdict::Truncated);
        let interface = self.number(captured.interface);
        let Some(vrid) = seen.vrid() else { return };
        let vlan = seen.link.vlans.last().copied().unwrap_or_default();
        let id = SpeakerId { interface, vlan, vrid, source: seen.ip.source };
        let full = self.speakers.len() >= MAX_SPEAKERS;
        let speaker = match self.speakers.get_mut(&id) {
            Some(speaker) => speaker,
            None if full => return,
            None => self.speakers.entry(id).or_insert(Speaker::new(captured.unix_nanos)),
        };
        let family = Family::of(id.source);
        let router = VirtualRouterId { interface, vlan, family, vrid };
        let changed = speaker.remember(captured.unix_nanos, seen);
        let mut oddities = Oddities::default();
        if let (Verdict::Accepted, Ok(message)) = (seen.verdict, &seen.message) {
            let sequence = seen.ah.map(|(_, sequence)| sequence);
            let ip = &seen.ip;
            let beside = (seen.link.source, sequence);
            let master = self.routers.get(&router).and_then(|router| router.master);
            let reigning = master.is_some_and(|master| master.source == ip.source);
            let way = (ip.destination, reigning);
            oddities = speaker.hear(captured.unix_nanos, way, beside, message);
            if !std::mem::replace(&mut speaker.noted, true) {
                for address in message.addresses.iter() {
                    let room = self.addresses.len() < MAX_ADDRESSES;
                    if room || self.addresses.contains_key(&address) {
                        self.addresses.insert(address, router);
                    }
                }
            }
        }
        self.follow(captured.unix_nanos, router, seen, changed, oddities);
    }

    /// Tell the virtual router of an advert what was heard.
    fn follow(
        &mut self,
        unix_nanos: u64,
        id: VirtualRouterId,
        seen: &AdvertSeen<'_>,
        changed: Option<(u8, u8)>,
        oddities: Oddities,
    ) {
        if self.routers.len() >= MAX_ROUTERS && !self.routers.contains_key(&id) {
            return;
        }
        let router = self.routers.entry(id).or_default();
        let (source, mac, packet) = (seen.ip.source, seen.link.source, self.totals.packets);
        let before = self.events.len();
        match (seen.verdict, &seen.message) {
            (Verdict::Accepted, Ok(message)) => {
                let announcements = match id.family {
                    Family::Ipv4 => self.arp,
                    Family::Ipv6 => self.ndisc,
                };
                let heard =
                    Heard { unix_nanos, packet, router: id, source, mac, message, announcements };
                if let Some((from, to)) = changed.filter(|(from, to)| *from > 0 && *to > 0) {
                    let what = What::Priority { source, from, to };
                    self.events.push_back(Event { unix_nanos, router: id, what });
                }
                router.handle_advert(&heard, &mut self.events);
                for (kind, detail) in oddities.into_iter().flatten() {
                    router.tell_about(&heard, kind, detail, &mut self.events);
                }
            }
            (Verdict::Truncated, _) => {}
            (verdict, _) => {
                let [_, _, priority] = seen.head;
                let party = Party { source, mac, priority: priority.unwrap_or_default() };
                let at = (unix_nanos, packet);
                router.handle_invalid(at, id, party, verdict, &mut self.events);
            }
        }
        self.count(before);
    }

    fn arp(&mut self, unix_nanos: u64, message: &arp::Message) -> Option<Announcement> {
        self.arp = true;
        if !message.is_gratuitous() {
            return None;
        }
        let how = AnnouncementMessage::Arp(message.operation);
        self.announcement(unix_nanos, message.sender.into(), Some(message.sender_mac), how)
    }

    fn neighbor(
        &mut self,
        unix_nanos: u64,
        message: &ndisc::Advertisement,
    ) -> Option<Announcement> {
        self.ndisc = true;
        let how = AnnouncementMessage::Ndisc {
            router: message.router,
            solicited: message.solicited,
            replaces: message.replaces,
        };
        self.announcement(unix_nanos, message.target.into(), message.link_layer, how)
    }

    fn announcement(
        &mut self,
        unix_nanos: u64,
        address: IpAddr,
        mac: Option<Mac>,
        message: AnnouncementMessage,
    ) -> Option<Announcement> {
        let id = *self.addresses.get(&address)?;
        let vrid = id.vrid;
        self.totals.announcements += 1;
        if let (Some(router), Some(mac)) = (self.routers.get_mut(&id), mac) {
            router.handle_announcement((unix_nanos, self.totals.packets), address, mac, vrid);
        }
        Some(Announcement { address, vrid, mac, message })
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use std::time::Duration;

    use super::*;
    use crate::engine::vrrp::receive::Drop;
    use crate::wire::packet::Link;
    use crate::wire::vrrp::{self, Advert, Auth, ChecksumVariant, Version};
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

    fn handle<'a>(observer: &mut Observer, unix_nanos: u64, bytes: &'a [u8]) -> Option<Seen<'a>> {
        let (link, original_len) = (Link::Ethernet, bytes.len());
        let interface = Some("eth0");
        observer.handle_packet(&Captured { unix_nanos, interface, link, original_len, bytes })
    }

    fn verdict_of(bytes: &[u8]) -> Verdict {
        verdict_by(Rules::Keepalived, bytes)
    }

    fn verdict_by(rules: Rules, bytes: &[u8]) -> Verdict {
        match handle(&mut Observer::new(rules), 0, bytes) {
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
    fn the_rules_choose_whose_checks_count() {
        let pseudo = frame(|_, _| {});
        assert_eq!(verdict_by(Rules::Rfc9568, &pseudo), Verdict::Drop(Drop::Checksum));
        assert_eq!(verdict_by(Rules::Rfc3768, &pseudo), Verdict::Drop(Drop::Version));
        let plain = frame(|_, m| {
            let advert = Advert::parse(m, SOURCE.into(), vrrp::GROUP_V4.into()).unwrap().advert;
            let variant = ChecksumVariant::MessageOnly;
            *m = advert.emit(SOURCE.into(), vrrp::GROUP_V4.into(), variant);
        });
        assert_eq!(verdict_by(Rules::Rfc9568, &plain), Verdict::Accepted);
        assert_eq!(verdict_of(&plain), Verdict::Accepted);
    }

    #[test]
    fn what_the_capture_cut_is_told_as_that() {
        let whole = frame(|_, _| {});
        let (link, original_len) = (Link::Ethernet, whole.len());
        let bytes = &whole[..whole.len() - 6];
        let captured = Captured { unix_nanos: 0, interface: None, link, original_len, bytes };
        let mut observer = Observer::default();
        let Some(Seen::Advert(seen)) = observer.handle_packet(&captured) else { panic!() };
        assert_eq!((seen.verdict, seen.head[1]), (Verdict::Truncated, Some(7)));
        assert_eq!((observer.totals().truncated, observer.totals().invalid), (1, 0));
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
        let (key, router) = observer.speakers().first_key_value().unwrap();
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
        assert_eq!(observer.speakers().len(), MAX_SPEAKERS);
        assert_eq!(observer.totals().adverts, 5_000);
    }
}
