//! What happened in a pool, for people, for programs and for hooks.

use serde::Serialize;

use super::ServerName;

/// Something that a pool tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Event {
    /// A destination went up or down, or its first check has told that it stays down.
    Server {
        /// The pool.
        service: Box<str>,
        /// The destination.
        server: ServerName,
        /// Which of both.
        up: bool,
        /// What was found.
        reason: Box<str>,
        /// The hook for it: `notify_up` or `notify_down`, where there is one.
        #[serde(skip_serializing_if = "Option::is_none")]
        hook: Option<&'static str>,
    },
    /// The weight of a destination changed.
    Weight {
        /// The pool.
        service: Box<str>,
        /// The destination.
        server: ServerName,
        /// Until now.
        from: u32,
        /// From now on.
        to: u32,
    },
    /// The quorum was gained or lost.
    Quorum {
        /// The pool.
        service: Box<str>,
        /// Which of both.
        up: bool,
        /// Weight of the destinations that live.
        weight: u64,
        /// What it was compared with.
        threshold: u64,
        /// Who serves instead from now on, or no longer.
        #[serde(skip_serializing_if = "Option::is_none")]
        sorry_server: Option<ServerName>,
        /// The hook for it: `quorum_up` or `quorum_down`, where there is one.
        #[serde(skip_serializing_if = "Option::is_none")]
        hook: Option<&'static str>,
    },
    /// This host lost the address of a pool with `ha_suspend`, whose checks count no more, or got
    /// it back.
    Suspended {
        /// The pool.
        service: Box<str>,
        /// Whether it is so from now on.
        suspended: bool,
    },
}

impl Event {
    /// The `type` of its line.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Server { .. } => "ipvs.server",
            Self::Weight { .. } => "ipvs.weight",
            Self::Quorum { .. } => "ipvs.quorum",
            Self::Suspended { .. } => "ipvs.suspended",
        }
    }
}
