//! `ha sniff` over the committed captures, and live on a veth with tcpdump as second witness.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use ha::wire::packet::Link;
use ha::wire::pcap;
use serde_json::Value;

fn capture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/captures").join(name)
}

fn sniff(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ha")).arg("sniff").args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn json_lines(bytes: &[u8]) -> Vec<Value> {
    text(bytes).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Writes a capture of raw IPv4 packets.
fn write_capture(path: &Path, packets: &[Vec<u8>]) {
    let mut file = pcap::file_header(Link::Ip);
    for packet in packets {
        file.extend(pcap::record(1_700_000_000_000_000_000, packet.len(), packet));
    }
    fs::write(path, file).unwrap();
}

/// A version 2 advert of VRID 51 without authentication, in its IPv4 packet.
fn advert() -> Vec<u8> {
    let header = ha::wire::ipv4::Header {
        source: "192.0.2.1".parse().unwrap(),
        destination: ha::wire::vrrp::GROUP_V4,
        tos: 0xc0,
        identification: 1,
        dont_fragment: false,
        ttl: 255,
        protocol: 112,
    };
    header.emit(&[0x21, 51, 100, 0, 0, 1, 0x7a, 0xcb, 0, 0, 0, 0, 0, 0, 0, 0])
}

#[test]
fn lines_are_aligned_fit_a_hundred_columns_and_hide_passwords() {
    let path = capture("keepalived-v2.pcap");
    let output = sniff(&["-r", path.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0));
    let lines = text(&output.stdout);
    assert_eq!(lines.lines().count(), 20);
    assert!(lines.lines().all(|line| line.chars().count() <= 100), "{lines}");
    assert!(!lines.contains("secret"));
    let mut lines = lines.lines();
    assert_eq!(
        lines.next().unwrap(),
        "13:27:17.985908 192.0.2.1       v2 vrid  51 prio 254     1s  ok  192.0.2.51 192.0.2.52"
    );
    assert_eq!(
        lines.next().unwrap(),
        "13:27:17.986072 192.0.2.51      is at 02:00:00:00:00:01  vrid 51  gratuitous arp"
    );
    assert_eq!(
        lines.last().unwrap(),
        "13:27:21.924059 192.0.2.1       v2 vrid  53 prio   0     1s  ok  stops ah seq 5 192.0.2.54"
    );
    let summary = text(&output.stderr);
    assert!(
        summary.starts_with("12 adverts from 3 routers, 8 announcing an address\n"),
        "{summary}"
    );
}

#[test]
fn json_has_one_line_for_each_advert_with_every_field() {
    let path = capture("keepalived-v3.pcap");
    let output = sniff(&["-r", path.to_str().unwrap(), "--json"]);
    let lines = json_lines(&output.stdout);
    assert_eq!(lines.len(), 18);
    assert_eq!(
        lines[0],
        serde_json::json!({
            "v": 1, "type": "sniff.advert", "time": "2026-11-23T13:27:25.623449Z", "data": {
            "interface": null, "source_mac": "02:00:00:00:00:01", "vlans": [],
            "source": "192.0.2.1", "destination": "224.0.0.18", "ttl": 255, "tos": 192,
            "version": 3, "vrid": 61, "priority": 254, "advertisement_interval_us": 500_000,
            "auth": null, "checksum": "pseudo_header", "checksum_field": 43388, "reserved": 0,
            "trailing": 0, "addresses": ["192.0.2.61", "192.0.2.62"],
            "verdict": "accepted", "detail": null,
        }})
    );
    let both = sniff(&["-r", path.to_str().unwrap(), "--json", "--announcements"]);
    let lines = json_lines(&both.stdout);
    let announced = lines.iter().filter(|line| line["type"] == "sniff.announcement").count();
    assert_eq!((lines.len(), announced), (28, 10));
}

#[test]
fn the_summary_alone_goes_to_stdout() {
    let path = capture("frr-v3.pcap");
    let output = sniff(&["-r", path.to_str().unwrap(), "--summary", "--json"]);
    assert!(output.stderr.is_empty());
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&summary["adverts"], &summary["invalid"]), (&17.into(), &0.into()));
    let sources: Vec<_> =
        summary["routers"].as_array().unwrap().iter().map(|r| &r["source"]).collect();
    assert_eq!(sources, ["198.51.100.1", "fe80::200:5eff:fe00:205"]);
}

#[test]
fn what_is_wrong_is_named_and_never_fatal() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wrong.pcap");
    let mut packets = vec![advert(); 6];
    packets[1][20 + 6] ^= 1;
    packets[2][20] = 0x41;
    packets[3][20] = 0x22;
    packets[4][20 + 3] = 9;
    packets[5].truncate(24);
    write_capture(&path, &packets);
    let path = path.to_str().unwrap();

    let output = sniff(&["-r", path, "--json"]);
    assert_eq!(output.status.code(), Some(0));
    let lines = json_lines(&output.stdout);
    let verdicts: Vec<_> =
        lines.iter().map(|line| line["data"]["verdict"].as_str().unwrap()).collect();
    assert_eq!(verdicts, ["accepted", "checksum", "version", "type", "length", "malformed"]);
    assert_eq!(
        lines[4]["data"]["detail"],
        "16 bytes are less than the 52 of an advert with 9 addresses"
    );
    assert_eq!(
        (&lines[4]["data"]["vrid"], &lines[4]["data"]["priority"]),
        (&51.into(), &100.into())
    );

    let output = sniff(&["-r", path, "--fail-on-invalid"]);
    assert_eq!(output.status.code(), Some(1));
    let lines = text(&output.stdout);
    assert!(lines.contains("BAD checksum 0x7bcb is wrong"), "{lines}");
    assert!(lines.contains("malformed: IPv4 total length 36 does not fit"), "{lines}");
}

#[test]
fn a_damaged_capture_gives_what_it_has_and_exits_with_3() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut.pcap");
    let whole = fs::read(capture("keepalived-v2.pcap")).unwrap();
    fs::write(&path, &whole[..whole.len() - 10]).unwrap();
    let output = sniff(&["-r", path.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(text(&output.stdout).lines().count(), 19);
    let complaint = text(&output.stderr);
    assert!(complaint.contains("it ends in the middle of a packet"), "{complaint}");
}

#[test]
fn what_is_written_reads_back_from_stdin_and_the_count_ends_it() {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.pcap");
    let original = capture("keepalived-v2.pcap");
    let written =
        sniff(&["-r", original.to_str().unwrap(), "-w", copy.to_str().unwrap(), "-c", "7"]);
    let mut child = Command::new(env!("CARGO_BIN_EXE_ha"))
        .args(["sniff", "-r", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&fs::read(&copy).unwrap()).unwrap();
    let read = child.wait_with_output().unwrap();
    assert_eq!(text(&read.stdout).lines().count(), 7);
    assert_eq!(text(&read.stdout), text(&written.stdout));
}

#[test]
fn pcapng_keeps_interface_nanoseconds_and_the_verdict_of_each_packet() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (folder.path().join("wrong.pcap"), folder.path().join("out.pcapng"));
    let mut packets = vec![advert(); 2];
    packets[1][20 + 6] ^= 1;
    write_capture(&first, &packets);
    let (first, second) = (first.to_str().unwrap(), second.to_str().unwrap());
    let shown = sniff(&["-r", first, "-w", second]);
    assert_eq!(shown.status.code(), Some(0), "{}", text(&shown.stderr));
    let again = sniff(&["-r", second]);
    assert_eq!(text(&again.stdout), text(&shown.stdout));
    // Through a pipe, which has nothing but the capture.
    let piped = sniff(&["-r", first, "-w", "-"]);
    assert_eq!(piped.stdout, fs::read(second).unwrap());

    let mut tshark = Command::new("tshark");
    tshark.args(["-r", second, "-T", "fields", "-e", "frame.time_epoch", "-e", "frame.comment"]);
    let Ok(witness) = tshark.output() else {
        println!("SKIP: pcapng_keeps_interface_nanoseconds: tshark is not installed");
        return;
    };
    assert_eq!(
        text(&witness.stdout),
        "1700000000.000000000\tok\n\
         1700000000.000000000\tchecksum: checksum 0x7bcb is wrong\n"
    );
}

#[test]
fn a_cut_capture_shows_what_it_kept_and_blames_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut.pcap");
    let whole = advert();
    let mut file = pcap::file_header(Link::Ip);
    for kept in [whole.len(), 30, 10] {
        file.extend(pcap::record(0, whole.len(), &whole[..kept]));
    }
    fs::write(&path, file).unwrap();
    let path = path.to_str().unwrap();
    let output = sniff(&["-r", path, "--json"]);
    let lines = json_lines(&output.stdout);
    let verdicts: Vec<_> = lines.iter().map(|line| &line["data"]["verdict"]).collect();
    assert_eq!(verdicts, ["accepted", "truncated", "malformed"]);
    assert_eq!(lines[1]["data"]["vrid"], 51);
    assert_eq!(lines[1]["data"]["detail"], "6 bytes of it were not captured");
    assert_eq!(lines[2]["data"]["detail"], "the capture has only 10 of its 36 bytes");
}

#[test]
fn whose_checks_count_can_be_chosen() {
    let path = capture("keepalived-v3.pcap");
    let verdicts = |rules: &str| -> Vec<(bool, String)> {
        let output = sniff(&["-r", path.to_str().unwrap(), "--json", "--as", rules]);
        let lines = json_lines(&output.stdout);
        let one = |line: &Value| {
            let data = &line["data"];
            let ipv4 = data["source"].as_str().unwrap().contains('.');
            (ipv4, data["verdict"].as_str().unwrap().to_owned())
        };
        lines.iter().map(one).collect()
    };
    assert!(verdicts("keepalived").iter().all(|(_, verdict)| verdict == "accepted"));
    // keepalived sums a pseudo header over IPv4, where RFC 9568 has none.
    for (ipv4, verdict) in verdicts("rfc9568") {
        assert_eq!(verdict, if ipv4 { "checksum" } else { "accepted" });
    }
    assert!(verdicts("rfc3768").iter().all(|(_, verdict)| verdict == "version"));
}

#[test]
fn carp_is_shown_as_another_protocol() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("carp.pcap");
    let mut packet = advert();
    packet.truncate(20);
    let mut carp = vec![0x21, 9, 100, 7, 0, 1, 0, 0];
    carp.resize(36, 0);
    packet.extend(carp);
    packet[2..4].copy_from_slice(&56_u16.to_be_bytes());
    write_capture(&path, &[packet]);
    let output = sniff(&["-r", path.to_str().unwrap(), "--json"]);
    let lines = json_lines(&output.stdout);
    assert_eq!((&lines[0]["type"], &lines[0]["data"]["vhid"]), (&"sniff.carp".into(), &9.into()));
    let people = text(&sniff(&["-r", path.to_str().unwrap()]).stdout);
    assert!(people.contains("CARP vhid   9 skew 100     1s  not VRRP"), "{people}");
}

#[test]
fn memory_does_not_grow_with_the_capture() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_ha"))
        .args(["sniff", "-r", "-", "--summary", "--json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = child.stdin.take().unwrap();
    pipe.write_all(&pcap::file_header(Link::Ip)).unwrap();
    let thousand = pcap::record(1_700_000_000_000_000_000, 36, &advert()).repeat(1_000);
    for _ in 0..500 {
        pipe.write_all(&thousand).unwrap();
    }
    // All but what is in the pipe was read; the process still waits for more.
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let kib: u64 = most.trim().trim_end_matches(" kB").parse().unwrap();
    drop(pipe);
    let summary: Value = serde_json::from_slice(&child.wait_with_output().unwrap().stdout).unwrap();
    assert_eq!(summary["adverts"], 500_000);
    assert!(kib <= 32 << 10, "{kib} KiB");
}

/// Writes a capture of raw IPv4 packets, each so many milliseconds after the first.
fn write_story(path: &Path, packets: &[(u64, Vec<u8>)]) {
    let mut file = pcap::file_header(Link::Ip);
    for (millis, packet) in packets {
        let nanos = 1_700_000_000_000_000_000 + millis * 1_000_000;
        file.extend(pcap::record(nanos, packet.len(), packet));
    }
    fs::write(path, file).unwrap();
}

/// A version 2 advert of VRID 51 for 192.0.2.100 from a host.
fn said(host: u8, priority: u8) -> Vec<u8> {
    let source = std::net::Ipv4Addr::new(192, 0, 2, host);
    let advert = ha::wire::vrrp::Advert {
        version: ha::wire::vrrp::Version::V2,
        vrid: 51,
        priority,
        advertisement_interval: std::time::Duration::from_secs(1),
        auth: ha::wire::vrrp::Auth::None,
        addresses: vec!["192.0.2.100".parse().unwrap()],
    };
    let group = ha::wire::vrrp::GROUP_V4;
    let variant = ha::wire::vrrp::ChecksumVariant::PseudoHeader;
    let message = advert.emit(source.into(), group.into(), variant);
    let header = ha::wire::ipv4::Header {
        source,
        destination: group,
        tos: 0xc0,
        identification: 1,
        dont_fragment: false,
        ttl: 255,
        protocol: 112,
    };
    header.emit(&message)
}

/// Two masters for three seconds, then one.
fn split_brain() -> Vec<(u64, Vec<u8>)> {
    let mut story: Vec<_> = (0..10).map(|n| (n * 1_000, said(1, 200))).collect();
    story.extend((2..5).map(|n| (n * 1_000 + 300, said(2, 100))));
    story.sort_by_key(|(millis, _)| *millis);
    story
}

#[test]
fn findings_stand_between_the_packets_and_in_the_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("split.pcap");
    write_story(&path, &split_brain());
    let path = path.to_str().unwrap();

    let plain = sniff(&["-r", path]);
    assert_eq!((plain.status.code(), text(&plain.stdout).lines().count()), (Some(0), 13));
    let told = sniff(&["-r", path, "--findings", "--fail-on-finding"]);
    assert_eq!(told.status.code(), Some(1));
    let lines = text(&told.stdout);
    let marked: Vec<&str> = lines
        .lines()
        .filter(|line| line.contains(" -> ") || line.contains(" !! ") || line.contains(" == "))
        .collect();
    assert_eq!(
        marked,
        [
            "22:13:20.000000 -> vrid 51: 192.0.2.1 is master, priority 200: the first seen",
            "22:13:24.000000 !! vrid 51: split brain: 192.0.2.1 (200) and 192.0.2.2 (100) are master at once",
            "22:13:28.000000 == vrid 51: the split brain ended after 2.000s",
        ]
    );
    assert!(lines.lines().all(|line| line.chars().count() <= 100), "{lines}");

    let json = sniff(&["-r", path, "--findings", "--json"]);
    let findings = json_lines(&json.stdout);
    let finding = findings.iter().find(|line| line["type"] == "sniff.finding").unwrap();
    assert_eq!(finding["data"]["finding"], "split_brain");
    assert_eq!(finding["data"]["packets"], serde_json::json!([4, 7, 6]));
}

#[test]
fn watch_tells_findings_alone_and_ends_with_1() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("split.pcap");
    write_story(&path, &split_brain());
    let output = sniff(&["watch", "-r", path.to_str().unwrap(), "--json"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    let kinds: Vec<_> =
        json_lines(&output.stdout).iter().map(|line| line["type"].to_string()).collect();
    assert_eq!(kinds, ["\"sniff.transition\"", "\"sniff.finding\"", "\"sniff.finding\""]);
    for healthy in ["keepalived-v2.pcap", "keepalived-v3.pcap", "frr-v3.pcap"] {
        let output = sniff(&["watch", "-r", capture(healthy).to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(0), "{healthy}: {}", text(&output.stdout));
    }
}

#[test]
fn the_census_names_every_virtual_router_and_what_is_free() {
    let path = capture("keepalived-v3.pcap");
    let output = sniff(&["vrids", "-r", path.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let lines = text(&output.stdout);
    assert!(lines.contains("  61 ipv4          3"), "{lines}");
    assert!(lines.ends_with("free: 1-60, 62, 64-255\n"), "{lines}");
    let json = sniff(&["vrids", "-r", path.to_str().unwrap(), "--json"]);
    let census: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(census["free"].as_array().unwrap().len(), 253);
}

#[test]
fn the_summary_tells_masters_changes_and_punctuality() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("story.pcap");
    let mut story: Vec<_> = (0..5).map(|n| (n * 1_000, said(1, 200))).collect();
    story.push((4_500, said(1, 0)));
    story.extend((0..4).map(|n| (5_100 + n * 1_000, said(2, 100))));
    write_story(&path, &story);
    let output = sniff(&["-r", path.to_str().unwrap(), "--summary", "--json"]);
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    let router = &summary["virtual_routers"][0];
    assert_eq!(router["master"]["source"], "192.0.2.2");
    assert_eq!(router["history"][1]["cause"], "master_stopped");
    assert_eq!(router["history"][1]["took_us"], 600_000);
    assert_eq!(router["history"][1]["limit_us"], 609_375);
    assert_eq!(summary["findings"], 0);
    let first = &summary["routers"][0];
    assert_eq!((&first["interval_p50_us"], &first["missed"]), (&1_000_000.into(), &0.into()));
}

/// A network namespace with a veth between `ha0` and `ha1`, gone when dropped.
struct Namespace(String);

impl Namespace {
    fn new() -> Option<Self> {
        let name = format!("hasniff-{}", std::process::id());
        let ip = |arguments: &str| {
            let status =
                Command::new("ip").args(arguments.split(' ')).stderr(Stdio::null()).status();
            status.is_ok_and(|status| status.success())
        };
        if !ip(&format!("netns add {name}")) {
            return None;
        }
        let namespace = Self(name.clone());
        let made = ip(&format!("-n {name} link add ha0 type veth peer name ha1"))
            && ip(&format!("-n {name} addr add 192.0.2.1/24 dev ha0"))
            && ip(&format!("-n {name} link set ha0 up"))
            && ip(&format!("-n {name} link set ha1 up"));
        made.then_some(namespace)
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.0, program]).args(arguments);
        command
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        let _ = Command::new("ip").args(["netns", "del", &self.0]).status();
    }
}

/// Sends `count` adverts out of `ha0`, as raw IP packets of protocol 112.
const SEND: &str = r"
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, 112)
s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
s.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, 0xc0)
s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton('192.0.2.1'))
for _ in range(int(sys.argv[1])):
    s.sendto(bytes([0x21, 51, 100, 0, 0, 1, 0x7a, 0xcb] + [0] * 8), ('224.0.0.18', 0))
";

fn stop(child: &Child) {
    let status = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(status.unwrap().success());
}

#[test]
fn live_capture_agrees_with_tcpdump_and_ends_cleanly_on_ctrl_c() {
    let Some(namespace) = Namespace::new() else {
        println!("SKIP: live_capture_agrees_with_tcpdump: needs root and ip netns");
        return;
    };
    let Ok(mut tcpdump) = namespace
        .command("tcpdump", &["-n", "-l", "-i", "ha1", "-c", "5", "ip proto 112"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
    else {
        println!("SKIP: live_capture_agrees_with_tcpdump: tcpdump is not installed");
        return;
    };
    let mut listening = String::new();
    let mut stderr = BufReader::new(tcpdump.stderr.take().unwrap());
    while !listening.contains("listening on") {
        listening.clear();
        if stderr.read_line(&mut listening).unwrap() == 0 {
            println!("SKIP: live_capture_agrees_with_tcpdump: tcpdump cannot listen here");
            return;
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("live.pcap");
    // Both ends: what leaves one arrives at the other.
    let mut sniffer = namespace
        .command(env!("CARGO_BIN_EXE_ha"), &["sniff", "-i", "ha0", "ha1", "--json", "-w"])
        .arg(&file)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(sniffer.stdout.take().unwrap()).lines();
    wait_for_sockets(&namespace, 3);
    let sent = namespace.command("python3", &["-c", SEND, "5"]).status().unwrap();
    assert!(sent.success());
    let shown: Vec<Value> =
        lines.by_ref().take(10).map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect();
    stop(&sniffer);
    let rest: Vec<String> = lines.map(Result::unwrap).collect();
    let end = sniffer.wait_with_output().unwrap();
    assert_eq!(end.status.code(), Some(0), "{}", text(&end.stderr));
    assert!(text(&end.stderr).contains("adverts from 2 routers"), "{}", text(&end.stderr));

    let on = |name: &str| shown.iter().filter(|line| line["data"]["interface"] == name).count();
    assert_eq!((on("ha0"), on("ha1")), (5, 5), "{shown:?}");
    assert!(rest.is_empty(), "{rest:?}");
    assert!(
        shown
            .iter()
            .all(|line| line["data"]["verdict"] == "accepted" && line["data"]["vrid"] == 51)
    );
    let witness = text(&tcpdump.wait_with_output().unwrap().stdout);
    assert_eq!(witness.matches("VRRPv2, Advertisement, vrid 51").count(), 5, "{witness}");
    // The file has what was shown.
    let again = sniff(&["-r", file.to_str().unwrap(), "--json"]);
    assert_eq!(json_lines(&again.stdout).len(), 10);
}

/// Wait until the kernel lists this many packet sockets that take all protocols.
fn wait_for_sockets(namespace: &Namespace, count: usize) {
    for _ in 0..1_000 {
        let listed = namespace.command("cat", &["/proc/net/packet"]).output().unwrap();
        let bound = |line: &&str| line.split_whitespace().nth(3) == Some("0003");
        if text(&listed.stdout).lines().filter(bound).count() >= count {
            return;
        }
    }
    panic!("the sniffer does not listen");
}
