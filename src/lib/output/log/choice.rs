//! What `--log` says: how much is logged, and where to. Written back, it tells a child process
//! the same.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use clap::ValueEnum;
use tracing_subscriber::filter::LevelFilter;

/// How much is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Level {
    /// Nothing.
    Off,
    /// What failed.
    Error,
    /// What deserves attention.
    Warn,
    /// Transitions and what caused them.
    Info,
    /// What was decided on the way.
    Debug,
    /// Every packet.
    Trace,
}

impl Level {
    /// As on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

impl From<Level> for LevelFilter {
    fn from(level: Level) -> Self {
        match level {
            Level::Off => Self::OFF,
            Level::Error => Self::ERROR,
            Level::Warn => Self::WARN,
            Level::Info => Self::INFO,
            Level::Debug => Self::DEBUG,
            Level::Trace => Self::TRACE,
        }
    }
}

/// Which of its files the syslog daemon writes to (RFC 3164 section 4.1.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Facility {
    /// User-level messages.
    User,
    /// System daemons.
    #[default]
    Daemon,
    /// `local0` to `local7`.
    Local(u8),
}

impl Facility {
    /// The facility's number.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::User => 1,
            Self::Daemon => 3,
            Self::Local(number) => 16 + number,
        }
    }
}

impl FromStr for Facility {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let local = text.strip_prefix("local").and_then(|number| number.parse().ok());
        match (text, local) {
            ("user", _) => Ok(Self::User),
            ("daemon", _) => Ok(Self::Daemon),
            (_, Some(number @ 0..=7)) => Ok(Self::Local(number)),
            _ => {
                Err(format!("'{text}' is no facility; there is daemon, user and local0 to local7"))
            }
        }
    }
}

impl fmt::Display for Facility {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User => f.write_str("user"),
            Self::Daemon => f.write_str("daemon"),
            Self::Local(number) => write!(f, "local{number}"),
        }
    }
}

/// Where log lines go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Standard error.
    Stderr,
    /// The journal, through its own socket.
    Journald {
        /// Name of the program there; a child process adds its job.
        name: String,
    },
    /// The syslog daemon, through `/dev/log`.
    Syslog {
        /// Its facility.
        facility: Facility,
        /// Name of the program there; a child process adds its job.
        name: String,
    },
    /// The end of a file; a child process adds its job to the name, before the last dot.
    File(PathBuf),
}

/// Name of the program in the logs of others unless said otherwise.
const NAME: &str = "ha";

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, rest) = text.split_once(':').unwrap_or((text, ""));
        let named = |name: &str| if name.is_empty() { NAME } else { name }.to_owned();
        match kind {
            "stderr" if rest.is_empty() => Ok(Self::Stderr),
            "journald" => Ok(Self::Journald { name: named(rest) }),
            "syslog" => {
                let (facility, name) = rest.split_once(':').unwrap_or((rest, ""));
                let facility =
                    if facility.is_empty() { Facility::Daemon } else { facility.parse()? };
                Ok(Self::Syslog { facility, name: named(name) })
            }
            "file" if !rest.is_empty() => Ok(Self::File(PathBuf::from(rest))),
            _ => Err(format!(
                "'{text}' is neither a level (off, error, warn, info, debug, trace) nor a target \
                 (stderr, syslog[:FACILITY[:NAME]], journald[:NAME], file:PATH)"
            )),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stderr => f.write_str("stderr"),
            Self::Journald { name } => write!(f, "journald:{name}"),
            Self::Syslog { facility, name } => write!(f, "syslog:{facility}:{name}"),
            Self::File(path) => write!(f, "file:{}", path.display()),
        }
    }
}

/// How much is logged, and where to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// How much.
    pub level: Level,
    /// Where to; stderr when there is none.
    pub targets: Vec<Target>,
}

impl Default for Choice {
    fn default() -> Self {
        Self { level: Level::Info, targets: Vec::new() }
    }
}

impl FromStr for Choice {
    type Err = String;

    /// Words between commas: at most one level, any number of targets.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut choice = Self::default();
        let mut levels = 0;
        for word in text.split(',') {
            match Level::from_str(word, false) {
                Ok(level) => (choice.level, levels) = (level, levels + 1),
                Err(_) => choice.targets.push(word.parse()?),
            }
        }
        if levels > 1 { Err(format!("'{text}' has more than one level")) } else { Ok(choice) }
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.level.name())?;
        self.targets.iter().try_for_each(|target| write!(f, ",{target}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_and_targets_are_read_in_any_order_and_written_back() {
        let choice: Choice = "syslog:local3,stderr,debug".parse().unwrap();
        assert_eq!(choice.level, Level::Debug);
        let syslog = Target::Syslog { facility: Facility::Local(3), name: "ha".into() };
        assert_eq!(choice.targets, [syslog, Target::Stderr]);
        for text in [
            "info",
            "off,syslog:daemon:Keepalived",
            "trace,journald:lb,file:/var/log/ha.log",
            "warn,stderr,syslog:user:ha",
        ] {
            assert_eq!(text.parse::<Choice>().unwrap().to_string(), text);
        }
        assert_eq!("syslog".parse::<Choice>().unwrap().to_string(), "info,syslog:daemon:ha");
    }

    #[test]
    fn what_is_no_level_and_no_target_is_refused_with_what_there_is() {
        for text in ["", "loud", "info,debug", "syslog:local8", "syslog:mail", "file:", "stderr:x"]
        {
            let said = text.parse::<Choice>().unwrap_err();
            assert!(said.contains("daemon") || said.contains("level"), "{text}: {said}");
        }
    }

    #[test]
    fn facilities_have_the_numbers_of_the_protocol() {
        let number = |text: &str| text.parse::<Facility>().unwrap().number();
        assert_eq!(["user", "daemon", "local0", "local7"].map(number), [1, 3, 16, 23]);
    }
}
