//! `ha.conf(5)`: the reference of the language and of every block, from the keyword table and its
//! guide.

use std::collections::HashMap;

use super::keywords::facts;
use crate::config::schema::guide::{self, Piece};
use crate::config::schema::{self, Arguments, Block, Row, Support};

/// How the page begins.
const HEAD: &str = r#".TH HA.CONF 5 "" "ha" "High availability for Linux"
.\" Words of a configuration are not broken.
.nh
.ad l
.SH NAME
ha.conf \- the configuration of ha, in the language of keepalived.conf
.SH SYNOPSIS
.B ha run \-f
.I FILE
.br
.B ha config check
.I FILE
"#;

/// How the page ends.
const TAIL: &str = r".SH SEE ALSO
.BR ha (7),
.BR ha\-run (1),
.BR ha\-config\-check (1),
.BR ha\-config\-show (1),
.BR ha\-config\-keywords (1)
";

/// The page, as roff.
#[must_use]
pub fn page() -> String {
    let mut page = Page { out: String::from(HEAD), told: HashMap::new() };
    for (block, support) in schema::supported() {
        page.block(block, support);
    }
    page.out.push_str(TAIL);
    page.out
}

struct Page {
    out: String,
    /// Rows that were described, with the block where: several blocks share rows.
    told: HashMap<*const Row, &'static str>,
}

impl Page {
    fn block(&mut self, block: &'static Block, support: Support) {
        let introduction = guide::introduction(block.path);
        let (request, title) = match block.path {
            "(parser)" => (".SH", "DESCRIPTION".to_owned()),
            "(top)" => (".SH", "THE TOP LEVEL".to_owned()),
            path if path.contains('/') => (".SS", path.to_owned()),
            path => (".SH", path.to_uppercase()),
        };
        self.line(&format!("{request} \"{}\"", escaped(&title)));
        for piece in introduction.iter().flat_map(|section| &section.pieces) {
            self.piece(piece);
        }
        if let Support::NotYet(missing) = support {
            self.line(".PP");
            self.text(&format!("Nothing in this block is acted on yet: {missing}."));
        }
        if block.path == schema::PARSER.path {
            self.line(".SH \"WORDS OF THE LANGUAGE\"");
        }
        let mut shared: Vec<(&'static str, Vec<&'static str>)> = Vec::new();
        for row in block.keywords() {
            let first = *self.told.entry(std::ptr::from_ref(row)).or_insert(block.path);
            if first == block.path {
                self.keyword(block, row, support);
            } else if let Some((_, keywords)) = shared.iter_mut().find(|(path, _)| *path == first) {
                keywords.push(row.keyword);
            } else {
                shared.push((first, vec![row.keyword]));
            }
        }
        for (first, keywords) in shared {
            self.line(".PP");
            let keywords: Vec<_> = keywords.iter().map(|word| format!("`{word}`")).collect();
            self.text(&format!("As in `{first}`: {}.", keywords.join(", ")));
        }
    }

    fn keyword(&mut self, block: &Block, row: &'static Row, outer: Support) {
        let form = row.form();
        let (keyword, arguments) = form.split_once(' ').unwrap_or((&form, ""));
        self.line(".TP");
        let tag = format!("\\fB{}\\fR \\fI{}\\fR", escaped(keyword), escaped(arguments));
        self.line(tag.trim_end_matches(" \\fI\\fR"));
        let entry = guide::entry(block.path, row.keyword);
        for piece in entry.iter().flat_map(|entry| &entry.pieces) {
            match piece {
                Piece::Example(code) if is_plain(row, block, code) => {}
                // A paragraph under a tag stays under it.
                Piece::Paragraph(text) if self.out.ends_with(".EE\n.RE\n") => {
                    self.line(".IP");
                    self.text(text);
                }
                piece => self.piece(piece),
            }
        }
        // A block that is not acted on says so once.
        let support = if outer == Support::Works { row.support } else { Support::Works };
        let facts = facts(row, support);
        if !facts.is_empty() {
            if self.out.ends_with(".EE\n.RE\n") {
                self.line(".IP");
            }
            self.text(&facts.join(" "));
        }
        for path in entry.iter().flat_map(|entry| &entry.model) {
            self.line(&format!("Model: \\fI{}\\fR.", escaped(path)));
        }
    }

    fn piece(&mut self, piece: &Piece) {
        match piece {
            Piece::Title(title) => self.line(&format!(".SS \"{}\"", escaped(title))),
            Piece::Paragraph(text) => {
                if !self.out.ends_with("\"\n") && !self.out.ends_with("fR\n") {
                    self.line(".PP");
                }
                self.text(text);
            }
            Piece::Example(code) => {
                self.line(".PP\n.RS 4\n.EX");
                for line in code.lines() {
                    // A dot at the start of a line is a request.
                    let guard = if line.starts_with(['.', '\'']) { "\\&" } else { "" };
                    self.line(&format!("{guard}{}", escaped(line)));
                }
                self.line(".EE\n.RE");
            }
        }
    }

    /// Sentences, with words between backquotes in bold, a sentence a line.
    fn text(&mut self, text: &str) {
        let mut out = String::new();
        for (index, part) in text.split('`').enumerate() {
            match (index % 2, part) {
                (0, part) => out.push_str(&escaped(part).replace(". ", ".\n")),
                (_, part) => out.extend(["\\fB", &escaped(part), "\\fR"]),
            }
        }
        for line in out.lines() {
            let guard = if line.starts_with(['.', '\'']) { "\\&" } else { "" };
            self.line(&format!("{guard}{line}"));
        }
    }

    fn line(&mut self, line: &str) {
        self.out.push_str(line);
        self.out.push('\n');
    }
}

/// Whether an example shows no more than the form does.
fn is_plain(row: &Row, block: &Block, code: &str) -> bool {
    let is_open =
        matches!(row.arguments, Arguments::Words(..) | Arguments::Parts(_) | Arguments::Quoted);
    !block.entries && !is_open && code.lines().count() == 1
}

/// `text` as roff shows it unchanged.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\e")
        .replace('-', "\\-")
        .replace('"', "\\(dq")
        .replace('\'', "\\(aq")
        .replace('^', "\\(ha")
        .replace('~', "\\(ti")
        .replace('`', "\\(ga")
        .replace('…', "...")
        .replace('—', "\\(em")
        .replace('×', "\\(mu")
        .replace('±', "\\(+-")
}
