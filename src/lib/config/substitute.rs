//! `$NAME` and `${NAME}`, and the predefined `${_PWD}`, `${_INSTANCE}`, `${_RANDOM}`, `${_ENV X}`,
//! `${_HASH}`, `${_BANG}`.

use std::path::Path;

use super::diagnostic::{Code, Diagnostic};
use super::fragment::Fragment;
use super::reader::{Definition, Kind, Reader, name_length};
use super::source::{Name, Span, Step};

/// One line after expansion, in bytes.
const LONGEST: usize = 64 << 10;

/// A use of a definition in a line.
pub(super) struct Use<'a> {
    /// Byte of the `$`.
    from: usize,
    /// One past the last byte.
    pub to: usize,
    pub name: &'a str,
    /// What follows the name inside the braces.
    parameters: &'a str,
    /// What follows the use allows it to be one.
    ended: bool,
}

impl Reader<'_> {
    /// `line` with every use replaced once: one line, or more when a definition has more. `None`
    /// when there is nothing to replace. `goes_on`: something follows the line on its line.
    pub(super) fn substitute(
        &mut self,
        line: &Fragment<'_>,
        goes_on: bool,
    ) -> Option<Vec<Fragment<'static>>> {
        let text = line.text();
        next_use(text, 0)?;
        let (mut out, mut current) = (Vec::new(), self.spare.take());
        let (mut at, mut replaced) = (0, false);
        let mut from = 0;
        while let Some(used) = next_use(text, from) {
            from = used.to;
            let span = line.span(used.from, used.to);
            if !used.ended {
                self.unended(&used, span);
                continue;
            }
            if let Some(definition) = self.definitions.get(used.name).cloned() {
                current.push_part(line, at, used.from);
                self.use_definition(&used, &definition, span, (&mut current, &mut out));
                if definition.kind == Kind::Lines && (goes_on || used.to < text.len()) {
                    self.goes_on(&used, span);
                }
            } else if let Some(value) = self.predefined(&used) {
                current.push_part(line, at, used.from);
                current.push_replaced(&value, span);
            } else {
                self.undefined(&used, span);
                continue;
            }
            (at, replaced) = (used.to, true);
            if current.text().len() > LONGEST {
                self.exhausted = true;
                let message = format!("the line grows past {LONGEST} bytes");
                self.report(
                    Diagnostic::new(Code::TooLarge, span, message)
                        .remedy("a definition probably uses itself; break the circle"),
                );
                return Some(Vec::new());
            }
        }
        if !replaced {
            self.spare.give(current);
            return None;
        }
        current.push_part(line, at, text.len());
        out.push(current);
        Some(out)
    }

    /// Put the value of a definition where it is used.
    fn use_definition(
        &mut self,
        found: &Use<'_>,
        definition: &Definition,
        span: Span,
        (current, out): (&mut Fragment<'static>, &mut Vec<Fragment<'static>>),
    ) {
        let step = match definition.kind {
            Kind::Line => Step::Defined(self.sources.name(found.name)),
            Kind::Turn => Step::Set,
            Kind::Lines => {
                let name = self.sources.name(found.name);
                return self.use_lines(definition, (name, span), current, out);
            }
        };
        let trace = self.sources.trace(step, definition.span, span.trace);
        let value = definition.lines.first().map_or("", Fragment::text);
        current.push_replaced(value, Span { trace, ..span });
    }

    /// Put the lines of a definition where it is used.
    fn use_lines(
        &mut self,
        definition: &Definition,
        (name, span): (Name, Span),
        current: &mut Fragment<'static>,
        out: &mut Vec<Fragment<'static>>,
    ) {
        let used = self.sources.trace(Step::Used(name), span, span.trace);
        // The lines of a definition mostly have one chain.
        let mut known = (0, used);
        for (index, body) in definition.lines.iter().enumerate() {
            if index > 0 {
                out.push(std::mem::replace(current, self.spare.take()));
            }
            current.push_led(body, (0, body.text().len()), |own| {
                if own != known.0 {
                    known = (own, self.sources.join(own, used));
                }
                known.1
            });
        }
    }

    /// Something stands behind the use of a definition of several lines.
    fn goes_on(&mut self, found: &Use<'_>, span: Span) {
        let message = format!("`${}` has several lines and is not the end of this one", found.name);
        self.report(
            Diagnostic::new(Code::NotPortable, span, message)
                .remedy("keepalived does not replace it; write what follows on the next line"),
        );
    }

    /// `$NAME` is a definition and what follows keeps it from being one here.
    fn unended(&mut self, found: &Use<'_>, span: Span) {
        if self.definitions.contains_key(found.name) {
            let message = format!("`${}` is not replaced here", found.name);
            let remedy = format!("write ${{{}}}: without braces a blank must follow", found.name);
            self.report(Diagnostic::new(Code::NotReplaced, span, message).remedy(remedy));
        }
    }

    fn predefined(&mut self, found: &Use<'_>) -> Option<String> {
        Some(match found.name {
            "_PWD" => {
                let known = self.here.take().unwrap_or_else(|| self.working_directory());
                self.here = Some(known.clone());
                known
            }
            "_INSTANCE" => self.options.config_id.clone(),
            "_HASH" => "#".to_owned(),
            "_BANG" => "!".to_owned(),
            "_ENV" => self.loader.environment(found.parameters.trim()).unwrap_or_default(),
            "_RANDOM" => {
                let mut bounds = found.parameters.split_whitespace().map(str::parse::<u64>);
                let (low, high) = match (bounds.next(), bounds.next()) {
                    (None, _) => (0, 32_767),
                    (Some(low), None) => (low.unwrap_or(0), 32_767),
                    (Some(low), Some(high)) => (low.unwrap_or(0), high.unwrap_or(32_767)),
                };
                self.random(low.min(high), low.max(high)).to_string()
            }
            _ => return None,
        })
    }

    /// The folder of the file that is read, as the system calls it.
    fn working_directory(&self) -> String {
        let asked = self.directory();
        let asked = if asked.as_os_str().is_empty() { Path::new(".") } else { asked };
        self.loader.canonical(asked).unwrap_or_else(|_| asked.to_owned()).display().to_string()
    }

    fn undefined(&mut self, found: &Use<'_>, span: Span) {
        let message = format!("`${}` is not defined; it stays as it is written", found.name);
        let remedy = match super::nearest(found.name, self.definitions.keys().map(String::as_str)) {
            Some(near) => format!("did you mean `${near}`?"),
            None => format!("define it before this line: `${}=value`", found.name),
        };
        self.report(Diagnostic::new(Code::UndefinedName, span, message).remedy(remedy));
    }
}

/// The next `${NAME…}`, or `$NAME` before a blank, a comma, `)` or the end; before anything else
/// it is none.
pub(super) fn next_use(text: &str, mut at: usize) -> Option<Use<'_>> {
    loop {
        let from = at + text.get(at..)?.find('$')?;
        let rest = text.get(from + 1..)?;
        at = from + 1;
        if let Some(inside) = rest.strip_prefix('{') {
            let Some(end) = inside.find('}') else { continue };
            let inside = inside.get(..end)?;
            let length = name_length(inside);
            let (name, parameters) = inside.split_at_checked(length)?;
            if length > 0 && (parameters.is_empty() || parameters.starts_with([' ', '\t'])) {
                return Some(Use { from, to: from + end + 3, name, parameters, ended: true });
            }
        } else {
            let length = name_length(rest);
            let (name, after) = rest.split_at_checked(length)?;
            if length > 0 {
                let ended = after.is_empty() || after.starts_with([' ', '\t', ',', ')']);
                return Some(Use { from, to: from + 1 + length, name, parameters: "", ended });
            }
        }
    }
}
