//! What a client of the control socket may ask, and what it is answered: one JSON object a line.

use serde::{Deserialize, Serialize};

use crate::engine::vrrp::Command;
use crate::output::status::Document;

/// A line from a client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "snake_case")]
pub enum Request {
    /// The state of everything, asked afresh from the processes.
    Status,
    /// An order for one instance, or for all when there is no name.
    Command {
        /// Name of the instance.
        #[serde(default)]
        instance: Option<String>,
        /// The order.
        command: Command,
    },
    /// Read the configuration again.
    Reload,
    /// Stop everything gracefully.
    Stop,
    /// Every event from now on, one line each, until the client hangs up.
    Events,
}

/// The answer to a line from a client.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "response", rename_all = "snake_case")]
pub enum Response {
    /// To [`Request::Status`].
    Status {
        /// The state of everything.
        status: Box<Document>,
    },
    /// It was done, or is under way.
    Done {
        /// What.
        changes: Vec<String>,
    },
    /// It was not done.
    Refused {
        /// Exit code for the client, see [`crate::exit::Exit`].
        exit: u8,
        /// Why, and what to do.
        message: String,
    },
}
