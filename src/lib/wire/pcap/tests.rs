//! Files of both formats, written here byte by byte, read back.

use super::*;

/// A pcapng block around `body`.
fn block(kind: u32, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 12).unwrap().to_le_bytes();
    [&kind.to_le_bytes()[..], &length, body, &length].concat()
}

/// A section header and one Ethernet interface `eth0` that counts nanoseconds.
fn pcapng_head() -> Vec<u8> {
    let section = [&0x1a2b_3c4d_u32.to_le_bytes()[..], &[1, 0, 0, 0], &[0xff; 8]].concat();
    let interface = [
        &[1, 0, 0, 0, 0, 0, 0, 0][..],
        &[2, 0, 4, 0],
        b"eth0",
        &[9, 0, 1, 0, 9, 0, 0, 0],
        &[0, 0, 0, 0],
    ]
    .concat();
    [block(0x0a0d_0d0a, &section), block(1, &interface)].concat()
}

/// An enhanced packet of interface `id` with four bytes.
fn pcapng_packet(id: u32, ticks: u64) -> Vec<u8> {
    let high = u32::try_from(ticks >> 32).unwrap();
    let low = u32::try_from(ticks & 0xffff_ffff).unwrap();
    let words = [id, high, low, 4, 60].map(u32::to_le_bytes).concat();
    block(6, &[&words[..], &[1, 2, 3, 4]].concat())
}

/// A record with bytes of its own.
#[derive(Debug, PartialEq)]
struct Owned {
    unix_nanos: u64,
    link: Link,
    interface: Option<String>,
    original_len: u32,
    bytes: Vec<u8>,
}

fn drain(decoder: &mut Decoder, records: &mut Vec<Owned>) -> Result<(), Malformed> {
    while let Some(record) = decoder.next_record()? {
        let Record { unix_nanos, link, interface, original_len, bytes } = record;
        let (interface, bytes) = (interface.map(str::to_owned), bytes.to_vec());
        records.push(Owned { unix_nanos, link, interface, original_len, bytes });
    }
    Ok(())
}

/// All packets of a file that comes in pieces of this size, and how it ended.
fn in_pieces(bytes: &[u8], size: usize) -> (Vec<Owned>, Option<Malformed>) {
    let (mut decoder, mut records) = (Decoder::default(), Vec::new());
    for piece in bytes.chunks(size) {
        decoder.push(piece);
        if let Err(malformed) = drain(&mut decoder, &mut records) {
            // After an error nothing more comes, and nobody complains twice.
            decoder.push(piece);
            assert_eq!(decoder.next_record(), Ok(None));
            assert_eq!(decoder.finish(), Ok(()));
            return (records, Some(malformed));
        }
    }
    (records, decoder.finish().err())
}

/// All packets of a file, the same in whatever pieces it comes.
fn all(bytes: &[u8]) -> (Vec<Owned>, Option<Malformed>) {
    let whole = in_pieces(bytes, bytes.len().max(1));
    if bytes.len() < 1_000 {
        for size in [1, 3, 16] {
            assert_eq!(in_pieces(bytes, size), whole, "in pieces of {size}");
        }
    }
    whole
}

#[test]
fn what_is_written_reads_back_with_nanoseconds() {
    let mut file = file_header(Link::Ethernet);
    file.extend(record(1_700_000_000_123_456_789, 60, &[1, 2, 3]));
    file.extend(record(1_700_000_000_123_456_790, 3, &[4, 5, 6]));
    let (records, end) = all(&file);
    assert!(end.is_none());
    let expected = Owned {
        unix_nanos: 1_700_000_000_123_456_789,
        link: Link::Ethernet,
        interface: None,
        original_len: 60,
        bytes: vec![1, 2, 3],
    };
    assert_eq!(records[0], expected);
    assert_eq!(records.len(), 2);
}

#[test]
fn pcapng_tells_interface_and_resolution() {
    let mut file = pcapng_head();
    file.extend(pcapng_packet(0, 1_700_000_000_123_456_789));
    let (records, end) = all(&file);
    assert!(end.is_none(), "{end:?}");
    assert_eq!(records[0].unix_nanos, 1_700_000_000_123_456_789);
    assert_eq!(records[0].interface.as_deref(), Some("eth0"));
    assert_eq!((records[0].original_len, records[0].bytes.len()), (60, 4));
}

#[test]
fn a_packet_of_an_unknown_interface_ends_the_reading() {
    let mut file = pcapng_head();
    file.extend(pcapng_packet(0, 1));
    file.extend(pcapng_packet(1, 2));
    let (records, end) = all(&file);
    assert_eq!(records.len(), 1);
    assert_eq!(end, Some(Malformed::Interface(1)));
}

#[test]
fn a_file_that_is_cut_gives_what_it_has_and_says_so() {
    let mut file = file_header(Link::Ip);
    file.extend(record(0, 4, &[1, 2, 3, 4]));
    let whole = file.len();
    file.extend(record(1, 4, &[1, 2, 3, 4]));
    for length in whole + 1..file.len() {
        let (records, end) = all(&file[..length]);
        assert_eq!(records.len(), 1);
        assert_eq!(end, Some(Malformed::Cut), "{length}");
    }
    assert!(all(&file[..whole]).1.is_none());
}

#[test]
fn packets_larger_than_the_buffer_are_read_and_absurd_ones_refused() {
    let mut file = file_header(Link::Ip);
    file.extend(record(0, 200_000, &vec![7; 200_000]));
    let (records, end) = all(&file);
    assert_eq!((records[0].bytes.len(), end.is_none()), (200_000, true));

    let mut file = file_header(Link::Ip);
    file.extend([0; 8]);
    file.extend([0xff; 8]);
    file.extend([0; 100]);
    assert!(all(&file).1.is_some());
}

#[test]
fn other_files_are_refused_and_nothing_is_an_empty_capture() {
    assert_eq!(all(b"not a capture, just text").1, Some(Malformed::Format));
    assert_eq!(all(b"abc").1, Some(Malformed::Format));
    let mut huge = pcapng_head();
    huge[4..8].copy_from_slice(&0x00f0_f0f0_u32.to_le_bytes());
    assert_eq!(all(&huge).1, Some(Malformed::TooLarge));
    assert_eq!(all(&[]), (vec![], None));
}

#[test]
fn a_block_shorter_than_its_own_frame_is_damage() {
    // Found by fuzzing: process information (0x8000_0001) of 11 bytes, in both byte orders.
    for (order, kind, length) in [
        ([0x4d, 0x3c, 0x2b, 0x1a], [1, 0, 0, 0x80], [11, 0, 0, 0]),
        ([0x1a, 0x2b, 0x3c, 0x4d], [0x80, 0, 0, 1], [0, 0, 0, 11]),
    ] {
        let size = if length[0] == 11 { [28, 0, 0, 0] } else { [0, 0, 0, 28] };
        let version = if length[0] == 11 { [1, 0, 0, 0] } else { [0, 1, 0, 0] };
        let magic = SECTION.to_be_bytes();
        let mut file = [magic, size, order, version, [0xff; 4], [0xff; 4], size].concat();
        file.extend([kind, length, [0; 4], [0; 4], length].concat());
        assert_eq!(all(&file), (vec![], Some(Malformed::Damaged(28))));
    }
}

#[test]
fn blocks_of_no_interest_may_be_of_any_length() {
    let mut file = pcapng_head();
    file.extend(block(0x0bad, &vec![7; 2 << 20]));
    file.extend(pcapng_packet(0, 5));
    assert_eq!(all(&file).0[0].unix_nanos, 5);
}

#[test]
fn older_and_simpler_packet_blocks_are_read() {
    let mut file = pcapng_head();
    let words = [0xffff_0000_u32, 0, 7, 3, 60].map(u32::to_le_bytes).concat();
    file.extend(block(2, &[&words[..], &[1, 2, 3, 0]].concat()));
    file.extend(block(3, &[&2_u32.to_le_bytes()[..], &[8, 9, 0, 0]].concat()));
    let (records, end) = all(&file);
    assert_eq!(end, None);
    assert_eq!((records[0].unix_nanos, &records[0].bytes[..]), (7, &[1, 2, 3][..]));
    assert_eq!((records[1].original_len, &records[1].bytes[..]), (2, &[8, 9][..]));
}

#[test]
fn a_new_section_has_interfaces_and_an_order_of_its_own() {
    let mut file = pcapng_head();
    file.extend(pcapng_packet(0, 1));
    let section = [BYTE_ORDER.to_be_bytes(), [0, 1, 0, 0], [0xff; 4], [0xff; 4]].concat();
    let turned = |kind: u32, body: &[u8]| {
        let length = u32::try_from(body.len() + 12).unwrap().to_be_bytes();
        [&kind.to_be_bytes()[..], &length, body, &length].concat()
    };
    file.extend(turned(SECTION, &section));
    file.extend(turned(INTERFACE, &[0, 101, 0, 0, 0, 0, 0, 0]));
    let words = [0_u32, 0, 7, 4, 4].map(u32::to_be_bytes).concat();
    file.extend(turned(ENHANCED_PACKET, &[&words[..], &[4, 5, 6, 7]].concat()));
    let (records, end) = all(&file);
    assert_eq!((records.len(), end), (2, None));
    assert_eq!((records[1].link, records[1].unix_nanos), (Link::Ip, 7_000));
    assert_eq!((&records[1].interface, &records[1].bytes[..]), (&None, &[4, 5, 6, 7][..]));
}

#[test]
fn what_is_written_as_pcapng_reads_back_from_every_interface() {
    let mut file = Vec::new();
    let mut section = Section::begin(&mut file);
    let time = 1_700_000_000_123_456_789;
    let places = [(Link::Ethernet, Some("eth0")), (Link::Ip, None), (Link::Ethernet, Some("eth1"))];
    for (n, place) in (0_u8..).zip(places.iter().chain(&places)) {
        section.put_packet(&mut file, *place, (time, 60), &[n; 5], "ok");
    }
    let (records, end) = all(&file);
    assert_eq!((records.len(), end), (6, None));
    for (n, record) in (0_u8..).zip(&records) {
        let (link, name) = places[usize::from(n) % 3];
        assert_eq!((record.link, record.interface.as_deref()), (link, name));
        assert_eq!((record.unix_nanos, record.original_len), (time, 60));
        assert_eq!(record.bytes, [n; 5]);
    }
    assert_eq!(file.windows(4).filter(|w| *w == [1, 0, 2, 0]).count(), 6, "a comment on each");
}
