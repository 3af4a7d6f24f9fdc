//! From a configuration file to the processes that run it, as often as it is read.

use std::path::{Path, PathBuf};

use crate::config::{self, Code, Model, Severity};
use crate::drivers::config_loader::SystemLoader;
use crate::error::{Error, Result};
use crate::output::diagnostics;
use crate::supervisor::core::Refusal;
use crate::supervisor::plan::{self, Composition};

/// A configuration, and what its processes are started with.
#[derive(Clone, Debug)]
pub struct Source {
    /// The file.
    pub file: PathBuf,
    /// How it is read.
    pub options: config::Options,
    /// How its processes are started.
    pub plan: plan::Options,
}

/// Why a configuration cannot be run.
#[derive(Debug)]
pub struct Unusable {
    /// What is wrong, in one line each.
    pub refusal: Refusal,
    /// It is not there, or a file that it includes is not.
    pub unreadable: bool,
}

impl Source {
    /// Read the file and show every diagnostic.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(&self) -> std::result::Result<(Model, Composition), Unusable> {
        let model = self.load()?;
        let composition = self.compose(&model)?;
        Ok((model, composition))
    }

    /// Read the file and show every diagnostic, and no more.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn load(&self) -> std::result::Result<Model, Unusable> {
        let outcome = config::load(&self.file, &self.options, &SystemLoader);
        diagnostics::print(&outcome);
        outcome.model.ok_or_else(|| {
            let errors = outcome.diagnostics.iter().filter(|d| d.severity() == Severity::Error);
            let unreadable = errors.clone().any(|error| error.code == Code::Unreadable);
            let lines = errors.map(|d| diagnostics::one_line(d, &outcome.sources));
            Unusable { refusal: Refusal { problems: lines.collect() }, unreadable }
        })
    }

    /// What the processes of a configuration are started with.
    ///
    /// # Errors
    /// When it cannot be written down.
    pub fn compose(&self, model: &Model) -> std::result::Result<Composition, Unusable> {
        plan::compose(model, &self.plan).map_err(|error| {
            let problems = vec![format!("cannot write the plan as JSON: {error}")];
            Unusable { refusal: Refusal { problems }, unreadable: false }
        })
    }
}

/// `path` as it stays when the working directory changes.
///
/// # Errors
/// When the working directory is gone.
pub fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).map_err(|e| Error::new("find", path.display().to_string(), e))
}
