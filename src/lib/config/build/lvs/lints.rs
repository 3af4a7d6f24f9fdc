//! What is allowed and hardly meant. Each finding is told once for a virtual server, with how many
//! of its real servers it is about.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::super::Context;
use super::group::Member;
use super::service::Target;
use crate::config::diagnostic::{Code, Diagnostic};
use crate::config::resolve::Entry;
use crate::config::source::Span;
use crate::config::values::decimal;
use crate::engine::ipvs::{Protocol, Service};
use crate::engine::pool::{DestinationConfig, PoolConfig, SorryServer};
use crate::engine::vrrp::Family;

/// The first place of a finding and how many there are.
#[derive(Default)]
struct Places {
    first: Option<Span>,
    count: usize,
}

impl Places {
    fn add(&mut self, span: Span) {
        self.first.get_or_insert(span);
        self.count = self.count.saturating_add(1);
    }

    /// `one real_server`, `3 real servers`.
    fn servers(&self) -> String {
        match self.count {
            1 => "one real_server".to_owned(),
            count => format!("{count} real servers"),
        }
    }
}

/// What is seen while the real servers of one virtual server are built.
#[derive(Default)]
pub(super) struct Findings {
    /// Servers without a check.
    unchecked: Places,
    /// Whether some server has one.
    some_checked: bool,
    /// Checks that may last longer than their interval, and the first one's times.
    slow: Places,
    slowest: Option<(Duration, Duration)>,
    /// Where each server stands.
    spans: Vec<Span>,
}

impl Findings {
    /// Look at a server.
    pub(super) fn see(&mut self, destination: &DestinationConfig, entry: &Entry<'_>) {
        let span = entry.value_span();
        self.spans.push(span);
        let checked = !(destination.checks.is_empty()
            && destination.files.is_empty()
            && destination.sessions.is_empty());
        if checked {
            self.some_checked = true;
        } else {
            self.unchecked.add(span);
        }
        let slow =
            destination.checks.iter().find(|check| check.timing.delay_loop < check.probe.timeout());
        if let Some(check) = slow {
            self.slow.add(span);
            self.slowest.get_or_insert((check.timing.delay_loop, check.probe.timeout()));
        }
    }

    /// Tell what was found, and what shows only in the whole.
    pub(super) fn tell(
        &self,
        target: &Target,
        destinations: &[DestinationConfig],
        sorry: Option<&SorryServer>,
        context: &mut Context<'_>,
    ) {
        if let Some(span) = self.unchecked.first.filter(|_| self.some_checked) {
            let message =
                format!("{} without a check beside checked ones", self.unchecked.servers());
            let remedy =
                "such a server counts as up for ever and gets clients when it is dead; add a check";
            context.warn(Code::Unchecked, span, message, remedy);
        }
        if let (Some(span), Some((interval, timeout))) = (self.slow.first, self.slowest) {
            let micros = |time: Duration| decimal(u64::try_from(time.as_micros()).unwrap_or(0));
            let message = format!(
                "{} with a check each {} s that may last {} s",
                self.slow.servers(),
                micros(interval),
                micros(timeout)
            );
            let remedy = "a dead server is found later than delay_loop promises; make the timeout \
                          shorter or delay_loop longer";
            context.warn(Code::CheckTooSlow, span, message, remedy);
        }
        self.sorry_is_server(destinations, sorry, context);
        self.ports_of_group(target, destinations, context);
    }

    fn sorry_is_server(
        &self,
        destinations: &[DestinationConfig],
        sorry: Option<&SorryServer>,
        context: &mut Context<'_>,
    ) {
        let Some(sorry) = sorry else { return };
        let same = |d: &DestinationConfig| {
            d.address == sorry.address && (sorry.port == 0 || d.port == sorry.port)
        };
        let span = destinations.iter().position(same).and_then(|at| self.spans.get(at));
        if let Some(span) = span {
            let message = format!("the sorry_server {} is a real_server too", sorry.address);
            let remedy = "when it is down nobody says sorry; give the sorry server another \
                          address or port";
            context.warn(Code::SorryIsServer, *span, message, remedy);
        }
    }

    /// Servers that keep the port but stand for another one than a member of the group.
    fn ports_of_group(
        &self,
        target: &Target,
        destinations: &[DestinationConfig],
        context: &mut Context<'_>,
    ) {
        let Target::Group { members } = target else { return };
        let ports: Vec<u16> = members
            .iter()
            .filter_map(|member| match member {
                Member::Addresses { port, .. } => Some(*port),
                Member::Fwmark { .. } => None,
            })
            .collect();
        let mut places = Places::default();
        for (destination, span) in destinations.iter().zip(&self.spans) {
            let keeps = destination.forwarding.keeps_port() && destination.port != 0;
            if keeps && ports.iter().any(|port| *port != destination.port) {
                places.add(*span);
            }
        }
        if let Some(span) = places.first {
            let message = format!("{} with another port than the group", places.servers());
            let remedy = "it is asked on the service's port: DR and TUN keep the port that the \
                          client asked; leave the port out";
            context.warn(Code::Conflict, span, message, remedy);
        }
    }
}

/// Tell virtual servers that have a service in common: the kernel has it once. `spans`: where
/// each pool stands.
pub(super) fn shared_services(pools: &[PoolConfig], spans: &[Span], context: &mut Context<'_>) {
    let mut ranges: Vec<(Range, usize, &Service)> = Vec::new();
    for (index, pool) in pools.iter().enumerate() {
        ranges.extend(pool.services.iter().map(|service| (Range::of(service), index, service)));
    }
    ranges.sort_unstable_by_key(|(range, index, _)| (*range, *index));
    // The range before that reaches furthest.
    let mut before: Option<(Range, usize)> = None;
    for (range, index, service) in ranges {
        if let Some((earlier, other)) = before
            && earlier.reaches(&range)
        {
            if other != index
                && let (Some(one), Some(two)) = (spans.get(index), spans.get(other))
            {
                tell_shared(service, (*one).max(*two), (*one).min(*two), context);
            }
            if range.last <= earlier.last {
                continue;
            }
        }
        before = Some((range, index));
    }
}

fn tell_shared(service: &Service, here: Span, there: Span, context: &mut Context<'_>) {
    let message = format!("{} is a service of two virtual servers", words(service));
    let remedy = "the kernel has one service with the real servers of both; put them in one \
                  virtual_server";
    context.report(
        Diagnostic::new(Code::SharedService, here, message)
            .remedy(remedy)
            .related("the other one", there),
    );
}

/// The addresses of a service, to be compared with others of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Range {
    kind: (Family, Option<(Protocol, u16)>),
    first: u128,
    last: u128,
}

impl Range {
    fn of(service: &Service) -> Self {
        let (kind, first, count) = match service {
            Service::Addresses { first, count, port, protocol } => {
                let bits = match first {
                    IpAddr::V4(first) => u128::from(first.to_bits()),
                    IpAddr::V6(first) => first.to_bits(),
                };
                (Some((*protocol, *port)), bits, *count)
            }
            Service::Fwmark { mark, .. } => (None, u128::from(*mark), 1),
        };
        let last = first.saturating_add(u128::from(count.saturating_sub(1)));
        Self { kind: (service.family(), kind), first, last }
    }

    /// Whether it has something in common with `next`, which does not start before it.
    fn reaches(&self, next: &Self) -> bool {
        self.kind == next.kind && self.last >= next.first
    }
}

/// A service as people say it.
fn words(service: &Service) -> String {
    match service {
        Service::Addresses { first, count: 1, port, .. } => {
            SocketAddr::new(*first, *port).to_string()
        }
        Service::Addresses { first, count, port, .. } => {
            format!("{} (and {} more)", SocketAddr::new(*first, *port), count - 1)
        }
        Service::Fwmark { mark, .. } => format!("the mark {mark}"),
    }
}
