//! More packets than one turn of the loop looks at.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use ha::wire::ipv4::Header;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use socket2::{Domain, Protocol, Socket, Type};

use crate::crash::Site;
use crate::hosts::{Node, adverts, index};
use crate::support::{Namespace, SOON, can_run, wait_until};

/// Packets: several times what is read at a time, and less than a socket holds.
const FLOOD: u64 = 1_500;

/// An instance of two; the virtual router has the number in the name.
fn instance(vrid: u8, priority: u8, advert: &str) -> String {
    format!(
        "vrrp_instance VI_{vrid} {{\n version 3\n state MASTER\n interface lan0\n \
         virtual_router_id {vrid}\n priority {priority}\n advert_int {advert}\n \
         virtual_ipaddress {{ 10.9.0.{vrid}/24 }}\n}}\n"
    )
}

/// From `host`, packets for router 51 that are no adverts.
fn flood(host: &Namespace) {
    let header = Header {
        source: Ipv4Addr::new(10, 9, 0, 3),
        destination: Ipv4Addr::new(224, 0, 0, 18),
        tos: 0xc0,
        identification: 1,
        dont_fragment: false,
        ttl: 255,
        protocol: 112,
    };
    let packet = header.emit(&[0x31, 51, 100, 1, 0, 100, 0xba, 0xad, 10, 9, 0, 51]);
    let to: SocketAddr = "224.0.0.18:0".parse().unwrap();
    host.enter(|| {
        let socket = Socket::new(Domain::IPV4, Type::RAW, Some(Protocol::from(112))).unwrap();
        socket.bind_device(Some(b"lan0")).unwrap();
        socket.set_header_included_v4(true).unwrap();
        for _ in 0..FLOOD {
            socket.send_to(&packet, &to.into()).unwrap();
        }
    });
}

/// Packets with a wrong checksum that the instance at this place has counted.
fn counted(node: &Node, at: usize) -> u64 {
    node.status()["instances"][at]["counters"]["dropped"]["checksum"].as_u64().unwrap_or(0)
}

#[test]
fn nobody_takes_over_because_the_masters_adverts_wait_behind_a_flood() {
    if !can_run("adverts behind a flood") {
        return;
    }
    let site = Site::new();
    // Master of one router, with adverts far apart, so that sleeping does it no harm; backup of
    // the other.
    let text = format!("{}{}", instance(51, 255, "10"), instance(52, 100, "1"));
    let both = Node::start(&site.a, &text);
    wait_until(SOON, "it is master of one", || both.state("VI_51") == "master");
    let other = Node::start(&site.b, &instance(52, 254, "1"));
    wait_until(SOON, "the other is master", || other.state("VI_52") == "master");
    wait_until(SOON, "the first hears it", || both.state("VI_52") == "backup");

    let moves = || both.run.transitions_to("master").len();
    let steps_back = || other.run.transitions_to("backup").len();
    let begin = (moves(), steps_back());
    let heard = adverts(&site.hub);
    let port = index(&site.hub, "port1");
    let count = || heard.so_far().iter().filter(|a| a.vrid == 52 && a.port == port).count();
    let before = count();
    wait_until(SOON, "an advert", || count() > before);
    let child = Pid::from_raw(both.vrrp_pids()[0]);
    kill(child, Signal::SIGSTOP).unwrap();
    flood(&site.client);
    let before = count();
    wait_until(SOON, "three adverts wait behind the flood", || count() >= before + 3);
    // Past the deadline (3.6 s), and not an interval more: then it would know that it has slept.
    std::thread::sleep(Duration::from_millis(1100));
    kill(child, Signal::SIGCONT).unwrap();
    wait_until(SOON, "all packets are counted", || counted(&both, 0) == FLOOD);

    assert_eq!((moves(), steps_back()), begin, "it took over from a living master");
    assert_eq!(both.state("VI_52"), "backup");
}
