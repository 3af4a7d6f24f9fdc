//! Statements, their words and their blocks, as they are after expansion. A configuration may have
//! a million of them, so what is kept are places: a word is read in its file when somebody asks.
//!
//! [`builder`] makes a tree of lines, [`lexer`] finds the words of a line. None of them knows a
//! keyword except which ones take a command, because those have a richer way to quote.

mod builder;
mod lexer;

pub(super) use builder::{Builder, Taken};
pub(super) use lexer::{Lexer, Token, command_words};

use super::schema::Keyword;
use super::source::{SourceMap, Span, offset};

/// One word of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word<'t> {
    /// Without its quotes and escapes.
    pub text: &'t str,
    /// Where it stands.
    pub span: Span,
}

/// A statement: its words, and its block when it has one.
#[derive(Clone, Debug)]
pub(super) struct Node<'t> {
    /// The keyword.
    pub keyword: Word<'t>,
    /// The words after it.
    pub arguments: WordList<'t>,
    /// What stands between its braces.
    pub block: Option<Block<'t>>,
}

impl<'t> Node<'t> {
    /// The keyword and the words after it.
    pub(super) fn words(&self) -> impl Iterator<Item = Word<'t>> + Clone + use<'t> {
        std::iter::once(self.keyword).chain(self.arguments.iter())
    }
}

/// Statements between braces.
#[derive(Clone, Debug)]
pub(super) struct Block<'t> {
    /// The opening brace.
    pub open: Span,
    /// The closing brace, when there is one.
    pub close: Option<Span>,
    /// In order.
    pub nodes: Nodes<'t>,
}

/// Words one after the other.
#[derive(Clone, Copy, Debug)]
pub(super) struct WordList<'t> {
    part: &'t Part<'t>,
    stored: &'t [Stored],
}

impl<'t> WordList<'t> {
    pub(super) fn len(self) -> usize {
        self.stored.len()
    }

    pub(super) fn is_empty(self) -> bool {
        self.stored.is_empty()
    }

    pub(super) fn get(self, number: usize) -> Option<Word<'t>> {
        self.stored.get(number).map(|stored| self.part.word(*stored))
    }

    pub(super) fn first(self) -> Option<Word<'t>> {
        self.get(0)
    }

    pub(super) fn split_first(self) -> Option<(Word<'t>, Self)> {
        let (first, stored) = self.stored.split_first()?;
        Some((self.part.word(*first), Self { stored, ..self }))
    }

    pub(super) fn iter(self) -> impl Iterator<Item = Word<'t>> + Clone + use<'t> {
        self.stored.iter().map(move |stored| self.part.word(*stored))
    }
}

/// Statements one after the other.
#[derive(Clone, Debug)]
pub(super) struct Nodes<'t> {
    part: &'t Part<'t>,
    at: u32,
    end: u32,
    /// Those of these parts come after them.
    later: &'t [Part<'t>],
}

impl<'t> Iterator for Nodes<'t> {
    type Item = Place<'t>;

    fn next(&mut self) -> Option<Place<'t>> {
        while self.at >= self.end {
            let (next, later) = self.later.split_first()?;
            *self = next.outermost(later);
        }
        let place = Place { part: self.part, at: self.at };
        self.at = self.part.kept.statements.get(index(self.at))?.end;
        Some(place)
    }
}

/// A statement in its tree: a number instead of all that [`Node`] has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'t> {
    part: &'t Part<'t>,
    at: u32,
}

impl<'t> Place<'t> {
    /// The statement.
    pub(super) fn node(self) -> Node<'t> {
        Node { keyword: self.keyword(), arguments: self.arguments(), block: self.block() }
    }

    /// Its first word.
    pub(super) fn keyword(self) -> Word<'t> {
        let nothing = Word { text: "", span: Span::default() };
        self.stored().first().map_or(nothing, |stored| self.part.word(*stored))
    }

    /// The keyword that its first word is.
    pub(super) fn known(self) -> Option<Keyword> {
        self.statement()?.keyword
    }

    /// How many statements it is, with those of its block.
    pub(super) fn statements(self) -> usize {
        let end = self.statement().map_or(0, |own| own.end);
        index(end.saturating_sub(self.at))
    }

    /// Its other words.
    pub(super) fn arguments(self) -> WordList<'t> {
        let stored = self.stored().split_first().map_or(&[][..], |(_, rest)| rest);
        WordList { part: self.part, stored }
    }

    /// Its block.
    pub(super) fn block(self) -> Option<Block<'t>> {
        let kept = &self.part.kept;
        let braces = kept.braces.get(index(self.statement()?.braces.checked_sub(1)?))?;
        let close = braces.close.map(|close| kept.span(close));
        Some(Block { open: kept.span(braces.open), close, nodes: self.inside()? })
    }

    /// Whether it has a block.
    pub(super) fn has_block(self) -> bool {
        self.statement().is_some_and(|own| own.braces > 0)
    }

    /// What stands between the braces of its block.
    pub(super) fn inside(self) -> Option<Nodes<'t>> {
        let statement = self.statement().filter(|own| own.braces > 0)?;
        let (at, end) = (self.at.saturating_add(1), statement.end);
        Some(Nodes { part: self.part, at, end, later: &[] })
    }

    fn statement(self) -> Option<&'t Statement> {
        self.part.kept.statements.get(index(self.at))
    }

    fn stored(self) -> &'t [Stored] {
        self.part.kept.words(self.at)
    }
}

/// Every statement of a configuration, now that no file is added any more.
#[derive(Debug)]
pub(super) struct Tree<'t> {
    first: Part<'t>,
    later: Vec<Part<'t>>,
}

/// The statements from one place outside of all blocks to another one.
#[derive(Debug)]
struct Part<'t> {
    kept: Kept,
    sources: &'t SourceMap,
}

impl<'t> Tree<'t> {
    /// What a [`Builder`] has taken; `sources` has the files.
    pub(super) fn new(taken: Taken, sources: &'t SourceMap) -> Self {
        let mut parts = taken.parts.into_iter().map(|kept| Part { kept, sources });
        let empty = || Part { kept: Kept::default(), sources };
        Self { first: parts.next().unwrap_or_else(empty), later: parts.collect() }
    }

    /// The statements outside of all blocks.
    pub(super) fn top(&'t self) -> Nodes<'t> {
        self.first.outermost(&self.later)
    }

    /// All words.
    pub(super) fn words(&'t self) -> impl Iterator<Item = Word<'t>> {
        let words = |part: &'t Part<'t>| part.kept.words.iter().map(|stored| part.word(*stored));
        std::iter::once(&self.first).chain(&self.later).flat_map(words)
    }
}

impl<'t> Part<'t> {
    /// The statements outside of all blocks, then those of the `later` parts.
    fn outermost(&'t self, later: &'t [Self]) -> Nodes<'t> {
        Nodes { part: self, at: 0, end: offset(self.kept.statements.len()), later }
    }

    fn word(&'t self, stored: Stored) -> Word<'t> {
        self.kept.word(stored, self.sources)
    }
}

/// What a part of a tree is made of, in a few pieces of memory.
#[derive(Debug, Default)]
struct Kept {
    words: Vec<Stored>,
    /// Each is followed by those of its block.
    statements: Vec<Statement>,
    braces: Vec<Braces>,
    /// The text of words that do not stand in a file as they are.
    texts: String,
    origins: Vec<Origin>,
}

/// A word or a brace: a range of bytes, and the number of its origin.
#[derive(Clone, Copy, Debug)]
struct Stored {
    start: u32,
    end: u32,
    origin: u32,
}

/// What a range of bytes is one of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    /// Of this file, read by the way of this trace.
    File { file: u32, trace: u32 },
    /// Of [`Kept::texts`], put in for what stands here.
    Put(Span),
}

/// One statement.
#[derive(Clone, Copy, Debug)]
struct Statement {
    /// Its first word; its last one is before the first of the next statement.
    first: u32,
    /// The keyword that its first word is.
    keyword: Option<Keyword>,
    /// The next statement that is not inside its block.
    end: u32,
    /// One more than the number of its braces; 0: it has no block.
    braces: u32,
}

/// Where a block begins and ends.
#[derive(Clone, Copy, Debug)]
struct Braces {
    open: Stored,
    close: Option<Stored>,
}

impl Kept {
    /// The words of the statement with this number.
    fn words(&self, at: u32) -> &[Stored] {
        let first = |at: usize| Some(index(self.statements.get(at)?.first));
        let end = first(index(at).saturating_add(1)).unwrap_or(self.words.len());
        let words = first(index(at)).and_then(|first| self.words.get(first..end));
        words.unwrap_or_default()
    }

    fn word<'t>(&'t self, stored: Stored, sources: &'t SourceMap) -> Word<'t> {
        let Stored { start, end, origin } = stored;
        let (text, span) = match self.origins.get(index(origin)) {
            Some(Origin::File { file, trace }) => {
                let span = Span { file: *file, start, end, trace: *trace };
                (sources.file(*file).and_then(|file| file.text_at(span)), span)
            }
            Some(Origin::Put(span)) => (self.texts.get(index(start)..index(end)), *span),
            None => (None, Span::default()),
        };
        Word { text: text.unwrap_or_default(), span }
    }

    fn span(&self, Stored { start, end, origin }: Stored) -> Span {
        match self.origins.get(index(origin)) {
            Some(Origin::File { file, trace }) => Span { file: *file, start, end, trace: *trace },
            Some(Origin::Put(span)) => *span,
            None => Span::default(),
        }
    }
}

fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
