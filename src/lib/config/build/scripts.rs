//! Commands: who runs them, whether they can be run, and whether others could change them.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::globals::ScriptUser;
use super::settings::Settings;
use super::{Context, Script, track};
use crate::config::diagnostic::{Code, Diagnostic};
use crate::config::loader::FileStatus;
use crate::config::resolve::Entry;
use crate::config::source::Span;
use crate::config::tree::{Word, WordList, command_words};
use crate::engine::check::{CommandLine, Identity, ScriptConfig};
use crate::engine::notify::Hooks;
use crate::engine::vrrp::{TrackerConfig, TrackerId};

/// Where commands without a slash are looked for when the environment has no PATH.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Take one `vrrp_script`.
pub(super) fn script(entry: &Entry<'_>, context: &mut Context<'_>) {
    let name = entry.text().to_owned();
    if let Some(first) = context.scripts.get(&name).map(|script| script.span) {
        super::duplicate_name(entry, first, context);
        return;
    }
    let settings = Settings::new(entry);
    let (weight, reverse) = match settings.get("weight") {
        Some(weight) => track::weight(weight.arguments(), 253, context).unwrap_or_default(),
        None => (0, false),
    };
    let interval = settings.time("interval").unwrap_or(Duration::from_secs(1));
    let count = |keyword| {
        settings.number(keyword).and_then(|number| u32::try_from(number).ok()).unwrap_or(1)
    };
    let command = if let Some(script) = settings.get("script") {
        let user = settings.get("user").map(Entry::arguments);
        command(script, user, context)
    } else {
        context.warn(
            Code::ScriptUnusable,
            entry.value_span(),
            format!("vrrp_script `{name}` has no script"),
            "it is not tracked; add: script \"COMMAND\"",
        );
        None
    };
    let config = command.map(|command| {
        Box::new(ScriptConfig {
            name: name.clone(),
            command,
            interval,
            timeout: settings.time("timeout").unwrap_or(interval),
            rise: count("rise"),
            fall: count("fall"),
            init_fail: settings.has("init_fail"),
        })
    });
    let span = entry.value_span();
    context.scripts.insert(name, Script { config, weight, reverse, span, tracked: false });
}

/// The scripts that something tracks, with their trackers; the others are told.
pub(super) fn tracked(context: &mut Context<'_>) -> (Vec<ScriptConfig>, Vec<TrackerConfig>) {
    let (mut configs, mut trackers) = (Vec::new(), Vec::new());
    for (name, script) in std::mem::take(&mut context.scripts) {
        let Some(config) = script.config else { continue };
        if script.tracked {
            let id = TrackerId::Script(name);
            trackers.push(TrackerConfig { id, init_fail: config.init_fail });
            configs.push(*config);
        } else {
            context.warn(
                Code::Unused,
                script.span,
                format!("nothing tracks vrrp_script `{name}`"),
                "it is not run; name it in a track_script block or remove it",
            );
        }
    }
    (configs, trackers)
}

/// The notification hooks of an instance or a group.
pub(super) fn hooks(settings: &Settings<'_>, context: &mut Context<'_>) -> Hooks {
    let mut hook =
        |keyword: &str| settings.get(keyword).and_then(|entry| command(entry, None, context));
    Hooks {
        master: hook("notify_master"),
        backup: hook("notify_backup"),
        fault: hook("notify_fault"),
        stop: hook("notify_stop"),
        deleted: hook("notify_deleted"),
        any: hook("notify"),
        lower_priority_heard: hook("notify_master_rx_lower_pri"),
    }
}

/// The command of `entry`; `user`: the words of a `user` keyword beside it. `None` when it cannot
/// be run, which was reported.
pub(super) fn command(
    entry: &Entry<'_>,
    user: Option<WordList<'_>>,
    context: &mut Context<'_>,
) -> Option<CommandLine> {
    let (text, own_user) = entry.arguments().split_first()?;
    command_line(text, if own_user.is_empty() { user } else { Some(own_user) }, context)
}

/// The command in `text`, run as `user` or, without one, as `script_user`. `None` when it cannot
/// be run, which was reported.
pub(super) fn command_line(
    text: Word<'_>,
    user: Option<WordList<'_>>,
    context: &mut Context<'_>,
) -> Option<CommandLine> {
    let identity = if let Some(user) = user.filter(|user| !user.is_empty()) {
        Some(identity(user, context)?)
    } else {
        let ScriptUser::Known(identity) = context.defaults.script_user.ask(context.loader) else {
            context.warn(
                Code::ScriptUnusable,
                text.span,
                "the script has no user to run as",
                "it is disabled; correct script_user or give the script a user of its own",
            );
            return None;
        };
        identity
    };
    let runs_as = identity.clone().unwrap_or_else(|| {
        let (uid, gid) = context.loader.identity();
        Identity { uid, gid }
    });
    // A command that starts with `<` and a path tests whether the file can be opened.
    if text.text.starts_with("</") {
        let argv = ["/bin/sh", "-c", &format!(": {}", text.text)].map(str::to_owned).into();
        return Some(CommandLine { argv, identity });
    }
    let argv = command_words(text.text, text.span).filter(|argv| !argv.is_empty());
    let Some(mut argv) = argv else {
        context.warn(
            Code::ScriptUnusable,
            text.span,
            "the command is empty or has a quote that is not closed",
            "the script is disabled; write the command and its arguments in double quotes",
        );
        return None;
    };
    if argv.iter().any(|word| word.contains(char::REPLACEMENT_CHARACTER)) {
        let message = "the command has bytes that are not UTF-8 text";
        let remedy = "the program gets U+FFFD for each; write it in UTF-8";
        context.warn(Code::NotText, text.span, message, remedy);
    }
    let program = argv.first_mut()?;
    match inspect(program, &runs_as, text.span, context) {
        Ok(path) => *program = path,
        Err(cause) => {
            context.warn(
                Code::ScriptUnusable,
                text.span,
                format!("`{program}` cannot be run: {cause}"),
                "the script is disabled; install it or correct the path",
            );
            return None;
        }
    }
    Some(CommandLine { argv, identity })
}

/// A user, and a group when one is given. `None` when one does not exist, which was reported.
pub(super) fn identity(words: WordList<'_>, context: &mut Context<'_>) -> Option<Identity> {
    let (user, rest) = words.split_first()?;
    let unknown = |word: Word<'_>, kind: &str, context: &mut Context<'_>| {
        context.warn(
            Code::UnknownUser,
            word.span,
            format!("{kind} `{}` does not exist", word.text),
            "scripts that need it are disabled; create it or name another",
        );
    };
    let Some((uid, primary)) = context.loader.user(user.text) else {
        unknown(user, "user", context);
        return None;
    };
    let Some(group) = rest.first() else { return Some(Identity { uid, gid: primary }) };
    let Some(gid) = context.loader.group(group.text) else {
        unknown(group, "group", context);
        return None;
    };
    Some(Identity { uid, gid })
}

/// The path to execute, or why it cannot be.
fn inspect(
    program: &str,
    runs_as: &Identity,
    span: Span,
    context: &mut Context<'_>,
) -> Result<String, String> {
    let path = locate(program, context)?;
    let resolved = context.loader.canonical(&path).map_err(|error| error.cause)?;
    let status = context.loader.status(&resolved).map_err(|error| error.cause)?;
    if !status.regular {
        return Err("it is not a regular file".to_owned());
    }
    if !executable(status, runs_as) {
        return Err(format!("it is not executable for uid {}", runs_as.uid));
    }
    let as_root = runs_as.uid == 0 || (status.uid == 0 && status.mode & 0o4000 != 0);
    if let Some(weak) = as_root.then(|| weak_component(&resolved, status, context)).flatten() {
        if context.defaults.script_security {
            return Err(format!("it would run as root, and others than root can change {weak}"));
        }
        let message = format!("`{program}` runs as root, and others than root can change {weak}");
        context.report(Diagnostic::new(Code::ScriptInsecure, span, message).remedy(
            "make it owned and writable by root alone, or give it another user; \
                 enable_script_security refuses to run it",
        ));
    }
    let run = if context.defaults.symlink_paths { path } else { resolved };
    let run = run.into_os_string().into_string();
    Ok(run.unwrap_or_else(|odd| odd.to_string_lossy().into_owned()))
}

/// The path of a program; a name without a slash is looked up in PATH.
fn locate(program: &str, context: &Context<'_>) -> Result<PathBuf, String> {
    if program.starts_with('/') {
        return Ok(PathBuf::from(program));
    }
    if program.contains('/') {
        return Err("its path is relative; write it from the root".to_owned());
    }
    let path = context.loader.environment("PATH").unwrap_or_else(|| PATH.to_owned());
    let found = path.split(':').filter(|dir| dir.starts_with('/')).find_map(|dir| {
        let candidate = Path::new(dir).join(program);
        context.loader.status(&candidate).is_ok_and(|s| s.regular).then_some(candidate)
    });
    found.ok_or_else(|| "it is not in PATH".to_owned())
}

/// Whether the permission bits let `identity` execute the file.
fn executable(status: FileStatus, identity: &Identity) -> bool {
    let bit = if identity.uid == 0 {
        0o111
    } else if status.uid == identity.uid {
        0o100
    } else if status.gid == identity.gid {
        0o010
    } else {
        0o001
    };
    status.mode & bit != 0
}

/// The first component of the path of a file that somebody else than root could change.
fn weak_component(path: &Path, status: FileStatus, context: &mut Context<'_>) -> Option<String> {
    let own = || is_weak(status).then(|| path.display().to_string());
    weak_folder(path.parent()?, context).or_else(own)
}

/// The same of a folder. Each is looked at once in a load: most scripts share theirs.
fn weak_folder(folder: &Path, context: &mut Context<'_>) -> Option<String> {
    if folder.as_os_str().is_empty() {
        return None;
    }
    if let Some(known) = context.folders.get(folder.as_os_str()) {
        return known.clone();
    }
    let above = folder.parent().and_then(|above| weak_folder(above, context));
    let weak = above.or_else(|| {
        let sound = context.loader.status(folder).is_ok_and(|status| !is_weak(status));
        (!sound).then(|| folder.display().to_string())
    });
    context.folders.insert(folder.into(), weak.clone());
    weak
}

/// Whether others than root can change what is there.
fn is_weak(status: FileStatus) -> bool {
    let sticky = status.directory && status.mode & 0o1000 != 0;
    let by_group = status.mode & 0o020 != 0 && status.gid != 0;
    let by_others = status.mode & 0o002 != 0;
    status.uid != 0 || (!sticky && (by_group || by_others))
}
