//! The machine beside a model that does what keepalived does, step by step, to a table; and single
//! rules by example.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::engine::check::CheckId;
use crate::engine::ipvs::{Contents, ServiceId, save};

const SERVICE: &str = "tcp 192.0.2.1:80";

/// A configuration with one pool; `more` is what differs from the usual one.
fn config(more: Value, servers: Vec<Value>) -> BalancerConfig {
    let mut pool = json!({
        "services": [{"addresses":
            {"first": "192.0.2.1", "count": 1, "port": 80, "protocol": "tcp"}}],
        "scheduler": "rr", "quorum": 1, "hysteresis": 0, "destinations": servers,
    });
    merge(&mut pool, more);
    serde_json::from_value(json!({ "pools": [pool] })).unwrap()
}

fn merge(into: &mut Value, more: Value) {
    if let (Value::Object(into), Value::Object(more)) = (into, more) {
        into.extend(more);
    }
}

/// Server number `number` with one TCP check.
fn server(number: u8, more: Value) -> Value {
    let mut server = json!({
        "address": format!("10.0.0.{number}"), "port": 80, "weight": 1, "forwarding": "nat",
        "checks": [tcp_check(number, false)],
    });
    merge(&mut server, more);
    server
}

fn tcp_check(number: u8, alpha: bool) -> Value {
    json!({
        "probe": {"tcp": {"address": format!("10.0.0.{number}"), "port": 80, "timeout_us": 1}},
        "timing": {"delay_loop_us": 1, "retry": 1, "delay_before_retry_us": 1, "warmup_us": 1,
            "alpha": alpha},
    })
}

fn report(number: u8, more: Value) -> CheckReport {
    let mut report = json!({"kind": "tcp", "check": format!("10.0.0.{number}:80"), "reason": "r"});
    merge(&mut report, more);
    serde_json::from_value(report).unwrap()
}

fn turn(number: u8, up: bool) -> CheckReport {
    report(number, json!({"to": if up { "up" } else { "down" }}))
}

/// That the quorum is there from the start is told of every pool, and no news.
fn start(config: BalancerConfig) -> Balancer {
    let mut balancer = Balancer::new(config, Drains::default()).unwrap();
    balancer.events.retain(|event| !matches!(event, Event::Quorum { up: true, .. }));
    balancer
}

/// What is in the table: last byte of the address, and weight.
fn table(contents: &Contents) -> BTreeMap<u8, u32> {
    let id: ServiceId = SERVICE.parse().unwrap();
    let entry = contents.get(&id).unwrap();
    let last = |address: std::net::IpAddr| match address {
        std::net::IpAddr::V4(address) => address.octets()[3],
        std::net::IpAddr::V6(_) => unreachable!("there is none"),
    };
    entry.destinations.values().map(|one| (last(one.address), one.weight)).collect()
}

fn now(balancer: &Balancer) -> BTreeMap<u8, u32> {
    table(&balancer.contents().unwrap())
}

/// What was told since the last time, in short: `1 up`, `1 weight 1 2`, `quorum down`.
fn told(balancer: &mut Balancer) -> Vec<String> {
    std::iter::from_fn(|| balancer.poll_event())
        .map(|event| {
            let word = |up| if up { "up" } else { "down" };
            let short =
                |at: ServerName| at.address.to_string().rsplit('.').next().unwrap().to_owned();
            match event {
                Event::Server { server, up, .. } => format!("{} {}", short(server), word(up)),
                Event::Weight { server, from, to, .. } => {
                    format!("{} weight {from} {to}", short(server))
                }
                Event::Quorum { up, .. } => format!("quorum {}", word(up)),
                Event::Suspended { suspended, .. } => format!("suspended {suspended}"),
            }
        })
        .collect()
}

/// A pool as a whole for the model.
#[derive(Clone, Debug)]
struct Plan {
    quorum: u32,
    hysteresis: u32,
    /// Whether there is a sorry server, and whether it is inhibited.
    sorry: Option<bool>,
    /// Weight, inhibited, alpha.
    servers: Vec<(u32, bool, bool)>,
}

const SORRY: u8 = 99;

impl Plan {
    fn config(&self) -> BalancerConfig {
        let mut more = json!({"quorum": self.quorum, "hysteresis": self.hysteresis});
        if let Some(inhibit) = self.sorry {
            more["sorry"] = json!({
                "address": format!("10.0.0.{SORRY}"), "port": 0, "forwarding": "nat",
                "inhibit": inhibit,
            });
        }
        let one = |(number, (weight, inhibit, alpha)): (usize, &(u32, bool, bool))| {
            let number = u8::try_from(number).unwrap();
            let checks = [tcp_check(number, *alpha)];
            server(number, json!({"weight": weight, "inhibit": inhibit, "checks": checks}))
        };
        config(more, self.servers.iter().enumerate().map(one).collect())
    }
}

/// What keepalived keeps of a pool, and does to the kernel's table.
struct Model {
    plan: Plan,
    weights: Vec<u32>,
    alive: Vec<bool>,
    quorum: bool,
    sorry: bool,
    table: BTreeMap<u8, u32>,
}

impl Model {
    fn new(plan: Plan) -> Self {
        let mut this = Self {
            weights: plan.servers.iter().map(|server| server.0).collect(),
            alive: plan.servers.iter().map(|server| !server.2).collect(),
            plan,
            quorum: true,
            sorry: false,
            table: BTreeMap::new(),
        };
        if this.plan.sorry == Some(true) {
            this.table.insert(SORRY, 0);
        }
        for server in 0..this.alive.len() {
            match (this.alive[server], this.plan.servers[server].1) {
                (true, _) => this.add(server),
                (false, true) => this.remove(server),
                (false, false) => {}
            }
        }
        if this.sum() < this.plan.quorum + this.plan.hysteresis {
            this.lose();
        }
        this
    }

    fn add(&mut self, server: usize) {
        self.table.insert(u8::try_from(server).unwrap(), self.weights[server]);
    }

    fn remove(&mut self, server: usize) {
        let key = u8::try_from(server).unwrap();
        if self.plan.servers[server].1 {
            self.table.insert(key, 0);
        } else {
            self.table.remove(&key);
        }
    }

    fn turn(&mut self, server: usize, up: bool) {
        if self.alive[server] == up {
            return;
        }
        self.alive[server] = up;
        if !self.sorry {
            if up { self.add(server) } else { self.remove(server) }
        }
        self.judge();
    }

    fn weigh(&mut self, server: usize, weight: u32) {
        self.weights[server] = weight;
        if self.alive[server] && !self.sorry {
            self.add(server);
        }
        self.judge();
    }

    fn sum(&self) -> u32 {
        let living = self.weights.iter().zip(&self.alive).filter(|(_, alive)| **alive);
        living.map(|(weight, _)| *weight).sum()
    }

    fn living(&self) -> Vec<usize> {
        (0..self.alive.len()).filter(|server| self.alive[*server]).collect()
    }

    fn judge(&mut self) {
        let sum = self.sum();
        let Plan { quorum, hysteresis, .. } = self.plan;
        if !self.quorum && sum >= quorum + hysteresis {
            self.gain();
        } else if self.quorum && (sum == 0 || sum < quorum - hysteresis) {
            self.lose();
        }
    }

    fn gain(&mut self) {
        self.quorum = true;
        if let (true, Some(inhibit)) = (self.sorry, self.plan.sorry) {
            for server in self.living() {
                self.add(server);
            }
            if inhibit {
                self.table.insert(SORRY, 0)
            } else {
                self.table.remove(&SORRY)
            };
            self.sorry = false;
        }
    }

    fn lose(&mut self) {
        self.quorum = false;
        if self.plan.sorry.is_some() {
            self.table.insert(SORRY, 1);
            self.sorry = true;
            for server in self.living() {
                self.remove(server);
            }
        }
    }
}

fn any_plan() -> impl Strategy<Value = Plan> {
    let servers = prop::collection::vec((0_u32..4, any::<bool>(), any::<bool>()), 1..5);
    let quorum = (1_u32..7).prop_flat_map(|quorum| (Just(quorum), 0..quorum));
    (quorum, prop::option::of(any::<bool>()), servers).prop_map(
        |((quorum, hysteresis), sorry, servers)| Plan { quorum, hysteresis, sorry, servers },
    )
}

#[derive(Clone, Debug)]
enum Step {
    Turn(usize, bool),
    Weigh(usize, u32),
    Reload,
}

fn any_steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0_usize..5, any::<bool>()).prop_map(|(server, up)| Step::Turn(server, up)),
        2 => (0_usize..5, 0_u32..4).prop_map(|(server, weight)| Step::Weigh(server, weight)),
        1 => Just(Step::Reload),
    ];
    prop::collection::vec(step, 0..40)
}

proptest! {
    #[test]
    fn the_table_is_the_one_that_keepalived_makes_step_by_step(
        plan in any_plan(), steps in any_steps(),
    ) {
        let (mut balancer, mut model) = (start(plan.config()), Model::new(plan.clone()));
        prop_assert_eq!(now(&balancer), model.table.clone());
        let count = plan.servers.len();
        for step in steps {
            match step {
                Step::Turn(server, up) => {
                    let server = server % count;
                    balancer.handle_check(&turn(u8::try_from(server).unwrap(), up)).unwrap();
                    model.turn(server, up);
                }
                Step::Weigh(server, weight) => {
                    let server = server % count;
                    let number = u8::try_from(server).unwrap();
                    balancer.handle_check(&report(number, json!({"weight": weight}))).unwrap();
                    model.weigh(server, weight);
                }
                Step::Reload => {
                    told(&mut balancer);
                    balancer.handle_config(plan.config()).unwrap();
                    prop_assert_eq!(told(&mut balancer), Vec::<String>::new());
                }
            }
            prop_assert_eq!(now(&balancer), model.table.clone());
            let status = &balancer.status()[0];
            prop_assert_eq!((status.up, status.sorry), (model.quorum, model.sorry));
            // While somebody lives, or a sorry server is there, the service has somebody.
            let somebody = plan.sorry.is_some() || model.alive.contains(&true);
            prop_assert!(!somebody || !now(&balancer).is_empty());
        }
    }

    #[test]
    fn whatever_is_drained_weighs_nothing_and_keeps_its_place_while_it_lives(
        plan in any_plan(), steps in any_steps(), drained in 0_u8..4,
    ) {
        let drained = drained % u8::try_from(plan.servers.len()).unwrap();
        let mut balancer = start(plan.config());
        let mut drains = Drains::default();
        let name: ServerName = format!("10.0.0.{drained}:80").parse().unwrap();
        drains.add(Drain { server: name, service: None, weights: Vec::new() });
        balancer.handle_drains(drains);
        let mut lives = !plan.servers[usize::from(drained)].2;
        for step in steps {
            if let Step::Turn(server, up) = step {
                let server = u8::try_from(server % plan.servers.len()).unwrap();
                balancer.handle_check(&turn(server, up)).unwrap();
                lives &= server != drained || up;
            }
            let weight = now(&balancer).get(&drained).copied();
            prop_assert!(weight.is_none_or(|weight| weight == 0));
            prop_assert!(!lives || weight == Some(0), "it lost its place");
        }
    }
}

#[test]
fn so_many_results_are_forgiven_as_the_configuration_says_but_not_the_first() {
    let mut balancer = start(config(json!({}), vec![server(1, json!({})), server(2, json!({}))]));
    let result = |number, status: &str| report(number, json!({ "status": status }));
    // The first of all counts.
    balancer.handle_check(&result(1, "down")).unwrap();
    assert_eq!(told(&mut balancer), ["1 down"]);
    // Later ones count after one that is forgiven; a good one begins anew.
    for status in ["up", "down", "up", "down"] {
        balancer.handle_check(&result(2, status)).unwrap();
    }
    assert_eq!(told(&mut balancer), [""; 0]);
    balancer.handle_check(&result(2, "unknown")).unwrap();
    assert_eq!(told(&mut balancer), [""; 0], "nothing was found out");
    balancer.handle_check(&result(2, "down")).unwrap();
    assert_eq!(told(&mut balancer), ["2 down", "quorum down"]);
    balancer.handle_check(&result(2, "up")).unwrap();
    assert_eq!(told(&mut balancer), ["2 up", "quorum up"]);
}

#[test]
fn a_server_lives_while_none_of_its_checks_has_failed() {
    let checks = json!({"checks": [tcp_check(1, true), tcp_check(7, true)]});
    let mut balancer = start(config(json!({}), vec![server(1, checks)]));
    assert_eq!(told(&mut balancer), ["quorum down"]);
    balancer.handle_check(&turn(1, true)).unwrap();
    assert_eq!(told(&mut balancer), [""; 0], "the other one has not told yet");
    balancer.handle_check(&turn(7, false)).unwrap();
    assert_eq!(told(&mut balancer), ["1 down"], "it stays down, which hooks hear once");
    balancer.handle_check(&turn(7, true)).unwrap();
    assert_eq!(told(&mut balancer), ["1 up", "quorum up"]);
    assert_eq!(now(&balancer), [(1, 1)].into());
}

#[test]
fn a_check_that_several_servers_have_in_common_acts_on_all_unless_one_is_named() {
    let common = json!({"checks": [tcp_check(9, false)]});
    let servers = vec![server(1, common.clone()), server(2, common)];
    let mut balancer = start(config(json!({}), servers));
    balancer.handle_check(&turn(9, false)).unwrap();
    assert_eq!(told(&mut balancer), ["1 down", "2 down", "quorum down"]);
    let one = report(9, json!({"to": "up", "server": "10.0.0.2", "service": SERVICE}));
    balancer.handle_check(&one).unwrap();
    assert_eq!(told(&mut balancer), ["2 up", "quorum up"]);
    // The only check of this kind needs no name of its own.
    let other =
        json!({"kind": "tcp", "check": "www.example:80", "to": "down", "server": "10.0.0.2:80"});
    balancer.handle_check(&serde_json::from_value(other).unwrap()).unwrap();
    assert_eq!(told(&mut balancer), ["2 down", "quorum down"]);
}

#[test]
fn what_is_nobodys_check_is_refused_with_what_is_missing() {
    let two = json!({"checks": [tcp_check(3, false), tcp_check(4, false)]});
    let mut balancer = start(config(json!({}), vec![server(1, two)]));
    let cases = [
        (json!({}), "no real server has the tcp check 10.0.0.1:80"),
        (json!({"server": "10.0.0.8"}), "the real server 10.0.0.8 has no tcp check"),
        (json!({"server": "10.0.0.1"}), "several tcp checks, none called 10.0.0.1:80"),
        (json!({"kind": "dns", "server": "10.0.0.1"}), "has no dns check"),
    ];
    for (more, why) in cases {
        let refused = balancer.handle_check(&report(1, more)).unwrap_err();
        assert!(refused.contains(why), "{refused}");
    }
}

#[test]
fn files_add_to_the_weight_or_take_the_server_down() {
    let files = json!({"checks": [], "weight": 5, "files": [{"file": "load", "weight": -2}]});
    let switch = json!({"checks": [], "files": [{"file": "off", "weight": 0}]});
    let mut balancer = start(config(json!({}), vec![server(1, files), server(2, switch)]));
    let file = |name: &str, value: i64| -> CheckReport {
        serde_json::from_value(json!({"kind": "file", "check": name, "value": value})).unwrap()
    };
    balancer.handle_check(&file("load", 2)).unwrap();
    assert_eq!(now(&balancer), [(1, 1), (2, 1)].into());
    balancer.handle_check(&file("load", 200)).unwrap();
    assert_eq!(now(&balancer), [(1, 0), (2, 1)].into());
    balancer.handle_check(&file("load", i64::MAX)).unwrap();
    assert_eq!(now(&balancer), [(2, 1)].into(), "out of all bounds");
    balancer.handle_check(&file("off", 1)).unwrap();
    assert_eq!(now(&balancer), [].into());
    balancer.handle_check(&file("load", i64::MIN)).unwrap();
    assert_eq!(now(&balancer), [(1, 2_147_483_647)].into());
    balancer.handle_check(&file("off", 0)).unwrap();
    assert_eq!(now(&balancer), [(1, 2_147_483_647), (2, 1)].into());
}

#[test]
fn a_reload_keeps_what_is_known_and_judges_only_what_is_new() {
    let alpha = |number| server(number, json!({"checks": [tcp_check(number, true)]}));
    let mut balancer = start(config(json!({}), vec![alpha(1), alpha(2)]));
    balancer.handle_check(&turn(1, true)).unwrap();
    balancer.handle_check(&report(1, json!({"weight": 7}))).unwrap();
    told(&mut balancer);
    // Server 2 goes, 3 comes, 1 has not to prove again that it lives, and keeps its weight.
    balancer.handle_config(config(json!({}), vec![alpha(3), alpha(1)])).unwrap();
    assert_eq!(told(&mut balancer), [""; 0]);
    assert_eq!(now(&balancer), [(1, 7)].into());
    // Another configured weight wins; a quorum that is too high is lost.
    let heavy = server(1, json!({"weight": 3, "checks": [tcp_check(1, true)]}));
    balancer.handle_config(config(json!({"quorum": 4}), vec![heavy])).unwrap();
    assert_eq!(told(&mut balancer), ["1 weight 7 3", "quorum down"]);
    // Who lived and goes is told of.
    balancer.handle_config(config(json!({"quorum": 1}), vec![alpha(5)])).unwrap();
    assert_eq!(told(&mut balancer), ["1 down"]);
    let gone = BalancerConfig::default();
    balancer.handle_config(gone).unwrap();
    assert!(balancer.contents().unwrap().is_empty());
}

#[test]
fn a_reload_that_cannot_be_changes_nothing() {
    let mut balancer = start(config(json!({}), vec![server(1, json!({}))]));
    let wrong = json!({"services": [{"addresses":
        {"first": "192.0.2.1", "count": 0, "port": 80, "protocol": "tcp"}}]});
    assert!(balancer.handle_config(config(wrong, vec![])).is_err());
    assert_eq!(now(&balancer), [(1, 1)].into());
}

#[test]
fn checks_of_a_pool_whose_address_is_elsewhere_count_for_nothing() {
    let more = json!({"suspend_without_address": true});
    let mut balancer = start(config(more, vec![server(1, json!({}))]));
    balancer.handle_addresses(&[].into());
    balancer.handle_check(&turn(1, false)).unwrap();
    balancer.handle_check(&report(1, json!({"weight": 5}))).unwrap();
    assert_eq!(told(&mut balancer), ["suspended true"]);
    assert_eq!(now(&balancer), [(1, 1)].into());
    // With the address comes what was told meanwhile: whoever checks tells it once.
    balancer.handle_addresses(&["192.0.2.1".parse().unwrap()].into());
    let news = ["suspended false", "1 down", "1 weight 1 5", "quorum down"];
    assert_eq!(told(&mut balancer), news);
    balancer.handle_addresses(&[].into());
    balancer.handle_check(&turn(1, true)).unwrap();
    assert_eq!(told(&mut balancer), ["suspended true"]);
    // A pool that is suspended no longer after a reload knows it as well.
    balancer.handle_config(config(json!({}), vec![server(1, json!({}))])).unwrap();
    assert_eq!(told(&mut balancer), ["1 up", "quorum up"]);
    assert_eq!(now(&balancer), [(1, 5)].into());
}

#[test]
fn whoever_begins_with_a_reload_knows_what_was_told_before() {
    let other =
        |servers| config(json!({"services": [{"fwmark": {"mark": 7, "family": "ipv4"}}]}), servers);
    let alpha = |number| server(number, json!({"checks": [tcp_check(number, true)]}));
    let servers = || vec![alpha(1), server(2, json!({}))];
    let mut balancer = start(config(json!({}), servers()));
    balancer.handle_check(&turn(1, true)).unwrap();
    balancer.handle_check(&turn(2, false)).unwrap();
    balancer.handle_check(&report(1, json!({"weight": 4}))).unwrap();
    told(&mut balancer);
    // A second service with the same real servers.
    let mut both = config(json!({}), servers());
    both.pools.extend(other(servers()).pools);
    balancer.handle_config(both).unwrap();
    assert_eq!(told(&mut balancer), ["2 down", "quorum up"]);
    let standing = |status: &PoolStatus| -> Vec<_> {
        status.servers.iter().map(|one| (one.up, one.weight)).collect()
    };
    let status = balancer.status();
    assert_eq!(standing(&status[1]), [(true, 4), (false, 1)]);
    assert_eq!(standing(&status[1]), standing(&status[0]));
    // A real server comes to a service: another one's check of it counts, but not what was told
    // of the other one alone.
    balancer.handle_check(&report(2, json!({"to": "up", "service": SERVICE}))).unwrap();
    let mut fewer = config(json!({}), vec![server(2, json!({}))]);
    fewer.pools.extend(other(servers()).pools);
    balancer.handle_config(fewer).unwrap();
    told(&mut balancer);
    balancer.handle_config(config(json!({}), servers())).unwrap();
    assert_eq!(told(&mut balancer)[..2], ["1 up", "1 weight 1 4"]);
    let status = balancer.status();
    assert_eq!(standing(&status[0]), [(true, 4), (true, 1)]);
}

#[test]
fn the_end_is_told_where_omega_says_so() {
    let stopped = |more| {
        let mut balancer = start(config(more, vec![server(1, json!({}))]));
        balancer.handle_stop();
        told(&mut balancer)
    };
    assert_eq!(stopped(json!({})), [""; 0]);
    assert_eq!(stopped(json!({"omega": true})), ["1 down", "quorum down"]);
}

#[test]
fn hooks_are_named_where_they_are_configured() {
    let command = json!({"argv": ["/bin/true"]});
    let one = server(1, json!({"notify_down": command}));
    let mut balancer = start(config(json!({"quorum_down": command}), vec![one]));
    balancer.handle_check(&turn(1, false)).unwrap();
    balancer.handle_check(&turn(1, true)).unwrap();
    let hooks: Vec<Value> = std::iter::from_fn(|| balancer.poll_event())
        .map(|event| json!(event)["hook"].clone())
        .collect();
    assert_eq!(hooks, [json!("notify_down"), json!("quorum_down"), Value::Null, Value::Null]);
}

#[test]
fn the_whole_table_is_that_of_all_pools() {
    let mut all = config(json!({}), vec![server(1, json!({})), server(2, json!({"weight": 3}))]);
    let second = config(
        json!({"services": [{"fwmark": {"mark": 7, "family": "ipv6"}}]}),
        vec![server(1, json!({"forwarding": {"tunnel": {"kind": "ipip"}}}))],
    );
    all.pools.extend(second.pools);
    let mut balancer = start(all);
    balancer.handle_check(&turn(2, false)).unwrap();
    assert_eq!(
        save::write(&balancer.contents().unwrap()),
        "-A -t 192.0.2.1:80 -s rr\n-a -t 192.0.2.1:80 -r 10.0.0.1:80 -m -w 1\n\
         -A -f 7 -6 -s rr\n-a -f 7 -6 -r 10.0.0.1:0 -i -w 1 --tun-type ipip\n"
    );
}

#[test]
fn who_is_drained_in_one_service_serves_in_the_others_and_has_the_port_that_the_kernel_knows() {
    let service = |port: u16| json!({"addresses": {"first": "192.0.2.1", "count": 1, "port": port, "protocol": "tcp"}});
    let group = json!({"group": "g", "services": [service(80), service(443)]});
    let direct = server(1, json!({"forwarding": "direct_routing", "port": 0}));
    let mut balancer = start(config(group, vec![direct]));
    let drain = |server: &str, service: Option<&str>| Drain {
        server: server.parse().unwrap(),
        service: service.map(|service| service.parse().unwrap()),
        weights: Vec::new(),
    };
    let table = |balancer: &Balancer| save::write(&balancer.contents().unwrap());
    let expected = |http: u32, https: u32| {
        format!(
            "-A -t 192.0.2.1:80 -s rr\n-a -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w {http}\n\
             -A -t 192.0.2.1:443 -s rr\n-a -t 192.0.2.1:443 -r 10.0.0.1:443 -g -w {https}\n"
        )
    };
    let mut drains = Drains::default();
    drains.add(drain("10.0.0.1", Some("tcp 192.0.2.1:443")));
    balancer.handle_drains(drains.clone());
    assert_eq!(table(&balancer), expected(1, 0));
    assert_eq!(told(&mut balancer), [""; 0], "the quorum is that of the group");
    drains.add(drain("10.0.0.1:80", None));
    balancer.handle_drains(drains);
    assert_eq!(table(&balancer), expected(0, 0));
    assert_eq!(told(&mut balancer), ["1 weight 1 0", "quorum down"]);
}

#[test]
fn what_is_drained_is_kept_as_text_and_refused_when_it_is_not_known() {
    let mut drains = Drains::default();
    let service = SERVICE.parse().unwrap();
    let at = crate::engine::ipvs::Endpoint { address: "10.0.0.1".parse().unwrap(), port: 80 };
    let weights = vec![Weight { service, server: at, weight: 3 }];
    let drain = Drain { server: "10.0.0.1".parse().unwrap(), service: None, weights };
    drains.add(drain.clone());
    drains.add(Drain { weights: Vec::new(), ..drain });
    assert_eq!(drains.all().len(), 1, "each once");
    let text = serde_json::to_string(&drains).unwrap();
    assert_eq!(Drains::parse(&text), Ok(drains.clone()));
    assert!(drains.cover(&service, at));
    let mut contents = contents(&config(json!({}), vec![server(1, json!({}))])).unwrap();
    drains.apply(&mut contents);
    assert_eq!(table(&contents), [(1, 0)].into());
    let undone = drains.remove("10.0.0.1".parse().unwrap(), None).unwrap();
    assert_eq!(undone.weights[0].weight, 3);
    assert!(Drains::parse(r#"{"v":2,"drained":[]}"#).unwrap_err().contains("version 2"));
}

/// Two checks of server 1 that look for different words on the same page, and their ids.
fn two_pages() -> (Value, [String; 2]) {
    let page = |word: &str, retry: u32| {
        json!({
            "probe": {"http": {
                "connection": {"address": "10.0.0.1", "port": 80, "timeout_us": 1},
                "version": "1.0",
                "urls": [{"path": "/", "status": [[200, 299]], "regex": {"pattern": word}}]}},
            "timing": {"delay_loop_us": 1, "retry": retry, "delay_before_retry_us": 1,
                "warmup_us": 1},
        })
    };
    let pages = [page("ready", 1), page("primary", 1)];
    let ids = pages.clone().map(|page| {
        let check = serde_json::from_value(page).unwrap();
        crate::engine::check::CheckId::of(&check).to_string()
    });
    (server(1, json!({ "checks": pages })), ids)
}

fn page(to: &str, id: Option<&str>) -> CheckReport {
    let data = json!({"kind": "http", "check": "http://10.0.0.1:80/", "to": to, "id": id});
    serde_json::from_value(data).unwrap()
}

#[test]
fn two_checks_of_one_name_are_told_apart_by_their_ids_and_meant_both_without() {
    let (both, [ready, primary]) = two_pages();
    let mut balancer = start(config(json!({}), vec![both, server(2, json!({}))]));
    balancer.handle_check(&page("down", Some(&ready))).unwrap();
    assert_eq!(now(&balancer), BTreeMap::from([(2, 1)]));
    balancer.handle_check(&page("up", Some(&primary))).unwrap();
    assert_eq!(now(&balancer), BTreeMap::from([(2, 1)]), "the other one is still down");
    balancer.handle_check(&page("up", None)).unwrap();
    assert_eq!(now(&balancer), BTreeMap::from([(1, 1), (2, 1)]));
    let unknown = balancer.handle_check(&page("down", Some("0123456789abcdef")));
    assert!(unknown.is_err_and(|why| why.contains("0123456789abcdef")));
    assert_eq!(now(&balancer), BTreeMap::from([(1, 1), (2, 1)]));
}

#[test]
fn a_check_that_is_put_otherwise_after_a_reload_is_known_to_a_pool_that_begins_later() {
    let check = |retry: u32| {
        let mut check = tcp_check(1, false);
        merge(&mut check["timing"], json!({ "retry": retry }));
        json!({ "checks": [check] })
    };
    let mut balancer = start(config(json!({}), vec![server(1, check(1))]));
    balancer.handle_check(&turn(1, false)).unwrap();
    let second = |retry| config(json!({}), vec![server(1, check(retry))]);
    balancer.handle_config(second(2)).unwrap();
    let mut both = second(2);
    let other = json!({"services": [{"addresses":
        {"first": "192.0.2.2", "count": 1, "port": 80, "protocol": "tcp"}}]});
    both.pools.extend(config(other, vec![server(1, check(2))]).pools);
    balancer.handle_config(both).unwrap();
    assert!(balancer.status().iter().all(|pool| !pool.servers[0].up));
}

#[test]
fn what_many_services_ask_of_one_server_is_asked_once_and_while_it_counts_for_one() {
    let suspending = |first: &str, yes: bool| {
        config(
            json!({"suspend_without_address": yes, "services": [{"addresses":
                {"first": first, "count": 1, "port": 80, "protocol": "tcp"}}]}),
            vec![server(1, json!({})), server(2, json!({"checks": [tcp_check(1, true)]}))],
        )
    };
    let mut all = suspending("192.0.2.1", true);
    let planned = |all: &BalancerConfig| {
        let plan = probes(all, []);
        assert_eq!(plan.checks.len(), 1, "{plan:?}");
        plan.checks[0].addresses.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(planned(&all), ["192.0.2.1"]);
    all.pools.extend(suspending("192.0.2.2", true).pools);
    assert_eq!(planned(&all), ["192.0.2.1", "192.0.2.2"]);
    all.pools.extend(suspending("192.0.2.3", false).pools);
    assert!(planned(&all).is_empty());
    all.pools.extend(suspending("192.0.2.4", true).pools);
    assert!(planned(&all).is_empty(), "it counts for one that is never suspended");
}

/// What a supervisor remembers: verdicts, and what was told of servers and the quorum.
fn known(checks: &[(u8, bool)], servers: &[(u8, bool)], quorum: Option<bool>) -> Resume {
    let word = |up| if up { "up" } else { "down" };
    let checks = checks.iter().map(|(number, up)| {
        json!({"kind": "tcp", "check": format!("10.0.0.{number}:80"), "to": word(*up),
            "id": CheckId::of(&serde_json::from_value(tcp_check(*number, false)).unwrap())})
    });
    let servers = servers.iter().map(|(number, up)| {
        json!({"service": SERVICE, "server": format!("10.0.0.{number}:80"), "up": up})
    });
    let quorums = quorum.map(|up| json!({"service": SERVICE, "up": up}));
    let told = json!({"servers": servers.collect::<Vec<_>>(),
        "quorums": quorums.into_iter().collect::<Vec<_>>()});
    serde_json::from_value(json!({"checks": checks.collect::<Vec<_>>(), "told": told})).unwrap()
}

fn alpha(number: u8) -> Value {
    server(number, json!({"checks": [tcp_check(number, true)]}))
}

#[test]
fn a_successor_asks_nobody_to_prove_again_that_he_lives_and_tells_nothing_twice() {
    let config = config(json!({}), vec![alpha(1), alpha(2), server(3, json!({}))]);
    let known = known(&[(1, true), (3, false)], &[(1, true), (3, false)], None);
    let mut balancer = Balancer::resumed(config, Drains::default(), known).unwrap();
    assert_eq!(now(&balancer), [(1, 1)].into());
    assert_eq!(told(&mut balancer), [] as [&str; 0]);
    balancer.handle_check(&turn(1, true)).unwrap();
    assert_eq!(told(&mut balancer), [] as [&str; 0]);
}

#[test]
fn what_changed_while_nobody_kept_the_table_is_told_and_done() {
    let config = config(json!({}), vec![alpha(1), server(2, json!({}))]);
    let known = known(&[(1, true), (2, false)], &[], None);
    let mut balancer = Balancer::resumed(config, Drains::default(), known).unwrap();
    assert_eq!(now(&balancer), [(1, 1)].into());
    assert_eq!(told(&mut balancer), ["1 up", "2 down"]);
}

#[test]
fn a_quorum_between_its_thresholds_stays_as_it_was_told() {
    let more = json!({"quorum": 2, "hysteresis": 1, "sorry":
        {"address": "10.0.0.9", "port": 80, "forwarding": "nat"}});
    let servers = || vec![server(1, json!({})), server(2, json!({})), server(3, json!({}))];
    for (quorum, serves) in [(true, vec![(1, 1), (2, 1)]), (false, vec![(9, 1)])] {
        let known = known(&[(3, false)], &[(3, false)], Some(quorum));
        let config = config(more.clone(), servers());
        let mut balancer = Balancer::resumed(config, Drains::default(), known).unwrap();
        assert_eq!(now(&balancer), serves.into_iter().collect());
        assert_eq!(told(&mut balancer), [] as [&str; 0]);
    }
}

#[test]
fn verdicts_from_before_the_first_table_are_told_like_any_other() {
    let config = config(json!({}), vec![server(1, json!({})), server(2, json!({}))]);
    let known = Resume { told: None, ..known(&[(1, false)], &[], None) };
    let mut balancer = Balancer::resumed(config, Drains::default(), known).unwrap();
    assert_eq!(told(&mut balancer), ["quorum up", "1 down"]);
    assert_eq!(now(&balancer), [(2, 1)].into());
}

#[test]
fn what_several_pools_make_of_one_group_has_a_name_for_each() {
    let name = |services: Value| {
        let more = json!({"group": "dns", "services": services});
        config(more, vec![server(1, json!({}))]).pools[0].name()
    };
    let addresses = |protocol: &str| {
        json!([{"fwmark": {"mark": 1, "family": "ipv4"}}, {"addresses":
            {"first": "192.0.2.1", "count": 1, "port": 53, "protocol": protocol}}])
    };
    assert_eq!(&*name(addresses("tcp")), "group dns tcp");
    assert_eq!(&*name(addresses("udp")), "group dns udp");
    assert_eq!(&*name(json!([{"fwmark": {"mark": 1, "family": "ipv4"}}])), "group dns");
    assert_eq!(&*name(json!([{"fwmark": {"mark": 1, "family": "ipv6"}}])), "group dns ipv6");
}
