//! The keyword table and its guide: every keyword is there, what the rows say about themselves
//! agrees, everything is described, examples are good (keepalived reads them too), and what is
//! said to work does something.

mod acted;
#[path = "../support/mod.rs"]
mod support;
mod surroundings;
mod values;

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use ha::config::schema::guide::{self, Piece};
use ha::config::schema::{self, Arguments, Block, Row, Support};
use serde_json::Value;
use support::{Namespace, can_run};
use surroundings::{configuration, document, example, read, rows};

#[test]
fn every_keyword_of_keepalived_is_in_the_table_and_no_other() {
    let text = include_str!("../data/keywords.tsv");
    let wanted: BTreeSet<(&str, &str)> =
        text.lines().filter(|l| !l.starts_with("# ")).filter_map(|l| l.split_once('\t')).collect();
    let found: BTreeSet<_> = rows().map(|(block, row, _)| (block.path, row.keyword)).collect();
    assert_eq!(wanted.len(), 779);
    let missing: Vec<_> = wanted.difference(&found).collect();
    let surplus: Vec<_> = found.difference(&wanted).collect();
    assert!(missing.is_empty() && surplus.is_empty(), "missing {missing:?}, surplus {surplus:?}");
}

/// The first `A-B` or `A..B` of a syntax, as numbers.
fn written_range(syntax: &str) -> Option<(f64, f64)> {
    let syntax = syntax.replace("2^32-1", "4294967295");
    syntax.split([' ', '[', ']', ',', ';']).find_map(|word| {
        let (least, most) = word.split_once("..").or_else(|| {
            let at = word.get(1..)?.find('-')? + 1;
            Some((word.get(..at)?, word.get(at + 1..)?))
        })?;
        Some((least.parse().ok()?, most.parse().ok()?))
    })
}

/// Least and most of what a row takes, a time in seconds.
fn taken_range(arguments: Arguments) -> Option<(f64, f64)> {
    #[expect(clippy::cast_precision_loss, reason = "what is compared has few digits")]
    match arguments {
        Arguments::Number(a, b) | Arguments::MaybeNumber(a, b) => Some((a as f64, b as f64)),
        Arguments::Seconds(a, b) => Some((a as f64 / 1e6, b as f64 / 1e6)),
        _ => None,
    }
}

/// What is wrong with what one row says about itself.
fn contradiction(row: &Row) -> Option<String> {
    let syntax = row.syntax;
    let is_block = matches!(row.arguments, Arguments::Block | Arguments::NamedBlock);
    if is_block && row.content.is_none() {
        return Some("has no content".to_owned());
    }
    match row.arguments {
        Arguments::None if syntax != "none" => return Some(format!("takes nothing: {syntax}")),
        Arguments::Switch if !syntax.starts_with("[BOOL]") => {
            return Some(format!("is a switch: {syntax}"));
        }
        Arguments::Choice(words) => {
            if let Some(word) = words.iter().find(|word| !syntax.contains(**word)) {
                return Some(format!("does not name {word}: {syntax}"));
            }
            let first = row.default.split([' ', ';']).next().unwrap_or_default();
            let inherited =
                first.is_empty() || matches!(first, "none" | "kernel") || first.contains('_');
            if !inherited && !words.contains(&first) {
                return Some(format!("cannot have the default {first}"));
            }
        }
        Arguments::Words(least, most) if least > most => return Some("words".to_owned()),
        _ => {}
    }
    let (least, most) = taken_range(row.arguments)?;
    let default = row.default.split([' ', ';', '(']).next().and_then(|word| word.parse().ok());
    if let Some(default) = default.filter(|default: &f64| *default < least || *default > most) {
        return Some(format!("default {default} is not in {least} to {most}"));
    }
    let at_least = syntax.split_once(">= ").and_then(|(_, number)| number.parse::<f64>().ok());
    if let Some(number) = at_least.filter(|number| (number - least).abs() > 1e-9) {
        return Some(format!("takes {least} and says >= {number}"));
    }
    match written_range(syntax) {
        Some((a, b)) if (a - least).abs() > 1e-9 || (b - most).abs() > 1e-9 => {
            Some(format!("takes {least} to {most} and says {syntax}"))
        }
        _ => None,
    }
}

#[test]
fn what_a_row_says_about_itself_agrees() {
    let wrong = |row: &Row| row.keyword != "advert_int" && contradiction(row).is_some();
    let wrong: Vec<_> = rows()
        .filter(|(_, row, _)| wrong(row))
        .map(|(block, row, _)| (block.path, row.keyword, contradiction(row)))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_reason_is_a_reason() {
    for (block, row, support) in rows() {
        if let Support::Accepted(because) | Support::NotYet(because) = support {
            assert!(
                !because.is_empty() && !because.ends_with('.'),
                "{} {}",
                block.path,
                row.keyword
            );
        }
        if let Some(now) = row.replaced_by {
            assert!(block.find(now).is_some(), "{}: {now} is no keyword", block.path);
        }
    }
}

#[test]
fn everything_in_the_table_is_described_and_nothing_else() {
    let mut wrong = Vec::new();
    for (block, row, _) in rows() {
        let entry = guide::entry(block.path, row.keyword);
        let sentences = entry
            .iter()
            .flat_map(|entry| &entry.pieces)
            .any(|piece| matches!(piece, Piece::Paragraph(text) if text.ends_with(['.', '`'])));
        if !sentences {
            wrong.push(format!("{} {} is not described", block.path, row.keyword));
        }
    }
    for block in schema::blocks() {
        if guide::introduction(block.path).is_none_or(|section| section.pieces.is_empty()) {
            wrong.push(format!("{} has no introduction", block.path));
        }
    }
    for section in guide::sections() {
        for path in &section.blocks {
            let Some(block) = schema::blocks().iter().find(|block| block.path == *path) else {
                wrong.push(format!("there is no block {path}"));
                continue;
            };
            let stale = section.entries.iter().filter(|e| block.find(e.keyword).is_none());
            wrong.extend(stale.map(|e| format!("{path} has no keyword {}", e.keyword)));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn another_word_for_a_keyword_takes_the_same() {
    let mut seen = 0;
    for (block, row, support) in rows() {
        let alias_of = guide::entry(block.path, row.keyword).and_then(|entry| entry.alias_of);
        let Some(other) = alias_of else { continue };
        let name = format!("{} {}", block.path, row.keyword);
        let original = rows().find(|(b, r, _)| b.path == block.path && r.keyword == other);
        let (_, original, same) = original.unwrap_or_else(|| panic!("{name}: there is no {other}"));
        assert_eq!((row.arguments, support), (original.arguments, same), "{name} and {other}");
        seen += 1;
    }
    assert!(seen > 20, "only {seen}");
}

/// The example of a keyword without the keyword.
fn without(block: &Block, keyword: &str, example: &str) -> String {
    let parameter = block.entries && keyword.chars().any(char::is_lowercase);
    let kept = example.lines().filter_map(|line| {
        let first = line.split_whitespace().next();
        if parameter && first != Some(keyword) {
            let cut = line.find(&format!(" {keyword}")).unwrap_or(line.len());
            return line.get(..cut);
        }
        (!block.entries && first != Some(keyword)).then_some(line)
    });
    kept.collect::<Vec<_>>().join("\n")
}

/// Codes that no example may have: errors, an unknown word, an unusable value, too many words.
fn is_wrong(code: &str) -> bool {
    code.starts_with('E') || ["W0001", "W0004", "W0006"].contains(&code)
}

fn complaints(text: &str) -> Vec<String> {
    let outcome = read(text);
    let wrong = outcome.diagnostics.iter().filter(|found| is_wrong(found.code.text()));
    wrong.map(|found| format!("{} {}", found.code.text(), found.message)).collect()
}

#[test]
fn examples_of_blocks_are_whole_and_good_configurations() {
    let mut seen = 0;
    for section in guide::sections() {
        for piece in &section.pieces {
            let Piece::Example(text) = piece else { continue };
            let wrong = complaints(text);
            assert!(wrong.is_empty(), "{:?}: {wrong:?}\n{text}", section.blocks);
            seen += 1;
        }
    }
    assert!(seen > 40, "only {seen} examples");
}

/// What keepalived says about examples whose scripts and files are on other hosts.
const ELSEWHERE: [&str; 2] = ["SECURITY VIOLATION", "Config files missing"];

#[test]
fn keepalived_reads_the_examples_of_blocks_without_a_complaint() {
    if !can_run("keepalived_reads_the_examples_of_blocks_without_a_complaint") {
        return;
    }
    if Command::new("keepalived").arg("-v").output().is_err() {
        println!("SKIP: keepalived is not installed");
        return;
    }
    let host = Namespace::new();
    for number in 0..3 {
        host.ip(&format!("link add eth{number} type veth peer name peer{number}"));
        host.ip(&format!("link set eth{number} up"));
        host.ip(&format!("link set peer{number} up"));
        host.ip(&format!("addr add 192.0.2.{}/24 dev eth{number}", number + 1));
    }
    let scratch = tempfile::tempdir().expect("a temporary folder can be made");
    let file = scratch.path().join("example.conf");
    for section in guide::sections() {
        for piece in &section.pieces {
            let Piece::Example(text) = piece else { continue };
            std::fs::write(&file, format!("{text}\n")).expect("a file can be written");
            let output = host.command("keepalived").arg("-t").arg("-f").arg(&file).output();
            let output = output.expect("keepalived runs");
            let told = String::from_utf8_lossy(&output.stderr).into_owned();
            let expected = |line: &&str| !ELSEWHERE.iter().any(|said| line.contains(said));
            let told: Vec<_> = told.lines().filter(|l| !l.is_empty()).filter(expected).collect();
            assert!(told.is_empty(), "{:?}: {told:?}\n{text}", section.blocks);
        }
    }
}

/// Keywords whose examples are refused on purpose.
const REFUSED: [&str; 2] = ["vrrp_instance/auth_hmac", "(parser)"];

#[test]
fn examples_of_keywords_are_good() {
    let mut wrong = Vec::new();
    for (block, row, _) in rows().filter(|(block, ..)| !REFUSED.contains(&block.path)) {
        let Some(lines) = example(block.path, row.keyword) else { continue };
        let text = configuration(block.path, lines);
        let found = complaints(&text);
        if !found.is_empty() {
            wrong.push(format!("{} {}: {found:?}", block.path, row.keyword));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Keywords that say what holds anyway, and those that act on the reading itself.
const NO_CHANGE: [&str; 6] = [
    "accept",
    "preempt",
    "no_virtual_ipaddress",
    "include_check",
    "iproute_usr_dir",
    "iproute_etc_dir",
];

/// The values at `path`, where `[]` stands for every element, and `NAME` and `*` for every key.
fn values<'a>(value: &'a Value, path: &str) -> Vec<&'a Value> {
    path.replace("[]", ".[]").split('.').fold(vec![value], |found, step| {
        let next = |value: &'a Value| -> Vec<&'a Value> {
            match (step, value) {
                ("[]", Value::Array(values)) => values.iter().collect(),
                ("NAME" | "*", Value::Object(fields)) => fields.values().collect(),
                (key, value) => value.get(key).into_iter().collect(),
            }
        };
        found.into_iter().flat_map(next).collect()
    })
}

/// The models with the example of a keyword and without the keyword.
fn with_and_before(block: &Block, keyword: &str, lines: &str) -> (Value, Value) {
    // The reader of a pipe is nothing without the pipe, nor a setting of pages without a page.
    let is_alone = !(block.path == "global_defs" || block.path.starts_with("virtual_server/"));
    let beside = match (block.path, keyword) {
        // What is said round it is the same otherwise.
        ("virtual_server", "protocol") => "protocol UDP\n",
        _ if is_alone => "",
        _ => values::company(block, keyword),
    };
    let model = |lines: &str| {
        let text = configuration(block.path, &format!("{beside}{lines}"));
        // Only of a mark is a family said, and only where no real server says it.
        let text = match keyword {
            "ip_family" => text.replace("virtual_server 192.0.2.1 80", "virtual_server fwmark 5"),
            _ => text,
        };
        document(&read(&text), &text)
    };
    (model(lines), model(&without(block, keyword, lines)))
}

#[test]
fn a_keyword_that_works_changes_the_model_where_the_guide_says() {
    let mut wrong = Vec::new();
    let mut found: BTreeMap<&str, bool> = BTreeMap::new();
    for (block, row, support) in rows() {
        let name = format!("{} {}", block.path, row.keyword);
        let is_value = row.content.is_none() && !["(parser)", "(top)"].contains(&block.path);
        if support != Support::Works || !is_value || NO_CHANGE.contains(&row.keyword) {
            continue;
        }
        let Some(lines) = example(block.path, row.keyword) else {
            wrong.push(format!("{name}: works and has no example"));
            continue;
        };
        let (with, before) = with_and_before(block, row.keyword, lines);
        let paths = guide::entry(block.path, row.keyword).map(|entry| entry.model.clone());
        let paths = paths.unwrap_or_default();
        if !paths.iter().any(|path| values(&with, path) != values(&before, path)) {
            wrong.push(format!("{name}: works and changes nothing at {paths:?}"));
        }
        // What several blocks share may be at another path in each.
        for path in paths {
            *found.entry(path).or_insert(false) |= !values(&with, path).is_empty();
        }
    }
    // A description may be shared with a block that is only understood and not acted on.
    for (block, row, _) in rows() {
        let paths = guide::entry(block.path, row.keyword).map(|entry| entry.model.as_slice());
        let open = paths.is_some_and(|p| p.iter().any(|p| found.get(p) == Some(&false)));
        let Some(lines) = example(block.path, row.keyword).filter(|_| open) else { continue };
        let text = configuration(block.path, lines);
        let with = document(&read(&text), &text);
        for path in paths.unwrap_or_default() {
            let there = !values(&with, path).is_empty();
            found.entry(path).and_modify(|found| *found |= there);
        }
    }
    let missing = found.iter().filter(|(_, found)| !**found);
    wrong.extend(missing.map(|(path, _)| format!("there is nothing at {path}")));
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_keyword_without_meaning_changes_nothing() {
    for (block, row, support) in rows().filter(|(block, ..)| block.path != "(parser)") {
        let Some(lines) = example(block.path, row.keyword) else { continue };
        if !matches!(support, Support::Accepted(_)) {
            continue;
        }
        let (with, before) = with_and_before(block, row.keyword, lines);
        // What only the drop-in's test looks at is kept beside the rest.
        let told = guide::entry(block.path, row.keyword).is_some_and(|e| !e.model.is_empty());
        assert!(told || with == before, "{} {}", block.path, row.keyword);
    }
}

fn keywords(words: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ha"));
    let output = command.args(["config", "keywords"]).args(words).output().expect("ha runs");
    (output.status.code(), String::from_utf8(output.stdout).expect("text"))
}

#[test]
fn a_keyword_is_described_in_every_block_it_may_stand_in() {
    let (code, text) = keywords(&["garp_master_delay"]);
    assert_eq!(code, Some(0));
    assert!(text.starts_with("vrrp_instance — garp_master_delay SECONDS\n"), "{text}");
    assert!(text.contains("Default: vrrp_garp_master_delay."), "{text}");
    assert!(text.contains("vrrp.routers[].announce.delay_us"), "{text}");
    assert!(!text.contains("vrrp_garp_master_delay SECONDS"), "only this keyword: {text}");
    let (_, text) = keywords(&["connect_ip"]);
    let blocks = text.lines().filter(|line| line.ends_with("— connect_ip ADDR")).count();
    assert_eq!(blocks, 8, "{text}");
    assert_eq!(text.matches("    As in virtual_server/real_server/TCP_CHECK.").count(), 7);
}

#[test]
fn keywords_are_chosen_by_block_status_and_part_of_a_name() {
    let count = |words: &[&str]| -> usize {
        let words = [words, &["--json"]].concat();
        let (code, text) = keywords(&words);
        assert_eq!(code, Some(0), "{words:?}");
        let document: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(document["v"], 1);
        document["keywords"].as_array().expect("a list").len()
    };
    assert_eq!(count(&[]), 779);
    let by_status = ["works", "accepted", "not-yet"].map(|status| count(&["--status", status]));
    assert_eq!(by_status.iter().sum::<usize>(), 779);
    assert_eq!(count(&["--unsupported"]), by_status[2]);
    assert_eq!(count(&["--block", "vrrp_script"]), 8);
    assert_eq!(count(&["--block", "track_script"]), 2);
    assert!(count(&["garp_master"]) >= 8);
    let (code, text) = keywords(&["prioritty"]);
    assert_eq!((code, text.as_str()), (Some(1), ""));
}
