//! What is said to work is acted on: the place in the model that a keyword sets is read by
//! something that acts, and not only by what builds, prints and compares models.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use ha::config::schema::{Support, guide};

use crate::surroundings::rows;

/// The layers that act, and what in them only holds or looks at a configuration.
const ACTING: [&str; 5] = ["engine", "drivers", "io", "supervisor", "commands"];
const LOOKING: [&str; 9] = [
    "engine/vrrp/config.rs",
    "engine/vrrp/validate.rs",
    "engine/vrrp/change.rs",
    "engine/pool/config.rs",
    "engine/ipvs/table.rs",
    "drivers/config_host",
    "drivers/lab",
    "commands/config",
    "commands/keepalived/config_test.rs",
];

/// Places that are read as something else than their last word, or by the building itself: which
/// word to look for, and in which file.
const READ_AS: [(&str, &str, &str); 11] = [
    ("instances.NAME.priority_changes", "priority_changes", "config/model/hooks.rs"),
    ("groups.NAME.priority_changes", "priority_changes", "config/model/hooks.rs"),
    // `accept` is what happens without a packet filter; the contrary is not there yet, which is told.
    ("instances.NAME.accept", "packet filtering", "config/build/instance.rs"),
    ("globals.script_security", "script_security", "config/build/program.rs"),
    ("vrrp.trackers[].id.script", "TrackerId", "engine/vrrp/node.rs"),
    ("notify.member_of.NAME", "member_of", "engine/notify/notifier.rs"),
    ("vrrp.routers[].auth.pass", "Auth::Pass", "engine/vrrp/receive.rs"),
    ("vrrp.routers[].preempt.after_us", "Preempt::After", "engine/vrrp/router/hear.rs"),
    ("vrrp.routers[].owner_ignores_adverts", "owner_ignores_adverts", "engine/vrrp/receive.rs"),
    ("vrrp.routers[].checksum", "config.checksum", "engine/vrrp/router.rs"),
    ("vrrp.routers[].starts_as_master", "starts_as_master", "engine/vrrp/router.rs"),
];

/// Sources by their path below `src/lib`, without their tests.
fn sources(folder: &Path, root: &Path, found: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.strip_prefix(root).expect("below it").to_string_lossy().into_owned();
        if path.is_dir() && !name.ends_with("/tests") {
            sources(&path, root, found);
        } else if path.extension().is_some_and(|end| end == "rs") && !name.ends_with("tests.rs") {
            let text = fs::read_to_string(&path).expect("readable");
            let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default().to_owned();
            found.insert(name, code);
        }
    }
}

/// Whether `word` stands in `text` by itself, in a line that is no comment.
fn has_word(text: &str, word: &str) -> bool {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    text.lines().filter(|line| !line.trim_start().starts_with("//")).any(|line| {
        line.match_indices(word).any(|(at, _)| {
            !line[..at].ends_with(is_part) && !line[at + word.len()..].starts_with(is_part)
        })
    })
}

#[test]
fn what_a_keyword_that_works_sets_is_read_by_something_that_acts() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib");
    let mut all = BTreeMap::new();
    sources(&root, &root, &mut all);
    let acts = |name: &str| {
        ACTING.iter().any(|layer| name.starts_with(&format!("{layer}/")))
            && !LOOKING.iter().any(|other| name.starts_with(other))
    };
    let mut paths = BTreeMap::<&str, BTreeSet<String>>::new();
    for (block, row, support) in rows().filter(|(_, _, support)| *support == Support::Works) {
        let entry = guide::entry(block.path, row.keyword);
        for path in entry.iter().flat_map(|entry| &entry.model) {
            // What a block shares with one that is not acted on has its own place there.
            let elsewhere = path.starts_with("statics.");
            if !elsewhere {
                paths.entry(path).or_default().insert(format!("{} {}", block.path, row.keyword));
            }
        }
        assert_eq!(support, Support::Works);
    }
    assert!(paths.len() > 60, "only {}", paths.len());
    let mut wrong = Vec::new();
    for (path, keywords) in paths {
        let exception = READ_AS.iter().find(|(known, ..)| *known == path);
        let good = if let Some((_, word, file)) = exception {
            all.get(*file).is_some_and(|text| text.contains(word))
        } else {
            let last = path.rsplit('.').next().unwrap_or_default().trim_end_matches("[]");
            let field = last.trim_end_matches("_us");
            let mut acting = all.iter().filter(|(name, _)| acts(name));
            // Most of a router is read by its machine; what is process-wide by its full path.
            let word = match path.strip_prefix("globals.") {
                Some(_) => format!(".{field}"),
                None => field.to_owned(),
            };
            acting.any(|(_, text)| has_word(text, &word) || text.contains(&format!(".{field}")))
        };
        if !good {
            wrong.push(format!("nothing acts on {path} of {keywords:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// A keyword of which nothing more than its name is known would work for nobody.
#[test]
fn what_has_no_place_in_the_model_and_works_is_known_by_name() {
    // What acts on the reading itself, opens a block, or says what holds anyway; and what only the
    // binary `keepalived` reads (its files' names).
    const WITHOUT: [(&str, &[&str]); 5] = [
        ("(top)", &["global_defs", "use_pid_dir", "instance", "SSL", "virtual_server_group"]),
        ("global_defs", &["include_check", "iproute_usr_dir", "iproute_etc_dir"]),
        ("vrrp_instance", &["no_virtual_ipaddress", "preempt"]),
        (
            "virtual_server/real_server",
            &[
                "TCP_CHECK",
                "HTTP_GET",
                "SSL_GET",
                "SMTP_CHECK",
                "DNS_CHECK",
                "MISC_CHECK",
                "UDP_CHECK",
                "PING_CHECK",
                "FILE_CHECK",
            ],
        ),
        ("virtual_server/real_server/SMTP_CHECK", &["host"]),
    ];
    let mut wrong = Vec::new();
    for (block, row, support) in rows().filter(|(block, ..)| block.path != "(parser)") {
        let entry = guide::entry(block.path, row.keyword);
        let known = WITHOUT
            .iter()
            .any(|(path, keywords)| *path == block.path && keywords.contains(&row.keyword));
        let places = entry.is_some_and(|entry| !entry.model.is_empty());
        if support == Support::Works && !places && !known {
            wrong.push(format!("{} {}", block.path, row.keyword));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
