//! From what a configuration asks of a real server to the questions that are put.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use super::Question;
use crate::engine::check::checker::Round;
use crate::engine::check::dns;
use crate::engine::check::http::{Expectation, Request, Search, Url};
use crate::engine::check::{
    ClientTls, Connection, DnsCheck, Grade, HttpCheck, ScriptCheck, ServerProbe, SmtpCheck,
    TlsOptions, UdpCheck, UrlCheck,
};
use crate::io::probe::dns::Dns;
use crate::io::probe::http::Http;
use crate::io::probe::icmp::Icmp;
use crate::io::probe::smtp::Smtp;
use crate::io::probe::tcp::Tcp;
use crate::io::probe::tls::{Tls, TlsSettings};
use crate::io::probe::udp::Udp;
use crate::io::probe::{Families, Path, Target};
use crate::io::regex::Regex;

/// Longest body that is read; a longer one is bad.
const LONGEST_BODY: u64 = 16 << 20;

/// What a check puts.
pub(super) enum Asked {
    /// Questions over the network, one after the other in a round.
    Questions(Rc<[Question]>),
    /// A command.
    Command(Box<ScriptCheck>),
    /// Nothing: it cannot be put. What that says, and why.
    Never(Grade, Rc<str>),
}

impl Asked {
    /// How a round of it goes.
    pub(super) fn round(probe: &ServerProbe) -> Round {
        let ServerProbe::Http(check) = probe else { return Round::SINGLE };
        Round {
            requests: u16::try_from(check.urls.len()).unwrap_or(u16::MAX).max(1),
            fast_recovery: check.fast_recovery,
            slow_recovery: true,
        }
    }
}

/// How TLS is spoken: a name is given, which one, and there is a farewell.
type Manner = (bool, Option<Box<str>>, bool);

/// Makes questions; what many have in common is made once.
pub(super) struct Questions {
    client: ClientTls,
    sessions: BTreeMap<Manner, Result<Tls, Rc<str>>>,
}

impl Questions {
    /// For a plan whose TLS checks show `client` of themselves.
    pub(super) fn new(client: Option<&ClientTls>) -> Self {
        Self { client: client.cloned().unwrap_or_default(), sessions: BTreeMap::new() }
    }

    /// What is put for `probe`.
    pub(super) fn of(&mut self, probe: &ServerProbe) -> Asked {
        let single = |question| Asked::Questions(Rc::new([question]));
        match probe {
            ServerProbe::Script(check) => Asked::Command(check.clone()),
            ServerProbe::Icmp(to) => single(Question::Icmp(Icmp(target(to)))),
            ServerProbe::Tcp(to) if to.port == 0 => no_port(),
            ServerProbe::Tcp(to) => single(Question::Tcp(Tcp(target(to)))),
            ServerProbe::Smtp(check) if check.connection.port == 0 => no_port(),
            ServerProbe::Smtp(check) => single(smtp(check)),
            ServerProbe::Dns(check) if check.connection.port == 0 => no_port(),
            ServerProbe::Dns(check) => single(dns(check)),
            ServerProbe::Udp(check) if check.connection.port == 0 => no_port(),
            ServerProbe::Udp(check) => single(udp(check)),
            ServerProbe::Http(check) if check.connection.port == 0 => no_port(),
            ServerProbe::Http(check) => {
                self.web(check).unwrap_or_else(|why| Asked::Never(Grade::Untested, why))
            }
        }
    }

    fn web(&mut self, check: &HttpCheck) -> Result<Asked, Rc<str>> {
        let tls = check.tls.as_ref().map(|options| self.tls(options)).transpose()?;
        // Every page of one server shares what is kept of its last session.
        let tls = tls.map(|tls| tls.resuming());
        let questions: Result<Vec<_>, Rc<str>> =
            check.urls.iter().map(|url| page(check, url, tls.clone())).collect();
        Ok(Asked::Questions(questions?.into()))
    }

    fn tls(&mut self, options: &TlsOptions) -> Result<Tls, Rc<str>> {
        let key = (options.sni, options.server_name.clone(), options.close_notify);
        let client = &self.client;
        let make = || {
            if client.password.is_some() {
                let why = "a private key with a passphrase is not read: give one without";
                return Err(why.into());
            }
            let identity = client.certificate.as_deref().zip(client.key.as_deref());
            let settings = TlsSettings {
                sni: options.sni,
                server_name: options.server_name.as_deref().map(str::to_owned),
                identity: identity.map(|(one, other)| (PathBuf::from(one), PathBuf::from(other))),
                close_notify: options.close_notify,
                ..TlsSettings::default()
            };
            Tls::new(&settings).map_err(|error| error.to_string().into())
        };
        self.sessions.entry(key).or_insert_with(make).clone()
    }
}

fn no_port() -> Asked {
    Asked::Never(Grade::Bad, "neither the real server nor the check has a port".into())
}

fn target(to: &Connection) -> Target {
    let bind = to.bind.as_deref();
    Target {
        host: to.address.to_string(),
        port: to.port,
        families: Families::Any,
        path: Path {
            source: bind.and_then(|bind| bind.address),
            source_port: bind.and_then(|bind| bind.port),
            interface: bind.and_then(|bind| bind.interface.as_deref().map(str::to_owned)),
            mark: bind.and_then(|bind| bind.fwmark),
        },
        timeout: to.timeout,
    }
}

fn smtp(check: &SmtpCheck) -> Question {
    let targets = vec![target(&check.connection)];
    Question::Smtp(Box::new(Smtp { targets, helo: check.helo.to_string() }))
}

fn dns(check: &DnsCheck) -> Question {
    let question = dns::Question {
        record: check.record,
        name: check.name.clone(),
        rcode: 0,
        least_answers: 0,
    };
    Question::Dns(Box::new(Dns { target: target(&check.connection), question, tcp: false }))
}

fn udp(check: &UdpCheck) -> Question {
    let (payload, reply) = (check.payload.clone(), check.reply.clone());
    Question::Udp(Box::new(Udp { target: target(&check.connection), payload, reply }))
}

fn page(check: &HttpCheck, page: &UrlCheck, tls: Option<Tls>) -> Result<Question, Rc<str>> {
    let to = &check.connection;
    let address = Url {
        secure: tls.is_some(),
        host: to.address.to_string().into(),
        port: to.port,
        target: page.path.clone(),
    };
    let host = page.host.clone().unwrap_or_else(|| address.authority().into());
    // In TLS the server goes by the name that the request has.
    let name = page.host.clone().unwrap_or_else(|| address.host.clone());
    let searches = page.regex.as_deref().map(|regex| {
        let pattern = &regex.pattern;
        let compiled = Regex::compile(regex.clone());
        let compiled = compiled.map_err(|why| format!("the pattern `{pattern}`: {why}"))?;
        Ok::<Arc<dyn Search>, String>(Arc::new(compiled))
    });
    let searches = searches.transpose()?.into_iter().collect();
    Ok(Question::Http(Box::new(Http {
        request: Request::get(&page.path, &host, check.version),
        url: Url { host: name, ..address },
        target: target(to),
        expected: Expectation {
            status: page.status.clone(),
            digest: page.digest.clone(),
            searches,
            longest_body: LONGEST_BODY,
        },
        tls,
        redirects: 0,
        http2: false,
    })))
}
