//! A supervisor with scripted children in a directory of its own.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::net::UnixDatagram;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use serde_json::{Value, json};

/// Longest wait for anything; only a failure waits this long.
const PATIENCE: Duration = Duration::from_secs(30);

/// The directory: configuration, scripted child, its log.
pub struct Bench {
    directory: tempfile::TempDir,
    /// Stands in for the service manager.
    service: UnixDatagram,
}

/// How a command ended.
pub struct Answer {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Bench {
    pub fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let service = UnixDatagram::bind(directory.path().join("notify")).unwrap();
        service.set_read_timeout(Some(PATIENCE)).unwrap();
        let bench = Self { directory, service };
        let child = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/supervisor/fake-child.sh");
        // A link, not a copy: a file that was just written may still be open in a process that
        // another test is about to start, and then it cannot be executed.
        std::os::unix::fs::symlink(child, bench.path("child")).unwrap();
        bench.configure(100);
        bench.instance("master");
        bench
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub fn state(&self, name: &str) -> PathBuf {
        self.path("state").join(name)
    }

    pub fn set(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    pub fn unset(&self, name: &str) {
        fs::remove_file(self.path(name)).unwrap();
    }

    /// A configuration that needs every part.
    pub fn configure(&self, priority: u8) {
        let text = format!(
            "vrrp_script nginx {{\n  script /bin/true\n  user root\n}}\n\
             vrrp_instance VI_1 {{\n  interface lo\n  virtual_router_id 51\n  \
             priority {priority}\n  virtual_ipaddress {{\n    192.0.2.1/24\n  }}\n  \
             track_script {{\n    nginx\n  }}\n  notify_master /bin/true\n}}\n"
        );
        self.set("ha.conf", &text);
    }

    /// What the scripted VRRP process says about its instance.
    pub fn instance(&self, state: &str) {
        let told = json!({
            "name": "VI_1", "interface": "lo", "vrid": 51, "family": "ipv4", "state": state,
            "since": 0, "reason": "master_down_timer", "base_priority": 100, "priority": 100,
            "parts": [["base", 100]], "causes": [], "master": null, "master_priority": null,
            "next": null, "last_sent": null, "addresses": [],
            "counters": {"adverts_sent": 1, "adverts_accepted": 0, "priority_zero_sent": 0,
                "priority_zero_received": 0, "became_master": 1, "released_master": 0,
                "address_list_differs": 0, "dropped": {}}
        });
        self.set("instance.json", &told.to_string());
    }

    fn run_command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ha"));
        command.args(["run", "--json", "-f"]).arg(self.path("ha.conf"));
        command.arg("--state-dir").arg(self.path("state"));
        command.arg("--child-program").arg(self.path("child"));
        command.env("NOTIFY_SOCKET", self.path("notify")).env("WATCHDOG_USEC", "400000");
        command
    }

    /// Start the supervisor.
    pub fn run(&self) -> Run {
        self.start(Stdio::from(fs::File::create(self.path("stderr")).unwrap()))
    }

    /// Start the supervisor with a stderr that nobody reads any more.
    pub fn run_with_closed_stderr(&self) -> Run {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        self.start(Stdio::from(writer))
    }

    fn start(&self, errors: Stdio) -> Run {
        let mut command = self.run_command();
        command.stdout(Stdio::piped()).stderr(errors).process_group(0);
        let mut child = command.spawn().unwrap();
        let stdout = child.stdout.take().unwrap();
        let (sender, events) = channel();
        let (close, closed) = channel::<()>();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let event: Value = serde_json::from_str(&line).expect("an event line");
                let gone = sender.send(event).is_err();
                if gone || closed.try_recv().is_ok() {
                    return;
                }
            }
        });
        Run { child, events, seen: Vec::new(), close, ended: false }
    }

    /// Start a supervisor that is expected to end by itself.
    pub fn ha_run(&self) -> Answer {
        answer(self.run_command())
    }

    /// Run a client of the supervisor.
    pub fn ha(&self, words: &[&str]) -> Answer {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ha"));
        command.args(words).arg("--state-dir").arg(self.path("state"));
        answer(command)
    }

    pub fn status(&self) -> Value {
        serde_json::from_str(&self.ha(&["status", "--json"]).stdout).expect("a status document")
    }

    /// What the status says about one part.
    pub fn part(&self, name: &str) -> Value {
        let status = self.status();
        let parts = status["parts"].as_array().expect("parts");
        parts.iter().find(|part| part["name"] == name).cloned().unwrap_or_default()
    }

    /// SIGKILL the process of a part.
    pub fn kill_child(&self, part: &str) {
        signal(&self.part(part)["pid"], Signal::SIGKILL);
    }

    /// Wait until the service manager is told something that begins with `text`.
    pub fn wait_for_service(&self, text: &str) {
        let mut buffer = [0; 256];
        loop {
            let length = self.service.recv(&mut buffer).expect(text);
            if buffer[..length].starts_with(text.as_bytes()) {
                return;
            }
        }
    }

    /// What the scripted children noted.
    pub fn log(&self) -> Vec<String> {
        let text = fs::read_to_string(self.path("log")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    pub fn forget_log(&self) {
        fs::remove_file(self.path("log")).unwrap();
    }

    /// The lines that a part was told.
    pub fn told(&self, part: &str) -> Vec<String> {
        let prefix = format!("{part} <- ");
        self.log().iter().filter_map(|line| line.strip_prefix(&prefix)).map(str::to_owned).collect()
    }

    /// Wait for a line that begins with `text`, compared as JSON where both are.
    pub fn wait_for_log(&self, text: &str) {
        self.wait_until(text, || self.log().iter().any(|line| line.starts_with(text)));
    }

    pub fn wait_until(&self, what: &str, mut is_so: impl FnMut() -> bool) {
        let begin = Instant::now();
        while !is_so() {
            assert!(begin.elapsed() < PATIENCE, "{what} did not happen; log: {:#?}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

fn answer(mut command: Command) -> Answer {
    let output = command.output().unwrap();
    Answer {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A running supervisor.
pub struct Run {
    child: Child,
    events: Receiver<Value>,
    seen: Vec<Value>,
    close: std::sync::mpsc::Sender<()>,
    ended: bool,
}

impl Run {
    /// Wait for an event of `kind` whose data is `wanted`; the data.
    pub fn wait_for(&mut self, kind: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let begin = Instant::now();
        loop {
            match self.events.recv_timeout(PATIENCE.saturating_sub(begin.elapsed())) {
                Ok(event) => {
                    self.seen.push(event.clone());
                    if event["type"] == kind && wanted(&event["data"]) {
                        return event["data"].clone();
                    }
                }
                Err(error) => panic!("no such {kind}: {error}; seen: {:#?}", self.seen),
            }
        }
    }

    /// Wait for a part to get into a state, again if it was in it before.
    pub fn wait_child(&mut self, part: &str, state: &str) -> Value {
        self.wait_for("supervisor.child", |data| data["child"] == part && data["state"] == state)
    }

    /// Wait for a part to get into a state, unless it was in it before.
    pub fn wait_once(&mut self, part: &str, state: &str) {
        if !self.saw_child(part, state) {
            self.wait_child(part, state);
        }
    }

    /// Wait until all three parts have been ready.
    pub fn wait_ready(&mut self) {
        for part in ["notify", "check", "vrrp"] {
            self.wait_once(part, "ready");
        }
    }

    /// Whether a part got into a state until now.
    pub fn saw_child(&mut self, part: &str, state: &str) -> bool {
        while let Ok(event) = self.events.recv_timeout(Duration::ZERO) {
            self.seen.push(event);
        }
        self.seen.iter().any(|event| {
            event["type"] == "supervisor.child"
                && event["data"]["child"] == part
                && event["data"]["state"] == state
        })
    }

    /// SIGKILL the process of a part that is known from its events.
    pub fn kill_child(&mut self, part: &str) {
        let started =
            self.seen.iter().rev().find(|event| {
                event["data"]["child"] == part && event["data"]["state"] == "started"
            });
        signal(&started.expect("it was started")["data"]["pid"], Signal::SIGKILL);
    }

    pub fn hang_up(&self) {
        kill(self.pid(), Signal::SIGHUP).unwrap();
    }

    /// What Ctrl-C does: SIGINT to the whole foreground process group.
    pub fn interrupt_group(&self) {
        killpg(self.pid(), Signal::SIGINT).unwrap();
    }

    /// Stop reading events.
    pub fn close_stdout(&mut self) {
        self.close.send(()).unwrap();
    }

    /// SIGTERM, and the exit code.
    pub fn stop(&mut self) -> i32 {
        kill(self.pid(), Signal::SIGTERM).unwrap();
        self.wait()
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.ended = true;
    }

    /// Wait for the end; the exit code.
    pub fn wait(&mut self) -> i32 {
        let begin = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                self.ended = true;
                return status.code().unwrap_or(-1);
            }
            assert!(begin.elapsed() < PATIENCE, "it does not end; seen: {:#?}", self.seen);
            match self.events.recv_timeout(Duration::from_millis(10)) {
                Ok(event) => self.seen.push(event),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => std::thread::sleep(Duration::from_millis(5)),
            }
        }
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).unwrap())
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        if !self.ended {
            // The children end with their input.
            drop(self.child.kill());
            drop(self.child.wait());
        }
    }
}

fn signal(pid: &Value, signal: Signal) {
    let pid = pid.as_i64().and_then(|pid| i32::try_from(pid).ok()).expect("a pid");
    kill(Pid::from_raw(pid), signal).unwrap();
}
