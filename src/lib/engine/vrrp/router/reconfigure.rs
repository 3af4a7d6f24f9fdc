//! A router learns a new configuration without an election: only differences are acted on.

use super::{Router, Wait};
use crate::engine::vrrp::action::{Action, AnnounceReason, Reason, State};
use crate::engine::vrrp::change::difference;
use crate::engine::vrrp::config::RouterConfig;
use crate::time::Instant;
use crate::wire::vrrp::Version;

impl Router {
    /// Take over `config`, for the same router. Priorities and trackers follow by
    /// [`Router::apply`]. Returns whether anything changed.
    pub fn reconfigure(&mut self, now: Instant, config: &RouterConfig) -> bool {
        if self.config == *config {
            return false;
        }
        let change = self.config.change(config);
        self.config = config.clone();
        match self.state {
            State::Master => {
                self.replace_addresses();
                self.announcements.reconfigure(&self.config.announce, now);
                self.master_interval = self.config.advertisement_interval;
                if change.on_the_wire {
                    self.next_advert = now;
                } else {
                    self.next_advert = self.next_advert.min(now + self.master_interval);
                }
            }
            State::Backup if change.timing => {
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
