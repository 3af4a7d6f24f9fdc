//! What the kernel shows of every address that may have to be in place, for the operator.
//!
//! The word of the kernel is its table, never the success of an earlier request; why something is
//! not in the table is what was last refused or lost. Decides what is news; refuses to know who
//! wants an address.

use std::collections::{BTreeMap, BTreeSet};

use super::keeper::Key;
use crate::engine::vrrp::Standing;
use crate::io::netlink::Table;

/// How an address stands, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub standing: Standing,
    pub reason: Option<String>,
}

impl Word {
    /// What is said of an address that nothing has been heard about.
    pub const UNKNOWN: Self = Self { standing: Standing::Wanted, reason: None };

    fn wanted(reason: impl Into<String>) -> Self {
        Self { standing: Standing::Wanted, reason: Some(reason.into()) }
    }
}

/// How it was noticed that an address is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Loss {
    /// The kernel told that it was removed.
    Removed,
    /// Its link was down, and came back without it.
    WithLink,
    /// Some of what the kernel told was lost.
    Unheard,
}

/// What has been said of each address.
#[derive(Debug, Default)]
pub(super) struct Confirmations {
    /// Addresses that concern this process.
    known: BTreeSet<Key>,
    /// Why an address is not there, until it is.
    troubles: BTreeMap<Key, Word>,
    said: BTreeMap<Key, Word>,
}

impl Confirmations {
    /// From now on these addresses concern this process, and those in `held`.
    pub fn watch(&mut self, planned: BTreeSet<Key>, held: impl Iterator<Item = Key>) {
        self.known = planned;
        self.known.extend(held);
        self.troubles.retain(|key, _| self.known.contains(key));
        self.said.retain(|key, _| self.known.contains(key));
    }

    /// The kernel refused it.
    pub fn refused(&mut self, key: Key, why: String) {
        let word = Word { standing: Standing::Refused, reason: Some(why) };
        self.troubles.insert(key, word);
    }

    /// It was there and is not any more.
    pub fn removed(&mut self, key: Key, how: Loss) {
        let reason = match how {
            Loss::Removed => "somebody removed it".to_owned(),
            Loss::WithLink => format!("{} lost it on its way down and up again", key.0),
            Loss::Unheard => {
                "it was gone when the kernel's table was read again; it went unheard".to_owned()
            }
        };
        self.troubles.insert(key, Word { standing: Standing::Removed, reason: Some(reason) });
    }

    /// It is asked for anew, or not wanted any more.
    pub fn forget(&mut self, key: &Key) {
        self.troubles.remove(key);
    }

    /// What is to be said of the address now, if it differs from what was said last.
    pub fn news(&mut self, table: &Table, key: &Key) -> Option<Word> {
        if !self.known.contains(key) {
            return None;
        }
        let word = self.look(table, key);
        if word.standing == Standing::Confirmed {
            self.troubles.remove(key);
        }
        if self.said.get(key) == Some(&word) {
            return None;
        }
        self.said.insert(key.clone(), word.clone());
        Some(word)
    }

    /// Every address that there is news about.
    pub fn all_news(&mut self, table: &Table) -> Vec<(Key, Word)> {
        let known: Vec<Key> = self.known.iter().cloned().collect();
        known.into_iter().filter_map(|key| Some((key.clone(), self.news(table, &key)?))).collect()
    }

    fn look(&self, table: &Table, key: &Key) -> Word {
        let (interface, address, prefix) = key;
        let link = table.link(interface);
        match link.and_then(|link| table.find(link.index, *address, *prefix)) {
            Some(found) if found.usable => Word { standing: Standing::Confirmed, reason: None },
            Some(_) => Word::wanted("duplicate address detection has not passed it"),
            None => match (link, self.troubles.get(key)) {
                (None, _) => Word::wanted(format!("interface {interface} does not exist")),
                (_, Some(trouble)) => trouble.clone(),
                (Some(link), None) if !link.up => Word::wanted(format!("{interface} is down")),
                _ => Word::UNKNOWN,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::netlink::{AddressInfo, Change, LinkInfo};

    fn key() -> Key {
        ("lan".to_owned(), "fd00::9".parse().unwrap(), 64)
    }

    fn address(usable: bool) -> AddressInfo {
        AddressInfo { index: 2, address: key().1, prefix: 64, ours: true, usable }
    }

    fn link(up: bool) -> LinkInfo {
        LinkInfo {
            index: 2,
            name: "lan".to_owned(),
            mac: None,
            up,
            resolves: true,
            mtu: 1500,
            vrf: false,
        }
    }

    fn watching() -> (Confirmations, Table) {
        let mut confirmations = Confirmations::default();
        confirmations.watch(BTreeSet::from([key()]), std::iter::empty());
        let mut table = Table::default();
        table.put_link(link(true));
        (confirmations, table)
    }

    fn standing(confirmations: &mut Confirmations, table: &Table) -> Option<Standing> {
        confirmations.news(table, &key()).map(|word| word.standing)
    }

    #[test]
    fn an_address_is_confirmed_by_the_table_alone_and_said_once() {
        let (mut confirmations, mut table) = watching();
        assert_eq!(standing(&mut confirmations, &table), Some(Standing::Wanted));
        table.put_address(address(true));
        assert_eq!(standing(&mut confirmations, &table), Some(Standing::Confirmed));
        assert_eq!(standing(&mut confirmations, &table), None, "no news");
        table.apply(&Change::AddressGone(address(true)));
        assert_eq!(standing(&mut confirmations, &table), Some(Standing::Wanted));
    }

    #[test]
    fn a_refusal_holds_until_the_address_is_there() {
        let (mut confirmations, mut table) = watching();
        confirmations.refused(key(), "Permission denied".to_owned());
        let word = confirmations.news(&table, &key()).unwrap();
        assert_eq!(word.standing, Standing::Refused);
        assert_eq!(word.reason.as_deref(), Some("Permission denied"));
        table.put_address(address(true));
        assert_eq!(standing(&mut confirmations, &table), Some(Standing::Confirmed));
        table.apply(&Change::AddressGone(address(true)));
        assert_eq!(standing(&mut confirmations, &table), Some(Standing::Wanted), "it is over");
    }

    #[test]
    fn what_stands_in_the_way_is_named() {
        let (mut confirmations, mut table) = watching();
        table.put_address(address(false));
        let reason = |confirmations: &mut Confirmations, table: &Table| {
            confirmations.news(table, &key()).unwrap().reason.unwrap()
        };
        assert!(reason(&mut confirmations, &table).contains("duplicate address detection"));
        table.apply(&Change::AddressGone(address(false)));
        table.put_link(link(false));
        assert_eq!(reason(&mut confirmations, &table), "lan is down");
        table.apply(&Change::LinkGone(2));
        assert_eq!(reason(&mut confirmations, &table), "interface lan does not exist");
        table.put_link(link(true));
        for (how, said) in [
            (Loss::Removed, "somebody removed it"),
            (Loss::WithLink, "lan lost it on its way down and up again"),
        ] {
            confirmations.removed(key(), how);
            assert_eq!(reason(&mut confirmations, &table), said);
        }
    }

    #[test]
    fn other_addresses_are_no_news() {
        let (mut confirmations, table) = watching();
        let other = ("lan".to_owned(), "fd00::8".parse().unwrap(), 64);
        assert_eq!(confirmations.news(&table, &other), None);
        confirmations.watch(BTreeSet::new(), std::iter::once(other.clone()));
        assert_eq!(confirmations.all_news(&table), [(other, Word::UNKNOWN)]);
    }
}
