//! `ha sim` as a command: exit codes, one history for one seed, configurations, recordings.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

fn sim(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ha"))
        .arg("sim")
        .args(arguments)
        .output()
        .expect("ha can be started")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("output is UTF-8")
}

/// A node of VRID 51 with a tracked script of weight -20.
fn configuration(folder: &Path, name: &str, priority: u8, extra: &str) -> PathBuf {
    let path = folder.join(name);
    let text = format!(
        "vrrp_script chk {{\n script \"/bin/true\"\n interval 2\n weight -20\n}}\n\
         vrrp_instance VI_1 {{\n interface eth0\n virtual_router_id 51\n priority {priority}\n \
         advert_int 1\n {extra}\n virtual_ipaddress {{\n  192.0.2.150/24\n }}\n \
         track_script {{\n  chk\n }}\n}}\n"
    );
    fs::write(&path, text).expect("a configuration can be written");
    path
}

fn two_nodes(extra: &str) -> (TempDir, Output) {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let first = configuration(folder.path(), "lb1.conf", 100, "");
    let second = configuration(folder.path(), "lb2.conf", 90, extra);
    let files = [first.to_str().expect("UTF-8"), second.to_str().expect("UTF-8")];
    let output = sim(&["-f", files[0], "-f", files[1]]);
    (folder, output)
}

#[test]
fn a_seed_prints_one_history_each_time_and_succeeds() {
    let first = sim(&["--seed", "7", "--adverts"]);
    assert_eq!(first.status.code(), Some(0));
    assert_eq!(stdout(&first), stdout(&sim(&["--seed", "7", "--adverts"])));
    assert!(stdout(&first).contains("backup -> master"), "{}", stdout(&first));
}

#[test]
fn every_json_line_stands_alone_and_the_last_is_the_result() {
    let text = stdout(&sim(&["--seed", "7", "--json"]));
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect();
    assert!(lines.iter().all(|line| line["v"] == 1 && line["type"].is_string()));
    let last = lines.last().expect("there are lines");
    assert_eq!(last["type"], "sim.result");
    assert_eq!(last["data"]["violations"], serde_json::json!([]));
}

#[test]
fn a_range_of_seeds_is_counted_and_an_empty_one_is_a_usage_error() {
    let output = sim(&["--seeds", "0..15"]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(stdout(&output).trim(), "15 seeds, 0 break a rule");
    assert_eq!(sim(&["--seeds", "5..5"]).status.code(), Some(2));
    assert_eq!(sim(&["--seed", "1", "--scenario", "flood"]).status.code(), Some(2));
    assert_eq!(sim(&[]).status.code(), Some(2));
}

#[test]
fn configurations_tell_who_takes_over_and_when() {
    let (_folder, output) = two_nodes("");
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    for expected in [
        "VRID 51 (IPv4): master lb1, priorities lb1 100, lb2 90",
        "lb1 stops gracefully                     master lb2, no outage; repaired: lb1",
        "lb1 loses power                          master lb2, outage 3647.5 ms; repaired: lb1",
        "lb1 fails script chk                     master lb2, no outage; repaired: lb1",
        "script chk on lb2 never decides who is master",
    ] {
        assert!(text.contains(expected), "no {expected:?} in\n{text}");
    }
}

#[test]
fn nodes_that_cannot_agree_are_a_no_with_the_reason() {
    let (_folder, output) = two_nodes("authentication {\n auth_type PASS\n auth_pass x\n}");
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("master lb1 and lb2 (SPLIT)"), "{text}");
    assert!(text.contains("refuses adverts of"), "{text}");
}

#[test]
fn an_invalid_configuration_or_recording_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let path = folder.path().join("bad.conf");
    fs::write(&path, "vrrp_instance VI_1 {\n interface eth0\n virtual_router_id 999\n}\n")
        .expect("a configuration can be written");
    let file = path.to_str().expect("UTF-8");
    assert_eq!(sim(&["-f", file]).status.code(), Some(3));
    let output = sim(&["--replay", file]);
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("line 1"));
}
