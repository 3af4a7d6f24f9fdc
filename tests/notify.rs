//! `ha notify`: hooks as real processes: words, identity, order, deadlines, exit codes.

mod child;

use std::path::{Path, PathBuf};
use std::process::Command;

use child::{Child, is_alive, root_or_skip, script, wait_until};
use serde_json::{Value, json};

fn event(kind: &str, data: Value) -> Value {
    json!({"control": "event", "event": {"v": 1, "type": kind, "time": "T", "data": data}})
}

fn enters(instance: &str, state: &str, priority: u8) -> Value {
    event(
        "vrrp.transition",
        json!({"instance": instance, "interface": "eth0", "vrid": 1, "family": "ipv4",
            "from": "init", "to": state, "reason": "startup", "priority": priority}),
    )
}

/// A script that appends its arguments as one line to `out`.
fn recorder(directory: &Path) -> (PathBuf, PathBuf) {
    let out = directory.join("out");
    let text = format!("#!/bin/sh\necho \"$*\" >> {}\n", out.display());
    (script(directory, "record.sh", &text), out)
}

fn follow(plan: &Value) -> Child {
    let mut ha = Child::start(&["notify", "--follow", "--json"]);
    ha.send(&json!({"control": "plan", "plan": plan}));
    ha.expect("ready");
    ha
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

#[test]
fn hooks_run_in_the_order_and_with_the_words_of_keepalived() {
    let directory = tempfile::tempdir().unwrap();
    let (record, out) = recorder(directory.path());
    let record = record.to_str().unwrap();
    let hook = |words: &[&str]| {
        let argv: Vec<&str> = std::iter::once(record).chain(words.iter().copied()).collect();
        json!({ "argv": argv })
    };
    let mut ha = follow(&json!({
        "instances": {"VI_1": {"master": hook(&["to", "master"]), "backup": hook(&["to backup"]),
            "stop": hook(&["ends"]), "any": hook(&["a", "b"]),
            "lower_priority_heard": hook(&["lower"])}},
        "groups": {"VG_1": {"any": hook(&[])}},
    }));
    ha.send(&enters("VI_1", "backup", 100));
    ha.send(&enters("VI_1", "master", 150));
    ha.send(&event("vrrp.lower_priority_heard", json!({"instance": "VI_1"})));
    ha.send(&enters("VI_1", "stopped", 150));
    ha.send(&enters("VI_2", "master", 150));
    let done = ha.expect("notify.done");
    assert_eq!((&done["instance"], &done["hook"]), (&json!("VI_1"), &json!("notify_backup")));
    assert_eq!(done["status"], 0);
    assert!(done["duration_us"].is_u64());
    ha.expect_where("notify.done", |data| data["hook"] == "notify_stop");
    ha.expect_where("notify.done", |data| data["hook"] == "notify");
    ha.send(&event("vrrp.group", json!({"group": "VG_1", "to": "fault", "reason": "startup"})));
    let group = ha.expect("notify.done");
    assert_eq!(group["group"], "VG_1");
    assert_eq!(
        read(&out),
        "to backup\na b INSTANCE VI_1 BACKUP 100\nto master\na b INSTANCE VI_1 MASTER 150\nlower\n\
         ends\na b INSTANCE VI_1 STOP 150\nGROUP VG_1 FAULT 0\n"
    );
}

#[test]
fn a_hook_runs_as_its_user_with_a_clean_environment() {
    if !root_or_skip("a_hook_runs_as_its_user_with_a_clean_environment") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("out");
    std::fs::write(&out, "").unwrap();
    for (path, mode) in [(directory.path(), "755"), (out.as_path(), "666")] {
        assert!(Command::new("chmod").arg(mode).arg(path).status().unwrap().success());
    }
    let text = format!(
        "#!/bin/sh\n{{ id -u; id -g; id -G; env | grep -c '^LD_' ; }} >> {}\n",
        out.display()
    );
    let path = script(directory.path(), "who.sh", &text);
    let who = json!({"argv": [path], "identity": {"uid": 65534, "gid": 65534}});
    let mut ha = follow(&json!({"instances": {"A": {"master": who}}, "groups": {}}));
    ha.send(&enters("A", "master", 1));
    ha.expect_where("notify.failed", |data| data["status"] == 1);
    assert_eq!(read(&out), "65534\n65534\n65534\n0\n");
}

#[test]
fn a_hook_that_hangs_stalls_nobody_else_and_is_killed_with_its_children() {
    let directory = tempfile::tempdir().unwrap();
    let (record, out) = recorder(directory.path());
    let pids = directory.path().join("pids");
    let text = format!(
        "#!/bin/sh\ntrap '' TERM\nsleep 1000 &\necho $$ $! > {pids}.new\nmv {pids}.new {pids}\n\
         while :; do sleep 0.05; done\n",
        pids = pids.display()
    );
    let hang = script(directory.path(), "hang.sh", &text);
    let record = json!({ "argv": [record, "after"] });
    let mut ha = follow(&json!({
        "instances": {"A": {"master": {"argv": [hang]}, "backup": record}, "B": {"any": record}},
        "groups": {}, "deadline_us": 500_000,
    }));
    ha.send(&enters("A", "master", 1));
    ha.send(&enters("A", "backup", 1));
    ha.send(&enters("B", "master", 1));
    let first = ha.expect("notify.done");
    assert_eq!(first["instance"], "B", "while A's hook hangs");
    let failed = ha.expect("notify.failed");
    assert_eq!((&failed["hook"], &failed["status"]), (&json!("notify_master"), &Value::Null));
    assert!(failed["reason"].as_str().unwrap().starts_with("timed out after"), "{failed}");
    let next = ha.expect("notify.done");
    assert_eq!((&next["instance"], &next["hook"]), (&json!("A"), &json!("notify_backup")));
    for pid in read(&pids).split_whitespace() {
        wait_until("the hook and its child are gone", || !is_alive(pid));
    }
    assert_eq!(read(&out), "after INSTANCE B MASTER 1\nafter\n");
}

#[test]
fn the_last_hooks_get_their_second_when_the_events_end() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("out");
    let text = format!("#!/bin/sh\nsleep 0.2\necho stopped >> {}\n", out.display());
    let slow = script(directory.path(), "slow.sh", &text);
    let mut ha = follow(&json!({"instances": {"A": {"stop": {"argv": [slow]}}}, "groups": {}}));
    ha.send(&enters("A", "stopped", 1));
    ha.end_input();
    assert!(ha.wait().success());
    assert_eq!(read(&out), "stopped\n");
}

#[test]
fn a_child_answers_pings_and_status_and_takes_another_plan() {
    let mut ha = follow(&json!({"instances": {"A": {"master": {"argv": ["true"]}}}, "groups": {}}));
    ha.send(&json!({"control": "ping", "id": 3}));
    assert_eq!(ha.expect("pong"), json!({"id": 3}));
    ha.send(&json!({"control": "reload",
        "plan": {"instances": {"B": {"master": {"argv": ["false"]}}}, "groups": {}}}));
    ha.send(&enters("A", "master", 1));
    ha.send(&enters("B", "master", 1));
    assert_eq!(ha.expect("notify.failed")["instance"], "B");
    ha.send(&json!({"control": "status", "id": 4}));
    assert_eq!(
        ha.expect("notify.status"),
        json!({"id": 4, "hooks": {"running": 0, "waiting": 0, "done": 0, "failed": 1,
            "dropped": 0}, "dropped_lines": 0})
    );
    ha.send(&json!({"control": "nonsense"}));
    ha.expect("error");
}

#[test]
fn event_lines_of_a_pipeline_are_understood_as_they_are() {
    let directory = tempfile::tempdir().unwrap();
    let (record, out) = recorder(directory.path());
    let mut ha =
        Child::start(&["notify", "--follow", "--json", "--script", record.to_str().unwrap()]);
    let line = enters("VI_9", "fault", 0);
    ha.send(&line["event"]);
    assert_eq!(ha.expect("notify.done")["instance"], "VI_9");
    assert_eq!(read(&out), "INSTANCE VI_9 FAULT 0\n");
}

#[test]
fn one_occurrence_from_the_command_line_ends_with_what_became_of_the_hook() {
    let directory = tempfile::tempdir().unwrap();
    let (record, out) = recorder(directory.path());
    let run = |arguments: &[&str]| {
        let output =
            Command::new(env!("CARGO_BIN_EXE_ha")).arg("notify").args(arguments).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let instance = ["--instance", "VI_1", "--state", "master", "--priority", "100", "--script"];
    let with = |script: &'static str| [&instance[..], &[script]].concat();

    let words = format!("{} x", record.display());
    let (code, text) = run(&[&instance[..], &[&words]].concat());
    assert_eq!(code, Some(0), "{text}");
    assert!(text.starts_with("VI_1 notify: exit status 0, "), "{text}");
    let (code, _) = run(&["--group", "G", "--state", "stop", "--script", record.to_str().unwrap()]);
    assert_eq!(code, Some(0));
    assert_eq!(read(&out), "x INSTANCE VI_1 MASTER 100\nGROUP G STOP 0\n");

    assert_eq!(run(&with("false")).0, Some(1));
    assert_eq!(run(&with("/no/such/hook")).0, Some(3));
    let hang = script(directory.path(), "hang.sh", "#!/bin/sh\nexec sleep 1000\n");
    let hang = hang.to_str().unwrap();
    let slow = run(&[&instance[..], &[hang, "--deadline", "50ms", "--json"]].concat());
    assert_eq!(slow.0, Some(6), "{slow:?}");
    let line: Value = serde_json::from_str(&slow.1).unwrap();
    assert_eq!((&line["type"], &line["data"]["status"]), (&json!("notify.failed"), &Value::Null));
    for wrong in [
        &["--instance", "A"][..],
        &["--state", "master"],
        &["--instance", "A", "--group", "G", "--state", "master", "--script", "true"],
        &["--follow", "--deadline", "1s"],
    ] {
        assert_eq!(run(wrong).0, Some(2), "{wrong:?}");
    }
}

const CONFIGURATION: &str = "
vrrp_script yes {
  script \"/bin/true\"
  interval 60
}
vrrp_instance VI_1 {
  interface lo
  virtual_router_id 7
  priority 100
  virtual_ipaddress { 192.0.2.9/32 }
  track_script { yes }
  notify_master \"RECORD went up\"
  notify \"RECORD any\"
}
";

#[test]
fn the_hooks_of_a_configuration_can_be_tried_from_the_command_line() {
    let directory = tempfile::tempdir().unwrap();
    let (record, out) = recorder(directory.path());
    let file = directory.path().join("ha.conf");
    std::fs::write(&file, CONFIGURATION.replace("RECORD", record.to_str().unwrap())).unwrap();
    let file = file.to_str().unwrap();
    let run = |name: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_ha"))
            .args(["notify", "--instance", name, "--state", "master", "--priority", "80"])
            .args(["-f", file])
            .output()
            .unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, said) = run("VI_1");
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(read(&out), "went up\nany INSTANCE VI_1 MASTER 80\n");
    let (code, said) = run("VI_2");
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("cannot tell hooks of VI_2"), "{said}");

    let checks = Child::start(&["check", "run", "-f", file, "--json"]);
    let up = checks.expect("check.transition");
    assert_eq!((&up["check"], &up["to"]), (&json!("yes"), &json!("up")));
}
