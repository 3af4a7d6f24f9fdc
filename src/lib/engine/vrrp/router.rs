//! One virtual router: the state machine of RFC 9568 section 6.4 (RFC 3768 for version 2).
//!
//! Decides when to send, to become master and to step back. It refuses to know other routers
//! (sync groups are `node`'s), how priorities come about (`engine::track`) and which packets are
//! acceptable (`receive`).

use std::collections::VecDeque;
use std::net::IpAddr;
use std::time::Duration;

use super::action::{Action, AnnounceReason, Cause, Event, Reason, State, Transmit};
use super::announce::Schedule;
use super::config::{Checksum, RouterConfig, VirtualAddress};
use super::counters::Counters;
use super::node::RouterStatus;
use super::receive;
use super::timers;
use crate::engine::track::Standing;
use crate::time::Instant;
use crate::wire::ah;
use crate::wire::vrrp::{self, Advert, Auth, ChecksumVariant, Version};

mod hear;
mod reconfigure;
mod sequences;

/// How a master leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    /// Without a word, addresses withdrawn at once: another master is known, or nothing is.
    Silent,
    /// Priority 0, addresses withdrawn at once: they would not be served.
    Failing,
    /// Priority 0, addresses kept until the successor is heard.
    Graceful,
}

/// So often in a row a backup that wakes late waits anew without having heard anything. On a host
/// that is late every time it then goes by what waits on its sockets: somebody has to be master.
const MOST_WAITS_ANEW: u8 = 2;

/// What the master-down timer of a backup measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wait {
    /// The master-down interval.
    Full,
    /// The skew alone: the master said that it stops.
    Skew,
    /// One interval and the skew: this process slept past its deadline. A master that lives is
    /// heard in that time; one that is dead has kept its clients waiting long enough.
    Late,
}

/// The master-down timer, kept as its start: its end follows priority and interval when they
/// change while it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct DownTimer {
    armed: Instant,
    wait: Wait,
}

/// One virtual router.
#[derive(Debug)]
pub(super) struct Router {
    config: RouterConfig,
    state: State,
    since: Instant,
    reason: Option<Reason>,
    standing: Standing,
    /// The last source address there was; kept for a farewell when it is gone.
    source: Option<IpAddr>,
    /// `Active_Adver_Interval`: the master's, as far as known.
    master_interval: Duration,
    /// In backup.
    down: DownTimer,
    /// In master.
    next_advert: Instant,
    announcements: Schedule,
    /// Addresses installed and not yet withdrawn.
    held: Vec<VirtualAddress>,
    /// Master no more, but `held` until then or until the successor is heard.
    leaving: Option<Instant>,
    /// In a sync group: its timer expired for this reason and nothing was heard since.
    wish: Option<Reason>,
    /// Demoted: any living master is good enough.
    yields: bool,
    /// Late wake-ups as backup since it last heard a master.
    overslept: u8,
    /// `preempt_delay`: since when the master has been lower.
    lower_since: Option<Instant>,
    /// A master of lower priority heard since the timer was armed.
    ignored: Option<IpAddr>,
    /// The master last heard, with its priority.
    master: Option<(IpAddr, u8)>,
    last_sent: Option<Instant>,
    /// Losing adverts answered since the last advert of our own schedule.
    answers: u8,
    reported: hear::Reported,
    /// Numbers of authenticated adverts.
    sequences: sequences::Sequences,
    counters: Counters,
    actions: VecDeque<Action>,
    /// Member of a sync group: becomes master only with the others.
    pub grouped: bool,
    /// The operator's cause of fault.
    pub maintenance: bool,
    /// Stopped being master since the group last looked.
    pub fell: bool,
}

impl Router {
    pub fn new(config: RouterConfig) -> Self {
        let standing = Standing {
            causes: std::collections::BTreeSet::new(),
            orderly: false,
            waiting: true,
            priority: config.priority,
            parts: vec![("base".to_owned(), i16::from(config.priority))],
            source: None,
        };
        Self {
            state: State::Init,
            since: Instant::ZERO,
            reason: None,
            standing,
            source: None,
            master_interval: config.advertisement_interval,
            down: DownTimer { armed: Instant::ZERO, wait: Wait::Full },
            next_advert: Instant::ZERO,
            announcements: Schedule::default(),
            held: Vec::new(),
            leaving: None,
            wish: None,
            yields: false,
            overslept: 0,
            lower_since: None,
            ignored: None,
            master: None,
            last_sent: None,
            answers: 0,
            reported: hear::Reported::default(),
            sequences: sequences::Sequences::default(),
            counters: Counters::default(),
            actions: VecDeque::new(),
            grouped: false,
            maintenance: false,
            fell: false,
            config,
        }
    }

    pub fn config(&self) -> &RouterConfig {
        &self.config
    }

    pub fn state(&self) -> State {
        self.state
    }

    pub fn reason(&self) -> Option<&Reason> {
        self.reason.as_ref()
    }

    /// Addresses that it has installed and not withdrawn.
    pub fn held(&self) -> &[VirtualAddress] {
        &self.held
    }

    /// Whether anything may still come from it.
    pub fn is_done(&self) -> bool {
        self.state == State::Stopped && self.leaving.is_none()
    }

    /// Whether it would be master if its group let it.
    pub fn wants_master(&self) -> bool {
        self.state == State::Master || self.wish.is_some()
    }

    pub fn pop_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// When [`Router::handle_timeout`] has something to do.
    pub fn due(&self) -> Option<Instant> {
        let own = match self.state {
            State::Master => {
                Some(self.announcements.due().map_or(self.next_advert, |d| d.min(self.next_advert)))
            }
            State::Backup => self.takes_over_at(),
            State::Init | State::Fault | State::Stopped => None,
        };
        [own, self.leaving].into_iter().flatten().min()
    }

    /// When its master counts as down, while it is backup.
    pub fn takes_over_at(&self) -> Option<Instant> {
        (self.state == State::Backup).then(|| self.down_deadline())
    }

    /// Whether this process slept so long that what it believes is stale: as master, a peer may
    /// have taken over; as backup, an advert may have come and gone unseen.
    pub fn is_late(&self, now: Instant) -> bool {
        match self.state {
            State::Master => self.last_sent.is_some_and(|sent| now >= sent + self.takeover_bound()),
            State::Backup => {
                self.overslept < MOST_WAITS_ANEW
                    && now > self.down_deadline() + self.master_interval
            }
            State::Init | State::Fault | State::Stopped => false,
        }
    }

    /// The late wake-up fence: before anything else is done with this router.
    pub fn fence(&mut self, now: Instant) {
        if !self.is_late(now) {
            return;
        }
        if self.state == State::Master {
            self.leave(now, State::Backup, Reason::LateWakeup, Manner::Silent);
        } else {
            // The silence it "heard" may have been its own.
            self.overslept += 1;
            self.arm(now, Wait::Late);
        }
    }

    /// Time has passed: send what is due, announce, take over.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.leaving.is_some_and(|until| until <= now) {
            self.finish_leaving();
        }
        self.handle_advert_due(now);
        match self.state {
            State::Master => {
                while let Some(batch) = self.announcements.pop(&self.config.announce, now) {
                    self.announce(batch.repeat, batch.reason);
                }
            }
            State::Backup if self.down_deadline() <= now => self.master_is_down(now),
            _ => {}
        }
    }

    /// RFC 9568 section 6.4.3: the advert timer of a master fired.
    pub fn handle_advert_due(&mut self, now: Instant) {
        if self.state == State::Master && self.next_advert <= now {
            let due = self.next_advert;
            self.send(now, due, self.standing.priority);
            self.next_advert = self.after_advert(due, now);
            self.answers = 0;
        }
    }

    /// RFC 9568 section 6.4.2: the master-down timer fired.
    fn master_is_down(&mut self, now: Instant) {
        let deadline = self.down_deadline();
        let reason = match (self.down.wait, self.ignored) {
            (Wait::Skew, _) => Reason::MasterStopped,
            (_, Some(address)) => Reason::LowerPriority(address),
            (_, None) => Reason::MasterDownTimer,
        };
        if self.grouped {
            self.arm(now, Wait::Full);
            self.wish = Some(reason);
        } else {
            self.become_master(now, deadline, reason);
        }
    }

    /// The group agrees: become master, for its own reason if that is what the group waited
    /// for, otherwise for the group's.
    pub fn follow_to_master(&mut self, now: Instant, group: &str) {
        if self.state == State::Backup {
            let fresh = self.wish.take().filter(|_| self.down.armed == now);
            let reason = fresh.unwrap_or_else(|| Reason::SyncGroup(group.to_owned()));
            self.become_master(now, now, reason);
        }
    }

    /// Another member is master no more.
    pub fn follow_to_backup(&mut self, now: Instant, group: &str) {
        if self.state == State::Master {
            let reason = Reason::SyncGroup(group.to_owned());
            self.leave(now, State::Backup, reason, Manner::Silent);
        }
    }

    /// The operator wants it to be master, whatever the timer says.
    pub fn promote(&mut self, now: Instant) {
        if self.state == State::Backup {
            self.become_master(now, now, Reason::Command);
        }
    }

    /// The operator wants another to be master. Lasts until promoted or until no master lives.
    pub fn demote(&mut self, now: Instant) {
        if self.state == State::Master {
            self.leave(now, State::Backup, Reason::Command, Manner::Graceful);
            self.yields = true;
        }
    }

    /// End for good.
    pub fn stop(&mut self, now: Instant) {
        match self.state {
            State::Stopped => {}
            State::Master => self.leave(now, State::Stopped, Reason::Stop, Manner::Graceful),
            _ => self.enter(now, State::Stopped, Reason::Stop),
        }
    }

    /// Carry on as master after a crash: see `Node::resume`.
    pub fn resume(&mut self, now: Instant, last_sent: Instant, standing: Standing) {
        if self.state != State::Init {
            return;
        }
        self.held = self.config.all_addresses();
        let lease = self.config.advertisement_interval * u32::from(self.config.down_timer_adverts);
        if now >= last_sent + lease || !standing.causes.is_empty() || standing.source.is_none() {
            self.withdraw_held();
            return;
        }
        self.source = standing.source;
        self.standing = standing;
        self.counters.became_master += 1;
        self.last_sent = Some(last_sent.min(now));
        self.next_advert = (last_sent.min(now) + self.config.advertisement_interval).max(now);
        self.push_install(self.held.clone());
        self.announce(self.config.announce.repeat, AnnounceReason::BecameMaster);
        self.announcements = Schedule::after_resume(&self.config.announce, now);
        self.enter(now, State::Master, Reason::Resumed);
    }

    /// What trackers, interfaces and the group make of it now. While not `running` (not
    /// started, or held by the startup delay) a router in init stays there.
    pub fn apply(&mut self, now: Instant, standing: Standing, running: bool) {
        if self.state == State::Stopped {
            return;
        }
        let before = std::mem::replace(&mut self.standing, standing);
        self.source = self.standing.source.or(self.source);
        if before.priority != self.standing.priority && self.state != State::Init {
            self.actions.push_back(Action::Event(Event::Priority {
                from: before.priority,
                to: self.standing.priority,
                parts: self.standing.parts.clone(),
            }));
        }
        let new_cause = self.standing.causes.difference(&before.causes).next();
        let cause = new_cause.or(self.standing.causes.first()).cloned();
        match (self.state, cause) {
            (State::Init, _) if !running => {}
            (State::Init | State::Backup | State::Master, Some(cause)) => self.fail(now, cause),
            // The operator's wish has become a failure.
            (State::Fault, Some(_)) if !self.standing.orderly => self.finish_leaving(),
            (State::Init, None) if !self.standing.waiting => self.begin(now, Reason::Startup),
            (State::Fault, None) if self.standing.waiting => {
                self.enter(now, State::Init, Reason::FaultCleared);
            }
            (State::Fault, None) => self.begin(now, Reason::FaultCleared),
            _ => {}
        }
    }

    /// RFC 9568 section 6.4.1, the startup event; also the way out of fault.
    fn begin(&mut self, now: Instant, reason: Reason) {
        self.master_interval = self.config.advertisement_interval;
        // keepalived: an owner written as `state BACKUP` waits for its first timer like others.
        let owner = self.config.priority == u8::MAX && self.config.starts_as_master;
        if owner && !self.grouped {
            self.become_master(now, now, Reason::AddressOwner);
            return;
        }
        self.enter(now, State::Backup, reason);
        if owner {
            self.wish = Some(Reason::AddressOwner);
        }
    }

    fn fail(&mut self, now: Instant, cause: Cause) {
        let reason = Reason::Fault(cause);
        let orderly = self.standing.orderly;
        if self.state == State::Master {
            let manner = if orderly { Manner::Graceful } else { Manner::Failing };
            self.leave(now, State::Fault, reason, manner);
            return;
        }
        if !orderly {
            self.finish_leaving();
        }
        self.enter(now, State::Fault, reason);
    }

    /// Somebody else removed an address of ours: clients must not wait for an election.
    pub fn handle_address_lost(&mut self, address: IpAddr) {
        if self.state != State::Master {
            return;
        }
        let ours = |each: &&VirtualAddress| each.tracked && each.address == address;
        let lost: Vec<_> = self.held.iter().filter(ours).cloned().collect();
        if lost.is_empty() {
            return;
        }
        self.push_install(lost.clone());
        self.push_announce(lost, self.config.announce.repeat, AnnounceReason::AddressRestored);
        self.actions.push_back(Action::Event(Event::AddressRestored { address }));
    }

    fn become_master(&mut self, now: Instant, due: Instant, reason: Reason) {
        self.leaving = None;
        self.yields = false;
        self.answers = 0;
        self.master_interval = self.config.advertisement_interval;
        self.counters.became_master += 1;
        self.send(now, due, self.standing.priority);
        self.next_advert = self.after_advert(due, now);
        self.hold_all();
        self.announce(self.config.announce.repeat, AnnounceReason::BecameMaster);
        self.announcements = Schedule::after_election(&self.config.announce, now);
        self.enter(now, State::Master, reason);
    }

    fn leave(&mut self, now: Instant, to: State, reason: Reason, manner: Manner) {
        if manner != Manner::Silent {
            self.send(now, now, 0);
        }
        self.actions.push_back(Action::CancelAnnouncements);
        if manner == Manner::Graceful && !self.held.is_empty() {
            self.leaving = Some(now + self.config.advertisement_interval);
        } else {
            self.withdraw_held();
        }
        self.counters.released_master += 1;
        self.announcements = Schedule::default();
        self.fell = true;
        self.enter(now, to, reason);
    }

    /// The successor was heard, or enough time was given to it.
    fn finish_leaving(&mut self) {
        if self.leaving.take().is_some() {
            self.withdraw_held();
        }
    }

    fn enter(&mut self, now: Instant, to: State, reason: Reason) {
        let from = std::mem::replace(&mut self.state, to);
        self.since = now;
        self.reason = Some(reason.clone());
        self.reported = hear::Reported::default();
        self.lower_since = None;
        self.wish = None;
        self.overslept = 0;
        self.master = None;
        if to == State::Backup {
            self.arm(now, Wait::Full);
        }
        let priority = self.standing.priority;
        self.actions.push_back(Action::Event(Event::Transition { from, to, reason, priority }));
    }

    fn arm(&mut self, now: Instant, wait: Wait) {
        self.down = DownTimer { armed: now, wait };
        self.ignored = None;
    }

    fn down_deadline(&self) -> Instant {
        let RouterConfig { version, down_timer_adverts, .. } = self.config;
        let (priority, interval) = (self.standing.priority, self.master_interval);
        self.down.armed
            + match self.down.wait {
                Wait::Skew => timers::skew_time(version, priority, interval),
                Wait::Late => timers::master_down_interval(version, priority, interval, 1),
                Wait::Full => {
                    timers::master_down_interval(version, priority, interval, down_timer_adverts)
                }
            }
    }

    fn takeover_bound(&self) -> Duration {
        let RouterConfig { version, priority, advertisement_interval, down_timer_adverts, .. } =
            self.config;
        timers::takeover_bound(version, priority, advertisement_interval, down_timer_adverts)
    }

    /// The advert after the one due at `due`: no drift, and no burst after a stall.
    fn after_advert(&self, due: Instant, now: Instant) -> Instant {
        let interval = self.config.advertisement_interval;
        let next = due + interval;
        if next > now { next } else { now + interval }
    }

    fn send(&mut self, now: Instant, due: Instant, priority: u8) {
        let Some(source) = self.source else { return };
        let advert = Advert {
            version: self.config.version,
            vrid: self.config.vrid,
            priority,
            advertisement_interval: self.config.advertisement_interval,
            auth: match self.config.version {
                Version::V2 => self.config.auth,
                Version::V3 => Auth::None,
            },
            addresses: self.config.addresses.iter().map(|each| each.address).collect(),
        };
        let checksum = match self.config.checksum {
            Checksum::PseudoHeader => ChecksumVariant::PseudoHeader,
            Checksum::MessageOnly => ChecksumVariant::MessageOnly,
        };
        let (destinations, ttl) = if self.config.peers.is_empty() {
            (vec![receive::multicast_group(&self.config)], vrrp::TTL)
        } else {
            let peers = self.config.peers.iter().map(|peer| peer.address).collect();
            (peers, self.config.unicast_ttl.unwrap_or(vrrp::TTL))
        };
        let sealed = matches!(advert.auth, Auth::Ah(_));
        let mut packets = Vec::with_capacity(destinations.len());
        for to in destinations {
            let message = advert.emit(source, to, checksum);
            let message =
                if sealed { self.seal(now, (source, to), ttl, &message) } else { message };
            packets.push((to, message));
        }
        self.counters.adverts_sent += 1;
        self.counters.priority_zero_sent += u64::from(priority == 0);
        self.last_sent = Some(now);
        let stops = priority == 0;
        self.actions.push_back(Action::Send(Transmit { source, packets, sealed, stops, ttl, due }));
    }

    /// `message` with an Authentication Header in front. Without a key, or over IPv6, which no valid
    /// configuration has, it is left as it is.
    fn seal(
        &mut self,
        now: Instant,
        (source, destination): (IpAddr, IpAddr),
        ttl: u8,
        message: &[u8],
    ) -> Vec<u8> {
        let (Auth::Ah(key), IpAddr::V4(source), IpAddr::V4(destination)) =
            (self.config.auth, source, destination)
        else {
            return message.to_vec();
        };
        let sequence = self.sequences.next(now);
        let identification = ah::Outer::identification(sequence);
        ah::Outer { source, destination, ttl, identification }.seal(key, sequence, message)
    }

    /// Install every configured address, and withdraw what is held of an older configuration.
    fn hold_all(&mut self) {
        let wanted = self.config.all_addresses();
        let held = std::mem::replace(&mut self.held, wanted);
        let stale: Vec<_> = held.into_iter().filter(|each| !self.held.contains(each)).collect();
        self.push_withdraw(stale);
        self.push_install(self.held.clone());
    }

    fn withdraw_held(&mut self) {
        let held = std::mem::take(&mut self.held);
        self.push_withdraw(held);
    }

    fn announce(&mut self, repeat: u32, reason: AnnounceReason) {
        self.push_announce(self.held.clone(), repeat, reason);
    }

    fn push_install(&mut self, addresses: Vec<VirtualAddress>) {
        if !addresses.is_empty() {
            self.actions.push_back(Action::Install(addresses));
        }
    }

    fn push_withdraw(&mut self, addresses: Vec<VirtualAddress>) {
        if !addresses.is_empty() {
            self.actions.push_back(Action::Withdraw(addresses));
        }
    }

    fn push_announce(
        &mut self,
        addresses: Vec<VirtualAddress>,
        repeat: u32,
        reason: AnnounceReason,
    ) {
        if !addresses.is_empty() && repeat > 0 {
            let interval = self.config.announce.interval;
            self.actions.push_back(Action::Announce { addresses, repeat, interval, reason });
        }
    }

    /// A snapshot for the operator.
    pub fn status(&self) -> RouterStatus {
        let is_master = self.state == State::Master;
        RouterStatus {
            name: self.config.name.clone(),
            interface: self.config.interface.clone(),
            vrid: self.config.vrid,
            family: self.config.family,
            state: self.state,
            since: self.since,
            reason: self.reason.clone(),
            base_priority: self.config.priority,
            priority: self.standing.priority,
            parts: self.standing.parts.clone(),
            causes: self.standing.causes.iter().cloned().collect(),
            master: if is_master { self.source } else { self.master.map(|(source, _)| source) },
            master_priority: if is_master {
                Some(self.standing.priority)
            } else {
                self.master.map(|(_, priority)| priority)
            },
            next: match self.state {
                State::Master => Some(self.next_advert),
                _ => self.due(),
            },
            last_sent: self.last_sent,
            addresses: self.held.iter().map(|each| each.address).collect(),
            counters: self.counters.clone(),
        }
    }
}
