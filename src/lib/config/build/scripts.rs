//! Commands: who runs them, and which words they are made of. Whether their program can be run is
//! asked for in [`program`].

use std::time::Duration;

use super::globals::ScriptUser;
use super::settings::Settings;
use super::{Context, Script, program, track};
use crate::config::diagnostic::Code;
use crate::config::resolve::Entry;
use crate::config::tree::{Word, WordList, command_words};
use crate::engine::check::{CommandLine, Identity, ScriptConfig};
use crate::engine::notify::Hooks;
use crate::engine::vrrp::{TrackerConfig, TrackerId};

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
    context.scripts.insert(name, Script { config, weight, reverse, span, tracked: None });
}

/// The scripts that something tracks, with their trackers; the others are told.
pub(super) fn tracked(context: &mut Context<'_>) -> (Vec<ScriptConfig>, Vec<TrackerConfig>) {
    let (mut configs, mut trackers) = (Vec::new(), Vec::new());
    for (name, script) in std::mem::take(&mut context.scripts) {
        let Some(config) = script.config else { continue };
        if script.tracked.is_some() {
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
    let behind = !own_user.is_empty();
    if behind && !names_a_user(own_user, entry.row.keyword, text, context) {
        return None;
    }
    command_line(text, if behind { Some(own_user) } else { user }, context)
}

/// Whether the words behind a command name a user and its group, here or on some other host. What
/// cannot are arguments that somebody forgot to quote, and is told.
fn names_a_user(
    words: WordList<'_>,
    keyword: &str,
    command: Word<'_>,
    context: &mut Context<'_>,
) -> bool {
    let Some(word) = words.first() else { return true };
    let plausible = could_be_a_user(word.text);
    if plausible && context.loader.user(word.text).is_some() {
        return true;
    }
    let message = if plausible {
        format!("user `{}` does not exist", word.text)
    } else {
        format!(
            "`{}` is not an argument of the command, and cannot be the user to run it as",
            word.text
        )
    };
    let arguments: Vec<&str> = words.iter().map(|word| word.text).collect();
    let remedy = format!(
        "the script is disabled; arguments stand inside the quotes: {keyword} \"{} {}\"{}",
        command.text,
        arguments.join(" "),
        if plausible { "; or create the user" } else { "" }
    );
    context.warn(Code::UnknownUser, word.span, message, &remedy);
    false
}

/// Whether some host could have a user of that name. The states that hooks are for could be names,
/// and never are, but for the `backup` that Debian has.
fn could_be_a_user(word: &str) -> bool {
    let states = ["master", "backup", "fault", "stop", "init"];
    let odd = |c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '$' | '@' | '\\'));
    let number = word.chars().all(|c| c.is_ascii_digit());
    let state = word != "backup" && states.iter().any(|state| word.eq_ignore_ascii_case(state));
    !word.is_empty() && !word.starts_with('-') && !word.contains(odd) && !number && !state
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
    let name = argv.first_mut()?;
    match program::inspect(name, &runs_as, text.span, context) {
        Ok(path) => *name = path,
        Err(cause) => {
            context.warn(
                Code::ScriptUnusable,
                text.span,
                format!("`{name}` cannot be run: {cause}"),
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
