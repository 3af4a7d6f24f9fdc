//! `ha config check --here`: what only the host can tell, on a host of its own (netns); and that
//! nothing of it is told otherwise.

mod support;

use std::process::Command;

use serde_json::Value;

use support::{Namespace, can_run};

const CONFIGURATION: &str = "\
vrrp_script missing {
    script \"/nonexistent/check\"
}
vrrp_instance GOOD {
    interface good0
    virtual_router_id 1
    virtual_ipaddress {
        192.0.2.10/24
    }
    track_script {
        missing
    }
}
vrrp_instance NONE {
    interface none0
    virtual_router_id 2
    virtual_ipaddress {
        192.0.2.11/24
    }
}
vrrp_instance DOWN {
    interface down0
    virtual_router_id 3
    mcast_src_ip 192.0.2.99
    virtual_ipaddress {
        198.51.100.10/24
    }
}
vrrp_instance FAR {
    interface good0
    virtual_router_id 4
    virtual_ipaddress {
        203.0.113.10/32
        198.51.100.20/24
    }
}
";

/// What has to be told, by code and line.
const EXPECTED: [&str; 6] = ["W0016 2", "W0070 15", "W0070 22", "W0072 24", "W0071 33", "W0072 34"];

fn check(mut command: Command) -> (Option<i32>, Vec<String>) {
    let output = command.output().expect("ha starts");
    let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let found = document["files"][0]["diagnostics"].as_array().expect("a list").clone();
    let told = found.iter().map(|f| format!("{} {}", f["code"].as_str().unwrap_or(""), f["line"]));
    (output.status.code(), told.collect())
}

#[test]
fn what_only_this_host_can_tell_is_told_when_it_is_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.conf");
    std::fs::write(&path, CONFIGURATION).expect("written");
    let words = ["config", "check", "--json"];
    let mut plain = Command::new(env!("CARGO_BIN_EXE_ha"));
    plain.args(words).arg(&path);
    assert_eq!(check(plain), (Some(0), vec![]));
    if !can_run("config check --here") {
        return;
    }
    let host = Namespace::new();
    for name in ["good0", "down0"] {
        host.ip(&format!("link add {name} type veth peer name {name}p"));
    }
    host.ip("link set good0 up");
    host.ip("link set good0p up");
    host.ip("addr add 192.0.2.1/24 dev good0");
    host.ip("addr add 198.51.100.20/24 dev down0");
    let mut here = host.command(env!("CARGO_BIN_EXE_ha"));
    here.args(words).arg("--here").arg(&path);
    let (status, told) = check(here);
    assert_eq!((status, told), (Some(0), EXPECTED.map(str::to_owned).to_vec()));
    let mut bare = host.command("setpriv");
    bare.args(["--bounding-set", "-net_admin,-net_raw", env!("CARGO_BIN_EXE_ha")]);
    bare.args(words).arg("--here").arg(&path);
    let (_, told) = check(bare);
    assert!(told.contains(&"W0073 5".to_owned()), "{told:?}");
}

/// What stands beside the virtual routers, and what takes a feature of the kernel.
const BESIDE: &str = "\
global_defs {
    nftables ha
    vrrp_ipsets one two
    vrrp_cpu_affinity 0 8000
    default_interface gone1
}
static_ipaddress {
    192.0.2.7/24 dev gone2
    192.0.2.8/24
}
static_routes {
    198.51.100.0/24 via 192.0.2.1 dev gone3
}
garp_group {
    garp_interval 1
    interfaces {
        good0
        gone4
    }
}
vrrp_track_process nginx {
    process nginx
}
vrrp_instance MANY {
    interface good0
    virtual_router_id 1
    use_vmac
    track_interface {
        gone5 weight -10
    }
    track_process {
        nginx
    }
    virtual_ipaddress {
        192.0.2.10/24
        192.0.2.11/24
        192.0.2.12/24
        192.0.2.13/24
        192.0.2.14/24
        192.0.2.15/24
        192.0.2.16/24
        192.0.2.17/24
        192.0.2.18/24
        192.0.2.19/24
    }
}
vrrp_instance OTHER {
    interface good0
    virtual_router_id 2
    use_ipvlan
    vrf good0
    virtual_ipaddress {
        192.0.2.30/24
    }
}
";

/// Whether a command does what is asked of it on `host`.
fn works(host: &Namespace, words: &str) -> bool {
    let mut words = words.split(' ');
    let mut command = host.command(words.next().expect("a command"));
    command.args(words).output().is_ok_and(|output| output.status.success())
}

#[test]
fn interfaces_the_mtu_and_features_of_the_kernel_are_looked_up_where_they_are_asked_for() {
    if !can_run("config check --here: interfaces and features") {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.conf");
    std::fs::write(&path, BESIDE).expect("written");
    let host = Namespace::new();
    host.ip("link add good0 type veth peer name good0p");
    host.ip("link set good0 up mtu 72");
    host.ip("link set good0p up");
    host.ip("addr add 192.0.2.1/24 dev good0");
    let words = ["config", "check", "--json"];
    let mut here = host.command(env!("CARGO_BIN_EXE_ha"));
    here.args(words).arg("--here").arg(&path);
    let (status, told) = check(here);
    assert_eq!(status, Some(0));
    let line = |text: &str| {
        let at = BESIDE.lines().position(|line| line.trim() == text);
        at.unwrap_or_else(|| panic!("no line {text}")) + 1
    };
    let is_told = |code: &str, text: &str| told.contains(&format!("{code} {}", line(text)));
    for missing in [
        "192.0.2.7/24 dev gone2",
        "192.0.2.8/24",
        "198.51.100.0/24 via 192.0.2.1 dev gone3",
        "gone4",
        "gone5 weight -10",
        "vrf good0",
    ] {
        assert!(is_told("W0070", missing), "{missing}: {told:?}");
    }
    // Ten addresses: 20 + 8 + 40 + 8 bytes.
    assert!(is_told("W0065", "virtual_ipaddress {"), "{told:?}");
    assert!(is_told("W0073", "vrrp_cpu_affinity 0 8000"), "{told:?}");
    // The kernel itself is the second witness.
    for (keyword, witness) in [
        ("use_vmac", "ip link add link good0 name witness0 type macvlan"),
        ("use_ipvlan", "ip link add link good0 name witness1 type ipvlan"),
        ("vrf good0", "ip link add witness2 type vrf table 10"),
        ("nftables ha", "nft list tables"),
    ] {
        assert_eq!(is_told("W0073", keyword), !works(&host, witness), "{keyword}: {told:?}");
    }
    host.ip("link set good0 mtu 76");
    let mut wider = host.command(env!("CARGO_BIN_EXE_ha"));
    wider.args(words).arg("--here").arg(&path);
    let (_, told) = check(wider);
    assert!(!told.iter().any(|found| found.starts_with("W0065")), "{told:?}");
    let mut bare = host.command("setpriv");
    bare.args(["--bounding-set", "-net_admin,-net_raw", env!("CARGO_BIN_EXE_ha")]);
    bare.args(words).arg("--here").arg(&path);
    let (_, told) = check(bare);
    let unsure = format!("W0073 {}", line("nftables ha"));
    assert!(!told.contains(&unsure), "who may not ask says nothing: {told:?}");
}
