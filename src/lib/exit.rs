//! Exit codes, the one table. The man page and a test repeat it; nothing else may.

use std::process::ExitCode;

/// How a command ended, as scripts see it. Values are stable from the first release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done, or the answer is yes.
    Success = 0,
    /// The answer is no: unhealthy, drift, invalid peer.
    No = 1,
    /// The command line itself is wrong.
    Usage = 2,
    /// Configuration or input is invalid. Permanent: a restart cannot help.
    Invalid = 3,
    /// A privilege or a kernel feature is missing. Permanent.
    Unavailable = 4,
    /// The system refused; trying again may help.
    System = 5,
    /// It took longer than allowed.
    TimedOut = 6,
}

impl Exit {
    /// The number the process ends with.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The meaning of a number; whatever is not in the table counts as [`Exit::System`].
    #[must_use]
    pub const fn from_code(code: u8) -> Self {
        match code {
            0 => Self::Success,
            1 => Self::No,
            2 => Self::Usage,
            3 => Self::Invalid,
            4 => Self::Unavailable,
            6 => Self::TimedOut,
            _ => Self::System,
        }
    }

    /// Whether a supervisor must not start the command again: it would end the same way.
    #[must_use]
    pub const fn is_permanent(code: i32) -> bool {
        matches!(code, 2..=4)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
