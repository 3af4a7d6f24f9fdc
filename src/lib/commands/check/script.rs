//! `ha check script` and `ha check run`: commands, judged by how they end.

use std::time::Duration;

use super::super::model::{self, ConfigArgs};
use super::repeat::Repeat;
use super::words::positive_duration;
use super::{PATIENCE, exit_of};
use crate::drivers::check::{self, Options};
use crate::engine::check::{CheckPlan, CommandLine, Health, ScriptConfig};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::io::capabilities;
use crate::io::process::Output;
use crate::output::{EventStream, Printer, log};

#[derive(Debug, clap::Args)]
pub(super) struct ScriptArgs {
    /// Longest run; then it gets SIGTERM, and SIGKILL two seconds later [default: 5s, or --interval
    /// when repeating].
    #[arg(long, value_name = "TIME", value_parser = positive_duration)]
    timeout: Option<Duration>,

    #[command(flatten)]
    repeat: Repeat,

    /// The command and its arguments; no shell is involved.
    #[arg(value_name = "COMMAND", required = true, last = true)]
    command: Vec<String>,
}

#[derive(Debug, clap::Args)]
pub(super) struct RunArgs {
    /// Take the plan, and control lines after it, from stdin.
    #[arg(long, value_name = "-", value_parser = ["-"], required_unless_present = "file",
        conflicts_with = "file")]
    plan: Option<String>,

    #[command(flatten)]
    config: ConfigArgs,

    /// Write every result, not only changes; show the output of scripts on stderr.
    #[arg(long, short)]
    verbose: bool,
}

pub(super) fn script(args: ScriptArgs, printer: Printer) -> Result<Exit> {
    let repeat = &args.repeat;
    let once = !repeat.is_wanted();
    let single = Duration::from_secs(5);
    let config = ScriptConfig {
        name: args.command.join(" "),
        command: CommandLine { argv: args.command, identity: None },
        interval: if once { Duration::from_secs(86_400) } else { repeat.interval },
        timeout: args.timeout.unwrap_or(if once { single } else { repeat.interval }),
        rise: repeat.rise,
        fall: repeat.fall,
        init_fail: false,
    };
    let options = Options {
        results: once || repeat.verbose,
        transitions: !once,
        statistics: !once,
        output: output_of(repeat.verbose),
        count: if once { Some(1) } else { repeat.count },
    };
    let plan = CheckPlan { scripts: vec![config], ..CheckPlan::default() };
    let mut emit = |line: &_| if once { printer.answer(line) } else { printer.event(line) };
    let scripts = check::run(Some(plan), options, &mut emit)?;
    Ok(exit_of(scripts.first().map_or(Health::Unknown, |script| script.health)))
}

pub(super) fn run(args: RunArgs, printer: Printer) -> Result<Exit> {
    let plan = match args.config.file {
        Some(file) => Some(scripts_of(&file, args.config.config_id)?),
        None => None,
    };
    let options = Options {
        results: args.verbose,
        transitions: true,
        statistics: false,
        output: output_of(args.verbose),
        count: None,
    };
    capabilities::keep_beside_scripts(&capabilities::FOR_SCRIPTS)?;
    log::never_wait()?;
    let events = EventStream::start(printer)?;
    let ended = check::run(plan, options, &mut |line| {
        events.emit(line.clone());
        Ok(())
    });
    events.flush(PATIENCE);
    ended.map(|_| Exit::Success)
}

/// The scripts that `file` has something track.
fn scripts_of(file: &std::path::Path, config_id: Option<String>) -> Result<CheckPlan> {
    let scripts = model::read(file, config_id)?.scripts;
    if scripts.is_empty() {
        let target = file.display().to_string();
        return Err(Error::new("run the checks of", target, "nothing in it tracks a script")
            .remedy("name a vrrp_script in the track_script of an instance or group")
            .exit(Exit::Invalid));
    }
    Ok(CheckPlan { scripts, ..CheckPlan::default() })
}

const fn output_of(verbose: bool) -> Output {
    if verbose { Output::Stderr } else { Output::Discard }
}
