//! Scheduling of the processes, and what runs when they start, stop and reload.

use std::time::Duration;

use super::settings::Settings;
use super::{Context, scripts};
use crate::config::Globals;
use crate::config::diagnostic::Code;
use crate::config::model::{LifecycleScript, Processes, Scheduling};
use crate::config::resolve::Entry;
use crate::config::tree::WordList;
use crate::config::values::{self, Parsed};

/// Greatest realtime priority.
const MOST_REALTIME: u8 = 99;
/// Processors that a kernel can have.
const MOST_PROCESSORS: i64 = 8_191;
/// keepalived's limit for a script at start or stop.
const SCRIPT_TIMEOUT: Duration = Duration::from_secs(10);

/// Names of permission bits that `umask` may have.
const BITS: [(&str, u16); 12] = [
    ("S_IRUSR", 0o400),
    ("S_IWUSR", 0o200),
    ("S_IXUSR", 0o100),
    ("S_IRWXU", 0o700),
    ("S_IRGRP", 0o040),
    ("S_IWGRP", 0o020),
    ("S_IXGRP", 0o010),
    ("S_IRWXG", 0o070),
    ("S_IROTH", 0o004),
    ("S_IWOTH", 0o002),
    ("S_IXOTH", 0o001),
    ("S_IRWXO", 0o007),
];

/// Take what one `global_defs` block says.
pub(super) fn take(settings: &Settings<'_>, globals: &mut Globals, context: &mut Context<'_>) {
    let Processes { vrrp, checker, bfd, .. } = &mut globals.processes;
    for (name, scheduling) in [("vrrp", vrrp), ("checker", checker), ("bfd", bfd)] {
        schedule(settings, name, scheduling, context);
    }
    if settings.has("max_auto_priority") {
        let most = settings.number("max_auto_priority");
        let most = most.map_or(Some(MOST_REALTIME), |most| u8::try_from(most).ok());
        globals.processes.max_automatic_priority = most.filter(|most| *most > 0);
    }
    if let Some(micros) = settings.number("min_auto_priority_delay") {
        let micros = u64::try_from(micros).unwrap_or_default();
        globals.processes.min_automatic_priority_delay = Duration::from_micros(micros);
    }
    umask(settings, &mut globals.processes, context);
    let startup = lifecycle(settings, "startup_script", "startup_script_timeout", context);
    globals.startup_script = startup.or(globals.startup_script.take());
    let shutdown = lifecycle(settings, "shutdown_script", "shutdown_script_timeout", context);
    globals.shutdown_script = shutdown.or(globals.shutdown_script.take());
    let text = |keyword: &str| settings.text(keyword).map(str::to_owned);
    let naming = &mut globals.naming;
    naming.state_dump = text("state_dump_file").or(naming.state_dump.take());
    naming.dump_has_instance =
        settings.switch("data_use_instance").unwrap_or(naming.dump_has_instance);
    let reload = &mut globals.reload;
    reload.time_file = text("reload_time_file").or(reload.time_file.take());
    reload.repeat |= settings.has("reload_repeat");
    reload.file = text("reload_file").or(reload.file.take());
    if settings.has("reload_repeat") && reload.time_file.is_none() {
        let span = settings.get("reload_repeat").map(Entry::span);
        let message = "`reload_repeat` repeats nothing without reload_time_file";
        let remedy = "it is ignored; add: reload_time_file PATH";
        context.warn(Code::Conflict, span.unwrap_or_default(), message, remedy);
    }
}

fn schedule(
    settings: &Settings<'_>,
    name: &str,
    scheduling: &mut Scheduling,
    context: &mut Context<'_>,
) {
    let number = |suffix: &str| settings.number(&format!("{name}_{suffix}"));
    if let Some(nice) = number("priority").and_then(|nice| i8::try_from(nice).ok()) {
        scheduling.nice = nice;
    }
    if let Some(wanted) = number("rt_priority") {
        let priority = wanted.clamp(1, i64::from(MOST_REALTIME));
        scheduling.realtime_priority = u8::try_from(priority).ok();
        if priority != wanted {
            let keyword = format!("{name}_rt_priority");
            let span = settings.span(&keyword, crate::config::Span::default());
            let message = format!("`{keyword}`: {wanted} becomes {priority}");
            let remedy = "realtime priorities go from 1 to 99";
            context.warn(Code::Adjusted, span, message, remedy);
        }
    }
    if let Some(micros) = number("rlimit_rttime").or_else(|| number("rlimit_rtime")) {
        let micros = u64::try_from(micros).unwrap_or_default();
        scheduling.realtime_limit = Duration::from_micros(micros);
    }
    scheduling.no_swap |= settings.has(&format!("{name}_no_swap"));
    let keyword = format!("{name}_cpu_affinity");
    let words = settings.get(&keyword).map(Entry::arguments);
    for word in words.into_iter().flat_map(WordList::iter) {
        match values::number(word.text, 0, MOST_PROCESSORS) {
            Parsed::Good(number) | Parsed::Adjusted(number, _) => {
                scheduling.processors.extend(u16::try_from(number).ok());
            }
            Parsed::Bad(why) => {
                let message = format!("`{keyword}`: {why}");
                context.warn(Code::InvalidValue, word.span, message, "it is ignored");
            }
        }
    }
}

/// An octal number, or names with `|` between.
fn umask(settings: &Settings<'_>, processes: &mut Processes, context: &mut Context<'_>) {
    let Some(entry) = settings.get("umask") else { return };
    let words: Vec<&str> = entry.arguments().iter().map(|word| word.text).collect();
    let text = words.join(" ");
    let octal = u16::from_str_radix(&text, 8).ok().filter(|mask| *mask <= 0o777);
    let named = || {
        let bit = |name: &str| BITS.iter().find(|(known, _)| *known == name).map(|(_, bit)| *bit);
        text.split('|').try_fold(0, |mask, name| Some(mask | bit(name.trim())?))
    };
    if let Some(mask) = octal.or_else(named) {
        processes.umask = Some(mask);
        return;
    }
    let message = format!("`umask`: `{text}` is neither an octal number up to 777 nor bits");
    let remedy = "it is ignored; write such as 022, or S_IWGRP | S_IWOTH";
    context.warn(Code::InvalidValue, entry.value_span(), message, remedy);
}

fn lifecycle(
    settings: &Settings<'_>,
    keyword: &str,
    timeout: &str,
    context: &mut Context<'_>,
) -> Option<LifecycleScript> {
    let command = scripts::command(settings.get(keyword)?, None, context)?;
    let timeout = settings.time(timeout).unwrap_or(SCRIPT_TIMEOUT);
    Some(LifecycleScript { command, timeout })
}
