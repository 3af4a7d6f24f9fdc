//! Whatever the bytes, reading a configuration ends soon, says something, and never panics.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use ha::config::{FileStatus, LoadError, Loader, Options, Outcome, load};
use proptest::prelude::*;

/// Files in memory; everything else does not exist.
struct Memory(BTreeMap<PathBuf, String>);

impl Memory {
    fn of(files: &[(&str, &str)]) -> Self {
        let file = |(path, text): &(&str, &str)| (PathBuf::from(path), (*text).to_owned());
        Self(files.iter().map(file).collect())
    }
}

fn missing() -> LoadError {
    LoadError { cause: "No such file or directory".to_owned(), not_found: true }
}

impl Loader for Memory {
    fn read(&self, path: &Path) -> Result<String, LoadError> {
        self.0.get(path).cloned().ok_or_else(missing)
    }

    fn glob(&self, base: &Path, pattern: &str) -> Result<Vec<PathBuf>, LoadError> {
        let path = base.join(pattern);
        Ok(self.0.contains_key(&path).then_some(path).into_iter().collect())
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

    fn status(&self, path: &Path) -> Result<FileStatus, LoadError> {
        self.0.get(path).ok_or_else(missing)?;
        Ok(FileStatus { regular: true, directory: false, uid: 0, gid: 0, mode: 0o644 })
    }

    fn canonical(&self, path: &Path) -> Result<PathBuf, LoadError> {
        Ok(path.to_owned())
    }

    fn identity(&self) -> (u32, u32) {
        (0, 0)
    }
}

fn read(text: &str) -> Outcome {
    let options = Options { config_id: "one".to_owned(), ..Options::default() };
    load(Path::new("x.conf"), &options, &Memory::of(&[("x.conf", text)]))
}

/// What must hold for any text.
fn check(outcome: &Outcome) {
    assert_eq!(outcome.model.is_none(), outcome.errors() > 0);
    for found in &outcome.diagnostics {
        assert!(!found.message.is_empty());
        if let Some(span) = found.span {
            let at = outcome.sources.location(span).expect("every position can be shown");
            assert!(at.line > 0 && at.column > 0);
            outcome.sources.excerpt(span).expect("and its line");
        }
    }
    // Showing it must not panic either.
    let text = ha::output::diagnostics::text(outcome, false);
    assert!(outcome.diagnostics.is_empty() || !text.is_empty());
}

/// Pieces that mean something to the language.
const PIECES: [&str; 24] = [
    "{",
    "}",
    "\"",
    "'",
    "\\",
    "\n",
    "$A=",
    "${A}",
    "$A",
    "~SEQ(A, 3) ",
    "~LST(A, b, c) ",
    "@one ",
    "@^one ",
    "#",
    "!",
    "include x.conf\n",
    "vrrp_instance A {\n",
    "\u{fffd}",
    "ü",
    "\t",
    "\0",
    "-1",
    "99999999999999999999",
    "${_RANDOM 5 1}",
];

#[test]
fn a_chain_of_includes_is_cut_at_its_bound() {
    let name = |n: usize| format!("f{n}.conf");
    let files: Vec<(String, String)> =
        (0..100).map(|n| (name(n), format!("include {}\n", name(n + 1)))).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    let outcome = load(Path::new("f0.conf"), &Options::default(), &Memory::of(&files));
    let codes: Vec<&str> = outcome.diagnostics.iter().map(|found| found.code.text()).collect();
    assert_eq!(codes, ["E0007"]);
}

#[test]
fn cost_grows_with_the_text_and_not_faster() {
    let instances = |count: usize| -> String {
        let instance = |n: usize| {
            format!(
                "vrrp_instance V{n} {{\n interface e{}\n virtual_router_id {}\n \
                 virtual_ipaddress {{\n 10.{}.{}.1/24\n }}\n}}\n",
                n / 250,
                n % 250 + 1,
                n / 250,
                n % 250
            )
        };
        (0..count).map(instance).collect()
    };
    let time = |count: usize| {
        let text = instances(count);
        let best = (0..3).map(|_| {
            let before = Instant::now();
            let outcome = read(&text);
            let spent = before.elapsed();
            assert_eq!(outcome.model.expect("valid").vrrp.routers.len(), count);
            spent
        });
        best.min().expect("three")
    };
    let (small, large) = (time(500), time(4_000));
    assert!(large < small * 32, "8 times the text took {small:?} -> {large:?}");
}

fn word() -> impl Strategy<Value = String> {
    // What a quoted word may hold: anything on one line but a quote and what is expanded.
    "[a-zA-Z0-9 #!{}'=@~_.,;:/()\\[\\]ü-]{1,20}"
}

proptest! {
    #[test]
    fn a_quoted_word_is_what_stands_between_its_quotes(word in word()) {
        let outcome = read(&format!("global_defs {{\nrouter_id \"{word}\"\n}}\n"));
        prop_assert_eq!(outcome.errors(), 0);
        let model = outcome.model.expect("no error");
        prop_assert_eq!(model.globals.router_id, Some(word));
    }

    #[test]
    fn a_definition_stands_for_its_value(value in "[a-z0-9]{1,12}", twice in any::<bool>()) {
        let used = if twice { "$OUTER" } else { "${INNER}" };
        let text = format!("$OUTER=${{INNER}}\n$INNER={value}\nglobal_defs {{\nrouter_id {used}\n}}\n");
        let model = read(&text).model.expect("no error");
        prop_assert_eq!(model.globals.router_id, Some(value));
    }

    #[test]
    fn any_text_is_read_without_a_panic(text in "\\PC{0,300}") {
        check(&read(&text));
    }

    #[test]
    fn any_lines_of_tokens_are_read_without_a_panic(
        tokens in proptest::collection::vec(proptest::sample::select(PIECES.to_vec()), 0..60)
    ) {
        check(&read(&tokens.concat()));
    }
}
