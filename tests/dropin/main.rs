//! The second binary, `keepalived`: options, exit statuses, pid files, signals and log, beside the
//! real one where it is installed. Daemons run on hosts of their own (netns), with `/run`, `/dev`
//! and `/etc/keepalived` of their own.

#[path = "../support/mod.rs"]
mod support;

mod answers;
mod daemon;
mod host;
mod status;

use std::path::Path;
use std::process::{Command, Output, Stdio};

/// The drop-in.
const OURS: &str = env!("CARGO_BIN_EXE_keepalived");
/// keepalived itself.
const REAL: &str = "/usr/sbin/keepalived";

/// Whether the real one is here to be compared with; says so when not.
fn has_real(test: &str) -> bool {
    let found = Path::new(REAL).exists();
    if !found {
        println!("SKIP: {test}: keepalived is not installed");
    }
    found
}

fn run(program: &str, words: &str) -> Output {
    Command::new(program)
        .args(words.split_whitespace())
        .stdin(Stdio::null())
        .output()
        .expect("the program starts")
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
