//! Signals that mean something to a supervisor and nothing to its children.

/// Ignore the signals by which keepalived's daemon is asked for dumps. Whoever sends one to the
/// process of a part, whose pid file invites to it, must not end that part.
pub fn ignore_dumps() {
    let real_time = [libc::SIGRTMIN() + 2, libc::SIGRTMAX() - 1, libc::SIGRTMAX()];
    for number in [libc::SIGUSR1, libc::SIGUSR2].into_iter().chain(real_time) {
        // SAFETY: to ignore a signal installs no code that could run at a bad moment.
        unsafe { libc::signal(number, libc::SIG_IGN) };
    }
}
