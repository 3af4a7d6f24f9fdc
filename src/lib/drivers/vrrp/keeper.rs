//! The slow side of the VRRP process, on a thread of its own: addresses, links and announcements.
//!
//! A request to the kernel's configuration can wait for a lock that somebody else holds, so
//! nothing here may share a thread with adverts. Requests are carried out in the order given, so
//! an announcement never precedes its address.
//!
//! It keeps what it was told to hold, and compares that with the kernel on every hint; what the
//! kernel refused is tried again. It refuses to know why an address moves.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::ops::ControlFlow;
use std::time::Duration;

use tokio::sync::mpsc;

use super::confirm::{Confirmations, Loss, Word};
use crate::engine::vrrp::{Link, RouterId, VirtualAddress};
use crate::error::{Error, Result};
use crate::io::announce::{self, FrameSocket, Message, Queue};
use crate::io::clock;
use crate::io::holdings::{Holding, Holdings};
use crate::io::netlink::{Change, Events, LinkInfo, Netlink, Table};
use crate::io::processor::{self, Seat};
use crate::io::sysctl;
use crate::time::Instant;

/// A virtual address and where it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Placement {
    /// Name of the interface.
    pub interface: String,
    /// The address.
    pub address: VirtualAddress,
    /// Its router owns the address (priority 255): without our tag it is the host's own.
    pub owned: bool,
}

/// What concerns the routers of a configuration.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// Interfaces to report.
    pub interfaces: BTreeSet<String>,
    /// Those of them that carry virtual addresses.
    pub carriers: BTreeSet<String>,
    /// Addresses that are no interface's own.
    pub virtual_addresses: BTreeSet<IpAddr>,
    /// What may have to be put up: carrier, address, prefix.
    pub planned: BTreeSet<(String, IpAddr, u8)>,
}

/// What the fast side asks for.
#[derive(Debug)]
pub(super) enum Request {
    /// From now on report these interfaces.
    Watch(Watch),
    /// Put addresses up and hold them.
    Install(RouterId, Vec<Placement>),
    /// Take addresses down, held or left by a predecessor.
    Withdraw(Vec<Placement>),
    /// Announce addresses, all of them `repeat` times.
    Announce { router: RouterId, places: Vec<Placement>, repeat: u32, gap: Duration },
    /// Drop announcements of this router that still wait.
    Cancel(RouterId),
    /// Take down what a predecessor held and nobody holds now.
    Sweep,
    /// Something urgent is about to be asked for, on this processor.
    Rouse { processor: Option<usize> },
    /// Everything asked for so far is to be done; then end.
    Finish,
}

/// What the slow side tells.
#[derive(Debug)]
pub(super) enum Report {
    /// All watched interfaces have been reported; these addresses carry our tag.
    Ready { tagged: BTreeSet<(String, IpAddr)> },
    /// A watched interface as it is now; index 0 when it does not exist.
    Link { name: String, index: u32, link: Link },
    /// How an address stands in the kernel.
    Address(Key, Word),
    /// Somebody else removed an address.
    AddressLost(RouterId, IpAddr),
    /// A request could not be carried out.
    Failed(Error),
    /// The last report.
    Finished,
}

/// The fast side's end.
pub(super) struct Keeper {
    requests: mpsc::UnboundedSender<Vec<Request>>,
    pub reports: mpsc::UnboundedReceiver<Report>,
}

impl Keeper {
    /// Start the thread. It first carries out `watch`, then reports [`Report::Ready`]. It keeps
    /// `holdings` up to date.
    pub fn start(watch: Watch, holdings: Option<Holdings>) -> Result<Self> {
        let (requests, inbox) = mpsc::unbounded_channel();
        let (outbox, reports) = mpsc::unbounded_channel();
        let failed = |e| Error::new("start thread", "netlink", e);
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let work = move || {
            let outcome = runtime.block_on(async {
                let mut thread = Thread::prepare(outbox.clone(), holdings)?;
                thread.watch(watch);
                thread.tell_ready();
                thread.run(inbox).await
            });
            // Nobody listens any more only when the process ends anyway.
            let _ = outbox.send(match outcome {
                Ok(()) => Report::Finished,
                Err(error) => Report::Failed(error),
            });
        };
        let builder = std::thread::Builder::new().name("netlink".to_owned());
        builder.stack_size(256 << 10).spawn(work).map_err(failed)?;
        Ok(Self { requests, reports })
    }

    /// A request is about to come from the calling thread: wait for it on the same processor,
    /// which is awake when it comes.
    pub fn rouse(&self) {
        self.ask([Request::Rouse { processor: processor::current() }]);
    }

    /// Queue requests, all before the thread is woken: it may have the processor at once.
    pub fn ask(&self, requests: impl Into<Vec<Request>>) {
        // A thread that ended has said so; the loop stops on that report.
        let _ = self.requests.send(requests.into());
    }
}

/// Which address, and on which interface.
pub(super) type Key = (String, IpAddr, u8);

pub(super) fn key(place: &Placement) -> Key {
    (place.interface.clone(), place.address.address, place.address.prefix)
}

/// An address that is to be there.
struct Held {
    router: RouterId,
    address: VirtualAddress,
    /// Kernel index of the link it was put on; names move. 0 as long as there is no such link.
    index: u32,
}

/// Waits between attempts at what the kernel refused, in seconds: the first and the longest.
const ATTEMPTS: (u64, u64) = (1, 60);

/// When to try again what the kernel refused.
#[derive(Default)]
struct Retry {
    due: Option<Instant>,
    wait: u64,
}

impl Retry {
    fn later(&mut self) {
        let (first, longest) = ATTEMPTS;
        if self.due.is_none() {
            self.wait = (self.wait * 2).clamp(first, longest);
            self.due = Some(clock::now() + Duration::from_secs(self.wait));
        }
    }
}

/// How long this thread sits beside whoever roused it: takeovers are over by then.
const SEATED: Duration = Duration::from_millis(5);

/// This thread is held on the processor of whoever roused it, for a while.
struct Seating {
    _seat: Seat,
    until: Instant,
}

impl Seating {
    /// Where the kernel does not let it sit, it stays where it is and is woken a little later.
    fn beside(processor: Option<usize>) -> Option<Self> {
        let seat = Seat::take(processor?).ok()?;
        Some(Self { _seat: seat, until: clock::now() + SEATED })
    }
}

struct Thread {
    netlink: Netlink,
    events: Events,
    frames: FrameSocket,
    reports: mpsc::UnboundedSender<Report>,
    table: Table,
    watched: BTreeMap<String, Option<(u32, Link)>>,
    carriers: BTreeSet<String>,
    virtual_addresses: BTreeSet<IpAddr>,
    held: BTreeMap<Key, Held>,
    confirmations: Confirmations,
    /// Addresses that the kernel would not let go.
    stuck: BTreeMap<Holding, VirtualAddress>,
    /// What a predecessor held.
    inherited: BTreeSet<Holding>,
    /// What may have to be put up. Written down ahead, so that nothing is when it is urgent.
    planned: BTreeSet<Holding>,
    holdings: Option<Holdings>,
    retry: Retry,
    queue: Queue<RouterId>,
    seat: Option<Seating>,
    /// Events were lost. Those that waited then are older than what a dump said since, so it
    /// takes another when they have all been read.
    torn: bool,
}

impl Thread {
    fn prepare(reports: mpsc::UnboundedSender<Report>, holdings: Option<Holdings>) -> Result<Self> {
        let frames = FrameSocket::open()?;
        // Events first: what changes during the dump is heard after it.
        let events = Events::subscribe()?;
        let mut netlink = Netlink::connect()?;
        let table = netlink.dump()?;
        Ok(Self {
            netlink,
            events,
            frames,
            reports,
            table,
            watched: BTreeMap::new(),
            carriers: BTreeSet::new(),
            virtual_addresses: BTreeSet::new(),
            held: BTreeMap::new(),
            confirmations: Confirmations::default(),
            stuck: BTreeMap::new(),
            inherited: holdings.as_ref().map(|h| h.written().clone()).unwrap_or_default(),
            planned: BTreeSet::new(),
            holdings,
            retry: Retry::default(),
            queue: Queue::default(),
            seat: None,
            torn: false,
        })
    }

    async fn run(&mut self, mut inbox: mpsc::UnboundedReceiver<Vec<Request>>) -> Result<()> {
        loop {
            self.send_announcements();
            self.seat.take_if(|seating| seating.until <= clock::now());
            let seated = self.seat.as_ref().map(|seating| seating.until);
            let due = self.queue.next_due().into_iter().chain(self.retry.due).chain(seated).min();
            let wait = due.map_or(Duration::MAX, |due| due.saturating_since(clock::now()));
            tokio::select! {
                // What was asked for comes before what the kernel tells about it.
                biased;
                requests = inbox.recv() => {
                    let ControlFlow::Continue(()) = self.carry_out_all(requests) else {
                        return Ok(());
                    };
                }
                change = self.events.next() => match change {
                    None => return Err(Error::new("hear of", "links and addresses", "the connection ended")),
                    Some(change) => self.learn(change),
                },
                () = tokio::task::yield_now(), if self.torn => {
                    self.torn = false;
                    self.audit(Loss::Unheard);
                    self.report_links();
                    self.report_addresses();
                }
                () = tokio::time::sleep(wait), if due.is_some() => {
                    if self.retry.due.is_some_and(|due| due <= clock::now()) {
                        self.try_again();
                    }
                }
            }
        }
    }

    fn tell(&self, report: Report) {
        let _ = self.reports.send(report);
    }

    fn tell_ready(&self) {
        let tagged = self.watched.values().flatten().flat_map(|(index, _)| {
            let name = self.table.link_at(*index).map_or("", |link| link.name.as_str());
            let ours = self.table.addresses(*index).filter(|address| address.ours);
            ours.map(move |address| (name.to_owned(), address.address))
        });
        self.tell(Report::Ready { tagged: tagged.collect() });
    }

    fn watch(&mut self, watch: Watch) {
        self.confirmations.watch(watch.planned.clone(), self.held.keys().cloned());
        self.virtual_addresses = watch.virtual_addresses;
        let planned = watch.planned.into_iter().filter_map(|(carrier, address, prefix)| {
            self.table.link(&carrier).map(|link| (link.index, address, prefix))
        });
        self.planned = planned.collect();
        self.carriers = watch.carriers;
        let known = |name: &String| self.watched.get(name).cloned().flatten();
        self.watched =
            watch.interfaces.into_iter().map(|name| (name.clone(), known(&name))).collect();
        self.note_holdings();
        self.report_links();
        self.report_addresses();
    }

    /// Carry out what was asked for at once, each announcement as soon as its turn comes. Breaks
    /// when this thread is to end, or nobody is there any more to ask it.
    fn carry_out_all(&mut self, requests: Option<Vec<Request>>) -> ControlFlow<()> {
        let Some(requests) = requests else { return ControlFlow::Break(()) };
        for request in requests {
            if matches!(request, Request::Finish) {
                return ControlFlow::Break(());
            }
            self.carry_out(request);
            self.send_announcements();
        }
        ControlFlow::Continue(())
    }

    fn carry_out(&mut self, request: Request) {
        match request {
            Request::Watch(watch) => self.watch(watch),
            Request::Install(router, places) => {
                for place in &places {
                    self.hold(router, place);
                }
                self.note_holdings();
                for place in &places {
                    self.install(place);
                }
            }
            Request::Withdraw(places) => {
                for place in places {
                    self.withdraw(&place);
                }
            }
            Request::Announce { router, places, repeat, gap } => {
                for _ in 0..repeat {
                    for place in &places {
                        self.enqueue(router, place, gap);
                    }
                }
            }
            Request::Cancel(router) => self.queue.cancel(&router),
            Request::Sweep => self.sweep(),
            Request::Rouse { processor } => {
                // The old seat is given back first: the new one remembers where it came from.
                self.seat = None;
                self.seat = Seating::beside(processor);
            }
            Request::Finish => {}
        }
    }

    fn hold(&mut self, router: RouterId, place: &Placement) {
        let index = self.table.link(&place.interface).map_or(0, |link| link.index);
        let address = place.address.clone();
        self.stuck.remove(&(index, address.address, address.prefix));
        self.confirmations.forget(&key(place));
        self.held.insert(key(place), Held { router, address, index });
    }

    fn install(&mut self, place: &Placement) {
        let index = self.held.get(&key(place)).map_or(0, |held| held.index);
        if index == 0 {
            // Put up when the interface appears.
            let address = place.address.address.to_string();
            let cause = format!("interface {} does not exist", place.interface);
            self.tell(Report::Failed(Error::new("add address", address, cause)));
        } else if let Err(error) = self.netlink.add(index, &place.address) {
            self.refused(key(place), error);
        }
    }

    /// The kernel would not have an address.
    fn refused(&mut self, key: Key, error: Error) {
        self.confirmations.refused(key.clone(), why(&error));
        self.tell(Report::Failed(error));
        self.retry.later();
        self.report_address(&key);
    }

    fn withdraw(&mut self, place: &Placement) {
        // Not held any more, so its removal is no loss.
        self.confirmations.forget(&key(place));
        let held = self.held.remove(&key(place)).map(|held| held.index).filter(|index| *index != 0);
        let named = || self.table.link(&place.interface).map(|link| link.index);
        let Some(index) = held.or_else(named) else { return self.note_holdings() };
        let (address, prefix) = (place.address.address, place.address.prefix);
        let known = self.table.find(index, address, prefix);
        if !(place.owned && known.is_some_and(|known| !known.ours)) {
            self.remove(index, &place.address);
        }
        self.note_holdings();
    }

    fn remove(&mut self, index: u32, address: &VirtualAddress) {
        let holding = (index, address.address, address.prefix);
        match self.netlink.delete(index, address) {
            Ok(_) => {
                self.stuck.remove(&holding);
            }
            Err(error) => {
                self.tell(Report::Failed(error));
                self.stuck.insert(holding, address.clone());
                self.retry.later();
            }
        }
    }

    /// Take down what a predecessor held, carries our tag and is held by nobody now.
    fn sweep(&mut self) {
        for (index, address, prefix) in std::mem::take(&mut self.inherited) {
            let known = self.table.find(index, address, prefix);
            let held = |held: &Held| {
                (held.index, held.address.address, held.address.prefix) == (index, address, prefix)
            };
            if known.is_some_and(|known| known.ours) && !self.held.values().any(held) {
                self.remove(index, &VirtualAddress::plain(address, prefix));
            }
        }
        self.note_holdings();
    }

    /// Write down what a successor would have to take down.
    fn note_holdings(&mut self) {
        let Some(holdings) = &mut self.holdings else { return };
        let held = self.held.values().filter(|held| held.index != 0);
        let held = held.map(|held| (held.index, held.address.address, held.address.prefix));
        let left = self.stuck.keys().chain(&self.inherited);
        let all = held.chain(left.chain(&self.planned).copied());
        if let Err(error) = holdings.write(all.collect()) {
            tracing::warn!(
                "cannot write vrrp.addresses in the state directory: {error}; after a crash, \
                 addresses that the configuration no longer names may stay"
            );
        }
    }

    /// Try again what the kernel refused.
    fn try_again(&mut self) {
        self.retry.due = None;
        if !self.read_kernel() {
            return self.retry.later();
        }
        for (holding, address) in std::mem::take(&mut self.stuck) {
            let (index, known) = (holding.0, self.table.find(holding.0, holding.1, holding.2));
            if known.is_some_and(|known| known.ours) {
                self.remove(index, &address);
            }
        }
        for key in self.missing() {
            let Some(held) = self.held.get(&key) else { continue };
            if self.table.link(&key.0).map(|link| link.index) != Some(held.index) {
                let router = held.router;
                self.held.remove(&key);
                self.tell(Report::AddressLost(router, key.1));
                continue;
            }
            match self.netlink.add(held.index, &held.address) {
                // Its router announces it.
                Ok(_) => self.tell(Report::AddressLost(held.router, key.1)),
                Err(error) => self.refused(key, error),
            }
        }
        self.report_addresses();
        if self.retry.due.is_none() {
            self.retry = Retry::default();
        }
        self.note_holdings();
    }

    /// An event may be older than our own last request: only the kernel knows now.
    fn read_kernel(&mut self) -> bool {
        match self.netlink.dump() {
            Ok(table) => self.table = table,
            Err(error) => {
                self.tell(Report::Failed(error));
                return false;
            }
        }
        true
    }

    fn enqueue(&mut self, owner: RouterId, place: &Placement, gap: Duration) {
        if let Some(link) = self.table.link(&place.interface).filter(|link| link.resolves) {
            let address = place.address.address;
            self.queue.push(Message { owner, index: link.index, address, gap });
        }
    }

    fn send_announcements(&mut self) {
        let mut forwarding = BTreeMap::new();
        while let Some(message) = self.queue.pop(clock::now()) {
            let Some(link) = self.table.link_at(message.index) else { continue };
            let Some(mac) = link.mac else { continue };
            // Asked once for a burst, not for each of its messages.
            let mut forwards = || {
                let ask = || sysctl::forwards_ipv6(&link.name);
                *forwarding.entry(link.index).or_insert_with(ask)
            };
            let router = message.address.is_ipv6() && forwards();
            let frame = announce::frame(message.address, mac, router);
            if let Err(e) = self.frames.send(message.index, &frame) {
                let target = format!("{} on {}", message.address, link.name);
                self.tell(Report::Failed(Error::new("announce", target, e)));
            }
        }
    }

    fn learn(&mut self, change: Change) {
        let loss = self.may_have_lost(&change);
        self.table.apply(&change);
        self.torn |= change == Change::Overrun;
        if let Some(loss) = loss {
            self.audit(loss);
        }
        self.report_links();
        match change {
            Change::Address(info) | Change::AddressGone(info) if loss.is_none() => {
                let name = self.table.link_at(info.index).map(|link| link.name.clone());
                if let Some(name) = name {
                    self.report_address(&(name, info.address, info.prefix));
                }
            }
            _ => self.report_addresses(),
        }
    }

    /// Whether a held address may be gone after this, and how.
    fn may_have_lost(&self, change: &Change) -> Option<Loss> {
        match change {
            Change::Overrun => Some(Loss::Unheard),
            Change::AddressGone(gone) => {
                let name = &self.table.link_at(gone.index)?.name;
                let key = (name.clone(), gone.address, gone.prefix);
                self.held.contains_key(&key).then_some(Loss::Removed)
            }
            Change::Link(link) => self.is_news(link).then_some(Loss::WithLink),
            _ => None,
        }
    }

    /// Compare what is held with the kernel. What is missing was lost in this way.
    fn audit(&mut self, loss: Loss) {
        if self.read_kernel() {
            self.leave_renamed();
            self.report_losses(loss);
        } else {
            self.retry.later();
        }
    }

    /// A link that comes up again may have lost its IPv6 addresses on the way down; one that has
    /// another name than before takes our addresses where they do not belong.
    fn is_news(&self, link: &LinkInfo) -> bool {
        self.table
            .link_at(link.index)
            .map_or(link.up, |known| (link.up && !known.up) || link.name != known.name)
    }

    /// Take addresses off links that have lost the name they were put there for.
    fn leave_renamed(&mut self) {
        let strayed = |(key, held): (&Key, &Held)| {
            let name = self.table.link_at(held.index).map(|link| &link.name)?;
            (*name != key.0).then(|| key.clone())
        };
        let strayed: Vec<Key> = self.held.iter().filter_map(strayed).collect();
        for key in strayed {
            let Some(held) = self.held.get_mut(&key) else { continue };
            let index = std::mem::take(&mut held.index);
            let address = held.address.clone();
            self.remove(index, &address);
        }
        self.note_holdings();
    }

    /// Held addresses that are not there although their link is up.
    fn missing(&self) -> Vec<Key> {
        let missing = self.held.iter().filter(|((name, address, prefix), _)| {
            let link = self.table.link(name).filter(|link| link.up);
            link.is_some_and(|link| self.table.find(link.index, *address, *prefix).is_none())
        });
        missing.map(|(key, _)| key.clone()).collect()
    }

    /// Report held addresses that are gone.
    fn report_losses(&mut self, loss: Loss) {
        for key in self.missing() {
            if let Some(held) = self.held.remove(&key) {
                self.tell(Report::AddressLost(held.router, key.1));
                self.confirmations.removed(key, loss);
            }
        }
    }

    /// Report how an address stands, if that is news.
    fn report_address(&mut self, key: &Key) {
        if let Some(word) = self.confirmations.news(&self.table, key) {
            self.tell(Report::Address(key.clone(), word));
        }
    }

    /// Report how all addresses stand, as far as that is news.
    fn report_addresses(&mut self) {
        for (key, word) in self.confirmations.all_news(&self.table) {
            self.tell(Report::Address(key, word));
        }
    }

    /// Report watched interfaces that changed.
    fn report_links(&mut self) {
        let mut reports = Vec::new();
        for (name, known) in &mut self.watched {
            let index = self.table.link(name).map_or(0, |link| link.index);
            let link = self.table.engine_link(name, &self.virtual_addresses);
            if known.as_ref() == Some(&(index, link.clone())) {
                continue;
            }
            let appeared = index != 0 && known.as_ref().is_none_or(|known| known.0 != index);
            if appeared
                && self.carriers.contains(name)
                && let Err(error) = sysctl::promote_secondaries(name)
            {
                reports.push(Report::Failed(error));
            }
            *known = Some((index, link.clone()));
            reports.push(Report::Link { name: name.clone(), index, link });
        }
        for report in reports {
            self.tell(report);
        }
    }
}

/// What the operator has to know of an error about an address that is named beside it.
fn why(error: &Error) -> String {
    let mut text = error.cause.clone();
    if !error.remedy.is_empty() {
        text.push_str("; ");
        text.push_str(&error.remedy);
    }
    text
}
