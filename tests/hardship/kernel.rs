//! Interfaces and addresses that change under a running router: in the end the state is what the
//! kernel shows.

use std::fmt::Write as _;
use std::process::Stdio;
use std::time::Duration;

use crate::crash::Site;
use crate::hosts::{Node, VIP_NET, adverts, assert_on_time, by_port, index, instance};
use crate::support::machine::Machine;
use crate::support::{Namespace, SOON, bridge, can_run, veth, wait_until};

/// What status says and what the kernel shows are the same, and exactly one host has the address.
fn agrees(site: &Site, nodes: [&Node; 2]) -> bool {
    let holds = [&site.a, &site.b].map(|host| host.everywhere().contains(&VIP_NET.to_owned()));
    let says = nodes.map(|node| node.state("VI_1") == "master");
    holds == says && holds[0] != holds[1]
}

#[test]
fn an_interface_that_is_renamed_leaves_no_address_behind() {
    if !can_run("rename") {
        return;
    }
    let site = Site::new();
    let (first, second) = site.start("0.2");
    site.a.ip("link set lan0 name other0");
    second.run.wait_state("master");
    wait_until(SOON, "the address leaves", || !site.a.has("other0", VIP_NET));
    site.a.ip("link set other0 name lan0");
    wait_until(SOON, "it is master again", || {
        first.state("VI_1") == "master" && agrees(&site, [&first, &second])
    });
}

#[test]
fn whatever_happens_to_the_interface_the_state_is_what_the_kernel_shows() {
    if !can_run("interface troubles") {
        return;
    }
    let site = Site::new();
    let (first, second) = site.start("0.2");
    let settles = |what: &str, master: &Node| {
        wait_until(SOON, what, || {
            master.state("VI_1") == "master" && agrees(&site, [&first, &second])
        });
    };
    site.a.ip("link set lan0 down");
    settles("a link that is down moves it", &second);
    site.a.ip("link set lan0 up");
    settles("the link is back", &first);
    site.a.ip("addr del 10.9.0.1/24 dev lan0");
    settles("without a source address it is a fault", &second);
    site.a.ip("addr add 10.9.0.1/24 dev lan0");
    settles("the source address is back", &first);
    for mtu in [1000, 68, 1500] {
        site.a.ip(&format!("link set lan0 mtu {mtu}"));
        settles("the MTU changes", &first);
    }
    // Somebody else adds what we hold, and removes it.
    site.a.ip("addr add 10.9.0.100/32 dev lan0");
    site.a.ip("addr del 10.9.0.100/32 dev lan0");
    settles("a second address comes and goes", &first);
    site.a.ip("link del lan0");
    settles("the interface is deleted", &second);
    veth((&site.a, "lan0"), (&site.hub, "port0"));
    site.hub.ip("link set port0 master br0");
    site.a.ip("addr add 10.9.0.1/24 dev lan0");
    settles("the interface is made again", &first);
}

#[test]
fn an_address_that_somebody_removes_in_a_loop_is_there_in_the_end_and_adverts_are_on_time() {
    if !can_run("address removed in a loop") {
        return;
    }
    let site = Site::new();
    let (first, second) = site.start("0.2");
    let (machine, heard) = (Machine::watch(), adverts(&site.hub));
    let mut remover = site.a.command("sh");
    remover.args(["-c", &format!("for i in $(seq 200); do ip addr del {VIP_NET} dev lan0; done")]);
    assert!(remover.stderr(Stdio::null()).status().unwrap().code().is_some());
    wait_until(SOON, "the address is back", || agrees(&site, [&first, &second]));
    assert_eq!(first.run.transitions_to("master").len(), 1);
    let own = &by_port(&heard.finish())[&index(&site.hub, "port0")];
    assert_on_time(own, Duration::from_millis(200), &machine);
}

/// `ip -batch` on a host: `count` addresses come and go, `rounds` times.
fn churn(host: &Namespace, count: u32, rounds: u32) -> std::process::Child {
    let mut batch = String::new();
    for verb in ["add", "del"] {
        for number in 0..count {
            let (high, low) = (number / 250, number % 250 + 1);
            writeln!(batch, "addr {verb} 10.77.{high}.{low}/32 dev lan0").unwrap();
        }
    }
    let mut command = host.command("ip");
    command.args(["-force", "-batch", "-"]);
    let child = command.stdin(Stdio::piped()).stderr(Stdio::null()).stdout(Stdio::null()).spawn();
    let mut child = child.unwrap();
    let mut input = child.stdin.take().unwrap();
    std::thread::spawn(move || {
        for _ in 0..rounds {
            if std::io::Write::write_all(&mut input, batch.as_bytes()).is_err() {
                return;
            }
        }
    });
    child
}

#[test]
fn thousands_of_address_changes_by_others_move_nothing() {
    if !can_run("netlink overrun") {
        return;
    }
    let site = Site::new();
    let (first, second) = site.start("0.2");
    let (machine, heard) = (Machine::watch(), adverts(&site.hub));
    let mut others = churn(&site.a, 3000, 3);
    let mut losses = 0;
    while others.try_wait().unwrap().is_none() {
        let mut remover = site.a.command("ip");
        remover.args(["addr", "del", VIP_NET, "dev", "lan0"]).stderr(Stdio::null());
        losses += u32::from(remover.status().unwrap().success());
        let adverts = heard.so_far().len();
        wait_until(SOON, "it advertises", || heard.so_far().len() > adverts);
    }
    assert!(losses > 0);
    wait_until(SOON, "the address is back", || agrees(&site, [&first, &second]));
    assert_eq!(first.run.transitions_to("master").len(), 1, "{:?}", first.run.events());
    assert!(first.run.transitions_to("fault").is_empty());
    let own = &by_port(&heard.finish())[&index(&site.hub, "port0")];
    assert_on_time(own, Duration::from_millis(200), &machine);
}

#[test]
fn a_socket_that_could_not_be_opened_is_tried_again() {
    if !can_run("socket tried again") {
        return;
    }
    let site = Site::new();
    let (first, second) = site.start("0.2");
    let limit = |files: &str| {
        let mut command = std::process::Command::new("prlimit");
        command.args(["--pid", &first.vrrp_pids()[0].to_string(), &format!("--nofile={files}:")]);
        command.status().is_ok_and(|status| status.success())
    };
    if !limit("3") {
        println!("SKIP: socket tried again: prlimit does not work");
        return;
    }
    site.a.ip("link del lan0");
    veth((&site.a, "lan0"), (&site.hub, "port0"));
    site.hub.ip("link set port0 master br0");
    site.a.ip("addr add 10.9.0.1/24 dev lan0");
    first.run.wait_for("it complains", |event| {
        event["data"]["message"].as_str().is_some_and(|text| text.contains("VRRP socket"))
    });
    assert_eq!(first.state("VI_1"), "fault", "deaf, it must not think that it is alone");
    second.wait_status("master");
    // It tries each second, and tells only what is new.
    let others = adverts(&site.hub);
    wait_until(SOON, "three seconds of adverts", || others.so_far().len() > 15);
    let events = first.run.events();
    let complaints = events.iter().filter_map(|event| event["data"]["message"].as_str());
    let mut complaints: Vec<_> = complaints.filter(|text| text.contains("VRRP socket")).collect();
    let told = complaints.len();
    complaints.dedup();
    assert_eq!(told, complaints.len(), "{complaints:?}");
    assert!(limit("1024"));
    wait_until(SOON, "it is master again", || {
        first.state("VI_1") == "master" && agrees(&site, [&first, &second])
    });
}

#[test]
fn one_link_that_goes_down_moves_the_whole_sync_group() {
    if !can_run("sync group") {
        return;
    }
    let (a, b) = (Namespace::new(), Namespace::new());
    let hub = bridge(&[&a, &b]);
    for (host, number) in [(&a, 1), (&b, 2)] {
        host.ip(&format!("addr add 10.9.0.{number}/24 dev lan0"));
    }
    veth((&a, "wan0"), (&b, "wan0"));
    a.ip("addr add 10.8.0.1/24 dev wan0");
    b.ip("addr add 10.8.0.2/24 dev wan0");
    let outside = "10.8.0.100/24";
    let configuration = |priority| {
        let other = instance(priority, "0.2").replace("VI_1", "VI_2").replace("lan0", "wan0");
        let other = other.replace(VIP_NET, outside);
        let group = "vrrp_sync_group G {\n group {\n VI_1\n VI_2\n }\n}\n";
        format!("{group}{}{other}", instance(priority, "0.2"))
    };
    let first = Node::start(&a, &configuration(150));
    first.wait_status("master");
    let second = Node::start(&b, &configuration(100));
    second.wait_status("backup");
    let has = |host: &Namespace| [host.has("lan0", VIP_NET), host.has("wan0", outside)];
    wait_until(SOON, "the first has both", || has(&a) == [true; 2]);
    hub.ip("link set port0 down");
    wait_until(SOON, "both move", || has(&a) == [false; 2] && has(&b) == [true; 2]);
    hub.ip("link set port0 up");
    wait_until(SOON, "both return", || has(&a) == [true; 2] && has(&b) == [false; 2]);
}
