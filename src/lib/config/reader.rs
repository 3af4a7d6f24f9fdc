//! Files to statements: comments, `@` conditions, `$` definitions and their use, `~` repetition
//! and `include`. What goes on to the tree is text as if the file had been written without them.
//!
//! A brace ends what stands before it: the rest of its line counts like a new line, with
//! conditions, definitions and repetitions of its own.

mod ahead;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Options;
use super::diagnostic::{Code, Diagnostic, Findings};
use super::fragment::{Fragment, Spare};
use super::include::{self, Checks};
use super::lines::Lines;
use super::loader::Loader;
use super::quoting::{self, is_blank};
use super::render::Rendering;
use super::repeat;
use super::schema;
use super::secrecy::Suspects;
use super::source::{SourceMap, Span, Step, offset};
use super::tree::Builder;

/// Definitions inside definitions, and `~` inside `~`.
const DEEPEST_EXPANSION: usize = 32;
/// Files inside files.
const DEEPEST_INCLUDE: usize = 32;
/// What keepalived reads of one line, its end included.
pub(super) const KEEPALIVED_LINE: usize = 1024;

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
    pub kind: Kind,
    pub lines: Arc<[Fragment<'static>]>,
    pub span: Span,
}

/// How a name came to its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `$NAME=value`.
    Line,
    /// `$NAME=` with lines that go on.
    Lines,
    /// A variable of a repetition.
    Turn,
}

/// Reads one configuration.
pub(super) struct Reader<'a> {
    pub loader: &'a dyn Loader,
    pub options: &'a Options,
    pub sources: SourceMap,
    pub diagnostics: Findings,
    pub definitions: BTreeMap<String, Definition>,
    pub builder: Builder,
    pub spare: Spare,
    /// The expanded text, when somebody wants to see it.
    pub rendering: Option<Rendering>,
    /// What plain `include` checks.
    pub include_checks: Checks,
    /// Files that are being read, outermost first.
    files: Vec<PathBuf>,
    /// The folder of the last one of them as the system calls it, once somebody has asked.
    pub here: Option<String>,
    /// State of the generator behind `${_RANDOM}`.
    random: u64,
    /// What is left of the bounds.
    left: Bounds,
    /// A bound was passed and told: nothing more is read.
    pub exhausted: bool,
    /// Lines that may hold a secret.
    pub suspects: Suspects,
}

impl<'a> Reader<'a> {
    pub(super) fn new(loader: &'a dyn Loader, options: &'a Options) -> Self {
        Self {
            loader,
            options,
            sources: SourceMap::default(),
            diagnostics: Findings::default(),
            definitions: BTreeMap::new(),
            builder: Builder::default(),
            spare: Spare::default(),
            rendering: None,
            include_checks: Checks::default(),
            files: Vec::new(),
            here: None,
            random: options.random_seed,
            left: options.bounds,
            exhausted: false,
            suspects: Suspects::default(),
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
        let trace = span.map_or(0, |span| self.sources.trace(Step::Included, span, span.trace));
        self.files.push(path.to_owned());
        self.here = None;
        let checks = self.include_checks;
        let (mut lines, origin) = (Lines::new(&text), Span { file, start: 0, end: 0, trace });
        self.by_two_hands(&text, &mut lines, origin);
        self.lines_before(text.len(), &mut lines, origin);
        self.include_checks = checks;
        self.files.pop();
        self.here = None;
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

    /// Take the `lines` that start before byte `end`.
    fn lines_before(&mut self, end: usize, lines: &mut Lines<'_>, origin: Span) {
        while !self.exhausted && lines.at() < end {
            let from = lines.at();
            let Some(suspect) = self.plain(lines, origin) else {
                if self.any(lines, origin).is_none() {
                    return;
                }
                self.suspects.add(origin, from..lines.at());
                continue;
            };
            if suspect {
                self.suspects.add(origin, from..lines.at());
            }
        }
    }

    /// Take the next line when the reader has nothing to do with it: whether it is suspect. `None`:
    /// it was not taken.
    fn plain(&mut self, lines: &mut Lines<'_>, origin: Span) -> Option<bool> {
        let (start, rest) = lines.rest().filter(|_| self.rendering.is_none())?;
        let at = Span { start: offset(start), ..origin };
        let taken = self.builder.plain_line(rest, at, &mut self.diagnostics)?;
        lines.pass(taken.end);
        let end = at.start.saturating_add(offset(taken.length));
        self.spend(taken.length, Span { end, ..at });
        Some(taken.suspect)
    }

    /// Take the next line, and those that a definition in it goes on with. `None`: there is none.
    fn any(&mut self, lines: &mut Lines<'_>, origin: Span) -> Option<()> {
        let (start, raw) = lines.next()?;
        self.too_long(start, raw, origin);
        let (line, mut continues) = self.bare(start, raw, origin);
        let unconditional = self.condition(line.text()).filter(|rest| !rest.is_empty());
        let Some(rest) = unconditional else {
            // A definition that is not wanted takes its further lines with it.
            let of = line
                .text()
                .split_once([' ', '\t'])
                .map_or("", |(_, rest)| rest.trim_matches(is_blank));
            continues &= definition(of).is_some();
            while continues {
                continues = lines.next().is_some_and(|(_, raw)| continued(raw));
            }
            return Some(());
        };
        let at = line.text().len() - rest.len();
        let Some((name, value)) = definition(rest).map(|(n, from)| (n.to_owned(), at + from))
        else {
            let line = if continues { self.not_continued(&line) } else { line };
            self.line(&line, 0);
            return Some(());
        };
        let mut body = vec![line.rest(value)];
        let kind = if continues { Kind::Lines } else { Kind::Line };
        while continues && let Some(last) = body.last_mut() {
            let text = last.text();
            *last = last.part(0, text.strip_suffix('\\').unwrap_or(text).len());
            let Some((start, raw)) = lines.next() else { break };
            let (line, more) = self.bare(start, raw, origin);
            body.push(line);
            continues = more;
        }
        self.define(kind, name, body, line.span(at, value));
        Some(())
    }

    /// keepalived reads lines of a certain length.
    fn too_long(&mut self, start: usize, raw: &str, origin: Span) {
        if raw.len() < KEEPALIVED_LINE {
            return;
        }
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

    /// A backslash ends a line that is no definition: keepalived takes it for a part of the last
    /// word.
    fn not_continued<'t>(&mut self, line: &Fragment<'t>) -> Fragment<'t> {
        let Some(kept) = line.text().strip_suffix('\\') else { return line.clone() };
        let (kept, all) = (kept.trim_end_matches(is_blank), line.text().len());
        self.report(
            Diagnostic::new(
                Code::NotContinued,
                line.span(all - 1, all),
                "a backslash continues no line except that of a definition",
            )
            .remedy("join this line and the next one; as it stands, each is read by itself"),
        );
        let mut glued = line.part(0, kept.len());
        if !kept.is_empty() && !kept.ends_with(['{', '}']) {
            glued.push_part(line, all - 1, all);
        }
        glued
    }

    /// A physical line without its comment and the blanks round it, and whether the next one goes
    /// on with it.
    fn bare<'t>(&mut self, start: usize, raw: &'t str, origin: Span) -> (Fragment<'t>, bool) {
        let end = quoting::comment(raw).unwrap_or(raw.len());
        let at = |from: usize, to: usize| Span {
            start: offset(start + from),
            end: offset(start + to),
            ..origin
        };
        let text = raw.get(..end).unwrap_or_default();
        if end < raw.len() && !text.is_empty() && !text.ends_with(is_blank) {
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
        let from = text.len() - text.trim_start_matches(is_blank).len();
        let text = text.trim_matches(is_blank);
        (Fragment::exact(text, at(from, from + text.len())), continued(raw))
    }

    /// What `line` says when its conditions hold: without `@NAME` and `@^NAME` before it. `None`:
    /// one of them does not.
    fn condition<'t>(&self, mut line: &'t str) -> Option<&'t str> {
        let id = self.options.config_id.as_str();
        while let Some(condition) = line.strip_prefix('@') {
            let length = condition.find([' ', '\t']).unwrap_or(condition.len());
            let (name, rest) = condition.split_at_checked(length)?;
            let wanted = match name.strip_prefix('^') {
                Some(name) => name != id || id.is_empty(),
                None => name == id && !id.is_empty(),
            };
            if !wanted {
                return None;
            }
            line = rest.trim_start_matches(is_blank);
        }
        Some(line)
    }

    fn define(&mut self, kind: Kind, name: String, mut body: Vec<Fragment<'_>>, span: Span) {
        if kind == Kind::Lines {
            body.retain(|line| !line.text().is_empty());
        }
        let lines = body.into_iter().map(Fragment::into_owned).collect();
        self.definitions.insert(name, Definition { kind, lines, span });
    }

    /// Take one line; `depth` counts the expansions that led to it.
    pub(super) fn line(&mut self, line: &Fragment<'_>, depth: usize) {
        let all = line.text().len();
        if !self.spend(all, line.span(0, all)) {
            return;
        }
        if depth > DEEPEST_EXPANSION {
            self.exhausted = true;
            let message = format!("expansion goes more than {DEEPEST_EXPANSION} deep");
            self.report(
                Diagnostic::new(Code::TooLarge, line.span(0, all), message)
                    .remedy("a definition probably uses itself; break the circle"),
            );
            return;
        }
        let mut at = 0;
        while !self.exhausted {
            let rest = line.text().get(at..).unwrap_or_default().trim_start_matches(is_blank);
            let Some(wanted) = self.condition(rest).filter(|rest| !rest.is_empty()) else { return };
            let expanded = depth > 0 || wanted.len() < rest.len();
            let from = all - wanted.len();
            let Some(next) = self.start_of(line, from, depth, expanded) else { return };
            at = next;
        }
    }

    /// Take what stands in `line` from byte `from` to its end or up to and including a brace.
    /// Where to go on, if there is more.
    fn start_of(
        &mut self,
        line: &Fragment<'_>,
        from: usize,
        depth: usize,
        expanded: bool,
    ) -> Option<usize> {
        let (text, all) = (line.text().get(from..)?, line.text().len());
        if let Some((name, value)) = definition(text) {
            let (name, value) = (name.to_owned(), from + value);
            self.define(Kind::Line, name, vec![line.rest(value)], line.span(from, value));
            return None;
        }
        if repeat::starts(text) {
            repeat::expand(self, &line.rest(from), depth);
            return None;
        }
        if let Some((checks, length)) = Checks::of(text, self.include_checks) {
            let pattern = from + length;
            let end = pattern + include::end(line.text().get(pattern..)?);
            let keyword = line.span(from, pattern);
            self.include_of(&line.part(pattern, end), checks, (keyword, expanded));
            return Some(end);
        }
        let word = text.split([' ', '\t', '"', '{', '}']).next().unwrap_or_default();
        let brace = quoting::brace(text, schema::takes_command(word)).map(|brace| from + brace);
        let end = brace.unwrap_or(all);
        if brace.is_none() && from == 0 {
            self.text(line, depth, false);
        } else if from < end {
            let part = self.spare.part(line, from, end);
            self.text(&part, depth, brace.is_some());
            self.spare.give(part);
        }
        let brace = brace?;
        self.brace(text.as_bytes().get(brace - from) == Some(&b'{'), line.span(brace, brace + 1));
        Some(brace + 1)
    }

    /// A text without braces of its own: what it is made of, or a statement. `goes_on`: a brace
    /// follows.
    fn text(&mut self, line: &Fragment<'_>, depth: usize, goes_on: bool) {
        if line.text().is_empty() {
            return;
        }
        if let Some(lines) = self.substitute(line, goes_on) {
            for line in lines {
                self.line(&line, depth + 1);
                self.spare.give(line);
            }
            return;
        }
        if let Some(words) = line.text().strip_prefix("include_check")
            && (words.is_empty() || words.starts_with([' ', '\t']))
            && self.builder.inside("global_defs", &self.sources)
        {
            self.include_check(&line.rest(line.text().len() - words.len()));
        }
        if self.builder.line(line, &mut self.diagnostics)
            && let Some(rendering) = &mut self.rendering
        {
            rendering.text(line);
        }
    }

    fn brace(&mut self, opens: bool, span: Span) {
        self.builder.brace(opens, span, &mut self.diagnostics);
        if let Some(rendering) = &mut self.rendering {
            rendering.brace(opens, span);
        }
    }

    /// An include whose name may use definitions.
    fn include_of(
        &mut self,
        pattern: &Fragment<'_>,
        checks: Checks,
        (keyword, mut expanded): (Span, bool),
    ) {
        let mut pattern = pattern.clone().into_owned();
        for _ in 0..DEEPEST_EXPANSION {
            let Some(lines) = self.substitute(&pattern, false) else { break };
            let Some(first) = lines.into_iter().next() else { return };
            (pattern, expanded) = (first, true);
        }
        if expanded {
            self.report(
                Diagnostic::new(
                    Code::NotPortable,
                    pattern.span(0, pattern.text().len()),
                    "keepalived reads an include twice, or from the wrong folder, when it stands \
                     behind a condition, in a definition or in a repetition",
                )
                .remedy("ha reads it once; write it on a line of its own for keepalived"),
            );
        }
        self.include(&pattern, checks, keyword);
    }
}

/// Whether the line reads other files.
pub(super) fn is_include(line: &str) -> bool {
    Checks::of(line, Checks::default()).is_some()
}

/// `@NAME rest` and `@^NAME rest`: the name with its `^`, and the rest.
pub(super) fn condition(line: &str) -> Option<(&str, &str)> {
    let condition = line.strip_prefix('@')?;
    let (name, rest) = condition.split_once([' ', '\t']).unwrap_or((condition, ""));
    Some((name, rest.trim_start_matches(is_blank)))
}

/// Whether the line ends with the backslash that continues a definition.
fn continued(raw: &str) -> bool {
    match quoting::comment(raw) {
        None => raw.trim_end_matches(is_blank).ends_with('\\'),
        Some(_) => raw.ends_with('\\'),
    }
}

/// `$NAME=value`: the name, and where the value starts.
pub(super) fn definition(line: &str) -> Option<(&str, usize)> {
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
