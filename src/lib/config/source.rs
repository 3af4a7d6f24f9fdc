//! Where every word came from: files, positions, and the definitions it was expanded through.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// Steps of a chain that are shown: the nearest ones.
const LONGEST_CHAIN: usize = 12;
/// Steps behind one step among which a further one is looked for: a line seldom uses more names.
const NEWEST: usize = 32;
/// Bytes of a file from one to the next of which it is known how many lines are before them.
const PIECE: usize = 4096;

/// A range of bytes in one file, with the expansion that led to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// Index of the file in its [`SourceMap`].
    pub file: u32,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
    /// 0: as written. Otherwise one more than the index of the [`Trace`].
    pub trace: u32,
}

impl Span {
    /// From the start of `self` to the end of `other`, if both are in one file.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        if self.file == other.file && other.end > self.start {
            Self { end: other.end, ..self }
        } else {
            self
        }
    }

    /// The same place after its files were taken into another map, which gave this `shift`.
    pub(super) fn shifted(self, (files, traces): (u32, u32)) -> Self {
        let trace = if self.trace == 0 { 0 } else { self.trace.saturating_add(traces) };
        Self { file: self.file.saturating_add(files), trace, ..self }
    }
}

/// What an expansion did at its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    /// A file was included.
    Included,
    /// A definition of one line was put in; its place is the definition.
    Defined(Name),
    /// A definition of several lines was put in; its place is the use.
    Used(Name),
    /// A line was repeated with these values; its place is the head of the repetition.
    Turn(Name),
    /// A variable of a repetition was put in; its place is its name. The turn says it better.
    Set,
}

/// A text that is kept once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name(u32);

/// A step with what led to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Link {
    step: Step,
    /// Where; its own trace does not count.
    span: Span,
    /// The step before, as in [`Span::trace`].
    before: u32,
}

/// A step, and where others of its kind are. It is kept once, as long as it is among the newest of
/// those with its `before`: a hundred thousand lines out of one definition share their chain. The
/// numbers are as in [`Span::trace`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Known {
    link: Link,
    /// The last step that this one led to.
    newest: u32,
    /// The one before this that the same step led to.
    older: u32,
}

/// One step of the chain that led to a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// What happened there: "included here", "`$NAME` is defined here".
    pub note: String,
    /// Where.
    pub span: Span,
}

/// A file that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Its path as it was asked for.
    pub path: PathBuf,
    /// Its text.
    pub text: Arc<String>,
    /// How many lines end before each [`PIECE`], once somebody asks.
    ended: OnceLock<Vec<usize>>,
}

/// A position as people say it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location<'a> {
    /// The file.
    pub path: &'a Path,
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
}

/// All files of one load, and what is secret in them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceMap {
    files: Vec<SourceFile>,
    links: Vec<Known>,
    /// The last step that nothing led to.
    newest: u32,
    names: Vec<Arc<str>>,
    /// Where each name stands in `names`.
    numbers: BTreeMap<Arc<str>, u32>,
    /// By file and first byte.
    secrets: BTreeSet<Span>,
}

impl SourceMap {
    /// Add a file; the index goes into [`Span::file`].
    pub fn add(&mut self, path: PathBuf, text: impl Into<Arc<String>>) -> u32 {
        self.files.push(SourceFile { path, text: text.into(), ended: OnceLock::new() });
        offset(self.files.len().saturating_sub(1))
    }

    /// Take over the files of `other`; returns how far its spans have to be shifted.
    pub(super) fn absorb(&mut self, other: &Self) -> (u32, u32) {
        let shift = (offset(self.files.len()), offset(self.links.len()));
        let names = offset(self.names.len());
        let name = |name: Name| Name(name.0.saturating_add(names));
        let step = |step: Step| match step {
            Step::Defined(of) => Step::Defined(name(of)),
            Step::Used(of) => Step::Used(name(of)),
            Step::Turn(values) => Step::Turn(name(values)),
            Step::Included | Step::Set => step,
        };
        let before = |before: u32| if before == 0 { 0 } else { before.saturating_add(shift.1) };
        self.links.extend(other.links.iter().map(|Known { link, .. }| {
            let (step, span) = (step(link.step), link.span.shifted(shift));
            Known { link: Link { step, span, before: before(link.before) }, newest: 0, older: 0 }
        }));
        self.files.extend(other.files.iter().cloned());
        self.names.extend(other.names.iter().cloned());
        self.secrets.extend(other.secrets.iter().map(|secret| secret.shifted(shift)));
        shift
    }

    /// The file with this index.
    #[must_use]
    pub fn file(&self, index: u32) -> Option<&SourceFile> {
        self.files.get(usize::try_from(index).ok()?)
    }

    /// All files in the order they were read.
    #[must_use]
    pub fn files(&self) -> &[SourceFile] {
        &self.files
    }

    /// The number of a text.
    pub(super) fn name(&mut self, text: &str) -> Name {
        if let Some(number) = self.numbers.get(text) {
            return Name(*number);
        }
        let (text, number): (Arc<str>, u32) = (text.into(), offset(self.names.len()));
        self.names.push(text.clone());
        self.numbers.insert(text, number);
        Name(number)
    }

    /// Remember a step at `span`, which the chain of `before` led to; the number goes into
    /// [`Span::trace`].
    pub(super) fn trace(&mut self, step: Step, span: Span, before: u32) -> u32 {
        let link = Link { step, span: Span { trace: 0, ..span }, before };
        let newest = self.known(before).map_or(self.newest, |known| known.newest);
        let mut number = newest;
        for _ in 0..NEWEST {
            match self.known(number) {
                Some(known) if known.link == link => return number,
                Some(known) => number = known.older,
                None => break,
            }
        }
        self.links.push(Known { link, newest: 0, older: newest });
        let number = offset(self.links.len());
        let place = before.checked_sub(1).and_then(|at| usize::try_from(at).ok());
        match place.and_then(|at| self.links.get_mut(at)) {
            Some(known) => known.newest = number,
            None => self.newest = number,
        }
        number
    }

    /// The step with this number.
    fn known(&self, number: u32) -> Option<&Known> {
        self.links.get(usize::try_from(number.checked_sub(1)?).ok()?)
    }

    /// The chain `trace` with the chain `before` behind its last step.
    pub(super) fn join(&mut self, trace: u32, before: u32) -> u32 {
        let chain: Vec<Link> = self.chain(trace).collect();
        chain.iter().rev().fold(before, |before, link| self.trace(link.step, link.span, before))
    }

    /// Nearest step first.
    fn chain(&self, trace: u32) -> impl Iterator<Item = Link> {
        let link = |number: u32| self.known(number).map(|known| known.link);
        std::iter::successors(link(trace), move |step| link(step.before))
    }

    /// The steps that led to `span`, nearest first; of a long chain only the nearest.
    #[must_use]
    pub fn traces_of(&self, span: Span) -> Vec<Trace> {
        let name = |name: Name| {
            let number = usize::try_from(name.0).unwrap_or(usize::MAX);
            self.names.get(number).map_or("", |text| text)
        };
        let trace = |link: Link| {
            let note = match link.step {
                Step::Included => "included here".to_owned(),
                Step::Defined(of) => format!("`${}` is defined here", name(of)),
                Step::Used(of) => format!("from the definition of `${}`, used here", name(of)),
                Step::Turn(_) if self.covers(link.span) => "repeated here".to_owned(),
                Step::Turn(values) => format!("repeated here with {}", name(values)),
                Step::Set => return None,
            };
            Some(Trace { note, span: link.span })
        };
        self.chain(span.trace).filter_map(trace).take(LONGEST_CHAIN).collect()
    }

    /// Whether a part of `span` is secret.
    fn covers(&self, span: Span) -> bool {
        let meets = |secret: &Span| secret.file == span.file && secret.start < span.end;
        self.secrets.iter().any(|secret| meets(secret) && span.start < secret.end)
    }

    /// Never show what is in `span`, nor the definitions it came from.
    pub fn conceal(&mut self, span: Span) {
        let defined = |link: &Link| matches!(link.step, Step::Defined(_) | Step::Set);
        for link in self.chain(span.trace).filter(defined).collect::<Vec<_>>() {
            let line = self.file(link.span.file).and_then(|file| file.line_of(link.span.start));
            if let Some((_, line)) = line {
                let end = offset(line.end);
                self.secrets.insert(Span { start: link.span.end, end, ..link.span });
            }
        }
        self.secrets.insert(Span { trace: 0, ..span });
    }

    /// Line and column of the start of `span`.
    #[must_use]
    pub fn location(&self, span: Span) -> Option<Location<'_>> {
        let file = self.file(span.file)?;
        let (line, range) = file.line_of(span.start)?;
        let start = usize::try_from(span.start).ok()?;
        let column = file.text.get(range.start..start).map_or(1, |s| s.chars().count() + 1);
        Some(Location { path: &file.path, line, column })
    }

    /// The lines that `span` touches, with secrets covered: number of the first line, its byte
    /// offset in the file, and the text. Covering keeps the length in bytes.
    #[must_use]
    pub fn excerpt(&self, span: Span) -> Option<(usize, usize, String)> {
        let file = self.file(span.file)?;
        let (number, first) = file.line_of(span.start)?;
        let (_, last) = file.line_of(span.end.max(span.start))?;
        let end = last.end.max(first.end);
        let mut text = file.text.get(first.start..end)?.to_owned();
        for secret in self.secrets.iter().filter(|s| s.file == span.file) {
            let from = usize::try_from(secret.start).ok()?.max(first.start);
            let to = usize::try_from(secret.end).ok()?.min(end);
            if from < to {
                text.replace_range(from - first.start..to - first.start, &"*".repeat(to - from));
            }
        }
        // What follows a password may be the rest of it that a comment sign cut off.
        if let Some(at) = text.find("auth_pass ").map(|at| at + "auth_pass ".len()) {
            let end = text.get(at..)?.find('\n').map_or(text.len(), |length| at + length);
            text.replace_range(at..end, &"*".repeat(end - at));
        }
        Some((number, first.start, text))
    }
}

impl SourceFile {
    /// The bytes of `span`, which is in this file.
    pub(super) fn text_at(&self, span: Span) -> Option<&str> {
        self.text.get(usize::try_from(span.start).ok()?..usize::try_from(span.end).ok()?)
    }

    /// Number and byte range (without its end of line) of the line that holds byte `at`.
    fn line_of(&self, at: u32) -> Option<(usize, std::ops::Range<usize>)> {
        let at = usize::try_from(at).ok()?.min(self.text.len());
        let (before, rest) = self.text.as_bytes().split_at_checked(at)?;
        let pieces = self.ended.get_or_init(|| pieces(self.text.as_bytes()));
        let ended =
            pieces.get(at / PIECE)?.saturating_add(line_ends(before.get(at - at % PIECE..)?));
        let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let length = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
        Some((ended.saturating_add(1), start..at.saturating_add(length)))
    }
}

/// How many lines end in `text` before each [`PIECE`] of it and before its end.
fn pieces(text: &[u8]) -> Vec<usize> {
    let sums = text.chunks(PIECE).scan(0_usize, |sum, piece| {
        *sum = sum.saturating_add(line_ends(piece));
        Some(*sum)
    });
    std::iter::once(0).chain(sums).collect()
}

/// How many lines end in `bytes`; counted in pieces so small that the count of one fits a byte,
/// which makes it many bytes at a time.
fn line_ends(bytes: &[u8]) -> usize {
    let ends = |piece: &[u8]| piece.iter().map(|byte| u8::from(*byte == b'\n')).sum::<u8>();
    bytes.chunks(usize::from(u8::MAX)).map(|piece| usize::from(ends(piece))).sum()
}

/// A byte offset as it is kept; files are bounded far below 4 GiB.
pub(super) fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_byte_is_in_the_line_that_counting_finds(
            lines in prop::collection::vec("[a-zé]{0,400}\r?", 1..60),
            places in prop::collection::vec(0..1000_usize, 20),
        ) {
            let text = lines.join("\n");
            let mut sources = SourceMap::default();
            let number = sources.add("x".into(), text.clone());
            let file = sources.file(number).unwrap();
            let ends = [0, PIECE, 2 * PIECE, text.len()].map(|end| end.min(text.len()));
            let scaled = places.iter().map(|place| text.len() * place / 999);
            for at in scaled.chain(ends) {
                let (before, after) = text.as_bytes().split_at(at);
                let line = before.split(|byte| *byte == b'\n').count();
                let start = at - before.split(|byte| *byte == b'\n').next_back().unwrap().len();
                let end = at + after.split(|byte| *byte == b'\n').next().unwrap().len();
                prop_assert_eq!(file.line_of(offset(at)), Some((line, start..end)));
            }
        }
    }
}
