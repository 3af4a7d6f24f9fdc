//! Whether a tracker with a weight can ever move the addresses: its weight has to bridge the gap
//! between the priorities, alone or together with other trackers.

use super::Member;
use crate::config::diagnostic::{Code, Diagnostic};
use crate::config::lint::{OWNER, weighted};
use crate::engine::vrrp::{Tracked, TrackerId};

/// Judge the trackers of the router that is master while all is well.
pub(super) fn compare(cluster: &[Member<'_>], diagnostics: &mut Vec<Diagnostic>) {
    let Some(leader) = cluster.iter().max_by_key(|member| when_well(member)) else { return };
    let others = cluster.iter().filter(|member| member.node != leader.node);
    let Some(next) = others.max_by_key(|member| when_well(member)) else { return };
    if leader.router.priority == OWNER {
        return;
    }
    let gap = when_well(leader) - when_well(next);
    let trackers: Vec<&Tracked> = trackers(leader).collect();
    let drop = |tracked: &Tracked| usize::from(tracked.weight.unsigned_abs());
    for (index, tracked) in trackers.iter().enumerate() {
        let rest = trackers.iter().enumerate().filter(|(other, _)| *other != index);
        let rest: Vec<usize> = rest.map(|(_, tracked)| drop(tracked)).collect();
        if matters(drop(tracked), &rest, usize::try_from(gap).unwrap_or(0)) {
            continue;
        }
        let (kind, name) = words(&tracked.tracker);
        let message = format!(
            "{kind} `{name}` with weight {:+} can never move `{}`: its priority is {} while all is \
             well, and the next node's is {}",
            tracked.weight,
            leader.router.name,
            when_well(leader),
            when_well(next),
        );
        let entry = leader.places.entry("vrrp_instance", &leader.router.name, &name);
        let span = entry.map_or_else(|| leader.span("priority"), |span| leader.shifted(Some(span)));
        diagnostics.push(
            Diagnostic::new(Code::WeightWithoutEffect, span, message)
                .remedy(format!("use a weight beyond {gap}, or 0, which makes a failure a fault"))
                .related("the next node", next.span("priority")),
        );
    }
}

fn trackers<'m>(member: &Member<'m>) -> impl Iterator<Item = &'m Tracked> {
    let groups = &member.model.vrrp.groups;
    let group = groups.iter().find(|group| group.members.contains(&member.router.name));
    weighted(member.router, group)
}

/// The priority with every tracker good.
fn when_well(member: &Member<'_>) -> i32 {
    if member.router.priority == OWNER {
        return i32::from(OWNER);
    }
    let gain = |tracked: &Tracked| match (tracked.weight > 0, tracked.reverse) {
        (true, false) | (false, true) => i32::from(tracked.weight),
        _ => 0,
    };
    let sum: i32 = trackers(member).map(gain).sum();
    (i32::from(member.router.priority) + sum).clamp(1, i32::from(OWNER) - 1)
}

/// Whether losing `own` points makes the difference in some case: some of the `rest` lost, the
/// loss stays within `gap` without it and goes beyond with it.
fn matters(own: usize, rest: &[usize], gap: usize) -> bool {
    let mut reachable = vec![false; gap + 1];
    if let Some(nothing) = reachable.first_mut() {
        *nothing = true;
    }
    for points in rest {
        for sum in (*points..=gap).rev() {
            let before = reachable.get(sum - points).copied().unwrap_or(false);
            if let Some(here) = reachable.get_mut(sum) {
                *here |= before;
            }
        }
    }
    reachable.iter().enumerate().any(|(sum, reached)| *reached && sum + own > gap)
}

/// Kind and name of a tracker.
fn words(tracker: &TrackerId) -> (String, String) {
    let value = serde_json::to_value(tracker).unwrap_or_default();
    let entry = value.as_object().and_then(|map| map.iter().next());
    entry.map_or_else(
        || ("tracker".to_owned(), value.to_string()),
        |(kind, name)| (kind.replace('_', " "), name.as_str().unwrap_or_default().to_owned()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weight_matters_when_some_combination_needs_it() {
        assert!(!matters(2, &[], 50), "+2 against a gap of 50");
        assert!(!matters(50, &[], 50), "equal priorities move nothing");
        assert!(matters(51, &[], 50));
        assert!(matters(30, &[30], 50), "two together");
        assert!(!matters(2, &[10, 20], 50));
        assert!(matters(2, &[49], 50));
        assert!(matters(1, &[], 0));
    }
}
