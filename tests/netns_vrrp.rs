//! `ha vrrp run` on hosts of their own, with `ip`, tcpdump and tshark as witnesses.

mod support;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ha::io::clock;
use ha::io::netlink::Netlink;
use nix::sys::signal::Signal;
use serde_json::{Value, json};
use support::machine::Machine;
use support::{Capture, Namespace, Process, SOON, bridge, can_run, has_address, veth, wait_until};

const VIP: &str = "10.9.0.100/24";

/// Two hosts on a bridge.
struct Pair {
    a: Namespace,
    b: Namespace,
    hub: Namespace,
}

impl Pair {
    fn new() -> Self {
        let (a, b) = (Namespace::new(), Namespace::new());
        let hub = bridge(&[&a, &b]);
        a.ip("addr add 10.9.0.1/24 dev lan0");
        b.ip("addr add 10.9.0.2/24 dev lan0");
        Self { a, b, hub }
    }
}

fn router(host: &Namespace, priority: u8, more: &str) -> Process {
    host.ha(&format!("--json vrrp run -i lan0 --vrid 51 --priority {priority} --vip {VIP} {more}"))
}

fn fast(host: &Namespace, priority: u8, more: &str) -> Process {
    router(host, priority, &format!("--advert 100ms {more}"))
}

#[test]
fn the_higher_priority_holds_the_address_and_the_other_takes_over_when_it_dies() {
    if !can_run("failover") {
        return;
    }
    let pair = Pair::new();
    let capture = Capture::start(&pair.hub, "br0", "proto 112 or arp");
    let first = fast(&pair.a, 150, "");
    let second = fast(&pair.b, 100, "");
    first.wait_state("master");
    second.wait_for("it hears the master", |event| event["type"] == "vrrp.master_seen");
    wait_until(SOON, "the address is up", || pair.a.has("lan0", VIP));
    assert!(!pair.b.has("lan0", VIP));
    assert!(pair.a.enter(|| tagged("10.9.0.100")), "the address carries our protocol number");

    let killed = Instant::now();
    first.signal(Signal::SIGKILL);
    second.wait_state("master");
    // 3 × 100 ms + (256 − 100) / 256 × 100 ms, and some for a busy machine.
    assert!(killed.elapsed() < Duration::from_millis(1500), "{:?}", killed.elapsed());
    wait_until(SOON, "the address is up", || pair.b.has("lan0", VIP));

    // The successor finds what the dead one left and removes it before anything else.
    let third = fast(&pair.a, 150, "--nopreempt");
    third.wait_state("backup");
    wait_until(SOON, "the orphan is swept", || !pair.a.has("lan0", VIP));
    assert!(third.transitions_to("master").is_empty());

    wait_until(SOON, "the new master announced its address", || {
        capture.rows("arp.src.proto_ipv4 == 10.9.0.100", &["frame.number"]).len() >= 10
    });
    let bad = "vrrp and (vrrp.checksum.status == 0 or _ws.expert or ip.ttl != 255)";
    assert_eq!(capture.rows(bad, &["frame.number"]), Vec::<Vec<String>>::new());
}

/// Whether the kernel holds `address` on `lan0` with our tag. Only newer `ip` shows it.
fn tagged(address: &str) -> bool {
    let table = Netlink::connect().unwrap().dump().unwrap();
    let index = table.link("lan0").unwrap().index;
    table.find(index, address.parse().unwrap(), 24).is_some_and(|found| found.ours)
}

#[test]
fn a_graceful_stop_hands_the_address_over_without_a_gap() {
    if !can_run("graceful stop") {
        return;
    }
    let pair = Pair::new();
    let mut first = fast(&pair.a, 150, "");
    let second = fast(&pair.b, 100, "");
    first.wait_state("master");
    second.wait_for("it hears the master", |event| event["type"] == "vrrp.master_seen");
    wait_until(SOON, "the address is up", || pair.a.has("lan0", VIP));

    let done = AtomicBool::new(false);
    let watch = |host: &Namespace| {
        host.enter(|| {
            let mut times = Vec::new();
            let end = Instant::now() + SOON;
            while !done.load(Ordering::Relaxed) && Instant::now() < end {
                times.push((Instant::now(), has_address("10.9.0.100")));
                std::thread::sleep(Duration::from_micros(500));
            }
            times
        })
    };
    let (on_a, on_b) = std::thread::scope(|scope| {
        let (on_a, on_b) = (scope.spawn(|| watch(&pair.a)), scope.spawn(|| watch(&pair.b)));
        first.signal(Signal::SIGTERM);
        assert!(first.wait().success());
        second.wait_state("master");
        wait_until(SOON, "the address is up", || pair.b.has("lan0", VIP));
        done.store(true, Ordering::Relaxed);
        (on_a.join().unwrap(), on_b.join().unwrap())
    });
    let gone = on_a.iter().find(|(_, there)| !there).expect("it left the first host").0;
    let came = on_b.iter().find(|(_, there)| *there).expect("it came to the second").0;
    let gap = came.saturating_duration_since(gone);
    // The old address goes when the new master's advert is heard; the new one comes up in that
    // moment, by another process on a machine that may be busy.
    assert!(gap < Duration::from_millis(50), "no host held the address for {gap:?}");
    assert!(!pair.a.has("lan0", VIP));
}

#[test]
fn a_restart_within_the_lease_carries_on_as_master() {
    if !can_run("resume") {
        return;
    }
    let pair = Pair::new();
    let state = tempfile::tempdir().unwrap();
    let with_lease = format!("--state-dir {}", state.path().display());
    let first = router(&pair.a, 150, &with_lease);
    let second = router(&pair.b, 100, "");
    first.wait_state("master");
    second.wait_for("it hears the master", |event| event["type"] == "vrrp.master_seen");
    wait_until(SOON, "the address is up", || pair.a.has("lan0", VIP));
    let capture = Capture::start(&pair.hub, "br0", "proto 112");

    first.signal(Signal::SIGKILL);
    drop(first);
    let successor = router(&pair.a, 150, &with_lease);
    let became = successor.wait_state("master");
    assert_eq!(became["data"]["reason"], "resumed");
    assert!(pair.a.has("lan0", VIP), "the address never left");
    wait_until(SOON, "it advertises", || capture.rows("vrrp", &["ip.src"]).len() >= 3);
    let rows = capture.rows("vrrp", &["ip.src", "vrrp.prio"]);
    assert!(rows.iter().all(|row| row == &["10.9.0.1", "150"]), "{rows:?}");
    assert!(second.transitions_to("master").is_empty());
}

#[test]
fn a_restart_after_the_lease_starts_as_backup_without_the_address() {
    if !can_run("expired lease") {
        return;
    }
    let pair = Pair::new();
    let state = tempfile::tempdir().unwrap();
    let with_lease = format!("--state-dir {}", state.path().display());
    let first = fast(&pair.a, 150, &with_lease);
    let second = fast(&pair.b, 100, "--nopreempt");
    first.wait_state("master");
    wait_until(SOON, "the address is up", || pair.a.has("lan0", VIP));
    first.signal(Signal::SIGKILL);
    drop(first);
    second.wait_state("master");
    let successor = fast(&pair.a, 150, &format!("--nopreempt {with_lease}"));
    successor.wait_state("backup");
    wait_until(SOON, "the orphan is swept", || !pair.a.has("lan0", VIP));
    assert!(successor.transitions_to("master").is_empty());
}

#[test]
fn a_link_that_goes_down_is_a_fault_and_its_return_ends_it() {
    if !can_run("link down") {
        return;
    }
    let pair = Pair::new();
    let first = fast(&pair.a, 150, "");
    let second = fast(&pair.b, 100, "");
    first.wait_state("master");
    second.wait_for("it hears the master", |event| event["type"] == "vrrp.master_seen");
    pair.hub.ip("link set port0 down");
    let fault = first.wait_state("fault");
    assert_eq!(fault["data"]["reason"], json!({"fault": {"interface_down": "lan0"}}));
    second.wait_state("master");
    wait_until(SOON, "the address moved", || !pair.a.has("lan0", VIP) && pair.b.has("lan0", VIP));
    pair.hub.ip("link set port0 up");
    wait_until(SOON, "the first is master again", || first.transitions_to("master").len() == 2);
    wait_until(SOON, "the address is back", || pair.a.has("lan0", VIP) && !pair.b.has("lan0", VIP));
}

#[test]
fn an_interface_that_is_deleted_and_made_again_is_served_again() {
    if !can_run("interface made again") {
        return;
    }
    let (host, far) = (Namespace::new(), Namespace::new());
    let make = || {
        veth((&host, "lan0"), (&far, "lan0"));
        host.ip("addr add 10.9.0.1/24 dev lan0");
    };
    make();
    let mut only = fast(&host, 100, "");
    only.wait_state("master");
    host.ip("link del lan0");
    only.wait_state("fault");
    make();
    wait_until(SOON, "it is master again", || only.transitions_to("master").len() == 2);
    wait_until(SOON, "the address is up", || host.has("lan0", VIP));
    let capture = Capture::start(&far, "lan0", "proto 112");
    wait_until(SOON, "it advertises", || !capture.rows("vrrp", &["ip.src"]).is_empty());
    only.signal(Signal::SIGTERM);
    assert!(only.wait().success());
}

#[test]
fn the_owner_of_an_address_keeps_it_when_it_stops() {
    if !can_run("address owner") {
        return;
    }
    let pair = Pair::new();
    let words = "--json vrrp run -i lan0 --vrid 9 --priority 255 --vip 10.9.0.1/24 \
                 --exclude 10.9.0.77/24 --advert 100ms";
    let mut owner = pair.a.ha(words);
    owner.wait_state("master");
    wait_until(SOON, "the other address is up", || pair.a.has("lan0", "10.9.0.77/24"));
    owner.signal(Signal::SIGTERM);
    assert!(owner.wait().success());
    assert!(pair.a.has("lan0", "10.9.0.1/24"), "its own address stays");
    assert!(!pair.a.has("lan0", "10.9.0.77/24"), "what it put up goes");
}

#[test]
fn ipv6_routers_elect_and_announce() {
    if !can_run("IPv6") {
        return;
    }
    let pair = Pair::new();
    let capture = Capture::start(&pair.hub, "br0", "ip6");
    let words = |priority| {
        format!(
            "--json vrrp run -i lan0 --vrid 6 --priority {priority} --advert 100ms \
             --vip fe80::9:100/64 --vip 2001:db8:9::100/64"
        )
    };
    let first = pair.a.ha(&words(150));
    let second = pair.b.ha(&words(100));
    first.wait_state("master");
    second.wait_for("it hears the master", |event| event["type"] == "vrrp.master_seen");
    for address in ["fe80::9:100/64", "2001:db8:9::100/64"] {
        wait_until(SOON, "the address is up", || pair.a.has("lan0", address));
    }
    first.signal(Signal::SIGKILL);
    second.wait_state("master");
    wait_until(SOON, "both masters announced", || {
        let rows = capture.rows(
            "icmpv6.type == 136 and icmpv6.nd.na.target_address == 2001:db8:9::100",
            &["eth.src"],
        );
        rows.len() >= 10
    });
    let bad = "vrrp and (vrrp.checksum.status == 0 or _ws.expert or ipv6.hlim != 255)";
    assert_eq!(capture.rows(bad, &["frame.number"]), Vec::<Vec<String>>::new());
    assert!(!capture.rows("vrrp and ipv6.src != fe80::9:100", &["frame.number"]).is_empty());
}

#[test]
fn version_2_with_a_password_ignores_whoever_has_another() {
    if !can_run("version 2 with PASS") {
        return;
    }
    let pair = Pair::new();
    let capture = Capture::start(&pair.hub, "br0", "proto 112");
    let first = router(&pair.a, 100, "--version 2 --auth-pass secret");
    first.wait_state("master");
    let stranger = router(&pair.b, 200, "--version 2 --auth-pass wrong");
    stranger.wait_state("master");
    first.wait_for("it drops the stranger's adverts", |event| {
        event["type"] == "vrrp.dropped" && event["data"]["drop"] == "auth_failed"
    });
    assert!(first.transitions_to("backup").len() == 1, "only the start");
    let rows = capture.rows("vrrp and ip.src == 10.9.0.1", &["vrrp.auth_type", "vrrp.auth_string"]);
    assert!(rows.iter().all(|row| row == &["1", "secret"]), "{rows:?}");
    assert!(!rows.is_empty());
}

#[test]
fn an_address_that_somebody_removes_comes_back() {
    if !can_run("address restored") {
        return;
    }
    let pair = Pair::new();
    let only = fast(&pair.a, 150, "");
    only.wait_state("master");
    wait_until(SOON, "the address is up", || pair.a.has("lan0", VIP));
    pair.a.ip(&format!("addr del {VIP} dev lan0"));
    only.wait_for("it is told", |event| event["type"] == "vrrp.address_restored");
    wait_until(SOON, "the address is back", || pair.a.has("lan0", VIP));
    assert_eq!(only.transitions_to("master").len(), 1);
}

#[test]
fn a_master_that_was_frozen_sends_nothing_before_it_elected_again() {
    if !can_run("freeze") {
        return;
    }
    let pair = Pair::new();
    let first = fast(&pair.a, 150, "");
    let second = fast(&pair.b, 100, "");
    first.wait_state("master");
    second.wait_for("it hears the master", |event| event["type"] == "vrrp.master_seen");
    first.signal(Signal::SIGSTOP);
    second.wait_state("master");
    wait_until(SOON, "the address is up", || pair.b.has("lan0", VIP));
    let capture = Capture::start(&pair.hub, "br0", "proto 112");
    first.signal(Signal::SIGCONT);
    wait_until(SOON, "it is master again", || first.transitions_to("master").len() == 2);
    assert_eq!(first.transitions_to("backup")[1], "late_wakeup");
    let rows = capture.rows("vrrp", &["frame.time_relative", "ip.src", "vrrp.prio"]);
    let own = rows.iter().position(|row| row[1] == "10.9.0.1").expect("it advertises");
    assert!(own >= 2, "it listened before it spoke: {rows:?}");
}

#[test]
fn control_lines_are_answered_and_their_end_is_a_graceful_stop() {
    if !can_run("control lines") {
        return;
    }
    let pair = Pair::new();
    let mut only = pair.a.ha("vrrp run --plan -");
    only.send(&json!({"control": "plan", "plan": plan(3, 100, json!("none"))}).to_string());
    only.wait_for("it is ready", |event| event["type"] == "ready");
    only.wait_state("master");
    only.send(r#"{"control":"ping","id":8}"#);
    assert_eq!(only.wait_for("pong", |event| event["type"] == "pong")["data"]["id"], 8);
    only.send(r#"{"control":"what"}"#);
    only.wait_for("an error", |event| event["type"] == "error");
    let status = status(&mut only, 9);
    assert_eq!(status["instances"][0]["state"], "master");
    assert!(status["instances"][0]["timing"]["adverts"].as_u64().unwrap() >= 1);
    wait_until(SOON, "the address is up", || pair.a.has("lan0", VIP));
    only.close_input();
    assert!(only.wait().success());
    assert!(!pair.a.has("lan0", VIP));
}

fn status(process: &mut Process, id: u64) -> Value {
    process.send(&json!({"control": "status", "id": id}).to_string());
    let answer = process
        .wait_for("status", |event| event["type"] == "vrrp.status" && event["data"]["id"] == id);
    answer["data"].clone()
}

fn plan(version: u8, priority: u8, auth: Value) -> Value {
    let router = json!({
        "name": "VI_1", "interface": "lan0", "vrid": 51, "family": "ipv4", "version": version,
        "priority": priority, "advertisement_interval_us": 1_000_000,
        "addresses": [{"address": "10.9.0.100", "prefix": 24}], "preempt": "always",
        "auth": auth, "checksum": "pseudo_header", "down_timer_adverts": 3,
    });
    json!({"routers": [router]})
}

/// A version 2 router with a password that takes control lines.
fn guarded(host: &Namespace, priority: u8) -> Process {
    let mut router = host.ha("vrrp run --plan -");
    let auth = json!({"pass": [115, 101, 99, 114, 101, 116, 0, 0]});
    router.send(&json!({"control": "plan", "plan": plan(2, priority, auth)}).to_string());
    router
}

#[test]
fn hostile_packets_change_nothing_and_every_one_is_counted() {
    /// At least 100,000 packets of five kinds, a portion at a time, so that none has to be dropped
    /// unseen and every one must be found in a counter.
    const PORTIONS: u64 = 50;
    /// Rounds of a portion.
    const EACH: u64 = 400;
    /// Adverts that must leave under fire; a fast machine counts the packets sooner than that.
    const ADVERTS: u64 = 4;
    if !can_run("hostile packets") {
        return;
    }
    let (a, b, attacker) = (Namespace::new(), Namespace::new(), Namespace::new());
    let hub = bridge(&[&a, &b, &attacker]);
    a.ip("addr add 10.9.0.1/24 dev lan0");
    b.ip("addr add 10.9.0.2/24 dev lan0");
    let mut victims = [guarded(&a, 150), guarded(&b, 100)];
    victims[0].wait_state("master");
    victims[1].wait_for("it hears the master", |event| event["type"] == "vrrp.master_seen");
    wait_until(SOON, "the address is up", || a.has("lan0", VIP));
    let capture = Capture::start(&hub, "br0", "proto 112 and src host 10.9.0.1");
    let (machine, start) = (Machine::watch(), clock::now());

    let mut id = 0;
    let mut before = [0, 0];
    let sent = |status: &Value| status["instances"][0]["timing"]["adverts"].as_u64().unwrap();
    let begin = sent(&status(&mut victims[0], id));
    let (mut portion, mut under_fire) = (0, 0);
    while portion < PORTIONS || under_fire < ADVERTS {
        portion += 1;
        attacker.enter(|| hostile::send(EACH));
        for victim in &mut victims {
            wait_until(SOON, "all packets are counted", || {
                id += 1;
                let status = status(victim, id);
                assert_eq!(status["sockets"][0]["overflowed"], 0, "a portion is too much");
                if status["instances"][0]["state"] == "master" {
                    under_fire = sent(&status) - begin;
                }
                drops(&status).values().sum::<u64>() == portion * EACH * 5
            });
        }
        if portion == PORTIONS / 10 {
            before = [0, 1].map(|victim: usize| resident_kib(victims[victim].pid()));
        }
    }

    let expected = ["auth_failed", "checksum", "length", "ttl", "version"];
    let expected = BTreeMap::from(expected.map(|kind| (kind.to_owned(), portion * EACH)));
    for (number, (victim, state)) in victims.iter_mut().zip(["master", "backup"]).enumerate() {
        let latest = status(victim, id + 1);
        assert_eq!(drops(&latest), expected);
        assert_eq!(latest["instances"][0]["state"], state);
        if state == "master" {
            let lateness = latest["instances"][0]["timing"]["max_lateness_ns"].as_u64().unwrap();
            let (lateness, allowed) =
                (Duration::from_nanos(lateness), machine.allows(start, clock::now()));
            assert!(lateness <= allowed, "an advert was {lateness:?} late, {allowed:?} allowed");
        }
        let moves = [victim.transitions_to("backup").len(), victim.transitions_to("master").len()];
        assert_eq!(moves, [1, 1 - number]);
        let growth = resident_kib(victim.pid()).saturating_sub(before[number]);
        assert!(growth < 256, "memory of the {state} grew by {growth} KiB");
    }
    assert!(a.has("lan0", VIP) && !b.has("lan0", VIP));
    let times = times_of(&capture, usize::try_from(ADVERTS).unwrap());
    let interval = Duration::from_secs(1);
    for pair in times.windows(2) {
        let deviation = pair[1].saturating_since(pair[0]).abs_diff(interval);
        let allowed = machine.allows(pair[0] - interval, pair[1]);
        assert!(deviation <= allowed, "an advert came {deviation:?} off, {allowed:?} allowed");
    }
}

/// When the captured adverts passed; waits until there are `least`.
fn times_of(capture: &Capture, least: usize) -> Vec<ha::time::Instant> {
    let mut rows = Vec::new();
    wait_until(SOON, "the adverts are captured", || {
        rows = capture.rows("vrrp", &["frame.time_epoch"]);
        rows.len() >= least
    });
    let booted = Duration::from_nanos(clock::wall_nanos() - clock::now().as_nanos());
    let passed = |row: &Vec<String>| Duration::from_secs_f64(row[0].parse().unwrap());
    rows.iter().map(|row| ha::time::Instant::ZERO + passed(row).saturating_sub(booted)).collect()
}

/// All drops of a status, of the router and of no router.
fn drops(status: &Value) -> BTreeMap<String, u64> {
    let mut all = BTreeMap::new();
    for counters in [&status["instances"][0]["counters"], &status["unmatched"]] {
        for (reason, count) in counters["dropped"].as_object().into_iter().flatten() {
            *all.entry(reason.clone()).or_default() += count.as_u64().unwrap();
        }
    }
    all
}

fn resident_kib(pid: u32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = text.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

mod hostile {
    use std::net::SocketAddr;

    use ha::wire::ipv4::Header;
    use socket2::{Domain, Protocol, Socket, Type};

    /// A version 2 advert with authentication `pass`, priority 250.
    fn advert(pass: [u8; 8]) -> Vec<u8> {
        let mut bytes = vec![0x21, 51, 250, 1, 1, 1, 0, 0, 10, 9, 0, 100];
        bytes.extend(pass);
        let sum = bytes.chunks(2).map(|pair| u32::from(pair[0]) << 8 | u32::from(pair[1])).sum();
        let folded = |sum: u32| (sum & 0xffff) + (sum >> 16);
        let sum = !u16::try_from(folded(folded(sum))).unwrap();
        bytes[6..8].copy_from_slice(&sum.to_be_bytes());
        bytes
    }

    /// Five kinds of wrong packets, `each` of every kind, as fast as the socket takes them.
    pub fn send(each: u64) {
        let good = advert(*b"secret\0\0");
        let mut checksum = good.clone();
        checksum[2] = 251;
        let mut version = good.clone();
        version[0] = 0x41;
        let kinds = [
            (64, good.clone()),
            (255, checksum),
            (255, good[..10].to_vec()),
            (255, advert(*b"guessed\0")),
            (255, version),
        ];
        let socket = Socket::new(Domain::IPV4, Type::RAW, Some(Protocol::from(112))).unwrap();
        socket.bind_device(Some(b"lan0")).unwrap();
        socket.set_header_included_v4(true).unwrap();
        let to: SocketAddr = "224.0.0.18:0".parse().unwrap();
        let packets = kinds.map(|(ttl, message)| {
            let header = Header {
                source: "10.9.0.3".parse().unwrap(),
                destination: "224.0.0.18".parse().unwrap(),
                tos: 0xc0,
                identification: 1,
                dont_fragment: false,
                ttl,
                protocol: 112,
            };
            header.emit(&message)
        });
        for _ in 0..each {
            for packet in &packets {
                socket.send_to(packet, &to.into()).unwrap();
            }
        }
    }
}

#[test]
fn the_small_commands_do_one_thing_and_do_it_twice_without_harm() {
    if !can_run("addr and announce") {
        return;
    }
    let pair = Pair::new();
    let run = |words: &str| {
        let mut command = pair.a.command(env!("CARGO_BIN_EXE_ha"));
        let output = command.args(words.split_whitespace()).output().unwrap();
        assert!(output.status.success(), "{words}: {output:?}");
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    assert_eq!(run("--json addr add 10.9.0.7/24 -i lan0")["result"], "added");
    assert!(pair.a.has("lan0", "10.9.0.7/24"));
    assert_eq!(run("--json addr add 10.9.0.7/24 -i lan0")["result"], "unchanged");
    let capture = Capture::start(&pair.hub, "br0", "arp or icmp6");
    let sent = run("--json announce 10.9.0.7 2001:db8::7 -i lan0 --count 3 --interval 1ms");
    assert_eq!(sent["sent"], 6);
    wait_until(SOON, "all are captured", || {
        let arp = capture.rows("arp.isgratuitous", &["eth.src"]);
        let na = capture.rows("icmpv6.nd.na.target_address == 2001:db8::7", &["eth.src"]);
        arp.len() == 3 && na.len() == 3
    });
    assert_eq!(run("--json addr del 10.9.0.7/24 -i lan0")["result"], "deleted");
    assert_eq!(run("--json addr del 10.9.0.7/24 -i lan0")["result"], "unchanged");
    assert!(!pair.a.has("lan0", "10.9.0.7/24"));
}

/// The transitions of an instance, each as from, to and reason.
fn transitions<'e>(events: impl Iterator<Item = &'e Value>) -> Vec<[Value; 3]> {
    events.map(|event| ["from", "to", "reason"].map(|key| event[key].clone())).collect()
}

#[test]
fn a_recorded_failover_replays_to_the_same_history() {
    if !can_run("record and replay") {
        return;
    }
    let pair = Pair::new();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("inputs");
    let mut first = fast(&pair.a, 150, &format!("--record {}", file.display()));
    first.wait_state("master");
    let second = fast(&pair.b, 200, "");
    second.wait_state("master");
    wait_until(SOON, "the first gave way", || first.transitions_to("backup").len() == 2);
    second.signal(Signal::SIGKILL);
    wait_until(SOON, "the first is back", || first.transitions_to("master").len() == 2);
    first.signal(Signal::SIGTERM);
    assert!(first.wait().success());

    let replay = std::process::Command::new(env!("CARGO_BIN_EXE_ha"))
        .args(["--json", "sim", "--replay"])
        .arg(&file)
        .output()
        .unwrap();
    assert!(replay.status.success(), "{replay:?}");
    let text = String::from_utf8(replay.stdout).unwrap();
    let actions: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let replayed = actions.iter().map(|line| &line["data"]["action"]["transition"]);
    let replayed = transitions(replayed.filter(|transition| transition.is_object()));
    // The last lines may still be on their way out of the pipe when the process has ended.
    let mut lived = Vec::new();
    wait_until(SOON, "all transitions were read", || {
        let events = first.events();
        let of_state = events.iter().filter(|event| event["type"] == "vrrp.transition");
        lived = transitions(of_state.map(|event| &event["data"]));
        lived.len() >= replayed.len()
    });
    assert_eq!(replayed, lived);
    assert!(replayed.len() >= 5, "{replayed:?}");
}

#[test]
fn a_recording_that_cannot_be_written_is_told_and_moves_nothing() {
    if !can_run("recording on a full disk") {
        return;
    }
    let pair = Pair::new();
    let mut only = fast(&pair.a, 150, "--record /dev/full");
    only.wait_for("it complains", |event| {
        event["type"] == "error"
            && event["data"]["message"].as_str().is_some_and(|text| text.contains("/dev/full"))
    });
    only.wait_state("master");
    wait_until(SOON, "the address is up", || pair.a.has("lan0", VIP));
    only.signal(Signal::SIGTERM);
    assert_eq!(only.wait().code(), Some(5), "the recording is not whole");
    assert!(!pair.a.has("lan0", VIP), "it stopped gracefully all the same");
}

fn write_configuration(path: &std::path::Path, addresses: &[&str]) {
    let text = format!(
        "vrrp_instance VI_1 {{\n interface lan0\n virtual_router_id 51\n priority 150\n \
         version 3\n advert_int 0.1\n virtual_ipaddress {{\n {}\n }}\n}}\n",
        addresses.join("\n ")
    );
    std::fs::write(path, text).unwrap();
}

#[test]
fn a_hangup_reads_the_configuration_again_and_a_wrong_one_changes_nothing() {
    if !can_run("SIGHUP") {
        return;
    }
    let pair = Pair::new();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("ha.conf");
    write_configuration(&file, &[VIP, "10.9.0.101/24"]);
    let mut only = pair.a.ha(&format!("--json vrrp run -f {}", file.display()));
    only.wait_state("master");
    let has = |address: &str| pair.a.has("lan0", address);
    wait_until(SOON, "both are up", || has(VIP) && has("10.9.0.101/24"));
    let capture = Capture::start(&pair.hub, "br0", "proto 112 or arp");

    std::fs::write(&file, "vrrp_instance VI_1 {\n virtual_router_id 999\n}\n").unwrap();
    only.signal(Signal::SIGHUP);
    wait_until(SOON, "it advertises on", || capture.rows("vrrp", &["ip.src"]).len() >= 5);
    assert!(has(VIP) && has("10.9.0.101/24"));

    write_configuration(&file, &["10.9.0.101/24", "10.9.0.102/24"]);
    only.signal(Signal::SIGHUP);
    wait_until(SOON, "the old address is gone and the new one is up", || {
        !has(VIP) && has("10.9.0.102/24")
    });
    assert!(has("10.9.0.101/24"), "what is in both files stays");
    for sign in ["arp.src.proto_ipv4 == 10.9.0.102", "vrrp.ip_addr == 10.9.0.102"] {
        wait_until(SOON, "the new one is on the wire", || {
            !capture.rows(sign, &["eth.src"]).is_empty()
        });
    }
    assert_eq!(only.transitions_to("master").len(), 1, "it stayed master");
    let stops = capture.rows("vrrp.prio == 0", &["frame.number"]);
    assert_eq!(stops, Vec::<Vec<String>>::new());
    only.signal(Signal::SIGTERM);
    assert!(only.wait().success());
}

#[test]
fn lost_events_leave_no_wrong_picture() {
    if !can_run("netlink overrun") {
        return;
    }
    let (host, far) = (Namespace::new(), Namespace::new());
    veth((&host, "lan0"), (&far, "lan0"));
    host.ip("addr add 10.9.0.1/24 dev lan0");
    host.ip("link add other0 type veth peer name other1");
    let directory = tempfile::tempdir().unwrap();
    let (add, del) = (directory.path().join("add"), directory.path().join("del"));
    for (file, word) in [(&add, "add"), (&del, "del")] {
        let line =
            |n: u32| format!("addr {word} 10.{}.{}.1/32 dev other0\n", 100 + n / 250, n % 250);
        std::fs::write(file, (0..5_000).map(line).collect::<String>()).unwrap();
    }
    let only = router(&host, 150, "");
    only.wait_state("master");
    wait_until(SOON, "the address is up", || host.has("lan0", VIP));

    // While it sleeps more happens than the kernel keeps for it.
    only.signal(Signal::SIGSTOP);
    host.ip(&format!("-b {}", add.display()));
    host.ip(&format!("addr del {VIP} dev lan0"));
    host.ip("addr del 10.9.0.1/24 dev lan0");
    host.ip(&format!("-b {}", del.display()));
    only.signal(Signal::SIGCONT);
    let fault = only.wait_state("fault");
    assert_eq!(fault["data"]["reason"], json!({"fault": {"no_source_address": "lan0"}}));
    let before = only.transitions_to("master").len();
    host.ip("addr add 10.9.0.1/24 dev lan0");
    wait_until(SOON, "it is master again", || only.transitions_to("master").len() > before);
    wait_until(SOON, "the address is up", || host.has("lan0", VIP));

    // And while it runs.
    host.ip(&format!("-b {}", add.display()));
    host.ip(&format!("addr del {VIP} dev lan0"));
    host.ip(&format!("-b {}", del.display()));
    wait_until(SOON, "the address is back", || host.has("lan0", VIP));
    assert_eq!(only.transitions_to("master").len(), before + 1, "it stayed master");
}

#[test]
fn unicast_peers_elect_one_of_three_and_only_they_hear_it() {
    if !can_run("unicast peers") {
        return;
    }
    for (family, own, vip) in [
        ("ip", ["10.9.0.1", "10.9.0.2", "10.9.0.3"], VIP),
        ("ipv6", ["fe80::9:1", "fe80::9:2", "fe80::9:3"], "fe80::9:100/64"),
    ] {
        let hosts = [Namespace::new(), Namespace::new(), Namespace::new()];
        let hub = bridge(&[&hosts[0], &hosts[1], &hosts[2]]);
        let length = if family == "ip" { 24 } else { 64 };
        for (host, address) in hosts.iter().zip(own) {
            host.ip(&format!("addr add {address}/{length} dev lan0"));
        }
        let capture = Capture::start(&hub, "br0", "ip proto 112 or ip6 proto 112");
        let start = |at: usize, priority: u8| {
            let peers: Vec<String> = (0..3)
                .filter(|other| *other != at)
                .map(|other| format!("--peer {}", own[other]))
                .collect();
            hosts[at].ha(&format!(
                "--json vrrp run -i lan0 --vrid 51 --version 3 --advert 100ms --src {} \
                 --priority {priority} --vip {vip} {}",
                own[at],
                peers.join(" ")
            ))
        };
        let first = start(0, 254);
        first.wait_state("master");
        let (second, third) = (start(1, 250), start(2, 10));
        for backup in [&second, &third] {
            backup.wait_for("it hears the master", |event| event["type"] == "vrrp.master_seen");
        }
        wait_until(SOON, "the address is up", || hosts[0].has("lan0", vip));
        first.signal(Signal::SIGKILL);
        second.wait_state("master");
        wait_until(SOON, "the address is up", || hosts[1].has("lan0", vip));
        assert!(third.transitions_to("master").is_empty(), "the second spoke first");

        let (source, destination) = (format!("{family}.src"), format!("{family}.dst"));
        wait_until(SOON, "the second told the third", || {
            let filter = format!("vrrp and {source} == {} and {destination} == {}", own[1], own[2]);
            !capture.rows(&filter, &["frame.number"]).is_empty()
        });
        for row in capture.rows("vrrp", &[&source, &destination]) {
            assert!(own.contains(&row[0].as_str()) && own.contains(&row[1].as_str()), "{row:?}");
        }
        let bad = "vrrp and (vrrp.checksum.status == 0 or _ws.expert)";
        assert_eq!(capture.rows(bad, &["frame.number"]), Vec::<Vec<String>>::new());
    }
}

#[test]
fn an_orphan_that_is_not_configured_any_more_is_swept_too() {
    if !can_run("orphan of another configuration") {
        return;
    }
    let pair = Pair::new();
    let state = tempfile::tempdir().unwrap();
    let file = state.path().join("ha.conf");
    let words =
        format!("--json vrrp run -f {} --state-dir {}", file.display(), state.path().display());
    write_configuration(&file, &[VIP, "10.9.0.101/24"]);
    let first = pair.a.ha(&words);
    first.wait_state("master");
    wait_until(SOON, "both are up", || {
        pair.a.has("lan0", VIP) && pair.a.has("lan0", "10.9.0.101/24")
    });
    first.signal(Signal::SIGKILL);
    drop(first);
    // Another program's address, with our tag, is nobody's orphan.
    let mut command = pair.a.command(env!("CARGO_BIN_EXE_ha"));
    let added = command.args(["addr", "add", "10.9.0.7/24", "-i", "lan0"]).output().unwrap();
    assert!(added.status.success(), "{added:?}");
    write_configuration(&file, &[VIP]);
    let successor = pair.a.ha(&words);
    successor.wait_state("master");
    wait_until(SOON, "the orphan is swept", || !pair.a.has("lan0", "10.9.0.101/24"));
    wait_until(SOON, "the configured one is up", || pair.a.has("lan0", VIP));
    assert!(pair.a.has("lan0", "10.9.0.7/24"), "what it did not put up stays");
}
