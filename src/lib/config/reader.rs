//! Files to lines: comments, `@` conditions, `$` definitions and their use, `~` repetition and
//! `include`. What comes out are lines as if the file had been written without any of them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Options;
use super::diagnostic::{Code, Diagnostic};
use super::fragment::Fragment;
use super::loader::Loader;
use super::repeat;
use super::schema;
use super::source::{SourceMap, Span, offset};
use super::tree::{self, Builder};

/// Definitions inside definitions, and `~` inside `~`.
const DEEPEST_EXPANSION: usize = 32;
/// Files inside files.
const DEEPEST_INCLUDE: usize = 32;
/// What keepalived reads of one line, its end included.
const KEEPALIVED_LINE: usize = 1024;

/// How far a configuration may grow; what goes on past it is an error that says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// All text, each line counted again whenever something in it is expanded.
    pub bytes: usize,
    /// All lines, counted likewise.
    pub lines: usize,
    /// All words after expansion.
    pub words: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { bytes: 128 << 20, lines: 3_000_000, words: 8_000_000 }
    }
}

/// What `$NAME` stands for: the lines of its definition.
#[derive(Clone, Debug)]
pub(super) struct Definition {
    pub lines: Arc<[Fragment<'static>]>,
    pub span: Span,
    /// The step of expansion that leads here; 0 until it is used.
    pub trace: u32,
}

/// Reads one configuration.
pub(super) struct Reader<'a> {
    pub loader: &'a dyn Loader,
    pub options: &'a Options,
    pub sources: SourceMap,
    pub diagnostics: Vec<Diagnostic>,
    pub definitions: BTreeMap<String, Definition>,
    pub builder: Builder,
    /// Files that are being read, outermost first.
    files: Vec<PathBuf>,
    /// State of the generator behind `${_RANDOM}`.
    random: u64,
    /// What is left of the bounds.
    left: Bounds,
    /// A bound was passed and told: nothing more is read.
    pub exhausted: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn new(loader: &'a dyn Loader, options: &'a Options) -> Self {
        Self {
            loader,
            options,
            sources: SourceMap::default(),
            diagnostics: Vec::new(),
            definitions: BTreeMap::new(),
            builder: Builder::default(),
            files: Vec::new(),
            random: options.random_seed,
            left: options.bounds,
            exhausted: false,
        }
    }

    /// Read `path`, which was `asked` for at a place (`None`: by the operator); what it is called
    /// when that file cannot be read depends on who asks.
    pub(super) fn file(&mut self, path: &Path, asked: Option<(Span, Code)>) {
        let span = asked.map(|(span, _)| span);
        let same = |open: &PathBuf| {
            open == path || self.loader.canonical(open) == self.loader.canonical(path)
        };
        if self.files.iter().any(same) || self.files.len() >= DEEPEST_INCLUDE {
            let message = if self.files.len() >= DEEPEST_INCLUDE {
                format!("files include each other more than {DEEPEST_INCLUDE} deep")
            } else {
                format!("{} is already being read: it includes itself", path.display())
            };
            let span = span.unwrap_or_default();
            self.report(
                Diagnostic::new(Code::IncludeLoop, span, message).remedy("remove this include"),
            );
            return;
        }
        let text = match self.loader.read(path) {
            Ok(text) => text,
            Err(error) => {
                let message = format!("cannot read {}: {error}", path.display());
                let remedy = "check the path and its permissions";
                let code = asked.map_or(Code::Unreadable, |(_, code)| code);
                let found = Diagnostic::new(code, Span::default(), message).remedy(remedy);
                self.report(Diagnostic { span, ..found });
                return;
            }
        };
        if !self.spend(text.len(), span.unwrap_or_default()) {
            return;
        }
        let text = Arc::new(text);
        let file = self.sources.add(path.to_owned(), Arc::clone(&text));
        let trace = span.map_or(0, |span| self.sources.trace("included here".to_owned(), span));
        self.files.push(path.to_owned());
        self.lines(&text, Span { file, start: 0, end: 0, trace });
        self.files.pop();
    }

    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// The directory that relative names are relative to.
    pub(super) fn directory(&self) -> &Path {
        self.files.last().and_then(|file| file.parent()).unwrap_or(Path::new(""))
    }

    /// The next number of `${_RANDOM}` in `low..=high` (splitmix64).
    pub(super) fn random(&mut self, low: u64, high: u64) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        match high.checked_sub(low).and_then(|width| width.checked_add(1)) {
            Some(width) => low + z % width,
            None => z,
        }
    }

    /// Take `bytes` of what may still be expanded; reports once when there is no more.
    fn spend(&mut self, bytes: usize, span: Span) -> bool {
        if self.exhausted {
            return false;
        }
        let left = (self.left.bytes.checked_sub(bytes), self.left.lines.checked_sub(1));
        if let (Some(bytes), Some(lines)) = left
            && self.builder.words() < self.left.words
        {
            self.left = Bounds { bytes, lines, ..self.left };
            return true;
        }
        self.exhausted = true;
        let Bounds { bytes, lines, words } = self.options.bounds;
        let message =
            format!("the configuration grows past {bytes} bytes, {lines} lines or {words} words");
        self.report(
            Diagnostic::new(Code::TooLarge, span, message)
                .remedy("reduce what definitions, ~SEQ and ~LST expand to here"),
        );
        false
    }

    fn lines(&mut self, text: &str, origin: Span) {
        let mut at = 0;
        let mut physical = text.split_inclusive('\n').map(|raw| {
            let start = at;
            at += raw.len();
            (start, raw.trim_end_matches(['\n', '\r']))
        });
        while let Some((start, raw)) = physical.next() {
            if plain(raw) {
                let at = Span { start: offset(start), end: offset(start + raw.len()), ..origin };
                if self.spend(raw.len(), at) {
                    self.builder.plain_line(raw, at, &mut self.diagnostics);
                }
                continue;
            }
            if raw.len() >= KEEPALIVED_LINE {
                let span = Span { start: offset(start), end: offset(start + raw.len()), ..origin };
                let message = format!(
                    "the line has {} bytes; keepalived drops lines of {KEEPALIVED_LINE} and more",
                    raw.len()
                );
                self.report(
                    Diagnostic::new(Code::LongLine, span, message)
                        .remedy("ha reads it; break it up if keepalived must read it too"),
                );
            }
            let line = self.bare(start, raw, origin);
            if line.text().is_empty() {
                continue;
            }
            let Some(line) = self.condition(&line) else {
                // A definition that is not wanted takes its further lines with it.
                let mut continues = definition(raw.trim_start_matches(|c| c != '$')).is_some()
                    && raw.ends_with('\\');
                while continues {
                    continues = physical.next().is_some_and(|(_, raw)| raw.ends_with('\\'));
                }
                continue;
            };
            let Some((name, value)) = definition(line.text()).map(|(n, at)| (n.to_owned(), at))
            else {
                self.line(&line, 0);
                continue;
            };
            let mut body = vec![line.rest(value)];
            while let Some(last) = body.last_mut()
                && let Some(kept) = last.text().strip_suffix('\\')
            {
                *last = last.head(kept.len());
                let Some((start, raw)) = physical.next() else { break };
                body.push(self.bare(start, raw, origin));
            }
            self.define(name, body, line.span(0, value));
        }
    }

    /// A physical line without its comment and the blanks round it.
    fn bare<'t>(&mut self, start: usize, raw: &'t str, origin: Span) -> Fragment<'t> {
        let end = comment(raw).unwrap_or(raw.len());
        let at = |from: usize, to: usize| Span {
            start: offset(start + from),
            end: offset(start + to),
            ..origin
        };
        let text = raw.get(..end).unwrap_or_default();
        if end < raw.len() && !text.is_empty() && !text.ends_with(char::is_whitespace) {
            let sign = raw.get(end..=end).unwrap_or("#");
            let quoted = text.rsplit([' ', '\t']).next().unwrap_or_default().starts_with('"');
            if !quoted && !text.ends_with(['{', '}', ';']) {
                let message = format!("`{sign}` starts a comment in the middle of a word");
                let remedy = format!("write \\{sign} or quote the word if it belongs to it");
                self.report(
                    Diagnostic::new(Code::CommentInWord, at(end, end + 1), message).remedy(remedy),
                );
            }
        }
        if let Some(bad) = text.find('\u{fffd}') {
            let message = "the line holds bytes that are not UTF-8";
            self.report(
                Diagnostic::new(Code::NotText, at(bad, bad + 3), message)
                    .remedy("save the file as UTF-8; the bytes are replaced"),
            );
        }
        let from = text.len() - text.trim_start().len();
        let text = text.trim();
        Fragment::exact(text, at(from, from + text.len()))
    }

    /// `@NAME rest` and `@^NAME rest`: the rest when the line is wanted.
    fn condition<'f, 't>(&self, line: &'f Fragment<'t>) -> Option<Cow<'f, Fragment<'t>>> {
        let Some(condition) = line.text().strip_prefix('@') else {
            return Some(Cow::Borrowed(line));
        };
        let length = condition.find([' ', '\t']).unwrap_or(condition.len());
        let name = condition.get(..length).unwrap_or_default();
        let id = self.options.config_id.as_str();
        let wanted = match name.strip_prefix('^') {
            Some(name) => name != id || id.is_empty(),
            None => name == id && !id.is_empty(),
        };
        let rest = line.rest(length + 1);
        (wanted && !rest.text().is_empty()).then_some(Cow::Owned(rest))
    }

    fn define(&mut self, name: String, mut body: Vec<Fragment<'_>>, span: Span) {
        if body.len() > 1 {
            body.retain(|line| !line.text().is_empty());
        }
        let lines = body.into_iter().map(Fragment::into_owned).collect();
        self.definitions.insert(name, Definition { lines, span, trace: 0 });
    }

    /// Take one line; `depth` counts the expansions that led to it.
    pub(super) fn line(&mut self, line: &Fragment<'_>, depth: usize) {
        let span = line.span(0, line.text().len());
        if !self.spend(line.text().len(), span) {
            return;
        }
        if depth > DEEPEST_EXPANSION {
            self.exhausted = true;
            let message = format!("expansion goes more than {DEEPEST_EXPANSION} deep");
            self.report(
                Diagnostic::new(Code::TooLarge, span, message)
                    .remedy("a definition probably uses itself; break the circle"),
            );
            return;
        }
        let Some(line) = self.condition(line) else { return };
        if let Some((name, value)) = definition(line.text()) {
            let (name, body) = (name.to_owned(), vec![line.rest(value)]);
            self.define(name, body, line.span(0, value));
        } else if repeat::starts(line.text()) {
            repeat::expand(self, &line, depth);
        } else if let Some(lines) = self.substitute(&line) {
            for line in lines {
                self.line(&line, depth + 1);
            }
        } else {
            self.finished(&line);
        }
    }

    /// A line in which nothing is left to expand.
    fn finished(&mut self, line: &Fragment<'_>) {
        let text = line.text();
        let word = text.find([' ', '\t']).unwrap_or(text.len());
        if let Some(checks) = text.get(..word).and_then(IncludeChecks::of) {
            let pattern = line.rest(word);
            let span = pattern.span(0, pattern.text().len());
            self.include(pattern.text().trim_matches('"'), checks, span);
        } else {
            self.builder.line(line, &mut self.diagnostics);
        }
    }

    fn include(&mut self, pattern: &str, checks: IncludeChecks, span: Span) {
        if pattern.is_empty() {
            self.report(
                Diagnostic::new(Code::ArgumentMissing, span, "include needs a file name")
                    .remedy("name the file or remove the line"),
            );
            return;
        }
        let strictest = IncludeChecks::of("includea").filter(|_| self.options.every_file);
        let checks = strictest.unwrap_or(checks);
        let mut found = Vec::new();
        for pattern in checks.patterns(pattern) {
            match self.loader.glob(self.directory(), &pattern) {
                Ok(files) => {
                    if files.is_empty() {
                        self.nothing_included(&pattern, checks, span);
                    }
                    found.extend(files);
                }
                Err(error) => {
                    let message = format!("cannot look for `{pattern}`: {error}");
                    self.report(Diagnostic::new(checks.read(), span, message));
                }
            }
        }
        for path in found {
            match self.loader.status(&path) {
                Ok(status) if !status.regular || status.mode & 0o111 != 0 => {
                    let message = format!("{} is not included", path.display());
                    self.report(
                        Diagnostic::new(checks.read(), span, message)
                            .remedy("only regular files that are not executable are included"),
                    );
                }
                _ => self.file(&path, Some((span, checks.read()))),
            }
        }
    }

    /// A plain name without a match is silent in keepalived's `include`; that hides mistakes, so
    /// it is always told. A wildcard may match nothing unless the keyword says otherwise.
    fn nothing_included(&mut self, pattern: &str, checks: IncludeChecks, span: Span) {
        let wildcard = pattern.contains(['*', '?', '[']);
        let required = if wildcard { checks.wildcard } else { checks.plain };
        if wildcard && !required {
            return;
        }
        let code = if required { Code::Unreadable } else { Code::IncludeSkipped };
        let message = format!("no file matches `{pattern}`");
        self.report(
            Diagnostic::new(code, span, message)
                .remedy("check the path; it is relative to the including file"),
        );
    }
}

/// What keepalived does not start with, for one of the include keywords.
#[derive(Clone, Copy, Default)]
struct IncludeChecks {
    /// A file that matches and cannot be read.
    read: bool,
    /// A name without wildcards that matches nothing.
    plain: bool,
    /// A name with wildcards that matches nothing.
    wildcard: bool,
    /// One of `{a,b}` that matches nothing.
    brace: bool,
}

impl IncludeChecks {
    /// `None`: the word is not an include keyword.
    fn of(word: &str) -> Option<Self> {
        let read = Self { read: true, ..Self::default() };
        Some(match word {
            "include" => Self::default(),
            "includer" => read,
            "includem" => Self { plain: true, ..read },
            "includew" => Self { plain: true, wildcard: true, ..read },
            "includeb" => Self { plain: true, brace: true, ..read },
            "includea" => Self { plain: true, wildcard: true, brace: true, read: true },
            _ => return None,
        })
    }

    /// How bad a file is that cannot be read.
    const fn read(self) -> Code {
        if self.read { Code::Unreadable } else { Code::IncludeSkipped }
    }

    /// The patterns that have to match: with the brace check each alternative of the first
    /// `{a,b}` by itself.
    fn patterns(self, pattern: &str) -> Vec<String> {
        let parts = pattern.split_once('{').and_then(|(head, rest)| {
            let (inside, tail) = rest.split_once('}')?;
            (self.brace && !inside.contains('{')).then_some((head, inside, tail))
        });
        match parts {
            Some((head, inside, tail)) => {
                inside.split(',').map(|word| format!("{head}{word}{tail}")).collect()
            }
            None => vec![pattern.to_owned()],
        }
    }
}

/// Whether the reader has nothing to do with a line, and no word of it needs a closer look: most
/// lines of a large file are like this. A brace stands at its end or alone.
fn plain(line: &str) -> bool {
    let text = line.trim_ascii();
    let words = text.strip_suffix('{').unwrap_or(text);
    let common = |byte: u8| {
        tree::ordinary(byte) && !matches!(byte, b'#' | b'!' | b'@' | b'~')
            || matches!(byte, b' ' | b'\t')
    };
    let command = || schema::takes_command(text.split([' ', '\t']).next().unwrap_or_default());
    line.len() < KEEPALIVED_LINE
        && (text == "}" || words.bytes().all(common))
        && !text.starts_with("include")
        && (words.len() == text.len() || !command())
}

/// Where the comment starts: the first `#` or `!` outside double quotes and not after `\`.
fn comment(line: &str) -> Option<usize> {
    let mut quoted = false;
    let mut escaped = false;
    for (at, byte) in line.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => quoted = !quoted,
            b'#' | b'!' if !quoted => return Some(at),
            _ => {}
        }
    }
    None
}

/// `$NAME=value`: the name, and where the value starts.
fn definition(line: &str) -> Option<(&str, usize)> {
    let rest = line.strip_prefix('$')?;
    let length = name_length(rest);
    let name = rest.get(..length)?;
    (length > 0 && rest.get(length..)?.starts_with('=')).then_some((name, length + 2))
}

/// Bytes of the name that `text` starts with: a letter or underscore, then also digits.
pub(super) fn name_length(text: &str) -> usize {
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        return 0;
    }
    text.find(|c: char| c != '_' && !c.is_ascii_alphanumeric()).unwrap_or(text.len())
}
