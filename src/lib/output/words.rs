//! Reasons, causes and states in words for the operator. The JSON names stay as they are; this
//! is how they are read aloud.

use crate::engine::vrrp::receive::Drop;
use crate::engine::vrrp::{Cause, Reason, State, TrackerId};

/// A state as its JSON name.
#[must_use]
pub const fn state(state: State) -> &'static str {
    match state {
        State::Init => "init",
        State::Backup => "backup",
        State::Master => "master",
        State::Fault => "fault",
        State::Stopped => "stopped",
    }
}

/// Why a router changed state.
#[must_use]
pub fn reason(reason: &Reason) -> String {
    match reason {
        Reason::Startup => "started".into(),
        Reason::Resumed => "carries on for a predecessor that ended just now".into(),
        Reason::MasterDownTimer => "no advert for the master-down interval".into(),
        Reason::MasterStopped => "the master announced that it stops (priority 0)".into(),
        Reason::LowerPriority(peer) => format!("the master heard, {peer}, has a lower priority"),
        Reason::AddressOwner => "owns the addresses (priority 255)".into(),
        Reason::HigherPriority(peer) => format!("{peer} has a higher priority"),
        Reason::HigherAddress(peer) => format!("{peer} has equal priority and a greater address"),
        Reason::Fault(why) => cause(why),
        Reason::FaultCleared => "the last cause of fault is gone".into(),
        Reason::SyncGroup(group) => format!("sync group {group} changed state"),
        Reason::LateWakeup => "slept past its own master-down interval".into(),
        Reason::Stop => "asked to stop".into(),
        Reason::Command => "the operator asked for it".into(),
    }
}

/// Why a router is in fault.
#[must_use]
pub fn cause(cause: &Cause) -> String {
    match cause {
        Cause::InterfaceDown(name) => format!("interface {name} is down"),
        Cause::InterfaceMissing(name) => format!("interface {name} does not exist"),
        Cause::NoSourceAddress(name) => format!("interface {name} has no usable address"),
        Cause::Script(name) => format!("script {name} failed"),
        Cause::TrackedInterface(name) => format!("tracked interface {name} is down"),
        Cause::SyncGroup(name) => format!("another member of sync group {name} is in fault"),
        Cause::Maintenance => "maintenance was asked for".into(),
    }
}

/// Why a packet was not accepted.
#[must_use]
pub const fn drop(drop: Drop) -> &'static str {
    match drop {
        Drop::Length => "its length is not the one that its address count asks for",
        Drop::Ttl => "its TTL or hop limit is not 255: it may come from outside this segment",
        Drop::Version => "it has another protocol version",
        Drop::Type => "it is not an advertisement",
        Drop::AuthType => "its authentication type is not the configured one",
        Drop::AuthFailed => "its password is not the configured one",
        Drop::Replayed => "its sequence number is not above the last one of its sender",
        Drop::Interval => "its advertisement interval is not the configured one",
        Drop::IntervalZero => "its advertisement interval is zero",
        Drop::Checksum => "its checksum is wrong",
        Drop::Vrid => "its virtual router is not configured here",
        Drop::Destination => "it was sent to another destination than this router listens to",
        Drop::Peer => "its sender is not one of the configured peers",
        Drop::AddressCount => "it names no addresses",
        Drop::Owner => "this router owns the addresses and listens to nobody",
        Drop::OwnPacket => "it is our own",
        Drop::NotListening => "this router is in init or fault",
    }
}

/// A tracker's kind and name.
#[must_use]
pub fn tracker(id: &TrackerId) -> String {
    match id {
        TrackerId::Script(name) => format!("script {name}"),
        TrackerId::Interface(name) => format!("interface {name}"),
    }
}

/// A priority with the weights that made it: `80 (base 100, script check_nginx -20)`.
#[must_use]
pub fn priority(effective: u8, parts: &[(String, i16)]) -> String {
    if parts.len() < 2 {
        return effective.to_string();
    }
    let mut words = Vec::with_capacity(parts.len());
    for (name, weight) in parts {
        words.push(if name == "base" {
            format!("{name} {weight}")
        } else {
            format!("{name} {weight:+}")
        });
    }
    format!("{effective} ({})", words.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_priority_names_its_parts_only_when_there_is_more_than_the_base() {
        let base = ("base".to_owned(), 100);
        assert_eq!(priority(100, std::slice::from_ref(&base)), "100");
        let weight = ("script check_nginx".to_owned(), -20);
        assert_eq!(priority(80, &[base, weight]), "80 (base 100, script check_nginx -20)");
    }
}
