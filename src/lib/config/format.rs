//! The canonical form of a configuration text: one statement a line, blocks indented, the brace
//! beside its keyword, single blank lines. Comments stay, and so does everything that expansion
//! works on: definitions, conditions, repetitions and includes are kept as they are written.
//!
//! It decides from the text alone and expands nothing, so the result means what the text meant. A
//! text whose braces or quotes are broken is refused: where its blocks end is a guess.

use std::path::Path;

use super::Outcome;
use super::braces;
use super::diagnostic::{Code, Diagnostic, Findings};
use super::fragment::Fragment;
use super::quoting::{comment, is_blank};
use super::source::{SourceMap, Span, offset};
use super::tree::{Builder, Tree};

mod layout;
mod scan;

/// Where bytes that are not UTF-8 are kept while the text is laid out: byte `0x80` becomes the
/// character `0x10ff80`, which nobody uses.
const FOREIGN: u32 = 0x10_ff00;

/// `bytes`, the text of `path`, in canonical form. Formatting the result again changes nothing.
///
/// # Errors
/// What is wrong with its braces or quotes, with no model.
pub fn format(path: &Path, bytes: &[u8]) -> Result<Vec<u8>, Box<Outcome>> {
    let text = decode(bytes);
    scan::scan(&text)
        .and_then(|items| layout::lay_out(&items))
        .map(|text| encode(&text))
        .map_err(|_| Box::new(refusal(path, &text)))
}

/// The text does not say where its blocks end.
struct Broken;

/// What is wrong with a text that cannot be laid out.
fn refusal(path: &Path, text: &str) -> Outcome {
    let mut sources = SourceMap::default();
    let file = sources.add(path.to_owned(), text.to_owned());
    let (mut builder, mut diagnostics) = (Builder::default(), Findings::default());
    let mut at = 0;
    for raw in text.split_inclusive('\n') {
        let line = raw.get(..comment(raw).unwrap_or(raw.len())).unwrap_or_default();
        let start = at + line.len() - line.trim_start_matches(is_blank).len();
        let line = line.trim_matches(is_blank);
        let end = start + line.len();
        let span = Span { file, start: offset(start), end: offset(end), trace: 0 };
        builder.line(&Fragment::exact(line, span), &mut diagnostics);
        at += raw.len();
    }
    let mut diagnostics = diagnostics.into_vec();
    let mut taken = builder.finish();
    for secret in std::mem::take(&mut taken.secrets) {
        sources.conceal(secret);
    }
    let unclosed = taken.unclosed;
    braces::report(&Tree::new(taken, &sources), unclosed, &sources, &mut diagnostics);
    let broken = [Code::NotClosed, Code::QuoteNotClosed, Code::BraceWithoutBlock];
    diagnostics.retain(|d| broken.contains(&d.code) || d.code == Code::SurplusBrace);
    if diagnostics.is_empty() {
        let span = Span { file, ..Span::default() };
        let message = "definitions or conditions open and close blocks unevenly";
        diagnostics.push(
            Diagnostic::new(Code::NotClosed, span, message)
                .remedy("let each definition and each condition close the blocks that it opens"),
        );
    }
    diagnostics.sort_by_key(|d| (d.span, d.code));
    super::cover(&mut diagnostics, &mut sources);
    Outcome { model: None, diagnostics, sources }
}

/// Bytes to text, losing none.
fn decode(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        let foreign = chunk.invalid().iter().map(|byte| FOREIGN + u32::from(*byte));
        text.extend(foreign.filter_map(char::from_u32));
    }
    text
}

/// Text to the bytes that it was.
fn encode(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for letter in text.chars() {
        let foreign = u32::from(letter).checked_sub(FOREIGN);
        match foreign.and_then(|byte| u8::try_from(byte).ok()).filter(|byte| *byte >= 0x80) {
            Some(byte) => bytes.push(byte),
            None => bytes.extend(letter.encode_utf8(&mut [0; 4]).bytes()),
        }
    }
    bytes
}

#[cfg(test)]
mod tests;
