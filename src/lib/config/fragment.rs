//! A piece of text that remembers where each of its bytes came from.

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

/// One line on its way from the file to the tree.
#[derive(Clone, Debug, Default)]
pub(super) struct Fragment {
    text: String,
    pieces: Vec<Piece>,
}

impl Fragment {
    /// Text as it stands in the file at `span`.
    pub(super) fn exact(text: &str, span: Span) -> Self {
        Self { text: text.to_owned(), pieces: vec![Piece { at: 0, span, exact: true }] }
    }

    /// The text.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Append text that was put in for what stands at `span`.
    pub(super) fn push_replaced(&mut self, text: &str, span: Span) {
        self.pieces.push(Piece { at: self.text.len(), span, exact: false });
        self.text.push_str(text);
    }

    /// Append bytes `from..to` of `other` with their origins.
    pub(super) fn push_part(&mut self, other: &Self, from: usize, to: usize) {
        let Some(part) = other.text.get(from..to) else { return };
        let base = self.text.len();
        let first = other.pieces.partition_point(|piece| piece.at <= from).saturating_sub(1);
        for (index, piece) in other.pieces.iter().enumerate().skip(first) {
            if piece.at >= to {
                break;
            }
            let end = other.pieces.get(index + 1).map_or(other.text.len(), |next| next.at);
            let (low, high) = (piece.at.max(from), end.min(to));
            if low >= high {
                continue;
            }
            let mut span = piece.span;
            if piece.exact {
                span.start += offset(low - piece.at);
            }
            self.pieces.push(Piece { at: base + low - from, span, exact: piece.exact });
        }
        self.text.push_str(part);
    }

    /// The part from byte `from` on, without blanks at both ends.
    pub(super) fn rest(&self, from: usize) -> Self {
        let tail = self.text.get(from..).unwrap_or_default();
        let start = self.text.len() - tail.trim_start().len();
        let mut rest = Self::default();
        rest.push_part(self, start, start + tail.trim().len());
        rest
    }

    /// Where bytes `from..to` came from.
    pub(super) fn span(&self, from: usize, to: usize) -> Span {
        let first = self.origin(from);
        if to <= from + 1 {
            return Span { end: first.end.max(first.start), ..first };
        }
        first.to(self.origin(to - 1))
    }

    /// Where the byte at `at` came from: that byte, or the whole replaced text.
    fn origin(&self, at: usize) -> Span {
        let index = self.pieces.partition_point(|piece| piece.at <= at);
        let Some(piece) = index.checked_sub(1).and_then(|index| self.pieces.get(index)) else {
            return Span::default();
        };
        if !piece.exact {
            return piece.span;
        }
        let start = piece.span.start + offset(at - piece.at);
        Span { start, end: start + 1, ..piece.span }
    }

    /// Give every byte that has no trace yet this one.
    pub(super) fn traced(mut self, trace: u32) -> Self {
        for piece in &mut self.pieces {
            if piece.span.trace == 0 {
                piece.span.trace = trace;
            }
        }
        self
    }
}
