//! Readers that do not read, disks that are full, and many routers at once.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::os::fd::AsFd;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::crash::Site;
use crate::hosts::{Node, VIP_NET, adverts, assert_on_time, by_port, index, instance};
use crate::support::machine::Machine;
use crate::support::{Namespace, SOON, can_run, wait_until};

/// A pipe that is full and stays so.
fn full_pipe() -> (std::io::PipeReader, std::io::PipeWriter) {
    use nix::fcntl::{FcntlArg, OFlag, fcntl};
    let (reader, mut writer) = std::io::pipe().unwrap();
    fcntl(writer.as_fd(), FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).unwrap();
    while writer.write(&[b'x'; 4096]).is_ok() {}
    while writer.write(b"x").is_ok() {}
    fcntl(writer.as_fd(), FcntlArg::F_SETFL(OFlag::empty())).unwrap();
    (reader, writer)
}

/// `ha` of which nobody reads anything; killed when dropped.
struct Unread {
    child: Child,
    directory: tempfile::TempDir,
    _readers: [std::io::PipeReader; 2],
}

impl Unread {
    /// `ha run` with this configuration.
    fn run(host: &Namespace, configuration: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("ha.conf");
        fs::write(&file, configuration).unwrap();
        let (file, state) = (file.display(), directory.path().join("state"));
        let words = format!("run -f {file} --state-dir {}", state.display());
        Self::start(host, &words, directory)
    }

    fn start(host: &Namespace, words: &str, directory: tempfile::TempDir) -> Self {
        let ((reader, output), (other, error)) = (full_pipe(), full_pipe());
        let mut command = host.command(env!("CARGO_BIN_EXE_ha"));
        command.args(["--json", "--log", "trace"]).args(words.split_whitespace());
        let child = command.stdin(Stdio::null()).stdout(output).stderr(error).spawn().unwrap();
        Self { child, directory, _readers: [reader, other] }
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().cast_signed()), signal).unwrap();
    }
}

impl Drop for Unread {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
fn a_reader_that_does_not_read_holds_up_nothing() {
    if !can_run("blocked readers") {
        return;
    }
    let site = Site::new();
    let (machine, heard) = (Machine::watch(), adverts(&site.hub));
    // Its warnings, its complaints and its events have nowhere to go.
    let configuration = format!("no_such_keyword\n{}", instance(150, "0.1"));
    let mut run = Unread::run(&site.a, &instance(150, "0.1"));
    wait_until(SOON, "it is master", || site.a.has("lan0", VIP_NET));
    let begin = heard.so_far().len();
    for round in 0..30 {
        let text = if round % 2 == 0 { configuration.clone() } else { instance(150, "0.1") };
        fs::write(run.directory.path().join("ha.conf"), text).unwrap();
        run.signal(Signal::SIGHUP);
        drop(
            Command::new("ip")
                .args(["-n", &site.a.name, "addr", "del", VIP_NET, "dev", "lan0"])
                .stderr(Stdio::null())
                .status(),
        );
        let adverts = heard.so_far().len();
        wait_until(SOON, "it advertises", || heard.so_far().len() > adverts);
    }
    wait_until(SOON, "the address is back", || site.a.has("lan0", VIP_NET));
    let own = &by_port(&heard.finish()[begin..])[&index(&site.hub, "port0")];
    assert_on_time(own, Duration::from_millis(100), &machine);
    let status = Command::new(env!("CARGO_BIN_EXE_ha"))
        .args(["--json", "status", "--state-dir"])
        .arg(run.directory.path().join("state"))
        .output()
        .unwrap();
    let status: serde_json::Value = serde_json::from_slice(&status.stdout).unwrap();
    assert_eq!(status["instances"][0]["state"], "master");
    run.signal(Signal::SIGTERM);
    wait_until(SOON, "it ends", || run.child.try_wait().unwrap().is_some());
    assert!(!site.a.has("lan0", VIP_NET));
}

#[test]
fn a_process_that_failed_ends_even_when_nobody_reads_why() {
    if !can_run("unread last words") {
        return;
    }
    let site = Site::new();
    let words = format!("vrrp run -i lan0 --vrid 51 --vip {VIP_NET} --record /dev/full");
    let mut router = Unread::start(&site.a, &words, tempfile::tempdir().unwrap());
    wait_until(SOON, "it is master", || site.a.has("lan0", VIP_NET));
    router.signal(Signal::SIGTERM);
    let mut ended = None;
    wait_until(SOON, "it ends", || {
        ended = router.child.try_wait().unwrap();
        ended.is_some()
    });
    assert_eq!(ended.unwrap().code(), Some(5), "the recording is not whole");
    assert!(!site.a.has("lan0", VIP_NET));
}

/// A small file system that is full from now on; unmounted when dropped.
struct FullDisk(std::path::PathBuf);

impl FullDisk {
    fn mount(place: &std::path::Path) -> Option<Self> {
        fs::create_dir_all(place).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=64k", "none"]).arg(place);
        mount.status().is_ok_and(|status| status.success()).then(|| Self(place.to_owned()))
    }

    fn fill(&self) {
        let mut file = fs::File::create(self.0.join("filler")).unwrap();
        while file.write_all(&[0; 512]).is_ok() {}
    }
}

impl Drop for FullDisk {
    fn drop(&mut self) {
        drop(Command::new("umount").args(["-l"]).arg(&self.0).status());
    }
}

#[test]
fn a_full_disk_keeps_neither_a_start_nor_a_restart_from_serving() {
    if !can_run("full disk") {
        return;
    }
    let site = Site::new();
    let (mut first, _second) = site.start("0.2");
    let Some(disk) = FullDisk::mount(&first.directory.path().join("state")) else {
        println!("SKIP: full disk: mount is not permitted");
        return;
    };
    first.run.signal(Signal::SIGTERM);
    first.run.wait();
    first.start_again(&site.a);
    first.run.wait_state("master");
    disk.fill();
    first.crash();
    first.wait_status("master");
    first.run.signal(Signal::SIGTERM);
    assert!(first.run.wait().success());
    first.start_again(&site.a);
    first.run.wait_state("master");
}

#[test]
fn what_lies_in_the_state_directory_can_be_anything() {
    if !can_run("garbage") {
        return;
    }
    let site = Site::new();
    let (mut first, _second) = site.start("0.2");
    first.run.signal(Signal::SIGTERM);
    first.run.wait();
    let state = first.directory.path().join("state");
    for (name, garbage) in [
        ("run.pid", "999999999999 x"),
        ("vrrp.addresses", "1 2 3\n\0"),
        ("control.sock", "no socket"),
    ] {
        fs::write(state.join(name), garbage).unwrap();
    }
    fs::write(state.join("vrrp.lease"), [0xff; 5000]).unwrap();
    first.start_again(&site.a);
    first.run.wait_state("master");
}

#[test]
fn maintenance_outlives_a_crash() {
    if !can_run("maintenance") {
        return;
    }
    let site = Site::new();
    let (first, second) = site.start("0.2");
    let asked = Command::new(env!("CARGO_BIN_EXE_ha"))
        .args(["ctl", "maintenance", "on", "VI_1", "--state-dir"])
        .arg(first.directory.path().join("state"))
        .status();
    assert!(asked.unwrap().success());
    second.run.wait_state("master");
    first.crash();
    first.wait_status("fault");
    let before = first.run.transitions_to("master").len();
    second.wait_status("master");
    assert_eq!(before, 1, "it came back although the operator had taken it out");
}

#[test]
fn two_hundred_instances_are_elected_together_and_advertise_on_time() {
    if !can_run("two hundred instances") {
        return;
    }
    let site = Site::new();
    let mut text = String::new();
    for number in 1..=200 {
        write!(
            text,
            "vrrp_instance VI_{number} {{\n version 3\n interface lan0\n \
             virtual_router_id {number}\n priority 100\n advert_int 0.2\n \
             virtual_ipaddress {{ 10.9.1.{number}/32 }}\n}}\n"
        )
        .unwrap();
    }
    let (machine, heard) = (Machine::watch(), adverts(&site.hub));
    let started = std::time::Instant::now();
    let node = Node::start(&site.a, &text);
    wait_until(SOON, "all addresses are up", || {
        site.a.addresses("lan0").iter().filter(|a| a.starts_with("10.9.1.")).count() == 200
    });
    println!("200 instances served after {:?}", started.elapsed());
    let begin = heard.so_far().len();
    wait_until(SOON, "they advertise", || heard.so_far().len() >= begin + 2 * 200 * 10);
    // The bridge shows once more what its port received.
    let heard = &by_port(&heard.finish()[begin..])[&index(&site.hub, "port0")];
    for vrid in 1..=200 {
        let own: Vec<_> = heard.iter().filter(|a| a.vrid == vrid).copied().collect();
        assert_on_time(&own, Duration::from_millis(200), &machine);
    }
    node.crash();
    assert!((1..=200).all(|number| site.a.has("lan0", &format!("10.9.1.{number}/32"))));
    assert_eq!(node.state("VI_200"), "master");
}
