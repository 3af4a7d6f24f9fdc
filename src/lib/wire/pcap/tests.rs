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

fn all(bytes: &[u8]) -> (Vec<Record>, Option<Malformed>) {
    let mut reader = Reader::new(bytes).unwrap();
    let mut records = Vec::new();
    loop {
        match reader.next_record() {
            Ok(Some(record)) => records.push(record),
            Ok(None) => return (records, None),
            Err(malformed) => return (records, Some(malformed)),
        }
    }
}

#[test]
fn what_is_written_reads_back_with_nanoseconds() {
    let mut file = file_header(Link::Ethernet);
    file.extend(record(1_700_000_000_123_456_789, 60, &[1, 2, 3]));
    file.extend(record(1_700_000_000_123_456_790, 3, &[4, 5, 6]));
    let (records, end) = all(&file);
    assert!(end.is_none());
    let expected = Record {
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
    assert!(matches!(end, Some(Malformed::Interface(1))), "{end:?}");
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
        assert!(matches!(end, Some(Malformed::Cut)), "{length}: {end:?}");
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
    assert!(matches!(Reader::new(&b"not a capture, just text"[..]), Err(Malformed::Format)));
    assert!(matches!(Reader::new(&b"short"[..]), Err(Malformed::Format)));
    let mut huge = pcapng_head();
    huge[4..8].fill(0xf0);
    assert!(matches!(Reader::new(&huge[..]), Err(Malformed::TooLarge)));
    assert!(Reader::new(&[][..]).unwrap().next_record().unwrap().is_none());
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
        let mut file = [MAGIC_PCAPNG, size, order, version, [0xff; 4], [0xff; 4], size].concat();
        file.extend([kind, length, [0; 4], [0; 4], length].concat());
        let mut reader = Reader::new(&file[..]).unwrap();
        assert!(matches!(reader.next_record(), Err(Malformed::Damaged(_))));
        assert!(matches!(reader.next_record(), Ok(None)));
    }
}

#[test]
fn a_pipe_may_give_the_bytes_one_by_one() {
    struct Slow<'a>(&'a [u8]);
    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let most = buffer.len().min(1);
            self.0.read(&mut buffer[..most])
        }
    }
    let mut file = pcapng_head();
    file.extend(pcapng_packet(0, 1));
    let mut reader = Reader::new(Slow(&file)).unwrap();
    assert!(reader.next_record().unwrap().is_some());
    assert!(reader.next_record().unwrap().is_none());
}

#[test]
fn binary_resolutions_and_offsets_are_counted_exactly() {
    let interface =
        Interface { link: Link::Ip, name: None, snap_len: 0, resolution: 1 << 32, offset: -1 };
    assert_eq!(interface.unix_nanos(3 << 31), 500_000_000);
    assert_eq!(interface.unix_nanos(0), 0);
}
