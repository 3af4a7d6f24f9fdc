//! The control socket: a Unix socket for its owner alone, one JSON object a line each way.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Semaphore, broadcast, mpsc, oneshot};

use super::request::{Request, Response};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::io::clock;
use crate::output::event::{Line, rfc3339};

/// Clients at a time; one more is told to come back.
const CLIENTS: usize = 32;
/// A request longer than this is none.
const LONGEST_REQUEST: u64 = 64 << 10;
/// Events that wait for a slow listener; then it loses the oldest and is told how many.
const EVENTS: usize = 1024;

/// A request with the way to answer it.
#[derive(Debug)]
pub struct Asked {
    /// What.
    pub request: Request,
    /// Where the answer goes.
    pub answer: oneshot::Sender<Response>,
}

/// The listening side.
#[derive(Debug)]
pub struct Server {
    events: broadcast::Sender<Arc<str>>,
    /// What clients ask.
    pub requests: mpsc::Receiver<Asked>,
}

impl Server {
    /// Listen at `path`. The caller holds the lock of the directory, so a socket that is there
    /// already is a dead supervisor's.
    ///
    /// # Errors
    /// When the socket cannot be made.
    pub fn listen(path: &Path) -> Result<Self> {
        let failed = |e: io::Error| Error::new("listen at", path.display().to_string(), e);
        match std::fs::remove_file(path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(failed(e)),
            _ => {}
        }
        let listener = private(path).map_err(failed)?;
        let (events, _) = broadcast::channel(EVENTS);
        let (sender, requests) = mpsc::channel(CLIENTS);
        tokio::spawn(accept(listener, sender, events.clone()));
        Ok(Self { events, requests })
    }

    /// Send an event line to every client that asked for events.
    pub fn publish(&self, line: &str) {
        if self.events.receiver_count() > 0 {
            // It failed because the last listener left just now.
            drop(self.events.send(line.into()));
        }
    }
}

/// A socket that nobody else can connect to, not even in the moment after it is made.
fn private(path: &Path) -> io::Result<UnixListener> {
    use nix::sys::stat::{Mode, umask};
    let before = umask(Mode::from_bits_truncate(0o177));
    let listener = UnixListener::bind(path);
    umask(before);
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    listener
}

async fn accept(
    listener: UnixListener,
    requests: mpsc::Sender<Asked>,
    events: broadcast::Sender<Arc<str>>,
) {
    let places = Arc::new(Semaphore::new(CLIENTS));
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of descriptors: give others time to close theirs.
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            continue;
        };
        let place = places.clone().try_acquire_owned();
        let (requests, events) = (requests.clone(), events.clone());
        tokio::spawn(async move {
            let served = match place {
                Ok(_place) => serve(stream, requests, events).await,
                Err(_) => turn_away(stream).await,
            };
            // A client that hung up wants no answer.
            drop(served);
        });
    }
}

async fn turn_away(stream: UnixStream) -> io::Result<()> {
    let message = format!("{CLIENTS} clients are connected already; try again");
    write(&mut stream.into_split().1, &refused(Exit::System, message)).await
}

async fn serve(
    stream: UnixStream,
    requests: mpsc::Sender<Asked>,
    events: broadcast::Sender<Arc<str>>,
) -> io::Result<()> {
    let (input, mut output) = stream.into_split();
    let mut input = BufReader::new(input);
    while let Some(line) = next(&mut input).await? {
        let response = match serde_json::from_str(&line) {
            Ok(Request::Events) => return stream_events(input, output, events.subscribe()).await,
            Ok(request) => ask(request, &requests).await,
            Err(e) => refused(Exit::Usage, format!("not a request: {e}")),
        };
        write(&mut output, &response).await?;
    }
    Ok(())
}

/// The next line; none at the end. A line that is too long ends the conversation.
async fn next(input: &mut BufReader<OwnedReadHalf>) -> io::Result<Option<String>> {
    let mut line = String::new();
    let read = input.take(LONGEST_REQUEST).read_line(&mut line).await?;
    Ok((read > 0 && line.ends_with('\n')).then_some(line))
}

async fn ask(request: Request, requests: &mpsc::Sender<Asked>) -> Response {
    let (answer, answered) = oneshot::channel();
    let gone = || refused(Exit::System, "the supervisor is ending".into());
    if requests.send(Asked { request, answer }).await.is_err() {
        return gone();
    }
    answered.await.unwrap_or_else(|_| gone())
}

/// Events until the client hangs up.
async fn stream_events(
    mut input: BufReader<OwnedReadHalf>,
    mut output: OwnedWriteHalf,
    mut events: broadcast::Receiver<Arc<str>>,
) -> io::Result<()> {
    let mut rest = [0; 64];
    loop {
        let event = tokio::select! {
            event = events.recv() => event,
            read = input.read(&mut rest) => match read? {
                0 => return Ok(()),
                _ => continue,
            },
        };
        let text = match event {
            Ok(line) => format!("{line}\n"),
            Err(broadcast::error::RecvError::Lagged(count)) => {
                let time = rfc3339(clock::wall_nanos());
                let lost = Line::new("lost", time, None, json!({ "count": count }));
                format!("{}\n", serde_json::to_string(&lost)?)
            }
            Err(broadcast::error::RecvError::Closed) => return Ok(()),
        };
        output.write_all(text.as_bytes()).await?;
    }
}

fn refused(exit: Exit, message: String) -> Response {
    Response::Refused { exit: exit.code(), message }
}

async fn write(output: &mut OwnedWriteHalf, response: &Response) -> io::Result<()> {
    let mut text = serde_json::to_string(response)?;
    text.push('\n');
    output.write_all(text.as_bytes()).await
}
