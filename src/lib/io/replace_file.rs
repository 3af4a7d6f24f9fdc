//! A file gets new content at once or not at all, and stays whose it was.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

/// Have the file at `path` hold `content`: written beside it, then moved into its place. Mode and
/// owner stay; a symbolic link goes on leading to it.
///
/// # Errors
/// As the system says it; the file is unchanged then.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let path = path.canonicalize()?;
    let old = fs::metadata(&path)?;
    let (new, mut file) = beside(&path)?;
    let moved = file
        .write_all(content)
        .and_then(|()| own(&file, &old))
        .and_then(|()| file.set_permissions(Permissions::from_mode(old.mode() & 0o7777)))
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&new, &path));
    if moved.is_err() {
        // What is left over helps nobody; the first error is the one to tell.
        let _ = fs::remove_file(&new);
    }
    moved
}

/// Give the file the owner of `old`, when that is somebody else.
fn own(file: &File, old: &fs::Metadata) -> io::Result<()> {
    let now = file.metadata()?;
    if (now.uid(), now.gid()) == (old.uid(), old.gid()) {
        return Ok(());
    }
    fchown(file, Some(old.uid()), Some(old.gid()))
}

/// A new file in the same directory that nobody else can read yet.
fn beside(path: &Path) -> io::Result<(PathBuf, File)> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let new = path.with_file_name(name);
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
    Ok((new, file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mode_and_links_stay_and_nothing_is_left_over() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("a.conf"), folder.path().join("link.conf"));
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        replace(&link, b"new").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::metadata(&file).unwrap().mode() & 0o7777, 0o640);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_file_that_is_not_there_is_not_made() {
        let folder = tempfile::tempdir().unwrap();
        assert!(replace(&folder.path().join("none"), b"new").is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
