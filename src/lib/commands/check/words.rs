//! Words of the command line as values.

use std::num::NonZeroU16;
use std::time::Duration;

use crate::time::parse_duration;

pub(super) fn positive_duration(text: &str) -> Result<Duration, String> {
    match parse_duration(text)? {
        Duration::ZERO => Err("must be more than zero".into()),
        duration => Ok(duration),
    }
}

pub(super) fn host_and_port(text: &str) -> Result<(String, u16), String> {
    let wrong = || format!("`{text}` is not HOST:PORT; write an IPv6 address as [ADDRESS]:PORT");
    let (host, port) = text.rsplit_once(':').ok_or_else(wrong)?;
    let host = match host.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']').ok_or_else(wrong)?,
        None if host.is_empty() || host.contains(':') => return Err(wrong()),
        None => host,
    };
    let port: NonZeroU16 = port.parse().map_err(|_| format!("`{port}` is no port: 1 to 65535"))?;
    Ok((host.to_owned(), port.get()))
}

/// A host with a port of its own, or with `default`. An IPv6 address without a port needs no
/// brackets.
pub(super) fn host_or_port(text: &str, default: u16) -> Result<(String, u16), String> {
    let inside = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let bare = inside.unwrap_or(text);
    let alone = bare.parse::<std::net::IpAddr>().is_ok() || !bare.contains(':');
    if alone && !bare.is_empty() { Ok((bare.to_owned(), default)) } else { host_and_port(text) }
}

/// Status codes as keepalived writes them: `200-299 301`; commas will do.
pub(super) fn status(text: &str) -> Result<(u16, u16), String> {
    let (low, high) = text.split_once('-').unwrap_or((text, text));
    let code = |text: &str| text.parse::<u16>().ok().filter(|code| (100..=599).contains(code));
    match (code(low), code(high)) {
        (Some(low), Some(high)) if low <= high => Ok((low, high)),
        _ => Err(format!("`{text}` is no status: write codes from 100 to 599, or 200-299")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_and_port_may_be_a_name_or_an_address_of_either_family() {
        for (text, host, port) in [
            ("192.0.2.1:80", "192.0.2.1", 80),
            ("[2001:db8::1]:443", "2001:db8::1", 443),
            ("web.example:1", "web.example", 1),
        ] {
            assert_eq!(host_and_port(text), Ok((host.to_owned(), port)));
            assert_eq!(host_or_port(text, 9), Ok((host.to_owned(), port)));
        }
        for text in ["web", ":80", "web:0", "web:65536", "2001:db8::1:80", "[::1:80", "web:"] {
            assert!(host_and_port(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_port_that_has_a_default_may_be_left_out() {
        for (text, host) in [
            ("192.0.2.1", "192.0.2.1"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("mail.example", "mail.example"),
        ] {
            assert_eq!(host_or_port(text, 25), Ok((host.to_owned(), 25)));
        }
        for text in ["", ":25", "a:b", "[]"] {
            assert!(host_or_port(text, 25).is_err(), "{text}");
        }
    }

    #[test]
    fn status_codes_are_single_or_ranges() {
        assert_eq!(status("200"), Ok((200, 200)));
        assert_eq!(status("200-299"), Ok((200, 299)));
        for text in ["", "20", "600", "299-200", "2xx", "200-"] {
            assert!(status(text).is_err(), "{text}");
        }
    }
}
