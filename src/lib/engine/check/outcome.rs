//! What one run of a check came to, in words an operator can act on.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What a single result says about the thing checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// It works.
    Good,
    /// It does not.
    Bad,
    /// Nothing: this host could not put the question (no route, no process, no name).
    Untested,
}

/// How the run of a command ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It exited with this status.
    Exited(i32),
    /// It died of this signal.
    Signalled(i32),
    /// It was still running after this long and was told to stop.
    TimedOut(Duration),
    /// The system would not execute it: it is missing, or may not be executed.
    Refused(String),
    /// This process may not run it as the user whom it is configured for.
    Denied(String),
    /// This process could not even try: no process slot, no memory.
    Untried(String),
}

impl Ending {
    /// What it says about the thing checked.
    #[must_use]
    pub const fn grade(&self) -> Grade {
        match self {
            Self::Exited(0) => Grade::Good,
            Self::Untried(_) => Grade::Untested,
            Self::Exited(_)
            | Self::Signalled(_)
            | Self::TimedOut(_)
            | Self::Refused(_)
            | Self::Denied(_) => Grade::Bad,
        }
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(status) => write!(f, "exit status {status}"),
            Self::Signalled(signal) => match signal_name(*signal) {
                Some(name) => write!(f, "killed by signal {signal} ({name})"),
                None => write!(f, "killed by signal {signal}"),
            },
            Self::TimedOut(after) => write!(f, "timed out after {after:?}"),
            Self::Refused(why) => write!(f, "not executable: {why}"),
            Self::Denied(why) => write!(f, "not permitted: {why}"),
            Self::Untried(why) => write!(f, "could not be started: {why}"),
        }
    }
}

/// Linux's name of the signals that end a command.
const fn signal_name(signal: i32) -> Option<&'static str> {
    Some(match signal {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        6 => "SIGABRT",
        7 => "SIGBUS",
        8 => "SIGFPE",
        9 => "SIGKILL",
        10 => "SIGUSR1",
        11 => "SIGSEGV",
        12 => "SIGUSR2",
        13 => "SIGPIPE",
        14 => "SIGALRM",
        15 => "SIGTERM",
        24 => "SIGXCPU",
        25 => "SIGXFSZ",
        31 => "SIGSYS",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_exit_status_zero_is_good_and_an_untried_run_says_nothing() {
        let second = Duration::from_secs(1);
        for (ending, grade, words) in [
            (Ending::Exited(0), Grade::Good, "exit status 0"),
            (Ending::Exited(1), Grade::Bad, "exit status 1"),
            (Ending::Signalled(9), Grade::Bad, "killed by signal 9 (SIGKILL)"),
            (Ending::Signalled(40), Grade::Bad, "killed by signal 40"),
            (Ending::TimedOut(second), Grade::Bad, "timed out after 1s"),
            (Ending::Refused("gone".into()), Grade::Bad, "not executable: gone"),
            (Ending::Denied("who?".into()), Grade::Bad, "not permitted: who?"),
            (Ending::Untried("full".into()), Grade::Untested, "could not be started: full"),
        ] {
            assert_eq!(ending.grade(), grade, "{ending:?}");
            assert_eq!(ending.to_string(), words);
        }
    }
}
