//! A whole file or all of standard input as text, up to a bound.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Bytes at most; also what `/dev/zero` gives before it is refused.
const LARGEST: u64 = 64 << 20;

/// The text at `path`, or of standard input when that is `-`; bytes that are not UTF-8 become
/// U+FFFD.
///
/// # Errors
/// When it cannot be read or has more than 64 MiB.
pub fn text(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        io::stdin().lock().take(LARGEST + 1).read_to_end(&mut bytes)
    } else {
        File::open(path)?.take(LARGEST + 1).read_to_end(&mut bytes)
    }?;
    if u64::try_from(read).is_ok_and(|read| read > LARGEST) {
        return Err(io::Error::other(format!("it has more than {LARGEST} bytes")));
    }
    Ok(String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
}
