//! Virtual servers as they were understood, for people.

use std::fmt::{Result, Write};
use std::net::{IpAddr, SocketAddr};

use super::model::seconds;
use crate::engine::check::{CheckConfig, CommandLine, Connection, ServerProbe};
use crate::engine::ipvs::{Forwarding, Persistence, PersistenceMask, Protocol, Service, Tunnel};
use crate::engine::pool::{BalancerConfig, DestinationConfig, PoolConfig, SorryServer};
use crate::engine::vrrp::Family;

/// Every pool with its destinations and their checks.
pub(super) fn write(out: &mut String, balancer: &BalancerConfig) -> Result {
    if let Some(sync) = &balancer.table.sync {
        let follows = sync.instance.as_deref().unwrap_or("nobody");
        writeln!(out, "sync daemon on {}, id {}, follows {follows}", sync.interface, sync.sync_id)?;
    }
    for pool in &balancer.pools {
        write_pool(out, pool)?;
    }
    Ok(())
}

fn write_pool(out: &mut String, pool: &PoolConfig) -> Result {
    let services: Vec<String> = pool.services.iter().map(service).collect();
    let group = pool.group.as_ref().map(|name| format!(" (group {name})")).unwrap_or_default();
    let scheduler = pool.scheduler.word();
    writeln!(out, "service {}{group}: {scheduler}", services.join(", "))?;
    if let Some(persistence) = &pool.persistence {
        writeln!(out, "  persistent {}", persistent(persistence))?;
    }
    if pool.one_packet {
        writeln!(out, "  each packet for itself")?;
    }
    writeln!(out, "  quorum {}, hysteresis {}", pool.quorum, pool.hysteresis)?;
    let hooks = [("gained quorum", &pool.quorum_up), ("lost quorum", &pool.quorum_down)];
    for (event, command) in hooks {
        hook(out, "  ", event, command.as_deref())?;
    }
    if let Some(SorryServer { address, port, forwarding, .. }) = &pool.sorry {
        writeln!(out, "  sorry server {}, {}", place(*address, *port), method(*forwarding))?;
    }
    for destination in &pool.destinations {
        write_destination(out, destination)?;
    }
    Ok(())
}

fn write_destination(out: &mut String, destination: &DestinationConfig) -> Result {
    let DestinationConfig { address, port, weight, forwarding, .. } = destination;
    let inhibit = if destination.inhibit { ", weight 0 while it is down" } else { "" };
    let (place, method) = (place(*address, *port), method(*forwarding));
    writeln!(out, "  server {place}, {method}, weight {weight}{inhibit}")?;
    for check in &destination.checks {
        write_check(out, check, (*address, *port))?;
    }
    for check in &destination.files {
        let reverse = if check.reverse { " reversed" } else { "" };
        writeln!(out, "    file {}: weight {:+}{reverse}", check.file, check.weight)?;
    }
    for check in &destination.sessions {
        writeln!(out, "    BFD session {}", check.session)?;
    }
    hook(out, "    ", "up", destination.notify_up.as_deref())?;
    hook(out, "    ", "down", destination.notify_down.as_deref())
}

fn hook(out: &mut String, indent: &str, event: &str, command: Option<&CommandLine>) -> Result {
    match command {
        Some(command) => writeln!(out, "{indent}on {event}: {}", command.argv.join(" ")),
        None => Ok(()),
    }
}

fn write_check(out: &mut String, check: &CheckConfig, server: (IpAddr, u16)) -> Result {
    let elsewhere = |connection: &Connection| {
        let there = (connection.address, connection.port);
        if there == server { String::new() } else { format!(" {}", place(there.0, there.1)) }
    };
    let what = match &check.probe {
        ServerProbe::Tcp(connection) => format!("tcp{}", elsewhere(connection)),
        ServerProbe::Icmp(connection) => {
            let elsewhere = Some(connection.address).filter(|address| *address != server.0);
            elsewhere.map_or_else(|| "icmp".to_owned(), |address| format!("icmp {address}"))
        }
        ServerProbe::Udp(udp) => format!("udp{}", elsewhere(&udp.connection)),
        ServerProbe::Smtp(smtp) => format!("smtp{}", elsewhere(&smtp.connection)),
        ServerProbe::Dns(dns) => {
            format!("dns{} {:?} of {}.", elsewhere(&dns.connection), dns.record, dns.name)
        }
        ServerProbe::Http(http) => {
            let scheme = if http.tls.is_some() { "https" } else { "http" };
            let paths: Vec<&str> = http.urls.iter().map(|url| &*url.path).collect();
            format!("{scheme}{} {}", elsewhere(&http.connection), paths.join(" "))
        }
        ServerProbe::Script(script) => format!("script {}", script.command.argv.join(" ")),
    };
    let timing = &check.timing;
    let alpha = if timing.alpha { ", down until the first success" } else { "" };
    writeln!(
        out,
        "    {what}: every {}, at most {}, {} retries{alpha}",
        seconds(timing.delay_loop),
        seconds(check.probe.timeout()),
        timing.retry,
    )
}

fn service(service: &Service) -> String {
    match service {
        Service::Addresses { first, count, port, protocol } => {
            let protocol = match protocol {
                Protocol::Tcp => "tcp",
                Protocol::Udp => "udp",
                Protocol::Sctp => "sctp",
            };
            let more = match count.saturating_sub(1) {
                0 => String::new(),
                more => format!(" and the next {more}"),
            };
            format!("{protocol} {}{more}", place(*first, *port))
        }
        Service::Fwmark { mark, family: Family::Ipv4 } => format!("mark {mark}"),
        Service::Fwmark { mark, family: Family::Ipv6 } => format!("mark {mark} (IPv6)"),
    }
}

fn place(address: IpAddr, port: u16) -> String {
    match port {
        0 => address.to_string(),
        port => SocketAddr::new(address, port).to_string(),
    }
}

fn method(forwarding: Forwarding) -> String {
    match forwarding {
        Forwarding::Nat => "NAT".to_owned(),
        Forwarding::DirectRouting => "direct routing".to_owned(),
        Forwarding::Tunnel(Tunnel::Ipip) => "IPIP tunnel".to_owned(),
        Forwarding::Tunnel(Tunnel::Gre { .. }) => "GRE tunnel".to_owned(),
        Forwarding::Tunnel(Tunnel::Gue { port, .. }) => format!("GUE tunnel to port {port}"),
    }
}

fn persistent(persistence: &Persistence) -> String {
    let mask = match persistence.mask {
        None => String::new(),
        Some(PersistenceMask::Netmask(mask)) => format!(" by {mask}"),
        Some(PersistenceMask::Prefix(length)) => format!(" by /{length}"),
    };
    let engine = persistence.engine.as_ref().map(|name| format!(", {name}")).unwrap_or_default();
    format!("for {} s{mask}{engine}", persistence.timeout_s)
}
