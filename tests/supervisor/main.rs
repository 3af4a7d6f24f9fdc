//! `ha run`, `ha status` and `ha ctl` as processes, with scripted children: who is started, told,
//! killed, restarted and stopped, and in which order.

mod bench;
mod hosts;

use bench::Bench;
use serde_json::json;

#[test]
fn all_parts_start_and_the_status_is_what_they_answer() {
    let bench = Bench::new();
    let mut run = bench.run();
    run.wait_ready();
    let status = bench.status();
    assert_eq!(status["instances"][0]["state"], "master");
    assert_eq!(status["instances"][0]["reason"], "master_down_timer");
    assert_eq!(status["scripts"][0]["name"], "nginx");
    assert_eq!(status["scripts"][0]["up"], false);
    let parts = status["parts"].as_array().unwrap();
    assert_eq!(parts.len(), 3);
    assert!(parts.iter().all(|part| part["state"] == "ready" && part["answered"] == true));
    assert_eq!(bench.ha(&["status"]).code, 0);
    assert_eq!(bench.ha(&["status", "VI_1"]).code, 0);
    assert_eq!(bench.ha(&["status", "VI_9"]).code, 3);
    assert_eq!(run.stop(), 0);
    assert_eq!(bench.ha(&["status"]).code, 5);
}

#[test]
fn an_instance_in_fault_makes_the_status_a_no() {
    let bench = Bench::new();
    bench.instance("fault");
    let mut run = bench.run();
    run.wait_ready();
    assert_eq!(bench.ha(&["status"]).code, 1);
    assert_eq!(run.stop(), 0);
}

#[test]
fn a_crashed_vrrp_process_is_started_again_at_once_and_knows_every_verdict() {
    let bench = Bench::new();
    let mut run = bench.run();
    run.wait_ready();
    bench.wait_for_log("vrrp <- {\"control\":\"track\"");
    bench.forget_log();
    run.kill_child("vrrp");
    let exited = run.wait_child("vrrp", "exited");
    assert_eq!(exited["reason"], "signal 9");
    run.wait_child("vrrp", "ready");
    bench.wait_for_log("vrrp <- {\"control\":\"track\"");
    let told = bench.told("vrrp");
    assert!(told[0].starts_with("{\"control\":\"plan\""), "{told:?}");
    assert!(told[1].contains("\"tracker\":{\"script\":\"nginx\"},\"up\":false"), "{told:?}");
    assert_eq!(bench.part("vrrp")["restarts"], 1);
    assert_eq!(run.stop(), 0);
}

#[test]
fn a_part_that_ends_for_a_reason_that_may_pass_is_started_again() {
    let bench = Bench::new();
    bench.set("check.once", "5");
    let mut run = bench.run();
    run.wait_once("check", "exited");
    run.wait_ready();
    assert_eq!(run.stop(), 0);
}

#[test]
fn checks_that_cannot_run_are_given_up_and_the_rest_works() {
    let bench = Bench::new();
    bench.set("check.exit", "4");
    let mut run = bench.run();
    run.wait_once("check", "given_up");
    run.wait_once("vrrp", "ready");
    assert_eq!(bench.part("check")["state"], "given_up");
    assert_eq!(bench.ha(&["status"]).code, 1);
    assert_eq!(run.stop(), 0);
}

#[test]
fn when_the_virtual_routers_cannot_run_the_supervisor_ends_with_their_exit_code() {
    let bench = Bench::new();
    bench.set("vrrp.exit", "4");
    let mut run = bench.run();
    assert_eq!(run.wait(), 4);
    assert!(run.saw_child("vrrp", "given_up"));
}

#[test]
fn a_process_that_answers_no_ping_is_killed_and_replaced() {
    let bench = Bench::new();
    bench.set("notify.hang", "");
    let mut run = bench.run();
    let killed = run.wait_child("notify", "killed");
    assert_eq!(killed["reason"], "no answer for 5 s");
    bench.unset("notify.hang");
    run.wait_child("notify", "exited");
    run.wait_child("notify", "ready");
    assert!(!run.saw_child("vrrp", "exited"));
    assert_eq!(run.stop(), 0);
}

#[test]
fn a_stop_ends_the_virtual_routers_first_and_hooks_hear_of_it_last() {
    let bench = Bench::new();
    let mut run = bench.run();
    run.wait_ready();
    assert_eq!(run.stop(), 0);
    let log = bench.log();
    let position = |text: &str| log.iter().position(|line| line.starts_with(text));
    let ends = [position("vrrp end"), position("check end"), position("notify end")];
    assert!(ends.iter().all(Option::is_some) && ends.is_sorted(), "{log:#?}");
    let heard = log
        .iter()
        .position(|line| line.starts_with("notify <- ") && line.contains("\"to\":\"stopped\""));
    assert!(heard.is_some() && heard < position("notify end"), "{log:#?}");
    assert!(!bench.state("control.sock").exists() && !bench.state("run.pid").exists());
}

#[test]
fn a_process_that_does_not_stop_is_killed_in_the_end() {
    let bench = Bench::new();
    bench.set("notify.stuck", "");
    let mut run = bench.run();
    run.wait_ready();
    assert_eq!(run.stop(), 0);
    assert!(run.saw_child("notify", "killed"));
}

#[test]
fn when_the_supervisor_is_killed_its_children_stop_by_themselves() {
    let bench = Bench::new();
    let mut run = bench.run();
    run.wait_ready();
    run.kill();
    for part in ["vrrp", "check", "notify"] {
        bench.wait_for_log(&format!("{part} end"));
    }
    // What it left behind does not keep a successor from starting.
    let mut successor = bench.run();
    successor.wait_ready();
    assert_eq!(successor.stop(), 0);
}

#[test]
fn a_second_supervisor_in_the_same_state_directory_is_refused() {
    let bench = Bench::new();
    let mut run = bench.run();
    run.wait_ready();
    let second = bench.ha_run();
    assert_eq!(second.code, 5);
    assert!(second.stderr.contains("runs with it"), "{}", second.stderr);
    assert_eq!(bench.ha(&["status"]).code, 0);
    assert_eq!(run.stop(), 0);
}

#[test]
fn an_invalid_configuration_starts_nothing() {
    let bench = Bench::new();
    bench.set("ha.conf", "vrrp_instance VI_1 {\n  interface lo\n");
    let refused = bench.ha_run();
    assert_eq!(refused.code, 3, "{}", refused.stderr);
    assert!(refused.stderr.contains("ha.conf"), "{}", refused.stderr);
    assert!(bench.log().is_empty());
}

#[test]
fn a_reload_with_an_invalid_configuration_changes_nothing_and_says_so() {
    let bench = Bench::new();
    let mut run = bench.run();
    run.wait_ready();
    bench.wait_for_log("vrrp <- {\"control\":\"track\"");
    bench.forget_log();
    bench.set("ha.conf", "vrrp_instance VI_1 {\n  interface lo\n");
    run.hang_up();
    let told = run.wait_for("supervisor.reload", |_| true);
    assert_eq!(told["result"], "refused");
    assert!(told["changes"][0].as_str().unwrap().contains("ha.conf"), "{told}");
    let asked = bench.ha(&["ctl", "reload"]);
    assert_eq!(asked.code, 3);
    assert!(asked.stderr.contains("stays in force"), "{}", asked.stderr);
    assert!(bench.told("vrrp").iter().all(|line| line.contains("\"ping\"")));
    assert_eq!(bench.status()["reload"]["result"], "refused");
    assert_eq!(run.stop(), 0);
}

#[test]
fn a_reload_tells_only_the_processes_that_it_concerns() {
    let bench = Bench::new();
    let mut run = bench.run();
    run.wait_ready();
    bench.wait_for_log("vrrp <- {\"control\":\"track\"");
    bench.forget_log();
    bench.configure(90);
    let answer = bench.ha(&["ctl", "reload"]);
    assert_eq!((answer.code, answer.stdout.trim()), (0, "vrrp has a new plan"));
    bench.wait_for_log("vrrp <- {\"control\":\"reload\"");
    let reloads = |part| {
        bench.told(part).iter().filter(|line| line.starts_with("{\"control\":\"reload\"")).count()
    };
    assert_eq!((reloads("vrrp"), reloads("check"), reloads("notify")), (1, 0, 0));
    let unchanged = bench.ha(&["ctl", "reload"]);
    assert_eq!(unchanged.stdout.trim(), "nothing changed");
    assert_eq!(run.stop(), 0);
}

#[test]
fn orders_reach_the_virtual_routers() {
    let bench = Bench::new();
    let mut run = bench.run();
    run.wait_ready();
    let orders: [(&[&str], _); 3] = [
        (&["ctl", "demote", "VI_1"], json!("demote")),
        (&["ctl", "promote", "VI_1"], json!("promote")),
        (&["ctl", "maintenance", "on", "VI_1"], json!({"maintenance": true})),
    ];
    for (words, command) in orders {
        let answer = bench.ha(words);
        assert_eq!(answer.code, 0, "{}", answer.stderr);
        assert!(answer.stdout.starts_with("VI_1 master for "), "{}", answer.stdout);
        let control = json!({"control": "command", "instance": "VI_1", "command": command});
        bench.wait_for_log(&format!("vrrp <- {control}"));
    }
    let wrong = bench.ha(&["ctl", "demote", "VI_9"]);
    assert_eq!(wrong.code, 3);
    assert!(wrong.stderr.contains("there is: VI_1"), "{}", wrong.stderr);
    assert_eq!(bench.ha(&["ctl", "stop"]).code, 0);
    assert_eq!(run.wait(), 0);
}

#[test]
fn an_interrupt_at_the_terminal_reaches_the_supervisor_alone() {
    let bench = Bench::new();
    let mut run = bench.run();
    run.wait_ready();
    run.interrupt_group();
    assert_eq!(run.wait(), 0);
    // A child that had got the signal would have ended without seeing the end of its input.
    assert!(bench.log().iter().any(|line| line == "vrrp end"), "{:#?}", bench.log());
}

#[test]
fn a_reader_of_events_that_goes_away_does_not_end_the_supervisor() {
    let bench = Bench::new();
    let mut run = bench.run();
    run.wait_ready();
    run.close_stdout();
    bench.kill_child("check");
    bench.wait_until("check runs again", || {
        let part = bench.part("check");
        part["restarts"] == 1 && part["state"] == "ready"
    });
    assert_eq!(run.stop(), 0);
}

#[test]
fn a_terminal_that_goes_away_does_not_end_the_supervisor() {
    let bench = Bench::new();
    let mut run = bench.run_with_closed_stderr();
    run.wait_ready();
    bench.set("ha.conf", "vrrp_instance VI_1 {\n  interface lo\n");
    run.hang_up();
    let told = run.wait_for("supervisor.reload", |_| true);
    assert_eq!(told["result"], "refused");
    assert_eq!(run.stop(), 0);
}

#[test]
fn the_service_manager_is_told_and_hears_signs_of_life() {
    let bench = Bench::new();
    let mut run = bench.run();
    bench.wait_for_service("READY=1");
    bench.wait_for_service("WATCHDOG=1");
    bench.wait_for_service("WATCHDOG=1");
    run.hang_up();
    bench.wait_for_service("RELOADING=1");
    bench.wait_for_service("READY=1");
    assert!(bench.log().contains(&"vrrp start".to_owned()), "{:#?}", bench.log());
    assert_eq!(run.stop(), 0);
    bench.wait_for_service("STOPPING=1");
}

#[test]
fn a_configuration_with_nothing_to_do_runs_and_answers() {
    let bench = Bench::new();
    bench.set("ha.conf", "");
    let mut run = bench.run();
    bench.wait_for_service("READY=1");
    assert_eq!(bench.ha(&["status"]).code, 0);
    let answer = bench.ha(&["ctl", "stop"]);
    assert_eq!((answer.code, answer.stdout.trim()), (0, "stopping"), "{}", answer.stderr);
    assert_eq!(run.wait(), 0);
}

#[test]
fn explain_prints_the_commands_and_starts_nothing() {
    let bench = Bench::new();
    let explained = bench.ha(&["run", "-f", bench.path("ha.conf").to_str().unwrap(), "--explain"]);
    assert_eq!(explained.code, 0, "{}", explained.stderr);
    for command in ["ha check run --plan -", "ha vrrp run --plan -", "ha notify --follow"] {
        assert!(explained.stdout.contains(command), "{}", explained.stdout);
    }
    assert!(bench.log().is_empty() && !bench.state("run.pid").exists());
}
