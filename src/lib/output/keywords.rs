//! The keyword table for people and as data.

use serde::Serialize;

use crate::config::schema::{self, Row, Support};

/// One keyword as data.
#[derive(Debug, Serialize)]
pub struct Keyword {
    /// Path of the block it stands in; `(top)` and `(parser)` for the outside.
    pub block: &'static str,
    /// The word.
    pub keyword: &'static str,
    /// How its arguments are written.
    pub arguments: &'static str,
    /// What holds without it.
    pub default: &'static str,
    /// What it means.
    pub description: &'static str,
    /// keepalived's version that brought it.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub since: &'static str,
    /// `works`, `accepted` (no meaning here) or `not_yet`.
    pub support: &'static str,
    /// Why it has no meaning, or what is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<&'static str>,
    /// The spelling to use instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaced_by: Option<&'static str>,
}

/// Every keyword whose name or block contains `filter`.
#[must_use]
pub fn list(filter: &str) -> Vec<Keyword> {
    let mut keywords = Vec::new();
    // What a block's own row says holds for what is inside it.
    for (block, outer) in blocks() {
        let inside = block.keywords().filter(|r| {
            filter.is_empty() || r.keyword.contains(filter) || block.path.contains(filter)
        });
        keywords.extend(inside.map(|row| keyword(block.path, row, outer)));
    }
    keywords
}

/// Every block with what is missing for the innermost block round it that is not acted on.
fn blocks() -> Vec<(&'static schema::Block, Support)> {
    let mut found = vec![(&schema::PARSER, Support::Works), (&schema::TOP, Support::Works)];
    let mut next = 0;
    while let Some((block, outer)) = found.get(next).copied() {
        for row in block.keywords() {
            let support = if outer == Support::Works { row.support } else { outer };
            found.extend(row.content.map(|content| (content, support)));
        }
        next += 1;
    }
    found
}

fn keyword(block: &'static str, row: &Row, outer: Support) -> Keyword {
    let support = if outer == Support::Works { row.support } else { outer };
    let (support, because) = match support {
        Support::Works => ("works", None),
        Support::Accepted(because) => ("accepted", Some(because)),
        Support::NotYet(missing) => ("not_yet", Some(missing)),
    };
    Keyword {
        block,
        keyword: row.keyword,
        arguments: row.syntax,
        default: row.default,
        description: row.description,
        since: row.since,
        support,
        because,
        replaced_by: row.replaced_by,
    }
}

/// Every keyword as a manual page.
#[must_use]
pub fn page() -> String {
    let mut out = String::from(HEAD);
    let mut block = "";
    for keyword in &list("") {
        if keyword.block != block {
            block = keyword.block;
            out.extend([format!(".SH \"{}\"\n", roff(&block.to_uppercase()))]);
        }
        let form = format!("{} {}", keyword.keyword, keyword.arguments);
        let form = form.trim_end().trim_end_matches(" none");
        out.extend([format!(".TP\n\\fB{}\\fR\n{}.", roff(form), roff(keyword.description))]);
        if !keyword.default.is_empty() {
            out.extend([format!(" Default: {}.", roff(keyword.default))]);
        }
        if let Some(because) = keyword.because {
            let what = if keyword.support == "accepted" { "No meaning here" } else { "Not yet" };
            out.extend([format!(" {what}: {}.", roff(because))]);
        }
        out.push('\n');
    }
    out.push_str(".SH SEE ALSO\n.BR ha.conf (5)\n");
    out
}

/// How the page begins.
const HEAD: &str = ".TH HA\\-KEYWORDS 5 \"\" \"ha\" \"High availability for Linux\"\n\
    .SH NAME\nha\\-keywords \\- every keyword of the configuration language\n\
    .SH DESCRIPTION\nEvery keyword that keepalived knows, block by block, and what is done with it. \
    The same as data:\n.BR \"ha config keywords \\-\\-json\" .\n";

/// `text` as roff shows it unchanged.
fn roff(text: &str) -> String {
    text.replace('\\', "\\e").replace('-', "\\-").replace('"', "\\(dq").replace('\'', "\\(aq")
}

/// The keywords as text, block by block.
#[must_use]
pub fn text(keywords: &[Keyword]) -> String {
    let mut out = String::new();
    let mut block = "";
    for keyword in keywords {
        if keyword.block != block {
            block = keyword.block;
            out.push_str(if out.is_empty() { "" } else { "\n" });
            out.push_str(block);
            out.push('\n');
        }
        let mark = match keyword.support {
            "works" => ' ',
            "accepted" => '-',
            _ => '*',
        };
        let form = format!("{} {}", keyword.keyword, keyword.arguments);
        let form = form.trim_end().trim_end_matches(" none");
        out.extend([format!("{mark} {form:<40}  {}\n", keyword.description)]);
    }
    out.push_str("\n* not acted on yet   - accepted, has no meaning here");
    out
}
