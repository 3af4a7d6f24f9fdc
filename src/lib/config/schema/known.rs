//! Words as a reader of lines meets them, before anybody knows the block: whether one is a keyword
//! at all, and what holds for it in whatever block. A large file asks a million times, so the
//! answer is a number, which also finds the row when the block is known.

use std::num::NonZeroU16;
use std::sync::LazyLock;

use super::{Arguments, Block, Row, blocks};

/// A word that is a keyword of some block: its number from 1, and beside it what holds for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::config) struct Keyword(NonZeroU16);

/// Its arguments are quoted as those of a command are.
const COMMAND: u16 = 1 << 15;
/// No message may show its arguments.
const SECRET: u16 = 1 << 14;
/// It is a setting, and not only a word of list entries.
const SETTING: u16 = 1 << 13;
/// What is not its number.
const MARKS: u16 = COMMAND | SECRET | SETTING;

impl Keyword {
    /// The keyword that `word` is.
    pub(in crate::config) fn of(word: &str) -> Option<Self> {
        INDEX.keywords.get(word).copied()
    }

    /// Its row in `block`.
    pub(in crate::config) fn row(self, block: &Block) -> Option<&'static Row> {
        let number = usize::from(self.0.get() & !MARKS);
        let rows = INDEX.rows.get(number.checked_sub(1)?)?;
        rows.iter().find(|(known, _)| std::ptr::eq(*known, block)).map(|(_, row)| *row)
    }

    /// Whether its arguments are quoted as those of a command are, which is richer.
    pub(in crate::config) fn takes_command(self) -> bool {
        self.0.get() & COMMAND != 0
    }

    /// Whether no message may show its arguments.
    pub(in crate::config) fn is_secret(self) -> bool {
        self.0.get() & SECRET != 0
    }

    /// Whether it is a setting of some block, and not only a word of list entries.
    pub(in crate::config) fn is_setting(self) -> bool {
        self.0.get() & SETTING != 0
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
    keywords: Keywords,
    /// The row in each block that has it, by the number of the keyword.
    rows: Vec<Vec<(&'static Block, &'static Row)>>,
}

#[expect(clippy::disallowed_types, reason = "it is asked and never gone through")]
type Keywords =
    std::collections::HashMap<&'static str, Keyword, std::hash::BuildHasherDefault<Quick>>;

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
        let next = u16::try_from(self.rows.len().saturating_add(1)).unwrap_or(u16::MAX);
        let Some(next) = NonZeroU16::new(next).filter(|next| next.get() & MARKS == 0) else {
            return;
        };
        let keyword = self.keywords.entry(row.keyword).or_insert(Keyword(next));
        if keyword.0 == next {
            self.rows.push(Vec::new());
        }
        let number = usize::from(keyword.0.get() & !MARKS);
        if let Some(rows) = self.rows.get_mut(number.saturating_sub(1)) {
            rows.push((block, row));
        }
        let command = matches!(row.arguments, Arguments::Command | Arguments::Quoted);
        let marks = [(command, COMMAND), (row.secret, SECRET), (!block.entries, SETTING)];
        for (_, mark) in marks.into_iter().filter(|(holds, _)| *holds) {
            keyword.0 |= mark;
        }
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
