//! `HTTP_GET` and `SSL_GET`: requests and what counts as an answer.

use super::super::Context;
use super::super::settings::Settings;
use super::check::{Server, left_out};
use super::{probe, switch, text, unsigned};
use crate::config::diagnostic::Code;
use crate::config::nearest;
use crate::config::resolve::Entry;
use crate::config::values::{self, Parsed};
use crate::engine::check::{
    Bytes, GOOD_STATUS, HttpCheck, HttpVersion, RegexCheck, ServerProbe, TlsOptions, UrlCheck,
};

/// Digits of an MD5 digest.
const DIGEST_DIGITS: usize = 32;

/// The check of `entry`; `None` when it asks for nothing, which was reported.
pub(super) fn build(
    entry: &Entry<'_>,
    server: &Server<'_>,
    context: &mut Context<'_>,
) -> Option<ServerProbe> {
    let settings = Settings::new(entry);
    if !settings.has("url") {
        left_out(entry, "asks for nothing", "add: url { path / }", context);
        return None;
    }
    let host = settings.text("virtualhost").or(server.host);
    let urls: Vec<UrlCheck> = settings.all("url").map(|url| request(url, host, context)).collect();
    let secure = entry.row.keyword == "SSL_GET";
    let tls = secure.then(|| TlsOptions {
        sni: settings.has("enable_sni") || settings.has("sni_name"),
        server_name: text(&settings, "sni_name"),
        close_notify: settings.get("tls_compliant").is_some_and(switch)
            || settings
                .all("url")
                .any(|url| Settings::new(url).get("tls_compliant").is_some_and(switch)),
    });
    if let Some(entry) = settings.get("enable_sni").or(settings.get("sni_name")).filter(|_| !secure)
    {
        let message = format!("`{}` is for SSL_GET", entry.row.keyword);
        context.warn(Code::Conflict, entry.span(), message, "it is ignored; remove it");
    }
    Some(ServerProbe::Http(Box::new(HttpCheck {
        connection: probe::connection(entry, server, true, context),
        tls,
        version: settings.get("http_protocol").map_or(HttpVersion::V1_0, |e| version(e, context)),
        fast_recovery: settings.get("fast_recovery").is_some_and(switch),
        urls,
    })))
}

fn version(entry: &Entry<'_>, context: &mut Context<'_>) -> HttpVersion {
    match entry.text() {
        "1.0" => HttpVersion::V1_0,
        "1.0C" | "1.0c" => HttpVersion::V1_0Close,
        "1.1" => HttpVersion::V1_1,
        other => {
            let message = format!("`http_protocol`: `{other}` is not known");
            let remedy = "1.0 is used; there are 1.0, 1.0C and 1.1";
            context.warn(Code::InvalidValue, entry.value_span(), message, remedy);
            HttpVersion::V1_0
        }
    }
}

fn request(entry: &Entry<'_>, host: Option<&str>, context: &mut Context<'_>) -> UrlCheck {
    let settings = Settings::new(entry);
    if !settings.has("path") {
        let message = "the url has no path";
        context.warn(Code::SurprisingDefault, entry.span(), message, "/ is asked for; add: path /");
    }
    UrlCheck {
        path: text(&settings, "path").unwrap_or_else(|| "/".into()),
        host: settings.text("virtualhost").or(host).map(Box::from),
        status: status(&settings, context),
        digest: settings.get("digest").and_then(|entry| digest(entry, context)),
        regex: regex(&settings, context).map(Box::new),
    }
}

/// Every good status code; words that are none are left out.
fn status(settings: &Settings<'_>, context: &mut Context<'_>) -> Vec<(u16, u16)> {
    let mut ranges = Vec::new();
    for word in settings.all("status_code").flat_map(|entry| entry.arguments().iter()) {
        let (low, high) = word.text.split_once('-').unwrap_or((word.text, word.text));
        let code = |text: &str| text.parse::<u16>().ok().filter(|code| (100..=599).contains(code));
        match (code(low), code(high)) {
            (Some(low), Some(high)) if low <= high => ranges.push((low, high)),
            _ => {
                let message = format!("`status_code`: `{}` is not a status code", word.text);
                let remedy = "it is ignored; write codes from 100 to 599 or ranges: 200-299 301";
                context.warn(Code::InvalidValue, word.span, message, remedy);
            }
        }
    }
    if ranges.is_empty() {
        ranges.push(GOOD_STATUS);
    }
    ranges
}

fn digest(entry: &Entry<'_>, context: &mut Context<'_>) -> Option<Bytes> {
    let digits = entry.text();
    let parsed = Bytes::parse(digits).ok().filter(|_| digits.len() == DIGEST_DIGITS);
    if parsed.is_none() {
        let message = format!("`digest`: `{digits}` is not an MD5 digest");
        let remedy = "it is ignored; write 32 hexadecimal digits, as genhash prints them";
        context.warn(Code::InvalidValue, entry.value_span(), message, remedy);
    }
    parsed
}

fn regex<'a>(settings: &Settings<'a>, context: &mut Context<'_>) -> Option<RegexCheck> {
    let Some(pattern) = text(settings, "regex") else {
        for keyword in [
            "regex_no_match",
            "regex_options",
            "regex_min_offset",
            "regex_max_offset",
            "regex_stack",
        ] {
            if let Some(entry) = settings.get(keyword) {
                let message = format!("`{keyword}` without `regex`");
                context.warn(Code::Conflict, entry.span(), message, "it is ignored");
            }
        }
        return None;
    };
    let mut options = Vec::new();
    let given = |entry: &'a Entry<'_>| entry.arguments().iter().map(|word| (word, entry.row));
    for (word, row) in settings.all("regex_options").flat_map(given) {
        let known = row.choices();
        if known.contains(&word.text) {
            options.push(word.text.into());
            continue;
        }
        let message = format!("`{}` is not an option of a pattern", word.text);
        let remedy = match nearest(word.text, known.iter().copied()) {
            Some(near) => format!("it is ignored; did you mean `{near}`?"),
            None => "it is ignored; options have PCRE2's names in lower case".to_owned(),
        };
        context.warn(Code::InvalidValue, word.span, message, &remedy);
    }
    let (first_offset, last_offset) = offsets(settings, context);
    let absent = settings.has("regex_no_match");
    stack(settings, context);
    Some(RegexCheck { pattern, absent, options, first_offset, last_offset })
}

/// Where a match may start.
fn offsets(settings: &Settings<'_>, context: &mut Context<'_>) -> (u32, Option<u32>) {
    let first: u32 = unsigned(settings, "regex_min_offset").unwrap_or(0);
    let last: Option<u32> = unsigned(settings, "regex_max_offset");
    if let Some(entry) =
        settings.get("regex_min_offset").filter(|_| last.is_some_and(|last| last < first))
    {
        let message = "`regex_min_offset` is above `regex_max_offset`";
        context.warn(Code::Conflict, entry.span(), message, "both are ignored; correct one");
        return (0, None);
    }
    (first, last)
}

/// The stack of PCRE2's compiler has no counterpart here; its two sizes are checked all the same.
fn stack(settings: &Settings<'_>, context: &mut Context<'_>) {
    let Some(entry) = settings.get("regex_stack") else { return };
    let mut sizes = Vec::new();
    for word in entry.arguments().iter() {
        match values::number(word.text, 1, i64::from(u32::MAX)) {
            Parsed::Good(size) | Parsed::Adjusted(size, _) => sizes.push(size),
            Parsed::Bad(why) => {
                let message = format!("`regex_stack`: {why}");
                context.warn(Code::InvalidValue, word.span, message, "it is ignored");
                return;
            }
        }
    }
    if !matches!(sizes.as_slice(), [start, most] if start <= most) {
        let message = "`regex_stack` takes two sizes, the smaller one first";
        context.warn(Code::InvalidValue, entry.value_span(), message, "it is ignored");
    }
}
