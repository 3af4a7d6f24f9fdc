//! Lines to statements and blocks, one after the other as they are read.

use super::lexer::{Lexed, Lexer, Token, ordinary};
use super::{Braces, Kept, Origin, Statement, Stored, index};
use crate::config::diagnostic::{Code, Diagnostic, Findings};
use crate::config::fragment::Fragment;
use crate::config::reader::KEEPALIVED_LINE;
use crate::config::schema::Keyword;
use crate::config::secrecy;
use crate::config::source::{SourceMap, Span, offset};

/// Blocks inside blocks; keepalived's deepest is five.
const DEEPEST: usize = 32;

/// What most people indent a block by, or a multiple of it.
const INDENT: [u8; 4] = [b' '; 4];

/// Takes lines, gives a tree.
#[derive(Debug, Default)]
pub(in crate::config) struct Builder {
    kept: Kept,
    /// The parts before that one, which are complete.
    complete: Vec<Kept>,
    /// The number of the last origin that is a file.
    origin: u32,
    /// Words before those of the statement that is being read.
    begun: usize,
    /// The keyword that its first word is.
    keyword: Option<Keyword>,
    /// The last statement, when it may still get a block.
    last: Option<u32>,
    /// Braces that are open, outermost first; `None`: one of nothing, what follows it stays in the
    /// block round it.
    open: Vec<Option<u32>>,
    /// Braces opened past [`DEEPEST`].
    skipped: usize,
    /// Words that no message may show.
    secrets: Vec<Span>,
}

/// What a [`Builder`] has taken, until the files are complete.
#[derive(Debug)]
pub(in crate::config) struct Taken {
    pub(super) parts: Vec<Kept>,
    /// Words that no message may show.
    pub secrets: Vec<Span>,
    /// Blocks that were still open at the end.
    pub unclosed: usize,
}

impl Builder {
    /// Take one line, or the part of one. False: it was not taken.
    pub(in crate::config) fn line(
        &mut self,
        line: &Fragment<'_>,
        diagnostics: &mut Findings,
    ) -> bool {
        let mut lexer = Lexer::new(line);
        loop {
            match lexer.next() {
                Token::Word(word) => self.word(&word),
                Token::Open(span) => self.brace(true, span, diagnostics),
                Token::Close(span) => self.brace(false, span, diagnostics),
                Token::End => break,
                Token::Unclosed(span) => {
                    diagnostics.push(lexer.not_closed(span));
                    // As keepalived does: the line is not taken.
                    self.kept.words.truncate(self.begun);
                    return false;
                }
            }
        }
        self.statement();
        true
    }

    /// Take a brace, which ends the statement before it. `opens`: it is `{`.
    pub(in crate::config) fn brace(&mut self, opens: bool, span: Span, diagnostics: &mut Findings) {
        self.statement();
        let origin = self.file(span.file, span.trace);
        let brace = Stored { start: span.start, end: span.end, origin };
        if opens {
            self.open(brace, diagnostics);
        } else {
            self.close(brace, diagnostics);
        }
    }

    /// Whether the innermost block is the one of `keyword`; `sources` has the files so far.
    pub(in crate::config) fn inside(&self, keyword: &str, sources: &SourceMap) -> bool {
        let block = self.open.iter().rev().find_map(|open| *open);
        let word = block.and_then(|block| self.kept.words(block).first());
        word.is_some_and(|word| self.kept.word(*word, sources).text == keyword)
    }

    /// Take the line that `text` starts with, which stands in a file at `at`, if nothing in it
    /// needs a closer look: most lines of a large file have a few words and perhaps a brace at the
    /// end, or a brace alone. `None`: it was not taken.
    pub(in crate::config) fn plain_line(
        &mut self,
        text: &str,
        at: Span,
        diagnostics: &mut Findings,
    ) -> Option<PlainLine> {
        let taken = self.plain_words(text, at).filter(|plain| match plain.brace {
            Some((b'}', _)) => plain.keyword.is_empty(),
            Some(_) => !plain.known.is_some_and(Keyword::takes_command),
            None => true,
        });
        let Some(plain) = taken.filter(|plain| !plain.keyword.starts_with("include")) else {
            self.kept.words.truncate(self.begun);
            return None;
        };
        self.keyword = plain.known;
        self.statement();
        match plain.brace {
            Some((b'}', brace)) => self.close(brace, diagnostics),
            Some((_, brace)) => self.open(brace, diagnostics),
            None => {}
        }
        let setting = plain.known.is_some_and(|known| known.is_setting() && !known.is_secret());
        let suspect = plain.telling || !(setting || plain.keyword.is_empty());
        Some(PlainLine { length: plain.length, end: plain.end, suspect })
    }

    /// Keep the words of a plain line. `None`: there is more to the line.
    fn plain_words<'l>(&mut self, text: &'l str, at: Span) -> Option<Plain<'l>> {
        let origin = self.file(at.file, at.trace);
        let place = |byte: usize| at.start.saturating_add(offset(byte));
        let bytes = text.as_bytes();
        let mut plain = Plain::default();
        let mut next = 0;
        loop {
            // Half of a large file is indentation.
            while bytes.get(next..).and_then(|rest| rest.first_chunk()) == Some(&INDENT) {
                next += INDENT.len();
            }
            let from = after(bytes, next, Class::Blank);
            let end = after(bytes, from, Class::Word);
            if from < end {
                if plain.brace.is_some() {
                    return None;
                }
                plain.word(text.get(from..end)?);
                self.kept.words.push(Stored { start: place(from), end: place(end), origin });
            }
            next = end + 1;
            match bytes.get(end) {
                Some(b' ' | b'\t') => {}
                Some(b'\n') => return plain.ends(end, next),
                Some(byte @ (b'{' | b'}')) if plain.brace.is_none() => {
                    let brace = Stored { start: place(end), end: place(next), origin };
                    plain.brace = Some((*byte, brace));
                }
                Some(b'"') if from == end && plain.brace.is_none() && !plain.keyword.is_empty() => {
                    next = quoted(bytes, end)?;
                    let span = Span { start: place(end), end: place(next), ..at };
                    self.put(text.get(end + 1..next - 1)?, span);
                }
                Some(b'\r') if bytes.get(next) == Some(&b'\n') => return plain.ends(end, next + 1),
                None => return plain.ends(end, end),
                Some(_) => return None,
            }
        }
    }

    /// How many words were taken.
    pub(in crate::config) fn words(&self) -> usize {
        self.complete.iter().chain([&self.kept]).map(|part| part.words.len()).sum()
    }

    /// Whether nothing is open: what follows means the same whatever was taken so far, as long as
    /// it does not begin with a brace.
    pub(in crate::config) fn is_outside(&self) -> bool {
        self.open.is_empty() && self.skipped == 0 && self.begun == self.kept.words.len()
    }

    /// Go on as `next`, which has taken what follows since nothing was open.
    pub(in crate::config) fn follow(&mut self, mut next: Self) {
        std::mem::swap(self, &mut next);
        let Self { kept, mut complete, mut secrets, .. } = next;
        complete.push(kept);
        complete.append(&mut self.complete);
        secrets.append(&mut self.secrets);
        (self.complete, self.secrets) = (complete, secrets);
    }

    /// The number of a file as an origin.
    fn file(&mut self, file: u32, trace: u32) -> u32 {
        let origin = Origin::File { file, trace };
        if self.kept.origins.get(index(self.origin)) != Some(&origin) {
            self.origin = offset(self.kept.origins.len());
            self.kept.origins.push(origin);
        }
        self.origin
    }

    /// Keep a word that does not stand in a file as it is, but was put in at `span`.
    fn put(&mut self, text: &str, span: Span) {
        let start = offset(self.kept.texts.len());
        self.kept.texts.push_str(text);
        let origin = offset(self.kept.origins.len());
        self.kept.origins.push(Origin::Put(span));
        let end = offset(self.kept.texts.len());
        self.kept.words.push(Stored { start, end, origin });
    }

    fn word(&mut self, word: &Lexed<'_>) {
        if self.kept.words.len() == self.begun {
            self.keyword = Keyword::of(&word.text);
        }
        let Span { file, start, end, trace } = word.span;
        if word.exact {
            let origin = self.file(file, trace);
            self.kept.words.push(Stored { start, end, origin });
        } else {
            self.put(&word.text, word.span);
        }
    }

    /// The words since the last statement are one.
    fn statement(&mut self) {
        let words = self.kept.words.get(self.begun..).unwrap_or_default();
        if words.is_empty() {
            return;
        }
        if self.skipped > 0 {
            self.kept.words.truncate(self.begun);
            return;
        }
        if self.keyword.is_some_and(Keyword::is_secret) {
            self.secrets.extend(words.iter().skip(1).map(|word| self.kept.span(*word)));
        }
        let at = offset(self.kept.statements.len());
        let (first, end) = (offset(self.begun), at.saturating_add(1));
        self.kept.statements.push(Statement { first, keyword: self.keyword, end, braces: 0 });
        self.begun = self.kept.words.len();
        self.last = Some(at);
    }

    fn open(&mut self, brace: Stored, diagnostics: &mut Findings) {
        if self.skipped > 0 {
            self.skipped += 1;
            return;
        }
        if self.open.len() >= DEEPEST {
            let message = format!("blocks are nested more than {DEEPEST} deep");
            diagnostics.push(
                Diagnostic::new(Code::TooLarge, self.kept.span(brace), message)
                    .remedy("close the blocks that should have ended before this line"),
            );
            self.skipped = 1;
            return;
        }
        let last = self.last.take();
        let statement = last.and_then(|last| self.kept.statements.get_mut(index(last)));
        if let (Some(at), Some(statement)) = (last, statement) {
            self.kept.braces.push(Braces { open: brace, close: None });
            statement.braces = offset(self.kept.braces.len());
            self.open.push(Some(at));
        } else {
            let message = "`{` without a keyword before it";
            diagnostics.push(
                Diagnostic::new(Code::BraceWithoutBlock, self.kept.span(brace), message)
                    .remedy("name the block, or remove the brace and its partner"),
            );
            self.open.push(None);
        }
    }

    fn close(&mut self, brace: Stored, diagnostics: &mut Findings) {
        self.last = None;
        if self.skipped > 0 {
            self.skipped -= 1;
        } else if let Some(open) = self.open.pop() {
            self.end(open, Some(brace));
        } else {
            let span = self.kept.span(brace);
            diagnostics.push(
                Diagnostic::new(Code::SurplusBrace, span, "`}` closes nothing").remedy(
                    "remove it; or a block before it was closed too early, and its \
                     settings were not taken",
                ),
            );
        }
    }

    /// The block `open` takes no more statements.
    fn end(&mut self, open: Option<u32>, close: Option<Stored>) -> Option<()> {
        let end = offset(self.kept.statements.len());
        let statement = self.kept.statements.get_mut(index(open?))?;
        statement.end = end;
        self.kept.braces.get_mut(index(statement.braces.checked_sub(1)?))?.close = close;
        Some(())
    }

    /// All there is, when there are no more lines.
    pub(in crate::config) fn finish(mut self) -> Taken {
        let mut unclosed = 0;
        while let Some(open) = self.open.pop() {
            unclosed += usize::from(self.end(open, None).is_some());
        }
        let mut parts = self.complete;
        parts.push(self.kept);
        Taken { parts, secrets: self.secrets, unclosed }
    }
}

/// What became of a plain line.
pub(in crate::config) struct PlainLine {
    /// Its bytes, without its end and with it.
    pub length: usize,
    pub end: usize,
    /// It may hold a secret, or begin to.
    pub suspect: bool,
}

/// A line of words and at most one brace.
#[derive(Default)]
struct Plain<'l> {
    /// Its first word, and the keyword that this is.
    keyword: &'l str,
    known: Option<Keyword>,
    /// The brace behind the words, and which one it is.
    brace: Option<(u8, Stored)>,
    /// A word makes what follows it secret.
    telling: bool,
    /// Bytes of the line, without its end and with it.
    length: usize,
    end: usize,
}

impl<'l> Plain<'l> {
    /// Take note of a word.
    fn word(&mut self, word: &'l str) {
        if self.keyword.is_empty() {
            (self.keyword, self.known) = (word, Keyword::of(word));
        }
        self.telling |= secrecy::is_telling(word);
    }

    /// The line has `length` bytes, `end` with its end. `None`: that is too many.
    fn ends(self, length: usize, end: usize) -> Option<Self> {
        (length < KEEPALIVED_LINE).then_some(Self { length, end, ..self })
    }
}

/// Where the bytes of `class` end that begin at `from`.
#[inline]
fn after(bytes: &[u8], from: usize, class: Class) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    from + rest.iter().position(|byte| Class::of(*byte) != class).unwrap_or(rest.len())
}

/// Where a quoted word ends that starts at `from` and needs no closer look either.
fn quoted(bytes: &[u8], from: usize) -> Option<usize> {
    let inside = bytes.get(from.saturating_add(1)..)?;
    let length = inside.iter().take_while(|byte| Class::of(**byte) != Class::Other).count();
    let closed = inside.get(length) == Some(&b'"');
    let ended = matches!(inside.get(length + 1), None | Some(b' ' | b'\t' | b'\r' | b'\n'));
    (closed && ended).then_some(from + length + 2)
}

/// What a byte is in a plain line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    /// Part of a word.
    Word,
    Blank,
    /// The end of the line, a brace, or more than a plain line has.
    Other,
}

impl Class {
    fn of(byte: u8) -> Self {
        CLASSES.get(usize::from(byte)).copied().unwrap_or(Self::Other)
    }
}

/// Every byte's class: looked up, because every byte of a large file is asked for.
static CLASSES: [Class; 256] = {
    let mut classes = [Class::Other; 256];
    let mut byte: u8 = 0;
    while byte < 128 {
        let (_, [class, ..]) = classes.split_at_mut(byte as usize) else { break };
        *class = match byte {
            b' ' | b'\t' => Class::Blank,
            b'#' | b'!' | b'@' | b'~' => Class::Other,
            _ if ordinary(byte) => Class::Word,
            _ => Class::Other,
        };
        byte += 1;
    }
    classes
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tree::{Nodes, Place, Tree};
    use proptest::prelude::*;

    /// Statements with the places of their words and braces, and what was found.
    fn dump(builder: Builder, sources: &SourceMap, findings: Findings) -> String {
        fn written(nodes: Nodes<'_>) -> String {
            let node = |place: Place<'_>| {
                let (node, words) = (place.node(), place.node().words().collect::<Vec<_>>());
                let block =
                    node.block.map(|b| format!("{:?} {:?} {}", b.open, b.close, written(b.nodes)));
                format!("{words:?} {block:?}\n")
            };
            nodes.map(node).collect()
        }
        let taken = builder.finish();
        let told = format!("{} {:?} {:?}", taken.unclosed, taken.secrets, findings.into_vec());
        format!("{told}\n{}", written(Tree::new(taken, sources).top()))
    }

    proptest! {
        #[test]
        fn a_plain_line_reads_as_any_line(
            line in "[ \t]{0,9}([a-c.]{1,3}|auth_pass|script)?[ \ta-c.\"'$#{}]{0,9}",
            end in "(|\n|\r\n)",
        ) {
            let mut sources = SourceMap::default();
            let file = sources.add("x".into(), format!("{line}{end}a b\n"));
            let text = sources.file(file).unwrap().text.to_string();
            let at = Span { file, ..Span::default() };
            let (mut plain, mut found) = (Builder::default(), Findings::default());
            if let Some(taken) = plain.plain_line(&text, at, &mut found) && !end.is_empty() {
                prop_assert_eq!((taken.length, taken.end), (line.len(), line.len() + end.len()));
                let plain = dump(plain, &sources, found);
                let (mut general, mut found) = (Builder::default(), Findings::default());
                general.line(&Fragment::exact(&line, at), &mut found);
                prop_assert_eq!(plain, dump(general, &sources, found));
            } else {
                prop_assert!(plain.words() == 0 || end.is_empty());
            }
        }
    }
}
