//! Do as many processes of a name run as should? Asked of `/proc` as it is at the moment.

use std::fs;
use std::io;
use std::path::Path;

use super::untested;
use crate::engine::check::probe::Answer;
use crate::engine::check::process::ProcessCheck;
use crate::io::clock;

/// A probe of processes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessProbe(pub ProcessCheck);

impl ProcessProbe {
    /// Count them.
    #[must_use]
    pub fn ask(&self) -> Answer {
        let start = clock::now();
        match self.count() {
            Ok(running) => Answer::from(self.0.judge(running)).took(start, clock::now()),
            Err(error) => untested(format!("/proc cannot be read: {error}")),
        }
    }

    fn count(&self) -> io::Result<u32> {
        let mut running = 0;
        for entry in fs::read_dir("/proc")? {
            let path = entry?.path();
            let number = path.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok());
            // One that ends while it is looked at does not run.
            if number.is_some()
                && number != Some(std::process::id())
                && self.counts(&path).unwrap_or(false)
            {
                running += 1;
            }
        }
        Ok(running)
    }

    fn counts(&self, path: &Path) -> io::Result<bool> {
        let stat = fs::read(path.join("stat"))?;
        let (Some(from), Some(to)) = (
            stat.iter().position(|&byte| byte == b'('),
            stat.iter().rposition(|&byte| byte == b')'),
        ) else {
            return Ok(false);
        };
        let name = stat.get(from + 1..to).unwrap_or_default();
        if matches!(stat.get(to + 2), Some(b'Z' | b'X')) {
            return Ok(false);
        }
        let command = if self.0.full_command || self.0.arguments.is_some() {
            fs::read(path.join("cmdline"))?
        } else {
            Vec::new()
        };
        let whole = command.strip_suffix(b"\0").unwrap_or(&command);
        let words: Vec<&[u8]> = whole.split(|&byte| byte == 0).collect();
        Ok(self.0.counts(name, &words))
    }
}
