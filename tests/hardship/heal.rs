//! Two halves of a network that find each other again.

use std::time::{Duration, Instant};

use crate::crash::Site;
use crate::hosts::{VIP, VIP_NET, adverts, ask, index, serve};
use crate::support::{Namespace, SOON, can_run, wait_until};

/// What a busy machine adds.
const NOISE: Duration = Duration::from_millis(40);

/// The link-layer address that `host` has for the virtual one.
fn neighbour(host: &Namespace) -> String {
    let text = host.ip(&format!("-j neigh show {VIP} dev lan0"));
    let entries: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    entries[0]["lladdr"].as_str().unwrap_or_default().to_owned()
}

fn mac(host: &Namespace) -> String {
    let text = host.ip("-j link show dev lan0");
    let links: serde_json::Value = serde_json::from_str(&text).unwrap();
    links[0]["address"].as_str().unwrap().to_owned()
}

/// Part and join the hosts `times` over. The client stays with the loser in every other partition,
/// so that it has to be told that the address moved.
fn heals(test: &str, advert: &str, interval: Duration, times: u32) {
    if !can_run(test) {
        return;
    }
    let site = Site::new();
    let (first, second) = site.start(advert);
    let (_a, _b) = (serve(&site.a, 1), serve(&site.b, 2));
    // A second bridge takes in one half.
    site.hub.ip("link add name br1 type bridge mcast_snooping 0");
    site.hub.ip("link set br1 up");
    let winner = mac(&site.a);
    for heal in 0..times {
        let apart = if heal % 2 == 0 { "port0" } else { "port1" };
        site.hub.ip(&format!("link set {apart} master br1"));
        wait_until(SOON, "both are master", || {
            site.a.has("lan0", VIP_NET) && site.b.has("lan0", VIP_NET)
        });
        let client = ask(&site.client);
        let half = if heal % 2 == 0 { 2 } else { 1 };
        wait_until(SOON, "the client is served on its side", || {
            client.so_far().last().is_some_and(|reply| reply.host == half)
        });
        let heard = adverts(&site.hub);
        let healed = ha::io::clock::now();
        site.hub.ip(&format!("link set {apart} master br0"));
        let joined = Instant::now();
        wait_until(SOON, "the loser lets go", || !site.b.has("lan0", VIP_NET));
        assert!(joined.elapsed() < interval * 2 + NOISE, "{:?}", joined.elapsed());
        wait_until(SOON, "the client is served by the winner", || {
            client.so_far().last().is_some_and(|reply| reply.host == 1)
        });
        let loser = index(&site.hub, "port1");
        let settled = heard.so_far().len();
        wait_until(SOON, "the winner goes on", || heard.so_far().len() >= settled + 3);
        let later: Vec<_> = heard.finish().into_iter().skip(settled).collect();
        assert!(later.iter().all(|advert| advert.port != loser), "heal {heal}: two masters");
        let replies = client.finish();
        let astray = replies.iter().filter(|r| r.sent > healed && r.host != 1);
        let astray = astray.map(|r| r.sent.saturating_since(healed)).max().unwrap_or_default();
        // The first advert crosses at most one interval after the heal.
        assert!(astray < interval + Duration::from_millis(50), "heal {heal}: {astray:?}");
        let silence = crate::hosts::longest_silence(&replies);
        assert!(silence < Duration::from_millis(50) + NOISE, "heal {heal}: {silence:?}");
        assert_eq!(neighbour(&site.client), winner, "heal {heal}");
    }
    assert_eq!(first.run.transitions_to("backup").len(), 1, "the winner never yields");
    drop(second);
}

#[test]
fn after_twenty_heals_at_100_ms_adverts_there_is_one_master_and_clients_reach_it() {
    heals("twenty heals", "0.1", Duration::from_millis(100), 20);
}

#[test]
fn after_a_heal_at_1_s_adverts_there_is_one_master_and_clients_reach_it() {
    heals("heals at 1 s", "1", Duration::from_secs(1), 3);
}
