//! `ha`: everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    ha::commands::main("ha")
}
