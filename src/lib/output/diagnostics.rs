//! What is wrong with a configuration, for people (file, line, column, the line itself with a
//! caret, what to do) and as data. Secrets are covered in both.

use std::borrow::Cow;
use std::io::IsTerminal;
use std::path::Path;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use serde::Serialize;

use super::log;
use crate::config::{Diagnostic, Outcome, Severity, SourceMap, Span};

/// The diagnostics of one file as data.
#[derive(Debug, Serialize)]
pub struct Document<'a> {
    /// The file that was asked for.
    pub file: String,
    /// No errors, so it can be run.
    pub valid: bool,
    /// How many errors.
    pub errors: usize,
    /// How many warnings.
    pub warnings: usize,
    /// All of them in the order of the files.
    pub diagnostics: Vec<Finding<'a>>,
}

/// One diagnostic as data.
#[derive(Debug, Serialize)]
pub struct Finding<'a> {
    /// `E0001` …: stable.
    pub code: &'static str,
    /// `error` or `warning`.
    pub severity: &'static str,
    /// What is wrong.
    pub message: &'a str,
    /// What to do, or what happens now.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub remedy: &'a str,
    /// Where.
    #[serde(flatten)]
    pub place: Option<Place>,
    /// Other places, and the definitions and includes that led here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<Note<'a>>,
}

/// A position.
#[derive(Debug, Serialize)]
pub struct Place {
    /// The file.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// The line, secrets covered.
    pub source: String,
}

/// A position with what is there.
#[derive(Debug, Serialize)]
pub struct Note<'a> {
    /// What is there.
    pub note: Cow<'a, str>,
    /// Where.
    #[serde(flatten)]
    pub place: Option<Place>,
}

/// The findings of `outcome`, which came from `path`, as data.
#[must_use]
pub fn document<'a>(path: &Path, outcome: &'a Outcome) -> Document<'a> {
    let errors = outcome.errors();
    Document {
        file: path.display().to_string(),
        valid: errors == 0,
        errors,
        warnings: outcome.diagnostics.len() - errors,
        diagnostics: findings(outcome),
    }
}

/// The findings of `outcome` alone.
#[must_use]
pub fn findings(outcome: &Outcome) -> Vec<Finding<'_>> {
    outcome.diagnostics.iter().map(|found| finding(found, &outcome.sources)).collect()
}

fn finding<'a>(diagnostic: &'a Diagnostic, sources: &'a SourceMap) -> Finding<'a> {
    let notes = notes(diagnostic, sources);
    Finding {
        code: diagnostic.code.text(),
        severity: match diagnostic.severity() {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        message: &diagnostic.message,
        remedy: &diagnostic.remedy,
        place: diagnostic.span.and_then(|span| place(span, sources)),
        related: notes.map(|(note, span)| Note { note, place: place(span, sources) }).collect(),
    }
}

fn place(span: Span, sources: &SourceMap) -> Option<Place> {
    let at = sources.location(span)?;
    let (_, _, source) = sources.excerpt(Span { end: span.start, ..span })?;
    let file = at.path.display().to_string();
    Some(Place { file, line: at.line, column: at.column, source })
}

/// Related places, then the expansions that led to the diagnostic.
fn notes<'a>(
    diagnostic: &'a Diagnostic,
    sources: &'a SourceMap,
) -> impl Iterator<Item = (Cow<'a, str>, Span)> {
    let related = diagnostic.related.iter();
    let related = related.map(|related| (Cow::from(related.note.as_str()), related.span));
    let traces = diagnostic.span.map(|span| sources.traces_of(span)).unwrap_or_default();
    related.chain(traces.into_iter().map(|trace| (Cow::from(trace.note), trace.span)))
}

/// The findings of `outcome` as text.
#[must_use]
pub fn text(outcome: &Outcome, colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let mut out = String::new();
    for diagnostic in &outcome.diagnostics {
        out.push_str(&renderer.render(&[group(diagnostic, &outcome.sources)]));
        out.push_str("\n\n");
    }
    out
}

fn group<'a>(diagnostic: &'a Diagnostic, sources: &'a SourceMap) -> Group<'a> {
    let level = match diagnostic.severity() {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(diagnostic.message.as_str()).id(diagnostic.code.text());
    let mut group = Group::with_title(title);
    if let Some(snippet) =
        diagnostic.span.and_then(|span| snippet(span, AnnotationKind::Primary, None, sources))
    {
        group = group.element(snippet);
    }
    for (note, span) in notes(diagnostic, sources) {
        if let Some(snippet) = snippet(span, AnnotationKind::Context, Some(note), sources) {
            group = group.element(snippet);
        }
    }
    if !diagnostic.remedy.is_empty() {
        group = group.element(Level::HELP.message(diagnostic.remedy.as_str()));
    }
    group
}

fn snippet<'a>(
    span: Span,
    kind: AnnotationKind,
    label: Option<Cow<'a, str>>,
    sources: &'a SourceMap,
) -> Option<Snippet<'a, annotate_snippets::Annotation<'a>>> {
    let path = sources.file(span.file)?.path.display().to_string();
    let (line, offset, text) = sources.excerpt(span)?;
    let inside = |at: u32| {
        let at = usize::try_from(at).map_or(text.len(), |at| at.saturating_sub(offset));
        (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
    };
    let range = inside(span.start)..inside(span.end.max(span.start));
    let annotation = kind.span(range).label(label);
    Some(Snippet::source(text).line_start(line).path(path).annotation(annotation))
}

/// A finding in one line: `FILE:LINE:COLUMN: E0011 what is wrong`.
#[must_use]
pub fn one_line(diagnostic: &Diagnostic, sources: &SourceMap) -> String {
    let place = diagnostic.span.and_then(|span| sources.location(span));
    let place = place.map_or_else(String::new, |at| {
        format!("{}:{}:{}: ", at.path.display(), at.line, at.column)
    });
    format!("{place}{} {}", diagnostic.code.text(), diagnostic.message)
}

/// Write the findings of `outcome` to stderr, and one line for each to the log daemons.
pub fn print(outcome: &Outcome) {
    for diagnostic in &outcome.diagnostics {
        let severity = match diagnostic.severity() {
            Severity::Error => log::Severity::Error,
            Severity::Warning => log::Severity::Warning,
        };
        log::report(severity, &one_line(diagnostic, &outcome.sources));
    }
    log::say(text(outcome, wants_colour()).as_bytes());
}

/// Whether whoever reads stderr wants colour.
#[must_use]
pub fn wants_colour() -> bool {
    std::io::stderr().is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
