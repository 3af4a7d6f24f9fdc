//! What must change for the table to be as desired, in an order in which clients notice nothing:
//! who is new comes before who goes, so that no service is ever empty on the way from one set of
//! destinations to another.

use std::fmt;

use super::{Contents, Destination, Endpoint, Entry, ServiceId, Settings};

/// What happens to services that are in the table and not among the desired ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Others {
    /// They belong to somebody else.
    Keep,
    /// They are removed.
    Delete,
}

/// One change of the table; each is one request to the kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A service without destinations.
    AddService(Settings),
    /// Other settings for a service; its destinations and connections stay.
    EditService {
        /// From now on.
        to: Settings,
        /// Until now.
        from: Settings,
    },
    /// A service with all its destinations.
    DeleteService(ServiceId),
    /// One more destination.
    AddDestination(ServiceId, Destination),
    /// Other settings for a destination; its connections stay.
    EditDestination {
        /// Its service.
        service: ServiceId,
        /// From now on.
        to: Destination,
        /// Until now.
        from: Destination,
    },
    /// A destination less.
    DeleteDestination(ServiceId, Endpoint),
}

/// A service, or a destination of it.
pub type Subject = (ServiceId, Option<Endpoint>);

/// The changes that make `actual` into `desired`, none when it is so. Within a service: itself,
/// new destinations, changed ones (those that get a weight before those that lose theirs), gone
/// ones. Services that go come last.
#[must_use]
pub fn plan(desired: &Contents, actual: &Contents, others: Others) -> Vec<Change> {
    let mut changes = Vec::new();
    for entry in desired {
        if let Some(there) = actual.get(&entry.settings.id) {
            adapt(entry, there, &mut changes);
        } else {
            changes.push(Change::AddService(entry.settings.clone()));
            let id = entry.settings.id;
            let all = entry.destinations.values();
            changes.extend(all.map(|one| Change::AddDestination(id, *one)));
        }
    }
    if others == Others::Delete {
        let gone = actual.iter().map(|entry| entry.settings.id);
        let gone = gone.filter(|id| desired.get(id).is_none());
        changes.extend(gone.map(Change::DeleteService));
    }
    changes
}

fn adapt(wanted: &Entry, there: &Entry, changes: &mut Vec<Change>) {
    let service = wanted.settings.id;
    if wanted.settings != there.settings {
        let (to, from) = (wanted.settings.clone(), there.settings.clone());
        changes.push(Change::EditService { to, from });
    }
    let mut edits = Vec::new();
    for (endpoint, to) in &wanted.destinations {
        match there.destinations.get(endpoint) {
            None => changes.push(Change::AddDestination(service, *to)),
            Some(from) if from != to => {
                edits.push(Change::EditDestination { service, to: *to, from: *from });
            }
            Some(_) => {}
        }
    }
    edits.sort_by_key(quiesces);
    changes.append(&mut edits);
    let gone = there.destinations.keys().filter(|at| !wanted.destinations.contains_key(at));
    changes.extend(gone.map(|at| Change::DeleteDestination(service, *at)));
}

/// Whether a destination gets no new connections any more because of it.
const fn quiesces(change: &Change) -> bool {
    matches!(change, Change::EditDestination { to, .. } if to.weight == 0)
}

impl Change {
    /// Whether clients of a service that stays have one destination less because of it. It may be
    /// done only when what comes in its place is there: all others of its service come first, and
    /// when one of those is refused it has to be left.
    #[must_use]
    pub const fn takes_away(&self) -> bool {
        matches!(self, Self::DeleteDestination(..)) || quiesces(self)
    }

    /// The service that it is about.
    #[must_use]
    pub const fn service(&self) -> ServiceId {
        match self {
            Self::AddService(settings) | Self::EditService { to: settings, .. } => settings.id,
            Self::DeleteService(service)
            | Self::AddDestination(service, _)
            | Self::EditDestination { service, .. }
            | Self::DeleteDestination(service, _) => *service,
        }
    }

    /// The destination that it is about, when it is about one.
    #[must_use]
    pub const fn destination(&self) -> Option<Endpoint> {
        match self {
            Self::AddDestination(_, destination)
            | Self::EditDestination { to: destination, .. } => Some(destination.endpoint()),
            Self::DeleteDestination(_, endpoint) => Some(*endpoint),
            _ => None,
        }
    }

    /// What it is about: a plan has one change for each.
    #[must_use]
    pub const fn subject(&self) -> Subject {
        (self.service(), self.destination())
    }

    /// What is done: a word for people and for programs.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::AddService(_) => "add_service",
            Self::EditService { .. } => "edit_service",
            Self::DeleteService(_) => "delete_service",
            Self::AddDestination(..) => "add_destination",
            Self::EditDestination { .. } => "edit_destination",
            Self::DeleteDestination(..) => "delete_destination",
        }
    }
}

impl fmt::Display for Change {
    /// What is done and on what; the settings are told elsewhere.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.word().replace('_', " "))?;
        if let Some(endpoint) = self.destination() {
            write!(f, " {endpoint} of")?;
        }
        write!(f, " {}", self.service())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Forwarding, Protocol, SchedulerFlags};
    use super::*;

    fn id(number: u8) -> ServiceId {
        let address = std::net::Ipv4Addr::new(192, 0, 2, number).into();
        ServiceId::Address { protocol: Protocol::Tcp, address, port: 80 }
    }

    fn destination(number: u8, weight: u32) -> Destination {
        Destination {
            address: std::net::Ipv4Addr::new(10, 0, 0, number).into(),
            port: 80,
            forwarding: Forwarding::Nat,
            weight,
            upper_threshold: 0,
            lower_threshold: 0,
        }
    }

    fn entry(number: u8, scheduler: &str, destinations: &[(u8, u32)]) -> Entry {
        let mut entry = Entry::new(Settings {
            id: id(number),
            scheduler: scheduler.into(),
            flags: SchedulerFlags::default(),
            one_packet: false,
            persistence: None,
        });
        for (number, weight) in destinations {
            let one = destination(*number, *weight);
            entry.destinations.insert(one.endpoint(), one);
        }
        entry
    }

    fn contents(entries: Vec<Entry>) -> Contents {
        let mut contents = Contents::default();
        for entry in entries {
            contents.insert(entry);
        }
        contents
    }

    /// What the kernel would do.
    fn carry_out(contents: &mut Contents, change: &Change) {
        let service = change.service();
        match change {
            Change::AddService(settings) => {
                assert!(contents.insert(Entry::new(settings.clone())).is_none());
            }
            Change::EditService { to, .. } => {
                contents.get_mut(&service).unwrap().settings = to.clone();
            }
            Change::DeleteService(id) => drop(contents.remove(id).unwrap()),
            Change::AddDestination(_, one) => {
                let all = &mut contents.get_mut(&service).unwrap().destinations;
                assert!(all.insert(one.endpoint(), *one).is_none());
            }
            Change::EditDestination { to, .. } => {
                let all = &mut contents.get_mut(&service).unwrap().destinations;
                assert!(all.insert(to.endpoint(), *to).is_some());
            }
            Change::DeleteDestination(_, endpoint) => {
                let all = &mut contents.get_mut(&service).unwrap().destinations;
                assert!(all.remove(endpoint).is_some());
            }
        }
    }

    fn serves(contents: &Contents, id: &ServiceId) -> bool {
        contents.get(id).is_some_and(|entry| entry.destinations.values().any(|d| d.weight > 0))
    }

    fn any_contents() -> impl Strategy<Value = Contents> {
        let destinations = prop::collection::btree_map(0_u8..6, 0_u32..3, 0..5);
        let services = prop::collection::btree_map(0_u8..5, (0..2, destinations), 0..4);
        services.prop_map(|services| {
            let one = |(number, (scheduler, all)): (u8, (i32, _))| {
                let all: Vec<(u8, u32)> = std::collections::BTreeMap::into_iter(all).collect();
                entry(number, ["rr", "wlc"][usize::try_from(scheduler).unwrap()], &all)
            };
            contents(services.into_iter().map(one).collect())
        })
    }

    proptest! {
        #[test]
        fn a_plan_leads_from_any_table_to_any_other_and_no_service_is_without_a_server_on_the_way(
            desired in any_contents(), actual in any_contents(),
        ) {
            let mut now = actual.clone();
            let serving: Vec<_> = actual.iter().map(|entry| entry.settings.id)
                .filter(|id| serves(&actual, id) && serves(&desired, id)).collect();
            for change in plan(&desired, &actual, Others::Delete) {
                carry_out(&mut now, &change);
                for id in &serving {
                    prop_assert!(serves(&now, id), "{id} after {change}");
                }
            }
            prop_assert_eq!(&now, &desired);
            prop_assert_eq!(plan(&desired, &now, Others::Delete), vec![]);
        }

        #[test]
        fn where_something_is_refused_nobody_goes_and_the_service_goes_on_serving(
            desired in any_contents(), actual in any_contents(), refused in 0_usize..8,
        ) {
            let mut now = actual.clone();
            let (going, coming): (Vec<_>, Vec<_>) =
                plan(&desired, &actual, Others::Keep).into_iter().partition(Change::takes_away);
            prop_assume!(refused < coming.len());
            let troubled = coming[refused].service();
            prop_assume!(!matches!(coming[refused], Change::AddService(_)));
            for (_, change) in coming.iter().enumerate().filter(|(at, _)| *at != refused) {
                carry_out(&mut now, change);
            }
            for change in going.iter().filter(|change| change.service() != troubled) {
                carry_out(&mut now, change);
            }
            if serves(&actual, &troubled) {
                prop_assert!(serves(&now, &troubled), "{troubled}");
            }
        }

        #[test]
        fn what_belongs_to_somebody_else_stays(desired in any_contents(), actual in any_contents()) {
            let mut now = actual.clone();
            for change in plan(&desired, &actual, Others::Keep) {
                carry_out(&mut now, &change);
            }
            for entry in &actual {
                let id = entry.settings.id;
                prop_assert_eq!(now.get(&id), Some(desired.get(&id).unwrap_or(entry)));
            }
        }
    }

    #[test]
    fn who_gets_a_weight_comes_before_who_loses_it_and_who_goes_is_last() {
        let actual = contents(vec![entry(1, "rr", &[(1, 1), (2, 0), (3, 1)])]);
        let desired = contents(vec![entry(1, "wlc", &[(1, 0), (2, 1), (4, 1)])]);
        let plan: Vec<String> = plan(&desired, &actual, Others::Keep)
            .iter()
            .map(|change| {
                format!("{} {:?}", change.word(), change.destination().map(|d| d.to_string()))
            })
            .collect();
        assert_eq!(
            plan,
            [
                "edit_service None",
                "add_destination Some(\"10.0.0.4:80\")",
                "edit_destination Some(\"10.0.0.2:80\")",
                "edit_destination Some(\"10.0.0.1:80\")",
                "delete_destination Some(\"10.0.0.3:80\")",
            ]
        );
    }

    #[test]
    fn a_change_says_what_it_is_about() {
        let change = Change::DeleteDestination(id(1), destination(2, 1).endpoint());
        assert_eq!(change.to_string(), "delete destination 10.0.0.2:80 of tcp 192.0.2.1:80");
    }
}
