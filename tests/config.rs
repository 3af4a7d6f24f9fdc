//! The configuration language: what every feature means, and what every mistake is called and
//! where. `tests/config/features` holds a file for each feature with a snapshot of its model;
//! `tests/config/mistakes` a file for each diagnostic with lines `# expect: CODE LINE:COLUMN`
//! (`# expect-here:` where it depends on the host).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use ha::config::{
    Code, FileStatus, LoadError, Loader, Node, Options, Outcome, compare, expand, load,
    load_with_places,
};
use ha::drivers::config_loader::SystemLoader;
use ha::output::render;
use serde_json::Value;

/// A host that is the same everywhere: real configuration files, made-up scripts and users.
struct House;

impl House {
    fn script(path: &Path) -> Option<FileStatus> {
        let (directory, uid, mode) = match path.to_str()? {
            "/" | "/scripts" => (true, 0, 0o755),
            "/scripts/closed" => (true, 0, 0o700),
            "/scripts/open" => (true, 0, 0o777),
            "/scripts/weak" => (false, 0, 0o775),
            "/scripts/plain" => (false, 0, 0o644),
            other if other.starts_with("/scripts/") => (false, 0, 0o755),
            _ => return None,
        };
        let gid = if mode == 0o775 { 100 } else { 0 };
        Some(FileStatus { regular: !directory, directory, uid, gid, mode })
    }
}

impl Loader for House {
    fn read(&self, path: &Path) -> Result<String, LoadError> {
        SystemLoader.read(path)
    }

    fn glob(&self, base: &Path, pattern: &str) -> Result<Vec<PathBuf>, LoadError> {
        SystemLoader.glob(base, pattern)
    }

    fn environment(&self, name: &str) -> Option<String> {
        (name == "HOUSE").then(|| "number 9".to_owned())
    }

    fn user(&self, name: &str) -> Option<(u32, u32)> {
        (name == "nobody").then_some((65_534, 65_533))
    }

    fn group(&self, name: &str) -> Option<u32> {
        (name == "daemon").then_some(2)
    }

    fn status(&self, path: &Path) -> Result<FileStatus, LoadError> {
        Self::script(path).map_or_else(|| SystemLoader.status(path), Ok)
    }

    fn canonical(&self, path: &Path) -> Result<PathBuf, LoadError> {
        if Self::script(path).is_some() {
            return Ok(path.to_owned());
        }
        SystemLoader.canonical(path)
    }

    fn identity(&self) -> (u32, u32) {
        (0, 0)
    }
}

/// A file of `tests/config/FOLDER` with what its head says.
struct Fixture {
    path: PathBuf,
    name: String,
    text: String,
}

impl Fixture {
    /// Every value of lines `# KEY: value` or `# KEY`.
    fn directives<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a str> {
        let heads = self.text.lines().filter_map(|line| line.strip_prefix("# "));
        heads.filter_map(move |line| line.strip_prefix(key)).map(|l| l.trim_start_matches(": "))
    }

    /// What is told: `# expect: …`, and on a host `# expect-here: …` too.
    fn expected(&self, here: bool) -> Vec<&str> {
        let all = self.directives("expect");
        let told = all.filter_map(|line| match line.strip_prefix("-here: ") {
            Some(line) => here.then_some(line),
            None => Some(line),
        });
        told.collect()
    }

    fn options(&self) -> Options {
        let config_id = self.directives("config-id").next().unwrap_or("test").to_owned();
        Options { config_id, ..Options::default() }
    }

    fn load(&self) -> Outcome {
        load(&self.path, &self.options(), &House)
    }
}

fn fixtures(folder: &str) -> Vec<Fixture> {
    let folder = Path::new("tests/config").join(folder);
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .expect("fixtures")
        .map(|entry| entry.expect("a file").path())
        .filter(|path| path.is_file())
        .collect();
    paths.sort();
    let read = |path: PathBuf| Fixture {
        name: path.file_stem().expect("a name").to_string_lossy().into_owned(),
        text: String::from_utf8_lossy(&fs::read(&path).expect("readable")).into_owned(),
        path,
    };
    paths.into_iter().map(read).collect()
}

/// `CODE LINE:COLUMN` of every finding.
fn positions(outcome: &Outcome) -> Vec<String> {
    let position = |found: &ha::config::Diagnostic| {
        let at = found.span.and_then(|span| outcome.sources.location(span));
        match at {
            Some(at) => format!("{} {}:{}", found.code.text(), at.line, at.column),
            None => found.code.text().to_owned(),
        }
    };
    outcome.diagnostics.iter().map(position).collect()
}

fn ha(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ha")).args(words).output().expect("ha starts")
}

#[test]
fn every_feature_has_the_model_of_its_snapshot() {
    for fixture in fixtures("features") {
        let outcome = fixture.load();
        let model = outcome.model.as_ref().unwrap_or_else(|| {
            panic!("{}: {:#?}", fixture.name, outcome.diagnostics);
        });
        let findings: Vec<String> = outcome
            .diagnostics
            .iter()
            .zip(positions(&outcome))
            .map(|(found, at)| format!("{at} {}", found.message))
            .collect();
        let snapshot = serde_json::json!({ "findings": findings, "model": model });
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("config/snapshots");
        settings.set_prepend_module_to_snapshot(false);
        settings.bind(|| insta::assert_json_snapshot!(fixture.name.clone(), snapshot));
    }
}

#[test]
fn every_model_survives_json() {
    for fixture in fixtures("features") {
        let model = fixture.load().model.expect("it runs");
        let text = serde_json::to_string(&model).expect("JSON");
        let again: ha::config::Model = serde_json::from_str(&text).expect(&fixture.name);
        assert_eq!(again, model, "{}", fixture.name);
    }
}

#[test]
fn every_mistake_is_told_where_it_stands() {
    let mut wrong = Vec::new();
    for fixture in fixtures("mistakes") {
        let expected = fixture.expected(true);
        let found = positions(&fixture.load());
        if found != expected {
            wrong.push(format!("{}:\n  expected {expected:?}\n  found    {found:?}", fixture.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_new_users_mistake_is_explained_well_enough_to_repair_it() {
    for fixture in
        fixtures("diagnostics").iter().filter(|f| f.path.extension() == Some("conf".as_ref()))
    {
        let told = ha::output::diagnostics::text(&fixture.load(), false);
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("config/diagnostics");
        settings.set_prepend_module_to_snapshot(false);
        settings.bind(|| insta::assert_snapshot!(fixture.name.clone(), told));
    }
}

/// What is told between the files of each folder of `tests/config/nodes`, with positions.
fn between_nodes() -> Vec<(String, String)> {
    let mut folders: Vec<PathBuf> = fs::read_dir("tests/config/nodes")
        .expect("fixtures")
        .map(|entry| entry.expect("a folder").path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    let told = |folder: PathBuf| {
        let name = folder.file_name().expect("a name").to_string_lossy().into_owned();
        let loaded = ["a.conf", "b.conf"]
            .map(|file| load_with_places(&folder.join(file), &Options::default(), &House));
        let nodes = loaded.each_ref().map(|(outcome, places)| Node { outcome, places });
        let between = compare(&nodes).expect("two nodes with virtual routers");
        (name, ha::output::diagnostics::text(&between, false))
    };
    folders.into_iter().map(told).collect()
}

#[test]
fn what_does_not_fit_between_two_nodes_is_told_with_both_places() {
    for (name, told) in between_nodes() {
        let fits = ["fitting", "weight-beyond-the-gap"].contains(&name.as_str());
        assert_eq!(told.is_empty(), fits, "{name}:\n{told}");
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("config/nodes");
        settings.set_prepend_module_to_snapshot(false);
        settings.bind(|| insta::assert_snapshot!(name, told));
    }
}

#[test]
fn several_files_are_compared_unless_they_are_said_to_be_unrelated() {
    let files = ["tests/config/nodes/version/a.conf", "tests/config/nodes/version/b.conf"];
    let check = |words: &[&str]| ha(&[&["config", "check"], words, &files].concat());
    let output = check(&[]);
    assert_eq!(output.status.code(), Some(3));
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.ends_with("between the nodes: 1 error, 0 warnings\n"), "{said}");
    assert_eq!(check(&["--alone"]).status.code(), Some(0));
    let document: Value = serde_json::from_slice(&check(&["--json"]).stdout).expect("JSON");
    let found = &document["between"][0];
    assert_eq!((&found["code"], &found["line"]), (&"E0030".into(), &1.into()));
    assert!(found["file"].as_str().is_some_and(|file| file.ends_with("b.conf")), "{found}");
    assert!(found["related"][0]["file"].as_str().is_some_and(|file| file.ends_with("a.conf")));
    // Only warnings: refused when strict.
    let files = ["tests/config/nodes/addresses/a.conf", "tests/config/nodes/addresses/b.conf"];
    let check = |words: &[&str]| ha(&[&["config", "check"], words, &files].concat());
    assert_eq!(check(&[]).status.code(), Some(0));
    assert_eq!(check(&["--strict"]).status.code(), Some(3));
}

#[test]
fn every_code_has_a_mistake_that_shows_it() {
    let mistakes = fixtures("mistakes");
    let shown: Vec<&str> = mistakes.iter().flat_map(|fixture| fixture.expected(true)).collect();
    let here = fs::read_to_string("tests/config_here.rs").expect("the tests of --here");
    let between: String = between_nodes().into_iter().map(|(_, told)| told).collect();
    let missing: Vec<&str> = Code::ALL
        .iter()
        .map(|code| code.text())
        .filter(|code| !shown.iter().any(|line| line.starts_with(code)))
        .filter(|code| !between.contains(&format!("[{code}]")))
        .filter(|code| !here.contains(&format!("\"{code} ")))
        .filter(|code| *code != Code::Unreadable.text())
        .collect();
    assert_eq!(missing, Vec::<&str>::new());
}

/// What operators ask most: which mistake it is shown by, its code, and words of the message.
const ASKED_MOST: [(&str, &str, &str); 12] = [
    ("mistakes/weights", "W0060", "does nothing"),
    ("mistakes/weights", "W0061", "nopreempt"),
    ("mistakes/conflicts", "W0014", "nopreempt"),
    ("mistakes/adjusted", "W0005", "8"),
    ("mistakes/lockout", "W0062", "strict"),
    ("mistakes/duplicate-vrid", "E0013", "virtual_router_id"),
    ("mistakes/unicast-alone", "W0063", "unicast_peer"),
    ("mistakes/mixed-priorities", "W0064", "priorit"),
    ("mistakes/lvs-quorum", "W0044", "quorum"),
    ("mistakes/lvs-lints", "W0043", "longer"),
    ("mistakes/advert-too-large", "W0065", "bytes"),
    ("diagnostics/password-forgotten", "W0014", "auth_pass"),
];
/// The same between the files of several nodes: folder, code, and words of the message.
const ASKED_OF_NODES: [(&str, &str, &str); 7] = [
    ("weight-below-the-gap", "W0060", "weight"),
    ("equal-priorities", "W0067", "priority"),
    ("addresses", "W0066", "address"),
    ("vrid", "E0030", "virtual_router_id"),
    ("version", "E0030", "version"),
    ("interval", "E0030", "advert_int"),
    ("authentication", "E0030", "auth"),
];

#[test]
fn what_operators_ask_most_is_answered_by_a_lint() {
    for (file, code, words) in ASKED_MOST {
        let path = Path::new("tests/config").join(format!("{file}.conf"));
        let found = load(&path, &Options::default(), &House).diagnostics;
        let told = |f: &ha::config::Diagnostic| {
            f.code.text() == code && format!("{} {}", f.message, f.remedy).contains(words)
        };
        assert!(found.iter().any(told), "{file}: no {code} with {words:?} in {found:#?}");
    }
    let between = between_nodes();
    for (folder, code, words) in ASKED_OF_NODES {
        let (_, told) = between.iter().find(|(name, _)| name == folder).expect("a folder");
        assert!(told.contains(&format!("[{code}]")) && told.contains(words), "{folder}:\n{told}");
    }
}

#[test]
fn codes_are_unique() {
    let mut codes: Vec<&str> = Code::ALL.iter().map(|code| code.text()).collect();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), Code::ALL.len());
}

#[test]
fn the_command_tells_the_same_positions_and_exits_with_3_for_errors() {
    for fixture in fixtures("mistakes") {
        if fixture.directives("library").next().is_some() {
            continue;
        }
        let path = fixture.path.to_str().expect("a plain name");
        let output = ha(&["config", "check", "-i", "test", "--json", path]);
        // What depends on the host is not told unless it is asked for.
        let expected = fixture.expected(false);
        let invalid = expected.iter().any(|line| line.starts_with('E'));
        let code = if invalid { 3 } else { 0 };
        assert_eq!(output.status.code(), Some(code), "{}", fixture.name);
        let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let file = &document["files"][0];
        assert_eq!(file["valid"], !invalid, "{}", fixture.name);
        let found = file["diagnostics"].as_array().expect("a list").iter();
        let found: Vec<String> = found
            .map(|f| format!("{} {}:{}", f["code"].as_str().unwrap_or(""), f["line"], f["column"]))
            .collect();
        assert_eq!(found, expected, "{}", fixture.name);
    }
}

#[test]
fn a_missing_file_is_an_error_without_a_position() {
    let output = ha(&["config", "check", "/nonexistent/file.conf"]);
    assert_eq!(output.status.code(), Some(3));
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(complaint.contains("E0001") && complaint.contains("/nonexistent/file.conf"));
}

#[test]
fn people_see_file_line_column_the_line_and_a_remedy() {
    let output = ha(&["config", "check", "tests/config/mistakes/no-interface.conf"]);
    assert_eq!(output.status.code(), Some(3));
    let text = String::from_utf8_lossy(&output.stderr);
    for part in ["error[E0012]", "no-interface.conf:2:15", "vrrp_instance A {", "^", "help"] {
        assert!(text.contains(part), "{part:?} is missing in:\n{text}");
    }
}

#[test]
fn warnings_fail_only_a_strict_check() {
    let file = "tests/config/mistakes/no-address.conf";
    assert_eq!(ha(&["config", "check", file]).status.code(), Some(0));
    assert_eq!(ha(&["config", "check", "--strict", file]).status.code(), Some(3));
}

#[test]
fn no_output_shows_a_password() {
    for fixture in fixtures("mistakes") {
        let path = fixture.path.to_str().expect("a plain name");
        for words in [&["config", "check"][..], &["--json", "config", "check"], &["config", "show"]]
        {
            let output = ha(&[words, &[path]].concat());
            let text = [output.stdout, output.stderr].concat();
            let text = String::from_utf8_lossy(&text);
            for secret in ["secret", "123456789", "pa#ss", "0123456789abcdef"] {
                assert!(!text.contains(secret), "{words:?} {path} shows {secret}:\n{text}");
            }
        }
    }
    for file in ["versions", "lvs-http"] {
        let file = format!("tests/config/features/{file}.conf");
        let output = ha(&["--json", "config", "show", &file]);
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.contains("(hidden)") && !text.contains("s3cret"), "{file}");
    }
}

#[test]
fn show_prints_the_model() {
    let output = ha(&["config", "show", "tests/config/features/versions.conf"]);
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("instance FAST: VRRPv3"), "{text}");
    assert!(text.contains("advert every 100 ms"), "{text}");
}

#[test]
fn show_tells_services_servers_and_checks() {
    let shown = |file: &str| {
        let output = ha(&["config", "show", &format!("tests/config/features/{file}.conf")]);
        assert_eq!(output.status.code(), Some(0));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let text = shown("lvs-services");
    for line in [
        "service tcp 192.0.2.80:80: rr",
        "service sctp [2001:db8::80]:5060: rr",
        "service mark 4 (IPv6): rr",
        "tcp 192.0.2.16:8080 and the next 3",
        "(group many): wlc",
        "  server 10.0.0.1:8080, NAT, weight 1",
        "  server 10.0.0.1:53, IPIP tunnel, weight 1",
    ] {
        assert!(text.contains(line), "{line:?} is missing in:\n{text}");
    }
    let text = shown("lvs-inheritance");
    for line in [
        "    tcp: every 7 s, at most 6 s, 5 retries, down until the first success",
        "    tcp: every 3 s, at most 2500 ms, 0 retries, down until the first success",
        "    http / /other: every 8 s, at most 1500 ms, 3 retries",
    ] {
        assert!(text.contains(line), "{line:?} is missing in:\n{text}");
    }
}

#[test]
fn the_tutorial_configuration_runs_and_is_told_what_deserves_it() {
    let outcome = load(Path::new("tests/config/tutorial.conf"), &Options::default(), &House);
    let model = outcome.model.as_ref().expect("it runs");
    assert_eq!(positions(&outcome), ["W0002 3:3", "W0026 8:3", "W0016 17:10"]);
    assert_eq!(model.globals.router_id.as_deref(), Some("master"));
    assert_eq!(model.globals.mail.recipients, ["admin@sword.com"]);
    let [router] = model.vrrp.routers.as_slice() else { panic!("one router") };
    assert_eq!((router.vrid, router.priority, router.interface.as_str()), (51, 100, "eth0"));
    assert_eq!(router.addresses[0].prefix, 24);
}

/// One text instead of a file; the rest is the house.
struct Instead<'a> {
    path: &'a Path,
    text: String,
}

impl Loader for Instead<'_> {
    fn read(&self, path: &Path) -> Result<String, LoadError> {
        if path == self.path { Ok(self.text.clone()) } else { House.read(path) }
    }

    fn glob(&self, base: &Path, pattern: &str) -> Result<Vec<PathBuf>, LoadError> {
        House.glob(base, pattern)
    }

    fn environment(&self, name: &str) -> Option<String> {
        House.environment(name)
    }

    fn user(&self, name: &str) -> Option<(u32, u32)> {
        House.user(name)
    }

    fn group(&self, name: &str) -> Option<u32> {
        House.group(name)
    }

    fn status(&self, path: &Path) -> Result<FileStatus, LoadError> {
        House.status(path)
    }

    fn canonical(&self, path: &Path) -> Result<PathBuf, LoadError> {
        House.canonical(path)
    }

    fn identity(&self) -> (u32, u32) {
        House.identity()
    }
}

#[test]
fn what_is_rendered_and_read_again_is_the_same_model() {
    for fixture in ["features", "mistakes", "real"].into_iter().flat_map(fixtures) {
        let Some(model) = fixture.load().model else { continue };
        let expanded = expand(&fixture.path, &fixture.options(), &House);
        for origins in [true, false] {
            let text = render::text(&expanded.lines, &expanded.sources, true, origins);
            let rendered = Instead { path: &fixture.path, text: text.clone() };
            let again = load(&fixture.path, &fixture.options(), &rendered);
            assert_eq!(again.model.as_ref(), Some(&model), "{}:\n{text}", fixture.name);
            let twice = expand(&fixture.path, &fixture.options(), &rendered);
            let lines = |lines: &[ha::config::RenderedLine]| -> Vec<String> {
                lines.iter().map(|line| line.text.clone()).collect()
            };
            assert_eq!(lines(&twice.lines), lines(&expanded.lines), "{}", fixture.name);
        }
    }
}

#[test]
fn a_rendered_password_is_hidden_unless_asked_for() {
    let file = "tests/config/features/quoting.conf";
    for json in [&["config", "render"][..], &["--json", "config", "render"]] {
        let hidden = ha(&[json, &[file]].concat());
        let text = String::from_utf8_lossy(&hidden.stdout);
        assert!(text.contains("auth_pass (hidden)") && !text.contains("b#c"), "{text}");
        let shown = ha(&[json, &["--secrets", file]].concat());
        assert!(String::from_utf8_lossy(&shown.stdout).contains("a b#c!"));
    }
}

#[test]
fn the_chain_that_led_to_a_line_and_to_a_mistake_in_it_is_told() {
    let file = "tests/config/mistakes/inside-expansions.conf";
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("config/snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.bind(|| {
        let output = ha(&["config", "check", file]);
        insta::assert_snapshot!("chain", String::from_utf8_lossy(&output.stderr));
        let output = ha(&["config", "check", "--json", file]);
        let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        insta::assert_json_snapshot!("chain-json", document["files"][0]["diagnostics"]);
        let output = ha(&["config", "render", file]);
        insta::assert_snapshot!("chain-render", String::from_utf8_lossy(&output.stdout));
    });
}

#[test]
fn the_folder_of_a_file_is_told_as_the_system_calls_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.conf");
    fs::write(&path, "global_defs {\n router_id ${_PWD}\n}\n").expect("written");
    let model = load(&path, &Options::default(), &SystemLoader).model.expect("no error");
    let named = folder.path().canonicalize().expect("it is there");
    assert_eq!(model.globals.router_id.as_deref(), named.to_str());
}
