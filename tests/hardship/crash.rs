//! The VRRP process, the supervisor or all of it dies.

use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use crate::hosts::{
    Node, VIP, VIP_NET, addresses, adverts, ask, assert_no_gap, assert_not_too_many,
    assert_on_time, assert_served, by_port, index, instance, serve,
};
use crate::support::machine::Machine;
use crate::support::{Namespace, SOON, bridge, can_run, wait_until};

/// Two hosts and a client on a bridge.
pub struct Site {
    pub a: Namespace,
    pub b: Namespace,
    pub client: Namespace,
    pub hub: Namespace,
}

impl Site {
    pub fn new() -> Self {
        let (a, b, client) = (Namespace::new(), Namespace::new(), Namespace::new());
        let hub = bridge(&[&a, &b, &client]);
        for (host, number) in [(&a, 1), (&b, 2), (&client, 3)] {
            host.ip(&format!("addr add 10.9.0.{number}/24 dev lan0"));
        }
        Self { a, b, client, hub }
    }

    /// Both hosts with the program, `a` being master.
    pub fn start(&self, advert: &str) -> (Node, Node) {
        let first = Node::start(&self.a, &instance(150, advert));
        first.run.wait_state("master");
        let second = Node::start(&self.b, &instance(100, advert));
        let heard = |event: &serde_json::Value| event["type"] == "vrrp.master_seen";
        second.run.wait_for("it hears the master", heard);
        wait_until(SOON, "the address is up", || self.a.has("lan0", VIP_NET));
        (first, second)
    }
}

fn crashes_go_unnoticed(test: &str, advert: &str, interval: Duration, twice: bool) {
    if !can_run(test) {
        return;
    }
    let site = Site::new();
    let (first, second) = site.start(advert);
    let machine = Machine::watch();
    let (_echo, heard, changes) = (serve(&site.a, VIP, 1), adverts(&site.hub), addresses(&site.a));
    let client = ask(&site.client, VIP);
    for strike in 0..10 {
        // At another age of the last advert each time.
        let before = heard.so_far().len();
        wait_until(SOON, "it advertises", || heard.so_far().len() > before);
        std::thread::sleep(interval * strike / 10);
        first.crash();
        if twice {
            first.crash();
        }
        if strike >= 4 && twice {
            break;
        }
    }
    let before = heard.so_far().len();
    wait_until(SOON, "it advertises", || heard.so_far().len() > before + 2);
    let (replies, heard) = (client.finish(), heard.finish());
    let ports = by_port(&heard);
    let own = &ports[&index(&site.hub, "port0")];
    assert_no_gap(own, interval, &machine);
    // A process that dies before it has written down that its last advert left has a successor
    // that sends one more.
    assert_not_too_many(own, interval, 10, &machine);
    assert!(own.iter().all(|advert| advert.priority == 150), "it gave up");
    assert!(!ports.contains_key(&index(&site.hub, "port1")), "the peer spoke");
    let gone = changes.finish().into_iter().find(|(_, change)| !change.present);
    assert_eq!(gone, None, "the address left");
    assert_served(&replies, Duration::ZERO, &machine);
    assert!(second.run.transitions_to("master").is_empty());
}

#[test]
fn ten_crashes_at_200_ms_adverts_are_noticed_by_nobody() {
    crashes_go_unnoticed("ten crashes at 200 ms", "0.2", Duration::from_millis(200), false);
}

#[test]
fn ten_crashes_at_1_s_adverts_are_noticed_by_nobody() {
    crashes_go_unnoticed("ten crashes at 1 s", "1", Duration::from_secs(1), false);
}

#[test]
fn two_crashes_in_a_row_are_noticed_by_nobody() {
    crashes_go_unnoticed("two crashes in a row", "0.2", Duration::from_millis(200), true);
}

#[test]
fn a_crash_of_a_backup_is_noticed_by_nobody() {
    if !can_run("crash of a backup") {
        return;
    }
    let site = Site::new();
    let (first, second) = site.start("0.2");
    let heard = adverts(&site.hub);
    second.crash();
    second.wait_status("backup");
    let before = heard.so_far().len();
    wait_until(SOON, "adverts go on", || heard.so_far().len() > before + 5);
    let ports = by_port(&heard.finish());
    assert!(!ports.contains_key(&index(&site.hub, "port1")), "the backup spoke");
    assert!(!site.b.has("lan0", VIP_NET));
    assert_eq!(first.run.transitions_to("master").len(), 1);
}

#[test]
fn who_crashed_too_long_ago_starts_as_backup_and_removes_what_was_left() {
    if !can_run("crash after the lease") {
        return;
    }
    let site = Site::new();
    let (first, second) = site.start("0.2");
    first.strike(Signal::SIGSTOP);
    second.run.wait_state("master");
    let heard = adverts(&site.hub);
    let changes = addresses(&site.a);
    first.crash();
    // It is the better one: it takes over after it has listened for its own down interval.
    wait_until(SOON, "it is master again", || first.state("VI_1") == "master");
    let heard = heard.finish();
    let own = index(&site.hub, "port0");
    let begin = heard.iter().position(|advert| advert.port == own).expect("it advertises");
    assert!(begin >= 2, "it spoke before it had listened");
    let first_change = changes.finish().into_iter().map(|(_, change)| change);
    let first_change = first_change.into_iter().find(|change| change.address.to_string() == VIP);
    assert!(first_change.is_some_and(|change| !change.present), "{first_change:?}");
    wait_until(SOON, "one host has the address", || {
        site.a.has("lan0", VIP_NET) && !site.b.has("lan0", VIP_NET)
    });
}

#[test]
fn what_a_killed_host_left_is_swept_even_if_the_configuration_no_longer_names_it() {
    if !can_run("sweep") {
        return;
    }
    let site = Site::new();
    let (mut first, _second) = site.start("0.2");
    let pids = first.vrrp_pids();
    first.run.signal(Signal::SIGKILL);
    killpg(Pid::from_raw(pids[0]), Signal::SIGKILL).unwrap();
    assert!(site.a.has("lan0", VIP_NET), "nobody could remove it");
    first.run.wait();
    first.configure(&instance(50, "0.2").replace(VIP, "10.9.0.101"));
    first.start_again(&site.a);
    wait_until(SOON, "the address is swept", || !site.a.has("lan0", VIP_NET));
    first.wait_status("backup");
}

#[test]
fn the_death_of_the_supervisor_is_a_graceful_stop() {
    if !can_run("death of the supervisor") {
        return;
    }
    let site = Site::new();
    let (mut first, second) = site.start("1");
    let machine = Machine::watch();
    let (_a, _b) = (serve(&site.a, VIP, 1), serve(&site.b, VIP, 2));
    let client = ask(&site.client, VIP);
    wait_until(SOON, "the client is served", || client.so_far().len() > 50);
    first.run.signal(Signal::SIGKILL);
    first.run.wait();
    second.run.wait_state("master");
    wait_until(SOON, "the address leaves", || !site.a.has("lan0", VIP_NET));
    wait_until(SOON, "the successor serves", || client.so_far().iter().any(|r| r.host == 2));
    assert_served(&client.finish(), Duration::ZERO, &machine);
}

#[test]
fn a_supervisor_that_sleeps_moves_nothing_and_kills_nobody_when_it_wakes() {
    if !can_run("frozen supervisor") {
        return;
    }
    let site = Site::new();
    let (first, second) = site.start("0.2");
    let machine = Machine::watch();
    let heard = adverts(&site.hub);
    first.run.signal(Signal::SIGSTOP);
    // It sleeps longer than its watchdog has patience.
    wait_until(SOON * 2, "ten seconds of adverts", || heard.so_far().len() >= 50);
    first.run.signal(Signal::SIGCONT);
    first.wait_status("master");
    assert_eq!(first.vrrp_pids().len(), 1);
    assert!(second.run.transitions_to("master").is_empty());
    let own = index(&site.hub, "port0");
    let adverts = by_port(&heard.finish());
    assert_on_time(&adverts[&own], Duration::from_millis(200), &machine);
}

#[test]
fn a_host_that_sleeps_as_a_whole_listens_before_it_speaks() {
    if !can_run("frozen host") {
        return;
    }
    let site = Site::new();
    let (first, second) = site.start("0.2");
    let child = Pid::from_raw(first.vrrp_pids()[0]);
    for signal in [Signal::SIGSTOP, Signal::SIGCONT] {
        first.run.signal(signal);
        nix::sys::signal::kill(child, signal).unwrap();
        if signal == Signal::SIGSTOP {
            second.run.wait_state("master");
            // It sleeps longer than its watchdog has patience.
            let others = adverts(&site.hub);
            wait_until(SOON * 2, "eight seconds of adverts", || others.so_far().len() >= 40);
            // From here on.
            let heard = adverts(&site.hub);
            first.run.signal(Signal::SIGCONT);
            nix::sys::signal::kill(child, Signal::SIGCONT).unwrap();
            wait_until(SOON, "it is master again", || {
                first.run.transitions_to("master").len() == 2
            });
            let heard = heard.finish();
            let own = index(&site.hub, "port0");
            let begin = heard.iter().position(|advert| advert.port == own).unwrap();
            assert!(begin >= 2, "it spoke before it had listened");
        }
    }
    assert_eq!(first.vrrp_pids().len(), 1, "the watchdog killed it");
}
