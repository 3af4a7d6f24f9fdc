//! Does a database work, and as what?

use std::net::SocketAddr;

use super::stream::talk;
use super::target::{Stage, Target};
use super::tls::Tls;
use crate::engine::check::database::{
    Demand, Login, MysqlDialogue, PostgresDialogue, RedisDialogue,
};
use crate::engine::check::dialogue::Dialogue;
use crate::engine::check::probe::Answer;
use crate::io::random;

/// What is spoken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// That of Redis, and of what came of it.
    Redis,
    /// That of PostgreSQL, in this database.
    Postgres(String),
    /// That of MySQL and MariaDB.
    Mysql,
}

impl Protocol {
    /// Its word.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Redis => "redis",
            Self::Postgres(_) => "postgres",
            Self::Mysql => "mysql",
        }
    }
}

/// A probe of a database.
#[derive(Clone, Debug)]
pub struct Database {
    /// Whom.
    pub target: Target,
    /// How TLS is spoken, if it is.
    pub tls: Option<Tls>,
    /// What is spoken.
    pub protocol: Protocol,
    /// Who asks.
    pub login: Login,
    /// What is asked beside an answer.
    pub demand: Demand,
}

impl Database {
    /// Put the probe.
    pub async fn ask(&self) -> Answer {
        let stage = Stage::default();
        self.target.ask(&stage, |address| self.put(address, &stage)).await
    }

    async fn put(&self, address: SocketAddr, stage: &Stage) -> Answer {
        let tls = self.tls.as_ref().map(|tls| (tls, &*self.target.host));
        let nonce = format!("{:016x}{:016x}", random::number(), random::number());
        let mut dialogue = self.dialogue(&nonce);
        talk((&self.target.path, address), tls, Some(&mut *dialogue), stage).await
    }

    fn dialogue<'a>(&'a self, nonce: &'a str) -> Box<dyn Dialogue + 'a> {
        let (login, demand, secure) = (&self.login, self.demand, self.tls.is_some());
        match &self.protocol {
            Protocol::Redis => Box::new(RedisDialogue::new(login, demand)),
            Protocol::Postgres(database) => {
                Box::new(PostgresDialogue::new(login, database, demand, secure, nonce))
            }
            Protocol::Mysql => Box::new(MysqlDialogue::new(login, demand, secure)),
        }
    }
}
