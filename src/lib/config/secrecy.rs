//! What no message may show: passwords, also where a mistake keeps the tree from knowing them.
//!
//! It decides from the text of the files, line by line, and rather hides too much. Secret is what
//! stands behind a keyword whose arguments are (`auth_pass`) or behind a misspelt one; and in a
//! block that has such keywords (`authentication`, also misspelt, also without its braces) every
//! word that is no keyword. It refuses to know whether the configuration is right.
//!
//! Only [`Suspects`] are looked at, and the lines after them as long as these may belong to them:
//! of most lines the reader can say that they begin with a keyword and tell nothing.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::LazyLock;

use super::diagnostic::Diagnostic;
use super::schema::{self, Arguments, Block, Keyword};
use super::source::{SourceFile, SourceMap, Span, offset};
use super::spelling::is_near;
use super::tree::Word;

/// What is shown in place of a secret.
const HIDDEN: &str = "***";
/// Shortest word that means something wherever it stands.
const TELLING: usize = 3;
/// Parts of the names of definitions that hold secrets.
const TELLTALES: [&str; 4] = ["pass", "secret", "auth", "key"];

/// Parts of files that may hold secrets, or begin to. A line that stands in none of them begins
/// with a keyword whose arguments may be shown, or is empty, and [`is_telling`] is none of its
/// words.
#[derive(Debug, Default)]
pub(super) struct Suspects(Vec<Span>);

impl Suspects {
    /// Everything.
    pub(super) fn all(sources: &SourceMap) -> Self {
        let whole = |(file, source): (u32, &SourceFile)| {
            let end = offset(source.text.len());
            Span { file, start: 0, end, trace: 0 }
        };
        Self((0..).zip(sources.files()).map(whole).collect())
    }

    /// Add all of `others`, which come after these.
    pub(super) fn join(&mut self, others: Self) {
        others.0.into_iter().for_each(|part| self.part(part));
    }

    /// Add whole lines of the file that `place` is in.
    pub(super) fn add(&mut self, place: Span, lines: Range<usize>) {
        let (start, end) = (offset(lines.start), offset(lines.end));
        self.part(Span { file: place.file, start, end, trace: 0 });
    }

    fn part(&mut self, part: Span) {
        match self.0.last_mut().filter(|last| (last.file, last.end) == (part.file, part.start)) {
            Some(last) => last.end = part.end,
            None => self.0.push(part),
        }
    }
}

/// Whether what stands behind `word` is secret, or in its block may be, even in the middle of a
/// line.
#[inline]
pub(super) fn is_telling(word: &str) -> bool {
    let first = word.as_bytes().first().map_or(0, |byte| usize::from(byte.to_ascii_lowercase()));
    TELLING_WORDS.initials.get(first).copied().unwrap_or_default()
        && TELLING_WORDS.words.iter().any(|telling| telling.eq_ignore_ascii_case(word))
}

/// The words of [`is_telling`], which is asked for every word of a file.
struct TellingWords {
    words: Vec<&'static str>,
    /// Whether one begins with this byte, in small letters.
    initials: [bool; 256],
}

static TELLING_WORDS: LazyLock<TellingWords> = LazyLock::new(|| {
    let blocks = TABLE.blocks.iter().map(|(name, _)| name.as_str());
    let words: Vec<_> = blocks.chain(TABLE.secrets.iter().copied()).collect();
    let begins = |byte: u8| {
        let first = |word: &&str| word.as_bytes().first().map(u8::to_ascii_lowercase);
        words.iter().any(|word| first(word) == Some(byte))
    };
    let mut initials = [false; 256];
    (0..=u8::MAX).zip(&mut initials).for_each(|(byte, initial)| *initial = begins(byte));
    TellingWords { words, initials }
});

/// Hide secrets in `diagnostics`, and give the places in `sources` that must not be shown; `words`
/// are those of the tree.
pub(super) fn cover<'t>(
    diagnostics: &mut [Diagnostic],
    sources: &SourceMap,
    mut suspects: Suspects,
    words: impl Iterator<Item = Word<'t>>,
) -> Vec<Span> {
    let mut hidden = Hidden::default();
    suspects.0.sort_unstable();
    for parts in suspects.0.chunk_by(|one, other| one.file == other.file) {
        let Some(number) = parts.first().map(|part| part.file) else { continue };
        let Some(file) = sources.file(number) else { continue };
        let mut scan = Scan { file: number, hidden: &mut hidden, block: None, awaiting: false };
        scan.parts(&file.text, parts);
    }
    hidden.spans.sort_unstable();
    if hidden.spans.is_empty() {
        return Vec::new();
    }
    let mut expanded = Vec::new();
    for word in words {
        if hidden.meets(word.span) && !is_harmless(word.text) {
            hidden.texts.insert(word.text.to_owned());
            expanded.push(word.span);
        }
    }
    let texts: Vec<&str> = hidden.texts.iter().map(String::as_str).collect();
    for found in diagnostics {
        let here = found.span.is_some_and(|span| hidden.meets(span));
        for text in [&mut found.message, &mut found.remedy] {
            *text = masked(text, &texts, here);
        }
        for other in &mut found.related {
            other.note = masked(&other.note, &texts, here || hidden.meets(other.span));
        }
    }
    expanded.extend(hidden.spans);
    expanded
}

/// What was found to be secret.
#[derive(Default)]
struct Hidden {
    /// Sorted, without traces, none inside another.
    spans: Vec<Span>,
    texts: BTreeSet<String>,
}

impl Hidden {
    fn add(&mut self, span: Span, text: &str) {
        self.spans.push(span);
        let mut at = 0;
        while let Some((from, to, piece)) = next_piece(text, at) {
            at = to;
            let word = text.get(from..to).unwrap_or_default();
            match piece {
                Piece::Word => {
                    let unescaped = word.replace(['\\', '"'], "");
                    let both = [word.to_owned(), unescaped];
                    self.texts.extend(both.into_iter().filter(|word| !is_harmless(word)));
                }
                Piece::Open | Piece::Close => {}
                Piece::Comment => return,
            }
        }
    }

    /// Whether a part of `span` is secret.
    fn meets(&self, span: Span) -> bool {
        let end = span.end.max(span.start.saturating_add(1));
        let place = |secret: &Span| (secret.file, secret.start) < (span.file, end);
        let next = self.spans.partition_point(place);
        let last = next.checked_sub(1).and_then(|last| self.spans.get(last));
        last.is_some_and(|secret| secret.file == span.file && secret.end > span.start)
    }
}

/// A piece of a line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Piece {
    Word,
    Open,
    Close,
    /// To the end of the line.
    Comment,
}

/// Goes through one file.
struct Scan<'h> {
    file: u32,
    hidden: &'h mut Hidden,
    /// The block with secrets that this is in, and how many of its braces are open.
    block: Option<(&'static Block, usize)>,
    /// A secret is due: its keyword ended the line.
    awaiting: bool,
}

impl Scan<'_> {
    /// Look at `parts` of the file, which start with a line and are in order, and at what follows
    /// each as long as it has a say in that.
    fn parts(&mut self, text: &str, parts: &[Span]) {
        let place = |at: u32| usize::try_from(at).unwrap_or(usize::MAX);
        let mut at = 0;
        for part in parts {
            at = at.max(place(part.start));
            while at < place(part.end) || !self.is_idle() {
                let rest = text.get(at..).unwrap_or_default();
                let Some(raw) = rest.split_inclusive('\n').next() else { return };
                self.line(raw.trim_end_matches(['\n', '\r']), at);
                at += raw.len();
            }
        }
    }

    /// Whether nothing before has a say in what the next line means.
    const fn is_idle(&self) -> bool {
        self.block.is_none() && !self.awaiting
    }

    fn line(&mut self, line: &str, start: usize) {
        let mut first = true;
        let mut at = 0;
        while let Some((from, to, piece)) = next_piece(line, at) {
            at = to;
            let word = line.get(from..to).unwrap_or_default();
            match piece {
                Piece::Open => (first, self.block) = (true, self.block.map(|(b, n)| (b, n + 1))),
                Piece::Close => {
                    first = true;
                    self.block = self.block.filter(|(_, n)| *n > 1).map(|(b, n)| (b, n - 1));
                }
                Piece::Comment if self.block.is_none() => {}
                Piece::Comment => return self.hide(line, start, from..to),
                Piece::Word => {
                    if let Some(shown) = self.word(word, first) {
                        let rest = line.get(to..).unwrap_or_default().trim();
                        self.awaiting = shown == word.len() && matches!(rest, "" | "\\");
                        return self.hide(line, start, from + shown..line.len());
                    }
                    if self.block.is_some() && !is_harmless(word) {
                        self.hide(line, start, from..to);
                    }
                    first = false;
                }
            }
        }
    }

    /// When the rest of the line is secret after `word`, `first` of its statement: how many bytes
    /// of `word` are not.
    fn word(&mut self, word: &str, first: bool) -> Option<usize> {
        let awaiting = std::mem::take(&mut self.awaiting);
        if schema::is_secret(word) && (first || word.len() > TELLING) {
            return Some(word.len());
        }
        let opened = TABLE.blocks.iter().find(|(name, _)| name.eq_ignore_ascii_case(word));
        if let Some((_, block)) = opened {
            self.block = Some((*block, 0));
            return None;
        }
        if !first {
            return None;
        }
        if is_setting(word) {
            let stays = |(block, _): &(&'static Block, usize)| block.find(word).is_some();
            self.block = self.block.filter(stays);
            return None;
        }
        if awaiting {
            return Some(0);
        }
        let lower = word.to_ascii_lowercase();
        let defined = lower.split_once('=').map(|(name, _)| name);
        if let Some(name) = defined.filter(|name| TELLTALES.iter().any(|part| name.contains(part)))
        {
            return Some(name.len() + 1);
        }
        let letters = lower.chars().filter(char::is_ascii_alphabetic).count();
        if 2 * letters < lower.len() {
            return None;
        }
        if let Some(name) = TABLE.secrets.iter().find(|name| is_near(&lower, name)) {
            // In a longer one the blank may be what is missing.
            return Some(if word.len() > name.len() { 0 } else { word.len() });
        }
        if TABLE.secrets.iter().any(|name| name.len() > TELLING && lower.contains(name)) {
            return Some(0);
        }
        let block = TABLE.blocks.iter().find(|(name, _)| is_near(&lower, name));
        if let Some((_, block)) = block.filter(|_| self.block.is_none()) {
            self.block = Some((*block, 0));
        }
        None
    }

    fn hide(&mut self, line: &str, start: usize, range: Range<usize>) {
        let text = line.get(range.clone()).unwrap_or_default();
        let range = range.end - text.trim_start().len()..range.end;
        let place = |at: usize| offset(start.saturating_add(at));
        let (start, end) = (place(range.start), place(range.end));
        self.hidden.add(Span { file: self.file, start, end, trace: 0 }, text);
    }
}

/// The next piece of `line` from `at` on, and where it begins and ends.
fn next_piece(line: &str, at: usize) -> Option<(usize, usize, Piece)> {
    let rest = line.get(at..)?;
    let from = at + rest.len() - rest.trim_start().len();
    let rest = line.get(from..)?;
    let piece = match rest.chars().next()? {
        '{' => return Some((from, from + 1, Piece::Open)),
        '}' => return Some((from, from + 1, Piece::Close)),
        '#' | '!' => return Some((from, line.len(), Piece::Comment)),
        '"' => {
            let inside = rest.get(1..).unwrap_or_default();
            return Some((
                from,
                inside.find('"').map_or(line.len(), |n| from + n + 2),
                Piece::Word,
            ));
        }
        _ => Piece::Word,
    };
    let mut dollar = false;
    let end = rest.find(|letter: char| {
        let name = std::mem::replace(&mut dollar, letter == '$');
        letter.is_whitespace() || matches!(letter, '{' | '}' | '"') && !name
    });
    Some((from, end.map_or(line.len(), |end| from + end), piece))
}

/// What the keyword table says about secrets.
struct Table {
    /// Keywords whose arguments are secret.
    secrets: BTreeSet<&'static str>,
    /// Blocks that have some, by the keyword that opens them, in small letters.
    blocks: Vec<(String, &'static Block)>,
    /// Arguments of other keywords there.
    choices: BTreeSet<&'static str>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let blocks = schema::blocks().iter().filter(|block| !block.entries);
    let rows = || blocks.clone().flat_map(|block| block.keywords());
    let has_secrets = |block: &'static Block| block.keywords().any(|row| row.secret);
    let opened = rows().filter_map(|row| Some((row.keyword, row.content?)));
    let opened = opened.filter(|(_, block)| has_secrets(block));
    let with_secrets: Vec<_> = opened.map(|(word, block)| (word.to_lowercase(), block)).collect();
    let inside = with_secrets.iter().flat_map(|(_, block)| block.keywords());
    let choices = inside.filter_map(|row| match row.arguments {
        Arguments::Choice(words) => Some(words),
        _ => None,
    });
    Table {
        secrets: rows().filter(|row| row.secret).map(|row| row.keyword).collect(),
        choices: choices.flatten().copied().collect(),
        blocks: with_secrets,
    }
});

/// Whether a word tells nothing where a secret may stand.
fn is_harmless(word: &str) -> bool {
    let letters = word.chars().any(char::is_alphanumeric);
    !letters || is_setting(word) || TABLE.choices.contains(word)
}

/// Whether a word is a keyword that may begin a line.
fn is_setting(word: &str) -> bool {
    Keyword::of(word).is_some_and(Keyword::is_setting)
}

/// `text` without `secrets`; `strict`: without anything that it quotes but keywords.
fn masked(text: &str, secrets: &[&str], strict: bool) -> String {
    let mut out = text.to_owned();
    // What is part of another comes before it in their order.
    for secret in secrets.iter().rev() {
        if secret.chars().count() >= TELLING {
            out = without(&out, secret);
        } else {
            for mark in ['`', '\''] {
                let quoted = format!("{mark}{secret}{mark}");
                out = out.replace(&quoted, &format!("{mark}{HIDDEN}{mark}"));
            }
        }
    }
    if !strict {
        return out;
    }
    let paths = |text: &str| schema::blocks().iter().any(|block| block.path == text);
    let shown =
        |quoted: &str| quoted.split_whitespace().next().is_none_or(is_harmless) || paths(quoted);
    let parts: Vec<&str> = out.split('`').collect();
    let parts = parts.iter().enumerate();
    let parts = parts.map(|(n, part)| if n % 2 == 0 || shown(part) { part } else { HIDDEN });
    parts.collect::<Vec<_>>().join("`")
}

/// `text` without `secret` wherever it is not a part of a longer word.
fn without(text: &str, secret: &str) -> String {
    let inside = |letter: char| letter.is_alphanumeric() || letter == '_';
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(secret) {
        let (before, found) = rest.split_at(at);
        let (found, after) = found.split_at(secret.len());
        let longer = before.ends_with(inside) && secret.starts_with(inside)
            || after.starts_with(inside) && secret.ends_with(inside);
        out.push_str(before);
        out.push_str(if longer { found } else { HIDDEN });
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::diagnostic::Findings;
    use crate::config::tree::Builder;
    use proptest::prelude::*;

    /// The lines of `text` that the reader of plain lines does not vouch for.
    fn suspects(text: &str, place: Span) -> Suspects {
        let (mut builder, mut suspects) = (Builder::default(), Suspects::default());
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let start = Span { start: offset(at), ..place };
            let taken = builder.plain_line(line, start, &mut Findings::default());
            if taken.is_none_or(|line| line.suspect) {
                suspects.add(place, at..at + line.len());
            }
            at += line.len();
        }
        suspects
    }

    proptest! {
        #[test]
        fn a_line_that_is_no_suspect_hides_nothing(
            lines in prop::collection::vec(
                "[ \t]?(auth_pass|auth_pas|AUTHENTICATION|authentication|weight|password|SSL|x|\
                 script \"a b\"|priority 1|auth_type PASS)?( auth_pass| PASS| y9| \"z\"| x)?[ ]?[{}#]?",
                0..12,
            ),
        ) {
            let text = lines.join("\n") + "\n";
            let mut sources = SourceMap::default();
            let file = sources.add("x".into(), text.clone());
            let found = suspects(&text, Span { file, ..Span::default() });
            let all = cover(&mut [], &sources, Suspects::all(&sources), std::iter::empty());
            prop_assert_eq!(cover(&mut [], &sources, found, std::iter::empty()), all);
        }
    }
}
