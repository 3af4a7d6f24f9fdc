//! Which block a missing or surplus brace belongs to. Braces alone only say that the end of the
//! file came too late or too early; how people indent, and where a block of the top level starts,
//! say more.

use super::diagnostic::{Code, Diagnostic, Related};
use super::schema;
use super::source::{SourceMap, Span};
use super::tree::{Block, Node, Nodes, Place, Tree};

/// Columns that a tab goes on to the next multiple of.
const TAB: usize = 8;

/// Report the blocks of `tree` that were open at the end, so many, where they most likely should
/// have ended; and say of a surplus brace which block was probably closed too early.
pub(super) fn report(
    tree: &Tree<'_>,
    unclosed: usize,
    sources: &SourceMap,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let view = View { sources };
    if unclosed > 0 {
        report_missing(tree, unclosed, &view, diagnostics);
    }
    if let Some(surplus) = diagnostics.iter_mut().find(|d| d.code == Code::SurplusBrace) {
        explain_surplus(tree, &view, surplus);
    }
}

fn report_missing(
    tree: &Tree<'_>,
    open: usize,
    view: &View<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let mut suspects = Vec::new();
    view.closed_outside(tree.top(), None, &mut suspects);
    suspects.sort_by_key(|suspect| suspect.close);
    let mut chosen: Vec<Suspect<'_>> = Vec::new();
    for suspect in suspects {
        // The outer blocks of a block without its end are off by one, too.
        let follows = chosen.iter().any(|known| suspect.block.open < known.block.open);
        if chosen.len() < open && !follows {
            chosen.push(suspect);
        }
    }
    let left = open - chosen.len();
    for suspect in chosen {
        let found = not_closed(&suspect.node, &suspect.block);
        let (note, span) = match suspect.stranger() {
            Some(span) => ("this belongs to the block round it", span),
            None => ("this `}` is indented as the end of the block round it", suspect.close),
        };
        let remedy = format!("add the missing `}}` before line {}", view.line(span));
        diagnostics.push(found.remedy(remedy).related(note, span));
    }
    let mut unclosed = Vec::new();
    let mut last = tree.top().last();
    while let Some(node) = last.map(Place::node)
        && let Some(block) = node.block.clone().filter(|block| block.close.is_none())
    {
        last = block.nodes.clone().last();
        unclosed.push((node, block));
    }
    for (node, block) in unclosed.into_iter().rev().take(left) {
        diagnostics.push(unexplained(&node, &block, view));
    }
}

/// A block that is open at the end and that indentation says nothing about.
fn unexplained(node: &Node<'_>, block: &Block<'_>, view: &View<'_>) -> Diagnostic {
    let found = not_closed(node, block);
    let top =
        |inner: &Node<'_>| inner.block.is_some() && schema::stands_only_at_top(inner.keyword.text);
    let Some(inner) = block.nodes.clone().map(Place::node).find(top) else {
        return found.remedy("add the missing `}`; the file may also have been cut short");
    };
    let line = view.line(inner.keyword.span);
    found
        .remedy(format!("add the missing `}}` before line {line}"))
        .related("this can only stand outside of it", inner.keyword.span)
}

fn not_closed(node: &Node<'_>, block: &Block<'_>) -> Diagnostic {
    let message = format!("the block of `{}` is never closed", node.keyword.text);
    Diagnostic::new(Code::NotClosed, block.open, message)
}

fn explain_surplus(tree: &Tree<'_>, view: &View<'_>, surplus: &mut Diagnostic) {
    let closed = tree.top().map(Place::node).filter_map(|node| {
        let close = node.block.as_ref()?.close?;
        Some((node, close))
    });
    let mut closed = closed.filter(|(_, close)| Some(*close) < surplus.span);
    let early = closed.find(|(node, close)| {
        let own = view.indent(node.keyword.span);
        view.first_of_line(*close).zip(own).is_some_and(|(column, own)| column > own)
    });
    if let Some((node, close)) = early {
        let name = node.arguments.first().map_or("", |word| word.text);
        let block = format!("{} {name}", node.keyword.text);
        let note = format!("this `}}` already ends `{}`, and is indented as if not", block.trim());
        surplus.related.push(Related { note, span: close });
        "remove one of the two: settings between them are lost".clone_into(&mut surplus.remedy);
    }
}

/// A block whose `}` was probably meant for the block round it.
struct Suspect<'a> {
    node: Node<'a>,
    block: Block<'a>,
    close: Span,
    /// The keyword of the block round it.
    outer: &'a str,
}

impl Suspect<'_> {
    /// The first line in it that is a block of the block round it.
    fn stranger(&self) -> Option<Span> {
        let own = self.node.keyword.text;
        let belongs = |inner: &Node<'_>| {
            let word = inner.keyword.text;
            inner.block.is_some()
                && schema::may_hold(self.outer, word)
                && !schema::may_hold(own, word)
        };
        self.block.nodes.clone().map(Place::node).find(belongs).map(|inner| inner.keyword.span)
    }
}

struct View<'a> {
    sources: &'a SourceMap,
}

impl View<'_> {
    /// Blocks whose closing brace is indented as the block round them: `outer`, with its
    /// indentation.
    fn closed_outside<'n>(
        &self,
        nodes: Nodes<'n>,
        outer: Option<(&'n str, usize)>,
        found: &mut Vec<Suspect<'n>>,
    ) {
        for node in nodes.map(Place::node) {
            let Some(block) = node.block.clone() else { continue };
            let own = self.indent(node.keyword.span);
            let round = own.map(|own| (node.keyword.text, own));
            self.closed_outside(block.nodes.clone(), round, found);
            if let Some(close) = block.close
                && let (Some(own), Some((outer, column))) = (own, outer)
                && own > column
                && self.first_of_line(close).is_some_and(|end| end <= column)
            {
                found.push(Suspect { node, block, close, outer });
            }
        }
    }

    fn line(&self, span: Span) -> usize {
        self.sources.location(span).map_or(0, |at| at.line)
    }

    /// How far the line that holds `span` is indented; `None` for expanded text.
    fn indent(&self, span: Span) -> Option<usize> {
        let (_, _, line) = self.sources.excerpt(Span { end: span.start, ..span })?;
        (span.trace == 0).then(|| width(&line))
    }

    /// The column of `span`, when nothing but blanks is before it.
    fn first_of_line(&self, span: Span) -> Option<usize> {
        let (_, start, line) = self.sources.excerpt(Span { end: span.start, ..span })?;
        let before = usize::try_from(span.start).ok()?.checked_sub(start)?;
        let blank = line.get(..before)?.trim().is_empty();
        (blank && span.trace == 0).then(|| width(&line))
    }
}

/// Columns of blanks that `line` starts with.
fn width(line: &str) -> usize {
    let blanks = line.chars().take_while(|letter| letter.is_whitespace());
    blanks.fold(0, |at, letter| if letter == '\t' { (at / TAB + 1) * TAB } else { at + 1 })
}
