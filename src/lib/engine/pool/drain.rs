//! What an operator wants taken out: servers that get no new connections until told otherwise,
//! whatever their checks and the configuration say of their weight.

use serde::{Deserialize, Serialize};

use super::ServerName;
use crate::engine::ipvs::{Contents, Destination, Endpoint, ServiceId};

/// Everything that is drained, as it is kept across restarts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drains {
    /// Version of this shape.
    v: u8,
    /// Each once.
    drained: Vec<Drain>,
}

/// One server, in one service or in all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drain {
    /// Who.
    pub server: ServerName,
    /// Where; everywhere when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<ServiceId>,
    /// Weights from before, for whoever undoes it without a configuration. Who keeps the table
    /// strikes them out: what a server is to weigh depends on whether it lives from then on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub weights: Vec<Weight>,
}

/// What a destination had before it was drained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weight {
    /// Its service.
    pub service: ServiceId,
    /// Its address and port.
    pub server: Endpoint,
    /// More than 0.
    pub weight: u32,
}

impl Drain {
    /// Whether it is about the destination `at` of `service`.
    #[must_use]
    pub fn covers(&self, service: &ServiceId, at: Endpoint) -> bool {
        self.service.is_none_or(|own| own == *service) && self.server.is(at)
    }
}

impl Default for Drains {
    fn default() -> Self {
        Self { v: 1, drained: Vec::new() }
    }
}

impl Drains {
    /// What `text` says.
    ///
    /// # Errors
    /// Why it says nothing.
    pub fn parse(text: &str) -> Result<Self, String> {
        let read: Self = serde_json::from_str(text).map_err(|e| e.to_string())?;
        match read.v {
            1 => Ok(read),
            other => Err(format!("version {other} of the shape is not known")),
        }
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> &[Drain] {
        &self.drained
    }

    /// Those of which `wanted` says so.
    #[must_use]
    pub fn only(&self, wanted: impl Fn(&Drain) -> bool) -> Self {
        let drained = self.drained.iter().filter(|drain| wanted(drain)).cloned();
        Self { v: self.v, drained: drained.collect() }
    }

    /// Add `drain`; of one that is there already the weights from before stay.
    pub fn add(&mut self, drain: Drain) {
        let same = |old: &&mut Drain| (old.server, old.service) == (drain.server, drain.service);
        match self.drained.iter_mut().find(same) {
            Some(old) => {
                let known = |new: &Weight| {
                    old.weights.iter().any(|w| (w.service, w.server) == (new.service, new.server))
                };
                let fresh: Vec<_> = drain.weights.iter().filter(|w| !known(w)).copied().collect();
                old.weights.extend(fresh);
            }
            None => self.drained.push(drain),
        }
    }

    /// Take out what was drained with the same words; none when nothing was.
    pub fn remove(&mut self, server: ServerName, service: Option<ServiceId>) -> Option<Drain> {
        let same = |drain: &Drain| (drain.server, drain.service) == (server, service);
        let at = self.drained.iter().position(same)?;
        Some(self.drained.remove(at))
    }

    /// Whether a weight from before is known of a service of which `wanted` says so.
    #[must_use]
    pub fn know_weights(&self, wanted: impl Fn(&ServiceId) -> bool) -> bool {
        self.drained.iter().flat_map(|drain| &drain.weights).any(|known| wanted(&known.service))
    }

    /// Strike out the weights from before of the services of which `gone` says so.
    pub fn forget_weights(&mut self, gone: impl Fn(&ServiceId) -> bool) {
        for drain in &mut self.drained {
            drain.weights.retain(|known| !gone(&known.service));
        }
    }

    /// Whether the destination `at` of `service` is to get no new connections.
    #[must_use]
    pub fn cover(&self, service: &ServiceId, at: Endpoint) -> bool {
        self.drained.iter().any(|drain| drain.covers(service, at))
    }

    /// Have `contents` say so.
    pub fn apply(&self, contents: &mut Contents) {
        for drain in &self.drained {
            let ids: Vec<ServiceId> = contents.iter().map(|entry| entry.settings.id).collect();
            for id in ids {
                let destinations = contents.get_mut(&id).into_iter();
                let all = destinations.flat_map(|entry| entry.destinations.values_mut());
                for one in all.filter(|one: &&mut Destination| drain.covers(&id, one.endpoint())) {
                    one.weight = 0;
                }
            }
        }
    }
}
