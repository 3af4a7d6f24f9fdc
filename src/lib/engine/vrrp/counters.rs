//! What a router counted since it started. Every received packet ends in exactly one of
//! `adverts_accepted` or one entry of `dropped`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::receive::Drop;

/// Counters of one router (or of the packets no router wanted).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// Adverts sent, priority 0 included.
    pub adverts_sent: u64,
    /// Adverts that passed every receive check, priority 0 included.
    pub adverts_accepted: u64,
    /// Adverts sent with priority 0.
    pub priority_zero_sent: u64,
    /// Adverts accepted with priority 0.
    pub priority_zero_received: u64,
    /// Times this router became master.
    pub became_master: u64,
    /// Times this router stopped being master.
    pub released_master: u64,
    /// Accepted adverts whose address list differs from ours.
    pub address_list_differs: u64,
    /// Dropped packets by reason.
    pub dropped: BTreeMap<Drop, u64>,
}

impl Counters {
    /// Count one packet that was not accepted.
    pub(super) fn count_drop(&mut self, drop: Drop) {
        *self.dropped.entry(drop).or_default() += 1;
    }
}
