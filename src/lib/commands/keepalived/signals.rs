//! The signals of keepalived, by what they ask for.

use nix::libc;

/// What a signal asks the daemon for, besides to stop and to reload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dump {
    /// Everything it knows, as text.
    Data,
    /// The counters.
    Statistics,
    /// The counters, which begin at zero afterwards.
    StatisticsCleared,
    /// The virtual routers as JSON.
    Json,
    /// The processes, on the log.
    Processes,
}

impl Dump {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Data, Self::Statistics, Self::StatisticsCleared, Self::Json, Self::Processes];

    /// The number of its signal. Those of real time differ between C libraries.
    #[must_use]
    pub fn signal(self) -> i32 {
        match self {
            Self::Data => libc::SIGUSR1,
            Self::Statistics => libc::SIGUSR2,
            Self::StatisticsCleared => libc::SIGRTMAX() - 1,
            Self::Json => libc::SIGRTMIN() + 2,
            Self::Processes => libc::SIGRTMAX(),
        }
    }

    /// What the signal with this number asks for.
    #[must_use]
    pub fn of(signal: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|dump| dump.signal() == signal)
    }
}

/// The signal for one of the words of `--signum`.
#[must_use]
pub fn number(word: &str) -> Option<i32> {
    match word {
        "STOP" => Some(libc::SIGTERM),
        "RELOAD" => Some(libc::SIGHUP),
        "DATA" => Some(Dump::Data.signal()),
        "STATS" => Some(Dump::Statistics.signal()),
        "STATS_CLEAR" => Some(Dump::StatisticsCleared.signal()),
        "JSON" => Some(Dump::Json.signal()),
        // The manual of keepalived has the second word, the program the first.
        "TDUMP" | "TDATA" => Some(Dump::Processes.signal()),
        _ => None,
    }
}
