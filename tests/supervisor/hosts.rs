//! Two hosts in network namespaces with the real processes on both: the main job.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

const PATIENCE: Duration = Duration::from_secs(30);
const VIRTUAL: &str = "192.0.2.100";
/// Tells the hosts of tests that run at the same time apart.
static COUNT: AtomicUsize = AtomicUsize::new(0);

/// Two namespaces joined by a cable, `eth0` in each, gone when this is dropped.
struct Hosts {
    prefix: String,
    directory: tempfile::TempDir,
}

impl Hosts {
    /// None, loudly, where namespaces cannot be made.
    fn new(test: &str) -> Option<Self> {
        if !nix::unistd::geteuid().is_root() {
            println!("SKIP: {test}: network namespaces need root");
            return None;
        }
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let prefix = format!("hasuper-{}-{count}", std::process::id());
        let hosts = Self { prefix, directory: tempfile::tempdir().unwrap() };
        for host in ["a", "b"] {
            ip(&["netns", "add", &hosts.namespace(host)]);
        }
        let (a, b) = (hosts.namespace("a"), hosts.namespace("b"));
        ip(&[
            "link", "add", "eth0", "netns", &a, "type", "veth", "peer", "name", "eth0", "netns", &b,
        ]);
        for (namespace, address) in [(&a, "192.0.2.1/24"), (&b, "192.0.2.2/24")] {
            ip(&["-n", namespace, "addr", "add", address, "dev", "eth0"]);
            ip(&["-n", namespace, "link", "set", "lo", "up"]);
            ip(&["-n", namespace, "link", "set", "eth0", "up"]);
        }
        hosts.script("check.sh", &format!("[ ! -e {} ]", hosts.path("fail")));
        hosts.script("hook.sh", &format!("echo \"$4 $3\" >>{}", hosts.path("hooks")));
        Some(hosts)
    }

    fn namespace(&self, host: &str) -> String {
        format!("{}-{host}", self.prefix)
    }

    fn path(&self, name: &str) -> String {
        self.directory.path().join(name).display().to_string()
    }

    fn script(&self, name: &str, line: &str) {
        fs::write(self.path(name), format!("#!/bin/sh\n{line}\n")).unwrap();
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn configure(&self, host: &str, priority: u8) {
        let (check, hook) = (self.path("check.sh"), self.path("hook.sh"));
        // Only the first host's script has a say, so that its failure moves the address.
        let tracked = if host == "a" { "track_script {\n check weight -20\n }" } else { "" };
        let text = format!(
            "global_defs {{\n router_id {host}\n script_user root\n}}\n\
             vrrp_script check {{\n script {check}\n interval 1\n}}\n\
             vrrp_instance VI_1 {{\n version 3\n interface eth0\n virtual_router_id 51\n \
             priority {priority}\n advert_int 0.5\n virtual_ipaddress {{\n {VIRTUAL}/24\n }}\n \
             {tracked}\n notify {hook}\n}}\n"
        );
        fs::write(self.path(&format!("{host}.conf")), text).unwrap();
    }

    fn start(&self, host: &str, priority: u8) -> Node<'_> {
        self.configure(host, priority);
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.namespace(host), env!("CARGO_BIN_EXE_ha"), "run"]);
        command.args(["--state-dir", &self.path(host), "-f", &self.path(&format!("{host}.conf"))]);
        let log = fs::File::create(self.path(&format!("{host}.log"))).unwrap();
        let child =
            command.stdout(log.try_clone().unwrap()).stderr(log).stdin(Stdio::null()).spawn();
        Node { hosts: self, host: host.to_owned(), child: child.unwrap() }
    }

    /// Whether the kernel of a host holds the virtual address.
    fn holds(&self, host: &str) -> bool {
        let output = Command::new("ip")
            .args(["-j", "-n", &self.namespace(host), "addr", "show", "dev", "eth0"])
            .output()
            .unwrap();
        let links: Value = serde_json::from_slice(&output.stdout).unwrap();
        let addresses = links[0]["addr_info"].as_array().cloned().unwrap_or_default();
        addresses.iter().any(|address| address["local"] == VIRTUAL)
    }

    fn hooks(&self) -> String {
        fs::read_to_string(self.path("hooks")).unwrap_or_default()
    }

    fn wait_until(&self, what: &str, mut is_so: impl FnMut() -> bool) {
        let begin = Instant::now();
        while !is_so() {
            if begin.elapsed() > PATIENCE {
                let log = |host: &str| {
                    fs::read_to_string(self.path(&format!("{host}.log"))).unwrap_or_default()
                };
                panic!("{what} did not happen\na:\n{}\nb:\n{}", log("a"), log("b"));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Hosts {
    fn drop(&mut self) {
        for host in ["a", "b"] {
            drop(Command::new("ip").args(["netns", "del", &self.namespace(host)]).status());
        }
    }
}

/// `ha run` on one host.
struct Node<'a> {
    hosts: &'a Hosts,
    host: String,
    child: Child,
}

impl Node<'_> {
    fn ask(&self, words: &[&str]) -> Value {
        let output = Command::new(env!("CARGO_BIN_EXE_ha"))
            .args(words)
            .args(["--json", "--state-dir", &self.hosts.path(&self.host)])
            .output()
            .unwrap();
        serde_json::from_slice(&output.stdout).unwrap_or_default()
    }

    fn state(&self) -> String {
        let status = self.ask(&["status"]);
        status["instances"][0]["state"].as_str().unwrap_or_default().to_owned()
    }

    fn wait_for(&self, state: &str) {
        let what = format!("{} becomes {state}", self.host);
        self.hosts.wait_until(&what, || {
            self.state() == state && self.hosts.holds(&self.host) == (state == "master")
        });
    }

    fn pid(&self, part: &str) -> Pid {
        let status = self.ask(&["status"]);
        let parts = status["parts"].as_array().cloned().unwrap_or_default();
        let found = parts.iter().find(|found| found["name"] == part).expect("it runs");
        Pid::from_raw(i32::try_from(found["pid"].as_i64().expect("it runs")).unwrap())
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(i32::try_from(self.child.id()).unwrap()), signal).unwrap();
    }

    fn stop(mut self) {
        self.signal(Signal::SIGTERM);
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Node<'_> {
    fn drop(&mut self) {
        // Its children end with their input.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn ip(words: &[&str]) {
    let status = Command::new("ip").args(words).status().expect("ip can be started");
    assert!(status.success(), "ip {}", words.join(" "));
}

#[test]
fn the_address_follows_the_verdict_of_the_script_and_a_graceful_stop() {
    let Some(hosts) = Hosts::new("the_address_follows_the_verdict_of_the_script") else { return };
    let (a, b) = (hosts.start("a", 100), hosts.start("b", 90));
    a.wait_for("master");
    b.wait_for("backup");
    fs::write(hosts.path("fail"), "").unwrap();
    b.wait_for("master");
    a.wait_for("backup");
    let parts = &a.ask(&["status"])["instances"][0]["parts"];
    assert_eq!(parts[1], serde_json::json!(["script check", -20]));
    fs::remove_file(hosts.path("fail")).unwrap();
    a.wait_for("master");
    b.wait_for("backup");
    a.stop();
    b.wait_for("master");
    assert!(!hosts.holds("a"));
    hosts.wait_until("the hooks hear of the stop", || hosts.hooks().contains("100 STOP"));
    b.stop();
    assert!(!hosts.holds("b"));
}

#[test]
fn a_crash_of_the_vrrp_process_costs_neither_the_address_nor_the_mastership() {
    let Some(hosts) = Hosts::new("a_crash_of_the_vrrp_process") else { return };
    let (a, b) = (hosts.start("a", 100), hosts.start("b", 90));
    a.wait_for("master");
    b.wait_for("backup");
    let since = b.ask(&["status"])["instances"][0]["since"].clone();
    let before = a.pid("vrrp");
    kill(before, Signal::SIGKILL).unwrap();
    hosts.wait_until("the process is replaced", || {
        assert!(hosts.holds("a"), "the address is gone");
        a.ask(&["status"])["parts"].as_array().is_some_and(|parts| {
            parts.iter().any(|part| {
                part["name"] == "vrrp" && part["state"] == "ready" && part["restarts"] == 1
            })
        })
    });
    a.wait_for("master");
    assert_eq!(a.ask(&["status"])["instances"][0]["reason"], "resumed");
    assert_eq!(b.ask(&["status"])["instances"][0]["since"], since, "the peer noticed");
}

#[test]
fn the_death_of_the_supervisor_hands_the_address_over() {
    let Some(hosts) = Hosts::new("the_death_of_the_supervisor") else { return };
    let (a, b) = (hosts.start("a", 100), hosts.start("b", 90));
    a.wait_for("master");
    b.wait_for("backup");
    a.signal(Signal::SIGKILL);
    b.wait_for("master");
    hosts.wait_until("the address leaves", || !hosts.holds("a"));
}

#[test]
fn an_unchanged_reload_is_not_noticed_and_a_changed_priority_is_taken_up() {
    let Some(hosts) = Hosts::new("an_unchanged_reload") else { return };
    let a = hosts.start("a", 100);
    a.wait_for("master");
    let seen = |node: &Node<'_>| {
        let status = node.ask(&["status"]);
        let sent = status["instances"][0]["counters"]["became_master"].clone();
        (status["instances"][0]["since"].clone(), sent, node.pid("vrrp"))
    };
    let before = seen(&a);
    assert_eq!(a.ask(&["ctl", "reload"])["response"], "done");
    hosts.configure("a", 120);
    assert_eq!(a.ask(&["ctl", "reload"])["changes"][0], "vrrp has a new plan");
    hosts.wait_until("the priority is taken up", || {
        a.ask(&["status"])["instances"][0]["base_priority"] == 120
    });
    let after = seen(&a);
    assert_eq!((&before.1, &before.2), (&after.1, &after.2));
    assert!(hosts.holds("a"));
}

const DAC_OVERRIDE: u64 = 1;
const KILL: u64 = 5;
const SETGID: u64 = 6;
const SETUID: u64 = 7;
const NET_ADMIN: u64 = 12;
const NET_RAW: u64 = 13;

/// A set of capabilities by their numbers (`linux/capability.h`).
fn set(numbers: &[u64]) -> u64 {
    numbers.iter().map(|number| 1 << number).sum()
}

/// A hexadecimal field of `/proc/PID/status`.
fn field(status: &str, name: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    u64::from_str_radix(line.expect("the field is there").trim(), 16).expect("a number")
}

#[test]
fn every_process_holds_the_capabilities_of_its_job_and_no_others() {
    let Some(hosts) = Hosts::new("every_process_holds_the_capabilities") else { return };
    hosts.script("check.sh", &format!("cat /proc/self/status >{}", hosts.path("script")));
    let a = hosts.start("a", 100);
    a.wait_for("master");
    let status = |pid: Pid| fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let own = status(nix::unistd::getpid());
    let whole = field(&own, "CapBnd");
    let supervisor = Pid::from_raw(i32::try_from(a.child.id()).unwrap());
    let scripts = set(&[SETUID, SETGID, KILL, DAC_OVERRIDE]);
    // Who executes programs leaves them what they would have had.
    let rows = [
        ("supervisor", supervisor, set(&[DAC_OVERRIDE]), whole, 0),
        ("vrrp", a.pid("vrrp"), set(&[NET_ADMIN, NET_RAW]), 0, 1),
        ("check", a.pid("check"), scripts, whole, 0),
        ("notify", a.pid("notify"), scripts, whole, 0),
    ];
    for (name, pid, held, bounding, promised) in rows {
        let status = status(pid);
        let all = ["CapEff", "CapPrm", "CapInh", "CapAmb", "CapBnd", "NoNewPrivs"]
            .map(|name| field(&status, name));
        assert_eq!(all, [held, held, 0, 0, bounding, promised], "{name}");
        // Threads that were started before would still hold what the process gave up.
        for thread in fs::read_dir(format!("/proc/{pid}/task")).unwrap() {
            let status = fs::read_to_string(thread.unwrap().path().join("status")).unwrap();
            assert_eq!(field(&status, "CapPrm"), held, "{name}: {status}");
        }
    }
    let script = || fs::read_to_string(hosts.path("script")).unwrap_or_default();
    hosts.wait_until("the script has run", || script().contains("CapEff"));
    assert_eq!(field(&script(), "CapEff"), whole, "a script of root has what root has");
}
