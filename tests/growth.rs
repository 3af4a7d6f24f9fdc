//! What a keeper of a table does at a reload, and where the kernel refuses much, costs as much for
//! each of 10,000 destinations as for each of 1,250.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use ha::engine::ipvs::{Change, Contents, Others, plan, refusal, save};
use ha::engine::pool::{Balancer, BalancerConfig, Drains};
use nix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};

const FEW: u32 = 1_250;
const MANY: u32 = 10_000;
/// Eight times as many take eight times as long where it is linear, sixty-four times where each is
/// compared with each; between them is room for caches and for what else runs here.
const MOST: u32 = 24;

/// Time that this thread was running.
fn spent() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).unwrap().into()
}

fn address(net: u8, number: u32) -> IpAddr {
    let [_, _, high, low] = number.to_be_bytes();
    Ipv4Addr::new(10, net, high, low).into()
}

/// The shortest of several runs, which is the one that nobody disturbed.
fn shortest(mut run: impl FnMut() -> Duration) -> Duration {
    (0..3).map(|_| run()).min().unwrap()
}

fn grows_with_their_number(what: &str, run: impl Fn(u32) -> Duration) {
    let (few, many) = (shortest(|| run(FEW)), shortest(|| run(MANY)));
    println!("{what}: {FEW} {few:?}, {MANY} {many:?}");
    assert!(many < few * MOST, "{what}: {FEW} take {few:?}, {MANY} {many:?}");
}

fn server(number: u32) -> Value {
    let at = address(1, number);
    json!({
        "address": at, "port": 80, "weight": 1, "forwarding": "nat",
        "checks": [{
            "probe": {"tcp": {"address": at, "port": 80, "timeout_us": 1}},
            "timing": {"delay_loop_us": 1, "retry": 1, "delay_before_retry_us": 1,
                "warmup_us": 1, "alpha": false},
        }],
    })
}

fn pool(number: u32, servers: Vec<Value>) -> Value {
    json!({
        "services": [{"addresses":
            {"first": address(2, number), "count": 1, "port": 80, "protocol": "tcp"}}],
        "scheduler": "rr", "quorum": 1, "hysteresis": 0, "destinations": servers,
    })
}

fn balancer(pools: Vec<Value>) -> BalancerConfig {
    serde_json::from_value(json!({ "pools": pools })).unwrap()
}

/// How long it takes from one configuration to another.
fn reload(from: BalancerConfig, to: BalancerConfig) -> Duration {
    let mut machine = Balancer::new(from, Drains::default()).unwrap();
    let begin = spent();
    machine.handle_config(to).unwrap();
    spent().saturating_sub(begin)
}

#[test]
fn a_reload_of_one_pool_of_very_many_servers() {
    grows_with_their_number("servers of a pool", |count| {
        let servers = |from| balancer(vec![pool(0, (from..from + count).map(server).collect())]);
        // Half of them stay, half of them go, and as many come.
        reload(servers(0), servers(count / 2))
    });
}

#[test]
fn a_reload_of_very_many_pools() {
    grows_with_their_number("pools", |count| {
        let all = |numbers: &mut dyn Iterator<Item = u32>| {
            balancer(numbers.map(|number| pool(number, vec![server(number)])).collect())
        };
        // In the other order: none is where it was.
        reload(all(&mut (0..count)), all(&mut (0..count).rev()))
    });
}

/// A service with these servers.
fn table(numbers: std::ops::Range<u32>) -> Contents {
    let lines = numbers.map(|n| format!("-a -t 192.0.2.1:80 -r {}:80 -m -w 1\n", address(1, n)));
    let head = "-A -t 192.0.2.1:80 -s rr\n".to_owned();
    save::read(&std::iter::once(head).chain(lines).collect::<String>()).unwrap()
}

#[test]
fn very_many_refusals() {
    grows_with_their_number("refusals", |count| {
        let changes = plan(&table(0..count), &table(count..2 * count), Others::Keep);
        let (going, coming): (Vec<_>, Vec<_>) =
            changes.iter().cloned().partition(Change::takes_away);
        let begin = spent();
        let (kept, gone) = refusal::kept_and_gone(going, &coming);
        assert!(gone.is_empty() && kept.len() == coming.len());
        assert!(refusal::unexplained(changes.clone(), &kept, &coming).is_empty());
        assert_eq!(refusal::undone(changes, &coming).len(), kept.len());
        spent().saturating_sub(begin)
    });
}
