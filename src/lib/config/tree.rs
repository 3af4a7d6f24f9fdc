//! Lines to a tree of statements: words, quotes and braces. It does not know any keyword except
//! which ones take a command, because those have a richer way to quote.

use super::diagnostic::{Code, Diagnostic};
use super::fragment::Fragment;
use super::schema;
use super::source::Span;

/// Blocks inside blocks; keepalived's deepest is five.
const DEEPEST: usize = 32;
/// Keywords whose arguments are secret.
const SECRET: [&str; 3] = ["auth_pass", "key", "password"];

/// One word of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// Without its quotes and escapes.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// A statement: its words, and its block when it has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Node {
    /// The keyword.
    pub keyword: Word,
    /// The words after it.
    pub arguments: Vec<Word>,
    /// What stands between its braces.
    pub block: Option<Block>,
}

/// Statements between braces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// The opening brace.
    pub open: Span,
    /// In order.
    pub nodes: Vec<Node>,
}

/// Takes lines, gives a tree.
#[derive(Debug, Default)]
pub(super) struct Builder {
    /// Statements at the top level.
    top: Vec<Node>,
    /// Blocks that are open, outermost first; each node has a block.
    open: Vec<Node>,
    /// Unknown depth: braces opened past [`DEEPEST`].
    skipped: usize,
    /// Words that no message may show.
    secrets: Vec<Span>,
}

impl Builder {
    /// Take one line.
    pub(super) fn line(&mut self, line: &Fragment, diagnostics: &mut Vec<Diagnostic>) {
        let mut lexer = Lexer { line, at: 0 };
        let mut words: Vec<Word> = Vec::new();
        loop {
            let rich = words.first().is_some_and(|word| schema::takes_command(&word.text));
            match lexer.next(rich) {
                Token::Word(word) => words.push(word),
                Token::Open(span) => self.open(std::mem::take(&mut words), span, diagnostics),
                Token::Close(span) => {
                    self.statement(std::mem::take(&mut words));
                    self.close(span, diagnostics);
                }
                Token::End => break,
                Token::Unclosed(span) => {
                    let message = "this quoted text has no closing `\"` on its line";
                    diagnostics.push(
                        Diagnostic::new(Code::QuoteNotClosed, span, message)
                            .remedy("add the missing quote; a quoted text ends on its own line"),
                    );
                    // As keepalived does: the line is not taken.
                    return;
                }
            }
        }
        self.statement(words);
    }

    fn siblings(&mut self) -> &mut Vec<Node> {
        match self.open.last_mut().and_then(|node| node.block.as_mut()) {
            Some(block) => &mut block.nodes,
            None => &mut self.top,
        }
    }

    fn statement(&mut self, words: Vec<Word>) {
        let mut words = words.into_iter();
        if let Some(keyword) = words.next()
            && self.skipped == 0
        {
            let node = Node { keyword, arguments: words.collect(), block: None };
            if SECRET.contains(&node.keyword.text.as_str()) {
                self.secrets.extend(node.arguments.iter().map(|word| word.span));
            }
            self.siblings().push(node);
        }
    }

    fn open(&mut self, words: Vec<Word>, span: Span, diagnostics: &mut Vec<Diagnostic>) {
        self.statement(words);
        if self.skipped > 0 {
            self.skipped += 1;
            return;
        }
        if self.open.len() >= DEEPEST {
            let message = format!("blocks are nested more than {DEEPEST} deep");
            diagnostics.push(
                Diagnostic::new(Code::TooLarge, span, message)
                    .remedy("close the blocks that should have ended before this line"),
            );
            self.skipped = 1;
            return;
        }
        match self.siblings().pop() {
            Some(mut node) if node.block.is_none() => {
                node.block = Some(Block { open: span, nodes: Vec::new() });
                self.open.push(node);
            }
            other => {
                self.siblings().extend(other);
                let message = "`{` without a keyword before it";
                diagnostics.push(
                    Diagnostic::new(Code::BraceWithoutBlock, span, message)
                        .remedy("name the block, or remove the brace and its partner"),
                );
                self.skipped = 1;
            }
        }
    }

    fn close(&mut self, span: Span, diagnostics: &mut Vec<Diagnostic>) {
        if self.skipped > 0 {
            self.skipped -= 1;
        } else if let Some(node) = self.open.pop() {
            self.siblings().push(node);
        } else {
            diagnostics.push(
                Diagnostic::new(Code::SurplusBrace, span, "`}` closes nothing").remedy(
                    "remove it; or a block before it was closed too early, and its \
                     settings were not taken",
                ),
            );
        }
    }

    /// The tree, when there are no more lines, and the words that no message may show.
    pub(super) fn finish(mut self, diagnostics: &mut Vec<Diagnostic>) -> (Vec<Node>, Vec<Span>) {
        while let Some(node) = self.open.pop() {
            if let Some(block) = &node.block {
                let message = format!("the block of `{}` is never closed", node.keyword.text);
                diagnostics.push(
                    Diagnostic::new(Code::NotClosed, block.open, message)
                        .remedy("add the missing `}`; the file may also have been cut short"),
                );
            }
            self.siblings().push(node);
        }
        (self.top, self.secrets)
    }
}

enum Token {
    Word(Word),
    Open(Span),
    Close(Span),
    Unclosed(Span),
    End,
}

struct Lexer<'a> {
    line: &'a Fragment,
    at: usize,
}

impl Lexer<'_> {
    fn peek(&self) -> Option<char> {
        self.line.text().get(self.at..)?.chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    /// The next token; `rich`: the words belong to a command.
    fn next(&mut self, rich: bool) -> Token {
        while self.peek().is_some_and(char::is_whitespace) {
            self.bump();
        }
        let from = self.at;
        match self.peek() {
            None => Token::End,
            Some('{') => {
                self.bump();
                Token::Open(self.line.span(from, self.at))
            }
            Some('}') => {
                self.bump();
                Token::Close(self.line.span(from, self.at))
            }
            Some(_) => self.word(from, rich),
        }
    }

    fn word(&mut self, from: usize, rich: bool) -> Token {
        let mut text = String::new();
        let mut quote = None;
        loop {
            let here = self.at;
            let Some(next) = self.bump() else {
                if quote.is_some() {
                    return Token::Unclosed(self.line.span(from, self.at));
                }
                break;
            };
            match (quote, next) {
                (Some(open), _) if next == open => quote = None,
                (None, '"') => quote = Some('"'),
                (None, '\'') if rich => quote = Some('\''),
                (None, '\\') if matches!(self.peek(), Some('#' | '!')) => text.extend(self.bump()),
                (_, '\\') if rich && quote != Some('\'') => text.extend(self.escape()),
                (None, '$') if self.peek() == Some('{') => {
                    text.push(next);
                    self.undefined_name(&mut text);
                }
                (None, '{' | '}') => {
                    self.at = here;
                    break;
                }
                (None, _) if next.is_whitespace() => {
                    self.at = here;
                    break;
                }
                _ => text.push(next),
            }
        }
        Token::Word(Word { text, span: self.line.span(from, self.at) })
    }

    /// `${NAME}` that nobody defined stays text; its braces open no block.
    fn undefined_name(&mut self, text: &mut String) {
        let rest = self.line.text().get(self.at..).unwrap_or_default();
        if let Some(end) = rest.find('}') {
            text.push_str(rest.get(..=end).unwrap_or_default());
            self.at += end + 1;
        }
    }

    /// What follows a backslash in a command.
    fn escape(&mut self) -> Option<char> {
        let next = self.bump()?;
        Some(match next {
            'a' => '\x07',
            'b' => '\x08',
            'E' => '\x1b',
            'f' => '\x0c',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\x0b',
            'c' => char::from(u8::try_from(self.bump()?).unwrap_or(b'@') & 0x1f),
            'x' => self.number(16, 2, 0),
            '0'..='7' => self.number(8, 2, next.to_digit(8).unwrap_or(0)),
            other => other,
        })
    }

    /// Up to `digits` more digits of a number that starts as `value`.
    fn number(&mut self, radix: u32, digits: usize, mut value: u32) -> char {
        for _ in 0..digits {
            let Some(digit) = self.peek().and_then(|c| c.to_digit(radix)) else { break };
            value = value * radix + digit;
            self.bump();
        }
        char::from_u32(value & 0xff).unwrap_or('\u{fffd}')
    }
}

/// Split the text of a command into its words, as a command keyword's own words are split.
pub(super) fn command_words(text: &str, span: Span) -> Option<Vec<String>> {
    let line = Fragment::exact(text, Span { end: span.start, ..span });
    let mut lexer = Lexer { line: &line, at: 0 };
    let mut words = Vec::new();
    loop {
        while lexer.peek().is_some_and(char::is_whitespace) {
            lexer.bump();
        }
        match lexer.command_word() {
            Token::Word(word) => words.push(word.text),
            Token::End => return Some(words),
            _ => return None,
        }
    }
}

impl Lexer<'_> {
    /// A word inside a command's own quotes, where braces are ordinary.
    fn command_word(&mut self) -> Token {
        let from = self.at;
        if self.peek().is_none() {
            return Token::End;
        }
        let mut text = String::new();
        loop {
            match self.word(self.at, true) {
                Token::Word(word) => text.push_str(&word.text),
                other => return other,
            }
            match self.peek() {
                Some(brace @ ('{' | '}')) => {
                    self.bump();
                    text.push(brace);
                }
                _ => break,
            }
        }
        Token::Word(Word { text, span: self.line.span(from, self.at) })
    }
}
