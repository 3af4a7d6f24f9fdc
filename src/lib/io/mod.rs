//! The only layer that touches the world. Decides nothing.
//!
//! All `unsafe` of the crate is here, each with a SAFETY line.

#![deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
#![allow(unsafe_code)]

pub mod announce;
pub mod background;
pub mod capabilities;
pub mod capture;
pub mod capture_file;
pub mod clock;
pub mod core_dump;
pub mod descriptors;
pub mod drains;
pub mod fifo;
pub mod file_watch;
pub mod glob;
pub mod holdings;
pub mod input;
pub mod ipvs;
pub mod kernel;
pub mod lease;
pub mod lines;
pub mod netlink;
pub mod netns;
pub mod pid_file;
pub mod poller;
pub mod private_file;
pub mod probe;
pub mod process;
pub mod processor;
pub mod random;
pub mod recorder;
pub mod regex;
pub mod replace_file;
pub mod runtime;
pub mod signals;
mod spawn;
pub mod stop;
pub mod sysctl;
pub mod timer;
pub mod vrrp_socket;
pub mod witness;
