//! Keeps the lease of each virtual router, and tells once when it cannot be kept: the routers go
//! on without.

use std::io;

use crate::engine::vrrp::RouterConfig;
use crate::io::lease::Lease;
use crate::time::Instant;

/// The leases, or none.
pub(super) struct Leases {
    file: Option<Lease>,
    /// It was told that they cannot be written.
    told: bool,
}

impl Leases {
    pub fn new(file: Option<Lease>) -> Self {
        Self { file, told: false }
    }

    /// When a crashed predecessor that was master sent its last advert for this router.
    pub fn left_by_predecessor(&self, config: &RouterConfig) -> Option<Instant> {
        self.file.as_ref()?.left_by_predecessor(&config.identity())
    }

    /// An advert for this router has just left.
    pub fn renew(&mut self, config: &RouterConfig) {
        let done = self.file.as_mut().map_or(Ok(()), |file| file.renew(&config.identity()));
        let consequence = "after a crash this host starts as backup and a peer takes over";
        self.tell(config, done, consequence);
    }

    /// Nobody may carry on this router from here.
    pub fn release(&mut self, config: &RouterConfig) {
        let done = self.file.as_mut().map_or(Ok(false), |file| file.release(&config.identity()));
        let consequence = "after a crash within a few adverts this host carries on as master";
        match done {
            // Nothing was written, so nothing is known about whether it can be.
            Ok(false) => {}
            done => self.tell(config, done.map(drop), consequence),
        }
    }

    fn tell(&mut self, config: &RouterConfig, done: io::Result<()>, consequence: &str) {
        let Some(file) = &self.file else { return };
        let path = file.path().display();
        match done {
            Ok(()) if self.told => {
                tracing::info!("the lease {path} can be written again");
                self.told = false;
            }
            Err(error) if !self.told => {
                let name = &config.name;
                tracing::warn!("cannot write the lease {path} of {name}: {error}; {consequence}");
                self.told = true;
            }
            _ => {}
        }
    }
}
