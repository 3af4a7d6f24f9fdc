//! Virtual servers in the text of a status.

use std::fmt::Write as _;

use super::table;
use crate::engine::pool::{PoolStatus, ServerStatus};

/// The pool with its quorum, then a line for each real server.
pub(super) fn text(pool: &PoolStatus) -> String {
    let state = if pool.up { "up" } else { "down" };
    let mut out =
        format!("\n{} {state}: weight {} of quorum {}", pool.service, pool.weight, pool.quorum);
    if pool.sorry {
        out.push_str(", the sorry server serves");
    }
    if pool.suspended {
        out.push_str(", checks count for nothing without its address");
    }
    let rows = pool.servers.iter().map(|server| {
        let state = if server.up { "up" } else { "down" };
        let name = format!("  {}", server.server);
        [name, state.to_owned(), server.weight.to_string(), why(server)]
    });
    let _ = write!(out, "{}", table(["  SERVER", "STATE", "WEIGHT", "WHY"], rows.collect()));
    out
}

/// What its checks found, those that decide.
fn why(server: &ServerStatus) -> String {
    let drained = server.drained.then(|| "drained".to_owned());
    let decides = |check: &&crate::engine::pool::CheckStatus| check.up == server.up;
    let found = server.checks.iter().filter(decides).map(|check| {
        let reason = match (&*check.reason, check.has_run) {
            ("", true) => "",
            ("", false) => "no result yet",
            (reason, _) => reason,
        };
        let ending = if reason.is_empty() { String::new() } else { format!(": {reason}") };
        format!("{}{ending}", check.name)
    });
    drained.into_iter().chain(found).collect::<Vec<_>>().join("; ")
}
