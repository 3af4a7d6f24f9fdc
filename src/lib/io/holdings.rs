//! Which virtual addresses this process holds, in a file of the state directory: a successor takes
//! down what its own configuration no longer names.
//!
//! Each line is `LINK-INDEX ADDRESS/PREFIX`. The file is replaced as a whole and before an address
//! is put up. It is a list of what to look at: whoever removes something asks the kernel whether
//! the address carries our tag.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write as _};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

/// Name of the file in the state directory.
const FILE: &str = "vrrp.addresses";

/// An address with its prefix on the link with this kernel index.
pub type Holding = (u32, IpAddr, u8);

/// The file.
#[derive(Debug)]
pub struct Holdings {
    path: PathBuf,
    written: BTreeSet<Holding>,
}

impl Holdings {
    /// The file in `directory`, and what a predecessor held. A file that cannot be read holds
    /// nothing.
    #[must_use]
    pub fn open(directory: &Path) -> Self {
        let path = directory.join(FILE);
        let text = fs::read_to_string(&path).unwrap_or_default();
        let written = text.lines().filter_map(parse).collect();
        Self { path, written }
    }

    /// What the file says now.
    #[must_use]
    pub fn written(&self) -> &BTreeSet<Holding> {
        &self.written
    }

    /// Have the file say `held`; does nothing when it says so already.
    pub fn write(&mut self, held: BTreeSet<Holding>) -> io::Result<()> {
        if held == self.written {
            return Ok(());
        }
        let new = self.path.with_extension("addresses.new");
        let mut text = Vec::new();
        for (index, address, prefix) in &held {
            writeln!(text, "{index} {address}/{prefix}")?;
        }
        fs::write(&new, text).and_then(|()| fs::rename(&new, &self.path))?;
        self.written = held;
        Ok(())
    }
}

fn parse(line: &str) -> Option<Holding> {
    let (index, rest) = line.split_once(' ')?;
    let (address, prefix) = rest.split_once('/')?;
    Some((index.parse().ok()?, address.parse().ok()?, prefix.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_successor_reads_what_was_held() {
        let directory = tempfile::tempdir().unwrap();
        let held: BTreeSet<Holding> =
            [(2, "192.0.2.1".parse().unwrap(), 24), (3, "2001:db8::1".parse().unwrap(), 64)].into();
        let mut first = Holdings::open(directory.path());
        assert!(first.written().is_empty());
        first.write(held.clone()).unwrap();
        assert_eq!(*Holdings::open(directory.path()).written(), held);
        first.write(BTreeSet::new()).unwrap();
        assert!(Holdings::open(directory.path()).written().is_empty());
    }

    #[test]
    fn what_is_no_holding_is_passed_over() {
        let directory = tempfile::tempdir().unwrap();
        let text = b"2 192.0.2.1/24\nx 192.0.2.1/24\n2 192.0.2.300/24\n\n3 192.0.2.2";
        fs::write(directory.path().join(FILE), text).unwrap();
        assert_eq!(Holdings::open(directory.path()).written().len(), 1);
    }
}
