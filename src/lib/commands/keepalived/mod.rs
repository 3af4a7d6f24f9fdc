//! `keepalived`: its command line, signals, exit statuses and files, on top of what `ha run` does.
//!
//! Whoever starts keepalived today (a unit, an init script, a cluster manager) starts this in its
//! place and finds what it relies on. What is decided about addresses is decided elsewhere.

mod answers;
mod chronicle;
mod config_test;
mod daemon;
mod genhash;
mod options;
mod pid_files;
mod signals;
mod table;

use std::path::PathBuf;
use std::process::ExitCode;

use crate::error::Result;
use crate::exit::Exit;
use crate::output::{Printer, log};
use options::{CommandLine, Wish};

/// Name of the program in messages.
const PROGRAM: &str = "keepalived";

/// keepalived's exit statuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Status {
    /// Done; also: it runs already.
    Success = 0,
    /// It failed, or the command line is wrong.
    Failed = 1,
    /// The configuration cannot be run.
    Configuration = 2,
    /// A privilege or a kernel feature is missing.
    Permission = 4,
    /// There is no configuration.
    NoConfiguration = 6,
}

impl From<Exit> for Status {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Success => Self::Success,
            Exit::Usage | Exit::Invalid => Self::Configuration,
            Exit::Unavailable => Self::Permission,
            Exit::No | Exit::System | Exit::TimedOut => Self::Failed,
        }
    }
}

/// The whole program when it is called `genhash`.
#[must_use]
pub fn genhash(words: &[String]) -> ExitCode {
    ended(genhash::run(words))
}

/// The whole program.
#[must_use]
pub fn main(words: &[String]) -> ExitCode {
    let CommandLine { wish, complaints } = options::read(words);
    if !matches!(wish, Wish::Run(_)) {
        for complaint in &complaints {
            tell(complaint);
        }
    }
    let done = match wish {
        Wish::Run(options) => return ExitCode::from(daemon::run(*options, &complaints)),
        Wish::Test(options, file) => config_test::run(&options, file.as_deref()),
        Wish::SignalNumber(number) => Printer::new(false).line(number.to_string()).map(|()| 0),
        Wish::Version => Ok(answers::version()),
        Wish::Help => Ok(answers::help()),
        Wish::Genhash(words) => genhash::run(&words),
        Wish::Mistake => return ExitCode::from(Status::Failed as u8),
    };
    ended(done)
}

fn ended(done: Result<u8>) -> ExitCode {
    ExitCode::from(done.unwrap_or_else(|error| {
        log::fail(PROGRAM, &error);
        Status::Failed as u8
    }))
}

/// One line for whoever typed the command.
fn tell(line: &str) {
    log::say(format!("{line}\n").as_bytes());
}

/// Where dumps and logs go: `TMPDIR` when it is the absolute path of a directory, else `/tmp`.
fn temporary_directory() -> PathBuf {
    let wanted = std::env::var_os("TMPDIR").map(PathBuf::from);
    let usable = wanted.filter(|path| path.is_absolute() && path.is_dir());
    usable.unwrap_or_else(|| PathBuf::from("/tmp"))
}
