//! `~SEQ` and `~LST`: one line for each number or each value.

use super::diagnostic::{Code, Diagnostic};
use super::fragment::Fragment;
use super::reader::{Definition, Kind, Reader, name_length};
use super::source::{Span, Step};

/// Turns of one `~SEQ`; more than VRIDs, ports or addresses of a /16 need.
const MOST_TURNS: usize = 65_536;

/// Whether the line repeats.
pub(super) fn starts(line: &str) -> bool {
    line.starts_with("~SEQ") || line.starts_with("~LST")
}

/// What a repetition sets, turn by turn.
enum Turns {
    /// One variable, number after number.
    Numbers { name: String, next: Option<i64>, step: i64, end: i64, hex: bool },
    /// A row for each turn; of each as many values as there are names.
    Rows { names: Vec<String>, rows: std::vec::IntoIter<Vec<String>> },
}

impl Iterator for Turns {
    /// Names and values.
    type Item = Vec<(String, String)>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Numbers { name, next, step, end, hex } => {
                let number = (*next)?;
                *next = number
                    .checked_add(*step)
                    .filter(|next| if *step > 0 { next <= end } else { next >= end });
                let text = if *hex { format!("{number:x}") } else { number.to_string() };
                Some(vec![(name.clone(), text)])
            }
            Self::Rows { names, rows } => Some(names.iter().cloned().zip(rows.next()?).collect()),
        }
    }
}

/// Take the line once for each turn.
pub(super) fn expand(reader: &mut Reader<'_>, line: &Fragment<'_>, depth: usize) {
    let text = line.text();
    let span = line.span(0, text.len());
    let Some((open, close)) = header(text) else {
        fail(reader, span, "`(` and `)` round the variable and its values are missing");
        return;
    };
    let word = text.get(..open).unwrap_or_default().trim_end();
    let header = line.part(open + 1, close).into_owned();
    let Some(inside) = substituted(reader, header) else { return };
    let turns = match word {
        "~SEQ" => sequence(inside.text(), false),
        "~SEQx" => sequence(inside.text(), true),
        "~LST" => list(inside.text()),
        _ => Err("only ~SEQ, ~SEQx and ~LST repeat a line".to_owned()),
    };
    let turns = match turns {
        Ok(turns) => turns,
        Err(message) => {
            fail(reader, span, &message);
            return;
        }
    };
    let (head, variables) = (line.span(0, close + 1), line.span(open + 1, open + 2));
    let body = line.rest(close + 1);
    for (turn, values) in turns.enumerate() {
        if reader.exhausted {
            return;
        }
        if turn >= MOST_TURNS {
            fail(reader, span, &format!("more than {MOST_TURNS} turns"));
            return;
        }
        let said: Vec<_> =
            values.iter().map(|(name, value)| format!("${name} = {value}")).collect();
        let said = reader.sources.name(&said.join(", "));
        for (name, value) in values {
            let lines = [Fragment::exact(&value, span).into_owned()].into();
            let definition = Definition { kind: Kind::Turn, lines, span: variables };
            reader.definitions.insert(name, definition);
        }
        let led = |own| reader.sources.trace(Step::Turn(said), head, own);
        let body = body.clone().traced(led);
        reader.line(&body, depth + 1);
    }
}

fn fail(reader: &mut Reader<'_>, span: Span, message: &str) {
    reader.report(
        Diagnostic::new(Code::BadRepeat, span, message)
            .remedy("write ~SEQ(VAR, START, STEP, END) or ~LST(VAR, VALUE, VALUE)"),
    );
}

/// The header with its definitions put in, at most a few levels deep.
fn substituted(
    reader: &mut Reader<'_>,
    mut header: Fragment<'static>,
) -> Option<Fragment<'static>> {
    for _ in 0..8 {
        let Some(lines) = reader.substitute(&header, false) else { break };
        header = lines.into_iter().next()?;
    }
    Some(header)
}

/// Byte positions of the header's parentheses.
pub(super) fn header(text: &str) -> Option<(usize, usize)> {
    let open = text.find('(')?;
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate().skip(open) {
        match byte {
            b'(' => depth += 1,
            b')' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some((open, at));
                }
            }
            _ => {}
        }
    }
    None
}

/// Split at commas that are not inside braces, without the blanks.
fn parts(text: &str) -> Vec<&str> {
    let mut depth = 0_i32;
    text.split(|c: char| {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        c == ',' && depth <= 0
    })
    .map(str::trim)
    .collect()
}

fn name(text: &str) -> Result<String, String> {
    if !text.is_empty() && name_length(text) == text.len() {
        Ok(text.to_owned())
    } else {
        Err(format!("`{text}` is not the name of a variable"))
    }
}

fn integer(text: &str) -> Result<i64, String> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let number = if let Some(hex) = digits.strip_prefix("0x").or(digits.strip_prefix("0X")) {
        i64::from_str_radix(hex, 16)
    } else if digits.len() > 1 && digits.starts_with('0') {
        i64::from_str_radix(digits, 8)
    } else {
        digits.parse()
    };
    match number {
        Ok(number) if !digits.starts_with(['-', '+']) => Ok(sign * number),
        _ => Err(format!("`{text}` is not a number")),
    }
}

fn sequence(header: &str, hex: bool) -> Result<Turns, String> {
    let parts = parts(header);
    let Some((variable, numbers)) = parts.split_first() else {
        return Err("the variable is missing".to_owned());
    };
    let numbers: Vec<i64> = numbers.iter().map(|text| integer(text)).collect::<Result<_, _>>()?;
    let direction = |from: i64, to: i64| if to < from { -1 } else { 1 };
    let (start, step, end) = match *numbers.as_slice() {
        [end] if end < 0 => (-1, -1, end),
        [end] => (1, direction(1, end), end),
        [start, end] => (start, direction(start, end), end),
        [start, step, end] => (start, step, end),
        _ => return Err("one to three numbers are needed".to_owned()),
    };
    if step == 0 || (end != start && (end > start) != (step > 0)) {
        return Err(format!("a step of {step} never leads from {start} to {end}"));
    }
    if hex && (start < 0 || end < 0) {
        return Err("~SEQx takes no negative numbers".to_owned());
    }
    Ok(Turns::Numbers { name: name(variable)?, next: Some(start), step, end, hex })
}

/// `{A,B}` as its parts; anything else as itself.
fn tuple(text: &str) -> Vec<&str> {
    match text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) {
        Some(inside) => parts(inside),
        None => vec![text],
    }
}

fn list(header: &str) -> Result<Turns, String> {
    let parts = parts(header);
    let Some((variables, rows)) = parts.split_first() else {
        return Err("the variable is missing".to_owned());
    };
    let names: Vec<String> = tuple(variables).into_iter().map(name).collect::<Result<_, _>>()?;
    let several = variables.starts_with('{');
    let row = |text: &&str| {
        let parts = if several { tuple(text) } else { vec![*text] };
        let mut row: Vec<String> = parts.into_iter().map(str::to_owned).collect();
        row.resize(names.len(), String::new());
        row
    };
    let rows: Vec<Vec<String>> = rows.iter().map(row).collect();
    Ok(Turns::Rows { names, rows: rows.into_iter() })
}
