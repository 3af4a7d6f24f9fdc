//! `include` and its kin: which files are meant, what is wrong when there are none, and what
//! `include_check` makes of the plain keyword.

use super::alternatives::alternatives;
use super::diagnostic::{Code, Diagnostic};
use super::fragment::Fragment;
use super::reader::Reader;
use super::source::Span;

/// What makes a name a pattern.
const WILDCARDS: [char; 3] = ['*', '?', '['];

/// What keepalived does not start with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Checks {
    /// A file that matches and cannot be read.
    read: bool,
    /// A name without wildcards that matches nothing.
    plain: bool,
    /// A name with wildcards that matches nothing.
    wildcard: bool,
    /// One of `{a,b}` that matches nothing.
    brace: bool,
}

impl Checks {
    /// Everything there is to check.
    pub(super) const ALL: Self = Self { read: true, plain: true, wildcard: true, brace: true };

    /// What the keyword that `line` starts with checks, and where the pattern starts; `plain` is
    /// what holds for `include` itself. `None`: the line includes nothing.
    pub(super) fn of(line: &str, plain: Self) -> Option<(Self, usize)> {
        let rest = line.strip_prefix("include")?;
        let length = rest.find([' ', '\t', '"']).unwrap_or(rest.len());
        let read = Self { read: true, ..Self::default() };
        let checks = match rest.get(..length)? {
            "" => plain,
            "r" => read,
            "m" => Self { plain: true, ..read },
            "w" => Self { plain: true, wildcard: true, ..read },
            "b" => Self { plain: true, brace: true, ..read },
            "a" => Self::ALL,
            _ => return None,
        };
        Some((checks, line.len() - rest.len() + length))
    }

    /// The same after `include_check` with these words; none means all.
    fn changed(mut self, words: &str) -> (Self, Option<String>) {
        if words.is_empty() {
            return (Self::ALL, None);
        }
        let mut unknown = None;
        // Words without a sign say what holds from now on, not what comes on top.
        if words.split_whitespace().any(|word| !word.starts_with(['+', '-'])) {
            self = Self::default();
        }
        for word in words.split_whitespace() {
            let on = !word.starts_with('-');
            match word.trim_start_matches(['+', '-']) {
                "read" => self.read = on,
                "match" => self.plain = on,
                "wildcard_match" => self.wildcard = on,
                "brace_match" => self.brace = on,
                other => unknown = Some(format!("`{other}` is not a check of include")),
            }
        }
        // To find that nothing matches, keepalived has to look whether it can be read.
        self.read |= self.plain || self.wildcard || self.brace;
        (self, unknown)
    }

    /// How bad a file is that cannot be read.
    const fn read(self) -> Code {
        if self.read { Code::Unreadable } else { Code::IncludeSkipped }
    }

    /// Whether `pattern`, one of `alternatives` perhaps, has to match something.
    fn required(self, pattern: &str, alternatives: bool) -> bool {
        match (pattern.contains(WILDCARDS), alternatives) {
            (true, _) => self.wildcard,
            (false, true) => self.brace,
            (false, false) => self.plain,
        }
    }
}

/// Where the name of an include ends: before a `}` that closes the block round it.
pub(super) fn end(text: &str) -> usize {
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 0 => return at,
            b'}' => depth -= 1,
            _ => {}
        }
    }
    text.len()
}

impl Reader<'_> {
    /// Read what `pattern` matches, here; `keyword`: what stands before it.
    pub(super) fn include(&mut self, pattern: &Fragment<'_>, checks: Checks, keyword: Span) {
        let span = pattern.span(0, pattern.text().len());
        let pattern = pattern.text().trim_matches('"');
        if pattern.is_empty() {
            self.report(
                Diagnostic::new(Code::MissingArgument, keyword, "include names no file")
                    .remedy("name the file or remove the line"),
            );
            return;
        }
        let checks = if self.options.every_file { Checks::ALL } else { checks };
        let mut found = Vec::new();
        let Some(patterns) = alternatives(pattern) else {
            let message = "the braces stand for more than a thousand names";
            let remedy = "name fewer files in one line, or use wildcards";
            self.report(Diagnostic::new(Code::TooLarge, span, message).remedy(remedy));
            return;
        };
        let braces = *patterns != [pattern];
        for pattern in patterns {
            match self.loader.glob(self.directory(), &pattern) {
                Ok(files) if files.is_empty() => {
                    let required = checks.required(&pattern, braces);
                    self.nothing_included(&pattern, required, span);
                }
                Ok(files) => found.extend(files),
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
    /// it is always told. A wildcard may match nothing unless something says otherwise.
    fn nothing_included(&mut self, pattern: &str, required: bool, span: Span) {
        if !required && pattern.contains(WILDCARDS) {
            return;
        }
        let code = if required { Code::Unreadable } else { Code::IncludeSkipped };
        let message = format!("no file matches `{pattern}`");
        self.report(
            Diagnostic::new(code, span, message)
                .remedy("check the path; it is relative to the including file"),
        );
    }

    /// `include_check WORDS`: what plain `include` checks in the rest of this file and in what it
    /// includes.
    pub(super) fn include_check(&mut self, words: &Fragment<'_>) {
        let (checks, unknown) = self.include_checks.changed(words.text());
        self.include_checks = checks;
        if let Some(message) = unknown {
            let span = words.span(0, words.text().len());
            self.report(
                Diagnostic::new(Code::InvalidValue, span, message)
                    .remedy("it is ignored; the checks are read match wildcard_match brace_match"),
            );
        }
    }
}
