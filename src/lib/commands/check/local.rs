//! `ha check file` and `process`: what this host itself shows.

use std::path::PathBuf;
use std::time::Duration;

use super::put;
use super::repeat::{Repeat, Retry};
use super::words::positive_duration;
use crate::drivers::check::Question;
use crate::engine::check::file::FileCheck;
use crate::engine::check::process::{Arguments, ProcessCheck};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::io::capabilities;
use crate::io::probe::file::FileProbe;
use crate::io::probe::process::ProcessProbe;
use crate::output::Printer;

#[derive(Debug, clap::Args)]
pub(super) struct FileArgs {
    /// File with a number in it.
    #[arg(value_name = "FILE")]
    path: PathBuf,

    /// Zero is bad, and every other number good.
    #[arg(long)]
    reverse: bool,

    /// A file that was not written for longer is bad.
    #[arg(long, value_name = "TIME", value_parser = positive_duration)]
    max_age: Option<Duration>,

    #[command(flatten)]
    retry: Retry,

    #[command(flatten)]
    repeat: Repeat,
}

#[derive(Debug, clap::Args)]
pub(super) struct ProcessArgs {
    /// Name of the program as `ps -o comm` shows it.
    #[arg(value_name = "NAME")]
    name: String,

    /// NAME is the whole first word of the command line (`full_command`).
    #[arg(long)]
    full_command: bool,

    /// Arguments that the process has, neither more nor fewer.
    #[arg(value_name = "ARGUMENT", last = true)]
    arguments: Vec<String>,

    /// Others may follow the arguments (`param_match initial`).
    #[arg(long, requires = "arguments")]
    initial: bool,

    /// The last of the arguments may go on, and others may follow (`param_match partial`).
    #[arg(long, requires = "arguments")]
    partial: bool,

    /// Fewest processes that are good (`quorum`).
    #[arg(long, value_name = "N", default_value_t = 1)]
    min: u32,

    /// Most that are good (`quorum_max`); 0: it must not run.
    #[arg(long, value_name = "N")]
    max: Option<u32>,

    #[command(flatten)]
    retry: Retry,

    #[command(flatten)]
    repeat: Repeat,
}

pub(super) fn file(args: FileArgs, printer: Printer) -> Result<Exit> {
    let check = FileCheck { reverse: args.reverse, longest_age: args.max_age };
    let file = FileProbe { path: args.path, check };
    put(&Question::File(file), &args.retry, &args.repeat, printer)
}

pub(super) fn process(args: ProcessArgs, printer: Printer) -> Result<Exit> {
    let least = if args.max == Some(0) { 0 } else { args.min };
    if let Some(most) = args.max.filter(|most| *most < least) {
        let why = format!("--min {least} is above --max {most}");
        return Err(Error::new("count", "processes", why).exit(Exit::Usage));
    }
    capabilities::confine(&[])?;
    let (initial, partial) = (args.initial, args.partial);
    let words = args.arguments;
    let arguments = (!words.is_empty()).then_some(Arguments { initial, partial, words });
    let check = ProcessCheck {
        name: args.name,
        full_command: args.full_command,
        arguments,
        least,
        most: args.max,
    };
    put(&Question::Process(ProcessProbe(check)), &args.retry, &args.repeat, printer)
}
