//! `ha sniff` against second witnesses and real daemons: tshark reads the same packets, and what is
//! wrong on a segment of hosts in network namespaces (netns) is found with the right parties.

mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::sys::signal::Signal;
use serde_json::{Value, json};

use support::{Namespace, Process, bridge, can_run};

/// What tshark calls the fields, in the order of [`row`]. The families have their own names.
const FIELDS: [&str; 21] = [
    "frame.time_epoch",
    "eth.src",
    "sll.src.eth",
    "ip.src",
    "ipv6.src",
    "ip.dst",
    "ipv6.dst",
    "ip.ttl",
    "ipv6.hlim",
    "ip.dsfield",
    "ipv6.tclass",
    "vrrp.version",
    "vrrp.virt_rtr_id",
    "vrrp.prio",
    "vrrp.adver_int",
    "vrrp.short_adver_int",
    "vrrp.auth_type",
    "vrrp.checksum",
    "vrrp.ip_addr",
    "vrrp.ipv6_addr",
    "ah.sequence",
];

/// Every advert of a capture as tshark reads it.
fn tshark(path: &Path) -> Option<Vec<Value>> {
    let mut command = Command::new("tshark");
    command.arg("-r").arg(path).args(["-Y", "vrrp", "-T", "fields", "-E", "separator=|"]);
    for field in FIELDS {
        command.args(["-e", field]);
    }
    let output = command.stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).unwrap();
    Some(text.lines().map(|line| row(&line.split('|').collect::<Vec<_>>())).collect())
}

fn number(text: &str) -> Value {
    let digits = text.strip_prefix("0x");
    let number = match digits {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    };
    json!(number)
}

fn row(fields: &[&str]) -> Value {
    let either = |a: usize| if fields[a].is_empty() { fields[a + 1] } else { fields[a] };
    let words =
        |text: &str| json!(text.split(',').filter(|word| !word.is_empty()).collect::<Vec<_>>());
    let interval = match number(fields[14]).as_u64() {
        Some(seconds) => seconds * 1_000_000,
        None => number(fields[15]).as_u64().unwrap() * 10_000,
    };
    let (seconds, fraction) = fields[0].split_once('.').unwrap();
    json!({
        "time": format!("{seconds}.{}", &fraction[..6]),
        "source_mac": either(1),
        "source": either(3),
        "destination": either(5),
        "ttl": number(either(7)),
        "tos": number(either(9)),
        "version": number(fields[11]),
        "vrid": number(fields[12]),
        "priority": number(fields[13]),
        "advertisement_interval_us": interval,
        "auth": number(fields[16]),
        "checksum_field": number(fields[17]),
        "addresses": words(either(18)),
        "sequence": number(fields[20]),
    })
}

/// Seconds since 1970 of a time as event lines have it; the captures are all of one month.
fn epoch(time: &str) -> String {
    let output = Command::new("date").args(["-u", "-d", time, "+%s.%6N"]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Every advert of a capture as we read it, in the words of [`row`].
fn ours(path: &Path) -> Vec<Value> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ha"));
    let output = command.args(["sniff", "--json", "-r"]).arg(path).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let line = |line: &str| {
        let line: Value = serde_json::from_str(line).unwrap();
        let data = &line["data"];
        let auth = match &data["auth"] {
            Value::String(name) => json!(u8::from(name == "pass")),
            other => other["type"].clone(),
        };
        json!({
            "time": epoch(line["time"].as_str().unwrap()),
            "source_mac": data["source_mac"],
            "source": data["source"],
            "destination": data["destination"],
            "ttl": data["ttl"],
            "tos": data["tos"],
            "version": data["version"],
            "vrid": data["vrid"],
            "priority": data["priority"],
            "advertisement_interval_us": data["advertisement_interval_us"],
            "auth": auth,
            "checksum_field": data["checksum_field"],
            "addresses": data["addresses"],
            "sequence": data["ah"]["sequence"],
        })
    };
    text.lines().map(line).collect()
}

fn agrees_with_tshark(path: &Path) -> usize {
    let Some(theirs) = tshark(path) else { return 0 };
    let ours = ours(path);
    assert_eq!(ours.len(), theirs.len(), "{}", path.display());
    for (ours, theirs) in ours.iter().zip(&theirs) {
        assert_eq!(ours, theirs, "{}", path.display());
    }
    ours.len()
}

#[test]
fn tshark_reads_every_field_of_every_advert_the_same() {
    if Command::new("tshark").arg("--version").output().is_err() {
        println!("SKIP: tshark_reads_every_field: tshark is not installed");
        return;
    }
    // keepalived with none, PASS and AH, version 3, IPv6 and unicast; FRR with its own interface.
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/captures");
    let read: usize = ["keepalived-v2.pcap", "keepalived-v3.pcap", "frr-v3.pcap"]
        .iter()
        .map(|name| agrees_with_tshark(&folder.join(name)))
        .sum();
    assert_eq!(read, 47);
}

/// keepalived on a host, with its files in a folder of its own.
struct Keepalived {
    process: Process,
    _folder: tempfile::TempDir,
}

impl Keepalived {
    fn start(host: &Namespace, text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| folder.path().join(name);
        std::fs::write(file("k.conf"), text).unwrap();
        let mut command = host.command("keepalived");
        let option =
            |letter: &str, name: &str| [letter.to_owned(), file(name).display().to_string()];
        let options = [("-f", "k.conf"), ("-p", "k.pid"), ("-r", "r.pid"), ("-c", "c.pid")];
        command.args(["-n", "-G", "-P"]);
        command.args(options.iter().flat_map(|(letter, name)| option(letter, name)));
        command.stderr(Stdio::null());
        Self { process: Process::start(command), _folder: folder }
    }

    /// End it as an operator does.
    fn stop(mut self) {
        self.process.signal(Signal::SIGTERM);
        self.process.wait();
    }
}

fn configuration(priority: u8) -> String {
    format!(
        "vrrp_instance V {{\n  state BACKUP\n  interface lan0\n  virtual_router_id 51\n  \
         priority {priority}\n  advert_int 0.2\n  version 3\n  \
         virtual_ipaddress {{ 10.9.0.100/24 }}\n}}\n"
    )
}

fn isolate(hub: &Namespace, on: bool) {
    for port in ["port0", "port1"] {
        let state = if on { "on" } else { "off" };
        let mut bridge = hub.command("bridge");
        let status = bridge.args(["link", "set", "dev", port, "isolated", state]).status();
        assert!(status.unwrap().success());
    }
}

fn finding(event: &Value, kind: &str) -> bool {
    event["type"] == "sniff.finding" && event["data"]["finding"] == kind
}

#[test]
fn two_masters_of_real_daemons_are_found_with_their_parties_and_their_end() {
    if !can_run("two_masters_of_real_daemons")
        || Command::new("keepalived").arg("--version").output().is_err()
    {
        println!("SKIP: two_masters_of_real_daemons: keepalived is not installed");
        return;
    }
    let (a, b) = (Namespace::new(), Namespace::new());
    let hub = bridge(&[&a, &b]);
    a.ip("addr add 10.9.0.11/24 dev lan0");
    b.ip("addr add 10.9.0.12/24 dev lan0");
    let folder = tempfile::tempdir().unwrap();
    let file: PathBuf = folder.path().join("all.pcap");
    let writer = hub.ha(&format!("sniff -i br0 -w {}", file.display()));
    let mut watch = hub.ha("sniff watch -i br0 --json");
    let ours = a.ha(
        "vrrp run -i lan0 --vrid 51 --priority 200 --vip 10.9.0.100/24 --version 3 --advert 200ms \
         --src 10.9.0.11",
    );
    let first = watch.wait_for("a first master", |event| event["type"] == "sniff.transition");
    assert_eq!(first["data"]["to"], "10.9.0.11");

    isolate(&hub, true);
    let theirs = Keepalived::start(&b, &configuration(100));
    let split = watch.wait_for("a split brain", |event| finding(event, "split_brain"));
    let parties = split["data"]["parties"].as_array().unwrap();
    let mut parties: Vec<_> = parties.iter().map(|party| party["source"].clone()).collect();
    parties.sort_by_key(ToString::to_string);
    assert_eq!(parties, ["10.9.0.11", "10.9.0.12"]);

    // Whole again: the lower one steps back.
    isolate(&hub, false);
    let ended = watch.wait_for("its end", |event| finding(event, "split_brain_ended"));
    assert_eq!(ended["data"]["parties"][0]["source"], "10.9.0.11");
    drop(ours);
    let taken = watch.wait_for("a takeover", |event| {
        event["type"] == "sniff.transition"
            && event["data"]["to"] == "10.9.0.12"
            && event["data"]["cause"] == "master_down_timer"
    });
    assert!(taken["data"]["took_us"].as_u64() > Some(600_000), "{taken}");
    theirs.stop();
    watch.signal(Signal::SIGINT);
    assert_eq!(watch.wait().code(), Some(1));
    writer.signal(Signal::SIGINT);
    let mut writer = writer;
    assert_eq!(writer.wait().code(), Some(0));
    // keepalived and ha in one capture of ours, read by tshark.
    assert!(agrees_with_tshark(&file) > 10);
}
