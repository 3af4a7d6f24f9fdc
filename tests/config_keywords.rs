//! Every keyword of the table is used in a configuration under `tests/config`, so that the tests
//! that read all of those (verdicts beside keepalived, mistakes, snapshots, fuzzing) meet it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use ha::config::schema::{Block, PARSER, TOP, blocks};

/// A block and one of its keywords.
type Use = (&'static str, &'static str);

/// Types of routes, which the table has one row for.
const TYPES: [&str; 4] = ["blackhole", "unreachable", "prohibit", "throw"];

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("fixtures") {
        let path = entry.expect("an entry").path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "snapshots") {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "conf") {
            found.push(path);
        }
    }
}

/// Words and braces of a line; quoted text is one word, comments are none.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            '#' | '!' if !quoted => break,
            '{' | '}' if !quoted => {
                words.extend([std::mem::take(&mut word), c.to_string()]);
            }
            c if c.is_whitespace() && !quoted => words.push(std::mem::take(&mut word)),
            c => word.push(c),
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

/// What a line says to the reader itself; `None` when nothing of it is left for the blocks.
fn language<'a>(line: &'a str, used: &mut BTreeSet<Use>) -> Option<&'a str> {
    let signs = ["~SEQ(", "~SEQx(", "~LST(", "${_PWD", "${_INSTANCE", "${_RANDOM", "${_ENV"];
    for sign in signs.iter().chain(&["${_HASH", "${_BANG"]).filter(|sign| line.contains(**sign)) {
        let known = |row: &&str| row.trim_end_matches('}') == sign.trim_end_matches('(');
        used.extend(
            PARSER.keywords().map(|row| row.keyword).find(known).map(|row| ("(parser)", row)),
        );
    }
    let line = line.trim();
    let rest = line.strip_prefix('@').map(|rest| {
        used.insert(("(parser)", if rest.starts_with('^') { "@^ID" } else { "@ID" }));
        rest.split_once(' ').map_or("", |(_, rest)| rest).trim()
    });
    let line = rest.unwrap_or(line);
    if line.starts_with('$') && line.contains('=') {
        used.insert(("(parser)", "$NAME="));
        return None;
    }
    let include = PARSER.find(line.split(' ').next().unwrap_or_default());
    used.extend(include.map(|row| ("(parser)", row.keyword)));
    (include.is_none() && !line.starts_with(['~', '$'])).then_some(line)
}

/// One statement inside of `block`.
fn statement(words: &[String], block: &'static Block, used: &mut BTreeSet<Use>) {
    let Some(first) = words.first() else { return };
    let known = |word: &String| block.find(word).map(|row| (block.path, row.keyword));
    if !block.entries {
        used.extend(known(first));
        return;
    }
    used.extend(words.iter().filter_map(known));
    for row in block.keywords().filter(|row| row.keyword.chars().all(|c| c.is_ascii_uppercase())) {
        if row.keyword != "TYPE" || TYPES.contains(&first.as_str()) {
            used.insert((block.path, row.keyword));
        }
    }
}

/// Every keyword that a configuration uses, each in its block. Definitions are not put in.
fn uses(text: &str, used: &mut BTreeSet<Use>) {
    let mut open: Vec<Option<&'static Block>> = vec![Some(&TOP)];
    let mut last = String::new();
    let mut definition = false;
    for line in text.lines() {
        let inside = std::mem::replace(&mut definition, line.trim_end().ends_with('\\'));
        let Some(line) = language(line, used).filter(|_| !inside) else { continue };
        definition &= line.starts_with('$');
        let words = words(line);
        for part in words.split_inclusive(|word| word == "{" || word == "}") {
            let (brace, part) = match part.split_last() {
                Some((brace, part)) if brace == "{" || brace == "}" => (brace.as_str(), part),
                _ => ("", part),
            };
            if let Some(block) = open.last().copied().flatten() {
                statement(part, block, used);
            }
            last = part.first().cloned().unwrap_or(last);
            if brace == "{" {
                let outer = open.last().copied().flatten();
                open.push(outer.and_then(|block| block.find(&last)).and_then(|row| row.content));
            } else if brace == "}" && open.len() > 1 {
                open.pop();
            }
        }
    }
}

#[test]
fn every_keyword_is_used_in_a_configuration_of_the_tests() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/config");
    let mut paths = Vec::new();
    files(&folder, &mut paths);
    assert!(paths.len() >= 150, "{} configurations", paths.len());
    let mut used = BTreeSet::new();
    for path in &paths {
        uses(&String::from_utf8_lossy(&fs::read(path).expect("readable")), &mut used);
    }
    let rows = |block: &&'static Block| {
        let path = block.path;
        block.keywords().map(move |row| (path, row.keyword)).collect::<Vec<Use>>()
    };
    let all: Vec<Use> = blocks().iter().flat_map(rows).collect();
    let unused: Vec<&Use> = all.iter().filter(|row| !used.contains(row)).collect();
    assert!(unused.is_empty(), "{} of {}: {unused:?}", unused.len(), all.len());
}
