//! The command line explains itself: every subcommand has a help text that exits with 0, and an
//! unknown flag exits with 2 and says so.

use std::process::{Command, Output};

fn ha(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ha")).args(words).output().expect("ha can be started")
}

/// Names of the subcommands that `ha WORDS --help` lists, `help` itself left out.
fn subcommands(words: &[&str]) -> Vec<String> {
    let output = ha(&[words, &["--help"]].concat());
    assert_eq!(output.status.code(), Some(0), "ha {} --help", words.join(" "));
    let text = String::from_utf8(output.stdout).expect("help is UTF-8");
    assert!(text.contains("Usage:"), "ha {} --help shows no usage:\n{text}", words.join(" "));
    text.lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        // Names are indented by two; deeper lines continue a description.
        .filter_map(|line| line.strip_prefix("  ").filter(|line| !line.starts_with(' ')))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect()
}

/// Every path of subcommands, the empty one included.
fn every_command() -> Vec<Vec<String>> {
    let mut found = vec![Vec::new()];
    let mut next = 0;
    while next < found.len() {
        let path = found[next].clone();
        let words: Vec<&str> = path.iter().map(String::as_str).collect();
        for name in subcommands(&words) {
            found.push([path.clone(), vec![name]].concat());
        }
        next += 1;
    }
    found
}

#[test]
fn every_subcommand_has_help_and_refuses_unknown_flags() {
    let commands = every_command();
    assert!(commands.len() > 10, "only {} commands were found", commands.len());
    for path in commands {
        let mut words: Vec<&str> = path.iter().map(String::as_str).collect();
        words.push("--no-such-flag");
        let output = ha(&words);
        assert_eq!(output.status.code(), Some(2), "ha {}", words.join(" "));
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(complaint.contains("--no-such-flag"), "ha {}: {complaint}", words.join(" "));
    }
}

#[test]
fn no_subcommand_is_a_usage_error_and_version_is_not() {
    assert_eq!(ha(&[]).status.code(), Some(2));
    let version = ha(&["--version"]);
    assert_eq!(version.status.code(), Some(0));
    assert_eq!(
        String::from_utf8_lossy(&version.stdout).trim(),
        concat!("ha ", env!("CARGO_PKG_VERSION"))
    );
}
