//! What `ha sniff` shows: one line for each packet, and a summary at the end.
//!
//! Passwords never appear: they are what makes an advert accepted.

mod event;
mod json;
mod line;
mod summary;

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::json;

use crate::engine::sniff::{AdvertSeen, Seen, Verdict};
use crate::engine::vrrp::receive::Drop;
use crate::wire::vrrp::{ChecksumSeen, Malformed, TTL};

pub use event::{event_line, put_event};
pub use json::put_json;
pub use line::put_line;
pub use summary::{census, census_json, summary, summary_json};

/// Longest line; what does not fit is cut. JSON has all of it.
const WIDTH: usize = 100;

/// What a capture says beside a packet: `ok`, or what is wrong with it.
pub fn put_comment(text: &mut String, seen: &Seen<'_>) {
    match seen {
        Seen::Advert(advert) if advert.verdict == Verdict::Accepted => text.push_str("ok"),
        Seen::Advert(advert) => {
            let _ = write!(text, "{}: {}", name(advert.verdict), detail(advert));
        }
        Seen::Malformed(malformed) => {
            let _ = write!(text, "malformed: {malformed}");
        }
        Seen::Carp(_) => text.push_str("CARP, not VRRP"),
        Seen::Announcement(seen) => {
            let _ = write!(text, "announces {} of VRID {}", seen.address, seen.vrid);
        }
    }
}

/// Why an advert fails, in words.
fn detail(seen: &AdvertSeen<'_>) -> String {
    let drop = match seen.verdict {
        Verdict::Drop(drop) => drop,
        Verdict::Truncated => {
            return format!("{} bytes of it were not captured", seen.missing);
        }
        Verdict::Accepted | Verdict::IpHeader => return "IPv4 header checksum is wrong".into(),
    };
    match (drop, &seen.message) {
        (_, Err(malformed)) => short(malformed),
        (Drop::Length, Ok(parsed)) => format!("{} bytes too long", parsed.trailing),
        (Drop::Ttl, _) => format!("ttl {} is not {TTL}", seen.ip.ttl),
        (Drop::Checksum, Ok(parsed)) => match parsed.checksum {
            ChecksumSeen::Wrong => format!("checksum {:#06x} is wrong", parsed.checksum_field),
            other => format!("checksum {} is not that of these rules", spoken(other)),
        },
        (Drop::IntervalZero, _) => "interval is zero".into(),
        (Drop::AddressCount, _) => "no addresses".into(),
        (Drop::Version, Ok(message)) => {
            format!("version {} is not that of these rules", u8::from(message.version))
        }
        (Drop::AuthType, _) => "authentication is not of these rules".into(),
        (other, _) => format!("{other:?}"),
    }
}

/// A malformed message in fewer words than its own, to fit the line.
fn short(malformed: &Malformed) -> String {
    match malformed {
        Malformed::Addresses { have, need, .. } => format!("{have} bytes, {need} needed"),
        Malformed::Header { have } => format!("only {have} bytes"),
        other => other.to_string(),
    }
}

/// A formula of the checksum in the words of the lines.
const fn spoken(seen: ChecksumSeen) -> &'static str {
    match seen {
        ChecksumSeen::PseudoHeader => "pseudo-header",
        ChecksumSeen::MessageOnly => "message-only",
        ChecksumSeen::OldUnicast => "old-unicast",
        ChecksumSeen::Wrong => "wrong",
    }
}

/// A verdict's name in JSON.
fn name(verdict: Verdict) -> String {
    json!(verdict).as_str().unwrap_or_default().to_owned()
}

/// A hardware address as `ip` writes it.
fn hardware(mac: [u8; 6]) -> String {
    mac.map(|byte| format!("{byte:02x}")).join(":")
}

/// A duration in seconds with at most two decimals: `1s`, `0.5s`, `40.95s`.
fn seconds(duration: Duration) -> String {
    let text = format!("{:.2}", duration.as_secs_f64());
    format!("{}s", text.trim_end_matches('0').trim_end_matches('.'))
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// `text` from `start` on with at most [`WIDTH`] characters, the last one a dot for what was cut.
fn cut(text: &mut String, start: usize) {
    let line = text.get(start..).unwrap_or_default();
    if line.len() <= WIDTH || line.chars().count() <= WIDTH {
        return;
    }
    let at = line.char_indices().nth(WIDTH - 1).map_or(line.len(), |(at, _)| at);
    text.truncate(start + at);
    text.push('…');
}
