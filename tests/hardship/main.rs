//! What could hurt whoever relies on the address: crashes, freezes, partitions, clocks that jump,
//! interfaces that come and go, readers that do not read. On hosts of their own (netns) with the
//! whole program; the kernel, the wire and a client are the witnesses.

#[path = "../support/mod.rs"]
mod support;

mod clock;
mod confirmed;
mod crash;
mod flood;
mod heal;
mod hosts;
mod kernel;
mod reload;
mod state;
