//! The loop of `ha vrrp run`: joins the virtual routers of [`Node`] to sockets, timer, control
//! lines and the [`keeper`] of addresses.
//!
//! This thread sends and receives adverts and does nothing that can wait: addresses and
//! announcements are the keeper's, lines to stdout are queued.

mod confirm;
mod figures;
mod keeper;
mod lead;
mod leases;
mod orders;
mod record;
mod report;
mod sockets;
mod turn;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

use self::confirm::Word;
use self::figures::Figures;
use self::keeper::{Keeper, Key, Placement, Report, Request, Watch};
use self::lead::Lead;
use self::leases::Leases;
use self::record::Record;
use self::sockets::Sockets;
use crate::drivers::control;
use crate::engine::vrrp::input::Input;
use crate::engine::vrrp::{
    Command, Family, Link, Node, NodeConfig, RouterConfig, RouterId, TrackerId, VirtualAddress,
};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::io::clock;
use crate::io::holdings::Holdings;
use crate::io::lease::Lease;
use crate::io::poller::Poller;
use crate::io::recorder::Recorder;
use crate::io::runtime;
use crate::io::stop::{Stop, StopSignals};
use crate::io::timer::Timer;
use crate::io::vrrp_socket::Buffer;
use crate::output::event::Line;
use crate::time::Instant;

/// Everything the loop is given.
pub struct Setup {
    /// The virtual routers; None: the first control line is the plan.
    pub config: Option<NodeConfig>,
    /// Name of the node in events, when known here.
    pub node: Option<String>,
    /// Where to keep, and to find, the times of last adverts.
    pub lease: Option<Lease>,
    /// Where to write down which addresses are held, and to find what a predecessor held.
    pub holdings: Option<Holdings>,
    /// Leave the addresses in place at the end.
    pub keep_addresses: bool,
    /// Where to write down what the machine is told.
    pub record: Option<Recorder>,
    /// Control lines; their end means stop. None: only signals steer.
    pub control: Option<mpsc::Receiver<String>>,
    /// Reads the configuration again, for SIGHUP. None: the signal is ignored.
    pub reload: Option<Box<dyn FnMut() -> Result<NodeConfig>>>,
    /// Where event lines go; must not wait.
    pub emit: Box<dyn FnMut(Line)>,
}

/// The token of the timer; sockets count from 1.
const TIMER: u64 = 0;
/// From one attempt at opening a socket to the next.
const LISTEN_AGAIN: Duration = Duration::from_secs(1);
/// How long the keeper may take for what is left when the loop ends.
const LAST_WITHDRAWALS: Duration = Duration::from_secs(5);

/// Run until everything has stopped gracefully.
///
/// # Errors
/// When it cannot start, or the kernel's side of it breaks.
pub fn run(setup: Setup) -> Result<()> {
    runtime::block_on(async { Driver::start(setup).await?.run().await })?
}

struct Driver {
    node: Node,
    name: Option<String>,
    keeper: Keeper,
    sockets: Sockets,
    poller: Poller,
    timer: Timer,
    lead: Lead,
    buffer: Buffer,
    stop_signals: StopSignals,
    hangup: Signal,
    /// Interfaces that exist, with their kernel index.
    links: BTreeMap<String, u32>,
    /// What the keeper last told of each interface.
    facts: BTreeMap<String, Link>,
    /// What the keeper last told of each address.
    confirmed: BTreeMap<Key, Word>,
    /// When to try again to open sockets that could not be opened.
    listen_again: Option<Instant>,
    /// Why they could not be, as far as that was told.
    deaf: BTreeSet<String>,
    figures: BTreeMap<RouterId, Figures>,
    leases: Leases,
    record: Record,
    control: Option<mpsc::Receiver<String>>,
    reload: Option<Box<dyn FnMut() -> Result<NodeConfig>>>,
    emit: Box<dyn FnMut(Line)>,
    stopping: bool,
    keep_addresses: bool,
    /// Latest time told to the machine: it never sees time run backwards.
    told: Instant,
}

impl Driver {
    async fn start(mut setup: Setup) -> Result<Self> {
        let failed = |e| Error::new("start", "the event loop", e);
        let poller = Poller::new().map_err(failed)?;
        let timer = Timer::new().map_err(failed)?;
        poller.add(&timer, TIMER).map_err(failed)?;
        let stop_signals = StopSignals::new().map_err(failed)?;
        let hangup = signal(SignalKind::hangup()).map_err(failed)?;
        let config = match (setup.config, &mut setup.control) {
            (Some(config), _) => config,
            (None, Some(lines)) => control::first_plan(lines).await?,
            (None, None) => NodeConfig::default(),
        };
        let mut driver = Self {
            node: Node::new(&config),
            name: setup.node,
            keeper: Keeper::start(watch(config.routers.iter()), setup.holdings)?,
            sockets: Sockets::default(),
            poller,
            timer,
            lead: Lead::default(),
            buffer: Buffer::default(),
            stop_signals,
            hangup,
            links: BTreeMap::new(),
            facts: BTreeMap::new(),
            confirmed: BTreeMap::new(),
            listen_again: None,
            deaf: BTreeSet::new(),
            figures: BTreeMap::new(),
            leases: Leases::new(setup.lease),
            record: Record::new(setup.record),
            control: setup.control,
            reload: setup.reload,
            emit: setup.emit,
            stopping: false,
            keep_addresses: setup.keep_addresses,
            told: Instant::ZERO,
        };
        // As `Node::new` above: before all time.
        driver.record.note(Instant::ZERO, || Input::Configure(config));
        let tagged = driver.hear_first_reports().await?;
        driver.take_over(&tagged);
        let now = driver.now();
        driver.record.note(now, || Input::Start);
        driver.node.start(now);
        driver.perform();
        driver.keeper.ask([Request::Sweep]);
        let ready = report::line(driver.name.as_deref(), "ready", serde_json::json!({}));
        (driver.emit)(ready);
        Ok(driver)
    }

    /// Learn all interfaces; returns the addresses with our tag.
    async fn hear_first_reports(&mut self) -> Result<BTreeSet<(String, IpAddr)>> {
        let mut ended = thread_ended();
        loop {
            match self.keeper.reports.recv().await {
                Some(Report::Ready { tagged }) => return Ok(tagged),
                // The thread goes on, or this was why it ends.
                Some(Report::Failed(error)) => {
                    self.complain(&error);
                    ended = error;
                }
                Some(report) => self.hear(report)?,
                None => return Err(ended),
            }
        }
    }

    /// Carry on where a crashed predecessor was master, as far as its lease allows; elsewhere
    /// remove what it left.
    fn take_over(&mut self, tagged: &BTreeSet<(String, IpAddr)>) {
        for router in self.node.routers() {
            let Some(config) = self.node.config(router) else { continue };
            let places = placements(config, all_addresses(config));
            let held = places
                .iter()
                .any(|place| tagged.contains(&(place.interface.clone(), place.address.address)));
            let sent = self.leases.left_by_predecessor(config);
            if let Some(sent) = sent.filter(|_| held) {
                let now = self.now();
                self.record.note(now, || Input::Resume { router, last_sent: sent });
                self.node.resume(now, router, sent);
            } else {
                self.keeper.ask([Request::Withdraw(places)]);
                self.release(router);
            }
        }
    }

    /// Run to the end. When this process cannot go on, nothing that it holds stays behind.
    async fn run(mut self) -> Result<()> {
        let outcome = self.turns().await;
        if outcome.is_err() {
            self.stop();
            self.perform();
            self.withdraw_all();
        }
        let finished = self.finish().await;
        outcome.and(finished)
    }

    async fn turns(&mut self) -> Result<()> {
        let mut tokens = Vec::new();
        loop {
            self.perform();
            if let Some(error) = self.record.news() {
                self.complain(&error);
            }
            if self.stopping && self.node.is_stopped() {
                return Ok(());
            }
            if self.listen_again.is_some_and(|due| due <= clock::now()) {
                self.fence();
                self.listen_anew()?;
                continue;
            }
            let due = self.node.poll_timeout();
            let wake = due.map(|due| self.lead.wake_at(due, self.node.may_take_over_by(due)));
            let deadline = wake.into_iter().chain(self.listen_again).min();
            self.timer.set(deadline).map_err(|e| Error::new("set", "the timer", e))?;
            tokio::select! {
                ready = self.poller.ready(&mut tokens) => {
                    let ready = ready.and_then(|()| self.await_due(&mut tokens));
                    ready.map_err(|e| Error::new("wait for", "sockets", e))?;
                    self.turn(&tokens);
                }
                report = self.keeper.reports.recv() => {
                    self.fence();
                    self.hear(report.ok_or_else(thread_ended)?)?;
                }
                line = control::next_line(&mut self.control) => {
                    self.fence();
                    match line {
                        Some(line) => self.obey(&line),
                        None => self.stop(),
                    }
                }
                signal = self.stop_signals.received() => {
                    // Ctrl-C also reached whoever controls this process, and it will say stop.
                    let heed = signal == Stop::Terminate || self.control.is_none();
                    if heed && self.stop_or_leave() {
                        return Ok(());
                    }
                }
                _ = self.hangup.recv() => self.read_again()?,
            }
        }
    }

    /// Now, for the machine.
    fn now(&mut self) -> Instant {
        self.told = self.told.max(clock::now());
        self.told
    }

    /// What the keeper tells.
    fn hear(&mut self, report: Report) -> Result<()> {
        match report {
            Report::Link { name, index, link } => {
                if index == 0 {
                    self.links.remove(&name);
                } else {
                    self.links.insert(name.clone(), index);
                }
                self.facts.insert(name.clone(), link);
                self.listen()?;
                self.tell_link(&name);
            }
            Report::AddressLost(router, address) => {
                let now = self.now();
                self.record.note(now, || Input::AddressLost { router, address });
                self.node.handle_address_lost(now, router, address);
            }
            Report::Address(key, word) => {
                self.confirmed.insert(key, word);
            }
            Report::Failed(error) => {
                self.complain(&error);
            }
            Report::Ready { .. } => {}
            Report::Finished => return Err(thread_ended()),
        }
        Ok(())
    }

    fn configs(&self) -> Vec<&RouterConfig> {
        self.node.routers().into_iter().filter_map(|router| self.node.config(router)).collect()
    }

    /// Have the sockets that the routers need. One that cannot be opened is tried again, and told
    /// when it is news.
    fn listen(&mut self) -> Result<()> {
        let node = &self.node;
        let routers = node.routers();
        let configs = routers.iter().filter_map(|router| node.config(*router));
        let errors = self.sockets.reconcile(&self.poller, configs, &self.links);
        self.listen_again = (!errors.is_empty()).then(|| clock::now() + LISTEN_AGAIN);
        let before = std::mem::take(&mut self.deaf);
        if errors.is_empty() && !before.is_empty() {
            tracing::info!("every VRRP socket is open again");
        }
        for error in errors {
            if error.exit == Exit::Unavailable {
                return Err(error);
            }
            let why = error.to_string();
            if !before.contains(&why) {
                self.complain(&error);
            }
            self.deaf.insert(why);
        }
        Ok(())
    }

    /// As [`Driver::listen`], and have the machine know what can be used of every interface.
    fn listen_anew(&mut self) -> Result<()> {
        self.listen()?;
        for name in self.facts.keys().cloned().collect::<Vec<_>>() {
            self.tell_link(&name);
        }
        Ok(())
    }

    fn tell_link(&mut self, name: &str) {
        let Some(link) = self.facts.get(name).cloned() else { return };
        let (now, link) = (self.now(), self.usable(name, link));
        self.record.note(now, || Input::Link { interface: name.to_owned(), link: link.clone() });
        self.node.handle_link(now, name, &link);
    }

    /// The link called `name` as far as it can be used: a router that cannot listen must not
    /// think that it is alone.
    fn usable(&self, name: &str, mut link: Link) -> Link {
        for config in self.configs().into_iter().filter(|config| config.interface == name) {
            if self.sockets.get(&sockets::place(config)).is_some() {
                continue;
            }
            match config.family {
                Family::Ipv4 => link.ipv4 = None,
                Family::Ipv6 => link.ipv6 = None,
            }
            // A configured source address does not come from the link.
            link.up &= config.source.is_none();
        }
        link
    }

    /// Say what could not be done, in the log and to whoever reads events.
    fn complain(&mut self, error: &Error) {
        tracing::error!("{error}");
        let line = report::error(self.name.as_deref(), &error.to_string());
        (self.emit)(line);
    }

    /// Use a new configuration.
    fn configure(&mut self, config: &NodeConfig) -> Result<()> {
        let now = self.now();
        self.record.note(now, || Input::Configure(config.clone()));
        self.node.reload(now, config);
        let watch = watch(self.configs().into_iter());
        self.confirmed.retain(|key, _| watch.planned.contains(key));
        self.keeper.ask([Request::Watch(watch)]);
        self.listen_anew()
    }

    /// SIGHUP.
    fn read_again(&mut self) -> Result<()> {
        let Some(read) = &mut self.reload else { return Ok(()) };
        match read() {
            Ok(config) => return self.configure(&config),
            Err(error) => tracing::error!(%error, "the configuration stays as it is"),
        }
        Ok(())
    }

    fn stop(&mut self) {
        self.stopping = true;
        self.control = None;
        let now = self.now();
        let (router, command) = (None, Command::Stop);
        self.record.note(now, || Input::Command { router, command: command.clone() });
        self.node.handle_command(now, router, &command);
    }

    /// The first signal asks for a graceful stop, a second for the end; true for the end.
    fn stop_or_leave(&mut self) -> bool {
        if self.stopping {
            self.withdraw_all();
            return true;
        }
        self.fence();
        self.stop();
        false
    }

    fn withdraw_all(&self) {
        if self.keep_addresses {
            return;
        }
        for config in self.configs() {
            self.keeper.ask([Request::Withdraw(placements(config, all_addresses(config)))]);
        }
    }

    /// Let the keeper finish what it was asked for.
    async fn finish(mut self) -> Result<()> {
        self.keeper.ask([Request::Finish]);
        let last = async {
            while let Some(report) = self.keeper.reports.recv().await {
                match report {
                    Report::Finished => return,
                    Report::Failed(error) => tracing::error!("{error}"),
                    _ => {}
                }
            }
        };
        let outcome = tokio::time::timeout(LAST_WITHDRAWALS, last).await;
        let recorded = self.record.finish();
        outcome.map_err(|_| {
            Error::new("remove", "the virtual addresses", "the kernel does not answer")
                .remedy("look for addresses with protocol 112 in `ip -d addr`")
                .exit(Exit::TimedOut)
        })?;
        recorded
    }
}

fn thread_ended() -> Error {
    Error::new("keep", "links and addresses", "the netlink thread ended")
}

/// All addresses that move with a router.
fn all_addresses(config: &RouterConfig) -> impl Iterator<Item = &VirtualAddress> {
    config.addresses.iter().chain(&config.excluded)
}

/// Where each address of a router goes.
fn placements<'a>(
    config: &RouterConfig,
    addresses: impl IntoIterator<Item = &'a VirtualAddress>,
) -> Vec<Placement> {
    let place = |address: &VirtualAddress| Placement {
        interface: address.interface.as_ref().unwrap_or(&config.interface).clone(),
        address: address.clone(),
        owned: config.priority == u8::MAX,
    };
    addresses.into_iter().map(place).collect()
}

/// What the keeper has to watch for these routers.
fn watch<'c>(configs: impl Iterator<Item = &'c RouterConfig>) -> Watch {
    let mut watch = Watch::default();
    for config in configs {
        for address in all_addresses(config) {
            watch.carriers.insert(address.interface.as_ref().unwrap_or(&config.interface).clone());
            watch.virtual_addresses.insert(address.address);
            let carrier = address.interface.as_ref().unwrap_or(&config.interface).clone();
            watch.planned.insert((carrier, address.address, address.prefix));
        }
        watch.interfaces.insert(config.interface.clone());
        watch.interfaces.extend(config.tracked.iter().filter_map(|t| match &t.tracker {
            TrackerId::Interface(name) => Some(name.clone()),
            TrackerId::Script(_) => None,
        }));
    }
    watch.interfaces.extend(watch.carriers.iter().cloned());
    watch
}
