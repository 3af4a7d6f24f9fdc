//! The lines that a child process reads on stdin (`docs/architecture.md`).

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use tokio::sync::mpsc::Receiver;

use super::{Emit, stamped};
use crate::engine::vrrp::{Command, TrackerId};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::event::Line;

/// One control line of a child whose plan is `P`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "control", rename_all = "snake_case")]
pub enum Control<P> {
    /// The first line: what to do.
    Plan {
        /// All of it.
        plan: P,
    },
    /// Another plan from now on.
    Reload {
        /// All of it.
        plan: P,
    },
    /// Answer with `<child>.status`.
    Status {
        /// To be repeated in the answer.
        id: u64,
    },
    /// Answer with `pong`.
    Ping {
        /// To be repeated in the answer.
        id: u64,
    },
    /// An order of the operator; only to `vrrp`.
    Command {
        /// Name of the instance; all when absent.
        #[serde(default)]
        instance: Option<String>,
        /// The order.
        command: Command,
    },
    /// A tracker's verdict; only to `vrrp`.
    Track {
        /// Which tracker.
        tracker: TrackerId,
        /// Good, bad, or unknown.
        up: Option<bool>,
        /// Why, for people.
        #[serde(default)]
        reason: String,
    },
    /// An event of another child.
    Event {
        /// As that child wrote it.
        event: Line,
    },
}

/// Read the first line, which must be the plan.
///
/// # Errors
/// When there is none, or it cannot be understood.
pub async fn first_plan<P: DeserializeOwned>(lines: &mut Receiver<String>) -> Result<P> {
    plan_of(lines.recv().await)
}

/// The plan in the first line of the input.
///
/// # Errors
/// As [`first_plan`].
pub fn plan_of<P: DeserializeOwned>(line: Option<String>) -> Result<P> {
    let wrong = |cause: String| {
        Error::new("read the plan from", "stdin", cause)
            .remedy("the first line must be {\"control\":\"plan\",\"plan\":{…}}")
            .exit(Exit::Invalid)
    };
    let line = line.ok_or_else(|| wrong("it ended before the first line".into()))?;
    match serde_json::from_str(&line) {
        Ok(Control::Plan { plan }) => Ok(plan),
        Ok(_) => Err(wrong("the first line is another control line".into())),
        Err(error) => Err(wrong(error.to_string())),
    }
}

/// The next control line, `None` at the end of the input; never, when nobody controls this
/// process.
pub async fn next_line(lines: &mut Option<Receiver<String>>) -> Option<String> {
    match lines {
        Some(lines) => lines.recv().await,
        None => std::future::pending().await,
    }
}

/// Answer a control line that changes nothing.
pub fn refuse(emit: &mut Emit<'_>, why: impl std::fmt::Display) -> Result<()> {
    emit(&stamped("error", json!({ "message": format!("control line not used: {why}") })))
}

/// Answer a ping.
pub fn pong(emit: &mut Emit<'_>, id: u64) -> Result<()> {
    emit(&stamped("pong", json!({ "id": id })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_lines_are_read_as_the_contract_writes_them() {
        let read = |text| serde_json::from_str::<Control<u8>>(text).unwrap();
        assert_eq!(read(r#"{"control":"plan","plan":4}"#), Control::Plan { plan: 4 });
        assert_eq!(read(r#"{"control":"ping","id":8}"#), Control::Ping { id: 8 });
        let demote = r#"{"control":"command","instance":"VI_1","command":"demote"}"#;
        let expected =
            Control::Command { instance: Some("VI_1".to_owned()), command: Command::Demote };
        assert_eq!(read(demote), expected);
        let maintenance = r#"{"control":"command","instance":null,"command":{"maintenance":true}}"#;
        let expected = Control::Command { instance: None, command: Command::Maintenance(true) };
        assert_eq!(read(maintenance), expected);
        let track = r#"{"control":"track","tracker":{"script":"nginx"},"up":false,"reason":"x"}"#;
        let tracker = TrackerId::Script("nginx".to_owned());
        let expected = Control::Track { tracker, up: Some(false), reason: "x".to_owned() };
        assert_eq!(read(track), expected);
    }
}
