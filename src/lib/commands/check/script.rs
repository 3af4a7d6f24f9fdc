//! `ha check script` and `ha check run`: commands, judged by how they end.

use std::time::Duration;

use super::super::model::{self, ConfigArgs};
use super::repeat::Repeat;
use super::words::positive_duration;
use super::{PATIENCE, exit_of};
use crate::drivers::check::{self, Options, Source};
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
        tracked: false,
    };
    let plan = CheckPlan { scripts: vec![config], ..CheckPlan::default() };
    let mut emit = |line: &_| if once { printer.answer(line) } else { printer.event(line) };
    let scripts = check::run(plan, Source::Nobody, options, &mut emit)?;
    Ok(exit_of(scripts.first().map_or(Health::Unknown, |script| script.health)))
}

pub(super) fn run(args: RunArgs, printer: Printer) -> Result<Exit> {
    let ConfigArgs { file, config_id } = args.config;
    let plan = match &file {
        Some(file) => plan_of(file, config_id.clone())?,
        None => check::first_plan()?,
    };
    let options = Options {
        results: args.verbose,
        transitions: true,
        statistics: false,
        output: output_of(args.verbose),
        count: None,
        tracked: true,
    };
    keep_for(&plan)?;
    log::never_wait()?;
    let events = EventStream::start(printer)?;
    let room = |plan: &CheckPlan| plan.scripts.len() + plan.checks.len() + plan.files.len();
    events.make_room_for(room(&plan));
    let mut reload = || {
        let Some(file) = &file else { return Ok(CheckPlan::default()) };
        let plan = plan_of(file, config_id.clone())?;
        events.make_room_for(room(&plan));
        Ok(plan)
    };
    let source = if file.is_some() { Source::File(&mut reload) } else { Source::Lines };
    let ended = check::run(plan, source, options, &mut |line| {
        events.emit(line.clone());
        Ok(())
    });
    events.flush(PATIENCE);
    ended.map(|_| Exit::Success)
}

/// Everything that `file` has checked.
fn plan_of(file: &std::path::Path, config_id: Option<String>) -> Result<CheckPlan> {
    let plan = model::read(file, config_id)?.checks();
    if plan.is_empty() {
        let target = file.display().to_string();
        return Err(Error::new("run the checks of", target, "nothing in it is checked")
            .remedy(
                "give a real_server a check, or name a vrrp_script in the track_script of an \
                 instance or group",
            )
            .exit(Exit::Invalid));
    }
    Ok(plan)
}

/// Give up what `plan` does not take.
fn keep_for(plan: &CheckPlan) -> Result<()> {
    let kept = capabilities::named(&plan.capabilities());
    if plan.has_scripts() {
        capabilities::keep_beside_scripts(&kept)
    } else {
        capabilities::confine(&kept)
    }
}

const fn output_of(verbose: bool) -> Output {
    if verbose { Output::Stderr } else { Output::Discard }
}
