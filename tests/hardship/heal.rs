//! Two halves of a network that find each other again.
//!
//! Nobody can know of a heal before something has crossed it, so times count from the first advert
//! that does: at most one interval after the heal.

use std::time::Duration;

use ha::io::clock::now;
use ha::io::witness::{AddressChange, Heard, Reply};
use ha::time::Instant;

use crate::crash::Site;
use crate::hosts::{Node, Watch, addresses, adverts, ask, index, serve};
use crate::support::machine::Machine;
use crate::support::{Namespace, SOON, can_run, wait_until};

/// Within this the client's traffic reaches the winner.
const REACHED: Duration = Duration::from_millis(50);

/// A virtual router of one family.
struct Router {
    vrid: u8,
    vip: &'static str,
    length: u8,
}

const ROUTERS: [Router; 2] = [
    Router { vrid: 51, vip: "10.9.0.100", length: 24 },
    Router { vrid: 61, vip: "fd09::100", length: 64 },
];

/// A router for each family.
fn configuration(priority: u8, advert: &str) -> String {
    let instance = |router: &Router| {
        let first = if router.length == 64 { "fe80::9:100/64\n" } else { "" };
        format!(
            "vrrp_instance VI_{vrid} {{\n version 3\n interface lan0\n virtual_router_id {vrid}\n \
             priority {priority}\n advert_int {advert}\n \
             virtual_ipaddress {{\n{first}{vip}/{length}\n}}\n}}\n",
            vrid = router.vrid,
            vip = router.vip,
            length = router.length
        )
    };
    ROUTERS.iter().map(instance).collect()
}

/// The link-layer address that `host` has for `vip`.
fn neighbour(host: &Namespace, vip: &str) -> String {
    let text = host.ip(&format!("-j neigh show {vip} dev lan0"));
    let entries: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    entries[0]["lladdr"].as_str().unwrap_or_default().to_owned()
}

fn mac(host: &Namespace) -> String {
    let text = host.ip("-j link show dev lan0");
    let links: serde_json::Value = serde_json::from_str(&text).unwrap();
    links[0]["address"].as_str().unwrap().to_owned()
}

impl Router {
    fn is_on(&self, host: &Namespace) -> bool {
        host.has("lan0", &format!("{}/{}", self.vip, self.length))
    }
}

/// Two hosts, of which the first has the higher priority, and a client.
struct Pair {
    site: Site,
    first: Node,
    _second: Node,
    _echoes: Vec<Watch<()>>,
}

impl Pair {
    fn start(advert: &str) -> Self {
        let site = Site::new();
        for (host, number) in [(&site.a, 1), (&site.b, 2), (&site.client, 3)] {
            host.ip(&format!("addr add fd09::{number}/64 dev lan0"));
        }
        let first = Node::start(&site.a, &configuration(150, advert));
        wait_until(SOON, "the first is master", || ROUTERS.iter().all(|r| r.is_on(&site.a)));
        let second = Node::start(&site.b, &configuration(100, advert));
        wait_until(SOON, "the second hears it", || {
            let events = second.run.events();
            events.iter().filter(|event| event["type"] == "vrrp.master_seen").count() == 2
        });
        let echoes = ROUTERS
            .iter()
            .flat_map(|router| [serve(&site.a, router.vip, 1), serve(&site.b, router.vip, 2)])
            .collect();
        // A second bridge takes in one half.
        site.hub.ip("link add name br1 type bridge mcast_snooping 0");
        site.hub.ip("link set br1 up");
        Self { site, first, _second: second, _echoes: echoes }
    }

    /// Part the hosts and join them again. The client is with the loser or with the winner.
    fn part_and_join(&self, with_loser: bool, machine: &Machine) {
        let Site { a, b, client, hub } = &self.site;
        let (apart, half) = if with_loser { ("port0", 2) } else { ("port1", 1) };
        hub.ip(&format!("link set {apart} master br1"));
        let all = |is_so: &dyn Fn(&Router) -> bool| ROUTERS.iter().all(is_so);
        wait_until(SOON, "both are master", || all(&|r| r.is_on(a) && r.is_on(b)));
        let clients = ROUTERS.each_ref().map(|router| ask(client, router.vip));
        let served_by = |host| {
            clients.iter().all(|client| client.so_far().last().is_some_and(|r| r.host == host))
        };
        wait_until(SOON, "the client is served on its side", || served_by(half));
        let (heard, changes) = (adverts(hub), addresses(b));
        hub.ip(&format!("link set {apart} master br0"));
        let joined = now();
        wait_until(SOON, "the loser lets go", || !ROUTERS.iter().any(|r| r.is_on(b)));
        wait_until(SOON, "the client is served by the winner", || served_by(1));
        let settled = heard.so_far().len();
        wait_until(SOON, "the winner goes on", || heard.so_far().len() >= settled + 4);
        let after = |heard: Vec<Heard>| heard.into_iter().filter(|advert| advert.at > joined);
        let seen = Seen {
            heard: after(heard.finish()).collect(),
            changes: changes.finish(),
            loser: index(hub, "port1"),
        };
        for (router, client) in ROUTERS.iter().zip(clients) {
            seen.judge(router, &client.finish(), machine);
        }
        for router in &ROUTERS {
            assert_eq!(neighbour(client, router.vip), mac(a), "{}", router.vip);
        }
    }
}

/// What the witnesses saw of one heal.
struct Seen {
    /// Adverts after it.
    heard: Vec<Heard>,
    /// Of the loser's addresses.
    changes: Vec<(Instant, AddressChange)>,
    /// Port of the loser.
    loser: u32,
}

impl Seen {
    fn judge(&self, router: &Router, replies: &[Reply], machine: &Machine) {
        let vip = router.vip;
        let own = || self.heard.iter().filter(|advert| advert.vrid == router.vrid);
        let crossed = own().map(|advert| advert.at).min().expect("adverts go on");
        let winner = own().filter(|advert| advert.port != self.loser).map(|advert| advert.at).min();
        let winner = winner.expect("the winner goes on");
        let in_time = |what: &str, from: Instant, most: Duration, at: Option<Instant>| {
            let Some(at) = at else { return };
            let (took, allowed) = (at.saturating_since(from), most + machine.allows(from, at));
            assert!(took <= allowed, "{vip}: {what} after {took:?}, {allowed:?} allowed");
        };

        // One master within two adverts: the winner's first one is the last word.
        let last = own().filter(|advert| advert.port == self.loser).map(|advert| advert.at).max();
        in_time("the loser spoke", winner, Duration::ZERO, last);
        let gone = self.changes.iter().filter(|(_, c)| !c.present && c.address.to_string() == vip);
        let gone = gone.map(|(at, _)| *at).max();
        assert!(gone.is_some(), "{vip}: the loser kept it");
        in_time("the loser let go", winner, REACHED, gone);

        // What the client asked later reached the winner, and was answered all the time.
        let astray = replies.iter().filter(|reply| reply.host != 1).map(|reply| reply.sent).max();
        in_time("the loser answered", crossed, REACHED, astray);
        let mut later = replies.iter().filter(|reply| reply.host == 1 && reply.sent > crossed);
        let reached = later.next().map(|reply| reply.sent);
        assert!(reached.is_some(), "{vip}: the winner never answered");
        in_time("the winner answered", crossed, REACHED, reached);
        crate::hosts::assert_served(replies, REACHED, machine);
    }
}

/// Several pairs side by side, each parted and joined `times` over. The client stays with the
/// loser in every other partition, so that it has to be told that the address moved.
fn heals(test: &str, advert: &str, pairs: usize, times: usize) {
    if !can_run(test) {
        return;
    }
    let machine = Machine::watch();
    let pairs: Vec<Pair> = (0..pairs).map(|_| Pair::start(advert)).collect();
    std::thread::scope(|scope| {
        for pair in &pairs {
            scope.spawn(|| {
                for heal in 0..times {
                    pair.part_and_join(heal % 2 == 0, &machine);
                }
            });
        }
    });
    for pair in pairs {
        let steps_back = pair.first.run.transitions_to("backup").len();
        assert_eq!(steps_back, ROUTERS.len(), "the winner never yields");
    }
}

#[test]
fn after_twenty_heals_at_100_ms_adverts_there_is_one_master_and_clients_reach_it() {
    heals("twenty heals at 100 ms", "0.1", 2, 10);
}

#[test]
fn after_twenty_heals_at_1_s_adverts_there_is_one_master_and_clients_reach_it() {
    heals("twenty heals at 1 s", "1", 5, 4);
}
