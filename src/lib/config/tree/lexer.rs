//! The words and braces of one line.

use std::borrow::Cow;

use crate::config::diagnostic::{Code, Diagnostic};
use crate::config::fragment::Fragment;
use crate::config::quoting::is_blank;
use crate::config::schema;
use crate::config::source::Span;

/// What a line is made of.
pub(in crate::config) enum Token<'a> {
    Word(Lexed<'a>),
    Open(Span),
    Close(Span),
    /// A quote that is not closed, to the end of the line.
    Unclosed(Span),
    End,
}

/// A word of a line.
pub(in crate::config) struct Lexed<'a> {
    /// Without its quotes and escapes.
    pub text: Cow<'a, str>,
    /// Where it stands.
    pub span: Span,
    /// The text stands in the file at `span` byte for byte.
    pub exact: bool,
}

/// Takes one line apart.
pub(in crate::config) struct Lexer<'a> {
    line: &'a Fragment<'a>,
    at: usize,
    /// The next word is the first of a statement.
    first: bool,
    /// The words belong to a command.
    rich: bool,
}

impl<'a> Lexer<'a> {
    pub(in crate::config) const fn new(line: &'a Fragment<'a>) -> Self {
        Self { line, at: 0, first: true, rich: false }
    }

    /// The byte of the line after the last token.
    pub(in crate::config) const fn position(&self) -> usize {
        self.at
    }

    fn peek(&self) -> Option<char> {
        self.line.text().get(self.at..)?.chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    /// The next token.
    pub(in crate::config) fn next(&mut self) -> Token<'a> {
        let token = self.token();
        match &token {
            Token::Word(word) if self.first => {
                (self.first, self.rich) = (false, schema::takes_command(&word.text));
            }
            Token::Open(_) | Token::Close(_) => (self.first, self.rich) = (true, false),
            _ => {}
        }
        token
    }

    /// What to say about a quote that is not closed up to the end of the line, at `span`.
    pub(in crate::config) fn not_closed(&self, span: Span) -> Diagnostic {
        let line = self.line.text().trim_end_matches(is_blank);
        let before = line.strip_suffix(['"', '\'']).filter(|_| self.rich);
        let taken = before.is_some_and(|text| text.ends_with('\\') || text.ends_with("\\c"));
        let (message, remedy) = if taken {
            (
                "this quoted text has no closing quote: the last one belongs to the backslash before it",
                "write one more quote behind it, or two backslashes if one is meant",
            )
        } else {
            (
                "this quoted text has no closing quote on its line",
                "add the missing quote; a quoted text ends on its own line",
            )
        };
        Diagnostic::new(Code::QuoteNotClosed, span, message).remedy(remedy)
    }

    fn token(&mut self) -> Token<'a> {
        while self.peek().is_some_and(is_blank) {
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
            Some(_) => self.ordinary(from).unwrap_or_else(|| self.ceremonial(from)),
        }
    }

    /// A word without quotes, escapes and other ceremony: most are.
    fn ordinary(&mut self, from: usize) -> Option<Token<'a>> {
        let rest = self.line.text().get(from..)?;
        let length = rest.bytes().position(|b| !ordinary(b)).unwrap_or(rest.len());
        if !matches!(rest.as_bytes().get(length), None | Some(b' ' | b'\t' | b'{' | b'}')) {
            return None;
        }
        self.at = from + length;
        let exact = self.line.stands_in_file(from, self.at);
        let span = self.line.span(from, self.at);
        Some(Token::Word(Lexed { text: Cow::Borrowed(rest.get(..length)?), span, exact }))
    }

    fn ceremonial(&mut self, from: usize) -> Token<'a> {
        let text = match self.peek() {
            _ if self.rich => self.command_word(true),
            Some('"') => self.quoted(),
            _ => Some(self.plain()),
        };
        let span = self.line.span(from, self.at);
        let word = |text| Token::Word(Lexed { text: Cow::Owned(text), span, exact: false });
        text.map_or(Token::Unclosed(span), word)
    }

    /// A word between double quotes, in which nothing is special; `None`: it does not end.
    fn quoted(&mut self) -> Option<String> {
        let inside = self.line.text().get(self.at + 1..)?;
        let Some(end) = inside.find('"') else {
            self.at = self.line.text().len();
            return None;
        };
        self.at += end + 2;
        inside.get(..end).map(str::to_owned)
    }

    /// A word up to a blank, a quote or a brace.
    fn plain(&mut self) -> String {
        let mut text = String::new();
        while let Some(next) = self.peek() {
            match next {
                '"' | '{' | '}' => break,
                _ if is_blank(next) => break,
                _ => text.extend(self.bump()),
            }
            match (next, self.peek()) {
                ('\\', Some('#' | '!')) => {
                    text.pop();
                    text.extend(self.bump());
                }
                ('$', Some('{')) => text.push_str(self.undefined_name()),
                _ => {}
            }
        }
        text
    }

    /// A word of a command: quotes and escapes anywhere; `None`: a quote does not end. `braces`:
    /// one outside quotes ends the word. A zero byte ends its text, as that of any C string; bytes
    /// that are no UTF-8 become U+FFFD.
    fn command_word(&mut self, braces: bool) -> Option<String> {
        let mut text = Vec::new();
        let mut quote = None;
        loop {
            text.extend(self.ordinary_bytes().as_bytes());
            let Some(next) = self.peek() else { break };
            if quote.is_none() && (is_blank(next) || braces && matches!(next, '{' | '}')) {
                break;
            }
            self.bump();
            match (quote, next) {
                (_, '\\') => self.escape(&mut text),
                (Some(open), _) if next == open => quote = None,
                (None, '"' | '\'') => quote = Some(next),
                (None, '$') if braces && self.peek() == Some('{') => {
                    text.push(b'$');
                    text.extend(self.undefined_name().as_bytes());
                }
                _ => push(&mut text, next),
            }
        }
        let length = text.iter().position(|byte| *byte == 0).unwrap_or(text.len());
        text.truncate(length);
        let text = String::from_utf8(text)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
        quote.is_none().then_some(text)
    }

    /// The bytes from here on that stand for themselves.
    fn ordinary_bytes(&mut self) -> &'a str {
        let rest = self.line.text().get(self.at..).unwrap_or_default();
        let length = rest.bytes().position(|byte| !ordinary(byte)).unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }

    /// `{NAME}` behind a `$`, which nobody defined, stays text; its braces open no block.
    fn undefined_name(&mut self) -> &'a str {
        let rest = self.line.text().get(self.at..).unwrap_or_default();
        let length = rest.find('}').map_or(0, |end| end + 1);
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }

    /// What follows a backslash in a command: a byte by its number, or a character.
    fn escape(&mut self, text: &mut Vec<u8>) {
        let Some(next) = self.bump() else { return };
        text.push(match next {
            'a' => 0x07,
            'b' => 0x08,
            'E' => 0x1b,
            'f' => 0x0c,
            'n' => b'\n',
            'r' => b'\r',
            't' => b'\t',
            'v' => 0x0b,
            'c' if self.peek().is_some() => {
                self.bump().and_then(|next| u8::try_from(next).ok()).unwrap_or(b'@') & 0x1f
            }
            'x' if self.peek().is_some_and(|c| c.is_ascii_hexdigit()) => {
                self.number(16, usize::MAX, 0)
            }
            '0'..='7' => self.number(8, 2, next.to_digit(8).unwrap_or(0)),
            other => return push(text, other),
        });
    }

    /// Up to `digits` more digits of a number that starts as `value`; its last byte counts.
    fn number(&mut self, radix: u32, digits: usize, mut value: u32) -> u8 {
        for _ in 0..digits {
            let Some(digit) = self.peek().and_then(|c| c.to_digit(radix)) else { break };
            value = (value * radix + digit) & 0xff;
            self.bump();
        }
        value.to_le_bytes()[0]
    }
}

/// Add a character to text that is not text yet.
fn push(text: &mut Vec<u8>, next: char) {
    text.extend(next.encode_utf8(&mut [0; 4]).as_bytes());
}

/// Whether a byte stands for itself wherever it is in a word.
pub(in crate::config) const fn ordinary(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\'' | b'\\' | b'$' | b'{' | b'}')
}

/// Split the text of a command into its words, as a command keyword's own words are split; braces
/// are ordinary there.
pub(in crate::config) fn command_words(text: &str, span: Span) -> Option<Vec<String>> {
    let line = Fragment::exact(text, Span { end: span.start, ..span });
    let mut lexer = Lexer::new(&line);
    let mut words = Vec::new();
    loop {
        while lexer.peek().is_some_and(is_blank) {
            lexer.bump();
        }
        if lexer.peek().is_none() {
            return Some(words);
        }
        words.push(lexer.command_word(false)?);
    }
}
