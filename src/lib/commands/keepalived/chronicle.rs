//! What becomes known of a running daemon: lines on its log, pid files of its children, the files
//! that signals ask for, and the word to whoever waits for it to be ready.

use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use serde_json::Value;

use super::options::Options;
use super::pid_files::PidFiles;
use super::signals::Dump;
use super::{Status, temporary_directory};
use crate::config::Model;
use crate::config::model::Naming;
use crate::error::Result;
use crate::io::background::Readiness;
use crate::io::{clock, private_file};
use crate::output::event::Line;
use crate::output::status::Document;
use crate::output::{dump, text};
use crate::supervisor::core::Service;
use crate::supervisor::run::Listener;

/// The configuration that is in force, for dumps.
pub type Current = Rc<RefCell<Model>>;

/// See the module.
pub struct Chronicle {
    state: Rc<RefCell<State>>,
}

struct State {
    pid_files: PidFiles,
    /// Until it was told.
    readiness: Option<Readiness>,
    /// The latest thing that went wrong, in case it was the last.
    trouble: String,
    directory: PathBuf,
    /// What tells this daemon apart: namespace and instance.
    names: Vec<String>,
    model: Current,
    cleared: dump::Baseline,
}

impl Chronicle {
    /// Begin.
    pub fn new(
        pid_files: PidFiles,
        readiness: Option<Readiness>,
        options: &Options,
        model: Current,
    ) -> Self {
        let names = [&options.namespace, &options.instance].into_iter().flatten();
        let state = State {
            pid_files,
            readiness,
            trouble: String::new(),
            directory: temporary_directory(),
            names: names.cloned().collect(),
            model,
            cleared: dump::Baseline::new(),
        };
        Self { state: Rc::new(RefCell::new(state)) }
    }

    /// Put the daemon's number in its pid file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn claim_own(&self) -> Result<()> {
        self.state.borrow_mut().pid_files.write_own()
    }

    /// The same chronicle for the supervisor to write to.
    pub fn listener(&self) -> Box<dyn Listener> {
        Box::new(Self { state: Rc::clone(&self.state) })
    }

    /// The daemon ends with `status`: its pid files go, and then whoever still waits for it to be
    /// ready is told why. In this order, so that the one who is told can start it again at once.
    pub fn end(&self, status: u8, why: &str) {
        let mut state = self.state.borrow_mut();
        state.pid_files.remove();
        if let Some(readiness) = state.readiness.take() {
            let why = if why.is_empty() { state.trouble.as_str() } else { why };
            let why = if why.is_empty() { "it was stopped before it was ready" } else { why };
            readiness.tell(status.max(Status::Failed as u8), why);
        }
    }
}

impl Listener for Chronicle {
    fn event(&self, line: Line) {
        self.state.borrow_mut().event(&line);
    }

    fn flush(&self, _patience: Duration) {}

    fn service(&self, told: Service) {
        let mut state = self.state.borrow_mut();
        match told {
            Service::Ready => {
                tracing::info!("Startup complete");
                if let Some(readiness) = state.readiness.take() {
                    readiness.tell(Status::Success as u8, "");
                }
            }
            Service::Reloading => tracing::info!("reloading"),
            Service::Stopping => tracing::info!("stopping"),
        }
    }

    fn status(&self, signal: i32, document: &Document) {
        if let Some(dump) = Dump::of(signal) {
            self.state.borrow_mut().dump(dump, document.clone());
        }
    }
}

impl State {
    fn event(&mut self, line: &Line) {
        let words = sentence(line);
        let field = |key: &str| line.data.get(key).and_then(Value::as_str).unwrap_or_default();
        let mut bad = matches!(line.kind.as_str(), "error" | "notify.failed" | "notify.dropped");
        if line.kind == "supervisor.child" {
            let (job, pid) = (field("child"), line.data.get("pid").and_then(Value::as_u64));
            match field("state") {
                "started" => {
                    let pid = pid.and_then(|pid| u32::try_from(pid).ok()).unwrap_or_default();
                    self.pid_files.child_started(job, pid);
                }
                "exited" | "given_up" => {
                    self.pid_files.child_ended(job);
                    bad = true;
                }
                "stopped" => self.pid_files.child_ended(job),
                "killed" | "unavailable" => bad = true,
                _ => {}
            }
        }
        if bad {
            tracing::warn!("{words}");
            self.trouble = words;
        } else {
            tracing::info!("{words}");
        }
    }

    fn dump(&mut self, dump: Dump, document: Document) {
        let now = clock::wall_nanos();
        let baseline = dump::baseline(&document);
        let document = dump::since(document, &self.cleared);
        let (path, content) = match dump {
            Dump::Data => {
                let model = self.model.borrow();
                let path = data_file(&model.globals.naming, &self.names);
                (path, dump::data(&model, &document, now))
            }
            Dump::Statistics | Dump::StatisticsCleared => {
                ("keepalived.stats".into(), dump::statistics(&document))
            }
            Dump::Json => {
                let value = dump::json(&self.model.borrow(), &document, now);
                ("keepalived.json".into(), format!("{value}\n"))
            }
            Dump::Processes => {
                document.text().lines().for_each(|line| tracing::info!("{line}"));
                return;
            }
        };
        // An absolute path stays as it is.
        let path = self.directory.join(path);
        match private_file::put(&path, content.as_bytes()) {
            Ok(()) => tracing::info!("wrote {}", path.display()),
            Err(error) => tracing::warn!("cannot write {}: {error}", path.display()),
        }
        if dump == Dump::StatisticsCleared {
            self.cleared = baseline;
        }
    }
}

/// The file for everything that is known, of a daemon with these `names`.
fn data_file(naming: &Naming, names: &[String]) -> PathBuf {
    let path = PathBuf::from(naming.state_dump.as_deref().unwrap_or("keepalived.data"));
    if !naming.dump_has_instance || names.is_empty() {
        return path;
    }
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let end = path.extension().map(|end| format!(".{}", end.to_string_lossy()));
    path.with_file_name(format!("{stem}.{}{}", names.join("."), end.unwrap_or_default()))
}

/// An event in words. A transition has the words that alarms on keepalived's log look for.
fn sentence(line: &Line) -> String {
    let words = text::words(line);
    let field = |key: &str| line.data.get(key).and_then(Value::as_str).unwrap_or_default();
    let (name, to) = (field("instance"), field("to").to_uppercase());
    if line.kind == "vrrp.transition" && ["MASTER", "BACKUP", "FAULT"].contains(&to.as_str()) {
        let rest = words.strip_prefix(name).unwrap_or(&words).trim_start();
        return format!("({name}) Entering {to} STATE: {rest}");
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_file_with_everything_is_named_as_the_configuration_says() {
        let name = |state_dump: Option<&str>, dump_has_instance, names: &[&str]| {
            let state_dump = state_dump.map(str::to_owned);
            let naming = Naming { state_dump, dump_has_instance, ..Naming::default() };
            let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
            data_file(&naming, &names).display().to_string()
        };
        assert_eq!(name(None, false, &["abc"]), "keepalived.data");
        assert_eq!(name(None, true, &[]), "keepalived.data");
        assert_eq!(name(None, true, &["red", "abc"]), "keepalived.red.abc.data");
        assert_eq!(name(Some("/x/state"), true, &["abc"]), "/x/state.abc");
    }

    #[test]
    fn a_transition_has_the_words_that_alarms_look_for() {
        let data = json!({"instance": "VI_1", "interface": "eth0", "vrid": 51, "family": "ipv4",
            "from": "backup", "to": "master", "reason": "master_down_timer", "priority": 100});
        let line = Line::new("vrrp.transition", String::new(), None, data);
        let expected = "(VI_1) Entering MASTER STATE: backup -> master: no advert for the \
                        master-down interval (priority 100)";
        assert_eq!(sentence(&line), expected);
        let other = Line::new("vrrp.group", String::new(), None, json!({"group": "G"}));
        assert_eq!(sentence(&other), text::words(&other));
    }
}
