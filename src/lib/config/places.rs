//! Where the settings of the named blocks stand, for those who compare models with each other and
//! with a host. Found only when asked for: a configuration may have very many.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Place;

use super::resolve::Entry;
use super::source::Span;

/// Positions by block, name, and setting.
#[derive(Clone, Debug, Default)]
pub struct Places {
    blocks: BTreeMap<(&'static str, String), Block>,
}

#[derive(Clone, Debug)]
struct Block {
    name: Span,
    settings: Vec<Setting>,
}

#[derive(Clone, Debug)]
struct Setting {
    keyword: &'static str,
    /// First word of an entry of a list; empty for the keyword itself.
    entry: String,
    span: Span,
}

impl Places {
    /// The named blocks among `entries`.
    pub(super) fn of(entries: &[Entry<'_>]) -> Self {
        let mut blocks = BTreeMap::new();
        for entry in entries.iter().filter(|entry| entry.row.content.is_some()) {
            let mut settings = Vec::new();
            list(entry, &mut settings);
            collect(entry, &mut settings);
            let key = (entry.row.keyword, entry.text().to_owned());
            let block = Block { name: entry.value_span(), settings };
            match blocks.entry(key) {
                Place::Vacant(place) => {
                    place.insert(block);
                }
                // One without a name adds to the first.
                Place::Occupied(mut place) if entry.text().is_empty() => {
                    place.get_mut().settings.extend(block.settings);
                }
                // A second one of the same name is ignored.
                Place::Occupied(_) => {}
            }
        }
        Self { blocks }
    }

    /// Where `keyword` of the block is set: the last time, which holds.
    #[must_use]
    pub fn setting(&self, block: &'static str, name: &str, keyword: &str) -> Option<Span> {
        let mut settings = self.find(block, name)?.settings.iter().rev();
        settings.find(|s| s.keyword == keyword && s.entry.is_empty()).map(|s| s.span)
    }

    /// Where the line of a list that starts with `word` is; whatever comes after a `/` of the line
    /// does not count.
    #[must_use]
    pub fn entry(&self, block: &'static str, name: &str, word: &str) -> Option<Span> {
        let settings = &self.find(block, name)?.settings;
        let is = |entry: &str| !entry.is_empty() && entry.split('/').next() == Some(word);
        settings.iter().find(|setting| is(&setting.entry)).map(|setting| setting.span)
    }

    /// Where the block is named.
    #[must_use]
    pub fn name(&self, block: &'static str, name: &str) -> Option<Span> {
        self.find(block, name).map(|found| found.name)
    }

    /// Where one of `words` is first used in the files, whatever it opens, sets or stands beside.
    #[must_use]
    pub fn first(&self, words: &[&str]) -> Option<Span> {
        let blocks = self.blocks.iter().flat_map(|((keyword, _), block)| {
            let own = words.contains(keyword).then_some(block.name);
            let is = |setting: &&Setting| {
                let word = if setting.entry.is_empty() { setting.keyword } else { &setting.entry };
                words.contains(&word)
            };
            own.into_iter().chain(block.settings.iter().filter(is).map(|setting| setting.span))
        });
        blocks.min()
    }

    /// Where the list `keyword` of the block has `word`; for a block that is a list itself,
    /// `keyword` is empty.
    #[must_use]
    pub fn listed(
        &self,
        block: &'static str,
        name: &str,
        keyword: &str,
        word: &str,
    ) -> Option<Span> {
        let settings = &self.find(block, name)?.settings;
        let keyword = if keyword.is_empty() { block } else { keyword };
        let is = |setting: &&Setting| setting.keyword == keyword && setting.entry == word;
        settings.iter().find(is).map(|setting| setting.span)
    }

    fn find(&self, block: &'static str, name: &str) -> Option<&Block> {
        self.blocks.get(&(block, name.to_owned()))
    }
}

fn collect(entry: &Entry<'_>, settings: &mut Vec<Setting>) {
    for child in &entry.children {
        let keyword = child.row.keyword;
        settings.push(Setting { keyword, entry: String::new(), span: child.value_span() });
        list(child, settings);
        collect(child, settings);
    }
}

/// The words of `entry`, when its block is a list.
fn list(entry: &Entry<'_>, settings: &mut Vec<Setting>) {
    if entry.row.content.is_some_and(|block| block.entries) {
        let keyword = entry.row.keyword;
        settings.extend(entry.list_words().map(|word| Setting {
            keyword,
            entry: word.text.to_owned(),
            span: word.span,
        }));
    }
}
