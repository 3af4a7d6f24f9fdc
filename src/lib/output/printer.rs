//! Where every line to stdout goes through, so that a closed pipe is a quiet success.

use std::io::{self, IsTerminal, Write};

use serde::Serialize;

use super::event::Line;
use super::text;
use crate::error::{Error, Result};

/// How results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Text for people.
    Human,
    /// One JSON document, or JSON Lines for streams.
    Json,
}

/// Writes results to stdout.
#[derive(Clone, Copy, Debug)]
pub struct Printer {
    format: Format,
}

impl Printer {
    /// A printer for `--json` or its absence.
    #[must_use]
    pub const fn new(json: bool) -> Self {
        Self { format: if json { Format::Json } else { Format::Human } }
    }

    /// The chosen format.
    #[must_use]
    pub const fn format(self) -> Format {
        self.format
    }

    /// Whether JSON was asked for.
    #[must_use]
    pub const fn is_json(self) -> bool {
        matches!(self.format, Format::Json)
    }

    /// Whether stdout is a terminal that wants colour (`NO_COLOR` is honoured).
    #[must_use]
    pub fn colour(self) -> bool {
        !self.is_json()
            && io::stdout().is_terminal()
            && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty())
    }

    /// Write one line of text and flush it.
    ///
    /// # Errors
    /// When stdout cannot be written. A closed pipe ends the process quietly instead: whoever
    /// read the output has had enough.
    pub fn line(self, text: impl AsRef<str>) -> Result<()> {
        let mut out = io::stdout().lock();
        finish(writeln!(out, "{}", text.as_ref()).and_then(|()| out.flush()))
    }

    /// Write text that need not be UTF-8, as it is.
    ///
    /// # Errors
    /// As [`Printer::line`].
    pub fn bytes(self, text: &[u8]) -> Result<()> {
        let mut out = io::stdout().lock();
        finish(out.write_all(text).and_then(|()| out.flush()))
    }

    /// Write `value` as one line of JSON and flush it.
    ///
    /// # Errors
    /// As [`Printer::line`].
    pub fn json_line(self, value: &impl Serialize) -> Result<()> {
        let text =
            serde_json::to_string(value).map_err(|e| Error::new("write JSON", "stdout", e))?;
        self.line(text)
    }

    /// Write one event of a stream: JSON, or its words after its time.
    ///
    /// # Errors
    /// As [`Printer::line`].
    pub fn event(self, line: &Line) -> Result<()> {
        if self.is_json() { self.json_line(line) } else { self.line(text::event(line)) }
    }

    /// Write the one event that is a command's whole answer: JSON, or its words alone.
    ///
    /// # Errors
    /// As [`Printer::line`].
    pub fn answer(self, line: &Line) -> Result<()> {
        if self.is_json() { self.json_line(line) } else { self.line(text::words(line)) }
    }

    /// Write text beside the data, to stderr. It does not matter whether anybody reads it.
    pub fn note(self, text: impl AsRef<str>) {
        let _ = writeln!(io::stderr().lock(), "{}", text.as_ref());
    }

    /// Write `value` as one indented JSON document.
    ///
    /// # Errors
    /// As [`Printer::line`].
    pub fn document(self, value: &impl Serialize) -> Result<()> {
        let text = serde_json::to_string_pretty(value)
            .map_err(|e| Error::new("write JSON", "stdout", e))?;
        self.line(text)
    }
}

fn finish(result: io::Result<()>) -> Result<()> {
    match result {
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => std::process::exit(0),
        other => other.map_err(|e| Error::new("write", "stdout", e)),
    }
}
