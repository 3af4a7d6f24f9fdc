//! The lease: when each virtual router's last advert left, for the successor of a crashed process.
//!
//! A file of fixed records in the state directory, one for each router, overwritten in place
//! after each advert. The file is locked as long as the process lives, so two processes never
//! share a state directory, and a crash frees it. It belongs in a memory file system (`/run`):
//! then a write is a copy of some bytes.
//!
//! What a lease is worth is not decided here.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nix::fcntl::{Flock, FlockArg};

use crate::error::Error;
use crate::io::clock;
use crate::time::Instant;

/// Name of the file in the state directory.
const FILE: &str = "vrrp.lease";
/// Start of the file: tells the format.
const MAGIC: &[u8; 8] = b"haLease1";
/// The header: magic, then the boot this file belongs to.
const HEADER: usize = 8 + 36;
/// A record: key, boot time of the last advert in nanoseconds (zero: none), check sum.
const RECORD: usize = 24;
/// More routers than two families of 255 on any number of interfaces one would run.
const MOST_RECORDS: usize = 65_536;

/// Why there is no lease.
#[derive(Debug)]
pub enum Refused {
    /// Another process has it, and with it the virtual routers.
    Taken(Error),
    /// The directory cannot be written: virtual routers can do without.
    Unusable(Error),
}

/// The lease file of this process.
pub struct Lease {
    path: PathBuf,
    file: Flock<File>,
    slots: BTreeMap<u64, u64>,
    found: BTreeMap<u64, u64>,
}

impl Lease {
    /// Take over the lease file in `directory`, making both if needed, and read what a
    /// predecessor left.
    ///
    /// # Errors
    /// When the directory cannot be used, or another process uses it.
    pub fn open(directory: &Path) -> Result<Self, Refused> {
        let failed = |e: io::Error| {
            let error = Error::new("use state directory", directory.display().to_string(), e);
            Refused::Unusable(error.remedy("choose another with --state-dir"))
        };
        fs::create_dir_all(directory).map_err(failed)?;
        let path = directory.join(FILE);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let file = options.open(&path).map_err(failed)?;
        let file = Flock::lock(file, FlockArg::LockExclusiveNonblock).map_err(|(_, errno)| {
            if errno == nix::errno::Errno::EAGAIN { busy(&path) } else { failed(errno.into()) }
        })?;
        let boot = boot_id();
        let found = read(&file, &boot).map_err(failed)?;
        let mut bytes = MAGIC.to_vec();
        bytes.extend(boot);
        let mut slots = BTreeMap::new();
        // What was found stays until it is renewed or released: this process may crash as well.
        for (slot, (key, sent)) in (0..).zip(&found) {
            bytes.extend(record(*key, *sent));
            slots.insert(*key, slot);
        }
        let length = bytes.len() as u64;
        file.write_all_at(&bytes, 0).and_then(|()| file.set_len(length)).map_err(failed)?;
        Ok(Self { path, file, slots, found })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// When the predecessor's last advert for the router called `name` left, if it was master
    /// when it ended.
    #[must_use]
    pub fn left_by_predecessor(&self, name: &str) -> Option<Instant> {
        let sent = *self.found.get(&key(name))?;
        let age = clock::boot_nanos().checked_sub(sent)?;
        Some(Instant::from_nanos(clock::now().as_nanos().checked_sub(age)?))
    }

    /// An advert for the router called `name` has just left.
    pub fn renew(&mut self, name: &str) -> io::Result<()> {
        self.write(name, clock::boot_nanos())
    }

    /// The router called `name` is not master (any more). Whether there was anything to write: one
    /// that was never master has no place in the file.
    pub fn release(&mut self, name: &str) -> io::Result<bool> {
        if !self.slots.contains_key(&key(name)) {
            return Ok(false);
        }
        self.write(name, 0).map(|()| true)
    }

    fn write(&mut self, name: &str, sent: u64) -> io::Result<()> {
        let key = key(name);
        let next = self.slots.len() as u64;
        let slot = *self.slots.entry(key).or_insert(next);
        self.file.write_all_at(&record(key, sent), HEADER as u64 + slot * RECORD as u64)
    }
}

fn busy(path: &Path) -> Refused {
    let path = path.display().to_string();
    let error = Error::new("use lease file", path, "another process uses it");
    Refused::Taken(error.remedy("end that process, or choose another directory with --state-dir"))
}

/// Identity of this boot: times of another boot mean nothing. Zeros when the kernel has none.
fn boot_id() -> [u8; 36] {
    let text = fs::read("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    text.get(..36).and_then(|id| id.try_into().ok()).unwrap_or([0; 36])
}

/// FNV-1a over the name: stable between versions of the program.
fn key(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn check(key: u64, sent: u64) -> u64 {
    key.rotate_left(17) ^ sent ^ 0x6861_4c65_6173_6531
}

fn record(key: u64, sent: u64) -> [u8; RECORD] {
    let mut bytes = [0; RECORD];
    let words = [key, sent, check(key, sent)];
    for (place, word) in bytes.chunks_exact_mut(8).zip(words) {
        place.copy_from_slice(&word.to_ne_bytes());
    }
    bytes
}

/// Records of a file of this boot; anything else reads as none.
fn read(file: &File, boot: &[u8; 36]) -> io::Result<BTreeMap<u64, u64>> {
    let length = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
    let mut bytes = vec![0; length.min(HEADER + MOST_RECORDS * RECORD)];
    file.read_exact_at(&mut bytes, 0)?;
    Ok(parse(&bytes, boot))
}

/// What the bytes of a lease file tell: for each key the boot time of the last advert, in
/// nanoseconds. A file of another boot than `boot` or of another format tells nothing.
#[must_use]
pub fn parse(bytes: &[u8], boot: &[u8; 36]) -> BTreeMap<u64, u64> {
    let Some((header, records)) = bytes.split_at_checked(HEADER) else { return BTreeMap::new() };
    if !header.starts_with(MAGIC) || !header.ends_with(boot) {
        return BTreeMap::new();
    }
    let word = |bytes: &[u8]| bytes.try_into().map_or(0, u64::from_ne_bytes);
    let parsed = records.chunks_exact(RECORD).filter_map(|record| {
        let mut words = record.chunks_exact(8).map(word);
        let (key, sent, sum) = (words.next()?, words.next()?, words.next()?);
        (sum == check(key, sent) && sent != 0).then_some((key, sent))
    });
    parsed.collect()
}

/// Where the state of `ha` lives unless told otherwise.
#[must_use]
pub fn default_directory() -> PathBuf {
    PathBuf::from("/run/ha")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_successor_reads_when_the_last_advert_left() {
        let directory = tempfile::tempdir().unwrap();
        let mut first = Lease::open(directory.path()).unwrap();
        assert!(first.left_by_predecessor("VI_1").is_none());
        first.renew("VI_1").unwrap();
        first.renew("VI_2").unwrap();
        first.release("VI_2").unwrap();
        drop(first);
        let second = Lease::open(directory.path()).unwrap();
        let sent = second.left_by_predecessor("VI_1").unwrap();
        assert!(clock::now().saturating_since(sent) < Duration::from_secs(5));
        assert!(second.left_by_predecessor("VI_2").is_none(), "released before the end");
    }

    #[test]
    fn a_second_crash_finds_what_the_first_left() {
        let directory = tempfile::tempdir().unwrap();
        let mut first = Lease::open(directory.path()).unwrap();
        first.renew("VI_1").unwrap();
        first.renew("VI_2").unwrap();
        drop(first);
        let mut second = Lease::open(directory.path()).unwrap();
        let sent = second.left_by_predecessor("VI_1").unwrap();
        second.release("VI_2").unwrap();
        drop(second);
        let third = Lease::open(directory.path()).unwrap();
        let told = third.left_by_predecessor("VI_1").unwrap();
        assert!(told.saturating_since(sent).max(sent.saturating_since(told)).as_millis() < 100);
        assert!(third.left_by_predecessor("VI_2").is_none());
    }

    #[test]
    fn a_directory_serves_one_process_at_a_time() {
        let directory = tempfile::tempdir().unwrap();
        let _held = Lease::open(directory.path()).unwrap();
        let refused = Lease::open(directory.path()).err();
        assert!(matches!(refused, Some(Refused::Taken(_))), "{refused:?}");
    }

    #[test]
    fn a_file_of_another_boot_or_format_holds_nothing() {
        let directory = tempfile::tempdir().unwrap();
        drop(Lease::open(directory.path()).map(|mut lease| lease.renew("VI_1")));
        let path = directory.path().join(FILE);
        for damage in [0, 10, HEADER + 9] {
            let mut bytes = fs::read(&path).unwrap();
            bytes[damage] ^= 1;
            fs::write(&path, bytes).unwrap();
            let lease = Lease::open(directory.path()).unwrap();
            assert!(lease.left_by_predecessor("VI_1").is_none(), "byte {damage}");
            drop(lease);
            drop(Lease::open(directory.path()).map(|mut lease| lease.renew("VI_1")));
        }
    }
}
