//! Takes servers out gracefully: weight 0, and connections end by themselves.
//!
//! The wish is written down before the table is changed, so that whoever keeps the table (another
//! process, or a later `apply`) wishes the same.

use std::path::Path;
use std::time::Duration;

use serde_json::json;

use super::change;
use crate::drivers::{Emit, stamped};
use crate::engine::ipvs::{
    Change, Destination, Endpoint, ObservedDestination, ObservedService, Protocol, ServiceId,
};
use crate::engine::pool::{Drain, Drains, ServerName, Weight};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::io::ipvs::Ipvs;
use crate::io::{clock, drains};

/// Who is drained, and where.
#[derive(Clone, Copy, Debug)]
pub struct Wish {
    /// Who.
    pub server: ServerName,
    /// In this service; in all when absent.
    pub service: Option<ServiceId>,
    /// Also when no service has it now.
    pub absent: bool,
}

impl Wish {
    fn is_about(&self, service: &ServiceId, at: Endpoint) -> bool {
        self.service.is_none_or(|own| own == *service) && self.server.is(at)
    }
}

/// Write down that the server is drained, and take its weight.
///
/// # Errors
/// When nobody has the server, or what could not be written or changed.
pub fn drain(state_dir: &Path, wish: Wish) -> Result<Vec<Change>> {
    let mut ipvs = Ipvs::connect()?;
    let found = destinations(&ipvs.read()?, |id, at| wish.is_about(id, at));
    if found.is_empty() && !wish.absent {
        let place = wish.service.map_or("no service".to_owned(), |id| format!("not in {id}"));
        return Err(Error::new("drain", wish.server.to_string(), format!("it is in {place}"))
            .remedy("look at ha ipvs show; for a server that is down now: --absent")
            .exit(Exit::No));
    }
    let serving = found.iter().filter(|(_, one)| one.destination.weight > 0);
    let weights: Vec<Weight> = serving
        .map(|(service, one)| Weight {
            service: *service,
            server: one.destination.endpoint(),
            weight: one.destination.weight,
        })
        .collect();
    let Wish { server, service, .. } = wish;
    drains::change(state_dir, |drains| drains.add(Drain { server, service, weights }))?;
    let edits = found.iter().filter_map(|(id, one)| edit(*id, one.destination, 0));
    carry_out(&mut ipvs, edits.collect())
}

/// What became of taking a wish back.
#[derive(Debug, Default)]
pub struct Undrained {
    /// Weights that were given back.
    pub done: Vec<Change>,
    /// Somebody keeps the table, and gives whoever lives its weight.
    pub kept: bool,
    /// Who stays without a weight, because none from before is known.
    pub weightless: Vec<(ServiceId, Endpoint)>,
}

/// Strike it out, and give back the weights from before, unless somebody keeps the table: then it is
/// known there who lives, and what is right may be no weight at all.
///
/// # Errors
/// When it was not drained, or what could not be written or changed.
pub fn undrain(state_dir: &Path, wish: Wish) -> Result<Undrained> {
    let Wish { server, service, .. } = wish;
    // Claimed before it is struck out: who begins to keep the table then finds the weights given.
    let claim = drains::claim(state_dir)?;
    let (gone, rest): (Option<Drain>, Drains) =
        drains::change(state_dir, |drains| (drains.remove(server, service), drains.clone()))?;
    let Some(gone) = gone else {
        let place = service.map_or_else(String::new, |id| format!(" of {id}"));
        return Err(Error::new("undrain", format!("{server}{place}"), "it is not drained")
            .remedy("ha ipvs drain, without a server, lists what is")
            .exit(Exit::No));
    };
    if claim.is_none() {
        return Ok(Undrained { kept: true, ..Undrained::default() });
    }
    let mut ipvs = Ipvs::connect()?;
    let mut found =
        destinations(&ipvs.read()?, |id, at| wish.is_about(id, at) && !rest.cover(id, at));
    found.retain(|(_, one)| one.destination.weight == 0);
    let (mut edits, mut weightless) = (Vec::new(), Vec::new());
    for (id, one) in found {
        let at = one.destination.endpoint();
        match gone.weights.iter().find(|known| (known.service, known.server) == (id, at)) {
            Some(before) => edits.extend(edit(id, one.destination, before.weight)),
            None => weightless.push((id, at)),
        }
    }
    let done = carry_out(&mut ipvs, edits)?;
    Ok(Undrained { done, kept: false, weightless })
}

fn destinations(
    services: &[ObservedService],
    wanted: impl Fn(&ServiceId, Endpoint) -> bool,
) -> Vec<(ServiceId, ObservedDestination)> {
    let all = services
        .iter()
        .flat_map(|service| service.destinations.iter().map(|one| (service.settings.id, *one)));
    all.filter(|(id, one)| wanted(id, one.destination.endpoint())).collect()
}

fn edit(service: ServiceId, from: Destination, weight: u32) -> Option<Change> {
    let to = Destination { weight, ..from };
    (to != from).then_some(Change::EditDestination { service, to, from })
}

fn carry_out(ipvs: &mut Ipvs, changes: Vec<Change>) -> Result<Vec<Change>> {
    changes.iter().try_for_each(|one| change(ipvs, one))?;
    Ok(changes)
}

/// Tell how many connections the server still has, each time it is another number, until there is
/// none or the deadline has come. Gives back how many are left.
///
/// # Errors
/// When the kernel does not answer, or an event cannot be written.
pub fn wait(
    wish: Wish,
    deadline: Duration,
    interval: Duration,
    emit: &mut Emit<'_>,
) -> Result<u64> {
    let mut ipvs = Ipvs::connect()?;
    let end = clock::now() + deadline;
    let mut told = None;
    loop {
        let found = destinations(&ipvs.read()?, |id, at| wish.is_about(id, at));
        let live = found.iter().map(|(id, one)| live(id, one)).sum();
        let left = end.saturating_since(clock::now());
        if told != Some(live) {
            let micros = u64::try_from(left.as_micros()).unwrap_or(u64::MAX);
            let data = json!({
                "server": wish.server, "connections": live, "left_us": micros,
                "services": found.iter().map(|(id, one)| json!({
                    "service": id, "active": one.active, "inactive": one.inactive,
                    "persistent": one.persistent,
                })).collect::<Vec<_>>(),
            });
            emit(&stamped("ipvs.draining", data))?;
            told = Some(live);
        }
        if live == 0 || left.is_zero() {
            let data = json!({ "server": wish.server, "connections": live });
            emit(&stamped("ipvs.drained", data))?;
            return Ok(live);
        }
        std::thread::sleep(interval.min(left));
    }
}

/// Connections that would be cut. Of TCP and SCTP those that are closed linger for some time and
/// are not counted; of others the kernel does not tell which are over.
fn live(service: &ServiceId, one: &ObservedDestination) -> u64 {
    let closes =
        matches!(service, ServiceId::Address { protocol: Protocol::Tcp | Protocol::Sctp, .. });
    u64::from(one.active) + if closes { 0 } else { u64::from(one.inactive) }
}
