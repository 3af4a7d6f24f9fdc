//! `ha`: parse, log, dispatch, exit.

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use ha::commands::Cli;
use ha::output::log;

fn main() -> ExitCode {
    let cli = Cli::parse();
    log::start(cli.log);
    let exit = cli.execute().unwrap_or_else(|error| {
        log::say(format!("ha: {error}\n").as_bytes());
        error.exit
    });
    log::flush(Duration::from_secs(1));
    exit.into()
}
