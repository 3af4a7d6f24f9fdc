//! What `docs/schema/` promises, held against what was written.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

/// The folder of this package.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The folder of the schemas.
pub fn schema_folder() -> PathBuf {
    root().join("docs/schema")
}

/// The keywords that our schemas use, and that [`mistake`] therefore knows.
pub const KEYWORDS: [&str; 13] = [
    "$schema",
    "$defs",
    "$ref",
    "title",
    "description",
    "type",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "enum",
    "const",
    "oneOf",
];

pub fn read(file: &Path) -> Value {
    let text = fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", file.display()))
}

/// What `reference` (`FILE#/POINTER`) of a schema in `file` names, and where that is.
pub fn follow(file: &Path, reference: &str) -> (PathBuf, Value) {
    let (name, pointer) = reference.split_once('#').expect("a reference has a pointer");
    let target = if name.is_empty() { file.to_owned() } else { file.with_file_name(name) };
    let found = read(&target).pointer(pointer).cloned();
    (target, found.unwrap_or_else(|| panic!("{}: {reference} leads nowhere", file.display())))
}

fn is_of_type(value: &Value, name: &str) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("unknown type {other}"),
    }
}

/// What is wrong with `value`, at `place` in its document, by `schema` of `file`.
pub fn mistake(file: &Path, schema: &Value, value: &Value, place: &str) -> Option<String> {
    if let Some(reference) = schema["$ref"].as_str() {
        let (file, schema) = follow(file, reference);
        return mistake(&file, &schema, value, place);
    }
    let names: Vec<&str> = match &schema["type"] {
        Value::String(name) => vec![name],
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    if !names.is_empty() && !names.iter().any(|name| is_of_type(value, name)) {
        return Some(format!("{place} is not {}: {value}", names.join(" or ")));
    }
    if schema.get("const").is_some_and(|expected| expected != value) {
        return Some(format!("{place} is not {}: {value}", schema["const"]));
    }
    if schema["enum"].as_array().is_some_and(|choices| !choices.contains(value)) {
        return Some(format!("{place} is none of {}: {value}", schema["enum"]));
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let fits = choices.iter().filter(|one| mistake(file, one, value, place).is_none()).count();
        if fits != 1 {
            return Some(format!("{place} fits {fits} of the choices: {value}"));
        }
    }
    if let (Some(items), Some(values)) = (schema.get("items"), value.as_array()) {
        let each = values.iter().enumerate();
        return each
            .into_iter()
            .find_map(|(n, v)| mistake(file, items, v, &format!("{place}/{n}")));
    }
    value.as_object().and_then(|map| mistake_in_object(file, schema, map, place))
}

fn mistake_in_object(
    file: &Path,
    schema: &Value,
    map: &Map<String, Value>,
    place: &str,
) -> Option<String> {
    let required = schema["required"].as_array().map_or(&[] as &[Value], Vec::as_slice);
    if let Some(key) = required.iter().filter_map(Value::as_str).find(|key| !map.contains_key(*key))
    {
        return Some(format!("{place} has no {key}"));
    }
    map.iter().find_map(|(key, value)| {
        let place = format!("{place}/{key}");
        match (schema["properties"].get(key), schema.get("additionalProperties")) {
            (None, Some(Value::Bool(false))) => Some(format!("{place} is not foreseen")),
            (Some(inner), _) | (None, Some(inner @ Value::Object(_))) => {
                mistake(file, inner, value, &place)
            }
            (None, _) => None,
        }
    })
}

/// `document` keeps the schema in `docs/schema/NAME.json`.
#[track_caller]
pub fn keeps(name: &str, document: &Value) {
    let file = schema_folder().join(format!("{name}.json"));
    if let Some(mistake) = mistake(&file, &read(&file), document, "") {
        panic!("{name}: {mistake}\n{document:#}");
    }
}

/// An event line keeps the schema of event lines and that of its type. Returns the type.
#[track_caller]
pub fn event_keeps(line: &Value) -> String {
    keeps("event", line);
    let kind = line["type"].as_str().unwrap_or_default().to_owned();
    keeps(&format!("data/{kind}"), &line["data"]);
    if kind == "lab.daemon" {
        event_keeps(&line["data"]["event"]);
    }
    kind
}
