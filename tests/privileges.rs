//! What `ha check` and `ha notify` take: run without capabilities, by a user without privileges,
//! and in a user namespace. What a privilege is missing for is said, with exit code 4; what takes
//! none works.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;

/// Somebody without any privilege.
const NOBODY: &str = "setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all \
                      --bounding-set=-all --no-new-privs";
/// Root without any capability.
const BARE: &str = "setpriv --inh-caps=-all --bounding-set=-all";
/// Root of a user namespace that owns nothing else, and in which nobody else exists.
const NAMESPACE: &str = "unshare -U -r";

const CONFIGURATION: &str = r#"global_defs {
  script_user nobody
}
vrrp_script of_nobody {
  script "/bin/true"
}
vrrp_script of_root {
  script "/bin/true"
  user root
}
vrrp_instance OF_NOBODY {
  interface lo
  virtual_router_id 51
  virtual_ipaddress { 192.0.2.1/32 }
  track_script {
    of_nobody
    of_root
  }
  notify_master "/bin/true"
}
vrrp_instance OF_ROOT {
  interface lo
  virtual_router_id 52
  virtual_ipaddress { 192.0.2.2/32 }
  notify_master "/bin/true" root
}
"#;

/// A verdict that has not come after this long does not come.
const PATIENCE: Duration = Duration::from_secs(20);

/// The program and a configuration where everybody can read them.
struct Place(tempfile::TempDir);

impl Place {
    /// None when the situations of this file cannot be made here; says so.
    fn new(test: &str) -> Option<Self> {
        if !nix::unistd::geteuid().is_root() {
            println!("SKIP: {test}: not root");
            return None;
        }
        for situation in [NOBODY, BARE, NAMESPACE] {
            let mut words = situation.split_whitespace();
            let mut command = Command::new(words.next().unwrap());
            let done = command.args(words).arg("true").stderr(Stdio::null()).status();
            if !done.is_ok_and(|status| status.success()) {
                println!("SKIP: {test}: `{situation}` does not work here");
                return None;
            }
        }
        let directory = tempfile::Builder::new()
            .permissions(PermissionsExt::from_mode(0o755))
            .tempdir()
            .unwrap();
        std::fs::copy(env!("CARGO_BIN_EXE_ha"), directory.path().join("ha")).unwrap();
        std::fs::write(directory.path().join("ha.conf"), CONFIGURATION).unwrap();
        Some(Self(directory))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// A shell that first does `before`, then is `ha` with these words in `situation`.
    fn command(&self, before: &str, situation: &str, words: &str) -> Command {
        let mut command = Command::new("unshare");
        let script = format!("ip link set lo up && {before} exec {situation} ./ha {words}");
        command.args(["-n", "sh", "-c", &script]).current_dir(self.path());
        command
    }

    fn run(&self, situation: &str, words: &str) -> Output {
        self.command("", situation, words).output().unwrap()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// It ended with 4, and its complaint names each of `needed`.
fn assert_denied(output: &Output, needed: &[&str]) {
    assert_eq!(output.status.code(), Some(4), "{output:?}");
    let said = text(&output.stdout) + &text(&output.stderr);
    for word in needed {
        assert!(said.contains(word), "{word}: {said}");
    }
    assert!(said.contains("run as root"), "what to do about it: {said}");
}

#[test]
fn a_ping_takes_a_group_that_may_or_a_capability_over_the_network() {
    let Some(place) = Place::new("privileges of ping") else { return };
    for situation in [NOBODY, BARE, NAMESPACE] {
        let words = "check icmp 127.0.0.1";
        let ping = |groups: &str| {
            let before = format!("echo '{groups}' > /proc/sys/net/ipv4/ping_group_range &&");
            place.command(&before, situation, words).output().unwrap()
        };
        assert_denied(&ping("1 0"), &["CAP_NET_RAW", "net.ipv4.ping_group_range"]);
        assert_eq!(ping("0 65534").status.code(), Some(0), "{situation}");
    }
}

#[test]
fn a_mark_takes_a_capability_over_the_network_and_a_plain_connection_none() {
    let Some(place) = Place::new("privileges of marks") else { return };
    for situation in [NOBODY, BARE, NAMESPACE] {
        for probe in ["tcp 127.0.0.1:9", "icmp 127.0.0.1"] {
            let before = "echo '0 65534' > /proc/sys/net/ipv4/ping_group_range &&";
            let words = format!("check {probe} --fwmark 7");
            let output = place.command(before, situation, &words).output().unwrap();
            assert_denied(&output, &["CAP_NET_ADMIN", "mark"]);
        }
        let refused = place.run(situation, "check tcp 127.0.0.1:9");
        assert_eq!(refused.status.code(), Some(1), "nobody listens: {refused:?}");
    }
}

#[test]
fn commands_run_as_whoever_runs_them_take_nothing() {
    let Some(place) = Place::new("privileges of commands") else { return };
    for situation in [NOBODY, BARE, NAMESPACE] {
        for words in
            ["check script -- true", "notify --instance V --state master --script /bin/true"]
        {
            let output = place.run(situation, words);
            assert_eq!(output.status.code(), Some(0), "{situation} {words}: {output:?}");
        }
    }
}

#[test]
fn a_hook_of_another_user_takes_capabilities_and_ones_own_does_not() {
    let Some(place) = Place::new("privileges of hooks") else { return };
    for (situation, own, other) in [
        (NOBODY, "OF_NOBODY", "OF_ROOT"),
        (BARE, "OF_ROOT", "OF_NOBODY"),
        (NAMESPACE, "OF_ROOT", "OF_NOBODY"),
    ] {
        let tell = |name: &str| {
            place.run(situation, &format!("notify --instance {name} --state master -f ha.conf"))
        };
        let done = tell(own);
        assert_eq!(done.status.code(), Some(0), "{situation}: {done:?}");
        assert_denied(&tell(other), &["CAP_SETUID", "CAP_SETGID", "/bin/true"]);
    }
}

#[test]
fn a_tracked_script_of_another_user_is_down_and_says_what_it_takes() {
    let Some(place) = Place::new("privileges of tracked scripts") else { return };
    for (situation, own, other) in
        [(NOBODY, "of_nobody", "of_root"), (BARE, "of_root", "of_nobody")]
    {
        let mut command = place.command("", situation, "check run --json -f ha.conf");
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let (sender, told) = std::sync::mpsc::channel();
        std::thread::spawn(move || lines.for_each(|line| drop(sender.send(line))));
        let lines = std::iter::from_fn(|| told.recv_timeout(PATIENCE).ok());
        let events = lines.filter_map(|line| serde_json::from_str::<Value>(&line).ok());
        let verdicts = events.filter(|event| event["type"] == "check.transition").take(2);
        let verdicts: Vec<Value> = verdicts.collect();
        child.kill().unwrap();
        child.wait().unwrap();
        let of = |name: &str| {
            let found = verdicts.iter().find(|event| event["data"]["check"] == name);
            found.unwrap_or_else(|| panic!("{name}: {verdicts:?}"))["data"].clone()
        };
        assert_eq!(of(own)["to"], "up", "{situation}");
        assert_eq!(of(other)["to"], "down", "{situation}");
        let reason = of(other)["reason"].as_str().unwrap().to_owned();
        assert!(reason.contains("CAP_SETUID and CAP_SETGID"), "{reason}");
    }
}
