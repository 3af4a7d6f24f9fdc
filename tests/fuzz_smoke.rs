//! The functions of the fuzz targets over mutations of real packets: bounded, and the same in
//! every run. The fuzzer proper (`cargo fuzz run NAME`) goes on where this stops.

#[path = "../fuzz/dialogue.rs"]
mod dialogue;
#[path = "../fuzz/language.rs"]
mod language;
#[path = "../fuzz/lines.rs"]
mod lines;
#[path = "../fuzz/machine.rs"]
mod machine;
#[path = "../fuzz/netlink.rs"]
mod netlink;
#[path = "../fuzz/table.rs"]
mod table;
#[path = "../fuzz/wire.rs"]
mod wire;
#[path = "../fuzz/words.rs"]
mod words;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use ha::config::schema;
use ha::drivers::control::Control;
use ha::engine::vrrp::NodeConfig;
use ha::wire::arp::gratuitous_arp;
use ha::wire::icmp::Echo;
use ha::wire::ndisc::unsolicited_na;
use ha::wire::packet::Link;
use ha::wire::packet::{Content, Packet};
use ha::wire::pcap::{self, Decoder};

/// Mutations tried for each target; captures, which take longer, get a tenth.
const ROUNDS: u32 = 10_000;

/// Marsaglia's xorshift: enough to choose mutations, and needs nothing.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number below `limit`, 0 when there is none.
    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % (limit.max(1) as u64)).unwrap()
    }
}

fn mutate(random: &mut Random, seeds: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = seeds[random.below(seeds.len())].clone();
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len());
        let interesting = [0, 1, 0x7f, 0x80, 0xff][random.below(5)];
        match random.below(6) {
            0 if !bytes.is_empty() => bytes[at] ^= 1 << random.below(8),
            1 if !bytes.is_empty() => bytes[at] = interesting,
            2 => bytes.truncate(at),
            3 => bytes.extend(vec![interesting; random.below(40)]),
            4 => {
                let other = &seeds[random.below(seeds.len())];
                bytes.truncate(at);
                bytes.extend(&other[random.below(other.len())..]);
            }
            _ if !bytes.is_empty() => drop(bytes.remove(at)),
            _ => {}
        }
    }
    bytes
}

fn smoke(rounds: u32, seeds: &[Vec<u8>], target: fn(&[u8])) {
    let mut random = Random(0x5eed_1234_5678_9abc);
    for seed in seeds {
        target(seed);
    }
    for _ in 0..rounds {
        target(&mutate(&mut random, seeds));
    }
}

fn captures() -> Vec<Vec<u8>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/captures");
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "pcap" || e == "pcapng"))
        .collect();
    paths.sort();
    assert!(!paths.is_empty());
    paths.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

/// Link, time and bytes of every packet of our captures.
fn records() -> Vec<(Link, u64, Vec<u8>)> {
    let mut records = Vec::new();
    for capture in captures() {
        let mut decoder = Decoder::default();
        decoder.push(&capture);
        while let Some(record) = decoder.next_record().unwrap() {
            records.push((record.link, record.unix_nanos, record.bytes.to_vec()));
        }
        decoder.finish().unwrap();
    }
    records
}

#[test]
fn adverts() {
    let mut seeds = Vec::new();
    for (link, _, bytes) in records() {
        if let Ok(Content::Vrrp { ip, payload, .. }) = Packet::parse(link, &bytes).content {
            let choice = if ip.source.is_ipv4() { 0 } else { 2 };
            seeds.push([&[choice], payload].concat());
        }
    }
    smoke(ROUNDS, &seeds, wire::vrrp);
}

#[test]
fn packets_of_every_link() {
    let mut seeds: Vec<Vec<u8>> = Vec::new();
    for (link, _, bytes) in records() {
        let choice = match link.number() {
            1 => 0,
            276 => 3,
            other => panic!("no seed has link type {other}"),
        };
        seeds.push([&[choice], &bytes[..]].concat());
        if choice == 0 {
            // Without its Ethernet header, as raw IP.
            seeds.push([&[1], &bytes[14..]].concat());
        }
    }
    let vip = "2001:db8::1".parse().unwrap();
    seeds.push([&[0], &gratuitous_arp([2; 6], "192.0.2.1".parse().unwrap())[..]].concat());
    seeds.push([&[0], &unsolicited_na([2; 6], vip, vip, true)[..]].concat());
    smoke(ROUNDS, &seeds, wire::packet);
}

#[test]
fn echoes() {
    let echo = Echo { identifier: 1, sequence: 2, data: b"data" };
    let any = std::net::Ipv6Addr::UNSPECIFIED;
    smoke(ROUNDS, &[echo.request_v4(), echo.reply_v6(any, any)], wire::icmp);
}

#[test]
fn captures_of_both_formats() {
    let mut seeds = captures();
    // Short ones too: a mutation then hits a header more often.
    let (link, unix_nanos, bytes) = &records()[0];
    let mut short = pcap::file_header(*link);
    short.extend(pcap::record(*unix_nanos, bytes.len(), bytes));
    seeds.push(short);
    smoke(ROUNDS / 10, &seeds, wire::pcap);
}

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.is_file());
    paths.sort();
    paths
}

#[test]
fn configurations() {
    let paths = files("tests/config/features").into_iter().chain(files("tests/config/mistakes"));
    let seeds: Vec<_> = paths.map(|path| std::fs::read(path).unwrap()).collect();
    assert!(seeds.len() > 20);
    smoke(ROUNDS / 20, &seeds, language::config);
}

/// `fuzz/config.dict` tells the fuzzer every keyword.
#[test]
fn the_dictionary_of_the_language_is_fresh() {
    let words: BTreeSet<&str> =
        schema::blocks().iter().flat_map(|block| block.keywords()).map(|row| row.keyword).collect();
    let quoted: Vec<_> = words.iter().map(|word| format!("\"{word}\"")).collect();
    let text = quoted.join("\n") + "\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/config.dict");
    if std::env::var_os("HA_UPDATE").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let how = "run `HA_UPDATE=1 cargo test --test fuzz_smoke` and commit";
    assert!(std::fs::read_to_string(&path).unwrap_or_default() == text, "{how}");
}

#[test]
fn histories_of_a_node() {
    let mut random = Random(0x1234_5678_9abc_def0);
    for _ in 0..ROUNDS / 5 {
        let bytes: Vec<u8> =
            (0..random.below(600)).map(|_| random.next().to_le_bytes()[3]).collect();
        machine::node(&bytes);
    }
}

const NODE: &str = r#"{"routers":[{"name":"VI_1","interface":"eth0","vrid":51,"family":"ipv4",
"version":3,"priority":100,"advertisement_interval_us":1000000,
"addresses":[{"address":"10.9.0.100","prefix":24}],"preempt":"always","auth":"none",
"checksum":"pseudo_header","down_timer_adverts":3}],"groups":[{"name":"G","members":["VI_1"]}],
"trackers":[{"id":{"script":"s"},"init_fail":true}],"startup_delay_us":0}"#;
const CHECKS: &str = r#"{"scripts":[{"name":"s","command":{"argv":["/bin/true"],
"identity":{"uid":1,"gid":2}},"interval_us":1000000,"timeout_us":1000000,"rise":1,"fall":2}]}"#;
const HOOKS: &str = r#"{"instances":{"VI_1":{"master":{"argv":["/m"]},"any":{"argv":["/a"]}}},
"groups":{},"member_of":{},"deadline_us":1000000}"#;
const MOVE: &str = r#"{"v":1,"type":"vrrp.transition","time":"x","data":{"instance":"VI_1",
"from":"backup","to":"master","reason":"master_down_timer","priority":100}}"#;

/// What every kind of reader of lines is told when all is well, with its number in front.
fn conversations() -> Vec<Vec<u8>> {
    let model = format!(
        r#"{{"globals":{{"delay_after_boot_us":30}},"vrrp":{NODE},"scripts":[],"notify":{HOOKS}}}"#
    );
    let ready = r#"{"v":1,"type":"ready","time":"x","data":{}}"#;
    let told: [(u8, Vec<String>); 6] = [
        (
            0,
            vec![
                format!(r#"{{"control":"plan","plan":{NODE}}}"#),
                r#"{"control":"command","instance":null,"command":"promote"}"#.into(),
                r#"{"control":"track","tracker":{"script":"s"},"up":false,"reason":"x"}"#.into(),
            ],
        ),
        (
            1,
            vec![
                format!(r#"{{"control":"plan","plan":{CHECKS}}}"#),
                format!(r#"{{"control":"reload","plan":{CHECKS}}}"#),
            ],
        ),
        (
            2,
            vec![
                format!(r#"{{"control":"plan","plan":{HOOKS}}}"#),
                format!(r#"{{"control":"event","event":{MOVE}}}"#),
            ],
        ),
        (
            3,
            vec![
                r#"{"request":"command","instance":"VI_1","command":{"maintenance":true}}"#.into(),
                r#"{"response":"refused","exit":3,"message":"m"}"#.into(),
            ],
        ),
        (
            4,
            vec![
                model,
                format!("v{ready}"),
                format!("n{ready}"),
                format!("v{MOVE}"),
                r#"r{"request":"status"}"#.into(),
                "t".into(),
                "x".into(),
                r#"r{"request":"stop"}"#.into(),
                "t".into(),
            ],
        ),
        (
            5,
            vec![
                format!(r#"{{"now_ns":1000001000000,"input":{{"configure":{NODE}}}}}"#),
                r#"{"now_ns":1000001000000,"input":"start"}"#.into(),
                r#"{"now_ns":2000001000000,"input":"timeout"}"#.into(),
            ],
        ),
    ];
    let whole = |lines: Vec<String>| {
        lines.iter().map(|line| line.replace('\n', "")).collect::<Vec<_>>().join("\n")
    };
    let mut seeds: Vec<Vec<u8>> =
        told.into_iter().map(|(kind, lines)| [&[kind], whole(lines).as_bytes()].concat()).collect();
    // A lease file: the head, and a record whose check sum fits.
    let (key, sent) = (5_u64, 9_u64);
    let sum = key.rotate_left(17) ^ sent ^ 0x6861_4c65_6173_6531;
    let mut lease = b"\x06haLease100000000-0000-0000-0000-000000000000".to_vec();
    lease.extend([key, sent, sum].into_iter().flat_map(u64::to_ne_bytes));
    seeds.push(lease);
    seeds
}

#[test]
fn lines_between_processes() {
    let seeds = conversations();
    let plan = String::from_utf8(seeds[0][1..].to_vec()).unwrap();
    let first = plan.lines().next().unwrap();
    serde_json::from_str::<Control<NodeConfig>>(first).expect("the seed is good");
    smoke(ROUNDS, &seeds, lines::lines);
}

#[test]
fn command_lines() {
    let seeds = [
        "vrrp run -i eth0 --vrid 51 --vip 10.0.0.1/24 --advert 100ms --version 2 --preempt-delay 2",
        "check tcp [::1]:80 --interval 1s --rise 2 --timeout 5s --fwmark 3",
        "addr add 10.0.0.1/24 -i eth0",
        "announce 10.0.0.7 -i lan0 --count 3 --interval 1ms",
        "notify --instance VI_1 --state master --script /x",
        "sim --seeds 1..5",
        "config check -i x a.conf",
    ]
    .map(|line| line.replace(' ', "\n").into_bytes());
    smoke(ROUNDS / 20, &seeds, words::words);
}

/// A netlink message of this kind with this content and these attributes.
fn kernel_says(kind: u16, content: &[u8], attributes: &[(u16, &[u8])]) -> Vec<u8> {
    let mut body = content.to_vec();
    for (number, value) in attributes {
        let length = u16::try_from(4 + value.len()).unwrap();
        body.extend(length.to_ne_bytes());
        body.extend(number.to_ne_bytes());
        body.extend(*value);
        body.resize(body.len().next_multiple_of(4), 0);
    }
    let length = u32::try_from(16 + body.len()).unwrap();
    let mut message = length.to_ne_bytes().to_vec();
    message.extend(kind.to_ne_bytes());
    message.extend([0; 10]);
    message.extend(body);
    message
}

#[test]
fn what_the_kernel_says_of_links_and_addresses() {
    const LINK: [u8; 16] = [0, 0, 1, 0, 2, 0, 0, 0, 0x43, 0x10, 1, 0, 0, 0, 0, 0];
    const ADDRESS: [u8; 8] = [2, 24, 0x80, 0, 2, 0, 0, 0];
    let link = |kind| kernel_says(kind, &LINK, &[(3, b"eth0\0"), (1, &[2; 6])]);
    let address = |kind| {
        kernel_says(kind, &ADDRESS, &[(2, &[10, 0, 0, 1]), (8, &[0x80, 0, 0, 0]), (11, &[112])])
    };
    let all = [link(16), address(20), address(21), link(17)].concat();
    smoke(ROUNDS, &[link(16), address(20), all], netlink::netlink);
}

#[test]
fn dialogues_of_probes() {
    let seeds: [&[u8]; 15] = [
        b"\x20HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        b"\x08HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4;a=b\r\nWiki\r\n0\r\n\r\n",
        b"\x40HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 302 x\r\nLocation: /b\r\n\r\n",
        b"\x09220-a\r\n220 b\r\n250 c\r\n221 d\r\n",
        b"\x02\0\x1d\0\x07\x81\x80\0\x01\0\x01\0\0\0\0\x07example\x03com\0\0\x01\0\x01",
        b"\x02\0\x07\x81\x80\0\x01\0\x01\0\0\0\0\x07example\x03com\0\0\x01\0\x01",
        b"\x07https://[2001:db8::1]:8443/a?b#c",
        b"\x07http://www.example.com",
        b"\x13+OK\r\n+PONG\r\n$19\r\nredis_version:7.0.1\r\n$13\r\nrole:master\r\n\r\n",
        b"\x0cR\0\0\0\x08\0\0\0\0Z\0\0\0\x05ID\0\0\0\x1f\0\x04\0\0\0\x01f\0\0\0\x03off\0\0\0\x0215\xff\xff\xff\xffZ\0\0\0\x05I",
        b"\x0cR\0\0\0\x17\0\0\0\x0aSCRAM-SHA-256\0\0R\0\0\0\x19\0\0\0\x0br=abcd,s=AAAA,i=1",
        b"\x0dG\0\0\0\x0a8.0\0\x01\0\0\0abcdefgh\0\0\x82-\x02\0\x08\0\x15\0\0\0\0\0\0\0\0\0\0ijklmnopqrst\0mysql_native_password\0\x07\0\0\x02\0\0\0\x02\0\0\0\x01\0\0\x01\x02",
        b"\xfdG\0\0\0\x0a8.0\0\x01\0\0\0abcdefgh\0\0\x8a-\x02\0\x08\0\x15\0\0\0\0\0\0\0\0\0\0ijklmnopqrst\0caching_sha2_password\0\x02\0\0\x01\x01\x04\0",
        b"\xfcSR\0\0\0\x08\0\0\0\x03",
        b"\x070\x820\x80\xa0\x03\x02\x01\x02\x02\x01\x07",
    ];
    smoke(ROUNDS, &seeds.map(<[u8]>::to_vec), dialogue::dialogue);
}

#[test]
fn balancing_tables() {
    let lines = b"-A -t 192.0.2.1:80 -s sh -p 60 -M 255.255.0.0 --pe sip -b sh-port,flag-3\n\
                  -a -t 192.0.2.1:80 -r 10.0.0.1:80 -i -w 3 -x 9 -y 3 --tun-type gue --tun-port 6080\n\
                  -A -u [2001:db8::1]:53 -s mh -o -p 1 -M 64\n-A -f 7 -6 -s rr\n";
    let json = br#"{"v":1,"services":[{"protocol":"tcp","address":"2001:db8::1","port":80,
        "scheduler":"mh","scheduler_flags":{"flag_1":true,"flag_2":false},"one_packet":false,
        "persistence":{"timeout_s":60,"mask":{"prefix":64},"engine":"sip"},
        "destinations":[{"address":"10.0.0.1","port":80,"weight":3,
        "forwarding":{"tunnel":{"kind":"gre","checksum":true}}}]},
        {"fwmark":7,"family":"ipv4","scheduler":"rr"}]}"#;
    // A service and a destination, each inside an attribute of its own; without netlink's head.
    let two = |number: u16| number.to_ne_bytes().to_vec();
    let four = |number: u32| number.to_ne_bytes().to_vec();
    let inside = |attributes: &[(u16, Vec<u8>)]| {
        let attributes: Vec<_> =
            attributes.iter().map(|(n, value)| (*n, value.as_slice())).collect();
        kernel_says(0, &[], &attributes)[16..].to_vec()
    };
    let service = inside(&[
        (1, two(2)),
        (2, two(6)),
        (3, vec![10, 0, 0, 1]),
        (4, vec![0, 80]),
        (6, b"wrr\0".to_vec()),
        (7, [four(3), four(u32::MAX)].concat()),
        (8, four(60)),
        (9, vec![255; 4]),
        (12, inside(&[(1, vec![1; 8])])),
    ]);
    let destination = inside(&[
        (11, two(2)),
        (1, vec![10, 0, 0, 2]),
        (2, vec![0, 80]),
        (3, four(2)),
        (4, four(1)),
        (13, vec![1]),
        (14, vec![0x17, 0xc0]),
    ]);
    let (service, destination) = (inside(&[(1, service)]), inside(&[(2, destination)]));
    assert!(ha::io::ipvs::read_service(&service).is_some(), "the seed is good");
    let family = ha::engine::vrrp::Family::Ipv4;
    assert!(ha::io::ipvs::read_destination(&destination, family).is_some(), "the seed is good");
    assert_eq!(ha::engine::ipvs::save::read(std::str::from_utf8(lines).unwrap()).unwrap().len(), 3);
    assert!(serde_json::from_slice::<ha::engine::ipvs::Contents>(json).is_ok(), "the seed is good");
    smoke(ROUNDS, &[lines.to_vec(), json.to_vec(), service, destination], table::table);
}
