//! How many files and sockets this process may have open.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// What is open beside what a job opens by the thousand: streams, signals, timers, libraries.
const OTHERS: u64 = 64;
/// With fewer there is no use in beginning.
const LEAST: u64 = 16;

/// Raise the limit as far as this process may, and say how many sockets there is room for. Where
/// it cannot be raised, what there is has to do.
#[must_use]
pub fn raise() -> usize {
    let limits = getrlimit(Resource::RLIMIT_NOFILE);
    let most = limits.map_or(1024, |(soft, hard)| {
        let raised = soft >= hard || setrlimit(Resource::RLIMIT_NOFILE, hard, hard).is_ok();
        if raised { hard.max(soft) } else { soft }
    });
    usize::try_from(most.saturating_sub(OTHERS).max(LEAST)).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_raised_to_what_the_process_may() {
        let room = raise();
        let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
        assert_eq!(soft, hard);
        assert_eq!(u64::try_from(room).unwrap(), hard - OTHERS);
    }
}
