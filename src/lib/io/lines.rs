//! Lines from standard input, read beside the loop that uses them.
//!
//! Standard input cannot be waited for like a socket (it may be a file), so a thread of its own
//! reads it. The thread ends with the input or with the process; nobody waits for it.

use std::io::{BufRead, BufReader, Read};

use tokio::sync::mpsc;

/// A line longer than this is no control line; reading it would only cost memory.
const LONGEST: u64 = 64 << 20;
/// Lines that may wait; then the writer waits.
const WAITING: usize = 1024;

/// Read standard input. The channel closes at its end.
///
/// # Errors
/// When no thread can be started.
pub fn standard_input() -> std::io::Result<mpsc::Receiver<String>> {
    let (sender, receiver) = mpsc::channel(WAITING);
    std::thread::Builder::new().name("stdin".to_owned()).stack_size(128 << 10).spawn(
        move || {
            let mut input = BufReader::new(std::io::stdin());
            while let Some(line) = next(&mut input) {
                if sender.blocking_send(line).is_err() {
                    break;
                }
            }
        },
    )?;
    Ok(receiver)
}

/// The first line of standard input, waited for here; the others are read by [`standard_input`].
#[must_use]
pub fn first() -> Option<String> {
    next(&mut std::io::stdin().lock())
}

/// The next line without its end; `None` at the end of input, on an error, and when the line is
/// too long or not text.
fn next(input: &mut impl BufRead) -> Option<String> {
    let mut line = String::new();
    let read = input.take(LONGEST).read_line(&mut line).ok()?;
    let whole = read > 0 && (line.ends_with('\n') || (read as u64) < LONGEST);
    whole.then(|| line.trim_end_matches(['\n', '\r']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_without_their_ends_and_the_last_may_have_none() {
        let mut input = "one\r\n\ntwo".as_bytes();
        let lines: Vec<String> = std::iter::from_fn(|| next(&mut input)).collect();
        assert_eq!(lines, ["one", "", "two"]);
    }
}
