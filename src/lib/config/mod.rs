//! `keepalived.conf` to a typed model, with every mistake located.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod model;

pub use model::{Globals, Model};
