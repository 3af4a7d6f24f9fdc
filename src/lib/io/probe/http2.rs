//! One call over HTTP/2. Frames, flow control and header compression are those of the `h2` crate;
//! what may be read of a server is bounded here.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;

use bytes::Bytes;
use h2::client::{Builder, SendRequest};
use http::{HeaderMap, Request, Uri};
use tokio::select;

use super::stream::{Stream, open, timed};
use super::target::{Path, Stage};
use super::tls::Tls;
use crate::engine::check::Grade;
use crate::engine::check::dialogue::Finding;
use crate::engine::check::http::http2::{Answering, Call};
use crate::engine::check::probe::Answer;

/// Longest headers, and what may be on its way to us at once.
const LONGEST_HEADERS: u32 = 64 * 1024;
const WINDOW: u32 = 64 * 1024;

/// Connect to `address`, with `tls` and by the name `host` in it, and put `call`.
pub(super) async fn put(
    (path, address): (&Path, SocketAddr),
    tls: Option<(&Tls, &str)>,
    call: &Call,
    answer: &mut dyn Answering,
    stage: &Stage,
) -> Answer {
    timed(address, stage, async {
        let (stream, session) = open((path, address), tls, stage).await?;
        if session.grade != Grade::Good {
            return Ok(session);
        }
        // Small frames follow each other, and none should wait for the answer to the last.
        stream.tcp.set_nodelay(true)?;
        stage.set("the head of the answer");
        let finding = exchange(stream, call, answer, stage).await?;
        Ok(Finding { details: Box::new(session.details.with(*finding.details)), ..finding })
    })
    .await
}

async fn exchange(
    stream: Stream,
    call: &Call,
    answer: &mut dyn Answering,
    stage: &Stage,
) -> io::Result<Finding> {
    let request = request(call)?;
    let (sender, connection) = Builder::new()
        .enable_push(false)
        .max_header_list_size(LONGEST_HEADERS)
        .initial_window_size(WINDOW)
        .initial_connection_window_size(WINDOW)
        .handshake::<_, Bytes>(stream)
        .await
        .map_err(broken)?;
    let mut calling = pin!(converse(sender, request, call, answer, stage));
    let mut connection = pin!(connection);
    select! {
        finding = &mut calling => finding,
        // What came before the end may still be an answer.
        ended = &mut connection => calling.await.map_err(|error| ended.err().map_or(error, broken)),
    }
}

async fn converse(
    sender: SendRequest<Bytes>,
    request: Request<()>,
    call: &Call,
    answer: &mut dyn Answering,
    stage: &Stage,
) -> io::Result<Finding> {
    let mut sender = sender.ready().await.map_err(broken)?;
    let (response, mut body) =
        sender.send_request(request, call.body.is_empty()).map_err(broken)?;
    if !call.body.is_empty() {
        body.send_data(Bytes::copy_from_slice(&call.body), true).map_err(broken)?;
    }
    let (head, mut body) = response.await.map_err(broken)?.into_parts();
    answer.handle_head(head.status.as_u16(), &|name| value(&head.headers, name));
    stage.set("the end of the body");
    loop {
        if let Some(finding) = answer.finding() {
            return Ok(finding);
        }
        let Some(part) = body.data().await else { break };
        let part = part.map_err(broken)?;
        answer.handle_bytes(&part);
        body.flow_control().release_capacity(part.len()).map_err(broken)?;
    }
    let trailers = body.trailers().await.map_err(broken)?.unwrap_or_default();
    answer.handle_end(&|name| value(&trailers, name));
    answer.finding().ok_or_else(|| io::Error::other("the answer says nothing"))
}

fn value(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

fn request(call: &Call) -> io::Result<Request<()>> {
    let scheme = if call.secure { "https" } else { "http" };
    let uri =
        Uri::builder().scheme(scheme).authority(&*call.authority).path_and_query(&*call.target);
    let uri = uri.build().map_err(io::Error::other)?;
    let mut request = Request::builder().method(&*call.method).uri(uri);
    for (name, value) in &call.headers {
        request = request.header(name, value);
    }
    request.body(()).map_err(io::Error::other)
}

/// What went wrong, for an operator who knows the server and not the crate.
fn broken(error: h2::Error) -> io::Error {
    let reason = error.reason();
    match (error.is_remote(), reason) {
        (true, Some(reason)) => io::Error::other(format!("the server gave up: {reason:?}")),
        (false, Some(reason)) => io::Error::other(format!("what came is no HTTP/2: {reason:?}")),
        _ => {
            let words = error.to_string();
            error.into_io().unwrap_or_else(|| io::Error::other(words))
        }
    }
}
