use super::super::{FifoConfig, Fifos, PoolHooks, PoolTitle};
use super::*;

fn command(words: &str) -> CommandLine {
    CommandLine { argv: words.split(' ').map(str::to_owned).collect(), identity: None }
}

/// `m`, `b`, `f`, `s`, `d`, `n`, `l`: the hook of that keyword is the command of that letter.
fn hooks(letters: &str) -> Hooks {
    let set = |letter: char| letters.contains(letter).then(|| command(&letter.to_string()));
    Hooks {
        master: set('m'),
        backup: set('b'),
        fault: set('f'),
        stop: set('s'),
        deleted: set('d'),
        any: set('n'),
        lower_priority_heard: set('l'),
    }
}

fn plan(instances: &[(&str, &str)]) -> NotifyPlan {
    let instances = instances.iter().map(|(name, letters)| ((*name).into(), hooks(letters)));
    NotifyPlan { instances: instances.collect(), ..NotifyPlan::default() }
}

fn at(millis: u64) -> Instant {
    Instant::from_nanos(millis * 1_000_000)
}

fn enters(name: &str, state: State) -> Occurrence {
    Occurrence::Instance { name: name.into(), state, priority: 100 }
}

/// Everything it wants done: `0:words` for a start, `term 0`, `kill 0`, `done hook`,
/// `failed hook`, `dropped hook hook`.
fn wants(notifier: &mut Notifier) -> Vec<String> {
    std::iter::from_fn(|| notifier.poll_action())
        .map(|action| match action {
            Action::Start(run, command) => format!("{}:{}", run.0, command.argv.join(" ")),
            Action::Terminate(run) => format!("term {}", run.0),
            Action::Kill(run) => format!("kill {}", run.0),
            Action::Event(Event::Ended { hook, ending: Ending::Exited(0), .. }) => {
                format!("done {hook}")
            }
            Action::Event(Event::Ended { hook, .. }) => format!("failed {hook}"),
            Action::Event(Event::Dropped { hooks, .. }) => format!("dropped {}", hooks.join(" ")),
            Action::Write(_, line) => format!("line {}", line.trim_end_matches(['\0', '\n'])),
        })
        .collect()
}

/// Ends the run in progress successfully.
fn ends(notifier: &mut Notifier, ms: u64, run: u64) -> Vec<String> {
    notifier.handle_ending(at(ms), RunId(run), Ending::Exited(0));
    wants(notifier)
}

#[test]
fn each_state_runs_its_own_hook_and_then_the_general_one_with_four_words() {
    for (state, first, second) in [
        (State::Master, "m", "n INSTANCE A MASTER 100"),
        (State::Backup, "b", "n INSTANCE A BACKUP 100"),
        (State::Fault, "f", "n INSTANCE A FAULT 100"),
        (State::Stopped, "s", "n INSTANCE A STOP 100"),
    ] {
        let mut notifier = Notifier::new(plan(&[("A", "mbfsdn")]));
        notifier.handle_occurrence(at(0), enters("A", state));
        assert_eq!(wants(&mut notifier), [format!("0:{first}")]);
        let rest = ends(&mut notifier, 10, 0);
        assert_eq!(rest[1], format!("1:{second}"));
        assert_eq!(ends(&mut notifier, 20, 1), ["done notify"]);
        assert!(notifier.is_idle());
    }
}

#[test]
fn nothing_is_told_about_init_and_about_instances_without_hooks() {
    let mut notifier = Notifier::new(plan(&[("A", "mn")]));
    notifier.handle_occurrence(at(0), enters("A", State::Init));
    notifier.handle_occurrence(at(0), enters("B", State::Master));
    assert!(wants(&mut notifier).is_empty());
}

#[test]
fn a_group_is_told_with_priority_zero() {
    let groups = [("G".to_owned(), hooks("n"))].into();
    let mut notifier = Notifier::new(NotifyPlan { groups, ..NotifyPlan::default() });
    notifier.handle_occurrence(at(0), Occurrence::Group { name: "G".into(), state: State::Backup });
    assert_eq!(wants(&mut notifier), ["0:n GROUP G BACKUP 0"]);
}

#[test]
fn a_member_entering_the_state_its_group_has_already_is_told_only_the_first_time() {
    let member_of = [("A".to_owned(), "G".to_owned())].into();
    let mut notifier = Notifier::new(NotifyPlan { member_of, ..plan(&[("A", "mb")]) });
    notifier.handle_occurrence(at(0), Occurrence::Group { name: "G".into(), state: State::Backup });
    notifier.handle_occurrence(at(0), enters("A", State::Backup));
    assert_eq!(wants(&mut notifier), ["0:b"], "its first");
    ends(&mut notifier, 1, 0);
    notifier.handle_occurrence(at(2), enters("A", State::Master));
    assert_eq!(wants(&mut notifier), ["1:m"], "the group is backup still");
    ends(&mut notifier, 3, 1);
    notifier.handle_occurrence(at(4), enters("A", State::Backup));
    assert!(wants(&mut notifier).is_empty());
}

#[test]
fn a_hook_that_hangs_holds_up_its_own_instance_only_and_is_killed() {
    let hanging =
        NotifyPlan { deadline: Duration::from_secs(60), ..plan(&[("A", "mb"), ("B", "m")]) };
    let mut notifier = Notifier::new(hanging);
    notifier.handle_occurrence(at(0), enters("A", State::Master));
    notifier.handle_occurrence(at(1), enters("A", State::Backup));
    notifier.handle_occurrence(at(2), enters("B", State::Master));
    assert_eq!(wants(&mut notifier), ["0:m", "1:m"]);
    ends(&mut notifier, 3, 1);
    assert_eq!(notifier.poll_timeout(), Some(at(60_000)));
    notifier.handle_timeout(at(60_000));
    assert_eq!(wants(&mut notifier), ["term 0"]);
    assert_eq!(notifier.poll_timeout(), Some(at(62_000)));
    notifier.handle_timeout(at(62_000));
    assert_eq!(wants(&mut notifier), ["kill 0"]);
    notifier.handle_ending(at(62_001), RunId(0), Ending::Signalled(9));
    assert_eq!(wants(&mut notifier), ["failed notify_master", "2:b"]);
}

#[test]
fn a_hook_that_even_sigkill_does_not_end_is_given_up() {
    let mut notifier = Notifier::new(plan(&[("A", "mb")]));
    notifier.handle_occurrence(at(0), enters("A", State::Master));
    notifier.handle_occurrence(at(1), enters("A", State::Backup));
    for ms in [300_000, 302_000, 312_000] {
        assert_eq!(notifier.poll_timeout(), Some(at(ms)));
        notifier.handle_timeout(at(ms));
    }
    assert_eq!(wants(&mut notifier), ["0:m", "term 0", "kill 0", "failed notify_master", "1:b"]);
    notifier.handle_ending(at(400_000), RunId(0), Ending::Signalled(9));
    assert!(wants(&mut notifier).is_empty(), "its late end concerns nobody");
}

#[test]
fn when_too_many_wait_those_of_past_states_are_dropped_and_the_latest_is_kept() {
    let mut notifier = Notifier::new(plan(&[("A", "mbn")]));
    for turn in 0..20 {
        let state = if turn % 2 == 0 { State::Master } else { State::Backup };
        notifier.handle_occurrence(at(turn), enters("A", state));
    }
    let said = wants(&mut notifier);
    assert_eq!(said[0], "0:m");
    assert!(said[1..].iter().all(|line| line.starts_with("dropped ")), "{said:?}");
    let status = notifier.status();
    assert!(status.waiting <= 17, "{status:?}");
    assert_eq!(status.dropped + status.waiting + 1, 40);
    let mut last = Vec::new();
    for run in 0..status.waiting {
        last.extend(ends(&mut notifier, 100 + run, run));
    }
    assert!(last.last().unwrap().ends_with("n INSTANCE A BACKUP 100"), "{last:?}");
}

#[test]
fn hearing_lower_priorities_often_waits_in_line_once() {
    let mut notifier = Notifier::new(plan(&[("A", "l")]));
    for ms in 0..5 {
        notifier.handle_occurrence(at(ms), Occurrence::LowerPriorityHeard { name: "A".into() });
    }
    assert_eq!(wants(&mut notifier), ["0:l"]);
    assert_eq!(ends(&mut notifier, 10, 0), ["done notify_master_rx_lower_pri", "1:l"]);
    assert_eq!(ends(&mut notifier, 11, 1), ["done notify_master_rx_lower_pri"]);
}

#[test]
fn an_instance_removed_by_a_reload_is_told_as_deleted_or_else_as_fault() {
    for (letters, expected) in [("dfsn", "0:d"), ("fs", "0:f"), ("n", "0:n INSTANCE A FAULT 100")] {
        let mut notifier = Notifier::new(plan(&[("A", letters)]));
        notifier.handle_plan(at(0), plan(&[]));
        notifier.handle_occurrence(at(10), enters("A", State::Stopped));
        assert_eq!(wants(&mut notifier), [expected]);
    }
}

#[test]
fn an_instance_that_lives_on_after_losing_its_hooks_is_told_nothing() {
    let mut notifier = Notifier::new(plan(&[("A", "mbs")]));
    notifier.handle_plan(at(0), plan(&[]));
    notifier.handle_occurrence(at(10), enters("A", State::Master));
    notifier.handle_occurrence(at(20), enters("A", State::Stopped));
    assert!(wants(&mut notifier).is_empty());
}

#[test]
fn at_the_end_the_hook_in_the_way_is_ended_and_the_last_ones_run() {
    let mut notifier = Notifier::new(plan(&[("A", "mbs")]));
    for state in [State::Master, State::Backup, State::Stopped] {
        notifier.handle_occurrence(at(0), enters("A", state));
    }
    assert_eq!(wants(&mut notifier), ["0:m"]);
    notifier.handle_stop(at(5));
    assert_eq!(wants(&mut notifier), ["dropped notify_backup", "term 0"]);
    assert_eq!(notifier.poll_timeout(), Some(at(305)));
    notifier.handle_timeout(at(305));
    notifier.handle_ending(at(306), RunId(0), Ending::Signalled(9));
    assert_eq!(wants(&mut notifier), ["kill 0", "failed notify_master", "1:s"]);
}

#[test]
fn hooks_for_everybody_serve_whoever_is_not_listed() {
    let everybody = NotifyPlan { others: hooks("n"), ..plan(&[("A", "m")]) };
    let mut notifier = Notifier::new(everybody);
    notifier.handle_occurrence(at(0), enters("A", State::Master));
    notifier.handle_occurrence(at(0), enters("B", State::Master));
    assert_eq!(wants(&mut notifier), ["0:m", "1:n INSTANCE B MASTER 100"]);
}

/// A plan with a pipe, an instance that tells its priorities, and a virtual server with a hook for
/// each turn.
fn balancing() -> NotifyPlan {
    let turns = |up: &str, down: &str| UpDown { up: Some(command(up)), down: Some(command(down)) };
    let title = PoolTitle { name: "[192.0.2.1]:tcp:80".into(), protocol: "tcp".into() };
    let servers = [("10.0.0.1:80".to_owned(), turns("su", "sd"))].into();
    let pool = PoolHooks { quorum: turns("qu", "qd"), servers, title };
    let fifo = FifoConfig { path: "/pipe".into(), owner: None, reader: None };
    let fifos = Fifos {
        all: Some(fifo),
        states_on_reload: true,
        priorities: ["A".to_owned()].into(),
        ..Fifos::default()
    };
    let pools = [("tcp 192.0.2.1:80".to_owned(), pool)].into();
    NotifyPlan { pools, fifos, ..plan(&[("A", "")]) }
}

fn server(up: bool) -> Occurrence {
    Occurrence::Server { pool: "tcp 192.0.2.1:80".into(), name: "10.0.0.1:80".into(), up }
}

#[test]
fn servers_and_quorums_have_hooks_of_their_own_which_run_in_order_for_each() {
    let mut notifier = Notifier::new(balancing());
    notifier.handle_occurrence(at(0), server(false));
    let quorum = Occurrence::Pool { name: "tcp 192.0.2.1:80".into(), up: false };
    notifier.handle_occurrence(at(0), quorum);
    let expected = [
        "line RS [10.0.0.1]:tcp:80 [192.0.2.1]:tcp:80 DOWN",
        "0:sd",
        "line VS [192.0.2.1]:tcp:80 DOWN",
        "1:qd",
    ];
    assert_eq!(wants(&mut notifier), expected);
    notifier.handle_occurrence(at(1), server(true));
    assert_eq!(wants(&mut notifier), ["line RS [10.0.0.1]:tcp:80 [192.0.2.1]:tcp:80 UP"]);
    assert_eq!(ends(&mut notifier, 2, 0), ["done notify_down", "2:su"]);
}

#[test]
fn a_server_that_a_reload_removed_still_tells_its_end_and_nothing_else() {
    let mut notifier = Notifier::new(balancing());
    notifier.handle_plan(at(0), NotifyPlan { pools: BTreeMap::new(), ..balancing() });
    notifier.handle_occurrence(at(1), server(true));
    assert!(wants(&mut notifier).is_empty());
    notifier.handle_occurrence(at(1), server(false));
    assert_eq!(wants(&mut notifier)[1], "0:sd");
}

#[test]
fn pipes_tell_states_priorities_and_all_of_it_again_after_a_reload() {
    let mut notifier = Notifier::new(balancing());
    let priority = |priority| Occurrence::Priority { name: "A".into(), priority };
    notifier.handle_occurrence(at(0), priority(90));
    assert!(wants(&mut notifier).is_empty(), "it has no state yet");
    notifier.handle_occurrence(at(0), enters("A", State::Master));
    assert_eq!(wants(&mut notifier), [r#"line INSTANCE "A" MASTER 100"#]);
    notifier.handle_occurrence(at(0), priority(90));
    assert_eq!(wants(&mut notifier), [r#"line INSTANCE "A" MASTER_PRIORITY 90"#]);
    let heard = Occurrence::LowerPriorityHeard { name: "A".into() };
    notifier.handle_occurrence(at(0), heard);
    assert_eq!(wants(&mut notifier), [r#"line INSTANCE "A" MASTER_RX_LOWER_PRI 90"#]);
    notifier.handle_plan(at(1), balancing());
    assert_eq!(wants(&mut notifier), [r#"line INSTANCE "A" MASTER 90"#]);
}
