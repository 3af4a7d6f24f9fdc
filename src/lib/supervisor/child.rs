//! A child process and the three tasks around it: lines in, lines out, the end.
//!
//! The child gets a process group of its own, so that Ctrl-C on a terminal reaches only the
//! supervisor, which then stops everything in order. It needs no signal for the supervisor's
//! death: that is the end of its stdin.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{ChildStdin, ChildStdout, Command};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;

use super::outbox::Outbox;
use super::plan::Part;
use super::restart::Ended;
use crate::output::event::Line;

/// A line longer than this is skipped; a status answer of a thousand instances is a tenth of it.
const LONGEST_LINE: usize = 8 << 20;
/// An ended child's last lines must be readable within this time; whoever else holds its stdout
/// does not keep us.
const LAST_LINES: Duration = Duration::from_secs(1);

/// What a child process does, seen from outside.
#[derive(Debug)]
pub enum Report {
    /// It wrote an event line.
    Line(Part, Line),
    /// It wrote something else.
    Garbage(Part, String),
    /// The process with this id ended; all its lines were reported before.
    Exited(Part, u32, Ended),
}

/// The way to one child: its waiting lines, and the wishes about it. Stays when the process is
/// exchanged for a successor.
#[derive(Clone, Debug, Default)]
pub struct Channel(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    outbox: Outbox,
    closed: bool,
    process: Arc<Wishes>,
}

/// How the tasks of one process are woken; a successor gets its own, so that nothing meant for
/// the predecessor reaches it.
#[derive(Debug, Default)]
struct Wishes {
    write: Notify,
    kill: Notify,
}

impl Channel {
    /// Queue a line, see [`Outbox::push`].
    pub fn send(&self, about: Option<String>, text: String) -> bool {
        let mut state = self.state();
        state.process.write.notify_one();
        state.outbox.push(about, text)
    }

    /// So many lines may wait from now on.
    pub fn limit(&self, lines: usize) {
        self.state().outbox.limit(lines);
    }

    /// Close the child's stdin once all waiting lines are written.
    pub fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        state.process.write.notify_one();
    }

    /// SIGKILL.
    pub fn kill(&self) {
        self.state().process.kill.notify_one();
    }

    /// Lines dropped because the child did not read.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.state().outbox.dropped()
    }

    /// Begin anew for a new process.
    fn restart(&self, lines: Vec<String>, keep: bool) -> Arc<Wishes> {
        let mut state = self.state();
        // The predecessor's writer finds itself replaced.
        state.process.write.notify_one();
        state.outbox.restart(lines, keep);
        state.closed = false;
        state.process = Arc::default();
        state.process.clone()
    }

    /// The next line for `process`; none when its input is to be closed.
    async fn next(&self, process: &Arc<Wishes>) -> Option<String> {
        loop {
            {
                let mut state = self.state();
                if !Arc::ptr_eq(&state.process, process) {
                    return None;
                }
                let line = state.outbox.pop();
                if line.is_some() || state.closed {
                    return line;
                }
            }
            process.write.notified().await;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The program that children are started from: our own binary, also after a package upgrade
/// moved it away, so that all processes of one run speak the same contract.
#[must_use]
pub fn own_program() -> PathBuf {
    match std::env::current_exe() {
        Ok(path) if path.exists() => path,
        _ => PathBuf::from("/proc/self/exe"),
    }
}

/// How a process is started.
#[derive(Debug)]
pub struct Start<'a> {
    /// The binary.
    pub program: &'a Path,
    /// Arguments after the program's name.
    pub arguments: &'a [String],
    /// Lines that come first on its stdin.
    pub lines: Vec<String>,
    /// Whether lines that waited for a predecessor follow.
    pub keep: bool,
}

/// Start the process of `part`. What it says and its end come through `reports`. Returns its id.
///
/// # Errors
/// When the system cannot start it.
pub fn start(
    part: Part,
    start: Start<'_>,
    channel: &Channel,
    reports: &mpsc::Sender<Report>,
) -> io::Result<u32> {
    let mut command = Command::new(start.program);
    command
        .arg0("ha")
        .args(start.arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .process_group(0)
        // The service manager talks to the supervisor alone.
        .env_remove("NOTIFY_SOCKET")
        .env_remove("WATCHDOG_USEC")
        .env_remove("WATCHDOG_PID");
    let mut child = command.spawn()?;
    let pid = child.id().unwrap_or_default();
    let process = channel.restart(start.lines, start.keep);
    if let Some(stdin) = child.stdin.take() {
        tokio::spawn(write_lines(stdin, channel.clone(), process.clone()));
    }
    let reader =
        child.stdout.take().map(|stdout| tokio::spawn(read_lines(part, stdout, reports.clone())));
    tokio::spawn(wait(part, pid, child, reader, process, reports.clone()));
    Ok(pid)
}

/// Write waiting lines until the input is closed or the child does not want more. Dropping
/// `stdin` at the end is what asks the child to stop.
async fn write_lines(mut stdin: ChildStdin, channel: Channel, process: Arc<Wishes>) {
    while let Some(mut line) = channel.next(&process).await {
        line.push('\n');
        if stdin.write_all(line.as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn read_lines(part: Part, stdout: ChildStdout, reports: mpsc::Sender<Report>) {
    let mut input = BufReader::new(stdout);
    let mut buffer = Vec::new();
    while let Ok(Some(whole)) = next_line(&mut input, &mut buffer).await {
        let report = match serde_json::from_slice(&buffer) {
            Ok(line) if whole => Report::Line(part, line),
            Err(_) if whole && buffer.trim_ascii().is_empty() => continue,
            Err(error) if whole => Report::Garbage(part, error.to_string()),
            _ => Report::Garbage(part, format!("a line of more than {LONGEST_LINE} bytes")),
        };
        if reports.send(report).await.is_err() {
            return;
        }
    }
}

/// Put the next line into `buffer`, without its end. False when it was too long and cut; none at
/// the end of input.
async fn next_line(
    input: &mut (impl AsyncBufReadExt + Unpin),
    buffer: &mut Vec<u8>,
) -> io::Result<Option<bool>> {
    buffer.clear();
    let mut whole = true;
    loop {
        let bytes = input.fill_buf().await?;
        if bytes.is_empty() {
            return Ok((!buffer.is_empty()).then_some(whole));
        }
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let line = bytes.get(..end.unwrap_or(bytes.len())).unwrap_or_default();
        if buffer.len() + line.len() <= LONGEST_LINE {
            buffer.extend_from_slice(line);
        } else {
            whole = false;
        }
        let used = line.len() + usize::from(end.is_some());
        input.consume(used);
        if end.is_some() {
            return Ok(Some(whole));
        }
    }
}

async fn wait(
    part: Part,
    pid: u32,
    mut child: tokio::process::Child,
    reader: Option<JoinHandle<()>>,
    process: Arc<Wishes>,
    reports: mpsc::Sender<Report>,
) {
    let status = tokio::select! {
        status = child.wait() => status,
        () = process.kill.notified() => {
            // It may have ended on its own just now; then there is nothing to kill.
            drop(child.start_kill());
            child.wait().await
        }
    };
    if let Some(mut reader) = reader
        && tokio::time::timeout(LAST_LINES, &mut reader).await.is_err()
    {
        reader.abort();
    }
    let ended = status.map_or(Ended::NotStarted, ended);
    // Nobody to tell: the supervisor itself ends.
    drop(reports.send(Report::Exited(part, pid, ended)).await);
}

fn ended(status: ExitStatus) -> Ended {
    match (status.code(), status.signal()) {
        (Some(code), _) => Ended::Code(code),
        (None, Some(number)) => Ended::Signal(number),
        (None, None) => Ended::NotStarted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
    }

    #[test]
    fn lines_are_cut_at_newlines_and_long_ones_are_skipped_without_being_kept() {
        let mut text = b"one\n\ntwo\n".to_vec();
        text.extend(std::iter::repeat_n(b'x', LONGEST_LINE + 1));
        text.extend(b"\nlast");
        let mut input = BufReader::new(text.as_slice());
        let mut buffer = Vec::new();
        let mut lines = Vec::new();
        block_on(async {
            while let Some(whole) = next_line(&mut input, &mut buffer).await.unwrap() {
                assert!(buffer.len() <= LONGEST_LINE);
                lines.push(if whole {
                    String::from_utf8(buffer.clone()).unwrap()
                } else {
                    "-".into()
                });
            }
        });
        assert_eq!(lines, ["one", "", "two", "-", "last"]);
    }

    fn script(text: &str, channel: &Channel) -> mpsc::Receiver<Report> {
        let (sender, receiver) = mpsc::channel(64);
        let arguments = ["-c".to_owned(), text.to_owned()];
        let how = Start {
            program: Path::new("/bin/sh"),
            arguments: &arguments,
            lines: vec!["plan".into()],
            keep: false,
        };
        start(Part::Check, how, channel, &sender).unwrap();
        receiver
    }

    #[test]
    fn a_child_gets_its_lines_in_order_and_the_end_of_its_input() {
        block_on(async {
            let channel = Channel::default();
            let echo = r#"while read -r line; do
                echo "{\"v\":1,\"type\":\"said\",\"time\":\"\",\"data\":\"$line\"}"; done; exit 7"#;
            let mut reports = script(echo, &channel);
            channel.send(None, "ping".into());
            channel.close();
            let mut said = Vec::new();
            loop {
                match reports.recv().await.unwrap() {
                    Report::Line(_, line) => said.push(line.data),
                    Report::Garbage(_, why) => panic!("{why}"),
                    Report::Exited(_, _, ended) => {
                        assert_eq!(ended, Ended::Code(7));
                        break;
                    }
                }
            }
            assert_eq!(said, ["plan", "ping"]);
        });
    }

    #[test]
    fn a_child_that_ignores_everything_can_be_killed() {
        block_on(async {
            let channel = Channel::default();
            let mut reports = script("trap '' TERM INT HUP; exec sleep 1000", &channel);
            channel.close();
            channel.kill();
            let report = reports.recv().await.unwrap();
            assert!(matches!(report, Report::Exited(_, _, Ended::Signal(9))), "{report:?}");
        });
    }

    #[test]
    fn a_child_runs_in_its_own_process_group() {
        block_on(async {
            let text = r#"read -r _ _ _ _ group _ < /proc/$$/stat; [ "$group" = "$$" ]"#;
            let mut reports = script(text, &Channel::default());
            let report = reports.recv().await.unwrap();
            assert!(matches!(report, Report::Exited(_, _, Ended::Code(0))), "{report:?}");
        });
    }
}
