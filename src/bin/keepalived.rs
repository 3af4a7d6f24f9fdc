//! `keepalived`, the drop-in: everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    ha::commands::main("keepalived")
}
