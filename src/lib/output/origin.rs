//! Where each value of a configuration came from: for people a line for each value, whose comment
//! says it, and as data.

use std::path::Path;

use serde::Serialize;
use serde_json::Value;

use super::render::{Position, Step, chain, comment, position};
use crate::config::SourceMap;
use crate::config::origin::{Origin, Setting};

/// All values as data.
#[derive(Debug, Serialize)]
pub struct Document<'a> {
    /// Version of this shape.
    pub v: u8,
    /// The file that was asked for.
    pub file: String,
    /// The values, in the order of the model.
    pub settings: Vec<Row<'a>>,
}

/// One value as data.
#[derive(Debug, Serialize)]
pub struct Row<'a> {
    /// Its place in the model.
    pub path: &'a str,
    /// The value.
    pub value: &'a Value,
    /// Who set it.
    pub origin: &'static str,
    /// What set it.
    #[serde(flatten)]
    pub keyword: Option<Keyword>,
}

/// The keyword that set a value.
#[derive(Debug, Serialize)]
pub struct Keyword {
    /// The block that it stands in.
    pub block: &'static str,
    /// The keyword.
    pub keyword: &'static str,
    /// Where it stands.
    #[serde(flatten)]
    pub position: Option<Position>,
    /// What led there, nearest first: definitions, repetitions, includes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub chain: Vec<Step>,
}

/// The values of `path` as data.
#[must_use]
pub fn document<'a>(path: &Path, settings: &'a [Setting<'a>], sources: &SourceMap) -> Document<'a> {
    let row = |setting: &'a Setting<'a>| {
        let (origin, keyword) = match setting.origin {
            Origin::Line { block, keyword, span } => {
                let (position, chain) = (position(span, sources), chain(span, sources));
                ("file", Some(Keyword { block, keyword, position, chain }))
            }
            Origin::Host => ("host", None),
            Origin::Default => ("default", None),
        };
        Row { path: &setting.path, value: setting.value, origin, keyword }
    };
    let file = path.display().to_string();
    Document { v: 1, file, settings: settings.iter().map(row).collect() }
}

/// The values, each with a comment.
#[must_use]
pub fn text(settings: &[Setting<'_>], sources: &SourceMap) -> String {
    let mut out = String::new();
    for Setting { path, value, origin } in settings {
        let comment = match origin {
            Origin::Line { keyword, span, .. } => {
                let places = comment(*span, sources);
                // A name in capitals is no word of the file.
                let is_word = !keyword.chars().all(|c| c.is_ascii_uppercase());
                format!(
                    "{places}{}{}",
                    if is_word { " " } else { "" },
                    if is_word { keyword } else { "" }
                )
            }
            Origin::Host => "# this host".to_owned(),
            Origin::Default => "# default".to_owned(),
        };
        out.extend([path, " = ", &value.to_string(), "  ", &comment, "\n"]);
    }
    out
}
