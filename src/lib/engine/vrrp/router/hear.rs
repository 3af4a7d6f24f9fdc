//! What a router makes of a packet: RFC 9568 sections 6.4.2 and 6.4.3, with keepalived's
//! extensions.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::{Manner, Router, Wait};
use crate::engine::vrrp::action::{Action, AnnounceReason, Event, Reason, State};
use crate::engine::vrrp::config::Preempt;
use crate::engine::vrrp::receive::{self, Accepted, Datagram, Drop};
use crate::time::Instant;
use crate::wire::vrrp::Version;

/// Losing adverts answered between two adverts of our own schedule. A peer that keeps to the
/// protocol sends one in that time; a flood must not make us flood.
const MOST_ANSWERS: u8 = 16;
/// Senders remembered for each kind of oddity told once.
const MOST_SENDERS: usize = 16;

/// What was told to the operator since the last change of state or master.
#[derive(Debug, Default)]
pub(super) struct Reported {
    drops: BTreeSet<Drop>,
    duplicate: bool,
    lists: BTreeSet<IpAddr>,
    intervals: BTreeSet<IpAddr>,
}

/// Whether `sender` is new, remembering it. A spoofer of many addresses is not listened to.
fn first_time(seen: &mut BTreeSet<IpAddr>, sender: IpAddr) -> bool {
    seen.len() < MOST_SENDERS && seen.insert(sender)
}

impl Router {
    /// A packet with our VRID came in. Returns whether a losing master was heard and answered,
    /// so that the other members of a sync group announce as well.
    pub fn handle_datagram(&mut self, now: Instant, datagram: &Datagram<'_>) -> bool {
        let listening = matches!(self.state, State::Backup | State::Master);
        if !listening && self.leaving.is_none() {
            self.counters.count_drop(Drop::NotListening);
            return false;
        }
        match receive::check(&self.config, datagram) {
            Ok(accepted) if !self.is_new(datagram.source, &accepted) => {
                self.drop_packet(datagram.source, Drop::Replayed);
                false
            }
            Ok(accepted) => self.hear(now, datagram.source, &accepted),
            Err(drop) => {
                self.drop_packet(datagram.source, drop);
                false
            }
        }
    }

    /// Whether it is no copy of an authenticated advert. What is not authenticated can be made up
    /// anyway.
    fn is_new(&mut self, source: IpAddr, accepted: &Accepted) -> bool {
        // Our own, when it comes back, is dropped as what it is.
        let own = self.source == Some(source);
        own || accepted.sequence.is_none_or(|sequence| self.sequences.is_new(source, sequence))
    }

    fn hear(&mut self, now: Instant, source: IpAddr, accepted: &Accepted) -> bool {
        let advert = &accepted.advert;
        if self.source == Some(source) && !self.hear_own_address(source, accepted) {
            return false;
        }
        self.counters.adverts_accepted += 1;
        self.counters.priority_zero_received += u64::from(advert.priority == 0);
        self.note_differences(source, accepted);
        if advert.priority > 0 && self.leaving.is_some() {
            self.finish_leaving();
        }
        match self.state {
            State::Master => self.hear_as_master(now, source, accepted),
            State::Backup => {
                self.hear_as_backup(now, source, accepted);
                false
            }
            State::Init | State::Fault | State::Stopped => false,
        }
    }

    /// An advert from our own source address: reflected by the network, or another host that
    /// took our address. Returns whether to go on with it: only a backup does, since it sends
    /// nothing that could come back.
    fn hear_own_address(&mut self, source: IpAddr, accepted: &Accepted) -> bool {
        let sent_by_us = self.state == State::Master || self.leaving.is_some();
        let priority = accepted.advert.priority;
        let as_we_send = (priority == 0 || priority == self.standing.priority)
            && !accepted.address_list_differs
            && !accepted.interval_differs;
        let reflected = sent_by_us && as_we_send;
        if !reflected && !std::mem::replace(&mut self.reported.duplicate, true) {
            self.actions.push_back(Action::Event(Event::DuplicateSource { source }));
        }
        if sent_by_us {
            self.counters.count_drop(Drop::OwnPacket);
        }
        !sent_by_us
    }

    /// Oddities that are no reason to refuse an advert; each sender is told of once.
    fn note_differences(&mut self, source: IpAddr, accepted: &Accepted) {
        let known_master = self.master.is_some_and(|(master, _)| master == source);
        let skip = self.config.skip_check_addresses && known_master;
        if accepted.address_list_differs && !skip {
            self.counters.address_list_differs += 1;
            if first_time(&mut self.reported.lists, source) {
                self.actions.push_back(Action::Event(Event::AddressListDiffers { source }));
            }
        }
        if accepted.interval_differs && first_time(&mut self.reported.intervals, source) {
            let interval = accepted.advert.advertisement_interval;
            self.actions.push_back(Action::Event(Event::IntervalDiffers { source, interval }));
        }
    }

    fn hear_as_backup(&mut self, now: Instant, source: IpAddr, accepted: &Accepted) {
        let priority = accepted.advert.priority;
        self.overslept = 0;
        if priority == 0 {
            // RFC 9568 section 6.4.2: set the timer to Skew_Time.
            self.arm(now, Wait::Skew);
            return;
        }
        self.note_master(source, priority);
        if self.accepts_master(now, priority) {
            self.wish = None;
            self.learn_interval(accepted);
            self.arm(now, Wait::Full);
        } else {
            // Discarded: the timer runs on, and we take over when it ends.
            self.ignored = Some(source);
        }
    }

    /// RFC 9568 section 6.4.2: `Preempt_Mode` is false, or the priority is at least ours; and
    /// keepalived's `preempt_delay`, during which a lower master is good enough.
    fn accepts_master(&mut self, now: Instant, priority: u8) -> bool {
        if priority >= self.standing.priority {
            self.lower_since = None;
            return true;
        }
        if self.yields {
            return true;
        }
        match self.config.preempt {
            Preempt::Always => false,
            Preempt::Never => true,
            Preempt::After(delay) => now < *self.lower_since.get_or_insert(now) + delay,
        }
    }

    fn hear_as_master(&mut self, now: Instant, source: IpAddr, accepted: &Accepted) -> bool {
        let priority = accepted.advert.priority;
        if priority == 0 {
            self.assert_mastership(now);
            return false;
        }
        // Equal priorities: the greater address wins, unsigned in network order.
        let theirs = (priority, Some(source));
        if theirs < (self.standing.priority, self.source) {
            return self.hear_loser(now, source, priority);
        }
        if self.config.higher_priority_send_advert {
            self.send(now, now, self.standing.priority);
        }
        let reason = if priority > self.standing.priority {
            Reason::HigherPriority(source)
        } else {
            Reason::HigherAddress(source)
        };
        self.leave(now, State::Backup, reason, Manner::Silent);
        self.learn_interval(accepted);
        self.note_master(source, priority);
        false
    }

    /// RFC 9568 section 6.4.3: on priority 0, send an advert and reset the advert timer.
    fn assert_mastership(&mut self, now: Instant) {
        if self.answers < MOST_ANSWERS {
            self.answers += 1;
            self.send(now, now, self.standing.priority);
            self.next_advert = now + self.config.advertisement_interval;
        }
    }

    /// RFC 9568 section 6.4.3: a losing advert is answered at once, to tell its sender and every
    /// bridge on the way who is master; the hosts are told by an announcement.
    fn hear_loser(&mut self, now: Instant, source: IpAddr, priority: u8) -> bool {
        if self.answers >= MOST_ANSWERS {
            return false;
        }
        self.answers += 1;
        if !self.config.lower_priority_no_advert {
            self.send(now, now, self.standing.priority);
        }
        self.announce_against_loser(now);
        self.actions.push_back(Action::Event(Event::LowerPriorityHeard { source, priority }));
        true
    }

    /// Tell the hosts again who is master, now and after the configured delay.
    pub fn announce_against_loser(&mut self, now: Instant) {
        let repeat = self.config.announce.lower_priority_repeat;
        if self.state == State::Master && repeat > 0 {
            self.announce(repeat, AnnounceReason::LowerPriorityHeard);
            self.announcements.lower_priority_heard(&self.config.announce, now);
        }
    }

    /// RFC 9568 section 6.4.2: `Active_Adver_Interval` is the master's; skew and down interval
    /// follow from it. Version 2 has only our own.
    fn learn_interval(&mut self, accepted: &Accepted) {
        if self.config.version == Version::V3 {
            self.master_interval = accepted.advert.advertisement_interval;
        }
    }

    fn note_master(&mut self, source: IpAddr, priority: u8) {
        let before = self.master.replace((source, priority));
        if before.is_none_or(|(master, _)| master != source) {
            self.reported.drops.clear();
            self.actions.push_back(Action::Event(Event::MasterSeen { source, priority }));
        }
    }

    fn drop_packet(&mut self, source: IpAddr, drop: Drop) {
        self.counters.count_drop(drop);
        if self.reported.drops.insert(drop) {
            self.actions.push_back(Action::Event(Event::Dropped { source, drop }));
        }
    }
}
