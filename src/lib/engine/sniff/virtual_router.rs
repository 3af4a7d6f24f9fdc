//! One virtual router as its adverts show it: who is master since when, why that changed, and what
//! about it is wrong.
//!
//! Hears accepted adverts only; refuses to know what packets look like. What it tells it tells once
//! for each party, so that a fault that lasts is not a line for each packet.

use std::collections::{BTreeSet, VecDeque};
use std::net::IpAddr;
use std::time::Duration;

use super::finding::{
    Cause, Detail, Event, Finding, Kind, Party, Transition, VirtualRouterId, What,
};
use super::seen::Verdict;
use super::speaker::Said;
use crate::engine::vrrp::receive::Drop;
use crate::engine::vrrp::timers::{master_down_interval, skew_time};
use crate::wire::ethernet::Mac;
use crate::wire::vrrp::{Message, Version};

/// Senders with a claim to be master that are followed.
const MAX_CLAIMS: usize = 8;
/// Changes of master that are remembered.
const MAX_HISTORY: usize = 32;
/// Things told about parties.
const MAX_TOLD: usize = 64;
/// Adverts after which a master that goes on is taken for silent, as in the RFC.
const DOWN_ADVERTS: u8 = 3;
/// So many changes of master within so long are too many.
const FLAPS: usize = 5;
const FLAP_TIME: Duration = Duration::from_secs(60);
/// So many adverts with priority 0 within so many intervals are too many.
const STORM: u64 = 5;
const STORM_INTERVALS: u32 = 10;
/// What a host and its switch may be late: a fixed part, and a tenth of the limit.
const TOLERANCE: Duration = Duration::from_millis(50);
/// First bytes of the hardware addresses that RFC 9568 section 7.3 reserves.
const VIRTUAL_MAC: [u8; 4] = [0, 0, 0x5e, 0];

/// An advert that was accepted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Heard<'a> {
    pub unix_nanos: u64,
    pub packet: u64,
    pub router: VirtualRouterId,
    pub source: IpAddr,
    pub mac: Option<Mac>,
    pub message: &'a Message<'a>,
    /// Announcements of the family are in this capture.
    pub announcements: bool,
}

impl Heard<'_> {
    const fn party(&self) -> Party {
        Party { source: self.source, mac: self.mac, priority: self.message.priority }
    }
}

/// Who is master.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Master {
    /// Source of its adverts.
    pub source: IpAddr,
    /// Its hardware address, where the link tells it.
    pub mac: Option<Mac>,
    /// Its priority.
    pub priority: u8,
    /// When its first advert was seen, in nanoseconds since 1970.
    pub since_unix_nanos: u64,
    /// When its last one was.
    pub last_unix_nanos: u64,
    /// Adverts as master.
    pub adverts: u64,
    /// When it first announced an address after that.
    pub announced_unix_nanos: Option<u64>,
    version: Version,
    interval: Duration,
    packet: u64,
    took_over: bool,
}

/// Somebody who says that it is master.
#[derive(Clone, Copy, Debug)]
struct Claim {
    party: Party,
    last: u64,
    packet: u64,
    interval: Duration,
    /// Times that it went on although somebody else had spoken in between.
    defiant: u64,
}

/// Several claims at once.
#[derive(Clone, Copy, Debug)]
struct Overlap {
    since: u64,
    packet: u64,
    told: bool,
}

/// An announcement by somebody who is not master, or not yet.
#[derive(Clone, Copy, Debug)]
struct Suspect {
    unix_nanos: u64,
    packet: u64,
    address: IpAddr,
    mac: Mac,
}

/// The machine.
#[derive(Clone, Debug, Default)]
pub struct VirtualRouter {
    /// Who is master, as far as it is heard.
    pub master: Option<Master>,
    /// Changes of master.
    pub transitions: u64,
    /// The last of them.
    pub history: VecDeque<Transition>,
    /// The master that stopped or went silent: who, its last advert, its interval.
    gone: Option<(IpAddr, u64, Duration, Cause)>,
    claims: Vec<Claim>,
    overlap: Option<Overlap>,
    /// What the master says, that others are held to.
    reference: Option<(Party, u64, Said)>,
    told: BTreeSet<(Kind, IpAddr)>,
    flapping: Option<u64>,
    /// Who says that it stops, how often, since when.
    zeros: Option<(IpAddr, u64, u64)>,
    suspect: Option<Suspect>,
}

/// Events on their way out.
pub(super) type Events = VecDeque<Event>;

const fn nanos(later: u64, earlier: u64) -> Duration {
    Duration::from_nanos(later.saturating_sub(earlier))
}

impl VirtualRouter {
    /// An advert that was accepted.
    pub(super) fn handle_advert(&mut self, heard: &Heard<'_>, events: &mut Events) {
        self.expire(heard.unix_nanos, heard.router, events);
        self.compare(heard, events);
        if heard.message.priority == 0 {
            self.hear_stop(heard, events);
        } else {
            self.elect(heard, events);
            self.claim(heard, events);
            self.look_for_announcements(heard, events);
        }
    }

    /// An advert that fails a check.
    pub(super) fn handle_invalid(
        &mut self,
        (unix_nanos, packet): (u64, u64),
        router: VirtualRouterId,
        party: Party,
        verdict: Verdict,
        events: &mut Events,
    ) {
        let kind = match verdict {
            Verdict::Drop(Drop::Ttl) => Kind::WrongTtl,
            Verdict::Drop(Drop::Checksum) => Kind::WrongChecksum,
            _ => Kind::InvalidAdvert,
        };
        let finding = Finding {
            kind,
            parties: vec![party],
            packets: vec![packet],
            detail: Detail::Verdict(verdict),
        };
        self.tell_once(unix_nanos, router, finding, events);
    }

    /// Somebody announced one of the addresses.
    pub(super) fn handle_announcement(
        &mut self,
        (unix_nanos, packet): (u64, u64),
        address: IpAddr,
        mac: Mac,
        vrid: u8,
    ) {
        let [.., last] = mac;
        let virtual_mac = mac.starts_with(&VIRTUAL_MAC) && last == vrid;
        let Some(master) = &mut self.master else { return };
        if virtual_mac || master.mac.is_none_or(|own| own == mac) {
            master.announced_unix_nanos.get_or_insert(unix_nanos);
            self.suspect = None;
        } else if self.suspect.is_none() {
            // A new master may announce before its first advert is seen: wait for the next one.
            self.suspect = Some(Suspect { unix_nanos, packet, address, mac });
        }
    }

    /// Time has passed without an advert.
    pub(super) fn handle_time(
        &mut self,
        unix_nanos: u64,
        router: VirtualRouterId,
        events: &mut Events,
    ) {
        self.expire(unix_nanos, router, events);
        let Some(master) = self.master else { return };
        let silent = nanos(unix_nanos, master.last_unix_nanos);
        // The slowest backup there can be, and as long again as it may be late.
        let down = master_down_interval(master.version, 1, master.interval, DOWN_ADVERTS);
        if silent <= down + master.interval + TOLERANCE {
            return;
        }
        self.leave(&master, Cause::MasterDownTimer);
        let finding = Finding {
            kind: Kind::NoMaster,
            parties: vec![Party {
                source: master.source,
                mac: master.mac,
                priority: master.priority,
            }],
            packets: vec![master.packet],
            detail: Detail::Gap { gap: silent, interval: master.interval, missed: 0 },
        };
        events.push_back(Event { unix_nanos, router, what: What::Finding(finding) });
    }

    fn leave(&mut self, master: &Master, cause: Cause) {
        self.gone = Some((master.source, master.last_unix_nanos, master.interval, cause));
        self.master = None;
    }

    fn hear_stop(&mut self, heard: &Heard<'_>, events: &mut Events) {
        let Heard { unix_nanos, source, .. } = *heard;
        if let Some(mut master) = self.master.filter(|master| master.source == source) {
            master.last_unix_nanos = unix_nanos;
            self.leave(&master, Cause::MasterStopped);
        }
        self.claims.retain(|claim| claim.party.source != source);
        self.expire(unix_nanos, heard.router, events);
        let window = heard.message.advertisement_interval.saturating_mul(STORM_INTERVALS);
        let zeros = match self.zeros {
            Some((who, count, since)) if who == source && nanos(unix_nanos, since) <= window => {
                (who, count + 1, since)
            }
            _ => (source, 1, unix_nanos),
        };
        self.zeros = Some(zeros);
        let (_, count, since) = zeros;
        if count >= STORM {
            let detail = Detail::Count { count, within: nanos(unix_nanos, since) };
            self.tell_about(heard, Kind::PriorityZeroStorm, detail, events);
        }
    }

    /// Who is master now.
    fn elect(&mut self, heard: &Heard<'_>, events: &mut Events) {
        let Heard { unix_nanos, source, mac, message, packet, .. } = *heard;
        let (priority, interval) = (message.priority, message.advertisement_interval);
        let (from, cause) = match &mut self.master {
            Some(master) if master.source == source => {
                master.priority = priority;
                master.mac = mac;
                master.last_unix_nanos = unix_nanos;
                master.adverts += 1;
                master.interval = interval;
                master.packet = packet;
                return;
            }
            Some(master) => {
                let silent = nanos(unix_nanos, master.last_unix_nanos)
                    >= master.interval.saturating_mul(DOWN_ADVERTS.into());
                let cause = if silent {
                    Cause::MasterDownTimer
                } else if priority > master.priority {
                    Cause::HigherPriority
                } else if priority == master.priority && source > master.source {
                    Cause::HigherAddress
                } else {
                    return;
                };
                (Some((master.source, master.last_unix_nanos, master.interval)), cause)
            }
            None => match self.gone.take() {
                Some((who, last, interval, cause)) => (Some((who, last, interval)), cause),
                None => (None, Cause::FirstSeen),
            },
        };
        let took = from.and_then(|(_, last, interval)| {
            let limit = match cause {
                Cause::MasterStopped => skew_time(message.version, priority, interval),
                Cause::MasterDownTimer => {
                    master_down_interval(message.version, priority, interval, DOWN_ADVERTS)
                }
                _ => return None,
            };
            Some((nanos(unix_nanos, last), limit))
        });
        let from = from.map(|(source, ..)| source);
        let transition = Transition { unix_nanos, packet, from, to: source, priority, cause, took };
        self.master = Some(Master {
            source,
            mac,
            priority,
            since_unix_nanos: unix_nanos,
            last_unix_nanos: unix_nanos,
            adverts: 1,
            announced_unix_nanos: None,
            version: message.version,
            interval,
            packet,
            took_over: from.is_some_and(|from| from != source),
        });
        self.reference = Some((heard.party(), packet, Said::new(message)));
        self.record(heard, transition, events);
    }

    fn record(&mut self, heard: &Heard<'_>, transition: Transition, events: &mut Events) {
        let Heard { unix_nanos, router, .. } = *heard;
        let what = What::Transition(transition);
        events.push_back(Event { unix_nanos, router, what });
        self.transitions += 1;
        if self.history.len() >= MAX_HISTORY {
            self.history.pop_front();
        }
        self.history.push_back(transition);
        if let Some((took, limit)) = transition.took
            && took > limit + limit / 10 + TOLERANCE
        {
            let finding = Finding {
                kind: Kind::TakeoverLate,
                parties: vec![heard.party()],
                packets: vec![heard.packet],
                detail: Detail::Took([took, limit]),
            };
            events.push_back(Event { unix_nanos, router, what: What::Finding(finding) });
        }
        let recent = |each: &&Transition| nanos(unix_nanos, each.unix_nanos) <= FLAP_TIME;
        let flaps = self.history.iter().filter(recent).filter(|each| each.from.is_some()).count();
        let quiet = self.flapping.is_none_or(|told| nanos(unix_nanos, told) > FLAP_TIME);
        if flaps >= FLAPS && quiet {
            self.flapping = Some(unix_nanos);
            let recent = self.history.iter().filter(recent);
            let finding = Finding {
                kind: Kind::Flapping,
                parties: vec![heard.party()],
                packets: recent.map(|each| each.packet).collect(),
                detail: Detail::Count { count: flaps as u64, within: FLAP_TIME },
            };
            events.push_back(Event { unix_nanos, router, what: What::Finding(finding) });
        }
    }

    /// Follow who says to be master, and whether two do.
    fn claim(&mut self, heard: &Heard<'_>, events: &mut Events) {
        let Heard { unix_nanos, packet, source, message, router, .. } = *heard;
        let last_of_others = self.claims.iter().filter(|claim| claim.party.source != source);
        let last_of_others = last_of_others.map(|claim| claim.last).max();
        let interval = message.advertisement_interval;
        let party = heard.party();
        let full = self.claims.len() >= MAX_CLAIMS;
        match self.claims.iter_mut().find(|claim| claim.party.source == source) {
            Some(claim) => {
                let at_pace = nanos(unix_nanos, claim.last) < interval * 3 / 2;
                let interrupted = last_of_others.is_some_and(|other| other > claim.last);
                claim.defiant += u64::from(at_pace && interrupted);
                *claim = Claim { party, last: unix_nanos, packet, interval, ..*claim };
            }
            None if full => return,
            None => {
                self.claims.push(Claim { party, last: unix_nanos, packet, interval, defiant: 0 });
            }
        }
        if self.claims.len() < 2 {
            return;
        }
        let overlap =
            self.overlap.get_or_insert(Overlap { since: unix_nanos, packet, told: false });
        let defiant: Vec<&Claim> = self.claims.iter().filter(|claim| claim.defiant > 0).collect();
        let times: u64 = defiant.iter().map(|claim| claim.defiant).sum();
        // One advert each is how a higher master takes over from one that says farewell.
        if overlap.told || defiant.len() < 2 || times < 3 {
            return;
        }
        overlap.told = true;
        let packets = std::iter::once(overlap.packet).chain(defiant.iter().map(|c| c.packet));
        let finding = Finding {
            kind: Kind::SplitBrain,
            parties: defiant.iter().map(|claim| claim.party).collect(),
            packets: packets.collect(),
            detail: Detail::Lasted {
                since_unix_nanos: overlap.since,
                lasted: nanos(unix_nanos, overlap.since),
            },
        };
        events.push_back(Event { unix_nanos, router, what: What::Finding(finding) });
    }

    /// Forget claims of who is silent, and tell the end of two.
    fn expire(&mut self, unix_nanos: u64, router: VirtualRouterId, events: &mut Events) {
        if self.claims.len() < 2 && self.overlap.is_none() {
            return;
        }
        let alive = |claim: &Claim| {
            nanos(unix_nanos, claim.last) <= claim.interval.saturating_mul(DOWN_ADVERTS.into())
        };
        let ended =
            self.claims.iter().filter(|claim| !alive(claim)).map(|c| (c.last, c.packet)).max();
        self.claims.retain(alive);
        if self.claims.len() >= 2 {
            return;
        }
        for claim in &mut self.claims {
            claim.defiant = 0;
        }
        let Some(overlap) = self.overlap.take().filter(|overlap| overlap.told) else { return };
        let (end, packet) = ended.unwrap_or((unix_nanos, overlap.packet));
        let finding = Finding {
            kind: Kind::SplitBrainEnded,
            parties: self.claims.iter().map(|claim| claim.party).collect(),
            packets: vec![overlap.packet, packet],
            detail: Detail::Lasted {
                since_unix_nanos: overlap.since,
                lasted: nanos(end, overlap.since),
            },
        };
        events.push_back(Event { unix_nanos, router, what: What::Finding(finding) });
    }

    /// Hold an advert to what the master says.
    fn compare(&mut self, heard: &Heard<'_>, events: &mut Events) {
        let message = heard.message;
        let Some((party, packet, said)) = &mut self.reference else {
            self.reference = Some((heard.party(), heard.packet, Said::new(message)));
            return;
        };
        if party.source == heard.source {
            *party = heard.party();
            *packet = heard.packet;
            said.update(message);
            return;
        }
        let mut details = Vec::new();
        if said.version != message.version {
            let versions = [said.version.into(), message.version.into()];
            details.push((Kind::VersionDiffers, Detail::Numbers(versions)));
        }
        if said.advertisement_interval != message.advertisement_interval {
            let intervals = [said.advertisement_interval, message.advertisement_interval];
            details.push((Kind::IntervalDiffers, Detail::Intervals(intervals)));
        }
        if said.auth != message.auth.kind() {
            let kinds = [said.auth, message.auth.kind()];
            details.push((Kind::AuthDiffers, Detail::Numbers(kinds)));
        }
        if said.version == message.version && said.checksum != message.checksum {
            let checksums = [said.checksum, message.checksum];
            details.push((Kind::ChecksumDiffers, Detail::Checksums(checksums)));
        }
        let common = said.addresses.iter().filter(|each| message.addresses.contains(each)).count();
        if common != said.addresses.len() || common != message.addresses.len() {
            let kind = if common == 0 { Kind::VridConflict } else { Kind::AddressListDiffers };
            let lists = [said.addresses.clone(), message.addresses.iter().collect()];
            details.push((kind, Detail::Lists(lists)));
        }
        let (parties, packets) = ([*party, heard.party()], [*packet, heard.packet]);
        for (kind, detail) in details {
            let (parties, packets) = (parties.to_vec(), packets.to_vec());
            let finding = Finding { kind, parties, packets, detail };
            self.tell_once_as(heard.source, heard.unix_nanos, heard.router, finding, events);
        }
    }

    /// Whether a master that took over announced its addresses, and nobody else did.
    fn look_for_announcements(&mut self, heard: &Heard<'_>, events: &mut Events) {
        let Some(master) = self.master.filter(|master| master.source == heard.source) else {
            return;
        };
        if let Some(suspect) = self.suspect
            && nanos(heard.unix_nanos, suspect.unix_nanos) >= master.interval
        {
            self.suspect = None;
            if master.mac.is_some_and(|own| own != suspect.mac)
                && master.since_unix_nanos < suspect.unix_nanos
            {
                let Suspect { packet, address, mac, .. } = suspect;
                let finding = Finding {
                    kind: Kind::AddressElsewhere,
                    parties: vec![heard.party()],
                    packets: vec![packet, heard.packet],
                    detail: Detail::Address { address, mac },
                };
                self.tell_once_as(address, heard.unix_nanos, heard.router, finding, events);
            }
        }
        let patience = master.interval * 2 + Duration::from_secs(1);
        if master.took_over
            && master.announced_unix_nanos.is_none()
            && heard.announcements
            && !heard.message.addresses.is_empty()
            && nanos(heard.unix_nanos, master.since_unix_nanos) > patience
        {
            self.tell_about(heard, Kind::Unannounced, Detail::Nothing, events);
        }
    }

    /// Tell something about the sender of an advert, if it was not told before.
    pub(super) fn tell_about(
        &mut self,
        heard: &Heard<'_>,
        kind: Kind,
        detail: Detail,
        events: &mut Events,
    ) {
        let finding =
            Finding { kind, parties: vec![heard.party()], packets: vec![heard.packet], detail };
        self.tell_once_as(heard.source, heard.unix_nanos, heard.router, finding, events);
    }

    fn tell_once(
        &mut self,
        unix_nanos: u64,
        router: VirtualRouterId,
        finding: Finding,
        events: &mut Events,
    ) {
        if let Some(party) = finding.parties.first() {
            self.tell_once_as(party.source, unix_nanos, router, finding, events);
        }
    }

    /// Tell a finding, unless one of its kind was told `about` the same.
    fn tell_once_as(
        &mut self,
        about: IpAddr,
        unix_nanos: u64,
        router: VirtualRouterId,
        finding: Finding,
        events: &mut Events,
    ) {
        if self.told.len() < MAX_TOLD && self.told.insert((finding.kind, about)) {
            events.push_back(Event { unix_nanos, router, what: What::Finding(finding) });
        }
    }
}
