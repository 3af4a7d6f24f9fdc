use super::*;
use crate::engine::check::CommandLine;

fn config(interval_ms: u64, timeout_ms: u64) -> ScriptConfig {
    ScriptConfig {
        name: "s".into(),
        command: CommandLine { argv: vec!["/s".into()], identity: None },
        interval: Duration::from_millis(interval_ms),
        timeout: Duration::from_millis(timeout_ms),
        rise: 1,
        fall: 1,
        init_fail: false,
    }
}

fn at(millis: u64) -> Instant {
    Instant::from_nanos(millis * 1_000_000)
}

/// Everything it wants done, one word each: `start term kill good bad untested skip` and
/// `from>to` for a transition.
fn wants(script: &mut Script) -> String {
    let mut words = Vec::new();
    while let Some(action) = script.poll_action() {
        words.push(match action {
            Action::Start => "start".into(),
            Action::Terminate => "term".into(),
            Action::Kill => "kill".into(),
            Action::Event(Event::Result { grade: Grade::Good, .. }) => "good".into(),
            Action::Event(Event::Result { grade: Grade::Bad, .. }) => "bad".into(),
            Action::Event(Event::Result { .. }) => "untested".into(),
            Action::Event(Event::Skipped { .. }) => "skip".into(),
            Action::Event(Event::Transition { change, .. }) => {
                format!("{}>{}", change.from.word(), change.to.word())
            }
        });
    }
    words.join(" ")
}

/// One step of a history: at this millisecond, this happens, and this is wanted.
enum Step {
    Time(u64, &'static str),
    Ends(u64, Ending, &'static str),
}
use Step::{Ends, Time};

fn play(config: ScriptConfig, steps: Vec<Step>) -> Script {
    let mut script = Script::new(at(0), config);
    for (index, step) in steps.into_iter().enumerate() {
        let expected = match step {
            Time(ms, expected) => {
                assert_eq!(script.poll_timeout(), Some(at(ms)), "step {index}");
                script.handle_timeout(at(ms));
                expected
            }
            Ends(ms, ending, expected) => {
                script.handle_ending(at(ms), &ending);
                expected
            }
        };
        assert_eq!(wants(&mut script), expected, "step {index}");
    }
    script
}

#[test]
fn each_start_is_the_previous_start_plus_the_interval() {
    play(
        config(1000, 1000),
        vec![
            Time(0, "start"),
            Ends(300, Ending::Exited(0), "good unknown>up"),
            Time(1000, "start"),
            Ends(1900, Ending::Exited(1), "bad up>down"),
            Time(2000, "start"),
            Ends(2001, Ending::Signalled(9), "bad"),
            Time(3000, "start"),
        ],
    );
}

#[test]
fn a_turn_that_finds_the_previous_run_is_left_out() {
    play(
        config(1000, 2500),
        vec![
            Time(0, "start"),
            Time(1000, "skip"),
            Time(2000, "skip"),
            Ends(2400, Ending::Exited(0), "good unknown>up"),
            Time(3000, "start"),
        ],
    );
}

#[test]
fn a_run_past_its_timeout_fails_at_once_and_its_late_ending_does_not_count() {
    play(
        config(5000, 1000),
        vec![
            Time(0, "start"),
            Time(1000, "term bad unknown>down"),
            Ends(1100, Ending::Exited(0), ""),
            Time(5000, "start"),
        ],
    );
}

#[test]
fn a_run_that_ignores_sigterm_is_killed_after_two_seconds_and_again() {
    play(
        config(60_000, 1000),
        vec![
            Time(0, "start"),
            Time(1000, "term bad unknown>down"),
            Time(3000, "kill"),
            Time(5000, "kill"),
            Time(15_000, "kill"),
            Ends(15_001, Ending::Signalled(9), ""),
            Time(60_000, "start"),
        ],
    );
}

#[test]
fn a_run_stuck_in_the_kernel_is_a_failure_at_each_turn() {
    let stuck = ScriptConfig { fall: 3, ..config(1000, 500) };
    let mut script = play(
        stuck,
        vec![
            Time(0, "start"),
            Ends(1, Ending::Exited(0), "good unknown>up"),
            Time(1000, "start"),
            Time(1500, "term bad"),
            Time(2000, "skip bad"),
            Time(3000, "skip bad up>down"),
            Time(3500, "kill"),
        ],
    );
    assert_eq!(script.status(at(3500)).failures, 3);
    script.stop(at(3600));
    assert!(!script.is_stopped());
}

#[test]
fn a_command_that_cannot_be_executed_is_a_failure_but_lack_of_processes_is_no_news() {
    let refused = Ending::Refused("No such file".into());
    let untried = Ending::Untried("Resource temporarily unavailable".into());
    play(
        config(1000, 1000),
        vec![
            Time(0, "start"),
            Ends(0, Ending::Exited(0), "good unknown>up"),
            Time(1000, "start"),
            Ends(1000, untried.clone(), "untested"),
            Time(2000, "start"),
            Ends(2000, untried, "untested"),
            Time(3000, "start"),
            Ends(3000, refused, "bad up>down"),
        ],
    );
}

#[test]
fn init_fail_is_down_until_the_first_result_decides() {
    // keepalived 2.2.7 with `init_fail` and `rise 3` says "succeeded" after the first success.
    let failed = ScriptConfig { init_fail: true, rise: 3, fall: 2, ..config(1000, 1000) };
    let mut script = Script::new(at(0), failed);
    assert_eq!(script.health(), Health::Down);
    script.handle_timeout(at(0));
    script.handle_ending(at(1), &Ending::Exited(0));
    assert_eq!(wants(&mut script), "start good down>up");
    assert_eq!(script.status(at(1002)).reason, "exit status 0");
}

#[test]
fn an_equal_configuration_keeps_state_and_phase() {
    let mut script = Script::new(at(0), config(1000, 1000));
    script.handle_timeout(at(0));
    script.handle_ending(at(10), &Ending::Exited(0));
    wants(&mut script);
    script.reconfigure(at(500), &config(1000, 1000));
    assert_eq!(wants(&mut script), "");
    assert_eq!(script.poll_timeout(), Some(at(1000)));
    assert_eq!(script.health(), Health::Up);
}

#[test]
fn a_new_configuration_runs_at_once_and_its_first_result_decides() {
    let mut script = Script::new(at(0), config(1000, 1000));
    script.handle_timeout(at(0));
    script.handle_ending(at(10), &Ending::Exited(0));
    script.handle_timeout(at(1000));
    wants(&mut script);
    let changed = ScriptConfig { fall: 5, ..config(700, 1000) };
    script.reconfigure(at(1100), &changed);
    assert_eq!(wants(&mut script), "term");
    assert_eq!(script.health(), Health::Up);
    // The old run's end is no result; the new first turn follows it.
    assert_eq!(script.poll_timeout(), Some(at(3100)));
    script.handle_ending(at(1150), &Ending::Signalled(15));
    assert_eq!(wants(&mut script), "start");
    script.handle_ending(at(1160), &Ending::Exited(1));
    assert_eq!(wants(&mut script), "bad up>down");
    assert_eq!(script.poll_timeout(), Some(at(1800)), "the grid began with the change");
}

#[test]
fn a_leftover_that_needs_sigkill_does_not_hold_up_the_verdict_for_ever() {
    let mut script = Script::new(at(0), config(10_000, 5000));
    script.handle_timeout(at(0));
    script.reconfigure(at(100), &config(10_000, 6000));
    wants(&mut script);
    script.handle_timeout(at(2100));
    assert_eq!(wants(&mut script), "kill skip bad unknown>down");
}

#[test]
fn a_stopped_script_starts_nothing_and_is_done_when_its_run_ends() {
    let mut script = Script::new(at(0), config(1000, 1000));
    script.handle_timeout(at(0));
    wants(&mut script);
    script.stop(at(100));
    assert_eq!(wants(&mut script), "term");
    assert_eq!(script.poll_timeout(), Some(at(2100)));
    script.handle_ending(at(150), &Ending::Signalled(15));
    assert_eq!(wants(&mut script), "");
    assert!(script.is_stopped());
    assert_eq!(script.poll_timeout(), None);
}

#[test]
fn a_late_call_starts_one_run_not_many() {
    let mut script = Script::new(at(0), config(1000, 1000));
    script.handle_timeout(at(10_400));
    assert_eq!(wants(&mut script), "start");
    script.handle_ending(at(10_410), &Ending::Exited(0));
    assert_eq!(script.poll_timeout(), Some(at(11_000)));
}
