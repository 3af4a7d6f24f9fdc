//! Does a web server answer a request as it should?

use std::cell::Cell;
use std::net::SocketAddr;

use super::bad;
#[cfg(feature = "http2")]
use super::http2;
use super::stream::talk;
use super::target::{Stage, Target, first_good, within};
use super::tls::Tls;
use crate::engine::check::Grade;
#[cfg(feature = "http2")]
use crate::engine::check::http::http2::Call;
use crate::engine::check::http::{Expectation, HttpDialogue, Request, Url};
use crate::engine::check::probe::Answer;
use crate::io::clock;

/// An HTTP probe.
#[derive(Clone, Debug)]
pub struct Http {
    /// Which page, as the operator wrote it.
    pub url: Url,
    /// Whom to connect to for it.
    pub target: Target,
    /// The request.
    pub request: Request,
    /// Which answers are good.
    pub expected: Expectation,
    /// How TLS is spoken, wherever it is.
    pub tls: Option<Tls>,
    /// Redirects that are followed.
    pub redirects: u32,
    /// HTTP/2 is spoken, whatever version the request says.
    pub http2: bool,
}

/// One request on the way.
struct Hop {
    url: Url,
    target: Target,
    request: Request,
}

impl Http {
    /// Put the probe.
    pub async fn ask(&self) -> Answer {
        let stage = Stage::default();
        let start = clock::now();
        let answer = within(self.target.timeout, &stage, self.follow(&stage)).await;
        answer.took(start, clock::now())
    }

    async fn follow(&self, stage: &Stage) -> Answer {
        let mut hop = Hop {
            url: self.url.clone(),
            target: self.target.clone(),
            request: self.request.clone(),
        };
        for redirects in 0..=self.redirects {
            let next = Cell::new(None);
            let mut answer = self.put(&hop, redirects < self.redirects, &next, stage).await;
            if let Some(http) = &mut answer.details.http {
                http.redirects = redirects;
            }
            let Some(location) = next.take().filter(|_| answer.grade == Grade::Good) else {
                return answer;
            };
            let from = hop.url.clone();
            hop = match from.join(&location) {
                Ok(url) => self.hop(&hop, url),
                Err(why) => return bad(format!("redirected to where nobody can go: {why}")),
            };
            if let Some(why) = self.refuses(&from, &hop.url) {
                return bad(format!("redirected to {}, {why}", hop.url));
            }
        }
        bad("redirected too often")
    }

    /// Why nobody goes on from one URL to the other.
    fn refuses(&self, from: &Url, to: &Url) -> Option<&'static str> {
        match &self.tls {
            None if to.secure => Some("which takes TLS"),
            Some(tls) if tls.verify && from.secure && !to.secure => {
                Some("where nothing can be verified")
            }
            _ => None,
        }
    }

    /// The request for `url` after that of `last`.
    fn hop(&self, last: &Hop, url: Url) -> Hop {
        let mut request = last.request.clone();
        request.target.clone_from(&url.target);
        let same = url.same_origin(&last.url);
        if !same {
            request.host = url.host_header().into();
            // What was given for one server is not another one's business.
            request.headers.retain(|header| {
                !["authorization", "cookie", "host"].contains(&&*header.name.to_ascii_lowercase())
            });
        }
        let target = if same {
            last.target.clone()
        } else {
            Target { host: url.host.to_string(), port: url.port, ..self.target.clone() }
        };
        Hop { url, target, request }
    }

    async fn put(
        &self,
        hop: &Hop,
        follow: bool,
        next: &Cell<Option<String>>,
        stage: &Stage,
    ) -> Answer {
        stage.set("the address of the name");
        let addresses = match hop.target.addresses().await {
            Ok(addresses) => addresses,
            Err(answer) => return answer,
        };
        let tls = self.tls.as_ref().filter(|_| hop.url.secure);
        // The name that was given is that of the first host, and no other one's.
        let other = tls.filter(|_| hop.url.host != self.url.host).map(Tls::unnamed);
        let tls = other.as_ref().or(tls).map(|tls| (tls, &*hop.url.host));
        let path = &hop.target.path;
        first_good(&addresses, |address: SocketAddr| async move {
            let mut dialogue = HttpDialogue::new(&hop.request, &self.expected, follow);
            #[cfg(feature = "http2")]
            let answer = if self.http2 {
                let call = Call::of(&hop.request, hop.url.secure);
                http2::put((path, address), tls, &call, &mut dialogue, stage).await
            } else {
                talk((path, address), tls, Some(&mut dialogue), stage).await
            };
            #[cfg(not(feature = "http2"))]
            let answer = talk((path, address), tls, Some(&mut dialogue), stage).await;
            next.set(dialogue.redirect().map(str::to_owned));
            answer
        })
        .await
    }
}
