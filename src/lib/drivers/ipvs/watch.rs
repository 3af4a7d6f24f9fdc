//! Tells what becomes of the table, whoever changes it.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;

use crate::drivers::{Emit, stamped};
use crate::engine::ipvs::{ObservedService, Others, ServiceId, Traffic, contents_of, plan};
use crate::error::Result;
use crate::io::ipvs::Ipvs;

/// What is told of.
#[derive(Clone, Debug)]
pub struct Watch {
    /// How often the kernel is asked.
    pub interval: Duration,
    /// Looks; endless when absent.
    pub count: Option<u64>,
    /// What went through each service since the look before, too.
    pub counters: bool,
    /// Only these services; all when absent.
    pub only: Option<BTreeSet<ServiceId>>,
}

/// Look again and again, and tell what is different.
///
/// # Errors
/// When the kernel does not answer, or an event cannot be written.
pub fn watch(watch: &Watch, emit: &mut Emit<'_>) -> Result<()> {
    let mut ipvs = Ipvs::connect()?;
    let mut before = look(&mut ipvs, watch)?;
    emit(&stamped("ready", json!({})))?;
    let mut looks = 0_u64;
    while watch.count.is_none_or(|count| looks < count) {
        std::thread::sleep(watch.interval);
        let now = look(&mut ipvs, watch)?;
        let changes = plan(&contents_of(&now), &contents_of(&before), Others::Delete);
        if !changes.is_empty() {
            emit(&stamped("ipvs.watched", json!({ "changes": changes })))?;
        }
        if watch.counters {
            tell_traffic(&before, &now, emit)?;
        }
        before = now;
        looks = looks.saturating_add(1);
    }
    Ok(())
}

fn look(ipvs: &mut Ipvs, watch: &Watch) -> Result<Vec<ObservedService>> {
    let mut services = ipvs.read()?;
    if let Some(only) = &watch.only {
        services.retain(|service| only.contains(&service.settings.id));
    }
    Ok(services)
}

/// A service through which nothing went is not told of.
fn tell_traffic(
    before: &[ObservedService],
    now: &[ObservedService],
    emit: &mut Emit<'_>,
) -> Result<()> {
    for service in now {
        let id = service.settings.id;
        let old = before.iter().find(|old| old.settings.id == id);
        let old = old.map(|old| old.statistics.total).unwrap_or_default();
        let traffic = service.statistics.total.since(&old);
        if traffic == Traffic::default() {
            continue;
        }
        let all = service.destinations.iter();
        let (active, inactive) = all.fold((0_u64, 0_u64), |(active, inactive), one| {
            (active + u64::from(one.active), inactive + u64::from(one.inactive))
        });
        let mut data = json!(traffic);
        if let Some(map) = data.as_object_mut() {
            map.insert("service".to_owned(), json!(id));
            map.insert("active".to_owned(), active.into());
            map.insert("inactive".to_owned(), inactive.into());
        }
        emit(&stamped("ipvs.traffic", data))?;
    }
    Ok(())
}
