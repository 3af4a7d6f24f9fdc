//! Lines to a tree of statements: words, quotes and braces. It does not know any keyword except
//! which ones take a command, because those have a richer way to quote.

use std::borrow::Cow;

use super::diagnostic::{Code, Diagnostic, Findings};
use super::fragment::Fragment;
use super::schema;
use super::source::{SourceMap, Span, offset};

/// Blocks inside blocks; keepalived's deepest is five.
const DEEPEST: usize = 32;

/// One word of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word<'t> {
    /// Without its quotes and escapes.
    pub text: &'t str,
    /// Where it stands.
    pub span: Span,
}

/// A statement: its words, and its block when it has one.
#[derive(Clone, Debug)]
pub(super) struct Node<'t> {
    /// The keyword.
    pub keyword: Word<'t>,
    /// The words after it.
    pub arguments: &'t [Word<'t>],
    /// What stands between its braces.
    pub block: Option<Block<'t>>,
}

impl<'t> Node<'t> {
    /// The keyword and the words after it.
    pub(super) fn words(&self) -> impl Iterator<Item = Word<'t>> + Clone + use<'t> {
        std::iter::once(self.keyword).chain(self.arguments.iter().copied())
    }
}

/// Statements between braces.
#[derive(Clone, Debug)]
pub(super) struct Block<'t> {
    /// The opening brace.
    pub open: Span,
    /// The closing brace, when there is one.
    pub close: Option<Span>,
    /// In order.
    pub nodes: Nodes<'t>,
}

/// Statements one after the other.
#[derive(Clone, Debug)]
pub(super) struct Nodes<'t> {
    tree: &'t Tree<'t>,
    at: u32,
    end: u32,
}

impl<'t> Iterator for Nodes<'t> {
    type Item = Place<'t>;

    fn next(&mut self) -> Option<Place<'t>> {
        let place = Place { tree: self.tree, at: self.at };
        let stored = self.tree.nodes.get(index(self.at)).filter(|_| self.at < self.end)?;
        self.at = stored.end;
        Some(place)
    }
}

/// A statement in its tree: a number instead of all that [`Node`] has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'t> {
    tree: &'t Tree<'t>,
    at: u32,
}

/// Every statement of a configuration. A statement is followed by those of its block, and all
/// words stand in one row: a tree of a million statements is three pieces of memory.
#[derive(Debug)]
pub(super) struct Tree<'t> {
    words: Vec<Word<'t>>,
    nodes: Vec<Stored>,
    braces: Vec<Braces>,
}

/// Where a block begins and ends.
#[derive(Clone, Copy, Debug)]
struct Braces {
    open: Span,
    close: Option<Span>,
}

/// One statement.
#[derive(Clone, Copy, Debug)]
struct Stored {
    /// Its first word, the keyword, and how many words there are.
    first: u32,
    count: u32,
    /// The next statement that is not inside its block.
    end: u32,
    /// One more than the number of its braces; 0: it has no block.
    braces: u32,
}

fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

impl<'t> Tree<'t> {
    /// The statements outside of all blocks.
    pub(super) fn top(&'t self) -> Nodes<'t> {
        Nodes { tree: self, at: 0, end: offset(self.nodes.len()) }
    }
}

impl<'t> Place<'t> {
    /// The statement.
    pub(super) fn node(self) -> Node<'t> {
        let keyword = Word { text: "", span: Span::default() };
        let nothing = Node { keyword, arguments: &[], block: None };
        let Some(stored) = self.tree.nodes.get(index(self.at)) else { return nothing };
        let first = index(stored.first);
        let words = self.tree.words.get(first..first.saturating_add(index(stored.count)));
        let Some((keyword, arguments)) = words.and_then(<[Word]>::split_first) else {
            return nothing;
        };
        let number = stored.braces.checked_sub(1);
        let braces = number.and_then(|number| self.tree.braces.get(index(number)));
        let nodes = Nodes { tree: self.tree, at: self.at.saturating_add(1), end: stored.end };
        let block = braces.map(|at| Block { open: at.open, close: at.close, nodes });
        Node { keyword: *keyword, arguments, block }
    }
}

/// A word before the files are complete.
#[derive(Clone, Copy, Debug)]
struct Raw {
    span: Span,
    /// Its bytes in [`Builder::texts`], unless they stand in the file at `span`.
    own: Option<(u32, u32)>,
}

/// Takes lines, gives a tree.
#[derive(Debug, Default)]
pub(super) struct Builder {
    words: Vec<Raw>,
    nodes: Vec<Stored>,
    braces: Vec<Braces>,
    /// The text of words that do not stand in a file as they are.
    texts: String,
    /// Words before those of the statement that is being read.
    begun: usize,
    /// The statement's arguments are secret.
    secret: bool,
    /// The last statement, when it may still get a block.
    last: Option<u32>,
    /// Braces that are open, outermost first; `None`: one of nothing, what follows it stays in the
    /// block round it.
    open: Vec<Option<u32>>,
    /// Braces opened past [`DEEPEST`].
    skipped: usize,
    /// Words that no message may show.
    secrets: Vec<Span>,
}

/// What a [`Builder`] has taken, until the files are complete.
#[derive(Debug)]
pub(super) struct Taken {
    words: Vec<Raw>,
    nodes: Vec<Stored>,
    braces: Vec<Braces>,
    /// The text of words that do not stand in a file as they are.
    pub texts: String,
    /// Words that no message may show.
    pub secrets: Vec<Span>,
    /// Blocks that were still open at the end.
    pub unclosed: usize,
}

impl Builder {
    /// Take one line, or the part of one. False: it was not taken.
    pub(super) fn line(&mut self, line: &Fragment<'_>, diagnostics: &mut Findings) -> bool {
        let mut lexer = Lexer::new(line);
        loop {
            match lexer.next() {
                Token::Word(word) => self.word(&word),
                Token::Open(span) => self.open(span, diagnostics),
                Token::Close(span) => {
                    self.statement();
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
                    self.words.truncate(self.begun);
                    return false;
                }
            }
        }
        self.statement();
        true
    }

    /// Whether the innermost block is the one of `keyword`; `sources` has the files so far.
    pub(super) fn inside(&self, keyword: &str, sources: &SourceMap) -> bool {
        let block = self.open.iter().rev().find_map(|open| *open);
        let node = block.and_then(|block| self.nodes.get(index(block)));
        let word = node.and_then(|node| self.words.get(index(node.first)));
        word.is_some_and(|word| word.read(&self.texts, sources).text == keyword)
    }

    /// Take a line that stands in a file at `at`, of [`ordinary`] bytes, blanks and braces alone.
    pub(super) fn plain_line(&mut self, line: &str, at: Span, diagnostics: &mut Findings) {
        let place = |from: usize, to: usize| Span {
            start: at.start.saturating_add(offset(from)),
            end: at.start.saturating_add(offset(to)),
            ..at
        };
        let mut begin = 0;
        for (end, byte) in line.bytes().chain([b' ']).enumerate() {
            if ordinary(byte) {
                continue;
            }
            if begin < end {
                if self.words.len() == self.begun {
                    self.secret = line.get(begin..end).is_some_and(schema::is_secret);
                }
                self.words.push(Raw { span: place(begin, end), own: None });
            }
            begin = end + 1;
            match byte {
                b'{' => self.open(place(end, begin), diagnostics),
                b'}' => {
                    self.statement();
                    self.close(place(end, begin), diagnostics);
                }
                _ => {}
            }
        }
        self.statement();
    }

    /// How many words were taken.
    pub(super) fn words(&self) -> usize {
        self.words.len()
    }

    fn word(&mut self, word: &Lexed<'_>) {
        if self.words.len() == self.begun {
            self.secret = schema::is_secret(&word.text);
        }
        let own = (!word.exact).then(|| {
            let from = offset(self.texts.len());
            self.texts.push_str(&word.text);
            (from, offset(self.texts.len()))
        });
        self.words.push(Raw { span: word.span, own });
    }

    /// The words since the last statement are one.
    fn statement(&mut self) {
        let words = self.words.get(self.begun..).unwrap_or_default();
        if words.is_empty() {
            return;
        }
        if self.skipped > 0 {
            self.words.truncate(self.begun);
            return;
        }
        if self.secret {
            self.secrets.extend(words.iter().skip(1).map(|word| word.span));
        }
        let at = offset(self.nodes.len());
        let (first, count) = (offset(self.begun), offset(words.len()));
        self.nodes.push(Stored { first, count, end: at.saturating_add(1), braces: 0 });
        self.begun = self.words.len();
        self.last = Some(at);
    }

    fn open(&mut self, span: Span, diagnostics: &mut Findings) {
        self.statement();
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
        let last = self.last.take();
        let stored = last.and_then(|last| self.nodes.get_mut(index(last)));
        if let (Some(at), Some(stored)) = (last, stored) {
            self.braces.push(Braces { open: span, close: None });
            stored.braces = offset(self.braces.len());
            self.open.push(Some(at));
        } else {
            let message = "`{` without a keyword before it";
            diagnostics.push(
                Diagnostic::new(Code::BraceWithoutBlock, span, message)
                    .remedy("name the block, or remove the brace and its partner"),
            );
            self.open.push(None);
        }
    }

    fn close(&mut self, span: Span, diagnostics: &mut Findings) {
        self.last = None;
        if self.skipped > 0 {
            self.skipped -= 1;
        } else if let Some(open) = self.open.pop() {
            self.end(open, Some(span));
        } else {
            diagnostics.push(
                Diagnostic::new(Code::SurplusBrace, span, "`}` closes nothing").remedy(
                    "remove it; or a block before it was closed too early, and its \
                     settings were not taken",
                ),
            );
        }
    }

    /// The block `open` takes no more statements.
    fn end(&mut self, open: Option<u32>, close: Option<Span>) -> Option<()> {
        let end = offset(self.nodes.len());
        let stored = self.nodes.get_mut(index(open?))?;
        stored.end = end;
        self.braces.get_mut(index(stored.braces.checked_sub(1)?))?.close = close;
        Some(())
    }

    /// All there is, when there are no more lines.
    pub(super) fn finish(mut self) -> Taken {
        let mut unclosed = 0;
        while let Some(open) = self.open.pop() {
            unclosed += usize::from(self.end(open, None).is_some());
        }
        let Self { words, nodes, braces, texts, secrets, .. } = self;
        Taken { words, nodes, braces, texts, secrets, unclosed }
    }
}

impl Raw {
    fn read<'t>(&self, texts: &'t str, sources: &'t SourceMap) -> Word<'t> {
        let text = match self.own {
            Some((from, to)) => texts.get(index(from)..index(to)),
            None => sources.file(self.span.file).and_then(|file| file.text_at(self.span)),
        };
        Word { text: text.unwrap_or_default(), span: self.span }
    }
}

impl<'t> Tree<'t> {
    /// What was taken, now that no file is added any more; `texts` are its texts.
    pub(super) fn new(taken: Taken, texts: &'t str, sources: &'t SourceMap) -> Self {
        let words = taken.words.iter().map(|raw| raw.read(texts, sources)).collect();
        Self { words, nodes: taken.nodes, braces: taken.braces }
    }
}

/// What a line is made of.
pub(super) enum Token<'a> {
    Word(Lexed<'a>),
    Open(Span),
    Close(Span),
    /// A quote that is not closed, to the end of the line.
    Unclosed(Span),
    End,
}

/// A word of a line.
pub(super) struct Lexed<'a> {
    /// Without its quotes and escapes.
    pub text: Cow<'a, str>,
    /// Where it stands.
    pub span: Span,
    /// The text stands in the file at `span` byte for byte.
    exact: bool,
}

/// Takes one line apart.
pub(super) struct Lexer<'a> {
    line: &'a Fragment<'a>,
    at: usize,
    /// The next word is the first of a statement.
    first: bool,
    /// The words belong to a command.
    rich: bool,
}

impl<'a> Lexer<'a> {
    pub(super) const fn new(line: &'a Fragment<'a>) -> Self {
        Self { line, at: 0, first: true, rich: false }
    }

    /// The byte of the line after the last token.
    pub(super) const fn position(&self) -> usize {
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
    pub(super) fn next(&mut self) -> Token<'a> {
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

    fn token(&mut self) -> Token<'a> {
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
                _ if next.is_whitespace() => break,
                _ => text.extend(self.bump()),
            }
            match (next, self.peek()) {
                ('\\', Some('#' | '!')) => {
                    text.pop();
                    text.extend(self.bump());
                }
                ('$', Some('{')) => self.undefined_name(&mut text),
                _ => {}
            }
        }
        text
    }

    /// A word of a command: quotes and escapes anywhere; `None`: a quote does not end. `braces`:
    /// one outside quotes ends the word.
    fn command_word(&mut self, braces: bool) -> Option<String> {
        let mut text = String::new();
        let mut quote = None;
        while let Some(next) = self.peek() {
            if quote.is_none() && (next.is_whitespace() || braces && matches!(next, '{' | '}')) {
                break;
            }
            self.bump();
            match (quote, next) {
                (_, '\\') => text.extend(self.escape()),
                (Some(open), _) if next == open => quote = None,
                (None, '"' | '\'') => quote = Some(next),
                (None, '$') if braces && self.peek() == Some('{') => {
                    text.push(next);
                    self.undefined_name(&mut text);
                }
                _ => text.push(next),
            }
        }
        quote.is_none().then_some(text)
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
            'c' if self.peek().is_some() => {
                char::from(u8::try_from(self.bump()?).unwrap_or(b'@') & 0x1f)
            }
            'x' if self.peek().is_some_and(|c| c.is_ascii_hexdigit()) => self.number(16, 2, 0),
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

/// Whether a byte stands for itself wherever it is in a word.
pub(super) const fn ordinary(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\'' | b'\\' | b'$' | b'{' | b'}')
}

/// Split the text of a command into its words, as a command keyword's own words are split; braces
/// are ordinary there.
pub(super) fn command_words(text: &str, span: Span) -> Option<Vec<String>> {
    let line = Fragment::exact(text, Span { end: span.start, ..span });
    let mut lexer = Lexer::new(&line);
    let mut words = Vec::new();
    loop {
        while lexer.peek().is_some_and(char::is_whitespace) {
            lexer.bump();
        }
        if lexer.peek().is_none() {
            return Some(words);
        }
        words.push(lexer.command_word(false)?);
    }
}
