//! Shell patterns on the file system: `*`, `?`, `[…]` inside a name. Finds what exists; what to do
//! with it is the caller's business.

use std::path::{Path, PathBuf};

/// Existing paths that match `pattern`, sorted; relative ones are under `base`. A directory that
/// cannot be read matches nothing.
#[must_use]
pub fn glob(base: &Path, pattern: &str) -> Vec<PathBuf> {
    let mut paths = vec![if pattern.starts_with('/') { "/".into() } else { base.to_owned() }];
    for name in pattern.split('/').filter(|name| !name.is_empty()) {
        paths = paths.iter().flat_map(|path| step(path, name)).collect();
    }
    paths.sort();
    paths
}

/// The entries of `directory` that match `name`.
fn step(directory: &Path, name: &str) -> Vec<PathBuf> {
    if !name.contains(['*', '?', '[']) {
        let path = directory.join(name);
        return if path.symlink_metadata().is_ok() { vec![path] } else { Vec::new() };
    }
    let pattern: Vec<char> = name.chars().collect();
    let open = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    let Ok(entries) = std::fs::read_dir(open) else { return Vec::new() };
    let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let hidden = name.starts_with('.');
    names
        .filter(|found| hidden || !found.starts_with('.'))
        .filter(|found| matches(&pattern, &found.chars().collect::<Vec<_>>()))
        .map(|found| directory.join(found))
        .collect()
}

/// Whether `name` matches, by going back to the last `*` on a mismatch: quadratic at worst.
fn matches(pattern: &[char], name: &[char]) -> bool {
    let (mut p, mut n) = (0, 0);
    let mut star = None;
    while n < name.len() {
        let letter = name.get(n).copied().unwrap_or_default();
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
            }
            Some('?') => (p, n) = (p + 1, n + 1),
            Some('[') if class(pattern, p, letter).is_some() => {
                let Some((end, true)) = class(pattern, p, letter) else {
                    let Some((at, from)) = star else { return false };
                    (p, n, star) = (at + 1, from + 1, Some((at, from + 1)));
                    continue;
                };
                (p, n) = (end, n + 1);
            }
            Some(same) if *same == letter => (p, n) = (p + 1, n + 1),
            _ => {
                let Some((at, from)) = star else { return false };
                (p, n, star) = (at + 1, from + 1, Some((at, from + 1)));
            }
        }
    }
    pattern.get(p..).is_some_and(|rest| rest.iter().all(|c| *c == '*'))
}

/// A class that starts at `[`: one past its end, and whether `letter` is in it.
fn class(pattern: &[char], at: usize, letter: char) -> Option<(usize, bool)> {
    let mut p = at + 1;
    let negated = matches!(pattern.get(p), Some('!' | '^'));
    p += usize::from(negated);
    let (first, mut inside) = (p, false);
    loop {
        let low = *pattern.get(p)?;
        if low == ']' && p > first {
            return Some((p + 1, inside != negated));
        }
        match (pattern.get(p + 1), pattern.get(p + 2)) {
            (Some('-'), Some(high)) if *high != ']' => {
                inside |= (low..=*high).contains(&letter);
                p += 3;
            }
            _ => {
                inside |= low == letter;
                p += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(pattern: &str, name: &str) -> bool {
        let letters = |text: &str| text.chars().collect::<Vec<_>>();
        matches(&letters(pattern), &letters(name))
    }

    #[test]
    fn patterns_match_as_the_shell_does() {
        assert!(hits("*.conf", "a.conf") && !hits("*.conf", "a.conf~"));
        assert!(hits("a?c", "abc") && !hits("a?c", "ac"));
        assert!(hits("[a-c]x", "bx") && !hits("[!a-c]x", "bx") && hits("[!a-c]x", "dx"));
        assert!(hits("*a*b", "xxaxxab") && !hits("*a*b", "xxaxxa"));
        assert!(hits("[", "[") && hits("*[ab]", "cca"));
    }

    #[test]
    fn what_exists_is_found_sorted_and_hidden_files_are_not() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["b.conf", "a.conf", ".c.conf", "d.txt"] {
            std::fs::write(folder.path().join(name), "").expect("a file");
        }
        let found = glob(folder.path(), "*.conf");
        let names: Vec<_> = found.iter().filter_map(|p| p.file_name()).collect();
        assert_eq!(names, ["a.conf", "b.conf"]);
        assert!(glob(folder.path(), "missing.conf").is_empty());
    }
}
