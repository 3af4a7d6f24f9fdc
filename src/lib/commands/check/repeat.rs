//! How often a check is made, and what a row of results means.

use std::time::Duration;

use super::words::positive_duration;
use crate::engine::check::ProbeConfig;
use crate::time::parse_duration;

/// How often, and what a row of results means.
#[derive(Debug, clap::Args)]
pub(super) struct Repeat {
    /// Repeat until stopped, and write a line each time the verdict changes.
    #[arg(long)]
    pub(super) watch: bool,

    /// Repeat this many times (implies --watch) and sum up at the end.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) count: Option<u64>,

    /// Time from one start to the next.
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = positive_duration)]
    pub(super) interval: Duration,

    /// Good results in a row that it takes to come up again; the first result of all counts at
    /// once.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(super) rise: u32,

    /// Bad results in a row that it takes to go down; the first result of all counts at once.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(super) fall: u32,

    /// Write every result, not only changes; show the output of scripts on stderr.
    #[arg(long, short)]
    pub(super) verbose: bool,
}

impl Repeat {
    pub(super) const fn is_wanted(&self) -> bool {
        self.watch || self.count.is_some()
    }
}

/// What is forgiven, and when the first probe is put.
#[derive(Debug, clap::Args)]
pub(super) struct Retry {
    /// Failures that are forgiven before one counts; each is followed by another try.
    #[arg(long = "retry", value_name = "N", default_value_t = 0)]
    forgiven: u32,

    /// Time from a forgiven failure to the next try (`delay_before_retry`).
    #[arg(long = "retry-delay", value_name = "TIME", default_value = "1s",
        value_parser = parse_duration)]
    delay: Duration,

    /// Begin at a random moment of this time, so that many checks do not begin together.
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = parse_duration)]
    pub(super) warmup: Duration,
}

impl Retry {
    pub(super) const fn config(&self, repeat: &Repeat) -> ProbeConfig {
        ProbeConfig {
            interval: repeat.interval,
            rise: repeat.rise,
            fall: repeat.fall,
            count: repeat.count,
            retry: self.forgiven,
            retry_delay: self.delay,
        }
    }
}
