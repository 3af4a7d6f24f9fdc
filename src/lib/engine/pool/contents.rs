//! What the kernel's table holds when every destination is up: the state that `ha ipvs apply`
//! makes of a configuration.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{BalancerConfig, DestinationConfig, PoolConfig, SorryServer};
use crate::engine::ipvs::{
    Contents, Destination, Entry, LONGEST_RANGE, Service, ServiceId, Settings,
};

/// Most services that a table may have; a number that nobody writes by hand must not take all
/// memory.
const MOST_SERVICES: usize = 1 << 20;

/// The table of `balancer` with every destination up. Where pools share a service, the first one
/// decides about it and about a destination that both have, as in keepalived.
///
/// # Errors
/// A range of addresses that does not exist, or more than 1,048,576 services.
pub fn contents(balancer: &BalancerConfig) -> Result<Contents, String> {
    let mut contents = Contents::default();
    for pool in &balancer.pools {
        for service in &pool.services {
            for number in 0..count(service)? {
                let id = id(service, number);
                let mut entry =
                    contents.remove(&id).unwrap_or_else(|| Entry::new(settings(pool, id)));
                for one in destinations(pool, &id) {
                    entry.destinations.entry(one.endpoint()).or_insert(one);
                }
                contents.insert(entry);
                if contents.len() > MOST_SERVICES {
                    return Err(format!("it has more than {MOST_SERVICES} services"));
                }
            }
        }
    }
    Ok(contents)
}

/// How many services of the table `service` stands for.
fn count(service: &Service) -> Result<u32, String> {
    let Service::Addresses { first, count, .. } = service else { return Ok(1) };
    let last = count.checked_sub(1).filter(|_| *count <= LONGEST_RANGE);
    let exists = last.is_some_and(|last| match first {
        IpAddr::V4(first) => first.to_bits().checked_add(last).is_some(),
        IpAddr::V6(first) => first.to_bits().checked_add(last.into()).is_some(),
    });
    if exists { Ok(*count) } else { Err(format!("there are no {count} addresses from {first} on")) }
}

fn settings(pool: &PoolConfig, id: ServiceId) -> Settings {
    Settings {
        id,
        scheduler: pool.scheduler.word().into(),
        flags: pool.scheduler_flags,
        one_packet: pool.one_packet,
        persistence: pool.persistence.clone(),
    }
}

/// The service of the table with this number among those that `service` stands for.
const fn id(service: &Service, number: u32) -> ServiceId {
    match *service {
        Service::Fwmark { mark, family } => ServiceId::Fwmark { mark, family },
        Service::Addresses { first, port, protocol, .. } => {
            ServiceId::Address { protocol, address: after(first, number), port }
        }
    }
}

/// The address that comes `number` addresses after `first`.
const fn after(first: IpAddr, number: u32) -> IpAddr {
    match first {
        IpAddr::V4(first) => IpAddr::V4(Ipv4Addr::from_bits(first.to_bits().wrapping_add(number))),
        IpAddr::V6(first) => {
            IpAddr::V6(Ipv6Addr::from_bits(first.to_bits().wrapping_add(number as u128)))
        }
    }
}

fn destinations(pool: &PoolConfig, id: &ServiceId) -> Vec<Destination> {
    let sorry = pool.sorry.iter().filter(|sorry| sorry.inhibit).map(|sorry| waiting(sorry, id));
    pool.destinations.iter().map(|one| serving(one, id)).chain(sorry).collect()
}

fn serving(one: &DestinationConfig, id: &ServiceId) -> Destination {
    Destination {
        address: one.address,
        port: port(one.port, one.forwarding.keeps_port(), id),
        forwarding: one.forwarding,
        weight: one.weight,
        upper_threshold: one.upper_threshold,
        lower_threshold: one.lower_threshold,
    }
}

/// A sorry server that is in the table while it is not needed.
fn waiting(sorry: &SorryServer, id: &ServiceId) -> Destination {
    Destination {
        address: sorry.address,
        port: port(sorry.port, sorry.forwarding.keeps_port(), id),
        forwarding: sorry.forwarding,
        weight: 0,
        upper_threshold: 0,
        lower_threshold: 0,
    }
}

/// Only a destination that is reached by rewriting can have another port than the service. A mark
/// has none: 0, the port that the client asked.
const fn port(own: u16, keeps: bool, id: &ServiceId) -> u16 {
    let of_service = match id {
        ServiceId::Address { port, .. } => *port,
        ServiceId::Fwmark { .. } => 0,
    };
    if own == 0 || keeps { of_service } else { own }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::ipvs::{Forwarding, Protocol, Scheduler, SchedulerFlags, save};

    fn pool(services: Vec<Service>, destinations: Vec<DestinationConfig>) -> PoolConfig {
        PoolConfig {
            group: None,
            services,
            snmp_name: None,
            scheduler: Scheduler::WeightedRoundRobin,
            scheduler_flags: SchedulerFlags::default(),
            one_packet: false,
            persistence: None,
            quorum: 1,
            hysteresis: 0,
            quorum_up: None,
            quorum_down: None,
            omega: false,
            suspend_without_address: false,
            mail: false,
            sorry: None,
            destinations,
        }
    }

    fn destination(address: &str, port: u16, forwarding: Forwarding) -> DestinationConfig {
        serde_json::from_value(serde_json::json!({
            "address": address, "port": port, "weight": 2, "forwarding": forwarding,
        }))
        .unwrap()
    }

    fn range(first: &str, count: u32) -> Service {
        Service::Addresses {
            first: first.parse().unwrap(),
            count,
            port: 80,
            protocol: Protocol::Tcp,
        }
    }

    #[test]
    fn ranges_are_unrolled_ports_filled_in_and_the_first_of_two_pools_decides() {
        let sorry = SorryServer {
            address: "10.0.0.9".parse().unwrap(),
            port: 0,
            forwarding: Forwarding::Nat,
            inhibit: true,
        };
        let first = pool(
            vec![range("192.0.2.255", 2)],
            vec![
                destination("10.0.0.1", 8080, Forwarding::Nat),
                destination("10.0.0.2", 8080, Forwarding::DirectRouting),
            ],
        );
        let second = pool(
            vec![range("192.0.3.0", 1)],
            vec![
                destination("10.0.0.1", 8080, Forwarding::DirectRouting),
                destination("10.0.0.3", 0, Forwarding::Nat),
            ],
        );
        let second = PoolConfig { scheduler: Scheduler::RoundRobin, sorry: Some(sorry), ..second };
        let balancer = BalancerConfig { pools: vec![first, second], ..BalancerConfig::default() };
        let expected = "\
-A -t 192.0.2.255:80 -s wrr
-a -t 192.0.2.255:80 -r 10.0.0.1:8080 -m -w 2
-a -t 192.0.2.255:80 -r 10.0.0.2:80 -g -w 2
-A -t 192.0.3.0:80 -s wrr
-a -t 192.0.3.0:80 -r 10.0.0.1:80 -g -w 2
-a -t 192.0.3.0:80 -r 10.0.0.1:8080 -m -w 2
-a -t 192.0.3.0:80 -r 10.0.0.2:80 -g -w 2
-a -t 192.0.3.0:80 -r 10.0.0.3:80 -m -w 2
-a -t 192.0.3.0:80 -r 10.0.0.9:80 -m -w 0
";
        assert_eq!(save::write(&contents(&balancer).unwrap()), expected);
    }

    #[test]
    fn a_range_that_does_not_exist_is_refused_before_it_is_made() {
        for (first, count) in [
            ("192.0.2.1", 0),
            ("192.0.2.1", u32::MAX),
            ("255.255.255.255", 2),
            ("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 2),
        ] {
            let pools = vec![pool(vec![range(first, count)], vec![])];
            let error = contents(&BalancerConfig { pools, ..BalancerConfig::default() });
            assert!(error.unwrap_err().contains(first), "{first} {count}");
        }
    }
}
