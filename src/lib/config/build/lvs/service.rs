//! `virtual_server`: what clients talk to, and who serves them.

use std::net::IpAddr;
use std::sync::atomic::Ordering;

use super::super::settings::Settings;
use super::super::{Context, scripts};
use super::check::Inherited;
use super::destination::{self, Frame};
use super::forwarding;
use super::group::{self, Groups, Member};
use super::lints::Findings;
use super::{Surroundings, address_and_port, quorum, scheduling, text, unknown_name};
use crate::config::diagnostic::Code;
use crate::config::resolve::Entry;
use crate::config::source::Span;
use crate::config::values::{self, Parsed};
use crate::engine::check::CommandLine;
use crate::engine::ipvs::{Forwarding, Protocol, Service};
use crate::engine::pool::PoolConfig;
use crate::engine::vrrp::Family;

/// What the words after `virtual_server` name.
pub(super) enum Target {
    Address { address: IpAddr, port: u16 },
    Fwmark { mark: u32 },
    Group { members: Vec<Member> },
}

impl Target {
    /// Whether a firewall mark is the only thing that tells packets of it.
    pub(super) fn is_mark(&self) -> bool {
        matches!(self, Self::Fwmark { .. })
    }

    /// Whether there is an address among what it names.
    fn has_address(&self) -> bool {
        match self {
            Self::Address { .. } => true,
            Self::Fwmark { .. } => false,
            Self::Group { members } => {
                members.iter().any(|member| matches!(member, Member::Addresses { .. }))
            }
        }
    }

    /// Whether a service of it is for every port.
    pub(super) fn has_every_port(&self) -> bool {
        match self {
            Self::Address { port, .. } => *port == 0,
            Self::Fwmark { .. } => false,
            Self::Group { members } => {
                members.iter().any(|member| matches!(member, Member::Addresses { port: 0, .. }))
            }
        }
    }

    /// The one port that all services have; `None` when they may differ.
    pub(super) fn port(&self) -> Option<u16> {
        match self {
            Self::Address { port, .. } => Some(*port),
            Self::Fwmark { .. } => Some(0),
            Self::Group { .. } => None,
        }
    }
}

/// The pool of `entry`; `None` when keepalived would leave it out, which was reported.
pub(super) fn build(
    entry: &Entry<'_>,
    groups: &Groups<'_>,
    around: &Surroundings<'_>,
    context: &mut Context<'_>,
) -> Option<PoolConfig> {
    let target = target(entry, groups, context)?;
    let settings = Settings::new(entry);
    let protocol = protocol(&settings, &target, entry.value_span(), context);
    let method = method(&settings, entry.value_span(), context);
    let (scheduler, scheduler_flags) = scheduling::scheduler(&settings, entry, context);
    let frame = Frame {
        port: target.port(),
        family: family(&settings, &target, context),
        marked: target.is_mark(),
        forwarding: method,
        inherited: Inherited::of(&settings, Inherited::default()),
        host: settings.text("virtualhost"),
        weight: super::unsigned(&settings, "weight").unwrap_or(1),
        inhibit: settings.get("inhibit_on_failure").is_some_and(super::switch),
    };
    let mut findings = Findings::default();
    let (destinations, family) =
        destination::build(&settings, &frame, around, &mut findings, context);
    let Some(family) = family else {
        let message = "a virtual_server without a usable real_server";
        let remedy = "it is left out; add a real_server, or remove it";
        context.warn(Code::ServiceUnusable, entry.value_span(), message, remedy);
        return None;
    };
    let crosses = destinations.iter().all(|d| d.forwarding.crosses_families());
    let services = services(&target, protocol, family, crosses).or_else(|| {
        let message = "the family of the group is not that of the real servers";
        let remedy = "the virtual_server is left out; only a tunnel (lb_kind TUN) to every real \
                      server goes from one family to the other";
        context.warn(Code::ServiceUnusable, entry.value_span(), message, remedy);
        None
    })?;
    let sorry = destination::sorry(&settings, &frame, family, context);
    findings.tell(&target, &destinations, sorry.as_ref(), context);
    let (quorum, hysteresis) = quorum::build(&settings, &destinations, context);
    Some(PoolConfig {
        group: matches!(target, Target::Group { .. }).then(|| group_name(entry).into()),
        services,
        snmp_name: text(&settings, "snmp_name"),
        scheduler,
        scheduler_flags,
        one_packet: scheduling::one_packet(&settings, &target, protocol, context),
        persistence: scheduling::persistence(
            &settings,
            (&target, entry.value_span()),
            family,
            context,
        ),
        quorum,
        hysteresis,
        quorum_up: hook(&settings, "quorum_up", context),
        quorum_down: hook(&settings, "quorum_down", context),
        omega: settings.has("omega"),
        suspend_without_address: suspend(&settings, &target, context),
        mail: settings.switch("smtp_alert").or(around.mail).unwrap_or(false),
        sorry,
        destinations,
    })
}

/// A command that tells of a change.
pub(super) fn hook(
    settings: &Settings<'_>,
    keyword: &str,
    context: &mut Context<'_>,
) -> Option<Box<CommandLine>> {
    scripts::command(settings.get(keyword)?, None, context).map(Box::new)
}

fn group_name<'a>(entry: &Entry<'a>) -> &'a str {
    entry.arguments().get(1).map_or("", |word| word.text)
}

fn target(entry: &Entry<'_>, groups: &Groups<'_>, context: &mut Context<'_>) -> Option<Target> {
    let kind = entry.text();
    if !matches!(kind, "fwmark" | "group") {
        return match address_and_port(entry.arguments()) {
            Ok((address, port)) => Some(Target::Address { address, port: port.unwrap_or(0) }),
            Err(why) => left_out(entry.value_span(), why, context),
        };
    }
    let Some(name) = entry.arguments().get(1) else {
        let message = format!("`virtual_server {kind}` does not say which {kind}");
        let remedy = "write virtual_server group NAME {, or virtual_server fwmark MARK {";
        context.warn(Code::ArgumentMissing, entry.value_span(), message, remedy);
        return None;
    };
    if kind == "fwmark" {
        return match values::number(name.text, 0, i64::from(u32::MAX)) {
            Parsed::Good(mark) | Parsed::Adjusted(mark, _) => {
                Some(Target::Fwmark { mark: u32::try_from(mark).unwrap_or_default() })
            }
            Parsed::Bad(why) => left_out(name.span, format!("the mark {why}"), context),
        };
    }
    let Some(group) = groups.get(name.text) else {
        let known = groups.keys().copied();
        let lost = "the virtual_server is left out";
        unknown_name("virtual_server_group", (name.text, name.span), known, lost, context);
        return None;
    };
    group.used.store(true, Ordering::Relaxed);
    // One without members was told where it stands.
    (!group.members.is_empty()).then(|| Target::Group { members: group.members.clone() })
}

fn left_out(span: Span, why: String, context: &mut Context<'_>) -> Option<Target> {
    let remedy = "the virtual_server is left out; write ADDRESS [PORT], fwmark MARK or group NAME";
    context.warn(Code::ServiceUnusable, span, why, remedy);
    None
}

/// The services of the kernel's table; `None` when one is of another family than the servers and
/// these are not all tunnelled to (`crosses`).
fn services(
    target: &Target,
    protocol: Protocol,
    family: Family,
    crosses: bool,
) -> Option<Vec<Service>> {
    let address = |first, count, port| Service::Addresses { first, count, port, protocol };
    let services: Vec<Service> = match target {
        Target::Address { address: first, port } => vec![address(*first, 1, *port)],
        Target::Fwmark { mark } => vec![Service::Fwmark { mark: *mark, family }],
        Target::Group { members } => members
            .iter()
            .map(|member| match member {
                Member::Addresses { first, count, port } => address(*first, *count, *port),
                Member::Fwmark { mark, family: own } => {
                    Service::Fwmark { mark: *mark, family: own.unwrap_or(family) }
                }
            })
            .collect(),
    };
    let fits = crosses || services.iter().all(|service| service.family() == family);
    // Servers of another family than a single address were left out one by one.
    (fits || matches!(target, Target::Address { .. })).then_some(services)
}

fn protocol(
    settings: &Settings<'_>,
    target: &Target,
    span: Span,
    context: &mut Context<'_>,
) -> Protocol {
    let entry = settings.get("protocol");
    if !target.has_address() {
        if let Some(entry) = entry {
            let message = "a firewall mark has no protocol";
            context.warn(Code::Conflict, entry.span(), message, "it is ignored; remove it");
        }
        return Protocol::Udp;
    }
    if let Some(entry) = entry {
        match entry.text().to_ascii_uppercase().as_str() {
            "TCP" => return Protocol::Tcp,
            "UDP" => return Protocol::Udp,
            "SCTP" => return Protocol::Sctp,
            _ => {}
        }
        let message = format!("`{}` is not a protocol", entry.text());
        let remedy = "UDP is used; write TCP, UDP or SCTP";
        context.warn(Code::InvalidValue, entry.value_span(), message, remedy);
        return Protocol::Udp;
    }
    let message = "the virtual_server has no protocol";
    context.warn(Code::SurprisingDefault, span, message, "UDP is used; add: protocol TCP");
    Protocol::Udp
}

/// The forwarding of real servers that do not say their own.
fn method(settings: &Settings<'_>, span: Span, context: &mut Context<'_>) -> Forwarding {
    let (kind, alias) = (settings.get("lb_kind"), settings.get("lvs_method"));
    let last = [kind, alias].into_iter().flatten().max_by_key(|entry| entry.span());
    if let Some(entry) = last {
        return forwarding::build(entry, context).unwrap_or_default();
    }
    let message = "the virtual_server has no lb_kind";
    context.warn(Code::SurprisingDefault, span, message, "NAT is used; add: lb_kind NAT");
    Forwarding::default()
}

/// The family that the target has, or that is asked for a firewall mark.
fn family(settings: &Settings<'_>, target: &Target, context: &mut Context<'_>) -> Option<Family> {
    let own = match target {
        Target::Address { address, .. } => Some(Family::of(*address)),
        Target::Fwmark { .. } | Target::Group { .. } => None,
    };
    let Some(entry) = settings.get("ip_family") else { return own };
    match group::family(entry.text()) {
        Ok(family) if own.is_none_or(|own| own == family) => Some(family),
        Ok(_) => {
            let message = "`ip_family` contradicts the address of the virtual_server";
            context.warn(Code::Conflict, entry.span(), message, "it is ignored; remove it");
            own
        }
        Err(why) => {
            let message = format!("`ip_family`: {why}");
            context.warn(Code::InvalidValue, entry.value_span(), message, "it is ignored");
            own
        }
    }
}

fn suspend(settings: &Settings<'_>, target: &Target, context: &mut Context<'_>) -> bool {
    let Some(entry) = settings.get("ha_suspend") else { return false };
    if matches!(target, Target::Address { .. }) {
        return true;
    }
    let message = "`ha_suspend` needs a virtual_server with one address";
    let remedy = "it is ignored: a mark or a group has no address whose absence could be seen";
    context.warn(Code::Conflict, entry.span(), message, remedy);
    false
}
