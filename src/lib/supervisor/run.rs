//! The supervisor's loop: joins the machine of [`super::core`] to processes, signals, the
//! control socket and the clock.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::path::PathBuf;
use std::task::Poll;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{mpsc, oneshot};

use super::child::{self, Channel, Report};
use super::core::{Action, Client, Core, Identity, Now, Refusal, Service};
use super::plan::{Composition, Part};
use super::request::{Request, Response};
use super::service::{self, Heartbeat};
use super::socket::Server;
use super::state_dir::StateDir;
use crate::error::{Error, Result};
use crate::io::clock;
use crate::output::event::Line;
use crate::output::status::Document;

/// Reports of children that wait; then a child's reader waits, and the child with it.
const REPORTS: usize = 256;
/// How long the last events may take to reach their reader.
const LAST_EVENTS: Duration = Duration::from_secs(1);

/// Reads the configuration again; has told the operator all about it when it returns.
pub type Read = Box<dyn FnMut() -> std::result::Result<Composition, Refusal>>;

/// Whoever reads the events. Must not wait.
pub trait Listener {
    /// One event.
    fn event(&self, line: Line);
    /// No more events come: write what waits, but not for longer than this.
    fn flush(&self, patience: Duration);
    /// What the service manager is told.
    fn service(&self, _told: Service) {}
    /// The status that one of [`Setup::status_signals`] asked for.
    fn status(&self, _signal: i32, _document: &Document) {}
}

/// What a supervisor needs.
pub struct Setup {
    /// The configuration file, for status.
    pub configuration: String,
    /// The state directory.
    pub state_dir: PathBuf,
    /// The binary of the children; our own when absent.
    pub program: Option<PathBuf>,
    /// The processes to run.
    pub composition: Composition,
    /// How to read the configuration again.
    pub read: Read,
    /// Who hears of events.
    pub listener: Box<dyn Listener>,
    /// Signals that ask for the status, by number.
    pub status_signals: Vec<i32>,
    /// Whether SIGINT means stop; else it means nothing.
    pub heed_interrupt: bool,
    /// Whether a process that ended unasked is started again; else everything stops.
    pub respawn: bool,
}

/// Supervise until asked to stop, or until the virtual routers cannot run. Returns the exit code.
///
/// # Errors
/// When the supervisor itself cannot work: its directory is taken, its socket cannot be made.
pub fn run(setup: Setup) -> Result<u8> {
    let state_dir = StateDir::take(&setup.state_dir)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| Error::new("start", "the event loop", e))?;
    let code = runtime.block_on(async {
        let mut supervisor = Supervisor::new(setup, &state_dir)?;
        let code = supervisor.turn_until_finished().await;
        supervisor.listener.flush(LAST_EVENTS);
        Ok(code)
    });
    runtime.shutdown_background();
    code
}

/// The signals that concern a supervisor.
struct Signals {
    hang_up: Signal,
    terminate: Signal,
    interrupt: Signal,
    heed_interrupt: bool,
    /// By their numbers.
    status: Vec<(i32, Signal)>,
}

impl Signals {
    fn new(status: &[i32], heed_interrupt: bool) -> std::io::Result<Self> {
        let numbered = |number: &i32| -> std::io::Result<(i32, Signal)> {
            Ok((*number, signal(SignalKind::from_raw(*number))?))
        };
        Ok(Self {
            hang_up: signal(SignalKind::hangup())?,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            heed_interrupt,
            status: status.iter().map(numbered).collect::<std::io::Result<_>>()?,
        })
    }

    /// Wait for a signal. Losing the future loses nothing.
    async fn next(&mut self) -> Told {
        let Self { hang_up, terminate, interrupt, heed_interrupt, status } = self;
        let status = poll_fn(|context| {
            let arrived = status.iter_mut().find_map(|(number, signal)| {
                matches!(signal.poll_recv(context), Poll::Ready(Some(()))).then_some(*number)
            });
            arrived.map_or(Poll::Pending, Poll::Ready)
        });
        let interrupt = async {
            loop {
                interrupt.recv().await;
                if *heed_interrupt {
                    return;
                }
            }
        };
        tokio::select! {
            _ = hang_up.recv() => Told::Reload,
            _ = terminate.recv() => Told::Stop,
            () = interrupt => Told::Stop,
            number = status => Told::Status(number),
        }
    }
}

/// What a signal asks for.
enum Told {
    Reload,
    Stop,
    /// The status, with the signal that asked.
    Status(i32),
}

/// Who is answered.
enum Asker {
    /// A client of the control socket.
    Socket(oneshot::Sender<Response>),
    /// The listener, for this signal.
    Signal(i32),
}

struct Supervisor {
    core: Core,
    server: Server,
    signals: Signals,
    heartbeat: Heartbeat,
    channels: BTreeMap<Part, Channel>,
    reports: mpsc::Receiver<Report>,
    reporter: mpsc::Sender<Report>,
    clients: BTreeMap<u64, Asker>,
    latest_client: u64,
    program: Option<PathBuf>,
    read: Read,
    listener: Box<dyn Listener>,
    garbage: BTreeMap<Part, u64>,
    finished: Option<u8>,
}

impl Supervisor {
    fn new(setup: Setup, state_dir: &StateDir) -> Result<Self> {
        // Before anything runs, so that no signal falls on the default action.
        let signals = Signals::new(&setup.status_signals, setup.heed_interrupt)
            .map_err(|e| Error::new("prepare to receive", "signals", e))?;
        let server = Server::listen(&state_dir.socket())?;
        let (reporter, reports) = mpsc::channel(REPORTS);
        let identity = Identity {
            pid: std::process::id(),
            configuration: setup.configuration,
            respawn: setup.respawn,
        };
        Ok(Self {
            core: Core::new(now(), identity, setup.composition),
            server,
            signals,
            heartbeat: Heartbeat::wanted(),
            channels: Part::ALL.into_iter().map(|part| (part, Channel::default())).collect(),
            reports,
            reporter,
            clients: BTreeMap::new(),
            latest_client: 0,
            program: setup.program,
            read: setup.read,
            listener: setup.listener,
            garbage: BTreeMap::new(),
            finished: None,
        })
    }

    async fn turn_until_finished(&mut self) -> u8 {
        loop {
            while let Some(action) = self.core.poll_action() {
                self.act(action);
            }
            if let Some(code) = self.finished {
                // The last answers are on their way to their clients.
                for _ in 0..8 {
                    tokio::task::yield_now().await;
                }
                return code;
            }
            self.turn().await;
        }
    }

    /// Wait for one thing to happen and tell the machine.
    async fn turn(&mut self) {
        let deadline = self.core.poll_timeout();
        let timer = async {
            match deadline {
                Some(due) => tokio::time::sleep(due.saturating_since(clock::now())).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            Some(report) = self.reports.recv() => self.handle_report(report),
            Some(asked) = self.server.requests.recv() => {
                self.ask(Asker::Socket(asked.answer), asked.request);
            }
            told = self.signals.next() => match told {
                Told::Reload => self.core.handle_reload(now()),
                Told::Stop => self.core.handle_stop(now()),
                Told::Status(signal) => self.ask(Asker::Signal(signal), Request::Status),
            },
            () = timer => self.core.handle_timeout(now()),
            () = self.heartbeat.due() => service::beat(),
        }
    }

    fn handle_report(&mut self, report: Report) {
        match report {
            Report::Line(part, line) => self.core.handle_line(now(), part, line),
            Report::Exited(part, pid, ended) => self.core.handle_exited(now(), part, pid, ended),
            Report::Garbage(part, why) => {
                let count = self.garbage.entry(part).or_default();
                *count += 1;
                if count.is_power_of_two() {
                    tracing::warn!(child = %part, %why, count, "a line is no event");
                }
            }
        }
    }

    fn ask(&mut self, asker: Asker, request: Request) {
        self.latest_client += 1;
        self.clients.insert(self.latest_client, asker);
        self.core.handle_request(now(), Client(self.latest_client), request);
    }

    fn answer(&mut self, client: u64, response: Response) {
        match (self.clients.remove(&client), response) {
            // A client that hung up wants no answer.
            (Some(Asker::Socket(answer)), response) => drop(answer.send(response)),
            (Some(Asker::Signal(signal)), Response::Status { status }) => {
                self.listener.status(signal, &status);
            }
            _ => {}
        }
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Start { part, arguments, lines, keep } => {
                self.start(part, &arguments, lines, keep);
            }
            Action::Send { part, about, text } => {
                if let Some(channel) = self.channels.get(&part) {
                    let fits = channel.send(about, text);
                    self.core.handle_dropped(part, channel.dropped());
                    if !fits {
                        tracing::warn!(child = %part, "it does not read; a line was refused");
                    }
                }
            }
            Action::Limit(part, lines) => {
                self.with_channel(part, |channel| channel.limit(lines));
            }
            Action::CloseInput(part) => self.with_channel(part, Channel::close),
            Action::Kill(part) => self.with_channel(part, Channel::kill),
            Action::Publish(line) => {
                if let Ok(text) = serde_json::to_string(&line) {
                    self.server.publish(&text);
                }
                self.listener.event(line);
            }
            Action::Reply(Client(client), response) => self.answer(client, response),
            Action::Read(client) => {
                let outcome = (self.read)();
                self.core.handle_configuration(now(), client, outcome);
            }
            Action::Service(told) => {
                service::tell(told);
                self.listener.service(told);
            }
            Action::Finish(code) => self.finished = Some(code),
        }
    }

    fn start(&mut self, part: Part, arguments: &[String], lines: Vec<String>, keep: bool) {
        let Some(channel) = self.channels.get(&part) else { return };
        let program = self.program.clone().unwrap_or_else(child::own_program);
        let start = child::Start { program: &program, arguments, lines, keep };
        match child::start(part, start, channel, &self.reporter) {
            Ok(pid) => self.core.handle_started(now(), part, pid),
            Err(error) => {
                let why = format!("cannot start {}: {error}", program.display());
                self.core.handle_not_started(now(), part, why);
            }
        }
    }

    fn with_channel(&self, part: Part, wish: impl FnOnce(&Channel)) {
        if let Some(channel) = self.channels.get(&part) {
            wish(channel);
        }
    }
}

fn now() -> Now {
    Now { at: clock::now(), unix_nanos: clock::wall_nanos() }
}
