//! `ha check`: answers, exit codes and both output forms; scripts as real processes.

mod child;

use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use child::{Child, is_alive, root_or_skip, script, wait_until};
use serde_json::{Value, json};

/// Exit code and stdout, with what differs from run to run blanked out.
fn ha(arguments: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_ha")).args(arguments).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    (output.status.code().unwrap_or(-1), text)
}

/// `text` with every number that follows one of `before` written as `N`.
fn blank(text: &str, before: &[&str]) -> String {
    let mut text = text.to_owned();
    for marker in before {
        let mut from = 0;
        while let Some(found) = text[from..].find(marker) {
            let start = from + found + marker.len();
            let number = text[start..].find(|c: char| !c.is_ascii_digit() && c != '.');
            let end = number.map_or(text.len(), |length| start + length);
            if end > start {
                text.replace_range(start..end, "N");
            }
            from = start + 1;
        }
    }
    text
}

fn listener() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap().to_string();
    (listener, target)
}

fn json_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

#[test]
fn an_open_port_is_up_and_a_closed_one_is_down() {
    let (listener, target) = listener();
    let (code, text) = ha(&["check", "tcp", &target]);
    let shown = blank(&text, &["127.0.0.1:", "connected, "]);
    assert_eq!((code, shown.as_str()), (0, "tcp 127.0.0.1:N: up, connected, N ms\n"));

    drop(listener);
    let (code, text) = ha(&["check", "tcp", &target]);
    let shown = blank(&text, &["127.0.0.1:"]);
    assert_eq!((code, shown.as_str()), (1, "tcp 127.0.0.1:N: down, connection refused\n"));
}

#[test]
fn the_json_form_is_one_event_line() {
    let (_listener, target) = listener();
    let (code, text) = ha(&["check", "tcp", &target, "--json"]);
    assert_eq!(code, 0);
    let mut line = json_of(&text);
    assert!(line["data"]["latency_us"].is_u64(), "{line}");
    line["data"]["latency_us"] = json!(1);
    line["time"] = json!("T");
    assert_eq!(
        line,
        json!({"v": 1, "type": "check.result", "time": "T", "data": {"check": target,
            "kind": "tcp", "status": "up", "reason": "connected", "peer": target, "latency_us": 1}})
    );
}

#[test]
fn a_port_that_does_not_answer_is_down_after_the_timeout() {
    // A listener whose queue is full: further SYNs get no answer.
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    let any: std::net::SocketAddr = "127.0.0.1:0".parse().unwrap();
    socket.bind(&any.into()).unwrap();
    socket.listen(0).unwrap();
    let address = socket.local_addr().unwrap().as_socket().unwrap();
    let mut held = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(100)) {
        held.push(stream);
    }
    let (code, text) = ha(&["check", "tcp", &address.to_string(), "--timeout", "150ms"]);
    let shown = blank(&text, &["127.0.0.1:"]);
    assert_eq!((code, shown.as_str()), (1, "tcp 127.0.0.1:N: down, timed out after 150ms\n"));
}

#[test]
fn what_cannot_be_tested_is_unknown_and_neither_up_nor_down() {
    let (_listener, target) = listener();
    let (code, text) = ha(&["check", "tcp", &target, "--source", "192.0.2.77", "--json"]);
    assert_eq!(code, 5, "{text}");
    assert_eq!(json_of(&text)["data"]["status"], "unknown");
}

#[test]
fn a_wrong_command_line_is_a_usage_error() {
    for arguments in [
        &["check", "tcp", "127.0.0.1"][..],
        &["check", "tcp", "127.0.0.1:0"],
        &["check", "tcp", "127.0.0.1:1", "--timeout", "0s"],
        &["check", "script"],
        &["check", "run"],
        &["check"],
    ] {
        assert_eq!(ha(arguments).0, 2, "{arguments:?}");
    }
}

#[test]
fn watching_writes_changes_and_sums_up_at_the_end() {
    let (_listener, target) = listener();
    let (code, text) =
        ha(&["check", "tcp", &target, "--count", "3", "--interval", "10ms", "--json"]);
    assert_eq!(code, 0, "{text}");
    let lines: Vec<Value> = text.lines().map(json_of).collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert_eq!(lines[0]["type"], "check.transition");
    assert_eq!(
        (&lines[0]["data"]["from"], &lines[0]["data"]["to"]),
        (&json!("unknown"), &json!("up"))
    );
    assert_eq!(lines[1]["type"], "check.statistics");
    assert_eq!((&lines[1]["data"]["probes"], &lines[1]["data"]["good"]), (&json!(3), &json!(3)));
}

#[test]
fn a_port_that_closes_and_opens_again_is_seen_while_watching() {
    let (listener, target) = listener();
    let watch = ["check", "tcp", &target, "--watch", "--interval", "10ms", "--fall", "2", "--json"];
    let ha = Child::start(&watch);
    ha.expect_where("check.transition", |data| data["to"] == "up");
    drop(listener);
    let down = ha.expect("check.transition");
    assert_eq!((&down["to"], &down["reason"]), (&json!("down"), &json!("connection refused")));
    let _again = TcpListener::bind(&target).unwrap();
    ha.expect_where("check.transition", |data| data["to"] == "up");
}

#[test]
fn an_echo_request_is_answered_and_a_network_without_route_is_unknown() {
    if !root_or_skip("an_echo_request_is_answered_and_a_network_without_route_is_unknown") {
        return;
    }
    let program = env!("CARGO_BIN_EXE_ha");
    let inside = |command: &str| {
        let script = format!("ip link set lo up && exec {program} check icmp {command}");
        let output = Command::new("unshare").args(["-n", "sh", "-c", &script]).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    for host in ["127.0.0.1", "::1"] {
        let (code, text) = inside(host);
        assert_eq!(code, Some(0), "{text}");
        assert!(text.starts_with(&format!("icmp {host}: up, reply, ")), "{text}");
    }
    let (code, text) = inside("192.0.2.1");
    assert_eq!(code, Some(5), "{text}");
    assert_eq!(text, "icmp 192.0.2.1: unknown, no route to the address\n");
}

#[test]
fn a_script_is_judged_by_how_it_ends() {
    for (words, expected, shown) in [
        (&["true"][..], 0, "script true: up, exit status 0, N ms\n"),
        (&["sh", "-c", "exit 3"], 1, "script sh -c exit 3: down, exit status 3, N ms\n"),
        (
            &["sh", "-c", "kill -9 $$"],
            1,
            "script sh -c kill -9 $$: down, killed by signal 9 (SIGKILL), N ms\n",
        ),
        (&["sleep", "60"], 1, "script sleep 60: down, timed out after 100ms, N ms\n"),
        (
            &["/no/such/file"],
            1,
            "script /no/such/file: down, not executable: /no/such/file: No such file or \
             directory (os error 2), N ms\n",
        ),
    ] {
        let mut arguments = vec!["check", "script", "--timeout", "100ms", "--"];
        if words[0] != "sleep" {
            arguments[3] = "20s";
        }
        arguments.extend(words);
        let (code, text) = ha(&arguments);
        let text = match text.rsplit_once(", ") {
            Some((start, _)) => format!("{start}, N ms\n"),
            None => text,
        };
        assert_eq!((code, text.as_str()), (expected, shown));
    }
}

#[test]
fn a_script_can_be_repeated_and_is_summed_up() {
    let repeat = ["check", "script", "--count", "3", "--interval", "20ms", "--timeout", "20s"];
    let (code, text) = ha(&[&repeat[..], &["--json", "--", "true"]].concat());
    assert_eq!(code, 0, "{text}");
    let lines: Vec<Value> = text.lines().map(json_of).collect();
    assert_eq!(lines[0]["type"], "check.transition");
    assert_eq!(lines[1]["type"], "check.statistics");
    assert_eq!((&lines[1]["data"]["probes"], &lines[1]["data"]["good"]), (&json!(3), &json!(3)));
    assert_eq!(lines.len(), 2, "{text}");
}

#[test]
fn a_script_gets_its_words_without_a_shell_and_a_clean_surrounding() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("out");
    let text = "#!/bin/sh\n{ printf '%s\\n' \"$#\" \"$1\"; env; readlink /proc/$$/fd/0; \
                test -e /proc/$$/fd/7 || echo closed; ps -o pgid= -p $$; echo $$; } > \"$OUT\"\n";
    let path = script(directory.path(), "probe.sh", text);
    let status = Command::new("sh")
        .args(["-c", r#"exec 7</dev/null; exec "$@" >/dev/null"#, "sh", env!("CARGO_BIN_EXE_ha")])
        .args(["check", "script", "--", path.to_str().unwrap(), "$HOME; *"])
        .env("OUT", &out)
        .env("IFS", "x")
        .env("LD_PRELOAD_NOT", "1")
        .env("LD_LIBRARY_PATH", "/nowhere")
        .env("NOTIFY_SOCKET", "/nowhere")
        .env("KEPT", "1")
        .status()
        .unwrap();
    assert!(status.success());
    let seen = std::fs::read_to_string(out).unwrap();
    assert!(seen.starts_with("1\n$HOME; *\n"), "{seen}");
    assert!(seen.contains("\nKEPT=1\n"), "{seen}");
    for gone in ["IFS=", "LD_", "NOTIFY_SOCKET="] {
        assert!(!seen.lines().any(|line| line.starts_with(gone)), "{gone}: {seen}");
    }
    assert!(seen.contains("\n/dev/null\n"), "{seen}");
    let numbers: Vec<&str> = seen.lines().rev().take(2).map(str::trim).collect();
    assert_eq!(numbers[0], numbers[1], "it leads its own process group");
    assert!(seen.contains("\nclosed\n"), "a descriptor we inherited is not passed on: {seen}");
}

#[test]
fn an_executable_text_without_interpreter_line_is_run_by_the_shell() {
    let directory = tempfile::tempdir().unwrap();
    let path = script(directory.path(), "plain", "test \"$1\" = word && exit 0\nexit 9\n");
    let (code, text) = ha(&["check", "script", "--", path.to_str().unwrap(), "word"]);
    assert_eq!(code, 0, "{text}");
}

/// A script that leaves a grandchild deaf to SIGTERM, and writes both numbers.
fn stubborn(directory: &Path, parent_trap: &str) -> std::path::PathBuf {
    let out = directory.join("pids");
    let text = format!(
        "#!/bin/sh\n{parent_trap}\nsh -c 'trap \"\" TERM; echo ready; while :; do sleep 0.05; done' \
         > {out}.up &\nwhile ! test -s {out}.up; do :; done\necho $$ $! > {out}.new\n\
         mv {out}.new {out}\nwhile :; do sleep 0.05; done\n",
        out = out.display()
    );
    script(directory, "stubborn.sh", &text)
}

#[test]
fn a_timeout_ends_grandchildren_too() {
    for trap in ["", "trap '' TERM"] {
        let directory = tempfile::tempdir().unwrap();
        let path = stubborn(directory.path(), trap);
        let (code, _) = ha(&["check", "script", "--timeout", "2s", "--", path.to_str().unwrap()]);
        assert_eq!(code, 1);
        let pids = std::fs::read_to_string(directory.path().join("pids")).unwrap();
        for pid in pids.split_whitespace() {
            wait_until("the whole group is gone", || !is_alive(pid));
        }
    }
}

fn plan_of(scripts: &[Value]) -> Value {
    json!({ "scripts": scripts })
}

fn tracked(name: &str, path: &str, interval_ms: u64, timeout_ms: u64) -> Value {
    json!({"name": name, "command": {"argv": [path]}, "interval_us": interval_ms * 1000,
        "timeout_us": timeout_ms * 1000, "rise": 1, "fall": 1})
}

#[test]
fn a_child_obeys_its_control_lines() {
    let mut ha = Child::start(&["check", "run", "--plan", "-", "--json"]);
    let plan = plan_of(&[tracked("yes", "true", 60_000, 1000)]);
    ha.send(&json!({"control": "plan", "plan": plan}));
    ha.expect("ready");
    let up = ha.expect("check.transition");
    assert_eq!(
        up,
        json!({"check": "yes", "kind": "script", "from": "unknown", "to": "up",
            "reason": "exit status 0", "tracked": true})
    );
    ha.send(&json!({"control": "ping", "id": 8}));
    assert_eq!(ha.expect("pong"), json!({"id": 8}));
    ha.send(&json!({"control": "status", "id": 7}));
    let status = ha.expect("check.status");
    assert_eq!((&status["id"], &status["scripts"][0]["health"]), (&json!(7), &json!("up")));
    ha.send(&json!({"control": "dance"}));
    ha.expect("error");

    // The unchanged script keeps its verdict and its phase; the new one starts at once.
    let both =
        plan_of(&[tracked("yes", "true", 60_000, 1000), tracked("no", "false", 60_000, 1000)]);
    ha.send(&json!({"control": "reload", "plan": both}));
    ha.expect_where("check.transition", |data| data["check"] == "no" && data["to"] == "down");
    ha.send(&json!({"control": "status", "id": 9}));
    let status = ha.expect("check.status");
    assert_eq!(
        (&status["scripts"][0]["runs"], &status["scripts"][1]["runs"]),
        (&json!(1), &json!(1))
    );
    ha.end_input();
    assert!(ha.wait().success());
}

#[test]
fn a_script_that_hangs_does_not_hold_up_the_others_and_ends_with_the_process() {
    let directory = tempfile::tempdir().unwrap();
    let hanging = stubborn(directory.path(), "");
    let flag = directory.path().join("flag");
    let test = format!("#!/bin/sh\ntest -e {}\n", flag.display());
    let other = script(directory.path(), "other.sh", &test);
    let mut ha = Child::start(&["check", "run", "--plan", "-", "--json"]);
    let plan = plan_of(&[
        tracked("hanging", hanging.to_str().unwrap(), 60_000, 60_000),
        tracked("other", other.to_str().unwrap(), 30, 10_000),
    ]);
    ha.send(&json!({"control": "plan", "plan": plan}));
    let pids = directory.path().join("pids");
    wait_until("the hanging script runs", || pids.exists());
    for to in ["up", "down", "up"] {
        if to == "up" {
            std::fs::write(&flag, "").unwrap();
        } else {
            std::fs::remove_file(&flag).unwrap();
        }
        let change = ha.expect_where("check.transition", |data| data["to"] == to);
        assert_eq!(change["check"], "other");
    }
    ha.end_input();
    assert!(ha.wait().success());
    for pid in std::fs::read_to_string(pids).unwrap().split_whitespace() {
        wait_until("the hanging script is gone", || !is_alive(pid));
    }
}

#[test]
fn a_script_runs_as_the_user_it_was_given() {
    if !root_or_skip("a_script_runs_as_the_user_it_was_given") {
        return;
    }
    let mut ha = Child::start(&["check", "run", "--plan", "-", "--json"]);
    let command = r#"test "$(id -u) $(id -g) $(id -G)" = "65534 65533 65533""#;
    let script = json!({"name": "id", "interval_us": 60_000_000, "timeout_us": 10_000_000,
        "command": {"argv": ["sh", "-c", command], "identity": {"uid": 65534, "gid": 65533}},
        "rise": 1, "fall": 1});
    ha.send(&json!({"control": "plan", "plan": plan_of(&[script])}));
    assert_eq!(ha.expect("check.transition")["to"], "up");
}

#[test]
fn a_child_without_a_plan_says_what_it_needs_and_that_a_restart_cannot_help() {
    for input in ["", "junk\n", "{\"control\":\"ping\",\"id\":1}\n"] {
        let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_ha"));
        let done =
            command.args(["check", "run", "--plan", "-"]).write_stdin(input).output().unwrap();
        assert_eq!(done.status.code(), Some(3), "{input:?}");
        let said = String::from_utf8(done.stderr).unwrap();
        assert!(said.contains("cannot read the plan from stdin"), "{said}");
    }
}
