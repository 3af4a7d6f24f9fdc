//! `ha lab` on the real kernel: network namespaces (netns), real daemons, real faults, and
//! nothing left behind. The bars are loose: how fast it is, `benches/failover` measures.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

/// What a busy machine may add to an outage.
const NOISE: Duration = Duration::from_millis(400);
/// Exit code of a missing privilege or kernel feature.
const UNAVAILABLE: i32 = 4;

fn lab(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ha"));
    command.args(["lab", "--json"]).args(arguments);
    command
}

/// Run to the end; `None` (and a word why) when namespaces cannot be made here.
fn run(name: &str, arguments: &[&str]) -> Option<(Output, Vec<Value>)> {
    let output = lab(arguments).output().unwrap();
    if output.status.code() == Some(UNAVAILABLE) {
        println!("SKIP: {name}: {}", String::from_utf8_lossy(&output.stderr).trim());
        return None;
    }
    let lines = output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let lines = lines.map(|line| serde_json::from_slice(line).unwrap()).collect();
    Some((output, lines))
}

fn of_type<'a>(lines: &'a [Value], kind: &str) -> Vec<&'a Value> {
    lines.iter().filter(|line| line["type"] == kind).map(|line| &line["data"]).collect()
}

fn micros(value: &Value) -> Duration {
    Duration::from_micros(value.as_u64().unwrap())
}

/// Every fault moved the address to the second host and back, within what the protocol allows.
fn assert_tour(output: &Output, lines: &[Value], faults: &[&str]) {
    let text = String::from_utf8_lossy(&output.stderr);
    let outcomes = of_type(lines, "lab.outcome");
    let tried: Vec<&str> = outcomes.iter().map(|o| o["fault"].as_str().unwrap()).collect();
    assert_eq!(tried, faults, "{text}");
    for outcome in &outcomes {
        assert_eq!(outcome["host"], "node1", "{outcome}");
        assert_eq!(outcome["expected"], "node2", "{outcome}");
        assert_eq!(outcome["successor"], "node2", "{outcome}");
        assert_eq!(outcome["back"]["host"], "node1", "{outcome}");
        assert!(
            micros(&outcome["outage_us"]) <= micros(&outcome["outage_allowed_us"]) + NOISE,
            "{outcome}"
        );
        assert!(
            micros(&outcome["takeover_us"]) <= micros(&outcome["takeover_allowed_us"]) + NOISE,
            "{outcome}"
        );
        assert!(micros(&outcome["back"]["outage_us"]) <= NOISE, "{outcome}");
    }
    let rows = of_type(lines, "lab.summary")[0]["rows"].as_array().unwrap();
    assert_eq!(rows.len(), faults.len());
    assert_eq!(output.status.code(), Some(0), "{text}");
}

#[test]
fn a_tour_with_ha_moves_the_address_and_back() {
    let name = "a_tour_with_ha_moves_the_address_and_back";
    let Some((output, lines)) = run(name, &["--advert", "100ms"]) else { return };
    let all = ["kill", "term", "link", "partition", "script", "freeze"];
    assert_tour(&output, &lines, &all);
}

#[test]
fn the_same_tour_runs_with_keepalived() {
    let name = "the_same_tour_runs_with_keepalived";
    if Command::new("keepalived").arg("--version").output().is_err() {
        println!("SKIP: {name}: keepalived is not installed");
        return;
    }
    let faults = ["--fault", "kill", "--fault", "term", "--fault", "link"];
    let arguments = [&["--daemon", "keepalived", "--advert", "100ms"], faults.as_slice()].concat();
    let Some((output, lines)) = run(name, &arguments) else { return };
    assert_tour(&output, &lines, &["kill", "term", "link"]);
}

#[test]
fn three_hosts_share_one_file_and_take_over_in_order() {
    let name = "three_hosts_share_one_file_and_take_over_in_order";
    let arguments = ["--nodes", "3", "--advert", "100ms", "--fault", "kill", "--rounds", "2"];
    let Some((output, lines)) = run(name, &arguments) else { return };
    let hosts = of_type(&lines, "lab.topology")[0]["hosts"].as_array().unwrap();
    let priorities: Vec<u64> = hosts.iter().map(|h| h["priority"].as_u64().unwrap()).collect();
    assert_eq!(priorities, [100, 90, 80]);
    let outcomes = of_type(&lines, "lab.outcome");
    assert_eq!(outcomes.len(), 2, "{}", String::from_utf8_lossy(&output.stderr));
    assert!(outcomes.iter().all(|outcome| outcome["successor"] == "node2"));
}

#[test]
fn a_given_file_is_used_with_its_own_interface_and_network() {
    let name = "a_given_file_is_used_with_its_own_interface_and_network";
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("keepalived.conf");
    let text = "vrrp_instance WEB {\n state MASTER\n interface lan7\n virtual_router_id 9\n \
                priority 150\n version 3\n advert_int 0.1\n \
                virtual_ipaddress {\n 192.0.2.77/26\n }\n}\n";
    std::fs::write(&file, text).unwrap();
    let arguments = ["-f", file.to_str().unwrap(), "--fault", "link"];
    let Some((output, lines)) = run(name, &arguments) else { return };
    assert_tour(&output, &lines, &["link"]);
    let topology = of_type(&lines, "lab.topology")[0];
    assert_eq!(topology["address"], "192.0.2.77");
    assert_eq!(topology["hosts"][0]["address"], "192.0.2.65");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text, "the file itself is untouched");
}

#[test]
fn a_script_that_nobody_tracks_cannot_be_failed() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("keepalived.conf");
    let text = "vrrp_instance A {\n interface eth0\n virtual_router_id 1\n priority 100\n \
                virtual_ipaddress {\n 192.0.2.1/24\n }\n}\n";
    std::fs::write(&file, text).unwrap();
    let output = lab(&["-f", file.to_str().unwrap(), "--fault", "script"]).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no script"));
}

// ------------------------------------------------------------- nothing is left behind

/// Processes below `pid`, at any depth.
fn descendants(pid: u32) -> BTreeSet<u32> {
    let path = format!("/proc/{pid}/task/{pid}/children");
    let children = std::fs::read_to_string(path).unwrap_or_default();
    let children: Vec<u32> = children.split_whitespace().map(|c| c.parse().unwrap()).collect();
    children
        .iter()
        .flat_map(|child| [descendants(*child), BTreeSet::from([*child])])
        .flatten()
        .collect()
}

/// What the machine shows of networks to everybody.
fn surroundings() -> (Vec<String>, Vec<String>) {
    let names = |path: &str| {
        let mut names: Vec<String> = std::fs::read_dir(path)
            .map(|all| all.map(|e| e.unwrap().file_name().into_string().unwrap()).collect())
            .unwrap_or_default();
        names.retain(|name| name.starts_with("lab") || name.starts_with("switch"));
        names.sort();
        names
    };
    (names("/sys/class/net"), names("/run"))
}

/// A run that is in the middle of a fault.
fn running(name: &str) -> Option<(Child, BTreeSet<u32>)> {
    let mut child = lab(&["--advert", "100ms", "--fault", "freeze", "--rounds", "100"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    if !lines.any(|line| line.contains("\"lab.fault\"")) {
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(UNAVAILABLE), "{output:?}");
        println!("SKIP: {name}: {}", String::from_utf8_lossy(&output.stderr).trim());
        return None;
    }
    // Whoever reads must go on reading, or the run would stop at a full pipe.
    std::thread::spawn(move || lines.for_each(drop));
    let below = descendants(child.id());
    assert!(below.len() > 2, "daemons run below it: {below:?}");
    Some((child, below))
}

fn assert_gone(processes: &BTreeSet<u32>) {
    let deadline = Instant::now() + Duration::from_secs(20);
    let alive = |pid: &u32| std::path::Path::new(&format!("/proc/{pid}/ns/net")).exists();
    while let Some(left) = processes.iter().find(|pid| alive(pid)) {
        assert!(Instant::now() < deadline, "process {left} is left behind");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn ctrl_c_and_sigterm_leave_nothing_behind() {
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let before = surroundings();
        let Some((mut child, below)) = running("ctrl_c_and_sigterm_leave_nothing_behind") else {
            return;
        };
        kill(Pid::from_raw(child.id().try_into().unwrap()), signal).unwrap();
        let status = child.wait().unwrap();
        assert_eq!(status.signal(), Some(signal as i32));
        assert_gone(&below);
        assert_eq!(surroundings(), before);
    }
}

#[test]
fn even_sigkill_leaves_nothing_behind() {
    let before = surroundings();
    let Some((mut child, below)) = running("even_sigkill_leaves_nothing_behind") else { return };
    child.kill().unwrap();
    child.wait().unwrap();
    assert_gone(&below);
    assert_eq!(surroundings(), before);
}

#[test]
fn without_root_it_uses_a_user_namespace_or_says_what_it_needs() {
    let name = "without_root_it_uses_a_user_namespace_or_says_what_it_needs";
    if !nix::unistd::geteuid().is_root() {
        println!("SKIP: {name}: every other test here runs without root already");
        return;
    }
    // The program may lie where only root can go.
    let directory = tempfile::tempdir_in("/tmp").unwrap();
    let program = directory.path().join("ha");
    std::fs::copy(env!("CARGO_BIN_EXE_ha"), &program).unwrap();
    for path in [directory.path(), &program] {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let output = Command::new("setpriv")
        .args(["--reuid", "65534", "--regid", "65534", "--clear-groups"])
        .arg(&program)
        .args(["lab", "--json", "--advert", "100ms", "--fault", "link"])
        .current_dir("/")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    if output.status.code() == Some(UNAVAILABLE) {
        assert!(text.contains("user namespaces"), "{text}");
        return;
    }
    assert_eq!(output.status.code(), Some(0), "{text}");
}
