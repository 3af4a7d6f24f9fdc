//! A whole file or all of standard input, up to a bound.

use std::fs::{File, symlink_metadata};
use std::io::{self, Read};
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

/// Bytes at most; also what `/dev/zero` gives before it is refused.
const LARGEST: u64 = 64 << 20;

/// Open a file to read it. A named pipe is refused: without a writer that would wait for ever. One
/// without a name, as shells make for `<(command)`, is taken.
///
/// # Errors
/// Why it cannot be read.
pub fn open(path: &Path) -> io::Result<File> {
    let real = path.canonicalize().and_then(symlink_metadata);
    if real.is_ok_and(|found| found.file_type().is_fifo()) {
        return Err(io::Error::other("it is a named pipe, not a file"));
    }
    File::open(path)
}

/// What is at `path`, or comes from standard input when that is `-`.
///
/// # Errors
/// When it cannot be read or has more than 64 MiB.
pub fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        io::stdin().lock().take(LARGEST + 1).read_to_end(&mut bytes)
    } else {
        open(path)?.take(LARGEST + 1).read_to_end(&mut bytes)
    }?;
    if u64::try_from(read).is_ok_and(|read| read > LARGEST) {
        return Err(io::Error::other(format!("it has more than {LARGEST} bytes")));
    }
    Ok(bytes)
}

/// The same as text; bytes that are not UTF-8 become U+FFFD.
///
/// # Errors
/// As [`bytes()`].
pub fn text(path: &Path) -> io::Result<String> {
    Ok(String::from_utf8(bytes(path)?)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
}
