//! The only layer that prints. stdout is data, stderr is everything else.

mod check;
pub mod event;
pub mod lab;
pub mod log;
mod notify;
mod printer;
pub mod status;
mod stream;
pub mod text;
pub mod words;

pub use printer::{Format, Printer};
pub use stream::EventStream;
