//! `ha config fmt`: one form, the same meaning. Every configuration of the tests is formatted; what
//! it means and what is told about it stays, for us and for keepalived.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use assert_cmd::prelude::*;
use ha::config::{Code, FileStatus, LoadError, Loader, Options, Outcome, format, load};
use ha::drivers::config_loader::SystemLoader;

const BROKEN: [Code; 4] =
    [Code::NotClosed, Code::QuoteNotClosed, Code::BraceWithoutBlock, Code::SurplusBrace];

/// The real files, each as it is after formatting.
struct Tidy;

impl Loader for Tidy {
    fn read(&self, path: &Path) -> Result<String, LoadError> {
        SystemLoader.read(path)?;
        let bytes = fs::read(path).expect("it was read before");
        // A file that is included may hold half a block; it is left alone.
        let bytes = format(path, &bytes).unwrap_or(bytes);
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn glob(&self, base: &Path, pattern: &str) -> Result<Vec<PathBuf>, LoadError> {
        SystemLoader.glob(base, pattern)
    }

    fn environment(&self, name: &str) -> Option<String> {
        SystemLoader.environment(name)
    }

    fn user(&self, name: &str) -> Option<(u32, u32)> {
        SystemLoader.user(name)
    }

    fn group(&self, name: &str) -> Option<u32> {
        SystemLoader.group(name)
    }

    fn status(&self, path: &Path) -> Result<FileStatus, LoadError> {
        SystemLoader.status(path)
    }

    fn canonical(&self, path: &Path) -> Result<PathBuf, LoadError> {
        SystemLoader.canonical(path)
    }

    fn identity(&self) -> (u32, u32) {
        SystemLoader.identity()
    }
}

/// Every configuration of the tests, and the samples of the Debian package.
fn configurations() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders =
        vec![PathBuf::from("tests/config"), PathBuf::from("/usr/share/doc/keepalived/samples")];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension() == Some("conf".as_ref())
                || name.starts_with("keepalived.conf.")
            {
                found.push(path);
            }
        }
    }
    found.sort();
    assert!(found.len() > 100, "{}", found.len());
    found
}

fn is_broken(outcome: &Outcome) -> bool {
    outcome.diagnostics.iter().any(|found| BROKEN.contains(&found.code))
}

/// What is told, wherever it stands.
fn told(outcome: &Outcome) -> Vec<(Code, String)> {
    let mut told: Vec<_> =
        outcome.diagnostics.iter().map(|d| (d.code, d.message.clone())).collect();
    told.sort();
    told
}

#[test]
fn the_form_is_final_and_changes_neither_the_model_nor_what_is_told() {
    for path in configurations() {
        let name = path.display();
        let options = Options { config_id: "test".to_owned(), ..Options::default() };
        let before = load(&path, &options, &SystemLoader);
        let bytes = fs::read(&path).expect("readable");
        let Ok(tidy) = format(&path, &bytes) else {
            assert!(is_broken(&before), "{name} is refused");
            continue;
        };
        assert!(format(&path, &tidy).is_ok_and(|again| again == tidy), "{name} changes again");
        let after = load(&path, &options, &Tidy);
        assert_eq!(before.model, after.model, "{name}");
        assert_eq!(told(&before), told(&after), "{name}");
    }
}

#[test]
fn every_comment_is_still_there() {
    let comments = |text: &[u8]| {
        let text = String::from_utf8_lossy(text).into_owned();
        let mut comments: Vec<String> = text
            .lines()
            .map(str::trim)
            .filter(|line| line.starts_with(['#', '!']))
            .map(str::to_owned)
            .collect();
        comments.sort();
        comments
    };
    for path in configurations() {
        let bytes = fs::read(&path).expect("readable");
        if let Ok(tidy) = format(&path, &bytes) {
            let (before, after) = (comments(&bytes), comments(&tidy));
            let missing: Vec<_> = before.iter().filter(|line| !after.contains(line)).collect();
            assert!(missing.is_empty(), "{}: {missing:?}", path.display());
        }
    }
}

#[test]
fn keepalived_has_the_same_verdict_before_and_after() {
    if Command::new("keepalived").arg("--version").output().is_err() {
        println!("SKIP: keepalived's verdict: it is not installed");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let verdict = |bytes: &[u8]| {
        let path = folder.path().join("x.conf");
        fs::write(&path, bytes).expect("written");
        let mut test = Command::new("keepalived");
        test.args(["-t", "-i", "test", "-f"]).arg(&path).stdin(Stdio::null());
        test.output().expect("keepalived starts").status.code()
    };
    let real = configurations().into_iter().filter(|p| p.starts_with("tests/config/real"));
    for path in real {
        let bytes = fs::read(&path).expect("readable");
        if let Ok(tidy) = format(&path, &bytes) {
            assert_eq!(verdict(&bytes), verdict(&tidy), "{}", path.display());
        }
    }
}

const UNTIDY: &str = "vrrp_instance A\n{\npriority   100 # mine\n}\n";
const TIDY: &str = "vrrp_instance A {\n    priority 100 # mine\n}\n";

fn fmt(words: &[&str], file: &Path) -> Output {
    let mut command = Command::cargo_bin("ha").expect("ha is built");
    command.args(["config", "fmt"]).args(words).arg(file).output().expect("ha starts")
}

#[test]
fn stdout_has_the_text_and_the_file_stays() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.conf");
    fs::write(&path, UNTIDY).expect("written");
    let output = fmt(&[], &path);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stdout), TIDY);
    assert_eq!(fs::read_to_string(&path).expect("readable"), UNTIDY);
}

#[test]
fn stdin_is_formatted_too() {
    let mut command = assert_cmd::Command::cargo_bin("ha").expect("ha is built");
    command.args(["config", "fmt", "-"]).write_stdin(UNTIDY).assert().success().stdout(TIDY);
}

#[test]
fn check_says_what_would_change_and_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.conf");
    fs::write(&path, UNTIDY).expect("written");
    let output = fmt(&["--check"], &path);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&output.stdout), format!("{}\n", path.display()));
    assert_eq!(fs::read_to_string(&path).expect("readable"), UNTIDY);
    fs::write(&path, TIDY).expect("written");
    let output = fmt(&["--check"], &path);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(0), 0));
}

#[test]
fn write_rewrites_in_place_and_keeps_the_mode() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.conf");
    fs::write(&path, UNTIDY).expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("our file");
    assert_eq!(fmt(&["--write"], &path).status.code(), Some(0));
    assert_eq!(fs::read_to_string(&path).expect("readable"), TIDY);
    let now = fs::metadata(&path).expect("it is there");
    assert_eq!(now.mode() & 0o777, 0o640);
    // One that has the form is not written again.
    assert_eq!(fmt(&["--write"], &path).stdout.len(), 0);
    assert_eq!(fs::metadata(&path).expect("it is there").ino(), now.ino());
}

#[test]
fn a_broken_file_is_refused_unchanged_with_its_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let (good, bad) = (folder.path().join("a.conf"), folder.path().join("b.conf"));
    fs::write(&good, UNTIDY).expect("written");
    fs::write(&bad, "vrrp_instance A {\n").expect("written");
    let output = fmt(&["--write", good.to_str().expect("a plain name")], &bad);
    assert_eq!(output.status.code(), Some(3));
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(complaint.contains("E0002") && complaint.contains("b.conf:1:17"), "{complaint}");
    assert_eq!(fs::read_to_string(&good).expect("readable"), UNTIDY, "all or nothing");
    assert_eq!(fmt(&[], &folder.path().join("none.conf")).status.code(), Some(3));
}
