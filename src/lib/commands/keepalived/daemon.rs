//! From keepalived's options to a running supervisor, in the foreground or the background.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use nix::sys::stat::{Mode, umask};

use super::super::composition::{Source, Unusable, absolute};
use super::chronicle::{Chronicle, Current};
use super::options::Options;
use super::pid_files::PidFiles;
use super::signals::Dump;
use super::{PROGRAM, Status};
use crate::config::{self, Globals, Model};
use crate::drivers::config_loader;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::io::background::{self, Side};
use crate::io::netns::named;
use crate::io::{capabilities, core_dump};
use crate::output::{log, model};
use crate::supervisor::plan::{self, Composition};
use crate::supervisor::run::{self, Setup};
use crate::supervisor::state_dir;

/// Name of the daemon in the logs of others; its children add their jobs.
const LOG_NAME: &str = "Keepalived";
/// How much longer than a graceful stop may take the children of a killed daemon are waited for.
const MARGIN: Duration = Duration::from_secs(5);
/// How long the last log lines may take to be read.
const LAST_LINES: Duration = Duration::from_secs(1);

/// Why it does not run.
struct Failure {
    status: Status,
    error: Error,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { status: error.exit.into(), error }
    }
}

/// Run until asked to stop. Returns the exit status; in the background, that of the process that
/// was called comes as soon as the daemon is ready.
pub fn run(options: Options, complaints: &[String]) -> u8 {
    let status = prepare(options, complaints).unwrap_or_else(|failure| {
        log::fail(PROGRAM, &failure.error);
        failure.status as u8
    });
    log::flush(LAST_LINES);
    status
}

fn prepare(options: Options, complaints: &[String]) -> std::result::Result<u8, Failure> {
    let options = settled(options)?;
    if let Some(mask) = options.umask {
        umask(Mode::from_bits_truncate(mask));
    }
    log::start(&log_choice(&options)?, "")?;
    tracing::info!("Starting Keepalived (ha {})", env!("CARGO_PKG_VERSION"));
    for complaint in complaints {
        tracing::warn!("{complaint}");
    }
    for (names, why) in &options.without_effect {
        tracing::warn!("option {names} has no effect here: {why}");
    }
    if options.core {
        core_dump::allow().unwrap_or_else(|error| tracing::warn!("{error}"));
    }
    if let Some(name) = &options.namespace {
        named::join(name)?;
    }
    let mut source = Source {
        file: options.file.clone(),
        options: reading(&options),
        plan: plan::Options::default(),
    };
    let model = source.load().map_err(|why| invalid(&options.file, why))?;
    let options = with_names(options, &model);
    let log = log_choice(&options)?;
    log::start(&log, "")?;
    source.plan = planning(&options, &log, &source.options);
    let composition = source.compose(&model).map_err(|why| invalid(&options.file, why))?;
    let slowest = composition.children.iter().map(|child| child.stop_limit).max();
    let orphans = slowest.unwrap_or_default() + MARGIN;
    let Some(pid_files) = PidFiles::claim(&options, orphans)? else {
        return Ok(Status::Success as u8);
    };
    if options.dump_configuration {
        model::text(&model).lines().for_each(|line| tracing::info!("{line}"));
    }
    let readiness = if options.foreground {
        None
    } else {
        match background::enter().map_err(|e| Error::new("go into", "the background", e))? {
            Side::Back(readiness) => Some(readiness),
            // Nothing is dropped here: pid files and the like are the daemon's now.
            Side::Front(begun) => leave_to_daemon(begun),
        }
    };
    let current = Rc::new(RefCell::new(model));
    let chronicle = Chronicle::new(pid_files, readiness, &options, Rc::clone(&current));
    let outcome = supervise(&options, source, composition, current, &chronicle);
    match &outcome {
        Ok(status) => chronicle.end(*status, ""),
        Err(failure) => chronicle.end(failure.status as u8, &failure.error.to_string()),
    }
    tracing::info!("Stopped Keepalived (ha {})", env!("CARGO_PKG_VERSION"));
    outcome
}

/// The process that was called ends with what the daemon told it.
fn leave_to_daemon(begun: background::Begun) -> ! {
    if begun.code != Status::Success as u8 {
        log::say_aloud(&format!("{PROGRAM}: cannot start: {}\n", begun.reason));
    }
    std::process::exit(begun.code.into())
}

/// Supervise, having given up what is not needed. Returns the exit status.
fn supervise(
    options: &Options,
    source: Source,
    composition: Composition,
    current: Current,
    chronicle: &Chronicle,
) -> std::result::Result<u8, Failure> {
    chronicle.claim_own()?;
    let _pattern = match options.core_pattern.as_deref().map(core_dump::Pattern::set) {
        None => None,
        Some(Ok(pattern)) => Some(pattern),
        Some(Err(error)) => {
            tracing::warn!("{error}");
            None
        }
    };
    // Before the first thread. Each child gives up what it does not need by itself.
    capabilities::keep_beside_children(&capabilities::FOR_FILES)?;
    log::never_wait()?;
    let code = run::run(Setup {
        configuration: options.file.display().to_string(),
        state_dir: state_directory(options),
        program: None,
        composition,
        read: Box::new(move || {
            let (model, composition) = source.read().map_err(|why| why.refusal)?;
            let before = current.replace(model);
            tell_fixed(&before.globals, &current.borrow().globals);
            Ok(composition)
        }),
        listener: chronicle.listener(),
        status_signals: Dump::ALL.map(Dump::signal).to_vec(),
        heed_interrupt: !options.ignore_interrupt,
        respawn: !options.no_respawn,
    })?;
    Ok(Status::from(Exit::from_code(code)) as u8)
}

/// Every path as it stays when the daemon leaves the working directory.
fn settled(mut options: Options) -> Result<Options> {
    options.file = absolute(&options.file)?;
    let given = [
        &mut options.pid,
        &mut options.vrrp_pid,
        &mut options.checkers_pid,
        &mut options.log_file,
        &mut options.state_dir,
    ];
    for path in given.into_iter().flatten() {
        *path = absolute(path)?;
    }
    Ok(options)
}

/// The options with what the configuration adds to them; what was given on the command line holds.
fn with_names(mut options: Options, model: &Model) -> Options {
    let globals = &model.globals;
    // A name is a part of the names of files.
    let name = globals.naming.instance.as_ref().map(|name| name.replace('/', "-"));
    options.instance = name;
    options.pid_directory = globals.naming.pid_directory;
    if let (None, Some(mask)) = (options.umask, globals.processes.umask) {
        umask(Mode::from_bits_truncate(mask.into()));
    }
    options
}

/// Say of what a reload changed and a running daemon keeps.
fn tell_fixed(before: &Globals, now: &Globals) {
    let (old, new) = (&before.naming, &now.naming);
    let changed = [
        ("instance", old.instance != new.instance),
        ("use_pid_dir", old.pid_directory != new.pid_directory),
        ("umask", before.processes.umask != now.processes.umask),
    ];
    for (keyword, _) in changed.iter().filter(|(_, changed)| *changed) {
        tracing::warn!("the new {keyword} holds from the next start of the daemon on");
    }
}

fn log_choice(options: &Options) -> Result<log::Choice> {
    let mut targets = Vec::new();
    if !options.no_syslog {
        let parts = [Some(LOG_NAME), options.namespace.as_deref(), options.instance.as_deref()];
        let name = parts.into_iter().flatten().collect::<Vec<_>>().join("_");
        targets.push(log::Target::Syslog { facility: options.facility, name });
    }
    if let Some(path) = &options.log_file {
        targets.push(log::Target::File(path.clone()));
    }
    if options.console && options.foreground {
        targets.push(log::Target::Stderr);
    }
    let level = match (targets.is_empty(), options.detail) {
        (true, _) => log::Level::Off,
        (false, 0) => log::Level::Info,
        (false, 1) => log::Level::Debug,
        (false, _) => log::Level::Trace,
    };
    let choice = log::Choice { level, targets };
    // It is told to the children in one word, with commas between its parts.
    match choice.to_string().parse() {
        Ok(same) if choice == same => Ok(choice),
        _ => Err(Error::new("log to", choice.to_string(), "a name in it has a comma or a colon")
            .remedy("use a log file or a namespace without them")
            .exit(Exit::Usage)),
    }
}

/// How the configuration is read.
pub(super) fn reading(options: &Options) -> config::Options {
    let every_file = options.every_file;
    config::Options { every_file, ..config_loader::options(options.config_id.clone()) }
}

/// How its processes are started.
fn planning(options: &Options, log: &log::Choice, read: &config::Options) -> plan::Options {
    plan::Options {
        state_dir: state_directory(options).display().to_string(),
        log: log.to_string(),
        host: read.host_name.clone(),
        without_vrrp: options.checkers_only,
        without_load_balancer: options.vrrp_only,
        keep_addresses: options.keep_addresses,
        keep_table: options.keep_table,
    }
}

/// One for each daemon: the usual one for the usual pid file, else one named after what tells it
/// apart.
fn state_directory(options: &Options) -> PathBuf {
    if let Some(given) = &options.state_dir {
        return given.clone();
    }
    let usual = Path::new(state_dir::DEFAULT);
    if let Some(path) = &options.pid {
        let name = path.display().to_string();
        return usual.join(name.trim_start_matches('/').replace('/', "-"));
    }
    // The word in front keeps the two apart, and names such as `..` from being directories.
    let parts = [("netns", &options.namespace), ("instance", &options.instance)];
    let named = parts.into_iter().filter_map(|(what, name)| Some((what, name.as_deref()?)));
    named.fold(usual.to_owned(), |directory, (what, name)| {
        directory.join(format!("{what}-{}", name.replace('/', "-")))
    })
}

fn invalid(file: &Path, why: Unusable) -> Failure {
    let mut problems = why.refusal.problems.into_iter();
    let first = problems.next().unwrap_or_default();
    let more = problems.count();
    let cause = if more == 0 { first } else { format!("{first} (and {more} more)") };
    let error = Error::new("run the configuration", file.display().to_string(), cause)
        .remedy("nothing was started; `keepalived -t` tells everything that is wrong");
    let status = if why.unreadable { Status::NoConfiguration } else { Status::Configuration };
    Failure { status, error }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory(pid: Option<&str>, namespace: Option<&str>, instance: Option<&str>) -> PathBuf {
        state_directory(&Options {
            pid: pid.map(PathBuf::from),
            namespace: namespace.map(str::to_owned),
            instance: instance.map(str::to_owned),
            ..Options::default()
        })
    }

    #[test]
    fn daemons_that_may_run_side_by_side_have_state_directories_of_their_own() {
        let all = [
            directory(None, None, None),
            directory(Some("/run/a.pid"), None, None),
            directory(Some("/tmp/a.pid"), None, None),
            directory(None, Some("red"), None),
            directory(None, Some("red"), Some("blue")),
            directory(None, None, Some("blue")),
            directory(None, None, Some("red")),
            directory(None, Some("red_blue"), None),
            directory(None, Some("red_instance-blue"), None),
            directory(None, None, Some("..")),
        ];
        assert!(all.iter().all(|path| path.components().all(|part| part.as_os_str() != "..")));
        assert_eq!(all[0], PathBuf::from("/run/ha"));
        assert_eq!(all[1], PathBuf::from("/run/ha/run-a.pid"));
        assert_eq!(all.iter().collect::<std::collections::BTreeSet<_>>().len(), all.len());
    }

    #[test]
    fn the_log_goes_where_the_options_say() {
        let choice = |options: Options| log_choice(&options).unwrap().to_string();
        let plain = Options::default();
        assert_eq!(choice(plain.clone()), "info,syslog:daemon:Keepalived");
        let loud = Options {
            detail: 1,
            console: true,
            foreground: true,
            facility: log::Facility::Local(0),
            log_file: Some("/a.log".into()),
            namespace: Some("red".into()),
            ..plain.clone()
        };
        assert_eq!(choice(loud), "debug,syslog:local0:Keepalived_red,file:/a.log,stderr");
        let console = Options { console: true, ..plain.clone() };
        assert_eq!(choice(console), "info,syslog:daemon:Keepalived", "only with -n");
        assert_eq!(choice(Options { no_syslog: true, ..plain.clone() }), "off");
        let odd = Options { log_file: Some("/a,b".into()), ..plain };
        assert!(log_choice(&odd).is_err());
    }
}
