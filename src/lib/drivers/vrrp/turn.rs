//! One turn of the loop: receive what came, tell the machine the time, carry out its actions.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use super::keeper::Request;
use super::lead::Step;
use super::sockets::{self, Place};
use super::{Driver, TIMER, placements, report};
use crate::engine::vrrp::input::Input;
use crate::engine::vrrp::receive::Datagram;
use crate::engine::vrrp::{Action, Event, RouterId, State, Transmit};
use crate::io::clock;
use crate::io::vrrp_socket::{Carrier, Packet};
use crate::time::Instant;

/// Most datagrams of one socket in one turn: a flood cannot keep an advert of ours waiting longer
/// than it takes to look at so many.
const FEW: usize = 32;
/// Most of them at a time before a backup takes over, in a millisecond or so.
const MANY: usize = 512;

/// A thread that has just been asked for something urgent may wait for this one's processor. It
/// can have it unless something is due here so soon that it might be missed.
const YIELD_AHEAD: Duration = Duration::from_millis(20);

/// Whether there is time to let another thread go first.
fn may_yield(now: Instant, due: Option<Instant>) -> bool {
    due.is_none_or(|due| due > now + YIELD_AHEAD)
}

impl Driver {
    /// Woken ahead of a deadline: have the keeper ready, or wait out the rest awake and then look
    /// again at what is ready, for an advert that came meanwhile counts.
    pub(super) fn await_due(&mut self, tokens: &mut Vec<u64>) -> io::Result<()> {
        let Some(due) = self.node.poll_timeout().filter(|_| tokens.contains(&TIMER)) else {
            return Ok(());
        };
        let takeover = self.node.may_take_over_by(due);
        match self.lead.step(clock::now(), due, takeover) {
            Step::Nothing => Ok(()),
            Step::Rouse => {
                self.keeper.rouse();
                Ok(())
            }
            Step::Await => {
                clock::wait_awake(due);
                self.poller.ready_now(tokens)
            }
        }
    }

    /// Sockets or the timer are ready.
    pub(super) fn turn(&mut self, tokens: &[u64]) {
        if tokens.contains(&TIMER) {
            self.timer.seen();
        }
        if !self.fence() {
            let now = self.now();
            if self.node.may_take_over_by(now) {
                self.hear_out(tokens, now);
            } else {
                self.receive(tokens, FEW);
            }
        }
        let now = self.now();
        if self.node.poll_timeout().is_some_and(|due| due <= now) {
            self.record.note(now, || Input::Timeout);
            self.node.handle_timeout(now);
        }
    }

    /// After a sleep so long that a peer may have taken over, what waits on the sockets is as old
    /// as the sleep: throw it away, and let the machine step back before anything else.
    pub(super) fn fence(&mut self) -> bool {
        let now = self.now();
        if !self.node.is_late(now) {
            return false;
        }
        let late = self.node.poll_timeout().map_or(0, |due| now.saturating_since(due).as_millis());
        let discarded = self.sockets.discard();
        tracing::warn!(
            "this process woke up {late} ms late, so that a peer may have taken over; it threw \
             away {discarded} packets that had waited, and elects again"
        );
        self.record.note(now, || Input::Timeout);
        self.node.handle_timeout(now);
        self.perform();
        true
    }

    /// The advert of a master that is taken for dead may wait behind a flood: before a takeover,
    /// read all that came until `until`. Own adverts do not wait for that.
    fn hear_out(&mut self, tokens: &[u64], until: Instant) {
        while self.receive(tokens, MANY).is_some_and(|read_to| read_to < until) {
            let now = self.now();
            if !self.node.may_take_over_by(now) {
                return;
            }
            self.record.note(now, || Input::AdvertsDue);
            self.node.handle_adverts_due(now);
            self.perform();
        }
    }

    /// Receive at most `budget` datagrams from each of the sockets that `tokens` name. Where more
    /// may wait, returns when the last that was read came in, of several sockets the earliest.
    fn receive(&mut self, tokens: &[u64], budget: usize) -> Option<Instant> {
        let (now, wall) = (clock::now(), clock::wall_nanos());
        let mut read_to = None;
        for socket in tokens.iter().filter_map(|token| self.sockets.by_token(*token)) {
            for count in 1..=budget {
                let received = match socket.receive(&mut self.buffer) {
                    Ok(Some(received)) => received,
                    Ok(None) => break,
                    Err(error) => {
                        let interface = socket.interface();
                        tracing::warn!("cannot receive VRRP packets on {interface}: {error}");
                        break;
                    }
                };
                // The kernel's stamp tells how long the datagram has waited. It is on the wall
                // clock, which may have been set meanwhile, hence the bounds.
                let age = received.stamp.map_or(0, |stamp| wall.saturating_sub(stamp));
                let came = now - Duration::from_nanos(age);
                if count == budget {
                    read_to = Some(read_to.map_or(came, |other| came.min(other)));
                }
                let at = came.clamp(self.told, now.max(self.told));
                self.told = at;
                let datagram = Datagram {
                    source: received.source,
                    destination: received.destination,
                    ttl: received.ttl,
                    identification: (socket.carrier() == Carrier::Sealed)
                        .then_some(received.identification),
                    payload: received.payload,
                };
                self.record.note(at, || Input::datagram(socket.interface(), &datagram));
                self.node.handle_datagram(at, socket.interface(), &datagram);
            }
        }
        read_to
    }

    /// Carry out what the machine wants, what peers and clients wait for first: adverts, those
    /// that are due together in one system call; then what the keeper has to do; then the lease;
    /// then what is told. The advert goes before the keeper is asked, because a thread that is
    /// woken may be given this one's processor at once.
    pub(super) fn perform(&mut self) {
        let mut adverts = Vec::new();
        let mut requests = Vec::new();
        let mut events = Vec::new();
        while let Some((router, action)) = self.node.poll_action() {
            match action {
                Action::Send(advert) => adverts.push((router, advert)),
                Action::Event(event) => events.push((router, event)),
                other => requests.extend(self.request(router, other)),
            }
        }
        let sent = self.send(adverts);
        let urgent = requests.iter().any(|request| matches!(request, Request::Install(..)));
        if !requests.is_empty() {
            self.keeper.ask(requests);
        }
        // Before anything that can take a while: a successor must know of every advert that left.
        for (router, stops) in sent {
            self.keep_lease(router, stops);
        }
        if urgent && may_yield(clock::now(), self.node.poll_timeout()) {
            std::thread::yield_now();
        }
        for (router, event) in events {
            self.tell(router, &event);
        }
    }

    /// What the keeper has to do for an action.
    fn request(&self, router: RouterId, action: Action) -> Option<Request> {
        let config = self.node.config(router)?;
        Some(match action {
            Action::Install(addresses) => Request::Install(router, placements(config, &addresses)),
            Action::Withdraw(_) if self.stopping && self.keep_addresses => return None,
            Action::Withdraw(addresses) => Request::Withdraw(placements(config, &addresses)),
            Action::Announce { addresses, repeat, interval, .. } => Request::Announce {
                router,
                places: placements(config, &addresses),
                repeat,
                gap: interval,
            },
            Action::CancelAnnouncements => Request::Cancel(router),
            Action::Send(_) | Action::Event(_) => return None,
        })
    }

    /// Send adverts, all that share a socket in one system call. Returns the routers whose advert
    /// left, and whether it said that the router stops.
    fn send(&mut self, mut adverts: Vec<(RouterId, Transmit)>) -> Vec<(RouterId, bool)> {
        let mut sent = Vec::with_capacity(adverts.len());
        while let Some((first, _)) = adverts.first() {
            let place = self.place(*first);
            let (here, elsewhere) =
                adverts.into_iter().partition(|(router, _)| self.place(*router) == place);
            adverts = elsewhere;
            if let Some(place) = place {
                self.send_at(&place, here, &mut sent);
            }
        }
        sent
    }

    fn place(&self, router: RouterId) -> Option<Place> {
        self.node.config(router).map(sockets::place)
    }

    fn send_at(
        &mut self,
        place: &Place,
        adverts: Vec<(RouterId, Transmit)>,
        left: &mut Vec<(RouterId, bool)>,
    ) {
        let mut packets = Vec::with_capacity(adverts.len());
        let mut owners = Vec::with_capacity(adverts.len());
        for (router, advert) in &adverts {
            for (destination, message) in &advert.packets {
                owners.push(*router);
                packets.push(Packet {
                    source: advert.source,
                    destination: *destination,
                    ttl: advert.ttl,
                    message,
                });
            }
        }
        let sent = clock::now();
        let refused = match self.sockets.get(place) {
            Some(socket) => socket.send(&packets),
            None => (0..packets.len()).map(|at| (at, io::ErrorKind::NotFound.into())).collect(),
        };
        let mut kept_back: BTreeMap<RouterId, usize> = BTreeMap::new();
        for (at, error) in refused {
            let Some(router) = owners.get(at) else { continue };
            *kept_back.entry(*router).or_default() += 1;
            self.figures.entry(*router).or_default().refused();
            tracing::warn!("cannot send an advert on {}: {error}", place.0);
        }
        for (router, advert) in &adverts {
            // What no peer can have heard renews no lease.
            if kept_back.get(router).is_none_or(|count| *count < advert.packets.len()) {
                self.figures.entry(*router).or_default().sent(advert.due, sent);
                left.push((*router, advert.stops));
            }
        }
    }

    fn keep_lease(&mut self, router: RouterId, stops: bool) {
        let Some(config) = self.node.config(router) else { return };
        if stops { self.leases.release(config) } else { self.leases.renew(config) }
    }

    fn tell(&mut self, router: RouterId, event: &Event) {
        if let Event::Transition { from: State::Master, .. } = event {
            self.figures.entry(router).or_default().restart();
            self.release(router);
        }
        if let Some(config) = self.node.config(router) {
            let line = report::event(self.name.as_deref(), config, event);
            (self.emit)(line);
        }
    }

    /// Nobody may carry on from here.
    pub(super) fn release(&mut self, router: RouterId) {
        if let Some(config) = self.node.config(router) {
            self.leases.release(config);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_thread_goes_first_only_while_nothing_is_due_soon() {
        let now = Instant::from_nanos(1_000_000_000);
        assert!(may_yield(now, None));
        assert!(may_yield(now, Some(now + Duration::from_millis(21))));
        assert!(!may_yield(now, Some(now + Duration::from_millis(20))));
        assert!(!may_yield(now, Some(now)));
    }
}
