//! The table of the kernel's load balancer: for people as `ipvsadm -Ln` prints it, and as data.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::engine::ipvs::{
    Change, Connection, Destination, Forwarding, ObservedService, PersistenceMask, ServiceId,
    Settings, Statistics, SyncState, Timeouts, Traffic, Tunnel, save,
};
use crate::engine::vrrp::Family;

/// Which columns there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Columns {
    /// Forwarding, weight, connections.
    #[default]
    Table,
    /// Counters, whole numbers.
    Statistics,
    /// What it is each second.
    Rates,
}

/// The table for people.
#[must_use]
pub fn table(services: &[ObservedService], columns: Columns) -> String {
    let mut out = head(columns).to_owned();
    for service in services {
        out.push('\n');
        // Writing to a string cannot fail.
        let _ = match columns {
            Columns::Table => {
                write!(out, "{} {}", name(&service.settings.id), about(&service.settings))
            }
            _ => numbers(&mut out, &name(&service.settings.id), &service.statistics, columns),
        };
        for one in &service.destinations {
            let endpoint = format!("  -> {}", one.destination.endpoint());
            out.push('\n');
            let _ = match columns {
                Columns::Table => write!(
                    out,
                    "{endpoint:<33} {:<7} {:<6} {:<10} {:<10}",
                    method(one.destination.forwarding),
                    one.destination.weight,
                    one.active,
                    one.inactive
                ),
                _ => numbers(&mut out, &endpoint, &one.statistics, columns),
            };
        }
    }
    out
}

const fn head(columns: Columns) -> &'static str {
    match columns {
        Columns::Table => {
            "Prot LocalAddress:Port Scheduler Flags\n  \
             -> RemoteAddress:Port           Forward Weight ActiveConn InActConn"
        }
        Columns::Statistics => {
            "Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes\n  \
             -> RemoteAddress:Port"
        }
        Columns::Rates => {
            "Prot LocalAddress:Port                 CPS    InPPS   OutPPS    InBPS   OutBPS\n  \
             -> RemoteAddress:Port"
        }
    }
}

fn numbers(
    out: &mut String,
    name: &str,
    statistics: &Statistics,
    columns: Columns,
) -> std::fmt::Result {
    let Traffic { connections, packets_in, packets_out, bytes_in, bytes_out } =
        if columns == Columns::Rates { statistics.rate } else { statistics.total };
    write!(out, "{name:<33} {connections:>8} {packets_in:>8} {packets_out:>8} ")?;
    write!(out, "{bytes_in:>8} {bytes_out:>8}")
}

fn name(id: &ServiceId) -> String {
    match id {
        ServiceId::Address { protocol, address, port } => {
            let protocol = protocol.word().to_uppercase();
            format!("{protocol:<4} {}", std::net::SocketAddr::new(*address, *port))
        }
        ServiceId::Fwmark { mark, family: Family::Ipv4 } => format!("FWM  {mark}"),
        ServiceId::Fwmark { mark, family: Family::Ipv6 } => format!("FWM  {mark} IPv6"),
    }
}

/// How a service is scheduled.
fn about(settings: &Settings) -> String {
    let mut out = settings.scheduler.to_string();
    let flags = save::flag_names(&settings.scheduler, settings.flags);
    if !flags.is_empty() {
        let _ = write!(out, " ({})", flags.join(","));
    }
    if let Some(persistence) = &settings.persistence {
        let _ = write!(out, " persistent {}", persistence.timeout_s);
        let _ = match persistence.mask {
            Some(PersistenceMask::Netmask(mask)) => write!(out, " mask {mask}"),
            Some(PersistenceMask::Prefix(length)) => write!(out, " mask {length}"),
            None => Ok(()),
        };
        if let Some(engine) = &persistence.engine {
            let _ = write!(out, " pe {engine}");
        }
    }
    if settings.one_packet {
        out.push_str(" ops");
    }
    out
}

const fn method(forwarding: Forwarding) -> &'static str {
    match forwarding {
        Forwarding::Nat => "Masq",
        Forwarding::DirectRouting => "Route",
        Forwarding::Tunnel(_) => "Tunnel",
    }
}

/// The table as data.
#[must_use]
pub fn document(services: &[ObservedService]) -> Value {
    json!({ "v": 1, "services": services })
}

/// Connections for people.
#[must_use]
pub fn connections(all: &[Connection]) -> String {
    let mut out =
        format!("pro expire {:<11} {:<18} {:<18} destination", "state", "source", "virtual");
    for one in all {
        let expires = format!("{:02}:{:02}", one.expires_s / 60, one.expires_s % 60);
        // Writing to a string cannot fail.
        let _ = write!(
            out,
            "\n{:<3} {expires:<6} {:<11} {:<18} {:<18} {}",
            one.protocol.to_uppercase(),
            one.state,
            one.client.to_string(),
            one.service.to_string(),
            one.destination
        );
        if let Some(engine) = &one.engine {
            let data = one.engine_data.as_deref().unwrap_or_default();
            let _ = write!(out, " {engine:<10} {data}");
        }
    }
    out
}

/// Connections as data.
#[must_use]
pub fn connection_document(all: &[Connection]) -> Value {
    json!({ "v": 1, "connections": all })
}

/// One change for people: what is done, and what is different.
#[must_use]
pub fn line(change: &Change) -> String {
    let details = match change {
        Change::AddService(to) => about(to),
        Change::EditService { to, from } => format!("{} (was {})", about(to), about(from)),
        Change::AddDestination(_, to) => destination(to),
        Change::EditDestination { to, from, .. } => {
            format!("{} (was {})", destination(to), destination(from))
        }
        Change::DeleteService(_) | Change::DeleteDestination(..) => return change.to_string(),
    };
    format!("{change}: {details}")
}

fn destination(one: &Destination) -> String {
    let mut out = match one.forwarding {
        Forwarding::Nat => "nat".to_owned(),
        Forwarding::DirectRouting => "direct routing".to_owned(),
        Forwarding::Tunnel(Tunnel::Ipip) => "ipip tunnel".to_owned(),
        Forwarding::Tunnel(Tunnel::Gre { checksum }) => {
            format!("gre tunnel{}", if checksum { " with checksum" } else { "" })
        }
        Forwarding::Tunnel(Tunnel::Gue { port, checksum }) => {
            format!("gue tunnel to port {port}, checksum {checksum:?}").to_lowercase()
        }
    };
    let _ = write!(out, ", weight {}", one.weight);
    if one.upper_threshold > 0 || one.lower_threshold > 0 {
        let _ = write!(out, ", thresholds {}/{}", one.upper_threshold, one.lower_threshold);
    }
    out
}

/// What has to change, as data.
#[must_use]
pub fn differences(changes: &[Change]) -> Value {
    json!({ "v": 1, "changes": changes })
}

/// What was changed (or, in a dry run, would be) and what the kernel refused, as data.
#[must_use]
pub fn applied(done: &[Change], refused: &[String], dry_run: bool) -> Value {
    json!({ "v": 1, "dry_run": dry_run, "changes": done, "refused": refused })
}

/// Timeouts as data.
#[must_use]
pub fn timeout_document(timeouts: &Timeouts) -> Value {
    json!({ "v": 1, "timeouts": timeouts })
}

/// Synchronisation daemons as data.
#[must_use]
pub fn sync_document(daemons: &[SyncState]) -> Value {
    json!({ "v": 1, "daemons": daemons })
}

/// Timeouts for people.
#[must_use]
pub fn timeouts(timeouts: &Timeouts) -> String {
    let seconds = |timeout: Option<u32>| timeout.unwrap_or_default();
    let Timeouts { tcp, tcp_fin, udp } = timeouts;
    format!(
        "tcp {} s, tcp after FIN {} s, udp {} s",
        seconds(*tcp),
        seconds(*tcp_fin),
        seconds(*udp)
    )
}

/// Synchronisation daemons for people.
#[must_use]
pub fn sync(daemons: &[SyncState]) -> String {
    if daemons.is_empty() {
        return "no sync daemon runs".to_owned();
    }
    let line = |daemon: &SyncState| {
        let group = daemon.group.map(|group| format!(", group {group}")).unwrap_or_default();
        format!(
            "{} on {}, id {}, messages of {} bytes{group}, port {}, ttl {}",
            format!("{:?}", daemon.role).to_lowercase(),
            daemon.interface,
            daemon.sync_id,
            daemon.longest_message,
            daemon.port,
            daemon.ttl
        )
    };
    daemons.iter().map(line).collect::<Vec<_>>().join("\n")
}
