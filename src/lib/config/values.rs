//! Words to values. Every parser says good, adjusted (with what was changed) or bad (with why).

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

/// What became of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Parsed<T> {
    Good(T),
    /// Usable after this change.
    Adjusted(T, String),
    /// Not usable, because of this.
    Bad(String),
}

/// keepalived's words for on and off.
pub(super) fn switch(text: &str) -> Parsed<bool> {
    match text {
        "on" | "true" | "yes" => Parsed::Good(true),
        "off" | "false" | "no" => Parsed::Good(false),
        _ => Parsed::Bad(format!("`{text}` is not one of on, off, true, false, yes, no")),
    }
}

/// An integer in `least..=most`.
pub(super) fn number(text: &str, least: i64, most: i64) -> Parsed<i64> {
    match text.parse::<i64>() {
        Ok(number) if (least..=most).contains(&number) => Parsed::Good(number),
        Ok(_) => Parsed::Bad(format!("{text} is not in {least} to {most}")),
        Err(_) => Parsed::Bad(format!("`{text}` is not a whole number")),
    }
}

/// Seconds with decimals, in `least..=most` microseconds.
pub(super) fn seconds(text: &str, least: u64, most: u64) -> Parsed<Duration> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || (whole.is_empty() && fraction.is_empty()) {
        return Parsed::Bad(format!("`{text}` is not a time in seconds"));
    }
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().unwrap_or(u64::MAX) };
    let kept = fraction.bytes().chain([b'0'; 6]).take(6);
    let kept = kept.fold(0, |sum, digit| sum * 10 + u64::from(digit.saturating_sub(b'0')));
    let mut micros = whole.saturating_mul(1_000_000).saturating_add(kept);
    let rest = fraction.get(6..).unwrap_or_default();
    if rest.starts_with(|c| c >= '5') {
        micros = micros.saturating_add(1);
    }
    if micros < least || micros > most {
        let (least, most) = (decimal(least), decimal(most));
        return Parsed::Bad(format!("{text} is not in {least} to {most} seconds"));
    }
    let value = Duration::from_micros(micros);
    if rest.bytes().any(|b| b != b'0') {
        return Parsed::Adjusted(value, format!("{text} is rounded to {} s", decimal(micros)));
    }
    Parsed::Good(value)
}

/// Microseconds as seconds, without needless digits.
pub(super) fn decimal(micros: u64) -> String {
    let (whole, fraction) = (micros / 1_000_000, micros % 1_000_000);
    if fraction == 0 {
        return whole.to_string();
    }
    format!("{whole}.{fraction:06}").trim_end_matches('0').to_owned()
}

/// One of `words`, exactly.
pub(super) fn choice(text: &str, words: &[&str]) -> Parsed<()> {
    if words.contains(&text) {
        return Parsed::Good(());
    }
    Parsed::Bad(format!("`{text}` is not one of {}", words.join(", ")))
}

/// An address with or without a prefix length, which defaults to the whole address.
pub(super) fn network(text: &str) -> Result<(IpAddr, u8), String> {
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (text, None),
    };
    let parsed: IpAddr =
        address.parse().map_err(|_| format!("`{address}` is not an IPv4 or IPv6 address"))?;
    let most = if parsed.is_ipv4() { 32 } else { 128 };
    let prefix = match length {
        None => most,
        Some(length) => match length.parse::<u8>() {
            Ok(length) if length <= most => length,
            _ => return Err(format!("`/{length}` is not a prefix length from 0 to {most}")),
        },
    };
    Ok((parsed, prefix))
}

/// An address scope by its name or number.
pub(super) fn scope(text: &str) -> Option<u8> {
    Some(match text {
        "global" | "universe" => 0,
        "site" => 200,
        "link" => 253,
        "host" => 254,
        "nowhere" => 255,
        number => number.parse().ok()?,
    })
}

/// `+`: the network's broadcast address; `-`: the network's own; else an address.
pub(super) fn broadcast(text: &str, address: Ipv4Addr, prefix: u8) -> Option<Ipv4Addr> {
    let hosts = u32::MAX.checked_shr(u32::from(prefix)).unwrap_or(0);
    match text {
        "+" => Some(Ipv4Addr::from_bits(address.to_bits() | hosts)),
        "-" => Some(Ipv4Addr::from_bits(address.to_bits() & !hosts)),
        other => other.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_keep_microseconds_and_say_what_they_round() {
        assert_eq!(seconds("1", 0, 9_000_000), Parsed::Good(Duration::from_secs(1)));
        assert_eq!(seconds(".01", 0, 9_000_000), Parsed::Good(Duration::from_millis(10)));
        assert!(matches!(seconds("1.0000005", 0, 9_000_000),
            Parsed::Adjusted(value, _) if value == Duration::from_micros(1_000_001)));
        assert!(matches!(seconds("1x", 0, 9_000_000), Parsed::Bad(_)));
        assert!(matches!(seconds("", 0, 9_000_000), Parsed::Bad(_)));
        assert!(matches!(seconds("99999999999999999999", 0, u64::MAX - 1), Parsed::Bad(_)));
    }

    #[test]
    fn a_broadcast_sign_is_computed_from_the_prefix() {
        let address = Ipv4Addr::new(10, 1, 2, 3);
        assert_eq!(broadcast("+", address, 24), Some(Ipv4Addr::new(10, 1, 2, 255)));
        assert_eq!(broadcast("-", address, 24), Some(Ipv4Addr::new(10, 1, 2, 0)));
        assert_eq!(broadcast("+", address, 32), Some(address));
        assert_eq!(broadcast("+", address, 0), Some(Ipv4Addr::BROADCAST));
    }

    #[test]
    fn a_prefix_length_past_the_family_is_refused() {
        assert_eq!(network("10.0.0.1"), Ok(([10, 0, 0, 1].into(), 32)));
        assert!(network("10.0.0.1/33").is_err());
        assert!(network("10.0.0.1/").is_err());
        assert!(network("10.0.0.300/24").is_err());
        assert_eq!(network("fe80::1/64").map(|(_, prefix)| prefix), Ok(64));
    }
}
