//! `ha`: parse, log, dispatch, exit.

use std::process::ExitCode;

use clap::Parser;
use ha::commands::Cli;

fn main() -> ExitCode {
    let cli = Cli::parse();
    ha::output::log::start(cli.log);
    match cli.execute() {
        Ok(exit) => exit.into(),
        Err(error) => {
            eprintln!("ha: {error}");
            error.exit.into()
        }
    }
}
