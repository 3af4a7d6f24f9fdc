//! `genhash`, which keepalived is when it is called so or with `-T`: the value for `digest` in a
//! `url` block, from the page as a server gives it now.

use std::net::IpAddr;
use std::time::Duration;

use caps::Capability;

use super::tell;
use crate::drivers::check::{self, Question};
use crate::engine::check::http::request::{Request, is_host};
use crate::engine::check::http::{Expectation, Url};
use crate::engine::check::{HttpVersion, ProbeConfig};
use crate::error::{Error, Result};
use crate::io::capabilities;
use crate::io::probe::http::Http;
use crate::io::probe::tls::{Tls, TlsSettings};
use crate::io::probe::{Families, Path, Target, privilege};
use crate::output::Printer;

/// How long a server may take when nothing is said.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest page; no more than a part of it is held at a time.
const LONGEST: u64 = 1 << 32;
/// Every status: it is the page that counts.
const ANY_STATUS: (u16, u16) = (100, 599);

const USAGE: &str = "\
Usage: genhash -s ADDRESS -p PORT -u URL [OPTION...]

  -s, --server=ADDRESS          ask this server: an IP address
  -p, --port=PORT               at this port
  -u, --url=URL                 for this path
  -S, --use-ssl                 over TLS, whatever the certificate
  -I, --use-sni                 name the virtual host when TLS begins (SNI)
  -V, --use-virtualhost=NAME    name in the Host header
  -P, --protocol=VERSION        1.0 (default), 1.0c (with `Connection: close`) or 1.1
  -t, --timeout=SECONDS         wait so long for the whole page (default 5)
  -m, --fwmark=MARK             mark the packets
  -v, --verbose                 say status, length and time on stderr
  -h, --help                    say this";

/// What is to be fetched, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Wanted {
    server: Option<IpAddr>,
    port: Option<u16>,
    url: Option<String>,
    tls: bool,
    sni: bool,
    virtual_host: Option<String>,
    protocol: Option<HttpVersion>,
    timeout: Option<Duration>,
    mark: Option<u32>,
    verbose: bool,
}

/// Print the digest of the page that `words` name. 1: there is none, or `words` are wrong.
pub(super) fn run(words: &[String]) -> Result<u8> {
    let wanted = match read(words) {
        Ok(Some(wanted)) => wanted,
        Ok(None) => {
            tell(USAGE);
            return Ok(0);
        }
        Err(why) => {
            tell(&format!("genhash: {why}"));
            tell(USAGE);
            return Ok(1);
        }
    };
    let question = question(&wanted)?;
    let config = ProbeConfig {
        interval: PATIENCE,
        rise: 1,
        fall: 1,
        count: Some(1),
        retry: 0,
        retry_delay: Duration::ZERO,
    };
    let mut seen = serde_json::Value::Null;
    let mut keep = |line: &crate::output::event::Line| {
        seen = line.data.clone();
        Ok(())
    };
    check::ask(&question, config, Duration::ZERO, false, &mut keep)?;
    let Some(digest) = seen.pointer("/http/md5").and_then(serde_json::Value::as_str) else {
        let why = seen["reason"].as_str().unwrap_or("no whole answer came").to_owned();
        return Err(Error::new("fetch", question.name(), why)
            .remedy("see that the server answers there, and give it time with -t"));
    };
    if wanted.verbose {
        let (http, latency) = (&seen["http"], &seen["latency_us"]);
        tell(&format!(
            "status {}, {} bytes, {latency} microseconds",
            http["status"], http["body_bytes"]
        ));
    }
    Printer::new(false).line(digest)?;
    Ok(0)
}

fn question(wanted: &Wanted) -> Result<Question> {
    let missing = |what| Error::new("fetch a page without", what, "it is not given");
    let server = wanted.server.ok_or_else(|| missing("a server (-s)"))?;
    let port = wanted.port.ok_or_else(|| missing("a port (-p)"))?;
    let path = wanted.url.as_deref().ok_or_else(|| missing("a path (-u)"))?;
    let slash = if path.starts_with('/') { "" } else { "/" };
    let url = Url {
        secure: wanted.tls,
        host: server.to_string().into(),
        port,
        target: format!("{slash}{path}").into(),
    };
    let host = wanted.virtual_host.clone().unwrap_or_else(|| url.host_header());
    let settings = TlsSettings {
        sni: wanted.sni,
        server_name: wanted.virtual_host.clone(),
        ..TlsSettings::default()
    };
    let tls = wanted.tls.then(|| Tls::new(&settings)).transpose()?;
    let path = Path { mark: wanted.mark, ..Path::default() };
    let kept: &[_] = if wanted.mark.is_some() { &[Capability::CAP_NET_ADMIN] } else { &[] };
    capabilities::confine(kept)?;
    privilege::demand_path(&path)?;
    let target = Target {
        host: server.to_string(),
        port,
        families: Families::Any,
        path,
        timeout: wanted.timeout.unwrap_or(PATIENCE),
    };
    let request = Request::get(&url.target, &host, wanted.protocol.unwrap_or(HttpVersion::V1_0));
    let expected = Expectation {
        status: vec![ANY_STATUS],
        digest: None,
        searches: Vec::new(),
        longest_body: LONGEST,
    };
    Ok(Question::Http(Box::new(Http {
        url,
        target,
        request,
        expected,
        tls,
        redirects: 0,
        http2: false,
    })))
}

/// The letter of a long name; those in capitals and these take no argument: `S`, `I`, `v`, `h`.
const NAMES: [(&str, char); 11] = [
    ("use-ssl", 'S'),
    ("use-sni", 'I'),
    ("server", 's'),
    ("port", 'p'),
    ("url", 'u'),
    ("use-virtualhost", 'V'),
    ("verbose", 'v'),
    ("help", 'h'),
    ("fwmark", 'm'),
    ("protocol", 'P'),
    ("timeout", 't'),
];

/// What `words` ask for; `None`: for help.
fn read(words: &[String]) -> std::result::Result<Option<Wanted>, String> {
    let mut wanted = Wanted::default();
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        let (letters, inside) = if let Some(long) = word.strip_prefix("--") {
            let (name, value) = match long.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (long, None),
            };
            let found = NAMES.iter().find(|(known, _)| *known == name);
            let (_, letter) = found.ok_or_else(|| format!("unknown option --{name}"))?;
            (letter.to_string(), value)
        } else {
            let letters = word.strip_prefix('-').filter(|letters| !letters.is_empty());
            (letters.ok_or_else(|| format!("unexpected `{word}`"))?.to_owned(), None)
        };
        for (at, letter) in letters.char_indices() {
            match letter {
                'S' => wanted.tls = true,
                'I' => wanted.sni = true,
                'v' => wanted.verbose = true,
                'h' => return Ok(None),
                _ => {
                    let tail = letters.get(at + letter.len_utf8()..).filter(|t| !t.is_empty());
                    let value = inside.or(tail).or_else(|| rest.next().map(String::as_str));
                    wanted.set(letter, value)?;
                    break;
                }
            }
        }
    }
    let given = [wanted.server.is_some(), wanted.port.is_some(), wanted.url.is_some()];
    if given.contains(&false) {
        return Err("a server (-s), a port (-p) and a path (-u) are needed".to_owned());
    }
    Ok(Some(wanted))
}

impl Wanted {
    /// Set what `letter` stands for.
    fn set(&mut self, letter: char, value: Option<&str>) -> std::result::Result<(), String> {
        if !NAMES.iter().any(|(_, known)| *known == letter) {
            return Err(format!("unknown option -{letter}"));
        }
        let text = value.ok_or_else(|| format!("-{letter} has no value"))?;
        let wrong = |wanted: &str| format!("-{letter}: `{text}` is not {wanted}");
        match letter {
            's' => self.server = Some(text.parse().map_err(|_| wrong("an IP address"))?),
            'p' => self.port = Some(text.parse().map_err(|_| wrong("a port"))?),
            'u' => self.url = Some(text.to_owned()),
            'V' if is_host(text) => self.virtual_host = Some(text.to_owned()),
            'V' => return Err(wrong("the name of a host")),
            'm' => self.mark = Some(text.parse().map_err(|_| wrong("a firewall mark"))?),
            't' => {
                let seconds =
                    text.parse().ok().filter(|seconds: &u64| (1..=3600).contains(seconds));
                let seconds = seconds.ok_or_else(|| wrong("a number of seconds from 1 to 3600"))?;
                self.timeout = Some(Duration::from_secs(seconds));
            }
            _ => {
                self.protocol = Some(match text {
                    "1.0" => HttpVersion::V1_0,
                    "1.0c" | "1.0C" => HttpVersion::V1_0Close,
                    "1.1" => HttpVersion::V1_1,
                    _ => return Err(wrong("1.0, 1.0c or 1.1")),
                });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> std::result::Result<Option<Wanted>, String> {
        let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        read(&words)
    }

    #[test]
    fn letters_together_long_names_and_values_in_the_same_word_are_read() {
        let wanted =
            line("-SIs 192.0.2.1 -p443 --url=/a --use-virtualhost www.example.org -P 1.0c");
        let expected = Wanted {
            server: "192.0.2.1".parse().ok(),
            port: Some(443),
            url: Some("/a".to_owned()),
            tls: true,
            sni: true,
            virtual_host: Some("www.example.org".to_owned()),
            protocol: Some(HttpVersion::V1_0Close),
            ..Wanted::default()
        };
        assert_eq!(wanted, Ok(Some(expected)));
        assert_eq!(line("-s 192.0.2.1 -h"), Ok(None));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, named) in [
            ("-s localhost -p 80 -u /", "`localhost` is not an IP address"),
            ("-s 192.0.2.1 -p 80", "are needed"),
            ("-s 192.0.2.1 -p 80000 -u /", "not a port"),
            ("-Z", "unknown option -Z"),
            ("--server", "no value"),
            ("--bogus=1", "unknown option --bogus"),
            ("-t 0", "seconds"),
            ("page", "unexpected `page`"),
        ] {
            assert!(line(text).is_err_and(|why| why.contains(named)), "{text}: {:?}", line(text));
        }
    }
}
