//! Holds the code to the walls of `docs/architecture.md`: which layer may name which, how long a
//! function and a file may be, which module names say nothing, and where `unsafe` may stand.
//!
//! It reads text, not syntax trees: comments, strings and test modules are blanked out first, so
//! that what is left can be searched for words.

use std::fs;
use std::path::{Path, PathBuf};

/// Longest function, in lines from `fn` to its closing brace.
const FUNCTION_LINES: usize = 70;
/// Longest file, in lines without its test modules.
const FILE_LINES: usize = 800;
/// Module names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 6] = ["utils", "util", "manager", "helper", "helpers", "misc"];

/// Each layer and what it may use besides itself. `layer::item` allows only that item.
const LAYERS: [(&str, &[&str]); 12] = [
    ("time", &[]),
    ("exit", &[]),
    ("error", &["exit"]),
    ("wire", &["time"]),
    ("engine", &["wire", "time"]),
    ("config", &["engine", "wire", "time"]),
    ("sim", &["engine", "wire", "config", "time"]),
    ("io", &["wire", "engine", "error", "exit", "time"]),
    ("output", &["wire", "engine", "config", "sim", "error", "exit", "time"]),
    ("drivers", &["wire", "engine", "config", "io", "output::event", "error", "exit", "time"]),
    (
        "commands",
        &[
            "wire",
            "engine",
            "config",
            "sim",
            "io",
            "output",
            "drivers",
            "supervisor",
            "error",
            "exit",
            "time",
        ],
    ),
    (
        "supervisor",
        &[
            "wire",
            "engine",
            "config",
            "io",
            "output::event",
            "output::status",
            "error",
            "exit",
            "time",
        ],
    ),
];

/// Paths that a layer must not name although the table above would let it.
const FORBIDDEN: [(&str, &str, &str); 3] = [
    ("supervisor", "engine::vrrp::Node", "the supervisor composes processes, not machines"),
    ("drivers", "clap", "drivers take values; the command line is for commands"),
    ("supervisor", "clap", "the supervisor takes values; the command line is for commands"),
];

/// Parts that their siblings share: the control lines are one language for all drivers.
const SHARED: [&str; 1] = ["drivers::control"];

/// `source` with comments, string and character literals replaced by spaces; lines stay.
fn blank_literals(source: &str) -> String {
    let chars: Vec<char> = source.chars().collect();
    let mut out = String::with_capacity(source.len());
    let mut at = 0;
    while at < chars.len() {
        let end = literal_end(&chars, at);
        if end == at {
            out.push(chars[at]);
            at += 1;
        } else {
            out.extend(chars[at..end].iter().map(|&c| if c == '\n' { '\n' } else { ' ' }));
            at = end;
        }
    }
    out
}

/// Where the comment or literal that starts at `at` ends; `at` itself when none starts there.
fn literal_end(chars: &[char], at: usize) -> usize {
    let next = chars.get(at + 1).copied();
    let word_before =
        at.checked_sub(1).is_some_and(|i| chars[i].is_alphanumeric() || chars[i] == '_');
    match chars[at] {
        '/' if next == Some('/') => position(chars, at, |rest| rest[0] == '\n'),
        '/' if next == Some('*') => block_comment_end(chars, at),
        '"' => quoted_end(chars, at, '"'),
        'r' if !word_before && matches!(next, Some('"' | '#')) => raw_string_end(chars, at),
        '\'' if next == Some('\\') || chars.get(at + 2) == Some(&'\'') => {
            quoted_end(chars, at, '\'')
        }
        _ => at,
    }
}

fn position(chars: &[char], from: usize, found: impl Fn(&[char]) -> bool) -> usize {
    (from..chars.len()).find(|&i| found(&chars[i..])).unwrap_or(chars.len())
}

fn block_comment_end(chars: &[char], at: usize) -> usize {
    let mut depth = 0;
    let mut i = at;
    while i < chars.len() {
        match chars[i..] {
            ['/', '*', ..] => (depth, i) = (depth + 1, i + 2),
            ['*', '/', ..] => (depth, i) = (depth - 1, i + 2),
            _ => i += 1,
        }
        if depth == 0 {
            return i;
        }
    }
    i
}

fn quoted_end(chars: &[char], at: usize, quote: char) -> usize {
    let mut i = at + 1;
    while i < chars.len() && chars[i] != quote {
        i += if chars[i] == '\\' { 2 } else { 1 };
    }
    (i + 1).min(chars.len())
}

fn raw_string_end(chars: &[char], at: usize) -> usize {
    let hashes = chars[at + 1..].iter().take_while(|&&c| c == '#').count();
    if chars.get(at + 1 + hashes) != Some(&'"') {
        return at;
    }
    let closing: Vec<char> = std::iter::once('"').chain(vec!['#'; hashes]).collect();
    let end = position(chars, at + 2 + hashes, |rest| rest.starts_with(&closing));
    (end + closing.len()).min(chars.len())
}

/// Index just past the brace that closes the first `{` at or after `from`.
fn block_end(text: &str, from: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (i, c) in text[from..].char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => return Some(from + i + 1),
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// Code (after [`blank_literals`]) without its inline test modules.
fn without_tests(code: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let mut out = String::new();
    let mut rest = code;
    while let Some(start) = rest.find(MARK) {
        out.push_str(&rest[..start]);
        let body = &rest[start + MARK.len()..];
        let semicolon = body.find(';').unwrap_or(body.len());
        let brace = body.find('{').unwrap_or(body.len());
        let end = if brace < semicolon {
            block_end(body, brace).unwrap_or(body.len())
        } else {
            (semicolon + 1).min(body.len())
        };
        rest = &body[end..];
    }
    out + rest
}

/// Byte positions where `word` stands alone.
fn words<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word).map(|(i, _)| i).filter(move |&i| {
        !code[..i].ends_with(is_part) && !code[i + word.len()..].starts_with(is_part)
    })
}

/// Every path that starts with `crate::`, groups written out, without the `crate::`.
fn crate_paths(code: &str) -> Vec<String> {
    let mut paths = Vec::new();
    for at in words(code, "crate") {
        if let Some(rest) = code[at + "crate".len()..].strip_prefix("::") {
            expand(rest, "", &mut paths);
        }
    }
    paths
}

/// Reads one path of a `use` tree from the start of `text`; groups become several paths.
fn expand(text: &str, prefix: &str, paths: &mut Vec<String>) {
    let end =
        text.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).unwrap_or(text.len());
    let path = format!("{prefix}{}", &text[..end]);
    if !(path.is_empty() || path.ends_with("::")) || !text[end..].starts_with('{') {
        paths.push(path);
        return;
    }
    let group_end = block_end(text, end).unwrap_or(text.len());
    let inside = &text[end + 1..group_end.saturating_sub(1)];
    let mut depth = 0_usize;
    let items = inside.split(|c| {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    });
    for item in items.map(str::trim).filter(|item| !item.is_empty()) {
        expand(item, &path, paths);
    }
}

/// Whether `path` is `allowed` or stands under it.
fn is_under(path: &str, allowed: &str) -> bool {
    path.strip_prefix(allowed).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// One file as the rules see it.
struct Source {
    /// Path under `src/lib`, with `/`.
    path: String,
    /// The text as written.
    text: String,
    /// Without comments and literals, tests included.
    code: String,
    /// Without comments, literals and tests.
    product: String,
}

impl Source {
    fn new(path: &str, text: &str) -> Self {
        let code = blank_literals(text);
        let product = without_tests(&code);
        Self { path: path.to_owned(), text: text.to_owned(), code, product }
    }

    /// First component of the path: the layer.
    fn layer(&self) -> &str {
        self.path.split('/').next().unwrap_or_default().trim_end_matches(".rs")
    }

    /// Second component: the job of a driver, the name of a command.
    fn part(&self) -> &str {
        self.path.split('/').nth(1).unwrap_or_default().trim_end_matches(".rs")
    }

    fn violations(&self) -> Vec<String> {
        [self.uses(), self.siblings(), self.sizes(), self.names(), self.unsafe_code()].concat()
    }

    fn uses(&self) -> Vec<String> {
        let Some((layer, allowed)) = LAYERS.iter().find(|(name, _)| *name == self.layer()) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for path in crate_paths(&self.product) {
            let known = LAYERS.iter().any(|(name, _)| is_under(&path, name));
            let own = is_under(&path, layer);
            if known && !own && !allowed.iter().any(|a| is_under(&path, a)) {
                found.push(format!("{}: {layer} must not use crate::{path}", self.path));
            }
        }
        for (name, path, why) in FORBIDDEN {
            let foreign = !path.contains("::");
            let used = if foreign {
                words(&self.product, path).any(|i| self.product[i + path.len()..].starts_with("::"))
            } else {
                crate_paths(&self.product).iter().any(|p| is_under(p, path))
            };
            if *layer == name && used {
                found.push(format!("{}: must not use {path}: {why}", self.path));
            }
        }
        found
    }

    /// Drivers do not know each other, and neither do commands.
    fn siblings(&self) -> Vec<String> {
        let layer = self.layer();
        if !matches!(layer, "drivers" | "commands") || self.part() == "mod" {
            return Vec::new();
        }
        let prefix = format!("{layer}::");
        crate_paths(&self.product)
            .iter()
            .filter(|path| !SHARED.iter().any(|shared| is_under(path, shared)))
            .filter_map(|path| path.strip_prefix(&prefix))
            .filter(|rest| rest.contains("::") && !is_under(rest, self.part()))
            .map(|rest| format!("{}: reaches into {layer}::{rest}", self.path))
            .collect()
    }

    fn sizes(&self) -> Vec<String> {
        let mut found = Vec::new();
        let lines = self.product.lines().count();
        if lines > FILE_LINES {
            found.push(format!("{}: {lines} lines, at most {FILE_LINES}", self.path));
        }
        for at in words(&self.product, "fn") {
            let rest = &self.product[at..];
            let brace = rest.find('{').unwrap_or(rest.len());
            // `fn` in a type or a trait's declaration has no body.
            let body_less = rest[..brace].contains(';') || !rest[2..].starts_with(' ');
            let Some(end) = block_end(rest, brace).filter(|_| !body_less) else { continue };
            let lines = rest[..end].lines().count();
            if lines > FUNCTION_LINES {
                let name = rest[3..].split(['(', '<']).next().unwrap_or_default();
                found.push(format!(
                    "{}: fn {name} has {lines} lines, at most {FUNCTION_LINES}",
                    self.path
                ));
            }
        }
        found
    }

    fn names(&self) -> Vec<String> {
        self.path
            .split('/')
            .map(|part| part.trim_end_matches(".rs"))
            .filter(|part| EMPTY_NAMES.contains(part))
            .map(|part| format!("{}: the name {part} says nothing", self.path))
            .collect()
    }

    fn unsafe_code(&self) -> Vec<String> {
        let lines: Vec<&str> = self.text.lines().collect();
        let mut found = Vec::new();
        for (number, _) in
            self.code.lines().enumerate().filter(|(_, line)| words(line, "unsafe").next().is_some())
        {
            if self.layer() != "io" {
                found.push(format!("{}:{}: unsafe outside io", self.path, number + 1));
            }
            // The comment stands above the statement, which may have begun lines before.
            let goes_on = |line: &&&str| {
                !line.is_empty() && !line.starts_with("//") && !line.ends_with([';', '{', '}'])
            };
            let above: Vec<&str> = lines[..number].iter().rev().map(|line| line.trim()).collect();
            let justified = above
                .iter()
                .skip_while(goes_on)
                .take_while(|line| line.starts_with("//") || line.starts_with("#["))
                .any(|line| line.starts_with("// SAFETY:"));
            if !justified {
                found.push(format!("{}:{}: no `// SAFETY:` above", self.path, number + 1));
            }
        }
        found
    }
}

/// All `.rs` files under `folder`, sorted.
fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("source folder can be read") {
        let path = entry.expect("folder entry can be read").path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

#[test]
fn the_sources_keep_to_the_walls() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib");
    let mut violations = Vec::new();
    for file in rust_files(&root) {
        let text = fs::read_to_string(&file).expect("source file can be read");
        let path = file.strip_prefix(&root).expect("file is under the root");
        violations.extend(Source::new(&path.to_string_lossy(), &text).violations());
    }
    assert!(violations.is_empty(), "walls broken:\n  {}", violations.join("\n  "));
}

#[test]
fn every_dependency_is_accounted_for() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| fs::read_to_string(root.join(path)).expect("a file can be read");
    let (manifest, list) = (read("Cargo.toml"), read("docs/adr/dependencies.md"));
    let mut section = "";
    for line in manifest.lines() {
        if line.starts_with('[') {
            section = line;
        }
        let name = line.split([' ', '=', '.']).next().unwrap_or_default();
        let dependency = section.ends_with("dependencies]") && line.contains('=');
        if dependency && !line.starts_with(['#', '[']) {
            let told = list.contains(&format!("`{name}`"));
            assert!(told, "{name} has no line in docs/adr/dependencies.md");
        }
    }
}

fn check(path: &str, text: &str) -> Vec<String> {
    Source::new(path, text).violations()
}

#[test]
fn a_forbidden_use_is_found_in_every_spelling() {
    for text in [
        "use crate::io::link;",
        "use crate::{time::Instant, io};",
        "fn f() { crate::io::send(); }",
        "use crate::{\n    time,\n    io::{link, socket::{self, Raw}},\n};",
    ] {
        assert!(!check("engine/vrrp/node.rs", text).is_empty(), "{text}");
    }
    assert_eq!(check("engine/a.rs", "use crate::wire::vrrp; use crate::engine::b;").len(), 0);
}

#[test]
fn only_part_of_a_layer_may_be_open() {
    assert!(check("drivers/vrrp.rs", "use crate::output::event::Line;").is_empty());
    assert_eq!(check("drivers/vrrp.rs", "use crate::output::Printer;").len(), 1);
    assert_eq!(check("drivers/vrrp.rs", "use clap::Args;").len(), 1);
    assert_eq!(check("drivers/vrrp.rs", "use crate::drivers::check::run;").len(), 1);
    assert_eq!(check("supervisor/run.rs", "use crate::engine::vrrp::{Link, Node};").len(), 1);
}

#[test]
fn comments_strings_and_tests_do_not_count() {
    let text = r##"
        // use crate::io;
        /* crate::io /* nested */ unsafe */
        const A: &str = "crate::io \" unsafe";
        const B: &str = r#"crate::io " unsafe"#;
        const C: char = '"';
        fn f<'a>(x: &'a str) -> &'a str { x }
        #[cfg(test)]
        mod tests { use crate::io; }
        #[cfg(test)]
        use crate::io;
    "##;
    assert_eq!(check("wire/vrrp.rs", text), Vec::<String>::new());
}

#[test]
fn long_functions_and_files_are_found() {
    let lines = |n| "    call();\n".repeat(n);
    assert!(check("wire/a.rs", &format!("fn f() {{\n{}}}\n", lines(68))).is_empty());
    assert_eq!(check("wire/a.rs", &format!("fn f() {{\n{}}}\n", lines(69))).len(), 1);
    assert_eq!(check("wire/a.rs", &"const A: u8 = 1;\n".repeat(801)).len(), 1);
    let tests = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", "const A: u8 = 1;\n".repeat(900));
    assert!(check("wire/a.rs", &tests).is_empty());
}

#[test]
fn unsafe_needs_io_and_a_reason() {
    let justified = "fn f() {\n    // SAFETY: the buffer outlives the call.\n    unsafe { g() }\n}";
    assert!(check("io/socket.rs", justified).is_empty());
    let broken = "fn f() {\n    // SAFETY: it is.\n    let done =\n        unsafe { g() };\n}";
    assert!(check("io/socket.rs", broken).is_empty());
    assert_eq!(check("io/socket.rs", "fn f() {\n    unsafe { g() }\n}").len(), 1);
    assert_eq!(check("engine/a.rs", justified).len(), 1);
    assert!(check("io/mod.rs", "#![allow(unsafe_code)]").is_empty());
}

#[test]
fn names_that_say_nothing_are_found() {
    assert_eq!(check("wire/utils.rs", "").len(), 1);
    assert_eq!(check("io/helper/mod.rs", "").len(), 1);
}
