//! Configurations that change while the address is served.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use nix::sys::signal::Signal;

use crate::crash::Site;
use crate::hosts::{Node, VIP_NET, adverts, instance};
use crate::support::{Namespace, SOON, bridge, can_run, veth, wait_until};

/// Several instances; which, and with which addresses, depends on `round`.
fn varied(round: usize) -> (String, BTreeSet<String>) {
    let mut text = String::new();
    let mut addresses = BTreeSet::new();
    for number in 1..=3 + round % 3 {
        let priority = 100 + (round * 7 + number) % 50;
        let vrid = 50 + number + 10 * (round / 20);
        let own = [format!("10.9.0.{}/24", 100 + number), format!("10.9.{round}.{number}/32")];
        write!(
            text,
            "vrrp_instance VI_{number} {{\n version 3\n interface lan0\n virtual_router_id {vrid}\n \
             priority {priority}\n advert_int 0.1\n virtual_ipaddress {{\n {}\n {}\n }}\n}}\n",
            own[0], own[1]
        )
        .unwrap();
        addresses.extend(own);
    }
    (text, addresses)
}

fn virtual_addresses(host: &Namespace) -> BTreeSet<String> {
    let mut all: BTreeSet<String> = host.addresses("lan0").into_iter().collect();
    all.retain(|address| address != "10.9.0.1/24" && !address.starts_with("fe80"));
    all
}

/// Reloads that were told so far.
fn reloads(node: &Node) -> usize {
    let events = node.run.events();
    events.iter().filter(|event| event["type"] == "supervisor.reload").count()
}

#[test]
fn after_fifty_reloads_in_a_row_the_kernel_equals_the_last_configuration() {
    if !can_run("fifty reloads") {
        return;
    }
    let site = Site::new();
    let node = Node::start(&site.a, &varied(0).0);
    node.wait_status("master");
    for round in 1..=50 {
        let told = reloads(&node);
        node.configure(&varied(round).0);
        node.run.signal(Signal::SIGHUP);
        // Every other one comes while the one before is still under way.
        if round % 2 == 0 {
            wait_until(SOON, "the reload is told", || reloads(&node) > told);
        }
    }
    let (_, expected) = varied(50);
    wait_until(SOON, "the kernel is what is configured", || virtual_addresses(&site.a) == expected);
    assert_eq!(node.vrrp_pids().len(), 1);
    for number in 1..=5 {
        assert_eq!(node.state(&format!("VI_{number}")), "master");
    }
}

#[test]
fn a_renamed_instance_goes_on_as_it_is() {
    if !can_run("rename by reload") {
        return;
    }
    let site = Site::new();
    let (first, second) = site.start("0.2");
    let heard = adverts(&site.hub);
    first.configure(&instance(150, "0.2").replace("VI_1", "VI_9"));
    first.run.signal(Signal::SIGHUP);
    wait_until(SOON, "it has the new name", || first.state("VI_9") == "master");
    // A crash right after it does not look for the old name.
    first.crash();
    assert_eq!(first.state("VI_9"), "master");
    assert!(second.run.transitions_to("master").is_empty());
    assert!(heard.finish().iter().all(|advert| advert.priority == 150));
}

#[test]
fn an_instance_that_changes_its_vrid_is_told_apart_from_the_one_it_was() {
    if !can_run("vrid by reload") {
        return;
    }
    let site = Site::new();
    let (first, _second) = site.start("0.2");
    first.configure(&instance(150, "0.2").replace("id 51", "id 52"));
    first.run.signal(Signal::SIGHUP);
    wait_until(SOON, "status tells of the new one", || {
        let status = first.status();
        status["instances"][0]["vrid"] == 52 && status["instances"][0]["state"] == "master"
    });
    first.configure("");
    first.run.signal(Signal::SIGHUP);
    wait_until(SOON, "nothing is left", || virtual_addresses(&site.a).is_empty());
    first.configure(&instance(150, "0.2"));
    first.run.signal(Signal::SIGHUP);
    wait_until(SOON, "it is back", || site.a.has("lan0", VIP_NET));
}

#[test]
fn a_family_that_is_added_disturbs_nothing() {
    if !can_run("family by reload") {
        return;
    }
    let site = Site::new();
    let (first, second) = site.start("0.2");
    let six = instance(150, "0.2").replace("VI_1", "VI_6").replace(VIP_NET, "fe80::9/64\n fd09::9");
    first.configure(&format!("{}{six}", instance(150, "0.2")));
    first.run.signal(Signal::SIGHUP);
    wait_until(SOON, "IPv6 is served", || site.a.has("lan0", "fd09::9/128"));
    assert_eq!(first.run.transitions_to("fault"), [] as [serde_json::Value; 0]);
    assert_eq!(second.run.transitions_to("master"), [] as [serde_json::Value; 0]);
}

#[test]
fn a_member_on_another_interface_joins_its_group_without_a_fault() {
    if !can_run("member by reload") {
        return;
    }
    let (a, b) = (Namespace::new(), Namespace::new());
    let _hub = bridge(&[&a, &b]);
    veth((&a, "wan0"), (&b, "wan0"));
    a.ip("addr add 10.9.0.1/24 dev lan0");
    a.ip("addr add 10.8.0.1/24 dev wan0");
    let group = |members: &str| format!("vrrp_sync_group G {{\n group {{\n {members}\n }}\n}}\n");
    let one = instance(150, "0.2");
    let two = one.replace("VI_1", "VI_2").replace("lan0", "wan0").replace("10.9.", "10.8.");
    let node = Node::start(&a, &format!("{}{one}", group("VI_1")));
    node.wait_status("master");
    node.configure(&format!("{}{one}{two}", group("VI_1\n VI_2")));
    node.run.signal(Signal::SIGHUP);
    wait_until(SOON, "both are served", || a.has("wan0", "10.8.0.100/24"));
    assert_eq!(node.run.transitions_to("fault"), [] as [serde_json::Value; 0]);
    assert_eq!(node.state("VI_1"), "master");
}
