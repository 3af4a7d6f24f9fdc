//! Databases: who is primary, who takes writes, and how far a replica is behind.
//!
//! Each protocol has a dialogue of its own; what they found out is judged here by one measure. No
//! dialogue changes anything at the server or reads what is stored there.

mod fields;
mod mysql;
mod mysql_login;
mod postgres;
mod redis;
mod scram;
mod speech;

pub use mysql::MysqlDialogue;
pub use postgres::PostgresDialogue;
pub use redis::RedisDialogue;

use std::fmt;
use std::time::Duration;

use super::details::{DatabaseDetails, Details};
use super::dialogue::Finding;
use super::outcome::Grade;

/// What a server is among those that hold the same data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Changes begin here.
    Primary,
    /// It repeats the changes of another one.
    Replica,
}

impl Role {
    /// Its word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Replica => "replica",
        }
    }
}

/// What is asked of a server beside an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Demand {
    /// It must be this.
    pub role: Option<Role>,
    /// A replica must not be further behind.
    pub longest_lag: Option<Duration>,
    /// It must take writes.
    pub read_write: bool,
}

/// Who asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Login {
    /// Name of the user; empty where the protocol can do without.
    pub user: String,
    /// What proves it.
    pub password: Option<Password>,
}

/// A password: shown to nobody.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(Box<str>);

impl Password {
    /// This one.
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// For the protocol that proves it, and for nothing else.
    #[must_use]
    pub(super) fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password")
    }
}

impl Demand {
    /// Whether a server of which this was seen is as it should be.
    #[must_use]
    pub fn judge(&self, seen: DatabaseDetails) -> Finding {
        let wrong = self.wrong(&seen);
        let grade = if wrong.is_some() { Grade::Bad } else { Grade::Good };
        let reason = wrong.unwrap_or_else(|| describe(&seen));
        let details = Details { database: Some(seen), ..Details::default() };
        Finding { grade, reason, details: Box::new(details) }
    }

    fn wrong(&self, seen: &DatabaseDetails) -> Option<String> {
        match (self.role, seen.role) {
            (Some(wanted), Some(found)) if wanted != found => {
                return Some(format!("it is a {}, not a {}", found.word(), wanted.word()));
            }
            (Some(wanted), None) => {
                return Some(format!("it does not say whether it is a {}", wanted.word()));
            }
            _ => {}
        }
        if self.read_write && seen.read_only != Some(false) {
            let how = match seen.read_only {
                Some(_) => "it takes no writes",
                None => "it does not say whether it takes writes",
            };
            return Some(how.to_owned());
        }
        let longest = self.longest_lag.filter(|_| seen.role != Some(Role::Primary))?;
        match seen.lag {
            Some(lag) if lag > longest => {
                Some(format!("it is {} behind its primary, more than {longest:?}", seconds(lag)))
            }
            None => Some("it does not know how far it is behind".into()),
            Some(_) => None,
        }
    }
}

fn describe(seen: &DatabaseDetails) -> String {
    let mut words = vec![seen.role.map_or("answers", Role::word).to_owned()];
    words.extend(seen.read_only.map(|only| if only { "read-only" } else { "read-write" }.into()));
    words.extend(seen.lag.map(|lag| format!("{} behind", seconds(lag))));
    words.extend(seen.server_version.as_ref().map(|version| format!("version {version}")));
    words.join(", ")
}

/// Seconds with as many decimals as say something.
fn seconds(time: Duration) -> String {
    let millis = time.subsec_millis();
    if millis == 0 {
        format!("{} s", time.as_secs())
    } else {
        format!("{:.3} s", time.as_secs_f64())
    }
}

/// A version as the server gave it, short and printable.
fn version(bytes: &[u8]) -> String {
    const LONGEST: usize = 60;
    let printable = bytes.iter().take(LONGEST).filter(|byte| matches!(byte, b' '..=b'~'));
    printable.map(|&byte| char::from(byte)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(role: Option<Role>, read_only: Option<bool>, lag: Option<u64>) -> DatabaseDetails {
        let lag = lag.map(Duration::from_millis);
        DatabaseDetails { role, read_only, lag, server_version: Some("7.0".into()) }
    }

    #[test]
    fn a_server_is_judged_by_what_is_demanded_and_by_nothing_else() {
        use Role::{Primary, Replica};
        let any = Demand::default();
        let role = |role| Demand { role: Some(role), ..any };
        let lag = Demand { longest_lag: Some(Duration::from_secs(2)), ..any };
        let writes = Demand { read_write: true, ..any };
        let primary = seen(Some(Primary), Some(false), None);
        let replica = |lag| seen(Some(Replica), Some(true), lag);
        for (demand, seen, grade, reason) in [
            (any, &primary, Grade::Good, "primary, read-write, version 7.0"),
            (any, &replica(None), Grade::Good, "replica, read-only, version 7.0"),
            (any, &seen(None, None, None), Grade::Good, "answers, version 7.0"),
            (role(Primary), &primary, Grade::Good, "primary, read-write, version 7.0"),
            (role(Replica), &primary, Grade::Bad, "it is a primary, not a replica"),
            (role(Primary), &replica(None), Grade::Bad, "it is a replica, not a primary"),
            (
                role(Primary),
                &seen(None, None, None),
                Grade::Bad,
                "it does not say whether it is a primary",
            ),
            (lag, &primary, Grade::Good, "primary, read-write, version 7.0"),
            (lag, &replica(Some(2000)), Grade::Good, "replica, read-only, 2 s behind, version 7.0"),
            (
                lag,
                &replica(Some(2001)),
                Grade::Bad,
                "it is 2.001 s behind its primary, more than 2s",
            ),
            (lag, &replica(None), Grade::Bad, "it does not know how far it is behind"),
            (writes, &primary, Grade::Good, "primary, read-write, version 7.0"),
            (writes, &replica(None), Grade::Bad, "it takes no writes"),
            (
                writes,
                &seen(Some(Primary), None, None),
                Grade::Bad,
                "it does not say whether it takes writes",
            ),
        ] {
            let finding = demand.judge(seen.clone());
            assert_eq!((finding.grade, finding.reason.as_str()), (grade, reason), "{demand:?}");
            assert_eq!(finding.details.database.as_ref(), Some(seen));
        }
    }

    #[test]
    fn a_password_is_not_shown() {
        let login = Login { user: "me".into(), password: Some(Password::new("secret")) };
        assert!(!format!("{login:?}").contains("secret"));
    }
}
