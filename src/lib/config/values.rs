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
        Err(_) => Parsed::Bad(format!("`{text}` is not a whole number{}", slip(text))),
    }
}

/// Seconds with decimals, in `least..=most` microseconds.
pub(super) fn seconds(text: &str, least: u64, most: u64) -> Parsed<Duration> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || (whole.is_empty() && fraction.is_empty()) {
        return Parsed::Bad(format!("`{text}` is not a time in seconds{}", slip(text)));
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
    let meant = words.iter().find(|word| word.eq_ignore_ascii_case(text));
    let slip = meant.map_or_else(|| slip(text), |meant| format!("; write {meant}"));
    Parsed::Bad(format!("`{text}` is not one of {}{slip}", words.join(", ")))
}

/// What another language would have there and this one does not, to be told behind what is wrong.
pub(super) fn slip(text: &str) -> String {
    if text.starts_with('=') {
        return "; no `=` stands between a keyword and its value".to_owned();
    }
    if let Some(mark) = text.chars().last().filter(|last| matches!(last, ',' | ';')) {
        return format!("; nothing ends with `{mark}` here, remove it");
    }
    // Longer units first: `ms` ends with `s`.
    let units = [("ms", 1_000), ("min", 60_000_000), ("s", 1_000_000), ("m", 60_000_000)];
    let written = units.iter().find_map(|(unit, micros)| {
        let number: u64 = text.strip_suffix(unit)?.parse().ok()?;
        number.checked_mul(*micros)
    });
    written.map_or_else(String::new, |micros| format!("; write {} for {text}", decimal(micros)))
}

/// The same for an address.
fn slip_of_address(text: &str) -> String {
    match text.parse::<std::net::SocketAddr>() {
        Ok(both) => format!("; write a blank before the port: {} {}", both.ip(), both.port()),
        Err(_) => slip(text),
    }
}

/// An address.
pub(super) fn address(text: &str) -> Result<IpAddr, String> {
    let wrong = |_| format!("`{text}` is not an IPv4 or IPv6 address{}", slip_of_address(text));
    text.parse().map_err(wrong)
}

/// How many bits `text` has as a mask of a network, `255.255.255.0`.
pub(super) fn bits_of_mask(text: &str) -> Option<u32> {
    let mask = text.parse::<Ipv4Addr>().ok()?.to_bits();
    (mask != 0 && mask.leading_ones() + mask.trailing_zeros() == 32).then(|| mask.leading_ones())
}

/// An address with or without a prefix length, which defaults to the whole address.
pub(super) fn network(text: &str) -> Result<(IpAddr, u8), String> {
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (text, None),
    };
    let parsed = self::address(address)?;
    let most = if parsed.is_ipv4() { 32 } else { 128 };
    let prefix = match length {
        None => most,
        Some(length) => match length.parse::<u8>() {
            Ok(length) if length <= most => length,
            _ => {
                let meant = bits_of_mask(length).map(|bits| format!("; write {address}/{bits}"));
                let meant = meant.unwrap_or_default();
                return Err(format!("`/{length}` is not a prefix length from 0 to {most}{meant}"));
            }
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
    fn what_other_languages_write_is_answered_with_what_is_written_here() {
        assert_eq!(slip("100ms"), "; write 0.1 for 100ms");
        assert_eq!(slip("5m"), "; write 300 for 5m");
        assert!(slip("=").contains("no `=`"));
        assert_eq!(slip("x"), "");
        assert!(slip("100;").contains("`;`"));
        assert!(address("192.0.2.1:80").is_err_and(|why| why.ends_with("port: 192.0.2.1 80")));
        assert!(network("192.0.2.1/255.255.255.0").is_err_and(|why| why.ends_with("192.0.2.1/24")));
        assert_eq!((bits_of_mask("255.255.0.0"), bits_of_mask("255.0.255.0")), (Some(16), None));
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
