//! The only layer that touches the world. Decides nothing.
//!
//! All `unsafe` of the crate is here, each with a SAFETY line.

#![deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
#![allow(unsafe_code)]

pub mod netns;
pub mod witness;
pub mod clock;
pub mod netlink;
pub mod poller;
pub mod timer;
pub mod vrrp_socket;
