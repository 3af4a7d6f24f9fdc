//! Exit statuses of `-t`, beside keepalived's, on the samples of the Debian package and on files
//! of `status/`, one for each kind of finding.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::support::Namespace;
use super::{OURS, REAL, has_real, stderr};

/// Files whose statuses may differ, with ours and keepalived's; each is told in the section
/// "The test of a configuration" of docs/compatibility.md.
const DIFFERENCES: [(&str, i32, i32); 5] = [
    // Refused here: AH. Both say 5.
    // What it says about static and virtual routes and rules, and about virtual servers, is not
    // looked at yet.
    ("keepalived.conf.fwmark", 0, 5),
    ("keepalived.conf.vrrp.routes", 0, 5),
    ("keepalived.conf.vrrp.rules", 0, 5),
    ("keepalived.conf.vrrp.static_ipaddress", 0, 5),
    ("keepalived.conf.track_interface", 0, 5),
];

/// Interfaces that the host has.
const INTERFACES: [&str; 4] = ["eth0", "eth1", "eth2", "eth3"];

fn host() -> Namespace {
    let host = Namespace::new();
    for (number, name) in INTERFACES.iter().enumerate() {
        host.ip(&format!("link add name {name} type veth peer name peer{number}"));
        host.ip(&format!("link set peer{number} up"));
        host.ip(&format!("link set {name} up"));
        host.ip(&format!("addr add 198.18.{number}.1/24 dev {name}"));
    }
    host
}

fn files() -> Vec<PathBuf> {
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dropin/status");
    let samples = Path::new("/usr/share/doc/keepalived/samples");
    let mut files = Vec::new();
    for folder in [ours.as_path(), samples] {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            if name.starts_with("keepalived.conf") || folder == ours {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// The exit status of `-t` on `file`, and what is said.
fn test(host: &Namespace, program: &str, file: &Path) -> (i32, String) {
    let output = host
        .command(program)
        .args(["-t", "-i", "test", "-f"])
        .arg(file)
        .stdin(Stdio::null())
        .output()
        .expect("the program starts");
    (output.status.code().unwrap_or(-1), stderr(&output))
}

#[test]
fn the_test_of_a_configuration_ends_as_keepalived_s_does() {
    let name = "the_test_of_a_configuration_ends_as_keepalived_s_does";
    if !super::support::can_run(name) || !has_real(name) {
        return;
    }
    let host = host();
    let mut wrong = Vec::new();
    for file in files() {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let ((ours, said), (real, real_said)) =
            (test(&host, OURS, &file), test(&host, REAL, &file));
        let known = DIFFERENCES.contains(&(name.as_str(), ours, real));
        if ours != real && !known {
            wrong.push(format!("{name}: {ours}, not {real}\n{said}\nkeepalived: {real_said}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_included_file_must_be_there_when_asked_for() {
    let name = "every_included_file_must_be_there_when_asked_for";
    if !super::support::can_run(name) || !has_real(name) {
        return;
    }
    let host = host();
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dropin/status/include-missing.conf");
    for (option, expected) in [("-B", 0), ("-e", 6), ("--all-config", 6)] {
        for program in [OURS, REAL] {
            let mut command = host.command(program);
            let output = command.args(["-t", option, "-f"]).arg(&file).output().unwrap();
            assert_eq!(output.status.code(), Some(expected), "{program} {option}");
        }
    }
}

#[test]
fn a_missing_file_is_never_a_success() {
    let output = super::run(OURS, "-t -f /nowhere/keepalived.conf");
    assert_eq!(output.status.code(), Some(4));
    assert!(stderr(&output).contains("/nowhere/keepalived.conf"));
}

#[test]
fn what_is_wrong_goes_to_the_end_of_a_file_when_one_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    fs::write(&log, "before\n").unwrap();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dropin/status/no-vrid.conf");
    let option = format!("--config-test={}", log.display());
    let output = Command::new(OURS).arg(option).arg("-f").arg(&file).output().unwrap();
    assert_eq!(output.status.code(), Some(5));
    assert_eq!(stderr(&output), "");
    let text = fs::read_to_string(&log).unwrap();
    assert!(text.starts_with("before\n") && text.contains("E0011"), "{text}");
}

#[test]
fn a_good_configuration_is_a_silent_success() {
    let name = "a_good_configuration_is_a_silent_success";
    if !super::support::can_run(name) {
        return;
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dropin/status/good.conf");
    let (status, said) = test(&host(), OURS, &file);
    assert_eq!((status, said.as_str()), (0, ""));
}
