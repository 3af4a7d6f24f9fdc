//! Every keyword that says something of the table stands in a configuration whose table is compared
//! with keepalived's (keepalived.sh), and every state is gone through beside it (states.sh).

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use ha::config::schema;

/// Blocks of which every keyword is about services and their destinations.
const BLOCKS: [&str; 3] = ["virtual_server", "virtual_server_group", "virtual_server/real_server"];
/// What begins so in `global_defs` is about the table, or about the process that keeps it.
const GLOBAL: [&str; 3] = ["lvs_", "checker_", "nftables_ipvs"];
/// Keywords without a configuration, and why.
const WITHOUT: [(&str, &str, &str); 3] = [
    ("global_defs", "nftables_ipvs", "the kernel of tests/vm has no nftables"),
    ("global_defs", "nftables_ipvs_priority", "as above"),
    ("global_defs", "nftables_ipvs_start_fwmark", "as above"),
];

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/ipvs"))
}

/// Every configuration that is compared.
pub fn configurations() -> Vec<PathBuf> {
    let files = fs::read_dir(folder().join("configurations")).unwrap();
    let mut all: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    all.sort();
    all
}

/// Block and keyword of each line. The configurations have one keyword a line.
fn used(text: &str) -> BTreeSet<(String, String)> {
    let (mut open, mut found) = (Vec::<&str>::new(), BTreeSet::new());
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let word = line.split_whitespace().next().unwrap_or_default();
        if word.starts_with(['#', '!']) {
            continue;
        }
        if word == "}" {
            open.pop();
            continue;
        }
        let block = if open.is_empty() { "(top)".to_owned() } else { open.join("/") };
        // An entry of a group is a mark or an address.
        let is_address = block == "virtual_server_group" && word != "fwmark";
        let word_or_kind = if is_address { "ADDRESS" } else { word };
        found.insert((block, word_or_kind.to_owned()));
        if line.ends_with('{') {
            open.push(word);
        }
    }
    assert!(open.is_empty(), "{open:?} is not closed:\n{text}");
    found
}

fn wanted() -> BTreeSet<(String, String)> {
    let all = schema::blocks().iter().flat_map(|block| block.keywords().map(|row| (*block, row)));
    let is_ours = |block: &str, keyword: &str| {
        BLOCKS.contains(&block)
            || (block == "global_defs" && GLOBAL.iter().any(|begin| keyword.starts_with(begin)))
            || (block == "(top)" && keyword.starts_with("virtual_server"))
    };
    let ours = all.filter(|(block, row)| is_ours(block.path, row.keyword));
    ours.map(|(block, row)| (block.path.to_owned(), row.keyword.to_owned())).collect()
}

#[test]
fn every_keyword_of_the_table_is_in_a_configuration_that_keepalived_reads_too() {
    let texts: Vec<String> =
        configurations().iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    assert!(texts.len() >= 60, "only {}", texts.len());
    let used: BTreeSet<_> = texts.iter().flat_map(|text| used(text)).collect();
    let known = WITHOUT.map(|(block, keyword, _)| (block.to_owned(), keyword.to_owned()));
    let known = BTreeSet::from(known);
    let wanted = wanted();
    assert!(wanted.len() > 80, "only {}", wanted.len());
    let missing: Vec<_> = wanted.difference(&used).filter(|one| !known.contains(one)).collect();
    assert!(missing.is_empty(), "no configuration has {missing:#?}");
    let surplus: Vec<_> = known.intersection(&used).collect();
    assert!(surplus.is_empty(), "an exception is none any more: {surplus:#?}");
}

#[test]
fn every_state_is_compared_with_keepalived() {
    let script = fs::read_to_string(folder().join("states.sh")).unwrap();
    for state in [
        "all up",
        "one down",
        "quorum lost, the sorry server serves",
        "weights changed by a reload",
        "a server added by a reload",
        "a server removed by a reload",
    ] {
        assert!(script.contains(&format!("both \"{state}")), "no state `{state}`");
    }
}
