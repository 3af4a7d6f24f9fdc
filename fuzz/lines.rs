//! What must hold for any line between processes, and for any lease file: it is understood or
//! refused, and whoever is told of it goes on. The fuzz target calls it, and so does
//! `tests/fuzz_smoke.rs` with mutations of real lines.

use std::time::Duration;

use ha::drivers::control::Control;
use ha::drivers::notify::occurrence;
use ha::engine::check::script::Action as ScriptAction;
use ha::engine::check::{CheckPlan, Ending, Script};
use ha::engine::notify::{Action as HookAction, Notifier, NotifyPlan};
use ha::engine::vrrp::input::Recorded;
use ha::engine::vrrp::{Node, NodeConfig};
use ha::io::lease;
use ha::output::event::Line;
use ha::supervisor::core::{Action as CoreAction, Client, Core, Identity, Now, Refusal};
use ha::supervisor::plan::{Composition, Part};
use ha::supervisor::request::{Request, Response};
use ha::supervisor::restart::Ended;
use ha::time::Instant;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// When everything begins.
const START: Instant = Instant::from_nanos(1_000_000_000_000);
/// Wake-ups after which a machine must have got somewhere.
const PATIENCE: usize = 8;

/// The first byte chooses whose lines the rest is.
pub fn lines(data: &[u8]) {
    let Some((choice, rest)) = data.split_first() else { return };
    if choice % 7 == 6 {
        return leases(rest);
    }
    let Ok(text) = std::str::from_utf8(rest) else { return };
    match choice % 7 {
        0 => routers(text),
        1 => checks(text),
        2 => hooks(text),
        3 => requests(text),
        4 => supervisor(text),
        _ => recording(text),
    }
}

/// A value is written as it is read.
fn is_kept<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(value: &T) {
    let text = serde_json::to_string(value).expect("what was read can be written");
    let again: T = serde_json::from_str(&text).expect("what was written can be read");
    assert_eq!(again, *value, "{text}");
}

/// Control lines of `ha vrrp run`.
fn routers(text: &str) {
    let mut node = Node::new(&NodeConfig::default());
    node.start(START);
    let mut now = START;
    for line in text.lines() {
        match serde_json::from_str(line) {
            Ok(Control::Plan { plan } | Control::Reload { plan }) => {
                is_kept::<NodeConfig>(&plan);
                node.reload(now, &plan);
            }
            Ok(Control::Command { command, .. }) => node.handle_command(now, None, &command),
            Ok(Control::Track { tracker, up, .. }) => node.handle_tracker(now, &tracker, up),
            Ok(_) | Err(_) => {}
        }
        for _ in 0..PATIENCE {
            while node.poll_action().is_some() {}
            let Some(due) = node.poll_timeout() else { break };
            now = now.max(due);
            node.handle_timeout(now);
            assert!(node.poll_timeout().is_none_or(|due| due > now), "a busy loop");
        }
    }
}

/// Control lines of `ha check run`.
fn checks(text: &str) {
    let mut scripts: Vec<Script> = Vec::new();
    let mut now = START;
    for line in text.lines() {
        let plan: CheckPlan = match serde_json::from_str(line) {
            Ok(Control::Plan { plan } | Control::Reload { plan }) => plan,
            _ => continue,
        };
        is_kept(&plan);
        for (number, wanted) in plan.scripts.into_iter().take(4).enumerate() {
            match scripts.get_mut(number) {
                Some(script) => script.reconfigure(now, &wanted),
                None => scripts.push(Script::new(now, wanted)),
            }
        }
        for script in &mut scripts {
            now = now.max(run_script(script, now));
        }
    }
}

/// Every third run hangs, every other fails. Time goes on.
fn run_script(script: &mut Script, mut now: Instant) -> Instant {
    for run in 0..PATIENCE {
        let mut wakings = 0;
        while script.poll_timeout().is_some_and(|due| due <= now) {
            script.handle_timeout(now);
            wakings += 1;
            assert!(wakings < PATIENCE, "a busy loop");
        }
        while let Some(action) = script.poll_action() {
            match action {
                ScriptAction::Start if run % 3 > 0 => {
                    let status = i32::try_from(run % 2).unwrap_or_default();
                    script.handle_ending(now, &Ending::Exited(status));
                }
                ScriptAction::Kill => script.handle_ending(now, &Ending::Signalled(9)),
                _ => {}
            }
        }
        now = script.poll_timeout().map_or(now, |due| due.max(now));
    }
    now
}

/// Control and event lines of `ha notify --follow`.
fn hooks(text: &str) {
    let mut notifier = Notifier::new(NotifyPlan::default());
    let mut now = START;
    for (number, line) in text.lines().enumerate() {
        match serde_json::from_str::<Control<NotifyPlan>>(line) {
            Ok(Control::Plan { plan } | Control::Reload { plan }) => {
                is_kept(&plan);
                notifier.handle_plan(now, plan);
            }
            Ok(Control::Event { event }) => {
                if let Ok(Some(occurrence)) = occurrence(&event) {
                    notifier.handle_occurrence(now, occurrence);
                }
            }
            Ok(_) | Err(_) => {}
        }
        while let Some(action) = notifier.poll_action() {
            if let HookAction::Start(run, command) = action
                && number % 2 == 0
            {
                drop(command);
                notifier.handle_ending(now, run, Ending::Exited(0));
            }
        }
        let mut wakings = 0;
        while notifier.poll_timeout().is_some_and(|due| due <= now) {
            notifier.handle_timeout(now);
            wakings += 1;
            assert!(wakings < 4 * PATIENCE, "a busy loop");
        }
        now = notifier.poll_timeout().map_or(now, |due| due.max(now));
    }
}

/// Lines of the control socket, both ways.
fn requests(text: &str) {
    for line in text.lines() {
        if let Ok(request) = serde_json::from_str::<Request>(line) {
            is_kept(&request);
        }
        if let Ok(response) = serde_json::from_str::<Response>(line) {
            // Without a comparison: numbers with a fraction may be written a little otherwise.
            drop(serde_json::to_string(&response).expect("what was read can be written"));
        }
    }
}

/// Lines of children, and what clients ask meanwhile, to the supervisor. The first character of
/// a line says who wrote it.
fn supervisor(text: &str) {
    let mut now = Now { at: START, unix_nanos: 0 };
    let mut text = text.lines();
    let composition = text.next().and_then(composition).unwrap_or_default();
    let identity = Identity { pid: 1, configuration: "ha.conf".to_owned(), respawn: true };
    let mut core = Core::new(now, identity, composition);
    let mut pids = [0; 3];
    act(&mut core, now, &mut pids);
    for line in text {
        let (who, line) = line.split_at_checked(1).unwrap_or_default();
        let number = match who {
            "v" => 0,
            "c" => 1,
            _ => 2,
        };
        let part = Part::ALL[number];
        match who {
            "v" | "c" | "n" => {
                if let Ok(line) = serde_json::from_str::<Line>(line) {
                    core.handle_line(now, part, line);
                }
            }
            "x" => core.handle_exited(now, part, pids[number], Ended::NotStarted),
            "t" => {
                now.at = core.poll_timeout().map_or(now.at, |due| due.max(now.at));
                core.handle_timeout(now);
                assert!(core.poll_timeout().is_none_or(|due| due > now.at), "a busy loop");
            }
            "f" => {
                let problems = vec![line.to_owned()];
                core.handle_configuration(now, Some(Client(1)), Err(Refusal { problems }));
            }
            _ => {
                if let Ok(request) = serde_json::from_str::<Request>(line) {
                    core.handle_request(now, Client(1), request);
                }
            }
        }
        act(&mut core, now, &mut pids);
    }
}

/// The processes of a configuration.
fn composition(model: &str) -> Option<Composition> {
    let model = serde_json::from_str(model).ok()?;
    let options = ha::supervisor::plan::Options {
        state_dir: "/run/ha".to_owned(),
        log: "info".to_owned(),
        host: "host".to_owned(),
        ..Default::default()
    };
    ha::supervisor::plan::compose(&model, &options).ok()
}

/// Every process starts.
fn act(core: &mut Core, now: Now, pids: &mut [u32; 3]) {
    while let Some(action) = core.poll_action() {
        if let CoreAction::Start { part, .. } = action {
            for (pid, _) in pids.iter_mut().zip(Part::ALL).filter(|(_, other)| *other == part) {
                *pid += 1;
                core.handle_started(now, part, *pid);
            }
        }
    }
}

/// Lines of a recording, from an empty node. Times only go forward.
fn recording(text: &str) {
    let mut node = Node::default();
    let mut latest = START;
    for recorded in text.lines().filter_map(|line| Recorded::parse(line).ok()) {
        is_kept(&recorded);
        latest = recorded.now.clamp(latest, latest + Duration::from_secs(1_000_000));
        node.apply(latest, &recorded.input);
        while node.poll_action().is_some() {}
    }
}

/// Any lease file tells of no more routers than it has room for.
fn leases(bytes: &[u8]) {
    let leases = lease::parse(bytes, b"00000000-0000-0000-0000-000000000000");
    assert!(leases.len() <= bytes.len() / 24);
    assert!(leases.values().all(|sent| *sent != 0));
}
