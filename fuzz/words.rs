//! What must hold for any command line: it is understood, or refused with an exit code of the
//! table. The fuzz target calls it, and so does `tests/fuzz_smoke.rs`.

use clap::Parser as _;
use ha::commands::Cli;
use ha::time::parse_duration;

/// A command line, one word a line, and each of its words as a time.
pub fn words(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for word in text.lines() {
        if let Ok(time) = parse_duration(word) {
            // Written in its smallest unit it is the same time, as far as a float can tell.
            let again = parse_duration(&format!("{}us", time.as_micros()));
            assert!(again.is_ok_and(|again| again.abs_diff(time).as_secs() < 1), "{word}");
        }
    }
    if let Err(error) = Cli::try_parse_from(std::iter::once("ha").chain(text.lines())) {
        assert!(matches!(error.exit_code(), 0 | 2), "{error}");
        assert!(!error.render().to_string().is_empty());
    }
}
