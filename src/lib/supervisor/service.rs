//! What the service manager is told (`sd_notify`); nothing when there is none.

use sd_notify::NotifyState;

use super::core::Service;

/// Tell the service manager.
pub fn tell(service: Service) {
    let told = match service {
        Service::Ready => sd_notify::notify(&[NotifyState::Ready]),
        Service::Stopping => sd_notify::notify(&[NotifyState::Stopping]),
        // `Type=notify-reload` wants the time at which the reload began.
        Service::Reloading => NotifyState::monotonic_usec_now()
            .and_then(|time| sd_notify::notify(&[NotifyState::Reloading, time])),
    };
    if let Err(error) = told {
        tracing::warn!(%error, state = ?service, "the service manager could not be told");
    }
}
