//! Settings as they were written, kept beyond the text that they were read from.

use crate::config::resolve::{Entry, Resolver, Value};
use crate::config::schema::Arguments;
use crate::config::source::Span;

/// A keyword with its words and its block.
#[derive(Clone, Debug)]
pub(super) struct Statement {
    /// The block that it stands in.
    pub block: &'static str,
    pub keyword: &'static str,
    pub arguments: Arguments,
    pub span: Span,
    /// What led to the value: the chain of the first word that has another one than the keyword.
    pub led: u32,
    /// The words after the keyword.
    pub words: Vec<Word>,
    /// It says `off`.
    pub off: bool,
    /// The block that it opens; empty: none.
    pub inside: &'static str,
    pub children: Vec<Statement>,
    /// The entries of its list.
    pub lines: Vec<Vec<Word>>,
}

/// A word and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Word {
    pub text: String,
    pub span: Span,
}

impl Statement {
    /// `entries`, which stand in `block`.
    pub(super) fn all(entries: &[Entry<'_>], block: &'static str) -> Vec<Self> {
        let mut all = Vec::new();
        for entry in entries {
            // Some blocks are opened when they are built; what is wrong in them was told then.
            if entry.is_late() {
                all.push(Self::of(&Resolver::default().open(entry), block));
            } else {
                all.push(Self::of(entry, block));
            }
        }
        all
    }

    fn of(entry: &Entry<'_>, block: &'static str) -> Self {
        let own = |text: &str, span| Word { text: text.to_owned(), span };
        let content = entry.row.content;
        let inside = content.map_or("", |content| content.path);
        let lines = entry.lines().filter(|_| content.is_some_and(|content| content.entries));
        let traces = entry.arguments().iter().map(|word| word.span.trace);
        let span = entry.span();
        Self {
            block,
            keyword: entry.row.keyword,
            arguments: entry.row.arguments,
            span,
            led: { traces }.find(|trace| *trace != span.trace).unwrap_or(span.trace),
            words: entry.arguments().iter().map(|word| own(word.text, word.span)).collect(),
            off: entry.value == Value::Switch(false),
            inside,
            children: Self::all(&entry.children, inside),
            lines: lines
                .map(|line| line.words().map(|word| own(word.text, word.span)).collect())
                .collect(),
        }
    }
}
