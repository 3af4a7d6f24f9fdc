//! The slow side of the VRRP process, on a thread of its own: addresses, links and announcements.
//!
//! A request to the kernel's configuration can wait for a lock that somebody else holds, so
//! nothing here may share a thread with adverts. Requests are carried out in the order given, so
//! an announcement never precedes its address.
//!
//! It keeps what it was told to hold, and compares that with the kernel on every hint. It refuses
//! to know why an address moves.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::engine::vrrp::{Link, RouterId, VirtualAddress};
use crate::error::{Error, Result};
use crate::io::announce::{self, FrameSocket, Message, Queue};
use crate::io::clock;
use crate::io::netlink::{Change, Events, Netlink, Table};
use crate::io::sysctl;

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
    /// Somebody else removed an address.
    AddressLost(RouterId, IpAddr),
    /// A request could not be carried out.
    Failed(Error),
    /// The last report.
    Finished,
}

/// The fast side's end.
pub(super) struct Keeper {
    requests: mpsc::UnboundedSender<Request>,
    pub reports: mpsc::UnboundedReceiver<Report>,
}

impl Keeper {
    /// Start the thread. It first carries out `watch`, then reports [`Report::Ready`].
    pub fn start(watch: Watch) -> Result<Self> {
        let (requests, inbox) = mpsc::unbounded_channel();
        let (outbox, reports) = mpsc::unbounded_channel();
        let failed = |e| Error::new("start thread", "netlink", e);
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let work = move || {
            let outcome = runtime.block_on(async {
                let mut thread = Thread::prepare(outbox.clone()).await?;
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

    /// Queue a request.
    pub fn ask(&self, request: Request) {
        // A thread that ended has said so; the loop stops on that report.
        let _ = self.requests.send(request);
    }
}

/// Which address, and on which interface.
type Key = (String, IpAddr, u8);

fn key(place: &Placement) -> Key {
    (place.interface.clone(), place.address.address, place.address.prefix)
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
    held: BTreeMap<Key, RouterId>,
    queue: Queue<RouterId>,
}

impl Thread {
    async fn prepare(reports: mpsc::UnboundedSender<Report>) -> Result<Self> {
        let frames = FrameSocket::open()?;
        // Events first: what changes during the dump is heard after it.
        let events = Events::subscribe()?;
        let netlink = Netlink::connect()?;
        let table = netlink.dump().await?;
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
            queue: Queue::default(),
        })
    }

    async fn run(&mut self, mut inbox: mpsc::UnboundedReceiver<Request>) -> Result<()> {
        loop {
            self.send_announcements();
            let due = self.queue.next_due();
            let wait = due.map_or(Duration::MAX, |due| due.saturating_since(clock::now()));
            tokio::select! {
                request = inbox.recv() => match request {
                    None | Some(Request::Finish) => return Ok(()),
                    Some(request) => self.carry_out(request).await,
                },
                change = self.events.next() => match change {
                    None => return Err(Error::new("hear of", "links and addresses", "the connection ended")),
                    Some(change) => self.learn(change).await,
                },
                () = tokio::time::sleep(wait), if due.is_some() => {}
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
        self.virtual_addresses = watch.virtual_addresses;
        self.carriers = watch.carriers;
        let known = |name: &String| self.watched.get(name).cloned().flatten();
        self.watched =
            watch.interfaces.into_iter().map(|name| (name.clone(), known(&name))).collect();
        self.report_links();
    }

    async fn carry_out(&mut self, request: Request) {
        match request {
            Request::Watch(watch) => self.watch(watch),
            Request::Install(router, places) => {
                for place in places {
                    self.install(router, &place).await;
                }
            }
            Request::Withdraw(places) => {
                for place in places {
                    self.withdraw(&place).await;
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
            Request::Finish => {}
        }
    }

    async fn install(&mut self, router: RouterId, place: &Placement) {
        let Some(index) = self.table.link(&place.interface).map(|link| link.index) else {
            let address = place.address.address.to_string();
            let cause = format!("interface {} does not exist", place.interface);
            self.tell(Report::Failed(Error::new("add address", address, cause)));
            return;
        };
        self.held.insert(key(place), router);
        if let Err(error) = self.netlink.add(index, &place.address).await {
            self.tell(Report::Failed(error));
        }
    }

    async fn withdraw(&mut self, place: &Placement) {
        // Not held any more, so its removal is no loss.
        self.held.remove(&key(place));
        let Some(index) = self.table.link(&place.interface).map(|link| link.index) else { return };
        let (address, prefix) = (place.address.address, place.address.prefix);
        let known = self.table.find(index, address, prefix);
        if place.owned && known.is_some_and(|known| !known.ours) {
            return;
        }
        if let Err(error) = self.netlink.delete(index, &place.address).await {
            self.tell(Report::Failed(error));
        }
    }

    fn enqueue(&mut self, owner: RouterId, place: &Placement, gap: Duration) {
        if let Some(link) = self.table.link(&place.interface).filter(|link| link.resolves) {
            let address = place.address.address;
            self.queue.push(Message { owner, index: link.index, address, gap });
        }
    }

    fn send_announcements(&mut self) {
        while let Some(message) = self.queue.pop(clock::now()) {
            let Some(link) = self.table.link_at(message.index) else { continue };
            let Some(mac) = link.mac else { continue };
            let router = message.address.is_ipv6() && sysctl::forwards_ipv6(&link.name);
            let frame = announce::frame(message.address, mac, router);
            if let Err(e) = self.frames.send(message.index, &frame) {
                let target = format!("{} on {}", message.address, link.name);
                self.tell(Report::Failed(Error::new("announce", target, e)));
            }
        }
    }

    async fn learn(&mut self, change: Change) {
        let audit = match &change {
            Change::Overrun => true,
            Change::AddressGone(gone) => {
                let name = self.table.link_at(gone.index).map(|link| link.name.clone());
                name.is_some_and(|name| self.held.contains_key(&(name, gone.address, gone.prefix)))
            }
            // A link that comes up again may have lost its IPv6 addresses on the way down.
            Change::Link(link) => {
                link.up && self.table.link_at(link.index).is_none_or(|known| !known.up)
            }
            _ => false,
        };
        self.table.apply(&change);
        if audit {
            // An event may be older than our own last request: only the kernel knows now.
            match self.netlink.dump().await {
                Ok(table) => self.table = table,
                Err(error) => return self.tell(Report::Failed(error)),
            }
            self.report_losses();
        }
        self.report_links();
    }

    /// Report held addresses that are not there although their link is up.
    fn report_losses(&mut self) {
        let lost: Vec<(Key, RouterId)> = self
            .held
            .iter()
            .filter(|((name, address, prefix), _)| {
                let link = self.table.link(name).filter(|link| link.up);
                link.is_some_and(|link| self.table.find(link.index, *address, *prefix).is_none())
            })
            .map(|(key, router)| (key.clone(), *router))
            .collect();
        for (key, router) in lost {
            self.held.remove(&key);
            self.tell(Report::AddressLost(router, key.1));
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
