//! `ha ipvs` on a kernel that has IPVS (tests/vm/boot), with `ipvsadm` and keepalived as witnesses.
//! One script for each subject; a script prints what it found and ends at the first that is wrong.

use std::path::Path;
use std::process::{Command, Output};

/// Run a script of this folder on such a kernel.
fn on_a_kernel_with_ipvs(script: &str) {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    for tool in ["ipvsadm", "keepalived", "jq"] {
        if Command::new(tool).arg("--version").output().is_err() {
            println!("SKIP: ipvs {script}: {tool} is not installed");
            return;
        }
    }
    let output = Command::new(tests.join("vm/boot"))
        .args(["--timeout", "550", "--", "bash"])
        .arg(tests.join("ipvs").join(script))
        .arg(env!("CARGO_BIN_EXE_ha"))
        .output()
        .unwrap();
    if output.status.code() == Some(77) {
        println!("SKIP: ipvs {script}: {}", String::from_utf8_lossy(&output.stderr));
        return;
    }
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    print!("{text}");
}

#[test]
fn the_table_is_shown_as_ipvsadm_shows_it_and_saved_as_it_saves_it() {
    on_a_kernel_with_ipvs("show.sh");
}

#[test]
fn a_table_is_made_as_desired_from_every_format_and_a_second_time_nothing_is_done() {
    on_a_kernel_with_ipvs("apply.sh");
}

#[test]
fn a_configuration_makes_the_table_that_keepalived_makes_of_it() {
    on_a_kernel_with_ipvs("keepalived.sh");
}

#[test]
fn the_table_is_that_of_keepalived_in_every_state_that_both_go_through() {
    on_a_kernel_with_ipvs("states.sh");
}

#[test]
fn services_and_destinations_come_change_and_go_one_by_one_and_connections_are_listed() {
    on_a_kernel_with_ipvs("entry.sh");
}

#[test]
fn the_table_follows_checks_reloads_and_operators_and_drift_is_repaired() {
    on_a_kernel_with_ipvs("follow.sh");
}

#[test]
fn a_drained_server_keeps_its_connections_and_the_wait_for_their_end_is_told() {
    on_a_kernel_with_ipvs("drain.sh");
}

#[test]
fn timeouts_sync_daemons_and_counters_are_those_of_ipvsadm() {
    on_a_kernel_with_ipvs("daemon.sh");
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
