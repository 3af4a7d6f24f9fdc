//! What a capture says about where its packets come from, and how it counts time.

use super::Link;
use crate::wire::reader::Order;

/// Options of an interface description that matter, by their codes.
const END_OF_OPTIONS: u16 = 0;
const NAME: u16 = 2;
const RESOLUTION: u16 = 9;
const OFFSET: u16 = 14;
/// Nanoseconds of a second.
const SECOND: u64 = 1_000_000_000;

/// One interface of a pcapng section, or a whole pcap file.
#[derive(Clone, Debug)]
pub(super) struct Interface {
    pub(super) link: Link,
    pub(super) name: Option<String>,
    /// Bytes kept of each packet; zero for all.
    pub(super) snap_len: u32,
    /// Ticks in a second.
    resolution: u64,
    /// Seconds to add.
    offset: i64,
}

impl Interface {
    /// The only one of a pcap file.
    pub(super) const fn whole_file(network: u32, snap_len: u32, resolution: u64) -> Self {
        Self { link: link(network), name: None, snap_len, resolution, offset: 0 }
    }

    /// The one in the body of an interface description; `None` when it is too short.
    pub(super) fn described(body: &[u8], order: Order) -> Option<Self> {
        let (fixed, mut options) = body.split_first_chunk::<8>()?;
        let [l0, l1, _, _, s0, s1, s2, s3] = *fixed;
        let mut interface =
            Self::whole_file(order.u16([l0, l1]).into(), order.u32([s0, s1, s2, s3]), 1_000_000);
        while let Some((code, value, rest)) = option(options, order) {
            match (code, value) {
                (END_OF_OPTIONS, _) => break,
                (NAME, value) => {
                    let text = String::from_utf8_lossy(value);
                    interface.name = Some(text.trim_end_matches('\0').to_owned());
                }
                (RESOLUTION, [exponent, ..]) => interface.resolution = resolution(*exponent),
                (OFFSET, value) => {
                    if let Some(seconds) = value.first_chunk::<8>() {
                        interface.offset = order.u64(*seconds).cast_signed();
                    }
                }
                _ => {}
            }
            options = rest;
        }
        Some(interface)
    }

    /// Seconds and the ticks after them, as a pcap file has them.
    pub(super) fn nanos_of_parts(&self, seconds: u32, ticks: u32) -> u64 {
        let scale = SECOND / self.resolution.max(1);
        u64::from(seconds) * SECOND + u64::from(ticks) * scale
    }

    /// `ticks` of this interface's clock as nanoseconds since 1970, cut to what fits.
    pub(super) fn unix_nanos(&self, ticks: u64) -> u64 {
        let resolution = self.resolution.max(1);
        // Nearly always: the clock counts a whole number of nanoseconds, from 1970.
        if self.offset == 0
            && SECOND.is_multiple_of(resolution)
            && let Some(nanos) = ticks.checked_mul(SECOND / resolution)
        {
            return nanos;
        }
        let nanos = i128::from(ticks) * i128::from(SECOND) / i128::from(resolution);
        let nanos = nanos + i128::from(self.offset) * i128::from(SECOND);
        u64::try_from(nanos.max(0)).unwrap_or(u64::MAX)
    }
}

/// Code, value and what follows of the first of `options`; `None` when there is none left.
fn option(options: &[u8], order: Order) -> Option<(u16, &[u8], &[u8])> {
    let ([c0, c1, l0, l1], rest) = options.split_first_chunk::<4>()?;
    let length = usize::from(order.u16([*l0, *l1]));
    let value = rest.get(..length)?;
    let rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
    Some((order.u16([*c0, *c1]), value, rest))
}

/// Ticks in a second: the top bit chooses between powers of two and of ten.
fn resolution(exponent: u8) -> u64 {
    let base: u64 = if exponent & 0x80 == 0 { 10 } else { 2 };
    base.checked_pow(u32::from(exponent & 0x7f)).unwrap_or(u64::MAX)
}

/// The lower 16 bits of the field; the upper ones tell about check sequences.
const fn link(field: u32) -> Link {
    Link::from_number(field & 0xffff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binary_resolutions_and_offsets_are_counted_exactly() {
        let interface =
            Interface { resolution: 1 << 32, offset: -1, ..Interface::whole_file(101, 0, 1) };
        assert_eq!(interface.unix_nanos(3 << 31), 500_000_000);
        assert_eq!(interface.unix_nanos(0), 0);
        assert_eq!(resolution(0x80 | 32), 1 << 32);
        assert_eq!(resolution(9), SECOND);
        let micros = Interface::whole_file(1, 0, 1_000_000);
        assert_eq!(micros.unix_nanos(1_700_000_000_000_001), 1_700_000_000_000_001_000);
        assert_eq!(micros.nanos_of_parts(1_700_000_000, 1), 1_700_000_000_000_001_000);
        assert_eq!(micros.unix_nanos(u64::MAX), u64::MAX);
    }
}
