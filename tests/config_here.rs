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
