//! `ha check run`: all checks of a plan in one process, against servers on the loopback.

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use support::SOON;

const MILLISECOND: u64 = 1000;

/// A running `ha check run --plan -`.
struct Run {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<Value>,
}

impl Run {
    fn start(plan: &Value) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_ha"))
            .args(["check", "run", "--plan", "-", "--json"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = mpsc::channel();
        let output = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let _gone = sender.send(serde_json::from_str(&line).unwrap());
            }
        });
        let input = child.stdin.take();
        let mut this = Self { child, input, lines };
        this.tell(&json!({ "control": "plan", "plan": plan }));
        assert_eq!(this.next("ready")["type"], "ready");
        this
    }

    fn tell(&mut self, line: &Value) {
        writeln!(self.input.as_mut().unwrap(), "{line}").unwrap();
    }

    /// The next line of this kind; what comes before it is of no interest.
    fn next(&self, kind: &str) -> Value {
        let end = Instant::now() + SOON;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let line = self.lines.recv_timeout(left).unwrap_or_else(|_| panic!("no {kind}"));
            if line["type"] == kind {
                return line;
            }
        }
    }

    /// How the checks stand; no verdict may change before the answer.
    fn status(&mut self) -> Value {
        self.tell(&json!({ "control": "status", "id": 7 }));
        let line = self.lines.recv_timeout(SOON).unwrap();
        assert_eq!(line["type"], "check.status", "{line}");
        line["data"].clone()
    }

    /// Wait until the first check was put so often.
    fn runs(&mut self, wanted: u64) -> Value {
        let end = Instant::now() + SOON;
        loop {
            let status = self.status();
            if status["checks"][0]["runs"].as_u64().unwrap() >= wanted {
                return status;
            }
            assert!(Instant::now() < end, "{status}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// End it gracefully.
    fn finish(mut self) {
        self.input = None;
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        let _over = self.child.kill();
        let _over = self.child.wait();
    }
}

fn timing(retry: u32) -> Value {
    json!({ "delay_loop_us": 50 * MILLISECOND, "retry": retry,
        "delay_before_retry_us": 20 * MILLISECOND, "warmup_us": 1 })
}

fn check(probe: &Value, retry: u32) -> Value {
    json!({ "id": "0123456789abcdef", "probe": probe, "timing": timing(retry) })
}

fn tcp(port: u16) -> Value {
    json!({ "tcp": { "address": "127.0.0.1", "port": port, "timeout_us": 500 * MILLISECOND } })
}

fn web(port: u16, paths: &[&str]) -> Value {
    let urls = paths.iter().map(|path| json!({ "path": path, "status": [[200, 299]] }));
    json!({ "http": { "connection":
            { "address": "127.0.0.1", "port": port, "timeout_us": 200 * MILLISECOND },
        "version": "1.0", "urls": urls.collect::<Vec<_>>() } })
}

#[test]
fn a_successor_goes_on_where_a_killed_process_stood_and_tells_nothing_but_news() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut first = Run::start(&json!({ "checks": [check(&tcp(port), 2)] }));
    let up = first.next("check.transition");
    assert_eq!((&up["data"]["from"], &up["data"]["to"]), (&json!("unknown"), &json!("up")));
    assert_eq!(up["data"]["id"], "0123456789abcdef");
    first.child.kill().unwrap();
    drop(first);
    let plan = json!({ "checks": [check(&tcp(port), 2)], "resume": [up["data"]] });
    let mut second = Run::start(&plan);
    let status = second.runs(3);
    assert_eq!(status["checks"][0]["health"], "up");
    drop(listener);
    let down = second.next("check.transition")["data"].clone();
    assert_eq!((&down["from"], &down["to"]), (&json!("up"), &json!("down")));
    assert_eq!(down["reason"], "connection refused");
    let status = second.status();
    assert!(status["checks"][0]["failures"].as_u64().unwrap() >= 3, "{status}");
    second.finish();
}

/// A web server that answers 200 until it is told to say nothing; counts who came.
fn web_server(hangs: &Arc<AtomicBool>, asked: &Arc<AtomicUsize>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (hangs, asked) = (Arc::clone(hangs), Arc::clone(asked));
    std::thread::spawn(move || {
        let mut silent = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            asked.fetch_add(1, Ordering::SeqCst);
            if hangs.load(Ordering::SeqCst) {
                silent.push(stream);
                continue;
            }
            let mut request = [0; 1024];
            let _some = stream.read(&mut request).unwrap();
            let _gone = stream.write_all(b"HTTP/1.0 200 OK\r\n\r\nhello");
        }
    });
    port
}

#[test]
fn a_server_that_hangs_is_down_after_exactly_the_configured_tries() {
    let (hangs, asked) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let port = web_server(&hangs, &asked);
    let plan = json!({ "checks": [check(&web(port, &["/a", "/b"]), 2)] });
    let mut run = Run::start(&plan);
    assert_eq!(run.next("check.transition")["data"]["to"], "up");
    let status = run.runs(4);
    assert_eq!(status["checks"][0]["failures"], 0);
    hangs.store(true, Ordering::SeqCst);
    let before = asked.load(Ordering::SeqCst);
    let down = run.next("check.transition")["data"].clone();
    let tries = asked.load(Ordering::SeqCst) - before;
    assert_eq!(down["to"], "down", "{down}");
    assert!(down["reason"].as_str().unwrap().contains("timed out"), "{down}");
    // One may have been on its way when the server fell silent.
    assert!((2..=3).contains(&tries), "{tries} tries");
    hangs.store(false, Ordering::SeqCst);
    assert_eq!(run.next("check.transition")["data"]["to"], "up");
    run.finish();
}

#[test]
fn a_reload_keeps_the_state_of_checks_that_stay_also_under_another_timing() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut run = Run::start(&json!({ "checks": [check(&tcp(port), 1)] }));
    assert_eq!(run.next("check.transition")["data"]["to"], "up");
    let mut other = check(&tcp(port), 5);
    other["id"] = json!("fedcba9876543210");
    run.tell(&json!({ "control": "reload", "plan": { "checks": [other] } }));
    // Whoever keeps verdicts by id has to learn it; everybody else notices nothing.
    let again = run.next("check.transition")["data"].clone();
    assert_eq!(again["id"], "fedcba9876543210");
    assert_eq!((&again["from"], &again["to"]), (&json!("up"), &json!("up")));
    let status = run.runs(4);
    assert_eq!(status["checks"][0]["id"], "fedcba9876543210");
    assert_eq!(status["checks"][0]["health"], "up");
    run.tell(&json!({ "control": "reload", "plan": {} }));
    assert_eq!(run.status()["checks"], json!([]));
    run.tell(&json!({ "control": "ping", "id": 8 }));
    assert_eq!(run.next("pong")["data"]["id"], 8);
    run.finish();
}

#[test]
fn a_script_sets_a_weight_and_a_file_tells_its_number() {
    let folder = tempfile::tempdir().unwrap();
    let (status, number) = (folder.path().join("status"), folder.path().join("number"));
    std::fs::write(&status, "7").unwrap();
    let line = format!("exit $(cat {})", status.display());
    let script = json!({ "script": { "command": { "argv": ["/bin/sh", "-c", line] },
        "timeout_us": 5_000 * MILLISECOND, "dynamic": true } });
    let plan = json!({ "checks": [check(&script, 0)],
        "files": [{ "name": "load", "path": number.to_str().unwrap() }] });
    let run = Run::start(&plan);
    let told = |kind: &str| loop {
        let data = run.next("check.transition")["data"].clone();
        if data["kind"] == kind {
            return data;
        }
    };
    let empty = told("file");
    assert_eq!(
        (&empty["check"], &empty["to"], &empty["value"]),
        (&json!("load"), &json!("up"), &json!(0))
    );
    let up = told("script");
    assert_eq!((&up["to"], &up["weight"]), (&json!("up"), &json!(5)));
    let replace = |path: &std::path::Path, text: &str| {
        let new = folder.path().join("new");
        std::fs::write(&new, text).unwrap();
        std::fs::rename(&new, path).unwrap();
    };
    replace(&status, "22");
    let heavier = told("script");
    assert_eq!((&heavier["from"], &heavier["to"]), (&json!("up"), &json!("up")));
    assert_eq!(heavier["weight"], 20);
    replace(&number, "-3");
    let three = told("file");
    assert_eq!((&three["to"], &three["value"]), (&json!("down"), &json!(-3)));
    run.finish();
}

#[test]
fn what_cannot_be_put_is_not_known_and_no_news() {
    let regex = json!({ "path": "/", "status": [[200, 299]], "regex": { "pattern": "(" } });
    let mut broken = web(1, &["/"]);
    broken["http"]["urls"] = json!([regex]);
    let mut suspended = check(&tcp(1), 0);
    suspended["id"] = json!("00000000000000aa");
    suspended["addresses"] = json!(["192.0.2.77"]);
    let plan = json!({ "checks": [check(&broken, 0), suspended], "sessions": ["core"] });
    let mut run = Run::start(&plan);
    let status = run.runs(2);
    let [broken, suspended] = [&status["checks"][0], &status["checks"][1]];
    assert_eq!(broken["health"], "unknown");
    assert!(broken["reason"].as_str().unwrap().contains("pattern"), "{broken}");
    assert_eq!((&suspended["suspended"], &suspended["runs"]), (&json!(true), &json!(0)));
    assert_eq!(status["sessions"][0]["name"], "core");
    run.finish();
}
