//! `ha vrrp run` against the routers people run today: Debian's keepalived and FRR's vrrpd.
//! Each in a network namespace (netns) of its own; the scenarios are in `tests/interop/duel.sh`,
//! this file says which are fought.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const HA: &str = env!("CARGO_BIN_EXE_ha");

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(path)
}

/// Why the duels cannot be fought here, if so.
fn missing(tools: &[&str]) -> Option<String> {
    let root = Command::new("id").arg("-u").output().is_ok_and(|o| o.stdout == b"0\n");
    if !root {
        return Some("needs root for network namespaces".to_owned());
    }
    let path = std::env::var("PATH").unwrap_or_default() + ":/usr/sbin:/sbin";
    let found = |tool: &str| path.split(':').any(|dir| Path::new(dir).join(tool).exists());
    tools.iter().find(|tool| !found(tool)).map(|tool| format!("{tool} is not installed"))
}

fn judge(name: &str, output: &Output) {
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name}: {}\n{text}\n{errors}", output.status);
    print!("{name}:\n{text}");
}

/// One duel: version, family, interval in ms, password, what it is for.
type Duel = &'static [&'static str];

/// Fights duels against `peer` side by side.
fn fight(peer: &str, tools: &[&str], duels: &[Duel]) {
    let common = ["tshark", "tcpdump", "ip", "jq"];
    if let Some(reason) = missing(&[tools, &common[..]].concat()) {
        println!("SKIP: duels against {peer}: {reason}");
        return;
    }
    let script = if peer == "frr" && !has_macvlan() { "elsewhere.sh" } else { "duel.sh" };
    std::thread::scope(|scope| {
        for duel in duels {
            scope.spawn(move || {
                let mut command = Command::new("bash");
                if script == "elsewhere.sh" {
                    command.arg(here("vm/boot")).args(["--timeout", "600", "--", "bash"]);
                }
                command.arg(here("interop").join(script)).args([HA, peer]).args(*duel);
                let output = command.output().expect("bash runs");
                judge(&format!("{peer} {}", duel.join(" ")), &output);
            });
        }
    });
}

/// vrrpd puts its addresses on a macvlan, which not every kernel has.
fn has_macvlan() -> bool {
    let attempt = "ip link add v0 type veth peer v1 && ip link add link v0 name m0 type macvlan";
    let output = Command::new("unshare").args(["-n", "sh", "-c", attempt]).output();
    output.is_ok_and(|output| output.status.success())
}

const EACH_SECOND: &[Duel] = &[&["2", "4", "1000"], &["3", "4", "1000"], &["3", "6", "1000"]];
const KEEPALIVED: &[&str] = &["keepalived"];
const FRR: &[&str] = &["linux.uml", "vtysh"];

#[test]
fn keepalived_each_second_in_version_2_and_3_over_ipv4_and_ipv6() {
    let with_password: &[Duel] = &[&["2", "4", "1000", "123456"]];
    fight("keepalived", KEEPALIVED, &[EACH_SECOND, with_password].concat());
}

#[test]
fn keepalived_each_second_with_an_authentication_header() {
    fight("keepalived", KEEPALIVED, &[&["2", "4", "1000", "123456", "AH"]]);
}

#[test]
fn keepalived_every_100_ms_over_ipv4() {
    fight("keepalived", KEEPALIVED, &[&["3", "4", "100"]]);
}

#[test]
fn keepalived_every_100_ms_over_ipv6() {
    fight("keepalived", KEEPALIVED, &[&["3", "6", "100"]]);
}

#[test]
fn frr_each_second_in_version_2_and_3_over_ipv4_and_ipv6() {
    fight("frr", FRR, EACH_SECOND);
}

#[test]
fn frr_every_100_ms_over_ipv4() {
    fight("frr", FRR, &[&["3", "4", "100"]]);
}

#[test]
fn frr_every_100_ms_over_ipv6() {
    fight("frr", FRR, &[&["3", "6", "100"]]);
}
