//! Netlink attributes: length and type in front of a value, filled up to a multiple of four.

/// Bytes in front of a value.
const HEAD: usize = 4;
/// The bits of a type that are not flags.
const TYPE: u16 = 0x3fff;
/// The flag of an attribute that has others inside.
const NESTED: u16 = 0x8000;

/// Append an attribute; a value is never longer than an address or a name.
pub fn put(out: &mut Vec<u8>, kind: u16, value: &[u8]) {
    let length = u16::try_from(HEAD.saturating_add(value.len())).unwrap_or(u16::MAX);
    out.extend(length.to_ne_bytes());
    out.extend(kind.to_ne_bytes());
    out.extend(value);
    out.resize(out.len().next_multiple_of(4), 0);
}

/// Append a number as the processor has it.
pub fn put_u32(out: &mut Vec<u8>, kind: u16, value: u32) {
    put(out, kind, &value.to_ne_bytes());
}

/// The same.
pub fn put_u16(out: &mut Vec<u8>, kind: u16, value: u16) {
    put(out, kind, &value.to_ne_bytes());
}

/// Append a port: those are in network order.
pub fn put_port(out: &mut Vec<u8>, kind: u16, value: u16) {
    put(out, kind, &value.to_be_bytes());
}

/// Append a name with its end.
pub fn put_name(out: &mut Vec<u8>, kind: u16, name: &str) {
    put(out, kind, &[name.as_bytes(), b"\0"].concat());
}

/// Append an attribute that has inside what `fill` appends.
pub fn put_nest(out: &mut Vec<u8>, kind: u16, fill: impl FnOnce(&mut Vec<u8>)) {
    let begin = out.len();
    put(out, kind | NESTED, &[]);
    fill(out);
    let length = u16::try_from(out.len().saturating_sub(begin)).unwrap_or(u16::MAX);
    if let Some(place) = out.get_mut(begin..begin.saturating_add(2)) {
        place.copy_from_slice(&length.to_ne_bytes());
    }
}

/// The attributes in `bytes`, up to the first that is damaged.
pub fn all(mut bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let (length, rest) = bytes.split_first_chunk()?;
        let kind = u16::from_ne_bytes(*rest.first_chunk()?) & TYPE;
        let length = usize::from(u16::from_ne_bytes(*length));
        let value = bytes.get(HEAD..length)?;
        bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some((kind, value))
    })
}

/// A number of up to eight bytes as the processor has it: the kernel has made some larger over
/// the years.
pub fn number(value: &[u8]) -> Option<u64> {
    match value.len() {
        1 => value.first().map(|byte| u64::from(*byte)),
        2 => value.first_chunk().map(|bytes| u64::from(u16::from_ne_bytes(*bytes))),
        4 => value.first_chunk().map(|bytes| u64::from(u32::from_ne_bytes(*bytes))),
        8 => value.first_chunk().map(|bytes| u64::from_ne_bytes(*bytes)),
        _ => None,
    }
}

/// A number of up to four bytes.
pub fn number_u32(value: &[u8]) -> Option<u32> {
    number(value).and_then(|number| u32::try_from(number).ok())
}

/// A number of up to two bytes.
pub fn number_u16(value: &[u8]) -> Option<u16> {
    number(value).and_then(|number| u16::try_from(number).ok())
}

/// A port, in network order.
pub fn port(value: &[u8]) -> Option<u16> {
    value.first_chunk().map(|bytes| u16::from_be_bytes(*bytes))
}

/// A name, without its end.
pub fn name(value: &[u8]) -> String {
    let end = value.iter().position(|byte| *byte == 0).unwrap_or(value.len());
    String::from_utf8_lossy(value.get(..end).unwrap_or_default()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_is_found_and_a_damaged_end_is_left_out() {
        let mut bytes = Vec::new();
        put_name(&mut bytes, 6, "wrr");
        put_nest(&mut bytes, 2, |inner| {
            put_port(inner, 4, 80);
            put_u32(inner, 5, 7);
        });
        let found: Vec<_> = all(&bytes).collect();
        assert_eq!(found[0], (6, &b"wrr\0"[..]));
        let inner: Vec<_> = all(found[1].1).collect();
        assert_eq!((found[1].0, port(inner[0].1), number(inner[1].1)), (2, Some(80), Some(7)));
        assert_eq!(all(&bytes[..bytes.len() - 1]).count(), 1);
        assert_eq!(all(&[0, 0, 0, 0]).count(), 0, "a length that is too small ends it");
        assert_eq!(name(b"wrr\0\0"), "wrr");
    }
}
