//! What a reload would change: for people, `-` what was and `+` what is; and as data.

use std::fmt::Write;
use std::time::Duration;

use serde_json::{Value, json};

use crate::config::diff::{Change, Item, Setting};

/// The differences as data; `processes`: what becomes of the children of `ha run`.
#[must_use]
pub fn document(items: &[Item], processes: &[String]) -> Value {
    json!({ "v": 1, "same": items.is_empty(), "items": items, "processes": processes })
}

/// The differences as text.
#[must_use]
pub fn text(items: &[Item], processes: &[String]) -> String {
    if items.is_empty() {
        return "a reload changes nothing".to_owned();
    }
    let mut out = String::new();
    for item in items {
        // Writing to a String cannot fail.
        let _ = write_item(&mut out, item);
    }
    for process in processes {
        let _ = writeln!(out, "process: {process}");
    }
    out.truncate(out.trim_end().len());
    out
}

fn write_item(out: &mut String, item: &Item) -> std::fmt::Result {
    let change = match item.change {
        Change::Added => "new",
        Change::Removed => "removed",
        Change::Changed => "changed",
        Change::Replaced => "replaced",
    };
    let name = if item.name.is_empty() { String::new() } else { format!(" {}", item.name) };
    write!(out, "{}{name}: {change}", item.kind)?;
    if !item.consequences.is_empty() {
        write!(out, "; {}", item.consequences.join(", "))?;
    }
    out.push('\n');
    item.settings.iter().try_for_each(|setting| write_setting(out, setting))
}

fn write_setting(out: &mut String, setting: &Setting) -> std::fmt::Result {
    let time = setting.setting.strip_suffix("_us");
    let place = time.unwrap_or(&setting.setting).replace('_', " ");
    let words = |value: &Value| match value.as_u64().filter(|_| time.is_some()) {
        Some(micros) => super::model::seconds(Duration::from_micros(micros)),
        None => words(value),
    };
    match (&setting.from, &setting.to) {
        (Some(from), Some(to)) => {
            writeln!(out, "  {place}: {} -> {}", words(from), words(to))
        }
        (None, Some(to)) if is_whole(to) => writeln!(out, "  + {place}"),
        (Some(from), None) if is_whole(from) => writeln!(out, "  - {place}"),
        (None, Some(to)) => writeln!(out, "  + {place}: {}", words(to)),
        (Some(from), None) => writeln!(out, "  - {place}: {}", words(from)),
        (None, None) => Ok(()),
    }
}

/// The place of an element says which it is.
fn is_whole(value: &Value) -> bool {
    value.is_object()
}

fn words(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(list) if list.iter().all(Value::is_string) => {
            list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ")
        }
        other => other.to_string(),
    }
}
