//! A router learns a new configuration without an election: only differences are acted on.

use super::{Router, Wait};
use crate::engine::vrrp::action::{Action, AnnounceReason, Reason, State};
use crate::engine::vrrp::config::{RouterConfig, VirtualAddress};
use crate::time::Instant;
use crate::wire::vrrp::Version;

impl Router {
    /// Whether `config` is about this router: same interface, family, VRID and way of sending.
    /// The name is not part of it.
    pub fn is_same(&self, config: &RouterConfig) -> bool {
        self.config.vrid == config.vrid
            && self.config.family == config.family
            && self.config.peers.is_empty() == config.peers.is_empty()
            && self.config.interface == config.interface
    }

    /// Take over `config`, for the same router. Priorities and trackers follow by
    /// [`Router::apply`]. Returns whether anything changed.
    pub fn reconfigure(&mut self, now: Instant, config: &RouterConfig) -> bool {
        if self.config == *config {
            return false;
        }
        let old = std::mem::replace(&mut self.config, config.clone());
        match self.state {
            State::Master => {
                self.replace_addresses();
                self.announcements.reconfigure(&self.config.announce, now);
                self.master_interval = self.config.advertisement_interval;
                if differs_on_the_wire(&old, config) {
                    self.next_advert = now;
                } else {
                    self.next_advert = self.next_advert.min(now + self.master_interval);
                }
            }
            State::Backup if differs_in_timing(&old, config) => {
                if self.master.is_none() || self.config.version == Version::V2 {
                    self.master_interval = self.config.advertisement_interval;
                }
                self.arm(now, Wait::Full);
            }
            State::Backup | State::Init | State::Fault | State::Stopped => {}
        }
        true
    }

    /// A stopped router is configured again: it begins anew, with its counters, and with the
    /// addresses that it is still leaving.
    pub fn revive(&mut self, now: Instant, config: &RouterConfig) {
        self.config = config.clone();
        self.yields = false;
        self.maintenance = false;
        self.enter(now, State::Init, Reason::Startup);
    }

    /// Withdraw what is no longer configured, then install and announce what is new.
    fn replace_addresses(&mut self) {
        let wanted = self.config.all_addresses();
        let held = std::mem::replace(&mut self.held, wanted);
        let added = difference(&self.held, &held);
        let removed = difference(&held, &self.held);
        if !removed.is_empty() {
            // None of it may be announced after it is gone.
            self.actions.push_back(Action::CancelAnnouncements);
            self.push_withdraw(removed);
        }
        self.push_install(added.clone());
        self.push_announce(added, self.config.announce.repeat, AnnounceReason::AddressRestored);
    }
}

/// Those of `left` that are not in `right`.
fn difference(left: &[VirtualAddress], right: &[VirtualAddress]) -> Vec<VirtualAddress> {
    left.iter().filter(|each| !right.contains(each)).cloned().collect()
}

/// Whether peers would notice: then they are told at once, not at the next interval.
fn differs_on_the_wire(old: &RouterConfig, new: &RouterConfig) -> bool {
    let addresses = |config: &RouterConfig| -> Vec<_> {
        config.addresses.iter().map(|each| each.address).collect()
    };
    old.version != new.version
        || old.priority != new.priority
        || old.advertisement_interval != new.advertisement_interval
        || old.auth != new.auth
        || old.checksum != new.checksum
        || old.source != new.source
        || old.group != new.group
        || old.peers != new.peers
        || addresses(old) != addresses(new)
}

/// Whether a running master-down timer measures something else now.
fn differs_in_timing(old: &RouterConfig, new: &RouterConfig) -> bool {
    old.version != new.version
        || old.advertisement_interval != new.advertisement_interval
        || old.down_timer_adverts != new.down_timer_adverts
}
