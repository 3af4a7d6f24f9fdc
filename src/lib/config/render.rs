//! The text that is left when everything is expanded, statement by statement, with where each
//! came from. Reading it again gives the same tree.

use std::ops::Range;

use super::fragment::Fragment;
use super::quoting;
use super::schema;
use super::source::Span;

/// Blanks for each block round a line.
const INDENT: usize = 4;

/// A line of the expanded text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenderedLine {
    /// With its indentation; secrets are there.
    pub text: String,
    /// Where the statement came from; its trace leads to the definitions and includes behind it.
    pub span: Span,
    /// Which bytes of `text` are secret.
    pub secret: Option<Range<usize>>,
}

impl RenderedLine {
    /// Whether a comment behind the text is one when it is read again.
    #[must_use]
    pub fn takes_comment(&self) -> bool {
        !self.text.ends_with('\\') && quoting::comment(&format!("{} #", self.text)).is_some()
    }
}

/// Collects the lines.
#[derive(Debug, Default)]
pub(super) struct Rendering {
    lines: Vec<RenderedLine>,
    depth: usize,
    /// The last line may still get a brace.
    open: bool,
}

impl Rendering {
    /// A statement.
    pub(super) fn text(&mut self, line: &Fragment<'_>) {
        let text = quoting::without_comment(line.text());
        let keyword = text.find([' ', '\t']).unwrap_or(text.len());
        let secret = text.get(..keyword).is_some_and(schema::is_secret);
        let indent = self.push(&text, line.span(0, line.text().len()));
        if let Some(last) = self.lines.last_mut().filter(|_| secret) {
            last.secret = Some((indent + keyword + 1).min(last.text.len())..last.text.len());
        }
        self.open = true;
    }

    /// A brace.
    pub(super) fn brace(&mut self, opens: bool, span: Span) {
        if opens {
            match self.lines.last_mut().filter(|_| self.open) {
                Some(last) => last.text.push_str(" {"),
                None => {
                    self.push("{", span);
                }
            }
            self.depth += 1;
        } else {
            self.depth = self.depth.saturating_sub(1);
            self.push("}", span);
        }
        self.open = false;
    }

    /// How far it is indented.
    fn push(&mut self, text: &str, span: Span) -> usize {
        let indent = self.depth * INDENT;
        let text = format!("{:indent$}{text}", "");
        self.lines.push(RenderedLine { text, span, secret: None });
        indent
    }

    /// The lines.
    pub(super) fn finish(self) -> Vec<RenderedLine> {
        self.lines
    }
}
