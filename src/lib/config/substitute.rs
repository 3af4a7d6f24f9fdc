//! `$NAME` and `${NAME}`, and the predefined `${_PWD}`, `${_INSTANCE}`, `${_RANDOM}`, `${_ENV X}`,
//! `${_HASH}`, `${_BANG}`.

use std::sync::Arc;

use super::diagnostic::{Code, Diagnostic};
use super::fragment::Fragment;
use super::reader::{Reader, name_length};
use super::source::DEFINED;

/// One line after expansion, in bytes.
const LONGEST: usize = 64 << 10;

/// A use of a definition in a line.
struct Use<'a> {
    /// Byte of the `$`.
    from: usize,
    /// One past the last byte.
    to: usize,
    name: &'a str,
    /// What follows the name inside the braces.
    parameters: &'a str,
}

impl Reader<'_> {
    /// `line` with every use replaced once: one line, or more when a definition has more. `None`
    /// when there is nothing to replace.
    pub(super) fn substitute(&mut self, line: &Fragment<'_>) -> Option<Vec<Fragment<'static>>> {
        let text = line.text();
        let mut found = Some(next_use(text, 0)?);
        let (mut out, mut current) = (Vec::new(), Fragment::with_room(text.len()));
        let (mut at, mut replaced) = (0, false);
        while let Some(used) = found {
            let span = line.span(used.from, used.to);
            current.push_part(line, at, used.from);
            at = used.to;
            if let Some(value) = self.predefined(&used) {
                replaced = true;
                current.push_replaced(&value, span);
            } else if let Some(definition) = self.definitions.get(used.name) {
                replaced = true;
                let lines = Arc::clone(&definition.lines);
                self.use_definition(&used, &lines, span, (&mut current, &mut out));
            } else {
                current.push_part(line, used.from, used.to);
                self.undefined(&used, span);
            }
            if current.text().len() > LONGEST {
                self.exhausted = true;
                let message = format!("the line grows past {LONGEST} bytes");
                self.report(
                    Diagnostic::new(Code::TooLarge, span, message)
                        .remedy("a definition probably uses itself; break the circle"),
                );
                return Some(Vec::new());
            }
            found = next_use(text, at);
        }
        if !replaced {
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
        lines: &[Fragment<'static>],
        span: super::Span,
        (current, out): (&mut Fragment<'static>, &mut Vec<Fragment<'static>>),
    ) {
        if let [value] = lines {
            let trace = if span.trace == 0 { self.defined(found.name) } else { span.trace };
            current.push_replaced(value.text(), super::Span { trace, ..span });
            return;
        }
        let note = format!("from the definition of `${}`, used here", found.name);
        let trace = self.sources.trace(note, span);
        for (index, body) in lines.iter().enumerate() {
            if index > 0 {
                out.push(std::mem::take(current));
            }
            current.push_traced(body, trace);
        }
    }

    /// The step of expansion that leads to a definition of one line.
    fn defined(&mut self, name: &str) -> u32 {
        let Some(definition) = self.definitions.get_mut(name) else { return 0 };
        if definition.trace == 0 {
            let note = format!("`${name}` {DEFINED}");
            definition.trace = self.sources.trace(note, definition.span);
        }
        definition.trace
    }

    fn predefined(&mut self, found: &Use<'_>) -> Option<String> {
        Some(match found.name {
            "_PWD" => self.directory().display().to_string(),
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

    fn undefined(&mut self, found: &Use<'_>, span: super::Span) {
        let message = format!("`${}` is not defined; it stays as it is written", found.name);
        let remedy = match super::nearest(found.name, self.definitions.keys().map(String::as_str)) {
            Some(near) => format!("did you mean `${near}`?"),
            None => format!("define it before this line: ${}=value", found.name),
        };
        self.report(Diagnostic::new(Code::UndefinedName, span, message).remedy(remedy));
    }
}

/// The next `${NAME…}`, or `$NAME` before a blank, a comma, `)` or the end.
fn next_use(text: &str, mut at: usize) -> Option<Use<'_>> {
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
                return Some(Use { from, to: from + end + 3, name, parameters });
            }
        } else {
            let length = name_length(rest);
            let (name, after) = rest.split_at_checked(length)?;
            if length > 0 && (after.is_empty() || after.starts_with([' ', '\t', ',', ')'])) {
                return Some(Use { from, to: from + 1 + length, name, parameters: "" });
            }
        }
    }
}
