//! What the build writes and the repository carries is fresh: shell completions and the man pages
//! of the commands and of the configuration. `HA_UPDATE=1 cargo test --test generated` rewrites them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What `ha completions` gives for each shell, by the path it is kept under.
fn completions() -> BTreeMap<PathBuf, String> {
    [("bash", "ha.bash"), ("zsh", "_ha"), ("fish", "ha.fish")]
        .into_iter()
        .map(|(shell, file)| {
            let output = Command::new(env!("CARGO_BIN_EXE_ha"))
                .args(["completions", shell])
                .output()
                .expect("ha can be started");
            assert!(output.status.success(), "ha completions {shell}");
            let text = String::from_utf8(output.stdout).expect("completions are UTF-8");
            (root().join("completions").join(file), text)
        })
        .collect()
}

/// What `ha man` writes, by the path it is kept under.
fn man_pages() -> BTreeMap<PathBuf, String> {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let status = Command::new(env!("CARGO_BIN_EXE_ha"))
        .arg("man")
        .arg(folder.path())
        .status()
        .expect("ha can be started");
    assert!(status.success(), "ha man");
    fs::read_dir(folder.path())
        .expect("the folder can be read")
        .map(|entry| {
            let entry = entry.expect("the folder can be read");
            let text = fs::read_to_string(entry.path()).expect("a page can be read");
            (root().join("man").join(entry.file_name()), text)
        })
        .collect()
}

/// Files under `folder` that a generator owns: completions all, of the man pages section 1 and
/// the reference of the configuration.
fn committed(folder: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(root().join(folder)) else { return Vec::new() };
    entries
        .map(|entry| entry.expect("the folder can be read").path())
        .filter(|path| {
            let is_command = path.extension().is_some_and(|e| e == "1");
            folder != "man" || is_command || path.ends_with("ha.conf.5")
        })
        .collect()
}

/// Compares, or rewrites when asked to.
fn compare(folder: &str, generated: &BTreeMap<PathBuf, String>) {
    if std::env::var_os("HA_UPDATE").is_some() {
        fs::create_dir_all(root().join(folder)).expect("the folder can be made");
        for stale in committed(folder).iter().filter(|path| !generated.contains_key(*path)) {
            fs::remove_file(stale).expect("a stale file can be removed");
        }
        for (path, text) in generated {
            fs::write(path, text).expect("a generated file can be written");
        }
    }
    let how = "run `HA_UPDATE=1 cargo test --test generated` and commit";
    for (path, text) in generated {
        let kept = fs::read_to_string(path).unwrap_or_default();
        assert!(kept == *text, "{} is not fresh; {how}", path.display());
    }
    for path in committed(folder) {
        assert!(generated.contains_key(&path), "{} has no command; {how}", path.display());
    }
}

#[test]
fn completions_are_fresh() {
    compare("completions", &completions());
}

#[test]
fn man_pages_of_the_commands_are_fresh() {
    compare("man", &man_pages());
}
