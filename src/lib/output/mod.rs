//! The only layer that prints. stdout is data, stderr is everything else.

mod balancer;
mod check;
pub mod diagnostics;
pub mod difference;
pub mod dump;
pub mod event;
pub mod ipvs;
pub mod keywords;
pub mod lab;
pub mod log;
pub mod model;
mod notify;
pub mod origin;
mod pool;
mod printer;
pub mod reference;
pub mod render;
pub mod sim;
pub mod sniff;
pub mod status;
mod stream;
pub mod text;
mod vrrp;
pub mod words;

pub use printer::{Format, Printer};
pub use stream::EventStream;
