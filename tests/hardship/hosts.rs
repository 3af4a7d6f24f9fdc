//! Hosts with the whole program on them, and the witnesses that watch them.

use std::collections::BTreeMap;
use std::fs;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ha::io::witness::{
    AddressChange, AddressWatch, Client, Echo, Heard, Reply, Tap, wait_readable,
};
use ha::time::Instant;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use std::os::fd::AsFd;

use crate::support::machine::Machine;
use crate::support::{Namespace, Process, SOON, wait_until};

/// The virtual address of these tests.
pub const VIP: &str = "10.9.0.100";
/// As `ip` shows it.
pub const VIP_NET: &str = "10.9.0.100/24";

/// What configures one instance called `VI_1` with VRID 51 and the virtual address.
pub fn instance(priority: u8, advert: &str) -> String {
    format!(
        "vrrp_instance VI_1 {{\n version 3\n interface lan0\n virtual_router_id 51\n \
         priority {priority}\n advert_int {advert}\n virtual_ipaddress {{ {VIP_NET} }}\n}}\n"
    )
}

/// `ha run` on one host.
pub struct Node {
    pub directory: tempfile::TempDir,
    pub run: Process,
}

impl Node {
    /// Start it with this configuration.
    pub fn start(host: &Namespace, configuration: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("ha.conf"), configuration).unwrap();
        let run = Self::run(host, &directory);
        Self { directory, run }
    }

    fn run(host: &Namespace, directory: &tempfile::TempDir) -> Process {
        let place = directory.path().display();
        host.ha(&format!("--json run --state-dir {place}/state -f {place}/ha.conf"))
    }

    /// Start it once more in the same directory.
    pub fn start_again(&mut self, host: &Namespace) {
        self.run = Self::run(host, &self.directory);
    }

    /// Change the configuration, at once as a whole: a reload may be reading it. SIGHUP is the
    /// caller's.
    pub fn configure(&self, configuration: &str) {
        let place = |name| self.directory.path().join(name);
        fs::write(place("ha.conf.new"), configuration).unwrap();
        fs::rename(place("ha.conf.new"), place("ha.conf")).unwrap();
    }

    /// Process ids of the VRRP processes that became ready, in order.
    pub fn vrrp_pids(&self) -> Vec<i32> {
        let events = self.run.events();
        let ready = events.iter().filter(|event| {
            event["type"] == "supervisor.child"
                && event["data"]["child"] == "vrrp"
                && event["data"]["state"] == "ready"
        });
        ready.filter_map(|event| i32::try_from(event["data"]["pid"].as_i64()?).ok()).collect()
    }

    /// Send a signal to the VRRP process.
    pub fn strike(&self, signal: Signal) {
        kill(Pid::from_raw(*self.vrrp_pids().last().unwrap()), signal).unwrap();
    }

    /// SIGKILL to the VRRP process; waits until its successor is ready.
    pub fn crash(&self) {
        let before = self.vrrp_pids().len();
        self.strike(Signal::SIGKILL);
        wait_until(SOON, "a successor is ready", || self.vrrp_pids().len() > before);
    }

    /// The answer of `ha status`.
    pub fn status(&self) -> Value {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_ha"))
            .args(["--json", "status", "--state-dir"])
            .arg(self.directory.path().join("state"))
            .output()
            .unwrap();
        serde_json::from_slice(&output.stdout).unwrap_or_default()
    }

    /// State of the instance called `name`, as status tells it.
    pub fn state(&self, name: &str) -> String {
        let status = self.status();
        let instances = status["instances"].as_array().cloned().unwrap_or_default();
        let found = instances.iter().find(|instance| instance["name"] == name);
        found.and_then(|i| i["state"].as_str()).unwrap_or_default().to_owned()
    }

    /// Wait until the instance called `VI_1` is in `state`, as status tells it.
    pub fn wait_status(&self, state: &str) {
        wait_until(SOON, &format!("status says {state}"), || self.state("VI_1") == state);
    }
}

/// Everything that is watched on a thread of its own until [`Watch::finish`].
pub struct Watch<T> {
    done: Arc<AtomicBool>,
    seen: Arc<Mutex<Vec<T>>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl<T: Send + Clone + 'static> Watch<T> {
    /// `open` runs on `host`; `turn` is called when there is something to read, and at the latest
    /// `most` after the last time.
    fn start<S: AsFd + Send + 'static>(
        host: &Namespace,
        most: Duration,
        open: impl FnOnce() -> S + Send,
        mut turn: impl FnMut(&S, &mut Vec<T>) + Send + 'static,
    ) -> Self {
        let socket = host.enter(open);
        let (done, seen) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
        let (stop, sink) = (Arc::clone(&done), Arc::clone(&seen));
        let thread = std::thread::spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                turn(&socket, &mut sink.lock().unwrap());
                wait_readable(&[socket.as_fd()], Some(most));
            }
            turn(&socket, &mut sink.lock().unwrap());
        });
        Self { done, seen, thread: Some(thread) }
    }

    /// What was seen so far.
    pub fn so_far(&self) -> Vec<T> {
        self.seen.lock().unwrap().clone()
    }

    /// What was seen in all.
    pub fn finish(mut self) -> Vec<T> {
        self.done.store(true, Ordering::Relaxed);
        self.thread.take().unwrap().join().unwrap();
        self.so_far()
    }
}

impl<T> Drop for Watch<T> {
    fn drop(&mut self) {
        self.done.store(true, Ordering::Relaxed);
    }
}

/// How long a witness that only reads may take to notice that it is not needed any more.
const WAIT: Duration = Duration::from_millis(20);
/// From one question of the client to the next.
const QUESTION: Duration = Duration::from_millis(1);

/// Adverts that come into the ports of `hub`.
pub fn adverts(hub: &Namespace) -> Watch<Heard> {
    Watch::start(hub, WAIT, || Tap::open().unwrap(), |tap, seen| seen.extend(tap.drain()))
}

/// Changes of the addresses of `host`, each with the moment it was heard of.
pub fn addresses(host: &Namespace) -> Watch<(Instant, AddressChange)> {
    Watch::start(
        host,
        WAIT,
        || AddressWatch::open().unwrap(),
        |watch, seen| {
            seen.extend(watch.drain().into_iter().map(|change| (ha::io::clock::now(), change)));
        },
    )
}

/// The echo service for `address` on `host`.
pub fn serve(host: &Namespace, address: &str, number: u8) -> Watch<()> {
    let address: IpAddr = address.parse().unwrap();
    let open = move || Echo::open(address, number).unwrap();
    Watch::start(host, WAIT, open, |echo, _| echo.answer())
}

/// A client on `host` that asks `address` each millisecond; the answers.
pub fn ask(host: &Namespace, address: &str) -> Watch<Reply> {
    let mut number = 0;
    let mut last = None;
    let address: IpAddr = address.parse().unwrap();
    let open = move || Client::open(address).unwrap();
    Watch::start(host, QUESTION, open, move |client, seen| {
        let now = ha::io::clock::now();
        if last.is_none_or(|last| now.saturating_since(last) >= QUESTION * 9 / 10) {
            client.ask(number);
            number += 1;
            last = Some(now);
        }
        seen.extend(std::iter::from_fn(|| client.next()));
    })
}

/// Each advert came `interval` after the one before it, and there are as many as fit, as far as
/// the machine let it.
pub fn assert_on_time(adverts: &[Heard], interval: Duration, machine: &Machine) {
    assert_no_gap(adverts, interval, machine);
    for pair in adverts.windows(2) {
        let gap = pair[1].at.saturating_since(pair[0].at);
        // One that came late itself is followed sooner; what made it late was before it.
        let least = interval.saturating_sub(machine.allows(pair[0].at - interval, pair[1].at));
        assert!(gap >= least, "only {gap:?} between two adverts, {least:?} at least");
    }
    assert_not_too_many(adverts, interval, 0, machine);
}

/// No advert came later than `interval` after the one before it, as far as the machine let it.
pub fn assert_no_gap(adverts: &[Heard], interval: Duration, machine: &Machine) {
    assert!(adverts.len() > 1, "{adverts:?}");
    for pair in adverts.windows(2) {
        let gap = pair[1].at.saturating_since(pair[0].at);
        let allowed = interval + machine.allows(pair[0].at, pair[1].at);
        assert!(gap <= allowed, "{gap:?} between two adverts, {allowed:?} allowed");
    }
}

/// No more adverts than fit, one in each `interval`, and `extra` ones.
pub fn assert_not_too_many(adverts: &[Heard], interval: Duration, extra: u128, machine: &Machine) {
    let [first, .., last] = adverts else { panic!("too few: {adverts:?}") };
    let span = last.at.saturating_since(first.at) + machine.allows(first.at - interval, last.at);
    let most = 1 + span.as_nanos() / interval.as_nanos() + extra;
    assert!(adverts.len() as u128 <= most, "{} adverts in {span:?}", adverts.len());
}

/// Adverts at these times, in milliseconds.
fn heard_at(times: impl IntoIterator<Item = u64>) -> Vec<Heard> {
    let begin = Instant::from_nanos(1_000_000_000);
    let advert =
        |ms| Heard { at: begin + Duration::from_millis(ms), port: 1, vrid: 51, priority: 100 };
    times.into_iter().map(advert).collect()
}

#[test]
fn adverts_one_interval_apart_are_on_time_even_when_one_of_them_was_a_little_late() {
    let machine = Machine::watch();
    let times = (0..20).map(|n| n * 100 + if n == 7 { 15 } else { 0 });
    assert_on_time(&heard_at(times), Duration::from_millis(100), &machine);
}

#[test]
#[should_panic(expected = "between two adverts")]
fn a_missing_advert_is_not_on_time() {
    let times = (0..20).filter(|n| *n != 7).map(|n| n * 100);
    assert_on_time(&heard_at(times), Duration::from_millis(100), &Machine::watch());
}

#[test]
#[should_panic(expected = "only 1ms between two adverts")]
fn a_burst_is_not_on_time() {
    let times = (0..20).map(|n| n * 100).chain([1901, 1902]);
    assert_on_time(&heard_at(times), Duration::from_millis(100), &Machine::watch());
}

#[test]
#[should_panic(expected = "adverts in")]
fn adverts_that_are_a_little_too_frequent_all_the_time_are_not_on_time() {
    let times = (0..20).map(|n| n * 90);
    assert_on_time(&heard_at(times), Duration::from_millis(100), &Machine::watch());
}

/// No question was asked later than `silence` after the one before it that was answered, as far as
/// the machine let it.
pub fn assert_served(replies: &[Reply], silence: Duration, machine: &Machine) {
    assert!(replies.len() > 1, "{replies:?}");
    let mut sent: Vec<_> = replies.iter().map(|reply| reply.sent).collect();
    sent.sort_unstable();
    for pair in sent.windows(2) {
        let gap = pair[1].saturating_since(pair[0]);
        let allowed = silence + machine.allows(pair[0], pair[1]);
        assert!(gap <= allowed, "{gap:?} without an answer, {allowed:?} allowed");
    }
}

/// Adverts by port, in order.
pub fn by_port(heard: &[Heard]) -> BTreeMap<u32, Vec<Heard>> {
    let mut ports: BTreeMap<u32, Vec<Heard>> = BTreeMap::new();
    for advert in heard {
        ports.entry(advert.port).or_default().push(*advert);
    }
    ports
}

/// Kernel index of an interface.
pub fn index(host: &Namespace, interface: &str) -> u32 {
    let text = host.ip(&format!("-j link show dev {interface}"));
    let links: Value = serde_json::from_str(&text).unwrap();
    u32::try_from(links[0]["ifindex"].as_u64().unwrap()).unwrap()
}
