//! What must hold for any text whatever as a configuration, with files that include each other.
//! The fuzz target calls it, and so does `tests/fuzz_smoke.rs` with mutations of real files.

use std::path::{Path, PathBuf};

use ha::config::{Bounds, FileStatus, LoadError, Loader, Model, Options, load};
use ha::engine::vrrp::Node;
use ha::time::Instant;

/// The directory of all files.
const FOLDER: &str = "/etc/ha";

/// A host with a few files, which are what the input is cut into.
struct Files(Vec<String>);

impl Files {
    /// The files are separated by NUL; the first is the one that is loaded.
    fn new(data: &[u8]) -> Self {
        let parts = data.split(|byte| *byte == 0).take(4);
        Self(parts.map(|part| String::from_utf8_lossy(part).into_owned()).collect())
    }

    /// `/etc/ha/0.conf`, `/etc/ha/1.conf` …
    fn path(number: usize) -> PathBuf {
        Path::new(FOLDER).join(format!("{number}.conf"))
    }

    fn find(&self, path: &Path) -> Option<&String> {
        let number = (0..self.0.len()).find(|number| Self::path(*number) == path)?;
        self.0.get(number)
    }
}

fn missing() -> LoadError {
    LoadError { cause: "No such file or directory".to_owned(), not_found: true }
}

impl Loader for Files {
    fn read(&self, path: &Path) -> Result<String, LoadError> {
        self.find(path).cloned().ok_or_else(missing)
    }

    /// `*` stands for every file but the first; anything else for itself.
    fn glob(&self, base: &Path, pattern: &str) -> Result<Vec<PathBuf>, LoadError> {
        if pattern.contains('*') {
            return Ok((1..self.0.len()).map(Self::path).collect());
        }
        let path = base.join(pattern);
        Ok(self.find(&path).map(|_| path).into_iter().collect())
    }

    fn environment(&self, name: &str) -> Option<String> {
        (name == "HOUSE").then(|| "number 9".to_owned())
    }

    fn user(&self, name: &str) -> Option<(u32, u32)> {
        (name == "nobody").then_some((65_534, 65_533))
    }

    fn group(&self, name: &str) -> Option<u32> {
        (name == "daemon").then_some(2)
    }

    fn status(&self, path: &Path) -> Result<FileStatus, LoadError> {
        let (directory, mode) = match path.to_str() {
            Some("/" | "/scripts") => (true, 0o755),
            Some("/scripts/weak") => (false, 0o775),
            Some(path) if path.starts_with("/scripts/") => (false, 0o755),
            _ => return Err(missing()),
        };
        Ok(FileStatus { regular: !directory, directory, uid: 0, gid: 0, mode })
    }

    fn canonical(&self, path: &Path) -> Result<PathBuf, LoadError> {
        if self.find(path).is_some() || self.status(path).is_ok() {
            return Ok(path.to_owned());
        }
        Err(missing())
    }

    fn identity(&self) -> (u32, u32) {
        (0, 0)
    }
}

/// A load ends; it gives a model exactly when nothing is an error; every finding can be shown;
/// the same text means the same; and what a model says can be run, written and read.
pub fn config(data: &[u8]) {
    let files = Files::new(data);
    // Small, so that an expansion without end costs no more than any other input.
    let bounds = Bounds { bytes: 64 << 10, lines: 2000, words: 8000 };
    let options = Options { config_id: "test".to_owned(), bounds, ..Options::default() };
    let outcome = load(&Files::path(0), &options, &files);
    assert_eq!(outcome.model.is_none(), outcome.errors() > 0);
    for found in &outcome.diagnostics {
        assert!(!found.message.is_empty());
        if let Some(span) = found.span {
            assert!(outcome.sources.location(span).is_some(), "{found:?}");
            assert!(outcome.sources.excerpt(span).is_some(), "{found:?}");
            let _ = outcome.sources.traces_of(span);
        }
    }
    let again = load(&Files::path(0), &options, &files);
    assert_eq!(again.model, outcome.model);
    assert_eq!(again.diagnostics.len(), outcome.diagnostics.len());
    if let Some(model) = outcome.model {
        is_sound(&model);
    }
}

fn is_sound(model: &Model) {
    assert_eq!(model.vrrp.validate(), Ok(()));
    for script in &model.scripts {
        assert!(!script.command.argv.is_empty() && !script.interval.is_zero());
        assert!(script.rise > 0 && script.fall > 0);
    }
    let text = serde_json::to_string(model).expect("a model can be written");
    let read: Model = serde_json::from_str(&text).expect("a model can be read");
    assert_eq!(read, *model);
    let mut node = Node::new(&model.vrrp);
    node.start(Instant::from_nanos(1));
}
