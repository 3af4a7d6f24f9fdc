//! Hosts in network namespaces for tests: made by root, named after this process, and gone when
//! the value is, also when the test panics.

#![allow(dead_code, reason = "each test program uses its own part")]

pub mod machine;
pub mod schema;

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use nix::sched::{CloneFlags, setns};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

/// How long something may take that should take a moment.
pub const SOON: Duration = Duration::from_secs(10);

/// Whether namespaces can be made here; says so when not.
pub fn can_run(test: &str) -> bool {
    if !nix::unistd::geteuid().is_root() {
        println!("SKIP: {test}: not root");
        return false;
    }
    let missing = |tool: &&str| {
        let path = std::env::var_os("PATH").unwrap_or_default();
        !std::env::split_paths(&path).any(|folder| folder.join(tool).is_file())
    };
    if let Some(tool) = ["ip", "tcpdump", "tshark"].iter().find(|tool| missing(tool)) {
        println!("SKIP: {test}: {tool} is not installed");
        return false;
    }
    true
}

/// Wait until `condition` holds.
///
/// # Panics
/// When it does not within `limit`.
pub fn wait_until(limit: Duration, what: &str, mut condition: impl FnMut() -> bool) {
    let end = Instant::now() + limit;
    while !condition() {
        assert!(Instant::now() < end, "waited {limit:?} in vain until {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn run(command: &mut Command) -> String {
    let output = command.output().expect("command starts");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {error}");
    String::from_utf8(output.stdout).expect("output is text")
}

/// A host.
pub struct Namespace {
    pub name: String,
}

impl Namespace {
    /// A host without interfaces, apart from loopback, that does not wait for duplicate address
    /// detection.
    pub fn new() -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("hatest{}-{number}", std::process::id());
        run(Command::new("ip").args(["netns", "add", &name]));
        let host = Self { name };
        host.ip("link set lo up");
        host.write_sysctl("net/ipv6/conf/default/accept_dad", "0");
        host
    }

    /// `ip` with these words, on this host.
    pub fn ip(&self, words: &str) -> String {
        run(Command::new("ip").args(["-n", &self.name]).args(words.split_whitespace()))
    }

    pub fn write_sysctl(&self, path: &str, value: &str) {
        self.enter(|| std::fs::write(format!("/proc/sys/{path}"), value).expect("sysctl exists"));
    }

    /// Run `work` on a thread of this host.
    pub fn enter<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        let path = format!("/run/netns/{}", self.name);
        std::thread::scope(|scope| {
            let inside = move || {
                let namespace = std::fs::File::open(path).expect("namespace exists");
                setns(namespace, CloneFlags::CLONE_NEWNET).expect("root may enter");
                work()
            };
            scope.spawn(inside).join().expect("work inside the namespace")
        })
    }

    /// `program` to be started on this host.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name, program]);
        command
    }

    /// Start `ha` with these words on this host.
    pub fn ha(&self, words: &str) -> Process {
        let mut command = self.command(env!("CARGO_BIN_EXE_ha"));
        command.args(words.split_whitespace());
        Process::start(command)
    }

    /// Addresses on `interface`, with prefix, as `ip -j addr` tells them.
    pub fn addresses(&self, interface: &str) -> Vec<String> {
        self.listed(&format!("-j addr show dev {interface}"))
    }

    fn listed(&self, words: &str) -> Vec<String> {
        let text = self.ip(words);
        let links: Vec<Value> = serde_json::from_str(&text).expect("ip writes JSON");
        let infos = links.iter().filter_map(|link| link["addr_info"].as_array()).flatten();
        infos
            .map(|info| format!("{}/{}", info["local"].as_str().unwrap(), info["prefixlen"]))
            .collect()
    }

    /// Addresses on all interfaces, with prefix.
    pub fn everywhere(&self) -> Vec<String> {
        self.listed("-j addr show")
    }

    /// Whether `ip` shows `address` (with prefix) on `interface`.
    pub fn has(&self, interface: &str, address: &str) -> bool {
        self.addresses(interface).iter().any(|known| known == address)
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        drop(Command::new("ip").args(["netns", "del", &self.name]).output());
    }
}

/// Join two hosts by a cable.
pub fn veth(a: (&Namespace, &str), b: (&Namespace, &str)) {
    run(Command::new("ip")
        .args(["link", "add", a.1, "netns", &a.0.name, "type", "veth"])
        .args(["peer", "name", b.1, "netns", &b.0.name]));
    for (host, interface) in [a, b] {
        host.ip(&format!("link set {interface} up"));
    }
    for (host, interface) in [a, b] {
        wait_for_carrier(host, interface);
    }
}

/// Join hosts, each by its `lan0`, to a bridge on a host of its own, on ports `port0`, `port1` …
pub fn bridge(hosts: &[&Namespace]) -> Namespace {
    let hub = Namespace::new();
    hub.ip("link add name br0 type bridge mcast_snooping 0");
    hub.ip("link set br0 up");
    for (number, host) in hosts.iter().enumerate() {
        let port = format!("port{number}");
        veth((host, "lan0"), (&hub, &port));
        hub.ip(&format!("link set {port} master br0"));
    }
    hub
}

fn wait_for_carrier(host: &Namespace, interface: &str) {
    wait_until(SOON, "the link is up", || {
        host.ip(&format!("-j link show dev {interface}")).contains(r#""operstate":"UP""#)
    });
}

/// A process whose standard output is collected by line; killed when dropped.
pub struct Process {
    child: Child,
    input: Option<ChildStdin>,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Process {
    pub fn start(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("process starts");
        let lines = Arc::new(Mutex::new(Vec::new()));
        let (output, sink) = (child.stdout.take().unwrap(), Arc::clone(&lines));
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                sink.lock().unwrap().push(line);
            }
        });
        let input = child.stdin.take();
        Self { child, input, lines }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().cast_signed()), signal).expect("process exists");
    }

    /// Write a line to its standard input.
    pub fn send(&mut self, line: &str) {
        let input = self.input.as_mut().expect("input is open");
        writeln!(input, "{line}").and_then(|()| input.flush()).expect("process reads");
    }

    /// Close its standard input.
    pub fn close_input(&mut self) {
        self.input = None;
    }

    /// Wait for its end.
    pub fn wait(&mut self) -> ExitStatus {
        let mut status = None;
        wait_until(SOON, "the process ends", || {
            status = self.child.try_wait().expect("process can be waited for");
            status.is_some()
        });
        status.unwrap()
    }

    /// Event lines so far.
    pub fn events(&self) -> Vec<Value> {
        let lines = self.lines.lock().unwrap();
        lines.iter().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// Reasons of all transitions to `state` so far.
    pub fn transitions_to(&self, state: &str) -> Vec<Value> {
        let mut events = self.events();
        events.retain(|e| e["type"] == "vrrp.transition" && e["data"]["to"] == state);
        events.into_iter().map(|event| event["data"]["reason"].clone()).collect()
    }

    /// The first event that `wanted` accepts; waits for it.
    pub fn wait_for(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let mut found = None;
        wait_until(SOON, what, || {
            found = self.events().into_iter().find(|event| wanted(event));
            found.is_some()
        });
        found.unwrap()
    }

    /// Wait for the first transition to `state`.
    pub fn wait_state(&self, state: &str) -> Value {
        self.wait_for(&format!("it is {state}"), |event| {
            event["type"] == "vrrp.transition" && event["data"]["to"] == state
        })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A capture on one interface of a host, by tcpdump into a file.
pub struct Capture {
    tcpdump: Process,
    file: PathBuf,
    _directory: tempfile::TempDir,
}

impl Capture {
    /// Capture what passes `interface` and `filter`.
    pub fn start(host: &Namespace, interface: &str, filter: &str) -> Self {
        let directory = tempfile::tempdir().expect("temporary directory");
        let file = directory.path().join("capture.pcap");
        let mut command = host.command("tcpdump");
        command.args(["-U", "-Z", "root", "--immediate-mode", "-i", interface, "-w"]);
        command.arg(&file).args(filter.split_whitespace()).stderr(Stdio::null());
        let tcpdump = Process::start(command);
        // The file's header is written when tcpdump listens.
        wait_until(SOON, "tcpdump listens", || {
            std::fs::metadata(&file).is_ok_and(|meta| meta.len() >= 24)
        });
        Self { tcpdump, file, _directory: directory }
    }

    /// Rows of these fields as tshark decodes the packets so far that pass `display_filter`.
    pub fn rows(&self, display_filter: &str, fields: &[&str]) -> Vec<Vec<String>> {
        let mut command = Command::new("tshark");
        command.args(["-r"]).arg(&self.file).args(["-Y", display_filter, "-T", "fields"]);
        command.args(["-o", "vrrp.v3_checksum_as_in_v2:FALSE"]);
        for field in fields {
            command.args(["-e", field]);
        }
        // A packet that is being written right now makes tshark complain at the end.
        let output = command.output().expect("tshark starts");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.lines().map(|line| line.split('\t').map(str::to_owned).collect()).collect()
    }
}

/// Whether an interface of the network namespace that this thread is in has this IPv4 address.
pub fn has_address(wanted: &str) -> bool {
    let wanted: std::net::Ipv4Addr = wanted.parse().unwrap();
    nix::ifaddrs::getifaddrs().unwrap().any(|interface| {
        let address = interface
            .address
            .and_then(|a| a.as_sockaddr_in().map(nix::sys::socket::SockaddrIn::ip));
        address == Some(wanted)
    })
}
