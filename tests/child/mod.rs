//! A running `ha` under test: lines in, event lines out, nothing left behind.

#![allow(dead_code, reason = "each test program uses its own part")]

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::Value;

/// Longest wait for anything in these tests; only a failure takes this long.
const LIMIT: Duration = Duration::from_secs(20);

/// A process that is killed when the test ends.
pub struct Child {
    process: std::process::Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
}

impl Child {
    /// Start `ha` with these arguments.
    pub fn start(arguments: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_ha"))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("ha starts");
        let output = BufReader::new(process.stdout.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        let input = process.stdin.take();
        Self { process, input, lines }
    }

    /// Write one line to its stdin.
    pub fn send(&mut self, line: &Value) {
        writeln!(self.input.as_mut().unwrap(), "{line}").expect("it reads its stdin");
    }

    /// End its stdin.
    pub fn end_input(&mut self) {
        self.input = None;
    }

    /// The next event of type `kind`; others are passed over.
    pub fn expect(&self, kind: &str) -> Value {
        self.expect_where(kind, |_| true)
    }

    /// The next event of type `kind` whose data fits.
    pub fn expect_where(&self, kind: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + LIMIT;
        let mut seen = Vec::new();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(text) = self.lines.recv_timeout(left) else {
                panic!("no fitting {kind} event; seen: {seen:#?}");
            };
            let line: Value = serde_json::from_str(&text).expect("every line is JSON");
            assert_eq!(line["v"], 1, "{text}");
            if line["type"] == kind && fits(&line["data"]) {
                return line["data"].clone();
            }
            seen.push(text);
        }
    }

    /// All lines that are there already.
    pub fn so_far(&self) -> Vec<String> {
        self.lines.try_iter().collect()
    }

    /// Wait for its end.
    pub fn wait(&mut self) -> ExitStatus {
        let mut status = None;
        wait_until("ha ends", || {
            status = self.process.try_wait().unwrap();
            status.is_some()
        });
        status.unwrap()
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let _gone = self.process.kill();
        let _reaped = self.process.wait();
    }
}

/// Wait until `condition` holds.
pub fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + LIMIT;
    while !condition() {
        assert!(Instant::now() < deadline, "timed out waiting until {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Write an executable script.
pub fn script(directory: &Path, name: &str, text: &str) -> PathBuf {
    let path = directory.join(name);
    // Through another process, so that no thread of this one forks while it is open for
    // writing: executing it would then fail with "text file busy".
    let status = Command::new("sh")
        .args(["-c", r#"printf %s "$1" > "$0" && chmod 755 "$0""#])
        .args([path.to_str().unwrap(), text])
        .status()
        .unwrap();
    assert!(status.success());
    path
}

/// Whether a process with this number exists and is no zombie.
pub fn is_alive(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

/// Whether the test runs as root; says on stderr that it is skipped otherwise.
pub fn root_or_skip(name: &str) -> bool {
    let root = std::fs::read_to_string("/proc/self/status")
        .unwrap()
        .lines()
        .any(|line| line.starts_with("Uid:") && line.split_whitespace().nth(2) == Some("0"));
    if !root {
        eprintln!("SKIP: {name}: needs root");
    }
    root
}
