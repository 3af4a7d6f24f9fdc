//! Does a file say that all is well?

use std::io::{self, Read};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use super::{bad, untested};
use crate::engine::check::file::{FileCheck, LOOKED_AT};
use crate::engine::check::probe::Answer;
use crate::io::{clock, input};

/// A probe of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileProbe {
    /// Which.
    pub path: PathBuf,
    /// What is good.
    pub check: FileCheck,
}

impl FileProbe {
    /// Look at it.
    #[must_use]
    pub fn ask(&self) -> Answer {
        let start = clock::now();
        match self.read() {
            Ok((text, age)) => Answer::from(self.check.judge(&text, age)).took(start, clock::now()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => bad("there is no such file"),
            Err(error) => untested(format!("it cannot be read: {error}")),
        }
    }

    fn read(&self) -> io::Result<(Vec<u8>, Duration)> {
        let file = input::open(&self.path)?;
        let written = file.metadata()?.modified()?;
        let mut text = Vec::new();
        file.take(LOOKED_AT as u64).read_to_end(&mut text)?;
        let age = SystemTime::now().duration_since(written).unwrap_or_default();
        Ok((text, age))
    }
}
