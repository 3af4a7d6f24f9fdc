//! Somebody sets the clock of the host. This machine's own is nobody's to set, so it happens in a
//! kernel of its own.

use std::path::Path;
use std::process::Command;

use crate::support::can_run;

#[test]
fn a_clock_that_is_set_an_hour_ahead_and_back_moves_nothing_and_no_advert_is_missing() {
    if !can_run("clock") {
        return;
    }
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let output = Command::new(tests.join("vm/boot"))
        .args(["--timeout", "300", "--", "bash"])
        .arg(tests.join("hardship/clock.sh"))
        .arg(env!("CARGO_BIN_EXE_ha"))
        .output()
        .unwrap();
    if output.status.code() == Some(77) {
        println!("SKIP: clock: {}", String::from_utf8_lossy(&output.stderr));
        return;
    }
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    print!("{text}");
}
