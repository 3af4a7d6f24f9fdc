//! Each thing that is told, provoked by the packets that show it, and healthy hours without any.

use std::net::Ipv4Addr;
use std::time::Duration;

use super::*;
use crate::wire::arp::gratuitous_arp;
use crate::wire::ethernet::{self, Mac};
use crate::wire::packet::Link;
use crate::wire::vrrp::{Advert, Auth, ChecksumVariant, GROUP_V4, PROTOCOL, Version};
use crate::wire::{ah, ipv4};

const A: u8 = 1;
const B: u8 = 2;
const VIP: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 100);
const OTHER_VIP: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 200);

const fn address(host: u8) -> Ipv4Addr {
    Ipv4Addr::new(192, 0, 2, host)
}

const fn mac(host: u8) -> Mac {
    [2, 0, 0, 0, 0, host]
}

/// One host's advert, and how it is odd.
#[derive(Clone)]
struct Sent {
    host: u8,
    mac: Mac,
    ttl: u8,
    version: Version,
    priority: u8,
    interval: Duration,
    auth: Auth,
    variant: ChecksumVariant,
    vips: Vec<Ipv4Addr>,
    damage: bool,
    sequence: Option<u32>,
}

/// What makes an advert odd.
type Change = fn(&mut Sent);

fn from(host: u8, priority: u8) -> Sent {
    Sent {
        host,
        mac: mac(host),
        ttl: 255,
        version: Version::V3,
        priority,
        interval: Duration::from_secs(1),
        auth: Auth::None,
        variant: ChecksumVariant::PseudoHeader,
        vips: vec![VIP],
        damage: false,
        sequence: None,
    }
}

impl Sent {
    fn frame(&self) -> Vec<u8> {
        let advert = Advert {
            version: self.version,
            vrid: 7,
            priority: self.priority,
            advertisement_interval: self.interval,
            auth: self.auth,
            addresses: self.vips.iter().map(|vip| (*vip).into()).collect(),
        };
        let source = address(self.host);
        let mut message = advert.emit(source.into(), GROUP_V4.into(), self.variant);
        if self.damage {
            message[6] ^= 1;
        }
        let mut protocol = PROTOCOL;
        if let Some(sequence) = self.sequence {
            let outer = ah::Outer {
                source,
                destination: GROUP_V4,
                ttl: 255,
                identification: ah::Outer::identification(sequence),
            };
            message = outer.seal(*b"secret\0\0", sequence, &message);
            protocol = ah::PROTOCOL;
        }
        let header = ipv4::Header {
            source,
            destination: GROUP_V4,
            tos: 0xc0,
            identification: 1,
            dont_fragment: false,
            ttl: self.ttl,
            protocol,
        };
        ethernet::frame([1; 6], self.mac, ethernet::IPV4, &header.emit(&message))
    }
}

/// An observer, and what it told.
#[derive(Default)]
struct Scene {
    observer: Observer,
    told: Vec<Event>,
}

impl Scene {
    fn packet(&mut self, millis: u64, bytes: &[u8]) {
        let (unix_nanos, original_len) = (1_000_000_000_000 + millis * 1_000_000, bytes.len());
        let (link, interface) = (Link::Ethernet, Some("eth0"));
        let captured = Captured { unix_nanos, interface, link, original_len, bytes };
        self.observer.handle_packet(&captured);
        while let Some(event) = self.observer.poll_event() {
            self.told.push(event);
        }
    }

    fn say(&mut self, millis: u64, sent: &Sent) {
        self.packet(millis, &sent.frame());
    }

    /// Adverts of `sent`, from one millisecond to another, one each second.
    fn reign(&mut self, from: u64, to: u64, sent: &Sent) {
        for millis in (from..=to).step_by(1_000) {
            self.say(millis, sent);
        }
    }

    fn findings(&self) -> Vec<&Finding> {
        let finding = |event| match event {
            &Event { what: What::Finding(ref finding), .. } => Some(finding),
            _ => None,
        };
        self.told.iter().filter_map(finding).collect()
    }

    fn kinds(&self) -> Vec<Kind> {
        self.findings().iter().map(|finding| finding.kind).collect()
    }

    fn transitions(&self) -> Vec<(Ipv4Addr, Cause, Option<u128>)> {
        let transition = |event: &Event| match &event.what {
            What::Transition(transition) => {
                let std::net::IpAddr::V4(to) = transition.to else { panic!() };
                let took = transition.took.map(|(took, _)| took.as_millis());
                Some((to, transition.cause, took))
            }
            _ => None,
        };
        self.told.iter().filter_map(transition).collect()
    }
}

#[test]
fn takeovers_are_told_with_their_cause_and_time() {
    let mut scene = Scene::default();
    scene.reign(0, 3_000, &from(A, 200));
    scene.say(3_500, &from(A, 0));
    scene.reign(4_100, 6_100, &from(B, 100));
    scene.reign(6_500, 9_500, &from(A, 200));
    // Silence, and B again after three intervals and its skew.
    scene.reign(13_100, 15_100, &from(B, 100));
    assert_eq!(
        scene.transitions(),
        [
            (address(A), Cause::FirstSeen, None),
            (address(B), Cause::MasterStopped, Some(600)),
            (address(A), Cause::HigherPriority, None),
            (address(B), Cause::MasterDownTimer, Some(3_600)),
        ]
    );
    assert_eq!(scene.kinds(), []);
    let router = scene.observer.routers().values().next().unwrap();
    assert_eq!((router.transitions, router.history.len()), (4, 4));
    assert_eq!(router.master.unwrap().source, address(B));
}

#[test]
fn an_hour_of_healthy_traffic_has_no_finding() {
    let mut scene = Scene::default();
    for second in 0..3_600_u64 {
        // A few milliseconds of jitter.
        scene.say(second * 1_000 + second % 7, &from(A, 200));
        if second % 60 == 0 {
            scene.packet(second * 1_000 + 500, &gratuitous_arp(mac(A), VIP));
        }
    }
    assert_eq!(scene.kinds(), []);
    assert_eq!(scene.transitions().len(), 1);
    let gaps = scene.observer.speakers().values().next().unwrap().gaps().unwrap();
    assert!(gaps.greatest < Duration::from_millis(1_010), "{gaps:?}");
    let off = gaps.p50.abs_diff(Duration::from_secs(1));
    assert!(off < Duration::from_millis(2), "{gaps:?}");
}

#[test]
fn a_farewell_of_the_lower_master_is_no_split_brain() {
    let mut scene = Scene::default();
    scene.reign(0, 3_000, &from(A, 100));
    scene.say(3_400, &from(B, 200));
    scene.say(3_401, &from(A, 100));
    scene.reign(4_400, 9_400, &from(B, 200));
    // A backup that missed adverts, and is told at once.
    scene.say(9_800, &from(A, 100));
    scene.say(9_801, &from(B, 200));
    scene.reign(10_801, 15_801, &from(B, 200));
    assert_eq!(scene.kinds(), []);
}

#[test]
fn a_split_brain_is_found_within_two_adverts_and_its_end_is_told() {
    let mut scene = Scene::default();
    scene.reign(0, 5_000, &from(A, 200));
    scene.say(5_300, &from(B, 100));
    scene.say(6_000, &from(A, 200));
    scene.say(6_300, &from(B, 100));
    assert_eq!(scene.kinds(), []);
    scene.say(7_000, &from(A, 200));
    assert_eq!(scene.kinds(), [Kind::SplitBrain]);
    let mut parties: Vec<_> = scene.findings()[0].parties.iter().map(|p| p.source).collect();
    parties.sort_unstable();
    assert_eq!(parties, [address(A), address(B)]);
    scene.say(7_300, &from(B, 100));
    scene.reign(8_000, 12_000, &from(A, 200));
    assert_eq!(scene.kinds(), [Kind::SplitBrain, Kind::SplitBrainEnded]);
    let Detail::Lasted { lasted, .. } = scene.findings()[1].detail else { panic!() };
    assert_eq!(lasted, Duration::from_secs(2));
    assert_eq!(scene.observer.totals().findings, 1);
}

#[test]
fn what_two_senders_disagree_about_is_named_once() {
    let rows: [(Change, Kind); 6] = [
        (|sent| sent.vips = vec![OTHER_VIP], Kind::VridConflict),
        (|sent| sent.vips.push(OTHER_VIP), Kind::AddressListDiffers),
        (|sent| sent.interval = Duration::from_secs(2), Kind::IntervalDiffers),
        (|sent| sent.version = Version::V2, Kind::VersionDiffers),
        (|sent| sent.variant = ChecksumVariant::MessageOnly, Kind::ChecksumDiffers),
        (
            |sent| {
                sent.version = Version::V2;
                sent.auth = Auth::Pass(*b"secret\0\0");
            },
            Kind::AuthDiffers,
        ),
    ];
    for (change, kind) in rows {
        let mut scene = Scene::default();
        let mut odd = from(B, 100);
        change(&mut odd);
        scene.reign(0, 3_000, &from(A, 200));
        scene.say(3_300, &odd);
        scene.say(3_400, &odd);
        let kinds = scene.kinds();
        assert_eq!(kinds.iter().filter(|each| **each == kind).count(), 1, "{kinds:?}");
        let finding = scene.findings().into_iter().find(|each| each.kind == kind).unwrap();
        let parties: Vec<_> = finding.parties.iter().map(|party| party.source).collect();
        assert_eq!(parties, [address(A), address(B)], "{kind:?}");
        assert_eq!(finding.packets, [4, 5], "{kind:?}");
    }
}

#[test]
fn what_receivers_drop_is_found_at_its_sender() {
    let rows: [(Change, Kind); 3] = [
        (|sent| sent.ttl = 254, Kind::WrongTtl),
        (|sent| sent.damage = true, Kind::WrongChecksum),
        (|sent| sent.vips.clear(), Kind::InvalidAdvert),
    ];
    for (change, kind) in rows {
        let mut scene = Scene::default();
        let mut odd = from(B, 100);
        change(&mut odd);
        scene.reign(0, 3_000, &from(A, 200));
        scene.say(3_300, &odd);
        scene.say(4_300, &odd);
        assert_eq!(scene.kinds(), [kind]);
        assert_eq!(scene.findings()[0].parties[0].source, address(B));
        // Nobody hears it, so it is no master either.
        assert_eq!(scene.transitions().len(), 1);
    }
}

#[test]
fn what_goes_wrong_over_time_is_found() {
    let mut late = Scene::default();
    late.reign(0, 3_000, &from(A, 200));
    late.say(4_600, &from(A, 200));
    late.reign(7_600, 9_600, &from(A, 200));
    assert_eq!(late.kinds(), [Kind::LateAdvert, Kind::MissingAdvert]);
    let speaker = late.observer.speakers().values().next().unwrap();
    assert_eq!((speaker.late, speaker.missed), (1, 2));

    let mut flapping = Scene::default();
    for round in 0..6 {
        let start = round * 4_000;
        flapping.reign(start, start + 1_000, &from(A, 100));
        flapping.reign(start + 1_500, start + 2_500, &from(B, 200));
        flapping.say(start + 2_600, &from(B, 0));
    }
    assert_eq!(flapping.kinds().iter().filter(|kind| **kind == Kind::Flapping).count(), 1);

    let mut storm = Scene::default();
    for n in 0..6 {
        storm.say(n * 100, &from(A, 0));
    }
    assert_eq!(storm.kinds(), [Kind::PriorityZeroStorm]);

    let mut slow = Scene::default();
    slow.reign(0, 2_000, &from(A, 200));
    slow.say(2_500, &from(A, 0));
    slow.say(4_500, &from(B, 100));
    assert_eq!(slow.kinds(), [Kind::TakeoverLate]);

    let mut silent = Scene::default();
    silent.reign(0, 2_000, &from(A, 200));
    silent.observer.handle_time(1_000_000_000_000 + 20_000_000_000);
    let event = silent.observer.poll_event().unwrap();
    let What::Finding(finding) = event.what else { panic!() };
    assert_eq!(finding.kind, Kind::NoMaster);
}

#[test]
fn addresses_that_are_not_where_the_master_is_are_found() {
    let mut elsewhere = Scene::default();
    elsewhere.reign(0, 2_000, &from(A, 200));
    elsewhere.packet(2_500, &gratuitous_arp(mac(B), VIP));
    elsewhere.reign(3_000, 5_000, &from(A, 200));
    assert_eq!(elsewhere.kinds(), [Kind::AddressElsewhere]);

    // Who is about to be master may announce first.
    let mut first = Scene::default();
    first.reign(0, 2_000, &from(A, 200));
    first.packet(2_500, &gratuitous_arp(mac(B), VIP));
    first.reign(2_501, 5_501, &from(B, 250));
    assert_eq!(first.kinds(), []);

    let mut mute = Scene::default();
    mute.packet(0, &gratuitous_arp(mac(A), OTHER_VIP));
    mute.reign(0, 2_000, &from(A, 100));
    mute.reign(2_500, 8_500, &from(B, 200));
    assert_eq!(mute.kinds(), [Kind::Unannounced]);
}

#[test]
fn senders_that_are_not_who_they_say_are_found() {
    let moved = Sent { mac: mac(9), ..from(A, 200) };
    let mut forged = Scene::default();
    forged.reign(0, 2_000, &from(A, 200));
    forged.say(2_500, &moved);
    forged.say(3_000, &from(A, 200));
    assert_eq!(forged.kinds(), [Kind::MacMoved, Kind::Forged]);

    let sealed = |sequence| {
        let sequence = Some(sequence);
        let auth = Auth::Other(2, [0; 8]);
        Sent { version: Version::V2, auth, sequence, ..from(A, 200) }
    };
    let mut replayed = Scene::default();
    replayed.say(0, &sealed(5));
    replayed.say(1_000, &sealed(6));
    replayed.say(2_000, &sealed(5));
    assert_eq!(replayed.kinds(), [Kind::Replayed]);
}
