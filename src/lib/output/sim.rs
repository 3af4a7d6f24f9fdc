//! Simulated histories and tours in words.

use crate::engine::vrrp::{Action, Event, VirtualAddress};
use crate::output::words;
use crate::sim::tour::{Case, Difference, Effect, Failure, Standing, Tour};
use crate::sim::{Entry, VirtualRouter, What};

/// One entry of a history as a line: simulated time, who, what.
#[must_use]
pub fn entry(entry: &Entry) -> String {
    let micros = entry.at.as_nanos() / 1_000;
    let who = match (entry.host, entry.router) {
        (Some(host), Some(router)) => format!("host {host} router {}", router.0),
        (Some(host), None) => format!("host {host}"),
        _ => String::new(),
    };
    let time = format!("{:>4}.{:06}", micros / 1_000_000, micros % 1_000_000);
    format!("{time}  {who:<15}  {}", what(&entry.what))
}

fn what(what: &What) -> String {
    match what {
        What::Event(event) => self::event(event),
        other => other.to_string(),
    }
}

fn event(event: &Event) -> String {
    match event {
        Event::Transition { from, to, reason, priority } => format!(
            "{} -> {}: {} (priority {priority})",
            words::state(*from),
            words::state(*to),
            words::reason(reason)
        ),
        Event::Priority { from, to, parts } => {
            format!("priority {from} -> {}", words::priority(*to, parts))
        }
        Event::Group { name, to, reason } => {
            format!("sync group {name} is {}: {}", words::state(*to), words::reason(reason))
        }
        Event::LowerPriorityHeard { source, priority } => {
            format!("hears {source} with lower priority {priority}")
        }
        Event::MasterSeen { source, priority } => {
            format!("sees master {source} with priority {priority}")
        }
        Event::AddressListDiffers { source } => {
            format!("sees that {source} advertises other addresses")
        }
        Event::IntervalDiffers { source, interval } => {
            format!("sees that {source} advertises another interval, {interval:?}")
        }
        Event::Dropped { source, drop } => format!("refuses adverts of {source}: {drop:?}"),
        Event::DuplicateSource { source } => format!("sees its own address {source} elsewhere"),
        Event::AddressRestored { address } => format!("puts back {address}"),
    }
}

/// A whole tour as text.
#[must_use]
pub fn tour(tour: &Tour) -> String {
    let mut lines = Vec::new();
    for standing in &tour.standings {
        lines.push(self::standing(tour, standing));
        lines.extend(tour.cases.iter().filter_map(|case| self::case(tour, case, standing.router)));
    }
    lines.extend(tour.differences.iter().map(|each| difference(tour, each)));
    for (node, tracker) in &tour.idle_trackers {
        lines.push(format!(
            "{} on {} never decides who is master",
            words::tracker(tracker),
            name(tour, *node)
        ));
    }
    lines.join("\n")
}

fn name(tour: &Tour, node: usize) -> &str {
    tour.nodes.get(node).map_or("?", String::as_str)
}

fn names(tour: &Tour, nodes: &[usize]) -> String {
    match nodes {
        [] => "nobody".to_owned(),
        nodes => nodes.iter().map(|node| name(tour, *node)).collect::<Vec<_>>().join(" and "),
    }
}

fn standing(tour: &Tour, standing: &Standing) -> String {
    let members: Vec<String> = standing
        .members
        .iter()
        .map(|(node, priority)| format!("{} {priority}", name(tour, *node)))
        .collect();
    let warning = match standing.masters.len() {
        0 => " (NO MASTER)",
        1 => "",
        _ => " (SPLIT)",
    };
    format!(
        "{}: master {}{warning}, priorities {}",
        standing.router,
        names(tour, &standing.masters),
        members.join(", ")
    )
}

fn case(tour: &Tour, case: &Case, router: VirtualRouter) -> Option<String> {
    let effect = case.effects.iter().find(|effect| effect.router == router)?;
    let what = match &case.failure {
        Failure::Stop => "stops gracefully".to_owned(),
        Failure::Power => "loses power".to_owned(),
        Failure::Link => "loses carrier".to_owned(),
        Failure::Freeze => "freezes".to_owned(),
        Failure::Tracker(tracker) => format!("fails {}", words::tracker(tracker)),
    };
    let head = format!("{} {what}", name(tour, case.node));
    Some(format!("  {head:<40} {}", outcome(tour, effect)))
}

fn outcome(tour: &Tour, effect: &Effect) -> String {
    let unserved = match effect.masters.is_empty() {
        true => String::new(),
        false if effect.unserved.is_zero() => ", no outage".to_owned(),
        false => {
            let micros = effect.unserved.as_micros();
            format!(", outage {}.{} ms", micros / 1000, micros % 1000 / 100)
        }
    };
    let back = if effect.repaired == effect.masters {
        String::new()
    } else {
        format!("; repaired: {}", names(tour, &effect.repaired))
    };
    format!("master {}{unserved}{back}", names(tour, &effect.masters))
}

fn difference(tour: &Tour, difference: &Difference) -> String {
    let (node, what) = (name(tour, difference.node), event(&difference.event));
    format!("{node} {}: {what}", difference.instance)
}

/// What a node wants done.
#[must_use]
pub fn action(action: &Action) -> String {
    let list = |addresses: &[VirtualAddress]| {
        let each: Vec<String> =
            addresses.iter().map(|a| format!("{}/{}", a.address, a.prefix)).collect();
        each.join(" ")
    };
    match action {
        Action::Send(transmit) => {
            let to: Vec<String> = transmit.packets.iter().map(|(to, _)| to.to_string()).collect();
            // Priority is the third byte in both versions.
            let priority = transmit.packets.first().and_then(|(_, bytes)| bytes.get(2));
            let priority = priority.copied().unwrap_or_default();
            format!("sends priority {priority} from {} to {}", transmit.source, to.join(" "))
        }
        Action::Install(addresses) => format!("installs {}", list(addresses)),
        Action::Withdraw(addresses) => format!("withdraws {}", list(addresses)),
        Action::Announce { addresses, repeat, reason, .. } => {
            format!("announces {} {repeat} times: {reason:?}", list(addresses))
        }
        Action::CancelAnnouncements => "drops announcements still queued".to_owned(),
        Action::Event(event) => self::event(event),
    }
}
