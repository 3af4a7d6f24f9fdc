//! Whatever the bytes, reading a configuration ends soon, says something, and never panics.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ha::config::{FileStatus, LoadError, Loader, Options, Outcome, load};
use ha::drivers::config_loader::SystemLoader;
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

fn corpus() -> Vec<String> {
    let mut texts = Vec::new();
    for folder in ["tests/config/features", "tests/config/mistakes"] {
        for entry in fs::read_dir(folder).expect("fixtures") {
            let bytes = fs::read(entry.expect("a file").path()).expect("readable");
            texts.push(String::from_utf8_lossy(&bytes).into_owned());
        }
    }
    texts.sort();
    texts
}

/// A generator that is the same every time (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit.max(1) as u64).expect("small")
    }
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

fn mutate(text: &str, dice: &mut Dice) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..=dice.below(4) {
        let at = dice.below(bytes.len() + 1);
        match dice.below(4) {
            0 => drop(bytes.splice(at..at, PIECES[dice.below(PIECES.len())].bytes())),
            1 => bytes.truncate(at),
            2 => {
                let end = (at + dice.below(20)).min(bytes.len());
                bytes.drain(at..end);
            }
            _ if at < bytes.len() => bytes[at] = u8::try_from(dice.below(256)).expect("a byte"),
            _ => {}
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn mutated_fixtures_never_panic_and_end_soon() {
    let corpus = corpus();
    let mut dice = Dice(0x5eed_5eed_5eed_5eed);
    let mut slowest = Duration::ZERO;
    for round in 0..600 {
        let text = mutate(&corpus[round % corpus.len()], &mut dice);
        let before = Instant::now();
        check(&read(&text));
        slowest = slowest.max(before.elapsed());
    }
    assert!(slowest < Duration::from_secs(5), "one text took {slowest:?}");
}

/// A file on disk, read as `ha` reads it.
fn read_bytes(bytes: &[u8]) -> Outcome {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.conf");
    fs::write(&path, bytes).expect("written");
    load(&path, &Options::default(), &SystemLoader)
}

const ROUTER: &str = "vrrp_instance A {\n interface e\n virtual_router_id 1\n \
                      virtual_ipaddress {\n 10.0.0.1/24\n }\n}\n";

fn codes(outcome: &Outcome) -> Vec<&'static str> {
    outcome.diagnostics.iter().map(|found| found.code.text()).collect()
}

#[test]
fn a_comment_may_hold_any_bytes() {
    // "Gebäude Süd" in Latin-1, and every byte there is.
    let mut bytes = b"# Geb\xe4ude S\xfcd\n! ".to_vec();
    bytes.extend((0..=255u8).filter(|byte| !matches!(byte, b'\n' | b'\r')));
    bytes.push(b'\n');
    bytes.extend(ROUTER.as_bytes());
    let outcome = read_bytes(&bytes);
    check(&outcome);
    assert_eq!(codes(&outcome), Vec::<&str>::new());
    assert!(outcome.model.is_some());
}

#[test]
fn a_file_without_end_is_refused_and_a_directory_too() {
    for path in ["/dev/zero", "/"] {
        let outcome = load(Path::new(path), &Options::default(), &SystemLoader);
        check(&outcome);
        assert_eq!(codes(&outcome), ["E0001"], "{path}");
    }
}

#[test]
fn a_named_pipe_that_nobody_writes_to_is_refused_and_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(&pipe, &link).unwrap();
    let includes = folder.path().join("includes.conf");
    fs::write(&includes, format!("include {}\n", pipe.display())).unwrap();
    for (path, expected) in
        [(&pipe, "named pipe"), (&link, "named pipe"), (&includes, "not included")]
    {
        let outcome = load(path, &Options::default(), &SystemLoader);
        let told: Vec<&str> = outcome.diagnostics.iter().map(|d| d.message.as_str()).collect();
        assert!(told.iter().any(|told| told.contains(expected)), "{told:?}");
    }
}

#[test]
fn a_byte_order_mark_is_named_and_not_taken_for_a_letter() {
    let outcome = read("\u{feff}vrrp_instance VI_1 {\n}\n");
    let told = &outcome.diagnostics[0];
    assert!(told.message.contains("byte order mark"), "{}", told.message);
}

#[test]
fn standard_input_is_a_file_too() {
    let text = "vrrp_instance V {\n interface eth0\n virtual_router_id 1\n \
                virtual_ipaddress {\n 192.0.2.1/24\n }\n}\n";
    let run = |words: &[&str]| {
        let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_ha"));
        command.args(["config"]).args(words).write_stdin(text).output().unwrap()
    };
    for words in [
        &["check", "-"][..],
        &["show", "-"],
        &["show", "--json", "-"],
        &["render", "-"],
        &["fmt", "-"],
    ] {
        let output = run(words);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{words:?}: {told}");
        assert!(!output.stdout.is_empty(), "{words:?}");
    }
    assert_eq!(run(&["diff", "/dev/null", "-"]).status.code(), Some(1));
}

#[test]
fn bytes_that_are_no_text_are_told_and_do_not_refuse_the_file() {
    let bytes = [b"global_defs {\n router_id s\xfcd\n}\n", ROUTER.as_bytes()].concat();
    let outcome = read_bytes(&bytes);
    check(&outcome);
    assert_eq!(codes(&outcome), ["W0022"]);
    assert!(outcome.model.is_some());
}

#[test]
fn a_password_that_is_no_text_is_refused_because_peers_would_not_agree_with_it() {
    let block = b"authentication {\n auth_type PASS\n auth_pass s\xfcd\n }\n";
    let router = ROUTER.strip_suffix("}\n").expect("its brace");
    let outcome = read_bytes(&[router.as_bytes(), block, b"}\n"].concat());
    check(&outcome);
    assert_eq!(codes(&outcome), ["E0016", "W0022"]);
}

#[test]
fn nul_bytes_and_huge_lines_end_soon() {
    let before = Instant::now();
    let many = 1 << 18;
    let texts = [
        "\0".repeat(many),
        "a".repeat(many),
        "{".repeat(many),
        "}".repeat(2_000),
        "\"".repeat(many),
        "a ".repeat(many / 2),
        "$".repeat(many),
        "${".repeat(10_000),
        format!("$A={}\n$A\n", "b".repeat(many)),
        format!("vrrp_instance {} {{\n}}\n", "n".repeat(many)),
        format!("~LST(A{}) x\n", ", v".repeat(20_000)),
        format!("{ROUTER}#{}", "c".repeat(many)),
        ROUTER.replace('\n', "\r\n"),
        ROUTER.replace('\n', "\0\n"),
        ROUTER.replace('\n', "\r"),
    ];
    for text in texts {
        check(&read(&text));
    }
    let spent = before.elapsed();
    assert!(spent < Duration::from_secs(60), "{spent:?}");
}

#[test]
fn expansion_bombs_end_with_an_error() {
    let double = |n: usize| format!("$A{n}=${{A{}}} ${{A{}}}", n + 1, n + 1);
    let doubling = (0..40).map(double).collect::<Vec<_>>().join("\n");
    let lines = "$A= \\\n$B \\\n$B\n$B= \\\n$C \\\n$C\n$C= \\\n$A \\\n$A\n$A\n".to_owned();
    let loops = "~SEQ(A, 60000) ~SEQ(B, 60000) x\n".to_owned();
    let itself = "$A=x${A}y\n${A}\n".to_owned();
    for text in [doubling + "\n${A0}\n", lines, loops, itself] {
        let outcome = read(&text);
        check(&outcome);
        assert!(outcome.model.is_none(), "{text}");
    }
    let twice = "include x.conf\ninclude x.conf\n";
    assert!(read(twice).model.is_none());
    let deep: String = "a {\n".repeat(100_000);
    assert!(read(&deep).model.is_none());
}

#[test]
fn a_chain_of_includes_is_cut_at_its_bound() {
    let name = |n: usize| format!("f{n}.conf");
    let files: Vec<(String, String)> =
        (0..100).map(|n| (name(n), format!("include {}\n", name(n + 1)))).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    let outcome = load(Path::new("f0.conf"), &Options::default(), &Memory::of(&files));
    assert_eq!(codes(&outcome), ["E0007"]);
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
    #![proptest_config(ProptestConfig {
        cases: 128,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

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
    fn words_of_a_command_survive_two_layers_of_quotes(
        words in proptest::collection::vec("[a-z '#{}-]{1,8}", 1..5)
    ) {
        let quoted: Vec<String> = words
            .iter()
            .map(|word| format!("\\\"{}\\\"", word.replace('\\', "\\\\\\\\")))
            .collect();
        let text = format!(
            "vrrp_instance A {{\ninterface e\nvirtual_router_id 1\nvirtual_ipaddress {{\n10.0.0.1\n}}\n\
             notify \"/x {}\"\n}}\n",
            quoted.join(" ")
        );
        let outcome = read(&text);
        prop_assert_eq!(outcome.errors(), 0);
        // The program does not exist, which is told; the quotes were understood.
        prop_assert_eq!(codes(&outcome), ["W0016"]);
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
