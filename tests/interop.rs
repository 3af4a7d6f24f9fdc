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

/// Fights one duel against keepalived: version, family, interval in ms, password.
fn keepalived(arguments: &[&str]) {
    let name = format!("keepalived {}", arguments.join(" "));
    if let Some(reason) = missing(&["keepalived", "tshark", "tcpdump", "ip", "jq"]) {
        println!("SKIP: {name}: {reason}");
        return;
    }
    let output = Command::new("bash")
        .arg(here("interop/duel.sh"))
        .args([HA, "keepalived"])
        .args(arguments)
        .output()
        .expect("bash runs");
    judge(&name, &output);
}

#[test]
fn keepalived_version_2_over_ipv4() {
    keepalived(&["2", "4", "1000"]);
}

#[test]
fn keepalived_version_2_with_a_password() {
    keepalived(&["2", "4", "1000", "123456"]);
}

#[test]
fn keepalived_version_3_over_ipv4() {
    keepalived(&["3", "4", "1000"]);
}

#[test]
fn keepalived_version_3_over_ipv4_every_100_ms() {
    keepalived(&["3", "4", "100"]);
}

#[test]
fn keepalived_version_3_over_ipv6() {
    keepalived(&["3", "6", "1000"]);
}

#[test]
fn keepalived_version_3_over_ipv6_every_100_ms() {
    keepalived(&["3", "6", "100"]);
}

/// vrrpd puts its addresses on a macvlan, which not every test machine's kernel has: all its
/// duels are fought inside one User-Mode Linux.
#[test]
fn frr_versions_2_and_3_over_ipv4_and_ipv6() {
    let tools = ["linux.uml", "vtysh", "tshark", "tcpdump", "ip", "jq"];
    if let Some(reason) = missing(&tools) {
        println!("SKIP: frr duels: {reason}");
        return;
    }
    let output = Command::new(here("vm/boot"))
        .args(["--timeout", "600", "--", "bash"])
        .arg(here("interop/frr-all.sh"))
        .arg(HA)
        .output()
        .expect("the harness runs");
    judge("frr", &output);
}
