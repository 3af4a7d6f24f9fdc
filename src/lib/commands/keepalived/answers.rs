//! What is answered at once: the version and the help. Both go to stderr, as keepalived's do.

use std::fmt::Write;

use super::table::{Key, TABLE};
use super::{PROGRAM, tell};

/// The keepalived whose configuration language and command line this is.
const LIKE: &str = "2.4.3";
/// What of its options at build time is here, by its words.
const FEATURES: &str = "VRRP VRRP_AUTH JSON OLD_CHKSUM_COMPAT INIT=systemd SYSTEMD_NOTIFY";
/// Width of the names in the help.
const NAMES: usize = 32;

/// Say which version this is; programs look at the first line.
pub fn version() -> u8 {
    let system = nix::sys::utsname::uname();
    let running = system.map_or_else(
        |_| "an unknown system".to_owned(),
        |name| format!("{} {}", name.sysname().display(), name.release().display()),
    );
    tell(&format!("Keepalived v{LIKE} (ha {})", env!("CARGO_PKG_VERSION")));
    tell("");
    tell("This is ha, which takes keepalived's place: its configuration, options and signals.");
    tell(&format!("Running on {running}"));
    tell("");
    tell(&format!("Config options: {FEATURES}"));
    0
}

/// Say which options there are.
pub fn help() -> u8 {
    tell(&text());
    0
}

fn text() -> String {
    let mut out = format!("Usage: {PROGRAM} [OPTION...]\n\n");
    for spec in TABLE {
        let names = spec.names();
        let help = match spec.key {
            Key::Nothing(_) => continue,
            _ => spec.help,
        };
        // Writing to a String cannot fail.
        let _ = if names.len() < NAMES {
            writeln!(out, "  {names:<NAMES$}{help}")
        } else {
            writeln!(out, "  {names}\n  {:<NAMES$}{help}", "")
        };
    }
    out.push_str("\nAccepted, and without effect here:\n\n");
    for spec in TABLE {
        if let Key::Nothing(why) = spec.key {
            let _ = writeln!(out, "  {:<NAMES$}{why}", spec.names());
        }
    }
    out.push_str("\nman keepalived tells more.");
    out
}
