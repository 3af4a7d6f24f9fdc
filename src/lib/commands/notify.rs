//! `ha notify`: tell scripts about events.

use std::time::Duration;

use super::model::{self, ConfigArgs};
use crate::config::Halves;
use crate::drivers::notify;
use crate::engine::check::{CommandLine, Ending};
use crate::engine::notify::{Hooks, NotifyPlan, Occurrence};
use crate::engine::vrrp::State;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::io::capabilities;
use crate::output::{EventStream, Printer, log};
use crate::time::parse_duration;

/// How long the last lines may take to be read.
const PATIENCE: Duration = Duration::from_secs(1);

/// Arguments of `ha notify`.
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("subject").required(true)
    .args(["follow", "instance", "group"])))]
#[command(after_help = "\
Examples:
  ha notify --instance VI_1 --state master --script /usr/local/bin/on_change
  ha notify --instance VI_1 --state backup -f /etc/keepalived/keepalived.conf
  ha ctl events --json | ha notify --follow --script /usr/local/bin/on_change

Exit codes: 0 every script succeeded; 1 one failed; 3 there is no script for it, or it may not be
run; 4 it is another user's, and this process may not change its user (CAP_SETUID, CAP_SETGID);
6 one took too long.")]
#[command(group(clap::ArgGroup::new("hooks").args(["script", "file"])))]
pub struct Args {
    /// Tell about each event on stdin until it ends. Without --script and --file the first line
    /// is a plan.
    #[arg(long)]
    follow: bool,

    /// Tell about this instance, once.
    #[arg(long, value_name = "NAME", requires_all = ["state", "hooks"])]
    instance: Option<String>,

    /// Tell about this sync group, once.
    #[arg(long, value_name = "NAME", requires_all = ["state", "hooks"],
        conflicts_with = "priority")]
    group: Option<String>,

    /// The state entered.
    #[arg(long, value_enum, conflicts_with = "follow")]
    state: Option<StateWord>,

    /// Effective priority of the instance.
    #[arg(long, value_name = "N", default_value_t = 0, conflicts_with = "follow")]
    priority: u8,

    /// Command that gets four more words: INSTANCE or GROUP, name, state, priority. Split at
    /// blanks; no shell is involved.
    #[arg(long, value_name = "COMMAND", value_parser = words)]
    script: Option<Words>,

    /// Longest run of a command; then SIGTERM, and SIGKILL two seconds later [default: 5m].
    #[arg(long, value_name = "TIME", value_parser = parse_duration, requires = "hooks")]
    deadline: Option<Duration>,

    #[command(flatten)]
    config: ConfigArgs,
}

/// States a script can be told.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum StateWord {
    /// Holds the addresses.
    Master,
    /// Waits.
    Backup,
    /// Cannot take part.
    Fault,
    /// Ended.
    #[value(alias = "stopped")]
    Stop,
}

impl From<StateWord> for State {
    fn from(word: StateWord) -> Self {
        match word {
            StateWord::Master => Self::Master,
            StateWord::Backup => Self::Backup,
            StateWord::Fault => Self::Fault,
            StateWord::Stop => Self::Stopped,
        }
    }
}

/// A command's words; never none.
#[derive(Clone, Debug)]
struct Words(Vec<String>);

fn words(text: &str) -> std::result::Result<Words, String> {
    let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    if words.is_empty() { Err("no command".into()) } else { Ok(Words(words)) }
}

/// Run the command.
///
/// # Errors
/// What could not be done, on what, why, and what to do.
pub fn execute(args: Args, printer: Printer) -> Result<Exit> {
    let plan = match plan(args.script, args.config, args.deadline)? {
        None if args.follow => Some(notify::plan()?),
        plan => plan,
    };
    // Before the first thread.
    let gives = plan.as_ref().is_some_and(|plan| plan.fifos.have_owners());
    capabilities::keep_beside_scripts(if gives {
        &capabilities::FOR_PIPES
    } else {
        &capabilities::FOR_SCRIPTS
    })?;
    let plan = plan.unwrap_or_default();
    let state = args.state.map_or(State::Init, State::from);
    let occurrence = match (args.instance, args.group) {
        (Some(name), _) => Occurrence::Instance { name, state, priority: args.priority },
        (_, Some(name)) => Occurrence::Group { name, state },
        _ => {
            log::never_wait()?;
            let events = EventStream::start(printer)?;
            let ended = notify::follow(plan, &mut |line| {
                events.emit(line.clone());
                Ok(())
            });
            events.flush(PATIENCE);
            return ended.map(|()| Exit::Success);
        }
    };
    let name = occurrence.name().to_owned();
    let endings = notify::tell(plan, occurrence, &mut |line| printer.answer(line))?;
    if endings.is_empty() {
        let cause = "the configuration has no hook for it in this state";
        return Err(Error::new("tell hooks of", name, cause).exit(Exit::Invalid));
    }
    Ok(endings.iter().map(exit_of).find(|exit| *exit != Exit::Success).unwrap_or(Exit::Success))
}

/// The hooks of the command line: of a configuration, or one for everybody.
fn plan(
    script: Option<Words>,
    config: ConfigArgs,
    deadline: Option<Duration>,
) -> Result<Option<NotifyPlan>> {
    let mut plan = match (script, config.file) {
        (Some(Words(argv)), _) => {
            let any = Some(CommandLine { argv, identity: None });
            NotifyPlan { others: Hooks { any, ..Hooks::default() }, ..NotifyPlan::default() }
        }
        (None, Some(file)) => model::read(&file, config.config_id)?.hooks(Halves::ALL),
        (None, None) => return Ok(None),
    };
    plan.deadline = deadline.unwrap_or(plan.deadline);
    Ok(Some(plan))
}

/// What a command's end means for ours.
const fn exit_of(ending: &Ending) -> Exit {
    match ending {
        Ending::Exited(0) => Exit::Success,
        Ending::Exited(_) | Ending::Signalled(_) => Exit::No,
        Ending::TimedOut(_) => Exit::TimedOut,
        Ending::Refused(_) => Exit::Invalid,
        Ending::Denied(_) => Exit::Unavailable,
        Ending::Untried(_) => Exit::System,
    }
}
