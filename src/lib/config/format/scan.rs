//! Text to what is laid out: statements and braces where the text says them itself, whole lines
//! where expansion has the say.

use std::collections::BTreeMap;

use super::Broken;
use crate::config::fragment::Fragment;
use crate::config::quoting::{comment, is_blank};
use crate::config::reader::{condition, definition, is_include};
use crate::config::repeat;
use crate::config::source::Span;
use crate::config::substitute::next_use;
use crate::config::tree::{Lexer, Token};

/// What stands somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Words, as they are quoted.
    Statement(String),
    /// `{`
    Open,
    /// `}`
    Close,
    /// A line that is kept as it is written.
    Line {
        /// Without the blanks round it.
        text: String,
        /// What it opens and closes.
        braces: Braces,
        /// The name after its `@`.
        condition: Option<String>,
    },
    /// A further line of a definition.
    Further(String),
    /// A comment that has the line to itself.
    Comment(String),
    /// An empty line.
    Blank,
    /// Definitions used by the statement before open (or close) so many blocks.
    Shift(i32),
}

/// A piece with the comment that ends its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    pub piece: Piece,
    pub comment: Option<Trailing>,
}

/// A comment behind something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trailing {
    pub text: String,
    /// No blank is before it: it may be meant as part of the word.
    pub glued: bool,
}

/// Blocks that a piece of text opens and closes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Braces {
    /// Opened less closed.
    pub net: i32,
    /// The lowest point on the way, zero or less.
    pub low: i32,
}

impl Braces {
    fn step(&mut self, by: i32) {
        self.net += by;
        self.low = self.low.min(self.net);
    }
}

/// Everything in `text`, in order.
pub(super) fn scan(text: &str) -> Result<Vec<Item>, Broken> {
    let mut scan = Scan::default();
    let mut lines = text.lines();
    while let Some(raw) = lines.next() {
        scan.line(raw, &mut lines)?;
    }
    Ok(scan.items)
}

#[derive(Default)]
struct Scan {
    items: Vec<Item>,
    /// What each definition opens and closes.
    definitions: BTreeMap<String, i32>,
}

impl Scan {
    fn push(&mut self, piece: Piece) {
        self.items.push(Item { piece, comment: None });
    }

    fn line(&mut self, raw: &str, further: &mut std::str::Lines<'_>) -> Result<(), Broken> {
        let (code, trailing) = split_comment(raw);
        if code.is_empty() {
            let comment = trailing.map(|comment| Piece::Comment(comment.text));
            self.push(comment.unwrap_or(Piece::Blank));
            return Ok(());
        }
        let (name, rest) = match condition(code) {
            Some((name, rest)) => (Some(name.to_owned()), rest),
            None => (None, code),
        };
        let kept = name.is_some() || rest.starts_with('$') || repeat::starts(rest);
        if let Some((defined, value)) = definition(rest) {
            let body = rest.get(value..).unwrap_or_default();
            self.definition(defined, body, code, name, (trailing, further));
        } else if kept || is_include(rest) {
            self.keep(code, rest, name, trailing);
        } else {
            self.statements(code, trailing)?;
        }
        Ok(())
    }

    /// A definition and its further lines. They open and close nothing where they stand.
    fn definition(
        &mut self,
        defined: &str,
        body: &str,
        code: &str,
        condition: Option<String>,
        (comment, further): (Option<Trailing>, &mut std::str::Lines<'_>),
    ) {
        let mut net = self.braces(body).net;
        let text = code.to_owned();
        let piece = Piece::Line { text, braces: Braces::default(), condition };
        self.items.push(Item { piece, comment });
        let mut continues = code.ends_with('\\');
        while continues && let Some(raw) = further.next() {
            let (code, _) = split_comment(raw);
            net += self.braces(code).net;
            continues = code.ends_with('\\');
            self.push(Piece::Further(raw.trim_end_matches(is_blank).to_owned()));
        }
        self.definitions.insert(defined.to_owned(), net);
    }

    fn keep(
        &mut self,
        code: &str,
        rest: &str,
        condition: Option<String>,
        comment: Option<Trailing>,
    ) {
        let braces = self.braces(rest);
        let piece = Piece::Line { text: code.to_owned(), braces, condition };
        self.items.push(Item { piece, comment });
    }

    fn statements(&mut self, code: &str, comment: Option<Trailing>) -> Result<(), Broken> {
        if expands_after_brace(code) {
            self.keep(code, code, None, comment);
            return Ok(());
        }
        let before = self.items.len();
        let mut words: Vec<&str> = Vec::new();
        let finished = tokens(code, |token| match token {
            Word::Text(word) => words.push(word),
            Word::Open | Word::Close => {
                if !words.is_empty() {
                    self.push(Piece::Statement(std::mem::take(&mut words).join(" ")));
                }
                self.push(if token == Word::Open { Piece::Open } else { Piece::Close });
            }
        });
        if !finished {
            // A definition may bring the other quote.
            if !code.contains('$') {
                return Err(Broken);
            }
            self.items.truncate(before);
            self.keep(code, code, None, comment);
            return Ok(());
        }
        if !words.is_empty() {
            self.push(Piece::Statement(words.join(" ")));
        }
        if let Some(last) = self.items.last_mut() {
            last.comment = comment;
        }
        let shift = self.used(code);
        if shift != 0 {
            self.push(Piece::Shift(shift));
        }
        Ok(())
    }

    /// What `text` opens and closes, by itself and by the definitions it uses.
    fn braces(&self, text: &str) -> Braces {
        let mut braces = Braces::default();
        if is_include(text) {
            return braces;
        }
        let mut body = text;
        while repeat::starts(body)
            && let Some((_, close)) = repeat::header(body)
        {
            body = body.get(close + 1..).unwrap_or_default().trim_start_matches(is_blank);
        }
        tokens(body, |token| match token {
            Word::Text(_) => {}
            Word::Open => braces.step(1),
            Word::Close => braces.step(-1),
        });
        braces.step(self.used(body));
        braces
    }

    /// What the definitions that `text` uses open less what they close.
    fn used(&self, text: &str) -> i32 {
        let mut found = next_use(text, 0);
        let mut sum = 0;
        while let Some(used) = found {
            sum += self.definitions.get(used.name).copied().unwrap_or(0);
            found = next_use(text, used.to);
        }
        sum
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Word<'a> {
    Text(&'a str),
    Open,
    Close,
}

/// Tell `take` the words and braces of `code`; false when a quote is not closed.
fn tokens<'a>(code: &'a str, mut take: impl FnMut(Word<'a>)) -> bool {
    let line = Fragment::exact(code, Span::default());
    let mut lexer = Lexer::new(&line);
    loop {
        let from = lexer.position();
        match lexer.next() {
            Token::Word(_) => {
                let text = code
                    .get(from..lexer.position())
                    .unwrap_or_default()
                    .trim_start_matches(is_blank);
                take(Word::Text(text));
            }
            Token::Open(_) => take(Word::Open),
            Token::Close(_) => take(Word::Close),
            Token::End => return true,
            Token::Unclosed(_) => return false,
        }
    }
}

/// Whether expansion has the say about what stands behind a brace of the line.
fn expands_after_brace(code: &str) -> bool {
    let line = Fragment::exact(code, Span::default());
    let mut lexer = Lexer::new(&line);
    loop {
        match lexer.next() {
            Token::Open(_) | Token::Close(_) => {
                let rest =
                    code.get(lexer.position()..).unwrap_or_default().trim_start_matches(is_blank);
                if rest.starts_with(['@', '$', '~']) || is_include(rest) {
                    return true;
                }
            }
            Token::Word(_) => {}
            Token::End | Token::Unclosed(_) => return false,
        }
    }
}

/// A line without the blanks round it, and its comment.
fn split_comment(raw: &str) -> (&str, Option<Trailing>) {
    let Some(at) = comment(raw) else { return (raw.trim_matches(is_blank), None) };
    let (code, text) = raw.split_at_checked(at).unwrap_or((raw, ""));
    let glued = code.ends_with(|c: char| !is_blank(c));
    (
        code.trim_matches(is_blank),
        Some(Trailing { text: text.trim_end_matches(is_blank).to_owned(), glued }),
    )
}
