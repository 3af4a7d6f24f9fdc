//! The keyword table: every keyword keepalived knows, in which block, with which arguments, and
//! what `ha` does with it. The parser, the diagnostics and `ha config keywords` all read this
//! one table; a keyword that is not in it does not exist.

use std::sync::LazyLock;

mod address;
mod form;
mod global;
pub mod guide;
mod known;
mod lvs;
mod parts;
mod route;
mod top;
mod vrrp;

pub(super) use known::Keyword;
pub use known::{is_secret, takes_command};
pub use parts::{Kind, Part};
pub use top::{PARSER, TOP};

/// What `ha` does with a keyword.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    /// Acts on it.
    Works,
    /// Accepts it; it has no meaning here, because of this.
    Accepted(&'static str),
    /// Knows it and does not act on it yet: this is what is missing.
    NotYet(&'static str),
}

/// What stands after a keyword.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arguments {
    /// Nothing.
    None,
    /// Nothing (on), or `on`, `off`, `true`, `false`, `yes`, `no`.
    Switch,
    /// So many words, which mean what they say.
    Words(usize, usize),
    /// Several, or one of a kind of its own.
    Parts(&'static [Part]),
    /// One integer in a range.
    Number(i64, i64),
    /// One integer in a range, or nothing.
    MaybeNumber(i64, i64),
    /// A time in seconds with up to six decimals; the range in microseconds.
    Seconds(u64, u64),
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A command, then a user and a group if wanted.
    Command,
    /// A text with the quotes and escapes of a command.
    Quoted,
    /// Its block is the argument.
    Block,
    /// A name, then its block.
    NamedBlock,
}

/// One keyword of one block.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The word itself; upper-case words in entry blocks stand for a value.
    pub keyword: &'static str,
    /// How its arguments are checked.
    pub arguments: Arguments,
    /// How its arguments are written, for people.
    pub syntax: &'static str,
    /// What holds without it.
    pub default: &'static str,
    /// What it means.
    pub description: &'static str,
    /// keepalived's version that brought it; empty when not known.
    pub since: &'static str,
    /// What `ha` does with it.
    pub support: Support,
    /// keepalived does not start when the argument is missing.
    pub fatal: bool,
    /// The spelling to use instead.
    pub replaced_by: Option<&'static str>,
    /// No message and no document shows its arguments.
    pub secret: bool,
    /// It may stand several times in one block.
    pub repeatable: bool,
    /// What may stand in its block.
    pub content: Option<&'static Block>,
}

/// A block: which keywords, or which entries.
#[derive(Debug)]
pub struct Block {
    /// Keywords from the top, joined with `/`.
    pub path: &'static str,
    /// Its keywords, own ones first.
    pub rows: &'static [&'static [Row]],
    /// Lines are entries of a list (an address, a name) and not keywords.
    pub entries: bool,
}

impl Block {
    /// The row of `keyword`.
    #[must_use]
    pub fn find(&self, keyword: &str) -> Option<&'static Row> {
        Keyword::of(keyword)?.row(self)
    }

    /// Its rows; of two rows for one keyword only the first.
    pub fn keywords(&'static self) -> impl Iterator<Item = &'static Row> {
        let groups = self.rows.iter().enumerate();
        groups.flat_map(|(number, rows)| {
            // Its own keywords come first and differ: what they share with others may not.
            let before = self.rows.iter().take(number).flat_map(|rows| rows.iter());
            let new = move |row: &&Row| before.clone().all(|known| known.keyword != row.keyword);
            rows.iter().filter(new)
        })
    }
}

/// Every block with its keywords: the language, the top level, then each block before the blocks
/// inside it.
#[must_use]
pub fn blocks() -> &'static [&'static Block] {
    static BLOCKS: LazyLock<Vec<&'static Block>> =
        LazyLock::new(|| supported().iter().map(|(block, _)| *block).collect());
    &BLOCKS
}

/// Every block in the order of [`blocks`], each with what is done with it as a whole: what its own
/// keyword says, or the first outer one that is not acted on.
#[must_use]
pub fn supported() -> Vec<(&'static Block, Support)> {
    let mut found: Vec<(&'static Block, Support)> = Vec::new();
    let mut open = vec![(&TOP, Support::Works), (&PARSER, Support::Works)];
    while let Some((block, support)) = open.pop() {
        found.push((block, support));
        let inside = block.keywords().filter_map(|row| Some((row.content?, row.within(support))));
        let mut inside: Vec<_> = inside.collect();
        inside.reverse();
        open.extend(inside);
    }
    found
}

/// The paths of the blocks in which `keyword` may stand.
#[must_use]
pub fn blocks_of(keyword: &str) -> Vec<&'static str> {
    let placeholder = keyword.chars().all(|c| c.is_ascii_uppercase());
    let legal = blocks().iter().filter(|b| !placeholder && b.find(keyword).is_some());
    let mut paths: Vec<_> = legal.map(|block| block.path).collect();
    // What people write most comes first.
    paths.sort_by_key(|path| COMMON.iter().position(|common| common == path).unwrap_or(MANY));
    paths
}

/// Whether `keyword` opens a block at the top level and means nothing elsewhere.
#[must_use]
pub fn stands_only_at_top(keyword: &str) -> bool {
    TOP.find(keyword).is_some_and(|row| row.content.is_some()) && blocks_of(keyword) == [TOP.path]
}

/// Whether `keyword` may stand in a block that the keyword `outer` opens.
#[must_use]
pub fn may_hold(outer: &str, keyword: &str) -> bool {
    let opened = blocks().iter().filter_map(|block| block.find(outer)?.content);
    opened.into_iter().any(|block| block.find(keyword).is_some())
}

/// The blocks that a misplaced keyword is most likely meant for.
const COMMON: [&str; 7] = [
    "(top)",
    "vrrp_instance",
    "global_defs",
    "vrrp_script",
    "vrrp_sync_group",
    "virtual_server",
    "virtual_server/real_server",
];

const fn row(
    keyword: &'static str,
    arguments: Arguments,
    syntax: &'static str,
    default: &'static str,
    description: &'static str,
) -> Row {
    Row {
        keyword,
        arguments,
        syntax,
        default,
        description,
        since: "",
        support: Support::Works,
        fatal: false,
        replaced_by: None,
        secret: false,
        repeatable: false,
        content: None,
    }
}

impl Row {
    /// What is done with the keyword inside a block with which this is done.
    #[must_use]
    pub const fn within(&self, outer: Support) -> Support {
        match outer {
            Support::Works => self.support,
            other => other,
        }
    }

    const fn since(self, since: &'static str) -> Self {
        Self { since, ..self }
    }

    const fn later(self, missing: &'static str) -> Self {
        Self { support: Support::NotYet(missing), ..self }
    }

    const fn accepted(self, because: &'static str) -> Self {
        Self { support: Support::Accepted(because), ..self }
    }

    const fn fatal(self) -> Self {
        Self { fatal: true, ..self }
    }

    const fn old(self, now: &'static str) -> Self {
        Self { replaced_by: Some(now), ..self }
    }

    const fn secret(self) -> Self {
        Self { secret: true, ..self }
    }

    const fn repeatable(self) -> Self {
        Self { repeatable: true, ..self }
    }

    const fn holds(self, content: &'static Block) -> Self {
        Self { content: Some(content), ..self }
    }
}

/// No upper bound of its own.
const MANY: usize = 255;
/// Largest signed 32-bit number.
const I32: i64 = 2_147_483_647;
/// Largest unsigned 32-bit number.
const U32: i64 = 4_294_967_295;
/// Longest time a setting may name, in microseconds: 136 years.
const LONG: u64 = 4_294_967_295_000_000;
