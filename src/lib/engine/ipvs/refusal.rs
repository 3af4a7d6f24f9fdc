//! What follows when the kernel refuses changes: who was to go stays, and what is told of it is the
//! cause, not each consequence.

use std::collections::{BTreeMap, BTreeSet};

use super::plan::Subject;
use super::{Change, Contents, ServiceId};

/// Divide `going`, which take something away, into those that stay, because what was to come to
/// their service was `refused`, and those that may go.
pub fn kept_and_gone<'a>(
    going: Vec<Change>,
    refused: impl IntoIterator<Item = &'a Change>,
) -> (Vec<Change>, Vec<Change>) {
    let troubled: BTreeSet<ServiceId> = refused.into_iter().map(Change::service).collect();
    going.into_iter().partition(|change| troubled.contains(&change.service()))
}

/// What of `left`, the differences that are still there, neither a refusal nor somebody who was
/// `kept` explains. A service that was refused explains its destinations too.
pub fn unexplained<'a>(
    left: Vec<Change>,
    kept: &[Change],
    refused: impl IntoIterator<Item = &'a Change>,
) -> Vec<Change> {
    let kept: BTreeMap<Subject, &Change> = kept.iter().map(|one| (one.subject(), one)).collect();
    let refused: BTreeSet<Subject> = refused.into_iter().map(Change::subject).collect();
    let explains = |change: &Change| {
        kept.get(&change.subject()).is_some_and(|kept| *kept == change)
            || refused.contains(&(change.service(), None))
            || refused.contains(&change.subject())
    };
    left.into_iter().filter(|change| !explains(change)).collect()
}

/// Services that could not come: without its service nothing about a destination can succeed, and
/// none of that is worth telling.
pub fn missing_services<'a>(refused: impl IntoIterator<Item = &'a Change>) -> BTreeSet<ServiceId> {
    let missing = refused.into_iter().filter(|change| matches!(change, Change::AddService(_)));
    missing.map(Change::service).collect()
}

/// What of `changes` was not `done`.
#[must_use]
pub fn undone(changes: Vec<Change>, done: &[Change]) -> Vec<Change> {
    let done: BTreeMap<Subject, &Change> = done.iter().map(|one| (one.subject(), one)).collect();
    let is_done = |change: &Change| done.get(&change.subject()).is_some_and(|one| *one == change);
    changes.into_iter().filter(|change| !is_done(change)).collect()
}

/// Strike out of `owned`, the services that were put into the table here, those that are neither
/// `desired` any more nor still there because their deletion is `left` undone.
pub fn disown(owned: &mut BTreeSet<ServiceId>, desired: &Contents, left: &[Change]) {
    let deletions = left.iter().filter(|change| matches!(change, Change::DeleteService(_)));
    let stay: BTreeSet<ServiceId> = deletions.map(Change::service).collect();
    owned.retain(|id| desired.get(id).is_some() || stay.contains(id));
}

#[cfg(test)]
mod tests {
    use super::super::save;
    use super::super::{Others, plan};
    use super::*;

    fn contents(text: &str) -> Contents {
        save::read(text).unwrap()
    }

    /// From one server to another, in two services.
    fn changes() -> Vec<Change> {
        let service = |number: u8, server: u8| {
            format!(
                "-A -t 192.0.2.{number}:80 -s rr\n\
                 -a -t 192.0.2.{number}:80 -r 10.0.0.{server}:80 -m -w 1\n"
            )
        };
        let actual = contents(&[service(1, 1), service(2, 1)].concat());
        let desired = contents(&[service(1, 2), service(2, 2), service(3, 2)].concat());
        plan(&desired, &actual, Others::Keep)
    }

    #[test]
    fn who_was_to_go_stays_where_something_was_refused_and_that_is_told_once() {
        let (going, coming): (Vec<_>, Vec<_>) = changes().into_iter().partition(Change::takes_away);
        let refused: Vec<Change> =
            coming.iter().filter(|one| one.service() == coming[0].service()).cloned().collect();
        let (kept, gone) = kept_and_gone(going, &refused);
        assert_eq!((kept.len(), gone.len()), (1, 1));
        assert_eq!(kept[0].service(), refused[0].service());
        // What is still different afterwards: the refusal, who stays for it, and a third one.
        let left = [refused.clone(), kept.clone(), gone.clone()].concat();
        assert_eq!(unexplained(left, &kept, &refused), gone);
        assert_eq!(undone(changes(), &gone).len(), changes().len() - 1);
    }

    #[test]
    fn a_service_that_could_not_come_explains_its_destinations() {
        let coming: Vec<Change> = changes().into_iter().filter(|one| !one.takes_away()).collect();
        let refused = coming.iter().find(|one| matches!(one, Change::AddService(_))).cloned();
        let refused = [refused.unwrap()];
        let service = refused[0].service();
        assert_eq!(missing_services(&refused), BTreeSet::from([service]));
        let left = unexplained(coming, &[], &refused);
        assert!(left.iter().all(|one| one.service() != service), "{left:?}");
        assert!(missing_services(&left).is_empty());
    }

    #[test]
    fn a_service_that_would_not_go_stays_ours_until_it_has_gone() {
        let desired = contents("-A -t 192.0.2.1:80 -s rr\n");
        let gone = contents("-A -t 192.0.2.2:80 -s rr\n-A -t 192.0.2.3:80 -s rr\n");
        let id = |contents: &Contents| contents.iter().map(|one| one.settings.id).next().unwrap();
        let (wanted, stuck) = (id(&desired), id(&gone));
        let mut owned: BTreeSet<ServiceId> =
            desired.iter().chain(&gone).map(|one| one.settings.id).collect();
        disown(&mut owned, &desired, &[Change::DeleteService(stuck)]);
        assert_eq!(owned, BTreeSet::from([wanted, stuck]));
        disown(&mut owned, &desired, &[]);
        assert_eq!(owned, BTreeSet::from([wanted]));
    }
}
