//! A piece of text that remembers where each of its bytes came from.

use std::borrow::Cow;

use super::quoting::is_blank;
use super::source::{Span, offset};

/// A run of text with one origin.
#[derive(Clone, Copy, Debug)]
struct Piece {
    /// Where in the fragment it starts.
    at: usize,
    /// Where it came from.
    span: Span,
    /// The text stands in the file byte for byte; otherwise `span` is where it was put in.
    exact: bool,
}

/// One line on its way from the file to the tree. A line that stands in a file as it is borrows its
/// text and needs no pieces: most lines do, and cost no memory of their own.
#[derive(Clone, Debug)]
pub(super) struct Fragment<'a> {
    text: Cow<'a, str>,
    /// Where the first byte came from when there are no pieces.
    origin: Span,
    pieces: Vec<Piece>,
}

impl Default for Fragment<'_> {
    fn default() -> Self {
        Self::exact("", Span::default())
    }
}

/// Memory of lines that are done, for the next ones: a large expansion makes millions of lines.
#[derive(Debug, Default)]
pub(super) struct Spare(Vec<(String, Vec<Piece>)>);

impl Spare {
    /// An empty line.
    pub(super) fn take(&mut self) -> Fragment<'static> {
        let (text, pieces) = self.0.pop().unwrap_or_default();
        Fragment { text: Cow::Owned(text), origin: Span::default(), pieces }
    }

    /// What `line.part(from, to)` gives.
    pub(super) fn part<'a>(&mut self, line: &Fragment<'a>, from: usize, to: usize) -> Fragment<'a> {
        if matches!(line.text, Cow::Borrowed(_)) && line.pieces.is_empty() {
            return line.part(from, to);
        }
        let (start, end) = line.trimmed(from, to);
        let mut part = self.take();
        part.push_part(line, start, end);
        part
    }

    /// A line that is done.
    pub(super) fn give(&mut self, line: Fragment<'_>) {
        if let Fragment { text: Cow::Owned(mut text), mut pieces, .. } = line {
            text.clear();
            pieces.clear();
            self.0.push((text, pieces));
        }
    }
}

impl<'a> Fragment<'a> {
    /// Text as it stands in the file at `span`.
    pub(super) const fn exact(text: &'a str, span: Span) -> Self {
        Self { text: Cow::Borrowed(text), origin: span, pieces: Vec::new() }
    }

    /// The same with a text of its own.
    pub(super) fn into_owned(self) -> Fragment<'static> {
        let text = Cow::Owned(self.text.into_owned());
        Fragment { text, origin: self.origin, pieces: self.pieces }
    }

    /// The text.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Append text that was put in for what stands at `span`.
    pub(super) fn push_replaced(&mut self, text: &str, span: Span) {
        self.cut();
        self.pieces.push(Piece { at: self.text.len(), span, exact: false });
        self.text.to_mut().push_str(text);
    }

    /// Make the one origin of all the text a piece like others.
    fn cut(&mut self) {
        if self.pieces.is_empty() && !self.text.is_empty() {
            self.pieces.push(Piece { at: 0, span: self.origin, exact: true });
        }
    }

    /// Append bytes `from..to` of `other` with their origins.
    pub(super) fn push_part(&mut self, other: &Fragment<'_>, from: usize, to: usize) {
        self.push_led(other, (from, to), |trace| trace);
    }

    /// The same, with the trace that `led` makes of the one that each byte has.
    pub(super) fn push_led(
        &mut self,
        other: &Fragment<'_>,
        (from, to): (usize, usize),
        mut led: impl FnMut(u32) -> u32,
    ) {
        let Some(part) = other.text.get(from..to).filter(|part| !part.is_empty()) else { return };
        self.cut();
        let base = self.text.len();
        let whole = [Piece { at: 0, span: other.origin, exact: true }];
        let pieces = if other.pieces.is_empty() { &whole[..] } else { &other.pieces };
        let first = pieces.partition_point(|piece| piece.at <= from).saturating_sub(1);
        let last = pieces.partition_point(|piece| piece.at < to);
        self.pieces.reserve(last.saturating_sub(first));
        for (index, piece) in pieces.iter().enumerate().take(last).skip(first) {
            let end = pieces.get(index + 1).map_or(other.text.len(), |next| next.at);
            let (low, high) = (piece.at.max(from), end.min(to));
            if low >= high {
                continue;
            }
            let mut span = piece.span;
            if piece.exact {
                span.start += offset(low - piece.at);
            }
            span.trace = led(span.trace);
            self.pieces.push(Piece { at: base + low - from, span, exact: piece.exact });
        }
        self.text.to_mut().push_str(part);
    }

    /// The part from byte `from` on, without blanks at both ends.
    pub(super) fn rest(&self, from: usize) -> Fragment<'a> {
        self.part(from, self.text.len())
    }

    /// Bytes `from..to`, without blanks at both ends.
    pub(super) fn part(&self, from: usize, to: usize) -> Fragment<'a> {
        let (start, end) = self.trimmed(from, to);
        if let (Cow::Borrowed(text), true) = (&self.text, self.pieces.is_empty()) {
            let origin = Span { start: self.origin.start + offset(start), ..self.origin };
            return Fragment::exact(text.get(start..end).unwrap_or_default(), origin);
        }
        let mut rest = Fragment::default();
        rest.push_part(self, start, end);
        rest
    }

    /// Bytes `from..to` without the blanks at both ends.
    fn trimmed(&self, from: usize, to: usize) -> (usize, usize) {
        let part = self.text.get(from..to).unwrap_or_default();
        let start = from + part.len() - part.trim_start_matches(is_blank).len();
        (start, start + part.trim_matches(is_blank).len())
    }

    /// Where bytes `from..to` came from.
    pub(super) fn span(&self, from: usize, to: usize) -> Span {
        let first = self.origin(from);
        if to <= from + 1 {
            return Span { end: first.end.max(first.start), ..first };
        }
        first.to(self.origin(to - 1))
    }

    /// Whether bytes `from..to` stand in one file one after the other, at [`Self::span`].
    pub(super) fn stands_in_file(&self, from: usize, to: usize) -> bool {
        let index = |at: usize| self.pieces.partition_point(|piece| piece.at <= at);
        if self.pieces.is_empty() || from >= to {
            return self.pieces.is_empty();
        }
        let piece = index(from);
        let exact = piece.checked_sub(1).and_then(|piece| self.pieces.get(piece));
        exact.is_some_and(|piece| piece.exact) && piece == index(to - 1)
    }

    /// Where the byte at `at` came from: that byte, or the whole replaced text.
    fn origin(&self, at: usize) -> Span {
        let index = self.pieces.partition_point(|piece| piece.at <= at);
        let piece = match index.checked_sub(1).and_then(|index| self.pieces.get(index)) {
            Some(piece) => *piece,
            None if self.pieces.is_empty() => Piece { at: 0, span: self.origin, exact: true },
            None => return Span::default(),
        };
        if !piece.exact {
            return piece.span;
        }
        let start = piece.span.start + offset(at - piece.at);
        Span { start, end: start + 1, ..piece.span }
    }

    /// Give every byte the trace that `led` makes of the one it has.
    pub(super) fn traced(mut self, mut led: impl FnMut(u32) -> u32) -> Self {
        self.origin.trace = led(self.origin.trace);
        for piece in &mut self.pieces {
            piece.span.trace = led(piece.span.trace);
        }
        self
    }
}
