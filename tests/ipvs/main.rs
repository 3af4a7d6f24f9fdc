//! `ha ipvs` on a kernel that has IPVS (tests/vm/boot), with `ipvsadm` and keepalived as witnesses.
//! One script for each subject; a script prints what it found and ends at the first that is wrong.
//! What `ha` wrote as JSON meanwhile is held against the schemas.

mod coverage;
#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use support::schema::{event_keeps, keeps};

/// Run a script of this folder on such a kernel; the types of the events that it recorded.
fn on_a_kernel_with_ipvs(script: &str) -> Option<BTreeSet<String>> {
    on_a_kernel(script, &[])
}

/// The same with arguments for the script.
fn on_a_kernel(script: &str, arguments: &[PathBuf]) -> Option<BTreeSet<String>> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    for (tool, option) in [
        ("ipvsadm", "--version"),
        ("keepalived", "--version"),
        ("jq", "--version"),
        ("nginx", "-v"),
        ("/usr/bin/python3", "--version"),
    ] {
        if Command::new(tool).arg(option).output().is_err() {
            println!("SKIP: ipvs {script}: {tool} is not installed");
            return None;
        }
    }
    let recorded = tempfile::Builder::new().prefix("ha-ipvs.").tempdir_in("/var/tmp").unwrap();
    let output = Command::new(tests.join("vm/boot"))
        .args(["--timeout", "550", "--out", recorded.path().to_str().unwrap(), "--", "bash"])
        .arg(tests.join("ipvs").join(script))
        .arg(env!("CARGO_BIN_EXE_ha"))
        .args(arguments)
        .output()
        .unwrap();
    if output.status.code() == Some(77) {
        println!("SKIP: ipvs {script}: {}", String::from_utf8_lossy(&output.stderr));
        return None;
    }
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    print!("{text}");
    Some(recorded_keeps_the_schemas(recorded.path()))
}

/// `events` holds event lines, every other file documents of the schema that it is called after.
fn recorded_keeps_the_schemas(folder: &Path) -> BTreeSet<String> {
    let mut kinds = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        for value in serde_json::Deserializer::from_str(&text).into_iter::<Value>() {
            let value = value.unwrap_or_else(|e| panic!("{name}: {e}"));
            if name == "events" {
                kinds.insert(event_keeps(&value));
            } else {
                keeps(name, &value);
            }
        }
    }
    kinds
}

/// Each of `expected` was written, where anything could be.
#[track_caller]
fn were_written(kinds: Option<&BTreeSet<String>>, expected: &[&str]) {
    for kind in kinds.into_iter().flat_map(|_| expected) {
        assert!(kinds.is_some_and(|all| all.contains(*kind)), "no {kind}, only {kinds:?}");
    }
}

#[test]
fn the_table_is_shown_as_ipvsadm_shows_it_and_saved_as_it_saves_it() {
    drop(on_a_kernel_with_ipvs("show.sh"));
}

#[test]
fn a_table_is_made_as_desired_from_every_format_and_a_second_time_nothing_is_done() {
    drop(on_a_kernel_with_ipvs("apply.sh"));
}

#[test]
fn a_configuration_makes_the_table_that_keepalived_makes_of_it() {
    // Such a kernel has one processor: two of them share the work.
    let all = coverage::configurations();
    let (some, others) = all.split_at(all.len() / 2);
    std::thread::scope(|scope| {
        let other = scope.spawn(|| on_a_kernel("keepalived.sh", others));
        on_a_kernel("keepalived.sh", some);
        other.join().expect("the other half is the same too");
    });
}

#[test]
fn the_table_is_that_of_keepalived_in_every_state_that_both_go_through() {
    drop(on_a_kernel_with_ipvs("states.sh"));
}

#[test]
fn services_and_destinations_come_change_and_go_one_by_one_and_connections_are_listed() {
    drop(on_a_kernel_with_ipvs("entry.sh"));
}

#[test]
fn the_table_follows_checks_reloads_and_operators_and_drift_is_repaired() {
    let kinds = on_a_kernel_with_ipvs("follow.sh");
    let of_the_table = ["changed", "repaired", "server", "quorum", "weight", "suspended", "status"];
    let of_the_table = of_the_table.map(|word| format!("ipvs.{word}"));
    let all: Vec<&str> = of_the_table.iter().map(String::as_str).collect();
    were_written(kinds.as_ref(), &[&all[..], &["ready", "error"]].concat());
}

#[test]
fn drift_is_undone_within_a_second_and_what_is_right_is_never_written() {
    let kinds = on_a_kernel_with_ipvs("drift.sh");
    were_written(kinds.as_ref(), &["ipvs.changed", "ipvs.repaired", "pong"]);
}

#[test]
fn real_servers_are_out_after_exactly_the_configured_tries_and_back_when_they_recover() {
    on_a_kernel_with_ipvs("checks.sh");
}

#[test]
fn a_drained_server_keeps_its_connections_and_the_wait_for_their_end_is_told() {
    let kinds = on_a_kernel_with_ipvs("drain.sh");
    let all = ["ipvs.draining", "ipvs.drained", "ipvs.watched", "ipvs.traffic"];
    were_written(kinds.as_ref(), &all);
}

#[test]
fn requests_and_datagrams_reach_servers_by_every_method_and_across_families() {
    drop(on_a_kernel_with_ipvs("methods.sh"));
}

#[test]
fn each_scheduler_persistence_marks_and_thresholds_choose_as_they_should() {
    drop(on_a_kernel_with_ipvs("schedulers.sh"));
}

#[test]
fn clients_of_other_servers_notice_nothing_and_the_service_is_never_empty_in_a_storm() {
    drop(on_a_kernel_with_ipvs("changes.sh"));
}

#[test]
fn timeouts_sync_daemons_and_counters_are_those_of_ipvsadm() {
    drop(on_a_kernel_with_ipvs("daemon.sh"));
}

#[test]
fn the_daemon_carries_the_load_balancer_through_crashes_reloads_and_its_end() {
    on_a_kernel_with_ipvs("supervisor.sh");
}

fn ha(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ha")).arg("ipvs").args(words).output().unwrap()
}

#[test]
fn without_ipvs_or_the_right_to_it_the_error_says_what_to_do_and_the_exit_code_is_4() {
    // Outside of that kernel one of the two is missing, or both; where none is, all is well.
    let output = ha(&["show"]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    match output.status.code() {
        Some(0) => {}
        Some(4) => {
            assert!(told.contains("modprobe ip_vs") || told.contains("CAP_NET_ADMIN"), "{told}");
        }
        other => panic!("{other:?}: {told}"),
    }
}

#[test]
fn what_is_no_table_is_refused_with_its_place_before_the_kernel_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table");
    let cases = [
        ("-A -t 192.0.2.1:80 -s rr\n-a -t 192.0.2.1:80 -r www:80\n", "line 2"),
        ("{\"services\":[{\"fwmark\":1,\"scheduler\":\"rr\",\"wieght\":1}]}", "wieght"),
        ("{\"services\":", "EOF"),
        ("{}", "neither `services`"),
        ("<html>502 Bad Gateway</html>", "it has no service"),
        (
            r#"{"balancer":{"pools":[{"services":[{"addresses":{"first":"192.0.2.1",
                "count":4294967295,"port":80,"protocol":"tcp"}}],"scheduler":"rr","quorum":1,
                "hysteresis":0,"destinations":[]}]}}"#,
            "there are no 4294967295 addresses",
        ),
        ("virtual_server 192.0.2.1 80 {\n  real_server 10.0.0.1 80\n", "table:1:"),
    ];
    for (text, expected) in cases {
        std::fs::write(&path, text).unwrap();
        let output = ha(&["diff", path.to_str().unwrap()]);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(3), "{text}: {told}");
        assert!(told.contains(expected), "{text}: {told}");
    }
    let missing = ha(&["apply", "/nowhere/table"]);
    let told = String::from_utf8_lossy(&missing.stderr).into_owned();
    assert_eq!(missing.status.code(), Some(3), "{told}");
    assert!(told.contains("/nowhere/table") && told.contains("- for stdin"), "{told}");
}
