//! The event loop: tokio on the calling thread alone.

use std::future::Future;

use crate::error::{Error, Result};

/// Run `future` to its end on this thread. What other threads of the loop still do then (a name
/// lookup, a read from a terminal) is not waited for.
///
/// # Errors
/// When the system refuses the descriptors that a loop needs.
pub fn block_on<F: Future>(future: F) -> Result<F::Output> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| Error::new("start", "the event loop", e))?;
    let output = runtime.block_on(future);
    runtime.shutdown_background();
    Ok(output)
}
