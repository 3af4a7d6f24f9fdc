//! What a new configuration changes about a virtual router that goes on: the decision of a reload,
//! for the router itself and for whoever foretells it.

use super::config::{RouterConfig, VirtualAddress};

/// The differences that are acted on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Peers would notice: they are told at once, not at the next interval.
    pub on_the_wire: bool,
    /// A running master-down timer measures something else now, and starts anew.
    pub timing: bool,
    /// Addresses that a master takes, in order.
    pub added: Vec<VirtualAddress>,
    /// Addresses that a master gives up.
    pub removed: Vec<VirtualAddress>,
}

impl RouterConfig {
    /// Whether `other` is about this router: same interface, family, VRID and way of sending. The
    /// name is not part of it.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.vrid == other.vrid
            && self.family == other.family
            && self.peers.is_empty() == other.peers.is_empty()
            && self.interface == other.interface
    }

    /// What changes when `new`, for the same router, takes the place of this one.
    #[must_use]
    pub fn change(&self, new: &Self) -> Change {
        let (old_addresses, new_addresses) = (self.all_addresses(), new.all_addresses());
        Change {
            on_the_wire: self.differs_on_the_wire(new),
            timing: self.version != new.version
                || self.advertisement_interval != new.advertisement_interval
                || self.down_timer_adverts != new.down_timer_adverts,
            added: difference(&new_addresses, &old_addresses),
            removed: difference(&old_addresses, &new_addresses),
        }
    }

    fn differs_on_the_wire(&self, new: &Self) -> bool {
        let addresses = |config: &Self| -> Vec<_> {
            config.addresses.iter().map(|each| each.address).collect()
        };
        self.version != new.version
            || self.priority != new.priority
            || self.advertisement_interval != new.advertisement_interval
            || self.auth != new.auth
            || self.checksum != new.checksum
            || self.source != new.source
            || self.group != new.group
            || self.peers != new.peers
            || addresses(self) != addresses(new)
    }
}

/// Those of `left` that are not in `right`.
pub(super) fn difference(left: &[VirtualAddress], right: &[VirtualAddress]) -> Vec<VirtualAddress> {
    left.iter().filter(|each| !right.contains(each)).cloned().collect()
}
