//! The supervisor against scripted processes, without one real process.

use std::time::Duration;

use super::super::plan::{self, tests::composition};
use super::*;

/// The machine with a clock and a record of what it wanted.
struct Bench {
    core: Core,
    now: Now,
    record: Vec<Action>,
    pids: u32,
}

impl Bench {
    fn new(composition: Composition) -> Self {
        let identity = Identity { pid: 1, configuration: "ha.conf".into(), respawn: true };
        let now = Now { at: Instant::from_nanos(1_000_000_000), unix_nanos: 0 };
        let core = Core::new(now, identity, composition);
        let mut bench = Self { core, now, record: Vec::new(), pids: 100 };
        bench.settle();
        bench
    }

    /// With every process started and ready, and the record empty.
    fn running() -> Self {
        let mut bench = Self::new(composition());
        bench.make_ready();
        bench.record.clear();
        bench
    }

    fn make_ready(&mut self) {
        for part in Part::ALL {
            self.line(part, "ready", json!({}));
        }
    }

    /// Does what the machine wants: processes start at once.
    fn settle(&mut self) {
        while let Some(action) = self.core.poll_action() {
            if let Action::Start { part, .. } = &action {
                self.pids += 1;
                self.core.handle_started(self.now, *part, self.pids);
            }
            self.record.push(action);
        }
    }

    fn line(&mut self, part: Part, kind: &str, data: Value) {
        let line = Line::new(kind, "2026-01-02T03:04:05.000006Z".into(), None, data);
        self.core.handle_line(self.now, part, line);
        self.settle();
    }

    fn exited(&mut self, part: Part, ended: Ended) {
        let pid = self.core.members[&part].pid().expect("it runs");
        self.core.handle_exited(self.now, part, pid, ended);
        self.settle();
    }

    fn asked(&mut self, request: Request) {
        self.core.handle_request(self.now, Client(1), request);
        self.settle();
    }

    fn read_again(&mut self, outcome: Result<Composition, Refusal>) {
        self.core.handle_configuration(self.now, Some(Client(1)), outcome);
        self.settle();
    }

    fn stop(&mut self) {
        self.core.handle_stop(self.now);
        self.settle();
    }

    fn pass(&mut self, time: Duration) {
        let end = self.now.at + time;
        while let Some(due) = self.core.poll_timeout().filter(|due| *due <= end) {
            self.now.at = due;
            self.core.handle_timeout(self.now);
            self.settle();
        }
        self.now.at = end;
    }

    /// The record in short, without events, then emptied.
    fn done(&mut self) -> Vec<String> {
        self.record
            .drain(..)
            .filter_map(|action| match action {
                Action::Start { part, lines, .. } => Some(format!("start {part} {}", lines.len())),
                Action::Send { about: Some(about), .. } if about.starts_with("supervisor") => None,
                Action::Send { part, text, .. } => {
                    let text: Value = serde_json::from_str(&text).expect("JSON");
                    Some(format!("{part} <- {}", text["control"].as_str().expect("control")))
                }
                Action::CloseInput(part) => Some(format!("close {part}")),
                Action::Kill(part) => Some(format!("kill {part}")),
                Action::Limit(..) | Action::Publish(_) => None,
                Action::Reply(_, response) => Some(match response {
                    Response::Status { .. } => "status".into(),
                    Response::Done { .. } => "done".into(),
                    Response::Refused { exit, .. } => format!("refused {exit}"),
                }),
                Action::Read(_) => Some("read".into()),
                Action::Service(service) => Some(format!("{service:?}")),
                Action::Finish(code) => Some(format!("finish {code}")),
            })
            .collect()
    }

    fn published(&self, kind: &str) -> Vec<Value> {
        self.record
            .iter()
            .filter_map(|action| match action {
                Action::Publish(line) if line.kind == kind => Some(line.data.clone()),
                _ => None,
            })
            .collect()
    }
}

const NONE: [&str; 0] = [];

fn checked_down() -> Value {
    json!({"check": "nginx", "kind": "script", "from": "up", "to": "down", "reason": "exit 1"})
}

#[test]
fn whoever_listens_is_started_first_and_the_service_is_ready_when_all_are() {
    let mut bench = Bench::new(composition());
    assert_eq!(bench.done(), ["start notify 1", "start check 1", "start vrrp 1"]);
    bench.line(Part::Vrrp, "ready", json!({}));
    bench.line(Part::Check, "ready", json!({}));
    assert_eq!(bench.done(), NONE);
    bench.line(Part::Notify, "ready", json!({}));
    assert_eq!(bench.done(), ["Ready"]);
}

#[test]
fn a_configuration_without_anything_to_do_is_ready_at_once() {
    assert_eq!(Bench::new(Composition::default()).done(), ["Ready"]);
}

#[test]
fn a_new_vrrp_process_is_told_the_verdicts_right_after_its_plan() {
    let mut bench = Bench::running();
    bench.line(Part::Check, "check.transition", checked_down());
    assert_eq!(bench.done(), ["vrrp <- track", "notify <- event"]);
    bench.exited(Part::Vrrp, Ended::Signal(9));
    assert_eq!(bench.done(), ["start vrrp 2"]);
}

#[test]
fn a_crash_of_the_checks_says_nothing_to_the_virtual_routers() {
    let mut bench = Bench::running();
    bench.line(Part::Check, "check.transition", checked_down());
    bench.done();
    bench.exited(Part::Check, Ended::Signal(11));
    assert_eq!(bench.done(), ["start check 1"]);
    bench.line(Part::Check, "check.transition", checked_down());
    assert_eq!(bench.done(), ["notify <- event"]);
}

#[test]
fn what_happened_while_notify_was_away_waits_for_it() {
    let mut bench = Bench::running();
    for _ in 0..3 {
        bench.exited(Part::Notify, Ended::Code(5));
    }
    bench.done();
    bench.line(Part::Vrrp, "vrrp.transition", json!({"instance": "VI_1", "to": "master"}));
    assert_eq!(bench.done(), ["notify <- event"]);
    bench.pass(Duration::from_secs(1));
    assert!(matches!(&bench.record[0], Action::Start { part: Part::Notify, keep: true, .. }));
}

#[test]
fn a_new_vrrp_process_is_told_which_instances_are_in_maintenance() {
    let mut bench = Bench::running();
    let order = |on| Request::Command { instance: None, command: Command::Maintenance(on) };
    let mut told = |on| {
        bench.core.handle_request(bench.now, Client(1), order(on));
        bench.settle();
        bench.record.clear();
        bench.exited(Part::Vrrp, Ended::Signal(9));
        let lines = bench.record.iter().find_map(|action| match action {
            Action::Start { lines, .. } => Some(lines.clone()),
            _ => None,
        });
        bench.make_ready();
        lines.unwrap().iter().any(|line| line.contains("maintenance"))
    };
    assert!(told(true));
    assert!(!told(false));
}

#[test]
fn checks_that_cannot_run_leave_the_virtual_routers_alone() {
    let mut bench = Bench::running();
    bench.exited(Part::Check, Ended::Code(4));
    assert_eq!(bench.published("supervisor.child").last().unwrap()["state"], "given_up");
    bench.pass(Duration::from_secs(300));
    assert!(!bench.done().iter().any(|done| done.starts_with("start check") || done == "finish"));
}

#[test]
fn when_vrrp_cannot_run_everything_stops_with_its_exit_code() {
    let mut bench = Bench::running();
    bench.exited(Part::Vrrp, Ended::Code(4));
    assert_eq!(bench.done(), ["Stopping", "close check"]);
    bench.exited(Part::Check, Ended::Code(0));
    bench.exited(Part::Notify, Ended::Code(0));
    assert_eq!(bench.done(), ["close notify", "finish 4"]);
}

#[test]
fn a_stop_ends_the_virtual_routers_first_and_the_hooks_last() {
    let mut bench = Bench::running();
    bench.stop();
    assert_eq!(bench.done(), ["Stopping", "close vrrp"]);
    bench.line(Part::Vrrp, "vrrp.transition", json!({"instance": "VI_1", "to": "stopped"}));
    assert_eq!(bench.done(), ["notify <- event"]);
    bench.exited(Part::Vrrp, Ended::Code(0));
    assert_eq!(bench.done(), ["close check"]);
    bench.stop();
    bench.exited(Part::Check, Ended::Code(0));
    assert_eq!(bench.done(), ["close notify"]);
    bench.exited(Part::Notify, Ended::Code(0));
    assert_eq!(bench.done(), ["finish 0"]);
}

#[test]
fn a_stop_does_not_wait_for_those_that_hang() {
    let mut bench = Bench::running();
    bench.stop();
    bench.pass(Duration::from_secs(60));
    let done = bench.done();
    assert!(done.contains(&"kill vrrp".to_owned()), "{done:?}");
    assert_eq!(done.last().unwrap(), "finish 0");
}

#[test]
fn a_silent_process_is_killed_and_its_late_exit_starts_it_again() {
    let mut bench = Bench::running();
    bench.pass(Duration::from_secs(2));
    assert_eq!(bench.done(), ["notify <- ping", "check <- ping", "vrrp <- ping"]);
    bench.line(Part::Check, "pong", json!({"id": 1}));
    bench.line(Part::Notify, "pong", json!({"id": 1}));
    bench.pass(Duration::from_secs(5));
    assert!(bench.done().contains(&"kill vrrp".to_owned()));
    bench.exited(Part::Vrrp, Ended::Signal(9));
    assert_eq!(bench.done(), ["start vrrp 1"]);
}

#[test]
fn a_reload_that_changes_nothing_says_nothing_to_anybody() {
    let mut bench = Bench::running();
    bench.read_again(Ok(composition()));
    assert_eq!(bench.done(), ["Reloading", "done", "Ready"]);
}

#[test]
fn a_reload_tells_only_whom_it_concerns() {
    let mut bench = Bench::running();
    let mut changed = composition();
    for child in &mut changed.children {
        if child.part == Part::Vrrp {
            child.plan = json!({"routers": []});
        }
    }
    changed.children.retain(|child| child.part != Part::Notify);
    bench.read_again(Ok(changed));
    let done = bench.done();
    assert_eq!(done, ["Reloading", "vrrp <- reload", "done", "close notify"]);
    bench.exited(Part::Notify, Ended::Code(0));
    assert_eq!(bench.done(), ["Ready"]);
    bench.read_again(Ok(composition()));
    assert!(bench.done().contains(&"start notify 1".to_owned()));
}

#[test]
fn a_refused_reload_changes_nothing_and_says_why() {
    let mut bench = Bench::running();
    bench.read_again(Err(Refusal { problems: vec!["ha.conf:3:1: E0001 no".into()] }));
    let told = bench.published("supervisor.reload");
    assert_eq!(told[0]["result"], "refused");
    assert_eq!(told[0]["changes"][0], "ha.conf:3:1: E0001 no");
    assert_eq!(bench.done(), ["refused 3"]);
}

#[test]
fn what_the_configuration_wants_and_nobody_does_is_said_once() {
    let mut wants = composition();
    wants.missing.push(plan::Missing { part: "bfd", reason: "not in this version".into() });
    let mut bench = Bench::new(wants.clone());
    bench.make_ready();
    bench.read_again(Ok(wants));
    let told = bench.published("supervisor.child");
    assert_eq!(told.iter().filter(|data| data["state"] == "unavailable").count(), 1);
    bench.asked(Request::Status);
    for part in Part::ALL {
        bench.line(part, &format!("{}.status", part.speaks()), json!({"id": 1}));
    }
    let Some(Action::Reply(_, Response::Status { status })) = bench.record.last() else {
        panic!("no status: {:?}", bench.record.last());
    };
    assert!(status.parts.iter().any(|part| part.name == "bfd" && part.state == "unavailable"));
}

#[test]
fn status_is_asked_of_every_process_and_answered_when_all_have_answered() {
    let mut bench = Bench::running();
    bench.asked(Request::Status);
    assert_eq!(bench.done(), ["notify <- status", "check <- status", "vrrp <- status"]);
    bench.line(Part::Vrrp, "vrrp.status", json!({"id": 1, "instances": []}));
    bench.line(Part::Check, "check.status", json!({"id": 1}));
    assert_eq!(bench.done(), NONE);
    bench.exited(Part::Notify, Ended::Signal(9));
    assert_eq!(bench.done(), ["status", "start notify 1"]);
}

#[test]
fn a_command_goes_to_vrrp_and_one_for_an_unknown_instance_is_refused() {
    let mut bench = Bench::running();
    let command =
        |name: &str| Request::Command { instance: Some(name.to_owned()), command: Command::Demote };
    bench.asked(command("VI_1"));
    assert_eq!(bench.done(), ["vrrp <- command", "done"]);
    bench.asked(command("VI_9"));
    assert_eq!(bench.done(), ["refused 3"]);
}

#[test]
fn an_exit_of_a_process_that_was_replaced_is_ignored() {
    let mut bench = Bench::running();
    bench.core.handle_exited(bench.now, Part::Vrrp, 1, Ended::Signal(9));
    bench.settle();
    assert_eq!(bench.done(), NONE);
}

#[test]
fn a_reload_during_a_stop_is_not_begun() {
    let mut bench = Bench::running();
    bench.stop();
    bench.done();
    bench.core.handle_reload(bench.now);
    bench.asked(Request::Reload);
    assert_eq!(bench.done(), ["refused 5"]);
}

#[test]
fn a_moment_in_the_past_is_shown_the_same_each_time_until_the_clock_is_set() {
    let mut bench = Bench::new(Composition::default());
    let mut since = |unix_nanos: u64| {
        bench.now = Now { at: Instant::from_nanos(2_000_000_000), unix_nanos };
        bench.asked(Request::Status);
        match bench.record.pop() {
            Some(Action::Reply(_, Response::Status { status })) => status.since,
            other => panic!("no status: {other:?}"),
        }
    };
    let first = since(1_767_323_045_000_006_000);
    assert_eq!(first, "2026-01-02T03:04:04.000006Z");
    assert_eq!(since(1_767_323_045_000_009_000), first);
    assert_eq!(since(1_767_323_046_000_006_000), "2026-01-02T03:04:05.000006Z");
}

/// A bench with a load balancer, whose processes all are ready.
fn balancing() -> Bench {
    let composition = plan::compose(&plan::tests::balancing(), &plan::Options::default()).unwrap();
    let mut bench = Bench::new(composition);
    bench.make_ready();
    bench.record.clear();
    bench
}

/// A verdict on the real server of that load balancer.
fn server_down() -> Value {
    let id = plan::tests::balancing().probes().checks[0].id;
    json!({"kind": "tcp", "check": "10.0.0.1:80", "id": id, "from": "up", "to": "down",
        "reason": "refused"})
}

/// The plan that the process started last was told.
fn told_plan(bench: &mut Bench) -> Value {
    let mut started = bench.record.drain(..).rev().filter_map(|action| match action {
        Action::Start { lines, .. } => Some(lines),
        _ => None,
    });
    let first = started.next().unwrap().swap_remove(0);
    serde_json::from_str::<Value>(&first).unwrap()["plan"].take()
}

#[test]
fn whoever_comes_after_a_crash_is_told_every_verdict_in_its_plan() {
    let mut bench = balancing();
    bench.line(Part::Probe, "check.transition", server_down());
    assert_eq!(bench.done(), ["ipvs <- event", "notify <- event"]);
    bench.exited(Part::Probe, Ended::Signal(9));
    let plan = told_plan(&mut bench);
    assert_eq!(plan["resume"][0]["to"], "down");
    bench.exited(Part::Ipvs, Ended::Signal(9));
    let plan = told_plan(&mut bench);
    assert_eq!(plan["resume"]["checks"][0]["check"], "10.0.0.1:80");
    assert!(plan["resume"]["told"].is_object());
    bench.exited(Part::Check, Ended::Signal(9));
    assert_eq!(told_plan(&mut bench).get("resume"), None, "it has told nothing");
}

#[test]
fn the_table_goes_after_the_virtual_routers_and_before_its_checks() {
    let mut bench = balancing();
    bench.stop();
    for part in [Part::Vrrp, Part::Ipvs, Part::Probe, Part::Check, Part::Notify] {
        bench.exited(part, Ended::Code(0));
    }
    let expected = ["close vrrp", "close ipvs", "close probe", "close check", "close notify"];
    assert_eq!(bench.done()[1..6], expected);
}

#[test]
fn without_ipvs_in_the_kernel_the_virtual_routers_run_and_status_says_why() {
    let options = plan::Options::default();
    let mut bench = Bench::new(plan::compose(&plan::tests::balancing(), &options).unwrap());
    bench.line(Part::Ipvs, "error", json!({"message": "this kernel does not have it"}));
    bench.exited(Part::Ipvs, Ended::Code(4));
    assert!(!bench.done().contains(&"Stopping".to_owned()));
    let given_up = bench.core.members[&Part::Ipvs].reason().map(str::to_owned);
    assert_eq!(given_up.as_deref(), Some("this kernel does not have it"));
    let alone = plan::Options { without_vrrp: true, ..options };
    let mut bench = Bench::new(plan::compose(&plan::tests::balancing(), &alone).unwrap());
    bench.exited(Part::Ipvs, Ended::Code(4));
    assert!(bench.done().contains(&"Stopping".to_owned()), "nothing else is left to do");
}
