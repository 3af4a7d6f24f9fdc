//! The hand-written manual pages are true: the configurations of `ha.conf(5)` are valid and every
//! word of them is acted on, and pages refer only to pages that exist.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("man")
}

/// The examples of a page, as a reader sees them.
fn examples(page: &str) -> Vec<String> {
    let text = fs::read_to_string(folder().join(page)).unwrap();
    let blocks = text.split(".EX\n").skip(1).filter_map(|rest| rest.split_once(".EE\n"));
    blocks.map(|(block, _)| block.replace("\\-", "-").replace("\\e", "\\")).collect()
}

#[test]
fn configurations_in_the_manual_are_valid_and_acted_on() {
    let scratch = tempfile::tempdir().expect("a temporary folder can be made");
    let examples = examples("ha.conf.5");
    assert!(examples.len() >= 7, "only {} examples", examples.len());
    for example in examples {
        let file = scratch.path().join("example.conf");
        fs::write(&file, &example).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_ha"));
        let output = command.args(["config", "check", "--json"]).arg(&file).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{example}");
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        for finding in document["files"][0]["diagnostics"].as_array().unwrap() {
            // Unknown, not acted on yet, without meaning, unusable value.
            let code = finding["code"].as_str().unwrap();
            let wrong = ["W0001", "W0002", "W0003", "W0004"].contains(&code);
            assert!(!wrong, "{example}\n{finding}");
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
