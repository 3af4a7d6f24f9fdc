//! Does a database work, and as what?

use std::net::SocketAddr;

use super::stream::talk;
use super::target::{Stage, Target};
use super::tls::Tls;
use crate::engine::check::database::{Demand, Login, RedisDialogue};
use crate::engine::check::dialogue::Dialogue;
use crate::engine::check::probe::Answer;

/// What is spoken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// That of Redis, and of what came of it.
    Redis,
}

impl Protocol {
    /// Its word.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Redis => "redis",
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
        let mut dialogue = self.dialogue();
        talk((&self.target.path, address), tls, Some(&mut *dialogue), stage).await
    }

    fn dialogue(&self) -> Box<dyn Dialogue + '_> {
        match &self.protocol {
            Protocol::Redis => Box::new(RedisDialogue::new(&self.login, self.demand)),
        }
    }
}
