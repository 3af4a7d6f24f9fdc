//! The manual pages: they are set without a complaint, `ha.conf(5)` has every keyword and the
//! examples of the guide (which `tests/keywords.rs` reads), and pages refer only to pages that exist.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use ha::config::schema;
use ha::config::schema::guide::{self, Piece};

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("man")
}

/// The examples of a page, as a reader sees them.
fn examples(page: &str) -> Vec<String> {
    let text = fs::read_to_string(folder().join(page)).unwrap();
    let blocks = text.split(".EX\n").skip(1).filter_map(|rest| rest.split_once(".EE\n"));
    let shown = [
        ("\\&", ""),
        ("\\-", "-"),
        ("\\(dq", "\""),
        ("\\(aq", "'"),
        ("\\(ha", "^"),
        ("\\(ti", "~"),
        ("\\e", "\\"),
    ];
    let as_shown = |block: &str| shown.iter().fold(block.to_owned(), |b, (f, t)| b.replace(f, t));
    blocks.map(|(block, _)| as_shown(block)).collect()
}

#[test]
fn examples_in_the_manual_are_those_of_the_guide_as_a_reader_sees_them() {
    let said: BTreeSet<&str> = guide::sections()
        .iter()
        .flat_map(|section| {
            section.pieces.iter().chain(section.entries.iter().flat_map(|e| &e.pieces))
        })
        .filter_map(|piece| match piece {
            Piece::Example(text) => Some(text.as_str()),
            _ => None,
        })
        .collect();
    let seen = examples("ha.conf.5");
    assert!(seen.len() >= 150, "only {} examples", seen.len());
    for example in seen {
        assert!(said.contains(example.trim_end()), "{example}");
    }
}

#[test]
fn pages_are_set_without_a_complaint() {
    for page in ["ha.conf.5", "ha.7", "ha-exit-codes.7", "ha-config-keywords.1"] {
        let words = ["-Tutf8", "-mandoc", "-ww", "-z"];
        let Ok(output) = Command::new("groff").args(words).arg(folder().join(page)).output() else {
            eprintln!("skipped: there is no groff");
            return;
        };
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() && told.is_empty(), "{page}: {told}");
    }
}

/// Columns of a terminal that is narrower than most, as beside an editor.
const COLUMNS: usize = 76;

#[test]
fn the_reference_fits_a_narrow_terminal() {
    let width = format!("-rLL={COLUMNS}n");
    let words = ["-Tutf8", "-mandoc", "-P-c", &width];
    let page = folder().join("ha.conf.5");
    let Ok(output) = Command::new("groff").args(words).arg(page).output() else {
        eprintln!("skipped: there is no groff");
        return;
    };
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    // Bold and underlined characters are struck twice: what is before a backspace is not seen.
    let seen = |line: &str| {
        let struck = line.matches('\u{8}').count();
        line.chars().count() - 2 * struck
    };
    assert!(text.lines().count() > 3000, "only {} lines", text.lines().count());
    let wide: Vec<&str> = text.lines().filter(|line| seen(line) > COLUMNS).collect();
    assert!(wide.is_empty(), "{} lines: {wide:#?}", wide.len());
}

/// Blocks that no example shows: `ha` refuses one on purpose, and warns of an old spelling.
const WITHOUT_EXAMPLE: [&str; 2] = ["vrrp_instance/auth_hmac", "vrrp_track_file"];

#[test]
fn every_block_has_an_example_of_its_own() {
    let shown = |path: &str| {
        let section = guide::introduction(path);
        section.is_some_and(|own| own.pieces.iter().any(|piece| matches!(piece, Piece::Example(_))))
    };
    let without: Vec<&str> = schema::blocks()
        .iter()
        .map(|block| block.path)
        .filter(|path| !shown(path) && !WITHOUT_EXAMPLE.contains(path))
        .collect();
    assert_eq!(without, Vec::<&str>::new());
}

#[test]
fn every_keyword_is_in_the_manual() {
    let text = fs::read_to_string(folder().join("ha.conf.5")).unwrap();
    for block in schema::blocks() {
        for row in block.keywords() {
            let keyword = row.keyword.replace('-', "\\-").replace('^', "\\(ha");
            let keyword = keyword.replace('~', "\\(ti");
            assert!(text.contains(&format!("\\fB{keyword}\\fR")), "{} {keyword}", block.path);
        }
    }
}

#[test]
fn pages_refer_to_pages_that_exist() {
    let names = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name());
    let pages: BTreeSet<String> = names.map(|name| name.into_string().unwrap()).collect();
    let mut seen = 0;
    for page in &pages {
        let text = fs::read_to_string(folder().join(page)).unwrap();
        for line in text.lines().filter_map(|line| line.strip_prefix(".BR ha")) {
            let Some((name, rest)) = line.split_once(" (") else { continue };
            let Some((section, _)) = rest.split_once(')') else { continue };
            let wanted = format!("ha{}.{section}", name.replace("\\-", "-"));
            assert!(pages.contains(&wanted), "{page} refers to {wanted}");
            seen += 1;
        }
    }
    assert!(seen > 5, "only {seen} references were found");
}
