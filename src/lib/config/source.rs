//! Where every word came from: files, positions, and the definitions it was expanded through.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// How the note of a trace to a definition of one line ends.
pub(super) const DEFINED: &str = "is defined here";

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
}

/// One step of expansion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// What this step says of `span`: "`$NAME` is defined here", "`$NAME` is used here".
    pub note: String,
    /// Where; its own trace goes on from there.
    pub span: Span,
}

/// A file that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Its path as it was asked for.
    pub path: PathBuf,
    /// Its text.
    pub text: Arc<String>,
    /// Byte offset of each line, once somebody asks.
    lines: OnceLock<Vec<u32>>,
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
    traces: Vec<Trace>,
    secrets: Vec<Span>,
}

impl SourceMap {
    /// Add a file; the index goes into [`Span::file`].
    pub fn add(&mut self, path: PathBuf, text: impl Into<Arc<String>>) -> u32 {
        self.files.push(SourceFile { path, text: text.into(), lines: OnceLock::new() });
        offset(self.files.len().saturating_sub(1))
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

    /// Remember a step of expansion; the number goes into [`Span::trace`].
    pub fn trace(&mut self, note: String, span: Span) -> u32 {
        self.traces.push(Trace { note, span });
        offset(self.traces.len())
    }

    /// The steps of expansion behind `span`, nearest first, at most eight.
    #[must_use]
    pub fn traces_of(&self, span: Span) -> Vec<&Trace> {
        let step = |trace: u32| self.traces.get(usize::try_from(trace.checked_sub(1)?).ok()?);
        std::iter::successors(step(span.trace), |trace| step(trace.span.trace)).take(8).collect()
    }

    /// Never show what is in `span`, nor the definitions it came from.
    pub fn conceal(&mut self, span: Span) {
        let mut lines = Vec::new();
        for trace in self.traces_of(span) {
            let line = self.file(trace.span.file).and_then(|file| file.line_of(trace.span.start));
            if let Some((_, line)) = line.filter(|_| trace.note.ends_with(DEFINED)) {
                lines.push(Span { start: trace.span.end, end: offset(line.end), ..trace.span });
            }
        }
        self.secrets.push(span);
        self.secrets.extend(lines);
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

    fn lines(&self) -> &[u32] {
        self.lines.get_or_init(|| {
            let ends = self.text.match_indices('\n').map(|(at, _)| offset(at.saturating_add(1)));
            std::iter::once(0).chain(ends).collect()
        })
    }

    /// Number and byte range (without its end of line) of the line that holds byte `at`.
    fn line_of(&self, at: u32) -> Option<(usize, std::ops::Range<usize>)> {
        let lines = self.lines();
        let number = lines.partition_point(|start| *start <= at);
        let start = usize::try_from(*lines.get(number.checked_sub(1)?)?).ok()?;
        let end = match lines.get(number) {
            Some(next) => usize::try_from(*next).ok()?.saturating_sub(1),
            None => self.text.len(),
        };
        Some((number, start..end))
    }
}

/// A byte offset as it is kept; files are bounded far below 4 GiB.
pub(super) fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
