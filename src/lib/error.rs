//! The one error shape an operator sees: what was tried, on what, why it failed, what to do.

use std::fmt;

use crate::exit::Exit;

/// An error on its way to the operator.
#[derive(Debug)]
pub struct Error {
    /// What was tried: "open raw socket", "read configuration".
    pub operation: &'static str,
    /// On what: an interface, a file, an address.
    pub target: String,
    /// Why it failed, as the system or the check said it.
    pub cause: String,
    /// What to do about it; empty when nothing sensible can be said.
    pub remedy: String,
    /// How the process should end because of it.
    pub exit: Exit,
}

impl Error {
    /// An error without a remedy that ends with [`Exit::System`].
    #[must_use]
    pub fn new(
        operation: &'static str,
        target: impl Into<String>,
        cause: impl fmt::Display,
    ) -> Self {
        Self {
            operation,
            target: target.into(),
            cause: cause.to_string(),
            remedy: String::new(),
            exit: Exit::System,
        }
    }

    /// The same error with a remedy.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = remedy.into();
        self
    }

    /// The same error with another exit code.
    #[must_use]
    pub const fn exit(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot {}", self.operation)?;
        if !self.target.is_empty() {
            write!(f, " {}", self.target)?;
        }
        write!(f, ": {}", self.cause)?;
        if !self.remedy.is_empty() {
            write!(f, "; {}", self.remedy)?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

/// What most fallible functions of `io`, `drivers` and `commands` return.
pub type Result<T> = std::result::Result<T, Error>;
