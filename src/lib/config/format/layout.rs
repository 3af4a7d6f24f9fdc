//! Pieces to lines: indentation, where braces go, blank lines, and comments in columns.

use super::Broken;
use super::scan::{Braces, Item, Piece, Trailing};

/// Blanks for each level.
const INDENT: usize = 4;

/// `items` as text.
pub(super) fn lay_out(items: &[Item]) -> Result<String, Broken> {
    let mut layout = Layout::default();
    for item in items {
        layout.item(item)?;
    }
    layout.end_run()?;
    if layout.depth != 0 {
        return Err(Broken);
    }
    let mut lines = layout.lines;
    while lines.last().is_some_and(|line| line.kind == Kind::Blank) {
        lines.pop();
    }
    Ok(written(&lines))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Words that a brace may be put behind.
    Statement,
    /// Ends with `{`.
    Opener,
    /// `}`
    Closer,
    /// A comment.
    Comment,
    /// Empty.
    Blank,
    /// Kept as it is written.
    Kept,
    /// Kept with the blanks before it.
    Further,
}

struct Line {
    kind: Kind,
    depth: usize,
    text: String,
    comment: Option<Trailing>,
}

/// Lines with conditions that follow each other: each name is a text of its own, and what the
/// first of them opens the others open too.
struct Run {
    start: i32,
    totals: Vec<(String, i32)>,
}

#[derive(Default)]
struct Layout {
    lines: Vec<Line>,
    depth: i32,
    run: Option<Run>,
}

impl Layout {
    fn item(&mut self, item: &Item) -> Result<(), Broken> {
        let conditional = matches!(item.piece, Piece::Line { condition: Some(_), .. });
        if !conditional && !matches!(item.piece, Piece::Comment(_) | Piece::Blank) {
            self.end_run()?;
        }
        let comment = item.comment.clone();
        match &item.piece {
            Piece::Statement(text) => {
                self.push(Kind::Statement, self.depth, text.clone(), comment)?;
            }
            Piece::Open => self.open(comment)?,
            Piece::Close => {
                self.depth -= 1;
                self.drop_blank();
                self.push(Kind::Closer, self.depth, "}".to_owned(), comment)?;
            }
            Piece::Line { text, braces, condition } => {
                let depth = self.kept(*braces, condition.as_ref());
                self.push(Kind::Kept, depth + braces.low, text.clone(), comment)?;
            }
            Piece::Further(text) => self.push(Kind::Further, 0, text.clone(), None)?,
            Piece::Comment(text) => {
                let depth = self.run.as_ref().map_or(self.depth, Run::end);
                self.push(Kind::Comment, depth, text.clone(), None)?;
            }
            Piece::Blank => {
                let wanted = self
                    .lines
                    .last()
                    .is_some_and(|line| !matches!(line.kind, Kind::Blank | Kind::Opener));
                if wanted {
                    self.push(Kind::Blank, self.depth, String::new(), None)?;
                }
            }
            Piece::Shift(by) => self.depth += by,
        }
        if self.depth < 0 { Err(Broken) } else { Ok(()) }
    }

    fn push(
        &mut self,
        kind: Kind,
        depth: i32,
        text: String,
        comment: Option<Trailing>,
    ) -> Result<(), Broken> {
        let depth = usize::try_from(depth).map_err(|_| Broken)?;
        let ends_block = self.lines.last().is_some_and(|l| l.kind == Kind::Closer && l.depth == 0);
        if ends_block && !matches!(kind, Kind::Blank | Kind::Further) {
            let text = String::new();
            self.lines.push(Line { kind: Kind::Blank, depth: 0, text, comment: None });
        }
        self.lines.push(Line { kind, depth, text, comment });
        Ok(())
    }

    fn drop_blank(&mut self) {
        if self.lines.last().is_some_and(|line| line.kind == Kind::Blank) {
            self.lines.pop();
        }
    }

    /// Put the brace behind the statement that it belongs to; what stood between goes before it.
    fn open(&mut self, comment: Option<Trailing>) -> Result<(), Broken> {
        let between = |line: &Line| matches!(line.kind, Kind::Comment | Kind::Blank);
        let Some(at) = self.lines.iter().rposition(|line| !between(line)) else {
            return Err(Broken);
        };
        let mut after = self.lines.split_off(at);
        let statement = after.remove(0);
        after.retain(|line| line.kind != Kind::Blank);
        let glued = statement.comment.as_ref().is_some_and(|comment| comment.glued);
        match statement.kind {
            Kind::Statement if !glued => {
                let Line { depth, text, comment: own, .. } = statement;
                self.lines.append(&mut after);
                let comment = match (own, comment) {
                    (Some(own), Some(brace)) => {
                        let line =
                            Line { kind: Kind::Comment, depth, text: own.text, comment: None };
                        self.lines.push(line);
                        Some(Trailing { glued: false, ..brace })
                    }
                    (own, brace) => own.or(brace).map(|one| Trailing { glued: false, ..one }),
                };
                let text = text + " {";
                self.lines.push(Line { kind: Kind::Opener, depth, text, comment });
            }
            Kind::Statement | Kind::Kept | Kind::Further => {
                self.lines.push(statement);
                self.lines.append(&mut after);
                self.push(Kind::Opener, self.depth, "{".to_owned(), comment)?;
            }
            _ => return Err(Broken),
        }
        self.depth += 1;
        Ok(())
    }

    /// The depth at which a kept line starts; takes its braces.
    fn kept(&mut self, braces: Braces, condition: Option<&String>) -> i32 {
        let Some(name) = condition else {
            let depth = self.depth;
            self.depth += braces.net;
            return depth;
        };
        let run = self.run.get_or_insert(Run { start: self.depth, totals: Vec::new() });
        let known = run.totals.iter_mut().find(|(other, _)| other == name);
        let depth = if let Some((_, total)) = known {
            *total += braces.net;
            *total - braces.net
        } else {
            run.totals.push((name.clone(), braces.net));
            0
        };
        run.start + depth
    }

    fn end_run(&mut self) -> Result<(), Broken> {
        if let Some(run) = self.run.take() {
            self.depth = run.end();
        }
        if self.depth < 0 { Err(Broken) } else { Ok(()) }
    }
}

impl Run {
    /// The depth after it, as the first name has it.
    fn end(&self) -> i32 {
        self.start + self.totals.first().map_or(0, |(_, total)| *total)
    }
}

/// Lines as text, with comments behind neighbouring lines in one column.
fn written(lines: &[Line]) -> String {
    let mut text = String::new();
    let mut rest = lines;
    while let Some((first, _)) = rest.split_first() {
        let together = |line: &&Line| has_column(line) && line.depth == first.depth;
        let count = rest.iter().take_while(together).count().max(1);
        let (run, tail) = rest.split_at_checked(count).unwrap_or((rest, &[]));
        let width = run.iter().map(|line| line.text.chars().count()).max().unwrap_or(0);
        for line in run {
            write_line(&mut text, line, width);
        }
        rest = tail;
    }
    text
}

fn has_column(line: &Line) -> bool {
    line.comment.as_ref().is_some_and(|comment| !comment.glued)
}

fn write_line(out: &mut String, line: &Line, width: usize) {
    if !matches!(line.kind, Kind::Blank | Kind::Further) {
        out.extend(std::iter::repeat_n(' ', line.depth * INDENT));
    }
    out.push_str(&line.text);
    if let Some(comment) = &line.comment {
        if !comment.glued {
            let missing = width.saturating_sub(line.text.chars().count());
            out.extend(std::iter::repeat_n(' ', missing + 1));
        }
        out.push_str(&comment.text);
    }
    out.push('\n');
}
