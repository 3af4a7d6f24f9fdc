//! `real_server` and `sorry_server`: who answers.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Entered;
use std::net::IpAddr;

use super::super::Context;
use super::super::settings::Settings;
use super::check::{self, Checked, Inherited};
use super::lints::Findings;
use super::service::hook;
use super::{Surroundings, address_and_port, forwarding, text, unsigned};
use crate::config::diagnostic::{Code, Diagnostic};
use crate::config::resolve::Entry;
use crate::config::source::Span;
use crate::engine::ipvs::Forwarding;
use crate::engine::pool::{DestinationConfig, SorryServer};
use crate::engine::vrrp::Family;

/// What a virtual server gives its real servers.
pub(super) struct Frame<'a> {
    /// The port of its services; `None` in a group, where they may differ.
    pub port: Option<u16>,
    /// Its family, when it has one of its own.
    pub family: Option<Family>,
    /// It is a firewall mark.
    pub marked: bool,
    pub forwarding: Forwarding,
    pub inherited: Inherited,
    /// `virtualhost`.
    pub host: Option<&'a str>,
    pub weight: u32,
    pub inhibit: bool,
}

/// The destinations, and the family that they make the pool have; none without destinations.
pub(super) fn build(
    settings: &Settings<'_>,
    frame: &Frame<'_>,
    around: &Surroundings<'_>,
    findings: &mut Findings,
    context: &mut Context<'_>,
) -> (Vec<DestinationConfig>, Option<Family>) {
    let mut family = frame.family;
    let mut seen: BTreeMap<Key, Span> = BTreeMap::new();
    let mut destinations = Vec::with_capacity(settings.all("real_server").count());
    for entry in settings.all("real_server") {
        let entry = &context.resolver.open(entry);
        let Some(place) = place(entry, frame, &mut family, context) else { continue };
        let span = entry.value_span();
        let first = match seen.entry(key(&place)) {
            Entered::Vacant(new) => {
                new.insert(span);
                None
            }
            Entered::Occupied(first) => Some(*first.get()),
        };
        if let Some(first) = first {
            let message = format!("the real_server {} is there already", name(&place));
            context.report(
                Diagnostic::new(Code::DuplicateEntry, span, message)
                    .remedy("the first one holds; remove one")
                    .related("the first one", first),
            );
            continue;
        }
        let destination = destination(entry, &place, frame, around, context);
        findings.see(&destination, entry);
        destinations.push(destination);
    }
    let family = family.filter(|_| !destinations.is_empty());
    (destinations, family)
}

/// Where a server is and how packets get there.
#[derive(Clone, Copy)]
struct Place {
    address: IpAddr,
    port: u16,
    forwarding: Forwarding,
}

/// What no two servers of a pool have in common: family, address and port, quick to compare.
type Key = (bool, u128, u16);

fn key(place: &Place) -> Key {
    match place.address {
        IpAddr::V4(address) => (false, address.to_bits().into(), place.port),
        IpAddr::V6(address) => (true, address.to_bits(), place.port),
    }
}

fn name(place: &Place) -> String {
    match place.port {
        0 => place.address.to_string(),
        port => std::net::SocketAddr::new(place.address, port).to_string(),
    }
}

fn place(
    entry: &Entry<'_>,
    frame: &Frame<'_>,
    family: &mut Option<Family>,
    context: &mut Context<'_>,
) -> Option<Place> {
    let (address, port) = match address_and_port(entry.arguments()) {
        Ok(found) => found,
        Err(why) => {
            let remedy = "the real_server is left out; write real_server ADDRESS PORT {";
            context.warn(Code::InvalidValue, entry.value_span(), why, remedy);
            return None;
        }
    };
    let own = Settings::new(entry).get("lvs_method");
    let forwarding =
        own.and_then(|own| forwarding::build(own, context)).unwrap_or(frame.forwarding);
    if !admitted(address, forwarding, family) {
        let message = format!("{address} is not of the virtual_server's family");
        let remedy = "the real_server is left out; only a tunnel (lvs_method TUN) goes from one \
                      family to the other";
        context.warn(Code::OtherFamily, entry.value_span(), message, remedy);
        return None;
    }
    let port = service_port(entry, port, forwarding, frame, context);
    Some(Place { address, port, forwarding })
}

/// Whether packets can get from the pool's family to the server's; the first server decides about
/// a pool that has none.
fn admitted(address: IpAddr, forwarding: Forwarding, family: &mut Option<Family>) -> bool {
    let own = Family::of(address);
    *family.get_or_insert(own) == own || forwarding.crosses_families()
}

/// The port that the server is asked on.
fn service_port(
    entry: &Entry<'_>,
    port: Option<u16>,
    forwarding: Forwarding,
    frame: &Frame<'_>,
    context: &mut Context<'_>,
) -> u16 {
    let Some(service) = frame.port else { return port.unwrap_or(0) };
    let Some(port) = port else { return service };
    if port == service || !forwarding.keeps_port() {
        return port;
    }
    let span = entry.arguments().get(1).map_or(entry.value_span(), |word| word.span);
    if frame.marked {
        let message = format!("port {port} of a real_server behind a firewall mark");
        let remedy = "it is ignored: DR and TUN keep the port that the client asked";
        context.warn(Code::Conflict, span, message, remedy);
    } else {
        let message = format!("port {port} of the real_server is not the service's {service}");
        let remedy = format!(
            "it becomes {service}: DR and TUN keep the port that the client asked; only NAT changes it"
        );
        context.warn(Code::Conflict, span, message, &remedy);
    }
    service
}

fn destination(
    entry: &Entry<'_>,
    place: &Place,
    frame: &Frame<'_>,
    around: &Surroundings<'_>,
    context: &mut Context<'_>,
) -> DestinationConfig {
    let settings = Settings::new(entry);
    let Place { address, port, forwarding } = *place;
    let server = check::Server {
        address,
        port,
        inherited: Inherited::of(&settings, frame.inherited),
        service_delay_loop: frame.inherited.delay_loop(),
        host: settings.text("virtualhost").or(frame.host),
    };
    let Checked { checks, files, sessions } = check::build(entry, &server, around, context);
    let (upper, lower) = thresholds(&settings, context);
    DestinationConfig {
        address,
        port,
        weight: unsigned(&settings, "weight").unwrap_or(frame.weight),
        forwarding,
        upper_threshold: upper,
        lower_threshold: lower,
        inhibit: settings.get("inhibit_on_failure").map_or(frame.inhibit, super::switch),
        mail: settings.switch("smtp_alert").or(around.mail).unwrap_or(true),
        snmp_name: text(&settings, "snmp_name"),
        notify_up: hook(&settings, "notify_up", context),
        notify_down: hook(&settings, "notify_down", context),
        checks: checks.into(),
        files: files.into(),
        sessions: sessions.into(),
    }
}

/// Upper and lower connection threshold; the kernel refuses a server whose lower one is above.
fn thresholds(settings: &Settings<'_>, context: &mut Context<'_>) -> (u32, u32) {
    let upper: u32 = unsigned(settings, "uthreshold").unwrap_or(0);
    let lower: u32 = unsigned(settings, "lthreshold").unwrap_or(0);
    let Some(entry) = settings.get("lthreshold").filter(|_| lower > upper) else {
        return (upper, lower);
    };
    let message = format!("lthreshold {lower} is above uthreshold {upper}");
    let remedy = "it is ignored: the kernel refuses a server with both; it sends no more above \
                  the upper and again below the lower one";
    context.warn(Code::Conflict, entry.value_span(), message, remedy);
    (upper, 0)
}

/// The sorry server; what speaks of one that is not there is told.
pub(super) fn sorry(
    settings: &Settings<'_>,
    frame: &Frame<'_>,
    family: Family,
    context: &mut Context<'_>,
) -> Option<SorryServer> {
    let Some(entry) = settings.get("sorry_server") else {
        for keyword in ["sorry_server_inhibit", "sorry_server_lvs_method"] {
            if let Some(entry) = settings.get(keyword) {
                let message = format!("`{keyword}` without `sorry_server`");
                context.warn(Code::Conflict, entry.span(), message, "it is ignored");
            }
        }
        return None;
    };
    let (address, port) = match address_and_port(entry.arguments()) {
        Ok(found) => found,
        Err(why) => {
            let remedy = "there is no sorry server; write sorry_server ADDRESS PORT";
            context.warn(Code::InvalidValue, entry.value_span(), why, remedy);
            return None;
        }
    };
    let method = settings.get("sorry_server_lvs_method");
    let forwarding =
        method.and_then(|entry| forwarding::build(entry, context)).unwrap_or(frame.forwarding);
    if !admitted(address, forwarding, &mut Some(family)) {
        let message = format!("{address} is not of the virtual_server's family");
        let remedy = "there is no sorry server; only a tunnel (sorry_server_lvs_method TUN) goes \
                      from one family to the other";
        context.warn(Code::OtherFamily, entry.value_span(), message, remedy);
        return None;
    }
    let port = match port {
        // With NAT keepalived leaves it open; the kernel takes the service's port then.
        None if !forwarding.keeps_port() => 0,
        port => service_port(entry, port, forwarding, frame, context),
    };
    let inhibit = settings.has("sorry_server_inhibit");
    Some(SorryServer { address, port, forwarding, inhibit })
}
