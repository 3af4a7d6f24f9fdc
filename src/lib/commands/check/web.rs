//! `ha check http` and `https`: does a web server answer as it should?

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::put;
use super::repeat::{Repeat, Retry};
use super::secure::TlsArgs;
use super::way::Way;
use super::words::{host_or_port, positive_duration, status};
use crate::drivers::check::Question;
use crate::engine::check::http::request::{Header, Request, is_host, is_token};
use crate::engine::check::http::{Expectation, Search, Url};
use crate::engine::check::{Bytes, GOOD_STATUS, HttpVersion, RegexCheck};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::io::input;
use crate::io::probe::http::Http;
use crate::io::probe::tls::{Tls, TlsSettings};
use crate::io::regex::Regex;
use crate::output::Printer;

#[derive(Debug, clap::Args)]
pub(super) struct HttpsArgs {
    #[command(flatten)]
    http: HttpArgs,

    #[command(flatten)]
    tls: TlsArgs,

    /// Take up the TLS session of the last time where the server allows it: cheaper for both. The
    /// certificate is then the one that was shown first.
    #[arg(long)]
    resume: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct HttpArgs {
    /// What to ask for: http://HOST:PORT/PATH or https://…
    #[arg(value_name = "URL")]
    url: String,

    /// Longest wait for the whole answer, redirects included.
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = positive_duration)]
    timeout: Duration,

    #[command(flatten)]
    asking: Asking,

    #[command(flatten)]
    good: Good,

    #[command(flatten)]
    way: Way,

    #[command(flatten)]
    retry: Retry,

    #[command(flatten)]
    repeat: Repeat,
}

#[cfg(feature = "http2")]
const VERSIONS: [&str; 4] = ["1.0", "1.0C", "1.1", "2"];
#[cfg(not(feature = "http2"))]
const VERSIONS: [&str; 3] = ["1.0", "1.0C", "1.1"];

/// How it is asked.
#[derive(Debug, clap::Args)]
struct Asking {
    /// Connect to this host, whatever the URL says (`connect_ip`, `connect_port`).
    #[arg(long, value_name = "HOST[:PORT]")]
    connect: Option<String>,

    /// Name in the Host header (`virtualhost`) [default: that of the URL].
    #[arg(long, value_name = "NAME", value_parser = host)]
    host: Option<String>,

    /// HTTP version of the request; 1.0C is 1.0 with `Connection: close`. 2 is asked for within TLS
    /// (ALPN), and spoken at once without.
    #[arg(long, value_name = "VERSION", default_value = "1.0", value_parser = VERSIONS)]
    protocol: String,

    /// Method of the request.
    #[arg(long, value_name = "METHOD", default_value = "GET", value_parser = method)]
    method: String,

    /// A further header; one that would be sent anyway is replaced.
    #[arg(long, value_name = "NAME: VALUE", value_parser = Header::parse)]
    header: Vec<Header>,

    /// Basic authentication by the USER:PASSWORD in the first line of this file. Without --verify
    /// it goes to whoever answers.
    #[arg(long, value_name = "FILE")]
    user_file: Option<PathBuf>,

    /// What is sent after the headers.
    #[arg(long, value_name = "TEXT")]
    data: Option<String>,

    /// Redirects that are followed; one more is a failure. Without it a redirect is a status.
    #[arg(long, value_name = "N", default_value_t = 0)]
    redirects: u32,
}

/// Which answers are good.
#[derive(Debug, clap::Args)]
struct Good {
    /// Good status codes: `200`, `200-299,301` [default: 200-299].
    #[arg(long, value_name = "CODES", value_delimiter = ',', value_parser = status)]
    status: Vec<(u16, u16)>,

    /// MD5 of a good body, as genhash and `ha check http --json` show it.
    #[arg(long, value_name = "MD5", value_parser = digest)]
    digest: Option<Bytes>,

    /// A good body has this text in it; may be given several times.
    #[arg(long, value_name = "TEXT")]
    contains: Vec<String>,

    /// A good body has a match for this pattern of PCRE2 in it; a search that takes half a second
    /// of processor time is given up, which is a failure.
    #[arg(long, value_name = "PATTERN")]
    regex: Option<String>,

    /// Options of the pattern by PCRE2's names: `caseless,multiline`.
    #[arg(long, value_name = "NAMES", value_delimiter = ',', requires = "regex")]
    regex_options: Vec<String>,

    /// A good body has no match in it.
    #[arg(long, requires = "regex")]
    regex_no_match: bool,

    /// A match begins at this byte of the body or later.
    #[arg(long, value_name = "N", default_value_t = 0, requires = "regex")]
    regex_min_offset: u32,

    /// A match begins at this byte or earlier.
    #[arg(long, value_name = "N", requires = "regex")]
    regex_max_offset: Option<u32>,

    /// Longest body that is read; a longer one is a failure.
    #[arg(long, value_name = "BYTES", default_value_t = 16 << 20)]
    body_limit: u64,
}

pub(super) fn http(args: HttpArgs, printer: Printer) -> Result<Exit> {
    // Only a redirect leads to TLS from here; what it shows is not looked at.
    let tls = (args.asking.redirects > 0).then(|| TlsSettings { sni: true, ..Default::default() });
    execute(args, false, tls, printer)
}

pub(super) fn https(args: HttpsArgs, printer: Printer) -> Result<Exit> {
    let tls = TlsSettings { resume: args.resume, ..args.tls.settings()? };
    execute(args.http, true, Some(tls), printer)
}

fn execute(
    args: HttpArgs,
    secure: bool,
    tls: Option<TlsSettings>,
    printer: Printer,
) -> Result<Exit> {
    let url = url(&args.url, secure)?;
    let expected = args.good.expectation()?;
    let request = args.asking.request(&url)?;
    let http2 = args.asking.protocol == "2";
    let alpn = if http2 { vec![b"h2".to_vec()] } else { Vec::new() };
    let tls = tls.map(|tls| Tls::new(&TlsSettings { alpn, ..tls })).transpose()?;
    let (host, port) = match &args.asking.connect {
        None => (url.host.to_string(), url.port),
        Some(text) => host_or_port(text, url.port).map_err(|why| usage("connect to", text, why))?,
    };
    let target = args.way.to(host, port, args.timeout, &[])?;
    let redirects = args.asking.redirects;
    let http = Http { url, target, request, expected, tls, redirects, http2 };
    put(&Question::Http(Box::new(http)), &args.retry, &args.repeat, printer)
}

/// The URL of `text`; the scheme may be left out.
fn url(text: &str, secure: bool) -> Result<Url> {
    let (scheme, other) = if secure { ("https", "http") } else { ("http", "https") };
    let whole = if text.contains("://") { text.to_owned() } else { format!("{scheme}://{text}") };
    let url = Url::parse(&whole).map_err(|why| usage("ask for", text, why))?;
    if url.secure == secure {
        return Ok(url);
    }
    let why = format!("this command speaks {scheme}");
    Err(usage("ask for", text, why).remedy(format!("use: ha check {other}")))
}

fn usage(operation: &'static str, target: &str, why: String) -> Error {
    Error::new(operation, target, why).exit(Exit::Usage)
}

impl Asking {
    fn request(&self, url: &Url) -> Result<Request> {
        let version = match &*self.protocol {
            "1.1" => HttpVersion::V1_1,
            "1.0C" => HttpVersion::V1_0Close,
            _ => HttpVersion::V1_0,
        };
        let host = self.host.clone().unwrap_or_else(|| url.host_header());
        let mut headers = self.header.clone();
        if let Some(file) = &self.user_file {
            let failed = |why: &dyn std::fmt::Display| {
                Error::new("read the user and password in", file.display().to_string(), why)
                    .remedy("its first line is USER:PASSWORD")
                    .exit(Exit::Invalid)
            };
            let text = input::text(file).map_err(|error| failed(&error))?;
            let line = text.lines().next().unwrap_or_default();
            let (user, password) = line
                .split_once(':')
                .ok_or_else(|| failed(&"there is no colon in its first line"))?;
            headers.push(Header::basic(user, password));
        }
        Ok(Request {
            method: self.method.as_str().into(),
            headers,
            body: self.data.as_deref().map(Box::from),
            ..Request::get(&url.target, &host, version)
        })
    }
}

impl Good {
    fn expectation(&self) -> Result<Expectation> {
        let mut searches: Vec<Arc<dyn Search>> = Vec::new();
        for text in &self.contains {
            searches.push(compile(RegexCheck {
                pattern: text.as_str().into(),
                absent: false,
                options: vec!["literal".into()],
                first_offset: 0,
                last_offset: None,
            })?);
        }
        if let Some(pattern) = &self.regex {
            searches.push(compile(RegexCheck {
                pattern: pattern.as_str().into(),
                absent: self.regex_no_match,
                options: self.regex_options.iter().map(|name| name.as_str().into()).collect(),
                first_offset: self.regex_min_offset,
                last_offset: self.regex_max_offset,
            })?);
        }
        let status = if self.status.is_empty() { vec![GOOD_STATUS] } else { self.status.clone() };
        let (digest, longest_body) = (self.digest.clone(), self.body_limit);
        Ok(Expectation { status, digest, searches, longest_body })
    }
}

fn compile(check: RegexCheck) -> Result<Arc<dyn Search>> {
    let pattern = check.pattern.to_string();
    match Regex::compile(check) {
        Ok(regex) => Ok(Arc::new(regex)),
        Err(why) => Err(usage("compile the pattern", &pattern, why)),
    }
}

fn host(text: &str) -> std::result::Result<String, String> {
    if is_host(text) { Ok(text.to_owned()) } else { Err(format!("`{text}` is no host")) }
}

fn method(text: &str) -> std::result::Result<String, String> {
    if is_token(text) { Ok(text.to_owned()) } else { Err(format!("`{text}` is no method")) }
}

fn digest(text: &str) -> std::result::Result<Bytes, String> {
    let digits = text.len() == 32 && text.bytes().all(|digit| digit.is_ascii_hexdigit());
    if digits { Bytes::parse(text) } else { Err("an MD5 has 32 hexadecimal digits".to_owned()) }
}
