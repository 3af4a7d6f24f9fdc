//! The asking side of the control socket. Plain blocking calls with a time limit: a question and
//! its answer need no event loop.

use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use super::request::{Request, Response};
use super::state_dir::socket_path;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::status::Document;

/// How long an answer may take. Status waits up to a second for silent processes, a reload for
/// the reading of the configuration.
const LIMIT: Duration = Duration::from_secs(10);

/// A connection to the supervisor of a state directory.
#[derive(Debug)]
pub struct Connection {
    stream: BufReader<UnixStream>,
    target: String,
}

impl Connection {
    /// Connect to the supervisor that runs with `state_dir`.
    ///
    /// # Errors
    /// When none does, or it may not be talked to.
    pub fn open(state_dir: &Path) -> Result<Self> {
        let path = socket_path(state_dir);
        let target = path.display().to_string();
        let stream = UnixStream::connect(&path).map_err(|e| no_supervisor(&target, &e))?;
        let set = stream.set_read_timeout(Some(LIMIT));
        set.and_then(|()| stream.set_write_timeout(Some(LIMIT)))
            .map_err(|e| Error::new("prepare the connection to", target.clone(), e))?;
        Ok(Self { stream: BufReader::new(stream), target })
    }

    /// Ask, and wait for the answer.
    ///
    /// # Errors
    /// When there is no answer in time, or it refuses.
    pub fn ask(&mut self, request: &Request) -> Result<Response> {
        match self.exchange(request).map_err(|e| self.silent(&e))? {
            Response::Refused { exit, message } => Err(refused(&self.target, exit, message)),
            response => Ok(response),
        }
    }

    /// Ask for the state of everything.
    ///
    /// # Errors
    /// As [`Connection::ask`].
    pub fn status(&mut self) -> Result<Document> {
        match self.ask(&Request::Status)? {
            Response::Status { status } => Ok(*status),
            other => Err(Error::new("ask for status at", &*self.target, format!("got {other:?}"))),
        }
    }

    /// Events from now on, as lines, for `each` until it says no or the supervisor ends.
    ///
    /// # Errors
    /// When the connection breaks.
    pub fn events(mut self, mut each: impl FnMut(&str) -> Result<()>) -> Result<()> {
        let begun = self.send(&Request::Events);
        begun
            .and_then(|()| self.stream.get_ref().set_read_timeout(None))
            .map_err(|e| self.silent(&e))?;
        let mut line = String::new();
        while self.stream.read_line(&mut line).map_err(|e| self.silent(&e))? > 0 {
            each(line.trim_end())?;
            line.clear();
        }
        Ok(())
    }

    fn exchange(&mut self, request: &Request) -> io::Result<Response> {
        self.send(request)?;
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it closed the connection"));
        }
        Ok(serde_json::from_str(&line)?)
    }

    fn send(&mut self, request: &Request) -> io::Result<()> {
        let mut text = serde_json::to_string(request)?;
        text.push('\n');
        self.stream.get_mut().write_all(text.as_bytes())
    }

    fn silent(&self, error: &io::Error) -> Error {
        let timed_out = matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut);
        if timed_out {
            let cause = format!("no answer for {} s", LIMIT.as_secs());
            return Error::new("ask the supervisor at", &*self.target, cause)
                .remedy("it may hang; look at its log")
                .exit(Exit::TimedOut);
        }
        Error::new("ask the supervisor at", &*self.target, error)
    }
}

fn no_supervisor(target: &str, error: &io::Error) -> Error {
    let remedy = match error.kind() {
        io::ErrorKind::PermissionDenied => "only its owner may ask it: use the same user",
        _ => "start one with ha run -f FILE, or name its directory with --state-dir",
    };
    Error::new("reach a supervisor at", target, error).remedy(remedy)
}

fn refused(target: &str, exit: u8, message: String) -> Error {
    let exit = Exit::from_code(exit);
    Error::new("do that at", target, message).exit(exit)
}
