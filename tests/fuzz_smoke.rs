//! The functions of the fuzz targets over mutations of real packets: bounded, and the same in
//! every run. The fuzzer proper (`cargo fuzz run NAME`) goes on where this stops.

#[path = "../fuzz/wire.rs"]
mod wire;

use ha::wire::arp::gratuitous_arp;
use ha::wire::icmp::Echo;
use ha::wire::ndisc::unsolicited_na;
use ha::wire::packet::{Content, Packet};
use ha::wire::pcap::{self, Reader, Record};

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

fn records() -> Vec<Record> {
    let mut records = Vec::new();
    for capture in captures() {
        let mut reader = Reader::new(&capture[..]).unwrap();
        while let Some(record) = reader.next_record().unwrap() {
            records.push(record);
        }
    }
    records
}

#[test]
fn adverts() {
    let mut seeds = Vec::new();
    for record in records() {
        if let Ok(Content::Vrrp { ip, payload, .. }) =
            Packet::parse(record.link, &record.bytes).content
        {
            let choice = if ip.source.is_ipv4() { 0 } else { 2 };
            seeds.push([&[choice], payload].concat());
        }
    }
    smoke(ROUNDS, &seeds, wire::vrrp);
}

#[test]
fn packets_of_every_link() {
    let mut seeds: Vec<Vec<u8>> = Vec::new();
    for record in records() {
        let choice = match record.link.number() {
            1 => 0,
            276 => 3,
            other => panic!("no seed has link type {other}"),
        };
        seeds.push([&[choice], &record.bytes[..]].concat());
        if choice == 0 {
            // Without its Ethernet header, as raw IP.
            seeds.push([&[1], &record.bytes[14..]].concat());
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
    let record = &records()[0];
    let mut short = pcap::file_header(record.link);
    short.extend(pcap::record(record.unix_nanos, record.bytes.len(), &record.bytes));
    seeds.push(short);
    smoke(ROUNDS / 10, &seeds, wire::pcap);
}
