//! From pools to the checks that are run for them: what is asked of one server for many services is
//! asked once.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::net::IpAddr;

use super::{BalancerConfig, PoolConfig};
use crate::engine::check::{
    CheckConfig, CheckId, CheckPlan, PlannedCheck, PlannedFile, ServerProbe,
};
use crate::engine::ipvs::Service;

/// What is probed for `balancer` without executing anything; `files` are all there are to track.
#[must_use]
pub fn probes<'a>(
    balancer: &BalancerConfig,
    files: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> CheckPlan {
    let checks = checks(balancer, |probe| !matches!(probe, ServerProbe::Script(_)));
    let destinations = || balancer.pools.iter().flat_map(|pool| &pool.destinations);
    let is_used = |name: &str| destinations().any(|one| one.files.iter().any(|f| *f.file == *name));
    let files = files.into_iter().filter(|(name, _)| is_used(name));
    let mut sessions: Vec<Box<str>> =
        destinations().flat_map(|one| &one.sessions).map(|one| one.session.clone()).collect();
    sessions.sort_unstable();
    sessions.dedup();
    CheckPlan {
        checks,
        files: files
            .map(|(name, path)| PlannedFile { name: name.into(), path: path.into() })
            .collect(),
        sessions,
        tls: balancer.tls.clone(),
        ..CheckPlan::default()
    }
}

/// The commands that are executed for `balancer` (`MISC_CHECK`).
#[must_use]
pub fn scripts(balancer: &BalancerConfig) -> Vec<PlannedCheck> {
    checks(balancer, |probe| matches!(probe, ServerProbe::Script(_)))
}

/// Every check of this kind once, in the order of the file. Who shares it decides together: it
/// begins as early as the hastiest wants, logs what one of them wants logged, and is put while it
/// counts for one of them.
fn checks(balancer: &BalancerConfig, wanted: fn(&ServerProbe) -> bool) -> Vec<PlannedCheck> {
    let mut all: Vec<PlannedCheck> = Vec::new();
    let mut known: BTreeMap<CheckId, usize> = BTreeMap::new();
    for pool in &balancer.pools {
        let address = suspending(pool);
        let checks = pool.destinations.iter().flat_map(|one| &one.checks);
        for check in checks.filter(|check| wanted(&check.probe)) {
            match known.entry(CheckId::of(check)) {
                Entry::Vacant(place) => {
                    let id = *place.key();
                    place.insert(all.len());
                    let addresses = address.into_iter().collect();
                    all.push(PlannedCheck { id, config: check.clone(), addresses });
                }
                Entry::Occupied(place) => {
                    if let Some(planned) = all.get_mut(*place.get()) {
                        join(planned, check, address);
                    }
                }
            }
        }
    }
    all
}

fn join(planned: &mut PlannedCheck, other: &CheckConfig, address: Option<IpAddr>) {
    let (mine, others) = (&planned.config.timing, &other.timing);
    if others.warmup < mine.warmup || (others.log_all_failures && !mine.log_all_failures) {
        let mut timing = mine.as_ref().clone();
        timing.warmup = timing.warmup.min(others.warmup);
        timing.log_all_failures |= others.log_all_failures;
        planned.config.timing = timing.into();
    }
    match address {
        Some(address) if !planned.addresses.is_empty() => {
            planned.addresses.insert(address);
        }
        _ => planned.addresses.clear(),
    }
}

/// The address without which the checks of `pool` are not put.
pub(super) fn suspending(pool: &PoolConfig) -> Option<IpAddr> {
    let Some(Service::Addresses { first, .. }) = pool.services.first() else { return None };
    (pool.suspend_without_address && pool.group.is_none()).then_some(*first)
}
