//! RFC 9568 section 6.4 (and RFC 3768 section 6.4 where it differs), sentence by sentence.

use super::*;

const PLAIN: u8 = 100;
/// Three intervals of one second and the skew of priority 100, in microseconds.
const DOWN: u64 = 3_609_375;

struct Row {
    /// The sentence.
    says: &'static str,
    bench: Bench,
    input: fn(&mut Bench),
    actions: &'static [&'static str],
    state: State,
    /// Microseconds after `START`.
    due: Option<u64>,
}

fn check(rows: Vec<Row>) {
    for Row { says, mut bench, input, actions, state, due } in rows {
        input(&mut bench);
        assert_eq!(bench.take(), actions, "{says}");
        assert_eq!(bench.state(), state, "{says}");
        assert_eq!(bench.due(), due, "{says}");
    }
}

#[test]
fn startup_follows_section_6_4_1() {
    check(vec![
        Row {
            says: "If the Priority is 255: send an ADVERTISEMENT, announce, set the Adver_Timer, \
                   transition to Active",
            bench: Bench::idle(&node(vec![single(255)])),
            input: |bench| bench.node.start(START),
            actions: &[
                "send 255",
                "install 10.0.0.100",
                "announce 10.0.0.100 x5 became_master",
                "init -> master: address_owner",
            ],
            state: State::Master,
            due: Some(1_000_000),
        },
        Row {
            says: "else: set Active_Down_Timer to Active_Down_Interval, transition to Backup",
            bench: Bench::idle(&node(vec![single(PLAIN)])),
            input: |bench| bench.node.start(START),
            actions: &["init -> backup: startup"],
            state: State::Backup,
            due: Some(DOWN),
        },
    ]);
}

#[test]
fn a_backup_follows_section_6_4_2() {
    let backup = || Bench::backup(single(PLAIN));
    check(vec![
        Row {
            says: "If the Active_Down_Timer fires: send an ADVERTISEMENT, announce, set the \
                   Adver_Timer, transition to Active",
            bench: backup(),
            input: |bench| bench.run_until(ms(3_700)),
            actions: &[
                "send 100",
                "install 10.0.0.100",
                "announce 10.0.0.100 x5 became_master",
                "backup -> master: master_down_timer",
            ],
            state: State::Master,
            due: Some(DOWN + 1_000_000),
        },
        Row {
            says: "If the Priority in the ADVERTISEMENT is zero: set the Active_Down_Timer to \
                   Skew_Time",
            bench: backup(),
            input: |bench| {
                bench.run_until(ms(500));
                bench.hear(LOW, 0);
            },
            actions: &[],
            state: State::Backup,
            due: Some(500_000 + 609_375),
        },
    ]);
}
