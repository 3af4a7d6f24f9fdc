//! The guide read backwards: from a place in the model to the keywords that set what is there.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::config::schema::{blocks, guide};

/// A keyword that may set a value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub block: &'static str,
    pub keyword: &'static str,
    /// Bytes of the path that the guide names: the longer, the more particular.
    pub length: usize,
    /// How many paths the keyword sets: the fewer, the more particular.
    pub paths: usize,
    /// Its place in the table.
    pub order: usize,
    /// It counts only where no other keyword does.
    pub otherwise: bool,
}

impl Candidate {
    pub(super) fn is(&self, block: &str, keyword: &str) -> bool {
        self.block == block && self.keyword == keyword
    }
}

type Paths = BTreeMap<&'static str, Vec<Candidate>>;

static PATHS: LazyLock<Paths> = LazyLock::new(|| {
    let mut found = Paths::new();
    let rows = blocks().iter().flat_map(|block| block.keywords().map(move |row| (block, row)));
    for (order, (block, row)) in rows.enumerate() {
        let Some(entry) = guide::entry(block.path, row.keyword) else { continue };
        let own = entry.model.iter().map(|path| (*path, false));
        for (path, otherwise) in own.chain(entry.otherwise.iter().map(|path| (*path, true))) {
            let (block, keyword, length) = (block.path, row.keyword, path.len());
            let paths = entry.model.len();
            let candidate = Candidate { block, keyword, length, paths, order, otherwise };
            found.entry(path).or_default().push(candidate);
        }
    }
    found
});

/// The keywords that may set the value at `pattern`, or something that it is a part of.
pub(super) fn of(pattern: &str) -> Vec<Candidate> {
    let ends = pattern.char_indices().filter(|(_, c)| matches!(c, '.' | '[')).map(|(at, _)| at);
    let parts = ends.chain([pattern.len()]).filter_map(|end| pattern.get(..end));
    let named = parts.filter_map(|part| PATHS.get(part)).flatten().copied();
    named.chain(wild(pattern)).collect()
}

/// Those whose path has a `*`, which stands for any one key.
fn wild(pattern: &str) -> impl Iterator<Item = Candidate> {
    static WILD: LazyLock<Vec<(&'static str, Vec<Candidate>)>> = LazyLock::new(|| {
        let wild = PATHS.iter().filter(|(path, _)| path.contains('*'));
        wild.map(|(path, candidates)| (*path, candidates.clone())).collect()
    });
    let fits = |path: &str| {
        let mut keys = pattern.split('.');
        path.split('.').all(|wanted| keys.next().is_some_and(|key| wanted == "*" || key == wanted))
    };
    WILD.iter().filter(move |(path, _)| fits(path)).flat_map(|(_, candidates)| candidates).copied()
}
