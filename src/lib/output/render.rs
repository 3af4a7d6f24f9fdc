//! The expanded text of a configuration: for people a configuration again, whose comments say
//! where each line came from, and as data.

use std::path::Path;

use serde::Serialize;

use crate::config::{RenderedLine, SourceMap, Span, Trace};

/// Bytes of a line with its comment, from which on the comment gets a line of its own.
const WIDE: usize = 120;
/// Bytes of a comment at most: keepalived drops lines of 1024.
const LONGEST_COMMENT: usize = 1000;
/// What stands for a secret.
const HIDDEN: &str = "(hidden)";

/// The expanded text as data.
#[derive(Debug, Serialize)]
pub struct Document {
    /// Version of this shape.
    pub v: u8,
    /// The file that was asked for.
    pub file: String,
    /// Its lines.
    pub lines: Vec<Line>,
}

/// One line as data.
#[derive(Debug, Serialize)]
pub struct Line {
    /// The line as it is read again.
    pub text: String,
    /// Where it stands.
    #[serde(flatten)]
    pub origin: Option<Position>,
    /// What led there, nearest first: definitions, repetitions, includes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub chain: Vec<Step>,
}

/// A position.
#[derive(Debug, Serialize)]
pub struct Position {
    /// The file.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
}

/// A step that led to a line.
#[derive(Debug, Serialize)]
pub struct Step {
    /// What happened there.
    pub note: String,
    /// Where.
    #[serde(flatten)]
    pub origin: Option<Position>,
}

/// The lines of `path` as data; `secrets`: with them.
#[must_use]
pub fn document(
    path: &Path,
    lines: &[RenderedLine],
    sources: &SourceMap,
    secrets: bool,
) -> Document {
    let line = |line: &RenderedLine| Line {
        text: shown(line, secrets),
        origin: position(line.span, sources),
        chain: chain(line.span, sources),
    };
    let file = path.display().to_string();
    Document { v: 1, file, lines: lines.iter().map(line).collect() }
}

/// The lines as a configuration; `secrets`: with them; `origins`: with comments.
#[must_use]
pub fn text(lines: &[RenderedLine], sources: &SourceMap, secrets: bool, origins: bool) -> String {
    let mut out = String::new();
    for line in lines {
        let text = shown(line, secrets);
        let comment = if origins { comment(line.span, sources) } else { String::new() };
        let beside = line.takes_comment() && text.len() + comment.len() < WIDE;
        let parts = match (comment.as_str(), beside) {
            ("", _) => [text.as_str(), "", ""],
            (_, true) => [text.as_str(), " ", &comment],
            (_, false) => [comment.as_str(), "\n", &text],
        };
        out.extend(parts);
        out.push('\n');
    }
    out
}

fn shown(line: &RenderedLine, secrets: bool) -> String {
    let mut text = line.text.clone();
    if let Some(secret) = line.secret.clone().filter(|secret| !secrets && !secret.is_empty()) {
        text.replace_range(secret, HIDDEN);
    }
    text
}

/// What led to `span`, nearest first.
pub(super) fn chain(span: Span, sources: &SourceMap) -> Vec<Step> {
    let step = |step: Trace| Step { origin: position(step.span, sources), note: step.note };
    sources.traces_of(span).into_iter().map(step).collect()
}

/// Where `span` is.
pub(super) fn position(span: Span, sources: &SourceMap) -> Option<Position> {
    let at = sources.location(span)?;
    Some(Position { file: at.path.display().to_string(), line: at.line, column: at.column })
}

/// `# FILE:LINE < FILE:LINE`: where a line stands, and what led there.
pub(super) fn comment(span: Span, sources: &SourceMap) -> String {
    let chain = sources.traces_of(span);
    let places = std::iter::once(span).chain(chain.into_iter().map(|step| step.span));
    let places = places.filter_map(|span| position(span, sources));
    let places: Vec<_> = places.map(|at| format!("{}:{}", at.file, at.line)).collect();
    let mut comment = format!("# {}", places.join(" < ")).replace(char::is_control, "?");
    let end =
        (0..=LONGEST_COMMENT.min(comment.len())).rev().find(|at| comment.is_char_boundary(*at));
    comment.truncate(end.unwrap_or(0));
    comment
}
