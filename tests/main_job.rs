//! The main job, end to end, on real input: the tutorial's configuration byte for byte on one
//! host, with a lower priority on the other, a real nginx behind a real check script, and an HTTP
//! client of the virtual address in a network namespace (netns) of its own. After every fault
//! three witnesses must agree: `ip -j addr`, a capture on the client's wire, and the client.

#[path = "support/machine.rs"]
mod machine;

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ha::io::netns::{Links, Namespace, signal_all};
use machine::Machine;
use nix::mount::{MsFlags, mount};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

const TEST: &str = "the_main_job_survives_every_fault";
const TUTORIAL: &str = include_str!("config/tutorial.conf");
const ADDRESS: Ipv4Addr = Ipv4Addr::new(172, 16, 100, 150);
const HOSTS: [Ipv4Addr; 2] = [Ipv4Addr::new(172, 16, 100, 11), Ipv4Addr::new(172, 16, 100, 12)];
/// Up while nginx answers.
const CHECK: &str = "#!/bin/bash\nexec 3<>/dev/tcp/127.0.0.1/80\n";
/// Three intervals of a second and the skew of priority 90.
const MASTER_DOWN: Duration = Duration::from_micros(3_648_438);
/// Skew of priority 90.
const SKEW: Duration = Duration::from_micros(648_438);
/// The script's interval.
const CHECK_INTERVAL: Duration = Duration::from_secs(2);
/// What looking takes: an `ip` for each look at the addresses, and the client's patience. What
/// the machine is late comes on top.
const LOOKING: Duration = Duration::from_millis(250);
/// From one request of the client to the next, and its patience.
const REQUEST: Duration = Duration::from_millis(10);

/// Seconds since 1970, the clock that captures use.
fn clock() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64()
}

fn wait_until(limit: Duration, what: &str, mut condition: impl FnMut() -> bool) {
    let end = clock() + limit.as_secs_f64();
    while !condition() {
        assert!(clock() < end, "waited {limit:?} in vain until {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

// ---------------------------------------------------------------- a host

struct Host {
    namespace: Namespace,
    number: usize,
    configuration: String,
    daemon: Option<Child>,
    nginx: Option<Child>,
}

impl Host {
    fn new(number: usize, configuration: String) -> Self {
        let namespace = Namespace::create(&format!("node{}", number + 1)).unwrap();
        let host = Self { namespace, number, configuration, daemon: None, nginx: None };
        host.namespace
            .enter(|| {
                Links::open()?.set_up("lo", true)?;
                let none = None::<&str>;
                mount(Some("tmpfs"), "/etc/keepalived", Some("tmpfs"), MsFlags::empty(), none)
                    .unwrap();
                std::fs::write("/etc/keepalived/keepalived.conf", &host.configuration).unwrap();
                std::fs::write("/etc/keepalived/nginx_check.sh", CHECK).unwrap();
                let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
                std::fs::set_permissions("/etc/keepalived/nginx_check.sh", executable).unwrap();
                std::fs::write("/run/nginx.conf", nginx_configuration(number)).unwrap();
                Ok(())
            })
            .unwrap();
        host
    }

    fn spawn(&self, program: &str, words: &[&str]) -> Child {
        let mut command = Command::new(program);
        command.args(words).stdin(Stdio::null()).stdout(Stdio::null());
        self.namespace.place(&mut command);
        command.spawn().unwrap()
    }

    fn start_nginx(&mut self) {
        self.nginx = Some(self.spawn("nginx", &["-c", "/run/nginx.conf", "-e", "stderr"]));
        let answers = || {
            let port = SocketAddr::from((Ipv4Addr::LOCALHOST, 80));
            Ok(TcpStream::connect_timeout(&port, REQUEST).is_ok())
        };
        wait_until(Duration::from_secs(10), "nginx answers", || {
            self.namespace.enter(answers).unwrap()
        });
    }

    fn stop_nginx(&mut self) {
        let mut nginx = self.nginx.take().unwrap();
        send(&nginx, Signal::SIGTERM);
        nginx.wait().unwrap();
    }

    fn start_daemon(&mut self) {
        let file = "/etc/keepalived/keepalived.conf";
        let words = ["--log", "warn", "run", "--state-dir", "/run/ha", "-f", file];
        self.daemon = Some(self.spawn(env!("CARGO_BIN_EXE_ha"), &words));
    }

    fn stop_daemon(&mut self) {
        let mut daemon = self.daemon.take().unwrap();
        send(&daemon, Signal::SIGTERM);
        daemon.wait().unwrap();
    }

    /// The daemon and all processes below it.
    fn daemon_processes(&self) -> Vec<i32> {
        below(i32::try_from(self.daemon.as_ref().unwrap().id()).unwrap())
    }

    /// Everything on the host dies at once.
    fn die(&mut self) {
        signal_all(&self.namespace, Signal::SIGKILL);
        for mut child in [self.daemon.take(), self.nginx.take()].into_iter().flatten() {
            child.wait().unwrap();
        }
    }

    /// What a boot leaves: no address of its dead daemon, nothing of it under /run.
    fn boot(&mut self) {
        self.namespace
            .enter(|| {
                Links::open()?.keep_only("eth0", HOSTS[self.number])?;
                let _ = std::fs::remove_dir_all("/run/ha");
                Ok(())
            })
            .unwrap();
        self.start_nginx();
        self.start_daemon();
    }

    /// Whether `ip -j addr` shows the virtual address.
    fn holds(&self) -> bool {
        let mut command = Command::new("ip");
        command.args(["-j", "addr", "show", "dev", "eth0"]).stderr(Stdio::inherit());
        self.namespace.place(&mut command);
        let output = command.output().unwrap();
        let links: Value = serde_json::from_slice(&output.stdout).unwrap();
        let addresses = links[0]["addr_info"].as_array().unwrap();
        addresses.iter().any(|info| info["local"] == ADDRESS.to_string())
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        signal_all(&self.namespace, Signal::SIGKILL);
        for mut child in [self.daemon.take(), self.nginx.take()].into_iter().flatten() {
            let _ = child.wait();
        }
    }
}

fn nginx_configuration(number: usize) -> String {
    format!(
        "daemon off; pid /run/nginx.pid; worker_processes 1; events {{ }}\n\
         http {{ access_log off; client_body_temp_path /run/body; proxy_temp_path /run/proxy;\n\
         fastcgi_temp_path /run/fastcgi; uwsgi_temp_path /run/uwsgi; scgi_temp_path /run/scgi;\n\
         server {{ listen 80; location / {{ return 200 \"host{number}\"; }} }} }}\n"
    )
}

fn send(child: &Child, signal: Signal) {
    kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), signal).unwrap();
}

fn below(pid: i32) -> Vec<i32> {
    let path = format!("/proc/{pid}/task/{pid}/children");
    let children = std::fs::read_to_string(path).unwrap_or_default();
    let mut all = vec![pid];
    children.split_whitespace().for_each(|child| all.extend(below(child.parse().unwrap())));
    all
}

// ---------------------------------------------------------------- the client

/// Asks the virtual address for a page, again and again, and notes who served it and when.
struct Client {
    answers: Arc<Mutex<Vec<(f64, usize)>>>,
    stop: Arc<AtomicBool>,
}

impl Client {
    fn start(namespace: Arc<Namespace>) -> Self {
        let client = Self { answers: Arc::default(), stop: Arc::default() };
        let (answers, stop) = (Arc::clone(&client.answers), Arc::clone(&client.stop));
        std::thread::spawn(move || {
            let ask = || {
                while !stop.load(Ordering::Relaxed) {
                    if let Some(host) = page() {
                        answers.lock().unwrap().push((clock(), host));
                    }
                    std::thread::sleep(REQUEST);
                }
                Ok(())
            };
            namespace.enter(ask).unwrap();
        });
        client
    }

    fn last_host(&self) -> Option<usize> {
        self.answers.lock().unwrap().last().map(|(_, host)| *host)
    }

    /// Longest time without a page since `from`, and when `host` first served one.
    fn since(&self, from: f64, host: usize) -> (Duration, Option<f64>) {
        let answers = self.answers.lock().unwrap();
        let mut previous = from;
        let mut longest: f64 = 0.0;
        for (at, _) in answers.iter().filter(|(at, _)| *at >= from) {
            longest = longest.max(at - previous);
            previous = *at;
        }
        let first = answers.iter().find(|(at, by)| *at >= from && *by == host).map(|(at, _)| *at);
        (Duration::from_secs_f64(longest.max(clock() - previous)), first)
    }
}

/// One request; which host's page came back.
fn page() -> Option<usize> {
    let patience = Duration::from_millis(50);
    let mut stream = TcpStream::connect_timeout(&SocketAddr::from((ADDRESS, 80)), patience).ok()?;
    stream.set_read_timeout(Some(patience)).ok()?;
    stream.write_all(b"GET / HTTP/1.0\r\n\r\n").ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    text.chars().last()?.to_digit(10).map(|digit| digit as usize)
}

// ---------------------------------------------------------------- the network

struct Network {
    links: Links,
    hosts: [Host; 2],
    client: Client,
    machine: Machine,
    capture: PathBuf,
    tcpdump: Child,
    _directory: tempfile::TempDir,
}

impl Network {
    fn build() -> Self {
        let backup = TUTORIAL.replace("state MASTER", "state BACKUP");
        let backup = backup.replace("priority 100", "priority 90");
        let hosts = [Host::new(0, TUTORIAL.to_owned()), Host::new(1, backup)];
        let switch = Namespace::create("switch").unwrap();
        let place = Arc::new(Namespace::create("client").unwrap());
        // A netlink connection stays in the namespace in which it was opened.
        let links = switch.enter(Links::open).unwrap();
        links.bridge("switch").unwrap();
        let plug = |port: &str, namespace: &Namespace, address: Ipv4Addr| {
            links.plug("switch", port, namespace, "eth0").unwrap();
            let connect = || {
                let inside = Links::open()?;
                inside.add_address("eth0", address, 24)?;
                inside.set_up("eth0", true)
            };
            namespace.enter(connect).unwrap();
        };
        for host in &hosts {
            plug(&port(host.number), &host.namespace, HOSTS[host.number]);
        }
        plug("client", &place, Ipv4Addr::new(172, 16, 100, 200));
        let directory = tempfile::tempdir().unwrap();
        let capture = directory.path().join("wire.pcap");
        let tcpdump = start_capture(&place, &capture);
        let client = Client::start(place);
        let machine = Machine::watch();
        Self { links, hosts, client, machine, capture, tcpdump, _directory: directory }
    }

    /// Wait until `ip -j addr` shows the address on `host` and on no other, and the client is
    /// served by it.
    fn settle_on(&self, host: usize, limit: Duration) {
        wait_until(limit, &format!("node{} alone serves the address", host + 1), || {
            self.hosts[host].holds()
                && !self.hosts[1 - host].holds()
                && self.client.last_host() == Some(host)
        });
    }

    /// Strike host 0, see host 1 take over within `takeover` and the client served again after
    /// at most `outage`; then undo and see host 0 come back.
    fn fault(
        &mut self,
        name: &str,
        (takeover, outage): (Duration, Duration),
        strike: impl FnOnce(&mut Host, &Links),
        undo: impl FnOnce(&mut Host, &Links),
    ) -> Takeover {
        self.settle_on(0, Duration::from_secs(30));
        let (struck, from) = (clock(), ha::io::clock::now());
        strike(&mut self.hosts[0], &self.links);
        // A look can take long on a busy machine: the address came after the last one that began
        // without it, and before the end of the first that showed it.
        let mut missed = struck;
        wait_until(takeover + Duration::from_secs(10), &format!("{name}: node2 has it"), || {
            let begin = clock();
            let holds = self.hosts[1].holds();
            missed = if holds { missed } else { begin };
            holds
        });
        let held = clock();
        wait_until(Duration::from_secs(10), &format!("{name}: node2 serves"), || {
            self.client.last_host() == Some(1)
        });
        let (longest, served) = self.client.since(struck, 1);
        let noise = LOOKING + self.machine.allows(from, ha::io::clock::now());
        println!("{name}: node2 after {:.3} s, client without a page {longest:?}", held - struck);
        assert!(missed - struck <= (takeover + noise).as_secs_f64(), "{name}: {}", missed - struck);
        assert!(longest <= outage + noise, "{name}: client without a page for {longest:?}");
        undo(&mut self.hosts[0], &self.links);
        self.settle_on(0, Duration::from_secs(30));
        let (name, served) = (name.to_owned(), served.unwrap());
        let noise = noise.as_secs_f64();
        Takeover { name, struck, missed, held, served, back: clock(), noise }
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.client.stop.store(true, Ordering::Relaxed);
        let _ = self.tcpdump.kill();
        let _ = self.tcpdump.wait();
    }
}

fn port(number: usize) -> String {
    format!("node{}", number + 1)
}

fn start_capture(place: &Namespace, file: &Path) -> Child {
    let mut command = Command::new("tcpdump");
    command.args(["-i", "eth0", "--immediate-mode", "-U", "-w"]).arg(file).arg("vrrp or arp");
    command.stdout(Stdio::null()).stderr(Stdio::null());
    place.place(&mut command);
    let child = command.spawn().unwrap();
    wait_until(Duration::from_secs(10), "the capture begins", || {
        std::fs::metadata(file).is_ok_and(|meta| meta.len() >= 24)
    });
    child
}

/// When things happened, in seconds since 1970.
struct Takeover {
    name: String,
    struck: f64,
    /// `ip -j addr` did not yet show the address on the other host.
    missed: f64,
    /// It did.
    held: f64,
    /// The client had its first page from it.
    served: f64,
    /// Everything was as before.
    back: f64,
    /// How much the witnesses may differ.
    noise: f64,
}

/// Adverts of a capture: when, from whom, with which priority; all must be in order.
fn adverts(capture: &Path) -> Vec<(f64, Ipv4Addr, u8)> {
    let fields = ["frame.time_epoch", "ip.src", "vrrp.prio", "_ws.expert.severity"];
    let mut command = Command::new("tshark");
    command.args(["-r"]).arg(capture).args(["-Y", "vrrp", "-T", "fields"]);
    command.args(fields.iter().flat_map(|field| ["-e", field]));
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| {
            let mut words = line.split('\t');
            let mut next = || words.next().unwrap_or_default();
            let advert =
                (next().parse().unwrap(), next().parse().unwrap(), next().parse().unwrap());
            assert_eq!(next(), "", "tshark objects to {line}");
            advert
        })
        .collect()
}

/// The capture tells the same story: silence of nobody, then adverts of the second host, at the
/// time at which the other two witnesses saw it take over.
fn assert_capture_agrees(takeovers: &[Takeover], adverts: &[(f64, Ipv4Addr, u8)]) {
    for takeover in takeovers {
        let agree = takeover.noise;
        let name = &takeover.name;
        let first = adverts
            .iter()
            .find(|(at, source, priority)| {
                *at > takeover.struck && *source == HOSTS[1] && *priority == 90
            })
            .unwrap_or_else(|| panic!("{name}: no advert of node2 in the capture"));
        let seen = takeover.missed - agree..takeover.held + agree;
        assert!(seen.contains(&first.0), "{name}: {first:?}, {seen:?}");
        assert!(takeover.served > first.0 - agree, "{name}: served before it was master");
        assert!(
            adverts.iter().any(|(at, source, _)| *source == HOSTS[0]
                && *at > takeover.held
                && *at <= takeover.back),
            "{name}: node1 advertises again"
        );
    }
}

// ---------------------------------------------------------------- the test

fn can_run() -> bool {
    if !nix::unistd::geteuid().is_root() {
        println!("SKIP: {TEST}: not root");
        return false;
    }
    for tool in ["ip", "nginx", "tcpdump", "tshark", "bash"] {
        if Command::new(tool).arg("--version").output().is_err() {
            println!("SKIP: {TEST}: {tool} is not installed");
            return false;
        }
    }
    if !Path::new("/etc/keepalived").is_dir() {
        println!("SKIP: {TEST}: there is no /etc/keepalived to supply the script in");
        return false;
    }
    true
}

#[test]
fn the_main_job_survives_every_fault() {
    if !can_run() {
        return;
    }
    let mut network = Network::build();
    for host in &mut network.hosts {
        host.start_nginx();
        host.start_daemon();
    }
    let takeovers = vec![
        network.fault(
            "nginx stopped",
            // The host answers, its nginx does not, until the script notices.
            (CHECK_INTERVAL + MASTER_DOWN, CHECK_INTERVAL + MASTER_DOWN),
            |host, _| host.stop_nginx(),
            |host, _| host.start_nginx(),
        ),
        network.fault(
            "host dead",
            (MASTER_DOWN, MASTER_DOWN),
            |host, links| {
                links.set_up(&port(0), false).unwrap();
                host.die();
            },
            |host, links| {
                host.boot();
                links.set_up(&port(0), true).unwrap();
            },
        ),
        network.fault(
            "daemon asked to stop",
            (SKEW, Duration::ZERO),
            |host, _| host.stop_daemon(),
            |host, _| host.start_daemon(),
        ),
        network.fault(
            "link down",
            (MASTER_DOWN, MASTER_DOWN),
            |_, links| links.set_up(&port(0), false).unwrap(),
            |_, links| links.set_up(&port(0), true).unwrap(),
        ),
        network.fault(
            "partition",
            (MASTER_DOWN, Duration::ZERO),
            |_, links| isolate(links, true),
            |_, links| isolate(links, false),
        ),
        network.fault(
            "daemon frozen",
            (MASTER_DOWN, Duration::ZERO),
            |host, _| signal(host, Signal::SIGSTOP),
            |host, _| signal(host, Signal::SIGCONT),
        ),
    ];
    network.client.stop.store(true, Ordering::Relaxed);
    // What was on the wire is in the file when a later advert is.
    let written = || std::fs::metadata(&network.capture).unwrap().len();
    let before = written();
    wait_until(Duration::from_secs(10), "one more advert is captured", || written() > before);
    send(&network.tcpdump, Signal::SIGTERM);
    network.tcpdump.wait().unwrap();
    assert_capture_agrees(&takeovers, &adverts(&network.capture));
}

fn isolate(links: &Links, isolated: bool) {
    (0..2).for_each(|number| links.isolate(&port(number), isolated).unwrap());
}

fn signal(host: &Host, signal: Signal) {
    for pid in host.daemon_processes() {
        kill(Pid::from_raw(pid), signal).unwrap();
    }
}
