//! From pools to the kernel's table: ranges are unrolled, ports filled in, and what several pools
//! have in common is joined.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{BalancerConfig, DestinationConfig, Drains, PoolConfig, ServerName};
use crate::engine::ipvs::{
    Contents, Destination, Endpoint, Entry, LONGEST_RANGE, Service, ServiceId, Settings,
};
use crate::engine::vrrp::Family;

/// Most services that a table may have; a number that nobody writes by hand must not take all
/// memory.
const MOST_SERVICES: u64 = 1 << 20;

/// The table of `balancer` with every destination up: the state that `ha ipvs apply` makes of a
/// configuration.
///
/// # Errors
/// A range of addresses that does not exist, or more than 1,048,576 services.
pub fn contents(balancer: &BalancerConfig) -> Result<Contents, String> {
    checked(&balancer.pools)?;
    join(balancer.pools.iter().map(|pool| (pool, everybody(pool))))
}

/// That the services of all pools exist and are not too many.
pub(super) fn checked(pools: &[PoolConfig]) -> Result<(), String> {
    let mut all = 0_u64;
    for service in pools.iter().flat_map(|pool| &pool.services) {
        all = all.saturating_add(count(service)?.into());
        if all > MOST_SERVICES {
            return Err(format!("it has more than {MOST_SERVICES} services"));
        }
    }
    Ok(())
}

/// The table in which each pool has these destinations, whose port is that of the service where
/// it is 0 or has to be. Where pools share a service, the first one decides about it and about a
/// destination that both have, as in keepalived; but who serves goes before who only stays.
pub(super) fn join<'a>(
    pools: impl IntoIterator<Item = (&'a PoolConfig, Vec<Destination>)>,
) -> Result<Contents, String> {
    let mut contents = Contents::default();
    for (pool, places) in pools {
        for service in &pool.services {
            for number in 0..count(service)? {
                let id = id(service, number);
                let mut entry =
                    contents.remove(&id).unwrap_or_else(|| Entry::new(settings(pool, id)));
                for place in &places {
                    let one = Destination { port: port(place, &id), ..*place };
                    let there = entry.destinations.entry(one.endpoint()).or_insert(one);
                    if there.weight == 0 {
                        *there = one;
                    }
                }
                contents.insert(entry);
            }
        }
    }
    Ok(contents)
}

/// Whether `drains` take a destination out of every service of its pool, where it has the port
/// that the kernel knows it by. Out of some only is a matter of the table.
pub(super) fn is_drained(pool: &PoolConfig, one: &DestinationConfig, drains: &Drains) -> bool {
    if drains.all().iter().all(|drain| drain.server.address != one.address) {
        return false;
    }
    let place = one.place(0);
    pool.services.iter().all(|service| {
        (0..count(service).unwrap_or_default()).all(|number| {
            let id = id(service, number);
            drains.cover(&id, Endpoint { address: one.address, port: port(&place, &id) })
        })
    })
}

/// What people call a pool: its service, or its group and what of it: several pools may share a
/// group, one for TCP and one for UDP.
pub(super) fn name(pool: &PoolConfig) -> Box<str> {
    let Some(service) = pool.services.first() else { return "no service".into() };
    let Some(group) = &pool.group else { return id(service, 0).to_string().into() };
    let protocol = pool.services.iter().find_map(|service| match service {
        Service::Addresses { protocol, .. } => Some(*protocol),
        Service::Fwmark { .. } => None,
    });
    match (protocol, service.family()) {
        (Some(protocol), _) => format!("group {group} {}", protocol.word()),
        (None, Family::Ipv4) => format!("group {group}"),
        (None, Family::Ipv6) => format!("group {group} ipv6"),
    }
    .into()
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

/// Who is in the table when all are up. Where that is no quorum to begin with the sorry server
/// serves.
fn everybody(pool: &PoolConfig) -> Vec<Destination> {
    let weight: u64 = pool.destinations.iter().map(|one| u64::from(one.weight)).sum();
    let serves = pool.sorry.is_some() && weight < pool.to_gain();
    let sorry = pool.sorry.iter().filter_map(|sorry| sorry.place(serves));
    let stay = pool.destinations.iter().filter(|one| one.inhibit || !serves);
    stay.map(|one| one.place(if serves { 0 } else { one.weight })).chain(sorry).collect()
}

impl PoolConfig {
    /// What people call it: its group, or its service.
    #[must_use]
    pub fn name(&self) -> Box<str> {
        name(self)
    }
}

impl DestinationConfig {
    /// What it is called.
    #[must_use]
    pub fn name(&self) -> ServerName {
        Endpoint { address: self.address, port: self.port }.into()
    }

    /// Its place in the table with this weight.
    pub(super) const fn place(&self, weight: u32) -> Destination {
        Destination {
            address: self.address,
            port: self.port,
            forwarding: self.forwarding,
            weight,
            upper_threshold: self.upper_threshold,
            lower_threshold: self.lower_threshold,
        }
    }
}

/// Only a destination that is reached by rewriting can have another port than the service. A mark
/// has none: 0, the port that the client asked.
const fn port(place: &Destination, id: &ServiceId) -> u16 {
    let of_service = match id {
        ServiceId::Address { port, .. } => *port,
        ServiceId::Fwmark { .. } => 0,
    };
    if place.port == 0 || place.forwarding.keeps_port() { of_service } else { place.port }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::ipvs::{Forwarding, Protocol, Scheduler, SchedulerFlags, save};
    use crate::engine::pool::SorryServer;

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
