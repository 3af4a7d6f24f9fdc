//! Names that stand for numbers in routes and rules: those of iproute2's tables, built-in ones
//! and what the host adds.

use std::collections::BTreeMap;
use std::path::Path;

use crate::config::loader::Loader;

/// One kind of name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Routing tables.
    Table,
    /// Who put a route there.
    Protocol,
    /// How far an address or a route reaches.
    Scope,
    /// Realms.
    Realm,
    /// Types of service.
    Dsfield,
    /// Groups of interfaces.
    Group,
}

impl Kind {
    /// The file of iproute2 that has them.
    const fn file(self) -> &'static str {
        match self {
            Self::Table => "rt_tables",
            Self::Protocol => "rt_protos",
            Self::Scope => "rt_scopes",
            Self::Realm => "rt_realms",
            Self::Dsfield => "rt_dsfield",
            Self::Group => "group",
        }
    }

    /// What is known without any file.
    const fn known(self) -> &'static [(&'static str, u32)] {
        match self {
            Self::Table => &[("unspec", 0), ("default", 253), ("main", 254), ("local", 255)],
            Self::Protocol => &[
                ("unspec", 0),
                ("redirect", 1),
                ("kernel", 2),
                ("boot", 3),
                ("static", 4),
                ("ra", 9),
                ("zebra", 11),
                ("bird", 12),
                ("dhcp", 16),
                ("keepalived", 18),
            ],
            Self::Scope => {
                &[("global", 0), ("site", 200), ("link", 253), ("host", 254), ("nowhere", 255)]
            }
            Self::Realm => &[("cosmos", 0)],
            Self::Dsfield | Self::Group => &[("default", 0)],
        }
    }

    /// The greatest number.
    const fn most(self) -> u32 {
        match self {
            Self::Table | Self::Group => u32::MAX,
            Self::Realm => u16::MAX as u32,
            Self::Protocol | Self::Scope | Self::Dsfield => u8::MAX as u32,
        }
    }
}

/// The tables, each read when the first name of its kind is asked for.
#[derive(Debug)]
pub(super) struct Names {
    /// What the distribution installs.
    pub installed: String,
    /// What the administrator adds, which holds.
    pub local: String,
    tables: BTreeMap<Kind, BTreeMap<String, u32>>,
}

impl Default for Names {
    fn default() -> Self {
        let (installed, local) = ("/usr/share/iproute2".to_owned(), "/etc/iproute2".to_owned());
        Self { installed, local, tables: BTreeMap::new() }
    }
}

impl Names {
    /// The number that `text` is or stands for.
    pub(super) fn find(&mut self, kind: Kind, text: &str, loader: &dyn Loader) -> Option<u32> {
        if let Some(number) = number(text) {
            return Some(number).filter(|number| *number <= kind.most());
        }
        if let Some((_, number)) = kind.known().iter().find(|(name, _)| *name == text) {
            return Some(*number);
        }
        let folders = [&self.installed, &self.local];
        let table = self.tables.entry(kind).or_insert_with(|| {
            folders.iter().flat_map(|folder| read(folder, kind, loader)).collect()
        });
        table.get(text).copied()
    }
}

/// Every name that the files of one folder have, later ones winning.
fn read(folder: &str, kind: Kind, loader: &dyn Loader) -> Vec<(String, u32)> {
    let folder = Path::new(folder);
    let parts = loader.glob(folder, &format!("{}.d/*.conf", kind.file())).unwrap_or_default();
    let paths = std::iter::once(folder.join(kind.file())).chain(parts);
    let mut names = Vec::new();
    for path in paths {
        let text = loader.read(&path).unwrap_or_default();
        for line in text.lines() {
            let mut words = line.split('#').next().unwrap_or_default().split_whitespace();
            if let (Some(value), Some(name)) = (words.next().and_then(number), words.next()) {
                names.push((name.to_owned(), value));
            }
        }
    }
    names
}

/// A number as people write it, decimal or with `0x`.
pub(super) fn number(text: &str) -> Option<u32> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_decimal_or_hexadecimal() {
        assert_eq!(number("16"), Some(16));
        assert_eq!(number("0x10"), Some(16));
        assert_eq!(number("0x"), None);
        assert_eq!(number("-1"), None);
        assert_eq!(number("4294967296"), None);
    }
}
