//! The keyword table for people and as data.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::{Value, json};

use crate::config::schema::guide::{self, Piece};
use crate::config::schema::{self, Arguments, Block, Kind, Part, Row, Support};

/// Columns of a terminal that text is broken to.
const WIDTH: usize = 80;

/// Which keywords are wanted: those for which everything that is set is true.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// Path of a block, or its last name.
    pub block: Option<String>,
    /// What is done with the keyword.
    pub status: Option<Status>,
    /// The name of the keyword; without any of that name, a part of it or of its block's.
    pub words: Vec<String>,
}

/// What is done with a keyword.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It is acted on.
    Works,
    /// It is accepted and has no meaning here.
    Accepted,
    /// It is known and not acted on yet.
    NotYet,
}

impl Status {
    /// That of `support`, and why it has no meaning or what is missing.
    const fn of(support: Support) -> (Self, Option<&'static str>) {
        match support {
            Support::Works => (Self::Works, None),
            Support::Accepted(because) => (Self::Accepted, Some(because)),
            Support::NotYet(missing) => (Self::NotYet, Some(missing)),
        }
    }
}

/// A keyword in a block.
#[derive(Clone, Copy, Debug)]
pub struct Keyword {
    block: &'static Block,
    row: &'static Row,
    support: Support,
}

/// The keywords that `query` wants, in the order of the table.
#[must_use]
pub fn find(query: &Query) -> Vec<Keyword> {
    let all = schema::supported().into_iter().flat_map(|(block, outer)| {
        let rows = block.keywords();
        rows.map(move |row| Keyword { block, row, support: row.within(outer) })
    });
    let found: Vec<Keyword> = all.filter(|keyword| keyword.is_wanted(query)).collect();
    let called = |keyword: &Keyword| query.words.iter().any(|word| word == keyword.row.keyword);
    if found.iter().any(called) { found.into_iter().filter(called).collect() } else { found }
}

impl Keyword {
    /// The word itself.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.row.keyword
    }

    fn is_wanted(&self, query: &Query) -> bool {
        let path = self.block.path;
        let last = path.rsplit('/').next();
        let in_block = |block: &String| path == block || last == Some(block.as_str());
        let named = |word: &String| self.row.keyword.contains(word) || path.contains(word);
        query.block.as_ref().is_none_or(in_block)
            && query.status.is_none_or(|status| status == Status::of(self.support).0)
            && (query.words.is_empty() || query.words.iter().any(named))
    }

    fn document(&self) -> Value {
        let Self { block, row, support } = self;
        let (support, because) = Status::of(*support);
        let entry = guide::entry(block.path, row.keyword);
        let mut document = json!({
            "block": block.path,
            "keyword": row.keyword,
            "arguments": row.syntax,
            "form": row.form(),
            "type": row.arguments.kind(),
            "default": row.default,
            "description": row.description,
            "meaning": entry.map(|entry| plain(&entry.pieces)).unwrap_or_default(),
            "model": entry.map(|entry| entry.model.clone()).unwrap_or_default(),
            "support": support,
        });
        let Some(fields) = document.as_object_mut() else { return document };
        let mut add = |key: &str, value: Value| {
            if !value.is_null() && value != "" {
                fields.insert(key.to_owned(), value);
            }
        };
        let (least, most) = row.arguments.bounds().map_or((None, None), |(l, m)| (Some(l), m));
        let unit = if matches!(row.arguments, Arguments::Seconds(..)) { "_us" } else { "" };
        add(&format!("least{unit}"), json!(least));
        add(&format!("most{unit}"), json!(most));
        match row.arguments {
            Arguments::Choice(words) => add("choices", json!(words)),
            Arguments::Parts(parts) => {
                add("parts", parts.iter().map(|part| described(*part)).collect());
            }
            _ => {}
        }
        add("example", json!(entry.and_then(|entry| example(&entry.pieces))));
        add("alias_of", json!(entry.and_then(|entry| entry.alias_of)));
        add("since", json!(row.since));
        add("because", json!(because));
        add("replaced_by", json!(row.replaced_by));
        document
    }
}

/// One of several arguments.
fn described(part: Part) -> Value {
    let kind = part.kind();
    let mut document = json!({
        "type": kind.map_or("flag", Kind::name),
        "optional": !matches!(part, Part::One(_) | Part::Many(_)),
        "repeated": matches!(part, Part::Many(_) | Part::Any(_)),
    });
    let Some(fields) = document.as_object_mut() else { return document };
    let mut add = |key: &str, value: Value| fields.insert(key.to_owned(), value);
    if let Some(word) = part.word() {
        add("word", json!(word));
    }
    let Some(kind) = kind else { return document };
    if let Some((least, most)) = kind.bounds() {
        add("least", json!(least));
        add("most", json!(most));
    }
    if !kind.words().is_empty() {
        add("choices", json!(kind.words()));
    }
    match kind {
        Kind::Name(longest) => add("longest", json!(longest)),
        Kind::Reference(block) => add("block", json!(block)),
        Kind::Hexadecimal(digits) if digits > 0 => add("digits", json!(digits)),
        _ => None,
    };
    document
}

/// The keywords as one document.
#[must_use]
pub fn document(keywords: &[Keyword]) -> Value {
    let keywords: Vec<Value> = keywords.iter().map(Keyword::document).collect();
    json!({ "v": 1, "keywords": keywords })
}

/// The keywords as text, block by block, a line each.
#[must_use]
pub fn list(keywords: &[Keyword]) -> String {
    let mut out = String::new();
    let mut block = "";
    for keyword in keywords {
        if keyword.block.path != block {
            block = keyword.block.path;
            out.push_str(if out.is_empty() { "" } else { "\n" });
            out.push_str(block);
            out.push('\n');
        }
        let mark = match keyword.support {
            Support::Works => ' ',
            Support::Accepted(_) => '-',
            Support::NotYet(_) => '*',
        };
        let form = keyword.row.form();
        out.extend([format!("{mark} {form:<40}  {}\n", keyword.row.description)]);
    }
    out.push_str("\n* not acted on yet   - accepted, has no meaning here");
    out
}

/// The keywords as the manual describes them.
#[must_use]
pub fn entries(keywords: &[Keyword]) -> String {
    let mut out = String::new();
    let mut told: Vec<(*const Row, &'static str)> = Vec::new();
    for keyword in keywords {
        let Keyword { block, row, support } = keyword;
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{} — {}", block.path, row.form());
        if let Some((_, first)) = told.iter().find(|(known, _)| std::ptr::eq(*known, *row)) {
            let _ = writeln!(out, "    As in {first}.");
        } else {
            told.push((*row, block.path));
            let entry = guide::entry(block.path, row.keyword);
            let said = entry.map(|entry| entry.pieces.as_slice()).unwrap_or_default();
            for piece in said {
                write_piece(&mut out, piece);
            }
            for fact in facts(row, *support) {
                wrapped(&mut out, &fact);
            }
            if let Some(paths) = entry.filter(|e| !e.model.is_empty()).map(|e| e.model.join(", ")) {
                wrapped(&mut out, &format!("In the model: {paths}."));
            }
        }
        out.push('\n');
    }
    out.truncate(out.trim_end().len());
    out
}

fn write_piece(out: &mut String, piece: &Piece) {
    match piece {
        Piece::Title(title) => wrapped(out, title),
        Piece::Paragraph(text) => wrapped(out, &text.replace('`', "")),
        Piece::Example(code) => {
            out.push('\n');
            for line in code.lines() {
                out.extend(["        ", line]);
                out.truncate(out.trim_end().len());
                out.push('\n');
            }
            out.push('\n');
        }
    }
}

/// `text`, indented and broken into lines.
fn wrapped(out: &mut String, text: &str) {
    let mut column = WIDTH;
    for word in text.split(' ') {
        let width = word.chars().count() + 1;
        if column + width > WIDTH {
            if out.ends_with(|c| c != '\n') {
                out.push('\n');
            }
            out.push_str("   ");
            column = 3;
        }
        out.extend([" ", word]);
        column += width;
    }
    out.push('\n');
}

/// What the row itself says: default, range, version, and what is done with it.
pub(super) fn facts(row: &Row, support: Support) -> Vec<String> {
    let mut facts = Vec::new();
    if let Some(range) = row.arguments.range() {
        facts.push(format!("Range: {range}."));
    }
    if !matches!(row.default, "" | "none") {
        facts.push(format!("Default: {}.", row.default));
    }
    if !row.since.is_empty() {
        let since = row.since.strip_prefix('>').map_or_else(
            || format!("Since keepalived {}.", row.since),
            |after| format!("In keepalived after {after}."),
        );
        facts.push(since);
    }
    if let Some(now) = row.replaced_by {
        facts.push(format!("An old spelling of `{now}`."));
    }
    match support {
        Support::Works => {}
        Support::Accepted(because) => facts.push(format!("Has no meaning here: {because}.")),
        Support::NotYet(missing) => facts.push(format!("Not acted on yet: {missing}.")),
    }
    facts
}

/// The sentences of a description, without its examples.
fn plain(pieces: &[Piece]) -> String {
    let paragraphs = pieces.iter().filter_map(|piece| match piece {
        Piece::Paragraph(text) => Some(text.as_str()),
        _ => None,
    });
    paragraphs.collect::<Vec<_>>().join("\n")
}

/// The first example of a description.
fn example(pieces: &[Piece]) -> Option<&str> {
    pieces.iter().find_map(|piece| match piece {
        Piece::Example(code) => Some(code.as_str()),
        _ => None,
    })
}
