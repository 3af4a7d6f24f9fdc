//! No mistake in a configuration makes a message show a password: a known one is planted in a
//! configuration that is broken in every simple way.

use std::path::{Path, PathBuf};

use ha::config::{FileStatus, LoadError, Loader, Options, load};
use ha::output::diagnostics::{document, one_line, text};

/// A password that no message has by chance, and that survives being cut at its ends.
const SECRET: &str = "hunt3r2s";

/// A host with this file and no other.
struct Only(String);

impl Loader for Only {
    fn read(&self, _: &Path) -> Result<String, LoadError> {
        Ok(self.0.clone())
    }

    fn glob(&self, _: &Path, _: &str) -> Result<Vec<PathBuf>, LoadError> {
        Ok(Vec::new())
    }

    fn environment(&self, _: &str) -> Option<String> {
        None
    }

    fn user(&self, _: &str) -> Option<(u32, u32)> {
        None
    }

    fn group(&self, _: &str) -> Option<u32> {
        None
    }

    fn status(&self, _: &Path) -> Result<FileStatus, LoadError> {
        Ok(FileStatus { regular: true, directory: false, uid: 0, gid: 0, mode: 0o755 })
    }

    fn canonical(&self, path: &Path) -> Result<PathBuf, LoadError> {
        Ok(path.to_owned())
    }

    fn identity(&self) -> (u32, u32) {
        (0, 0)
    }
}

/// Everything that is said of a configuration: for people, as data, and on the log.
fn said(configuration: &str) -> String {
    let path = Path::new("/test.conf");
    let outcome = load(path, &Options::default(), &Only(configuration.to_owned()));
    let data = serde_json::to_string_pretty(&document(path, &outcome)).expect("data");
    let lines = outcome.diagnostics.iter().map(|found| one_line(found, &outcome.sources));
    let refused = ha::config::format(path, configuration.as_bytes());
    let refused = refused.err().map(|outcome| text(&outcome, false)).unwrap_or_default();
    [text(&outcome, false), data, lines.collect::<Vec<_>>().join("\n"), refused].join("\n")
}

fn check(configuration: &str) {
    let said = said(configuration);
    assert!(!said.contains("hunt3r"), "the password is told:\n{said}\nof:\n{configuration}");
}

const PLAIN: &str = "\
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    authentication {
        auth_type PASS
        auth_pass hunt3r2s
    }
    virtual_ipaddress {
        192.0.2.100/24
    }
}
";

/// Places of secrets, and ways to write them.
fn configurations() -> Vec<String> {
    let with = |from: &str, to: &str| {
        assert!(PLAIN.contains(from), "{from}");
        PLAIN.replace(from, to)
    };
    let hmac = "auth_hmac {\n        key 1 hunt3r2s\n        active_key 1\n    }";
    let authentication = &PLAIN[PLAIN.find("authentication").unwrap()..];
    let authentication = &authentication[..=authentication.find('}').unwrap()];
    vec![
        PLAIN.to_owned(),
        with("auth_pass hunt3r2s", "auth_pass \"hunt3r2s x\" # hunt3r2s"),
        with("auth_pass hunt3r2s", "auth_pass a\\#hunt3r2s"),
        with("auth_pass hunt3r2s", "auth_pass a$hunt3r2s"),
        with("auth_type PASS\n        auth_pass", "auth_pass"),
        with(
            "{\n        auth_type PASS\n        auth_pass hunt3r2s\n    }",
            "{ auth_type PASS\n auth_pass hunt3r2s }",
        ),
        format!("$AUTH_PASS=hunt3r2s\n{}", with("auth_pass hunt3r2s", "auth_pass $AUTH_PASS")),
        with(authentication, hmac),
        "SSL {\n  password hunt3r2s\n  ca /etc/ca\n}\n".to_owned(),
    ]
}

/// Where the words, braces and ends of lines of `text` are.
fn tokens(text: &str) -> Vec<std::ops::Range<usize>> {
    let mut found = Vec::new();
    let mut begin = None;
    for (at, letter) in text.char_indices().chain([(text.len(), ' ')]) {
        if !letter.is_whitespace() && !matches!(letter, '{' | '}') {
            begin.get_or_insert(at);
            continue;
        }
        found.extend(begin.take().map(|begin| begin..at));
        if matches!(letter, '{' | '}' | '\n') {
            found.push(at..at + 1);
        }
    }
    found
}

#[test]
fn no_dropped_word_brace_or_line_end_makes_a_password_known() {
    for whole in configurations() {
        check(&whole);
        for token in tokens(&whole) {
            for instead in ["", " ", "\n", "\""] {
                let mut broken = whole.clone();
                broken.replace_range(token.clone(), instead);
                if !broken.contains(SECRET) {
                    continue;
                }
                check(&broken);
            }
            let mut twice = whole.clone();
            twice.insert_str(token.end, &format!(" {}", &whole[token.clone()]));
            check(&twice);
        }
    }
}

#[test]
fn no_mistyped_letter_makes_a_password_known() {
    for whole in configurations() {
        for (at, letter) in whole.char_indices() {
            if letter.is_whitespace() {
                continue;
            }
            let rest = &whole[at + letter.len_utf8()..];
            let next = rest.chars().next().unwrap_or(' ');
            let swapped = format!("{next}{letter}{}", rest.get(next.len_utf8()..).unwrap_or(""));
            for after in [
                rest.to_owned(),
                format!("x{rest}"),
                format!("{letter}{letter}{rest}"),
                format!("{}{rest}", letter.to_uppercase()),
                swapped,
            ] {
                let broken = format!("{}{after}", &whole[..at]);
                // Inside the password it would be another one.
                if broken.contains(SECRET) {
                    check(&broken);
                }
            }
        }
    }
}

#[test]
fn what_is_no_secret_is_still_told() {
    let typo = PLAIN.replace("auth_pass", "auth_pas");
    let said = said(&typo);
    for part in ["`auth_pas` is not a keyword", "did you mean `auth_pass`", "auth_pas *"] {
        assert!(said.contains(part), "{part} is not in {said}");
    }
    let other = said_of_router("virtual_router_id 51", "virtual_router_idd 51");
    assert!(other.contains("virtual_router_idd 51"), "{other}");
    let open = said_of_router("    }\n    virtual_ip", "    virtual_ip");
    assert!(open.contains("the block of `authentication` is never closed"), "{open}");
}

fn said_of_router(from: &str, to: &str) -> String {
    said(&PLAIN.replace(from, to))
}

/// A password of one repeated letter, whose number no other part of an output has by chance.
const REPEATED: &str = "zzzzzzzz";

#[test]
fn what_reads_a_configuration_shows_neither_a_password_nor_the_key_of_a_header() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, kind: &str, secret: &str| -> String {
        let path = folder.path().join(name);
        let text = format!(
            "vrrp_instance V {{\n interface eth0\n virtual_router_id 1\n virtual_ipaddress {{\n  \
             192.0.2.1/24\n }}\n authentication {{\n  auth_type {kind}\n  auth_pass {secret}\n \
             }}\n}}\n"
        );
        std::fs::write(&path, text).expect("written");
        path.display().to_string()
    };
    for kind in ["PASS", "AH"] {
        let (before, after) = (write("a", kind, "before"), write("b", kind, REPEATED));
        let commands: [&[&str]; 7] = [
            &["config", "diff", &before, &after],
            &["config", "diff", "--json", &before, &after],
            &["config", "check", "--json", &before, &after],
            &["config", "show", &after],
            &["config", "show", "--json", &after],
            &["config", "show", "--origin", &after],
            &["run", "--explain", "--json", "-f", &after],
        ];
        for words in commands {
            let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_ha"));
            let output = command.args(words).output().expect("ha runs");
            let text = [output.stdout, output.stderr].concat();
            let text = String::from_utf8_lossy(&text);
            assert!(text.contains('V'), "{words:?} says nothing");
            for shown in ["zzz", "122"] {
                assert!(!text.contains(shown), "{kind} {words:?} shows {shown}: {text}");
            }
        }
    }
}
