//! The examples of README.md are run as they are typed. Each `sh` block stands after a comment that
//! says how: `run`, `run as root`, `network` (on a host of its own in a network namespace, netns),
//! or `not run: REASON`.

mod support;

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use support::{Namespace, SOON, can_run, veth};

const README: &str = include_str!("../README.md");
const TUTORIAL: &str = include_str!("config/tutorial.conf");

/// One block: how it is to be run, and its lines.
struct Block {
    manner: String,
    lines: Vec<String>,
}

fn blocks() -> Vec<Block> {
    let mut found = Vec::new();
    let mut before = "";
    let mut lines = README.lines();
    while let Some(line) = lines.next() {
        if line == "```sh" {
            let manner = before.strip_prefix("<!-- ").and_then(|text| text.strip_suffix(" -->"));
            let manner = manner.unwrap_or_else(|| panic!("no comment before a block: {before}"));
            let body = lines.by_ref().take_while(|line| *line != "```").map(str::to_owned);
            found.push(Block { manner: manner.to_owned(), lines: body.collect() });
        }
        before = line;
    }
    found
}

/// Lines of the blocks to be run in this `manner`.
fn examples(manner: &str) -> Vec<String> {
    let wanted = blocks().into_iter().filter(|block| block.manner == manner);
    wanted.flat_map(|block| block.lines).collect()
}

/// A folder with the files that examples name.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    let second = TUTORIAL.replace("MASTER", "BACKUP").replace("priority 100", "priority 90");
    write("keepalived.conf", TUTORIAL);
    write("lb1.conf", TUTORIAL);
    write("lb2.conf", &second);
    let captures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/captures");
    fs::copy(captures.join("keepalived-v2.pcap"), folder.path().join("capture.pcap")).unwrap();
    folder
}

/// `line` as a shell in `folder` runs it, with the `ha` under test.
fn shell(line: &str, folder: &Path) -> Command {
    let program = Path::new(env!("CARGO_BIN_EXE_ha")).parent().unwrap().to_owned();
    let mut path = vec![program];
    path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    let mut command = Command::new("sh");
    command.args(["-c", line]).current_dir(folder).stdin(Stdio::null());
    command.env("PATH", std::env::join_paths(path).unwrap());
    command
}

fn has_jq(test: &str) -> bool {
    let found = Command::new("jq").arg("--version").output().is_ok();
    if !found {
        println!("SKIP: {test}: jq is not installed");
    }
    found
}

fn must_succeed(line: &str, folder: &Path) -> String {
    let output = shell(line, folder).output().expect("sh starts");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{line}\n{error}");
    assert!(!error.contains("jq: "), "{line}\n{error}");
    String::from_utf8(output.stdout).expect("output is text")
}

#[test]
fn every_block_says_how_it_is_run() {
    for Block { manner, lines } in blocks() {
        let known = ["run", "run as root", "network"].contains(&manner.as_str());
        assert!(known || manner.starts_with("not run: "), "{manner}");
        assert!(!lines.is_empty(), "{manner}");
    }
}

#[test]
fn examples_without_privileges_do_what_they_say() {
    if !has_jq("examples_without_privileges_do_what_they_say") {
        return;
    }
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback works");
    let port = listener.local_addr().unwrap().port().to_string();
    let folder = folder();
    let examples = examples("run");
    assert!(examples.len() > 8, "only {examples:?}");
    for line in examples {
        let output = must_succeed(&line.replace("8080", &port), folder.path());
        let silent = line.contains(r#"verdict != "accepted""#);
        assert_eq!(output.is_empty(), silent, "{line}\n{output}");
    }
}

#[test]
fn examples_for_root_do_what_they_say() {
    let name = "examples_for_root_do_what_they_say";
    if !can_run(name) || !has_jq(name) {
        return;
    }
    let folder = folder();
    for line in examples("run as root") {
        assert!(!must_succeed(&line, folder.path()).is_empty(), "{line}");
    }
}

#[test]
fn examples_on_a_network_write_something_and_end_when_asked_to() {
    let name = "examples_on_a_network_write_something_and_end_when_asked_to";
    if !can_run(name) || !has_jq(name) {
        return;
    }
    let (host, peer) = (Namespace::new(), Namespace::new());
    veth((&host, "eth0"), (&peer, "eth0"));
    host.ip("addr add 192.0.2.1/24 dev eth0");
    peer.ip("addr add 192.0.2.2/24 dev eth0");
    let other = peer.ha("vrrp run -i eth0 --vrid 51 --priority 90 --vip 192.0.2.150/24 --json");
    other.wait_state("master");
    let folder = folder();
    for line in examples("network") {
        let inner = shell(&line, folder.path());
        let mut command = host.command("sh");
        command.args(["-c", &line]).current_dir(folder.path()).process_group(0);
        command.envs(inner.get_envs().filter_map(|(key, value)| Some((key, value?))));
        let mut child = command.stdout(Stdio::piped()).spawn().expect("sh starts");
        let output = BufReader::new(child.stdout.take().unwrap());
        let (sender, first) = mpsc::channel();
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                drop(sender.send(line));
            }
        });
        first.recv_timeout(SOON).unwrap_or_else(|_| panic!("no output: {line}"));
        // What runs until it is asked to end is asked now; the rest is left alone.
        let endless = line.contains("vrrp run") || line == "ha sniff -i eth0";
        if endless {
            killpg(Pid::from_raw(child.id().cast_signed()), Signal::SIGTERM).expect("it runs");
        }
        let status = child.wait().expect("it ends");
        assert!(endless || status.success(), "{line}: {status}");
    }
}
