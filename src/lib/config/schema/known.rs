//! Words as a reader of lines meets them, before anybody knows the block: whether one is a keyword
//! at all, and what holds for it in whatever block. A large file asks a million times, so the
//! answer is a number, which also finds the row when the block is known.

use std::num::NonZeroU16;
use std::sync::LazyLock;

use super::{Arguments, Block, Row, blocks};

/// A word that is a keyword of some block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::config) struct Keyword(NonZeroU16);

/// What holds for one keyword.
#[derive(Default)]
struct Uses {
    /// Its row in each block that has it.
    rows: Vec<(&'static Block, &'static Row)>,
    /// Its arguments are quoted as those of a command are.
    command: bool,
    /// No message may show its arguments.
    secret: bool,
    /// It is a setting, and not only a word of list entries.
    setting: bool,
}

impl Keyword {
    /// The keyword that `word` is.
    pub(in crate::config) fn of(word: &str) -> Option<Self> {
        INDEX.numbers.get(word).copied().map(Self)
    }

    fn uses(self) -> Option<&'static Uses> {
        let index: &'static Index = &INDEX;
        index.uses.get(usize::from(self.0.get()).checked_sub(1)?)
    }

    /// Its row in `block`.
    pub(in crate::config) fn row(self, block: &Block) -> Option<&'static Row> {
        let found = self.uses()?.rows.iter().find(|(known, _)| std::ptr::eq(*known, block));
        found.map(|(_, row)| *row)
    }

    /// Whether its arguments are quoted as those of a command are, which is richer.
    pub(in crate::config) fn takes_command(self) -> bool {
        self.uses().is_some_and(|uses| uses.command)
    }

    /// Whether no message may show its arguments.
    pub(in crate::config) fn is_secret(self) -> bool {
        self.uses().is_some_and(|uses| uses.secret)
    }

    /// Whether it is a setting of some block, and not only a word of list entries.
    pub(in crate::config) fn is_setting(self) -> bool {
        self.uses().is_some_and(|uses| uses.setting)
    }
}

/// Whether the arguments of `word` are quoted as those of a command are, which is richer.
#[must_use]
pub fn takes_command(word: &str) -> bool {
    Keyword::of(word).is_some_and(Keyword::takes_command)
}

/// Whether no message may show the arguments of `word`.
#[must_use]
pub fn is_secret(word: &str) -> bool {
    Keyword::of(word).is_some_and(Keyword::is_secret)
}

/// All keywords.
#[derive(Default)]
struct Index {
    numbers: Numbers,
    /// By number, from 1.
    uses: Vec<Uses>,
}

#[expect(clippy::disallowed_types, reason = "it is asked and never gone through")]
type Numbers =
    std::collections::HashMap<&'static str, NonZeroU16, std::hash::BuildHasherDefault<Quick>>;

static INDEX: LazyLock<Index> = LazyLock::new(|| {
    let mut index = Index::default();
    for block in blocks() {
        for row in block.keywords() {
            index.add(block, row);
        }
    }
    index
});

impl Index {
    fn add(&mut self, block: &'static Block, row: &'static Row) {
        let next = u16::try_from(self.uses.len().saturating_add(1)).ok().and_then(NonZeroU16::new);
        let Some(next) = next else { return };
        let number = *self.numbers.entry(row.keyword).or_insert(next);
        if number == next {
            self.uses.push(Uses::default());
        }
        let Some(uses) = self.uses.get_mut(usize::from(number.get()).saturating_sub(1)) else {
            return;
        };
        uses.rows.push((block, row));
        uses.command |= matches!(row.arguments, Arguments::Command | Arguments::Quoted);
        uses.secret |= row.secret;
        uses.setting |= !block.entries;
    }
}

/// A hash for few short words that nobody chooses with bad intent: the table is fixed.
#[derive(Default)]
struct Quick(u64);

impl Quick {
    fn mix(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    }
}

impl std::hash::Hasher for Quick {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks();
        for word in words {
            self.mix(u64::from_le_bytes(*word));
        }
        self.mix(rest.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)));
    }

    /// The end of a word, which says nothing more.
    fn write_u8(&mut self, _: u8) {}

    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 29
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_has_each_keyword_of_its_own_once_and_finds_it() {
        for block in blocks() {
            for rows in block.rows {
                let mut words: Vec<&str> = rows.iter().map(|row| row.keyword).collect();
                words.sort_unstable();
                assert!(words.is_sorted_by(|one, next| one < next), "{}: {words:?}", block.path);
            }
            for row in block.keywords() {
                let found = block.find(row.keyword).expect(row.keyword);
                assert!(std::ptr::eq(found, row), "{}: {}", block.path, row.keyword);
            }
            assert!(block.find("no_keyword").is_none());
        }
    }
}
