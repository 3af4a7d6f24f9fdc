//! When a certificate ends: the one field of X.509 (RFC 5280) that a check of it needs.
//!
//! Reads DER far enough to get at the validity and no further. Signatures and names are the
//! business of whoever verifies.

/// Tags of DER that stand on the way.
const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// End of the validity, in seconds since 1970. `None`: this is no certificate.
#[must_use]
pub fn not_after(certificate: &[u8]) -> Option<i64> {
    let (certificate, _) = expect(certificate, SEQUENCE)?;
    let (signed, _) = expect(certificate, SEQUENCE)?;
    // A certificate of version 1 has no version.
    let fields = expect(signed, VERSION).map_or(signed, |(_, rest)| rest);
    // Serial number, algorithm of the signature, issuer.
    let (_, _, fields) = element(fields)?;
    let (_, fields) = expect(fields, SEQUENCE)?;
    let (_, fields) = expect(fields, SEQUENCE)?;
    let (validity, _) = expect(fields, SEQUENCE)?;
    let (_, _, after) = element(validity)?;
    let (tag, text, _) = element(after)?;
    time(tag, text)
}

/// Tag, content and what follows.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&[tag, length], rest) = bytes.split_first_chunk::<2>()?;
    let (length, rest) = if length < 0x80 {
        (usize::from(length), rest)
    } else {
        let digits = usize::from(length & 0x7f);
        let (number, rest) = rest.split_at_checked(digits).filter(|_| (1..=4).contains(&digits))?;
        (number.iter().fold(0, |sum, &byte| sum << 8 | usize::from(byte)), rest)
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

fn expect(bytes: &[u8], wanted: u8) -> Option<(&[u8], &[u8])> {
    element(bytes).filter(|(tag, ..)| *tag == wanted).map(|(_, content, rest)| (content, rest))
}

/// `YYMMDDhhmmssZ`, of the years 1950 to 2049, or `YYYYMMDDhhmmssZ`.
fn time(tag: u8, text: &[u8]) -> Option<i64> {
    let year_digits = match tag {
        UTC_TIME => 2,
        GENERALIZED_TIME => 4,
        _ => return None,
    };
    let digits = text.strip_suffix(b"Z").filter(|digits| digits.len() == year_digits + 10)?;
    let number = |from: usize, to: usize| {
        digits.get(from..to)?.iter().try_fold(0_i64, |sum, digit| {
            digit.is_ascii_digit().then(|| sum * 10 + i64::from(digit - b'0'))
        })
    };
    let year = match (tag, number(0, year_digits)?) {
        (UTC_TIME, year) if year < 50 => year + 2000,
        (UTC_TIME, year) => year + 1900,
        (_, year) => year,
    };
    let at = |index: usize| number(year_digits + 2 * index, year_digits + 2 * index + 2);
    let (month, day) = (at(0)?, at(1)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let seconds = at(2)? * 3600 + at(3)? * 60 + at(4)?;
    Some(days(year, month, day) * 86_400 + seconds)
}

/// Days since 1970 of a date of the Gregorian calendar, counted in years that begin in March.
const fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    365 * year + year.div_euclid(4) - year.div_euclid(100)
        + year.div_euclid(400)
        + (153 * month + 2) / 5
        + day
        - 719_469
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrap(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = u16::try_from(content.len()).unwrap().to_be_bytes();
        [&[tag, 0x82][..], &length, content].concat()
    }

    /// A certificate with this validity, after openssl's order of fields.
    fn certificate(version: bool, tag: u8, end: &str) -> Vec<u8> {
        let validity = [wrap(UTC_TIME, b"200101000000Z"), wrap(tag, end.as_bytes())].concat();
        let mut fields = if version { wrap(VERSION, &[2, 1, 2]) } else { Vec::new() };
        fields.extend([2, 1, 7]);
        fields.extend(wrap(SEQUENCE, &[]));
        fields.extend(wrap(SEQUENCE, &[0x31, 0]));
        fields.extend(wrap(SEQUENCE, &validity));
        wrap(SEQUENCE, &wrap(SEQUENCE, &fields))
    }

    #[test]
    fn the_end_of_a_certificate_is_found_in_either_form() {
        for (tag, text, seconds) in [
            (UTC_TIME, "700101000000Z", 0),
            (UTC_TIME, "261123233419Z", 1_795_476_859),
            (UTC_TIME, "500101000000Z", -631_152_000),
            (GENERALIZED_TIME, "20500101000000Z", 2_524_608_000),
            (GENERALIZED_TIME, "20240229120000Z", 1_709_208_000),
        ] {
            for version in [true, false] {
                let certificate = certificate(version, tag, text);
                assert_eq!(not_after(&certificate), Some(seconds), "{text}");
            }
        }
    }

    #[test]
    fn what_is_no_certificate_has_no_end() {
        let good = certificate(true, UTC_TIME, "261123233419Z");
        for cut in 0..good.len() {
            assert_eq!(not_after(&good[..cut]), None);
        }
        for text in ["261323233419Z", "2611232334190", "x61123233419Z", ""] {
            assert_eq!(not_after(&certificate(true, UTC_TIME, text)), None, "{text}");
        }
        assert_eq!(not_after(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]), None);
        assert_eq!(not_after(&[0x30, 0xff]), None);
    }
}
